-- title: 月次報告の受付件数（月・手続ごと）
-- params: [since, until]
-- reads: [application_counts, forms]

WITH reported AS (
    SELECT
        c.month,
        c.form_id,
        c.total,
        c.online,
        coalesce(c.procedure_id, f.procedure_id)                              AS procedure_id
    FROM application_counts AS c
    LEFT JOIN forms_ever AS f ON f.form_id = c.form_id
    WHERE c.month >= date_trunc('month', since)
      AND c.month + INTERVAL 1 MONTH <= until + INTERVAL 1 DAY
)

-- A report on the procedure goes before reports on its forms; these count only if none of them is blank.
SELECT
    month,
    procedure_id,
    CASE
        WHEN bool_or(form_id IS NULL) THEN sum(total) FILTER (WHERE form_id IS NULL)
        WHEN count(total) = count(*)  THEN sum(total)
    END                                                                       AS total,
    CASE
        WHEN bool_or(form_id IS NULL) THEN sum(online) FILTER (WHERE form_id IS NULL)
        ELSE sum(online)
    END                                                                       AS online
FROM reported
GROUP BY month, procedure_id
