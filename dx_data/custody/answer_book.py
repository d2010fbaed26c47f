"""An answer as an Excel book: title, mark, dates and source above one table, its notes below. Formats, never counts."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from dx_data.catalog import Result
from dx_data.custody import excel
from dx_data.spec import Column, Kind
from dx_data.text import FORMULA_STARTS, japanese_date

HEAD_ROW = 4  # rows above the heads: title, mark, dates, an empty one
_WIDEST, _NARROWEST = 48, 8


def facts(result: Result, mark: str) -> list[str]:
    """What stands with an answer wherever it goes: its mark, its two dates, its source."""
    updated = f"{result.updated:%Y-%m-%d}" if result.updated else "未収集"
    return [
        "・".join((mark, *result.notes)),
        f"いつ時点:{japanese_date(result.as_of) if result.as_of else '未記入'}　更新日:{updated}　出典:{result.source}",
    ]


def workbook(result: Result, mark: str) -> bytes:
    """One sheet: the answer's rows as numbers, dates and text under their declared heads; a blank cell has no data."""
    target = io.BytesIO()
    book = excel.begun(target, result.question.title, mark)
    sheet = book.add_worksheet("数値")
    sheet.write_string(0, 0, result.question.title, book.add_format(excel.TITLE))
    for row, text in enumerate(facts(result, mark), 1):
        sheet.write_string(row, 0, text)
    head = book.add_format(excel.HEAD)
    for at, column in enumerate(result.columns):
        sheet.write_string(HEAD_ROW, at, column.label, head)
        _column(book, sheet, at, column, [row[at] for row in result.rows])
    _notes(sheet, result, HEAD_ROW + len(result.rows) + 2)
    excel.on_paper(sheet, HEAD_ROW)
    excel.marked(sheet, mark)
    book.close()
    return target.getvalue()


def _column(book: Any, sheet: Any, at: int, column: Column, values: Sequence[Any]) -> None:
    shape = book.add_format({"border": 1, **_shape(column)})
    words = book.add_format({"border": 1})
    quoted = book.add_format({"border": 1, "quote_prefix": True})
    width = max([_breadth(column.label) / 2, *map(_breadth, values)], default=0)
    sheet.set_column(at, at, min(max(width + 2, _NARROWEST), _WIDEST))
    for row, value in enumerate(values, HEAD_ROW + 1):
        match value:
            case None | "" | [] | ():
                sheet.write_blank(row, at, None, words)
            case bool():
                sheet.write_string(row, at, "はい" if value else "いいえ", words)
            case int() | float() | Decimal():
                sheet.write_number(row, at, value, shape)
            case dt.date():  # a moment is one, too
                sheet.write_datetime(row, at, value, shape)
            case _:
                text = "・".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
                sheet.write_string(row, at, text, quoted if text.startswith(FORMULA_STARTS) else words)


def _shape(column: Column) -> dict[str, str]:
    """How Excel shows the column's values."""
    if column.kind is Kind.DATE:
        return {"num_format": 'yyyy"年"m"月"' if column.month else "yyyy/mm/dd"}
    if column.kind is Kind.DATETIME:
        return {"num_format": "yyyy/mm/dd hh:mm"}
    if column.kind is Kind.NUMBER:
        return {"num_format": "#,##0.0"}
    return {"num_format": "#,##0"} if column.kind.counts else {}


def _breadth(value: Any) -> int:
    """About how many half-width characters a value takes."""
    return sum(1 if character.isascii() else 2 for character in str("" if value is None else value))


def _notes(sheet: Any, result: Result, first: int) -> None:
    version = result.question.version
    lines = [
        result.question.definition.sentence,
        f"定義:{version.title} {version.change}",
        f"台帳の時点:{result.snapshot}",
        "空欄はデータがないことを示します。0 とは違います。",
    ]
    for row, text in enumerate(lines, first):
        sheet.write_string(row, 0, f"※ {text}")
