"""概要: DX推進課が毎朝、今どうなっているか、何に気をつけるかを一画面で知る。"""

from dx_data.access import Right
from dx_data.ui import cards, changes, session

here = session.page(Right.ASK, "今どうなっているか、何に気をつけるかを、一画面で確かめます。")
session.offer_real_lake(here.person)

left, right = cards.halves()
with left:
    cards.card(here, here.ask("procedures_headline"), cards.figures("online_rate", "cases_rate"))
    cards.go("procedures", "手続オンライン化をくわしく見る")
    cards.card(here, here.ask("cashless_headline"), cards.figures("transaction_rate", "amount_rate"))
    cards.go("cashless", "キャッシュレスをくわしく見る")
with right:
    cards.card(here, here.ask("applications_headline"), cards.figures("received", "unfinished"))
    cards.go("applications", "電子申請をくわしく見る")
    cards.card(here, here.ask("consultations_headline"), cards.figures("cases", "visits"))
    cards.go("consultations", "相談・伴走支援をくわしく見る")

changes.since_last_week(here)
scoreboard, duties = here.ask("contract_scoreboard"), here.ask("duties_due")
cards.card(
    here,
    cards.only(scoreboard, status="遅れ"),
    cards.table("indicator", "clause", "actual", "pace", "lower", "unit"),
    title="遅れている契約の目標（指標別の一覧、今年度の基準日まで）",
    empty="遅れている目標はありません。" if scoreboard.rows else "",
)
cards.card(
    here,
    duties,
    cards.table("due_on", "side", "kind", "subject", "state", limit=8),
    empty="これからの10開庁日に期限の来ることはありません。" if duties.updated else "",
)
cards.go("contract", "契約の進捗をくわしく見る")

left, right = cards.halves()
with left:
    cards.card(here, here.ask("contract_headline"), cards.figures("monthly_reports", "minutes_overdue"))
    cards.card(here, here.ask("desk_headline"), cards.figures("month_inquiries", "month_requests"))
    cards.go("desk", "庁内対応をくわしく見る")
with right:
    cards.card(here, here.ask("trainings_headline"), cards.figures("sessions", "attendees"))
    cards.go("trainings", "研修・イベント・新技術をくわしく見る")
    cards.card(
        here,
        here.ask("applications_attention"),
        cards.table("urgency", "kind", "subject", "count", limit=8),
        empty="いま確かめることはありません。",
    )

late = cards.only(here.ask("data_freshness"), state="遅れ")
cards.card(
    here, late, cards.table("dataset", "as_of_newest", "rhythm", "late_days"), empty="データは予定どおり届いています。"
)
cards.go("health", "データの健康をくわしく見る")
cards.go("intake", "ファイルを取り込む")
cards.go("history", "取込履歴を見る")
cards.go("benchmark", "全国・23区と比べる")
