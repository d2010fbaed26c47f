-- title: 終了日までの電子申請の日計のうち、フォーム区分が手続のフォームへの申請（フォーム管理台帳にないフォームへの申請を含む）
-- params: [until_on]
-- reads: [applications, forms]

SELECT
    a.*,
    coalesce(f.form, a.form, '（フォーム名なし）')                            AS form_name,
    coalesce(f.section, '（所管課不明）')                                     AS section,
    f.procedure_id
FROM applications_daily AS a
LEFT JOIN forms_ever AS f ON f.form_id = a.form_id
WHERE a.applied_on <= until_on
  AND coalesce(f.purpose, '手続') = '手続'
