-- title: 相談・伴走支援（月次推移、{since}から）
-- question: 相談は月ごとに何件あり、何回対応したか。
-- serves: {cases: cases, visits: visits}
-- definition:
--   numerator: その月に受け付けた相談の件数と、その月に対応した延べ回数。イ＋ウは相談のすべて、ウは伴走支援に進んだ相談（段階が伴走支援・経過確認、または完了・辞退で構築完了日があるか、伴走支援だったことを観測したもの）
--   scope: 相談・伴走支援の台帳にある相談と、その対応履歴
--   exclusions: 台帳から消えた相談、台帳のいちばん古い受付日より前の月
--   reference: 受付日。段階・状況は台帳を取り込んだ時のもの。件数は相談番号ごとに1件とし、取下げ・辞退も数える。延べ回数は対応日で数える
-- params:
--   since: {title: 開始日, kind: date, default: previous_fiscal_year_start, description: この日の月から示します}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   month:            {title: 年月, kind: date, month: true}
--   cases:            {title: 相談件数（イ＋ウ）, kind: integer, unit: 件, description: 相談のすべてです}
--   support_cases:    {title: うち伴走支援の件数（ウ）, kind: integer, unit: 件, description: 伴走支援に進んだ相談です}
--   previous:         {title: 前年同月の相談件数（イ＋ウ）, kind: integer, unit: 件, description: 途中の月は前年も同じ日までです。前年の台帳がなければ空欄です}
--   visits:           {title: 延べ回数, kind: integer, unit: 回}
--   handling_minutes: {title: 対応時間, kind: integer, unit: 分, description: 対応時間が1行も書いていなければ空欄です}
--   is_partial:       {title: 集計状況, kind: choice, choices: [途中, 確定], description: 終了日までに終わっていない月は「途中」です}
-- key: [month]
-- publish:
--   decision: 案（区の決定待ち）［仮定］
--   unit: 件(申請)
--   count: cases
--   parts: {cases: [support_cases]}
--   measure: 相談
--   columns: [month, cases, support_cases, is_partial]
--   definition:
--     numerator: その月に受け付けた相談の件数。イ＋ウは相談のすべて、ウは伴走支援に進んだ相談（段階が伴走支援・経過確認、または完了・辞退で構築完了日があるか、伴走支援だったことを観測したもの）
--     scope: 相談・伴走支援の台帳にある相談
--     reference: 受付日。段階・状況は台帳を取り込んだ時のもの。件数は相談番号ごとに1件とし、取下げ・辞退も数える
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

span AS (
    SELECT
        date_trunc('month', min(received_on))::DATE                           AS first_month
    FROM consultations
    WHERE received_on <= $until
),

months AS (
    SELECT
        first_month,
        unnest(
            generate_series(
                greatest(date_trunc('month', $since)::DATE, first_month),
                date_trunc('month', $until)::DATE,
                INTERVAL 1 MONTH
            )
        )::DATE                                                               AS month
    FROM span
    WHERE first_month IS NOT NULL
),

cases AS (
    SELECT
        m.month,
        m.first_month,
        count(*) FILTER (WHERE c.received_on >= m.month AND c.received_on <= $until) AS cases,
        count(*) FILTER (WHERE c.received_on >= m.month AND c.received_on <= $until AND s.is_support) AS support_cases,
        count(*) FILTER (
            WHERE c.received_on < least(m.month + INTERVAL 1 MONTH, $until + INTERVAL 1 DAY) - INTERVAL 1 YEAR
        )                                                                     AS previous
    FROM months AS m
    LEFT JOIN consultations AS c
        ON (c.received_on >= m.month AND c.received_on < m.month + INTERVAL 1 MONTH)
        OR (
            c.received_on >= m.month - INTERVAL 1 YEAR
            AND c.received_on < m.month - INTERVAL 1 YEAR + INTERVAL 1 MONTH
        )
    LEFT JOIN supported AS s ON s.consultation_id = c.consultation_id
    GROUP BY m.month, m.first_month
),

visits AS (
    SELECT
        date_trunc('month', acted_on)::DATE                                   AS month,
        count(*)                                                              AS visits,
        sum(handling_minutes)::BIGINT                                         AS handling_minutes
    FROM consultation_log
    WHERE acted_on <= $until
    GROUP BY date_trunc('month', acted_on)::DATE
)

SELECT
    c.month,
    c.cases,
    c.support_cases,
    CASE WHEN c.first_month <= c.month - INTERVAL 1 YEAR THEN c.previous END  AS previous,
    coalesce(v.visits, 0)                                                     AS visits,
    v.handling_minutes,
    CASE WHEN c.month + INTERVAL 1 MONTH > $until + INTERVAL 1 DAY THEN '途中' ELSE '確定' END AS is_partial
FROM cases AS c
LEFT JOIN visits AS v ON v.month = c.month
ORDER BY c.month
