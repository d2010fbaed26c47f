"""A file after the door: what it is, what is wrong with it, what was mended, what loading it would do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dx_data import door
from dx_data.custody.exits import FaultList
from dx_data.custody.receipts import Receipt
from dx_data.custody.remembered import Decision
from dx_data.door.known import Addition, Correction, Reading
from dx_data.door.undecided import FaultyCell, UnknownChoice, Unmapped
from dx_data.errors import Fault, Mended, Problem
from dx_data.lake import Load, Plan
from dx_data.spec import Dataset, Delivery


@dataclass(frozen=True)
class Wish:
    """What a person chose for a file; the defaults are what the declarations say.

    `confirmed` says what headings mean, `readings` what unknown choices mean, `corrections` puts cells right,
    `additions` are rows for masters, loaded before the file, that make unknown choices known ones.
    """

    dataset: Dataset | None = None
    delivery: Delivery | None = None
    as_of: dt.date | None = None
    confirmed: Mapping[str, str | None] | None = None
    partial: bool = False
    accept_vanished: bool = False
    accept_older: bool = False
    readings: tuple[Reading, ...] = ()
    corrections: tuple[Correction, ...] = ()
    additions: tuple[Addition, ...] = ()


@dataclass(frozen=True)
class TableFacts:
    """What the door found in one table of the file."""

    dataset: str
    title: str
    sheet: str | None
    header_row: int
    rows: int
    ok_rows: int


@dataclass(frozen=True)
class Reviewed:
    """A file after the door: what it is, what is wrong, what was mended, and what loading it would do.

    `faults` is every faulty cell. Holds the checked rows inside `plan`, so that what is loaded is exactly what was
    shown. `unmapped`, `unknown` and `faulty` are what a person may decide about; `decisions` are those that the load
    will remember, `ended` the corrections it will retire.
    """

    file: str
    sha256: str = ""
    size: int = 0
    encoding: str | None = None
    format: str | None = None
    tables: tuple[TableFacts, ...] = ()
    as_of: dt.date | None = None
    as_of_source: str | None = None
    problems: tuple[Problem, ...] = ()
    asks: tuple[Problem, ...] = ()
    mended: tuple[Mended, ...] = ()
    faults: tuple[Fault, ...] = ()
    control_totals: tuple[door.ControlTotal, ...] = ()
    plan: Plan | None = None
    wish: Wish = Wish()
    kept_as: str = ""
    load: Load | None = None
    receipt: Receipt | None = None
    unmapped: tuple[Unmapped, ...] = ()
    unknown: tuple[UnknownChoice, ...] = ()
    faulty: tuple[FaultyCell, ...] = ()
    decisions: tuple[Decision, ...] = ()
    ended: tuple[Correction, ...] = ()

    @property
    def status(self) -> str:
        """loaded, unchanged, refused, or asks: a person still has to decide (the plan itself, or a guess)."""
        if self.load:
            return "loaded"
        if self.plan is None or (self.problems and not self.wish.partial):
            return "refused"
        if self.asks:
            return "asks"
        return "asks" if self.plan.alters else "unchanged"

    @property
    def loadable(self) -> bool:
        """Whether a yes is all that is missing."""
        return self.status == "asks" and not self.asks

    @property
    def decided(self) -> bool:
        """Whether nothing is left to decide or refuse."""
        return self.status in ("loaded", "unchanged")

    @property
    def fault_list(self) -> FaultList:
        """Everything wrong with the file, one row per faulty cell, what concerns the whole file last."""
        whole = [Fault.of(p) for p in (*self.problems, *self.asks) if p.stage != "check"]
        return FaultList(self.file, tuple(fault.line for fault in (*self.faults, *whole)))

    @property
    def to_mend(self) -> tuple[Fault, ...]:
        """What the sender has to mend; nothing for a file that did not come as far as the check of its values."""
        if self.plan is None:
            return ()
        return (*self.faults, *(Fault.of(p) for p in self.problems if p.stage != "check"))

    def as_json(self, lake_id: str = "") -> dict[str, Any]:
        """One element of `files` in `dx check --json`."""
        first = self.tables[0] if self.tables else None
        return {
            "file": self.file,
            "sha256": self.sha256,
            "encoding": self.encoding,
            "format": self.format,
            "sheet": first.sheet if first else None,
            "dataset": first.dataset if first else None,
            "header_row": first.header_row if first else None,
            "rows": first.rows if first else 0,
            "ok_rows": first.ok_rows if first else 0,
            "as_of": self.as_of.isoformat() if self.as_of else None,
            "status": self.status,
            "load": self.load.load if self.load else None,
            "snapshot": f"{lake_id}:{self.load.snapshot}" if self.load else None,
            "problems": [problem.as_json() for problem in (*self.problems, *self.asks)],
            "mended": [mended.as_json() for mended in self.mended],
            "control_totals": [total.as_json() for total in self.control_totals],
            "plan": self.plan.counts if self.plan else {"added": 0, "changed": 0, "unchanged": 0, "missing": 0},
            "tables": [facts.__dict__ for facts in self.tables],
        }
