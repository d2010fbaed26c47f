-- title: 電子申請の処理日数（所管課別、{since}から{until}まで）
-- question: 申請は届いてから何日で終わっているか。時間のかかっている課はどこか。
-- serves: {processing_median: median_days, processing_p90: p90_days}
-- definition:
--   numerator: 申請日時から完了日時までの日数の中央値と90パーセンタイル（補間する。夜間と閉庁日を含む経過日数）
--   scope: フォーム区分が「手続」のフォームへの申請（フォーム管理台帳にないフォームへの申請を含む）
--   exclusions: 完了日時が空欄か申請日時より前のもの、却下・取下げ、イベント・講座、アンケート、予約、庁内のフォーム
--   reference: 完了日時で数える
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   section:     {title: 所管課, description: 先頭の行は全体です}
--   finished:    {title: 完了件数, kind: integer, unit: 件}
--   median_days: {title: 処理日数の中央値, kind: number, unit: 日}
--   p90_days:    {title: 処理日数の90パーセンタイル, kind: number, unit: 日, description: 10件のうち9件は、この日数までに終わっています}
--   over_30:     {title: 30日を超えた件数, kind: integer, unit: 件}
-- key: [section]
-- reads: [applications, forms]

WITH finished AS (
    SELECT
        section,
        epoch(finished_at - applied_at) / 86400                               AS days
    FROM applications_for_procedures($until)
    WHERE status = '完了'
      AND finished_at >= applied_at
      AND finished_at >= $since
      AND finished_at < $until + INTERVAL 1 DAY
),

grouped AS (
    SELECT '全体' AS section, days FROM finished
    UNION ALL
    SELECT section, days FROM finished
)

SELECT
    section,
    count(*)                                                                  AS finished,
    round(median(days), 1)                                                    AS median_days,
    round(quantile_cont(days, 0.9), 1)                                        AS p90_days,
    count(*) FILTER (WHERE days > 30)                                         AS over_30
FROM grouped
GROUP BY section
ORDER BY section <> '全体', median(days) DESC, section
