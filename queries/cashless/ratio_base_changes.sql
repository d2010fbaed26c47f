-- title: キャッシュレス比率の対象の変化（変わった日の一覧、基準日まで）
-- question: 比率の分母に入る窓口・手数料は、いつ増え、いつ減ったか。
-- serves: {cashless_ratio: [change, started, ended]}
-- definition:
--   numerator: キャッシュレスの受け入れを始めた窓口、終えた窓口
--   scope: 窓口マスターの窓口・手数料で、決済手段マスターの大区分が窓口キャッシュレスの手段を1つ以上受け入れるもの
--   exclusions: すでに受け入れている窓口・手数料に手段が増えた日（比率の対象は変わらない）、マスターでいちばん早い日（それより前がない）
--   reference: 受け入れ開始日と、受け入れ終了日の翌日が、基準日まで
-- params:
--   as_of: {title: 基準日, kind: date, default: today}
-- columns:
--   changed_on: {title: 変わった日, kind: date}
--   change:     {title: 変わったこと}
--   started:    {title: 受け入れを始めた窓口, kind: integer, unit: 窓口}
--   ended:      {title: 受け入れを終えた窓口, kind: integer, unit: 窓口}
-- key: [changed_on]
-- reads: [counters, payment_methods]

WITH accepted AS (
    SELECT
        c.counter,
        c.fee_type,
        greatest(c.valid_from, p.valid_from)                                  AS first_day,
        least(
            coalesce(c.valid_to, DATE '9999-12-31'),
            coalesce(p.valid_to, DATE '9999-12-31')
        )                                                                     AS last_day
    FROM counters AS c
    JOIN payment_methods AS p ON p.method = c.method AND p.method_group = '窓口キャッシュレス'
    WHERE greatest(c.valid_from, p.valid_from) <= coalesce(c.valid_to, DATE '9999-12-31')
      AND greatest(c.valid_from, p.valid_from) <= coalesce(p.valid_to, DATE '9999-12-31')
),

-- Days on which one method follows another without a gap are one time of accepting.
joined AS (
    SELECT
        *,
        coalesce(first_day > max(last_day) OVER earlier + 1, true)            AS begins
    FROM accepted
    WINDOW earlier AS (
        PARTITION BY counter, fee_type
        ORDER BY first_day, last_day
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    )
),

numbered AS (
    SELECT
        *,
        sum(begins::INTEGER) OVER (PARTITION BY counter, fee_type ORDER BY first_day, last_day) AS time_number
    FROM joined
),

times AS (
    SELECT
        counter,
        min(first_day)                                                        AS first_day,
        max(last_day)                                                         AS last_day
    FROM numbered
    GROUP BY counter, fee_type, time_number
),

changes AS (
    SELECT first_day AS changed_on, counter, '開始' AS kind
    FROM times
    UNION
    SELECT last_day + 1, counter, '終了'
    FROM times
    WHERE last_day < DATE '9999-12-31'
)

SELECT
    changed_on,
    string_agg(counter || 'のキャッシュレス受け入れ' || kind, '、' ORDER BY kind DESC, counter) AS change,
    count(*) FILTER (WHERE kind = '開始')                                     AS started,
    count(*) FILTER (WHERE kind = '終了')                                     AS ended
FROM changes
WHERE changed_on <= $as_of AND changed_on > (SELECT min(first_day) FROM times)
GROUP BY changed_on
ORDER BY changed_on
