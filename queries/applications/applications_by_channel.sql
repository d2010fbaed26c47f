-- title: 手続の受付件数（受付経路別の月次推移、{since}から）
-- question: 手続は、電子申請と、窓口・郵送のどちらで多く受け付けているか。電子に移っているか。
-- serves: {applications_channel: [online, other, online_share]}
-- definition:
--   numerator: 月次報告の電子申請件数
--   denominator: 月次報告の総受付件数（窓口・郵送・電子の合計）
--   scope: 総受付件数が報告されたすべての手続（オンライン化していない手続を含むため、オンライン利用率より低くなる）
--   exclusions: 総受付件数が空欄の手続（数を別に示す）、終わっていない月、手続の分からない月次報告
--   reference: 年月。手続についての報告があればそれを、なければフォームの報告の合計を使う（フォームの1つでも総受付件数が空欄なら、その手続は数えない）
-- params:
--   since: {title: 開始日, kind: date, default: previous_fiscal_year_start, description: この日の月から示します}
--   until: {title: 終了日, kind: date, default: today, description: この日までに終わった月を示します}
-- columns:
--   month:        {title: 年月, kind: date, month: true}
--   online:       {title: 電子申請の件数, kind: integer, unit: 件}
--   other:        {title: 窓口・郵送ほかの件数, kind: integer, unit: 件, description: 総受付件数から電子申請件数を引いたものです}
--   total:        {title: 総受付件数, kind: integer, unit: 件}
--   online_share: {title: 電子申請の割合, kind: number, unit: "%"}
--   procedures:   {title: 数えた手続の数, kind: integer, unit: 手続}
--   left_out:     {title: 数えられない手続の数, kind: integer, unit: 手続, description: 報告はあるのに、総受付件数が空欄の手続です}
-- key: [month]
-- reads: [application_counts, forms]

WITH counted AS (
    SELECT
        month,
        (sum(online) FILTER (WHERE total IS NOT NULL))::BIGINT                AS online,
        sum(total)::BIGINT                                                    AS total,
        count(total)                                                          AS procedures,
        count(*) - count(total)                                               AS left_out
    FROM reports_by_procedure($since, $until)
    WHERE procedure_id IS NOT NULL
    GROUP BY month
)

SELECT
    month,
    online,
    total - online                                                            AS other,
    total,
    round(100.0 * online / nullif(total, 0), 1)                               AS online_share,
    procedures,
    left_out
FROM counted
ORDER BY month
