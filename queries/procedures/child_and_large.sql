-- title: 優先手続のオンライン化（子育て・教育と年1万件以上、基準日）
-- question: 子育て・教育の手続と、年1万件以上の手続は、それぞれどこまでオンライン化できたか。
-- serves: {child_and_education: [online_rate, cases_rate], ten_thousand_a_year: [online_rate, cases_rate]}
-- definition:
--   numerator: 種類数はオンラインでできる手続（済(全部)・済(一部)）の数、件数はその手続の年間件数の合計
--   denominator: 種類数は対象の手続の数（オンライン化状況が対象外の手続を含む）、件数はその年間件数の合計
--   scope: 手続台帳の有効な手続のうち、優先区分に子育て・教育、または年間1万件以上のあるもの。両方に入る手続は両方で数えるため、足し合わせない
--   exclusions: 基準日までに廃止・統合した手続。件数の割合では年間件数が空欄の手続
--   reference: 基準日。オンライン化日が基準日より後の手続は未とし、空欄なら前から済とする。ほかの項目は台帳を取り込んだ時のもの。国26手続は手段を問わないため、デジタル庁の公表値とは違う
-- params:
--   as_of: {title: 基準日, kind: date, default: today}
-- columns:
--   priority:       {title: 優先区分}
--   procedures:     {title: 対象の手続数, kind: integer, unit: 手続, description: 種類数の割合の分母です}
--   online_all:     {title: オンライン化済（全部）の手続数, kind: integer, unit: 手続}
--   online_partial: {title: オンライン化済（一部）の手続数, kind: integer, unit: 手続}
--   not_online:     {title: 未オンライン化の手続数, kind: integer, unit: 手続}
--   excluded:       {title: オンライン化の対象外の手続数, kind: integer, unit: 手続, description: オンライン化状況が「対象外」の手続です。分母には入れます}
--   online:         {title: オンラインでできる手続数, kind: integer, unit: 手続, description: 全部と一部の合計で、種類数の割合の分子です}
--   online_rate:    {title: オンライン化率（種類数）, kind: number, unit: "%", description: オンラインでできる手続数÷対象の手続数です。件数の割合とは別のものです}
--   cases:          {title: 対象の手続の年間件数, kind: integer, unit: 件, description: 年間件数の書いてある手続の合計で、件数の割合の分母です}
--   online_cases:   {title: オンラインでできる手続の年間件数, kind: integer, unit: 件, description: 窓口や郵送での件数も含みます。件数の割合の分子です}
--   cases_rate:     {title: オンライン化率（件数）, kind: number, unit: "%", description: オンラインでできる手続の年間件数÷対象の手続の年間件数です。使われた割合（オンライン利用率）ではありません}
--   cases_unknown:  {title: 年間件数が空欄の手続数, kind: integer, unit: 手続, description: 件数の割合には入っていません}
--   untagged:       {title: 優先区分に入っていない手続数, kind: integer, unit: 手続, description: 分野が子育て・教育、または年間件数が1万件以上なのに、優先区分にない手続です。台帳を確かめてください}
-- key: [priority]
-- reads: [procedures]

WITH listed AS (
    SELECT * FROM procedures_in_scope('全手続', $as_of)
),

tagged AS (
    SELECT
        '子育て・教育'                                                              AS tag,
        1                                                                     AS position,
        coalesce(list_contains(priority, '子育て・教育'), false)                    AS is_tagged,
        field = '子育て・教育'                                                      AS is_meant,
        yearly_cases,
        status
    FROM listed
    UNION ALL
    SELECT
        '年間1万件以上',
        2,
        coalesce(list_contains(priority, '年間1万件以上'), false),
        yearly_cases >= 10000,
        yearly_cases,
        status
    FROM listed
),

unlisted AS (
    SELECT
        tag,
        position,
        count(*) FILTER (WHERE NOT is_tagged AND is_meant)                    AS untagged
    FROM tagged
    GROUP BY tag, position
),

counted AS (
    SELECT
        tag,
        count(*)                                                              AS procedures,
        count(*) FILTER (WHERE status = '済(全部)')                              AS online_all,
        count(*) FILTER (WHERE status = '済(一部)')                              AS online_partial,
        count(*) FILTER (WHERE status = '未')                                  AS not_online,
        count(*) FILTER (WHERE status = '対象外')                                AS excluded,
        sum(yearly_cases)::BIGINT                                             AS cases,
        CASE
            WHEN count(yearly_cases) > 0
                THEN coalesce(sum(yearly_cases) FILTER (WHERE status IN ('済(全部)', '済(一部)')), 0)::BIGINT
        END                                                                   AS online_cases,
        count(*) - count(yearly_cases)                                        AS cases_unknown
    FROM tagged
    WHERE is_tagged
    GROUP BY tag
)

SELECT
    u.tag                                                                     AS priority,
    coalesce(c.procedures, 0)                                                 AS procedures,
    coalesce(c.online_all, 0)                                                 AS online_all,
    coalesce(c.online_partial, 0)                                             AS online_partial,
    coalesce(c.not_online, 0)                                                 AS not_online,
    coalesce(c.excluded, 0)                                                   AS excluded,
    coalesce(c.online_all + c.online_partial, 0)                              AS online,
    round(100.0 * (c.online_all + c.online_partial) / nullif(c.procedures, 0), 1) AS online_rate,
    c.cases,
    c.online_cases,
    round(100.0 * c.online_cases / nullif(c.cases, 0), 1)                     AS cases_rate,
    coalesce(c.cases_unknown, 0)                                              AS cases_unknown,
    u.untagged
FROM unlisted AS u
LEFT JOIN counted AS c ON c.tag = u.tag
ORDER BY u.position
