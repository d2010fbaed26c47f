-- title: 情報の定期点検（情報区分別、基準日）
-- question: 区の情報を入れた媒体とデータの定期点検は、いつ行い、次はいつまでか。
-- serves: {inspections: [last_on, due_on, state]}
-- definition:
--   numerator: 情報区分ごとの、いちばん新しい点検の日と、次の点検の期限
--   scope: 情報管理簿に記録のある情報区分（特定個人情報・個人情報・機密情報の特記仕様3(4)）
--   exclusions: 貸与資料（点検の定めがない）、基準日より後の記録
--   reference: 次の期限は、いちばん新しい点検（まだないときは、はじめて記録された日）から点検の間隔がたった日で、閉庁日にあたるときは前の開庁日［仮定］。特記仕様は「定期的に」とだけ定めるため、間隔は区が決めるまで3か月とする［仮定］
-- params:
--   as_of: {title: 基準日, kind: date, default: today}
--   every: {title: 点検の間隔（月）, kind: integer, default: 3, minimum: 1}
-- columns:
--   information: {title: 情報区分}
--   first_on:    {title: はじめて記録された日, kind: date}
--   inspections: {title: 点検の回数, kind: integer, unit: 回}
--   last_on:     {title: 最後の点検の日, kind: date, description: まだなければ空欄です}
--   result:      {title: 最後の点検の結果}
--   due_on:      {title: 次の点検の期限, kind: date}
--   late_days:   {title: 期限を過ぎた日数, kind: integer, unit: 日, description: 過ぎていなければ空欄です}
--   state:       {title: 状態, kind: choice, choices: [期限内, 期限当日, 期限超過]}
-- key: [information]
-- reads: [information_log, calendar_days]

WITH kept AS (
    SELECT
        information,
        min(recorded_on)                                                      AS first_on,
        count(*) FILTER (WHERE kind = '点検')                                 AS inspections,
        max(recorded_on) FILTER (WHERE kind = '点検')                         AS last_on,
        arg_max(coalesce(result, ''), (recorded_on, record_id)) FILTER (WHERE kind = '点検') AS result
    FROM information_log
    WHERE recorded_on <= $as_of AND information <> '貸与資料'
    GROUP BY information
),

dated AS (
    SELECT
        k.*,
        due.day                                                               AS due_on
    FROM kept AS k
    LEFT JOIN calendar_days AS d ON d.day = (coalesce(k.last_on, k.first_on) + to_months($every::INT))::DATE
    LEFT JOIN calendar_days AS due ON due.is_open AND due.ordinal = d.ordinal
)

SELECT
    information,
    first_on,
    inspections,
    last_on,
    nullif(result, '')                                                        AS result,
    due_on,
    CASE WHEN due_on < $as_of THEN $as_of - due_on END                        AS late_days,
    CASE
        WHEN due_on < $as_of THEN '期限超過'
        WHEN due_on = $as_of THEN '期限当日'
        ELSE '期限内'
    END                                                                       AS state
FROM dated
ORDER BY due_on, information
