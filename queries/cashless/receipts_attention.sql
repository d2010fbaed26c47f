-- title: キャッシュレスの収納で確かめること（項目別の一覧、今年度）
-- question: 事績簿のどこを所管課や決済事業者に確かめる必要があるか。
-- definition:
--   numerator: 項目ごとに、あてはまる日数と取引の件数（売上・取消・返金の件数の大きさの合計）
--   scope: 期間のキャッシュレス事績簿のすべての行
--   exclusions: 開庁パターンが「その他」の窓口は、閉庁日の収納を判定しない。現金と窓口以外の手段は、窓口マスターの受入と比べない
--   reference: 収納日で数え、基準日までを対象とする。二重計上の疑いは、端末・ブランドが空欄の行が同じ日・窓口・手数料・手段・区分の内訳の行の合計と同じもの、または1日の3行以上がすべて別の端末の行と同じもの。決済停止の疑いは、直前28日に5日以上の収納があり平均5件以上のキャッシュレスがある窓口で、現金だけだった日
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start}
--   as_of: {title: 基準日, kind: date, default: today}
-- columns:
--   urgency:      {title: 優先度, kind: choice, choices: [高, 中, 低]}
--   kind:         {title: 項目}
--   subject:      {title: 対象}
--   detail:       {title: 内容}
--   days:         {title: 日数, kind: integer, unit: 日}
--   transactions: {title: 件数, kind: integer, unit: 件, description: 取引の件数です。売上・取消・返金の大きさを合計します}
-- key: [kind, subject]
-- reads: [receipts, payment_methods, counters, incidents, calendar_days]

WITH daily AS (
    SELECT
        *
    FROM receipts_daily
    WHERE collected_on BETWEEN $since AND $as_of
),

late AS (
    SELECT
        1                                                                     AS weight,
        '事績簿が届いていない'                                                AS kind,
        'すべての窓口'                                                        AS subject,
        '最後の収納日は' || max(r.collected_on) || '（その後の開庁日が' || any_value(d.open_days) || '日）です' AS detail,
        any_value(d.open_days)                                                AS days,
        0                                                                     AS transactions
    FROM receipts_counters_daily AS r
    CROSS JOIN (
        SELECT count(*)                                                       AS open_days
        FROM calendar_days
        WHERE is_open
          AND day < $as_of
          AND day > (SELECT max(collected_on) FROM receipts_counters_daily WHERE collected_on <= $as_of)
    ) AS d
    WHERE r.collected_on <= $as_of
    HAVING any_value(d.open_days) >= 3
),

double_postings AS (
    SELECT
        2                                                                     AS weight,
        '二重計上の疑い'                                                      AS kind,
        counter                                                               AS subject,
        '同じ収納が2回入っているようです。いちばん新しい日は' || max(collected_on) || 'です' AS detail,
        count(DISTINCT collected_on)                                          AS days,
        sum(suspected_transactions)                                           AS transactions
    FROM receipts_counters_daily
    WHERE collected_on BETWEEN $since AND $as_of
      AND suspected_transactions IS NOT NULL
    GROUP BY counter
),

closed AS (
    SELECT
        3                                                                     AS weight,
        '閉庁日の収納'                                                        AS kind,
        d.counter                                                             AS subject,
        '窓口が開かない日に収納があります。いちばん新しい日は' || max(d.collected_on) || 'です' AS detail,
        count(DISTINCT d.collected_on)                                        AS days,
        sum(d.gross_transactions)                                             AS transactions
    FROM daily AS d
    JOIN calendar_days AS k ON k.day = d.collected_on AND NOT k.is_open
    SEMI JOIN counters AS known ON known.counter = d.counter
    WHERE NOT EXISTS (
        SELECT 1
        FROM counters AS c
        WHERE c.counter = d.counter
          AND k.day BETWEEN c.valid_from AND coalesce(c.valid_to, DATE 'infinity')
          AND (c.opening IN ('毎日', 'その他')
              OR (c.opening = '平日・土曜' AND isodow(k.day) = 6)
              OR (c.opening = '平日・日曜' AND isodow(k.day) = 7)
              OR list_contains(regexp_extract_all(c.extra_open_days, '\d{4}-\d{2}-\d{2}'), k.day::VARCHAR))
    )
    GROUP BY d.counter
),

by_day AS (
    SELECT
        d.collected_on,
        d.counter,
        coalesce(sum(d.sales_transactions) FILTER (WHERE p.method_group = '窓口キャッシュレス'), 0) AS cashless,
        coalesce(sum(d.sales_transactions) FILTER (WHERE p.method_group = '現金'), 0)      AS cash
    FROM daily AS d
    LEFT JOIN (
        SELECT DISTINCT s.collected_on, s.method, m.method_group
        FROM (SELECT DISTINCT collected_on, method FROM daily) AS s
        JOIN payment_methods AS m
            ON m.method = s.method
            AND s.collected_on BETWEEN m.valid_from AND coalesce(m.valid_to, DATE 'infinity')
    ) AS p
        ON p.collected_on = d.collected_on AND p.method = d.method
    GROUP BY d.collected_on, d.counter
),

usual AS (
    SELECT
        *,
        count(*) OVER before                                                  AS days_before,
        sum(cashless) OVER before                                             AS cashless_before
    FROM by_day
    WINDOW before AS (
        PARTITION BY counter
        ORDER BY collected_on
        RANGE BETWEEN INTERVAL 28 DAY PRECEDING AND INTERVAL 1 DAY PRECEDING
    )
),

stopped AS (
    SELECT
        4                                                                     AS weight,
        '決済停止の疑い'                                                      AS kind,
        u.counter || '（' || u.collected_on || '）'                           AS subject,
        '現金だけの日です。この日の不具合の記録は'
            || CASE WHEN count(i.incident_id) > 0 THEN 'あります' ELSE 'ありません' END AS detail,
        1                                                                     AS days,
        u.cash                                                                AS transactions
    FROM usual AS u
    LEFT JOIN incidents AS i ON i.counter = u.counter AND i.occurred_at::DATE = u.collected_on
    WHERE u.cash > 0
      AND u.cashless = 0
      AND u.days_before >= 5
      AND u.cashless_before >= 5 * u.days_before
    GROUP BY u.counter, u.collected_on, u.cash
),

differing AS (
    SELECT
        5                                                                     AS weight,
        '入金の差額'                                                          AS kind,
        counter || '・' || method                                             AS subject,
        '差額または不一致の行が' || sum(receipts) || '行あり、差額の合計は'
            || coalesce(sum(difference_yen), 0) || '円です'                   AS detail,
        count(DISTINCT collected_on)                                          AS days,
        sum(gross_transactions)                                               AS transactions
    FROM receipts_differences_daily
    WHERE collected_on BETWEEN $since AND $as_of
    GROUP BY counter, method
),

overdue AS (
    SELECT
        *,
        coalesce(deposited_on > $as_of, false)                                AS is_later
    FROM receipts_deposits_daily
    WHERE collected_on BETWEEN $since AND $as_of
      AND deposit_due_on < $as_of
      AND (waiting_receipts > 0 OR deposited_on > $as_of)
),

unpaid AS (
    SELECT
        6                                                                     AS weight,
        '入金の遅れ'                                                          AS kind,
        method                                                                AS subject,
        'いちばん古い入金予定日は' || min(deposit_due_on) || 'で、未入金は'
            || sum(CASE WHEN is_later THEN amount_yen ELSE waiting_yen END) || '円です' AS detail,
        count(DISTINCT collected_on)                                          AS days,
        sum(CASE WHEN is_later THEN gross_transactions ELSE waiting_transactions END) AS transactions
    FROM overdue
    GROUP BY method
),

unlisted AS (
    SELECT
        7                                                                     AS weight,
        'マスターにない窓口・手段'                                            AS kind,
        d.counter                                                             AS subject,
        '窓口マスターにありません（比率に入りません）'                        AS detail,
        count(DISTINCT d.collected_on)                                        AS days,
        sum(d.gross_transactions)                                             AS transactions
    FROM daily AS d
    ANTI JOIN counters AS c ON c.counter = d.counter
    GROUP BY d.counter
    UNION ALL
    SELECT
        7                                                                     AS weight,
        'マスターにない窓口・手段'                                            AS kind,
        d.method                                                              AS subject,
        '決済手段マスターにありません（比率に入りません）'                    AS detail,
        count(DISTINCT d.collected_on)                                        AS days,
        sum(d.gross_transactions)                                             AS transactions
    FROM daily AS d
    ANTI JOIN payment_methods AS p ON p.method = d.method
    GROUP BY d.method
),

outside AS (
    SELECT
        8                                                                     AS weight,
        '受入期間の外の手段'                                                  AS kind,
        d.counter || '・' || coalesce(d.fee_type || '・', '') || d.method     AS subject,
        '受入の期間にない日の収納です。日は' || min(d.collected_on) || 'から' || max(d.collected_on) || 'までです' AS detail,
        count(DISTINCT d.collected_on)                                        AS days,
        sum(d.gross_transactions)                                             AS transactions
    FROM daily AS d
    SEMI JOIN counters AS known ON known.counter = d.counter
    SEMI JOIN payment_methods AS p ON p.method = d.method
    WHERE NOT EXISTS (
        SELECT 1
        FROM payment_methods AS p
        WHERE p.method = d.method
          AND p.method_group <> '窓口キャッシュレス'
          AND d.collected_on BETWEEN p.valid_from AND coalesce(p.valid_to, DATE 'infinity')
    )
      AND NOT EXISTS (
        SELECT 1
        FROM payment_methods AS p
        JOIN counters AS c ON c.method = p.method
        WHERE p.method = d.method
          AND c.counter = d.counter
          AND coalesce(c.fee_type = d.fee_type, c.fee_type IS NULL)
          AND d.collected_on BETWEEN p.valid_from AND coalesce(p.valid_to, DATE 'infinity')
          AND d.collected_on BETWEEN c.valid_from AND coalesce(c.valid_to, DATE 'infinity')
    )
    GROUP BY d.counter, d.fee_type, d.method
),

found AS (
    SELECT * FROM late
    UNION ALL
    SELECT * FROM double_postings
    UNION ALL
    SELECT * FROM closed
    UNION ALL
    SELECT * FROM stopped
    UNION ALL
    SELECT * FROM differing
    UNION ALL
    SELECT * FROM unpaid
    UNION ALL
    SELECT * FROM unlisted
    UNION ALL
    SELECT * FROM outside
)

SELECT
    CASE WHEN weight <= 3 THEN '高' WHEN weight <= 6 THEN '中' ELSE '低' END  AS urgency,
    kind,
    subject,
    detail,
    days::BIGINT                                                              AS days,
    transactions::BIGINT                                                      AS transactions
FROM found
ORDER BY
    CASE WHEN weight <= 3 THEN 1 WHEN weight <= 6 THEN 2 ELSE 3 END,
    row_number() OVER (PARTITION BY kind ORDER BY transactions DESC, subject),
    weight
