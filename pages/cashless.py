"""キャッシュレス: DX推進課が、収納と比率を調べ、月の事績簿を取り出し、抜けや誤りを所管課に確かめる。"""

import streamlit as st

from dx_data.access import Right
from dx_data.custody.exits import Exit, hand_over
from dx_data.custody.receipt_book import filename
from dx_data.ui import cards, filters, session

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
cards.card(
    here,
    here.ask("receipts_attention", since=year.since, as_of=year.until),
    cards.table("urgency", "kind", "subject", "detail", "days", "transactions"),
    title=f"キャッシュレスの収納で確かめること（項目別の一覧、{year.title}）",
    empty="いま確かめることはありません。",
)
monthly = here.ask("cashless_by_month", **period)
rates = cards.lines(x="month", y=("transaction_rate", "amount_rate"), partial="is_partial")
cards.card(here, monthly, rates, title=f"キャッシュレス比率（月次推移、{year.title}）")
left, right = cards.halves()
with left:
    ratios = here.ask("cashless_ratio_by_window", **period)
    shape = cards.bars(x="counter", y="transaction_rate", parts=("cashless_transactions", "base_transactions"))
    cards.card(here, ratios, shape, title=f"キャッシュレス比率（窓口別の件数、{year.title}）")
with right:
    methods = here.ask("cashless_by_method", **period)
    cards.card(here, methods, cards.bars(x="method", y="transactions"), title=f"収納件数（決済手段別、{year.title}）")
windows = cards.table("counter", "fee_type", "transactions", "amount_yen", "cash_transactions", "cashless_transactions")
cards.card(here, here.ask("cashless_by_window", **period), windows, title=f"収納件数（窓口・手数料種別、{year.title}）")

months = {f"{month.year}年{month.month}月": month for month in reversed(cards.values(monthly, "month"))}
if months:
    chosen = filters.choice(here, "month", "事績簿の年月", list(months))
    book = here.ask("receipts_of_month", month=months[chosen])
    names = ("collected_on", "counter", "fee_type", "method", "sales_transactions", "sales_yen", "transactions")
    cards.card(here, book, cards.table(*names, "amount_yen", limit=10), title=f"キャッシュレス事績簿（日別、{chosen}）")
    if here.person.may(Right.HAND_OVER):
        label = f"{chosen}の事績簿を Excel で保存（内部資料）"
        data = lambda: hand_over(Exit.INTERNAL, book, here.person, here.house.ledger, form="xlsx").content  # noqa: E731
        st.download_button(label, data=data, file_name=filename(book), on_click="ignore")
    totals = cards.table("counter", "fee_type", "method", "transactions", "amount_yen", "year_yen", limit=10)
    sums = here.ask("receipts_month_totals", month=months[chosen])
    cards.card(here, sums, totals, title=f"収納月計表（窓口・手数料・決済手段別、{chosen}）")
missing = cards.table("counter", "missing_on", "opening", "missing_days", "open_days", limit=10)
title, empty = f"収納のない開庁日（窓口・日別、{year.title}）", "収納のない開庁日はありません。"
cards.card(here, here.ask("missing_open_days", **period), missing, title=title, empty=empty)
due = cards.table("method", "deposit_due_on", "state", "billed_yen", "deposited_yen", "difference_yen", limit=10)
cards.card(here, here.ask("settlement", as_of=year.until), due, empty="入金の予定や実績は届いていません。")
