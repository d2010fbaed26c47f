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

WITH counted AS (
    SELECT
        nullif(count(*), 0)                                                   AS received,
        count(*) FILTER (
            WHERE coalesce(NOT k.is_open, isodow(a.applied_at) > 5)
               OR a.applied_at::TIME < TIME '08:30:00'
               OR a.applied_at::TIME >= TIME '17:15:00'
        )                                                                     AS outside
    FROM applications AS a
    LEFT JOIN forms_ever AS f ON f.form_id = a.form_id
    LEFT JOIN calendar_days AS k ON k.day = a.applied_at::DATE
    WHERE a.applied_at >= $since
      AND a.applied_at < $until + INTERVAL 1 DAY
      AND a.status <> '取下げ'
      AND coalesce(f.purpose, '手続') = '手続'
)

SELECT
    $since::DATE                                                              AS since,
    $until::DATE                                                              AS until,
    CASE WHEN received IS NOT NULL THEN outside END                           AS outside,
    received,
    round(100.0 * outside / received, 1)                                      AS outside_rate
FROM counted
ORDER BY since
