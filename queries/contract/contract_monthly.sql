-- title: 月ごとの想定需要（指標別の推移、年度の基準日まで）
-- question: 月ごとの不具合・問合せ・AI-OCR依頼は、仕様書の想定に収まっているか。
-- serves: {actual: actual, demand_status: status}
-- definition:
--   numerator: 月ごとに届いた件数（キャッシュレス不具合、対象が電子申請の問合せ等、AI-OCR依頼）
--   scope: 契約の目標のうち単位期間が月のもの。対応状況によらず、届いたものすべて
--   reference: 発生日時・受付日時・依頼日の月。最後の記録より後の月は、0件か未着か分からないため空欄。基準日の月が終わるまでは、上限を超えたときだけ判定し、ほかは「途中」とする
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start}
--   as_of: {title: 基準日, kind: date, default: today}
-- columns:
--   month:      {title: 年月, kind: date, month: true}
--   indicator:  {title: 指標}
--   lower:      {title: 下限, kind: integer, unit: 件}
--   upper:      {title: 上限, kind: integer, unit: 件}
--   actual:     {title: 実績, kind: integer, unit: 件, description: 空欄は記録が届いていない月です}
--   is_partial: {title: 集計状況, kind: choice, choices: [途中, 確定], description: 基準日までに終わっていない月は「途中」です}
--   status:     {title: 状態, kind: choice, choices: [想定内, 想定超, 想定未満, 途中], description: 記録が届いていない月は空欄です}
-- key: [month, indicator]
-- reads: [contract_targets, incidents, inquiries, ocr_requests]

-- An inquiry about something else does not count; it tells that the records of its month have come.
WITH records (indicator, day, counts) AS (
    SELECT 'キャッシュレス 不具合', occurred_at::DATE, true FROM incidents
    UNION ALL
    SELECT '電子申請 問合せ等', received_at::DATE, topic = '電子申請' FROM inquiries
    UNION ALL
    SELECT 'AI-OCR 依頼', requested_on, true FROM ocr_requests
),

known AS (
    SELECT * FROM records WHERE day <= $as_of
),

newest AS (
    SELECT indicator, max(day) AS day
    FROM known
    GROUP BY indicator
),

months AS (
    SELECT unnest(generate_series(date_trunc('month', $since), $as_of::TIMESTAMP, INTERVAL 1 MONTH))::DATE AS month
),

targets AS (
    SELECT
        m.month,
        t.indicator,
        t.lower,
        t.upper,
        last_day(m.month) > $as_of                                            AS is_partial
    FROM months AS m
    JOIN contract_targets AS t
        ON t.rhythm = '月'
        AND t.valid_from <= least(last_day(m.month), $as_of)
        AND (t.valid_to IS NULL OR t.valid_to >= least(last_day(m.month), $as_of))
),

counted AS (
    SELECT
        t.month,
        t.indicator,
        t.lower,
        t.upper,
        t.is_partial,
        CASE WHEN n.day >= t.month THEN count(*) FILTER (WHERE k.counts) END  AS actual
    FROM targets AS t
    LEFT JOIN newest AS n ON n.indicator = t.indicator
    LEFT JOIN known AS k ON k.indicator = t.indicator AND date_trunc('month', k.day) = t.month
    GROUP BY t.month, t.indicator, t.lower, t.upper, t.is_partial, n.day
)

SELECT
    month,
    indicator,
    lower,
    upper,
    actual,
    CASE WHEN is_partial THEN '途中' ELSE '確定' END                          AS is_partial,
    (SELECT state FROM demand_state(actual, lower, upper, is_partial))        AS status
FROM counted
ORDER BY indicator, month
