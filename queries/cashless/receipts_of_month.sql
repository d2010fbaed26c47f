-- title: キャッシュレス事績簿（収納日・窓口・手数料・決済手段別、月）
-- question: その月の毎日、どの窓口で、何が、どの手段で、どれだけ収納されたか。
-- definition:
--   numerator: 収納日・窓口・手数料種別・決済手段ごとの件数、金額
--   scope: その月の事績簿のすべての行。端末とブランドは合わせる
--   exclusions: なし
--   reference: 収納日で数える。取消・返金は負の数で、純額は売上に取消・返金を加えたもの。空欄は、その区分の行がないこと
-- params:
--   month: {title: 年月, kind: date, default: month_start, description: その月のどの日でもかまいません}
-- columns:
--   collected_on:          {title: 収納日, kind: date}
--   counter:               {title: 窓口}
--   fee_type:              {title: 手数料種別}
--   method:                {title: 決済手段}
--   sales_transactions:    {title: 売上の件数, kind: integer, unit: 件}
--   sales_yen:             {title: 売上の金額, kind: yen}
--   canceled_transactions: {title: 取消の件数, kind: integer, unit: 件}
--   canceled_yen:          {title: 取消の金額, kind: yen}
--   refunded_transactions: {title: 返金の件数, kind: integer, unit: 件}
--   refunded_yen:          {title: 返金の金額, kind: yen}
--   transactions:          {title: 純件数, kind: integer, unit: 件}
--   amount_yen:            {title: 純額, kind: yen}
-- key: [collected_on, counter, fee_type, method]
-- reads: [receipts]

SELECT
    collected_on,
    counter,
    fee_type,
    method,
    sales_transactions,
    sales_yen,
    canceled_transactions,
    canceled_yen,
    refunded_transactions,
    refunded_yen,
    transactions,
    amount_yen
FROM receipts_daily
WHERE collected_on >= date_trunc('month', $month)
  AND collected_on < date_trunc('month', $month) + INTERVAL 1 MONTH
ORDER BY collected_on, counter, fee_type NULLS LAST, method
