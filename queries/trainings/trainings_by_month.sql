-- title: 研修の実施（月次推移、期間）
-- question: 研修は、年度のどの月にどれだけ行われ、何人が参加したか。
-- serves: {trainings: sessions}
-- definition:
--   numerator: 月ごとの実施済の研修の回数と参加者の延べ人数
--   scope: 開始日の月から終了日の月まで。実施のない月は0
--   exclusions: 予定・中止
--   reference: 実施日の月。終了日の月は途中のことがある
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   month:      {title: 年月, kind: date, month: true}
--   sessions:   {title: 研修の回数, kind: integer, unit: 回}
--   attendees:  {title: 延べ参加者数, kind: integer, unit: 人, description: 参加者数の記入がない研修だけの月は空欄です}
--   is_partial: {title: 集計状況, kind: choice, choices: [途中, 確定], description: 終了日までに終わっていない月は「途中」です}
-- key: [month]
-- publish: {decision: 案（区の決定待ち）［仮定］, unit: 人, count: attendees, measure: 研修の参加}
-- reads: [trainings]

WITH months AS (
    SELECT unnest(generate_series(date_trunc('month', $since), $until::TIMESTAMP, INTERVAL 1 MONTH))::DATE AS month
),

done AS (
    SELECT date_trunc('month', held_on)::DATE AS month, attendees
    FROM trainings
    WHERE state = '実施済' AND held_on BETWEEN $since AND $until
)

SELECT
    m.month,
    count(d.month)                                                            AS sessions,
    CASE WHEN count(d.month) = 0 THEN 0 ELSE sum(d.attendees)::BIGINT END     AS attendees,
    CASE WHEN last_day(m.month) > $until THEN '途中' ELSE '確定' END          AS is_partial
FROM months AS m
LEFT JOIN done AS d ON d.month = m.month
WHERE EXISTS (SELECT 1 FROM trainings)
GROUP BY m.month
ORDER BY m.month
