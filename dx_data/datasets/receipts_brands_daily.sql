-- title: ブランドの日計（収納日・決済手段・ブランドごと）
-- day: collected_on
-- key: [collected_on, method, brand]

SELECT
    collected_on,
    method,
    brand,
    sum(transactions)::BIGINT                                                 AS transactions,
    sum(amount_yen)::BIGINT                                                   AS amount_yen
FROM receipts
GROUP BY collected_on, method, brand
