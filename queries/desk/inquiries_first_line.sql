-- title: 問合せの一次解決と回答までの時間（対象別、今年度）
-- question: 問合せは最初の回答で解決し、すぐに答えられているか。
-- serves: {helpdesk_first_line: first_line_rate, time_to_answer: [median_hours, p90_hours]}
-- definition:
--   numerator: 一次解決が「有」の問合せの件数
--   denominator: 一次解決の有無が書かれた問合せの件数
--   scope: 作業区分が「問合せ対応」で、期間に受け付けたもの
--   exclusions: 台帳更新・集計・アカウント・現地の作業。回答までの時間には、回答日時が空欄、受付より前、終了日より後のものを入れない
--   reference: 受付日時で数える。回答までの時間は、夜間と閉庁日を含む経過時間
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   topic:           {title: 対象}
--   inquiries:       {title: 問合せの件数, kind: integer, unit: 件}
--   at_once:         {title: 一次解決の件数, kind: integer, unit: 件}
--   stated:          {title: 一次解決の分かる件数, kind: integer, unit: 件}
--   first_line_rate: {title: 一次解決率, kind: number, unit: "%"}
--   answered:        {title: 回答までの時間の分かる件数, kind: integer, unit: 件}
--   median_hours:    {title: 回答までの時間の中央値, kind: number, unit: 時間}
--   p90_hours:       {title: 回答までの時間の90パーセンタイル, kind: number, unit: 時間, description: 10件のうち9件は、この時間までに回答しています}
-- key: [topic]
-- reads: [inquiries]

WITH asked AS (
    SELECT
        topic,
        resolved_at_once,
        CASE
            WHEN answered_at >= received_at AND answered_at < $until + INTERVAL 1 DAY
                THEN epoch(answered_at - received_at) / 3600
        END                                                                   AS hours
    FROM inquiries
    WHERE kind = '問合せ対応'
      AND received_at >= $since
      AND received_at < $until + INTERVAL 1 DAY
)

SELECT
    topic,
    count(*)                                                                  AS inquiries,
    count(*) FILTER (WHERE resolved_at_once = '有')                           AS at_once,
    count(resolved_at_once)                                                   AS stated,
    round(
        100.0 * count(*) FILTER (WHERE resolved_at_once = '有') / nullif(count(resolved_at_once), 0), 1
    ) AS first_line_rate,
    count(hours)                                                              AS answered,
    round(median(hours), 1)                                                   AS median_hours,
    round(quantile_cont(hours, 0.9), 1)                                       AS p90_hours
FROM asked
GROUP BY topic
ORDER BY inquiries DESC, topic
