-- title: 電子申請件数（フォーム別の多い順、{since}から{until}まで）
-- question: どのフォームの申請が多いか。前の年と比べて増えたのはどれか。
-- serves: {applications_form: received, year_on_year: difference}
-- definition:
--   numerator: 期間に届いた電子申請の件数（取下げを除く）
--   denominator: 同じ期間の全フォームの申請件数（割合のとき）
--   scope: フォーム区分が「手続」のフォームへの申請（フォーム管理台帳にないフォームへの申請を含む）
--   exclusions: 取下げ、イベント・講座、アンケート、予約、庁内のフォーム
--   reference: 申請日時で数える。前年同期は、いちばん新しい申請の日までで比べる
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start}
--   until: {title: 終了日, kind: date, default: today}
--   top:   {title: 表示する数, kind: integer, default: 20, minimum: 1}
-- columns:
--   rank:       {title: 順位, kind: integer, unit: 位, description: 件数の多い順です。同じ件数は同じ順位です}
--   form_id:    {title: フォームID, description: 申請にフォームIDがなければ空欄です}
--   form:       {title: フォーム名}
--   section:    {title: 所管課}
--   system:     {title: システム}
--   received:   {title: 申請件数, kind: integer, unit: 件}
--   total:      {title: 全フォームの申請件数, kind: integer, unit: 件}
--   share:      {title: 全体に占める割合, kind: number, unit: "%"}
--   previous:   {title: 前年同期の申請件数, kind: integer, unit: 件, description: 前年の明細が届いていなければ空欄です}
--   difference: {title: 前年同期との差, kind: integer, unit: 件}
-- key: [form_id, form, system]
-- reads: [applications, forms]

WITH received AS (
    SELECT
        a.applied_on,
        a.form_id,
        coalesce(f.form, a.form, '（フォーム名なし）')                        AS form,
        coalesce(f.section, '（所管課不明）')                                 AS section,
        coalesce(f.system, a.system)                                          AS system,
        a.applications
    FROM applications_daily AS a
    LEFT JOIN forms_ever AS f ON f.form_id = a.form_id
    WHERE a.applied_on <= $until
      AND a.status <> '取下げ'
      AND coalesce(f.purpose, '手続') = '手続'
),

span AS (
    SELECT
        date_trunc('month', min(applied_on)) <= $since - INTERVAL 1 YEAR      AS has_previous,
        ($since - INTERVAL 1 YEAR)::DATE                                      AS previous_start,
        (max(applied_on) - INTERVAL 1 YEAR)::DATE                             AS previous_end
    FROM received
),

counted AS (
    SELECT
        r.form_id,
        r.form,
        r.section,
        r.system,
        coalesce(sum(r.applications) FILTER (WHERE r.applied_on >= $since), 0)::BIGINT AS received,
        CASE
            WHEN s.has_previous
                THEN coalesce(
                    sum(r.applications) FILTER (WHERE r.applied_on BETWEEN s.previous_start AND s.previous_end), 0
                )::BIGINT
        END                                                                   AS previous
    FROM received AS r
    CROSS JOIN span AS s
    GROUP BY r.form_id, r.form, r.section, r.system, s.has_previous
)

SELECT
    rank() OVER (ORDER BY received DESC)                                      AS rank,
    form_id,
    form,
    section,
    system,
    received,
    sum(received) OVER ()::BIGINT                                             AS total,
    round(100.0 * received / nullif(sum(received) OVER (), 0), 1)             AS share,
    previous,
    received - previous                                                       AS difference
FROM counted
WHERE received > 0 OR previous > 0
ORDER BY received DESC, previous DESC NULLS LAST, form_id NULLS LAST, form, system
LIMIT $top
