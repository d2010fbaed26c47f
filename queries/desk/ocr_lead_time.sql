-- title: AI-OCRの納品までの日数（依頼区分別、今年度）
-- question: AI-OCRの依頼は、何日で納品され、希望納期に間に合っているか。
-- serves: {ocr_lead_time: [median_days, p90_days]}
-- definition:
--   numerator: 希望納期までに納品した依頼の件数
--   denominator: 希望納期の書かれた、納品した依頼の件数
--   scope: 期間に納品した依頼
--   exclusions: 納品日が依頼日より前のもの（日数に入れない）、希望納期が空欄のもの（間に合った割合に入れない）
--   reference: 納品日で数える。日数は依頼日から納品日までの暦の日数
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   kind:         {title: 依頼区分}
--   delivered:    {title: 納品の件数, kind: integer, unit: 件}
--   days_known:   {title: 日数の分かる件数, kind: integer, unit: 件}
--   median_days:  {title: 納品までの日数の中央値, kind: number, unit: 日}
--   p90_days:     {title: 納品までの日数の90パーセンタイル, kind: number, unit: 日, description: 10件のうち9件は、この日数までに納品しています}
--   on_time:      {title: 希望納期に間に合った件数, kind: integer, unit: 件}
--   wanted:       {title: 希望納期の分かる件数, kind: integer, unit: 件}
--   on_time_rate: {title: 希望納期に間に合った割合, kind: number, unit: "%"}
--   saved_hours:  {title: 削減見込時間の合計, kind: number, unit: 時間/年, description: 書かれたものがなければ空欄です}
-- key: [kind]
-- reads: [ocr_requests]

WITH delivered AS (
    SELECT
        coalesce(kind, '（区分なし）')                                        AS kind,
        CASE WHEN delivered_on >= requested_on THEN delivered_on - requested_on END AS days,
        wanted_on,
        delivered_on,
        expected_saved_hours
    FROM ocr_requests
    WHERE delivered_on BETWEEN $since AND $until
)

SELECT
    kind,
    count(*)                                                                  AS delivered,
    count(days)                                                               AS days_known,
    round(median(days), 1)                                                    AS median_days,
    round(quantile_cont(days, 0.9), 1)                                        AS p90_days,
    count(*) FILTER (WHERE delivered_on <= wanted_on)                         AS on_time,
    count(wanted_on)                                                          AS wanted,
    round(100.0 * count(*) FILTER (WHERE delivered_on <= wanted_on) / nullif(count(wanted_on), 0), 1) AS on_time_rate,
    round(sum(expected_saved_hours), 1)                                       AS saved_hours
FROM delivered
GROUP BY kind
ORDER BY delivered DESC, kind
