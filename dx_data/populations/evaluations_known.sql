-- title: ある日より前に終わった半期の評価（その日より後の改善報告書・承認・再評価は空欄）
-- params: [on_day]
-- reads: [evaluations]

-- The table has no day of an evaluation or a re-evaluation: a half is judged when it is over, and again after the
-- improvement was approved.
SELECT
    * REPLACE (
        CASE WHEN improvement_submitted_on <= on_day THEN improvement_submitted_on END AS improvement_submitted_on,
        CASE WHEN approved_on <= on_day THEN approved_on END                  AS approved_on,
        CASE
            WHEN coalesce(greatest(improvement_submitted_on, approved_on) <= on_day, true) THEN re_rating
        END                                                                   AS re_rating
    )
FROM (
    SELECT
        *,
        2018 + regexp_extract(fiscal_year, '[0-9]+')::INT                     AS year,
        CASE half
            WHEN '上期' THEN make_date(2018 + regexp_extract(fiscal_year, '[0-9]+')::INT, 9, 30)
            ELSE make_date(2019 + regexp_extract(fiscal_year, '[0-9]+')::INT, 3, 31)
        END                                                                   AS ended_on
    FROM evaluations
)
WHERE ended_on < on_day
