-- title: AI-OCRの依頼と納品（月次推移、前年度から）
-- question: AI-OCRの依頼は月に何件来て、契約の想定に収まり、納品が追いついているか。
-- serves: {ocr_requests: requests}
-- definition:
--   numerator: その月に受けたAI-OCR依頼の件数。納品はその月に納品した件数
--   scope: すべての依頼区分・対応状況（取下げ・差戻しも、来た依頼として数える）
--   exclusions: 台帳から消えた依頼
--   reference: 依頼は依頼日、納品は納品日で数え、終了日までを対象とする。最初の依頼の月から、件数のない月は0。想定は「契約の目標」のその月のもの
-- params:
--   since: {title: 開始日, kind: date, default: previous_fiscal_year_start, description: この日の月から示します}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   month:      {title: 年月, kind: date, month: true}
--   requests:   {title: 依頼の件数, kind: integer, unit: 件}
--   lower:      {title: 想定の下限, kind: integer, unit: 件}
--   upper:      {title: 想定の上限, kind: integer, unit: 件}
--   state:      {title: 想定との比較, kind: choice, choices: [想定内, 想定超, 想定未満, 途中], description: 目標が届いていなければ空欄です}
--   withdrawn:  {title: うち取下げ, kind: integer, unit: 件}
--   delivered:  {title: 納品の件数, kind: integer, unit: 件}
--   is_partial: {title: 集計状況, kind: choice, choices: [途中, 確定]}
-- key: [month]
-- reads: [ocr_requests, contract_targets]

WITH seen AS (
    SELECT
        date_trunc('month', requested_on)::DATE                               AS month,
        status
    FROM ocr_requests
    WHERE requested_on <= $until
),

deliveries AS (
    SELECT
        date_trunc('month', delivered_on)::DATE                               AS month,
        count(*)                                                              AS delivered
    FROM ocr_requests
    WHERE delivered_on <= $until
    GROUP BY date_trunc('month', delivered_on)::DATE
),

months AS (
    SELECT
        unnest(
            generate_series(
                greatest(date_trunc('month', $since)::DATE, first_month),
                date_trunc('month', $until)::DATE,
                INTERVAL 1 MONTH
            )
        )::DATE                                                               AS month
    FROM (SELECT min(month) AS first_month FROM seen)
    WHERE first_month IS NOT NULL
),

counted AS (
    SELECT
        m.month,
        least(last_day(m.month), $until)                                      AS until,
        last_day(m.month) > $until                                            AS is_partial,
        count(s.month)                                                        AS requests,
        count(*) FILTER (WHERE s.status = '取下げ')                           AS withdrawn
    FROM months AS m
    LEFT JOIN seen AS s ON s.month = m.month
    GROUP BY m.month
),

targets AS (
    SELECT
        valid_from,
        valid_to,
        lower,
        upper
    FROM contract_targets
    WHERE indicator = 'AI-OCR 依頼'
),

compared AS (
    SELECT
        c.*,
        CASE WHEN c.until <= coalesce(t.valid_to, DATE 'infinity') THEN t.lower END AS lower,
        CASE WHEN c.until <= coalesce(t.valid_to, DATE 'infinity') THEN t.upper END AS upper
    FROM counted AS c
    ASOF LEFT JOIN targets AS t ON c.until >= t.valid_from
)

SELECT
    c.month,
    c.requests,
    c.lower,
    c.upper,
    (SELECT state FROM demand_state(c.requests, c.lower, c.upper, c.is_partial)) AS state,
    c.withdrawn,
    coalesce(d.delivered, 0)                                                  AS delivered,
    CASE WHEN c.is_partial THEN '途中' ELSE '確定' END                        AS is_partial
FROM compared AS c
LEFT JOIN deliveries AS d ON d.month = c.month
ORDER BY c.month
