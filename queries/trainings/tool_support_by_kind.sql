-- title: ツール活用支援の件数と削減時間（ツール・支援区分別、年度の終了日まで）
-- question: フォーム作成・分析支援・設定支援は、それぞれ年10件の目標に届いているか。どれだけ時間が減ったか。
-- serves: {tool_no_code: done, tool_data: done, tool_ocr_rpa: done}
-- definition:
--   numerator: ツールと支援区分ごとの完了した支援の件数と、その削減時間の合計
--   scope: 年度の区分がその年度のツール活用支援
--   exclusions: 支援区分が研修のもの（研修の台帳で数える）。中止は件数に入れない
--   reference: 年度の区分。終了日より後に完了したものは実施中とする。目標のある区分だけに目標を示す（アプリ作成は数えない［仮定］）
-- params:
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   tool:         {title: ツール区分}
--   kind:         {title: 支援区分}
--   done:         {title: 完了, kind: integer, unit: 件}
--   target:       {title: 目標, kind: integer, unit: 件, description: 空欄は目標なしです}
--   remaining:    {title: 目標までの残り, kind: integer, unit: 件}
--   doing:        {title: 実施中, kind: integer, unit: 件}
--   planned:      {title: 計画, kind: integer, unit: 件}
--   cancelled:    {title: 中止, kind: integer, unit: 件}
--   saved_hours:  {title: 削減時間, kind: number, unit: 時間/年, description: 完了したもののうち、記入のあるものの合計です}
--   saved_stated: {title: 削減時間の記入がある支援, kind: integer, unit: 件}
-- key: [tool, kind]
-- reads: [tool_support, contract_targets]

WITH ways (tool, kind, indicator) AS (
    VALUES
        ('ノーコード', 'フォーム作成', 'ノーコード フォーム作成'),
        ('データ利活用', '分析支援', 'データ利活用 分析支援'),
        ('OCR・RPA', '設定支援', 'OCR・RPA 設定支援')
),

targets AS (
    SELECT w.tool, w.kind, t.lower AS target
    FROM ways AS w
    JOIN contract_targets AS t
        ON t.indicator = w.indicator
        AND t.valid_from <= $until
        AND (t.valid_to IS NULL OR t.valid_to >= $until)
),

listed AS (
    SELECT
        tool,
        kind,
        CASE WHEN state = '完了' AND finished_on > $until THEN '実施中' ELSE state END AS state,
        saved_hours
    FROM tool_support
    WHERE 2018 + regexp_extract(fiscal_year, '[0-9]+')::INT = year($until - INTERVAL 3 MONTH) AND kind <> '研修'
),

counted AS (
    SELECT
        tool,
        kind,
        count(*) FILTER (WHERE state = '完了')                                AS done,
        count(*) FILTER (WHERE state = '実施中')                              AS doing,
        count(*) FILTER (WHERE state = '計画')                                AS planned,
        count(*) FILTER (WHERE state = '中止')                                AS cancelled,
        sum(saved_hours) FILTER (WHERE state = '完了')                        AS saved_hours,
        count(saved_hours) FILTER (WHERE state = '完了')                      AS saved_stated
    FROM listed
    GROUP BY tool, kind
),

joined AS (
    SELECT
        coalesce(t.tool, c.tool)                                              AS tool,
        coalesce(t.kind, c.kind)                                              AS kind,
        t.target,
        CASE WHEN EXISTS (SELECT 1 FROM tool_support) THEN coalesce(c.done, 0) END AS done,
        coalesce(c.doing, 0)                                                  AS doing,
        coalesce(c.planned, 0)                                                AS planned,
        coalesce(c.cancelled, 0)                                              AS cancelled,
        c.saved_hours,
        coalesce(c.saved_stated, 0)                                           AS saved_stated
    FROM targets AS t
    FULL JOIN counted AS c ON c.tool = t.tool AND c.kind = t.kind
)

SELECT
    tool,
    kind,
    done,
    target,
    CASE WHEN done < target THEN target - done WHEN target IS NOT NULL AND done IS NOT NULL THEN 0 END AS remaining,
    doing,
    planned,
    cancelled,
    saved_hours,
    saved_stated
FROM joined
ORDER BY target IS NULL, tool, kind
