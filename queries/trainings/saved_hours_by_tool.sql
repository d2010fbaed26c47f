-- title: 支援で減った時間（ツール別、年度の終了日まで）
-- question: ノーコード・データ利活用・OCR・RPA・AI-OCRで、1年に何時間が減るか。
-- serves: {saved_hours_tools: saved_hours}
-- definition:
--   numerator: ツールごとの、完了した支援の削減時間（時間/年）の合計。AI-OCRは納品した依頼の削減見込時間の合計
--   scope: 年度の区分がその年度で、終了日までに完了したツール活用支援と、年度の初日から終了日までに納品したAI-OCR依頼
--   exclusions: 支援区分が研修のもの、計画・実施中・中止。削減時間の空欄（数を別に示す）
--   reference: 年度の区分と完了日、納品日。実績は支援のあとに書かれたもの、見込みは依頼の時に書かれたもので、足し合わせない。手続のBPRで減る時間は「業務の見直しで減った時間」
-- params:
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   tool:        {title: ツール区分}
--   basis:       {title: 時間のもと, kind: choice, choices: [実績, 見込み]}
--   done:        {title: 完了・納品の件数, kind: integer, unit: 件}
--   stated:      {title: 時間の書かれた件数, kind: integer, unit: 件}
--   saved_hours: {title: 削減時間, kind: number, unit: 時間/年, description: 1件も書かれていなければ空欄です}
-- key: [tool]
-- reads: [tool_support, ocr_requests]

WITH done (tool, basis, saved_hours) AS (
    SELECT tool, '実績', saved_hours
    FROM tool_support
    WHERE state = '完了'
      AND kind <> '研修'
      AND coalesce(finished_on, $until) <= $until
      AND 2018 + regexp_extract(fiscal_year, '[0-9]+')::INT = year($until - INTERVAL 3 MONTH)
    UNION ALL
    SELECT 'AI-OCR', '見込み', expected_saved_hours
    FROM ocr_requests
    WHERE delivered_on BETWEEN make_date(year($until - INTERVAL 3 MONTH)::INT, 4, 1) AND $until
)

SELECT
    tool,
    basis,
    count(*)                                                                  AS done,
    count(saved_hours)                                                        AS stated,
    round(sum(saved_hours), 1)                                                AS saved_hours
FROM done
GROUP BY tool, basis
ORDER BY basis = '見込み', tool
