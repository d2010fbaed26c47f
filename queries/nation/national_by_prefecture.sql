-- title: 全国の指標（都道府県ごとのまん中、基準日）
-- question: どの都道府県の自治体が、まん中で高いか低いか。都道府県の中でどれだけ開いているか。
-- definition:
--   numerator: 値のある自治体の、値の中央値と四分位
--   denominator: なし（自治体を1つずつ同じ重みで数える。人口では重みを付けない）
--   scope: 値のある自治体。はじめの行は全国
--   exclusions: 届いていない自治体と、少ない件数を伏せた自治体（数を別に示す）
--   reference: 基準日までの今年度
-- columns:
--   indicator:      {title: 指標名}
--   prefecture:     {title: 都道府県}
--   unit:           {title: 単位}
--   median:         {title: 中央値, kind: number, unit: 各指標の単位}
--   lower:          {title: 下から4分の1の値, kind: number, unit: 各指標の単位}
--   upper:          {title: 上から4分の1の値, kind: number, unit: 各指標の単位}
--   municipalities: {title: 値のある自治体の数, kind: integer, unit: 団体}
--   without:        {title: 値のない自治体の数, kind: integer, unit: 団体, description: 届いていないか、少ない件数を伏せた自治体です}
-- key: [indicator, prefecture]
-- gathers: [national_indicators]

WITH everybody AS (
    SELECT *, prefecture AS area, min(code) OVER (PARTITION BY prefecture) AS place FROM national_indicators
    UNION ALL
    SELECT *, '全国', '' FROM national_indicators
)

SELECT
    indicator,
    area                                                                      AS prefecture,
    unit,
    round(quantile_cont(value, 0.5), 1)                                       AS median,
    round(quantile_cont(value, 0.25), 1)                                      AS lower,
    round(quantile_cont(value, 0.75), 1)                                      AS upper,
    count(value)                                                              AS municipalities,
    count(*) - count(value)                                                   AS without
FROM everybody
GROUP BY indicator, area, unit
ORDER BY indicator, min(place)
