-- title: 期限の近いこと（区と受注者の別、基準日から10開庁日先まで）
-- question: これからの10開庁日に、区と受注者のどちらが、何をいつまでにするか。
-- serves: {due_ward: due_on, due_contractor: due_on}
-- definition:
--   numerator: まだ済んでいない、期限が基準日の10開庁日先までのこと（期限を過ぎたものを含む）
--   scope: 議事録の提出と点検、成果品の提出、年度ごとの電子媒体の納品、基準日より前に終わった半期の改善報告書の提出・承認・再評価（期限の定めがないものは期限を空欄にして示す）、検査から1年の契約不適合の通知、情報の定期点検（間隔は3か月［仮定］）、契約の目標にある月次報告会の開催（その月の末日まで）
--   exclusions: これから開く会議の議事録、みなし承認になった点検、期限を過ぎた契約不適合の通知
--   reference: 期限の計算は「議事録の期限」「成果品の期限」「契約不適合の通知期限」「情報の定期点検」と同じ
-- params:
--   as_of: {title: 基準日, kind: date, default: today}
-- columns:
--   due_on:    {title: 期限, kind: date, description: 空欄は期限の定めがないものです}
--   side:      {title: 動く側, kind: choice, choices: [区, 受注者]}
--   kind:      {title: すること}
--   subject:   {title: 対象}
--   open_days: {title: 残りの開庁日, kind: integer, unit: 日, description: 基準日の翌日から期限までの開庁日です。過ぎたものは空欄です}
--   state:     {title: 状態, kind: choice, choices: [期限超過, 期限当日, 期限前, 期限の定めなし]}
--   id:        {title: 番号}
-- key: [kind, id]
-- reads: [meetings, deliverables, evaluations, information_log, contract_targets, calendar_days]

WITH minutes AS (
    SELECT
        m.meeting_id,
        coalesce(m.meeting, m.kind) || '（' || strftime(m.held_on, '%Y-%m-%d') || '）' AS subject,
        coalesce(m.minutes_due_on, due.day)                                   AS due_on,
        m.minutes_submitted_on <= $as_of                                      AS is_submitted,
        m.ward_received_on <= $as_of                                          AS is_received,
        coalesce(m.check_due_on, checked.day)                                 AS check_due_on,
        coalesce(m.approved_on > $as_of, m.approval IS NULL) AND coalesce(m.objection, '無') = '無' AS is_undecided
    FROM meetings AS m
    LEFT JOIN calendar_days AS held ON held.day = m.held_on
    LEFT JOIN calendar_days AS due ON due.is_open AND due.ordinal = held.ordinal + 5
    LEFT JOIN calendar_days AS received ON received.day = m.ward_received_on
    LEFT JOIN calendar_days AS checked ON checked.is_open AND checked.ordinal = received.ordinal + 5
    WHERE m.held_on <= $as_of
),

duties (due_on, side, kind, subject, id) AS (
    SELECT due_on, '受注者', '議事録の提出', subject, meeting_id
    FROM minutes
    WHERE is_submitted IS NOT true AND is_undecided
    UNION ALL
    SELECT m.check_due_on, '区', '議事録の点検', m.subject, m.meeting_id
    FROM minutes AS m
    LEFT JOIN calendar_days AS checked ON checked.day = m.check_due_on
    LEFT JOIN calendar_days AS deemed ON deemed.is_open AND deemed.ordinal = checked.ordinal + 1
    WHERE m.is_received AND m.is_undecided AND deemed.day > $as_of
    UNION ALL
    SELECT coalesce(d.due_on, due.day), '受注者', '成果品の提出', d.deliverable, d.deliverable_id
    FROM deliverables AS d
    LEFT JOIN calendar_days AS before ON before.day = d.designated_on - 14
    LEFT JOIN calendar_days AS due ON due.is_open AND due.ordinal = before.ordinal
    WHERE (d.submitted_on IS NULL OR d.submitted_on > $as_of) AND coalesce(d.due_on, d.designated_on) IS NOT NULL
    UNION ALL
    SELECT
        make_date(2019 + regexp_extract(fiscal_year, '[0-9]+')::INT, 3, 31),
        '受注者',
        '電子媒体の納品',
        fiscal_year || 'の成果品',
        fiscal_year
    FROM deliverables
    GROUP BY fiscal_year
    HAVING NOT coalesce(bool_or(media_delivery = '済'), false)
    UNION ALL
    SELECT
        NULL,
        CASE WHEN improvement_submitted_on IS NULL THEN '受注者' ELSE '区' END,
        CASE
            WHEN improvement_submitted_on IS NULL THEN '改善報告書の提出'
            WHEN approved_on IS NULL THEN '改善報告書の承認'
            ELSE '再評価'
        END,
        item,
        fiscal_year || half || ' ' || item
    FROM evaluations_known($as_of)
    WHERE improvement = '要' AND re_rating IS NULL
    UNION ALL
    SELECT (held_on + INTERVAL 1 YEAR)::DATE, '区', '契約不適合の通知', coalesce(meeting, kind), meeting_id
    FROM meetings
    WHERE kind = '検査' AND held_on + INTERVAL 1 YEAR >= $as_of
    UNION ALL
    SELECT due.day, '受注者', '情報の定期点検', k.information, k.information
    FROM (
        SELECT information, coalesce(max(recorded_on) FILTER (WHERE kind = '点検'), min(recorded_on)) AS last_on
        FROM information_log
        WHERE recorded_on <= $as_of AND information <> '貸与資料'
        GROUP BY information
    ) AS k
    JOIN calendar_days AS d ON d.day = (k.last_on + INTERVAL 3 MONTH)::DATE
    JOIN calendar_days AS due ON due.is_open AND due.ordinal = d.ordinal
    UNION ALL
    SELECT last_day(m.month), '受注者', '月次報告会の開催', strftime(m.month, '%Y年%-m月'), m.month::VARCHAR
    FROM (
        SELECT unnest(
            generate_series(
                date_trunc('year', $as_of - INTERVAL 3 MONTH) + INTERVAL 3 MONTH, $as_of::TIMESTAMP, INTERVAL 1 MONTH
            )
        )::DATE                                                               AS month
    ) AS m
    SEMI JOIN contract_targets AS t
        ON t.indicator = '月次報告会'
        AND last_day(m.month) BETWEEN t.valid_from AND coalesce(t.valid_to, DATE 'infinity')
    ANTI JOIN (SELECT held_on FROM meetings WHERE kind = '月次報告会' AND held_on <= $as_of) AS h
        ON date_trunc('month', h.held_on) = m.month
)

SELECT
    d.due_on,
    d.side,
    d.kind,
    d.subject,
    CASE WHEN d.due_on >= $as_of THEN due.ordinal - now_.ordinal END          AS open_days,
    CASE
        WHEN d.due_on IS NULL THEN '期限の定めなし'
        WHEN d.due_on < $as_of THEN '期限超過'
        WHEN d.due_on = $as_of THEN '期限当日'
        ELSE '期限前'
    END                                                                       AS state,
    d.id
FROM duties AS d
LEFT JOIN calendar_days AS due ON due.day = d.due_on
LEFT JOIN calendar_days AS now_ ON now_.day = $as_of
WHERE d.due_on IS NULL OR d.due_on <= $as_of OR due.ordinal - now_.ordinal <= 10
ORDER BY d.due_on NULLS LAST, d.side, d.kind, d.id
