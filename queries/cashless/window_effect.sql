-- title: キャッシュレスを始めた窓口の影響（窓口別の前後の比較、{as_of}まで）
-- question: 窓口がキャッシュレスを始めて、区の比率はどれだけ変わったか。比率のつながりはどこで切れるか。
-- serves: {new_window: [started_on, rate_before, rate_after, rate_without, break_points]}
-- definition:
--   numerator: 始めた日の前と後の、窓口キャッシュレスの件数
--   denominator: 同じ日の、現金と窓口キャッシュレスを合わせた件数
--   scope: 窓口マスターでキャッシュレスの受入を始めた日が、開始日から基準日までにあり、その前の収納が届いている窓口。比率は、その日に受け入れる窓口・手数料の収納
--   exclusions: オンライン決済、納付書・eL-QR。すでに始めている窓口に手段や手数料を加えた日
--   reference: 前は始めた日の前日まで、後は始めた日から、それぞれ比べる日数の暦日。区切りの大きさは、後の比率から、その窓口を除いた後の比率を引いたもの
-- params:
--   since: {title: 開始日, kind: date, default: contract_start}
--   as_of: {title: 基準日, kind: date, default: today}
--   days:  {title: 比べる日数, kind: integer, default: 28, minimum: 1}
-- columns:
--   counter:          {title: 窓口}
--   started_on:       {title: キャッシュレスを始めた日, kind: date, description: 区切りの日です}
--   counter_cashless: {title: この窓口のキャッシュレスの件数（後）, kind: integer, unit: 件}
--   counter_base:     {title: この窓口の比率の対象の件数（後）, kind: integer, unit: 件}
--   counter_rate:     {title: この窓口の件数比率（後）, kind: number, unit: "%"}
--   cashless_before:  {title: 区のキャッシュレスの件数（前）, kind: integer, unit: 件}
--   base_before:      {title: 区の比率の対象の件数（前）, kind: integer, unit: 件}
--   rate_before:      {title: 区の件数比率（前）, kind: number, unit: "%"}
--   cashless_after:   {title: 区のキャッシュレスの件数（後）, kind: integer, unit: 件}
--   base_after:       {title: 区の比率の対象の件数（後）, kind: integer, unit: 件}
--   rate_after:       {title: 区の件数比率（後）, kind: number, unit: "%"}
--   rate_without:     {title: この窓口を除いた件数比率（後）, kind: number, unit: "%"}
--   break_points:     {title: 区切りの大きさ, kind: number, unit: ポイント, description: この窓口が加わったことによる分です}
--   is_partial:       {title: 集計状況, kind: choice, choices: [途中, 確定], description: 後の日数の収納がまだ届いていなければ「途中」です}
-- key: [counter]
-- reads: [receipts, payment_methods, counters]

WITH span AS (
    SELECT
        min(collected_on)                                                     AS first_day,
        max(collected_on) FILTER (WHERE collected_on <= $as_of)               AS last_day
    FROM receipts_daily
),

started AS (
    SELECT
        c.counter,
        min(greatest(c.valid_from, p.valid_from))                             AS started_on
    FROM counters AS c
    JOIN payment_methods AS p
        ON p.method = c.method
        AND p.method_group = '窓口キャッシュレス'
        AND p.valid_from <= coalesce(c.valid_to, DATE 'infinity')
        AND c.valid_from <= coalesce(p.valid_to, DATE 'infinity')
    GROUP BY c.counter
),

asked AS (
    SELECT
        s.counter,
        s.started_on,
        d.last_day
    FROM started AS s
    JOIN span AS d ON s.started_on > d.first_day AND s.started_on <= d.last_day
    WHERE s.started_on >= $since
),

daily AS (
    SELECT
        collected_on,
        counter,
        coalesce(sum(transactions) FILTER (WHERE ratio_group = '窓口キャッシュレス'), 0) AS cashless,
        sum(transactions)                                                     AS base
    FROM receipts_by_ratio_group(
        (SELECT min(started_on) - $days FROM asked), (SELECT least(max(started_on) + $days - 1, $as_of) FROM asked)
    )
    WHERE ratio_group IN ('現金', '窓口キャッシュレス')
    GROUP BY collected_on, counter
),

compared AS (
    SELECT
        a.counter,
        a.started_on,
        a.last_day,
        coalesce(sum(d.cashless) FILTER (WHERE d.collected_on < a.started_on), 0)::BIGINT AS cashless_before,
        coalesce(sum(d.base) FILTER (WHERE d.collected_on < a.started_on), 0)::BIGINT AS base_before,
        coalesce(sum(d.cashless) FILTER (WHERE d.collected_on >= a.started_on), 0)::BIGINT AS cashless_after,
        coalesce(sum(d.base) FILTER (WHERE d.collected_on >= a.started_on), 0)::BIGINT AS base_after,
        coalesce(
            sum(d.cashless) FILTER (WHERE d.collected_on >= a.started_on AND d.counter = a.counter), 0
        )::BIGINT                                                             AS counter_cashless,
        coalesce(
            sum(d.base) FILTER (WHERE d.collected_on >= a.started_on AND d.counter = a.counter), 0
        )::BIGINT                                                             AS counter_base
    FROM asked AS a
    LEFT JOIN daily AS d ON d.collected_on >= a.started_on - $days AND d.collected_on < a.started_on + $days
    GROUP BY a.counter, a.started_on, a.last_day
),

rated AS (
    SELECT
        *,
        round(100.0 * counter_cashless / nullif(counter_base, 0), 1)          AS counter_rate,
        round(100.0 * cashless_before / nullif(base_before, 0), 1)            AS rate_before,
        round(100.0 * cashless_after / nullif(base_after, 0), 1)              AS rate_after,
        round(100.0 * (cashless_after - counter_cashless) / nullif(base_after - counter_base, 0), 1) AS rate_without
    FROM compared
)

SELECT
    counter,
    started_on,
    counter_cashless,
    counter_base,
    counter_rate,
    cashless_before,
    base_before,
    rate_before,
    cashless_after,
    base_after,
    rate_after,
    rate_without,
    round(rate_after - rate_without, 1)                                       AS break_points,
    CASE WHEN started_on + $days - 1 > last_day THEN '途中' ELSE '確定' END   AS is_partial
FROM rated
ORDER BY started_on DESC, counter
