-- title: 収納のない開庁日（窓口・日別、今年度）
-- question: 開いていたはずなのに、事績簿に1行もない日はどこか。
-- serves: {missing_days: missing_on}
-- definition:
--   numerator: 窓口が開く日のうち、その窓口の事績簿の行が1つもない日
--   scope: 窓口マスターの窓口と期間。区の開庁日に、開庁パターン（土曜・日曜・毎日）と休日開庁日を加える
--   exclusions: 開庁パターンが「その他」の窓口の日（休日開庁日を除く）。土曜・日曜の開庁でも、祝日と12月29日から1月3日まで
--   reference: 届いた収納の最初の日から最後の日まで（終了日まで）。全窓口が届いていない最後の期間は数えない
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   counter:      {title: 窓口}
--   missing_on:   {title: 収納のない日, kind: date}
--   opening:      {title: 開く理由, kind: choice, choices: [区の開庁日, 開庁パターン, 休日開庁日]}
--   missing_days: {title: この窓口の収納のない日数, kind: integer, unit: 日}
--   open_days:    {title: この窓口の開く日数, kind: integer, unit: 日}
-- key: [counter, missing_on]
-- reads: [receipts, counters, calendar_days]

WITH counted AS (
    SELECT
        *,
        count(*) FILTER (WHERE is_missing) OVER (PARTITION BY counter)        AS missing_days,
        count(*) OVER (PARTITION BY counter)                                  AS open_days
    FROM counter_open_days($since, $until)
)

SELECT
    counter,
    day                                                                       AS missing_on,
    opening,
    missing_days,
    open_days
FROM counted
WHERE is_missing
ORDER BY missing_on DESC, counter
