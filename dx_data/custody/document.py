"""Registers and reports for print (HTML) and as an Excel book: tables with their notes. Formats, never counts."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from dx_data.custody import excel
from dx_data.custody.refusals import STYLE
from dx_data.text import FORMULA_STARTS, japanese_date

Cell = str | int | None
_HEAD_ROW = 3
_WIDEST, _NARROWEST, _LONGEST = 48, 8, 31


def day(at: str) -> str:
    """The day of a ledger line's moment, as papers write it.

    >>> day("2026-11-20T09:05:00.000+09:00")
    '2026年11月20日(金)'
    """
    return japanese_date(dt.date.fromisoformat(at[:10]))


def moment(at: str) -> str:
    """A ledger line's moment to the minute, as papers write it.

    >>> moment("2026-11-20T09:05:00.000+09:00")
    '2026年11月20日(金) 9:05'
    """
    when = dt.datetime.fromisoformat(at)
    return f"{japanese_date(when.date())} {when.hour}:{when.minute:02}"


@dataclass(frozen=True)
class Sheet:
    """One table with its heads, and what stands below it."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    notes: Sequence[str] = ()

    def html(self) -> str:
        """The table with its notes as markup, every cell escaped."""
        heads = "".join(f'<th scope="col">{escape(head)}</th>' for head in self.heads)
        rows = "".join("<tr>" + "".join(map(_html_cell, row)) + "</tr>" for row in self.rows)
        notes = "".join(f"<li>{escape(note)}</li>" for note in self.notes)
        table = f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
        return f"{table}<ul>{notes}</ul>" if notes else table


def _html_cell(cell: Cell) -> str:
    return f'<td class="n">{cell:,}</td>' if isinstance(cell, int) else f"<td>{escape(cell or '')}</td>"


@dataclass(frozen=True)
class Document:
    """One or more tables under a title, as they leave the product. `rows` counts what is told."""

    title: str
    sheets: tuple[Sheet, ...]

    @property
    def rows(self) -> int:
        """How many rows all tables have."""
        return sum(len(sheet.rows) for sheet in self.sheets)

    def filename(self, form: str) -> str:
        """A name for the document as a file."""
        return f"{self.title.replace(' ', '_')}.{form}"

    def content(self, form: str, kind: str) -> bytes:
        """The document as html or xlsx; `kind` says what sort of paper it is."""
        return _workbook(self.sheets, f"{kind}資料") if form == "xlsx" else self._html(kind)

    def _html(self, kind: str) -> bytes:
        single = len(self.sheets) == 1
        body = "".join(("" if single else f"<h2>{escape(each.title)}</h2>") + each.html() for each in self.sheets)
        return (
            f'<!doctype html><html lang="ja"><head><meta charset="utf-8"><title>{escape(self.title)}</title>'
            f"<style>{STYLE}</style></head><body><h1>{escape(self.title)}</h1><p>{escape(kind)}資料</p>"
            f"{body}</body></html>\n"
        ).encode()


def _workbook(sheets: Sequence[Sheet], mark: str) -> bytes:
    """Text as text, whatever it looks like, numbers as numbers, each sheet fit to a page's width."""
    target = io.BytesIO()
    book = excel.begun(target, sheets[0].title, mark)
    bold = book.add_format(excel.TITLE)
    head = book.add_format(excel.HEAD)
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
        excel.on_paper(sheet, _HEAD_ROW)
    book.close()
    return target.getvalue()


def _breadth(value: Cell) -> int:
    """About how many half-width characters a value takes."""
    return sum(1 if character.isascii() else 2 for character in str("" if value is None else value))
