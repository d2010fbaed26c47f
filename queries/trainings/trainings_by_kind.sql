-- title: 研修の回数と目標（研修区分別、年度の終了日まで）
-- question: 研修の回数は、区分ごとに契約の目標に届いているか。
-- serves: {trainings: held, workshops: held}
-- definition:
--   numerator: 区分ごとの実施済の研修の回数（BPRワークショップは開催日数）
--   scope: 契約の目標に回数のある区分と、研修の記録がある区分
--   exclusions: 予定と中止（別に示す）
--   reference: 実施日の年度で、終了日まで。目標は終了日に適用中のもの。目安との比較は「契約の目標と実績」にある
-- params:
--   since: {title: 年度の初日, kind: date, default: fiscal_year_start}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   kind:      {title: 研修区分}
--   held:      {title: 実施, kind: integer, unit: 回, description: BPRワークショップは日数です}
--   lower:     {title: 目標の下限, kind: integer, unit: 回, description: 空欄は目標なしです}
--   upper:     {title: 目標の上限, kind: integer, unit: 回}
--   remaining: {title: 下限までの残り, kind: integer, unit: 回}
--   planned:   {title: 予定, kind: integer, unit: 回, description: 年度末までの予定です}
--   cancelled: {title: 中止, kind: integer, unit: 回}
--   attendees: {title: 延べ参加者数, kind: integer, unit: 人}
--   result:    {title: 目標に対して, kind: choice, choices: [下限に届いた, 上限を超えた, まだ届かない]}
-- key: [kind]
-- figure: held
-- publish:
--   decision: 案（区の決定待ち）［仮定］
--   unit: 人
--   count: attendees
--   measure: 研修の参加
--   columns: [kind, held, lower, upper, attendees]
--   definition:
--     exclusions: 予定と中止
--     reference: 実施日の年度で、終了日まで。目標は終了日に適用中のもの
-- reads: [trainings, contract_targets]

WITH ways (kind, indicator) AS (
    VALUES
        ('ノーコード研修', 'ノーコード 研修'),
        ('データ利活用研修', 'データ利活用 研修'),
        ('OCR・RPA研修', 'OCR・RPA 研修'),
        ('BPRワークショップ(業務担当者)', 'BPRワークショップ 開催日数'),
        ('BPR研修(係長級)', 'BPR研修（係長級） 開催回数')
),

targets AS (
    SELECT w.kind, t.lower, t.upper
    FROM contract_targets AS t
    JOIN ways AS w ON w.indicator = t.indicator
    WHERE t.valid_from <= $until AND (t.valid_to IS NULL OR t.valid_to >= $until)
),

counted AS (
    SELECT
        kind,
        count(DISTINCT CASE WHEN kind = 'BPRワークショップ(業務担当者)' THEN held_on::VARCHAR ELSE training_id END)
            FILTER (WHERE state = '実施済' AND held_on <= $until)             AS held,
        count(*) FILTER (WHERE state = '予定' OR (state = '実施済' AND held_on > $until)) AS planned,
        count(*) FILTER (WHERE state = '中止')                                AS cancelled,
        sum(attendees) FILTER (WHERE state = '実施済' AND held_on <= $until)  AS attendees
    FROM trainings
    WHERE held_on BETWEEN $since AND make_date(year($until - INTERVAL 3 MONTH)::INT + 1, 3, 31)
    GROUP BY kind
),

joined AS (
    SELECT
        coalesce(t.kind, c.kind)                                              AS kind,
        t.lower,
        t.upper,
        CASE WHEN EXISTS (SELECT 1 FROM trainings) THEN coalesce(c.held, 0) END AS held,
        coalesce(c.planned, 0)                                                AS planned,
        coalesce(c.cancelled, 0)                                              AS cancelled,
        c.attendees
    FROM targets AS t
    FULL JOIN counted AS c ON c.kind = t.kind
)

SELECT
    kind,
    held,
    lower,
    upper,
    CASE WHEN held < lower THEN lower - held WHEN lower IS NOT NULL AND held IS NOT NULL THEN 0 END AS remaining,
    planned,
    cancelled,
    CASE WHEN held = 0 THEN 0 ELSE attendees::BIGINT END                      AS attendees,
    CASE
        WHEN lower IS NULL OR held IS NULL THEN NULL
        WHEN held > upper THEN '上限を超えた'
        WHEN held >= lower THEN '下限に届いた'
        ELSE 'まだ届かない'
    END                                                                       AS result
FROM joined
ORDER BY lower IS NULL, kind
