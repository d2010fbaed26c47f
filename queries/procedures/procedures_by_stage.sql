-- title: 優先手続の進捗（段階別、基準日）
-- question: 優先手続はどの段階にいくつあり、どこで止まっているか。
-- serves: {stage_board: count, days_in_stage: median_days, overdue: overdue, stalled: stalled}
-- definition:
--   numerator: その段階にある優先手続の数
--   denominator: 優先手続の数
--   scope: 手続台帳の有効な手続のうち、優先区分に子育て・教育、年間1万件以上、区選定のどれかがあるもの（国59手続・国26手続だけのものは入れない）
--   exclusions: 基準日までに廃止・統合した手続
--   reference: 基準日。段階は、基準日の後に見えた変化があればその前の段階とし、始まりは変化を観測した取込の時点の日（初回の取込からそのままなら、その日より前から。オンライン化済はオンライン化日）。停滞は、着手した手続に、進捗履歴の対応も段階の変化も30日以上ないもの。期限超過は、予定日を過ぎてオンライン化済でも見送りでもないもの
-- params:
--   as_of: {title: 基準日, kind: date, default: today}
-- columns:
--   stage:       {title: 進捗段階, kind: choice, choices: [未着手, 現状把握・課題解析, 解決方法検討, 所管課へ提案・説明, BPR案提示, フォーム案作成, 試行, オンライン化済, 見送り]}
--   count:       {title: 手続数, kind: integer, unit: 手続}
--   total:       {title: 優先手続の数, kind: integer, unit: 手続}
--   share:       {title: 割合, kind: number, unit: "%"}
--   median_days: {title: この段階になってからの日数の中央値, kind: number, unit: 日, description: オンライン化済と見送りは空欄です}
--   days_known:  {title: 始まりの分かる手続数, kind: integer, unit: 手続, description: 初回の取込からそのままの手続は、少なくともその日からの日数です}
--   overdue:     {title: 期限超過の手続数, kind: integer, unit: 手続, description: 予定日を過ぎたものです}
--   stalled:     {title: 停滞の手続数, kind: integer, unit: 手続, description: 30日以上動きがないものです}
-- key: [stage]
-- publish:
--   decision: 案（区の決定待ち）［仮定］
--   unit: なし
--   reason: 手続の数で、人や団体の数ではない
--   columns: [stage, count, total, share]
--   definition:
--     reference: 基準日。段階は、基準日の後に見えた変化があればその前の段階とする
-- reads: [procedures, procedure_log]

WITH timed AS (
    SELECT * FROM priority_procedures_staged($as_of)
),

stages AS (
    SELECT
        unnest([1, 2, 3, 4, 5, 6, 7, 8, 9])                                   AS position,
        unnest([
            '未着手', '現状把握・課題解析', '解決方法検討', '所管課へ提案・説明', 'BPR案提示',
            'フォーム案作成', '試行', 'オンライン化済', '見送り'
        ])                                                                    AS stage
)

SELECT
    g.stage,
    count(t.procedure_id)                                                     AS count,
    sum(count(t.procedure_id)) OVER ()::BIGINT                                AS total,
    round(100.0 * count(t.procedure_id) / sum(count(t.procedure_id)) OVER (), 1) AS share,
    CASE
        WHEN g.stage NOT IN ('オンライン化済', '見送り') THEN round(median($as_of - t.since_on), 1)
    END                                                                       AS median_days,
    count(t.since_on)                                                         AS days_known,
    count(t.days_overdue)                                                     AS overdue,
    count(*) FILTER (WHERE t.idle_days >= 30)                                 AS stalled
FROM stages AS g
LEFT JOIN timed AS t ON t.stage = g.stage
WHERE EXISTS (SELECT 1 FROM timed)
GROUP BY g.position, g.stage
ORDER BY g.position
