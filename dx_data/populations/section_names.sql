-- title: 課の名前と、その課がいつ何という課だったか（1つの課が引き継いだところまで、前にも後にもたどる）
-- params: []
-- reads: [departments]

WITH successions AS (
    SELECT DISTINCT
        section,
        trim(unnest(string_split(successors, '、')))                          AS successor
    FROM departments
    WHERE successors IS NOT NULL
),

-- What was split between several sections cannot be followed forward, what several became one not backward.
neighbours AS (
    SELECT section, min(successor) AS neighbour
    FROM successions
    GROUP BY section
    HAVING count(*) = 1
    UNION
    SELECT successor, min(section)
    FROM successions
    GROUP BY successor
    HAVING count(*) = 1
),

-- Who follows whom in up to eight steps, by doubling: 1, 2, 4, 8.
one AS (
    SELECT section, neighbour AS seen, 1 AS steps
    FROM neighbours
    UNION
    SELECT neighbour, neighbour, 0
    FROM neighbours
    UNION
    SELECT section, section, 0
    FROM departments
),

two AS (
    SELECT f.section, t.seen, min(f.steps + t.steps) AS steps
    FROM one AS f
    JOIN one AS t ON t.section = f.seen
    GROUP BY f.section, t.seen
),

four AS (
    SELECT f.section, t.seen, min(f.steps + t.steps) AS steps
    FROM two AS f
    JOIN two AS t ON t.section = f.seen
    GROUP BY f.section, t.seen
),

chains AS (
    SELECT f.section, t.seen, min(f.steps + t.steps) AS steps
    FROM four AS f
    JOIN four AS t ON t.section = f.seen
    WHERE f.section IN (SELECT section FROM departments)
    GROUP BY f.section, t.seen
),

candidates AS (
    SELECT
        c.section,
        c.seen,
        c.steps,
        d.valid_from                                                          AS first_day,
        coalesce(d.valid_to, DATE '9999-12-31')                               AS last_day
    FROM chains AS c
    JOIN departments AS d ON d.section = c.seen
    UNION ALL
    -- A name that nobody took over alone stays as it was.
    SELECT section, section, 99, min(valid_from), DATE '9999-12-31'
    FROM departments
    GROUP BY section
),

days AS (
    SELECT section, first_day
    FROM candidates
    UNION
    SELECT section, last_day + 1
    FROM candidates
),

spans AS (
    SELECT
        section,
        first_day,
        lead(first_day) OVER (PARTITION BY section ORDER BY first_day) - 1    AS last_day
    FROM days
)

SELECT
    s.section,
    s.first_day,
    s.last_day,
    arg_min(c.seen, (c.steps, DATE '9999-12-31' - c.first_day, c.seen))       AS seen
FROM spans AS s
JOIN candidates AS c ON c.section = s.section AND s.first_day BETWEEN c.first_day AND c.last_day
GROUP BY s.section, s.first_day, s.last_day
