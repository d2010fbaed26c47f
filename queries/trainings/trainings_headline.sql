-- title: 研修・イベント・新技術の主な数値（実施数、期間の合計）
-- question: 研修・ツール活用支援・イベント・新技術の検討は、どれだけ行われたか。
-- serves: {trainings: sessions}
-- definition:
--   numerator: 実施済の研修の回数と参加者の延べ人数、完了したツール活用支援、実施済の展示会・講習会、期間に始めた新技術の検討
--   denominator: なし（件数）。満足度は、アンケート回収数で重みを付けた平均（回収数で割る）
--   scope: 開始日から終了日までの実施日・開催日・検討開始日。ツール活用支援は年度の区分による
--   exclusions: 予定・中止
--   reference: 終了日までに実施したもの。台帳が届いていない項目は0でなく空欄
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   until:        {title: 終了日, kind: date}
--   sessions:     {title: 研修の回数, kind: integer, unit: 回}
--   attendees:    {title: 研修の延べ参加者数, kind: integer, unit: 人}
--   responses:    {title: アンケート回収数, kind: integer, unit: 件, description: 満足度の記入がある研修の回収数です}
--   satisfaction: {title: 研修の満足度, kind: number, unit: 点, description: 5段階の平均です}
--   supports:     {title: ツール活用支援, kind: integer, unit: 件, description: 完了した件数です（支援区分が研修のものを除く）}
--   saved_hours:  {title: 支援による削減時間, kind: number, unit: 時間/年, description: 記入のあるものの合計です}
--   events:       {title: 展示会・講習会, kind: integer, unit: 回}
--   visitors:     {title: 展示会・講習会の来場者数, kind: integer, unit: 人}
--   technologies: {title: 新技術等の検討, kind: integer, unit: 件}
-- key: [until]
-- publish:
--   decision: 案（区の決定待ち）［仮定］
--   unit: 人
--   count: attendees
--   measure: 研修の参加
--   columns: [until, sessions, attendees, events]
--   title: 研修・イベントの主な数値（実施数、期間の合計）
--   definition:
--     numerator: 実施済の研修の回数と参加者の延べ人数、実施済の展示会・講習会
--     denominator: なし（件数）
--     scope: 開始日から終了日までの実施日・開催日
-- reads: [trainings, tool_support, events, technology_trials]

WITH trained AS (
    SELECT
        count(*) FILTER (WHERE is_done)                                       AS sessions,
        sum(attendees) FILTER (WHERE is_done)                                 AS attendees,
        sum(responses) FILTER (WHERE is_done AND satisfaction IS NOT NULL)    AS responses,
        sum(satisfaction * responses) FILTER (WHERE is_done)                  AS points
    FROM (SELECT *, state = '実施済' AND held_on BETWEEN $since AND $until AS is_done FROM trainings) AS t
    HAVING count(*) > 0
),

supported AS (
    SELECT
        count(*) FILTER (WHERE is_done)                                       AS supports,
        sum(saved_hours) FILTER (WHERE is_done)                               AS saved_hours
    FROM (
        SELECT
            *,
            state = '完了'
                AND kind <> '研修'
                AND coalesce(finished_on, $until) <= $until
                AND 2018 + regexp_extract(fiscal_year, '[0-9]+')::INT
                    BETWEEN year($since - INTERVAL 3 MONTH) AND year($until - INTERVAL 3 MONTH) AS is_done
        FROM tool_support
    ) AS s
    HAVING count(*) > 0
),

staged AS (
    SELECT
        count(*) FILTER (WHERE is_done)                                       AS events,
        sum(attendees) FILTER (WHERE is_done)                                 AS visitors
    FROM (SELECT *, state = '実施済' AND held_on BETWEEN $since AND $until AS is_done FROM events) AS e
    HAVING count(*) > 0
),

tried AS (
    SELECT count(*) FILTER (WHERE started_on BETWEEN $since AND $until)       AS technologies
    FROM technology_trials
    HAVING count(*) > 0
)

SELECT
    $until::DATE                                                              AS until,
    t.sessions,
    t.attendees::BIGINT                                                       AS attendees,
    t.responses::BIGINT                                                       AS responses,
    round(t.points / nullif(t.responses, 0), 2)                               AS satisfaction,
    s.supports,
    s.saved_hours,
    e.events,
    e.visitors::BIGINT                                                        AS visitors,
    n.technologies
FROM (SELECT 1 AS one) AS anchor
LEFT JOIN trained AS t ON true
LEFT JOIN supported AS s ON true
LEFT JOIN staged AS e ON true
LEFT JOIN tried AS n ON true
WHERE coalesce(t.sessions, s.supports, e.events, n.technologies) IS NOT NULL
ORDER BY until
