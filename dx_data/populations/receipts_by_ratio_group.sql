-- title: 収納と、比率の分子・分母のどちらに入るか（その日にキャッシュレスを受け入れる窓口・手数料だけが入る）
-- params: [since_on, until_on]
-- span: collected_on
-- reads: [receipts_by_method_group, counters, payment_methods]

WITH sold AS (
    SELECT * FROM receipts_by_method_group(since_on, until_on)
),

accepting AS (
    SELECT DISTINCT
        s.collected_on,
        s.counter,
        s.fee_type
    FROM (SELECT DISTINCT collected_on, counter, fee_type FROM sold) AS s
    JOIN counters AS c
        ON c.counter = s.counter
        AND coalesce(c.fee_type = s.fee_type, c.fee_type IS NULL)
        AND s.collected_on BETWEEN c.valid_from AND coalesce(c.valid_to, DATE 'infinity')
    JOIN payment_methods AS p
        ON p.method = c.method
        AND p.method_group = '窓口キャッシュレス'
        AND s.collected_on BETWEEN p.valid_from AND coalesce(p.valid_to, DATE 'infinity')
)

SELECT
    s.*,
    CASE WHEN a.counter IS NOT NULL THEN s.method_group END                   AS ratio_group
FROM sold AS s
LEFT JOIN accepting AS a
    ON a.collected_on = s.collected_on
    AND a.counter = s.counter
    AND a.fee_type IS NOT DISTINCT FROM s.fee_type
