"""How long reading and the whole door take with a 事績簿 of twelve sheets, beside openpyxl's own read of the book.

`python -m benchmarks.ledger_book` prints both ratios (goal of reading: at most 1.5) and the peak memory. All
run in turn, in one process, and their medians are compared, so that a busy machine slows both.
"""

from __future__ import annotations

import argparse
import datetime as dt
import random
import resource
import statistics
import tempfile
import time
from pathlib import Path

import openpyxl
import xlsxwriter

from dx_data.calendar import is_open_day
from dx_data.door import Staging, examine, read
from dx_data.door.layout import lay_out
from dx_data.settings import Settings

GOAL = 1.5
COUNTERS = 12
GROUPS = ("現金", "クレジット", "電子マネー（交通系）", "電子マネー（その他）", "コード決済", "合計")
_WEEKDAYS = "月火水木金土日"


def write_book(path: Path, counters: int, seed: int = 7) -> int:
    """A book of fiscal 2025, a sheet per month, merged two-level headers, 合計 and 累計; answers its rows."""
    draw = random.Random(seed)
    so_far = [0] * (2 * len(GROUPS))
    count = 0
    with xlsxwriter.Workbook(path) as book:
        for month in (4, 5, 6, 7, 8, 9, 10, 11, 12, 1, 2, 3):
            sheet = book.add_worksheet(f"{month}月")
            sheet.merge_range("A1:O1", "キャッシュレス決済 事績簿（令和7年度）")
            for column, title in enumerate(("日付", "曜日", "窓口")):
                sheet.merge_range(2, column, 3, column, title)
            for group, title in enumerate(GROUPS):
                sheet.merge_range(2, 3 + 2 * group, 2, 4 + 2 * group, title)
                sheet.write_row(3, 3 + 2 * group, ("件数", "金額"))
            row, total = 4, [0] * (2 * len(GROUPS))
            day = dt.date(2025 if month > 3 else 2026, month, 1)
            while day.month == month:
                for counter in range(counters if is_open_day(day) else 0):
                    words = (f"{day.month}月{day.day}日", _WEEKDAYS[day.weekday()], f"第{counter + 1}窓口")
                    sheet.write_row(row, 0, words)
                    figures: list[int] = []
                    for _ in GROUPS[:-1]:
                        sold = draw.randrange(40)
                        figures += [sold, sold * 300]
                    figures += [sum(figures[::2]), sum(figures[1::2])]
                    sheet.write_row(row, 3, figures)
                    total = [a + b for a, b in zip(total, figures, strict=True)]
                    row, count = row + 1, count + 1
                day += dt.timedelta(days=1)
            so_far = [a + b for a, b in zip(so_far, total, strict=True)]
            for label, sums in (("合計", total), ("累計", so_far)):
                sheet.write(row, 0, label)
                sheet.write_row(row, 3, sums)
                row += 1
            sheet.write(row + 1, 0, "※件数は取引の数です")
    return count


def openpyxl_read(path: Path) -> float:
    """Seconds that openpyxl takes to read every cell of the book, merged ranges included."""
    began = time.perf_counter()
    book = openpyxl.load_workbook(path, data_only=True)
    cells = sum(1 for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row if cell is not None)
    assert cells, "the book is filled"
    return time.perf_counter() - began


def reading(path: Path, rows: int) -> float:
    """Seconds that reading takes: every cell, header, totals compared, rows in long form."""
    with Staging() as staging:
        began = time.perf_counter()
        tables = lay_out(read(path, staging, Settings()), staging)
        seconds = time.perf_counter() - began
    assert sum(table.height for table in tables) == rows * (len(GROUPS) - 1)
    return seconds


def whole_door(path: Path, rows: int) -> float:
    """Seconds that the whole door takes: read, laid out, totals compared, folded, matched, searched, checked."""
    with Staging() as staging:
        began = time.perf_counter()
        examined = examine(path, staging, Settings())
        seconds = time.perf_counter() - began
    assert not examined.problems, examined.problems[:1]
    assert sum(table.sound for table in examined.tables) == rows * (len(GROUPS) - 1)
    assert all(total.agrees for total in examined.control_totals)
    return seconds


def peak_megabytes() -> tuple[int, int]:
    """The greatest memory of this process and of its greatest child so far."""
    return tuple(  # type: ignore[return-value]
        resource.getrusage(who).ru_maxrss // 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )


def main() -> None:
    """Measure both in turn and print the ratio of the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counters", type=int, default=COUNTERS)
    parser.add_argument("--runs", type=int, default=5)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "事績簿_令和7年度.xlsx")
        rows = write_book(path, wanted.counters)
        print(f"12 sheets, {rows:,} rows × {3 + 2 * len(GROUPS)} columns, {path.stat().st_size / 1e6:.1f} MB")
        whole_door(path, rows)  # warm
        own, child = peak_megabytes()
        theirs: list[float] = []
        alone: list[float] = []
        ours: list[float] = []
        for _ in range(wanted.runs):
            theirs.append(openpyxl_read(path))
            alone.append(reading(path, rows))
            ours.append(whole_door(path, rows))
    peer, laid, door = map(statistics.median, (theirs, alone, ours))
    print(f"openpyxl {peer:.3f} s; read and laid out {laid:.3f} s, ratio {laid / peer:.2f} (goal {GOAL})")
    print(f"whole door {door:.3f} s, ratio {door / peer:.2f}")
    print(f"peak memory {own} MB, reader's own process {child} MB")


if __name__ == "__main__":
    main()
