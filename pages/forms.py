"""フォーム: DX推進課が、フォームの一生・対応のないもの・差戻しの多いもの・問合せの負担を、年度を選んで調べる。"""

from dx_data.access import Right
from dx_data.ui import cards, filters, session

here = session.page(Right.ASK, "フォームはいくつ使え、どれが手続につながらず、どれに差戻しや問合せが多いかを調べます。")
year = filters.fiscal_year(here)
period = {"since": year.since, "until": year.until}

cards.card(
    here,
    here.ask("applications_headline", as_of=year.until),
    cards.figures("received", "withdrawn", "unfinished"),
    title=f"フォームに届いた申請（件数、{year.title}）",
)
cards.card(
    here,
    here.ask("applications_by_purpose", **period),
    cards.table("purpose", "counts", "forms", "drafts", "published", "stopped", "ended", "received"),
    title=f"フォームと申請（フォーム区分別、{year.title}）",
)
cards.card(
    here,
    here.ask("form_orphans", as_of=year.until),
    cards.table("kind", "id", "subject", "section", "last_on", limit=15),
    empty="対応のないフォームや手続はありません。",
)
cards.card(
    here,
    here.ask("form_lifecycle", **period),
    cards.lines(x="month", y="open_forms", partial="is_partial"),
    cards.table("month", "opened", "revised", "closed", limit=12),
    title=f"手続のフォーム（公開と終了の月次推移、{year.title}）",
)
cards.card(
    here,
    here.ask("returned_and_withdrawn", **period),
    cards.table("form", "section", "received", "returned", "returned_rate", "withdrawn", "withdrawn_rate", limit=10),
    title=f"差戻しと取下げの多いフォーム（フォーム別、{year.title}）",
    empty="差戻しも取下げもありません。",
)
cards.card(
    here,
    here.ask("desk_load", **period),
    cards.lines(x="month", y=("inquiry_rate", "account_rate"), partial="is_partial"),
    title=f"1,000申請あたりの問合せとアカウント作業（月次推移、{year.title}）",
)
