-- title: 事績簿の日計（収納日・窓口・手数料種別・決済手段ごと）
-- day: collected_on
-- key: [collected_on, counter, fee_type, method]

SELECT
    collected_on,
    counter,
    fee_type,
    method,
    sum(transactions)::BIGINT                                                 AS transactions,
    sum(amount_yen)::BIGINT                                                   AS amount_yen,
    sum(transactions) FILTER (WHERE entry = '売上')::BIGINT                   AS sales_transactions,
    sum(amount_yen) FILTER (WHERE entry = '売上')::BIGINT                     AS sales_yen,
    sum(transactions) FILTER (WHERE entry = '取消')::BIGINT                   AS canceled_transactions,
    sum(amount_yen) FILTER (WHERE entry = '取消')::BIGINT                     AS canceled_yen,
    sum(transactions) FILTER (WHERE entry = '返金')::BIGINT                   AS refunded_transactions,
    sum(amount_yen) FILTER (WHERE entry = '返金')::BIGINT                     AS refunded_yen,
    sum(abs(transactions))::BIGINT                                            AS gross_transactions,
    sum(fee_yen)::BIGINT                                                      AS fee_yen,
    sum(amount_yen) FILTER (WHERE fee_yen IS NOT NULL)::BIGINT                AS fee_base_yen,
    count(fee_yen)                                                            AS fee_receipts,
    count(*)                                                                  AS receipts
FROM receipts
GROUP BY collected_on, counter, fee_type, method
