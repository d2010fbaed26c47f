-- title: キャッシュレスの不具合（事象区分別、今年度）
-- question: どんな不具合が多く、どれだけ止まり、最初の回答で済んでいるか。
-- serves: {incidents_kind: incidents, downtime: downtime_minutes, incident_first_line: first_line_rate}
-- definition:
--   numerator: 事象区分ごとの不具合の件数。一次対応率は、対応区分が「マニュアル回答」の件数
--   denominator: 一次対応率は、対応区分の書かれた件数
--   scope: 期間に起きたすべての不具合
--   exclusions: 対応区分が空欄の不具合（一次対応率だけ）、停止時間が空欄の不具合（停止時間だけ）
--   reference: 発生日時で数える。対応状況は取り込んだ時のもの
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   kind:                  {title: 事象区分}
--   incidents:             {title: 不具合の件数, kind: integer, unit: 件}
--   unresolved:            {title: 解決していない件数, kind: integer, unit: 件}
--   downtime_stated:       {title: 停止時間の分かる件数, kind: integer, unit: 件}
--   downtime_minutes:      {title: 停止時間の合計, kind: integer, unit: 分}
--   first_line:            {title: 一次対応で済んだ件数, kind: integer, unit: 件, description: 対応区分が「マニュアル回答」のものです}
--   response_stated:       {title: 対応区分の分かる件数, kind: integer, unit: 件}
--   first_line_rate:       {title: 一次対応率, kind: number, unit: "%"}
--   affected_transactions: {title: 影響件数, kind: integer, unit: 件}
--   affected_yen:          {title: 影響金額, kind: yen}
-- key: [kind]
-- reads: [incidents]

SELECT
    kind,
    count(*)                                                                  AS incidents,
    count(*) FILTER (WHERE status <> '解決')                                  AS unresolved,
    count(downtime_minutes)                                                   AS downtime_stated,
    sum(downtime_minutes)::BIGINT                                             AS downtime_minutes,
    count(*) FILTER (WHERE response = 'マニュアル回答')                       AS first_line,
    count(response)                                                           AS response_stated,
    round(
        100.0 * count(*) FILTER (WHERE response = 'マニュアル回答') / nullif(count(response), 0), 1
    ) AS first_line_rate,
    sum(affected_transactions)::BIGINT                                        AS affected_transactions,
    sum(affected_yen)::BIGINT                                                 AS affected_yen
FROM incidents
WHERE occurred_at >= $since AND occurred_at < $until + INTERVAL 1 DAY
GROUP BY kind
ORDER BY incidents DESC, kind
