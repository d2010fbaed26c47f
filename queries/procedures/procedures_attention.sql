-- title: 手続オンライン化で確かめること（項目別の一覧、基準日）
-- question: いま手を打つ必要がある手続はどれか。台帳のどこを直すか。
-- serves: {overdue: days, stalled: days}
-- definition:
--   numerator: 項目ごとに、あてはまる手続（1行が1項目の1手続）
--   scope: 期限超過・停滞は手続台帳の有効な手続のうち、優先区分に子育て・教育、年間1万件以上、区選定のどれかがあるもの（国59手続・国26手続だけのものは入れない）。ほかは有効な手続すべて。台帳から消えた手続は、基準日の年度に消えたもの
--   exclusions: 基準日までに廃止・統合した手続（消えた手続を除く）
--   reference: 基準日。段階とオンライン化状況は、基準日の後に見えた変化があればその前のものとする。ほかの項目は台帳を取り込んだ時のもの。停滞は、着手した手続に、進捗履歴の対応も段階の変化も30日以上ないもの。期限超過は、予定日を過ぎてオンライン化済でも見送りでもないもの。フォームのない手続は、フォーム管理台帳にフォームがあるシステムで受け付けている手続のうち、公開中のフォームがないもの
-- params:
--   as_of: {title: 基準日, kind: date, default: today}
-- columns:
--   urgency: {title: 優先度, kind: choice, choices: [高, 中, 低]}
--   kind:    {title: 項目}
--   subject: {title: 対象}
--   section: {title: 所管課}
--   detail:  {title: 内容}
--   days:    {title: 日数, kind: integer, unit: 日, description: 期限超過と停滞の日数です。ほかは空欄です}
-- key: [kind, subject]
-- reads: [procedures, procedure_log, forms]

WITH later AS (
    -- The first change seen after the reference date says what stage and status were until then.
    SELECT
        procedure_id,
        arg_min(coalesce(old, new), (observed_on, load_id)) FILTER (WHERE column_name = 'stage') AS stage,
        arg_min(coalesce(old, new), (observed_on, load_id)) FILTER (WHERE column_name = 'online_status')
            AS online_status
    FROM procedures_history
    WHERE observed_on > $as_of
    GROUP BY procedure_id
),

in_force AS (
    SELECT
        p.procedure_id,
        p.procedure || '（' || p.procedure_id || '）'                         AS subject,
        p.section,
        CASE
            WHEN p.stage = 'オンライン化済' AND p.online_on <= $as_of THEN p.stage
            ELSE coalesce(l.stage, p.stage)
        END                                                                   AS stage,
        CASE
            WHEN p.online_status IN ('済(全部)', '済(一部)') AND p.online_on <= $as_of THEN p.online_status
            ELSE coalesce(l.online_status, p.online_status)
        END                                                                   AS online_status,
        p.online_on,
        p.systems
    FROM procedures_in_scope('全手続', $as_of) AS p
    LEFT JOIN later AS l ON l.procedure_id = p.procedure_id
),

found AS (
    SELECT
        1                                                                     AS weight,
        '予定日を過ぎた優先手続'                                              AS kind,
        procedure || '（' || procedure_id || '）'                             AS subject,
        section,
        '予定日は ' || planned_on || '、段階は「' || stage || '」です'        AS detail,
        days_overdue                                                          AS days
    FROM priority_procedures_staged($as_of)
    WHERE days_overdue > 0
    UNION ALL
    SELECT
        2,
        '動きのない優先手続',
        procedure || '（' || procedure_id || '）',
        section,
        '最後の動きは ' || greatest(acted_on, changed_on) || '、段階は「' || stage || '」です',
        idle_days
    FROM priority_procedures_staged($as_of)
    WHERE idle_days >= 30
    UNION ALL
    SELECT
        3,
        '段階とオンライン化状況の食い違い',
        subject,
        section,
        '段階は「' || stage || '」、オンライン化状況は「' || online_status || '」です',
        NULL
    FROM in_force
    WHERE (stage = 'オンライン化済') <> (online_status IN ('済(全部)', '済(一部)'))
    UNION ALL
    SELECT
        4,
        'オンライン化日のない済の手続',
        subject,
        section,
        'オンライン化日が空欄です（目標の数に入りません）',
        NULL
    FROM in_force
    WHERE (stage = 'オンライン化済' OR online_status IN ('済(全部)', '済(一部)')) AND online_on IS NULL
    UNION ALL
    SELECT
        5,
        '台帳から消えた手続',
        procedure || '（' || procedure_id || '）',
        section,
        vanished_on || ' の台帳からありません。廃止・統合か、書き出しもれかを確かめてください',
        NULL
    FROM procedures_ever
    WHERE vanished_on <= $as_of
      AND vanished_on >= date_trunc('year', $as_of - INTERVAL 3 MONTH) + INTERVAL 3 MONTH
    UNION ALL
    SELECT
        6,
        '公開中のフォームがない済の手続',
        f.subject,
        f.section,
        array_to_string(f.systems, '・') || ' の公開中のフォームが、フォーム管理台帳にありません',
        NULL
    FROM in_force AS f
    ANTI JOIN (SELECT procedure_id FROM forms WHERE state = '公開中') AS o ON o.procedure_id = f.procedure_id
    WHERE f.online_status IN ('済(全部)', '済(一部)')
      AND (f.online_on IS NULL OR f.online_on <= $as_of)
      AND list_has_any(f.systems, (SELECT list(DISTINCT system) FROM forms))
)

SELECT
    CASE WHEN weight <= 2 THEN '高' WHEN weight <= 5 THEN '中' ELSE '低' END  AS urgency,
    kind,
    subject,
    section,
    detail,
    days
FROM found
ORDER BY
    CASE WHEN weight <= 2 THEN 1 WHEN weight <= 5 THEN 2 ELSE 3 END,
    row_number() OVER (PARTITION BY kind ORDER BY days DESC NULLS LAST, subject),
    weight
