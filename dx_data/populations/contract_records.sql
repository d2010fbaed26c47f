-- title: 契約の目標に数える記録。day は数える日（数えないものは空欄）、done_on は進み方をみる日、planned_on はまだのものの予定の日
-- params: [on_day]
-- reads: [procedures, trainings, tool_support, incidents, inquiries, ocr_requests, technology_trials, events, consultations, meetings, deliverables, evaluations, evaluations_known]

-- Every record stands here; the day is blank when it does not count, so that 0 differs from 「記録なし」.
WITH records (source, kind, day, done_on, planned_on, item, amount) AS (
    SELECT
        '手続',
        '',
        CASE
            WHEN stage = 'オンライン化済' AND validity IS DISTINCT FROM '廃止・統合'
                AND list_has_any(priority, ['子育て・教育', '年間1万件以上', '区選定']) THEN online_on
        END,
        NULL::DATE,
        CASE
            WHEN stage NOT IN ('オンライン化済', '見送り') AND validity IS DISTINCT FROM '廃止・統合'
                AND list_has_any(priority, ['子育て・教育', '年間1万件以上', '区選定']) THEN planned_on
        END,
        procedure_id,
        NULL::BIGINT
    FROM procedures
    UNION ALL
    SELECT
        '研修',
        kind,
        CASE WHEN state = '実施済' THEN held_on END,
        NULL,
        CASE WHEN state = '予定' THEN held_on END,
        CASE WHEN kind = 'BPRワークショップ(業務担当者)' THEN held_on::VARCHAR ELSE training_id END,
        attendees
    FROM trainings
    UNION ALL
    SELECT
        '支援',
        tool || ' ' || kind,
        CASE
            WHEN state = '完了' AND coalesce(finished_on, on_day) <= on_day
                THEN make_date(2018 + regexp_extract(fiscal_year, '[0-9]+')::INT, 4, 1)
        END,
        CASE WHEN finished_on <= on_day THEN finished_on END,
        CASE
            WHEN state IN ('計画', '実施中') OR (state = '完了' AND finished_on > on_day)
                THEN make_date(2019 + regexp_extract(fiscal_year, '[0-9]+')::INT, 3, 31)
        END,
        support_id,
        NULL
    FROM tool_support
    UNION ALL
    SELECT '不具合', '', occurred_at::DATE, NULL, NULL, incident_id, NULL FROM incidents
    UNION ALL
    SELECT '問合せ', topic, received_at::DATE, NULL, NULL, inquiry_id, NULL FROM inquiries
    UNION ALL
    SELECT 'AI-OCR', '', requested_on, NULL, NULL, request_id, NULL FROM ocr_requests
    UNION ALL
    SELECT '新技術', '', started_on, NULL, NULL, trial_id, NULL FROM technology_trials
    UNION ALL
    SELECT
        '催し',
        kind,
        CASE WHEN state = '実施済' THEN held_on END,
        NULL,
        CASE WHEN state IN ('企画', '募集中') THEN held_on END,
        event_id,
        exhibitors
    FROM events
    UNION ALL
    SELECT '相談', 'イ＋ウ', received_on, NULL, NULL, consultation_id, NULL FROM consultations
    UNION ALL
    SELECT '相談', 'ウのみ', received_on, NULL, NULL, consultation_id, NULL
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
    SELECT '会議', kind, held_on, NULL, CASE WHEN held_on > on_day THEN held_on END, meeting_id, NULL FROM meetings
    UNION ALL
    SELECT
        '成果品',
        kind,
        CASE
            WHEN submitted_on > on_day OR submitted_on IS NULL THEN NULL
            WHEN kind = '月例報告書' AND month IS NOT NULL THEN month
            ELSE make_date(2018 + regexp_extract(fiscal_year, '[0-9]+')::INT, 4, 1)
        END,
        NULL,
        CASE
            WHEN submitted_on <= on_day THEN NULL
            WHEN kind = '月例報告書' AND month IS NOT NULL THEN last_day(month)
            ELSE make_date(2019 + regexp_extract(fiscal_year, '[0-9]+')::INT, 3, 31)
        END,
        CASE WHEN kind = '月例報告書' THEN coalesce(month::VARCHAR, deliverable_id) ELSE fiscal_year END,
        NULL
    FROM deliverables
    UNION ALL
    SELECT
        '評価',
        '',
        CASE WHEN k.rating IS NOT NULL THEN k.ended_on END,
        NULL,
        NULL,
        e.fiscal_year || e.half,
        NULL
    FROM evaluations AS e
    LEFT JOIN evaluations_known(on_day) AS k
        ON k.fiscal_year = e.fiscal_year AND k.half = e.half AND k.item = e.item
)

SELECT * REPLACE (coalesce(done_on, day) AS done_on)
FROM records
