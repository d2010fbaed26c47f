-- title: 自治体DXの指標（指標の一覧、調査時点）
-- question: どの指標を、いくつの自治体が答えているか。
-- serves: {indicator_definition: [answers, unit], survey_date: as_of}
-- definition:
--   numerator: 値または文字の答えがある自治体の数
--   denominator: なし（割合ではない。自治体の数を並べて示す）
--   scope: 全国の市区町村のすべての指標
--   reference: 調査時点（ファイルに日付が無いときは空欄）
-- columns:
--   category:       {title: 指標区分}
--   indicator:      {title: 指標名}
--   answers:        {title: 答え方, kind: choice, choices: [数値, 文字, 未記入], description: 1つでも数値があれば数値です}
--   unit:           {title: 単位}
--   wards:          {title: 答えのある区の数, kind: integer, unit: 区}
--   stated:         {title: 答えのある自治体の数, kind: integer, unit: 団体}
--   municipalities: {title: 自治体の数, kind: integer, unit: 団体}
--   as_of:          {title: 調査時点, kind: date, description: いちばん新しい調査日です}
-- key: [category, indicator]
-- reads: [municipal_dx_benchmarks]

SELECT
    category,
    indicator,
    CASE
        WHEN count(value) > 0      THEN '数値'
        WHEN count(value_text) > 0 THEN '文字'
        ELSE '未記入'
    END                                                                       AS answers,
    max(unit)                                                                 AS unit,
    count(coalesce(value::VARCHAR, value_text))
        FILTER (WHERE code BETWEEN '131016' AND '131237')                     AS wards,
    count(coalesce(value::VARCHAR, value_text))                               AS stated,
    count(*)                                                                  AS municipalities,
    max(as_of)                                                                AS as_of
FROM municipal_dx_benchmarks
GROUP BY category, indicator
ORDER BY category, min(source_row), indicator
