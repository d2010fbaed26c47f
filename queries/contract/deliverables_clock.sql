-- title: 成果品の期限（成果品別の一覧、年度の基準日まで）
-- question: どの成果品がいつまでに必要で、出ているか、遅れているか。
-- serves: {deliverable_clock: due_on}
-- definition:
--   numerator: 成果品ごとの提出期限と提出日
--   scope: 年度の成果品と、それより前の年度の成果品で基準日までに出ていないもの
--   reference: 提出期限は指定日の14日前で、閉庁日にあたるときは前の開庁日［仮定］。提出期限の記入があればそれによる。区確認は、その日の記録がないため、基準日までに出たものは今の記録を、後に出たものは空欄で示す
-- params:
--   since: {title: 年度の初日, kind: date, default: fiscal_year_start}
--   as_of: {title: 基準日, kind: date, default: today}
-- columns:
--   deliverable_id: {title: 成果品番号}
--   fiscal_year:    {title: 年度}
--   kind:           {title: 成果品区分}
--   deliverable:    {title: 名称}
--   designated_on:  {title: 指定日, kind: date}
--   due_on:         {title: 提出期限, kind: date}
--   submitted_on:   {title: 提出日, kind: date, description: 空欄はまだ出ていません}
--   late_days:      {title: 遅れた日数, kind: integer, unit: 日, description: 期限の翌日から提出日（まだのときは基準日）までの暦日です}
--   review:         {title: 区確認}
--   state:          {title: 状態, kind: choice, choices: [期限内に提出, 遅れて提出, 提出済（期限の記入なし）, 提出待ち, 期限超過, 期限の記入なし]}
--   calendar:       {title: 休日, kind: choice, choices: [確定, 見込み], description: 内閣府の祝日一覧より先の日付は見込みです}
-- key: [deliverable_id]
-- reads: [deliverables, calendar_days]

WITH dated AS (
    SELECT
        d.deliverable_id,
        d.fiscal_year,
        2018 + regexp_extract(d.fiscal_year, '[0-9]+')::INT                   AS year,
        d.kind,
        d.deliverable,
        d.designated_on,
        coalesce(d.due_on, due.day)                                           AS due_on,
        CASE WHEN d.submitted_on <= $as_of THEN d.submitted_on END            AS submitted_on,
        CASE WHEN d.submitted_on IS NULL OR d.submitted_on <= $as_of THEN d.review END AS review
    FROM deliverables AS d
    LEFT JOIN calendar_days AS before ON before.day = d.designated_on - 14
    LEFT JOIN calendar_days AS due ON due.is_open AND due.ordinal = before.ordinal
)

SELECT
    d.deliverable_id,
    d.fiscal_year,
    d.kind,
    d.deliverable,
    d.designated_on,
    d.due_on,
    d.submitted_on,
    CASE WHEN d.due_on IS NOT NULL THEN greatest(coalesce(d.submitted_on, $as_of) - d.due_on, 0) END AS late_days,
    d.review,
    CASE
        WHEN d.due_on IS NULL AND d.submitted_on IS NULL THEN '期限の記入なし'
        WHEN d.due_on IS NULL THEN '提出済（期限の記入なし）'
        WHEN d.submitted_on IS NULL AND d.due_on < $as_of THEN '期限超過'
        WHEN d.submitted_on IS NULL THEN '提出待ち'
        WHEN d.submitted_on > d.due_on THEN '遅れて提出'
        ELSE '期限内に提出'
    END                                                                       AS state,
    CASE WHEN f.forecast THEN '見込み' ELSE '確定' END                        AS calendar
FROM dated AS d
LEFT JOIN calendar_days AS f ON f.day = d.due_on
WHERE d.year = year($since - INTERVAL 3 MONTH)
   OR (d.year < year($since - INTERVAL 3 MONTH) AND d.submitted_on IS NULL)
ORDER BY
    d.submitted_on IS NOT NULL,
    CASE WHEN d.submitted_on IS NULL THEN d.due_on END NULLS LAST,
    d.due_on DESC NULLS LAST,
    d.deliverable_id
