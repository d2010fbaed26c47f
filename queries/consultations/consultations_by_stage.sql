-- title: 相談・伴走支援（支援段階別、今年度）
-- question: 相談はどの段階にいくつあるか。予定の日を過ぎて止まっているものはないか。
-- serves: {cases_stage: cases}
-- definition:
--   numerator: その支援段階にある相談の件数
--   denominator: 期間に受け付けた相談の件数
--   scope: 期間に受け付けた相談
--   exclusions: 台帳から消えた相談
--   reference: 受付日で数える。段階・状況は台帳を取り込んだ時のもので、次回予定日は終了日と比べる
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   stage:       {title: 支援段階, kind: choice, choices: [事前相談, 助成金案内, 伴走支援, 経過確認, 完了, 辞退]}
--   cases:       {title: 相談件数（イ＋ウ）, kind: integer, unit: 件, description: 相談のすべてです}
--   total:       {title: 全相談件数（イ＋ウ）, kind: integer, unit: 件}
--   share:       {title: 割合, kind: number, unit: "%"}
--   median_days: {title: 受付からの日数の中央値, kind: number, unit: 日, description: 完了・辞退は空欄です}
--   overdue:     {title: 次回予定日を過ぎた件数, kind: integer, unit: 件, description: 完了していない相談のうち、次回予定日が終了日より前のものです}
--   on_hold:     {title: 保留の件数, kind: integer, unit: 件}
-- key: [stage]
-- reads: [consultations]

WITH cases AS (
    SELECT
        stage,
        status,
        received_on,
        next_on,
        stage NOT IN ('完了', '辞退') AND status <> '完了'                          AS is_open
    FROM consultations
    WHERE received_on >= $since AND received_on <= $until
),

stages AS (
    SELECT
        unnest(['事前相談', '助成金案内', '伴走支援', '経過確認', '完了', '辞退'])                 AS stage,
        unnest([1, 2, 3, 4, 5, 6])                                            AS position
)

SELECT
    g.stage,
    count(c.stage)                                                            AS cases,
    (SELECT count(*) FROM cases)                                              AS total,
    round(100.0 * count(c.stage) / (SELECT count(*) FROM cases), 1)           AS share,
    CASE WHEN g.stage NOT IN ('完了', '辞退') THEN round(median($until - c.received_on), 1) END AS median_days,
    count(*) FILTER (WHERE c.is_open AND c.next_on < $until)                  AS overdue,
    count(*) FILTER (WHERE c.is_open AND c.status = '保留')                     AS on_hold
FROM stages AS g
LEFT JOIN cases AS c ON c.stage = g.stage
WHERE EXISTS (SELECT 1 FROM cases)
GROUP BY g.position, g.stage
ORDER BY g.position
