-- title: 手続オンライン化（対象の選び方別、基準日）
-- question: オンライン化率は、分母を全手続・区裁量・優先・国59手続・国26手続のどれにするかで、どれだけ変わるか。
-- serves: {denominators: [online_rate, cases_rate], in_scope: procedures, online_rate_kinds: online_rate, online_rate_cases: cases_rate}
-- definition:
--   numerator: 種類数はオンラインでできる手続（済(全部)・済(一部)）の数、件数はその手続の年間件数の合計
--   denominator: 種類数は対象の手続の数（オンライン化状況が対象外の手続を含む）、件数はその年間件数の合計
--   scope: 手続台帳の有効な手続を、対象ごとに数える（区裁量＝オンライン化可否が区で可能、優先(契約)＝子育て・教育か年間1万件以上か区選定、国59手続、国26手続）。1つの手続が2つ以上の対象に入るため、足し合わせない
--   exclusions: 基準日までに廃止・統合した手続。件数の割合では年間件数が空欄の手続
--   reference: 基準日。オンライン化日が基準日より後の手続は未とし、空欄なら前から済とする。ほかの項目は台帳を取り込んだ時のもの。国26手続は手段を問わないため、デジタル庁の公表値とは違う
-- params:
--   as_of: {title: 基準日, kind: date, default: today}
-- columns:
--   scope:         {title: 対象の手続, kind: choice, choices: [全手続, 区裁量, 優先(契約), 国59手続, 国26手続]}
--   procedures:    {title: 対象の手続数, kind: integer, unit: 手続, description: 種類数の割合の分母です}
--   online:        {title: オンラインでできる手続数, kind: integer, unit: 手続, description: 全部と一部の合計で、種類数の割合の分子です}
--   online_rate:   {title: オンライン化率（種類数）, kind: number, unit: "%"}
--   cases:         {title: 対象の手続の年間件数, kind: integer, unit: 件, description: 件数の割合の分母です}
--   online_cases:  {title: オンラインでできる手続の年間件数, kind: integer, unit: 件, description: 窓口や郵送での件数も含みます。件数の割合の分子です}
--   cases_rate:    {title: オンライン化率（件数）, kind: number, unit: "%", description: 使われた割合（オンライン利用率）ではありません}
--   cases_unknown: {title: 年間件数が空欄の手続数, kind: integer, unit: 手続, description: 件数の割合には入っていません}
-- key: [scope]
-- reads: [procedures]

WITH listed AS (
    SELECT '全手続' AS scope, status, yearly_cases FROM procedures_in_scope('全手続', $as_of)
    UNION ALL
    SELECT '区裁量', status, yearly_cases FROM procedures_in_scope('区裁量', $as_of)
    UNION ALL
    SELECT '優先(契約)', status, yearly_cases FROM procedures_in_scope('優先(契約)', $as_of)
    UNION ALL
    SELECT '国59手続', status, yearly_cases FROM procedures_in_scope('国59手続', $as_of)
    UNION ALL
    SELECT '国26手続', status, yearly_cases FROM procedures_in_scope('国26手続', $as_of)
),

scopes AS (
    SELECT
        unnest([1, 2, 3, 4, 5])                                               AS position,
        unnest(['全手続', '区裁量', '優先(契約)', '国59手続', '国26手続'])    AS scope
),

counted AS (
    SELECT
        s.position,
        s.scope,
        count(l.scope)                                                        AS procedures,
        count(*) FILTER (WHERE l.status IN ('済(全部)', '済(一部)'))          AS online,
        sum(l.yearly_cases)::BIGINT                                           AS cases,
        CASE
            WHEN count(l.yearly_cases) > 0
                THEN coalesce(sum(l.yearly_cases) FILTER (WHERE l.status IN ('済(全部)', '済(一部)')), 0)::BIGINT
        END                                                                   AS online_cases,
        count(l.scope) - count(l.yearly_cases)                                AS cases_unknown
    FROM scopes AS s
    LEFT JOIN listed AS l ON l.scope = s.scope
    GROUP BY s.position, s.scope
)

SELECT
    scope,
    procedures,
    online,
    round(100.0 * online / nullif(procedures, 0), 1)                          AS online_rate,
    cases,
    online_cases,
    round(100.0 * online_cases / nullif(cases, 0), 1)                         AS cases_rate,
    cases_unknown
FROM counted
WHERE EXISTS (SELECT 1 FROM procedures)
ORDER BY position
