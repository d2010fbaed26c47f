-- title: 半期評価と改善報告書（評価項目別の一覧、契約の初日から基準日まで）
-- question: 終わった半期の評価は済んだか、改善報告書・承認・再評価のどこで止まっているか。
-- serves: {half_yearly_duties: state, improvement_reports: improvement_submitted_on}
-- definition:
--   numerator: 半期と評価項目ごとの評価、改善報告書、承認、再評価
--   scope: 基準日より前に終わった半期のうち、記録のある評価と、契約の目標に評価があるのに評価のない半期
--   reference: 基準日。評価の日付と改善報告書の期限は契約に定めがないため、遅れとは判定しない。再評価は、改善報告書の承認の日にみる［仮定］
-- params:
--   as_of: {title: 基準日, kind: date, default: today}
-- columns:
--   fiscal_year:              {title: 年度}
--   half:                     {title: 半期}
--   item:                     {title: 評価項目}
--   rating:                   {title: 評価}
--   improvement:              {title: 改善要否}
--   improvement_submitted_on: {title: 改善報告書の提出日, kind: date}
--   approved_on:              {title: 承認日, kind: date}
--   re_rating:                {title: 再評価}
--   side:                     {title: 次に動く側, kind: choice, choices: [区, 受注者, なし]}
--   state:                    {title: 状態, kind: choice, choices: [評価待ち, 改善要否の記入待ち, 改善不要, 改善報告書待ち, 区の承認待ち, 再評価待ち, 再評価済]}
-- key: [fiscal_year, half, item]
-- reads: [evaluations, contract_targets]

WITH halves AS (
    SELECT DISTINCT
        '令和' || (year(h.first_day - INTERVAL 3 MONTH) - 2018) || '年度'     AS fiscal_year,
        CASE month(h.first_day) WHEN 4 THEN '上期' ELSE '下期' END            AS half
    FROM contract_targets AS t
    CROSS JOIN (
        SELECT unnest(generate_series(TIMESTAMP '2025-04-01', $as_of::TIMESTAMP, INTERVAL 6 MONTH))::DATE AS first_day
    ) AS h
    WHERE t.indicator = '評価'
      AND h.first_day >= t.valid_from
      AND (t.valid_to IS NULL OR h.first_day <= t.valid_to)
      AND h.first_day + INTERVAL 6 MONTH <= $as_of
),

known AS (
    SELECT
        fiscal_year,
        half,
        item,
        rating,
        improvement,
        improvement_submitted_on,
        approved_on,
        re_rating
    FROM evaluations_known($as_of)
    UNION ALL
    SELECT h.fiscal_year, h.half, '（評価の記録なし）', NULL, NULL, NULL, NULL, NULL
    FROM halves AS h
    ANTI JOIN evaluations AS e ON e.fiscal_year = h.fiscal_year AND e.half = h.half
),

judged AS (
    SELECT
        *,
        CASE
            WHEN rating IS NULL THEN '評価待ち'
            WHEN improvement IS NULL THEN '改善要否の記入待ち'
            WHEN improvement = '不要' THEN '改善不要'
            WHEN improvement_submitted_on IS NULL THEN '改善報告書待ち'
            WHEN approved_on IS NULL THEN '区の承認待ち'
            WHEN re_rating IS NULL THEN '再評価待ち'
            ELSE '再評価済'
        END                                                                   AS state
    FROM known
)

SELECT
    fiscal_year,
    half,
    item,
    rating,
    improvement,
    improvement_submitted_on,
    approved_on,
    re_rating,
    CASE
        WHEN state = '改善報告書待ち' THEN '受注者'
        WHEN state IN ('改善不要', '再評価済') THEN 'なし'
        ELSE '区'
    END                                                                       AS side,
    state
FROM judged
ORDER BY side = 'なし', regexp_extract(fiscal_year, '[0-9]+')::INT DESC, half DESC, item
