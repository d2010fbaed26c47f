-- title: 未入金の請求額（予定日からの日数別、{as_of}）
-- question: まだ入っていない入金は、予定の日からどれだけ過ぎているか。
-- serves: {deposit_ageing: waiting_yen}
-- definition:
--   numerator: 予定日からの日数ごとの、未入金の請求額（売上から取消・返金を引いた額）
--   scope: 収納日が開始日から基準日までで、入金予定日、入金日、入金額のどれかがある事績簿の行のうち、入金額が空欄か、入金日が基準日より後のもの
--   exclusions: 入金予定日、入金日、入金額がすべて空欄の行。現金のほか、入金の項目が届いていないキャッシュレスの収納（「入金の項目が空欄の収納」に数える）
--   reference: 基準日。予定日の当日は予定日前に入れる
-- params:
--   since: {title: 開始日, kind: date, default: contract_start}
--   as_of: {title: 基準日, kind: date, default: today}
-- columns:
--   age:         {title: 予定日からの日数, kind: choice, choices: [予定日前, 1日から7日, 8日から30日, 31日以上, 予定日不明]}
--   waiting_yen: {title: 未入金の請求額, kind: yen}
--   days:        {title: 収納日の数, kind: integer, unit: 日}
--   methods:     {title: 決済手段の数, kind: integer, unit: 手段}
--   oldest_on:   {title: いちばん古い入金予定日, kind: date}
-- key: [age]
-- reads: [receipts]

WITH waiting AS (
    SELECT
        method,
        collected_on,
        CASE WHEN deposited_on > $as_of THEN amount_yen ELSE waiting_yen END  AS amount_yen,
        deposit_due_on,
        CASE
            WHEN deposit_due_on IS NULL THEN 5
            WHEN deposit_due_on >= $as_of THEN 1
            WHEN deposit_due_on >= $as_of - INTERVAL 7 DAY THEN 2
            WHEN deposit_due_on >= $as_of - INTERVAL 30 DAY THEN 3
            ELSE 4
        END                                                                   AS position
    FROM receipts_deposits_daily
    WHERE collected_on BETWEEN $since AND $as_of
      AND (waiting_receipts > 0 OR deposited_on > $as_of)
),

ages AS (
    SELECT
        unnest([1, 2, 3, 4, 5])                                               AS position,
        unnest(['予定日前', '1日から7日', '8日から30日', '31日以上', '予定日不明']) AS age
)

SELECT
    a.age,
    coalesce(sum(w.amount_yen), 0)::BIGINT                                    AS waiting_yen,
    count(DISTINCT w.collected_on)                                            AS days,
    count(DISTINCT w.method)                                                  AS methods,
    min(w.deposit_due_on)                                                     AS oldest_on
FROM ages AS a
LEFT JOIN waiting AS w ON w.position = a.position
WHERE EXISTS (SELECT 1 FROM waiting)
GROUP BY a.age, a.position
ORDER BY a.position
