-- title: 1つの自治体の位置（全国と都道府県の中、基準日）
-- question: この自治体は、全国と、その都道府県の中で、どこにいるか。
-- definition:
--   numerator: その自治体の値
--   denominator: 比率の指標では、その自治体の答えの分母
--   scope: 名前の一部か団体コードで選んだ自治体（いくつもあれば、すべて）
--   exclusions: 届いていない値と、少ない件数を伏せた値は空欄にし、順位に入れない
--   reference: 基準日までの今年度
-- params:
--   wanted: {title: 自治体の名前か団体コード, default: "", description: 名前の一部でも選べます。空欄ではどれも選びません}
-- columns:
--   code:                {title: 団体コード}
--   prefecture:          {title: 都道府県}
--   municipality:        {title: 市区町村名}
--   indicator:           {title: 指標名}
--   value:               {title: 値, kind: number, unit: 各指標の単位, description: 空欄は、届いていないか、伏せた値です}
--   unit:                {title: 単位}
--   numerator:           {title: 分子, kind: integer, unit: 各指標の単位}
--   denominator:         {title: 分母, kind: integer, unit: 各指標の単位}
--   rank:                {title: 全国での順位, kind: integer, unit: 位, description: 値の大きい順です。同じ値は同じ順位です}
--   municipalities:      {title: 値のある自治体の数, kind: integer, unit: 団体}
--   prefecture_median:   {title: 都道府県の中央値, kind: number, unit: 各指標の単位}
--   national_median:     {title: 全国の中央値, kind: number, unit: 各指標の単位}
-- key: [code, indicator]
-- gathers: [national_indicators]

WITH ranked AS (
    SELECT
        *,
        CASE WHEN value IS NOT NULL THEN rank() OVER (PARTITION BY indicator ORDER BY value DESC NULLS LAST) END AS place,
        count(value) OVER (PARTITION BY indicator)                            AS municipalities,
        round(median(value) OVER (PARTITION BY indicator, prefecture), 1)     AS prefecture_median,
        round(median(value) OVER (PARTITION BY indicator), 1)                 AS national_median
    FROM national_indicators
)

SELECT
    code,
    prefecture,
    municipality,
    indicator,
    value,
    unit,
    numerator,
    denominator,
    place                                                                     AS rank,
    municipalities,
    prefecture_median,
    national_median
FROM ranked
WHERE $wanted IS NOT NULL AND (code = $wanted OR contains(prefecture || municipality, $wanted))
ORDER BY code, indicator
