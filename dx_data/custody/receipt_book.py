"""The 事績簿 of a month as the ward files it: the only place that knows the book's form. Formats, never counts anew."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_range

from dx_data.calendar import fiscal_year, fiscal_year_title
from dx_data.catalog import Result
from dx_data.datasets import dataset_named
from dx_data.errors import WrongUsage
from dx_data.text import japanese_date

QUESTION = "receipts_of_month"
_BOOK = dataset_named("receipts")
# Headings are the dataset's own titles, a group is 「コード決済」 or 「取消_コード決済」: so the door reads the book.
_ROW_HEADS = [_BOOK.column(name).title for name in ("collected_on", "weekday", "counter", "fee_type")]
_PAIR = [_BOOK.column(name).title for name in ("transactions", "amount_yen")]
_TOTAL = "合計"
_WEEKDAYS = "月火水木金土日"
_ENTRIES = {"sales": "", "canceled": "取消_", "refunded": "返金_"}
_TOP = 4  # title, month and unit, two levels of headings
_FIXED = len(_ROW_HEADS)
_MADE = dt.datetime(2025, 4, 1)  # noqa: DTZ001  (a fixed property, so that two builds are the same)


@dataclass(frozen=True)
class _Line:
    """One row of the book: a day, a window, a fee, and the count and amount of every group that has any."""

    day: dt.date
    counter: str
    fee: str
    taken: dict[str, tuple[int, int]]


def filename(result: Result) -> str:
    """The book's file name with the month, and with the day its rows speak of, which the door reads from it."""
    month = _month(result)
    as_of = f"_{result.as_of:%Y%m%d}" if result.as_of else ""
    return f"{_BOOK.title}_{month.year}年{month.month}月{as_of}.xlsx"


def workbook(result: Result, note: str) -> bytes:
    """The book: one sheet for the month, one row per day × window × fee, the ways of paying side by side.

    Cancellations and refunds are columns of their own with negative numbers; blank is "no such row", 0 a reported 0.
    """
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    book.set_properties({"title": _BOOK.title, "created": _MADE})
    formats = {
        "title": book.add_format({"bold": True, "font_size": 14, "align": "center"}),
        "head": book.add_format({"bold": True, "align": "center", "valign": "vcenter", "border": 1}),
        "day": book.add_format({"num_format": "yyyy/mm/dd", "border": 1}),
        "text": book.add_format({"border": 1}),
        "number": book.add_format({"num_format": "#,##0;-#,##0", "border": 1}),
        "total": book.add_format({"num_format": "#,##0;-#,##0", "border": 1, "bold": True}),
    }
    month = _month(result)
    lines = _lines(result)
    groups = _groups(lines)
    sheet = book.add_worksheet(f"{month.year}年{month.month}月")
    _head(sheet, formats, month, groups)
    for row, line in enumerate(lines, _TOP):
        _row(sheet, formats, row, line, groups)
    _bottom(sheet, formats, lines, groups)
    for row, text in enumerate(_notes(result, note), _TOP + len(lines) + 1):
        sheet.write_string(row, 0, f"※ {text}")
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(2, 3)
    book.close()
    return target.getvalue()


def _month(result: Result) -> dt.date:
    if result.question.name != QUESTION:
        raise WrongUsage.because(
            f"質問『{result.question.name}』にはExcelの様式がありません",
            f"CSV で保存するか、質問『{QUESTION}』を使ってください",
        )
    month: dt.date = result.params["month"]
    return month


def _lines(result: Result) -> list[_Line]:
    found = []
    for (day, counter, fee), cells in groupby(
        result.records(), lambda row: (row["collected_on"], row["counter"], row["fee_type"])
    ):
        taken: dict[str, Any] = {
            f"{word}{cell['method']}": (cell[f"{stem}_transactions"], cell[f"{stem}_yen"])
            for cell in cells
            for stem, word in _ENTRIES.items()
            if cell[f"{stem}_transactions"] is not None
        }
        assert isinstance(day, dt.date)  # noqa: S101  (the declaration says so)
        found.append(_Line(day, str(counter), str(fee or ""), taken))
    return found


def _groups(lines: Sequence[_Line]) -> list[str]:
    """What the month has of sales, cancellations, refunds, each in the order the dataset declares its methods."""
    used = {group for line in lines for group in line.taken}
    groups = [choice.value for choice in _BOOK.column("method").choices]
    return [f"{word}{method}" for word in _ENTRIES.values() for method in groups if f"{word}{method}" in used]


def _head(sheet: Any, formats: dict[str, Any], month: dt.date, groups: Sequence[str]) -> None:
    last = _FIXED + 2 * len(groups) + 1
    sheet.merge_range(0, 0, 0, last, f"{fiscal_year_title(fiscal_year(month))} {_BOOK.title}", formats["title"])
    sheet.write_string(1, 0, f"{month.month}月分")
    sheet.write_string(1, last - 1, "単位：件、円")
    for column, text in enumerate(_ROW_HEADS):
        sheet.merge_range(2, column, 3, column, text, formats["head"])
    for pair, text in enumerate((*groups, _TOTAL)):
        at = _FIXED + 2 * pair
        sheet.merge_range(2, at, 2, at + 1, text, formats["head"])
        sheet.write_row(3, at, _PAIR, formats["head"])
    sheet.freeze_panes(_TOP, _FIXED)
    sheet.set_column(0, 0, 12)
    sheet.set_column(1, 1, 6)
    sheet.set_column(2, 3, 18)
    sheet.set_column(_FIXED, last, 12)


def _row(sheet: Any, formats: dict[str, Any], row: int, line: _Line, groups: Sequence[str]) -> None:
    sheet.write_datetime(row, 0, line.day, formats["day"])
    texts = (_WEEKDAYS[line.day.weekday()], line.counter, line.fee)
    for column, text in enumerate(texts, 1):
        sheet.write_string(row, column, text, formats["text"])
    for pair, group in enumerate((*groups, _TOTAL)):
        values = _sum(line) if group == _TOTAL else line.taken.get(group, (None, None))
        for offset, value in enumerate(values):
            at = _FIXED + 2 * pair + offset
            if value is None:
                sheet.write_blank(row, at, None, formats["number"])
            else:
                sheet.write_number(row, at, value, formats["number"])


def _sum(line: _Line) -> tuple[int, int]:
    return sum(count for count, _ in line.taken.values()), sum(yen for _, yen in line.taken.values())


def _bottom(sheet: Any, formats: dict[str, Any], lines: Sequence[_Line], groups: Sequence[str]) -> None:
    """The 合計 row: formulas for who works on in Excel, with their values for who only reads."""
    row = _TOP + len(lines)
    sheet.write_string(row, 0, _TOTAL, formats["total"])
    for column in range(1, _FIXED):
        sheet.write_blank(row, column, None, formats["total"])
    for pair, group in enumerate((*groups, _TOTAL)):
        taken = [_sum(line) if group == _TOTAL else line.taken.get(group, (0, 0)) for line in lines]
        for offset in range(2):
            at, value = _FIXED + 2 * pair + offset, sum(cells[offset] for cells in taken)
            if lines:
                sheet.write_formula(row, at, f"=SUM({xl_range(_TOP, at, row - 1, at)})", formats["total"], value)
            else:
                sheet.write_number(row, at, 0, formats["total"])


def _notes(result: Result, note: str) -> list[str]:
    return [
        f"{note} {result.question.title}",
        result.question.definition.sentence,
        "端末・ブランド・入金は合わせてあるため、この表にありません。",
        f"いつ時点:{japanese_date(result.as_of) if result.as_of else '未記入'}",
        f"時点:{result.snapshot} 出典:{result.source}",
        *result.notes,
    ]
