-- title: 契約不適合の通知期限（検査別の一覧、基準日）
-- question: 区は、どの検査の成果品の契約不適合を、いつまでに受注者に通知できるか。
-- serves: {defect_notice: notice_due_on}
-- definition:
--   numerator: 区の検査ごとの、検査を終えた日と、契約不適合の通知期限
--   scope: 会議の記録のうち、会議区分が検査で、開催日が基準日までのもの。開催日を検査完了日とする［仮定］。成果品の数は、検査の年度の成果品で、検査の日までに提出されたもの
--   exclusions: これから行う検査
--   reference: 通知期限は検査完了日の1年後（仕様書11(2)、初日は数えない）。閉庁日でも動かさない［仮定］
-- params:
--   as_of: {title: 基準日, kind: date, default: today}
-- columns:
--   meeting_id:    {title: 会議番号}
--   meeting:       {title: 検査}
--   inspected_on:  {title: 検査完了日, kind: date}
--   deliverables:  {title: 対象の成果品, kind: integer, unit: 件, description: 検査の年度の、検査の日までに提出された成果品です}
--   notice_due_on: {title: 通知期限, kind: date}
--   days_left:     {title: 残りの日数, kind: integer, unit: 日, description: 過ぎたものは空欄です}
--   open_days:     {title: 残りの開庁日, kind: integer, unit: 日, description: 基準日の翌日から期限までの開庁日です。過ぎたものは空欄です}
--   state:         {title: 状態, kind: choice, choices: [通知できる, 30日以内, 期限を過ぎた]}
-- key: [meeting_id]
-- reads: [meetings, deliverables, calendar_days]

WITH inspected AS (
    SELECT
        meeting_id,
        coalesce(meeting, kind)                                               AS meeting,
        held_on                                                               AS inspected_on,
        (held_on + INTERVAL 1 YEAR)::DATE                                     AS notice_due_on
    FROM meetings
    WHERE kind = '検査' AND held_on <= $as_of
),

covered AS (
    SELECT
        i.meeting_id,
        count(d.deliverable_id)                                               AS deliverables
    FROM inspected AS i
    LEFT JOIN deliverables AS d
        ON 2018 + regexp_extract(d.fiscal_year, '[0-9]+')::INT = year(i.inspected_on - INTERVAL 3 MONTH)
        AND d.submitted_on <= i.inspected_on
    GROUP BY i.meeting_id
)

SELECT
    i.meeting_id,
    i.meeting,
    i.inspected_on,
    c.deliverables,
    i.notice_due_on,
    CASE WHEN i.notice_due_on >= $as_of THEN i.notice_due_on - $as_of END     AS days_left,
    CASE WHEN i.notice_due_on >= $as_of THEN due.ordinal - now_.ordinal END   AS open_days,
    CASE
        WHEN i.notice_due_on < $as_of THEN '期限を過ぎた'
        WHEN i.notice_due_on - $as_of <= 30 THEN '30日以内'
        ELSE '通知できる'
    END                                                                       AS state
FROM inspected AS i
JOIN covered AS c ON c.meeting_id = i.meeting_id
LEFT JOIN calendar_days AS due ON due.day = i.notice_due_on
LEFT JOIN calendar_days AS now_ ON now_.day = $as_of
ORDER BY i.notice_due_on DESC, i.meeting_id
