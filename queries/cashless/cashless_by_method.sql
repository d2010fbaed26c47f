-- title: 収納件数と金額（決済手段別、今年度）
-- question: どの決済手段がどれだけ使われているか。
-- serves: {receipts_method: [transactions, amount_yen]}
-- definition:
--   numerator: 決済手段ごとの収納の件数、金額
--   denominator: すべての決済手段の収納の件数、金額
--   scope: キャッシュレス事績簿のすべての窓口・手数料（現金、オンライン決済、eL-QRを含む）
--   exclusions: なし
--   reference: 収納日で数え、売上から取消・返金を引いた純額。大区分は、その日の決済手段マスターによる
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   method:             {title: 決済手段}
--   method_group:       {title: 大区分, description: 決済手段マスターの期間にない収納は空欄です}
--   transactions:       {title: 収納件数, kind: integer, unit: 件}
--   total_transactions: {title: 全体の件数, kind: integer, unit: 件}
--   transaction_share:  {title: 件数の割合, kind: number, unit: "%"}
--   amount_yen:         {title: 収納金額, kind: yen}
--   total_yen:          {title: 全体の金額, kind: yen}
--   amount_share:       {title: 金額の割合, kind: number, unit: "%"}
--   refunds:            {title: 取消・返金の件数, kind: integer, unit: 件, description: 収納件数から引いてあります}
-- key: [method, method_group]
-- reads: [receipts, payment_methods]

WITH by_method AS (
    SELECT
        s.method,
        s.method_group,
        sum(s.transactions)                                                   AS transactions,
        sum(s.amount_yen)                                                     AS amount_yen,
        coalesce(sum(s.refunds), 0)                                           AS refunds
    FROM receipts_by_method_group($since, $until) AS s
    GROUP BY s.method, s.method_group
),

totals AS (
    SELECT
        sum(transactions)                                                     AS transactions,
        sum(amount_yen)                                                       AS amount_yen
    FROM by_method
)

SELECT
    m.method,
    m.method_group,
    m.transactions::BIGINT                                                    AS transactions,
    t.transactions::BIGINT                                                    AS total_transactions,
    round(100.0 * m.transactions::DOUBLE / nullif(t.transactions, 0), 1)      AS transaction_share,
    m.amount_yen::BIGINT                                                      AS amount_yen,
    t.amount_yen::BIGINT                                                      AS total_yen,
    round(100.0 * m.amount_yen::DOUBLE / nullif(t.amount_yen, 0), 1)          AS amount_share,
    m.refunds::BIGINT                                                         AS refunds
FROM by_method AS m
CROSS JOIN totals AS t
ORDER BY m.transactions DESC, m.method, m.method_group NULLS LAST
