-- title: 全国の指標（自治体ごと、基準日）
-- question: それぞれの自治体は、公表してよい4つの指標で、いくつと答えるか。
-- definition:
--   numerator: 各自治体が自分の台帳から答えた値（キャッシュレスは件数、手続は種類数）
--   denominator: 比率の指標では、各自治体の答えの分母
--   scope: 台帳のある自治体。公表してよい列だけで、少ない件数は公表と同じに伏せる（伏せた値は空欄）
--   exclusions: 届いていないものと、伏せたものは空欄（0ではない）
--   reference: 基準日までの今年度。オンライン利用率は、総受付件数のある、いちばん新しい月
-- columns:
--   code:         {title: 団体コード}
--   prefecture:   {title: 都道府県}
--   municipality: {title: 市区町村名}
--   indicator:    {title: 指標名}
--   unit:         {title: 単位}
--   value:        {title: 値, kind: number, unit: 各指標の単位, description: 空欄は、届いていないか、伏せた値です}
--   numerator:    {title: 分子, kind: integer, unit: 各指標の単位}
--   denominator:  {title: 分母, kind: integer, unit: 各指標の単位}
-- key: [code, indicator]
-- gathers: [applications_headline, online_use_rate, cashless_headline, procedures_headline]

WITH newest AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY code ORDER BY total IS NULL, month DESC) AS place
    FROM online_use_rate
),

told AS (
    SELECT code, prefecture, municipality, 1 AS place, '電子申請の件数' AS indicator, '件' AS unit,
        received::DOUBLE AS value, NULL::BIGINT AS numerator, NULL::BIGINT AS denominator
    FROM applications_headline
    UNION ALL
    SELECT code, prefecture, municipality, 2, 'オンライン利用率', '%', online_use_rate, online, total
    FROM newest
    WHERE place = 1
    UNION ALL
    SELECT code, prefecture, municipality, 3, 'キャッシュレス比率', '%', transaction_rate,
        cashless_transactions, base_transactions
    FROM cashless_headline
    UNION ALL
    SELECT code, prefecture, municipality, 4, '手続オンライン化率', '%', online_rate, online, procedures
    FROM procedures_headline
)

SELECT
    code,
    prefecture,
    municipality,
    indicator,
    unit,
    value,
    numerator,
    denominator
FROM told
ORDER BY place, code
