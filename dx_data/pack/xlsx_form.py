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

_FIXED = dt.datetime(2025, 4, 1)  # noqa: DTZ001  (a fixed property, so that two builds are the same)
_UNFIT = re.compile(r"[\[\]:*?/\\'（）]")
_CHART_ROWS = 20


def files(pack: Pack) -> dict[str, bytes]:
    """The book."""
    target = io.BytesIO()
    plain = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(target, plain)
    book.set_properties({"title": pack.title, "subject": "・".join(pack.marks), "created": _FIXED})
    names = [f"{number:02}_{_UNFIT.sub('', table.title)}"[:31] for number, table in enumerate(pack.tables, 1)]
    _cover(book, pack, names)
    drawn = book.add_worksheet("図")
    drawn.write_string(0, 0, f"{pack.title}　{'・'.join(pack.marks)}")
    place = 2
    for table, name in zip(pack.tables, names, strict=True):
        _data(book, pack, table, name)
        if (found := _chart(book, pack, table, name)) is not None:
            chart, words = found
            drawn.insert_chart(place, 0, chart, {"description": words, "x_scale": 1.6})
            place += _CHART_ROWS
    for sheet in pack.sheets:
        page = book.add_worksheet(sheet.title)
        for row, line in enumerate((sheet.heads, *sheet.lines)):
            page.write_row(row, 0, line)
    book.close()
    return {"figures.xlsx": target.getvalue()}


def _cover(book: Any, pack: Pack, names: list[str]) -> None:
    sheet = book.add_worksheet("表紙")
    sheet.set_column(0, 0, 36)
    sheet.set_column(1, 1, 90)
    lines = [
        *[(pack.title, "・".join(pack.marks)), ("台帳の時点", pack.snapshot)],
        *[(f"記号 {sign}", meant) for sign, meant in pack.legend],
        *[(name, "　".join(table.notes())) for name, table in zip(names, pack.tables, strict=True)],
    ]
    for row, (left, right) in enumerate(lines):
        sheet.write_string(row, 0, left)
        sheet.write_string(row, 1, right)


def _data(book: Any, pack: Pack, table: Table, name: str) -> None:
    sheet = book.add_worksheet(name)
    date = book.add_format({"num_format": "yyyy-mm-dd"})
    for at, head in enumerate([*REGION, *heads(table.columns)]):
        sheet.write_string(0, at, head)
    for row, shown in enumerate(table.public.rows, 1):
        line = [pack.municipality.code, pack.municipality.name, *cells(shown, table.columns)]
        for at, value in enumerate(line):
            if isinstance(value, dt.date):
                sheet.write_datetime(row, at, dt.datetime(value.year, value.month, value.day), date)  # noqa: DTZ001
            elif isinstance(value, int | float | Decimal):
                sheet.write_number(row, at, float(value))
            elif value:
                sheet.write_string(row, at, "・".join(value) if isinstance(value, list) else str(value))
    sheet.set_column(0, len(heads(table.columns)) + 1, 16)
    sheet.set_header(f"&R{'・'.join(pack.marks)}")
    sheet.freeze_panes(1, 0)


def _chart(book: Any, pack: Pack, table: Table, name: str) -> tuple[Any, str] | None:
    found = table.figure(pack.marks)
    if found is None or table.axis is None or table.measured is None:
        return None
    columns = [*REGION, *heads(table.columns)]
    rows = len(table.public.rows)
    x, y = columns.index(table.axis.label), columns.index(table.measured.label)
    chart = book.add_chart({"type": "line" if table.by_month else "bar"})
    colour = LIGHT.one[0]
    look = {"line": {"color": colour, "width": 2}} if table.by_month else {"fill": {"color": colour}}
    chart.add_series(
        {"name": table.measured.label, "categories": [name, 1, x, rows, x], "values": [name, 1, y, rows, y], **look}
    )
    chart.set_title({"name": table.title, "name_font": {"size": 12}, "overlay": False})
    chart.set_legend({"none": True})
    if not table.by_month:
        chart.set_y_axis({"reverse": True})
    value_axis = {"min": 0, "major_gridlines": {"visible": True, "line": {"color": LIGHT.grid}}, "num_format": "#,##0"}
    (chart.set_y_axis if table.by_month else chart.set_x_axis)(value_axis)
    return chart, found[1]
