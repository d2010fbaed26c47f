-- title: 収納のない開庁日（窓口・日別、今年度）
-- question: 開いていたはずなのに、事績簿に1行もない日はどこか。
-- definition:
--   numerator: 窓口が開く日のうち、その窓口の事績簿の行が1つもない日
--   scope: 窓口マスターの窓口と期間。区の開庁日に、開庁パターン（土曜・日曜・毎日）と休日開庁日を加える
--   exclusions: 開庁パターンが「その他」の窓口の日（休日開庁日を除く）。土曜・日曜の開庁でも、祝日と12月29日から1月3日まで
--   reference: 届いた収納の最初の日から最後の日まで（終了日まで）。全窓口が届いていない最後の期間は数えない
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   counter:      {title: 窓口}
--   missing_on:   {title: 収納のない日, kind: date}
--   opening:      {title: 開く理由, kind: choice, choices: [区の開庁日, 開庁パターン, 休日開庁日]}
--   missing_days: {title: この窓口の収納のない日数, kind: integer, unit: 日}
--   open_days:    {title: この窓口の開く日数, kind: integer, unit: 日}
-- key: [counter, missing_on]
-- reads: [receipts, counters, calendar_days]

WITH span AS (
    SELECT
        greatest(min(collected_on), $since)                                   AS first_day,
        max(collected_on) FILTER (WHERE collected_on <= $until)               AS last_day
    FROM receipts_counters_daily
),

opening AS (
    SELECT
        c.counter,
        d.day,
        CASE
            WHEN bool_or(d.is_open AND c.opening IS DISTINCT FROM 'その他') THEN '区の開庁日'
            WHEN bool_or(
                c.opening = '毎日'
                OR (d.holiday IS NULL AND strftime(d.day, '%m-%d') NOT BETWEEN '01-01' AND '01-03'
                    AND strftime(d.day, '%m-%d') < '12-29'
                    AND ((c.opening = '平日・土曜' AND isodow(d.day) = 6)
                        OR (c.opening = '平日・日曜' AND isodow(d.day) = 7)))
            ) THEN '開庁パターン'
            WHEN bool_or(list_contains(regexp_extract_all(c.extra_open_days, '\d{4}-\d{2}-\d{2}'), d.day::VARCHAR))
                THEN '休日開庁日'
        END                                                                   AS opening
    FROM span AS s
    JOIN calendar_days AS d ON d.day BETWEEN s.first_day AND s.last_day
    JOIN counters AS c ON d.day BETWEEN c.valid_from AND coalesce(c.valid_to, DATE 'infinity')
    GROUP BY c.counter, d.day
),

expected AS (
    SELECT
        o.counter,
        o.day,
        o.opening,
        r.counter IS NULL                                                     AS is_missing
    FROM opening AS o
    LEFT JOIN receipts_counters_daily AS r
        ON r.counter = o.counter AND r.collected_on = o.day
    WHERE o.opening IS NOT NULL
),

counted AS (
    SELECT
        *,
        count(*) FILTER (WHERE is_missing) OVER (PARTITION BY counter)        AS missing_days,
        count(*) OVER (PARTITION BY counter)                                  AS open_days
    FROM expected
)

SELECT
    counter,
    day                                                                       AS missing_on,
    opening,
    missing_days,
    open_days
FROM counted
WHERE is_missing
ORDER BY missing_on DESC, counter
