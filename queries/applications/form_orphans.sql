-- title: 対応のないフォームと手続（項目別の一覧、{as_of}）
-- question: 手続につながらないフォーム、フォームのない手続、使われていないフォームはどれか。
-- serves: {form_orphans: [kind, id], form_lifecycle: last_on}
-- definition:
--   numerator: 項目ごとに、あてはまるフォームか手続（1行が1項目の1つ）
--   scope: フォーム区分が「手続」のフォームと、手続台帳の有効な手続。フォームのない手続は、フォーム管理台帳にフォームがあるシステムで受け付けている、オンライン化済の手続
--   exclusions: イベント・講座、アンケート、予約、庁内のフォーム。公開から90日たっていないフォーム（申請のないフォームのとき）
--   reference: 基準日。台帳は取り込んだ時のもの。申請のないフォームは、公開から90日以上たち、基準日までの90日間に申請（取下げを含む）がないもの［仮定］
-- params:
--   as_of: {title: 基準日, kind: date, default: today}
-- columns:
--   kind:    {title: 項目, kind: choice, choices: [手続IDのないフォーム, 手続台帳にない手続のフォーム, フォームのない済の手続, 公開終了日を過ぎて公開中のフォーム, 申請のない公開中のフォーム, 台帳にないフォームへの申請]}
--   id:      {title: 番号, description: フォームIDか手続IDです}
--   subject: {title: 名前}
--   section: {title: 所管課}
--   last_on: {title: 最後の申請の日, kind: date, description: 基準日までにあれば示します}
-- key: [kind, id, subject]
-- reads: [applications, forms, procedures]

WITH received AS (
    SELECT
        form_id,
        max(form_name)                                                        AS form,
        max(applied_on)                                                       AS last_on
    FROM applications_by_day($as_of)
    GROUP BY form_id
),

published AS (
    SELECT
        f.*,
        r.last_on
    FROM forms AS f
    LEFT JOIN received AS r ON r.form_id = f.form_id
    WHERE f.purpose = '手続' AND f.state = '公開中'
),

found (weight, kind, id, subject, section, last_on) AS (
    SELECT 1, '手続IDのないフォーム', form_id, form, section, last_on
    FROM published
    WHERE procedure_id IS NULL
    UNION ALL
    SELECT 2, '手続台帳にない手続のフォーム', f.form_id, f.form, f.section, f.last_on
    FROM published AS f
    ANTI JOIN procedures AS p ON p.procedure_id = f.procedure_id
    WHERE f.procedure_id IS NOT NULL
    UNION ALL
    SELECT 3, 'フォームのない済の手続', p.procedure_id, p.procedure, p.section, NULL
    FROM procedures_in_scope('全手続', $as_of) AS p
    ANTI JOIN published AS f ON f.procedure_id = p.procedure_id
    WHERE p.status IN ('済(全部)', '済(一部)')
      AND list_has_any(p.systems, (SELECT list(DISTINCT system) FROM forms))
    UNION ALL
    SELECT 4, '公開終了日を過ぎて公開中のフォーム', form_id, form, section, last_on
    FROM published
    WHERE closed_on < $as_of
    UNION ALL
    SELECT 5, '申請のない公開中のフォーム', form_id, form, section, last_on
    FROM published
    WHERE opened_on <= $as_of - INTERVAL 90 DAY
      AND (last_on IS NULL OR last_on <= $as_of - INTERVAL 90 DAY)
      AND EXISTS (SELECT 1 FROM received)
    UNION ALL
    SELECT 6, '台帳にないフォームへの申請', r.form_id, r.form, NULL, r.last_on
    FROM received AS r
    ANTI JOIN forms_ever AS f ON f.form_id = r.form_id
)

SELECT
    kind,
    id,
    subject,
    section,
    last_on
FROM found
ORDER BY weight, last_on DESC NULLS LAST, id
