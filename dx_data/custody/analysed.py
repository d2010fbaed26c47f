"""The rows of typed SQL as they leave: CSV, JSON or an Excel book, with their mark and the snapshot. Never counts."""

from __future__ import annotations

import datetime as dt
import io
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from dx_data.catalog import json_value
from dx_data.custody import excel
from dx_data.errors import FormRefused
from dx_data.text import FORMULA_STARTS, saved_as

SUBJECT = "分析の結果"
_HEAD_ROW = 3  # rows above the heads: title, mark, an empty one
_WIDEST, _NARROWEST, _LONGEST = 48, 8, 32_767
_EXACT = 10**15  # Excel keeps fifteen digits


@dataclass(frozen=True)
class Shown:
    """Rows of typed SQL, or of a table of the copy, that a terminal or a notebook shows: how many, of what."""

    count: int
    snapshot: str
    sha256: str


@dataclass(frozen=True)
class Analysed:
    """An answer to typed SQL on its way out.

    `columns` are different names with DuckDB's types, `sha256` is the digest of the SQL, by which the ledger knows it:
    the text itself is kept by whoever analyses. `notes` are marks such as 架空データ; `cut` says that rows are missing.
    """

    title: str
    columns: tuple[tuple[str, str], ...]
    rows: Sequence[Sequence[Any]]
    snapshot: str
    sha256: str
    cut: bool = False
    notes: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many rows there are."""
        return len(self.rows)

    @property
    def heads(self) -> list[str]:
        """The names of the columns."""
        return [name for name, _ in self.columns]

    def filename(self, form: str) -> str:
        """A name without characters that Windows refuses."""
        return saved_as([self.title, self.snapshot, *self.notes], form)

    def below(self, kind: str) -> list[str]:
        """What stands with the rows wherever they go."""
        return [
            "・".join((f"{kind}資料", *self.notes)),
            f"台帳の時点:{self.snapshot}",
            *([f"上限の {len(self.rows):,} 行で切っています。"] if self.cut else []),
            "入力したSQLの結果です。定義を確かめた質問の答えではないので、公表には使えません。",
        ]

    def json(self) -> bytes:
        """The shape `dx sql --json` promises."""
        told = {
            "snapshot": self.snapshot,
            "columns": [{"name": name, "type": kind} for name, kind in self.columns],
            "rows": [dict(zip(self.heads, map(plain, row), strict=True)) for row in self.rows],
            "cut": self.cut,
            "notes": list(self.notes),
        }
        return json.dumps(told, ensure_ascii=False, allow_nan=False).encode()

    def xlsx(self, kind: str) -> bytes:
        """One sheet: numbers as numbers, days as days, text as text. FormRefused for a text that no cell holds."""
        mark, *notes = self.below(kind)
        target = io.BytesIO()
        book = excel.begun(target, self.title, mark)
        sheet = book.add_worksheet("結果")
        sheet.write_string(0, 0, self.title, book.add_format(excel.TITLE))
        sheet.write_string(1, 0, mark)
        head = book.add_format(excel.HEAD)
        shapes = _Shapes(book)
        for at, name in enumerate(self.heads):
            sheet.write_string(_HEAD_ROW, at, name, head)
            values = [row[at] for row in self.rows]
            for number, value in enumerate(values, _HEAD_ROW + 1):
                _write(sheet, number, at, value, shapes)
            width = max([_breadth(name), *(_breadth(value) for value in values[:1000])])
            sheet.set_column(at, at, min(max(width + 2, _NARROWEST), _WIDEST))
        for number, note in enumerate(notes, _HEAD_ROW + len(self.rows) + 2):
            sheet.write_string(number, 0, f"※ {note}")
        excel.on_paper(sheet, _HEAD_ROW)
        excel.marked(sheet, mark)
        book.close()
        return target.getvalue()


class _Shapes:
    """How the cells of one book look."""

    def __init__(self, book: Any) -> None:
        self.day = book.add_format({"border": 1, "num_format": "yyyy/mm/dd"})
        self.moment = book.add_format({"border": 1, "num_format": "yyyy/mm/dd hh:mm:ss"})
        self.plain = book.add_format({"border": 1})
        self.quoted = book.add_format({"border": 1, "quote_prefix": True})


def _write(sheet: Any, row: int, at: int, value: Any, shapes: _Shapes) -> None:
    match value:
        case None:
            sheet.write_blank(row, at, None, shapes.plain)
        case bool():
            sheet.write_boolean(row, at, value, shapes.plain)
        case int() | float() | Decimal() if -_EXACT < value < _EXACT:
            sheet.write_number(row, at, value, shapes.plain)
        case dt.datetime() if value.year >= 1900:
            sheet.write_datetime(row, at, value, shapes.moment)
        case dt.date() if value.year >= 1900:  # Excel's calendar begins then
            sheet.write_datetime(row, at, value, shapes.day)
        case _:
            text = written(value)
            if len(text) > _LONGEST:
                raise FormRefused.because(
                    f"Excelの1つのセルに入らない長さ（{_LONGEST:,} 文字を超える）の値があります",
                    "CSV で保存するか、SQLで短くしてください（例: left(列, 1000)）",
                )
            sheet.write_string(row, at, text, shapes.quoted if text.startswith(FORMULA_STARTS) else shapes.plain)


def plain(value: Any) -> Any:
    """A value as JSON writes it: days in ISO form, decimals as numbers, what is no number as null.

    >>> plain([Decimal("1.50"), dt.date(2026, 4, 1), float("nan"), {"件数": Decimal("2")}])
    [1.5, '2026-04-01', None, {'件数': 2}]
    """
    match value:
        case list():
            return [plain(each) for each in value]
        case dict():
            return {name: plain(each) for name, each in value.items()}
        case float():
            return value if math.isfinite(value) else None
        case dt.datetime():
            return value.isoformat(sep=" ")
        case dt.time():
            return value.isoformat()
    return json_value(value)


def written(value: Any) -> str:
    """A value as a cell of text: lists with 「・」 between, records as JSON.

    >>> written(["窓口", "郵送"]), written({"件数": 2}), written(None), written(True)
    ('窓口・郵送', '{"件数": 2}', '', 'true')
    """
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case list():
            return "・".join(map(written, value))
        case dict():
            return json.dumps(plain(value), ensure_ascii=False)
        case float() if not math.isfinite(value):
            return str(value)
    return str(plain(value))


def _breadth(value: Any) -> int:
    """About how many half-width characters a value takes."""
    return sum(1 if character.isascii() else 2 for character in written(value)[:_WIDEST])
