-- title: 納品していないAI-OCR依頼（急ぐ順の一覧、基準日）
-- question: どの依頼が残り、希望納期を過ぎているか。
-- serves: {ocr_requests: days_open}
-- definition:
--   numerator: 対応状況が受付・設計中・テスト中・差戻しのAI-OCR依頼
--   scope: 基準日までに受けた依頼
--   exclusions: 納品、取下げ、台帳から消えた依頼
--   reference: 対応状況は取り込んだ時のもの。希望納期までは期限内、希望納期の翌日から遅れ
-- params:
--   as_of: {title: 基準日, kind: date, default: today}
-- columns:
--   request_id:   {title: 依頼番号}
--   requested_on: {title: 依頼日, kind: date}
--   section:      {title: 依頼課}
--   document:     {title: 帳票名}
--   kind:         {title: 依頼区分}
--   status:       {title: 対応状況}
--   wanted_on:    {title: 希望納期, kind: date}
--   days_open:    {title: 依頼からの日数, kind: integer, unit: 日}
--   days_late:    {title: 希望納期からの日数, kind: integer, unit: 日, description: 過ぎた分だけ示します}
--   state:        {title: 納期, kind: choice, choices: [遅れ, 期限内, 納期なし]}
-- key: [request_id]
-- reads: [ocr_requests]

SELECT
    request_id,
    requested_on,
    section,
    document,
    kind,
    status,
    wanted_on,
    $as_of::DATE - requested_on                                               AS days_open,
    CASE WHEN wanted_on < $as_of THEN $as_of::DATE - wanted_on END            AS days_late,
    CASE
        WHEN wanted_on IS NULL THEN '納期なし'
        WHEN wanted_on < $as_of THEN '遅れ'
        ELSE '期限内'
    END                                                                       AS state
FROM ocr_requests
WHERE requested_on <= $as_of AND status IN ('受付', '設計中', 'テスト中', '差戻し')
ORDER BY wanted_on NULLS LAST, requested_on, request_id
