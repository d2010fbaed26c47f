"""Registers and reports as an Excel book: a title, one table and its notes a sheet. Formats, never counts."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass

import xlsxwriter

from dx_data.text import FORMULA_STARTS

Cell = str | int | None
_MADE = dt.datetime(2025, 4, 1)  # noqa: DTZ001  (a fixed property, so that two builds are the same)
_HEAD_ROW = 3
_WIDEST, _NARROWEST, _LONGEST = 48, 8, 31


@dataclass(frozen=True)
class Sheet:
    """One table with its heads, and what stands below it."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    notes: Sequence[str] = ()


def workbook(sheets: Sequence[Sheet], mark: str) -> bytes:
    """The book: text as text, whatever it looks like, numbers as numbers, each sheet fit to a page's width."""
    target = io.BytesIO()
    plain = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(target, plain)
    book.set_properties({"title": sheets[0].title, "subject": mark, "created": _MADE})
    bold = book.add_format({"bold": True, "font_size": 14})
    head = book.add_format({"bold": True, "border": 1, "text_wrap": True, "valign": "top", "bg_color": "#F1F1F4"})
    words = book.add_format({"border": 1, "text_wrap": True, "valign": "top"})
    quoted = book.add_format({"border": 1, "text_wrap": True, "valign": "top", "quote_prefix": True})
    number = book.add_format({"border": 1, "num_format": "#,##0", "valign": "top"})
    for each in sheets:
        sheet = book.add_worksheet(each.title[:_LONGEST])
        sheet.write_string(0, 0, each.title, bold)
        sheet.write_string(1, 0, mark)
        for at, text in enumerate(each.heads):
            sheet.write_string(_HEAD_ROW, at, text, head)
            width = max(_breadth(text), *(_breadth(row[at]) for row in each.rows), 0)
            sheet.set_column(at, at, min(max(width + 2, _NARROWEST), _WIDEST))
        for at_row, row in enumerate(each.rows, _HEAD_ROW + 1):
            for at, cell in enumerate(row):
                if isinstance(cell, int):
                    sheet.write_number(at_row, at, cell, number)
                else:
                    text = cell or ""
                    sheet.write_string(at_row, at, text, quoted if text.startswith(FORMULA_STARTS) else words)
        for at_row, note in enumerate(each.notes, _HEAD_ROW + len(each.rows) + 2):
            sheet.write_string(at_row, 0, f"※ {note}")
        sheet.freeze_panes(_HEAD_ROW + 1, 0)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(_HEAD_ROW)
    book.close()
    return target.getvalue()


def _breadth(value: Cell) -> int:
    """About how many half-width characters a value takes."""
    return sum(1 if character.isascii() else 2 for character in str("" if value is None else value))
