-- title: 電子申請件数（利用端末別、{since}から{until}まで）
-- question: 申請は、スマホとPCのどちらから多く届いているか。
-- serves: {applications_device: [received, share]}
-- definition:
--   numerator: その端末から届いた電子申請の件数（取下げを除く）
--   denominator: 端末の分かる申請の件数
--   scope: フォーム区分が「手続」のフォームへの申請（フォーム管理台帳にないフォームへの申請を含む）
--   exclusions: 取下げ、イベント・講座、アンケート、予約、庁内のフォーム。端末の空欄は割合に入れない（件数は別の行に示す）
--   reference: 申請日時で数える
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   device:   {title: 利用端末, description: 空欄の申請は「（記入なし）」です}
--   received: {title: 申請件数, kind: integer, unit: 件}
--   stated:   {title: 端末の分かる申請件数, kind: integer, unit: 件}
--   share:    {title: 端末の分かる申請に占める割合, kind: number, unit: "%", description: 記入なしの行は空欄です}
-- key: [device]
-- reads: [applications, forms]

WITH received AS (
    SELECT
        device,
        sum(applications)::BIGINT                                             AS received
    FROM applications_by_day($until)
    WHERE applied_on >= $since AND status <> '取下げ'
    GROUP BY device
),

stated AS (
    SELECT coalesce(sum(received) FILTER (WHERE device IS NOT NULL), 0)::BIGINT AS stated
    FROM received
)

SELECT
    coalesce(r.device, '（記入なし）')                                        AS device,
    r.received,
    s.stated,
    CASE WHEN r.device IS NOT NULL THEN round(100.0 * r.received / s.stated, 1) END AS share
FROM received AS r
CROSS JOIN stated AS s
ORDER BY r.device IS NULL, r.received DESC, r.device
