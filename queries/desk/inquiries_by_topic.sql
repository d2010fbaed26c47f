-- title: ヘルプデスクの件数（対象別、今年度）
-- question: ヘルプデスクには、何についての問合せや作業が、だれから多く来ているか。
-- serves: {helpdesk_topic: inquiries}
-- definition:
--   numerator: 対象ごとの問合せ等の件数
--   scope: 期間に受け付けたすべての問合せと作業
--   exclusions: なし
--   reference: 受付日時で数える。対応状況は取り込んだ時のもの
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   topic:            {title: 対象}
--   inquiries:        {title: 件数, kind: integer, unit: 件}
--   answering:        {title: うち問合せ対応, kind: integer, unit: 件}
--   work:             {title: うちほかの作業, kind: integer, unit: 件}
--   from_staff:       {title: 庁内から, kind: integer, unit: 件}
--   from_residents:   {title: 区民から, kind: integer, unit: 件}
--   from_businesses:  {title: 事業者から, kind: integer, unit: 件}
--   unfinished:       {title: 終わっていない件数, kind: integer, unit: 件, description: 受付・対応中・エスカレーションのものです}
--   minutes_stated:   {title: 対応時間の分かる件数, kind: integer, unit: 件}
--   handling_minutes: {title: 対応時間の合計, kind: integer, unit: 分}
--   faq_done:         {title: FAQ化した件数, kind: integer, unit: 件}
-- key: [topic]
-- reads: [inquiries]

SELECT
    topic,
    count(*)                                                                  AS inquiries,
    count(*) FILTER (WHERE kind = '問合せ対応')                               AS answering,
    count(*) FILTER (WHERE kind <> '問合せ対応')                              AS work,
    count(*) FILTER (WHERE asker = '庁内')                                    AS from_staff,
    count(*) FILTER (WHERE asker = '区民')                                    AS from_residents,
    count(*) FILTER (WHERE asker = '事業者')                                  AS from_businesses,
    count(*) FILTER (WHERE status IN ('受付', '対応中', 'エスカレーション'))  AS unfinished,
    count(handling_minutes)                                                   AS minutes_stated,
    sum(handling_minutes)::BIGINT                                             AS handling_minutes,
    count(*) FILTER (WHERE faq = '済')                                        AS faq_done
FROM inquiries
WHERE received_at >= $since AND received_at < $until + INTERVAL 1 DAY
GROUP BY topic
ORDER BY inquiries DESC, topic
