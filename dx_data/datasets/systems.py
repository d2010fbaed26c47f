"""システムマスター: the systems and tools in use, with the time each is used."""

from dx_data.spec import Choice, Column, Dataset, Delivery, Kind, Pii

DATASET = Dataset(
    name="systems",
    title="システムマスター",
    family="マスター",
    grain="1つのシステムのある期間",
    owner="DX推進課",
    source="DX推進課が作る表（Excel・CSV）",
    rhythm="毎年",
    key=("system", "valid_from"),
    delivery=Delivery.WHOLE,
    orders=(("valid_from", "valid_to"),),
    columns=(
        Column(
            name="system",
            title="システム",
            aliases=("システム名", "システム名称"),
            required=True,
            description="システムの名前です",
            example="LoGoフォーム",
        ),
        Column(
            name="kind",
            title="種別",
            kind=Kind.CHOICE,
            aliases=("システム種別", "システム区分"),
            required=True,
            choices=(
                Choice(value="電子申請", aliases=("申請システム",)),
                Choice(value="ノーコード", aliases=("ノーコードツール",)),
                Choice(value="AI-OCR", aliases=("OCR",)),
                Choice(value="RPA"),
                Choice(value="データ利活用", aliases=("BI",)),
                Choice(value="決済", aliases=("キャッシュレス決済",)),
                Choice(value="専用システム"),
                Choice(value="その他"),
            ),
            description="何のためのシステムかです",
            example="電子申請",
        ),
        Column(
            name="valid_from",
            title="利用開始日",
            kind=Kind.DATE,
            aliases=("開始日",),
            required=True,
            description="使い始めた日です",
            example="2025-04-01",
        ),
        Column(
            name="valid_to",
            title="利用終了日",
            kind=Kind.DATE,
            aliases=("終了日",),
            description="使い終えた日です。いまも使うときは空欄です",
            example=None,
        ),
        Column(name="remarks", title="備考", pii=Pii.FREE, description="自由記述です。保存しません"),
    ),
)
