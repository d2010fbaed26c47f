-- title: データの鮮度（データセット別、{as_of}）
-- question: どのデータが、決めた間隔どおりに届いているか。遅れているものはどれか。
-- serves: {freshness: [as_of_newest, late_days, state]}
-- definition:
--   numerator: データセットごとの、いちばん新しい取込のいつ時点と、基準日までの日数
--   scope: 宣言されたすべてのデータセット（表の中の表を除く）と、取り消されていない取込
--   exclusions: 取り消された取込
--   reference: 基準日。間隔は、毎日は4日、毎週は10日、毎月は45日、四半期は120日、毎年は400日までを予定どおりとする［仮定］。随時には間隔がない
-- params:
--   as_of: {title: 基準日, kind: date, default: today}
-- columns:
--   dataset:      {title: データセット}
--   rhythm:       {title: 更新の間隔}
--   state:        {title: 状態, kind: choice, choices: [遅れ, 予定どおり, 未収集, 間隔なし]}
--   as_of_newest: {title: いつ時点, kind: date, description: いちばん新しい取込のものです}
--   loaded_on:    {title: 更新日, kind: date, description: その取込をした日です}
--   age_days:     {title: いつ時点からの日数, kind: integer, unit: 日}
--   most_days:    {title: 予定どおりの日数, kind: integer, unit: 日, description: 随時は空欄です}
--   late_days:    {title: 遅れた日数, kind: integer, unit: 日, description: 遅れていなければ空欄です}
-- key: [dataset]
-- reads: [declared_datasets, loads]

WITH newest AS (
    SELECT
        dataset,
        max(as_of)                                                            AS as_of,
        arg_max(loaded_at, (as_of, load))::DATE                               AS loaded_on
    FROM loads
    WHERE stands AND as_of <= $as_of
    GROUP BY dataset
),

aged AS (
    SELECT
        d.title,
        d.rhythm,
        d.most_days,
        n.as_of,
        n.loaded_on,
        $as_of - n.as_of                                                      AS age_days
    FROM declared_datasets AS d
    LEFT JOIN newest AS n ON n.dataset = d.dataset
)

SELECT
    title                                                                     AS dataset,
    rhythm,
    CASE
        WHEN as_of IS NULL THEN '未収集'
        WHEN most_days IS NULL THEN '間隔なし'
        WHEN age_days > most_days THEN '遅れ'
        ELSE '予定どおり'
    END                                                                       AS state,
    as_of                                                                     AS as_of_newest,
    loaded_on,
    age_days,
    most_days,
    CASE WHEN age_days > most_days THEN age_days - most_days END              AS late_days
FROM aged
WHERE EXISTS (SELECT 1 FROM loads)
ORDER BY list_position(['遅れ', '未収集', '予定どおり', '間隔なし'], state), late_days DESC NULLS LAST, title
