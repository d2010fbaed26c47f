-- title: 展示会から相談へ（展示会別、今年度）
-- question: 展示会に来た団体が、相談や伴走支援に進んだか。
-- serves: {from_exhibition: [cases, support_cases]}
-- definition:
--   numerator: 展示会の日から90日以内に、手段「展示会」で受け付けた相談の件数（いちばん近い前の展示会に入れる）。イ＋ウは相談のすべて、ウは伴走支援に進んだ相談（段階が伴走支援・経過確認、または完了・辞退で構築完了日があるか、伴走支援だったことを観測したもの）
--   denominator: その展示会の参加団体数
--   scope: 期間に開いた、状況が実施済の展示会
--   exclusions: 講習会、中止・企画・募集中のもの。どの展示会からか分からない相談（最後の行に数だけ示す）
--   reference: 開催日で数え、相談は受付日が終了日までのもの。会場の相談件数と移行件数は主催者が報告した数で、相談の台帳から数えた件数とは別のもの。台帳に手段「展示会」の相談がなければ、報告があっても0件
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   event_id:         {title: イベント番号}
--   event:            {title: 展示会}
--   held_on:          {title: 開催日, kind: date}
--   attendees:        {title: 来場者数, kind: integer, unit: 人}
--   organisations:    {title: 参加団体数, kind: integer, unit: 団体}
--   consulted:        {title: 会場の相談件数（主催者の報告）, kind: integer, unit: 件, description: 主催者の記録で、相談の台帳とは別のものです}
--   moved_to_support: {title: 移行件数（主催者の報告）, kind: integer, unit: 件, description: 主催者の記録で、相談の台帳とは別のものです}
--   cases:            {title: 相談の台帳の件数（イ＋ウ）, kind: integer, unit: 件, description: 相談の台帳から数えた、相談のすべてです}
--   support_cases:    {title: 相談の台帳のうち伴走支援の件数（ウ）, kind: integer, unit: 件, description: 相談の台帳から数えた、伴走支援に進んだ相談です}
--   cases_rate:       {title: 相談になった割合, kind: number, unit: "%", description: 相談件数÷参加団体数です}
-- key: [event_id]
-- reads: [events, consultations]

WITH supported AS (
    -- 伴走支援 was reached: it is the stage now, or was before the case ended.
    SELECT
        c.consultation_id,
        c.stage IN ('伴走支援', '経過確認')
            OR (c.stage IN ('完了', '辞退') AND (c.built_on IS NOT NULL OR h.consultation_id IS NOT NULL)) AS is_support
    FROM consultations AS c
    LEFT JOIN (
        SELECT DISTINCT consultation_id
        FROM consultations_history
        WHERE column_name = 'stage' AND (old = '伴走支援' OR new = '伴走支援')
    ) AS h ON h.consultation_id = c.consultation_id
),

exhibitions AS (
    SELECT
        event_id,
        event,
        held_on,
        attendees,
        organisations,
        consulted,
        moved_to_support
    FROM events
    WHERE kind = '展示会'
      AND state = '実施済'
      AND held_on <= $until
),

-- Exhibitions before the period keep the cases that came from them.
origins AS (
    SELECT
        c.consultation_id,
        s.is_support,
        c.received_on,
        arg_max(e.event_id, (e.held_on, e.event_id))                          AS event_id
    FROM consultations AS c
    JOIN supported AS s ON s.consultation_id = c.consultation_id
    LEFT JOIN exhibitions AS e ON e.held_on <= c.received_on AND c.received_on <= e.held_on + INTERVAL 90 DAY
    WHERE c.channel = '展示会'
      AND c.received_on <= $until
    GROUP BY c.consultation_id, s.is_support, c.received_on
),

listed AS (
    SELECT
        e.event_id,
        e.event,
        e.held_on,
        e.attendees,
        e.organisations,
        e.consulted,
        e.moved_to_support,
        count(o.consultation_id)                                              AS cases,
        count(*) FILTER (WHERE o.is_support)                                  AS support_cases
    FROM exhibitions AS e
    LEFT JOIN origins AS o ON o.event_id = e.event_id
    WHERE e.held_on >= $since
    GROUP BY
        e.event_id,
        e.event,
        e.held_on,
        e.attendees,
        e.organisations,
        e.consulted,
        e.moved_to_support
    UNION ALL
    SELECT
        '－',
        '（どの展示会か分からない相談）',
        NULL,
        NULL,
        NULL,
        NULL,
        NULL,
        count(*),
        count(*) FILTER (WHERE is_support)
    FROM origins
    WHERE event_id IS NULL AND received_on >= $since
    HAVING count(*) > 0
)

SELECT
    event_id,
    event,
    held_on,
    attendees,
    organisations,
    consulted,
    moved_to_support,
    cases,
    support_cases,
    round(100.0 * cases / nullif(organisations, 0), 1)                        AS cases_rate
FROM listed
ORDER BY held_on NULLS LAST, event_id
