-- title: 電子申請件数（月次推移、{since}から）
-- question: 電子申請は月ごとに増えているか。前の年の同じ月と比べてどうか。
-- serves: {applications_month: received, year_on_year: difference}
-- definition:
--   numerator: その月に届いた電子申請の件数（取下げを除く）
--   scope: フォーム区分が「手続」のフォームへの申請（フォーム管理台帳にないフォームへの申請を含む）
--   exclusions: 取下げ（別に示す）、イベント・講座、アンケート、予約、庁内のフォーム、明細が届いていない月
--   reference: 申請日時で数え、終了日までを対象とする。途中の月は、前年も同じ日までで比べる
-- params:
--   since: {title: 開始日, kind: date, default: previous_fiscal_year_start, description: この日の月から示します}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   month:      {title: 年月, kind: date, month: true}
--   received:   {title: 申請件数, kind: integer, unit: 件}
--   previous:   {title: 前年同月の申請件数, kind: integer, unit: 件, description: 前年の明細が届いていなければ空欄です}
--   difference: {title: 前年同月との差, kind: integer, unit: 件}
--   withdrawn:  {title: 取下げ件数, kind: integer, unit: 件, description: 申請件数には入っていません}
--   is_partial: {title: 集計状況, kind: choice, choices: [途中, 確定], description: 月の末日までの明細が届いていない月は「途中」です}
-- key: [month]
-- publish:
--   decision: 案（区の決定待ち）［仮定］
--   unit: 件(申請)
--   count: received
--   previous: previous
--   measure: 電子申請
--   columns: [month, received, previous, difference, is_partial]
--   definition:
--     exclusions: 取下げ、イベント・講座、アンケート、予約、庁内のフォーム、明細が届いていない月
-- reads: [applications, forms]

WITH daily AS (
    SELECT
        applied_on                                                            AS day,
        sum(applications) FILTER (WHERE status <> '取下げ')                   AS received,
        sum(applications) FILTER (WHERE status = '取下げ')                    AS withdrawn
    FROM applications_by_day($until)
    GROUP BY applied_on
),

span AS (
    SELECT
        date_trunc('month', min(day))::DATE                                   AS first_month,
        max(day)                                                              AS last_day
    FROM daily
),

months AS (
    SELECT
        first_month,
        last_day,
        unnest(
            generate_series(
                greatest(date_trunc('month', $since)::DATE, first_month),
                date_trunc('month', last_day)::DATE,
                INTERVAL 1 MONTH
            )
        )::DATE                                                               AS month
    FROM span
),

windows AS (
    SELECT
        month,
        month + INTERVAL 1 MONTH                                              AS month_end,
        month - INTERVAL 1 YEAR                                               AS previous_start,
        month + INTERVAL 1 MONTH > last_day + INTERVAL 1 DAY                  AS is_partial,
        month - INTERVAL 1 YEAR >= first_month                                AS has_previous,
        CASE
            WHEN month + INTERVAL 1 MONTH > last_day + INTERVAL 1 DAY
                THEN last_day - INTERVAL 1 YEAR + INTERVAL 1 DAY
            ELSE month + INTERVAL 1 MONTH - INTERVAL 1 YEAR
        END                                                                   AS previous_end
    FROM months
),

counted AS (
    SELECT
        w.month,
        w.is_partial,
        coalesce(sum(d.received) FILTER (WHERE d.day >= w.month), 0)::BIGINT  AS received,
        coalesce(sum(d.withdrawn) FILTER (WHERE d.day >= w.month), 0)::BIGINT AS withdrawn,
        CASE
            WHEN w.has_previous
                THEN coalesce(sum(d.received) FILTER (WHERE d.day < w.previous_end), 0)::BIGINT
        END                                                                   AS previous
    FROM windows AS w
    LEFT JOIN daily AS d
        ON (d.day >= w.month AND d.day < w.month_end)
        OR (d.day >= w.previous_start AND d.day < w.previous_end)
    GROUP BY w.month, w.is_partial, w.has_previous
)

SELECT
    month,
    received,
    previous,
    received - previous                                                       AS difference,
    withdrawn,
    CASE WHEN is_partial THEN '途中' ELSE '確定' END                          AS is_partial
FROM counted
ORDER BY month
