-- title: 手続の段階の変化（観測した順、期間）
-- question: どの手続が、いつ、どの段階からどの段階に進んだか。前の段階に何日いたか。
-- serves: {stage_history: [observed_on, stage_before, stage_after, days_before]}
-- definition:
--   numerator: 取込で見えた進捗段階の変化（1行が1回の変化）
--   scope: 手続台帳のすべての手続（台帳から消えた手続を含む）。手続台帳が届くたびに、前の台帳の段階と比べる
--   exclusions: はじめて台帳に入った時の段階（変化ではない）
--   reference: 観測日（変化の見えた台帳のいつ時点）。実際に変わった日は観測日より前で、1つ前の台帳のいつ時点より後のどこか。2つの台帳の間に2回変わると1回に見える
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   observed_on:  {title: 観測日, kind: date}
--   procedure_id: {title: 手続ID}
--   procedure:    {title: 手続名}
--   section:      {title: 所管課}
--   is_priority:  {title: 優先手続, kind: choice, choices: [はい, いいえ], description: 優先区分に子育て・教育、年間1万件以上、区選定のどれかがあるものです}
--   stage_before: {title: 前の段階}
--   stage_after:  {title: 後の段階}
--   direction:    {title: 向き, kind: choice, choices: [進んだ, 戻った, 見送り, 再開]}
--   days_before:  {title: 前の段階にいた日数, kind: integer, unit: 日, description: 1つ前の変化か、はじめて台帳に入った日から数えます}
--   load:         {title: 取込番号, kind: integer, unit: 番}
-- key: [procedure_id, load]
-- reads: [procedures]

WITH seen AS (
    SELECT
        procedure_id,
        load_id                                                               AS load,
        observed_on,
        old                                                                   AS stage_before,
        new                                                                   AS stage_after,
        observed_on - lag(observed_on) OVER (PARTITION BY procedure_id ORDER BY observed_on, load_id) AS days_before
    FROM procedures_history
    WHERE column_name = 'stage'
),

ordered AS (
    SELECT
        [
            '未着手', '現状把握・課題解析', '解決方法検討', '所管課へ提案・説明', 'BPR案提示',
            'フォーム案作成', '試行', 'オンライン化済'
        ]                                                                     AS stages
)

SELECT
    s.observed_on,
    s.procedure_id,
    p.procedure,
    p.section,
    CASE
        WHEN list_has_any(p.priority, ['子育て・教育', '年間1万件以上', '区選定']) THEN 'はい'
        ELSE 'いいえ'
    END                                                                       AS is_priority,
    s.stage_before,
    s.stage_after,
    CASE
        WHEN s.stage_after = '見送り' THEN '見送り'
        WHEN s.stage_before = '見送り' THEN '再開'
        WHEN list_position(o.stages, s.stage_after) > list_position(o.stages, s.stage_before) THEN '進んだ'
        ELSE '戻った'
    END                                                                       AS direction,
    s.days_before,
    s.load
FROM seen AS s
CROSS JOIN ordered AS o
LEFT JOIN procedures_ever AS p ON p.procedure_id = s.procedure_id
WHERE s.stage_before IS NOT NULL
  AND s.stage_after IS NOT NULL
  AND s.observed_on BETWEEN $since AND $until
ORDER BY s.observed_on DESC, s.procedure_id, s.load DESC
