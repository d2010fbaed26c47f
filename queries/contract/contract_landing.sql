-- title: 契約の目標の着地の見込み（指標別、3月31日）
-- question: このまま進むと、3月31日にどの指標が目標に届き、どの需要が想定を超えるか。どれだけの幅があるか。
-- serves: {landing: expected, landing_band: [low, high], target_range: [lower, upper], actual: actual}
-- definition:
--   numerator: 基準日までの実績に、年度末までの開庁日×1開庁日あたりの実績を加えたもの［仮定］
--   scope: 契約の目標のうち単位期間が年度か月のもので、基準日（終わった年度は年度末日）に適用中のもの。月の目標は12か月分にして比べる。数え方は「契約の目標と実績」と同じ
--   exclusions: 見込みは、終わった月が3つに満たないとき、回数や人数の最大・最小で見る指標、年度末に1度だけの成果品・評価では空欄
--   reference: 1開庁日あたりの実績は、見込みでは年度初めから基準日まで、幅では終わった月ごとの実績の小さい方から10%と90%の値（補間し、見込みを含むように広げる）［仮定］。成果品は1か月遅れで届くものとする。見込みと幅は、月次報告会と月例報告書では12か月分まで、優先手続では実績に基準日にオンライン化済でも見送りでもない手続を足した数まで。予定は、台帳に予定や計画として書かれた、年度末までのもの
-- params:
--   since: {title: 年度の初日, kind: date, default: fiscal_year_start}
--   as_of: {title: 基準日, kind: date, default: today}
-- columns:
--   indicator: {title: 指標}
--   clause:    {title: 条項}
--   nature:    {title: 性質, kind: choice, choices: [実施, 想定需要]}
--   lower:     {title: 年度の下限, kind: integer, unit: 各単位}
--   upper:     {title: 年度の上限, kind: integer, unit: 各単位, description: 空欄は上限なしです}
--   actual:    {title: 実績, kind: integer, unit: 各単位, description: 空欄は記録なしで、0ではありません}
--   planned:   {title: 予定を足した数, kind: integer, unit: 各単位, description: 実績に、台帳にある年度末までの予定を足したものです}
--   expected:  {title: 3月31日の見込み, kind: number, unit: 各単位}
--   low:       {title: 見込みの下, kind: number, unit: 各単位}
--   high:      {title: 見込みの上, kind: number, unit: 各単位}
--   unit:      {title: 単位}
--   months:    {title: 幅のもとにした月の数, kind: integer, unit: か月}
--   outlook:   {title: 見込みと目標, kind: choice, choices: [届いた, 届く見込み, 予定どおりなら届く, 分からない, 届かない見込み, 想定内の見込み, 想定超の見込み, 想定未満の見込み], description: 幅の全体が下限以上・上限以下のときだけ言い切ります。想定需要に良し悪しはありません}
-- key: [indicator]
-- reads: [contract_targets, procedures, procedure_log, trainings, tool_support, incidents, inquiries, ocr_requests, technology_trials, events, consultations, meetings, deliverables, evaluations, calendar_days]

WITH year AS (
    SELECT
        make_date(year($since - INTERVAL 3 MONTH)::INT, 4, 1)                 AS first_day,
        make_date(year($since - INTERVAL 3 MONTH)::INT + 1, 3, 31)            AS last_day
),

records AS (
    SELECT * FROM contract_records($as_of)
),

targets AS (
    SELECT
        t.indicator || CASE WHEN w.source = '相談' THEN '（' || w.kind || '）' ELSE '' END AS shown,
        t.clause,
        t.nature,
        t.lower * CASE t.rhythm WHEN '月' THEN 12 ELSE 1 END                  AS lower,
        t.upper * CASE t.rhythm WHEN '月' THEN 12 ELSE 1 END                  AS upper,
        t.source_row,
        w.source,
        w.kind,
        w.unit,
        w.measure,
        y.first_day,
        y.last_day,
        CASE
            WHEN w.source = '成果品' THEN least(($as_of - INTERVAL 1 MONTH)::DATE, y.last_day)
            ELSE least($as_of, y.last_day)
        END                                                                   AS reached,
        w.measure IN ('数', '合計') AND w.source <> '評価' AND w.kind NOT IN ('年度報告書', '事例集') AS is_paced,
        w.kind IN ('月次報告会', '月例報告書')                                AS is_monthly
    FROM contract_targets AS t
    CROSS JOIN year AS y
    LEFT JOIN contract_ways() AS w ON w.indicator = t.indicator
    WHERE t.rhythm <> '契約期間'
      AND t.valid_from <= least($as_of, y.last_day)
      AND (t.valid_to IS NULL OR t.valid_to >= least($as_of, y.last_day))
),

counted AS (
    SELECT
        t.shown,
        CASE t.measure
            WHEN '最大' THEN coalesce(max(r.amount) FILTER (WHERE r.day <= $as_of), 0)
            WHEN '合計' THEN coalesce(sum(r.amount) FILTER (WHERE r.day <= $as_of), 0)
            WHEN '最小' THEN min(r.amount) FILTER (WHERE r.day <= $as_of)
            ELSE count(DISTINCT r.item) FILTER (WHERE r.day <= $as_of)
        END                                                                   AS found,
        count(DISTINCT r.item)                                                AS with_planned
    FROM targets AS t
    LEFT JOIN records AS r
        ON r.source = t.source
        AND r.kind = t.kind
        AND (
            (r.day BETWEEN t.first_day AND least(t.last_day, $as_of))
            OR (r.planned_on BETWEEN $as_of AND t.last_day)
        )
    GROUP BY t.shown, t.measure
),

days AS (
    SELECT
        t.shown,
        count(*) FILTER (WHERE d.day <= t.reached)                            AS gone,
        count(*) FILTER (WHERE d.day > t.reached)                             AS remaining
    FROM targets AS t
    JOIN calendar_days AS d ON d.is_open AND d.day BETWEEN t.first_day AND t.last_day
    GROUP BY t.shown
),

months AS (
    SELECT
        date_trunc('month', d.day)::DATE                                      AS month,
        count(*)                                                              AS open_days
    FROM calendar_days AS d
    JOIN year AS y ON d.day BETWEEN y.first_day AND y.last_day
    WHERE d.is_open
    GROUP BY date_trunc('month', d.day)::DATE
),

by_month AS (
    SELECT
        t.shown,
        CASE t.measure WHEN '合計' THEN coalesce(sum(r.amount), 0) ELSE count(DISTINCT r.item) END / m.open_days AS pace
    FROM targets AS t
    JOIN months AS m ON last_day(m.month) <= t.reached
    LEFT JOIN records AS r
        ON r.source = t.source
        AND r.kind = t.kind
        AND r.day BETWEEN t.first_day AND least(t.last_day, $as_of)
        AND r.done_on BETWEEN m.month AND last_day(m.month)
    WHERE t.is_paced
    GROUP BY t.shown, t.measure, m.month, m.open_days
),

paces AS (
    SELECT
        shown,
        count(*)                                                              AS months,
        quantile_cont(pace, 0.1)                                              AS slow,
        quantile_cont(pace, 0.9)                                              AS fast
    FROM by_month
    GROUP BY shown
),

known AS (
    SELECT DISTINCT source
    FROM records
    WHERE day IS NULL OR day <= $as_of
),

waiting AS (
    SELECT count(*)                                                           AS procedures
    FROM priority_procedures_staged($as_of)
    WHERE stage NOT IN ('オンライン化済', '見送り')
),

roomy AS (
    SELECT
        t.shown,
        CASE
            WHEN t.source = '手続' THEN w.procedures
            WHEN t.is_monthly THEN greatest(12 - c.found, 0)
        END                                                                   AS room
    FROM targets AS t
    JOIN counted AS c ON c.shown = t.shown
    CROSS JOIN waiting AS w
),

landed AS (
    SELECT
        t.*,
        CASE WHEN k.source IS NOT NULL THEN c.found END::BIGINT               AS actual,
        CASE WHEN k.source IS NOT NULL AND t.measure = '数' THEN c.with_planned END AS planned,
        p.months,
        CASE
            WHEN k.source IS NOT NULL AND p.months >= 3 THEN c.found + least(o.room, d.remaining * c.found / d.gone)
        END                                                                   AS expected,
        c.found + least(o.room, d.remaining * p.slow)                         AS slow_end,
        c.found + least(o.room, d.remaining * p.fast)                         AS fast_end
    FROM targets AS t
    JOIN counted AS c ON c.shown = t.shown
    JOIN roomy AS o ON o.shown = t.shown
    LEFT JOIN days AS d ON d.shown = t.shown
    LEFT JOIN paces AS p ON p.shown = t.shown
    LEFT JOIN known AS k ON k.source = t.source
),

-- The month that is not over counts for the mean alone, so the band is widened to hold it.
banded AS (
    SELECT
        *,
        CASE WHEN expected IS NOT NULL THEN least(slow_end, expected) END     AS lowest,
        CASE WHEN expected IS NOT NULL THEN greatest(fast_end, expected) END  AS highest
    FROM landed
)

SELECT
    shown                                                                     AS indicator,
    clause,
    nature,
    lower,
    upper,
    actual,
    planned,
    round(expected, 1)                                                        AS expected,
    round(lowest, 1)                                                          AS low,
    round(highest, 1)                                                         AS high,
    unit,
    months,
    CASE
        WHEN nature = '実施' AND actual >= coalesce(lower, 0) THEN '届いた'
        WHEN nature = '実施' AND lowest >= lower THEN '届く見込み'
        WHEN nature = '実施' AND planned >= lower THEN '予定どおりなら届く'
        WHEN lowest IS NULL THEN NULL
        WHEN nature = '実施' AND highest < lower THEN '届かない見込み'
        WHEN nature = '実施' THEN '分からない'
        WHEN lowest > upper THEN '想定超の見込み'
        WHEN highest < lower THEN '想定未満の見込み'
        WHEN lowest >= coalesce(lower, 0) AND coalesce(highest <= upper, true) THEN '想定内の見込み'
        ELSE '分からない'
    END                                                                       AS outlook
FROM banded
ORDER BY source_row NULLS LAST, clause, indicator
