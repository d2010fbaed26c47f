-- title: ヘルプデスクの件数（月次推移、前年度から）
-- question: 電子申請の問合せ等は月に何件来て、契約の想定に収まっているか。
-- serves: {helpdesk_topic: inquiries}
-- definition:
--   numerator: その月に受け付けた、対象が「電子申請」の問合せ等の件数
--   scope: すべての作業区分（問合せ対応・フォーム管理台帳更新・件数集計・アカウント管理・現地支援）と問合せ元
--   exclusions: 対象が電子申請でないもの（別に示す）
--   reference: 受付日時で数え、終了日までを対象とする。最初の受付の月から、件数のない月は0。想定は「契約の目標」のその月のもの
-- params:
--   since: {title: 開始日, kind: date, default: previous_fiscal_year_start, description: この日の月から示します}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   month:            {title: 年月, kind: date, month: true}
--   inquiries:        {title: 電子申請の件数, kind: integer, unit: 件}
--   lower:            {title: 想定の下限, kind: integer, unit: 件}
--   upper:            {title: 想定の上限, kind: integer, unit: 件}
--   state:            {title: 想定との比較, kind: choice, choices: [想定内, 想定超, 想定未満, 途中], description: 目標が届いていなければ空欄です}
--   answering:        {title: うち問合せ対応, kind: integer, unit: 件}
--   work:             {title: うち問合せ対応のほかの作業, kind: integer, unit: 件}
--   others:           {title: 電子申請でない件数, kind: integer, unit: 件, description: 想定と比べる件数に入っていません}
--   handling_minutes: {title: 電子申請の対応時間, kind: integer, unit: 分, description: 対応時間の書かれたものがなければ空欄です}
--   is_partial:       {title: 集計状況, kind: choice, choices: [途中, 確定]}
-- key: [month]
-- reads: [inquiries, contract_targets]

WITH seen AS (
    SELECT
        date_trunc('month', received_at)::DATE                                AS month,
        topic = '電子申請'                                                    AS counts,
        kind = '問合せ対応'                                                   AS is_answering,
        handling_minutes
    FROM inquiries
    WHERE received_at < $until + INTERVAL 1 DAY
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
        count(*) FILTER (WHERE s.counts)                                      AS inquiries,
        count(*) FILTER (WHERE s.counts AND s.is_answering)                   AS answering,
        count(*) FILTER (WHERE NOT s.counts)                                  AS others,
        (sum(s.handling_minutes) FILTER (WHERE s.counts))::BIGINT             AS handling_minutes
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
    WHERE indicator = '電子申請 問合せ等'
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
    inquiries,
    lower,
    upper,
    (SELECT state FROM demand_state(inquiries, lower, upper, is_partial))     AS state,
    answering,
    inquiries - answering                                                     AS work,
    others,
    handling_minutes,
    CASE WHEN is_partial THEN '途中' ELSE '確定' END                          AS is_partial
FROM compared
ORDER BY month
