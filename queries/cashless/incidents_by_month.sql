-- title: キャッシュレスの不具合（月次推移、前年度から）
-- question: 不具合は月に何件起き、契約の想定に収まっているか。
-- serves: {incidents_kind: incidents, downtime: downtime_minutes}
-- definition:
--   numerator: その月に起きたキャッシュレスの不具合の件数
--   scope: 届いたすべての不具合（区分・対応状況を問わない）
--   exclusions: ヘルプデスクに来たキャッシュレスの問合せ（不具合の記録がないもの）
--   reference: 発生日時で数え、終了日までを対象とする。最初の不具合の月から、件数のない月は0。想定は「契約の目標」のその月のもの
-- params:
--   since: {title: 開始日, kind: date, default: previous_fiscal_year_start, description: この日の月から示します}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   month:            {title: 年月, kind: date, month: true}
--   incidents:        {title: 不具合の件数, kind: integer, unit: 件}
--   lower:            {title: 想定の下限, kind: integer, unit: 件}
--   upper:            {title: 想定の上限, kind: integer, unit: 件}
--   state:            {title: 想定との比較, kind: choice, choices: [想定内, 想定超, 想定未満, 途中], description: 目標が届いていなければ空欄です}
--   unresolved:       {title: 解決していない件数, kind: integer, unit: 件, description: 対応状況が「解決」でないものです（取り込んだ時の状況）}
--   downtime_minutes: {title: 停止時間の合計, kind: integer, unit: 分, description: 停止時間の書かれた不具合がなければ空欄です}
--   is_partial:       {title: 集計状況, kind: choice, choices: [途中, 確定]}
-- key: [month]
-- reads: [incidents, contract_targets]

WITH seen AS (
    SELECT
        date_trunc('month', occurred_at)::DATE                                AS month,
        status,
        downtime_minutes
    FROM incidents
    WHERE occurred_at < $until + INTERVAL 1 DAY
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
        count(s.month)                                                        AS incidents,
        count(*) FILTER (WHERE s.status <> '解決')                            AS unresolved,
        sum(s.downtime_minutes)::BIGINT                                       AS downtime_minutes
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
    WHERE indicator = 'キャッシュレス 不具合'
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
    month,
    incidents,
    lower,
    upper,
    (SELECT state FROM demand_state(incidents, lower, upper, is_partial))     AS state,
    unresolved,
    downtime_minutes,
    CASE WHEN is_partial THEN '途中' ELSE '確定' END                          AS is_partial
FROM compared
ORDER BY month
