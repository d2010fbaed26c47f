-- title: 相手のない番号（項目別、いまの台帳）
-- question: ほかの表にない番号や名前を指している行は、どれだけあるか。
-- serves: {orphans: [orphans, orphan_rate]}
-- definition:
--   numerator: 指している番号や名前が、相手の表にない行の数
--   denominator: 番号や名前の書かれた行の数
--   scope: フォーム管理台帳・電子申請・月次受付件数・ヘルプデスク問合せ・キャッシュレス不具合・キャッシュレス事績簿・手続台帳・進捗履歴・対応履歴・参加課の、ほかの表を指す項目
--   exclusions: 空欄の行、相手の表が1行も届いていない項目
--   reference: 取り込んだ時のもの。相手の表から消えた行（フォーム・手続・相談・研修）は、あったものとみる
-- columns:
--   dataset:     {title: データセット}
--   item:        {title: 項目}
--   target:      {title: 相手の表}
--   orphans:     {title: 相手のない行, kind: integer, unit: 行}
--   stated:      {title: 書かれた行, kind: integer, unit: 行}
--   orphan_rate: {title: 相手のない割合, kind: number, unit: "%"}
--   kinds:       {title: 相手のない値の数, kind: integer, unit: 種類}
--   example:     {title: 例, description: 相手のない値の、順のはじめの1つです}
-- key: [dataset, item]
-- reads: [forms, procedures, applications, application_counts, inquiries, incidents, receipts, counters, departments, procedure_log, consultation_log, consultations, training_sections, trainings]

WITH named (dataset, item, target, value, row_count) AS (
    SELECT 'フォーム管理台帳', '手続ID', '手続台帳', procedure_id, count(*) FROM forms GROUP BY procedure_id
    UNION ALL
    SELECT '電子申請', 'フォームID', 'フォーム管理台帳', form_id, sum(applications)::BIGINT
    FROM applications_daily
    GROUP BY form_id
    UNION ALL
    SELECT '月次受付件数', '手続ID', '手続台帳', procedure_id, count(*) FROM application_counts GROUP BY procedure_id
    UNION ALL
    SELECT '月次受付件数', 'フォームID', 'フォーム管理台帳', form_id, count(*) FROM application_counts GROUP BY form_id
    UNION ALL
    SELECT 'ヘルプデスク問合せ', 'フォームID', 'フォーム管理台帳', form_id, count(*) FROM inquiries GROUP BY form_id
    UNION ALL
    SELECT 'ヘルプデスク問合せ', '手続ID', '手続台帳', procedure_id, count(*) FROM inquiries GROUP BY procedure_id
    UNION ALL
    SELECT 'キャッシュレス不具合', '窓口', '窓口マスター', counter, count(*) FROM incidents GROUP BY counter
    UNION ALL
    SELECT 'キャッシュレス事績簿', '窓口', '窓口マスター', counter, sum(receipts)::BIGINT
    FROM receipts_counters_daily
    GROUP BY counter
    UNION ALL
    SELECT '手続台帳', '所管課', '所管課マスター', section, count(*) FROM procedures GROUP BY section
    UNION ALL
    SELECT '進捗履歴', '手続ID', '手続台帳', procedure_id, count(*) FROM procedure_log GROUP BY procedure_id
    UNION ALL
    SELECT '対応履歴', '相談番号', '相談・伴走支援', consultation_id, count(*) FROM consultation_log GROUP BY consultation_id
    UNION ALL
    SELECT '参加課', '研修番号', '研修', training_id, count(*) FROM training_sections GROUP BY training_id
),

there (target, value) AS (
    SELECT '手続台帳', procedure_id FROM procedures_ever
    UNION
    SELECT 'フォーム管理台帳', form_id FROM forms_ever
    UNION
    SELECT '窓口マスター', counter FROM counters
    UNION
    SELECT '所管課マスター', section FROM departments
    UNION
    SELECT '相談・伴走支援', consultation_id FROM consultations_ever
    UNION
    SELECT '研修', training_id FROM trainings_ever
),

matched AS (
    SELECT
        n.*,
        t.value IS NULL                                                       AS is_orphan
    FROM named AS n
    LEFT JOIN there AS t ON t.target = n.target AND t.value = n.value
    WHERE n.value IS NOT NULL
      AND n.target IN (SELECT target FROM there)
)

SELECT
    dataset,
    item,
    target,
    coalesce(sum(row_count) FILTER (WHERE is_orphan), 0)::BIGINT              AS orphans,
    sum(row_count)::BIGINT                                                    AS stated,
    round(100.0 * coalesce(sum(row_count) FILTER (WHERE is_orphan), 0)::DOUBLE / sum(row_count), 1) AS orphan_rate,
    count(*) FILTER (WHERE is_orphan)                                         AS kinds,
    min(value) FILTER (WHERE is_orphan)                                       AS example
FROM matched
GROUP BY dataset, item, target
ORDER BY sum(row_count) FILTER (WHERE is_orphan) DESC NULLS LAST, dataset, item
