-- title: 行の中の食い違い（決まり別、{as_of}）
-- question: 1つの行の中で、状態と日付が合わないものはどれだけあるか。
-- serves: {contradictions: [contradicting, contradicting_rate]}
-- definition:
--   numerator: 決まりに合わない行の数
--   denominator: その決まりで比べられる行（比べる項目がそろっているもの）の数
--   scope: 手続台帳、電子申請、相談・伴走支援、キャッシュレス不具合、ヘルプデスク問合せ、AI-OCR依頼、ツール活用支援、会議の、いまの行
--   exclusions: 台帳から消えた行、比べる項目が空欄の行、基準日より後に届いた・起きた行
--   reference: 取り込んだ時のもの。先の日付が後の日付より後のもの、状態に要る日付がないもの、状態どうしが合わないもの
-- params:
--   as_of: {title: 基準日, kind: date, default: today}
-- columns:
--   dataset:            {title: データセット}
--   rule:               {title: 決まり}
--   contradicting:      {title: 合わない行, kind: integer, unit: 行}
--   compared:           {title: 比べた行, kind: integer, unit: 行}
--   contradicting_rate: {title: 合わない割合, kind: number, unit: "%"}
--   example:            {title: 例, description: 合わない行の番号の、順のはじめの1つです}
-- key: [dataset, rule]
-- reads: [procedures, applications, consultations, incidents, inquiries, ocr_requests, tool_support, meetings]

WITH judged (dataset, rule, id, is_wrong) AS (
    SELECT
        '手続台帳',
        '進捗段階がオンライン化済なら、オンライン化状況は済',
        procedure_id,
        (stage = 'オンライン化済') <> (online_status IN ('済(全部)', '済(一部)'))
    FROM procedures
    WHERE validity IS DISTINCT FROM '廃止・統合'
    UNION ALL
    SELECT '手続台帳', 'オンライン化状況が済なら、オンライン化日がある', procedure_id, online_on IS NULL
    FROM procedures
    WHERE online_status IN ('済(全部)', '済(一部)') AND validity IS DISTINCT FROM '廃止・統合'
    UNION ALL
    SELECT
        '相談・伴走支援',
        '支援段階と対応状況の完了は一致',
        consultation_id,
        (stage = '完了' AND status <> '完了') OR (status = '完了' AND stage NOT IN ('完了', '辞退'))
    FROM consultations
    WHERE received_on <= $as_of
    UNION ALL
    SELECT '相談・伴走支援', '構築完了日は経過確認日より前', consultation_id, coalesce(followed_up_on < built_on, true)
    FROM consultations
    WHERE followed_up_on IS NOT NULL AND received_on <= $as_of
    UNION ALL
    SELECT 'キャッシュレス不具合', '発生日時は解決日時より前', incident_id, resolved_at < occurred_at
    FROM incidents
    WHERE resolved_at IS NOT NULL AND occurred_at < $as_of + INTERVAL 1 DAY
    UNION ALL
    SELECT 'キャッシュレス不具合', '対応状況が解決なら、解決日時がある', incident_id, resolved_at IS NULL
    FROM incidents
    WHERE status = '解決' AND occurred_at < $as_of + INTERVAL 1 DAY
    UNION ALL
    SELECT 'ヘルプデスク問合せ', '受付日時は回答日時より前', inquiry_id, answered_at < received_at
    FROM inquiries
    WHERE answered_at IS NOT NULL AND received_at < $as_of + INTERVAL 1 DAY
    UNION ALL
    SELECT 'AI-OCR依頼', '依頼日は納品日より前', request_id, delivered_on < requested_on
    FROM ocr_requests
    WHERE delivered_on IS NOT NULL AND requested_on <= $as_of
    UNION ALL
    SELECT 'AI-OCR依頼', '対応状況が納品なら、納品日がある', request_id, delivered_on IS NULL
    FROM ocr_requests
    WHERE status = '納品' AND requested_on <= $as_of
    UNION ALL
    SELECT 'ツール活用支援', '開始日は完了日より前', support_id, finished_on < started_on
    FROM tool_support
    WHERE finished_on IS NOT NULL AND started_on <= $as_of
    UNION ALL
    SELECT '会議', '議事録提出日は承認日より前', meeting_id, approved_on < minutes_submitted_on
    FROM meetings
    WHERE approved_on IS NOT NULL AND minutes_submitted_on IS NOT NULL AND held_on <= $as_of
),

counted (dataset, rule, contradicting, compared, example) AS (
    SELECT
        dataset,
        rule,
        count(*) FILTER (WHERE is_wrong),
        count(*),
        min(id) FILTER (WHERE is_wrong)
    FROM judged
    GROUP BY dataset, rule
    UNION ALL
    SELECT
        '電子申請',
        '申請日時は完了日時より前',
        sum(backwards)::BIGINT,
        sum(finished)::BIGINT,
        min(system || ' ' || first_backwards)
    FROM applications_daily
    WHERE applied_on <= $as_of AND finished > 0
    HAVING count(*) > 0
    UNION ALL
    SELECT
        '電子申請',
        '処理状況が完了なら、完了日時がある',
        sum(unfinished)::BIGINT,
        sum(applications)::BIGINT,
        min(system || ' ' || first_unfinished)
    FROM applications_daily
    WHERE status = '完了' AND applied_on <= $as_of
    HAVING count(*) > 0
)

SELECT
    dataset,
    rule,
    contradicting,
    compared,
    round(100.0 * contradicting / compared, 1)                                AS contradicting_rate,
    example
FROM counted
ORDER BY contradicting DESC, dataset, rule
