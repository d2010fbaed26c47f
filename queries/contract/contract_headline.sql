-- title: 契約の主な数値（報告会・報告書・議事録・成果品、年度の基準日まで）
-- question: 報告会と報告書はそろっているか、期限を過ぎたものはいくつあるか。
-- serves: {monthly_duties: [monthly_meetings, monthly_reports], minutes_clock: minutes_in_time_rate, deliverable_clock: deliverables_overdue}
-- definition:
--   numerator: 年度の月次報告会の回数、月例報告書の月数、期限を過ぎた議事録・成果品の数
--   denominator: なし（件数）。期限内の割合は、提出期限の来た、または提出された議事録の数で割る
--   scope: 会議は年度の初日から基準日までに開いたもの。成果品は年度の区分による。期限を過ぎた成果品はこれまでのすべて。改善は、その年度までの、基準日より前に終わった半期の評価による
--   exclusions: これから開く会議
--   reference: 基準日。期限の計算は「議事録の期限」「成果品の期限」と同じ
-- params:
--   since: {title: 年度の初日, kind: date, default: fiscal_year_start}
--   as_of: {title: 基準日, kind: date, default: today}
-- columns:
--   as_of:                {title: 基準日, kind: date}
--   monthly_meetings:     {title: 月次報告会, kind: integer, unit: 回}
--   monthly_reports:      {title: 月例報告書, kind: integer, unit: か月分}
--   minutes_judged:       {title: 期限を判定した議事録, kind: integer, unit: 件}
--   minutes_in_time:      {title: 期限内に出た議事録, kind: integer, unit: 件}
--   minutes_in_time_rate: {title: 議事録が期限内の割合, kind: number, unit: "%", description: 5開庁日は目安です}
--   minutes_overdue:      {title: 期限を過ぎて未提出の議事録, kind: integer, unit: 件}
--   deliverables_overdue: {title: 期限を過ぎて未提出の成果品, kind: integer, unit: 件}
--   improvements_open:    {title: 済んでいない改善, kind: integer, unit: 件, description: 改善が必要とされ、基準日に再評価まで済んでいない評価項目です。再評価の日は記録がないため、改善報告書の承認の日にみます［仮定］}
-- key: [as_of]
-- publish: {decision: 案（区の決定待ち）［仮定］, unit: なし, reason: 契約の会議・書類の数で、人や団体の数ではない}
-- reads: [meetings, deliverables, evaluations, calendar_days]

WITH minutes AS (
    SELECT
        m.meeting_id,
        m.kind,
        m.held_on,
        coalesce(m.minutes_due_on, due.day)                                   AS due_on,
        CASE WHEN m.minutes_submitted_on <= $as_of THEN m.minutes_submitted_on END AS submitted_on
    FROM meetings AS m
    LEFT JOIN calendar_days AS held ON held.day = m.held_on
    LEFT JOIN calendar_days AS due ON due.is_open AND due.ordinal = held.ordinal + 5
    WHERE m.held_on BETWEEN $since AND least($as_of, make_date(year($since - INTERVAL 3 MONTH)::INT + 1, 3, 31))
),

met AS (
    SELECT
        count(*) FILTER (WHERE kind = '月次報告会')                           AS monthly_meetings,
        count(*) FILTER (WHERE submitted_on IS NOT NULL OR due_on < $as_of)   AS minutes_judged,
        count(*) FILTER (WHERE submitted_on <= due_on)                        AS minutes_in_time,
        count(*) FILTER (WHERE submitted_on IS NULL AND due_on < $as_of)      AS minutes_overdue
    FROM minutes
    HAVING EXISTS (SELECT 1 FROM meetings)
),

delivered AS (
    SELECT
        count(DISTINCT coalesce(d.month::VARCHAR, d.deliverable_id)) FILTER (
            WHERE d.kind = '月例報告書'
              AND d.submitted_on <= $as_of
              AND coalesce(
                    year(d.month - INTERVAL 3 MONTH), 2018 + regexp_extract(d.fiscal_year, '[0-9]+')::INT
                ) = year($since - INTERVAL 3 MONTH)
        )                                                                     AS monthly_reports,
        count(*) FILTER (
            WHERE (d.submitted_on IS NULL OR d.submitted_on > $as_of) AND coalesce(d.due_on, due.day) < $as_of
        )                                                                     AS deliverables_overdue
    FROM deliverables AS d
    LEFT JOIN calendar_days AS before ON before.day = d.designated_on - 14
    LEFT JOIN calendar_days AS due ON due.is_open AND due.ordinal = before.ordinal
    HAVING count(*) > 0
),

judged AS (
    SELECT count(*) FILTER (WHERE improvement = '要' AND re_rating IS NULL)   AS improvements_open
    FROM evaluations_known($as_of)
    WHERE year <= year($since - INTERVAL 3 MONTH)
    HAVING EXISTS (SELECT 1 FROM evaluations)
)

SELECT
    $as_of::DATE                                                              AS as_of,
    m.monthly_meetings,
    d.monthly_reports,
    m.minutes_judged,
    m.minutes_in_time,
    round(100.0 * m.minutes_in_time / nullif(m.minutes_judged, 0), 1)         AS minutes_in_time_rate,
    m.minutes_overdue,
    d.deliverables_overdue,
    e.improvements_open
FROM (SELECT 1 AS one) AS anchor
LEFT JOIN met AS m ON true
LEFT JOIN delivered AS d ON true
LEFT JOIN judged AS e ON true
WHERE m.monthly_meetings IS NOT NULL OR d.monthly_reports IS NOT NULL OR e.improvements_open IS NOT NULL
ORDER BY as_of
