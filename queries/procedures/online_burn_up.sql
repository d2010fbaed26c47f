-- title: 優先手続のオンライン化（月ごとの累計、年度）
-- question: 優先手続のオンライン化は、3月31日までに契約の目標に届くか。
-- serves: {burn_up: online, planned: planned}
-- definition:
--   numerator: 年度初めからその月の末日までにオンライン化した優先手続の数（種類数）
--   scope: 手続台帳の有効な手続のうち、優先区分に子育て・教育、年間1万件以上、区選定のどれかがあるもの（国59手続・国26手続だけのものは入れない）。進捗段階がオンライン化済で、オンライン化日がその年度のもの
--   exclusions: 年度より前や後にオンライン化した手続、オンライン化日が空欄の手続、廃止・統合した手続
--   reference: オンライン化日。基準日の後の月は空欄。目標は契約の目標の「手続オンライン化（優先手続）」で、基準日（過ぎた年度は3月31日）に有効なもの。予定は予定日がその年度の優先手続の累計で、見送りを含み、年度より前に済んだものを除く
-- params:
--   since: {title: 年度の開始日, kind: date, default: fiscal_year_start, description: この日の年度について答えます}
--   as_of: {title: 基準日, kind: date, default: today}
-- columns:
--   month:        {title: 年月, kind: date, month: true}
--   online:       {title: オンライン化した手続数（累計）, kind: integer, unit: 手続}
--   planned:      {title: 予定の手続数（累計）, kind: integer, unit: 手続}
--   target_lower: {title: 目標の下限, kind: integer, unit: 手続, description: 年度末までの目標です。その年度に目標がなければ空欄です}
--   target_upper: {title: 目標の上限, kind: integer, unit: 手続}
--   is_partial:   {title: 集計状況, kind: choice, choices: [確定, 途中, これから]}
-- key: [month]
-- reads: [procedures, contract_targets]

WITH bounds AS (
    SELECT
        (date_trunc('year', $since - INTERVAL 3 MONTH) + INTERVAL 3 MONTH)::DATE AS year_start,
        (date_trunc('year', $since - INTERVAL 3 MONTH) + INTERVAL 15 MONTH - INTERVAL 1 DAY)::DATE AS year_end
),

priority AS (
    SELECT
        planned_on,
        online_on,
        stage
    FROM procedures
    WHERE list_has_any(priority, ['子育て・教育', '年間1万件以上', '区選定'])
      AND validity IS DISTINCT FROM '廃止・統合'
),

target AS (
    SELECT
        max_by(t.lower, t.valid_from)                                         AS target_lower,
        max_by(t.upper, t.valid_from)                                         AS target_upper
    FROM bounds AS b
    LEFT JOIN contract_targets AS t
        ON t.indicator = '手続オンライン化（優先手続）'
        AND t.valid_from <= least($as_of, b.year_end)
        AND coalesce(t.valid_to, b.year_end) >= least($as_of, b.year_end)
),

months AS (
    SELECT
        year_start,
        unnest(generate_series(year_start, year_end, INTERVAL 1 MONTH))::DATE AS month
    FROM bounds
)

SELECT
    m.month,
    CASE
        WHEN m.month <= $as_of THEN count(*) FILTER (
            WHERE p.stage = 'オンライン化済'
              AND p.online_on >= m.year_start
              AND p.online_on < m.month + INTERVAL 1 MONTH
              AND p.online_on <= $as_of
        )
    END                                                                       AS online,
    count(*) FILTER (
        WHERE p.planned_on >= m.year_start
          AND p.planned_on < m.month + INTERVAL 1 MONTH
          AND (p.online_on IS NULL OR p.online_on >= m.year_start)
    )                                                                         AS planned,
    t.target_lower,
    t.target_upper,
    CASE
        WHEN m.month > $as_of THEN 'これから'
        WHEN m.month + INTERVAL 1 MONTH > $as_of + INTERVAL 1 DAY THEN '途中'
        ELSE '確定'
    END                                                                       AS is_partial
FROM months AS m
CROSS JOIN priority AS p
CROSS JOIN target AS t
GROUP BY m.month, t.target_lower, t.target_upper
ORDER BY m.month
