-- title: 全国の指標（値ごとの自治体の数、基準日）
-- question: 自治体は、低いところから高いところまで、どう散らばっているか。
-- definition:
--   numerator: 値がその幅に入る自治体の数
--   denominator: なし（自治体の数を並べて示す）
--   scope: 値のある自治体
--   exclusions: 届いていない自治体と、少ない件数を伏せた自治体
--   reference: 基準日までの今年度。割合は10ポイントごと（100%はいちばん上の幅）、件数は桁ごと
-- columns:
--   indicator:      {title: 指標名}
--   band:           {title: 値の幅}
--   municipalities: {title: 自治体の数, kind: integer, unit: 団体}
-- key: [indicator, band]
-- gathers: [national_indicators]

WITH placed AS (
    SELECT
        indicator,
        unit,
        CASE
            WHEN unit = '%' THEN least(floor(value / 10), 9)
            WHEN value < 1 THEN 0
            ELSE floor(log10(value)) + 1
        END::INTEGER                                                          AS place
    FROM national_indicators
    WHERE value IS NOT NULL
)

SELECT
    indicator,
    CASE
        WHEN unit = '%' AND place = 9 THEN '90～100%'
        WHEN unit = '%' THEN format('{}～{}%未満', place * 10, place * 10 + 10)
        WHEN place = 0 THEN '0件'
        ELSE format('{:,}～{:,}件', (10 ^ (place - 1))::BIGINT, (10 ^ place)::BIGINT - 1)
    END                                                                       AS band,
    count(*)                                                                  AS municipalities
FROM placed
GROUP BY indicator, unit, place
ORDER BY indicator, place
