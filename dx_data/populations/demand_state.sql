-- title: 月に届いた件数が、その月の想定に収まったか。終わっていない月は、上限を超えたときだけ判定する
-- params: [arrived, at_least, at_most, is_open]
-- reads: []

SELECT
    CASE
        WHEN arrived IS NULL OR (at_least IS NULL AND at_most IS NULL) THEN NULL
        WHEN arrived > at_most THEN '想定超'
        WHEN is_open THEN '途中'
        WHEN arrived < at_least THEN '想定未満'
        ELSE '想定内'
    END                                                                       AS state
