"""Declaration → fill-in Excel template: drop-downs, formats and notes; what is filled in goes back through the door."""

from __future__ import annotations

import datetime as dt
import io

import xlsxwriter

from dx_data.derive.dictionary import HEADINGS, facts, rows
from dx_data.spec import Column, Dataset, Kind

SHEET = "記入"
_NOTES = "使い方"
_ROWS = 1000
# Excel refuses a longer list typed into a drop-down; longer ones would need a sheet of their own.
_LONGEST_LIST = 255
_FORMATS = {Kind.INTEGER: "#,##0", Kind.YEN: "#,##0", Kind.DATE: "yyyy-mm-dd", Kind.DATETIME: "yyyy-mm-dd hh:mm"}
_MADE = dt.datetime(2025, 4, 1)  # noqa: DTZ001  (a fixed property, so that two builds are the same)


def filename(dataset: Dataset) -> str:
    """The template's file name."""
    return f"{dataset.title}_記入用.xlsx"


def columns(dataset: Dataset) -> tuple[Column, ...]:
    """What is filled in: every stored column."""
    return dataset.stored


def workbook(dataset: Dataset) -> bytes:
    """The template: sheet 「記入」 with one headed column per stored column, sheet 「使い方」 with the dictionary."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    book.set_properties({"title": f"{dataset.title} 記入用", "created": _MADE})
    head = book.add_format({"bold": True, "bg_color": "#E8F1FE", "border": 1, "text_wrap": True, "valign": "top"})
    needed = book.add_format({"bold": True, "bg_color": "#C5D7FB", "border": 1, "text_wrap": True, "valign": "top"})
    sheet = book.add_worksheet(SHEET)
    sheet.freeze_panes(1, 0)
    for position, column in enumerate(columns(dataset)):
        sheet.write_string(0, position, column.title, needed if column.required else head)
        sheet.write_comment(0, position, _hint(column))
        cells = book.add_format({"num_format": _FORMATS.get(column.kind, "@")})
        sheet.set_column(position, position, max(12, 2 * len(column.title) + 2), cells)
        listed = [choice.value for choice in column.choices]
        if column.kind is Kind.CHOICE and len(",".join(listed)) <= _LONGEST_LIST:
            sheet.data_validation(1, position, _ROWS, position, {"validate": "list", "source": listed})
    notes = book.add_worksheet(_NOTES)
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    notes.set_column(0, 1, 18, wrap)
    notes.set_column(2, len(HEADINGS), 24, wrap)
    lines = [
        [f"{dataset.title}の記入のしかた"],
        ["「記入」シートの2行目から記入してください。濃い青の項目は必ず記入します。"],
        [],
    ]
    lines += [[name, value] for name, value in facts(dataset).items()]
    for number, line in enumerate(lines):
        for position, cell in enumerate(line):
            notes.write_string(number, position, cell)
    for position, heading in enumerate(HEADINGS):
        notes.write_string(len(lines) + 1, position, heading, head)
    stored = {column.title for column in columns(dataset)}
    shown = [row for row in rows(dataset) if row["項目名"] in stored]
    for number, row in enumerate(shown, len(lines) + 2):
        for position, cell in enumerate(row.values()):
            notes.write_string(number, position, cell)
    book.close()
    return target.getvalue()


def _hint(column: Column) -> str:
    parts = [column.description]
    if column.unit:
        parts.append(f"単位:{column.unit}")
    if column.kind is Kind.CHOICES:
        parts.append("複数のときは「、」で区切ります:" + "、".join(choice.value for choice in column.choices))
    if column.example:
        parts.append(f"例:{column.example}")
    return "\n".join(parts)
