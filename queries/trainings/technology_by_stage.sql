-- title: 新技術等の検討（段階別の件数、終了日まで）
-- question: 新技術の検討は、いまどの段階にいくつあるか。
-- serves: {technology_stage: trials}
-- definition:
--   numerator: いまの段階ごとの検討の件数。うち期間に始めたもの
--   scope: 検討開始日が終了日までの新技術等の検討。見送りを含む
--   reference: 段階は取り込んだときのもの。契約の年10件は、期間に始めたもので数える（続く検討は始めた年度だけ）
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   stage:   {title: 段階, kind: choice, choices: [情報収集, 協議, 検証計画, 試行, 評価, 導入, 見送り]}
--   trials:  {title: 検討の件数, kind: integer, unit: 件}
--   started: {title: うち期間に始めた件数, kind: integer, unit: 件}
-- key: [stage]
-- reads: [technology_trials]

WITH stages AS (
    SELECT
        unnest(['情報収集', '協議', '検証計画', '試行', '評価', '導入', '見送り']) AS stage,
        unnest(range(7))                                                      AS position
)

SELECT
    s.stage,
    count(t.trial_id)                                                         AS trials,
    count(t.trial_id) FILTER (WHERE t.started_on >= $since)                   AS started
FROM stages AS s
LEFT JOIN technology_trials AS t ON t.stage = s.stage AND t.started_on <= $until
WHERE EXISTS (SELECT 1 FROM technology_trials)
GROUP BY s.stage, s.position
ORDER BY s.position
