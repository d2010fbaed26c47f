-- title: 優先手続の一覧（1手続ずつ、基準日）
-- question: 優先手続のそれぞれは、いまどの段階で、いつまでに、何が妨げているか。
-- serves: {stage_board: stage, days_in_stage: days_in_stage, planned: planned_on, overdue: days_overdue, stalled: idle_days}
-- definition:
--   numerator: 優先手続（1行が1手続）
--   scope: 手続台帳の有効な手続のうち、優先区分に子育て・教育、年間1万件以上、区選定のどれかがあるもの（国59手続・国26手続だけのものは入れない）
--   exclusions: 基準日までに廃止・統合した手続
--   reference: 基準日。段階は、基準日の後に見えた変化があればその前の段階とし、始まりは変化を観測した取込の時点の日（初回の取込からそのままなら、その日より前から。オンライン化済はオンライン化日）。停滞は、着手した手続に、進捗履歴の対応も段階の変化も30日以上ないもの。期限超過は、予定日を過ぎてオンライン化済でも見送りでもないもの。次回予定は、いちばん新しい対応に書いてあるもの
-- params:
--   as_of: {title: 基準日, kind: date, default: today}
-- columns:
--   procedure_id:   {title: 手続ID}
--   procedure:      {title: 手続名}
--   section:        {title: 所管課}
--   priority:       {title: 優先区分, kind: choices}
--   stage:          {title: 進捗段階}
--   state:          {title: 状態, kind: choice, choices: [期限超過・停滞, 期限超過, 停滞, 進行中, 未着手, 見送り, オンライン化済]}
--   since_on:       {title: この段階になった日, kind: date}
--   since_basis:    {title: 日のわけ, kind: choice, choices: [オンライン化日, 変化を観測した日, 初めて取り込んだ日（前から）], description: 段階の変化は取込のたびに見るため、実際の日より後になることがあります}
--   days_in_stage:  {title: この段階の日数, kind: integer, unit: 日, description: オンライン化済と見送りは空欄です}
--   planned_on:     {title: 予定日, kind: date}
--   days_overdue:   {title: 予定日を過ぎた日数, kind: integer, unit: 日, description: 過ぎていなければ空欄です}
--   online_on:      {title: オンライン化日, kind: date}
--   last_action_on: {title: 最後の対応日, kind: date, description: 進捗履歴の対応日です}
--   idle_days:      {title: 動きのない日数, kind: integer, unit: 日, description: 最後の対応か段階の変化からの日数です。着手していなければ空欄です}
--   next_on:        {title: 次回予定, kind: date}
--   blockers:       {title: 阻害要因, kind: choices}
-- key: [procedure_id]
-- reads: [procedures, procedure_log]

SELECT
    procedure_id,
    procedure,
    section,
    priority,
    stage,
    CASE
        WHEN days_overdue > 0 AND idle_days >= 30 THEN '期限超過・停滞'
        WHEN days_overdue > 0 THEN '期限超過'
        WHEN idle_days >= 30 THEN '停滞'
        WHEN stage IN ('未着手', '見送り', 'オンライン化済') THEN stage
        ELSE '進行中'
    END                                                                       AS state,
    since_on,
    CASE
        WHEN since_on IS NULL THEN NULL
        WHEN stage = 'オンライン化済' AND online_on IS NOT NULL THEN 'オンライン化日'
        WHEN is_first THEN '初めて取り込んだ日（前から）'
        ELSE '変化を観測した日'
    END                                                                       AS since_basis,
    CASE WHEN stage NOT IN ('オンライン化済', '見送り') THEN $as_of - since_on END      AS days_in_stage,
    planned_on,
    days_overdue,
    online_on,
    acted_on                                                                  AS last_action_on,
    idle_days,
    next_on,
    blockers
FROM priority_procedures_staged($as_of)
ORDER BY
    list_position(['期限超過・停滞', '期限超過', '停滞', '進行中', '未着手', '見送り', 'オンライン化済'], state),
    days_overdue DESC NULLS LAST,
    planned_on NULLS LAST,
    procedure_id
