"""データの健康: DX推進課と受注者が、データが間隔どおりに届き、抜け・食い違い・誤りが減っているかを確かめる。"""

from dx_data.access import Right
from dx_data.ui import cards, filters, inspected, session

here = session.page(
    Right.ASK, "データは届いているか、抜けや食い違いはないか、どこから届くファイルに誤りが多いかを確かめます。"
)
year = filters.fiscal_year(here)

freshness = cards.table("dataset", "state", "as_of_newest", "loaded_on", "rhythm", "late_days", limit=40)
cards.card(here, here.ask("data_freshness"), freshness)
cards.card(
    here,
    here.ask("data_gaps", until=year.until),
    cards.table("dataset", "place", "month", "gaps", "last_on", limit=15),
    empty="行のない月はありません。",
)
cards.card(
    here,
    here.ask("data_contradictions", as_of=year.until),
    cards.table("dataset", "rule", "contradicting", "compared", "contradicting_rate", "example", limit=20),
)
cards.card(
    here,
    here.ask("data_orphans"),
    cards.table("dataset", "item", "target", "orphans", "stated", "orphan_rate", "example", limit=20),
)
cards.card(
    here,
    here.ask("faults_by_sender", since=year.since, until=year.until),
    cards.table("month", "sender", "files", "refused", "faulty", "mended", "totals", "differing", limit=20),
    title=f"届いたファイルの誤り（届け元・月別、{year.title}）",
)
inspected.last(here)
cards.go("history", "取込履歴を見る")
