-- title: BPRワークショップと係長級研修の人数（研修別、年度の終了日まで）
-- question: BPRワークショップの30名、係長級研修の50名に届いているか。
-- serves: {workshops: participants, thirty_and_fifty: participants}
-- definition:
--   numerator: ワークショップは参加者のいちばん多い日の人数（同じ人が数日参加するため［仮定］）、係長級研修は各回の参加者の合計（回ごとに別の人のため［仮定］）
--   scope: 年度に実施済のBPRワークショップ（業務担当者）とBPR研修（係長級）
--   exclusions: 予定・中止
--   reference: 実施日の年度で、終了日まで。目標は終了日に適用中の「対象人数」
-- params:
--   since: {title: 年度の初日, kind: date, default: fiscal_year_start}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   kind:         {title: 研修区分}
--   days:         {title: 開催日数, kind: integer, unit: 日}
--   participants: {title: 人数, kind: integer, unit: 人, description: 目標と比べる人数です}
--   target:       {title: 目標の人数, kind: integer, unit: 人}
--   attendances:  {title: 延べ参加者数, kind: integer, unit: 人}
--   unrecorded:   {title: 参加者数の記入がない回, kind: integer, unit: 回}
--   result:       {title: 目標に対して, kind: choice, choices: [届いた, まだ届かない, 未実施]}
-- key: [kind]
-- reads: [trainings, contract_targets]

WITH ways (kind, indicator) AS (
    VALUES
        ('BPRワークショップ(業務担当者)', 'BPRワークショップ 対象人数'),
        ('BPR研修(係長級)', 'BPR研修（係長級） 対象人数')
),

targets AS (
    SELECT indicator, max(lower) AS target
    FROM contract_targets
    WHERE valid_from <= $until AND (valid_to IS NULL OR valid_to >= $until)
    GROUP BY indicator
),

done AS (
    SELECT kind, held_on, attendees
    FROM trainings
    WHERE state = '実施済' AND held_on BETWEEN $since AND $until
),

counted AS (
    SELECT
        w.kind,
        t.target,
        count(DISTINCT d.held_on)                                             AS days,
        count(d.held_on) - count(d.attendees)                                 AS unrecorded,
        sum(d.attendees)::BIGINT                                              AS attendances,
        CASE w.kind WHEN 'BPR研修(係長級)' THEN sum(d.attendees)::BIGINT ELSE max(d.attendees) END AS participants
    FROM ways AS w
    LEFT JOIN done AS d ON d.kind = w.kind
    LEFT JOIN targets AS t ON t.indicator = w.indicator
    GROUP BY w.kind, t.target
)

SELECT
    kind,
    days,
    participants,
    target,
    attendances,
    unrecorded,
    CASE
        WHEN days = 0 THEN '未実施'
        WHEN participants >= target THEN '届いた'
        WHEN participants < target THEN 'まだ届かない'
    END                                                                       AS result
FROM counted
WHERE days > 0 OR target IS NOT NULL
ORDER BY kind = 'BPR研修(係長級)'
