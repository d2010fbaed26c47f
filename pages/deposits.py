"""入金と手数料: DX推進課と会計の担当が、決済事業者からの入金の遅れ・差額・手数料を、年度を選んで確かめる。"""

from dx_data.access import Right
from dx_data.ui import cards, filters, session

here = session.page(Right.ASK, "入金は予定の日に合う額で入っているか、手数料はいくらかかっているかを確かめます。")
year = filters.fiscal_year(here)

cards.card(
    here,
    here.ask("cashless_headline", as_of=year.until),
    cards.figures("transactions", "amount_yen", "amount_rate"),
    title=f"入金のもとになる収納（件数・金額・比率、{year.title}）",
)
settled = here.ask("settlement", as_of=year.until)
cards.card(
    here,
    here.ask("deposits_by_age", as_of=year.until),
    cards.bars(x="age", y="waiting_yen"),
    title=f"未入金の請求額（予定日からの日数別、{year.title}）",
    empty="入金の項目のある収納に、まだ入っていない入金はありません。"
    if settled.rows
    else "入金の予定も実績も届いていないので、入金されたかどうかは分かりません。",
)
cards.card(
    here,
    here.ask("deposits_unstated", as_of=year.until),
    cards.table("method", "unstated", "unstated_yen", "receipts"),
    empty="入金の項目がすべて空欄の、現金でない収納はありません。",
)
cards.card(
    here,
    settled,
    cards.table(
        "method", "deposit_due_on", "state", "billed_yen", "deposited_yen", "difference_yen", "days_late", limit=12
    ),
    title=f"入金の予定と実績（決済手段・入金予定日別、{year.title}）",
    empty="入金の予定や実績は届いていません。",
)
cards.card(
    here,
    here.ask("payment_fees", since=year.since, until=year.until),
    cards.table("method", "fee_yen", "base_yen", "fee_rate", "stated", "unstated"),
    title=f"決済手数料（決済手段別、{year.title}）",
)
