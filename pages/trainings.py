"""研修・イベント・新技術: DX推進課が、研修・支援・展示会・新技術の検討がどこまで進んだかを、年度を選んで調べる。"""

from dx_data.access import Right
from dx_data.ui import cards, filters, session

here = session.page(Right.ASK, "研修・ツール活用支援・展示会・新技術の検討が、どこまで進み、だれに届いたかを調べます。")
year = filters.fiscal_year(here)
view = filters.organisation(here)
period = {"since": year.since, "until": year.until}

cards.card(
    here,
    here.ask("trainings_headline", **period),
    cards.figures("sessions", "attendees", "supports", "events", "technologies"),
    title=f"研修・イベント・新技術の主な数値（実施数、{year.title}）",
)
cards.card(
    here,
    here.ask("trainings_attention", since=year.since, as_of=year.until),
    cards.table("urgency", "kind", "id", "subject", "detail"),
    empty="いま確かめることはありません。",
)
cards.card(
    here,
    here.ask("trainings_by_kind", **period),
    cards.table("kind", "held", "lower", "upper", "remaining", "planned", "result"),
    title=f"研修の回数と目標（研修区分別、{year.title}）",
)
left, right = cards.halves()
with left:
    cards.card(
        here,
        here.ask("trainings_by_month", **period),
        cards.lines(x="month", y="attendees", partial="is_partial"),
        title=f"研修の延べ参加者数（月次推移、{year.title}）",
    )
    shown = cards.table("kind", "participants", "target", "result")
    cards.card(here, here.ask("workshop_participants", **period), shown)
with right:
    reach = cards.figures("reached", "sections", "coverage_rate")
    cards.card(here, here.ask("training_coverage", **period, **view), reach)
    cards.card(here, here.ask("training_satisfaction", **period), cards.table("kind", "response_rate", "satisfaction"))
sections = cards.table("division", "section", "sessions", "attendees", "last_on", limit=10)
cards.card(here, here.ask("trainings_by_section", **period, **view), sections)
listed = cards.table("held_on", "training", "state", "capacity", "attendees", "fill_rate", limit=10)
cards.card(here, here.ask("trainings_list", **period), listed)
support = ("tool", "kind", "done", "target", "remaining", "doing", "saved_hours")
cards.card(here, here.ask("tool_support_by_kind", until=year.until), cards.table(*support))
saved = ("tool", "basis", "done", "stated", "saved_hours")
cards.card(here, here.ask("saved_hours_by_tool", until=year.until), cards.table(*saved))
shown = ("held_on", "kind", "event", "state", "exhibitors", "exhibitor_result", "attendees", "moved_to_support")
cards.card(here, here.ask("events_list", **period), cards.table(*shown, limit=10))
left, right = cards.halves()
with left:
    cards.card(here, here.ask("technology_by_stage", **period), cards.bars(x="stage", y="trials"))
with right:
    listed = cards.table("technology", "stage", "availability", "next_step", limit=10)
    cards.card(here, here.ask("technology_list", **period), listed)
