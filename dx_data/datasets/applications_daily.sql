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
    count(*) FILTER (WHERE finished_at < applied_at)                          AS backwards
FROM applications
GROUP BY applied_at::DATE, system, form_id, form, procedure, status, device
