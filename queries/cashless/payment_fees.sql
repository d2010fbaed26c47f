-- title: 決済手数料（決済手段別、{since}から{until}まで）
-- question: 決済手数料はいくらかかり、収納金額の何%か。
-- serves: {payment_fees: [fee_yen, fee_rate]}
-- definition:
--   numerator: 決済手数料の金額
--   denominator: 決済手数料の書かれた行の収納金額（売上から取消・返金を引いた純額）
--   scope: 現金でない収納。事績簿の1行（収納日・窓口・端末・手数料・手段・ブランド・区分）ごとの決済手数料
--   exclusions: 現金。決済手数料が空欄の行は率に入れない（行数を別に示す）
--   reference: 収納日で数える。手数料を相殺して入金するか、別に支払うかは問わない
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   method:   {title: 決済手段}
--   fee_yen:  {title: 決済手数料, kind: yen, description: 1行も書かれていなければ空欄です}
--   base_yen: {title: 手数料の分かる収納金額, kind: yen}
--   fee_rate: {title: 決済手数料の率, kind: number, unit: "%"}
--   stated:   {title: 手数料の書かれた行, kind: integer, unit: 行}
--   unstated: {title: 手数料が空欄の行, kind: integer, unit: 行}
-- key: [method]
-- reads: [receipts]

SELECT
    method,
    sum(fee_yen)::BIGINT                                                      AS fee_yen,
    sum(fee_base_yen)::BIGINT                                                 AS base_yen,
    round(100.0 * sum(fee_yen)::DOUBLE / nullif(sum(fee_base_yen), 0), 2)     AS fee_rate,
    sum(fee_receipts)::BIGINT                                                 AS stated,
    (sum(receipts) - sum(fee_receipts))::BIGINT                               AS unstated
FROM receipts_daily
WHERE collected_on BETWEEN $since AND $until
  AND method <> '現金'
GROUP BY method
ORDER BY sum(fee_yen) DESC NULLS LAST, method
