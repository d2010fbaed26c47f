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
-- publish: {decision: 案（区の決定待ち）［仮定］, unit: 件(申請), count: received, previous: previous, measure: 電子申請, columns: [as_of, since, until, received, previous, difference, change_rate]}
-- reads: [applications, forms]

WITH received AS (
    SELECT
        a.applied_at,
        a.finished_at,
        a.status,
        a.device
    FROM applications AS a
    LEFT JOIN forms_ever AS f ON f.form_id = a.form_id
    WHERE a.applied_at < $as_of + INTERVAL 1 DAY
      AND coalesce(f.purpose, '手続') = '手続'
),

span AS (
    SELECT
        date_trunc('month', min(applied_at))::DATE                            AS first_month,
        max(applied_at)::DATE                                                 AS last_day,
        (date_trunc('year', $as_of - INTERVAL 3 MONTH) + INTERVAL 3 MONTH)::DATE AS year_start,
        date_trunc('month', $as_of)::DATE                                     AS month_start
    FROM received
),

counted AS (
    SELECT
        s.first_month,
        s.last_day,
        s.year_start,
        s.month_start,
        count(*) FILTER (WHERE r.status <> '取下げ' AND r.applied_at >= s.year_start) AS received,
        count(*) FILTER (
            WHERE r.status <> '取下げ'
              AND r.applied_at >= s.year_start - INTERVAL 1 YEAR
              AND r.applied_at < s.last_day - INTERVAL 1 YEAR + INTERVAL 1 DAY
        )                                                                     AS previous,
        count(*) FILTER (WHERE r.status <> '取下げ' AND r.applied_at >= s.month_start) AS month_received,
        count(*) FILTER (WHERE r.status = '取下げ' AND r.applied_at >= s.year_start) AS withdrawn,
        count(r.device) FILTER (WHERE r.status <> '取下げ' AND r.applied_at >= s.year_start) AS device_stated,
        count(*) FILTER (
            WHERE r.status <> '取下げ' AND r.applied_at >= s.year_start AND r.device = 'スマホ'
        )                                                                     AS smartphone,
        count(*) FILTER (
            WHERE r.status IN ('未処理', '処理中') OR r.finished_at >= $as_of + INTERVAL 1 DAY
        )                                                                     AS unfinished,
        count(*) FILTER (
            WHERE r.status = '完了'
              AND r.finished_at >= greatest(s.year_start, r.applied_at)
              AND r.finished_at < $as_of + INTERVAL 1 DAY
        )                                                                     AS finished,
        median(epoch(r.finished_at - r.applied_at) / 86400) FILTER (
            WHERE r.status = '完了'
              AND r.finished_at >= greatest(s.year_start, r.applied_at)
              AND r.finished_at < $as_of + INTERVAL 1 DAY
        )                                                                     AS median_days
    FROM span AS s
    LEFT JOIN received AS r ON true
    GROUP BY s.first_month, s.last_day, s.year_start, s.month_start
),

stated AS (
    SELECT
        *
        REPLACE (
            CASE WHEN last_day >= year_start THEN received END                AS received,
            CASE
                WHEN last_day >= year_start AND first_month <= year_start - INTERVAL 1 YEAR THEN previous
            END                                                               AS previous,
            CASE WHEN last_day >= month_start THEN month_received END         AS month_received,
            CASE WHEN last_day >= year_start THEN withdrawn END               AS withdrawn,
            CASE WHEN last_day >= year_start THEN device_stated END           AS device_stated,
            CASE WHEN device_stated > 0 THEN smartphone END                   AS smartphone,
            CASE WHEN last_day IS NOT NULL THEN unfinished END                AS unfinished,
            CASE WHEN last_day IS NOT NULL THEN finished END                  AS finished
        )
    FROM counted
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
