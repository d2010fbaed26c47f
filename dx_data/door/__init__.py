"""The door: bytes in, staged rows and findings out. Writes nothing that stays.

`read → layout → match → gate → check`, each stage a function of the previous one's value; each may end with FileRejected.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from dx_data.door import check as checking
from dx_data.door import gate, layout
from dx_data.door import match as matching
from dx_data.door.check import Checked
from dx_data.door.read import Book, read
from dx_data.door.staging import Staging, sweep
from dx_data.errors import Mended, Problem
from dx_data.settings import Settings
from dx_data.spec import Dataset

__all__ = ["Book", "Checked", "Examined", "Staging", "examine", "read", "sweep"]

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Examined:
    """A file that passed the gate: its tables checked, what was left out, and what a person still has to decide."""

    book: Book
    tables: tuple[Checked, ...]
    left_out: tuple[Mended, ...]
    asks: tuple[Problem, ...]

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every fault of every table."""
        return tuple(problem for table in self.tables for problem in table.problems)

    @property
    def mended(self) -> tuple[Mended, ...]:
        """Everything the door put right or left out."""
        return self.left_out + tuple(mended for table in self.tables for mended in table.mended)


def examine(
    path: Path,
    staging: Staging,
    settings: Settings,
    *,
    name: str | None = None,
    dataset: Dataset | None = None,
    confirmed: Mapping[str, str | None] | None = None,
    as_of: dt.date | None = None,
    progress: Progress = lambda _: None,
) -> Examined:
    """Walk a file through the whole door; FileRejected at the first stage that fails."""
    progress("読み込み")
    book = read(path, staging, settings, name=name)
    progress("表の形の確認")
    laid = layout.lay_out(book, staging, as_of=as_of)
    progress("項目の照合")
    tables = [
        matched
        for table in _wanted(laid)
        for matched in matching.match(table, staging, dataset=dataset, confirmed=confirmed)
    ]
    progress("個人情報の確認")
    gated = gate.pass_gate(book, tables, staging)
    progress("値の確認")
    checked = tuple(checking.check(table, staging) for table in gated.tables)
    mended = tuple(m for table in laid for m in table.mended)
    return Examined(book, checked, mended + gated.left_out, gated.asks)


def _wanted(laid: list[layout.Laid]) -> list[layout.Laid]:
    """Visible tables; hidden sheets are searched by the gate but hold nothing to load."""
    visible = [table for table in laid if not table.hidden]
    return visible or laid
