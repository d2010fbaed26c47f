-- title: 電子申請件数（曜日と時刻別、{since}から{until}まで）
-- question: 申請は、何曜日の何時ごろに届くか。土日や夜に使われているか。
-- serves: {day_of_week: [monday, tuesday, wednesday, thursday, friday, saturday, sunday], hour_of_day: total}
-- definition:
--   numerator: その曜日のその時刻に届いた電子申請の件数（取下げを除く）
--   scope: フォーム区分が「手続」のフォームへの申請（フォーム管理台帳にないフォームへの申請を含む）
--   exclusions: 取下げ、イベント・講座、アンケート、予約、庁内のフォーム
--   reference: 申請日時で数える。祝日も、その日の曜日に数える
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   hour:      {title: 時刻, kind: integer, unit: 時, description: 9は9時0分から9時59分までです}
--   monday:    {title: 月, kind: integer, unit: 件}
--   tuesday:   {title: 火, kind: integer, unit: 件}
--   wednesday: {title: 水, kind: integer, unit: 件}
--   thursday:  {title: 木, kind: integer, unit: 件}
--   friday:    {title: 金, kind: integer, unit: 件}
--   saturday:  {title: 土, kind: integer, unit: 件}
--   sunday:    {title: 日, kind: integer, unit: 件}
--   total:     {title: 合計, kind: integer, unit: 件}
-- key: [hour]
-- reads: [applications, forms]

WITH received AS (
    SELECT
        hour(applied_at)                                                      AS hour,
        isodow(applied_at)                                                    AS weekday,
        count(*)                                                              AS applications
    FROM applications_for_procedures($until)
    WHERE applied_at >= $since AND status <> '取下げ'
    GROUP BY hour(applied_at), isodow(applied_at)
)

SELECT
    h.hour,
    coalesce(sum(r.applications) FILTER (WHERE r.weekday = 1), 0)::BIGINT     AS monday,
    coalesce(sum(r.applications) FILTER (WHERE r.weekday = 2), 0)::BIGINT     AS tuesday,
    coalesce(sum(r.applications) FILTER (WHERE r.weekday = 3), 0)::BIGINT     AS wednesday,
    coalesce(sum(r.applications) FILTER (WHERE r.weekday = 4), 0)::BIGINT     AS thursday,
    coalesce(sum(r.applications) FILTER (WHERE r.weekday = 5), 0)::BIGINT     AS friday,
    coalesce(sum(r.applications) FILTER (WHERE r.weekday = 6), 0)::BIGINT     AS saturday,
    coalesce(sum(r.applications) FILTER (WHERE r.weekday = 7), 0)::BIGINT     AS sunday,
    coalesce(sum(r.applications), 0)::BIGINT                                  AS total
FROM range(24) AS h(hour)
LEFT JOIN received AS r ON r.hour = h.hour
WHERE EXISTS (SELECT 1 FROM received)
GROUP BY h.hour
ORDER BY h.hour
