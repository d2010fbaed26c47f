"""窓口マスター: which method a window takes for which fee, from when until when, and on which days it is open."""

from dx_data.datasets._choices import PAYMENT_METHODS
from dx_data.spec import Choice, Column, Dataset, Delivery, Kind, Pii

DATASET = Dataset(
    name="counters",
    title="窓口マスター",
    family="マスター",
    grain="1つの窓口・手数料種別・決済手段のある期間",
    owner="DX推進課",
    source="DX推進課が作る表（Excel・CSV）",
    rhythm="毎年",
    key=("counter", "fee_type", "method", "valid_from"),
    delivery=Delivery.WHOLE,
    columns=(
        Column(
            name="counter",
            title="窓口",
            aliases=("窓口名", "施設", "設置場所"),
            required=True,
            description="窓口の名前です",
            example="戸籍住民課",
        ),
        Column(
            name="fee_type",
            title="手数料種別",
            aliases=("科目", "手数料区分"),
            description="何の手数料かです。空欄はすべての手数料です",
            example="住民票",
        ),
        Column(
            name="method",
            title="決済手段",
            kind=Kind.CHOICE,
            aliases=("決済方法", "支払方法"),
            required=True,
            choices=PAYMENT_METHODS,
            references="payment_methods.method",
            description="受け入れる決済手段です",
            example="コード決済",
        ),
        Column(
            name="valid_from",
            title="受入開始日",
            kind=Kind.DATE,
            aliases=("開始日", "適用開始日"),
            required=True,
            description="受け入れ始めた日です。キャッシュレス比率はこの日から数えます",
            example="2025-04-01",
        ),
        Column(
            name="valid_to",
            title="受入終了日",
            kind=Kind.DATE,
            aliases=("終了日", "適用終了日"),
            description="受け入れを終えた日です。いまも受け入れるときは空欄です",
            example=None,
        ),
        Column(
            name="opening",
            title="開庁パターン",
            kind=Kind.CHOICE,
            aliases=("開庁日",),
            choices=(
                Choice(value="平日", aliases=("月〜金", "月～金", "月-金")),
                Choice(value="平日・土曜", aliases=("月〜土", "月～土", "月-土")),
                Choice(value="平日・日曜"),
                Choice(value="毎日", aliases=("平日・土日", "年中")),
                Choice(value="その他"),
            ),
            description="ふだん開いている曜日です。空欄は平日です",
            example="平日",
        ),
        Column(
            name="extra_open_days",
            title="休日開庁日",
            aliases=("休日開庁",),
            description="閉庁日に開く日です。2025-05-11 の形で書き、複数のときは「、」で区切ります",
            example="2025-05-11",
        ),
        Column(name="remarks", title="備考", pii=Pii.FREE, description="自由記述です。保存しません"),
    ),
)
