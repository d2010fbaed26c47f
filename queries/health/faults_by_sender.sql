-- title: 届いたファイルの誤り（届け元・月別、{since}から）
-- question: どこから届くファイルに誤りが多いか。月ごとに減っているか。合計は明細と合っているか。
-- serves: {sender_faults: [refused, faulty], control_totals: [totals, differing]}
-- definition:
--   numerator: 月と届け元ごとの、受け取れなかったファイルと、誤りのあるセルの数
--   denominator: 届いたファイルの数（受領拒否の割合）
--   scope: 取り込んだファイルと、受領を断ったファイル。届け元は、ファイル名から日付と年度を除いたもの（kintoneのアプリ名、事績簿など）
--   exclusions: 確かめただけで、取り込みも断りもしなかったファイル
--   reference: ファイルのいつ時点の月（分からなければ、台帳に記録した日の月）。直して届いたファイルは、断ったものと取り込んだものの2つに数える。合計は、ファイルに書かれた合計のうち明細と比べられたもの
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start, description: この日の月から示します}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   month:        {title: 年月, kind: date, month: true}
--   sender:       {title: 届け元}
--   files:        {title: 届いたファイル, kind: integer, unit: 件}
--   refused:      {title: 受領を断ったファイル, kind: integer, unit: 件}
--   refused_rate: {title: 断った割合, kind: number, unit: "%"}
--   faulty:       {title: 誤りのあるセル, kind: integer, unit: 件, description: 数えていない時期の記録だけなら空欄です}
--   mended:       {title: 直して受け取ったセル, kind: integer, unit: 件}
--   totals:       {title: 照らした合計, kind: integer, unit: 件}
--   differing:    {title: 合わなかった合計, kind: integer, unit: 件}
-- key: [month, sender]
-- reads: [arrivals]

WITH dated AS (
    SELECT
        *,
        coalesce(as_of, arrived_at::DATE)                                     AS day
    FROM arrivals
)

SELECT
    date_trunc('month', day)::DATE                                            AS month,
    sender,
    count(*)                                                                  AS files,
    count(*) FILTER (WHERE outcome = '受領拒否')                              AS refused,
    round(100.0 * count(*) FILTER (WHERE outcome = '受領拒否') / count(*), 1) AS refused_rate,
    sum(faulty)::BIGINT                                                       AS faulty,
    sum(mended)::BIGINT                                                       AS mended,
    sum(totals)::BIGINT                                                       AS totals,
    sum(differing)::BIGINT                                                    AS differing
FROM dated
WHERE day >= date_trunc('month', $since)
  AND day <= $until
GROUP BY date_trunc('month', day)::DATE, sender
ORDER BY month DESC, refused DESC, faulty DESC NULLS LAST, sender
