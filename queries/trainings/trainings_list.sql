-- title: 研修の一覧（1回ごとの定員と参加者、期間）
-- question: どの研修に、定員に対して何人が参加したか。これからの研修は何か。
-- serves: {seats: fill_rate, sections_attending: sections}
-- definition:
--   numerator: 1回の研修の参加者数
--   denominator: 定員の人数
--   scope: 実施日が開始日から終了日の年度の末日までの研修（予定を含む）
--   exclusions: なし
--   reference: 実施日。終了日より後の実施済は、その時点ではまだなので「予定」とし、申込者数と結果を示さない。中止は、決めた日の記録がなく、開くと思わせないよう中止のまま示す。参加者数・参加課数・満足度は、終了日までに実施済のものだけを示す
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   training_id:   {title: 研修番号}
--   held_on:       {title: 実施日, kind: date}
--   kind:          {title: 研修区分}
--   training:      {title: 研修名}
--   session:       {title: 回, kind: integer, unit: 回目}
--   state:         {title: 状況, kind: choice, choices: [予定, 実施済, 中止, 予定日を過ぎた予定], description: 実施日を過ぎても予定のままのものは分けて示します}
--   capacity:      {title: 定員, kind: integer, unit: 人}
--   registrations: {title: 申込者数, kind: integer, unit: 人}
--   attendees:     {title: 参加者数, kind: integer, unit: 人}
--   fill_rate:     {title: 定員に対する割合, kind: number, unit: "%"}
--   sections:      {title: 参加課数, kind: integer, unit: 課}
--   satisfaction:  {title: 満足度, kind: number, unit: 点}
-- key: [training_id]
-- reads: [trainings]

WITH listed AS (
    SELECT
        *,
        state = '実施済' AND held_on <= $until                                AS is_done,
        state = '実施済' AND held_on > $until                                 AS is_later
    FROM trainings
    WHERE held_on BETWEEN $since AND make_date(year($until - INTERVAL 3 MONTH)::INT + 1, 3, 31)
)

SELECT
    training_id,
    held_on,
    kind,
    training,
    session,
    CASE
        WHEN state = '予定' AND held_on < $until THEN '予定日を過ぎた予定'
        WHEN is_later THEN '予定'
        ELSE state
    END                                                                       AS state,
    capacity,
    CASE WHEN NOT is_later THEN registrations END                             AS registrations,
    CASE WHEN is_done THEN attendees END                                      AS attendees,
    CASE WHEN is_done THEN round(100.0 * attendees / nullif(capacity, 0), 1) END AS fill_rate,
    CASE WHEN is_done THEN section_count END                                  AS sections,
    CASE WHEN is_done THEN satisfaction END                                   AS satisfaction
FROM listed
ORDER BY held_on DESC, training_id
