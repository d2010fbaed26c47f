"""Days written day or month first (`9/1/2021`): the order is settled by the column's own values, never guessed.

One value that can be read in one way only (`13/1/2021`) settles it for its column. Without one, or where two values
contradict each other, the cells stay as they are and a person is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_DAY = re.compile(
    r"\s*(?P<first>[0-9]{1,2})(?P<mark>[/.-])(?P<second>[0-9]{1,2})(?P=mark)(?P<year>[0-9]{4})(?![0-9]).*"
)
# The same for DuckDB, which knows no back references.
PATTERN = r"^([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})($|[^0-9].*$)"
DAY_FIRST, MONTH_FIRST = r"\3-\2-\1\4", r"\3-\1-\2\4"


@dataclass(frozen=True)
class Order:
    """How the short days of a column are ordered: `rewrite` puts the year first, None where that is not certain."""

    rows: tuple[int, ...]
    example: str
    rewrite: str | None

    def written(self, cell: str) -> str:
        """The cell with its year first."""
        return cell if self.rewrite is None else re.sub(PATTERN, self.rewrite, cell)


def has_short_day(cell: str | None) -> bool:
    """Whether a cell is a day whose year stands last."""
    if not cell or not cell[0].isdigit() or cell[:4].isdigit():
        return False
    return _DAY.fullmatch(cell) is not None


def order(cells: Iterable[tuple[int, str | None]]) -> Order | None:
    """The order of a column's days, None where none has its year last."""
    found = [(row, cell, match) for row, cell in cells if cell and (match := _DAY.fullmatch(cell))]
    if not found:
        return None
    places = {(int(match["first"]), int(match["second"])) for _, _, match in found}
    day_first = any(first > 12 for first, _ in places)
    month_first = any(second > 12 for _, second in places)
    same = all(first == second for first, second in places)
    rewrite = None
    if (day_first != month_first) or (same and not day_first):
        rewrite = DAY_FIRST if day_first else MONTH_FIRST
    return Order(tuple(row for row, _, _ in found), found[0][1], rewrite)
