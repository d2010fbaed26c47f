"""図表の説明: why a figure moved in a period, in words that a person wrote for publication; the only source of 理由."""

from dx_data.spec import Column, Dataset, Delivery, Pii

DATASET = Dataset(
    name="explanations",
    title="図表の説明",
    family="マスター",
    grain="1つの図表の1つの期間",
    owner="DX推進課",
    source="DX推進課が作る表（Excel・CSV）",
    rhythm="四半期",
    key=("figure", "period"),
    delivery=Delivery.APPEND,
    columns=(
        Column(
            name="figure",
            title="図表",
            aliases=("図表名",),
            required=True,
            description="どの図表の説明かです（問いの名前）",
            example="online_rate_by_month",
        ),
        Column(
            name="period",
            title="期間",
            aliases=("対象期間",),
            required=True,
            description="いつの説明かです",
            example="令和7年度第1四半期",
        ),
        Column(
            name="explanation",
            title="説明",
            aliases=("理由", "説明文"),
            required=True,
            description="増減の理由の文です。公表するために書いたもので、個人の名前は書きません",
            example="引っ越しの時期に電子申請が増えました。",
        ),
        Column(
            name="staff",
            title="記入者",
            aliases=("担当", "担当者"),
            pii=Pii.PERSONAL,
            description="保存しません。だれが取り込んだかは記録簿に残ります",
        ),
    ),
)
