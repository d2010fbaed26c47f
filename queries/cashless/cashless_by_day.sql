-- title: 収納とキャッシュレス比率（日別、{since}から{until}まで）
-- question: 毎日どれだけ収納し、キャッシュレスはどれだけ使われているか。
-- serves: {receipts_day: [transactions, amount_yen], receipts_net: [transactions, amount_yen], cashless_ratio: [transaction_rate, amount_rate]}
-- definition:
--   numerator: その日の窓口キャッシュレス（カード・電子マネー・コード決済など）の件数、金額
--   denominator: その日の現金と窓口キャッシュレスを合わせた件数、金額
--   scope: 比率は、その日にキャッシュレスを受け入れる窓口・手数料（窓口マスター）の収納。収納件数・金額はすべての窓口の合計
--   exclusions: オンライン決済、納付書・eL-QR（比率の分子にも分母にも入れない）。決済手段マスターの期間にない手段も比率に入れない
--   reference: 収納日で数え、売上から取消・返金を引いた純額。収納のない日は行がない
-- params:
--   since: {title: 開始日, kind: date, default: month_start}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   collected_on:          {title: 収納日, kind: date}
--   day:                   {title: 区の日, kind: choice, choices: [開庁日, 閉庁日]}
--   transactions:          {title: 収納件数, kind: integer, unit: 件}
--   amount_yen:            {title: 収納金額, kind: yen}
--   refunds:               {title: 取消・返金の件数, kind: integer, unit: 件, description: 収納件数から引いてあります}
--   cashless_transactions: {title: キャッシュレスの件数, kind: integer, unit: 件}
--   base_transactions:     {title: 比率の対象の件数, kind: integer, unit: 件, description: 受け入れる窓口がなければ空欄です}
--   transaction_rate:      {title: 件数比率, kind: number, unit: "%"}
--   cashless_yen:          {title: キャッシュレスの金額, kind: yen}
--   base_yen:              {title: 比率の対象の金額, kind: yen}
--   amount_rate:           {title: 金額比率, kind: number, unit: "%"}
-- key: [collected_on]
-- reads: [receipts, payment_methods, counters, calendar_days]

WITH by_day AS (
    SELECT
        collected_on,
        sum(transactions)                                                     AS transactions,
        sum(amount_yen)                                                       AS amount_yen,
        coalesce(sum(refunds), 0)                                             AS refunds,
        sum(transactions) FILTER (WHERE ratio_group IN ('現金', '窓口キャッシュレス')) AS base_transactions,
        sum(amount_yen) FILTER (WHERE ratio_group IN ('現金', '窓口キャッシュレス')) AS base_yen,
        coalesce(sum(transactions) FILTER (WHERE ratio_group = '窓口キャッシュレス'), 0) AS cashless_transactions,
        coalesce(sum(amount_yen) FILTER (WHERE ratio_group = '窓口キャッシュレス'), 0) AS cashless_yen
    FROM receipts_by_ratio_group($since, $until)
    GROUP BY collected_on
)

SELECT
    d.collected_on,
    CASE WHEN coalesce(k.is_open, isodow(d.collected_on) <= 5) THEN '開庁日' ELSE '閉庁日' END AS day,
    d.transactions::BIGINT                                                    AS transactions,
    d.amount_yen::BIGINT                                                      AS amount_yen,
    d.refunds::BIGINT                                                         AS refunds,
    CASE WHEN d.base_transactions IS NOT NULL THEN d.cashless_transactions END::BIGINT AS cashless_transactions,
    d.base_transactions::BIGINT                                               AS base_transactions,
    round(100.0 * d.cashless_transactions::DOUBLE / nullif(d.base_transactions, 0), 1) AS transaction_rate,
    CASE WHEN d.base_yen IS NOT NULL THEN d.cashless_yen END::BIGINT          AS cashless_yen,
    d.base_yen::BIGINT                                                        AS base_yen,
    round(100.0 * d.cashless_yen::DOUBLE / nullif(d.base_yen, 0), 1)          AS amount_rate
FROM by_day AS d
LEFT JOIN calendar_days AS k ON k.day = d.collected_on
ORDER BY d.collected_on
