-- title: 電子申請件数（手続別の多い順、{since}から{until}まで）
-- question: どの手続の電子申請が多いか。前の年と比べて増えたのはどれか。
-- serves: {applications_procedure: received, year_on_year: difference}
-- definition:
--   numerator: 期間に届いた、その手続のフォームすべての電子申請の件数（取下げを除く）
--   denominator: 同じ期間の全手続の申請件数（割合のとき）
--   scope: フォーム区分が「手続」のフォームへの申請（フォーム管理台帳にないフォームへの申請を含む）。手続はフォーム管理台帳の手続ID
--   exclusions: 取下げ、イベント・講座、アンケート、予約、庁内のフォーム
--   reference: 申請日時で数える。前年同期は、いちばん新しい申請の日までで比べる
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start}
--   until: {title: 終了日, kind: date, default: today}
--   top:   {title: 表示する数, kind: integer, default: 20, minimum: 1}
-- columns:
--   rank:         {title: 順位, kind: integer, unit: 位, description: 件数の多い順です。同じ件数は同じ順位です}
--   procedure_id: {title: 手続ID, description: フォームに手続IDがなければ空欄です}
--   procedure:    {title: 手続名}
--   section:      {title: 所管課, description: 手続台帳になければ空欄です}
--   forms:        {title: フォームの数, kind: integer, unit: フォーム, description: 期間に申請のあったものです}
--   received:     {title: 申請件数, kind: integer, unit: 件}
--   total:        {title: 全手続の申請件数, kind: integer, unit: 件}
--   share:        {title: 全体に占める割合, kind: number, unit: "%"}
--   previous:     {title: 前年同期の申請件数, kind: integer, unit: 件, description: 前年の明細が届いていなければ空欄です}
--   difference:   {title: 前年同期との差, kind: integer, unit: 件}
-- key: [procedure_id, procedure]
-- reads: [applications, forms, procedures]

WITH received AS (
    SELECT
        a.applied_on,
        a.procedure_id,
        CASE
            WHEN p.procedure IS NOT NULL THEN p.procedure
            WHEN a.procedure_id IS NOT NULL THEN '（手続台帳にない手続）'
            ELSE coalesce(a.procedure, '（手続不明）')
        END                                                                   AS procedure,
        p.section,
        coalesce(a.form_id, a.form_name)                                      AS form,
        a.applications
    FROM applications_by_day($until) AS a
    LEFT JOIN procedures_ever AS p ON p.procedure_id = a.procedure_id
    WHERE a.status <> '取下げ'
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
        r.procedure_id,
        r.procedure,
        r.section,
        count(DISTINCT r.form) FILTER (WHERE r.applied_on >= $since)          AS forms,
        coalesce(sum(r.applications) FILTER (WHERE r.applied_on >= $since), 0)::BIGINT AS received,
        CASE
            WHEN s.has_previous
                THEN coalesce(
                    sum(r.applications) FILTER (WHERE r.applied_on BETWEEN s.previous_start AND s.previous_end), 0
                )::BIGINT
        END                                                                   AS previous
    FROM received AS r
    CROSS JOIN span AS s
    GROUP BY r.procedure_id, r.procedure, r.section, s.has_previous
)

SELECT
    rank() OVER (ORDER BY received DESC)                                      AS rank,
    procedure_id,
    procedure,
    section,
    forms,
    received,
    sum(received) OVER ()::BIGINT                                             AS total,
    round(100.0 * received / nullif(sum(received) OVER (), 0), 1)             AS share,
    previous,
    received - previous                                                       AS difference
FROM counted
WHERE received > 0 OR previous > 0
ORDER BY received DESC, previous DESC NULLS LAST, procedure_id NULLS LAST, procedure
LIMIT $top
