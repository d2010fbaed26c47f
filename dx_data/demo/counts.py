"""The invented monthly reports: receipts of each procedure in all and online, as the sections' Excel books.

One fiscal year also lies there as the sections like to keep it: a column for each month.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta

import numpy as np
from xlsxwriter.utility import xl_range
from xlsxwriter.workbook import Workbook

from dx_data.calendar import fiscal_year_title, open_day_after
from dx_data.demo.applications import Batch, Clock, growth, next_month, season
from dx_data.demo.chance import stream
from dx_data.demo.forms import Form
from dx_data.demo.procedures import Procedure
from dx_data.demo.shapes import DemoFile, sheet, workbook

OFF_MONTH = date(2026, 1, 1)
OFF_PROCEDURE = "転出届"
OFF_BY = 3
WITHOUT_TOTAL = ("戸籍証明書交付請求", "児童手当変更届")
_PAPER_ONLY = 25


def export_day(month: date) -> date:
    """A month is reported on the first open day after the ninth of the next."""
    return open_day_after(next_month(month) + timedelta(days=8))


def exports(
    seed: int,
    everything: Sequence[Procedure],
    forms: Sequence[Form],
    clock: Clock,
    until: date,
    batches: Sequence[Batch],
    volume: float,
) -> Iterator[DemoFile]:
    """One book for each whole month that has been reported by the last day."""
    counted = {each.procedure.id for each in forms if each.procedure}
    paper = [each for each in everything if each.online_on is None and not each.abolished_on]
    paper_ids = {each.id for each in sorted(paper, key=lambda each: (-each.yearly, each.number))[:_PAPER_ONLY]}
    header = ["年月", "手続ID", "手続名", "総受付件数", "電子申請件数", "完了件数"]
    for batch in batches:
        day = export_day(batch.month)
        if day > until:
            continue
        last = next_month(batch.month) - timedelta(days=1)
        listed = [each for each in everything if each.id in paper_ids or (each.id in counted and each.online(last))]
        online, finished = _counted(batch, forms, clock.minute(datetime.combine(day, time(9))))
        rows = [
            _row(seed, batch.month, each, online.get(each.id, 0), finished.get(each.id, 0), volume)
            for each in listed
            if each.listed(last)
        ]
        name = f"電子申請件数_{batch.month:%Y-%m}.xlsx"
        yield DemoFile(name, sheet(f"{batch.month.month}月", header, rows), day)


def _counted(batch: Batch, forms: Sequence[Form], at: int) -> tuple[dict[str, int], dict[str, int]]:
    applied = np.bincount(batch.form, minlength=len(forms))
    done = np.bincount(batch.form[(batch.finished <= at) & (batch.outcome == 0)], minlength=len(forms))
    online: dict[str, int] = {}
    finished: dict[str, int] = {}
    for number, each in enumerate(forms):
        if each.procedure:
            key = each.procedure.id
            online[key] = online.get(key, 0) + int(applied[number])
            finished[key] = finished.get(key, 0) + int(done[number])
    return online, finished


def _row(seed: int, month: date, each: Procedure, online: int, finished: int, volume: float) -> list[object]:
    chance = stream(seed, "receipts", month, each.name)
    expected = volume * each.yearly / 12 * season(each.offer.season, month) * (0.92 + 0.16 * chance.random())
    # A procedure that is used more online than the ledger's figure allows has grown as a whole.
    grown = max(expected, online / max(each.share, 0.1) / growth(month) * 0.8)
    total = online + max(round(grown) - online, online // 7)
    off = OFF_BY if month == OFF_MONTH and each.name == OFF_PROCEDURE else 0
    shown = None if each.name in WITHOUT_TOTAL else total
    return [f"{month:%Y-%m}", each.id, each.name, shown, online + off, finished]


def across(seed: int, everything: Sequence[Procedure], year: int, volume: float, at: date) -> DemoFile:
    """A fiscal year's online applications with a column for each month; blank before a procedure came online."""
    months = [date(year + (number > 8), (number + 3) % 12 + 1, 1) for number in range(12)]
    listed = [each for each in everything if each.online(months[-1])]

    def draw(book: Workbook) -> None:
        page = book.add_worksheet(fiscal_year_title(year))
        bold = book.add_format({"bold": True})
        page.write_string(0, 0, f"{fiscal_year_title(year)} 電子申請件数（手続別・月別）", bold)
        page.write_row(2, 0, ["手続ID", "手続名", *(f"{month.month}月" for month in months), "合計"], bold)
        for row, each in enumerate(listed, 3):
            page.write_row(row, 0, [each.id, each.name])
            figures = [_online(seed, month, each, volume) for month in months]
            for column, figure in enumerate(figures, 2):
                if figure is not None:
                    page.write_number(row, column, figure)
            page.write_formula(row, 14, f"=SUM({xl_range(row, 2, row, 13)})", None, sum(each or 0 for each in figures))
        page.write_string(len(listed) + 3, 0, "※ 空欄は、オンライン化する前の月です。")

    return DemoFile(f"月別電子申請件数_{fiscal_year_title(year)}.xlsx", workbook(draw), at)


def _online(seed: int, month: date, each: Procedure, volume: float) -> int | None:
    if not each.online(month):
        return None
    chance = stream(seed, "across", month, each.name)
    return int(volume * each.yearly * each.share / 12 * season(each.offer.season, month) + chance.random())
