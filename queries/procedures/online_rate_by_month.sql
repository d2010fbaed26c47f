-- title: 手続オンライン化率（月次推移、{since}から）
-- question: 手続のオンライン化率（種類数）は月ごとに上がっているか。前の年の同じ時と比べてどうか。
-- serves: {online_rate_kinds: online_rate}
-- definition:
--   numerator: その月の末日（途中の月は終了日）にオンラインでできる手続（済(全部)・済(一部)）の数
--   denominator: その日に有効な手続の数（オンライン化状況が対象外の手続を含む）
--   scope: 手続台帳のすべての手続
--   exclusions: その日までに廃止・統合した手続
--   reference: オンライン化日と廃止・統合日で、その日の状態に直して数える。オンライン化日が空欄なら前から済とし、廃止・統合日が空欄の手続は入れない。ほかの項目は台帳を取り込んだ時のもの。途中の月は、前年も同じ日で比べる
-- params:
--   since: {title: 開始日, kind: date, default: previous_fiscal_year_start, description: この日の月から示します}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   month:         {title: 年月, kind: date, month: true}
--   procedures:    {title: 有効な手続数, kind: integer, unit: 手続, description: オンライン化率の分母です}
--   online:        {title: オンラインでできる手続数, kind: integer, unit: 手続, description: オンライン化率の分子です}
--   online_rate:   {title: オンライン化率（種類数）, kind: number, unit: "%", description: オンラインでできる手続数÷有効な手続数です}
--   previous_rate: {title: 前年同月のオンライン化率（種類数）, kind: number, unit: "%"}
--   difference:    {title: 前年同月との差, kind: number, unit: ポイント}
--   is_partial:    {title: 集計状況, kind: choice, choices: [途中, 確定], description: 終了日までに終わっていない月は「途中」です}
-- key: [month]
-- publish: {decision: 案（区の決定待ち）［仮定］, unit: なし, reason: 手続の数で、人や団体の数ではない}
-- reads: [procedures]

WITH months AS (
    SELECT
        unnest(
            generate_series(date_trunc('month', $since)::DATE, date_trunc('month', $until)::DATE, INTERVAL 1 MONTH)
        )::DATE                                                               AS month
),

days AS (
    SELECT month, true AS is_now, least(last_day(month), $until) AS day
    FROM months
    UNION ALL
    SELECT month, false, least(last_day((month - INTERVAL 1 YEAR)::DATE), ($until - INTERVAL 1 YEAR)::DATE)
    FROM months
),

counted AS (
    SELECT
        d.month,
        d.is_now,
        d.day,
        count(p.procedure_id)                                                 AS procedures,
        count(*) FILTER (
            WHERE p.online_status IN ('済(全部)', '済(一部)') AND coalesce(p.online_on <= d.day, true)
        )                                                                     AS online
    FROM days AS d
    LEFT JOIN procedures AS p ON p.validity IS DISTINCT FROM '廃止・統合' OR p.abolished_on > d.day
    GROUP BY d.month, d.is_now, d.day
),

rated AS (
    SELECT
        month,
        is_now,
        day,
        procedures,
        online,
        round(100.0 * online / nullif(procedures, 0), 1)                      AS rate
    FROM counted
)

SELECT
    r.month,
    r.procedures,
    r.online,
    r.rate                                                                    AS online_rate,
    before.rate                                                               AS previous_rate,
    round(r.rate - before.rate, 1)                                            AS difference,
    CASE WHEN r.day < last_day(r.month) THEN '途中' ELSE '確定' END           AS is_partial
FROM rated AS r
JOIN rated AS before ON before.month = r.month AND NOT before.is_now
WHERE r.is_now AND EXISTS (SELECT 1 FROM procedures)
ORDER BY r.month
