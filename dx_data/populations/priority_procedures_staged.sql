-- title: ある日の優先手続と、その日の段階、段階の始まり、期限超過と動きのない日数
-- params: [on_day]
-- reads: [procedures_in_scope, procedures, procedure_log]

WITH later AS (
    -- The first change seen after the reference date says what the stage was until then.
    SELECT
        procedure_id,
        arg_min(coalesce(old, new), (observed_on, load_id))                   AS stage
    FROM procedures_history
    WHERE column_name = 'stage' AND observed_on > on_day
    GROUP BY procedure_id
),

seen AS (
    SELECT
        procedure_id,
        max(observed_on)                                                      AS changed_on,
        arg_max(old, (observed_on, load_id)) IS NULL                          AS is_first
    FROM procedures_history
    WHERE column_name = 'stage' AND observed_on <= on_day
    GROUP BY procedure_id
),

acted AS (
    SELECT
        procedure_id,
        max(acted_on)                                                         AS acted_on,
        arg_max(coalesce(next_on, DATE '0001-01-01'), (acted_on, line))       AS next_on
    FROM procedure_log
    WHERE acted_on <= on_day
    GROUP BY procedure_id
),

staged AS (
    SELECT
        p.procedure_id,
        p.procedure,
        p.section,
        p.priority,
        p.planned_on,
        p.blockers,
        CASE
            WHEN p.stage = 'オンライン化済' AND p.online_on <= on_day THEN p.stage
            ELSE coalesce(l.stage, p.stage)
        END                                                                   AS stage,
        CASE WHEN p.online_on <= on_day THEN p.online_on END                  AS online_on,
        s.changed_on,
        s.is_first,
        a.acted_on,
        nullif(a.next_on, DATE '0001-01-01')                                  AS next_on
    FROM procedures_in_scope('優先(契約)', on_day) AS p
    LEFT JOIN later AS l ON l.procedure_id = p.procedure_id
    LEFT JOIN seen AS s ON s.procedure_id = p.procedure_id
    LEFT JOIN acted AS a ON a.procedure_id = p.procedure_id
)

SELECT
    *,
    CASE WHEN stage = 'オンライン化済' THEN coalesce(online_on, changed_on) ELSE changed_on END AS since_on,
    CASE
        WHEN stage NOT IN ('オンライン化済', '見送り') AND planned_on < on_day THEN on_day - planned_on
    END                                                                       AS days_overdue,
    CASE
        WHEN stage NOT IN ('未着手', 'オンライン化済', '見送り')
            THEN on_day - greatest(acted_on, changed_on)
    END                                                                       AS idle_days
FROM staged
