"""電子申請: DX推進課が、電子申請の伸び・内訳・使われ方を、年度を選んで調べる。"""

from dx_data.access import Right
from dx_data.ui import cards, filters, session

here = session.page(Right.ASK, "電子申請は増えているか、どのフォーム・どの課に多いか、使われているかを調べます。")
left, right = cards.halves()
with left:
    year = filters.fiscal_year(here)
with right:
    view = filters.organisation(here)
period = {"since": year.since, "until": year.until}

cards.card(
    here,
    here.ask("applications_headline", as_of=year.until),
    cards.figures(("received", "difference"), "withdrawn", "smartphone_rate", "unfinished"),
    title=f"電子申請の主な数値（件数・端末・処理、{year.title}）",
)
cards.card(
    here,
    here.ask("applications_by_month", **period),
    cards.lines(x="month", y="received", compare="previous", partial="is_partial"),
    title=f"電子申請件数（月次推移、{year.title}）",
)
left, right = cards.halves()
with left:
    cards.card(
        here,
        here.ask("applications_by_form", **period, top=10),
        cards.bars(x="form", y="received"),
        title=f"電子申請件数（フォーム別の多い順、{year.title}）",
    )
with right:
    cards.card(
        here,
        here.ask("applications_by_section", **period, **view),
        cards.bars(x="section", y="received"),
        title=f"電子申請件数（{view['view']}の所管課別、{year.title}）",
    )
cards.card(
    here,
    here.ask("online_use_rate", **period),
    cards.lines(x="month", y="online_use_rate", parts=("online", "total")),
    title=f"オンライン利用率（月次推移、{year.title}）",
)
cards.card(
    here,
    here.ask("applications_attention", as_of=year.until),
    cards.table("urgency", "kind", "subject", "detail", "count"),
    empty="いま確かめることはありません。",
)
