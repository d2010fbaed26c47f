-- title: 研修への参加（課別、期間）
-- question: どの課から何人が研修に参加し、参加のない課はどこか。
-- serves: {section_coverage: attendees}
-- definition:
--   numerator: 課ごとの、実施済の研修への参加者の延べ人数
--   scope: 現在とする日（当時なら終了日）にある課（所管課マスター）と、参加課の表にある課名
--   exclusions: 予定・中止の研修
--   reference: 実施日が開始日から終了日まで。組織の見方が現在なら現在とする日の組織で、当時なら研修の日の組織で示す。1つの課が引き継いだ改組は後継課（所管課マスター）をたどり、いくつもの課に分かれた課は元の名前のまま示す
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start}
--   until: {title: 終了日, kind: date, default: today}
--   view: {title: 組織の見方, kind: choice, default: 現在, choices: [現在, 当時], description: 現在は、改組の前の参加もいまの課に数えます。当時は、研修の日にあった課に数えます}
--   organised_on: {title: 現在とする日, kind: date, default: today, description: 組織の見方が現在のとき、この日の組織で示します}
-- columns:
--   division:  {title: 所管部, description: 空欄は所管課マスターにその日ない課です}
--   section:   {title: 課}
--   sessions:  {title: 参加した研修の回数, kind: integer, unit: 回}
--   attendees: {title: 延べ参加者数, kind: integer, unit: 人}
--   last_on:   {title: 最後に参加した日, kind: date, description: 空欄は期間に参加がない課です}
-- key: [section]
-- reads: [trainings, training_sections, departments]

WITH joined AS (
    SELECT
        coalesce(n.seen, s.section)                                           AS section,
        count(DISTINCT t.training_id)                                         AS sessions,
        sum(s.attendees)::BIGINT                                              AS attendees,
        max(t.held_on)                                                        AS last_on
    FROM training_sections AS s
    JOIN trainings AS t ON t.training_id = s.training_id
    LEFT JOIN section_names() AS n
        ON n.section = s.section
        AND CASE $view WHEN '当時' THEN t.held_on ELSE $organised_on END BETWEEN n.first_day AND n.last_day
    WHERE t.state = '実施済' AND t.held_on BETWEEN $since AND $until AND s.attendees > 0
    GROUP BY coalesce(n.seen, s.section)
),

current_sections AS (
    SELECT section, min(division) AS division, min(sequence) AS sequence
    FROM departments
    WHERE CASE $view WHEN '当時' THEN $until ELSE $organised_on END
        BETWEEN valid_from AND coalesce(valid_to, DATE '9999-12-31')
    GROUP BY section
)

SELECT
    c.division,
    coalesce(c.section, j.section)                                            AS section,
    coalesce(j.sessions, 0)                                                   AS sessions,
    coalesce(j.attendees, 0)                                                  AS attendees,
    j.last_on
FROM current_sections AS c
FULL JOIN joined AS j ON j.section = c.section
WHERE EXISTS (SELECT 1 FROM training_sections)
ORDER BY coalesce(j.attendees, 0) DESC, c.sequence NULLS LAST, coalesce(c.section, j.section)
