-- title: 電子申請件数（届いた時刻別、{since}から{until}まで）
-- question: 申請は何時ごろ届くか。窓口が閉まっている時間にどれだけ使われているか。
-- serves: {hour_of_day: received}
-- definition:
--   numerator: その時刻に届いた電子申請の件数（取下げを除く）
--   denominator: 期間に届いた電子申請の件数（割合のとき）
--   scope: フォーム区分が「手続」のフォームへの申請（フォーム管理台帳にないフォームへの申請を含む）
--   exclusions: 取下げ、イベント・講座、アンケート、予約、庁内のフォーム
--   reference: 申請日時で数える。開庁時間内は区の開庁日（土曜・日曜・祝日・年末年始を除く）の8時30分から17時15分の前まで
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   hour:     {title: 時刻, kind: integer, unit: 時, description: 9は9時0分から9時59分までです}
--   received: {title: 申請件数, kind: integer, unit: 件}
--   inside:   {title: 開庁時間内の件数, kind: integer, unit: 件}
--   outside:  {title: 開庁時間外の件数, kind: integer, unit: 件}
--   total:    {title: 全時刻の申請件数, kind: integer, unit: 件}
--   share:    {title: 全体に占める割合, kind: number, unit: "%"}
-- key: [hour]
-- reads: [applications, forms, calendar_days]

WITH received AS (
    SELECT
        hour(a.applied_at)                                                    AS hour,
        coalesce(k.is_open, isodow(a.applied_at) <= 5)
            AND a.applied_at::TIME >= TIME '08:30:00'
            AND a.applied_at::TIME < TIME '17:15:00'                          AS is_open
    FROM applications AS a
    LEFT JOIN forms_ever AS f ON f.form_id = a.form_id
    LEFT JOIN calendar_days AS k ON k.day = a.applied_at::DATE
    WHERE a.applied_at >= $since
      AND a.applied_at < $until + INTERVAL 1 DAY
      AND a.status <> '取下げ'
      AND coalesce(f.purpose, '手続') = '手続'
),

counted AS (
    SELECT
        h.hour,
        count(r.hour)                                                         AS received,
        count(*) FILTER (WHERE r.is_open)                                     AS inside,
        count(*) FILTER (WHERE NOT r.is_open)                                 AS outside
    FROM range(24) AS h(hour)
    LEFT JOIN received AS r ON r.hour = h.hour
    GROUP BY h.hour
)

SELECT
    hour,
    received,
    inside,
    outside,
    sum(received) OVER ()::BIGINT                                             AS total,
    round(100.0 * received / nullif(sum(received) OVER (), 0), 1)             AS share
FROM counted
WHERE EXISTS (SELECT 1 FROM received)
ORDER BY hour
