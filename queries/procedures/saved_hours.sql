-- title: 業務の見直しで減った時間（所管課別、1年あたり）
-- question: BPRで、どの課の時間が1年にどれだけ減るか。
-- serves: {saved_hours_bpr: saved_hours}
-- definition:
--   numerator: BPR実施が完了の手続の、削減時間（分/件）×年間件数の合計
--   denominator: 60（分を時間にする）
--   scope: 手続台帳の有効な手続のうち、BPR実施が完了のもの
--   exclusions: 削減時間か年間件数が空欄の手続（数を別に示す）、基準日までに廃止・統合した手続
--   reference: 基準日。BPR実施・削減時間・年間件数は台帳を取り込んだ時のもので、年間件数の年度は手続ごとに違うことがある。組織の見方が現在なら現在とする日の組織で、当時なら基準日の組織で示す。1つの課が引き継いだ改組は後継課（所管課マスター）をたどり、いくつもの課に分かれた課は元の名前のまま示す。並びはその組織順
-- params:
--   as_of: {title: 基準日, kind: date, default: today}
--   view: {title: 組織の見方, kind: choice, default: 現在, choices: [現在, 当時], description: 現在は、いまの課の名前で示します。当時は、基準日にあった課の名前で示します}
--   organised_on: {title: 現在とする日, kind: date, default: today, description: 組織の見方が現在のとき、この日の組織で示します}
-- columns:
--   sequence:    {title: 組織順, kind: integer, unit: 番目, description: 所管課マスターになければ空欄です}
--   division:    {title: 所管部}
--   section:     {title: 所管課}
--   finished:    {title: BPR完了の手続数, kind: integer, unit: 手続}
--   counted:     {title: 時間を計算できた手続数, kind: integer, unit: 手続}
--   unknown:     {title: 計算できない手続数, kind: integer, unit: 手続, description: 削減時間か年間件数が空欄の手続です}
--   saved_hours: {title: 1年に減る時間, kind: number, unit: 時間, description: 1つも計算できなければ空欄です}
--   total_hours: {title: 全所管課の1年に減る時間, kind: number, unit: 時間}
-- key: [section]
-- reads: [procedures, departments]

WITH counted AS (
    SELECT
        coalesce(n.seen, p.section)                                           AS section,
        count(*)                                                              AS finished,
        count(p.saved_minutes * p.yearly_cases)                               AS counted,
        sum(p.saved_minutes * p.yearly_cases)                                 AS minutes
    FROM procedures AS p
    LEFT JOIN section_names() AS n
        ON n.section = p.section
        AND CASE $view WHEN '当時' THEN $as_of ELSE $organised_on END BETWEEN n.first_day AND n.last_day
    WHERE p.bpr = '完了'
      AND (p.validity IS DISTINCT FROM '廃止・統合' OR p.abolished_on > $as_of)
    GROUP BY coalesce(n.seen, p.section)
)

SELECT
    o.sequence,
    o.division,
    c.section,
    c.finished,
    c.counted,
    c.finished - c.counted                                                    AS unknown,
    round(c.minutes / 60, 1)                                                  AS saved_hours,
    round(sum(c.minutes) OVER () / 60, 1)                                     AS total_hours
FROM counted AS c
LEFT JOIN organisation(CASE $view WHEN '当時' THEN $as_of ELSE $organised_on END) AS o ON o.section = c.section
ORDER BY o.sequence NULLS LAST, c.section
