"""Whole numbers that are bound together by sums, and what somebody who sees some of them can work out of the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import highspy
import numpy as np

_ROUNDING = 1e-6


class Standing(Enum):
    """What the world has of a number."""

    OPEN = "shown unless it is hidden now"
    SHOWN = "shown before"
    HIDDEN = "hidden before"
    UNPUBLISHED = "in no table"


@dataclass(frozen=True)
class Cell:
    """One number. `value` is None where even we cannot tell it; `price` is how much is lost by hiding it."""

    value: int | None
    standing: Standing = Standing.OPEN
    price: float = 1.0


@dataclass(frozen=True)
class Sums:
    """Numbers and the sums that hold between them: each relation's coefficients times its cells make 0."""

    cells: tuple[Cell, ...]
    relations: tuple[Mapping[int, int], ...]
    threshold: int

    def small(self, cell: int) -> bool:
        """Whether the number speaks of so few that it must not be told."""
        value = self.cells[cell].value
        return value is not None and 0 < abs(value) < self.threshold

    def least(self, cell: int) -> int:
        """The least that somebody takes a number for: 0, or somewhat less than one is that cancellations made negative.

        Who knows which numbers can be negative is a stronger attacker than who does not.
        """
        value = self.cells[cell].value
        return value - self.threshold if value is not None and value < 0 else 0

    def hidden_before(self) -> frozenset[int]:
        """What earlier releases hid."""
        return frozenset(at for at, cell in enumerate(self.cells) if cell.standing is Standing.HIDDEN)

    def must_hide(self) -> frozenset[int]:
        """What is hidden in itself: the small numbers of this release, and what was hidden before."""
        small = {at for at, cell in enumerate(self.cells) if cell.standing is Standing.OPEN and self.small(at)}
        return frozenset(small) | self.hidden_before()


@dataclass(frozen=True)
class Range:
    """The least and the greatest value that a number may have for somebody who knows all that was shown."""

    least: int
    greatest: int


@dataclass
class Attacker:
    """Knows every number shown in any release, every sum, and the least that a hidden number may be, mostly 0.

    Which hidden numbers are the small ones it does not know: the sign is the same for all. `seen` are values that some
    solution gave a number: what is found for one number serves the others.
    """

    sums: Sums
    hidden: frozenset[int]
    seen: dict[int, Range] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Set up the program: what is unknown, within which bounds, bound by which sums."""
        cells = self.sums.cells
        self.known = {at for at, cell in enumerate(cells) if self._known(at, cell)}
        rows = []
        for relation in self.sums.relations:
            free = {at: factor for at, factor in relation.items() if at not in self.known}
            if free:
                given = sum(factor * self._given(at) for at, factor in relation.items() if at in self.known)
                rows.append((free, -given))
        # A number in no sum can be anything; it is left out of the program.
        self.columns = {at: column for column, at in enumerate(sorted({at for row, _ in rows for at in row}))}
        self.most = 4 * max([self.sums.threshold, *(cell.value or 0 for cell in cells)]) + 4 * self.sums.threshold
        least = [self.sums.least(at) for at in self.columns]
        self._program: Any = _program(self.columns, least, self.most, rows)
        self._whole = False

    def _known(self, at: int, cell: Cell) -> bool:
        return cell.standing is Standing.SHOWN or (cell.standing is Standing.OPEN and at not in self.hidden)

    def _given(self, at: int) -> int:
        value = self.sums.cells[at].value
        if value is None:
            raise ValueError(f"cell {at} is shown without a value")
        return value

    def range(self, at: int) -> Range:
        """The exact least and greatest whole value."""
        if at not in self.columns:
            return Range(self.sums.least(at), self.most)
        return Range(*(round(self._extreme(at, sign)) for sign in (1, -1)))

    def reaches(self, at: int, low: int, high: int) -> tuple[bool, bool]:
        """Whether the number may be `low` or less, and `high` or more; what was found for others is used again."""
        if at not in self.columns:
            return True, self.most >= high
        seen = self.seen.get(at, Range(self.most + 1, self.sums.least(at) - 1))
        return (
            seen.least <= low or self._extreme(at, 1) <= low,
            seen.greatest >= high or self._extreme(at, -1) >= high,
        )

    def _extreme(self, at: int, sign: int) -> float:
        for whole in (False, True):
            values = self._solve(at, sign, whole=whole)
            rounded = np.round(values)
            if np.abs(values - rounded).max() < _ROUNDING:
                self._note(rounded)
                return float(rounded[self.columns[at]])
        raise ArithmeticError("the solver gave no whole numbers")

    def _solve(self, at: int, sign: int, *, whole: bool) -> np.ndarray:
        program, column = self._program, self.columns[at]
        if whole != self._whole:
            kind = highspy.HighsVarType.kInteger if whole else highspy.HighsVarType.kContinuous
            for each in range(len(self.columns)):
                program.changeColIntegrality(each, kind)
            self._whole = whole
        program.changeColCost(column, float(sign))
        program.run()
        status = program.getModelStatus()
        program.changeColCost(column, 0.0)
        if status != highspy.HighsModelStatus.kOptimal:
            raise Contradiction(f"the numbers do not agree with their sums ({status})")
        return np.asarray(program.getSolution().col_value)

    def _note(self, values: np.ndarray) -> None:
        for at, column in self.columns.items():
            value = int(values[column])
            seen = self.seen.get(at)
            self.seen[at] = Range(min(value, seen.least), max(value, seen.greatest)) if seen else Range(value, value)


class Contradiction(Exception):
    """Numbers that do not fit their sums were called related."""


def quiet_program() -> Any:
    """A program of the solver that says nothing and takes one core."""
    program = highspy.Highs()  # type: ignore[no-untyped-call]
    program.setOptionValue("output_flag", False)
    program.setOptionValue("threads", 1)
    return program


def _program(
    columns: Mapping[int, int], least: Sequence[int], most: int, rows: Iterable[tuple[Mapping[int, int], int]]
) -> Any:
    program = quiet_program()
    program.setOptionValue("mip_rel_gap", 0.0)
    for low in least:
        program.addVar(float(low), float(most))
    for row, right in rows:
        at = np.array([columns[cell] for cell in row], dtype=np.int32)
        factors = np.array(list(row.values()), dtype=np.float64)
        program.addRow(float(right), float(right), len(at), at, factors)
    return program
