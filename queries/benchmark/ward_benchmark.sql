-- title: 自治体DXの指標（23区の比較、調査時点）
-- question: 葛飾区は、ほかの22区と比べてどこにいるか。
-- serves: {other_wards: [value, rank], survey_date: as_of}
-- definition:
--   numerator: 各区がデジタル庁の調査に答えた値（割合の指標は、公表されていれば分子と分母も並べる）
--   denominator: なし（公表された値をそのまま示す）
--   scope: 特別区23区のすべての指標
--   exclusions: 未記入の区は値を空欄にして行を残し、順位と中央値に入れない（未記入は0ではない）
--   reference: 調査時点（ファイルに日付が無いときは空欄）
-- columns:
--   category:     {title: 指標区分}
--   indicator:    {title: 指標名}
--   code:         {title: 団体コード}
--   municipality: {title: 市区町村名}
--   value:        {title: 値, kind: number, unit: 各指標の単位, description: 空欄は未記入です}
--   value_text:   {title: 値（文字）, description: 実施・未実施など、文字で答える指標の値です}
--   unit:         {title: 単位}
--   numerator:    {title: 分子, kind: integer, unit: 手続}
--   denominator:  {title: 分母, kind: integer, unit: 手続}
--   as_of:        {title: 調査時点, kind: date}
--   rank:         {title: 23区での順位, kind: integer, unit: 位, description: 値の大きい順です。同じ値は同じ順位です}
--   wards:        {title: 値のある区の数, kind: integer, unit: 区, description: 順位と中央値の母数です}
--   median:       {title: 23区の中央値, kind: number, unit: 各指標の単位}
-- key: [category, indicator, code]
-- reads: [municipal_dx_benchmarks]

SELECT
    category,
    indicator,
    code,
    municipality,
    value,
    value_text,
    unit,
    numerator,
    denominator,
    as_of,
    CASE
        WHEN value IS NOT NULL
            THEN rank() OVER (PARTITION BY category, indicator ORDER BY value DESC NULLS LAST)
    END                                                                       AS rank,
    count(value) OVER (PARTITION BY category, indicator)                      AS wards,
    round(median(value) OVER (PARTITION BY category, indicator), 1)           AS median
FROM municipal_dx_benchmarks
WHERE code BETWEEN '131016' AND '131237'
ORDER BY
    category,
    min(source_row) OVER (PARTITION BY category, indicator),
    indicator,
    code
