-- title: 基準日に終わっていなかった、フォーム区分が手続のフォームへの申請（申請日・フォームごとの件数）
-- params: [as_of_on]
-- reads: [applications_by_day, applications_for_procedures]

-- Open ones are counted by day; the few that were finished after that day are found among the rows themselves.
SELECT
    applied_on,
    form_id,
    form_name,
    applications
FROM applications_by_day(as_of_on)
WHERE status IN ('未処理', '処理中')
UNION ALL
SELECT
    applied_at::DATE,
    form_id,
    form_name,
    1
FROM applications_for_procedures(as_of_on)
WHERE status NOT IN ('未処理', '処理中')
  AND finished_at >= as_of_on + INTERVAL 1 DAY
