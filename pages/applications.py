"""電子申請: DX推進課が、電子申請の伸び・内訳・使われ方を、年度を選んで調べる。"""

from dx_data import charts
from dx_data.access import Right
from dx_data.ui import cards, filters, session

here = session.page(Right.ASK, "電子申請は増えているか、どのフォーム・どの課に多いか、使われているかを調べます。")
since, until = filters.fiscal_year(here)

cards.card(
    here,
    here.ask("applications_headline", as_of=until),
    cards.figures(("received", "difference"), "withdrawn", "smartphone_rate", "unfinished"),
)
cards.card(
    here,
    here.ask("applications_by_month", since=since, until=until),
    cards.chart(
        lambda result: charts.lines(result, x="month", y="received", compare="previous", partial="is_partial"),
        lambda result: charts.alt(result, x="month", y="received", compare="previous"),
    ),
)
left, right = cards.halves()
with left:
    cards.card(
        here,
        here.ask("applications_by_form", since=since, until=until, top=10),
        cards.chart(
            lambda result: charts.bars(result, x="form", y="received"),
            lambda result: charts.alt(result, x="form", y="received"),
        ),
    )
with right:
    cards.card(
        here,
        here.ask("applications_by_section", since=since, until=until),
        cards.chart(
            lambda result: charts.bars(result, x="section", y="received"),
            lambda result: charts.alt(result, x="section", y="received"),
        ),
    )
cards.card(
    here,
    here.ask("online_use_rate", since=since, until=until),
    cards.chart(
        lambda result: charts.lines(result, x="month", y="online_use_rate"),
        lambda result: charts.alt(result, x="month", y="online_use_rate"),
    ),
)
cards.card(
    here,
    here.ask("applications_attention", as_of=until),
    cards.table("urgency", "kind", "subject", "detail"),
    empty="いま確かめることはありません。",
)
