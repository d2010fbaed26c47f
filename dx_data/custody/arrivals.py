"""What arrived, as the ledger tells it: every file that was loaded or turned away, by the series it belongs to."""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from pathlib import PurePath
from typing import Any

from dx_data.custody.ledger import Act, Ledger

_YEARS = re.compile(r"(令和|平成|R)\d+年度?")
_STAMPS = re.compile(r"[_\-－\s　(（]*\d{4}[\dT:+\-_年月日)）]*")
_OUTCOMES = {Act.LOAD: "取込", Act.REFUSED: "受領拒否"}


def arrivals(ledger: Ledger) -> list[dict[str, Any]]:
    """One row for each file, oldest first. A file that says nothing of its faults came before they were counted."""
    return [
        {
            "number": line.number,
            "arrived_at": dt.datetime.fromisoformat(line.at),
            "sender": sender(line.subject),
            "file": line.subject,
            "outcome": _OUTCOMES[Act(line.act)],
            "as_of": dt.date.fromisoformat(day) if (day := line.detail.get("as_of")) else None,
            "row_count": line.detail.get("rows"),
            **{name: line.detail.get(name) for name in ("faulty", "mended", "totals", "differing")},
        }
        for line in ledger.lines_of(*_OUTCOMES)
    ]


def remembered(ledger: Ledger) -> list[dict[str, Any]]:
    """The same, read once for as long as no line is added: a page asks several times."""
    last = ledger.last()
    return _up_to(ledger, last.seal) if last else []


@lru_cache(maxsize=4)  # one process has few ledgers open
def _up_to(ledger: Ledger, _seal: str) -> list[dict[str, Any]]:
    return arrivals(ledger)


def sender(file: str) -> str:
    """The series a file belongs to: its name without the days and years that differ from one to the next.

    >>> sender("電子申請実績_20261104T090500+0900.csv"), sender("令和8年度キャッシュレス事績簿_20261120.xlsx")
    ('電子申請実績', 'キャッシュレス事績簿')
    >>> sender("電子申請件数_2026-01.xlsx"), sender("20261120.csv")
    ('電子申請件数', '20261120')
    """
    stem = PurePath(file).stem
    return _STAMPS.sub("", _YEARS.sub("", stem)).strip("_- 　") or stem
