-- title: 収納件数と金額（窓口・手数料種別、今年度）
-- question: どの窓口のどの手数料が、現金とキャッシュレスでどれだけ収納されたか。
-- serves: {receipts_window: [transactions, amount_yen], receipts_fee: [transactions, amount_yen]}
-- definition:
--   numerator: 窓口・手数料種別ごとの収納の件数、金額
--   scope: キャッシュレス事績簿のすべての窓口・手数料（キャッシュレスを受け入れないものを含む）
--   exclusions: 現金・キャッシュレスの内訳には、オンライン決済、納付書・eL-QRと、決済手段マスターの期間にない手段を入れない
--   reference: 収納日で数え、売上から取消・返金を引いた純額。空欄は、その手段の収納が届いていないこと
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   counter:               {title: 窓口}
--   fee_type:              {title: 手数料種別}
--   transactions:          {title: 収納件数, kind: integer, unit: 件}
--   amount_yen:            {title: 収納金額, kind: yen}
--   cash_transactions:     {title: 現金の件数, kind: integer, unit: 件}
--   cash_yen:              {title: 現金の金額, kind: yen}
--   cashless_transactions: {title: キャッシュレスの件数, kind: integer, unit: 件}
--   cashless_yen:          {title: キャッシュレスの金額, kind: yen}
--   accepts_cashless:      {title: キャッシュレスの受入, kind: choice, choices: [受入あり, 受入なし], description: 期間の終わりの日に、窓口マスターに受け入れる手段があるかです}
-- key: [counter, fee_type]
-- reads: [receipts, payment_methods, counters]

WITH by_fee AS (
    SELECT
        s.counter,
        s.fee_type,
        sum(s.transactions)                                                   AS transactions,
        sum(s.amount_yen)                                                     AS amount_yen,
        sum(s.transactions) FILTER (WHERE s.method_group = '現金')            AS cash_transactions,
        sum(s.amount_yen) FILTER (WHERE s.method_group = '現金')              AS cash_yen,
        sum(s.transactions) FILTER (WHERE s.method_group = '窓口キャッシュレス') AS cashless_transactions,
        sum(s.amount_yen) FILTER (WHERE s.method_group = '窓口キャッシュレス') AS cashless_yen
    FROM receipts_by_method_group($since, $until) AS s
    GROUP BY s.counter, s.fee_type
),

accepted AS (
    SELECT
        c.counter,
        c.fee_type
    FROM counters AS c
    JOIN payment_methods AS p
        ON p.method = c.method
        AND p.method_group = '窓口キャッシュレス'
        AND $until BETWEEN p.valid_from AND coalesce(p.valid_to, DATE 'infinity')
    WHERE $until BETWEEN c.valid_from AND coalesce(c.valid_to, DATE 'infinity')
)

SELECT
    b.counter,
    b.fee_type,
    b.transactions::BIGINT                                                    AS transactions,
    b.amount_yen::BIGINT                                                      AS amount_yen,
    b.cash_transactions::BIGINT                                               AS cash_transactions,
    b.cash_yen::BIGINT                                                        AS cash_yen,
    b.cashless_transactions::BIGINT                                           AS cashless_transactions,
    b.cashless_yen::BIGINT                                                    AS cashless_yen,
    CASE
        WHEN EXISTS (
            SELECT 1
            FROM accepted AS a
            WHERE a.counter = b.counter AND coalesce(a.fee_type = b.fee_type, a.fee_type IS NULL)
        ) THEN '受入あり'
        ELSE '受入なし'
    END                                                                       AS accepts_cashless
FROM by_fee AS b
ORDER BY b.counter, b.fee_type NULLS LAST
