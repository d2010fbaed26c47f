"""Which numbers to hide besides the small ones, so that no small number follows from what is shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import highspy
import numpy as np

from dx_data.disclosure.sums import Attacker, Standing, Sums, quiet_program
from dx_data.errors import DisclosureRefused

_ROUNDING = 1e-6


@dataclass(frozen=True)
class Weakness:
    """A number that can be told too well. One of the `ways` must become possible: each value in it, one at a time."""

    cell: int
    ways: tuple[tuple[int, ...], ...]


def weaknesses(sums: Sums, hidden: frozenset[int]) -> Iterator[Weakness]:
    """Every number that can be told too well.

    A small number, hidden or derivable, must be able to be 1 and T-1; one that is hidden to protect it must be
    uncertain by T.
    """
    attacker = Attacker(sums, hidden)
    most = sums.threshold - 1
    for at, cell in enumerate(sums.cells):
        if sums.small(at) and (at in hidden or cell.standing is Standing.UNPUBLISHED):
            if not all(attacker.reaches(at, 1, most)):
                yield Weakness(at, ((1, most),))
        elif at in hidden:
            found = attacker.range(at)
            if found.greatest - found.least < sums.threshold:
                up, down = found.least + sums.threshold, found.greatest - sums.threshold
                yield Weakness(at, ((up,), (down,)) if down >= sums.least(at) else ((up,),))


def hide(sums: Sums) -> frozenset[int]:
    """The small numbers, and as cheap others as the search finds; DisclosureRefused if a small one cannot be kept.

    A companion of an earlier release may become known once a correction has been told; it is no small number, so
    that is let be where hiding more does not help. So is what only follows from a small number that was told on
    somebody's word.
    """
    hidden = sums.must_hide()
    beyond_help: set[int] = set()
    while weak := next((each for each in weaknesses(sums, hidden) if each.cell not in beyond_help), None):
        more = _companions(sums, hidden, weak)
        hidden |= more
        if not more:
            if sums.small(weak.cell) and not _follows(sums, hidden, weak.cell):
                raise DisclosureRefused.because(
                    "前に公表した数値と合わせると、少ない件数が分かってしまい、伏せても守れません",
                    "この表を今回の公表から外してください",
                )
            beyond_help.add(weak.cell)
    return hidden


def _follows(sums: Sums, hidden: frozenset[int], at: int) -> bool:
    """Whether a small number is only known because others as small were told: it could be kept if they were not."""
    told = {n for n, cell in enumerate(sums.cells) if cell.standing is Standing.SHOWN and sums.small(n)}
    if not told:
        return False
    cells = tuple(replace(c, standing=Standing.HIDDEN) if n in told else c for n, c in enumerate(sums.cells))
    attacker = Attacker(replace(sums, cells=cells), hidden | told)
    return all(attacker.reaches(at, 1, sums.threshold - 1))


def _companions(sums: Sums, hidden: frozenset[int], weak: Weakness) -> frozenset[int]:
    """The cheapest shown numbers that must be hidden for a weak one to be all that it should be able to be."""
    for way in weak.ways:
        found: frozenset[int] = frozenset()
        for target in way:
            moved = _moved(sums, hidden | found, weak.cell, target)
            if moved is None:
                break
            found |= moved
        else:
            return found
    return frozenset()


def _moved(sums: Sums, hidden: frozenset[int], at: int, target: int) -> frozenset[int] | None:
    """Which open numbers another solution with `at` at its target moves, at the least price; None if there is none."""
    attacker = Attacker(sums, hidden)
    program = quiet_program()
    columns: dict[int, list[tuple[int, float]]] = {}
    movable: dict[int, tuple[int, int]] = {}
    count = 0
    for cell, facts in enumerate(sums.cells):
        if facts.standing is Standing.SHOWN:
            continue
        if cell in attacker.known:
            # A shown number may go up or down from its value, each unit at the number's price.
            value = float(facts.value or 0)
            price = facts.price
            program.addVar(0.0, float(attacker.most))
            program.changeColCost(count, price)
            program.addVar(0.0, value - sums.least(cell))
            program.changeColCost(count + 1, price)
            columns[cell] = [(count, 1.0), (count + 1, -1.0)]
            movable[cell] = (count, count + 1)
            count += 2
        else:
            low, high = (target, target) if cell == at else (sums.least(cell), attacker.most)
            program.addVar(float(low), float(high))
            columns[cell] = [(count, 1.0)]
            count += 1
    for relation in sums.relations:
        given = 0
        row: list[tuple[int, float]] = []
        for cell, factor in relation.items():
            if cell in columns:
                row += [(column, factor * sign) for column, sign in columns[cell]]
            if cell not in columns or cell in movable:
                given += factor * (sums.cells[cell].value or 0)
        places = np.array([column for column, _ in row], dtype=np.int32)
        factors = np.array([factor for _, factor in row], dtype=np.float64)
        program.addRow(float(-given), float(-given), len(row), places, factors)
    program.run()
    if program.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    values = program.getSolution().col_value
    return frozenset(cell for cell, (up, down) in movable.items() if values[up] > _ROUNDING or values[down] > _ROUNDING)
