-- title: キャッシュレス比率（手数料種別、{since}から{until}まで）
-- question: どの手数料の収納が多く、どの手数料でキャッシュレスが使われているか。
-- serves: {receipts_fee: [transactions, amount_yen], cashless_ratio: [transaction_rate, amount_rate]}
-- definition:
--   numerator: 窓口キャッシュレス（カード・電子マネー・コード決済など）の件数、金額
--   denominator: 現金と窓口キャッシュレスを合わせた件数、金額
--   scope: 比率は、その日にキャッシュレスを受け入れる窓口・手数料（窓口マスター）の収納。収納件数・金額はすべての窓口の合計
--   exclusions: オンライン決済、納付書・eL-QR（比率の分子にも分母にも入れない）。決済手段マスターの期間にない手段も比率に入れない
--   reference: 収納日で数え、売上から取消・返金を引いた純額
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   fee_type:              {title: 手数料種別, description: 空欄の収納は「（種別なし）」です}
--   counters:              {title: 窓口の数, kind: integer, unit: 窓口, description: 期間に収納のあった窓口です}
--   transactions:          {title: 収納件数, kind: integer, unit: 件}
--   amount_yen:            {title: 収納金額, kind: yen}
--   cashless_transactions: {title: キャッシュレスの件数, kind: integer, unit: 件}
--   base_transactions:     {title: 比率の対象の件数, kind: integer, unit: 件, description: 受け入れる窓口がなければ空欄です}
--   transaction_rate:      {title: 件数比率, kind: number, unit: "%"}
--   cashless_yen:          {title: キャッシュレスの金額, kind: yen}
--   base_yen:              {title: 比率の対象の金額, kind: yen}
--   amount_rate:           {title: 金額比率, kind: number, unit: "%"}
-- key: [fee_type]
-- reads: [receipts, payment_methods, counters]

WITH by_fee AS (
    SELECT
        coalesce(fee_type, '（種別なし）')                                    AS fee_type,
        count(DISTINCT counter)                                               AS counters,
        sum(transactions)                                                     AS transactions,
        sum(amount_yen)                                                       AS amount_yen,
        sum(transactions) FILTER (WHERE ratio_group IN ('現金', '窓口キャッシュレス')) AS base_transactions,
        sum(amount_yen) FILTER (WHERE ratio_group IN ('現金', '窓口キャッシュレス')) AS base_yen,
        coalesce(sum(transactions) FILTER (WHERE ratio_group = '窓口キャッシュレス'), 0) AS cashless_transactions,
        coalesce(sum(amount_yen) FILTER (WHERE ratio_group = '窓口キャッシュレス'), 0) AS cashless_yen
    FROM receipts_by_ratio_group($since, $until)
    GROUP BY coalesce(fee_type, '（種別なし）')
)

SELECT
    fee_type,
    counters,
    transactions::BIGINT                                                      AS transactions,
    amount_yen::BIGINT                                                        AS amount_yen,
    CASE WHEN base_transactions IS NOT NULL THEN cashless_transactions END::BIGINT AS cashless_transactions,
    base_transactions::BIGINT                                                 AS base_transactions,
    round(100.0 * cashless_transactions::DOUBLE / nullif(base_transactions, 0), 1) AS transaction_rate,
    CASE WHEN base_yen IS NOT NULL THEN cashless_yen END::BIGINT              AS cashless_yen,
    base_yen::BIGINT                                                          AS base_yen,
    round(100.0 * cashless_yen::DOUBLE / nullif(base_yen, 0), 1)              AS amount_rate
FROM by_fee
ORDER BY transactions DESC, fee_type
