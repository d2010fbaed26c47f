-- title: 研修の行きわたり（課の数の割合、期間）
-- question: いまある課のうち、どれだけの課から研修に参加したか。
-- serves: {section_coverage: coverage_rate}
-- definition:
--   numerator: 期間に実施済の研修へ1人以上が参加した、いまある課の数
--   denominator: 現在とする日（当時なら終了日）にある課の数（所管課マスター）
--   scope: 開始日から終了日までに実施済の研修と、その参加課の表
--   exclusions: 予定・中止の研修。その日の所管課マスターにない課名（別に示す）
--   reference: 組織の見方が現在なら現在とする日の組織で、当時なら研修の日の組織で示す。1つの課が引き継いだ改組は後継課（所管課マスター）をたどり、いくつもの課に分かれた課は元の名前のまま示す
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start}
--   until: {title: 終了日, kind: date, default: today}
--   view: {title: 組織の見方, kind: choice, default: 現在, choices: [現在, 当時], description: 現在は、改組の前の参加もいまの課に数えます。当時は、研修の日にあった課に数えます}
--   organised_on: {title: 現在とする日, kind: date, default: today, description: 組織の見方が現在のとき、この日の組織で示します}
-- columns:
--   until:         {title: 終了日, kind: date}
--   reached:       {title: 参加した課, kind: integer, unit: 課}
--   sections:      {title: いまある課, kind: integer, unit: 課}
--   coverage_rate: {title: 参加した課の割合, kind: number, unit: "%"}
--   not_reached:   {title: まだ参加のない課, kind: integer, unit: 課}
--   unknown:       {title: 組織にない課名, kind: integer, unit: 課, description: 参加課にあり、その日の所管課マスターにない名前の数です}
-- key: [until]
-- reads: [trainings, training_sections, departments]

WITH reached AS (
    SELECT DISTINCT coalesce(n.seen, s.section) AS section
    FROM training_sections AS s
    JOIN trainings AS t ON t.training_id = s.training_id
    LEFT JOIN section_names() AS n
        ON n.section = s.section
        AND CASE $view WHEN '当時' THEN t.held_on ELSE $organised_on END BETWEEN n.first_day AND n.last_day
    WHERE t.state = '実施済' AND t.held_on BETWEEN $since AND $until AND s.attendees > 0
),

current_sections AS (
    SELECT DISTINCT section
    FROM departments
    WHERE CASE $view WHEN '当時' THEN $until ELSE $organised_on END
        BETWEEN valid_from AND coalesce(valid_to, DATE '9999-12-31')
),

counted AS (
    SELECT
        count(c.section)                                                      AS sections,
        count(*) FILTER (WHERE c.section IS NOT NULL AND r.section IS NOT NULL) AS reached,
        count(*) FILTER (WHERE c.section IS NULL)                             AS unknown
    FROM current_sections AS c
    FULL JOIN reached AS r ON r.section = c.section
)

SELECT
    $until::DATE                                                              AS until,
    reached,
    sections,
    round(100.0 * reached / nullif(sections, 0), 1)                           AS coverage_rate,
    sections - reached                                                        AS not_reached,
    unknown
FROM counted
WHERE sections > 0 AND EXISTS (SELECT 1 FROM training_sections)
ORDER BY until
