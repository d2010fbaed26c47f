-- title: 開庁時間外の電子申請（件数と割合、{since}から{until}まで）
-- question: 窓口が閉まっている時間に届く申請はどれだけあるか。
-- serves: {outside_hours: outside_rate}
-- definition:
--   numerator: 開庁時間外に届いた電子申請の件数（取下げを除く）
--   denominator: 期間に届いた電子申請の件数（取下げを除く）
--   scope: フォーム区分が「手続」のフォームへの申請（フォーム管理台帳にないフォームへの申請を含む）
--   exclusions: 取下げ、イベント・講座、アンケート、予約、庁内のフォーム
--   reference: 申請日時で数える。開庁時間内は区の開庁日（土曜・日曜・祝日・年末年始を除く）の8時30分から17時15分の前まで
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   since:        {title: 開始日, kind: date}
--   until:        {title: 終了日, kind: date}
--   outside:      {title: 開庁時間外の件数, kind: integer, unit: 件, description: 期間の明細が届いていなければ空欄です}
--   received:     {title: 申請件数, kind: integer, unit: 件, description: 期間の明細が届いていなければ空欄です}
--   outside_rate: {title: 開庁時間外の割合, kind: number, unit: "%"}
-- key: [since, until]
-- reads: [applications, forms, calendar_days]

WITH daily AS (
    SELECT
        a.applications,
        a.after_hours,
        coalesce(k.is_open, isodow(a.applied_on) <= 5)                        AS is_open
    FROM applications_by_day($until) AS a
    LEFT JOIN calendar_days AS k ON k.day = a.applied_on
    WHERE a.applied_on >= $since AND a.status <> '取下げ'
),

counted (received, outside) AS (
    SELECT applications, after_hours FROM daily WHERE is_open
    UNION ALL
    SELECT applications, applications FROM daily WHERE NOT is_open
)

SELECT
    $since::DATE                                                              AS since,
    $until::DATE                                                              AS until,
    sum(outside)::BIGINT                                                      AS outside,
    sum(received)::BIGINT                                                     AS received,
    round(100.0 * sum(outside) / sum(received), 1)                            AS outside_rate
FROM counted
ORDER BY since
