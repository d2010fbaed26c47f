"""決済手段マスター: how fees may be paid, in which group each counts, and from when until when."""

from dx_data.datasets._choices import PAYMENT_METHODS
from dx_data.spec import Choice, Column, Dataset, Delivery, Kind, Pii

DATASET = Dataset(
    name="payment_methods",
    title="決済手段マスター",
    family="マスター",
    grain="1つの決済手段のある期間",
    owner="DX推進課",
    source="DX推進課が作る表（Excel・CSV）",
    rhythm="毎年",
    key=("method", "revenue", "valid_from"),
    delivery=Delivery.WHOLE,
    orders=(("valid_from", "valid_to"),),
    columns=(
        Column(
            name="method",
            title="決済手段",
            kind=Kind.CHOICE,
            aliases=("決済方法", "支払方法"),
            required=True,
            choices=PAYMENT_METHODS,
            references="payment_methods.method",
            description="払う手段です",
            example="コード決済",
        ),
        Column(
            name="method_group",
            title="大区分",
            kind=Kind.CHOICE,
            required=True,
            choices=(
                Choice(value="現金", aliases=("キャッシュ",)),
                Choice(value="窓口キャッシュレス", aliases=("キャッシュレス",)),
                Choice(value="オンライン", aliases=("オンライン決済",)),
                Choice(value="納付書・eL-QR", aliases=("eL-QR", "納付書")),
            ),
            description="どのまとまりで数えるかです。窓口のキャッシュレス比率は現金と窓口キャッシュレスだけで数えます",
            example="窓口キャッシュレス",
        ),
        Column(
            name="revenue",
            title="対象公金",
            kind=Kind.CHOICE,
            aliases=("公金区分",),
            choices=(
                Choice(value="すべて", aliases=("全て", "全公金")),
                Choice(value="税", aliases=("地方税",)),
                Choice(value="税以外", aliases=("税以外の公金", "その他公金")),
            ),
            description="どの公金に使えるかです。eL-QRは税が先で、税以外の公金は令和8年9月からです",
            example="すべて",
        ),
        Column(
            name="valid_from",
            title="受入開始日",
            kind=Kind.DATE,
            aliases=("開始日", "適用開始日"),
            required=True,
            description="使えるようになった日です",
            example="2025-04-01",
        ),
        Column(
            name="valid_to",
            title="受入終了日",
            kind=Kind.DATE,
            aliases=("終了日", "適用終了日"),
            description="使えなくなった日です。いまも使えるときは空欄です",
            example=None,
        ),
        Column(name="remarks", title="備考", pii=Pii.FREE, description="自由記述です。保存しません"),
    ),
)
