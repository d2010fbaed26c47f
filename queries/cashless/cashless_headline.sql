-- title: キャッシュレスの主な数値（件数・金額・比率、今年度の基準日まで）
-- question: 今年度の収納はどれだけあり、キャッシュレスは件数・金額のどれだけか。前の年より増えたか。
-- serves: {receipts_net: [transactions, amount_yen], cashless_ratio: [transaction_rate, amount_rate]}
-- definition:
--   numerator: 窓口キャッシュレス（カード・電子マネー・コード決済など）の件数、金額
--   denominator: 現金と窓口キャッシュレスを合わせた件数、金額
--   scope: 比率は、その日にキャッシュレスを受け入れる窓口・手数料（窓口マスター）の収納。収納件数・金額はすべての窓口の合計
--   exclusions: オンライン決済、納付書・eL-QR（比率の分子にも分母にも入れない）。決済手段マスターの期間にない手段も比率に入れない
--   reference: 収納日で数え、売上から取消・返金を引いた純額。前年同期は、収納の最終日の1年前まで。届いていない期間は0でなく空欄
-- params:
--   as_of: {title: 基準日, kind: date, default: today}
-- columns:
--   as_of:                          {title: 基準日, kind: date}
--   since:                          {title: 年度初め, kind: date}
--   until:                          {title: 収納の最終日, kind: date, description: 基準日までで、いちばん新しい収納日です。前年同期はこの日までで比べます}
--   transactions:                   {title: 今年度の収納件数, kind: integer, unit: 件}
--   previous_transactions:          {title: 前年同期の収納件数, kind: integer, unit: 件, description: 前年度の収納が届いていなければ空欄です}
--   transactions_difference:        {title: 収納件数の前年同期との差, kind: integer, unit: 件}
--   amount_yen:                     {title: 今年度の収納金額, kind: yen}
--   previous_yen:                   {title: 前年同期の収納金額, kind: yen}
--   yen_difference:                 {title: 収納金額の前年同期との差, kind: yen}
--   cashless_transactions:          {title: キャッシュレスの件数, kind: integer, unit: 件}
--   base_transactions:              {title: 比率の対象の件数, kind: integer, unit: 件}
--   transaction_rate:               {title: 件数比率, kind: number, unit: "%"}
--   previous_cashless_transactions: {title: 前年同期のキャッシュレスの件数, kind: integer, unit: 件}
--   previous_base_transactions:     {title: 前年同期の比率の対象の件数, kind: integer, unit: 件}
--   previous_transaction_rate:      {title: 前年同期の件数比率, kind: number, unit: "%"}
--   transaction_rate_difference:    {title: 件数比率の前年同期との差, kind: number, unit: ポイント}
--   cashless_yen:                   {title: キャッシュレスの金額, kind: yen}
--   base_yen:                       {title: 比率の対象の金額, kind: yen}
--   amount_rate:                    {title: 金額比率, kind: number, unit: "%"}
--   previous_cashless_yen:          {title: 前年同期のキャッシュレスの金額, kind: yen}
--   previous_base_yen:              {title: 前年同期の比率の対象の金額, kind: yen}
--   previous_amount_rate:           {title: 前年同期の金額比率, kind: number, unit: "%"}
--   amount_rate_difference:         {title: 金額比率の前年同期との差, kind: number, unit: ポイント}
--   month_incidents:                {title: 今月の不具合, kind: integer, unit: 件, description: 基準日の月の、基準日までの件数です。不具合が1件も届いていなければ空欄です}
-- key: [as_of]
-- breaks: ratio_base_changes
-- publish:
--   decision: 案（区の決定待ち）［仮定］
--   unit: 件(申請)
--   count: transactions
--   previous: previous_transactions
--   parts: {transactions: [base_transactions], base_transactions: [cashless_transactions]}
--   measure: 窓口の収納
--   net: true
--   columns: [as_of, since, until, transactions, previous_transactions, transactions_difference, amount_yen, cashless_transactions, base_transactions, transaction_rate]
--   definition:
--     numerator: 窓口キャッシュレス（カード・電子マネー・コード決済など）の件数
--     denominator: 現金と窓口キャッシュレスを合わせた件数
-- reads: [receipts, payment_methods, counters, incidents]

WITH span AS (
    SELECT
        date_trunc('month', min(collected_on))::DATE                          AS first_month,
        max(collected_on)                                                     AS last_day,
        (date_trunc('year', $as_of - INTERVAL 3 MONTH) + INTERVAL 3 MONTH)::DATE AS year_start,
        (date_trunc('year', $as_of - INTERVAL 3 MONTH) - INTERVAL 9 MONTH)::DATE AS previous_start
    FROM receipts_counters_daily
    WHERE collected_on <= $as_of
),

counted AS (
    SELECT
        s.*,
        s.collected_on >= p.year_start                                        AS is_current
    FROM receipts_by_ratio_group((SELECT previous_start FROM span), (SELECT last_day FROM span)) AS s
    CROSS JOIN span AS p
    WHERE s.collected_on >= p.year_start
       OR (s.collected_on <= p.last_day - INTERVAL 1 YEAR AND p.first_month <= p.previous_start)
),

summed AS (
    SELECT
        is_current,
        sum(transactions)                                                     AS transactions,
        sum(amount_yen)                                                       AS amount_yen,
        sum(transactions) FILTER (WHERE ratio_group IN ('現金', '窓口キャッシュレス')) AS base_transactions,
        sum(amount_yen) FILTER (WHERE ratio_group IN ('現金', '窓口キャッシュレス')) AS base_yen,
        coalesce(sum(transactions) FILTER (WHERE ratio_group = '窓口キャッシュレス'), 0) AS cashless_transactions,
        coalesce(sum(amount_yen) FILTER (WHERE ratio_group = '窓口キャッシュレス'), 0) AS cashless_yen
    FROM counted
    GROUP BY is_current
),

rated AS (
    SELECT
        is_current,
        transactions::BIGINT                                                  AS transactions,
        amount_yen::BIGINT                                                    AS amount_yen,
        CASE WHEN base_transactions IS NOT NULL THEN cashless_transactions END::BIGINT AS cashless_transactions,
        base_transactions::BIGINT                                             AS base_transactions,
        round(100.0 * cashless_transactions::DOUBLE / nullif(base_transactions, 0), 1) AS transaction_rate,
        CASE WHEN base_yen IS NOT NULL THEN cashless_yen END::BIGINT          AS cashless_yen,
        base_yen::BIGINT                                                      AS base_yen,
        round(100.0 * cashless_yen::DOUBLE / nullif(base_yen, 0), 1)          AS amount_rate
    FROM summed
),

trouble AS (
    SELECT
        count(*)                                                              AS ever,
        count(*) FILTER (WHERE occurred_at >= date_trunc('month', $as_of))    AS this_month
    FROM incidents
    WHERE occurred_at < $as_of + INTERVAL 1 DAY
)

SELECT
    $as_of::DATE                                                              AS as_of,
    s.year_start                                                              AS since,
    s.last_day                                                                AS until,
    c.transactions                                                            AS transactions,
    p.transactions                                                            AS previous_transactions,
    c.transactions - p.transactions                                           AS transactions_difference,
    c.amount_yen                                                              AS amount_yen,
    p.amount_yen                                                              AS previous_yen,
    c.amount_yen - p.amount_yen                                               AS yen_difference,
    c.cashless_transactions                                                   AS cashless_transactions,
    c.base_transactions                                                       AS base_transactions,
    c.transaction_rate                                                        AS transaction_rate,
    p.cashless_transactions                                                   AS previous_cashless_transactions,
    p.base_transactions                                                       AS previous_base_transactions,
    p.transaction_rate                                                        AS previous_transaction_rate,
    round(c.transaction_rate - p.transaction_rate, 1)                         AS transaction_rate_difference,
    c.cashless_yen                                                            AS cashless_yen,
    c.base_yen                                                                AS base_yen,
    c.amount_rate                                                             AS amount_rate,
    p.cashless_yen                                                            AS previous_cashless_yen,
    p.base_yen                                                                AS previous_base_yen,
    p.amount_rate                                                             AS previous_amount_rate,
    round(c.amount_rate - p.amount_rate, 1)                                   AS amount_rate_difference,
    CASE WHEN t.ever > 0 THEN t.this_month END                                AS month_incidents
FROM span AS s
CROSS JOIN trouble AS t
LEFT JOIN rated AS c ON c.is_current
LEFT JOIN rated AS p ON NOT p.is_current
ORDER BY as_of
