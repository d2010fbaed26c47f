-- title: 相談・伴走支援の主な数値（件数・延べ回数・経過確認、年度初めから基準日）
-- question: 今年度の相談は何件あり、契約の想定と比べてどうか。終わっていない相談や、済んでいない経過確認はあるか。
-- serves: {cases: cases, visits: visits, time_spent: handling_minutes, consultation_satisfaction: satisfaction}
-- definition:
--   numerator: 年度初めから基準日までに受け付けた相談の件数。イ＋ウは相談のすべて、ウは伴走支援に進んだ相談（段階が伴走支援・経過確認、または完了・辞退で構築完了日があるか、伴走支援だったことを観測したもの）
--   scope: 相談・伴走支援の台帳にある相談。延べ回数と対応時間は、同じ期間に対応した対応履歴の行で、前の年度に受け付けた相談への対応も入る。終わっていない相談と経過確認は、前の年度に受け付けた相談も入る
--   exclusions: 台帳から消えた相談
--   reference: 受付日。段階・状況は台帳を取り込んだ時のもの。件数は相談番号ごとに1件とし、取下げ・辞退も数える。想定は契約の目標の「相談・伴走支援」で、基準日に有効なもの。イ＋ウとウのどちらで数えるかは区が決めるまで両方を示す
-- params:
--   as_of: {title: 基準日, kind: date, default: today}
-- columns:
--   as_of:             {title: 基準日, kind: date}
--   since:             {title: 年度初め, kind: date}
--   cases:             {title: 相談件数（イ＋ウ）, kind: integer, unit: 件, description: 相談のすべてです}
--   support_cases:     {title: うち伴走支援の件数（ウ）, kind: integer, unit: 件, description: 伴走支援に進んだ相談です}
--   previous:          {title: 前年同期の相談件数（イ＋ウ）, kind: integer, unit: 件, description: 前年の年度初めの月からの台帳がなければ空欄です}
--   difference:        {title: 前年同期との差, kind: integer, unit: 件}
--   target_lower:      {title: 想定の下限, kind: integer, unit: 件}
--   target_upper:      {title: 想定の上限, kind: integer, unit: 件}
--   pace:              {title: 基準日までの想定件数, kind: number, unit: 件, description: 上限を年度の日数で割って、基準日までの日数を掛けた目安です}
--   organisations:     {title: 相談した団体数, kind: integer, unit: 団体, description: 団体IDの数です。団体IDが空欄の相談は入りません}
--   visits:            {title: 延べ回数（前年度からの相談を含む）, kind: integer, unit: 回, description: 対応履歴の行の数で、件数とは別のものです}
--   handling_minutes:  {title: 対応時間, kind: integer, unit: 分, description: 対応時間の書いてある行の合計です}
--   unfinished:        {title: 終わっていない相談（前年度からを含む）, kind: integer, unit: 件, description: 段階が完了・辞退でなく、対応状況が完了でない相談です}
--   waiting_follow_up: {title: 経過確認が済んでいない相談（前年度からを含む）, kind: integer, unit: 件, description: 構築完了日があり、経過確認日がない相談です（辞退を除く）}
--   overdue_follow_up: {title: うち次回予定日を過ぎた相談, kind: integer, unit: 件, description: 契約に経過確認の期限はないため、次回予定日で見ます}
--   rated:             {title: 満足度を答えた相談, kind: integer, unit: 件}
--   satisfaction:      {title: 満足度の平均, kind: number, unit: 点, description: 5点満点です}
-- key: [as_of]
-- publish:
--   decision: 案（区の決定待ち）［仮定］
--   unit: 件(申請)
--   count: cases
--   previous: previous
--   parts: {cases: [support_cases]}
--   measure: 相談
--   columns: [as_of, since, cases, support_cases, previous, difference]
--   title: 相談・伴走支援の主な数値（件数、年度初めから基準日）
--   definition:
--     scope: 相談・伴走支援の台帳にある相談
--     reference: 受付日。段階・状況は台帳を取り込んだ時のもの。件数は相談番号ごとに1件とし、取下げ・辞退も数える。イ＋ウとウのどちらで数えるかは区が決めるまで両方を示す
-- reads: [consultations, consultation_log, contract_targets]

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

bounds AS (
    SELECT
        (date_trunc('year', $as_of - INTERVAL 3 MONTH) + INTERVAL 3 MONTH)::DATE AS since,
        (date_trunc('year', $as_of - INTERVAL 3 MONTH) + INTERVAL 15 MONTH)::DATE AS next_year
),

cases AS (
    SELECT
        b.since,
        count(c.consultation_id)                                              AS known,
        count(*) FILTER (WHERE c.received_on >= b.since)                      AS cases,
        count(*) FILTER (WHERE c.received_on >= b.since AND s.is_support)     AS support_cases,
        CASE
            WHEN date_trunc('month', min(c.received_on)) <= b.since - INTERVAL 1 YEAR
                THEN count(*) FILTER (
                    WHERE c.received_on >= b.since - INTERVAL 1 YEAR AND c.received_on <= $as_of - INTERVAL 1 YEAR
                )
        END                                                                   AS previous,
        count(DISTINCT c.organisation_id) FILTER (WHERE c.received_on >= b.since) AS organisations,
        count(*) FILTER (WHERE c.stage NOT IN ('完了', '辞退') AND c.status <> '完了') AS unfinished,
        count(*) FILTER (
            WHERE c.built_on <= $as_of
              AND (c.followed_up_on IS NULL OR c.followed_up_on > $as_of)
              AND c.stage <> '辞退'
        )                                                                     AS waiting_follow_up,
        count(*) FILTER (
            WHERE c.built_on <= $as_of
              AND (c.followed_up_on IS NULL OR c.followed_up_on > $as_of)
              AND c.stage <> '辞退'
              AND c.next_on < $as_of
        )                                                                     AS overdue_follow_up,
        count(c.satisfaction) FILTER (WHERE c.received_on >= b.since)         AS rated,
        avg(c.satisfaction) FILTER (WHERE c.received_on >= b.since)           AS satisfaction
    FROM bounds AS b
    LEFT JOIN consultations AS c ON c.received_on <= $as_of
    LEFT JOIN supported AS s ON s.consultation_id = c.consultation_id
    GROUP BY b.since
),

visits AS (
    SELECT
        count(*)                                                              AS visits,
        sum(l.handling_minutes)::BIGINT                                       AS handling_minutes
    FROM consultation_log AS l
    JOIN bounds AS b ON l.acted_on >= b.since
    WHERE l.acted_on <= $as_of
),

target AS (
    SELECT
        max_by(lower, valid_from)                                             AS target_lower,
        max_by(upper, valid_from)                                             AS target_upper
    FROM contract_targets
    WHERE indicator = '相談・伴走支援'
      AND valid_from <= $as_of
      AND (valid_to IS NULL OR valid_to >= $as_of)
)

SELECT
    $as_of::DATE                                                              AS as_of,
    b.since,
    CASE WHEN c.known > 0 THEN c.cases END                                    AS cases,
    CASE WHEN c.known > 0 THEN c.support_cases END                            AS support_cases,
    c.previous,
    c.cases - c.previous                                                      AS difference,
    t.target_lower,
    t.target_upper,
    round(1.0 * t.target_upper * ($as_of - b.since + 1) / (b.next_year - b.since), 1) AS pace,
    CASE WHEN c.known > 0 THEN c.organisations END                            AS organisations,
    CASE WHEN c.known > 0 THEN v.visits END                                   AS visits,
    v.handling_minutes,
    CASE WHEN c.known > 0 THEN c.unfinished END                               AS unfinished,
    CASE WHEN c.known > 0 THEN c.waiting_follow_up END                        AS waiting_follow_up,
    CASE WHEN c.known > 0 THEN c.overdue_follow_up END                        AS overdue_follow_up,
    CASE WHEN c.known > 0 THEN c.rated END                                    AS rated,
    round(c.satisfaction, 1)                                                  AS satisfaction
FROM bounds AS b
CROSS JOIN cases AS c
CROSS JOIN visits AS v
CROSS JOIN target AS t
ORDER BY as_of
