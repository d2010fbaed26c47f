-- title: 事績簿の届き方（開庁日の暦、月）
-- question: その月のどの日に、どの窓口の事績簿が届いていないか。
-- serves: {missing_days: [day, missing]}
-- definition:
--   numerator: その日に開く窓口のうち、その日の行が事績簿にある窓口
--   denominator: その日に開く窓口（窓口マスターの窓口と期間。区の開庁日に、開庁パターンと休日開庁日を加える）
--   scope: その月のすべての日
--   exclusions: 開庁パターンが「その他」の窓口の日（休日開庁日を除く）は、開く窓口に数えない
--   reference: 届いた収納の最初の日から、基準日までに届いた最後の日まで。その外の開庁日は「判定しない」
-- params:
--   month: {title: 年月, kind: date, default: month_start, description: その月のどの日でもかまいません}
--   as_of: {title: 基準日, kind: date, default: today}
-- columns:
--   day:       {title: 日, kind: date}
--   kind:      {title: 区の日, kind: choice, choices: [開庁日, 閉庁日]}
--   state:     {title: 届き方, kind: choice, choices: [すべて届いている, 一部が届いていない, どこも届いていない, 開く窓口なし, 判定しない]}
--   expected:  {title: 開く窓口, kind: integer, unit: 窓口, description: 判定しない日は空欄です}
--   delivered: {title: 届いている窓口, kind: integer, unit: 窓口, description: 開く窓口のうち、その日の行がある窓口です。判定しない日は空欄です}
--   missing:   {title: 届いていない窓口, description: 判定しない日は空欄です}
--   others:    {title: ほかに届いた窓口, kind: integer, unit: 窓口, description: その日に開くことになっていない窓口です}
-- key: [day]
-- reads: [receipts, counters, calendar_days]

WITH expected AS (
    SELECT
        day,
        count(*)                                                              AS counters,
        count(*) FILTER (WHERE NOT is_missing)                                AS delivered,
        array_to_string(list(counter ORDER BY counter) FILTER (WHERE is_missing), '、') AS missing
    FROM counter_open_days(date_trunc('month', $month)::DATE, $as_of)
    GROUP BY day
),

arrived AS (
    SELECT
        collected_on,
        count(*)                                                              AS counters
    FROM receipts_counters_daily
    WHERE collected_on <= $as_of
    GROUP BY collected_on
),

counted AS (
    SELECT
        k.day,
        k.is_open,
        CASE WHEN k.is_open THEN e.counters ELSE coalesce(e.counters, 0) END  AS expected,
        CASE WHEN k.is_open THEN e.delivered ELSE coalesce(e.delivered, 0) END AS delivered,
        e.missing,
        coalesce(a.counters, 0) - coalesce(e.delivered, 0)                    AS others
    FROM calendar_days AS k
    LEFT JOIN expected AS e ON e.day = k.day
    LEFT JOIN arrived AS a ON a.collected_on = k.day
    WHERE k.day BETWEEN date_trunc('month', $month) AND last_day($month)
      AND EXISTS (SELECT 1 FROM arrived)
)

SELECT
    day,
    CASE WHEN is_open THEN '開庁日' ELSE '閉庁日' END                         AS kind,
    CASE
        WHEN expected IS NULL THEN '判定しない'
        WHEN expected = 0 THEN '開く窓口なし'
        WHEN delivered = expected THEN 'すべて届いている'
        WHEN delivered > 0 THEN '一部が届いていない'
        ELSE 'どこも届いていない'
    END                                                                       AS state,
    expected::BIGINT                                                          AS expected,
    delivered::BIGINT                                                         AS delivered,
    CASE WHEN expected IS NOT NULL THEN coalesce(missing, 'なし') END          AS missing,
    others::BIGINT                                                            AS others
FROM counted
ORDER BY day
