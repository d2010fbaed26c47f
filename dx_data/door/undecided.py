"""What only a person can decide about a file, with what helps to decide: headings, spellings, faulty cells."""

from __future__ import annotations

from dataclasses import dataclass

from dx_data.derive import headers, staged
from dx_data.door.echo import shown
from dx_data.door.laid import Heading
from dx_data.door.match import PLACE, Matched, is_remembered
from dx_data.door.staging import Staging
from dx_data.errors import FileRejected
from dx_data.text import looks_personal

_SAMPLES = 3
_LOOKED_AT = 1000
_SAMPLE_LENGTH = 30


@dataclass(frozen=True)
class Unmapped:
    """A heading that nobody declared. `place` is its key in a decision, `remembered` whether the decision will be kept.

    `guess` names the free column it most resembles; `samples` are a few of its values, masked, none where any looks
    personal.
    """

    dataset: str
    sheet: str | None
    letter: str
    heading: str
    place: str
    remembered: bool
    guess: str | None
    samples: tuple[str, ...]


@dataclass(frozen=True)
class UnknownChoice:
    """A spelling that no choice of the column has, how often it stands, and the choice it most resembles."""

    dataset: str
    column: str
    cell: str
    count: int
    guess: str | None


@dataclass(frozen=True)
class FaultyCell:
    """A faulty cell of a row whose key is sound, so that it can be put right by hand (手直し)."""

    dataset: str
    sheet: str | None
    row: int
    key: tuple[str, ...]
    column: str
    cell: str
    message: str


@dataclass(eq=False)
class Undecided(FileRejected):
    """A file that lacks columns, and has headings that may be these."""

    unmapped: tuple[Unmapped, ...] = ()


def unmapped(table: Matched, heading: Heading, staging: Staging, *, silent: bool) -> Unmapped:
    """What helps to decide about one heading; `silent` withholds its values."""
    taken = {column.name for column in table.columns.values()}
    guess = headers.guess(heading.text, table.dataset)
    values: list[str] = []
    if not silent:
        values = [v for (v,) in staging.sql(staged.some_values(table.laid.view, heading.column, _LOOKED_AT)).fetchall()]
    personal = any(map(looks_personal, values))
    kept = is_remembered(table.laid, heading)
    return Unmapped(
        table.dataset.name,
        table.laid.sheet,
        heading.letter,
        shown(heading.text),
        heading.text if kept else f"{PLACE}{heading.letter}",
        kept,
        guess.name if guess and guess.name not in taken else None,
        () if personal else tuple(shown(value, _SAMPLE_LENGTH) for value in values[:_SAMPLES]),
    )
