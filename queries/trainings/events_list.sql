-- title: 展示会・講習会の一覧（1回ごとの出展社・来場者・相談、期間）
-- question: 展示会と講習会に、何社が出展し、何人が来て、何件が相談・伴走支援につながったか。
-- serves: {exhibition_visitors: attendees, exhibitors: exhibitors, exhibition_consultations: moved_to_support, courses: event}
-- definition:
--   numerator: 1回ごとの出展社数、来場者数、会場での相談件数、相談・伴走への移行件数（主催者の記録）
--   scope: 開催日が開始日から終了日の年度の末日までの展示会・講習会（企画・募集中を含む）
--   exclusions: なし。会場での相談件数は、相談・伴走支援の件数（相談番号の数）には入らない
--   reference: 開催日。終了日より後の実施済は、その時点ではまだなので「予定」とし、出展社数と結果を示さない。中止は、決めた日の記録がなく、開くと思わせないよう中止のまま示す。出展社数の目標は終了日に適用中の「展示会 出展社数（1回あたり）」
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   event_id:         {title: イベント番号}
--   held_on:          {title: 開催日, kind: date}
--   kind:             {title: 区分}
--   event:            {title: 名称}
--   state:            {title: 状況, kind: choice, choices: [企画, 募集中, 実施済, 中止, 予定], description: 「予定」は、終了日より後に実施したものです}
--   exhibitors:       {title: 出展社数, kind: integer, unit: 社, description: 空欄は不明で、0社ではありません}
--   exhibitor_target: {title: 出展社数の目標, kind: integer, unit: 社}
--   exhibitor_result: {title: 出展社数の目標に対して, kind: choice, choices: [届いた, 足りない, 不明]}
--   capacity:         {title: 定員, kind: integer, unit: 人}
--   attendees:        {title: 来場者数, kind: integer, unit: 人}
--   organisations:    {title: 参加団体数, kind: integer, unit: 団体}
--   consulted:        {title: 会場での相談件数（主催者の報告）, kind: integer, unit: 件}
--   moved_to_support: {title: 相談・伴走への移行件数（主催者の報告）, kind: integer, unit: 件}
-- key: [event_id]
-- reads: [events, contract_targets]

WITH target AS (
    SELECT max(lower) AS lower
    FROM contract_targets
    WHERE indicator = '展示会 出展社数（1回あたり）'
      AND valid_from <= $until
      AND (valid_to IS NULL OR valid_to >= $until)
),

listed AS (
    SELECT
        * REPLACE (
            CASE WHEN state = '実施済' AND held_on > $until THEN '予定' ELSE state END AS state,
            CASE WHEN state <> '実施済' OR held_on <= $until THEN exhibitors END AS exhibitors,
            CASE WHEN held_on <= $until THEN attendees END                    AS attendees,
            CASE WHEN held_on <= $until THEN organisations END                AS organisations,
            CASE WHEN held_on <= $until THEN consulted END                    AS consulted,
            CASE WHEN held_on <= $until THEN moved_to_support END             AS moved_to_support
        )
    FROM events
    WHERE held_on BETWEEN $since AND make_date(year($until - INTERVAL 3 MONTH)::INT + 1, 3, 31)
)

SELECT
    e.event_id,
    e.held_on,
    e.kind,
    e.event,
    e.state,
    e.exhibitors,
    CASE WHEN e.kind = '展示会' THEN t.lower END                              AS exhibitor_target,
    CASE
        WHEN e.kind <> '展示会' OR e.state <> '実施済' OR t.lower IS NULL THEN NULL
        WHEN e.exhibitors IS NULL THEN '不明'
        WHEN e.exhibitors >= t.lower THEN '届いた'
        ELSE '足りない'
    END                                                                       AS exhibitor_result,
    e.capacity,
    e.attendees,
    e.organisations,
    e.consulted,
    e.moved_to_support
FROM listed AS e
CROSS JOIN target AS t
ORDER BY e.held_on DESC, e.event_id
