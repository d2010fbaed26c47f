-- title: キャッシュレス比率（窓口別、今年度）
-- question: どの窓口でキャッシュレスが使われ、どこで使われていないか。
-- serves: {cashless_ratio: [transaction_rate, amount_rate], receipts_window: base_transactions}
-- definition:
--   numerator: 窓口キャッシュレス（カード・電子マネー・コード決済など）の件数、金額
--   denominator: 現金と窓口キャッシュレスを合わせた件数、金額
--   scope: その日にキャッシュレスを受け入れる窓口・手数料（窓口マスター）の収納
--   exclusions: キャッシュレスを受け入れる前の日・手数料、オンライン決済、納付書・eL-QR、決済手段マスターの期間にない手段
--   reference: 収納日で数え、売上から取消・返金を引いた純額
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   counter:               {title: 窓口}
--   cashless_since:        {title: キャッシュレス受入開始日, kind: date, description: 窓口マスターでいちばん早い日です}
--   cashless_transactions: {title: キャッシュレスの件数, kind: integer, unit: 件}
--   base_transactions:     {title: 比率の対象の件数, kind: integer, unit: 件}
--   transaction_rate:      {title: 件数比率, kind: number, unit: "%"}
--   cashless_yen:          {title: キャッシュレスの金額, kind: yen}
--   base_yen:              {title: 比率の対象の金額, kind: yen}
--   amount_rate:           {title: 金額比率, kind: number, unit: "%"}
-- key: [counter]
-- reads: [receipts, payment_methods, counters]

WITH counted AS (
    SELECT * FROM receipts_by_ratio_group($since, $until)
),

by_counter AS (
    SELECT
        counter,
        coalesce(sum(transactions) FILTER (WHERE ratio_group = '窓口キャッシュレス'), 0) AS cashless_transactions,
        sum(transactions)                                                     AS base_transactions,
        coalesce(sum(amount_yen) FILTER (WHERE ratio_group = '窓口キャッシュレス'), 0) AS cashless_yen,
        sum(amount_yen)                                                       AS base_yen
    FROM counted
    WHERE ratio_group IN ('現金', '窓口キャッシュレス')
    GROUP BY counter
),

beginnings AS (
    SELECT
        c.counter,
        min(greatest(c.valid_from, p.valid_from))                             AS cashless_since
    FROM counters AS c
    JOIN payment_methods AS p
        ON p.method = c.method
        AND p.method_group = '窓口キャッシュレス'
        AND p.valid_from <= coalesce(c.valid_to, DATE 'infinity')
        AND c.valid_from <= coalesce(p.valid_to, DATE 'infinity')
    GROUP BY c.counter
)

SELECT
    b.counter,
    s.cashless_since,
    b.cashless_transactions::BIGINT                                           AS cashless_transactions,
    b.base_transactions::BIGINT                                               AS base_transactions,
    round(100.0 * b.cashless_transactions::DOUBLE / nullif(b.base_transactions, 0), 1) AS transaction_rate,
    b.cashless_yen::BIGINT                                                    AS cashless_yen,
    b.base_yen::BIGINT                                                        AS base_yen,
    round(100.0 * b.cashless_yen::DOUBLE / nullif(b.base_yen, 0), 1)          AS amount_rate
FROM by_counter AS b
LEFT JOIN beginnings AS s ON s.counter = b.counter
ORDER BY transaction_rate DESC NULLS LAST, b.counter
