-- title: 研修・イベント・新技術で確かめること（項目別の一覧、基準日）
-- question: 研修・イベント・新技術の記録で、いま手を打つ必要があるのはどこか。
-- serves: {seats: detail, exhibitors: detail}
-- definition:
--   numerator: 項目ごとに、あてはまる研修・イベント・支援・検討
--   scope: 実施日・開催日・開始日が基準日までのもの。ツール活用支援は180日を超えて実施中のもの、検討は180日を超えて次の予定が空欄のもの［仮定］
--   exclusions: 中止
--   reference: 基準日。状況と段階は取り込んだときのもの。参加の少ない研修は、参加者が定員の半分未満のもの［仮定］
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start}
--   as_of: {title: 基準日, kind: date, default: today}
-- columns:
--   urgency: {title: 優先度, kind: choice, choices: [高, 中, 低]}
--   kind:    {title: 項目}
--   id:      {title: 番号}
--   subject: {title: 対象}
--   detail:  {title: 内容}
-- key: [kind, id]
-- reads: [trainings, tool_support, events, technology_trials, contract_targets]

WITH target AS (
    SELECT max(lower) AS exhibitors
    FROM contract_targets
    WHERE indicator = '展示会 出展社数（1回あたり）'
      AND valid_from <= $as_of
      AND (valid_to IS NULL OR valid_to >= $as_of)
),

found (weight, kind, id, subject, detail) AS (
    SELECT 1, '予定日を過ぎた研修', training_id, training, held_on || ' の予定のままです'
    FROM trainings
    WHERE state = '予定' AND held_on < $as_of
    UNION ALL
    SELECT 1, '予定日を過ぎたイベント', event_id, event, held_on || ' の' || state || 'のままです'
    FROM events
    WHERE state IN ('企画', '募集中') AND held_on < $as_of
    UNION ALL
    SELECT 1, '出展社が足りない展示会', e.event_id, e.event, e.exhibitors || '社です（目標は1回' || t.exhibitors || '社以上）'
    FROM events AS e
    CROSS JOIN target AS t
    WHERE e.kind = '展示会' AND e.state <> '中止' AND e.held_on >= $since AND e.exhibitors < t.exhibitors
    UNION ALL
    SELECT 2, '参加者数のない研修', training_id, training, held_on || ' に実施済ですが、参加者数が空欄です'
    FROM trainings
    WHERE state = '実施済' AND held_on BETWEEN $since AND $as_of AND attendees IS NULL
    UNION ALL
    SELECT 2, '参加の少ない研修', training_id, training, '定員' || capacity || '人に対して' || attendees || '人です'
    FROM trainings
    WHERE state = '実施済' AND held_on BETWEEN $since AND $as_of AND attendees * 2 < capacity
    UNION ALL
    SELECT 2, '長く続くツール活用支援', support_id, subject, started_on || ' から実施中です'
    FROM tool_support
    WHERE state = '実施中' AND started_on < $as_of - 180
    UNION ALL
    SELECT 3, '次の予定のない検討', trial_id, technology, started_on || ' から「' || stage || '」で、次の予定が空欄です'
    FROM technology_trials
    WHERE stage NOT IN ('導入', '見送り') AND next_step IS NULL AND started_on < $as_of - 180
)

SELECT
    CASE weight WHEN 1 THEN '高' WHEN 2 THEN '中' ELSE '低' END               AS urgency,
    kind,
    id,
    subject,
    detail
FROM found
ORDER BY weight, row_number() OVER (PARTITION BY kind ORDER BY id), kind
