-- title: フォームの公開と終了（月次推移、{since}から）
-- question: 手続のフォームは、月ごとにいくつ公開し、改修し、終わり、いくつ使えるか。
-- serves: {form_lifecycle: [opened, revised, closed, open_forms]}
-- definition:
--   numerator: その月に公開・最終改修・公開終了したフォームの数と、月の末日に公開していたフォーム（停止中を含む）の数
--   scope: フォーム管理台帳にある、フォーム区分が「手続」のフォーム
--   exclusions: 台帳から消えたフォーム、公開開始日が空欄のフォーム（公開の数）
--   reference: 公開開始日・最終改修日・公開終了日の月。改修は最後の1回だけを数える。途中の月は終了日までで、公開終了日の翌日から使えないとみる。公開状態は見ない。止めた日は台帳にないので、いま停止中のフォームも、公開終了日がなければ数え、いま公開中の数より多くなる
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start, description: この日の月から示します}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   month:      {title: 年月, kind: date, month: true}
--   opened:     {title: 公開したフォーム, kind: integer, unit: フォーム}
--   revised:    {title: 最後に改修したフォーム, kind: integer, unit: フォーム}
--   closed:     {title: 終わったフォーム, kind: integer, unit: フォーム}
--   open_forms: {title: 公開していたフォーム（停止中を含む）, kind: integer, unit: フォーム, description: 月の末日（途中の月は終了日）の数です}
--   is_partial: {title: 集計状況, kind: choice, choices: [途中, 確定]}
-- key: [month]
-- reads: [forms]

WITH months AS (
    SELECT
        month::DATE                                                           AS month,
        least(last_day(month::DATE), $until)                                  AS until
    FROM (SELECT unnest(generate_series(date_trunc('month', $since), $until::TIMESTAMP, INTERVAL 1 MONTH)) AS month)
),

listed AS (
    SELECT
        opened_on,
        closed_on,
        revised_on
    FROM forms
    WHERE purpose = '手続'
)

SELECT
    m.month,
    count(*) FILTER (WHERE f.opened_on BETWEEN m.month AND m.until)           AS opened,
    count(*) FILTER (WHERE f.revised_on BETWEEN m.month AND m.until)          AS revised,
    count(*) FILTER (WHERE f.closed_on BETWEEN m.month AND m.until)           AS closed,
    count(*) FILTER (
        WHERE f.opened_on <= m.until AND (f.closed_on IS NULL OR f.closed_on >= m.until)
    )                                                                         AS open_forms,
    CASE WHEN last_day(m.month) > $until THEN '途中' ELSE '確定' END          AS is_partial
FROM months AS m
CROSS JOIN listed AS f
GROUP BY m.month, m.until
ORDER BY m.month
