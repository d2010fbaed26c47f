-- title: 優先手続のオンライン化の見込み（月ごとの累計、年度末まで）
-- question: これまでの進み方が続くと、3月31日にいくつの優先手続がオンライン化しているか。どれだけの幅があるか。
-- serves: {forecast_band: [expected, low, high], burn_up: online}
-- definition:
--   numerator: 基準日までにオンライン化した優先手続の累計に、これからの開庁日×1開庁日あたりの数を加えたもの［仮定］
--   scope: 「優先手続のオンライン化（月ごとの累計）」と同じ手続。見込みは、基準日にオンライン化済でも見送りでもない優先手続の数までとする
--   exclusions: 終わった月が3つに満たないとき、年度が終わったあとの見込みは空欄
--   reference: 1開庁日あたりの数は、見込みでは年度初めから基準日までの数÷開庁日。幅は、終わった月ごとの数÷その月の開庁日の、小さい方から10%と90%の値（補間し、見込みを含むように広げる）を使う［仮定］。目標は契約の目標の「手続オンライン化（優先手続）」
-- params:
--   since: {title: 年度の開始日, kind: date, default: fiscal_year_start, description: この日の年度について答えます}
--   as_of: {title: 基準日, kind: date, default: today}
-- columns:
--   month:        {title: 年月, kind: date, month: true}
--   online:       {title: オンライン化した手続数（累計）, kind: integer, unit: 手続, description: 基準日の後の月は空欄です}
--   expected:     {title: 見込み（累計）, kind: number, unit: 手続, description: 月の末日の見込みです。終わった月は空欄です}
--   low:          {title: 見込みの下, kind: number, unit: 手続, description: いちばん遅い月に近い進み方（下から10%）が続いたときです}
--   high:         {title: 見込みの上, kind: number, unit: 手続, description: いちばん速い月に近い進み方（下から90%）が続いたときです}
--   target_lower: {title: 目標の下限, kind: integer, unit: 手続}
--   open_days:    {title: その月の末日までの開庁日, kind: integer, unit: 日, description: 基準日の翌日から数えます。終わった月は空欄です}
--   months:       {title: 幅のもとにした月の数, kind: integer, unit: か月}
-- key: [month]
-- reads: [procedures, procedure_log, contract_targets, calendar_days]

WITH bounds AS (
    SELECT
        (date_trunc('year', $since - INTERVAL 3 MONTH) + INTERVAL 3 MONTH)::DATE AS year_start,
        (date_trunc('year', $since - INTERVAL 3 MONTH) + INTERVAL 15 MONTH - INTERVAL 1 DAY)::DATE AS year_end
),

finished AS (
    SELECT p.online_on
    FROM procedures AS p
    JOIN bounds AS b ON p.online_on BETWEEN b.year_start AND least($as_of, b.year_end)
    WHERE list_has_any(p.priority, ['子育て・教育', '年間1万件以上', '区選定'])
      AND p.validity IS DISTINCT FROM '廃止・統合'
      AND p.stage = 'オンライン化済'
),

waiting AS (
    SELECT count(*)                                                           AS procedures
    FROM priority_procedures_staged($as_of)
    WHERE stage NOT IN ('オンライン化済', '見送り')
),

target AS (
    SELECT max_by(t.lower, t.valid_from)                                      AS target_lower
    FROM bounds AS b
    LEFT JOIN contract_targets AS t
        ON t.indicator = '手続オンライン化（優先手続）'
        AND t.valid_from <= least($as_of, b.year_end)
        AND coalesce(t.valid_to, b.year_end) >= least($as_of, b.year_end)
),

months AS (
    SELECT
        date_trunc('month', d.day)::DATE                                      AS month,
        last_day(d.day)                                                       AS month_end,
        count(*) FILTER (WHERE d.is_open)                                     AS open_days,
        count(*) FILTER (WHERE d.is_open AND d.day <= $as_of)                 AS open_days_gone
    FROM calendar_days AS d
    JOIN bounds AS b ON d.day BETWEEN b.year_start AND b.year_end
    GROUP BY date_trunc('month', d.day)::DATE, last_day(d.day)
),

by_month AS (
    SELECT
        m.*,
        count(f.online_on)                                                    AS online
    FROM months AS m
    LEFT JOIN finished AS f ON date_trunc('month', f.online_on) = m.month
    GROUP BY m.month, m.month_end, m.open_days, m.open_days_gone
),

pace AS (
    SELECT
        sum(online)::BIGINT                                                   AS online,
        sum(online) / nullif(sum(open_days_gone), 0)                          AS mean,
        quantile_cont(online / open_days, 0.1) FILTER (WHERE month_end <= $as_of) AS slow,
        quantile_cont(online / open_days, 0.9) FILTER (WHERE month_end <= $as_of) AS fast,
        count(*) FILTER (WHERE month_end <= $as_of)                           AS months
    FROM by_month
),

-- The month that is not over counts for the mean alone, so the band is widened to hold it.
paced AS (
    SELECT
        m.month,
        CASE WHEN m.month <= $as_of THEN sum(m.online) OVER (ORDER BY m.month) END::BIGINT AS online,
        CASE
            WHEN m.month_end > $as_of THEN sum(m.open_days - m.open_days_gone) OVER (ORDER BY m.month)
        END::BIGINT                                                           AS open_days,
        p.online                                                              AS online_now,
        CASE WHEN p.months >= 3 AND m.month_end > $as_of THEN w.procedures END AS waiting,
        p.mean,
        least(p.slow, p.mean)                                                 AS slow,
        greatest(p.fast, p.mean)                                              AS fast,
        p.months
    FROM by_month AS m
    CROSS JOIN pace AS p
    CROSS JOIN waiting AS w
)

SELECT
    d.month,
    d.online,
    CASE WHEN d.waiting IS NOT NULL THEN round(d.online_now + least(d.waiting, d.mean * d.open_days), 1) END AS expected,
    CASE WHEN d.waiting IS NOT NULL THEN round(d.online_now + least(d.waiting, d.slow * d.open_days), 1) END AS low,
    CASE WHEN d.waiting IS NOT NULL THEN round(d.online_now + least(d.waiting, d.fast * d.open_days), 1) END AS high,
    t.target_lower,
    d.open_days,
    d.months
FROM paced AS d
CROSS JOIN target AS t
WHERE EXISTS (SELECT 1 FROM procedures)
ORDER BY d.month
