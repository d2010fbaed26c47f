-- title: 電子申請の日計（申請日・システム・フォーム・手続・処理状況・端末ごと）
-- day: applied_at
-- key: [applied_on, system, form_id, form, procedure, status, device]

SELECT
    applied_at::DATE                                                          AS applied_on,
    system,
    form_id,
    form,
    procedure,
    status,
    device,
    count(*)                                                                  AS applications,
    count(*) FILTER (WHERE applied_at::TIME < TIME '08:30:00' OR applied_at::TIME >= TIME '17:15:00') AS after_hours,
    count(finished_at)                                                        AS finished,
    count(*) FILTER (WHERE finished_at < applied_at)                          AS backwards,
    min(application_id) FILTER (WHERE finished_at < applied_at)               AS first_backwards,
    count(*) FILTER (WHERE status = '完了' AND finished_at IS NULL)           AS unfinished,
    min(application_id) FILTER (WHERE status = '完了' AND finished_at IS NULL) AS first_unfinished
FROM applications
GROUP BY applied_at::DATE, system, form_id, form, procedure, status, device
