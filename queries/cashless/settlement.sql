-- title: 入金の予定と実績（決済手段・入金予定日別、契約の初日から）
-- question: 決済事業者からの入金は、予定の日に、合う額で入っているか。
-- serves: {deposit_differences: difference_yen, payment_fees: fee_yen, deposit_ageing: days_late}
-- definition:
--   numerator: 決済手段・入金予定日ごとの、請求額（売上から取消・返金を引いた額）、入金額、差額、未入金の額
--   scope: 入金予定日、入金日、入金額のどれかがある事績簿の行
--   exclusions: 入金予定日、入金日、入金額がすべて空欄の行。現金のほか、入金の項目が届いていないキャッシュレスの収納（「入金の項目が空欄の収納」に数える）
--   reference: 収納日が開始日から基準日までの行。入金日が基準日より後のもの、入金額が空欄のものは未入金。差額は事績簿の差額、なければ入金額から請求額（または手数料を引いた額のうち合う方）を引いた額
-- params:
--   since: {title: 開始日, kind: date, default: contract_start}
--   as_of: {title: 基準日, kind: date, default: today}
-- columns:
--   method:          {title: 決済手段}
--   deposit_due_on:  {title: 入金予定日, kind: date}
--   state:           {title: 状態, kind: choice, choices: [遅れ, 差額あり, 予定日前, 予定日不明, 入金済]}
--   collected_from:  {title: 収納日の最初, kind: date}
--   collected_until: {title: 収納日の最後, kind: date}
--   billed_yen:      {title: 請求額, kind: yen, description: 売上から取消・返金を引いた額です}
--   fee_yen:         {title: 決済手数料, kind: yen, description: 届いていなければ空欄です}
--   deposited_yen:   {title: 入金額, kind: yen, description: まだのときは空欄で、0ではありません}
--   difference_yen:  {title: 差額, kind: yen, description: 入金のあった分の差額です。足りないと負の数です}
--   waiting_yen:     {title: 未入金の請求額, kind: yen}
--   days_late:       {title: 予定日からの日数, kind: integer, unit: 日, description: 未入金で、予定日を過ぎた分だけ示します}
-- key: [method, deposit_due_on]
-- reads: [receipts]

WITH lines AS (
    SELECT
        *,
        coalesce(deposited_on <= $as_of, true)                                AS is_deposited
    FROM receipts_deposits_daily
    WHERE collected_on BETWEEN $since AND $as_of
),

summed AS (
    SELECT
        method,
        deposit_due_on,
        min(collected_on)                                                     AS collected_from,
        max(collected_on)                                                     AS collected_until,
        sum(amount_yen)::BIGINT                                               AS billed_yen,
        sum(fee_yen)::BIGINT                                                  AS fee_yen,
        sum(deposited_yen) FILTER (WHERE is_deposited)::BIGINT                AS deposited_yen,
        sum(difference_yen) FILTER (WHERE is_deposited)::BIGINT               AS difference_yen,
        coalesce(sum(differing_receipts) FILTER (WHERE is_deposited), 0)      AS differing,
        sum(CASE WHEN is_deposited THEN waiting_receipts ELSE receipts END)   AS waiting,
        coalesce(sum(CASE WHEN is_deposited THEN waiting_yen ELSE amount_yen END), 0)::BIGINT AS waiting_yen
    FROM lines
    GROUP BY method, deposit_due_on
)

SELECT
    method,
    deposit_due_on,
    CASE
        WHEN waiting > 0 AND deposit_due_on < $as_of THEN '遅れ'
        WHEN differing > 0 THEN '差額あり'
        WHEN waiting > 0 AND deposit_due_on IS NULL THEN '予定日不明'
        WHEN waiting > 0 THEN '予定日前'
        ELSE '入金済'
    END                                                                       AS state,
    collected_from,
    collected_until,
    billed_yen,
    fee_yen,
    deposited_yen,
    difference_yen,
    waiting_yen,
    CASE WHEN waiting > 0 AND deposit_due_on < $as_of THEN $as_of::DATE - deposit_due_on END AS days_late
FROM summed
ORDER BY
    CASE state WHEN '遅れ' THEN 1 WHEN '差額あり' THEN 2 WHEN '予定日不明' THEN 3 WHEN '予定日前' THEN 4 ELSE 5 END,
    deposit_due_on DESC NULLS LAST,
    method
