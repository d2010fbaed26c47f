"""契約の目標 (contract.md): what the contract expects, as a dated table the ward can edit; never constants in code."""

from dx_data.spec import Column, Dataset, Delivery, Kind

DATASET = Dataset(
    name="contract_targets",
    title="契約の目標",
    family="契約",
    grain="1つの指標の1つの目標",
    owner="DX推進課",
    source="仕様書 §7 から作る表（Excel・CSV）",
    rhythm="毎年",
    key=("indicator", "valid_from"),
    delivery=Delivery.WHOLE,
    columns=(
        Column(name="indicator", title="指標", required=True, description="何の目標かです", example="電子申請 問合せ等"),
        Column(name="clause", title="条項", required=True, description="仕様書の条項です", example="§7(1)エ(イ)"),
        Column(
            name="nature",
            title="性質",
            kind=Kind.CHOICE,
            required=True,
            choices=("実施", "想定需要"),
            description="実施するものか、来ると想定するものかです",
            example="想定需要",
        ),
        Column(
            name="rhythm",
            title="単位期間",
            kind=Kind.CHOICE,
            required=True,
            choices=("年度", "月", "契約期間"),
            description="目標がどの期間についてかです",
            example="月",
        ),
        Column(name="lower", title="下限", kind=Kind.INTEGER, unit="件", minimum=0, description="範囲の下の端です", example="20"),
        Column(name="upper", title="上限", kind=Kind.INTEGER, unit="件", minimum=0, description="範囲の上の端です", example="20"),
        Column(name="valid_from", title="適用開始日", kind=Kind.DATE, required=True, description="この目標が始まる日です", example="2025-04-01"),
        Column(name="valid_to", title="適用終了日", kind=Kind.DATE, description="この目標が終わる日です", example="2026-03-31"),
    ),
)
