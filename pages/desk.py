"""庁内対応: DX推進課と受注者が、ヘルプデスク・AI-OCR・キャッシュレス不具合の件数を契約の想定と比べ、残りを片づける。"""

from dx_data.access import Right
from dx_data.ui import cards, filters, session

here = session.page(Right.ASK, "問合せ・AI-OCR依頼・不具合は契約の想定に比べてどうか、何が残っているかを調べます。")
year = filters.fiscal_year(here)
period = {"since": year.since, "until": year.until}

cards.card(
    here,
    here.ask("desk_headline", as_of=year.until),
    cards.figures("month_inquiries", "month_requests", "month_incidents"),
    cards.figures("open_inquiries", "open_requests", "late_requests", "first_line_rate", "median_hours"),
    title=f"庁内対応の主な数値（問合せ・AI-OCR・不具合、{year.title}）",
)
cards.card(
    here,
    here.ask("inquiries_open", as_of=year.until),
    cards.table("inquiry_id", "received_at", "topic", "kind", "section", "status", "open_days", limit=10),
    empty="終わっていない問合せはありません。",
)
cards.card(
    here,
    here.ask("ocr_open", as_of=year.until),
    cards.table("request_id", "document", "section", "status", "wanted_on", "state", "days_late", limit=10),
    empty="納品していない依頼はありません。",
)
for name, figure, subject in (
    ("inquiries_by_month", "inquiries", "電子申請の問合せ等"),
    ("ocr_by_month", "requests", "AI-OCRの依頼"),
    ("incidents_by_month", "incidents", "キャッシュレスの不具合"),
):
    cards.card(
        here,
        here.ask(name, **period),
        cards.lines(x="month", y=(figure, "upper"), partial="is_partial", planned="upper"),
        cards.table("month", figure, "lower", "upper", "state", limit=12),
        title=f"{subject}（月次推移、{year.title}）",
    )
for name, names, subject in (
    ("inquiries_by_topic", ("topic", "inquiries", "answering", "work", "unfinished"), "ヘルプデスクの件数（対象別"),
    ("inquiries_first_line", ("topic", "first_line_rate", "median_hours", "p90_hours"), "一次解決と時間（対象別"),
    ("faq_by_topic", ("topic", "answered", "faq_done", "faq_todo", "faq_rate"), "問合せのFAQ化（対象別"),
    ("ocr_lead_time", ("kind", "delivered", "median_days", "p90_days", "on_time_rate"), "AI-OCRの日数（依頼区分別"),
    ("incidents_by_kind", ("kind", "incidents", "downtime_minutes", "first_line_rate"), "不具合（事象区分別"),
):
    cards.card(here, here.ask(name, **period), cards.table(*names), title=f"{subject}、{year.title}）")
