-- title: オンライン利用率（月次推移、{since}から）
-- question: オンラインでできる手続は、実際にどれだけオンラインで使われているか。
-- serves: {online_use: [online_use_rate, procedures, left_out]}
-- definition:
--   numerator: 電子申請の件数。明細のある手続と月は明細の件数（取下げを除く）、なければ月次報告の電子申請件数
--   denominator: 月次報告の総受付件数（窓口・郵送・電子の合計）
--   scope: その月の末日までにオンライン化した手続（済(全部)・済(一部)。オンライン化日が空欄なら前から）のうち、総受付件数が報告された手続
--   exclusions: 総受付件数が空欄か、報告のない手続（数を別に示す）、終わっていない月、手続IDのない月次報告
--   reference: 申請日時の月。手続のオンライン化状況は取り込んだ時のもの。手続ごとの率の平均ではない
-- params:
--   since: {title: 開始日, kind: date, default: previous_fiscal_year_start, description: この日の月から示します}
--   until: {title: 終了日, kind: date, default: today, description: この日までに終わった月を示します}
-- columns:
--   month:           {title: 年月, kind: date, month: true}
--   online:          {title: 電子申請件数, kind: integer, unit: 件}
--   total:           {title: 総受付件数, kind: integer, unit: 件, description: 窓口・郵送を含みます}
--   online_use_rate: {title: オンライン利用率, kind: number, unit: "%"}
--   procedures:      {title: 数えた手続の数, kind: integer, unit: 手続}
--   left_out:        {title: 数えられない手続の数, kind: integer, unit: 手続, description: オンラインでできるのに総受付件数が報告されていない手続です}
-- key: [month]
-- figure: online_use_rate
-- publish: {decision: 案（区の決定待ち）［仮定］, unit: 件(申請), count: total, parts: {total: [online]}, measure: 総受付}
-- reads: [application_counts, applications, forms, procedures]

WITH reports AS (
    SELECT * FROM reports_by_procedure($since, $until)
),

singles AS (
    SELECT
        date_trunc('month', a.applied_on)::DATE                               AS month,
        f.procedure_id,
        coalesce(sum(a.applications) FILTER (WHERE a.status <> '取下げ'), 0)  AS online
    FROM applications_daily AS a
    JOIN forms_ever AS f ON f.form_id = a.form_id
    WHERE f.purpose = '手続'
      AND a.applied_on BETWEEN date_trunc('month', $since) AND $until
    GROUP BY date_trunc('month', a.applied_on)::DATE, f.procedure_id
),

capable AS (
    SELECT
        m.month,
        p.procedure_id
    FROM (SELECT DISTINCT month FROM reports) AS m
    JOIN procedures AS p
        ON p.online_status IN ('済(全部)', '済(一部)')
        AND (p.online_on IS NULL OR p.online_on < m.month + INTERVAL 1 MONTH)
),

counted AS (
    SELECT
        c.month,
        (sum(coalesce(s.online, r.online)) FILTER (WHERE r.total IS NOT NULL))::BIGINT AS online,
        sum(r.total)::BIGINT                                                  AS total,
        count(r.total)                                                        AS procedures,
        count(*) - count(r.total)                                             AS left_out
    FROM capable AS c
    LEFT JOIN reports AS r ON r.month = c.month AND r.procedure_id = c.procedure_id
    LEFT JOIN singles AS s ON s.month = c.month AND s.procedure_id = c.procedure_id
    GROUP BY c.month
)

SELECT
    month,
    online,
    total,
    round(100.0 * online / nullif(total, 0), 1)                               AS online_use_rate,
    procedures,
    left_out
FROM counted
ORDER BY month
