-- title: 収納（日・窓口・手数料・決済手段ごとの純額）と、その日の決済手段の区分
-- params: [since_on, until_on]
-- span: collected_on
-- reads: [receipts, payment_methods]

WITH sold AS (
    SELECT
        collected_on,
        counter,
        fee_type,
        method,
        transactions,
        amount_yen,
        -coalesce(canceled_transactions + refunded_transactions, canceled_transactions, refunded_transactions) AS refunds
    FROM receipts_daily
    WHERE collected_on BETWEEN since_on AND until_on
),

-- A method that the master puts into two groups on one day belongs to none.
method_groups AS (
    SELECT
        s.collected_on,
        s.method,
        min(p.method_group)                                                   AS method_group
    FROM (SELECT DISTINCT collected_on, method FROM sold) AS s
    JOIN payment_methods AS p
        ON p.method = s.method
        AND s.collected_on BETWEEN p.valid_from AND coalesce(p.valid_to, DATE 'infinity')
    GROUP BY s.collected_on, s.method
    HAVING count(DISTINCT p.method_group) = 1
)

SELECT
    s.*,
    g.method_group
FROM sold AS s
LEFT JOIN method_groups AS g ON g.collected_on = s.collected_on AND g.method = s.method
