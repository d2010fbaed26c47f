-- title: 1,000申請あたりの問合せとアカウント作業（月次推移、{since}から）
-- question: 電子申請が増えても、問合せやアカウントの作業は増えていないか。
-- serves: {account_load: account_rate, inquiry_load: inquiry_rate}
-- definition:
--   numerator: その月にヘルプデスクが受け付けた、対象が「電子申請」の問合せ対応とアカウント管理の件数（×1,000）
--   denominator: その月に届いた電子申請の件数（取下げを除く）
--   scope: 申請はフォーム区分が「手続」のフォームへのもの（フォーム管理台帳にないフォームを含む）。問合せ元は問わない
--   exclusions: 対象が電子申請でない問合せ。フォーム管理台帳更新・件数集計・現地支援（ほかの作業に入れる）
--   reference: 申請日時と受付日時。問合せの記録が始まる前の月と、いちばん新しい受付より後の月は、0件か未着か分からないため空欄
-- params:
--   since: {title: 開始日, kind: date, default: previous_fiscal_year_start, description: この日の月から示します}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   month:        {title: 年月, kind: date, month: true}
--   received:     {title: 申請件数, kind: integer, unit: 件}
--   answering:    {title: 問合せ対応, kind: integer, unit: 件}
--   inquiry_rate: {title: "1,000申請あたりの問合せ", kind: number, unit: 件}
--   accounts:     {title: アカウント管理, kind: integer, unit: 件}
--   account_rate: {title: "1,000申請あたりのアカウント作業", kind: number, unit: 件}
--   others:       {title: ほかの作業, kind: integer, unit: 件, description: 台帳更新・件数集計・現地支援です}
--   is_partial:   {title: 集計状況, kind: choice, choices: [途中, 確定], description: 月の末日までの明細が届いていない月は「途中」です}
-- key: [month]
-- reads: [applications, forms, inquiries]

WITH received AS (
    SELECT
        date_trunc('month', applied_on)::DATE                                 AS month,
        max(applied_on)                                                       AS newest,
        coalesce(sum(applications) FILTER (WHERE status <> '取下げ'), 0)::BIGINT AS received
    FROM applications_by_day($until)
    GROUP BY date_trunc('month', applied_on)::DATE
),

known AS (
    SELECT
        date_trunc('month', min(received_at))::DATE                           AS first_month,
        date_trunc('month', max(received_at))::DATE                           AS last_month
    FROM inquiries
    WHERE received_at < $until + INTERVAL 1 DAY
),

worked AS (
    SELECT
        date_trunc('month', received_at)::DATE                                AS month,
        count(*) FILTER (WHERE kind = '問合せ対応')                           AS answering,
        count(*) FILTER (WHERE kind = 'アカウント管理')                       AS accounts,
        count(*) FILTER (WHERE kind NOT IN ('問合せ対応', 'アカウント管理'))  AS others
    FROM inquiries
    WHERE topic = '電子申請' AND received_at < $until + INTERVAL 1 DAY
    GROUP BY date_trunc('month', received_at)::DATE
),

joined AS (
    SELECT
        r.month,
        (SELECT max(newest) FROM received)                                    AS last_day,
        r.received,
        CASE WHEN r.month BETWEEN k.first_month AND k.last_month THEN coalesce(w.answering, 0) END AS answering,
        CASE WHEN r.month BETWEEN k.first_month AND k.last_month THEN coalesce(w.accounts, 0) END AS accounts,
        CASE WHEN r.month BETWEEN k.first_month AND k.last_month THEN coalesce(w.others, 0) END AS others
    FROM received AS r
    CROSS JOIN known AS k
    LEFT JOIN worked AS w ON w.month = r.month
    WHERE r.month >= date_trunc('month', $since)
)

SELECT
    month,
    received,
    answering,
    round(1000.0 * answering / nullif(received, 0), 1)                        AS inquiry_rate,
    accounts,
    round(1000.0 * accounts / nullif(received, 0), 1)                         AS account_rate,
    others,
    CASE WHEN last_day(month) > last_day THEN '途中' ELSE '確定' END          AS is_partial
FROM joined
ORDER BY month
