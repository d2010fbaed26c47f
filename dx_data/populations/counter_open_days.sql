-- title: 窓口が開く日と、開く理由、その日の事績簿が届いているか（届いた収納の最初の日から最後の日まで）
-- params: [since_on, until_on]
-- reads: [receipts, counters, calendar_days]

WITH span AS (
    SELECT
        min(collected_on)                                                     AS first_day,
        max(collected_on) FILTER (WHERE collected_on <= until_on)             AS last_day
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
    JOIN calendar_days AS d ON d.day BETWEEN s.first_day AND s.last_day AND d.day >= since_on
    JOIN counters AS c ON d.day BETWEEN c.valid_from AND coalesce(c.valid_to, DATE 'infinity')
    GROUP BY c.counter, d.day
)

SELECT
    o.counter,
    o.day,
    o.opening,
    r.counter IS NULL                                                         AS is_missing
FROM opening AS o
LEFT JOIN receipts_counters_daily AS r
    ON r.counter = o.counter AND r.collected_on = o.day
WHERE o.opening IS NOT NULL
