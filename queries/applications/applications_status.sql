-- title: 電子申請の処理状況（件数と割合、{since}から{until}まで）
-- question: 届いた申請はどこまで処理されているか。差戻し・却下・取下げは多くないか。
-- serves: {returned: share, withdrawn: share}
-- definition:
--   numerator: 期間に届き、その処理状況にある電子申請の件数
--   denominator: 期間に届いた電子申請の件数（取下げを含む）
--   scope: フォーム区分が「手続」のフォームへの申請（フォーム管理台帳にないフォームへの申請を含む）
--   exclusions: イベント・講座、アンケート、予約、庁内のフォーム
--   reference: 申請日時で数える。処理状況は取り込んだ時のもの
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   status: {title: 処理状況, kind: choice, choices: [未処理, 処理中, 差戻し, 完了, 却下, 取下げ]}
--   count:  {title: 件数, kind: integer, unit: 件}
--   total:  {title: 全件数, kind: integer, unit: 件, description: 取下げを含みます}
--   share:  {title: 割合, kind: number, unit: "%"}
-- key: [status]
-- reads: [applications, forms]

WITH received AS (
    SELECT
        status,
        sum(applications)::BIGINT                                             AS count
    FROM applications_by_day($until)
    WHERE applied_on >= $since
    GROUP BY status
),

-- Every status has its row, also one that no application is in; one that is not listed here still counts.
statuses AS (
    SELECT
        unnest(['未処理', '処理中', '差戻し', '完了', '却下', '取下げ'])      AS status,
        unnest([1, 2, 3, 4, 5, 6])                                            AS position
)

SELECT
    coalesce(s.status, r.status)                                              AS status,
    coalesce(r.count, 0)                                                      AS count,
    sum(r.count) OVER ()::BIGINT                                              AS total,
    round(100.0 * coalesce(r.count, 0) / nullif(sum(r.count) OVER (), 0), 1)  AS share
FROM statuses AS s
FULL OUTER JOIN received AS r ON r.status = s.status
WHERE EXISTS (SELECT 1 FROM received)
ORDER BY s.position NULLS LAST, r.status
