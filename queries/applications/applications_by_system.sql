-- title: 電子申請件数（システム別、{since}から{until}まで）
-- question: 電子申請は、どのシステムに多く届いているか。前の年と比べて増えたのはどれか。
-- serves: {applications_system: received, year_on_year: difference}
-- definition:
--   numerator: 期間にそのシステムに届いた電子申請の件数（取下げを除く）
--   denominator: 同じ期間の全システムの申請件数（割合のとき）
--   scope: フォーム区分が「手続」のフォームへの申請（フォーム管理台帳にないフォームへの申請を含む）
--   exclusions: 取下げ、イベント・講座、アンケート、予約、庁内のフォーム
--   reference: 申請日時で数える。前年同期は、いちばん新しい申請の日までで比べる
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   system:     {title: システム}
--   received:   {title: 申請件数, kind: integer, unit: 件}
--   total:      {title: 全システムの申請件数, kind: integer, unit: 件}
--   share:      {title: 全体に占める割合, kind: number, unit: "%"}
--   previous:   {title: 前年同期の申請件数, kind: integer, unit: 件, description: 前年の明細が届いていなければ空欄です}
--   difference: {title: 前年同期との差, kind: integer, unit: 件}
--   last_on:    {title: 最後の申請の日, kind: date, description: 終了日までで、いちばん新しい日です}
-- key: [system]
-- publish:
--   decision: 案（区の決定待ち）［仮定］
--   unit: 件(申請)
--   count: received
--   measure: 電子申請
--   columns: [system, received]
--   definition:
--     denominator: なし（件数）
--     reference: 申請日時で数える
-- reads: [applications, forms]

WITH received AS (
    SELECT
        system,
        applied_on,
        applications
    FROM applications_by_day($until)
    WHERE status <> '取下げ'
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
        r.system,
        max(r.applied_on)                                                     AS last_on,
        coalesce(sum(r.applications) FILTER (WHERE r.applied_on >= $since), 0)::BIGINT AS received,
        CASE
            WHEN s.has_previous
                THEN coalesce(
                    sum(r.applications) FILTER (WHERE r.applied_on BETWEEN s.previous_start AND s.previous_end), 0
                )::BIGINT
        END                                                                   AS previous
    FROM received AS r
    CROSS JOIN span AS s
    GROUP BY r.system, s.has_previous
)

SELECT
    system,
    received,
    sum(received) OVER ()::BIGINT                                             AS total,
    round(100.0 * received / nullif(sum(received) OVER (), 0), 1)             AS share,
    previous,
    received - previous                                                       AS difference,
    last_on
FROM counted
WHERE received > 0 OR previous > 0
ORDER BY received DESC, previous DESC NULLS LAST, system
