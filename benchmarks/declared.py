"""What a benchmark is, said once: sides that take turns at the same work, what is read off them, and goals.

A sample is a dict of figures by key: `cpu` and `clock` are always there (the runner measures them); an act may tell
more (`Figures` that it returns), or its own `cpu` and `clock` where somebody else did the work, or for a part of it.
What is to be said about the outcome stands in `prose/NAME.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

Figures = Mapping[str, float]
Act = Callable[[], Figures | None]


@dataclass(frozen=True)
class Figure:
    """One thing that is read off a side's work: its key in a sample, its title and unit on the page."""

    key: str
    title: str
    unit: str


CPU = Figure("cpu", "CPU", "秒")
CLOCK = Figure("clock", "時計", "秒")
PEAK = Figure("peak", "最大メモリー", "MiB")
DISK = Figure("disk", "ディスク", "MiB")


@dataclass(frozen=True)
class Goal:
    """One figure of a side (÷ a figure of another), and what it may be at most, in every case or in the named ones."""

    title: str
    side: str
    at_most: float
    under: str | None = None
    figure: Figure = CPU
    under_figure: Figure | None = None
    cases: tuple[str, ...] = ()

    def covers(self, case: str) -> bool:
        """Whether the goal is meant for that case."""
        return not self.cases or case in self.cases


@dataclass(frozen=True)
class Case:
    """One work: its title, and how each side does it once."""

    title: str
    acts: Mapping[str, Act]


@dataclass(frozen=True)
class Place:
    """Where a run keeps its files: `folder` is emptied after it, `shared` serves all benchmarks of a `make bench`.

    `small` asks for the least data that still runs the code.
    """

    folder: Path
    shared: Path
    small: bool = False


@dataclass(frozen=True)
class Benchmark:
    """A declaration. `prepared` makes the seeded data and answers the cases; all else says how to read the outcome.

    `base` is the side that the others are divided by, `shown` the figures of the page, `parts` the shares: keys that
    the side `parts_of` tells, with their titles. `runs` is how many rounds there are, after one that warms up. What is
    `by_name` takes so long or so much room that it is measured only where somebody names it.
    """

    name: str
    title: str
    sides: Mapping[str, str]
    prepared: Callable[[Place], AbstractContextManager[Sequence[Case]]]
    base: str | None = None
    goals: tuple[Goal, ...] = ()
    shown: tuple[Figure, ...] = (CPU, CLOCK)
    parts_of: str = ""
    parts: Mapping[str, str] | None = None
    runs: int = 5
    warm: bool = True
    case_title: str = "場面"
    by_name: bool = False
