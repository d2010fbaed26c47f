-- title: 全国の主な指標（自治体のまん中、基準日）
-- question: 4つの指標の、全国のまん中はいくつか。
-- definition:
--   numerator: 値のある自治体の、値の中央値
--   denominator: なし（自治体を1つずつ同じ重みで数える。人口では重みを付けない）
--   scope: 値のある自治体
--   exclusions: 届いていない自治体と、少ない件数を伏せた自治体
--   reference: 基準日までの今年度
-- columns:
--   municipalities: {title: 尋ねた自治体の数, kind: integer, unit: 団体}
--   procedures:     {title: 手続オンライン化率, kind: number, unit: "%", description: 全国の自治体の中央値です}
--   online_use:     {title: オンライン利用率, kind: number, unit: "%", description: 全国の自治体の中央値です}
--   cashless:       {title: キャッシュレス比率, kind: number, unit: "%", description: 全国の自治体の中央値です}
--   applications:   {title: 電子申請の件数, kind: number, unit: 件, description: 全国の自治体の中央値です}
-- key: [municipalities]
-- gathers: [national_indicators]

SELECT
    count(DISTINCT code)                                                      AS municipalities,
    round(median(value) FILTER (WHERE indicator = '手続オンライン化率'), 1)            AS procedures,
    round(median(value) FILTER (WHERE indicator = 'オンライン利用率'), 1)             AS online_use,
    round(median(value) FILTER (WHERE indicator = 'キャッシュレス比率'), 1)            AS cashless,
    round(median(value) FILTER (WHERE indicator = '電子申請の件数'), 1)              AS applications
FROM national_indicators
HAVING count(*) > 0
ORDER BY municipalities
