"""契約の進捗: DX推進課と受注者が、仕様書の量に届いているか、年度末に届きそうかを、年度を選んで確かめる。"""

import streamlit as st

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
if year.until < here.today:
    st.info(f"{year.title}は終わりました。着地の見込みはなく、上の「契約の目標と実績」がその結果です。")
else:
    landing = ("indicator", "lower", "upper", "actual", "planned", "expected", "low", "high", "unit", "outlook")
    cards.card(
        here,
        here.ask("contract_landing", since=year.since, as_of=year.until),
        cards.table(*landing, limit=40),
        title=f"契約の目標の着地の見込み（指標別、{year.title}の3月31日）",
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
cards.go("deadlines", "契約の期限をくわしく見る")
