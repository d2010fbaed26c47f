"""キャッシュレス: DX推進課が、収納と比率を調べ、月の事績簿を取り出し、抜けや誤りを所管課に確かめる。"""

import streamlit as st

from dx_data.access import Right
from dx_data.custody.exits import Exit, hand_over
from dx_data.custody.receipt_book import filename
from dx_data.ui import cards, filters, session
from dx_data.ui.month import calendar

here = session.page(Right.ASK, "窓口のキャッシュレスは増えているか、事績簿に抜けや誤りはないかを調べます。")
year = filters.fiscal_year(here)
period = {"since": year.since, "until": year.until}

cards.card(
    here,
    here.ask("cashless_headline", as_of=year.until),
    cards.figures(("transaction_rate", "transaction_rate_difference"), ("amount_rate", "amount_rate_difference")),
    cards.figures(("transactions", "transactions_difference"), ("amount_yen", "yen_difference"), "month_incidents"),
    title=f"キャッシュレスの主な数値（件数・金額・比率、{year.title}）",
)
attention = cards.table("urgency", "kind", "subject", "detail", "days", "transactions")
empty = "いま確かめることはありません。"
cards.card(here, here.ask("receipts_attention", since=year.since, as_of=year.until), attention, empty=empty)
monthly = here.ask("cashless_by_month", **period)
rates = cards.lines(x="month", y=("transaction_rate", "amount_rate"), partial="is_partial")
cards.card(here, monthly, rates, title=f"キャッシュレス比率（月次推移、{year.title}）")
breaks = cards.table("counter", "started_on", "rate_before", "rate_after", "rate_without", "break_points", "is_partial")
effect = here.ask("window_effect", since=year.since, as_of=year.until)
cards.card(here, effect, breaks, empty="この年度にキャッシュレスを始めた窓口はありません。")
days = cards.lines(x="collected_on", y="transactions")
cards.card(here, here.ask("cashless_by_day", **period), days, title=f"収納件数（日別、{year.title}）")
rate = {"y": "transaction_rate", "parts": ("cashless_transactions", "base_transactions")}
windows = cards.table("counter", "fee_type", "transactions", "amount_yen", "cash_transactions", "cashless_transactions")
left, right = cards.halves()
for place, name, shape, subject in (
    (left, "cashless_ratio_by_window", cards.bars(x="counter", **rate), "キャッシュレス比率（窓口別の件数"),
    (right, "cashless_by_fee", cards.bars(x="fee_type", **rate), "キャッシュレス比率（手数料別の件数"),
    (left, "cashless_by_method", cards.bars(x="method", y="transactions"), "収納件数（決済手段別"),
    (left, "cashless_by_window", windows, "収納件数（窓口・手数料種別"),
    (right, "cashless_by_brand", cards.table("method", "brand", "transactions", "share"), "収納件数（ブランド別"),
):
    with place:
        cards.card(here, here.ask(name, **period), shape, title=f"{subject}、{year.title}）")
chosen, month = filters.month(here, year, cards.values(monthly, "month"))
days = here.ask("receipts_calendar", month=month, as_of=year.until)
cards.card(here, days, calendar, title=f"事績簿の届き方（開庁日の暦、{chosen}）")
missing = cards.table("counter", "missing_on", "opening", "missing_days", "open_days", limit=10)
cards.card(here, here.ask("missing_open_days", **period), missing, empty="収納のない開庁日はありません。")
book = here.ask("receipts_of_month", month=month)
names = ("collected_on", "counter", "fee_type", "method", "sales_transactions", "sales_yen", "transactions")
cards.card(here, book, cards.table(*names, "amount_yen", limit=10), title=f"キャッシュレス事績簿（日別、{chosen}）")
if book.rows and here.person.may(Right.HAND_OVER):
    label = f"{chosen}の事績簿を Excel で保存（内部資料）"
    data = lambda: hand_over(Exit.INTERNAL, book, here.person, here.house.ledger, form="xlsx").content  # noqa: E731
    st.download_button(label, data=data, file_name=filename(book), on_click="ignore")
totals = cards.table("counter", "fee_type", "method", "transactions", "amount_yen", "year_yen", limit=10)
sums = here.ask("receipts_month_totals", month=month)
cards.card(here, sums, totals, title=f"収納月計表（窓口・手数料・決済手段別、{chosen}）")
cards.go("deposits", "入金と手数料をくわしく見る")
