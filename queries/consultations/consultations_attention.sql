-- title: 相談・伴走支援で確かめること（項目別の一覧、基準日）
-- question: いま手を打つ必要がある相談はどれか。台帳のどこを直すか。
-- serves: {first_response: days, follow_up_overdue: days}
-- definition:
--   numerator: 項目ごとに、あてはまる相談（1行が1項目の1件）
--   scope: 基準日までに受け付けた相談（前年度からの分を含む）。台帳から消えた相談は、基準日の年度に消えたもの
--   exclusions: 辞退した相談（食い違いと台帳から消えた相談を除く）
--   reference: 基準日。段階・状況は台帳を取り込んだ時のもの。初回対応なしは受付から7日以上、動きなしは最後の対応から30日以上（次回予定日のあるもの、保留、経過確認を待つものを除く）
-- params:
--   as_of: {title: 基準日, kind: date, default: today}
-- columns:
--   urgency:         {title: 優先度, kind: choice, choices: [高, 中, 低]}
--   kind:            {title: 項目}
--   consultation_id: {title: 相談番号}
--   target:          {title: 対象区分}
--   detail:          {title: 内容}
--   days:            {title: 日数, kind: integer, unit: 日, description: 食い違いと消えた相談は空欄です}
-- key: [kind, consultation_id]
-- reads: [consultations, consultation_log]

WITH acted AS (
    SELECT
        consultation_id,
        min(acted_on)                                                         AS first_on,
        max(acted_on)                                                         AS last_on
    FROM consultation_log
    WHERE acted_on <= $as_of
    GROUP BY consultation_id
),

cases AS (
    SELECT
        c.consultation_id,
        c.target,
        c.stage,
        c.status,
        c.received_on,
        c.next_on,
        c.built_on,
        c.followed_up_on,
        a.first_on,
        a.last_on,
        c.stage NOT IN ('完了', '辞退') AND c.status <> '完了'                      AS is_open,
        coalesce(
            c.built_on <= $as_of AND (c.followed_up_on IS NULL OR c.followed_up_on > $as_of) AND c.stage <> '辞退',
            false
        )                                                                     AS is_unchecked
    FROM consultations AS c
    LEFT JOIN acted AS a ON a.consultation_id = c.consultation_id
    WHERE c.received_on <= $as_of
),

found AS (
    SELECT
        1                                                                     AS weight,
        '初回対応のない相談'                                                           AS kind,
        consultation_id,
        target,
        received_on || ' に受け付けてから、対応がありません'                                   AS detail,
        $as_of - received_on                                                  AS days
    FROM cases
    WHERE is_open AND first_on IS NULL AND $as_of - received_on >= 7
    UNION ALL
    SELECT
        2,
        '次回予定日を過ぎた経過確認',
        consultation_id,
        target,
        built_on || ' に構築が完了し、経過確認の予定は ' || next_on || ' でした',
        $as_of - next_on
    FROM cases
    WHERE is_unchecked AND next_on < $as_of
    UNION ALL
    SELECT
        3,
        '次回予定日を過ぎた相談',
        consultation_id,
        target,
        '段階は「' || stage || '」、次回の予定は ' || next_on || ' でした',
        $as_of - next_on
    FROM cases
    WHERE is_open AND NOT is_unchecked AND next_on < $as_of
    UNION ALL
    SELECT
        4,
        '動きのない相談',
        consultation_id,
        target,
        '段階は「' || stage || '」、最後の対応は ' || last_on || ' で、次回の予定がありません',
        $as_of - last_on
    FROM cases
    WHERE is_open AND NOT is_unchecked AND status <> '保留' AND next_on IS NULL AND $as_of - last_on >= 30
    UNION ALL
    SELECT
        5,
        '予定のない経過確認',
        consultation_id,
        target,
        built_on || ' に構築が完了し、経過確認の予定がありません',
        $as_of - built_on
    FROM cases
    WHERE is_unchecked AND next_on IS NULL
    UNION ALL
    SELECT
        6,
        '段階と対応状況の食い違い',
        consultation_id,
        target,
        '段階は「' || stage || '」、対応状況は「' || status || '」です',
        NULL
    FROM cases
    WHERE (stage = '完了' AND status <> '完了') OR (status = '完了' AND stage NOT IN ('完了', '辞退'))
    UNION ALL
    SELECT
        7,
        '日付の前後',
        consultation_id,
        target,
        CASE
            WHEN first_on < received_on THEN '対応日 ' || first_on || ' が受付日 ' || received_on || ' より前です'
            ELSE '経過確認日 ' || followed_up_on || ' が構築完了日より前か、構築完了日が空欄です'
        END,
        NULL
    FROM cases
    WHERE first_on < received_on
       OR (followed_up_on IS NOT NULL AND (built_on IS NULL OR followed_up_on < built_on))
    UNION ALL
    SELECT
        8,
        '台帳から消えた相談',
        consultation_id,
        target,
        vanished_on || ' の台帳からありません。消したのか、書き出しもれかを確かめてください',
        NULL
    FROM consultations_ever
    WHERE vanished_on <= $as_of
      AND vanished_on >= date_trunc('year', $as_of - INTERVAL 3 MONTH) + INTERVAL 3 MONTH
)

SELECT
    CASE WHEN weight <= 2 THEN '高' WHEN weight <= 6 THEN '中' ELSE '低' END     AS urgency,
    kind,
    consultation_id,
    target,
    detail,
    days
FROM found
ORDER BY
    CASE WHEN weight <= 2 THEN 1 WHEN weight <= 6 THEN 2 ELSE 3 END,
    row_number() OVER (PARTITION BY kind ORDER BY days DESC NULLS LAST, consultation_id),
    weight
