"""電子申請: DX推進課が、電子申請の伸び・内訳・使われ方・処理の速さを、年度を選んで調べる。"""

from dx_data.access import Right
from dx_data.ui import cards, filters, session

here = session.page(Right.ASK, "電子申請は増えているか、どこに多いか、どう使われ、何日で終わっているかを調べます。")
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
spans = cards.table("period", "received", "previous", "difference", "change_rate", "is_partial")
cards.card(here, here.ask("applications_by_period", **period), spans, title=f"電子申請件数（四半期別、{year.title}）")
left, right = cards.halves()
for place, name, by, subject, more in (
    (left, "applications_by_form", "form", "フォーム別の多い順", {"top": filters.LONGEST}),
    (right, "applications_by_section", "section", f"{view['view']}の所管課別", view),
    (left, "applications_by_procedure", "procedure", "手続別の多い順", {"top": filters.LONGEST}),
    (right, "applications_by_system", "system", "システム別", {}),
    (right, "applications_by_device", "device", "利用端末別", {}),
):
    with place:
        result = here.ask(name, **period, **more)
        cards.card(here, result, cards.bars(x=by, y="received"), title=f"電子申請件数（{subject}、{year.title}）")
for name, rate, subject in (
    ("online_use_rate", "online_use_rate", "オンライン利用率（月次推移"),
    ("applications_by_channel", "online_share", "手続の受付のうち電子申請（受付経路別の月次推移"),
):
    shape = cards.lines(x="month", y=rate, parts=("online", "total"))
    cards.card(here, here.ask(name, **period), shape, title=f"{subject}、{year.title}）")
cards.card(
    here,
    here.ask("applications_attention", as_of=year.until),
    cards.table("urgency", "kind", "subject", "detail", "count"),
    empty="いま確かめることはありません。",
)
left, right = cards.halves()
with left:
    speed = cards.table("section", "finished", "median_days", "p90_days", "over_30", limit=12)
    cards.card(here, here.ask("processing_days", **period), speed, title=f"処理日数（所管課別、{year.title}）")
with right:
    backlog = here.ask("backlog_by_age", as_of=year.until)
    cards.card(here, backlog, cards.bars(x="age", y="count"), empty="終わっていない申請はありません。")
    cards.card(here, here.ask("applications_outside_hours", **period), cards.figures("outside", "outside_rate"))
week = cards.table("hour", *("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"), limit=24)
cards.card(here, here.ask("applications_by_weekday", **period), week, title=f"申請の曜日と時刻（件数、{year.title}）")
cards.go("forms", "フォームと問合せの負担をくわしく見る")
