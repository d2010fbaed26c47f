-- title: 相談の件数・延べ回数・満足度（選んだ区分別、{since}から{until}まで）
-- question: どの地域・対象・分野・手段・段階の相談に、何回対応し、どれだけ満足されたか。
-- serves: {cases_area: cases, visits: visits, time_spent: handling_minutes, consultation_satisfaction: satisfaction, cases_target: cases, cases_field: cases, cases_means: cases, cases_stage: cases}
-- definition:
--   numerator: 期間に受け付けた相談の件数（イ＋ウのすべて）と、その相談への終了日までの対応の延べ回数・対応時間
--   denominator: 期間に受け付けた相談の件数
--   scope: 相談・伴走支援の台帳にある相談を、選んだ区分で分ける。延べ回数に、期間の前に受け付けた相談への対応は入らないので、年度の延べ回数（主な数値）より少ないことがある。相談分野だけは1件に2つ以上あるとそれぞれで数えるため、合計は件数より大きくなる
--   exclusions: 台帳から消えた相談
--   reference: 受付日で数える。段階・満足度は台帳を取り込んだ時のもの。手段は受け付けた手段で、満足度は答えのある相談の平均（5点満点）
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start}
--   until: {title: 終了日, kind: date, default: today}
--   by:    {title: 区分, kind: choice, default: 地域, choices: [地域, 対象区分, 相談分野, 手段, 支援段階]}
-- columns:
--   value:            {title: 区分の値, description: 空欄の相談は「（記入なし）」です}
--   cases:            {title: 相談件数（イ＋ウ）, kind: integer, unit: 件}
--   total:            {title: 全相談件数（イ＋ウ）, kind: integer, unit: 件, description: 重なりを除いた数です}
--   share:            {title: 割合, kind: number, unit: "%"}
--   visits:           {title: 期間に受け付けた相談への延べ回数, kind: integer, unit: 回}
--   handling_minutes: {title: 対応時間, kind: integer, unit: 分, description: 対応時間が1行も書いていなければ空欄です}
--   rated:            {title: 満足度を答えた相談, kind: integer, unit: 件}
--   satisfaction:     {title: 満足度の平均, kind: number, unit: 点}
-- key: [value]
-- reads: [consultations, consultation_log]

WITH cases AS (
    SELECT
        consultation_id,
        satisfaction,
        unnest(
            CASE $by
                WHEN '相談分野' THEN CASE WHEN len(fields) > 0 THEN fields ELSE ['（記入なし）'] END
                WHEN '地域' THEN [coalesce(area, '（記入なし）')]
                WHEN '対象区分' THEN [target]
                WHEN '手段' THEN [coalesce(channel, '（記入なし）')]
                ELSE [stage]
            END
        )                                                                     AS value
    FROM consultations
    WHERE received_on BETWEEN $since AND $until
),

acted AS (
    SELECT
        consultation_id,
        count(*)                                                              AS visits,
        sum(handling_minutes)                                                 AS minutes
    FROM consultation_log
    WHERE acted_on <= $until
    GROUP BY consultation_id
)

SELECT
    c.value,
    count(*)                                                                  AS cases,
    (SELECT count(DISTINCT consultation_id) FROM cases)                       AS total,
    round(100.0 * count(*) / (SELECT count(DISTINCT consultation_id) FROM cases), 1) AS share,
    coalesce(sum(a.visits), 0)::BIGINT                                        AS visits,
    sum(a.minutes)::BIGINT                                                    AS handling_minutes,
    count(c.satisfaction)                                                     AS rated,
    round(avg(c.satisfaction), 1)                                             AS satisfaction
FROM cases AS c
LEFT JOIN acted AS a ON a.consultation_id = c.consultation_id
GROUP BY c.value
ORDER BY c.value = '（記入なし）', count(*) DESC, c.value
