"""What the Excel books that custody hands out have in common: nothing is guessed from a text, made alike each time."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import xlsxwriter

HEAD = {"bold": True, "border": 1, "text_wrap": True, "valign": "top", "bg_color": "#F1F1F4"}
TITLE = {"bold": True, "font_size": 14}
_MADE = dt.datetime(2025, 4, 1)  # noqa: DTZ001  (a fixed property, so that two builds are the same)
# Nothing is guessed from a text: no formula, no link, no number.
_AS_TEXT = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def begun(target: io.BytesIO, title: str, mark: str) -> Any:
    """A book that takes every text as it is; it is written to `target` when it is closed."""
    book = xlsxwriter.Workbook(target, _AS_TEXT)
    book.set_properties({"title": title, "subject": mark, "created": _MADE})
    return book


def on_paper(sheet: Any, head_row: int) -> None:
    """As wide as a landscape page of A4, with the heads in sight and on every page."""
    sheet.freeze_panes(head_row + 1, 0)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(head_row)


def marked(sheet: Any, mark: str) -> None:
    """The mark at the head of every page; `&` begins a command there."""
    sheet.set_header(f"&R{mark.replace('&', '&&')}")
