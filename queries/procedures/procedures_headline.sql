-- title: 手続オンライン化の主な数値（種類数と件数、基準日）
-- question: 手続はいくつあり、どこまでオンライン化できたか。種類数と件数の両方でどうか。
-- serves: {in_scope: procedures, online: online_all, partial: online_partial, not_online: not_online, online_rate_kinds: online_rate, online_rate_cases: cases_rate, denominators: procedures}
-- definition:
--   numerator: 種類数はオンラインでできる手続（済(全部)・済(一部)）の数、件数はその手続の年間件数の合計
--   denominator: 種類数は対象の手続の数（オンライン化状況が対象外の手続を含む）、件数はその年間件数の合計
--   scope: 手続台帳の有効な手続のうち、選んだ対象（全手続、区裁量＝オンライン化可否が区で可能、優先(契約)＝子育て・教育か年間1万件以上か区選定、国59手続、国26手続）
--   exclusions: 基準日までに廃止・統合した手続。件数の割合では年間件数が空欄の手続
--   reference: 基準日。オンライン化日が基準日より後の手続は未とし、空欄なら前から済とする。ほかの項目は台帳を取り込んだ時のもの。国26手続は手段を問わないため、デジタル庁の公表値とは違う
-- params:
--   as_of: {title: 基準日, kind: date, default: today}
--   scope: {title: 対象の手続, kind: choice, default: 全手続, choices: [全手続, 区裁量, 優先(契約), 国59手続, 国26手続], description: 割合の分母にする手続です}
-- columns:
--   as_of:          {title: 基準日, kind: date}
--   in_ledger:      {title: 台帳の手続数, kind: integer, unit: 手続, description: 廃止・統合した手続を含みます}
--   in_force:       {title: 有効な手続数, kind: integer, unit: 手続}
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
-- key: [as_of]
-- publish:
--   decision: 案（区の決定待ち）［仮定］
--   unit: なし
--   reason: 手続の数で、人や団体の数ではない
--   columns: [as_of, in_force, procedures, online_all, online_partial, not_online, excluded, online, online_rate]
--   title: 手続オンライン化の主な数値（種類数、基準日）
--   definition:
--     numerator: オンラインでできる手続（済(全部)・済(一部)）の数
--     denominator: 対象の手続の数（オンライン化状況が対象外の手続を含む）
--     exclusions: 基準日までに廃止・統合した手続
-- reads: [procedures]

WITH everything AS (
    SELECT
        nullif(count(*), 0)                                                   AS in_ledger,
        (SELECT count(*) FROM procedures_in_scope('全手続', $as_of))            AS in_force
    FROM procedures
),

counted AS (
    SELECT
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
    FROM procedures_in_scope($scope, $as_of)
),

-- Without a ledger nothing is known, which is not the same as no procedures.
stated AS (
    SELECT
        e.in_ledger,
        CASE WHEN e.in_ledger > 0 THEN e.in_force END                         AS in_force,
        CASE WHEN e.in_ledger > 0 THEN c.procedures END                       AS procedures,
        CASE WHEN e.in_ledger > 0 THEN c.online_all END                       AS online_all,
        CASE WHEN e.in_ledger > 0 THEN c.online_partial END                   AS online_partial,
        CASE WHEN e.in_ledger > 0 THEN c.not_online END                       AS not_online,
        CASE WHEN e.in_ledger > 0 THEN c.excluded END                         AS excluded,
        c.cases,
        c.online_cases,
        CASE WHEN e.in_ledger > 0 THEN c.cases_unknown END                    AS cases_unknown
    FROM everything AS e
    CROSS JOIN counted AS c
)

SELECT
    $as_of::DATE                                                              AS as_of,
    in_ledger,
    in_force,
    procedures,
    online_all,
    online_partial,
    not_online,
    excluded,
    online_all + online_partial                                               AS online,
    round(100.0 * (online_all + online_partial) / nullif(procedures, 0), 1)   AS online_rate,
    cases,
    online_cases,
    round(100.0 * online_cases / nullif(cases, 0), 1)                         AS cases_rate,
    cases_unknown
FROM stated
ORDER BY as_of
