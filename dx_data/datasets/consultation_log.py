"""対応履歴 (columns.md D10, sub-table): every time a case was worked on; its rows are the 延べ回数."""

from dx_data.datasets._choices import CONSULTATION_CHANNELS
from dx_data.spec import Column, Dataset, Delivery, Kind, Pii

DATASET = Dataset(
    name="consultation_log",
    title="対応履歴",
    family="相談・伴走支援",
    grain="1つの相談への1回の対応",
    owner="DX推進課",
    source="kintone「相談・伴走支援」アプリの表「対応履歴」",
    rhythm="毎週",
    key=("consultation_id", "line"),
    delivery=Delivery.WHOLE,
    child_of="consultations",
    columns=(
        Column(
            name="consultation_id",
            title="相談番号",
            aliases=("相談管理番号", "案件番号"),
            required=True,
            references="consultations.consultation_id",
            description="対応した相談の番号です",
            example="C-0001",
        ),
        Column(
            name="line",
            title="行番号",
            kind=Kind.INTEGER,
            unit="行目",
            required=True,
            minimum=1,
            description="表の中で上から何行目かです。取込時に付けます",
            example="1",
        ),
        Column(
            name="acted_on",
            title="対応日",
            kind=Kind.DATE,
            required=True,
            description="対応した日です",
            example="2025-05-08",
        ),
        Column(
            name="channel",
            title="対応手段",
            kind=Kind.CHOICE,
            aliases=("手段",),
            choices=CONSULTATION_CHANNELS,
            description="何で対応したかです",
            example="訪問",
        ),
        Column(
            name="handling_minutes",
            title="対応時間",
            kind=Kind.INTEGER,
            unit="分",
            aliases=("所要時間",),
            minimum=0,
            description="対応にかかった時間です",
            example="60",
        ),
        Column(
            name="action",
            title="対応内容",
            aliases=("内容",),
            pii=Pii.FREE,
            description="自由記述です。保存しません",
        ),
        Column(
            name="staff",
            title="対応者",
            aliases=("担当", "担当者"),
            pii=Pii.PERSONAL,
            description="対応した人です。保存しません",
        ),
    ),
)
