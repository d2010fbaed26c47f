-- title: 研修の行きわたり（課の数の割合、期間）
-- question: いまある課のうち、どれだけの課から研修に参加したか。
-- serves: {section_coverage: coverage_rate}
-- definition:
--   numerator: 期間に実施済の研修へ1人以上が参加した、いまある課の数
--   denominator: 終了日にある課の数（所管課マスター）
--   scope: 開始日から終了日までに実施済の研修と、その参加課の表
--   exclusions: 予定・中止の研修。所管課マスターで終了日に有効でない課名（別に示す）
--   reference: 終了日の組織。改組で名前が変わった課の参加は、新しい名前の課には数えない
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   until:         {title: 終了日, kind: date}
--   reached:       {title: 参加した課, kind: integer, unit: 課}
--   sections:      {title: いまある課, kind: integer, unit: 課}
--   coverage_rate: {title: 参加した課の割合, kind: number, unit: "%"}
--   not_reached:   {title: まだ参加のない課, kind: integer, unit: 課}
--   unknown:       {title: 組織にない課名, kind: integer, unit: 課, description: 参加課にあり、終了日の所管課マスターにない名前の数です}
-- key: [until]
-- reads: [trainings, training_sections, departments]

WITH reached AS (
    SELECT DISTINCT s.section
    FROM training_sections AS s
    JOIN trainings AS t ON t.training_id = s.training_id
    WHERE t.state = '実施済' AND t.held_on BETWEEN $since AND $until AND s.attendees > 0
),

current_sections AS (
    SELECT DISTINCT section
    FROM departments
    WHERE valid_from <= $until AND (valid_to IS NULL OR valid_to >= $until)
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
