-- title: 窓口の日計と二重計上の疑い（収納日・窓口ごと）
-- day: collected_on
-- key: [collected_on, counter]

WITH mixed AS (
    -- Only a row that leaves blank what another one fills can be the sum of others.
    SELECT
        collected_on,
        counter,
        method
    FROM receipts
    GROUP BY collected_on, counter, method
    HAVING count(terminal_id) BETWEEN 1 AND count(*) - 1 OR count(brand) BETWEEN 1 AND count(*) - 1
),

suspects AS MATERIALIZED (
    SELECT r.*
    FROM receipts AS r
    SEMI JOIN mixed AS m ON m.collected_on = r.collected_on AND m.counter = r.counter AND m.method = r.method
),

doubled AS (
    SELECT
        t.collected_on,
        t.counter,
        abs(t.transactions)                                                   AS transactions
    FROM suspects AS t
    JOIN suspects AS o
        ON o.collected_on = t.collected_on
        AND o.counter = t.counter
        AND o.fee_type IS NOT DISTINCT FROM t.fee_type
        AND o.method = t.method
        AND o.entry = t.entry
        AND coalesce(o.terminal_id = t.terminal_id, t.terminal_id IS NULL)
        AND coalesce(o.brand = t.brand, t.brand IS NULL)
        AND (o.terminal_id IS DISTINCT FROM t.terminal_id OR o.brand IS DISTINCT FROM t.brand)
    WHERE t.terminal_id IS NULL OR t.brand IS NULL
    GROUP BY
        t.collected_on, t.counter, t.fee_type, t.method, t.entry, t.terminal_id, t.brand, t.transactions, t.amount_yen
    HAVING sum(o.transactions) = t.transactions AND sum(o.amount_yen) = t.amount_yen AND t.transactions <> 0
),

-- 64 and 64 marks that the rows of a terminal leave: one whose rows all stand in another has no mark the other lacks.
terminals AS (
    SELECT
        collected_on,
        counter,
        terminal_id,
        count(*)                                                              AS receipts,
        bit_or(1::UBIGINT << (mark & 63::UBIGINT))                            AS marks,
        bit_or(1::UBIGINT << (mark >> 58::UBIGINT))                           AS more_marks
    FROM (
        SELECT
            collected_on,
            counter,
            terminal_id,
            hash(method, transactions, amount_yen)                            AS mark
        FROM receipts
    )
    GROUP BY collected_on, counter, terminal_id
),

pairs AS (
    SELECT
        t.collected_on,
        t.counter,
        t.terminal_id                                                         AS first_id,
        o.terminal_id,
        o.receipts
    FROM terminals AS t
    JOIN terminals AS o
        ON o.collected_on = t.collected_on
        AND o.counter = t.counter
        AND o.terminal_id > t.terminal_id
        AND o.receipts <= t.receipts
        AND o.marks & ~t.marks = 0
        AND o.more_marks & ~t.more_marks = 0
    WHERE o.receipts >= 3
),

compared AS MATERIALIZED (
    SELECT r.*
    FROM receipts AS r
    SEMI JOIN (
        SELECT collected_on, counter, first_id AS terminal_id FROM pairs
        UNION
        SELECT collected_on, counter, terminal_id FROM pairs
    ) AS p
        ON p.collected_on = r.collected_on AND p.counter = r.counter AND p.terminal_id = r.terminal_id
),

repeated AS (
    SELECT
        p.collected_on,
        p.counter,
        sum(abs(o.transactions))                                              AS transactions
    FROM pairs AS p
    JOIN compared AS o
        ON o.collected_on = p.collected_on
        AND o.counter = p.counter
        AND o.terminal_id = p.terminal_id
    JOIN compared AS t
        ON t.collected_on = p.collected_on
        AND t.counter = p.counter
        AND t.terminal_id = p.first_id
        AND t.fee_type IS NOT DISTINCT FROM o.fee_type
        AND t.method = o.method
        AND t.brand IS NOT DISTINCT FROM o.brand
        AND t.entry = o.entry
        AND t.transactions = o.transactions
        AND t.amount_yen = o.amount_yen
    GROUP BY p.collected_on, p.counter, p.first_id, p.terminal_id, p.receipts
    HAVING count(*) = p.receipts
),

suspected AS (
    SELECT
        collected_on,
        counter,
        sum(transactions)                                                     AS transactions
    FROM (SELECT * FROM doubled UNION ALL SELECT * FROM repeated)
    GROUP BY collected_on, counter
),

by_counter AS (
    SELECT
        collected_on,
        counter,
        sum(receipts)                                                         AS receipts
    FROM terminals
    GROUP BY collected_on, counter
)

SELECT
    c.collected_on,
    c.counter,
    c.receipts::BIGINT                                                        AS receipts,
    s.transactions::BIGINT                                                    AS suspected_transactions
FROM by_counter AS c
LEFT JOIN suspected AS s ON s.collected_on = c.collected_on AND s.counter = c.counter
