-- title: 電子申請で確かめること（項目別の一覧、{as_of}まで）
-- question: いま手を打つ必要があるのはどこか。
-- serves: {form_orphans: count, backlog_age: count, control_totals: count}
-- definition:
--   numerator: 項目ごとに、あてはまる電子申請の件数（途絶えは、最後の申請の日までの28日間の件数）
--   scope: フォーム区分が「手続」のフォーム（フォーム管理台帳にないフォームを含む）
--   exclusions: 取下げ。公開終了日が空欄の停止中フォームへの申請は、終了前か後か分からないため出さない
--   reference: 基準日までの申請。途絶えは28日間に28件以上あった後の14日間で、フォームはシステムの最後の申請の日から数える。不一致は、月次報告の電子申請件数が明細の取下げを含む数・除く数のどちらとも違うもの
-- params:
--   as_of: {title: 基準日, kind: date, default: today}
-- columns:
--   urgency: {title: 優先度, kind: choice, choices: [高, 中, 低]}
--   kind:    {title: 項目}
--   subject: {title: 対象}
--   detail:  {title: 内容}
--   count:   {title: 件数, kind: integer, unit: 件}
-- key: [kind, subject]
-- reads: [applications, forms, procedures, application_counts]

WITH received AS (
    SELECT
        a.system,
        a.form_id,
        coalesce(f.form, a.form, '（フォーム名なし）')                        AS form,
        a.applied_on,
        a.status,
        a.applications,
        a.backwards,
        f.procedure_id,
        f.closed_on
    FROM applications_daily AS a
    LEFT JOIN forms_ever AS f ON f.form_id = a.form_id
    WHERE a.applied_on <= $as_of
      AND coalesce(f.purpose, '手続') = '手続'
),

by_system AS (
    SELECT
        system,
        max(applied_on)                                                       AS last_day
    FROM received
    GROUP BY system
),

by_form AS (
    SELECT
        r.form_id,
        r.form || coalesce('（' || r.form_id || '）', '')                     AS label,
        max(r.applied_on)                                                     AS last_day,
        sum(r.applications) FILTER (WHERE r.status <> '取下げ')               AS received,
        sum(r.applications) FILTER (WHERE r.status <> '取下げ' AND r.applied_on > r.closed_on) AS after_close,
        sum(r.backwards) FILTER (WHERE r.status <> '取下げ')                  AS backwards
    FROM received AS r
    GROUP BY r.form_id, r.form
),

silent_systems AS (
    SELECT
        1                                                                     AS weight,
        '明細が届いていないシステム'                                          AS kind,
        s.system                                                              AS subject,
        '最後の申請は' || s.last_day || '（' || ($as_of::DATE - s.last_day) || '日前）です' AS detail,
        sum(r.applications)                                                   AS count
    FROM by_system AS s
    JOIN received AS r
        ON r.system = s.system
        AND r.status <> '取下げ'
        AND r.applied_on >= s.last_day - 27
    WHERE s.last_day <= $as_of - INTERVAL 14 DAY
    GROUP BY s.system, s.last_day
    HAVING sum(r.applications) >= 28
),

silent_forms AS (
    SELECT
        2                                                                     AS weight,
        '申請が途絶えたフォーム'                                              AS kind,
        b.label                                                               AS subject,
        '最後の申請は' || b.last_day || '（' || (s.last_day - b.last_day) || '日間なし）です' AS detail,
        sum(r.applications)                                                   AS count
    FROM by_form AS b
    JOIN forms AS f ON f.form_id = b.form_id AND f.state = '公開中'
    JOIN by_system AS s ON s.system = f.system AND b.last_day <= s.last_day - 14
    JOIN received AS r
        ON r.form_id = b.form_id
        AND r.status <> '取下げ'
        AND r.applied_on >= b.last_day - 27
    GROUP BY b.label, b.last_day, s.last_day
    HAVING sum(r.applications) >= 28
),

closed_forms AS (
    SELECT
        3                                                                     AS weight,
        '受付停止後の申請'                                                    AS kind,
        b.label                                                               AS subject,
        f.state || 'で、公開終了日は' || f.closed_on || 'です'                AS detail,
        b.after_close                                                         AS count
    FROM by_form AS b
    JOIN forms AS f ON f.form_id = b.form_id
    WHERE f.state IN ('停止中', '終了') AND b.after_close IS NOT NULL
),

overdue AS (
    SELECT
        4                                                                     AS weight,
        '30日を超える未完了'                                                  AS kind,
        form_name || coalesce('（' || form_id || '）', '')                    AS subject,
        'いちばん古い申請は' || min(applied_on) || 'です'                     AS detail,
        sum(applications)                                                     AS count
    FROM applications_waiting($as_of)
    WHERE applied_on < $as_of - INTERVAL 30 DAY
    GROUP BY form_id, form_name
),

reports AS (
    SELECT
        c.month,
        coalesce(c.procedure_id, f.procedure_id)                              AS procedure_id,
        sum(c.online) FILTER (WHERE c.form_id IS NULL)                        AS by_procedure,
        sum(c.online)                                                         AS by_form
    FROM application_counts AS c
    LEFT JOIN forms_ever AS f ON f.form_id = c.form_id
    WHERE c.month + INTERVAL 1 MONTH <= $as_of + INTERVAL 1 DAY
    GROUP BY c.month, coalesce(c.procedure_id, f.procedure_id)
),

singles AS (
    SELECT
        date_trunc('month', applied_on)::DATE                                 AS month,
        procedure_id,
        sum(applications)                                                     AS with_withdrawn,
        coalesce(sum(applications) FILTER (WHERE status <> '取下げ'), 0)      AS without_withdrawn
    FROM received
    GROUP BY date_trunc('month', applied_on)::DATE, procedure_id
),

differing AS (
    SELECT
        5                                                                     AS weight,
        '月次報告と明細の不一致'                                              AS kind,
        strftime(r.month, '%Y年%-m月')                                        AS subject,
        count(*) || '手続で、月次報告の電子申請件数が明細と違います（件数は差の合計）' AS detail,
        sum(
            least(
                abs(coalesce(by_procedure, by_form) - with_withdrawn),
                abs(coalesce(by_procedure, by_form) - without_withdrawn)
            )
        )                                                                     AS count
    FROM reports AS r
    JOIN singles AS s ON s.month = r.month AND s.procedure_id = r.procedure_id
    WHERE coalesce(by_procedure, by_form) NOT IN (with_withdrawn, without_withdrawn)
    GROUP BY r.month
),

unlisted AS (
    SELECT
        6                                                                     AS weight,
        '台帳にないフォームへの申請'                                          AS kind,
        b.label                                                               AS subject,
        'フォーム管理台帳にありません（件数には手続として入ります）'          AS detail,
        b.received                                                            AS count
    FROM by_form AS b
    ANTI JOIN forms_ever AS f ON f.form_id = b.form_id
    WHERE b.received IS NOT NULL
),

without_procedure AS (
    SELECT
        7                                                                     AS weight,
        '手続のないフォーム'                                                  AS kind,
        f.form || '（' || f.form_id || '）'                                   AS subject,
        CASE
            WHEN f.procedure_id IS NULL THEN '手続IDが空欄です'
            ELSE '手続ID ' || f.procedure_id || ' は手続台帳にありません'
        END                                                                   AS detail,
        coalesce(b.received, 0)                                               AS count
    FROM forms AS f
    ANTI JOIN procedures AS p ON p.procedure_id = f.procedure_id
    LEFT JOIN by_form AS b ON b.form_id = f.form_id
    WHERE f.purpose = '手続' AND f.state = '公開中'
),

backwards AS (
    SELECT
        8                                                                     AS weight,
        '申請より前の完了日時'                                                AS kind,
        label                                                                 AS subject,
        '完了日時が申請日時より前です（処理日数に入りません）'                AS detail,
        backwards                                                             AS count
    FROM by_form
    WHERE backwards > 0
),

found AS (
    SELECT * FROM silent_systems
    UNION ALL
    SELECT * FROM silent_forms
    UNION ALL
    SELECT * FROM closed_forms
    UNION ALL
    SELECT * FROM overdue
    UNION ALL
    SELECT * FROM differing
    UNION ALL
    SELECT * FROM unlisted
    UNION ALL
    SELECT * FROM without_procedure
    UNION ALL
    SELECT * FROM backwards
)

SELECT
    CASE WHEN weight <= 3 THEN '高' WHEN weight <= 6 THEN '中' ELSE '低' END  AS urgency,
    kind,
    subject,
    detail,
    count::BIGINT                                                             AS count
FROM found
ORDER BY
    CASE WHEN weight <= 3 THEN 1 WHEN weight <= 6 THEN 2 ELSE 3 END,
    row_number() OVER (PARTITION BY kind ORDER BY count DESC, subject),
    weight
