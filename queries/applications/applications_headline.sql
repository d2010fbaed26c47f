-- title: 電子申請の主な数値（件数・端末・処理、{as_of}まで）
-- question: 今年度の電子申請はどれだけあり、前の年と比べて増えているか。処理は滞っていないか。
-- serves: {year_on_year: change_rate, processing_median: median_days, withdrawn: withdrawn}
-- definition:
--   numerator: 年度初めから基準日までに届いた電子申請の件数（取下げを除く）
--   denominator: なし（件数）。増減率は前年同期の件数、スマホの割合は端末の分かる件数で割る
--   scope: フォーム区分が「手続」のフォームへの申請（フォーム管理台帳にないフォームへの申請を含む）
--   exclusions: 取下げ（別に示す）、イベント・講座、アンケート、予約、庁内のフォーム
--   reference: 申請日時で数え、基準日までを対象とする。未完了は、いま未処理・処理中のものと、基準日の後に終わったもの。届いていない期間は0でなく空欄
-- params:
--   as_of: {title: 基準日, kind: date, default: today}
-- columns:
--   as_of:           {title: 基準日, kind: date}
--   since:           {title: 年度初め, kind: date}
--   until:           {title: 明細の最終日, kind: date, description: 基準日までで、いちばん新しい申請の日です。前年同期はこの日までで比べます}
--   received:        {title: 申請件数, kind: integer, unit: 件}
--   previous:        {title: 前年同期の申請件数, kind: integer, unit: 件, description: 前年度の明細が届いていなければ空欄です}
--   difference:      {title: 前年同期との差, kind: integer, unit: 件}
--   change_rate:     {title: 前年同期からの増減率, kind: number, unit: "%"}
--   month_received:  {title: 今月の申請件数, kind: integer, unit: 件, description: 基準日の月の、基準日までの件数です}
--   withdrawn:       {title: 取下げ件数, kind: integer, unit: 件, description: 申請件数には入っていません}
--   smartphone:      {title: スマホからの申請件数, kind: integer, unit: 件}
--   device_stated:   {title: 端末の分かる申請件数, kind: integer, unit: 件}
--   smartphone_rate: {title: スマホの割合, kind: number, unit: "%"}
--   unfinished:      {title: 未完了の件数, kind: integer, unit: 件, description: 基準日までに届き、基準日に終わっていなかったものです（前年度からの分を含み、取下げ・却下・差戻しを除く）}
--   finished:        {title: 完了件数, kind: integer, unit: 件, description: 完了日時が今年度で、申請日時より前でないものです}
--   median_days:     {title: 完了までの日数の中央値, kind: number, unit: 日, description: 今年度に完了した申請の、申請日時から完了日時までです}
-- key: [as_of]
-- publish:
--   decision: 案（区の決定待ち）［仮定］
--   unit: 件(申請)
--   count: received
--   previous: previous
--   measure: 電子申請
--   columns: [as_of, since, until, received, previous, difference, change_rate]
--   title: 電子申請の主な数値（件数、{as_of}まで）
--   definition:
--     denominator: なし（件数）。増減率は前年同期の件数で割る
--     exclusions: 取下げ、イベント・講座、アンケート、予約、庁内のフォーム
--     reference: 申請日時で数え、基準日までを対象とする。届いていない期間は0でなく空欄
-- reads: [applications, forms]

WITH daily AS (
    SELECT
        applied_on                                                            AS day,
        sum(applications) FILTER (WHERE status <> '取下げ')                   AS received,
        sum(applications) FILTER (WHERE status = '取下げ')                    AS withdrawn,
        sum(applications) FILTER (WHERE status <> '取下げ' AND device IS NOT NULL) AS device_stated,
        sum(applications) FILTER (WHERE status <> '取下げ' AND device = 'スマホ') AS smartphone
    FROM applications_by_day($as_of)
    GROUP BY applied_on
),

span AS (
    SELECT
        date_trunc('month', min(day))::DATE                                   AS first_month,
        max(day)                                                              AS last_day,
        (max(day) - INTERVAL 1 YEAR)::DATE                                    AS previous_end,
        (date_trunc('year', $as_of - INTERVAL 3 MONTH) + INTERVAL 3 MONTH)::DATE AS year_start,
        (date_trunc('year', $as_of - INTERVAL 3 MONTH) - INTERVAL 9 MONTH)::DATE AS previous_start,
        date_trunc('month', $as_of)::DATE                                     AS month_start
    FROM daily
),

arrived AS (
    SELECT
        s.first_month,
        s.last_day,
        s.year_start,
        s.previous_start,
        s.month_start,
        sum(d.received) FILTER (WHERE d.day >= s.year_start)                  AS received,
        sum(d.received) FILTER (WHERE d.day BETWEEN s.previous_start AND s.previous_end) AS previous,
        sum(d.received) FILTER (WHERE d.day >= s.month_start)                 AS month_received,
        sum(d.withdrawn) FILTER (WHERE d.day >= s.year_start)                 AS withdrawn,
        sum(d.device_stated) FILTER (WHERE d.day >= s.year_start)             AS device_stated,
        sum(d.smartphone) FILTER (WHERE d.day >= s.year_start)                AS smartphone
    FROM span AS s
    LEFT JOIN daily AS d ON true
    GROUP BY s.first_month, s.last_day, s.year_start, s.previous_start, s.month_start
),

waiting AS (
    SELECT sum(applications) AS unfinished FROM applications_waiting($as_of)
),

ended AS (
    SELECT
        count(*)                                                              AS finished,
        median(epoch(finished_at - applied_at) / 86400)                       AS median_days
    FROM applications_for_procedures($as_of)
    WHERE status = '完了'
      AND finished_at >= applied_at
      AND finished_at >= date_trunc('year', $as_of - INTERVAL 3 MONTH) + INTERVAL 3 MONTH
      AND finished_at < $as_of + INTERVAL 1 DAY
),

stated AS (
    SELECT
        a.year_start,
        a.last_day,
        CASE WHEN a.last_day >= a.year_start THEN coalesce(a.received, 0) END::BIGINT AS received,
        CASE
            WHEN a.last_day >= a.year_start AND a.first_month <= a.previous_start THEN coalesce(a.previous, 0)
        END::BIGINT                                                           AS previous,
        CASE WHEN a.last_day >= a.month_start THEN coalesce(a.month_received, 0) END::BIGINT AS month_received,
        CASE WHEN a.last_day >= a.year_start THEN coalesce(a.withdrawn, 0) END::BIGINT AS withdrawn,
        CASE WHEN a.last_day >= a.year_start THEN coalesce(a.device_stated, 0) END::BIGINT AS device_stated,
        CASE WHEN a.device_stated IS NOT NULL THEN coalesce(a.smartphone, 0) END::BIGINT AS smartphone,
        CASE WHEN a.last_day IS NOT NULL THEN coalesce(w.unfinished, 0) END::BIGINT AS unfinished,
        CASE WHEN a.last_day IS NOT NULL THEN e.finished END                  AS finished,
        e.median_days
    FROM arrived AS a
    CROSS JOIN waiting AS w
    CROSS JOIN ended AS e
)

SELECT
    $as_of::DATE                                                              AS as_of,
    year_start                                                                AS since,
    last_day                                                                  AS until,
    received,
    previous,
    received - previous                                                       AS difference,
    round(100.0 * (received - previous) / nullif(previous, 0), 1)             AS change_rate,
    month_received,
    withdrawn,
    smartphone,
    device_stated,
    round(100.0 * smartphone / nullif(device_stated, 0), 1)                   AS smartphone_rate,
    unfinished,
    finished,
    round(median_days, 1)                                                     AS median_days
FROM stated
ORDER BY as_of
