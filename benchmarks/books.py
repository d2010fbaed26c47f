"""A 事績簿 of twelve sheets: reading and the whole door, beside openpyxl's own read of the book."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import openpyxl

from benchmarks.declared import Benchmark, Case, Goal, Place
from benchmarks.made.books import GROUPS, write_book
from dx_data.door import Staging, examine, read
from dx_data.door.layout import lay_out
from dx_data.settings import Settings

COUNTERS = 12


def openpyxl_read(path: Path) -> None:
    """openpyxl reads every cell of the book, merged ranges included."""
    book = openpyxl.load_workbook(path, data_only=True)
    cells = sum(1 for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row if cell is not None)
    assert cells, "the book is filled"


def reading(path: Path, rows: int) -> None:
    """Every cell, header, totals compared, rows in long form."""
    with Staging() as staging:
        tables = lay_out(read(path, staging, Settings()), staging)
    assert sum(table.height for table in tables) == rows * (len(GROUPS) - 1)


def whole_door(path: Path, rows: int) -> None:
    """Read, laid out, totals compared, folded, matched, searched, checked."""
    with Staging() as staging:
        examined = examine(path, staging, Settings())
    assert not examined.problems, examined.problems[:1]
    assert sum(table.sound for table in examined.tables) == rows * (len(GROUPS) - 1)
    assert all(total.agrees for total in examined.control_totals)


@contextmanager
def _prepared(place: Place) -> Iterator[Sequence[Case]]:
    path = place.folder / "事績簿_令和7年度.xlsx"
    rows = write_book(path, 1 if place.small else COUNTERS)
    yield [
        Case(
            "12枚のシート",
            {
                "openpyxl": lambda: openpyxl_read(path),
                "reading": lambda: reading(path, rows),
                "ours": lambda: whole_door(path, rows),
            },
        )
    ]


BOOK = Benchmark(
    name="ledger_book",
    title="12枚のシートの事績簿",
    sides={"openpyxl": "openpyxl が読む", "reading": "読んで1行1件に直す", "ours": "入口のすべての確認"},
    base="openpyxl",
    prepared=_prepared,
    goals=(Goal("12枚のシートの事績簿を読む ÷ openpyxl が読む", "reading", 1.3, under="openpyxl"),),
)
