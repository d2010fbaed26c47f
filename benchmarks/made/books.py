"""A 事績簿 as offices keep it: a workbook with a sheet per month."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path

import xlsxwriter

from dx_data.calendar import is_open_day

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
