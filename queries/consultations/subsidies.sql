-- title: 助成金の案内から交付まで（助成金別、今年度）
-- question: どの助成金を案内し、申請と交付にどれだけつながったか。
-- serves: {subsidy_guided: guided, subsidy_applied: applied, subsidy_granted: granted}
-- definition:
--   numerator: 申請率は申請済か交付の件数、交付率は交付の件数
--   denominator: 申請率は案内した件数、交付率は申請した件数
--   scope: 期間に受け付けた相談のうち、助成金を案内したもの（関連助成金があるか、支援段階が助成金案内か、助成金案内だったことを観測したもの）
--   exclusions: 台帳から消えた相談
--   reference: 受付日で数える。助成金申請は台帳を取り込んだ時のもの
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   subsidy:      {title: 関連助成金, description: 名前が空欄の相談は「（助成金名なし）」です}
--   guided:       {title: 案内した件数, kind: integer, unit: 件}
--   planned:      {title: 申請予定の件数, kind: integer, unit: 件}
--   applied:      {title: 申請した件数, kind: integer, unit: 件, description: 申請済と交付の合計です}
--   applied_rate: {title: 申請率, kind: number, unit: "%"}
--   granted:      {title: 交付の件数, kind: integer, unit: 件}
--   granted_rate: {title: 交付率, kind: number, unit: "%"}
--   not_eligible: {title: 対象外の件数, kind: integer, unit: 件}
--   unknown:      {title: 申請の状況が空欄の件数, kind: integer, unit: 件}
-- key: [subsidy]
-- reads: [consultations]

WITH guided AS (
    SELECT
        coalesce(c.subsidy, '（助成金名なし）')                                       AS subsidy,
        c.subsidy_status                                                      AS status
    FROM consultations AS c
    LEFT JOIN (
        SELECT DISTINCT consultation_id
        FROM consultations_history
        WHERE column_name = 'stage' AND (old = '助成金案内' OR new = '助成金案内')
    ) AS h ON h.consultation_id = c.consultation_id
    WHERE c.received_on >= $since
      AND c.received_on <= $until
      AND (c.subsidy IS NOT NULL OR c.stage = '助成金案内' OR h.consultation_id IS NOT NULL)
)

SELECT
    subsidy,
    count(*)                                                                  AS guided,
    count(*) FILTER (WHERE status = '予定')                                     AS planned,
    count(*) FILTER (WHERE status IN ('申請済', '交付'))                           AS applied,
    round(100.0 * count(*) FILTER (WHERE status IN ('申請済', '交付')) / count(*), 1) AS applied_rate,
    count(*) FILTER (WHERE status = '交付')                                     AS granted,
    round(
        100.0 * count(*) FILTER (WHERE status = '交付')
        / nullif(count(*) FILTER (WHERE status IN ('申請済', '交付')), 0),
        1
    )                                                                         AS granted_rate,
    count(*) FILTER (WHERE status = '対象外')                                    AS not_eligible,
    count(*) FILTER (WHERE status IS NULL)                                    AS unknown
FROM guided
GROUP BY subsidy
ORDER BY subsidy = '（助成金名なし）', count(*) DESC, subsidy
