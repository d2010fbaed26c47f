-- title: 相談の経過確認（1件ずつ、基準日）
-- question: できた仕組みのその後を、確かめたか。まだのものはどれか。
-- serves: {follow_up_due: next_on, follow_up_done: followed_up_on, follow_up_overdue: days_overdue, consultation_satisfaction: satisfaction}
-- definition:
--   numerator: 構築完了日が基準日までの相談（1行が1件）
--   scope: 相談・伴走支援の台帳で、構築完了日のある相談
--   exclusions: 台帳から消えた相談、辞退した相談
--   reference: 基準日。契約に経過確認の期限はないため、期限超過は次回予定日を過ぎて確かめていないもの、未確認は予定日がないかまだ来ていないもの
-- params:
--   as_of: {title: 基準日, kind: date, default: today}
-- columns:
--   consultation_id: {title: 相談番号}
--   target:          {title: 対象区分}
--   stage:           {title: 支援段階}
--   state:           {title: 経過確認, kind: choice, choices: [期限超過, 未確認, 確認済]}
--   built_on:        {title: 構築完了日, kind: date}
--   next_on:         {title: 次回予定日, kind: date}
--   followed_up_on:  {title: 経過確認日, kind: date}
--   days_since:      {title: 構築完了からの日数, kind: integer, unit: 日, description: 確認済は経過確認日まで、ほかは基準日までです}
--   days_overdue:    {title: 次回予定日を過ぎた日数, kind: integer, unit: 日, description: 期限超過でなければ空欄です}
--   satisfaction:    {title: 満足度, kind: number, unit: 点}
-- key: [consultation_id]
-- reads: [consultations]

WITH built AS (
    SELECT
        consultation_id,
        target,
        stage,
        built_on,
        next_on,
        CASE WHEN followed_up_on <= $as_of THEN followed_up_on END            AS followed_up_on,
        satisfaction
    FROM consultations
    WHERE built_on <= $as_of
      AND stage <> '辞退'
)

SELECT
    consultation_id,
    target,
    stage,
    CASE
        WHEN followed_up_on IS NOT NULL THEN '確認済'
        WHEN next_on < $as_of THEN '期限超過'
        ELSE '未確認'
    END                                                                       AS state,
    built_on,
    next_on,
    followed_up_on,
    coalesce(followed_up_on, $as_of::DATE) - built_on                         AS days_since,
    CASE WHEN followed_up_on IS NULL AND next_on < $as_of THEN $as_of - next_on END AS days_overdue,
    satisfaction
FROM built
ORDER BY
    list_position(['期限超過', '未確認', '確認済'], state),
    days_overdue DESC NULLS LAST,
    built_on,
    consultation_id
