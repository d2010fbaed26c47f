-- title: 終わっていない電子申請（経過日数別、{as_of}）
-- question: 終わっていない申請は、届いてから何日たっているか。古いまま残っているものはないか。
-- serves: {backlog_age: count}
-- definition:
--   numerator: 基準日に終わっていない申請の、届いてからの日数ごとの件数
--   denominator: 基準日に終わっていない申請の件数
--   scope: フォーム区分が「手続」のフォームへの申請（フォーム管理台帳にないフォームへの申請を含む）
--   exclusions: 取下げ・却下・差戻し（差戻しは申請した人を待つもの）、イベント・講座、アンケート、予約、庁内のフォーム
--   reference: 基準日。いま未処理・処理中のものと、基準日の後に終わったもの。日数は申請日から基準日までの暦の日数
-- params:
--   as_of: {title: 基準日, kind: date, default: today}
-- columns:
--   age:       {title: 届いてからの日数, kind: choice, choices: [7日以内, 8日から14日, 15日から30日, 31日から60日, 61日以上]}
--   count:     {title: 件数, kind: integer, unit: 件}
--   total:     {title: 終わっていない件数, kind: integer, unit: 件}
--   share:     {title: 割合, kind: number, unit: "%"}
--   forms:     {title: フォームの数, kind: integer, unit: フォーム}
--   oldest_on: {title: いちばん古い申請の日, kind: date}
-- key: [age]
-- reads: [applications, forms]

WITH waiting AS (
    SELECT
        applied_on,
        $as_of - applied_on                                                   AS days,
        coalesce(form_id, form_name)                                          AS form,
        applications
    FROM applications_waiting($as_of)
),

ages AS (
    SELECT
        unnest(['7日以内', '8日から14日', '15日から30日', '31日から60日', '61日以上']) AS age,
        unnest([0, 8, 15, 31, 61])                                            AS least_days,
        unnest([7, 14, 30, 60, 1000000])                                      AS most_days
)

SELECT
    a.age,
    coalesce(sum(w.applications), 0)::BIGINT                                  AS count,
    (SELECT sum(applications) FROM waiting)::BIGINT                           AS total,
    round(100.0 * coalesce(sum(w.applications), 0) / (SELECT sum(applications) FROM waiting), 1) AS share,
    count(DISTINCT w.form)                                                    AS forms,
    min(w.applied_on)                                                         AS oldest_on
FROM ages AS a
LEFT JOIN waiting AS w ON w.days BETWEEN a.least_days AND a.most_days
WHERE EXISTS (SELECT 1 FROM waiting)
GROUP BY a.age, a.least_days
ORDER BY a.least_days
