-- title: 入金の項目が空欄の収納（決済手段別、{since}から{as_of}まで）
-- question: 入金の予定も実績も書かれず、入金されたか分からないキャッシュレスの収納は、どれだけあるか。
-- serves: {deposit_ageing: [unstated, unstated_yen]}
-- definition:
--   numerator: 入金予定日、入金日、入金額がすべて空欄の事績簿の行の数と、その収納金額（売上から取消・返金を引いた純額）
--   denominator: 現金でない事績簿の行の数
--   scope: 現金でない収納。収納日が開始日から基準日までの行
--   exclusions: 現金。入金予定日、入金日、入金額のどれかがある行
--   reference: 収納日で数える。空欄は、入金されていないことではなく、分からないこと。未入金の請求額にも、入金の予定と実績にも入らない
-- params:
--   since: {title: 開始日, kind: date, default: contract_start}
--   as_of: {title: 基準日, kind: date, default: today}
-- columns:
--   method:       {title: 決済手段}
--   unstated:     {title: 入金の項目が空欄の行, kind: integer, unit: 行}
--   unstated_yen: {title: 入金の分からない収納金額, kind: yen}
--   receipts:     {title: すべての行, kind: integer, unit: 行}
-- key: [method]
-- reads: [receipts]

WITH booked AS (
    SELECT
        method,
        sum(receipts)                                                         AS receipts,
        sum(amount_yen)                                                       AS amount_yen
    FROM receipts_daily
    WHERE collected_on BETWEEN $since AND $as_of
      AND method <> '現金'
    GROUP BY method
),

stated AS (
    SELECT
        method,
        sum(receipts)                                                         AS receipts,
        sum(amount_yen)                                                       AS amount_yen
    FROM receipts_deposits_daily
    WHERE collected_on BETWEEN $since AND $as_of
    GROUP BY method
)

SELECT
    b.method,
    (b.receipts - coalesce(s.receipts, 0))::BIGINT                            AS unstated,
    (b.amount_yen - coalesce(s.amount_yen, 0))::BIGINT                        AS unstated_yen,
    b.receipts::BIGINT                                                        AS receipts
FROM booked AS b
LEFT JOIN stated AS s ON s.method = b.method
WHERE b.receipts > coalesce(s.receipts, 0)
ORDER BY unstated_yen DESC, b.method
