"""手続オンライン化: DX推進課が、どこまで進み、何が止まり、何が妨げているかを、対象と年度を選んで調べる。"""

from dx_data.access import Right
from dx_data.ui import cards, filters, session

here = session.page(Right.ASK, "手続はどこまでオンライン化できたか、優先手続は間に合うか、何が妨げているかを調べます。")
left, right = cards.halves()
with left:
    year = filters.fiscal_year(here)
with right:
    known = here.house.catalog.named("procedures_headline").params["scope"]
    scope = filters.choice(here, "scope", known.title, known.choices)
at = {"as_of": year.until}

cards.card(
    here,
    here.ask("procedures_headline", **at, scope=scope),
    cards.figures("procedures", "online", "online_rate"),
    cards.figures("cases", "online_cases", "cases_rate"),
    title=f"手続オンライン化の主な数値（{scope}の種類数と件数、{year.title}）",
)
rates = ("procedures", "online", "online_rate", "cases", "cases_rate")
cards.card(here, here.ask("online_by_scope", **at), cards.table("scope", *rates))
burn_up = here.ask("online_burn_up", **at, since=year.since)
targets = () if cards.values(burn_up, "target_lower") == [None] else ("target_lower", "target_upper")
planned = ("planned", *targets)
grown = cards.lines(x="month", y=("online", *planned), partial="is_partial", planned=planned)
cards.card(here, burn_up, grown, title=f"優先手続のオンライン化（月ごとの累計、{year.title}）")
ahead = cards.lines(x="month", y=("online", "expected", "low", "high", *targets[:1]))
title = f"優先手続のオンライン化の見込み（月ごとの累計、{year.title}の3月31日まで）"
cards.card(here, here.ask("online_forecast", **at, since=year.since), ahead, title=title)
stage = cards.table("stage", "count", "median_days", "overdue", "stalled")
cards.card(here, here.ask("procedures_by_stage", **at), stage, title=f"優先手続の進捗（段階別、{year.title}）")
cards.card(
    here,
    here.ask("procedures_attention", **at),
    cards.table("urgency", "kind", "subject", "section", "detail", "days", limit=12),
    empty="いま確かめることはありません。",
)
cards.card(here, here.ask("child_and_large", **at), cards.table("priority", *rates))
left, right = cards.halves()
with left:
    title = f"未オンライン化の手続の阻害要因（{scope}、{year.title}）"
    cards.card(here, here.ask("blockers", **at, scope=scope), cards.bars(x="blocker", y="procedures"), title=title)
    cards.card(here, here.ask("online_by_system", **at), cards.bars(x="system", y="procedures"))
with right:
    title = f"未オンライン化の手続（分野別の{scope}、{year.title}）"
    cards.card(here, here.ask("online_by_field", **at, scope=scope), cards.bars(x="field", y="not_online"), title=title)
one = ("procedure", "section", "stage", "state", "planned_on", "days_overdue", "next_on", "blockers")
cards.card(here, here.ask("priority_procedures", **at), cards.table(*one, limit=12))
moved = cards.table("observed_on", "procedure", "section", "stage_before", "stage_after", "days_before", limit=12)
cards.card(here, here.ask("stage_changes", since=year.since, until=year.until), moved, empty="変化はありません。")
view = filters.organisation(here)
title = f"手続オンライン化（{view['view']}の所管課別の{scope}、{year.title}）"
sections = here.ask("online_by_section", **at, scope=scope, **view)
cards.card(here, sections, cards.table("section", *rates, limit=50), title=title)
cards.card(here, here.ask("saved_hours", **at, **view), cards.table("section", "finished", "saved_hours", limit=10))
