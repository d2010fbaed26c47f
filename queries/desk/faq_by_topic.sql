-- title: 問合せのFAQ化（対象別、{since}から{until}まで）
-- question: 答えた問合せは、次に同じことを聞かれないようにFAQになっているか。
-- serves: {faq: [faq_done, faq_rate]}
-- definition:
--   numerator: FAQ化が「済」の問合せの件数
--   denominator: FAQ化が「済」か「未」の問合せの件数（不要と書かれたものを除く）
--   scope: 作業区分が「問合せ対応」で、期間に受け付け、回答済か完了のもの
--   exclusions: 台帳更新・集計・アカウント・現地の作業、終わっていない問合せ。不要・空欄は率に入れない（数を別に示す）
--   reference: 受付日時で数える。対応状況とFAQ化は取り込んだ時のもの
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   topic:      {title: 対象}
--   answered:   {title: 答えた問合せ, kind: integer, unit: 件}
--   faq_done:   {title: FAQ化した件数, kind: integer, unit: 件}
--   faq_todo:   {title: まだの件数, kind: integer, unit: 件}
--   faq_rate:   {title: FAQ化の率, kind: number, unit: "%"}
--   not_needed: {title: 不要の件数, kind: integer, unit: 件}
--   unknown:    {title: 空欄の件数, kind: integer, unit: 件}
-- key: [topic]
-- reads: [inquiries]

SELECT
    topic,
    count(*)                                                                  AS answered,
    count(*) FILTER (WHERE faq = '済')                                        AS faq_done,
    count(*) FILTER (WHERE faq = '未')                                        AS faq_todo,
    round(100.0 * count(*) FILTER (WHERE faq = '済') / nullif(count(*) FILTER (WHERE faq IN ('済', '未')), 0), 1) AS faq_rate,
    count(*) FILTER (WHERE faq = '不要')                                      AS not_needed,
    count(*) FILTER (WHERE faq IS NULL)                                       AS unknown
FROM inquiries
WHERE kind = '問合せ対応'
  AND status IN ('回答済', '完了')
  AND received_at >= $since
  AND received_at < $until + INTERVAL 1 DAY
GROUP BY topic
ORDER BY count(*) DESC, topic
