"""全国・23区との比較: DX推進課が、葛飾区がほかの区や全国のどこにいるかを、指標を選んで調べる。"""

from dx_data.access import Right
from dx_data.ui import cards, filters, session

here = session.page(Right.ASK, "葛飾区の値が、ほかの22区や全国のまん中と比べて高いか低いかを調べます。")
SOURCE = "デジタル庁「自治体DX」公表データ（公共データ利用規約）を加工して作成"
position = here.ask("ward_position", code=here.house.settings.municipality_code)
if not position.rows:
    cards.card(here, position, title="自治体DXの指標（23区の比較、調査時点）", source=SOURCE)
else:
    categories = cards.values(position, "category")
    left, right = cards.halves()
    with left:
        category = filters.choice(here, "category", "指標区分", categories, default="住民サービスのDX")
    with right:
        indicator = filters.choice(
            here,
            "indicator",
            "指標",
            cards.values(cards.only(position, category=category), "indicator"),
            default="よく使う32手続のオンライン化状況",
        )
    ours = cards.only(position, category=category, indicator=indicator)
    when = cards.day(cards.values(ours, "as_of")[0], "調査")
    cards.card(here, ours, cards.standing(), title=f"{indicator}（葛飾区の位置、{when}）", source=SOURCE)
    wards = cards.only(here.ask("ward_benchmark"), category=category, indicator=indicator)
    cards.card(
        here,
        wards,
        cards.bars(
            x="municipality",
            y="value",
            highlight="葛飾区",
            median="median",
            unit="unit",
            parts=("numerator", "denominator"),
        ),
        title=f"{indicator}（23区の比較、{when}）",
        source=SOURCE,
    )
