-- title: オンライン化の阻害要因（要因別、基準日）
-- question: 残っている手続のオンライン化を、何が妨げているか。
-- serves: {blockers: procedures}
-- definition:
--   numerator: その阻害要因のある、未オンライン化の手続の数
--   denominator: 未オンライン化の手続の数（要因がいくつあっても1つと数える）
--   scope: 手続台帳の有効な手続のうち、選んだ対象の、オンライン化状況が未の手続。要因が2つ以上ある手続はそれぞれで数えるため、合計は手続の数より大きくなる
--   exclusions: オンライン化状況が対象外の手続、基準日までに廃止・統合した手続
--   reference: 基準日。オンライン化日が基準日より後の手続は未とする。阻害要因は台帳を取り込んだ時のもの
-- params:
--   as_of: {title: 基準日, kind: date, default: today}
--   scope: {title: 対象の手続, kind: choice, default: 全手続, choices: [全手続, 区裁量, 優先(契約), 国59手続, 国26手続], description: 割合の分母にする手続です}
-- columns:
--   blocker:    {title: 阻害要因, description: 空欄の手続は「（記入なし）」です}
--   procedures: {title: 手続数, kind: integer, unit: 手続}
--   total:      {title: 未オンライン化の手続数, kind: integer, unit: 手続, description: 重なりを除いた数です}
--   share:      {title: 割合, kind: number, unit: "%"}
--   alone:      {title: うちこの要因だけの手続数, kind: integer, unit: 手続, description: これが除かれればオンライン化できると見られる手続です}
--   cases:      {title: 手続の年間件数, kind: integer, unit: 件, description: 年間件数が1つも書いていなければ空欄です}
-- key: [blocker]
-- reads: [procedures]

WITH waiting AS (
    SELECT
        yearly_cases,
        CASE WHEN len(blockers) > 0 THEN blockers ELSE ['（記入なし）'] END         AS blockers
    FROM procedures_in_scope($scope, $as_of)
    WHERE status = '未'
),

by_blocker AS (
    SELECT
        unnest(blockers)                                                      AS blocker,
        len(blockers)                                                         AS blockers,
        yearly_cases
    FROM waiting
)

SELECT
    blocker,
    count(*)                                                                  AS procedures,
    (SELECT count(*) FROM waiting)                                            AS total,
    round(100.0 * count(*) / (SELECT count(*) FROM waiting), 1)               AS share,
    CASE WHEN blocker <> '（記入なし）' THEN count(*) FILTER (WHERE blockers = 1) END AS alone,
    sum(yearly_cases)::BIGINT                                                 AS cases
FROM by_blocker
GROUP BY blocker
ORDER BY blocker = '（記入なし）', count(*) DESC, blocker
