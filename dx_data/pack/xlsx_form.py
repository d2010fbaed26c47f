"""The pack as an Excel book: a cover, native charts on one sheet, and a sheet for each table that programs can read."""

from __future__ import annotations

import datetime as dt
import io
import re
from decimal import Decimal
from typing import Any

import xlsxwriter

from dx_data.charts import LIGHT
from dx_data.pack.content import Pack, Table, cells, heads
from dx_data.pack.csv_form import REGION
from dx_data.pack.office import number_format, settled

# What a file holds is never run: nothing that looks like a formula, an address or a number becomes one.
AS_TEXT = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_UNFIT = re.compile(r"[\[\]:*?/\\']")
_LINE, _NOTES_WIDE, _HEAD_WIDE = 15, 110, 16  # points of a line; half-width characters of a note's, a head's line
_ROW = 20  # pixels of a row
_CHART_WIDE, _CHART_TALL, _BAR, _AROUND_BARS = 880, 360, 26, 90  # pixels


def files(pack: Pack) -> dict[str, bytes]:
    """The book."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, AS_TEXT)
    book.set_properties({"title": pack.title, "subject": "・".join(pack.marks), "author": pack.municipality.name})
    names = [_name(number, table) for number, table in enumerate(pack.tables, 1)]
    _cover(book, pack, names)
    drawn = _sheet(book, pack, "図")
    drawn.write_string(0, 0, f"{pack.title}　{'・'.join(pack.marks)}")
    place = 2
    for table, name in zip(pack.tables, names, strict=True):
        _data(book, pack, table, name)
        if (found := _chart(book, table, name)) is not None:
            chart, words, tall = found
            chart.set_size({"width": _CHART_WIDE, "height": tall})
            drawn.insert_chart(place, 0, chart, {"description": words})
            place += tall // _ROW + 2
    for listed in pack.sheets:
        page = _sheet(book, pack, listed.title)
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        for row, line in enumerate((listed.heads, *listed.lines)):
            for at, text in enumerate(line):
                page.write_string(row, at, text, wrapped)
        page.set_column(0, len(listed.heads) - 1, 2 * _HEAD_WIDE)
    book.close()
    return {"figures.xlsx": settled(target.getvalue(), pack.at)}


def _name(number: int, table: Table) -> str:
    """A sheet's name: subject and kind, without the period, in the 31 characters that there are."""
    subject, _, kind = table.title.partition("（")
    kind = kind.rstrip("）").partition("、")[0]
    return f"{number:02}_{_UNFIT.sub('', '_'.join(each for each in (subject, kind) if each))}"[:31]


def _sheet(book: Any, pack: Pack, name: str) -> Any:
    """A sheet that prints on A4, as wide as the paper."""
    sheet = book.add_worksheet(name)
    sheet.set_paper(9)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    if pack.marks:
        sheet.set_header(f"&R{'・'.join(pack.marks)}")
    sheet.set_footer("&L&A&R&P / &N")
    return sheet


def _cover(book: Any, pack: Pack, names: list[str]) -> None:
    sheet = _sheet(book, pack, "表紙")
    sheet.set_column(0, 0, 40)
    sheet.set_column(1, 1, _NOTES_WIDE)
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    lines = [
        *[(pack.title, "・".join(pack.marks)), ("台帳の時点", pack.snapshot)],
        *[(f"記号 {sign}", meant) for sign, meant in pack.legend],
        *[(name, "\n".join(table.notes())) for name, table in zip(names, pack.tables, strict=True)],
    ]
    for row, (left, right) in enumerate(lines):
        sheet.write_string(row, 0, left, wrapped)
        sheet.write_string(row, 1, right, wrapped)
        # Programs do not agree on who makes a row tall enough.
        sheet.set_row(row, _LINE * sum(1 + 2 * len(line) // _NOTES_WIDE for line in right.split("\n")))


def _data(book: Any, pack: Pack, table: Table, name: str) -> None:
    sheet = _sheet(book, pack, name)
    date = book.add_format({"num_format": "yyyy-mm-dd"})
    wrapped = book.add_format({"text_wrap": True, "valign": "top", "bold": True})
    columns = [*REGION, *heads(table.columns)]
    for at, head in enumerate(columns):
        sheet.write_string(0, at, head, wrapped)
    for row, shown in enumerate(table.public.rows, 1):
        line = [pack.municipality.code, pack.municipality.name, *cells(shown, table.columns)]
        for at, value in enumerate(line):
            if isinstance(value, dt.date):
                sheet.write_datetime(row, at, dt.datetime(value.year, value.month, value.day), date)  # noqa: DTZ001
            elif isinstance(value, int | float | Decimal):
                sheet.write_number(row, at, float(value))
            elif value:
                sheet.write_string(row, at, "・".join(value) if isinstance(value, list) else str(value))
    sheet.set_column(0, len(columns) - 1, _HEAD_WIDE)
    sheet.set_row(0, _LINE * max(1 + 2 * len(head) // _HEAD_WIDE for head in columns))
    sheet.repeat_rows(0)
    sheet.freeze_panes(1, 0)


def _chart(book: Any, table: Table, name: str) -> tuple[Any, str, int] | None:
    """A chart of the table's own cells, its words, and how many pixels tall it is; None where there is no figure."""
    if table.drawing is None or table.axis is None or table.measured is None:
        return None
    columns = [*REGION, *heads(table.columns)]
    rows = len(table.public.rows)
    x, y = columns.index(table.axis.label), columns.index(table.measured.label)
    form, colour = number_format(table.measured), LIGHT.one[0]
    chart = book.add_chart({"type": "line" if table.by_month else "bar"})
    look: dict[str, Any] = {"fill": {"color": colour}, "gap": 40}
    if table.by_month:
        mark = {"type": "circle", "size": 6, "fill": {"color": colour}, "border": {"color": colour}}
        look = {"line": {"color": colour, "width": 2}, "marker": mark}
    labels = {"value": True, "num_format": form, "position": "above" if table.by_month else "outside_end"}
    cells_of = {"categories": [name, 1, x, rows, x], "values": [name, 1, y, rows, y]}
    chart.add_series({"name": table.measured.label, "data_labels": labels, **cells_of, **look})
    chart.set_title({"name": table.title, "name_font": {"size": 12}, "overlay": False})
    chart.set_legend({"none": True})
    if table.by_month:
        month = {"date_axis": True, "major_unit": 1, "major_unit_type": "months", "num_format": 'yyyy"年"m"月"'}
        chart.set_x_axis(month)
        chart.set_y_axis(
            {"min": 0, "major_gridlines": {"visible": True, "line": {"color": LIGHT.grid}}, "num_format": form}
        )
        return chart, table.drawing[1], _CHART_TALL
    chart.set_y_axis({"reverse": True, "interval_unit": 1})
    chart.set_x_axis({"min": 0, "visible": False, "major_gridlines": {"visible": False}})
    return chart, table.drawing[1], _BAR * rows + _AROUND_BARS
