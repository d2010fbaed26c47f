-- title: 相談・伴走支援（手段別、今年度）
-- question: 相談は何で受け、何で対応しているか。
-- serves: {cases_means: cases, visits: visits}
-- definition:
--   numerator: その手段で受け付けた相談の件数と、その手段で対応した延べ回数
--   denominator: 期間に受け付けた相談の件数（割合は受付の手段について）
--   scope: 件数は期間に受け付けた相談、延べ回数は期間に対応した対応履歴の行（前から続く相談への対応を含む）
--   exclusions: 台帳から消えた相談
--   reference: 件数は受付日、延べ回数は対応日
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   channel:          {title: 手段, description: 空欄は「（記入なし）」です}
--   cases:            {title: 受け付けた相談件数（イ＋ウ）, kind: integer, unit: 件}
--   total:            {title: 全相談件数（イ＋ウ）, kind: integer, unit: 件}
--   share:            {title: 割合, kind: number, unit: "%"}
--   visits:           {title: 対応した延べ回数, kind: integer, unit: 回}
--   handling_minutes: {title: 対応時間, kind: integer, unit: 分, description: 対応時間が1行も書いていなければ空欄です}
-- key: [channel]
-- reads: [consultations, consultation_log]

WITH cases AS (
    SELECT
        coalesce(channel, '（記入なし）')                                           AS channel,
        count(*)                                                              AS cases
    FROM consultations
    WHERE received_on >= $since AND received_on <= $until
    GROUP BY coalesce(channel, '（記入なし）')
),

visits AS (
    SELECT
        coalesce(channel, '（記入なし）')                                           AS channel,
        count(*)                                                              AS visits,
        sum(handling_minutes)::BIGINT                                         AS handling_minutes
    FROM consultation_log
    WHERE acted_on >= $since AND acted_on <= $until
    GROUP BY coalesce(channel, '（記入なし）')
),

total AS (
    SELECT
        coalesce(sum(cases), 0)::BIGINT                                       AS total
    FROM cases
)

SELECT
    coalesce(c.channel, v.channel)                                            AS channel,
    coalesce(c.cases, 0)                                                      AS cases,
    t.total,
    round(100.0 * coalesce(c.cases, 0) / nullif(t.total, 0), 1)               AS share,
    coalesce(v.visits, 0)                                                     AS visits,
    v.handling_minutes
FROM cases AS c
FULL OUTER JOIN visits AS v ON v.channel = c.channel
CROSS JOIN total AS t
ORDER BY list_position(['来庁', '訪問', 'Web会議', '電話', 'メール', '展示会'], coalesce(c.channel, v.channel)) NULLS LAST
