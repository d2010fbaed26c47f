-- title: 自治体DXの指標（23区・都・全国の中央値との比較、調査時点）
-- question: この区の値は、23区、都内、全国のまん中と比べて高いか低いか。
-- serves: {tokyo: tokyo_median, nation: national_median, other_wards: ward_median, survey_date: as_of}
-- definition:
--   numerator: 選んだ区市町村がデジタル庁の調査に答えた値
--   denominator: なし（公表された値をそのまま示す）
--   scope: 数値で答える指標。中央値は、値のある区市町村を1つずつ同じ重みで数える
--   exclusions: 未記入は中央値と順位に入れない（未記入は0ではない）
--   reference: 調査時点（ファイルに日付が無いときは空欄）
-- params:
--   code: {title: 団体コード, default: "131229", description: 全国地方公共団体コード（6桁）です}
-- columns:
--   category:        {title: 指標区分}
--   indicator:       {title: 指標名}
--   municipality:    {title: 市区町村名}
--   value:           {title: 値, kind: number, unit: 各指標の単位, description: 空欄は未記入です}
--   unit:            {title: 単位, description: この区が未記入でも、その指標の単位です}
--   numerator:       {title: 分子, kind: integer, unit: 手続}
--   denominator:     {title: 分母, kind: integer, unit: 手続}
--   rank:            {title: 23区での順位, kind: integer, unit: 位, description: 値の大きい順です。23区でなければ空欄です}
--   wards:           {title: 値のある区の数, kind: integer, unit: 区}
--   ward_median:     {title: 23区の中央値, kind: number, unit: 各指標の単位}
--   tokyo_median:    {title: 都内区市町村の中央値, kind: number, unit: 各指標の単位}
--   tokyo:           {title: 値のある都内区市町村の数, kind: integer, unit: 団体}
--   national_median: {title: 全国の中央値, kind: number, unit: 各指標の単位}
--   national:        {title: 値のある市区町村の数, kind: integer, unit: 団体}
--   as_of:           {title: 調査時点, kind: date}
-- key: [category, indicator]
-- reads: [municipal_dx_benchmarks]

WITH stated AS (
    SELECT
        category,
        indicator,
        code,
        value,
        unit,
        CASE
            WHEN code BETWEEN '131016' AND '131237' AND value IS NOT NULL
                THEN rank() OVER (
                    PARTITION BY category, indicator, code BETWEEN '131016' AND '131237'
                    ORDER BY value DESC NULLS LAST
                )
        END                                                                   AS rank
    FROM municipal_dx_benchmarks
),

medians AS (
    SELECT
        category,
        indicator,
        count(value) FILTER (WHERE code BETWEEN '131016' AND '131237')        AS wards,
        median(value) FILTER (WHERE code BETWEEN '131016' AND '131237')       AS ward_median,
        count(value) FILTER (WHERE code LIKE '13%')                           AS tokyo,
        median(value) FILTER (WHERE code LIKE '13%')                          AS tokyo_median,
        count(value)                                                          AS national,
        median(value)                                                         AS national_median,
        max(rank) FILTER (WHERE code = $code)                                 AS rank,
        max(unit)                                                             AS unit
    FROM stated
    GROUP BY category, indicator
)

SELECT
    own.category,
    own.indicator,
    own.municipality,
    own.value,
    medians.unit,
    own.numerator,
    own.denominator,
    medians.rank                                                              AS rank,
    medians.wards                                                             AS wards,
    round(medians.ward_median, 1)                                             AS ward_median,
    round(medians.tokyo_median, 1)                                            AS tokyo_median,
    medians.tokyo                                                             AS tokyo,
    round(medians.national_median, 1)                                         AS national_median,
    medians.national                                                          AS national,
    own.as_of
FROM municipal_dx_benchmarks AS own
JOIN medians ON medians.category = own.category AND medians.indicator = own.indicator
WHERE own.code = $code AND medians.national > 0
ORDER BY own.category, own.source_row, own.indicator
