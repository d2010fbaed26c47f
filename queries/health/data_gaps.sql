-- title: 行のない月（データセット・まとまり別、{until}まで）
-- question: 毎月あるはずのデータに、1行もない月はないか。
-- serves: {gaps: month}
-- definition:
--   numerator: はじめの月から終わりの月までの間で、1行もない月
--   scope: 電子申請（システムごと）、月次受付件数、キャッシュレス事績簿（窓口ごと）、ヘルプデスク問合せ
--   exclusions: はじめの行より前の月と、そのデータセットのいちばん新しい行より後の月。イベントだけの窓口のように、行のある月が2つに満たないもの
--   reference: 申請日時・年月・収納日・受付日時の月。終わりの月は、そのデータセットのいちばん新しい行の月（終了日まで）
-- params:
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   dataset:  {title: データセット}
--   place:    {title: まとまり, description: システムか窓口です。分けないデータセットは空欄です}
--   month:    {title: 行のない月, kind: date, month: true}
--   gaps:     {title: このまとまりの行のない月の数, kind: integer, unit: か月}
--   last_on:  {title: このまとまりの最後の行の日, kind: date}
-- key: [dataset, place, month]
-- reads: [applications, application_counts, receipts, inquiries]

WITH days AS (
    SELECT '電子申請' AS dataset, system AS place, applied_on AS day FROM applications_daily
    UNION ALL
    SELECT '月次受付件数', NULL, month FROM application_counts
    UNION ALL
    SELECT 'キャッシュレス事績簿', counter, collected_on FROM receipts_counters_daily
    UNION ALL
    SELECT 'ヘルプデスク問合せ', NULL, received_at::DATE FROM inquiries
),

known AS (
    SELECT
        dataset,
        place,
        date_trunc('month', day)::DATE                                        AS month,
        max(day)                                                              AS last_on
    FROM days
    WHERE day <= $until
    GROUP BY dataset, place, date_trunc('month', day)::DATE
),

spans AS (
    SELECT
        dataset,
        place,
        min(month)                                                            AS first_month,
        max(last_on)                                                          AS last_on
    FROM known
    GROUP BY dataset, place
    HAVING count(*) >= 2
),

ends AS (
    SELECT dataset, max(month) AS last_month
    FROM known
    GROUP BY dataset
),

expected AS (
    SELECT
        s.dataset,
        s.place,
        s.last_on,
        unnest(generate_series(s.first_month, e.last_month, INTERVAL 1 MONTH))::DATE AS month
    FROM spans AS s
    JOIN ends AS e ON e.dataset = s.dataset
)

SELECT
    e.dataset,
    e.place,
    e.month,
    count(*) OVER (PARTITION BY e.dataset, e.place)                           AS gaps,
    e.last_on
FROM expected AS e
ANTI JOIN known AS k ON k.dataset = e.dataset AND k.place IS NOT DISTINCT FROM e.place AND k.month = e.month
ORDER BY e.month DESC, e.dataset, e.place
