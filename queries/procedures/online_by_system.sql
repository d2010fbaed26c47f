-- title: オンラインでできる手続（手段別、基準日）
-- question: オンラインの手続は、どのシステムで受け付けているか。
-- serves: {procedures_by_means: procedures}
-- definition:
--   numerator: その手段で受け付けている、オンラインでできる手続（済(全部)・済(一部)）の数
--   denominator: オンラインでできる手続の数（手段がいくつあっても1つと数える）
--   scope: 手続台帳の有効な手続。手段が2つ以上ある手続はそれぞれの手段で数えるため、合計は手続の数より大きくなる
--   exclusions: 基準日までに廃止・統合した手続、未・対象外の手続
--   reference: 基準日。オンライン化日が基準日より後の手続は入れず、空欄なら入れる。手段は台帳を取り込んだ時のもの
-- params:
--   as_of: {title: 基準日, kind: date, default: today}
-- columns:
--   system:         {title: オンライン化手段, description: 空欄の手続は「（手段なし）」です}
--   procedures:     {title: 手続数, kind: integer, unit: 手続}
--   online_all:     {title: うち全部できる手続数, kind: integer, unit: 手続}
--   online_partial: {title: うち一部できる手続数, kind: integer, unit: 手続}
--   total:          {title: オンラインでできる手続数, kind: integer, unit: 手続, description: 重なりを除いた数です}
--   share:          {title: 割合, kind: number, unit: "%"}
--   cases:          {title: 手続の年間件数, kind: integer, unit: 件, description: 窓口や郵送での件数も含みます。年間件数が1つも書いていなければ空欄です}
-- key: [system]
-- reads: [procedures]

WITH online AS (
    SELECT
        procedure_id,
        online_status,
        yearly_cases,
        CASE WHEN len(systems) > 0 THEN systems ELSE ['（手段なし）'] END           AS systems
    FROM procedures_in_scope('全手続', $as_of)
    WHERE status IN ('済(全部)', '済(一部)')
),

by_system AS (
    SELECT
        unnest(systems)                                                       AS system,
        online_status,
        yearly_cases
    FROM online
)

SELECT
    system,
    count(*)                                                                  AS procedures,
    count(*) FILTER (WHERE online_status = '済(全部)')                           AS online_all,
    count(*) FILTER (WHERE online_status = '済(一部)')                           AS online_partial,
    (SELECT count(*) FROM online)                                             AS total,
    round(100.0 * count(*) / (SELECT count(*) FROM online), 1)                AS share,
    sum(yearly_cases)::BIGINT                                                 AS cases
FROM by_system
GROUP BY system
ORDER BY system = '（手段なし）', count(*) DESC, system
