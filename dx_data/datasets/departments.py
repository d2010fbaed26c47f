"""所管課マスター: the ward's sections in the order of its organisation, with the time each exists."""

from dx_data.spec import Column, Dataset, Delivery, Kind

DATASET = Dataset(
    name="departments",
    title="所管課マスター",
    family="マスター",
    grain="1つの課のある期間",
    owner="DX推進課",
    source="組織表から作る表（Excel・CSV）",
    rhythm="毎年",
    key=("section", "valid_from"),
    delivery=Delivery.WHOLE,
    orders=(("valid_from", "valid_to"),),
    columns=(
        Column(
            name="sequence",
            title="組織順",
            kind=Kind.INTEGER,
            unit="番目",
            required=True,
            minimum=1,
            description="組織表での順番です",
            example="1",
        ),
        Column(name="division", title="所管部", required=True, description="部の名前です", example="政策経営部"),
        Column(name="section", title="所管課", required=True, description="課の名前です", example="DX推進課"),
        Column(
            name="valid_from",
            title="有効開始日",
            kind=Kind.DATE,
            required=True,
            description="課ができた日です",
            example="2025-04-01",
        ),
        Column(
            name="valid_to",
            title="有効終了日",
            kind=Kind.DATE,
            description="課がなくなった日です",
            example=None,
        ),
        Column(
            name="successors",
            title="後継課",
            aliases=("引継ぎ先", "改組後の課"),
            description="課がなくなったとき、仕事を引き継いだ課です。いくつもあるときは「、」で区切ります",
            example=None,
        ),
    ),
)
