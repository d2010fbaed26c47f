"""A laid-out table: a view over the raw one with one text column per heading, and what stood around its data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dx_data.door.echo import shown
from dx_data.door.totals import ControlTotal
from dx_data.errors import Mended, Problem


@dataclass(frozen=True)
class Heading:
    """One column of a laid-out table: its text, its place in the file, and the view's column that holds its cells.

    `options` are the columns over which kintone spread a choice: each option and its letter. `at` is the view's column
    that tells where each cell stood, if they stood in several: a letter, with a row where it is not the row's own.
    """

    text: str
    letter: str
    column: str
    options: tuple[tuple[str, str], ...] = ()
    at: str | None = None


@dataclass(frozen=True)
class Laid:
    """One table as a person means it: `view` has `row` and the headings' columns; `record`, `start` are kintone's.

    `wrong` are faults of its form, beside totals that disagree; `unfit` is why no dataset can take it as it is.
    `totals` are what the table states about its own sums, `notes` the remarks under it, `above` the texts over its
    header, `summing` the headings that only add up others. `heads` are the file's own headings by their letters, where
    the table was made anew.
    """

    sheet: str | None
    hidden: bool
    view: str
    header_rows: tuple[int, ...]
    headings: tuple[Heading, ...]
    height: int
    dialect: str = "plain"
    start: str | None = None
    record: str | None = None
    ragged: tuple[int, ...] = ()
    private_use: bool = False
    mended: tuple[Mended, ...] = ()
    wrong: tuple[Problem, ...] = ()
    unfit: tuple[Problem, ...] = ()
    totals: tuple[ControlTotal, ...] = ()
    notes: tuple[str, ...] = ()
    above: tuple[str, ...] = ()
    summing: tuple[Heading, ...] = ()
    heads: Mapping[str, str] = field(default_factory=dict)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every fault of the table's form, and one for every total that disagrees with the data."""
        return self.wrong + tuple(
            _differs(total) for total in self.totals if total.agrees is False and not total.running
        )


def _differs(total: ControlTotal) -> Problem:
    stated, computed = (f"{value:,}" for value in (total.stated, total.computed or 0))
    return Problem(
        stage="layout",
        rule="layout.total_differs",
        message=f"『{shown(total.label)}』の {stated} が、明細を足した {computed} と合いません",
        fix="明細か合計を確かめて直し、書き出し直してください",
        sheet=total.sheet,
        column=total.letter,
        header=shown(total.header),
        value=stated,
        rows=() if total.row is None else (total.row,),
    )


def letter(position: int) -> str:
    """Excel's letter of a column counted from 0."""
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
