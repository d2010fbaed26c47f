-- title: 研修の満足度と理解度（研修区分別の平均、期間）
-- question: 研修は参加者に役立ったか。アンケートはどれだけ集まったか。
-- serves: {training_satisfaction: satisfaction}
-- definition:
--   numerator: 区分ごとのアンケート回収数（回収率の分子）。満足度・理解度（5段階）は、記入のある研修を回収数で重みを付けて平均したもの
--   denominator: 参加者数（回収率の分母で、参加者数と回収数の両方がある研修のもの）
--   scope: 開始日から終了日までに実施済の研修
--   exclusions: 予定・中止。回収数の空欄・0件の研修は平均に入れない
--   reference: 実施日
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   kind:          {title: 研修区分}
--   sessions:      {title: 研修の回数, kind: integer, unit: 回}
--   attendees:     {title: 回収率の分母の参加者数, kind: integer, unit: 人}
--   responses:     {title: アンケート回収数, kind: integer, unit: 件}
--   response_rate: {title: アンケート回収率, kind: number, unit: "%"}
--   satisfaction:  {title: 満足度, kind: number, unit: 点, description: 空欄は記入なしです}
--   understanding: {title: 理解度, kind: number, unit: 点, description: 空欄は記入なしです}
-- key: [kind]
-- reads: [trainings]

WITH done AS (
    SELECT kind, attendees, responses, satisfaction, understanding
    FROM trainings
    WHERE state = '実施済' AND held_on BETWEEN $since AND $until
),

summed AS (
    SELECT
        kind,
        count(*)                                                              AS sessions,
        sum(attendees) FILTER (WHERE responses IS NOT NULL)::BIGINT           AS attendees,
        sum(responses) FILTER (WHERE attendees IS NOT NULL)::BIGINT           AS responses,
        sum(satisfaction * responses)                                         AS satisfied,
        sum(responses) FILTER (WHERE satisfaction IS NOT NULL)                AS satisfaction_weight,
        sum(understanding * responses)                                        AS understood,
        sum(responses) FILTER (WHERE understanding IS NOT NULL)               AS understanding_weight
    FROM done
    GROUP BY kind
)

SELECT
    kind,
    sessions,
    attendees,
    responses,
    round(100.0 * responses / nullif(attendees, 0), 1)                        AS response_rate,
    round(satisfied / nullif(satisfaction_weight, 0), 2)                      AS satisfaction,
    round(understood / nullif(understanding_weight, 0), 2)                    AS understanding
FROM summed
ORDER BY kind
