"""The invented receipts: every payment at a window, and the books, lists and exports that tell of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np
import numpy.typing as npt
from xlsxwriter.utility import xl_range
from xlsxwriter.workbook import Workbook, Worksheet

from dx_data.calendar import fiscal_year, fiscal_year_title, is_open_day, open_day_after, open_day_on_or_before
from dx_data.demo.applications import next_month, season
from dx_data.demo.chance import Floats, Ints, stream, weighted, whole
from dx_data.demo.shapes import DemoFile, csv_with_bom, day, workbook
from dx_data.demo.windows import CASH, FAIR, FAIR_DAYS, METHODS, SHARES, Line, lines

OUTAGE_DAY = date(2026, 2, 12)
MISSING_DAY, MISSING_WINDOW = date(2026, 9, 15), "区民事務所D"
LISTED_MONTH = date(2026, 10, 1)
DOUBLED_DAY, DOUBLED_WINDOW, DOUBLED_TERMINAL = date(2026, 10, 14), "区民事務所C", "T-C02"
SHORT_DAY, SHORT_BY = date(2026, 10, 8), 300
LATE_WINDOW, LATE_DAYS = "区民事務所F", (date(2026, 9, 29), date(2026, 9, 30))
WRONG_ROW, WRONG_BY = (date(2026, 9, 24), "戸籍住民課", "住民票"), 3
SMALL_WINDOWS = ("戸籍住民課", "区民ホール", "区民事務所B")

_NOTE = "※ 合計は、取消を差し引いた件数・金額です。空欄は、その窓口で受け入れていない決済手段です。"
_WEEKDAYS = "月火水木金土日"
_BUSY = (1.25, 1.0, 0.95, 0.95, 1.1, 0.8, 0.8)
_FIRST_SHARE, _YEARLY_SHARE, _MOST_SHARE = 0.37, 0.112, 0.65
_COPIES = np.array([80.0, 16.0, 4.0])
_CANCELLED = 0.0015
_SETTLED = {"コード決済": 30, "電子マネー(その他)": 28, "電子マネー(交通系)": 28, "クレジットカード": 25}
"""Payment fee of each way of paying, in thousandths."""


@dataclass(frozen=True)
class Month:
    """All payments of one month, counted by line, day and method; cancellations apart."""

    first: date
    lines: tuple[Line, ...]
    days: tuple[date, ...]
    count: Ints
    amount: Ints
    cancelled: Ints
    cancelled_amount: Ints


def month(seed: int, sold: tuple[Line, ...], first: date) -> Month:
    """What was paid in that month, the same whichever other months are asked for."""
    every = tuple(first + timedelta(days=number) for number in range((next_month(first) - first).days))
    days = tuple(each for each in every if is_open_day(each) or any(line.open(each) for line in sold))
    shape = (len(sold), len(days), len(METHODS))
    line, on, method, amount, cancelled = [], [], [], [], []
    for number, each in enumerate(sold):
        chance = stream(seed, "receipts", each.window, each.fee, first)
        expected = np.array([_expected(each, day) for day in days], dtype=np.float64)
        paid_on = np.repeat(np.arange(len(days)), whole(chance, expected))
        size = len(paid_on)
        price = np.array(each.prices, dtype=np.int64)[chance.integers(len(each.prices), size=size)]
        paid_by = _methods(chance, each, days, paid_on)
        line.append(np.full(size, number))
        on.append(paid_on)
        method.append(paid_by)
        amount.append(price * (1 + weighted(chance, _COPIES, size)))
        cancelled.append((chance.random(size) < _CANCELLED) & (paid_by > 0))
    place = np.ravel_multi_index((np.concatenate(line), np.concatenate(on), np.concatenate(method)), shape)
    paid, undone = np.concatenate(amount), np.concatenate(cancelled)

    def counted(chosen: npt.NDArray[np.bool_], what: Ints) -> Ints:
        total = np.zeros(shape[0] * shape[1] * shape[2], dtype=np.int64)
        np.add.at(total, place[chosen], what[chosen])
        return total.reshape(shape)

    every_one, ones = np.ones(len(paid), dtype=np.bool_), np.ones(len(paid), dtype=np.int64)
    return Month(
        first,
        sold,
        days,
        counted(every_one, ones),
        counted(every_one, paid),
        counted(undone, ones),
        counted(undone, paid),
    )


def _expected(line: Line, at: date) -> float:
    if not line.open(at) or (at == MISSING_DAY and line.window == MISSING_WINDOW):
        return 0.0
    return line.daily * season(line.season, at) * _BUSY[at.weekday()]


def cashless_share(at: date) -> float:
    """What part of the payments is cashless on that day, where cashless is taken: it rises all the time."""
    if at == OUTAGE_DAY:
        return 0.0
    return min(_MOST_SHARE, _FIRST_SHARE + _YEARLY_SHARE * (at - date(2025, 4, 1)).days / 365)


def _methods(chance: np.random.Generator, line: Line, days: Sequence[date], paid_on: Ints) -> Ints:
    """How each payment was made: in cash, or by one of the ways that the window takes that day."""
    table: Floats = np.zeros((len(days), len(METHODS)))
    for number, at in enumerate(days):
        weights = [share if line.takes(method, at) else 0 for method, share in zip(METHODS, SHARES, strict=True)]
        cashless = cashless_share(at) if sum(weights) else 0.0
        table[number] = [cashless * weight / max(1, sum(weights)) for weight in weights]
        table[number, 0] = 1 - cashless
    steps = np.cumsum(table, axis=1)[paid_on]
    drawn: Ints = (chance.random(len(paid_on))[:, None] >= steps[:, :-1]).sum(axis=1).astype(np.int64)
    return drawn


# --- the book of a fiscal year ------------------------------------------------------------------------------


def exports(seed: int, since: date, until: date, windows: tuple[str, ...] = ()) -> Iterator[DemoFile]:
    """A book for each fiscal year, one month again as a list with its deposits, and what a fair took by PayPay."""
    sold = lines(windows)
    for year in range(fiscal_year(since), fiscal_year(until) + 1):
        closed = date(year + 1, 3, 31)
        for _ in range(3):
            closed = open_day_after(closed)
        at = min(closed, until)
        name = f"{fiscal_year_title(year)}キャッシュレス事績簿_{at:%Y%m%d}.xlsx"
        yield DemoFile(name, _book(seed, sold, year, since, at), at)
    if since <= LISTED_MONTH and until >= next_month(LISTED_MONTH):
        yield DemoFile(f"キャッシュレス収納明細_2026-10_{until:%Y%m%d}.csv", _list(seed, sold, until), until)
        yield DemoFile(f"PayPay取引明細_{until:%Y%m%d}.csv", _paypay(seed), until)


def week_before(seed: int, since: date, until: date) -> Iterator[DemoFile]:
    """The last book and the month's list as they were a week earlier: one window's days not in yet, one count wrong."""
    at = until - timedelta(days=7)
    if since <= LATE_DAYS[0] and at >= next_month(LISTED_MONTH) and fiscal_year(at) == fiscal_year(until):
        name = f"{fiscal_year_title(fiscal_year(at))}キャッシュレス事績簿_{at:%Y%m%d}.xlsx"
        yield DemoFile(name, _book(seed, lines(), fiscal_year(at), since, at, early=True), at)
        deposited = at - timedelta(days=1)  # that day's deposits are not in yet
        yield DemoFile(f"キャッシュレス収納明細_2026-10_{at:%Y%m%d}.csv", _list(seed, lines(), deposited), at)


def _book(seed: int, sold: tuple[Line, ...], year: int, since: date, until: date, *, early: bool = False) -> bytes:
    def draw(book: Workbook) -> None:
        title = book.add_format({"bold": True, "font_size": 14, "align": "center"})
        head = book.add_format({"bold": True, "align": "center", "valign": "vcenter", "border": 1})
        formats = {
            "date": book.add_format({"num_format": 'm"月"d"日"', "border": 1}),
            "number": book.add_format({"num_format": "#,##0", "border": 1}),
            "text": book.add_format({"border": 1}),
            "total": book.add_format({"num_format": "#,##0", "border": 1, "bold": True}),
        }
        for number in range(12):
            first = date(year + (number > 8), (number + 3) % 12 + 1, 1)
            page = book.add_worksheet(f"{first.month}月")
            width = 4 + 2 * (len(METHODS) + 2)
            page.merge_range(0, 0, 0, width - 1, f"{fiscal_year_title(year)} キャッシュレス事績簿", title)
            page.write_string(1, 0, f"{first.month}月分")
            page.write_string(1, width - 2, "単位：件、円")
            for column, text in enumerate(("日付", "曜日", "窓口", "手数料種別")):
                page.merge_range(2, column, 3, column, text, head)
            for pair, text in enumerate((*METHODS, "取消", "合計")):
                page.merge_range(2, 4 + 2 * pair, 2, 5 + 2 * pair, text, head)
                page.write_row(3, 4 + 2 * pair, ("件数", "金額"), head)
            page.freeze_panes(4, 4)
            page.set_column(0, width - 1, 11)
            rows = list(_rows(month(seed, sold, first), since, until)) if since < next_month(first) else []
            rows = _not_yet(rows) if early else rows
            if rows:
                _fill(page, rows, formats)

    return workbook(draw)


def _rows(paid: Month, since: date, until: date) -> Iterator[tuple[date, Line, list[int | None]]]:
    """One row for each day, window and fee; what the window does not take is blank, what nobody used is 0."""
    for place, at in enumerate(paid.days):
        if not since <= at <= until:
            continue
        for number, line in enumerate(paid.lines):
            if not line.open(at) or (at == MISSING_DAY and line.window == MISSING_WINDOW):
                continue
            counts, amounts = paid.count[number, place].tolist(), paid.amount[number, place].tolist()
            undone = int(paid.cancelled[number, place].sum()), int(paid.cancelled_amount[number, place].sum())
            cells: list[int | None] = []
            for method, count, amount in zip(METHODS, counts, amounts, strict=True):
                cells += [count, amount] if line.takes(method, at) else [None, None]
            yield at, line, [*cells, *undone, sum(counts) - undone[0], sum(amounts) - undone[1]]


def _not_yet(rows: list[tuple[date, Line, list[int | None]]]) -> list[tuple[date, Line, list[int | None]]]:
    """The rows before the late ones came and the wrong one was corrected."""
    known = []
    for at, line, cells in rows:
        if line.window == LATE_WINDOW and at in LATE_DAYS:
            continue
        if (at, line.window, line.fee) == WRONG_ROW:
            less = (WRONG_BY, WRONG_BY * line.prices[0])
            cells = [*((cell or 0) - by for cell, by in zip(cells[:2], less, strict=True)), *cells[2:]]
            cells[-2:] = [(cell or 0) - by for cell, by in zip(cells[-2:], less, strict=True)]
        known.append((at, line, cells))
    return known


def _fill(page: Worksheet, rows: Sequence[tuple[date, Line, list[int | None]]], formats: dict[str, object]) -> None:
    last = 4 + len(rows)
    for row, (at, line, cells) in enumerate(rows, 4):
        page.write_datetime(row, 0, at, formats["date"])
        for column, text in enumerate((_WEEKDAYS[at.weekday()], line.window, line.fee), 1):
            page.write_string(row, column, text, formats["text"])
        for column, cell in enumerate(cells, 4):
            if cell is not None:
                page.write_number(row, column, cell, formats["number"])
    page.write_string(last, 0, "合計", formats["total"])
    for column in range(4, 4 + len(rows[0][2])):
        total = sum(cells[column - 4] or 0 for *_, cells in rows)
        page.write_formula(last, column, f"=SUM({xl_range(4, column, last - 1, column)})", formats["total"], total)
    page.write_string(last + 1, 0, _NOTE)


# --- one month as a list, and a fair -------------------------------------------------------------------------


def _list(seed: int, sold: tuple[Line, ...], until: date) -> bytes:
    """The long form: a row for each method that was used, cancellations as rows of their own, and the deposits."""
    header = (
        "収納日,曜日,窓口,端末ID,手数料種別,決済手段,区分,件数,金額,"
        "決済手数料,入金予定日,入金日,入金額,差額,突合結果,確認者"
    )
    paid = month(seed, sold, LISTED_MONTH)
    rows: list[Sequence[object]] = [header.split(",")]
    for place, at in enumerate(paid.days):
        for number, line in enumerate(paid.lines):
            if not line.open(at):
                continue
            for kind, counts, amounts in (
                ("売上", paid.count, paid.amount),
                ("取消", paid.cancelled, paid.cancelled_amount),
            ):
                for which, method in enumerate(METHODS):
                    count, amount = int(counts[number, place, which]), int(amounts[number, place, which])
                    if not count:
                        continue
                    tail = [line.fee, method, kind, count, amount, *_deposit(at, line, method, kind, amount, until)]
                    head = [day(at), _WEEKDAYS[at.weekday()], line.window]
                    rows.append([*head, line.terminal, *tail, "架空 花子"])
                    if at == DOUBLED_DAY and line.window == DOUBLED_WINDOW:
                        rows.append([*head, DOUBLED_TERMINAL, *tail, "架空 花子"])
    return csv_with_bom(rows)


def _deposit(at: date, line: Line, method: str, kind: str, amount: int, until: date) -> list[object]:
    """Fee, deposit due, deposited on, how much, what is missing, and whether it agrees."""
    if method == CASH:
        return [None] * 6
    sign = 1 if kind == "売上" else -1
    fee = amount * _SETTLED[method] // 1000
    due = _due(at, method)
    if due > until:
        return [sign * fee, day(due), "", None, None, "未確認"]
    first = (line.window, line.fee, method, kind) == ("戸籍住民課", "住民票", "クレジットカード", "売上")
    short = SHORT_BY if at == SHORT_DAY and first else 0
    return [sign * fee, day(due), day(due), sign * (amount - fee) - short, -short, "不一致" if short else "一致"]


def _due(at: date, method: str) -> date:
    """Code payments come at the end of the next month, all others after half a month."""
    following = next_month(at.replace(day=1))
    if method == "コード決済":
        return open_day_on_or_before(next_month(following) - timedelta(days=1))
    return open_day_on_or_before(following - timedelta(days=1) if at.day <= 15 else following.replace(day=15))


def _paypay(seed: int) -> bytes:
    """The payments of a fair's stand as PayPay exports them: refunds are negative, and one payment failed."""
    header = (
        "決済番号,加盟店ID,屋号,店舗ID,店舗名,端末番号/PosID,取引ステータス,取引日時,取引金額,"
        "レシート番号,支払い方法,SSID,加盟店決済ID(旧 マーチャント決済ID),支払い詳細"
    )
    rows: list[Sequence[object]] = [header.split(",")]
    for at in FAIR_DAYS:
        chance = stream(seed, "fair", at)
        size = 44 if at == FAIR_DAYS[0] else 31
        moments = np.sort(chance.integers(10 * 60, 15 * 60 + 30, size=size)).tolist()
        amounts = (300 * chance.integers(1, 5, size=size)).tolist()
        for number, (minute, amount) in enumerate(zip(moments, amounts, strict=True), 1):
            payment = f"{at:%m%d}-{number:04}"
            states = {9: ("取引失敗",), 21: ("取引完了", "返金完了")}.get(number, ("取引完了",))
            for later, state in enumerate(states):
                moment = datetime.combine(at, time(minute // 60, minute % 60)) + timedelta(minutes=12 * later)
                signed = -amount if state == "返金完了" else amount
                when = f"{moment:%Y/%m/%d %H:%M:%S}"
                place = ["M-0001", "架空区", "S-0001", FAIR, "POS-1"]
                rows.append([payment, *place, state, when, signed, number, "PayPay残高", "", f"K{payment}", ""])
    return csv_with_bom(rows)
