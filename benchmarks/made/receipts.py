"""Rows of receipts that anybody makes again from the seed: clean, or with a share of their cells faulty."""

from __future__ import annotations

import csv
import datetime as dt
import itertools
import random
from collections.abc import Callable, Iterator
from pathlib import Path

from dx_data.calendar import is_open_day

FAULTY = 0.01
COLUMNS = {
    "収納日": "DATE",
    "窓口": "VARCHAR",
    "端末ID": "VARCHAR",
    "手数料種別": "VARCHAR",
    "決済手段": "VARCHAR",
    "ブランド": "VARCHAR",
    "区分": "VARCHAR",
    "件数": "BIGINT",
    "金額": "BIGINT",
    "決済手数料": "BIGINT",
    "入金予定日": "DATE",
    "突合結果": "VARCHAR",
}
_COUNTERS = tuple(f"第{n}窓口" for n in range(1, 21))
_TERMINALS = ("T-001", "T-002")
_FEES = ("住民票", "戸籍", "印鑑証明", "税証明", "施設使用料")
_METHODS = (
    *(("現金", ""), ("クレジットカード", "Visa"), ("電子マネー(交通系)", "Suica")),
    *(("電子マネー(その他)", "WAON"), ("コード決済", "PayPay")),
)


A_DAY = len(_COUNTERS) * len(_TERMINALS) * len(_FEES) * len(_METHODS) * 2


def days(first: dt.date) -> Iterator[dt.date]:
    """Open days from a day on."""
    return (day for n in itertools.count() if is_open_day(day := first + dt.timedelta(days=n)))


def receipts(rows: int, first: dt.date = dt.date(2019, 5, 7), seed: int = 7) -> Iterator[list[str]]:
    """Clean rows, each with a key of its own; the same seed gives the same rows."""
    draw = random.Random(seed)
    keys = (
        (day, *rest)
        for day in days(first)
        for rest in itertools.product(_COUNTERS, _TERMINALS, _FEES, _METHODS, ("売上", "返金"))
    )
    for day, counter, terminal, fee, (method, brand), entry in itertools.islice(keys, rows):
        sign = 1 if entry == "売上" else -1
        number = draw.randrange(1, 40)
        due = f"{day + dt.timedelta(days=30)}" if brand else ""
        amounts = (str(sign * number), str(sign * number * 300), str(sign * number * 9) if brand else "")
        yield [str(day), counter, terminal, fee, method, brand, entry, *amounts, due, draw.choice(("一致", "未確認"))]


_MADE_FAULTY: dict[str, tuple[Callable[[str, random.Random], str], ...]] = {
    "収納日": (
        lambda _, draw: f"2025-02-{draw.randrange(30, 99)}",
        lambda *_: "R7.13.1",
        lambda *_: "未定",
        lambda *_: "",
    ),
    "決済手段": (lambda _, draw: f"スイカ{draw.randrange(9)}", lambda *_: "商品券", lambda *_: ""),
    "区分": (lambda *_: "その他", lambda *_: ""),
    "件数": (lambda cell, _: f"{cell}a", lambda *_: "-", lambda *_: "", lambda *_: "1.5"),
    "金額": (
        lambda cell, _: cell.replace("0", "O"),
        lambda cell, _: f"{cell}千ドル",
        lambda *_: "#REF!",
        lambda *_: "",
    ),
    "決済手数料": (lambda *_: "なし", lambda cell, _: f"約{cell}"),
    "入金予定日": (lambda *_: "月末", lambda *_: "翌月"),
    "突合結果": (lambda *_: "？",),
}


def with_faults(rows: Iterator[list[str]], share: float = FAULTY, seed: int = 8) -> Iterator[list[str]]:
    """The rows with that share of all cells faulty: no days, unknown methods, figures with letters, blanks."""
    draw = random.Random(seed)
    places = {position: _MADE_FAULTY[name] for position, name in enumerate(COLUMNS) if name in _MADE_FAULTY}
    each = share * len(COLUMNS) / len(places)
    for row in rows:
        for position, ways in places.items():
            if draw.random() < each:
                row[position] = draw.choice(ways)(row[position], draw)
        yield row


def written(path: Path, rows: Iterator[list[str]], encoding: str) -> Path:
    """The rows as a CSV file."""
    with path.open("w", encoding=encoding, newline="") as out:
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows)
    return path
