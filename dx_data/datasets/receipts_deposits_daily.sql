-- title: 入金の日計（収納日・決済手段・入金予定日・入金日ごと）
-- day: collected_on
-- key: [collected_on, method, deposit_due_on, deposited_on]
-- partial: true

WITH lines AS (
    SELECT
        collected_on,
        method,
        deposit_due_on,
        deposited_on,
        transactions,
        amount_yen,
        fee_yen,
        deposited_yen,
        coalesce(
            difference_yen,
            CASE
                WHEN deposited_yen = amount_yen THEN 0
                ELSE deposited_yen - (amount_yen - coalesce(fee_yen, 0))
            END
        ) AS difference_yen
    FROM receipts
    WHERE deposit_due_on IS NOT NULL OR deposited_on IS NOT NULL OR deposited_yen IS NOT NULL
)

SELECT
    collected_on,
    method,
    deposit_due_on,
    deposited_on,
    count(*)                                                                  AS receipts,
    sum(abs(transactions))::BIGINT                                            AS gross_transactions,
    sum(amount_yen)::BIGINT                                                   AS amount_yen,
    sum(fee_yen)::BIGINT                                                      AS fee_yen,
    sum(deposited_yen)::BIGINT                                                AS deposited_yen,
    sum(difference_yen) FILTER (WHERE deposited_yen IS NOT NULL)::BIGINT      AS difference_yen,
    count(*) FILTER (WHERE deposited_yen IS NOT NULL AND difference_yen <> 0) AS differing_receipts,
    -- A row without an amount is not deposited, whatever its day says.
    count(*) FILTER (WHERE deposited_yen IS NULL)                             AS waiting_receipts,
    sum(abs(transactions)) FILTER (WHERE deposited_yen IS NULL)::BIGINT       AS waiting_transactions,
    sum(amount_yen) FILTER (WHERE deposited_yen IS NULL)::BIGINT              AS waiting_yen
FROM lines
GROUP BY collected_on, method, deposit_due_on, deposited_on
