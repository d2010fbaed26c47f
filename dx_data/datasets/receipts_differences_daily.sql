-- title: 差額・不一致の日計（収納日・窓口・決済手段ごと）
-- day: collected_on
-- key: [collected_on, counter, method]
-- partial: true

SELECT
    collected_on,
    counter,
    method,
    count(*)                                                                  AS receipts,
    sum(difference_yen)::BIGINT                                               AS difference_yen,
    sum(abs(transactions))::BIGINT                                            AS gross_transactions
FROM receipts
WHERE difference_yen <> 0 OR reconciliation = '不一致'
GROUP BY collected_on, counter, method
