"""自治体DX比較: the Digital Agency's municipal DX figures in long form, one row per municipality and indicator."""

from dx_data.spec import Column, Dataset, Delivery, Kind

DATASET = Dataset(
    name="municipal_dx_benchmarks",
    title="自治体DX比較",
    family="比較",
    grain="1つの自治体の1つの指標",
    owner="DX推進課",
    source="デジタル庁「市区町村毎のDX進捗状況」（公共データ利用規約、出典の表示が必要）",
    rhythm="毎年",
    key=("code", "category", "indicator"),
    delivery=Delivery.APPEND,
    columns=(
        Column(name="code", title="団体コード", required=True, description="全国地方公共団体コード（6桁）です", example="131229"),
        Column(name="municipality", title="市区町村名", required=True, description="市区町村の名前です", example="葛飾区"),
        Column(name="category", title="指標区分", required=True, description="指標の大きな区分です", example="住民サービスのDX"),
        Column(name="indicator", title="指標名", required=True, description="指標の名前です", example="よく使う32手続のオンライン化状況"),
        Column(name="value", title="値", kind=Kind.NUMBER, unit="各指標の単位", description="数値の指標の値です。空欄は未記入で、0ではありません", example="55"),
        Column(name="value_text", title="値（文字）", description="実施・未実施など、文字の指標の値です", example="実施"),
        Column(name="unit", title="単位", kind=Kind.CHOICE, choices=("%", "手続"), description="値の単位です", example="%"),
        Column(name="numerator", title="分子", kind=Kind.INTEGER, unit="手続", minimum=0, description="割合の分子が公表されているときの値です", example="11"),
        Column(name="denominator", title="分母", kind=Kind.INTEGER, unit="手続", minimum=0, description="割合の分母が公表されているときの値です", example="20"),
        Column(name="as_of", title="調査時点", kind=Kind.DATE, description="調査した日です。ファイルに無ければ空欄です", example="2025-04-01"),
    ),
)
