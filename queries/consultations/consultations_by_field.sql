-- title: 相談・伴走支援（相談分野別、今年度）
-- question: 何の相談が多いか。
-- serves: {cases_field: cases}
-- definition:
--   numerator: その分野の相談の件数。イ＋ウは相談のすべて、ウは伴走支援に進んだ相談（段階が伴走支援・経過確認、または完了・辞退で構築完了日があるか、伴走支援だったことを観測したもの）
--   denominator: 期間に受け付けた相談の件数（分野がいくつあっても1件）
--   scope: 期間に受け付けた相談。分野が2つ以上ある相談はそれぞれの分野で数えるため、合計は件数より大きく、割合の合計は100%を超える
--   exclusions: 台帳から消えた相談
--   reference: 受付日。段階・状況は台帳を取り込んだ時のもの。件数は相談番号ごとに1件とし、取下げ・辞退も数える
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   field:         {title: 相談分野}
--   cases:         {title: 相談件数（イ＋ウ）, kind: integer, unit: 件, description: 相談のすべてです}
--   total:         {title: 全相談件数（イ＋ウ）, kind: integer, unit: 件, description: 重なりを除いた数です}
--   share:         {title: 割合, kind: number, unit: "%"}
--   support_cases: {title: うち伴走支援の件数（ウ）, kind: integer, unit: 件, description: 伴走支援に進んだ相談です}
-- key: [field]
-- reads: [consultations]

WITH supported AS (
    -- 伴走支援 was reached: it is the stage now, or was before the case ended.
    SELECT
        c.consultation_id,
        c.stage IN ('伴走支援', '経過確認')
            OR (c.stage IN ('完了', '辞退') AND (c.built_on IS NOT NULL OR h.consultation_id IS NOT NULL)) AS is_support
    FROM consultations AS c
    LEFT JOIN (
        SELECT DISTINCT consultation_id
        FROM consultations_history
        WHERE column_name = 'stage' AND (old = '伴走支援' OR new = '伴走支援')
    ) AS h ON h.consultation_id = c.consultation_id
),

cases AS (
    SELECT
        c.*,
        s.is_support
    FROM consultations AS c
    JOIN supported AS s ON s.consultation_id = c.consultation_id
    WHERE c.received_on >= $since AND c.received_on <= $until
),

by_field AS (
    SELECT
        unnest(fields)                                                        AS field,
        is_support
    FROM cases
)

SELECT
    field,
    count(*)                                                                  AS cases,
    (SELECT count(*) FROM cases)                                              AS total,
    round(100.0 * count(*) / (SELECT count(*) FROM cases), 1)                 AS share,
    count(*) FILTER (WHERE is_support)                                        AS support_cases
FROM by_field
GROUP BY field
ORDER BY field = 'その他', count(*) DESC, field
