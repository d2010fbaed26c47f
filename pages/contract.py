"""契約の進捗: DX推進課と受託者が、仕様書の量に届いているか、期限の近いことは何かを、年度を選んで確かめる。"""

from dx_data.access import Right
from dx_data.ui import cards, filters, session

here = session.page(Right.ASK, "仕様書の量に届いているか、区と受注者のどちらが何をいつまでにするかを確かめます。")
year = filters.fiscal_year(here)

cards.card(
    here,
    here.ask("contract_headline", since=year.since),
    cards.figures("monthly_meetings", "monthly_reports", "minutes_in_time_rate"),
    cards.figures("minutes_overdue", "deliverables_overdue", "improvements_open"),
    title=f"契約の主な数値（報告会・報告書・議事録・成果品、{year.title}）",
)
cards.card(
    here,
    here.ask("contract_scoreboard", since=year.since),
    cards.table("indicator", "nature", "status", "actual", "lower", "upper", "pace", "unit", "note", limit=40),
    title=f"契約の目標と実績（指標別の一覧、{year.title}）",
)
duties = here.ask("duties_due")
cards.card(
    here,
    duties,
    cards.table("due_on", "side", "kind", "subject", "open_days", "state"),
    empty="これからの10開庁日に期限の来ることはありません。" if duties.updated else "",
)
demand = here.ask("contract_monthly", since=year.since, as_of=year.until)
if not demand.rows:
    cards.card(here, demand)
else:
    indicator = filters.choice(here, "indicator", "月ごとの指標", cards.values(demand, "indicator"))
    cards.card(
        here,
        cards.only(demand, indicator=indicator),
        cards.lines(x="month", y="actual", partial="is_partial"),
        cards.table("month", "lower", "upper", "actual", "status"),
        title=f"{indicator}（月次推移、{year.title}）",
    )
left, right = cards.halves()
with left:
    cards.card(
        here,
        here.ask("monthly_reports", since=year.since, until=year.until),
        cards.table("month", "meeting_state", "meeting_on", "report_state", "report_on"),
        title=f"月次報告会と月例報告書（月別の一覧、{year.title}）",
    )
with right:
    cards.card(here, here.ask("evaluations_clock"), cards.table("fiscal_year", "half", "item", "side", "state"))
cards.card(
    here,
    here.ask("minutes_clock", since=year.since),
    cards.table("held_on", "meeting", "due_on", "timing", "check_due_on", "deemed_on", "state", limit=12),
)
cards.card(
    here,
    here.ask("deliverables_clock", since=year.since),
    cards.table("kind", "deliverable", "due_on", "submitted_on", "late_days", "state", limit=12),
)
