"""契約の期限: DX推進課と受注者が、務め・議事録・成果品・点検・契約不適合の期限を、年度を選んで確かめる。"""

from dx_data.access import Right
from dx_data.ui import cards, filters, session

here = session.page(Right.ASK, "区と受注者が、何をいつまでにするか、済んだものと遅れているものはどれかを確かめます。")
year = filters.fiscal_year(here)

cards.card(
    here,
    here.ask("contract_headline", since=year.since),
    cards.figures("minutes_overdue", "deliverables_overdue", "improvements_open"),
    title=f"期限を過ぎたこと（件数、{year.title}）",
)
duties = here.ask("duties_due")
cards.card(
    here,
    duties,
    cards.table("due_on", "side", "kind", "subject", "open_days", "state"),
    empty="これからの10開庁日に期限の来ることはありません。" if duties.updated else "",
)
cards.card(
    here,
    here.ask("recurring_duties", since=year.since),
    cards.table("rhythm", "duty", "side", "period", "due_on", "done_on", "state", limit=40),
    title=f"毎月・半期・毎年の務め（務め別の一覧、{year.title}）",
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
checks = cards.table("information", "inspections", "last_on", "result", "due_on", "late_days", "state")
cards.card(here, here.ask("inspections_clock"), checks, empty="情報管理簿に記録がありません。")
notices = cards.table("meeting", "inspected_on", "deliverables", "notice_due_on", "days_left", "state")
cards.card(here, here.ask("defect_notice"), notices, empty="検査はまだありません。")
