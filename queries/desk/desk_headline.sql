-- title: 庁内対応の主な数値（問合せ・AI-OCR・不具合、基準日の月と今年度）
-- question: 今月の問合せ、AI-OCR依頼、キャッシュレス不具合は契約の想定に比べてどうか。滞りはないか。
-- serves: {helpdesk_first_line: first_line_rate, time_to_answer: median_hours, ocr_requests: month_requests}
-- definition:
--   numerator: 今月の件数は、基準日の月の、基準日までの件数。一次解決率は、一次解決が「有」の問合せの件数
--   denominator: 一次解決率は、一次解決の有無が書かれた問合せの件数
--   scope: 問合せ等は対象が「電子申請」のすべての作業区分。一次解決率と回答までの時間は、今年度に受け付けた作業区分「問合せ対応」（対象を問わない）
--   exclusions: 今月の問合せ等から、対象が電子申請でないもの。残りの件数から、回答済・完了の問合せ、納品・取下げの依頼
--   reference: 問合せは受付日時、依頼は依頼日、不具合は発生日時。対応状況は取り込んだ時のもの。1件も届いていないものは0でなく空欄
-- params:
--   as_of: {title: 基準日, kind: date, default: today}
-- columns:
--   as_of:           {title: 基準日, kind: date}
--   month_inquiries: {title: 今月の電子申請の問合せ等, kind: integer, unit: 件}
--   inquiries_upper: {title: 問合せ等の想定（月）, kind: integer, unit: 件}
--   open_inquiries:  {title: 終わっていない問合せ等, kind: integer, unit: 件, description: 対象を問いません}
--   at_once:         {title: 今年度の一次解決の件数, kind: integer, unit: 件}
--   stated:          {title: 一次解決の分かる件数, kind: integer, unit: 件}
--   first_line_rate: {title: 一次解決率, kind: number, unit: "%"}
--   median_hours:    {title: 回答までの時間の中央値, kind: number, unit: 時間, description: 夜間と閉庁日を含む経過時間です}
--   month_requests:  {title: 今月のAI-OCR依頼, kind: integer, unit: 件}
--   requests_upper:  {title: AI-OCR依頼の想定（月）, kind: integer, unit: 件}
--   open_requests:   {title: 納品していない依頼, kind: integer, unit: 件}
--   late_requests:   {title: 希望納期を過ぎた依頼, kind: integer, unit: 件}
--   month_incidents: {title: 今月のキャッシュレス不具合, kind: integer, unit: 件}
--   incidents_lower: {title: 不具合の想定の下限（月）, kind: integer, unit: 件}
--   incidents_upper: {title: 不具合の想定の上限（月）, kind: integer, unit: 件}
-- key: [as_of]
-- reads: [inquiries, ocr_requests, incidents, contract_targets]

WITH bounds AS (
    SELECT
        date_trunc('month', $as_of)::DATE                                     AS month_start,
        (date_trunc('year', $as_of - INTERVAL 3 MONTH) + INTERVAL 3 MONTH)::DATE AS year_start,
        $as_of::DATE + 1                                                      AS tomorrow
),

asked AS (
    SELECT
        i.topic,
        i.status,
        i.resolved_at_once,
        i.received_at >= b.month_start                                        AS is_this_month,
        i.kind = '問合せ対応' AND i.received_at >= b.year_start               AS is_answering,
        CASE
            WHEN i.answered_at >= i.received_at AND i.answered_at < b.tomorrow
                THEN epoch(i.answered_at - i.received_at) / 3600
        END                                                                   AS hours
    FROM inquiries AS i
    JOIN bounds AS b ON i.received_at < b.tomorrow
),

desk AS (
    SELECT
        count(*)                                                              AS ever,
        count(*) FILTER (WHERE is_this_month AND topic = '電子申請')          AS month_inquiries,
        count(*) FILTER (WHERE status IN ('受付', '対応中', 'エスカレーション')) AS open_inquiries,
        count(*) FILTER (WHERE is_answering AND resolved_at_once = '有')      AS at_once,
        count(resolved_at_once) FILTER (WHERE is_answering)                   AS stated,
        median(hours) FILTER (WHERE is_answering)                             AS median_hours
    FROM asked
),

ocr AS (
    SELECT
        count(*)                                                              AS ever,
        count(*) FILTER (WHERE o.requested_on >= b.month_start)               AS month_requests,
        count(*) FILTER (WHERE o.status NOT IN ('納品', '取下げ'))            AS open_requests,
        count(*) FILTER (WHERE o.status NOT IN ('納品', '取下げ') AND o.wanted_on < $as_of) AS late_requests
    FROM ocr_requests AS o
    JOIN bounds AS b ON o.requested_on < b.tomorrow
),

trouble AS (
    SELECT
        count(*)                                                              AS ever,
        count(*) FILTER (WHERE n.occurred_at >= b.month_start)                AS month_incidents
    FROM incidents AS n
    JOIN bounds AS b ON n.occurred_at < b.tomorrow
),

targets AS (
    SELECT
        indicator,
        lower,
        upper
    FROM contract_targets
    WHERE valid_from <= $as_of AND coalesce(valid_to, DATE 'infinity') >= $as_of
    QUALIFY row_number() OVER (PARTITION BY indicator ORDER BY valid_from DESC) = 1
)

SELECT
    $as_of::DATE                                                              AS as_of,
    CASE WHEN d.ever > 0 THEN d.month_inquiries END                           AS month_inquiries,
    q.upper                                                                   AS inquiries_upper,
    CASE WHEN d.ever > 0 THEN d.open_inquiries END                            AS open_inquiries,
    CASE WHEN d.stated > 0 THEN d.at_once END                                 AS at_once,
    CASE WHEN d.ever > 0 THEN d.stated END                                    AS stated,
    round(100.0 * d.at_once / nullif(d.stated, 0), 1)                         AS first_line_rate,
    round(d.median_hours, 1)                                                  AS median_hours,
    CASE WHEN o.ever > 0 THEN o.month_requests END                            AS month_requests,
    r.upper                                                                   AS requests_upper,
    CASE WHEN o.ever > 0 THEN o.open_requests END                             AS open_requests,
    CASE WHEN o.ever > 0 THEN o.late_requests END                             AS late_requests,
    CASE WHEN t.ever > 0 THEN t.month_incidents END                           AS month_incidents,
    n.lower                                                                   AS incidents_lower,
    n.upper                                                                   AS incidents_upper
FROM desk AS d
CROSS JOIN ocr AS o
CROSS JOIN trouble AS t
LEFT JOIN targets AS q ON q.indicator = '電子申請 問合せ等'
LEFT JOIN targets AS r ON r.indicator = 'AI-OCR 依頼'
LEFT JOIN targets AS n ON n.indicator = 'キャッシュレス 不具合'
ORDER BY as_of
