-- title: 電子申請件数（所管課別、{since}から{until}まで）
-- question: どの課の電子申請が多いか。フォームがあるのに申請が来ていない課はどこか。
-- serves: {applications_section: received, year_on_year: difference}
-- definition:
--   numerator: 期間に届いた電子申請の件数（取下げを除く）
--   denominator: 同じ期間の全所管課の申請件数（割合のとき）
--   scope: フォーム区分が「手続」のフォームへの申請。課はフォーム管理台帳の所管課で、組織の見方が現在なら現在とする日の組織で、当時なら申請の日の組織で示す。1つの課が引き継いだ改組は後継課（所管課マスター）をたどり、いくつもの課に分かれた課は元の名前のまま示す
--   exclusions: 取下げ、イベント・講座、アンケート、予約、庁内のフォーム
--   reference: 申請日時で数える。並びは組織順（現在とする日、当時なら終了日）で、所管課マスターにない課は最後に置く
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start}
--   until: {title: 終了日, kind: date, default: today}
--   view: {title: 組織の見方, kind: choice, default: 現在, choices: [現在, 当時], description: 現在は、改組の前の申請もいまの課に数えます。当時は、申請の日にあった課に数えます}
--   organised_on: {title: 現在とする日, kind: date, default: today, description: 組織の見方が現在のとき、この日の組織で示します}
-- columns:
--   sequence:   {title: 組織順, kind: integer, unit: 番目, description: 所管課マスターになければ空欄です}
--   division:   {title: 所管部}
--   section:    {title: 所管課}
--   forms:      {title: いま公開中のフォーム数, kind: integer, unit: フォーム, description: 手続のフォームのうち、期間によらず、いまの台帳で公開中のものです}
--   received:   {title: 申請件数, kind: integer, unit: 件, description: 期間の明細が届いていなければ空欄です}
--   total:      {title: 全所管課の申請件数, kind: integer, unit: 件}
--   share:      {title: 全体に占める割合, kind: number, unit: "%"}
--   previous:   {title: 前年同期の申請件数, kind: integer, unit: 件, description: 前年の明細が届いていなければ空欄です}
--   difference: {title: 前年同期との差, kind: integer, unit: 件}
-- key: [section]
-- publish:
--   decision: 案（区の決定待ち）［仮定］
--   unit: 件(申請)
--   count: received
--   measure: 電子申請
--   columns: [division, section, received]
--   definition:
--     denominator: なし（件数）
-- reads: [applications, forms, departments]

WITH received AS (
    SELECT
        a.applied_on,
        coalesce(n.seen, f.section, '（所管課不明）')                         AS section,
        a.applications
    FROM applications_daily AS a
    LEFT JOIN forms_ever AS f ON f.form_id = a.form_id
    LEFT JOIN section_names() AS n
        ON n.section = f.section
        AND CASE $view WHEN '当時' THEN a.applied_on ELSE $organised_on END BETWEEN n.first_day AND n.last_day
    WHERE a.applied_on <= $until
      AND a.status <> '取下げ'
      AND coalesce(f.purpose, '手続') = '手続'
),

span AS (
    SELECT
        max(applied_on) >= $since                                             AS has_current,
        date_trunc('month', min(applied_on)) <= $since - INTERVAL 1 YEAR      AS has_previous,
        ($since - INTERVAL 1 YEAR)::DATE                                      AS previous_start,
        (max(applied_on) - INTERVAL 1 YEAR)::DATE                             AS previous_end
    FROM received
),

counted AS (
    SELECT
        r.section,
        sum(r.applications) FILTER (WHERE r.applied_on >= $since)             AS received,
        sum(r.applications) FILTER (WHERE r.applied_on BETWEEN s.previous_start AND s.previous_end) AS previous
    FROM received AS r
    CROSS JOIN span AS s
    GROUP BY r.section
),

open_forms AS (
    SELECT
        coalesce(n.seen, f.section)                                           AS section,
        count(*)                                                              AS forms
    FROM forms AS f
    LEFT JOIN section_names() AS n
        ON n.section = f.section
        AND CASE $view WHEN '当時' THEN $until ELSE $organised_on END BETWEEN n.first_day AND n.last_day
    WHERE f.purpose = '手続' AND f.state = '公開中'
    GROUP BY coalesce(n.seen, f.section)
),

listed AS (
    SELECT
        coalesce(c.section, o.section)                                        AS section,
        coalesce(o.forms, 0)                                                  AS forms,
        CASE WHEN s.has_current THEN coalesce(c.received, 0) END::BIGINT      AS received,
        CASE WHEN s.has_current AND s.has_previous THEN coalesce(c.previous, 0) END::BIGINT AS previous
    FROM counted AS c
    FULL OUTER JOIN open_forms AS o ON o.section = c.section
    CROSS JOIN span AS s
)

SELECT
    g.sequence,
    g.division,
    l.section,
    l.forms,
    l.received,
    sum(l.received) OVER ()::BIGINT                                           AS total,
    round(100.0 * l.received / nullif(sum(l.received) OVER (), 0), 1)         AS share,
    l.previous,
    l.received - l.previous                                                   AS difference
FROM listed AS l
LEFT JOIN organisation(CASE $view WHEN '当時' THEN $until ELSE $organised_on END) AS g ON g.section = l.section
WHERE l.forms > 0 OR l.received > 0 OR l.previous > 0
ORDER BY g.sequence NULLS LAST, l.section = '（所管課不明）', l.section
