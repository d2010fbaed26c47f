-- title: 収納件数と金額（決済手段のブランド別、{since}から{until}まで）
-- question: どのブランドがどれだけ使われているか。
-- serves: {receipts_brand: [transactions, amount_yen]}
-- definition:
--   numerator: ブランドごとの収納の件数、金額
--   denominator: その決済手段の収納件数（ブランドの書かれたもの）
--   scope: 現金でない収納のすべて（オンライン決済、納付書・eL-QRを含む）
--   exclusions: 現金。ブランドの空欄は割合に入れない（件数は別の行に示す）
--   reference: 収納日で数え、売上から取消・返金を引いた純額
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   method:       {title: 決済手段}
--   brand:        {title: ブランド, description: 空欄の収納は「（記入なし）」です}
--   transactions: {title: 収納件数, kind: integer, unit: 件}
--   stated:       {title: ブランドの分かる収納件数, kind: integer, unit: 件, description: その決済手段の合計です}
--   share:        {title: ブランドの分かる収納に占める割合, kind: number, unit: "%"}
--   amount_yen:   {title: 収納金額, kind: yen}
-- key: [method, brand]
-- reads: [receipts]

WITH by_brand AS (
    SELECT
        method,
        brand,
        sum(transactions)::BIGINT                                             AS transactions,
        sum(amount_yen)::BIGINT                                               AS amount_yen
    FROM receipts_brands_daily
    WHERE collected_on BETWEEN $since AND $until
      AND method <> '現金'
    GROUP BY method, brand
),

stated AS (
    SELECT
        *,
        coalesce(sum(transactions) FILTER (WHERE brand IS NOT NULL) OVER (PARTITION BY method), 0)::BIGINT AS stated
    FROM by_brand
)

SELECT
    method,
    coalesce(brand, '（記入なし）')                                           AS brand,
    transactions,
    stated,
    CASE WHEN brand IS NOT NULL THEN round(100.0 * transactions / nullif(stated, 0), 1) END AS share,
    amount_yen
FROM stated
ORDER BY method, brand IS NULL, transactions DESC, brand
