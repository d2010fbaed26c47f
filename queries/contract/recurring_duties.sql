-- title: 毎月・半期・毎年の務め（務め別の一覧、年度）
-- question: 毎月・半期・毎年の務めは、この年度のどれが済み、どれがまだで、いつまでか。
-- serves: {monthly_duties: [due_on, state], half_yearly_duties: [due_on, state], yearly_duties: [due_on, state]}
-- definition:
--   numerator: 務めと期間ごとに、済んだ日と期限
--   scope: 契約の目標に月次報告会・月例報告書・評価・年度報告書・事例集のあるもの（基準日か年度末日に適用中）と、年度ごとの電子媒体の納品
--   exclusions: DX公表資料（公表の記録で数える）
--   reference: 基準日までに済んだもの。評価は、基準日より前に終わった半期のもの。月次報告会はその月の末日、月例報告書は成果品の提出期限（指定日の14日前、閉庁日なら前の開庁日。行がなければ翌月の末日［仮定］）、年度報告書・事例集は提出期限（なければ3月31日［仮定］）、電子媒体は3月31日。評価は期限の定めがない
-- params:
--   since: {title: 年度の初日, kind: date, default: fiscal_year_start}
--   as_of: {title: 基準日, kind: date, default: today}
-- columns:
--   rhythm:  {title: 周期, kind: choice, choices: [毎月, 半期, 毎年]}
--   duty:    {title: すること}
--   side:    {title: 動く側, kind: choice, choices: [区, 受注者]}
--   period:  {title: 期間の初日, kind: date}
--   due_on:  {title: 期限, kind: date, description: 空欄は期限の定めがないものです}
--   done_on: {title: 済んだ日, kind: date, description: 日付の記録がない評価と電子媒体は、済んでいても空欄です}
--   state:   {title: 状態, kind: choice, choices: [済, 期限超過, まだ, これから], description: 「まだ」は期間に入り、期限を過ぎていないものです}
-- key: [duty, period]
-- reads: [contract_targets, meetings, deliverables, evaluations, calendar_days]

WITH year AS (
    SELECT
        make_date(year($since - INTERVAL 3 MONTH)::INT, 4, 1)                 AS first_day,
        make_date(year($since - INTERVAL 3 MONTH)::INT + 1, 3, 31)            AS last_day,
        '令和' || (year($since - INTERVAL 3 MONTH) - 2018) || '年度'          AS title
),

wanted AS (
    SELECT DISTINCT t.indicator
    FROM contract_targets AS t
    JOIN year AS y ON t.valid_from <= least($as_of, y.last_day)
    WHERE t.valid_to IS NULL OR t.valid_to >= least($as_of, y.last_day)
),

delivered AS (
    SELECT
        d.kind,
        d.month,
        min(coalesce(d.due_on, due.day))                                      AS due_on,
        min(d.submitted_on) FILTER (WHERE d.submitted_on <= $as_of)           AS done_on
    FROM deliverables AS d
    JOIN year AS y ON 2018 + regexp_extract(d.fiscal_year, '[0-9]+')::INT = year(y.first_day)
    LEFT JOIN calendar_days AS before ON before.day = d.designated_on - 14
    LEFT JOIN calendar_days AS due ON due.is_open AND due.ordinal = before.ordinal
    GROUP BY d.kind, d.month
),

months AS (
    SELECT unnest(generate_series(first_day, last_day, INTERVAL 1 MONTH))::DATE AS month
    FROM year
),

duties (position, rhythm, duty, side, period, until, due_on, done_on, is_done) AS (
    SELECT 1, '毎月', '月次報告会', '受注者', m.month, last_day(m.month), last_day(m.month), h.held_on, h.held_on IS NOT NULL
    FROM months AS m
    JOIN wanted AS w ON w.indicator = '月次報告会'
    LEFT JOIN (
        SELECT date_trunc('month', held_on)::DATE AS month, min(held_on)      AS held_on
        FROM meetings
        WHERE kind = '月次報告会' AND held_on <= $as_of
        GROUP BY date_trunc('month', held_on)::DATE
    ) AS h ON h.month = m.month
    UNION ALL
    SELECT
        2,
        '毎月',
        '月例報告書',
        '受注者',
        m.month,
        last_day(m.month),
        coalesce(d.due_on, last_day(m.month + INTERVAL 1 MONTH)),
        d.done_on,
        d.done_on IS NOT NULL
    FROM months AS m
    JOIN wanted AS w ON w.indicator = '月例報告書'
    LEFT JOIN delivered AS d ON d.kind = '月例報告書' AND d.month = m.month
    UNION ALL
    SELECT
        3,
        '半期',
        h.half || 'の評価',
        '区',
        (y.first_day + h.begins)::DATE,
        (y.first_day + h.begins + INTERVAL 6 MONTH - INTERVAL 1 DAY)::DATE,
        NULL,
        NULL,
        EXISTS (
            SELECT 1
            FROM evaluations_known($as_of) AS e
            WHERE e.fiscal_year = y.title AND e.half = h.half AND e.rating IS NOT NULL
        )
    FROM year AS y
    CROSS JOIN (VALUES ('上期', INTERVAL 0 MONTH), ('下期', INTERVAL 6 MONTH)) AS h (half, begins)
    JOIN wanted AS w ON w.indicator = '評価'
    UNION ALL
    SELECT
        4,
        '毎年',
        w.indicator,
        '受注者',
        y.first_day,
        y.last_day,
        coalesce(d.due_on, y.last_day),
        d.done_on,
        d.done_on IS NOT NULL
    FROM year AS y
    JOIN wanted AS w ON w.indicator IN ('年度報告書', '事例集')
    LEFT JOIN (
        SELECT kind, min(due_on) AS due_on, min(done_on)                      AS done_on
        FROM delivered
        GROUP BY kind
    ) AS d ON d.kind = w.indicator
    UNION ALL
    SELECT
        5,
        '毎年',
        '電子媒体の納品',
        '受注者',
        y.first_day,
        y.last_day,
        y.last_day,
        NULL,
        bool_or(d.media_delivery = '済')
    FROM year AS y
    JOIN deliverables AS d ON d.fiscal_year = y.title
    GROUP BY y.first_day, y.last_day
)

SELECT
    rhythm,
    duty,
    side,
    period,
    due_on,
    done_on,
    CASE
        WHEN is_done THEN '済'
        WHEN due_on < $as_of THEN '期限超過'
        WHEN due_on IS NULL AND until >= $as_of THEN 'これから'
        WHEN period > $as_of THEN 'これから'
        ELSE 'まだ'
    END                                                                       AS state
FROM duties
ORDER BY position, period, duty
