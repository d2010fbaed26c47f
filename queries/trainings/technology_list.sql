-- title: 新技術等の検討の一覧（1件ごとの段階と評価、終了日まで）
-- question: どの技術を検討していて、区の端末で使えるか、次に何をするか。
-- serves: {technology_stage: stage}
-- definition:
--   numerator: 1件ごとの段階・端末利用可否・評価・次の予定
--   scope: 検討開始日が終了日までの新技術等の検討
--   reference: 段階と評価は取り込んだときのもの。経過日数は検討開始日から終了日までの暦日
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   trial_id:     {title: 検討番号}
--   technology:   {title: 技術・サービス名}
--   kind:         {title: 区分}
--   stage:        {title: 段階}
--   started_on:   {title: 検討開始日, kind: date}
--   is_new:       {title: 期間に始めた検討, kind: choice, choices: [はい, いいえ]}
--   days:         {title: 経過日数, kind: integer, unit: 日, description: 導入・見送りになったものは空欄です}
--   availability: {title: 端末利用可否}
--   environment:  {title: 検証環境}
--   rating:       {title: 評価}
--   next_step:    {title: 次の予定}
-- key: [trial_id]
-- reads: [technology_trials]

SELECT
    trial_id,
    technology,
    kind,
    stage,
    started_on,
    CASE WHEN started_on >= $since THEN 'はい' ELSE 'いいえ' END              AS is_new,
    CASE WHEN stage NOT IN ('導入', '見送り') THEN $until - started_on END    AS days,
    availability,
    environment,
    rating,
    next_step
FROM technology_trials
WHERE started_on <= $until
ORDER BY stage IN ('導入', '見送り'), started_on DESC, trial_id
