-- title: 相談の初回対応までの日数と対応時間（対象区分別、今年度）
-- question: 相談を受けてから何日で対応し、1件に何分かかっているか。
-- serves: {first_response: [first_median_days, first_p90_days], time_spent: [minutes_median, minutes_p90]}
-- definition:
--   numerator: 初回対応の日数は受付日からいちばん早い対応日までの暦日、対応時間は1件の対応履歴の対応時間の合計（どちらも中央値と90パーセンタイル）
--   scope: 期間に受け付けた相談と、その終了日までの対応
--   exclusions: 台帳から消えた相談。日数では、対応履歴のない相談（数を別に示す）と、受付日より前の対応。対応時間では、時間の書いてある行のない相談
--   reference: 受付日で数える。90パーセンタイルは補間する
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   target:            {title: 対象区分, description: 先頭の行は全体です}
--   cases:             {title: 相談件数（イ＋ウ）, kind: integer, unit: 件, description: 相談のすべてです}
--   acted:             {title: 初回対応のあった件数, kind: integer, unit: 件}
--   waiting:           {title: まだ対応のない件数, kind: integer, unit: 件}
--   first_median_days: {title: 初回対応までの中央値, kind: number, unit: 日}
--   first_p90_days:    {title: 初回対応までの90パーセンタイル, kind: number, unit: 日, description: 10件のうち9件はこの日数までに対応しています}
--   timed:             {title: 対応時間の分かる件数, kind: integer, unit: 件}
--   minutes_median:    {title: 対応時間の中央値, kind: number, unit: 分}
--   minutes_p90:       {title: 対応時間の90パーセンタイル, kind: number, unit: 分}
-- key: [target]
-- reads: [consultations, consultation_log]

WITH by_case AS (
    SELECT
        c.consultation_id,
        c.target,
        min(l.acted_on) FILTER (WHERE l.acted_on >= c.received_on) - c.received_on AS first_days,
        sum(l.handling_minutes)                                               AS minutes
    FROM consultations AS c
    LEFT JOIN consultation_log AS l ON l.consultation_id = c.consultation_id AND l.acted_on <= $until
    WHERE c.received_on >= $since AND c.received_on <= $until
    GROUP BY c.consultation_id, c.target, c.received_on
),

grouped AS (
    SELECT
        '全体'                                                                  AS target,
        first_days,
        minutes
    FROM by_case
    UNION ALL
    SELECT
        target,
        first_days,
        minutes
    FROM by_case
)

SELECT
    target,
    count(*)                                                                  AS cases,
    count(first_days)                                                         AS acted,
    count(*) - count(first_days)                                              AS waiting,
    round(median(first_days), 1)                                              AS first_median_days,
    round(quantile_cont(first_days, 0.9), 1) AS first_p90_days,
    count(minutes)                                                            AS timed,
    round(median(minutes::DOUBLE), 1)                                         AS minutes_median,
    round(quantile_cont(minutes::DOUBLE, 0.9), 1) AS minutes_p90
FROM grouped
GROUP BY target
ORDER BY target <> '全体', list_position(['介護サービス事業者・施設', '自治町会', 'NPO・地域活動団体', 'その他関係団体'], target) NULLS LAST
