-- title: 電子申請件数（四半期・年度別、{since}から）
-- question: 電子申請は、四半期や年度でみて増えているか。前の年の同じ期間と比べてどうか。
-- serves: {applications_quarter: received, applications_year: received, year_on_year: [difference, change_rate]}
-- definition:
--   numerator: その四半期・年度に届いた電子申請の件数（取下げを除く）
--   denominator: なし（件数）。増減率は前年同期の件数で割る
--   scope: フォーム区分が「手続」のフォームへの申請（フォーム管理台帳にないフォームへの申請を含む）
--   exclusions: 取下げ（別に示す）、イベント・講座、アンケート、予約、庁内のフォーム、明細が届いていない期間
--   reference: 申請日時で数え、終了日までを対象とする。途中の期間は、前年も同じ日までで比べる。第1四半期は4月から6月まで
-- params:
--   since: {title: 開始日, kind: date, default: previous_fiscal_year_start, description: この日の入る四半期と年度から示します}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   span:        {title: 期間の長さ, kind: choice, choices: [四半期, 年度]}
--   starts_on:   {title: 期間の初日, kind: date}
--   period:      {title: 期間}
--   received:    {title: 申請件数, kind: integer, unit: 件}
--   previous:    {title: 前年同期の申請件数, kind: integer, unit: 件, description: 前年の明細が届いていなければ空欄です}
--   difference:  {title: 前年同期との差, kind: integer, unit: 件}
--   change_rate: {title: 前年同期からの増減率, kind: number, unit: "%"}
--   withdrawn:   {title: 取下げ件数, kind: integer, unit: 件, description: 申請件数には入っていません}
--   is_partial:  {title: 集計状況, kind: choice, choices: [途中, 確定], description: 期間の初めか終わりの明細が届いていなければ「途中」です}
-- key: [span, starts_on]
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

periods AS (
    SELECT
        '四半期'                                                              AS span,
        first_month,
        last_day,
        unnest(
            generate_series(
                date_trunc('quarter', greatest($since, first_month)), last_day::TIMESTAMP, INTERVAL 3 MONTH
            )
        )::DATE                                                               AS starts_on,
        INTERVAL 3 MONTH                                                      AS length
    FROM span
    UNION ALL
    SELECT
        '年度',
        first_month,
        last_day,
        unnest(
            generate_series(
                date_trunc('year', greatest($since, first_month) - INTERVAL 3 MONTH) + INTERVAL 3 MONTH,
                last_day::TIMESTAMP,
                INTERVAL 1 YEAR
            )
        )::DATE,
        INTERVAL 1 YEAR
    FROM span
),

windows AS (
    SELECT
        span,
        starts_on,
        starts_on + length                                                    AS ends_on,
        starts_on < first_month OR starts_on + length > last_day + INTERVAL 1 DAY AS is_partial,
        starts_on - INTERVAL 1 YEAR >= first_month                            AS has_previous,
        least(starts_on + length, last_day + INTERVAL 1 DAY) - INTERVAL 1 YEAR AS previous_end
    FROM periods
),

counted AS (
    SELECT
        w.span,
        w.starts_on,
        w.is_partial,
        coalesce(sum(d.received) FILTER (WHERE d.day >= w.starts_on), 0)::BIGINT AS received,
        coalesce(sum(d.withdrawn) FILTER (WHERE d.day >= w.starts_on), 0)::BIGINT AS withdrawn,
        CASE
            WHEN w.has_previous
                THEN coalesce(sum(d.received) FILTER (WHERE d.day < w.starts_on), 0)::BIGINT
        END                                                                   AS previous
    FROM windows AS w
    LEFT JOIN daily AS d
        ON (d.day >= w.starts_on AND d.day < w.ends_on)
        OR (d.day >= w.starts_on - INTERVAL 1 YEAR AND d.day < w.previous_end)
    GROUP BY w.span, w.starts_on, w.is_partial, w.has_previous
)

SELECT
    span,
    starts_on,
    '令和' || (year(starts_on - INTERVAL 3 MONTH) - 2018) || '年度'
        || CASE span WHEN '四半期' THEN '第' || quarter(starts_on - INTERVAL 3 MONTH) || '四半期' ELSE '' END AS period,
    received,
    previous,
    received - previous                                                       AS difference,
    round(100.0 * (received - previous) / nullif(previous, 0), 1)             AS change_rate,
    withdrawn,
    CASE WHEN is_partial THEN '途中' ELSE '確定' END                          AS is_partial
FROM counted
ORDER BY span = '年度', starts_on
