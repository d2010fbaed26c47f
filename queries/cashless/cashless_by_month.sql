-- title: キャッシュレス比率（月次推移、{since}から）
-- question: 窓口のキャッシュレスは件数でも金額でも増えているか。
-- serves: {receipts_month: [transactions, amount_yen], cashless_ratio: [transaction_rate, amount_rate]}
-- definition:
--   numerator: 窓口キャッシュレス（カード・電子マネー・コード決済など）の件数、金額
--   denominator: 現金と窓口キャッシュレスを合わせた件数、金額
--   scope: その日にキャッシュレスを受け入れる窓口・手数料（窓口マスター）の収納。収納件数・金額はすべての窓口の合計
--   exclusions: オンライン決済、納付書・eL-QR（比率の分子にも分母にも入れない）。決済手段マスターの期間にない手段も比率に入れない
--   reference: 収納日で数え、売上から取消・返金を引いた純額。収納のない月は行がない
-- params:
--   since: {title: 開始日, kind: date, default: previous_fiscal_year_start}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   month:                 {title: 年月, kind: date, month: true}
--   transactions:          {title: 収納件数, kind: integer, unit: 件, description: すべての窓口・手段の合計です}
--   amount_yen:            {title: 収納金額, kind: yen, description: すべての窓口・手段の合計です}
--   cash_transactions:     {title: 現金の件数（比率の対象）, kind: integer, unit: 件}
--   cashless_transactions: {title: キャッシュレスの件数, kind: integer, unit: 件}
--   base_transactions:     {title: 比率の対象の件数, kind: integer, unit: 件, description: 現金とキャッシュレスの合計です。受け入れる窓口がなければ空欄です}
--   transaction_rate:      {title: 件数比率, kind: number, unit: "%"}
--   cash_yen:              {title: 現金の金額（比率の対象）, kind: yen}
--   cashless_yen:          {title: キャッシュレスの金額, kind: yen}
--   base_yen:              {title: 比率の対象の金額, kind: yen}
--   amount_rate:           {title: 金額比率, kind: number, unit: "%"}
--   counters:              {title: 比率の対象の窓口数, kind: integer, unit: 窓口, description: 増えた月は比率のつながりに注意してください}
--   is_partial:            {title: 集計状況, kind: choice, choices: [途中, 確定], description: 月の最後の開庁日までの収納が届いていない月は「途中」です}
-- key: [month]
-- breaks: ratio_base_changes
-- figure: transaction_rate
-- publish:
--   decision: 案（区の決定待ち）［仮定］
--   unit: 件(申請)
--   count: transactions
--   parts: {transactions: [base_transactions], base_transactions: [cash_transactions, cashless_transactions]}
--   measure: 窓口の収納
--   net: true
--   columns: [month, transactions, amount_yen, cash_transactions, cashless_transactions, base_transactions, transaction_rate, is_partial]
--   definition:
--     numerator: 窓口キャッシュレス（カード・電子マネー・コード決済など）の件数
--     denominator: 現金と窓口キャッシュレスを合わせた件数
-- reads: [receipts, payment_methods, counters, calendar_days]

WITH counted AS (
    SELECT * FROM receipts_by_ratio_group($since, $until)
),

by_month AS (
    SELECT
        date_trunc('month', collected_on)::DATE                               AS month,
        sum(transactions)                                                     AS transactions,
        sum(amount_yen)                                                       AS amount_yen,
        sum(transactions) FILTER (WHERE ratio_group IN ('現金', '窓口キャッシュレス')) AS base_transactions,
        sum(amount_yen) FILTER (WHERE ratio_group IN ('現金', '窓口キャッシュレス')) AS base_yen,
        coalesce(sum(transactions) FILTER (WHERE ratio_group = '窓口キャッシュレス'), 0) AS cashless_transactions,
        coalesce(sum(amount_yen) FILTER (WHERE ratio_group = '窓口キャッシュレス'), 0) AS cashless_yen,
        count(DISTINCT counter) FILTER (WHERE ratio_group IN ('現金', '窓口キャッシュレス')) AS counters
    FROM counted
    GROUP BY date_trunc('month', collected_on)::DATE
),

unfinished AS (
    SELECT DISTINCT
        date_trunc('month', day)::DATE                                        AS month
    FROM calendar_days
    WHERE is_open AND day > (SELECT max(collected_on) FROM counted)
)

SELECT
    m.month,
    m.transactions::BIGINT                                                    AS transactions,
    m.amount_yen::BIGINT                                                      AS amount_yen,
    (m.base_transactions - m.cashless_transactions)::BIGINT                   AS cash_transactions,
    CASE WHEN m.base_transactions IS NOT NULL THEN m.cashless_transactions END::BIGINT AS cashless_transactions,
    m.base_transactions::BIGINT                                               AS base_transactions,
    round(100.0 * m.cashless_transactions::DOUBLE / nullif(m.base_transactions, 0), 1) AS transaction_rate,
    (m.base_yen - m.cashless_yen)::BIGINT                                     AS cash_yen,
    CASE WHEN m.base_yen IS NOT NULL THEN m.cashless_yen END::BIGINT          AS cashless_yen,
    m.base_yen::BIGINT                                                        AS base_yen,
    round(100.0 * m.cashless_yen::DOUBLE / nullif(m.base_yen, 0), 1)          AS amount_rate,
    m.counters,
    CASE WHEN u.month IS NULL THEN '確定' ELSE '途中' END                     AS is_partial
FROM by_month AS m
LEFT JOIN unfinished AS u ON u.month = m.month
ORDER BY m.month
