-- title: ある日までに所管課マスターにある課と、その日の部、組織順
-- params: [on_day]
-- reads: [departments]

SELECT
    section,
    max_by(sequence, valid_from)                                              AS sequence,
    max_by(division, valid_from)                                              AS division
FROM departments
WHERE valid_from <= on_day
GROUP BY section
