"""全国の指標: 都道府県や国の担当者が、自治体のDXの指標が全国でどう散らばるかを見て、1つの自治体を探す。"""

from dx_data.access import Right
from dx_data.ui import cards, filters, session, together

here = session.page(Right.ASK, "自治体が公表できる指標だけを集めて、全国での散らばりを見ます。")
nation = together.nation(here)
headline, by_prefecture = nation.ask("national_headline"), nation.ask("national_by_prefecture")
cards.card(
    nation,
    headline,
    cards.figures("municipalities", "procedures", "online_use", "cashless", "applications"),
    source=together.SOURCE,
    empty=together.NOBODY,
)
if indicators := cards.values(by_prefecture, "indicator"):
    indicator = filters.choice(here, "indicator", "指標", indicators, default="手続オンライン化率")
    spread = cards.only(nation.ask("national_spread"), indicator=indicator)
    cards.card(
        nation,
        spread,
        cards.bars(x="band", y="municipalities"),
        title=f"{indicator}（値ごとの自治体の数、基準日）",
        source=together.SOURCE,
    )
    cards.card(
        nation,
        cards.only(by_prefecture, indicator=indicator),
        cards.bars(x="prefecture", y="median", highlight="全国", unit="unit"),
        title=f"{indicator}（都道府県ごとのまん中、基準日）",
        source=together.SOURCE,
    )
    wanted = filters.words(here, "wanted", "自治体を探す（名前の一部か団体コード）")
    cards.card(
        nation,
        nation.ask("national_position", wanted=wanted),
        cards.table("prefecture", "municipality", "indicator", "value", "unit", "rank", "national_median"),
        source=together.SOURCE,
        empty=together.NONE_CHOSEN if not wanted else together.NOT_FOUND,
    )
