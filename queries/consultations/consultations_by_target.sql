-- title: 相談・伴走支援（対象区分別、今年度）
-- question: 介護サービス事業者・施設、自治町会、NPOなどの、どこから相談が来ているか。
-- serves: {cases_target: cases, visits: visits}
-- definition:
--   numerator: その対象区分の相談の件数。イ＋ウは相談のすべて、ウは伴走支援に進んだ相談（段階が伴走支援・経過確認、または完了・辞退で構築完了日があるか、伴走支援だったことを観測したもの）
--   denominator: 期間に受け付けた相談の件数
--   scope: 期間に受け付けた相談。延べ回数は、その相談への、終了日までの対応
--   exclusions: 台帳から消えた相談
--   reference: 受付日。段階・状況は台帳を取り込んだ時のもの。件数は相談番号ごとに1件とし、取下げ・辞退も数える
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   target:        {title: 対象区分}
--   cases:         {title: 相談件数（イ＋ウ）, kind: integer, unit: 件, description: 相談のすべてです}
--   total:         {title: 全相談件数（イ＋ウ）, kind: integer, unit: 件}
--   share:         {title: 割合, kind: number, unit: "%"}
--   support_cases: {title: うち伴走支援の件数（ウ）, kind: integer, unit: 件, description: 伴走支援に進んだ相談です}
--   organisations: {title: 団体数, kind: integer, unit: 団体, description: 団体IDの数です。団体IDが空欄の相談は入りません}
--   visits:        {title: 期間に受け付けた相談への延べ回数, kind: integer, unit: 回}
-- key: [target]
-- publish:
--   decision: 案（区の決定待ち）［仮定］
--   unit: 件(申請)
--   count: cases
--   parts: {cases: [support_cases]}
--   measure: 相談
--   columns: [target, cases, support_cases]
--   definition:
--     denominator: なし（件数）
--     scope: 期間に受け付けた相談
-- reads: [consultations, consultation_log]

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

visits AS (
    SELECT
        c.target,
        count(*)                                                              AS visits
    FROM consultation_log AS l
    JOIN cases AS c ON c.consultation_id = l.consultation_id
    WHERE l.acted_on <= $until
    GROUP BY c.target
),

-- Every kind of organisation has its row, also one that nobody came from.
targets AS (
    SELECT
        unnest(['介護サービス事業者・施設', '自治町会', 'NPO・地域活動団体', 'その他関係団体'])             AS target,
        unnest([1, 2, 3, 4])                                                  AS position
)

SELECT
    t.target,
    count(c.consultation_id)                                                  AS cases,
    (SELECT count(*) FROM cases)                                              AS total,
    round(100.0 * count(c.consultation_id) / (SELECT count(*) FROM cases), 1) AS share,
    count(*) FILTER (WHERE c.is_support)                                      AS support_cases,
    count(DISTINCT c.organisation_id)                                         AS organisations,
    coalesce(max(v.visits), 0)                                                AS visits
FROM targets AS t
LEFT JOIN cases AS c ON c.target = t.target
LEFT JOIN visits AS v ON v.target = t.target
WHERE EXISTS (SELECT 1 FROM cases)
GROUP BY t.position, t.target
ORDER BY t.position
