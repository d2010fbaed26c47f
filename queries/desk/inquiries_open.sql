-- title: 終わっていない問合せ（古い順の一覧、基準日）
-- question: どの問合せや作業が、どれだけ待っているか。
-- serves: {helpdesk_topic: open_days}
-- definition:
--   numerator: 対応状況が受付・対応中・エスカレーションの問合せと作業
--   scope: 基準日までに受け付けたもの（対象・作業区分を問わない）
--   exclusions: 回答済、完了
--   reference: 対応状況は取り込んだ時のもの。経過の開庁日は、受付の翌日から基準日までの区の開庁日
-- params:
--   as_of: {title: 基準日, kind: date, default: today}
-- columns:
--   inquiry_id:  {title: 受付番号}
--   received_at: {title: 受付日時, kind: datetime}
--   topic:       {title: 対象}
--   kind:        {title: 作業区分}
--   asker:       {title: 問合せ元区分}
--   section:     {title: 所属課}
--   status:      {title: 対応状況}
--   open_days:   {title: 経過した開庁日, kind: integer, unit: 日}
-- key: [inquiry_id]
-- reads: [inquiries, calendar_days]

SELECT
    i.inquiry_id,
    i.received_at,
    i.topic,
    i.kind,
    i.asker,
    i.section,
    i.status,
    asked.ordinal - received.ordinal                                          AS open_days
FROM inquiries AS i
LEFT JOIN calendar_days AS received ON received.day = i.received_at::DATE
LEFT JOIN calendar_days AS asked ON asked.day = $as_of
WHERE i.received_at < $as_of + INTERVAL 1 DAY
  AND i.status IN ('受付', '対応中', 'エスカレーション')
ORDER BY i.received_at, i.inquiry_id
