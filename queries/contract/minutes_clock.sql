-- title: 議事録の期限（会議別の一覧、年度の基準日まで）
-- question: どの会議の議事録が出ていないか、区の点検がいつまでで、いつ承認とみなされるか。
-- serves: {minutes_clock: due_on, check_clock: check_due_on, deemed_approval: deemed_on}
-- definition:
--   numerator: 会議ごとの議事録の提出・点検・承認の日
--   scope: 開始日から基準日までに開いた会議と、それより前の会議で承認の済んでいないもの
--   exclusions: これから開く会議
--   reference: 提出の目安は開催日の5開庁日後、点検の期限は区の受領日の5開庁日後（どちらも初日は数えない。日付の記入があればそれによる）。みなし承認日は点検期限の次の開庁日［仮定］。5営業日は目安のため、遅れは注意とする
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start}
--   as_of: {title: 基準日, kind: date, default: today}
-- columns:
--   meeting_id:   {title: 会議番号}
--   held_on:      {title: 開催日, kind: date}
--   kind:         {title: 会議区分}
--   meeting:      {title: 会議名}
--   due_on:       {title: 議事録の提出期限, kind: date}
--   submitted_on: {title: 議事録の提出日, kind: date, description: 空欄はまだ出ていません}
--   late_days:    {title: 遅れた日数, kind: integer, unit: 日, description: 期限の翌日から提出日（まだのときは基準日）までの暦日です}
--   timing:       {title: 提出の状況, kind: choice, choices: [期限内, 期限前, 注意（遅れて提出）, 注意（未提出）]}
--   received_on:  {title: 区の受領日, kind: date}
--   check_due_on: {title: 点検期限, kind: date}
--   deemed_on:    {title: みなし承認日, kind: date, description: 承認・異議・修正中のときは空欄です}
--   approved_on:  {title: 承認日, kind: date}
--   state:        {title: 状態, kind: choice, choices: [提出待ち, 提出遅れ, 区の受領待ち, 区の点検中, 修正中, 異議あり, 承認, みなし承認]}
--   calendar:     {title: 休日, kind: choice, choices: [確定, 見込み], description: 内閣府の祝日一覧より先の日付は見込みです}
-- key: [meeting_id]
-- reads: [meetings, calendar_days]

WITH dated AS (
    SELECT
        m.meeting_id,
        m.held_on,
        m.kind,
        coalesce(m.meeting, m.kind)                                           AS meeting,
        coalesce(m.minutes_due_on, due.day)                                   AS due_on,
        CASE WHEN m.minutes_submitted_on <= $as_of THEN m.minutes_submitted_on END AS submitted_on,
        CASE WHEN m.ward_received_on <= $as_of THEN m.ward_received_on END    AS received_on,
        CASE WHEN m.ward_received_on <= $as_of THEN coalesce(m.check_due_on, checked.day) END AS check_due_on,
        CASE WHEN m.approved_on <= $as_of THEN m.approved_on END              AS approved_on,
        CASE WHEN m.approved_on <= $as_of OR m.approved_on IS NULL THEN m.approval END AS approval,
        m.objection = '有'                                                    AS objected
    FROM meetings AS m
    LEFT JOIN calendar_days AS held ON held.day = m.held_on
    LEFT JOIN calendar_days AS due ON due.is_open AND due.ordinal = held.ordinal + 5
    LEFT JOIN calendar_days AS received ON received.day = m.ward_received_on
    LEFT JOIN calendar_days AS checked ON checked.is_open AND checked.ordinal = received.ordinal + 5
    WHERE m.held_on <= $as_of
),

clocked AS (
    SELECT
        d.*,
        CASE WHEN d.due_on IS NOT NULL THEN greatest(coalesce(d.submitted_on, $as_of) - d.due_on, 0) END AS late_days,
        CASE
            WHEN d.approval IN ('承認', 'みなし承認') THEN d.approval
            WHEN d.approval = '修正中' THEN '修正中'
            WHEN d.objected THEN '異議あり'
            WHEN d.approved_on IS NOT NULL THEN '承認'
        END                                                                   AS decision,
        deemed.day                                                            AS deemed_on,
        coalesce(deemed.day, d.check_due_on, d.due_on)                        AS last_date
    FROM dated AS d
    LEFT JOIN calendar_days AS checked ON checked.day = d.check_due_on
    LEFT JOIN calendar_days AS deemed ON deemed.is_open AND deemed.ordinal = checked.ordinal + 1
)

SELECT
    c.meeting_id,
    c.held_on,
    c.kind,
    c.meeting,
    c.due_on,
    c.submitted_on,
    c.late_days,
    CASE
        WHEN c.late_days > 0 AND c.submitted_on IS NULL THEN '注意（未提出）'
        WHEN c.late_days > 0 THEN '注意（遅れて提出）'
        WHEN c.submitted_on IS NULL THEN '期限前'
        ELSE '期限内'
    END                                                                       AS timing,
    c.received_on,
    c.check_due_on,
    CASE WHEN c.decision IS NULL THEN c.deemed_on END                         AS deemed_on,
    c.approved_on,
    CASE
        WHEN c.decision IS NOT NULL THEN c.decision
        WHEN c.submitted_on IS NULL AND c.late_days > 0 THEN '提出遅れ'
        WHEN c.submitted_on IS NULL THEN '提出待ち'
        WHEN c.received_on IS NULL THEN '区の受領待ち'
        WHEN c.deemed_on <= $as_of THEN 'みなし承認'
        ELSE '区の点検中'
    END                                                                       AS state,
    CASE WHEN f.forecast THEN '見込み' ELSE '確定' END                        AS calendar
FROM clocked AS c
LEFT JOIN calendar_days AS f ON f.day = c.last_date
WHERE c.held_on >= $since
   OR NOT (coalesce(c.decision, '') IN ('承認', 'みなし承認') OR (c.decision IS NULL AND c.deemed_on <= $as_of))
   OR (c.decision IS NULL AND c.deemed_on IS NULL)
ORDER BY c.held_on DESC, c.meeting_id
