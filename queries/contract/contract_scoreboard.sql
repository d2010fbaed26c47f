-- title: 契約の目標と実績（指標別の一覧、年度の基準日まで）
-- question: 仕様書が求める量に対して、どの指標が達成・順調・遅れで、どの需要が想定を超えているか。
-- serves: {target_range: [lower, upper], actual: actual, pace: pace, doing_status: status, demand_status: status}
-- definition:
--   numerator: 指標ごとに、年度（月の指標は基準日の月）の初めから基準日までの実績
--   scope: 契約の目標のうち、基準日（終わった年度は年度末日）に適用中のもの。数え方は備考に示す
--   exclusions: 中止、予定・計画。取下げ・辞退も想定需要には数える
--   reference: 目安は、下限×（期間の開庁日のうち基準日までに過ぎた割合）の端数を切り捨てたもの。成果品と評価は1か月遅れで届くものとする。評価は、基準日より前に終わった半期のもの。実施は下限で達成、上限を超えると超過。月の指標は、その月が終わるまでは、上限を超えたときだけ判定し、ほかは「途中」とする。目標は「契約の目標」の表による
-- params:
--   since: {title: 年度の初日, kind: date, default: fiscal_year_start}
--   as_of: {title: 基準日, kind: date, default: today}
-- columns:
--   indicator: {title: 指標}
--   clause:    {title: 条項}
--   nature:    {title: 性質, kind: choice, choices: [実施, 想定需要]}
--   rhythm:    {title: 単位期間, kind: choice, choices: [年度, 月, 契約期間]}
--   lower:     {title: 下限, kind: integer, unit: 各単位}
--   upper:     {title: 上限, kind: integer, unit: 各単位, description: 空欄は上限なしです}
--   actual:    {title: 実績, kind: integer, unit: 各単位, description: 空欄は記録なしで、0ではありません}
--   unit:      {title: 単位}
--   pace:      {title: 目安, kind: integer, unit: 各単位, description: 下限を開庁日で割り振り、基準日までにあるはずの量です。開庁日の分からない年度は空欄です}
--   status:    {title: 状態, kind: choice, choices: [達成, 順調, 遅れ, 超過, 想定内, 想定超, 想定未満, 途中], description: 想定需要に良し悪しはありません。「途中」は、基準日までに終わっていない月のものです}
--   note:      {title: 備考}
-- key: [indicator]
-- reads: [contract_targets, procedures, trainings, tool_support, incidents, inquiries, ocr_requests, technology_trials, events, consultations, meetings, deliverables, evaluations, calendar_days]

WITH sources AS (
    SELECT source, max(day) AS newest
    FROM contract_records($as_of)
    WHERE day IS NULL OR day <= $as_of
    GROUP BY source
),

year AS (
    SELECT
        make_date(year($since - INTERVAL 3 MONTH)::INT, 4, 1)                 AS first_day,
        make_date(year($since - INTERVAL 3 MONTH)::INT + 1, 3, 31)            AS last_day,
        least($as_of, make_date(year($since - INTERVAL 3 MONTH)::INT + 1, 3, 31)) AS seen_on
),

targets AS (
    SELECT
        t.indicator || CASE WHEN w.source = '相談' THEN '（' || w.kind || '）' ELSE '' END AS shown,
        t.clause,
        t.nature,
        t.rhythm,
        t.lower,
        t.upper,
        t.source_row,
        w.source,
        w.kind,
        w.unit,
        w.measure,
        w.hint,
        CASE t.rhythm
            WHEN '月' THEN date_trunc('month', y.seen_on)::DATE
            WHEN '年度' THEN y.first_day
            ELSE t.valid_from
        END                                                                   AS since,
        CASE t.rhythm
            WHEN '月' THEN last_day(y.seen_on)
            WHEN '年度' THEN y.last_day
            ELSE coalesce(t.valid_to, y.last_day)
        END                                                                   AS until,
        CASE WHEN w.source IN ('成果品', '評価') THEN ($as_of - INTERVAL 1 MONTH)::DATE ELSE $as_of END AS paced_to
    FROM contract_targets AS t
    CROSS JOIN year AS y
    LEFT JOIN contract_ways() AS w ON w.indicator = t.indicator
    WHERE t.valid_from <= y.seen_on AND (t.valid_to IS NULL OR t.valid_to >= y.seen_on)
),

counted AS (
    SELECT
        t.shown,
        CASE t.measure
            WHEN '最大' THEN coalesce(max(r.amount), 0)
            WHEN '合計' THEN coalesce(sum(r.amount), 0)
            WHEN '最小' THEN min(r.amount)
            ELSE count(DISTINCT r.item)
        END                                                                   AS found
    FROM targets AS t
    LEFT JOIN contract_records($as_of) AS r
        ON r.source = t.source AND r.kind = t.kind AND r.day BETWEEN t.since AND least(t.until, $as_of)
    GROUP BY t.shown, t.measure
),

judged AS (
    SELECT
        t.*,
        CASE WHEN s.source IS NOT NULL AND (t.rhythm <> '月' OR s.newest >= t.since) THEN c.found END AS actual,
        CASE
            WHEN t.measure = '最小' THEN t.lower
            ELSE floor(coalesce(t.lower, 0) * (
                SELECT count(*) FILTER (WHERE day <= t.paced_to) / nullif(count(*), 0)
                FROM calendar_days
                WHERE is_open AND day BETWEEN t.since AND t.until
            ))::BIGINT
        END                                                                   AS pace,
        CASE
            WHEN t.source IS NULL THEN '数え方が決まっていません'
            WHEN s.source IS NULL THEN '記録なし'
            WHEN t.rhythm = '月' AND coalesce(s.newest < t.since, true) THEN strftime(t.since, '%-m月分の記録なし')
            WHEN t.measure = '最小' AND c.found IS NULL THEN '開催または社数の記録なし'
            WHEN t.rhythm = '月' THEN concat_ws('。', strftime(t.since, '%-m月分'), t.hint)
            ELSE t.hint
        END                                                                   AS note
    FROM targets AS t
    JOIN counted AS c ON c.shown = t.shown
    LEFT JOIN sources AS s ON s.source = t.source
)

SELECT
    shown                                                                     AS indicator,
    clause,
    nature,
    rhythm,
    lower,
    upper,
    actual::BIGINT                                                            AS actual,
    unit,
    pace,
    CASE
        WHEN actual IS NULL THEN NULL
        WHEN actual > upper THEN CASE nature WHEN '実施' THEN '超過' ELSE '想定超' END
        WHEN rhythm = '月' AND until > $as_of THEN '途中'
        WHEN nature = '想定需要' THEN CASE WHEN actual >= pace THEN '想定内' WHEN pace IS NOT NULL THEN '想定未満' END
        WHEN actual >= coalesce(lower, 0) THEN '達成'
        WHEN actual >= pace THEN '順調'
        WHEN pace IS NOT NULL THEN '遅れ'
    END                                                                       AS status,
    note
FROM judged
ORDER BY source_row NULLS LAST, clause, indicator
