-- title: 研修への参加（課別、期間）
-- question: どの課から何人が研修に参加し、参加のない課はどこか。
-- serves: {section_coverage: attendees}
-- definition:
--   numerator: 課ごとの、実施済の研修への参加者の延べ人数
--   scope: 終了日にある課（所管課マスター）と、参加課の表にある課名
--   exclusions: 予定・中止の研修
--   reference: 実施日が開始日から終了日まで。課名は参加課の表のまま
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   division:  {title: 所管部, description: 空欄は終了日の所管課マスターにない課です}
--   section:   {title: 課}
--   sessions:  {title: 参加した研修の回数, kind: integer, unit: 回}
--   attendees: {title: 延べ参加者数, kind: integer, unit: 人}
--   last_on:   {title: 最後に参加した日, kind: date, description: 空欄は期間に参加がない課です}
-- key: [section]
-- reads: [trainings, training_sections, departments]

WITH joined AS (
    SELECT
        s.section,
        count(DISTINCT t.training_id)                                         AS sessions,
        sum(s.attendees)::BIGINT                                              AS attendees,
        max(t.held_on)                                                        AS last_on
    FROM training_sections AS s
    JOIN trainings AS t ON t.training_id = s.training_id
    WHERE t.state = '実施済' AND t.held_on BETWEEN $since AND $until AND s.attendees > 0
    GROUP BY s.section
),

current_sections AS (
    SELECT section, min(division) AS division, min(sequence) AS sequence
    FROM departments
    WHERE valid_from <= $until AND (valid_to IS NULL OR valid_to >= $until)
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
