-- title: 差戻しと取下げの多いフォーム（フォーム別、{since}から{until}まで）
-- question: どのフォームで差戻しや取下げが多いか。書き方や添付の案内を直すのはどれか。
-- serves: {returned: [returned, returned_rate], withdrawn: [withdrawn, withdrawn_rate]}
-- definition:
--   numerator: 差戻しの率は処理状況が差戻しの件数、取下げの率は処理状況が取下げの件数
--   denominator: そのフォームに期間に届いた申請の件数（取下げを含む）
--   scope: フォーム区分が「手続」のフォームへの申請（フォーム管理台帳にないフォームへの申請を含む）
--   exclusions: イベント・講座、アンケート、予約、庁内のフォーム。差戻しも取下げもないフォーム
--   reference: 申請日時で数える。処理状況は取り込んだ時のもので、差戻しのあとに完了したものは差戻しに入らない
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start}
--   until: {title: 終了日, kind: date, default: today}
--   top:   {title: 表示する数, kind: integer, default: 20, minimum: 1}
-- columns:
--   form_id:        {title: フォームID, description: 申請にフォームIDがなければ空欄です}
--   form:           {title: フォーム名}
--   section:        {title: 所管課}
--   received:       {title: 届いた件数, kind: integer, unit: 件, description: 取下げを含みます}
--   returned:       {title: 差戻しの件数, kind: integer, unit: 件}
--   returned_rate:  {title: 差戻しの率, kind: number, unit: "%"}
--   withdrawn:      {title: 取下げの件数, kind: integer, unit: 件}
--   withdrawn_rate: {title: 取下げの率, kind: number, unit: "%"}
-- key: [form_id, form]
-- reads: [applications, forms]

WITH counted AS (
    SELECT
        form_id,
        form_name,
        section,
        sum(applications)::BIGINT                                             AS received,
        coalesce(sum(applications) FILTER (WHERE status = '差戻し'), 0)::BIGINT AS returned,
        coalesce(sum(applications) FILTER (WHERE status = '取下げ'), 0)::BIGINT AS withdrawn
    FROM applications_by_day($until)
    WHERE applied_on >= $since
    GROUP BY form_id, form_name, section
)

SELECT
    form_id,
    form_name                                                                 AS form,
    section,
    received,
    returned,
    round(100.0 * returned / received, 1)                                     AS returned_rate,
    withdrawn,
    round(100.0 * withdrawn / received, 1)                                    AS withdrawn_rate
FROM counted
WHERE returned + withdrawn > 0
ORDER BY returned + withdrawn DESC, form_id NULLS LAST, form_name
LIMIT $top
