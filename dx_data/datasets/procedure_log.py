"""進捗履歴 (columns.md D1, sub-table): what was done for a procedure, and when."""

from dx_data.spec import Column, Dataset, Delivery, Kind, Pii

DATASET = Dataset(
    name="procedure_log",
    title="進捗履歴",
    family="手続オンライン化",
    grain="1つの手続への1回の対応",
    owner="DX推進課",
    source="kintone「手続台帳」アプリの表「進捗履歴」",
    rhythm="毎週",
    key=("procedure_id", "line"),
    delivery=Delivery.WHOLE,
    past=("acted_on",),
    child_of="procedures",
    columns=(
        Column(
            name="procedure_id",
            title="手続ID",
            aliases=("手続番号", "管理番号", "No."),
            required=True,
            references="procedures.procedure_id",
            description="対応した手続の番号です",
            example="P-0001",
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
            example="2025-06-10",
        ),
        Column(name="action", title="対応内容", pii=Pii.FREE, description="自由記述です。保存しません"),
        Column(
            name="issue",
            title="対応時の課題",
            aliases=("課題",),
            pii=Pii.FREE,
            description="自由記述です。保存しません",
        ),
        Column(
            name="next_on",
            title="次回予定",
            kind=Kind.DATE,
            aliases=("次回予定日",),
            description="次に対応する予定の日です",
            example="2025-07-10",
        ),
        Column(
            name="staff",
            title="担当",
            aliases=("担当者",),
            pii=Pii.PERSONAL,
            description="対応した人です。保存しません",
        ),
    ),
)
