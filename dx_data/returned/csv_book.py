"""A CSV as a book, every cell a text: numbers that are names keep their zeros, and nothing is a formula."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import xlsxwriter

from dx_data.door import Staging
from dx_data.door.read import Sheet, read, rows
from dx_data.errors import FileRejected
from dx_data.settings import Settings

SHEET = "データ"
MOST_BYTES = 20 << 20
_LONGEST = 32_767
MOST_ROWS = 1_048_576
_STEP = 20_000
_LINE = re.compile("\r\n?")


def book(path: Path, settings: Settings) -> bytes:
    """The CSV's rows as a book; FileRejected for what no sheet can hold."""
    if path.stat().st_size > MOST_BYTES:
        raise _refuse(f"{MOST_BYTES >> 20} MBを超えるCSVは、Excelにできません")
    target = io.BytesIO()
    with Staging() as staging:
        (sheet,) = read(path, staging, settings).sheets
        if sheet.height > MOST_ROWS:
            raise _refuse(f"{sheet.height:,} 行の表は、Excelのシートに入りません")
        made = xlsxwriter.Workbook(target, {"constant_memory": True, "tmpdir": str(staging.folder)})
        page = made.add_worksheet(SHEET)
        # Texts, so that what is typed into a cell later stays as typed, too.
        page.set_column(0, sheet.width - 1, 16, made.add_format({"num_format": "@"}))
        longest = 0
        for row, cells in _all_rows(sheet, staging):
            for column, cell in enumerate(cells):
                if cell:
                    longest = max(longest, len(cell))
                    # A cell's lines end in LF alone.
                    page.write_string(row - 1, column, _LINE.sub("\n", cell)[:_LONGEST])
        made.close()
    if longest > _LONGEST:
        raise _refuse(f"{_LONGEST:,} 文字より長い値は、Excelのセルに入りません")
    return target.getvalue()


def _all_rows(sheet: Sheet, staging: Staging) -> Iterator[tuple[int, list[str | None]]]:
    for first in range(1, sheet.height + 1, _STEP):
        yield from rows(sheet, staging, first=first, last=first + _STEP - 1)


def _refuse(message: str) -> FileRejected:
    fix = "誤りの一覧（CSV）を使い、元のファイルを直してください"
    return FileRejected.because(message, fix, stage="returned", rule="returned.too_large")
