-- title: 月次報告会と月例報告書（月別の一覧、年度の基準日まで）
-- question: 月次報告会と月例報告書は毎月そろっているか、抜けた月はどこか。
-- serves: {monthly_duties: [meeting_state, report_state]}
-- definition:
--   numerator: 月ごとの月次報告会の開催と、その月を対象とする月例報告書の提出
--   scope: 開始日の月から基準日の月まで。報告会は開催日の月、報告書は対象年月で数える
--   exclusions: 対象年月の空欄の月例報告書、これから開く報告会
--   reference: 基準日。報告書は翌月末までは待ち、その後は未提出とする［仮定］
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start}
--   until: {title: 終了日, kind: date, default: today}
--   as_of: {title: 基準日, kind: date, default: today}
-- columns:
--   month:         {title: 年月, kind: date, month: true}
--   meeting_on:    {title: 月次報告会の開催日, kind: date}
--   meetings:      {title: 報告会の回数, kind: integer, unit: 回}
--   meeting_state: {title: 報告会, kind: choice, choices: [開催済, これから, 開催なし]}
--   report_on:     {title: 月例報告書の提出日, kind: date, description: 最初の版の日です}
--   versions:      {title: 報告書の版の数, kind: integer, unit: 版}
--   report_state:  {title: 報告書, kind: choice, choices: [提出済, 待ち, 未提出]}
-- key: [month]
-- reads: [meetings, deliverables]

WITH months AS (
    SELECT unnest(
        generate_series(date_trunc('month', $since), least($until, $as_of)::TIMESTAMP, INTERVAL 1 MONTH)
    )::DATE                                                                   AS month
),

held AS (
    SELECT
        date_trunc('month', held_on)::DATE                                    AS month,
        min(held_on)                                                          AS meeting_on,
        count(*)                                                              AS meetings
    FROM meetings
    WHERE kind = '月次報告会' AND held_on <= $as_of
    GROUP BY date_trunc('month', held_on)::DATE
),

reported AS (
    SELECT
        month,
        min(submitted_on)                                                     AS report_on,
        count(*)                                                              AS versions
    FROM deliverables
    WHERE kind = '月例報告書' AND submitted_on <= $as_of
    GROUP BY month
)

SELECT
    m.month,
    h.meeting_on,
    coalesce(h.meetings, 0)                                                   AS meetings,
    CASE
        WHEN h.month IS NOT NULL THEN '開催済'
        WHEN last_day(m.month) >= $as_of THEN 'これから'
        ELSE '開催なし'
    END                                                                       AS meeting_state,
    r.report_on,
    coalesce(r.versions, 0)                                                   AS versions,
    CASE
        WHEN r.month IS NOT NULL THEN '提出済'
        WHEN last_day(m.month + INTERVAL 1 MONTH) >= $as_of THEN '待ち'
        ELSE '未提出'
    END                                                                       AS report_state
FROM months AS m
LEFT JOIN held AS h ON h.month = m.month
LEFT JOIN reported AS r ON r.month = m.month
WHERE EXISTS (SELECT 1 FROM meetings) OR EXISTS (SELECT 1 FROM deliverables)
ORDER BY m.month
