-- title: フォームと申請（フォーム区分別、{since}から{until}まで）
-- question: 数値に入る「手続」のフォームと、入らないフォームは、それぞれいくつあり、どれだけ申請が届いているか。
-- serves: {purpose: [counts, received], form_lifecycle: [drafts, published, stopped, ended]}
-- definition:
--   numerator: フォーム区分ごとのフォームの数と、期間に届いた申請の件数（取下げを除く）
--   scope: フォーム管理台帳にあるすべてのフォームと、台帳にないフォームへの申請。電子申請の数値に数えるのは「手続」と台帳にないものだけ
--   exclusions: 取下げ、台帳から消えたフォームの数（申請は数える）
--   reference: 申請日時で数える。フォームの数と公開状態は、選んだ期間によらず、台帳を取り込んだ時のもの
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   purpose:   {title: フォーム区分, description: 台帳にないフォームへの申請は「（台帳になし）」です}
--   counts:    {title: 数値に入るか, kind: choice, choices: [入る, 入らない]}
--   forms:     {title: いまのフォームの数, kind: integer, unit: フォーム}
--   drafts:    {title: いま作成中, kind: integer, unit: フォーム}
--   published: {title: いま公開中, kind: integer, unit: フォーム}
--   stopped:   {title: いま停止中, kind: integer, unit: フォーム}
--   ended:     {title: いままでに終了, kind: integer, unit: フォーム}
--   received:  {title: 申請件数, kind: integer, unit: 件}
-- key: [purpose]
-- reads: [applications, forms]

WITH listed AS (
    SELECT
        purpose,
        count(*)                                                              AS forms,
        count(*) FILTER (WHERE state = '作成中')                              AS drafts,
        count(*) FILTER (WHERE state = '公開中')                              AS published,
        count(*) FILTER (WHERE state = '停止中')                              AS stopped,
        count(*) FILTER (WHERE state = '終了')                                AS ended
    FROM forms
    GROUP BY purpose
),

received AS (
    SELECT
        coalesce(f.purpose, '（台帳になし）')                                 AS purpose,
        sum(a.applications)::BIGINT                                           AS received
    FROM applications_daily AS a
    LEFT JOIN forms_ever AS f ON f.form_id = a.form_id
    WHERE a.applied_on BETWEEN $since AND $until
      AND a.status <> '取下げ'
    GROUP BY coalesce(f.purpose, '（台帳になし）')
)

SELECT
    coalesce(l.purpose, r.purpose)                                            AS purpose,
    CASE WHEN coalesce(l.purpose, r.purpose) IN ('手続', '（台帳になし）') THEN '入る' ELSE '入らない' END AS counts,
    coalesce(l.forms, 0)                                                      AS forms,
    coalesce(l.drafts, 0)                                                     AS drafts,
    coalesce(l.published, 0)                                                  AS published,
    coalesce(l.stopped, 0)                                                    AS stopped,
    coalesce(l.ended, 0)                                                      AS ended,
    coalesce(r.received, 0)                                                   AS received
FROM listed AS l
FULL OUTER JOIN received AS r ON r.purpose = l.purpose
ORDER BY
    list_position(['手続', '（台帳になし）', '予約', 'イベント・講座', 'アンケート', '庁内'], coalesce(l.purpose, r.purpose))
        NULLS LAST,
    coalesce(l.purpose, r.purpose)
