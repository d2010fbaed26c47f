-- title: 収納月計表（窓口・手数料・決済手段別、月）
-- question: その月の収納は、窓口・手数料・手段ごとにいくらで、年度初めからの累計はいくらか。
-- definition:
--   numerator: 窓口・手数料種別・決済手段ごとの、その月の件数、金額と、年度初めからその月までの累計
--   scope: キャッシュレス事績簿のすべての行。端末とブランドは合わせる
--   exclusions: その年度にまだ収納のない組
--   reference: 収納日で数える。取消・返金は負の数で、純額は売上に取消・返金を加えたもの。空欄は、その月（区分）の行がないこと
-- params:
--   month: {title: 年月, kind: date, default: month_start, description: その月のどの日でもかまいません}
-- columns:
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
--   year_transactions:     {title: 年度累計の純件数, kind: integer, unit: 件}
--   year_yen:              {title: 年度累計の純額, kind: yen}
-- key: [counter, fee_type, method]
-- reads: [receipts]

WITH taken AS (
    SELECT
        *,
        collected_on >= date_trunc('month', $month)                           AS is_asked
    FROM receipts_daily
    WHERE collected_on >= date_trunc('year', $month - INTERVAL 3 MONTH) + INTERVAL 3 MONTH
      AND collected_on < date_trunc('month', $month) + INTERVAL 1 MONTH
)

SELECT
    counter,
    fee_type,
    method,
    sum(sales_transactions) FILTER (WHERE is_asked)::BIGINT                   AS sales_transactions,
    sum(sales_yen) FILTER (WHERE is_asked)::BIGINT                            AS sales_yen,
    sum(canceled_transactions) FILTER (WHERE is_asked)::BIGINT                AS canceled_transactions,
    sum(canceled_yen) FILTER (WHERE is_asked)::BIGINT                         AS canceled_yen,
    sum(refunded_transactions) FILTER (WHERE is_asked)::BIGINT                AS refunded_transactions,
    sum(refunded_yen) FILTER (WHERE is_asked)::BIGINT                         AS refunded_yen,
    sum(transactions) FILTER (WHERE is_asked)::BIGINT                         AS transactions,
    sum(amount_yen) FILTER (WHERE is_asked)::BIGINT                           AS amount_yen,
    sum(transactions)::BIGINT                                                 AS year_transactions,
    sum(amount_yen)::BIGINT                                                   AS year_yen
FROM taken
GROUP BY counter, fee_type, method
ORDER BY counter, fee_type NULLS LAST, method
