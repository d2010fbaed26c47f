-- title: 契約の目標と実績（指標別の一覧、年度の基準日まで）
-- question: 仕様書が求める量に対して、どの指標が達成・順調・遅れで、どの需要が想定を超えているか。
-- serves: {target_range: [lower, upper], actual: actual, pace: pace, doing_status: status, demand_status: status}
-- definition:
--   numerator: 指標ごとに、年度（月の指標は基準日の月）の初めから基準日までの実績
--   scope: 契約の目標のうち、基準日（終わった年度は年度末日）に適用中のもの。数え方は備考に示す
--   exclusions: 中止、予定・計画。取下げ・辞退も想定需要には数える
--   reference: 目安は、下限×（期間の開庁日のうち基準日までに過ぎた割合）の端数を切り捨てたもの。成果品と評価は1か月遅れで届くものとする。実施は下限で達成、上限を超えると超過。目標は「契約の目標」の表による
-- params:
--   since: {title: 年度の初日, kind: date, default: fiscal_year_start}
--   as_of: {title: 基準日, kind: date, default: today}
-- columns:
--   indicator: {title: 指標}
--   clause:    {title: 条項}
--   nature:    {title: 性質, kind: choice, choices: [実施, 想定需要]}
--   rhythm:    {title: 単位期間, kind: choice, choices: [年度, 月, 契約期間]}
--   lower:     {title: 下限, kind: integer, unit: 各単位}
--   upper:     {title: 上限, kind: integer, unit: 各単位, description: 空欄は上限なしです}
--   actual:    {title: 実績, kind: integer, unit: 各単位, description: 空欄は記録なしで、0ではありません}
--   unit:      {title: 単位}
--   pace:      {title: 目安, kind: integer, unit: 各単位, description: 下限を開庁日で割り振り、基準日までにあるはずの量です}
--   status:    {title: 状態, kind: choice, choices: [達成, 順調, 遅れ, 超過, 想定内, 想定超, 想定未満], description: 想定需要に良し悪しはありません}
--   note:      {title: 備考}
-- key: [indicator]
-- reads: [contract_targets, procedures, trainings, tool_support, incidents, inquiries, ocr_requests, technology_trials, events, consultations, meetings, deliverables, evaluations, calendar_days]

WITH ways (indicator, source, kind, unit, measure, hint) AS (
    VALUES
        ('手続オンライン化（優先手続）', '手続', '', '手続', '数', '種類数。子育て・教育、年間1万件以上、区選定'),
        ('ノーコード 研修', '研修', 'ノーコード研修', '回', '数', NULL),
        ('ノーコード フォーム作成', '支援', 'ノーコード フォーム作成', '件', '数', 'アプリ作成は数えない'),
        ('データ利活用 研修', '研修', 'データ利活用研修', '回', '数', NULL),
        ('データ利活用 分析支援', '支援', 'データ利活用 分析支援', '件', '数', NULL),
        ('OCR・RPA 研修', '研修', 'OCR・RPA研修', '回', '数', NULL),
        ('OCR・RPA 設定支援', '支援', 'OCR・RPA 設定支援', '件', '数', NULL),
        ('DX情報提供（公表資料）', '公表', '', '回', '数', NULL),
        ('BPRワークショップ 開催日数', '研修', 'BPRワークショップ(業務担当者)', '日', '数', NULL),
        ('BPRワークショップ 対象人数', '研修', 'BPRワークショップ(業務担当者)', '人', '最大', '参加者のいちばん多い日'),
        ('BPR研修（係長級） 開催回数', '研修', 'BPR研修(係長級)', '回', '数', NULL),
        ('BPR研修（係長級） 対象人数', '研修', 'BPR研修(係長級)', '人', '合計', '各回の参加者の合計'),
        ('キャッシュレス 不具合', '不具合', '', '件', '数', NULL),
        ('電子申請 問合せ等', '問合せ', '電子申請', '件', '数', '台帳更新・件数集計・アカウント管理・現地支援を含む'),
        ('AI-OCR 依頼', 'AI-OCR', '', '件', '数', NULL),
        ('新技術等の検討', '新技術', '', '件', '数', '見送りを含む'),
        ('展示会', '催し', '展示会', '回', '数', NULL),
        ('展示会 出展社数（1回あたり）', '催し', '展示会', '社', '最小', 'いちばん少ない回'),
        ('ツール操作講習会', '催し', 'ツール操作講習会', '回', '数', NULL),
        ('相談・伴走支援', '相談', 'イ＋ウ', '件', '数', '相談番号の数。イとウのどちらで数えるかは未決定'),
        ('相談・伴走支援', '相談', 'ウのみ', '件', '数', '伴走支援に進んだ相談番号の数'),
        ('月次報告会', '会議', '月次報告会', '回', '数', NULL),
        ('月例報告書', '成果品', '月例報告書', '件', '数', '対象年月の数（版を変えても1件）'),
        ('年度報告書', '成果品', '年度報告書', '件', '数', NULL),
        ('事例集', '成果品', '事例集', '件', '数', NULL),
        ('評価', '評価', '', '回', '数', '区が行うもの')
),

-- Every record stands here; the day is blank when it does not count, so that 0 differs from 「記録なし」.
records (source, kind, day, item, amount) AS (
    SELECT
        '手続',
        '',
        CASE
            WHEN stage = 'オンライン化済' AND validity IS DISTINCT FROM '廃止・統合'
                AND list_has_any(priority, ['子育て・教育', '年間1万件以上', '区選定']) THEN online_on
        END,
        procedure_id,
        NULL::BIGINT
    FROM procedures
    UNION ALL
    SELECT
        '研修',
        kind,
        CASE WHEN state = '実施済' THEN held_on END,
        CASE WHEN kind = 'BPRワークショップ(業務担当者)' THEN held_on::VARCHAR ELSE training_id END,
        attendees
    FROM trainings
    UNION ALL
    SELECT
        '支援',
        tool || ' ' || kind,
        CASE
            WHEN state = '完了' AND coalesce(finished_on, $as_of) <= $as_of
                THEN make_date(2018 + regexp_extract(fiscal_year, '[0-9]+')::INT, 4, 1)
        END,
        support_id,
        NULL
    FROM tool_support
    UNION ALL
    SELECT '不具合', '', occurred_at::DATE, incident_id, NULL FROM incidents
    UNION ALL
    SELECT '問合せ', topic, received_at::DATE, inquiry_id, NULL FROM inquiries
    UNION ALL
    SELECT 'AI-OCR', '', requested_on, request_id, NULL FROM ocr_requests
    UNION ALL
    SELECT '新技術', '', started_on, trial_id, NULL FROM technology_trials
    UNION ALL
    SELECT '催し', kind, CASE WHEN state = '実施済' THEN held_on END, event_id, exhibitors FROM events
    UNION ALL
    SELECT '相談', 'イ＋ウ', received_on, consultation_id, NULL FROM consultations
    UNION ALL
    SELECT '相談', 'ウのみ', received_on, consultation_id, NULL
    FROM consultations
    WHERE stage IN ('伴走支援', '経過確認')
       OR (stage IN ('完了', '辞退') AND (
            built_on IS NOT NULL
            OR consultation_id IN (
                SELECT consultation_id
                FROM consultations_history
                WHERE column_name = 'stage' AND '伴走支援' IN (old, new)
            )
        ))
    UNION ALL
    SELECT '会議', kind, held_on, meeting_id, NULL FROM meetings
    UNION ALL
    SELECT
        '成果品',
        kind,
        CASE
            WHEN submitted_on > $as_of OR submitted_on IS NULL THEN NULL
            WHEN kind = '月例報告書' AND month IS NOT NULL THEN month
            ELSE make_date(2018 + regexp_extract(fiscal_year, '[0-9]+')::INT, 4, 1)
        END,
        CASE WHEN kind = '月例報告書' THEN coalesce(month::VARCHAR, deliverable_id) ELSE fiscal_year END,
        NULL
    FROM deliverables
    UNION ALL
    SELECT
        '評価',
        '',
        CASE WHEN rating IS NOT NULL THEN make_date(2018 + regexp_extract(fiscal_year, '[0-9]+')::INT, 4, 1) END,
        fiscal_year || half,
        NULL
    FROM evaluations
),

sources AS (
    SELECT source, max(day) AS newest
    FROM records
    WHERE day IS NULL OR day <= $as_of
    GROUP BY source
),

year AS (
    SELECT
        make_date(year($since - INTERVAL 3 MONTH)::INT, 4, 1)                 AS first_day,
        make_date(year($since - INTERVAL 3 MONTH)::INT + 1, 3, 31)            AS last_day,
        least($as_of, make_date(year($since - INTERVAL 3 MONTH)::INT + 1, 3, 31)) AS seen_on
),

targets AS (
    SELECT
        t.indicator || CASE WHEN w.source = '相談' THEN '（' || w.kind || '）' ELSE '' END AS shown,
        t.clause,
        t.nature,
        t.rhythm,
        t.lower,
        t.upper,
        t.source_row,
        w.source,
        w.kind,
        w.unit,
        w.measure,
        w.hint,
        CASE t.rhythm
            WHEN '月' THEN date_trunc('month', y.seen_on)::DATE
            WHEN '年度' THEN y.first_day
            ELSE t.valid_from
        END                                                                   AS since,
        CASE t.rhythm
            WHEN '月' THEN last_day(y.seen_on)
            WHEN '年度' THEN y.last_day
            ELSE coalesce(t.valid_to, y.last_day)
        END                                                                   AS until,
        CASE WHEN w.source IN ('成果品', '評価') THEN ($as_of - INTERVAL 1 MONTH)::DATE ELSE $as_of END AS paced_to
    FROM contract_targets AS t
    CROSS JOIN year AS y
    LEFT JOIN ways AS w ON w.indicator = t.indicator
    WHERE t.valid_from <= y.seen_on AND (t.valid_to IS NULL OR t.valid_to >= y.seen_on)
),

counted AS (
    SELECT
        t.shown,
        CASE t.measure
            WHEN '最大' THEN coalesce(max(r.amount), 0)
            WHEN '合計' THEN coalesce(sum(r.amount), 0)
            WHEN '最小' THEN min(r.amount)
            ELSE count(DISTINCT r.item)
        END                                                                   AS found
    FROM targets AS t
    LEFT JOIN records AS r
        ON r.source = t.source AND r.kind = t.kind AND r.day BETWEEN t.since AND least(t.until, $as_of)
    GROUP BY t.shown, t.measure
),

judged AS (
    SELECT
        t.*,
        CASE WHEN s.source IS NOT NULL AND (t.rhythm <> '月' OR s.newest >= t.since) THEN c.found END AS actual,
        CASE
            WHEN t.measure = '最小' THEN t.lower
            ELSE floor(coalesce(t.lower, 0) * (
                SELECT count(*) FILTER (WHERE day <= t.paced_to) / nullif(count(*), 0)
                FROM calendar_days
                WHERE is_open AND day BETWEEN t.since AND t.until
            ))::BIGINT
        END                                                                   AS pace,
        CASE
            WHEN t.source IS NULL THEN '数え方が決まっていません'
            WHEN s.source IS NULL THEN '記録なし'
            WHEN t.rhythm = '月' AND coalesce(s.newest < t.since, true) THEN '今月の記録なし'
            WHEN t.measure = '最小' AND c.found IS NULL THEN '開催または社数の記録なし'
            WHEN t.rhythm = '月' THEN concat_ws('。', strftime(t.since, '%-m月分'), t.hint)
            ELSE t.hint
        END                                                                   AS note
    FROM targets AS t
    JOIN counted AS c ON c.shown = t.shown
    LEFT JOIN sources AS s ON s.source = t.source
)

SELECT
    shown                                                                     AS indicator,
    clause,
    nature,
    rhythm,
    lower,
    upper,
    actual::BIGINT                                                            AS actual,
    unit,
    pace,
    CASE
        WHEN actual IS NULL THEN NULL
        WHEN actual > upper THEN CASE nature WHEN '実施' THEN '超過' ELSE '想定超' END
        WHEN nature = '想定需要' THEN CASE WHEN actual >= pace THEN '想定内' ELSE '想定未満' END
        WHEN actual >= coalesce(lower, 0) THEN '達成'
        WHEN actual >= pace THEN '順調'
        ELSE '遅れ'
    END                                                                       AS status,
    note
FROM judged
ORDER BY source_row NULLS LAST, clause, indicator
