-- title: ある日に有効な手続のうち、選んだ対象のもの（その日より後のオンライン化は「未」）
-- params: [chosen_scope, on_day]
-- reads: [procedures]

SELECT
    *,
    CASE
        WHEN online_status IN ('済(全部)', '済(一部)') AND online_on > on_day THEN '未'
        ELSE online_status
    END                                                                       AS status
FROM procedures
WHERE (validity IS DISTINCT FROM '廃止・統合' OR abolished_on > on_day)
  AND CASE chosen_scope
        WHEN '区裁量' THEN discretion = '区で可能'
        WHEN '優先(契約)' THEN list_has_any(priority, ['子育て・教育', '年間1万件以上', '区選定'])
        WHEN '国59手続' THEN list_contains(priority, '国59手続')
        WHEN '国26手続' THEN list_contains(priority, '国26手続')
        ELSE true
    END
