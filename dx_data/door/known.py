"""What people decided about headings, spellings and cells: one frozen value that a walk through the door is given."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

from dx_data.spec import Column, Dataset
from dx_data.text import fold_choice, fold_header


@dataclass(frozen=True)
class Decided:
    """Who decided something at an earlier load, and when; `number` is its line in the ledger."""

    number: int
    who: str
    on: dt.date

    @property
    def words(self) -> str:
        """As a notice says it."""
        return f"{self.on.year}年{self.on.month}月{self.on.day}日に {self.who} が決めたとおり"


@dataclass(frozen=True)
class Reading:
    """How a heading (`column` None) or a spelling in a choice column is read: as a column's name, or as a choice.

    `meaning` None leaves the heading's column out. `by` is None for what is decided only now.
    """

    dataset: str
    column: str | None
    spelling: str
    meaning: str | None
    by: Decided | None = None


@dataclass(frozen=True)
class Correction:
    """One cell put right by hand (手直し), found again by the key of its row (blank: "")."""

    dataset: str
    key: tuple[str, ...]
    column: str
    before: str
    after: str
    why: str
    by: Decided | None = None


@dataclass(frozen=True)
class Known:
    """Everything decided so far. A later decision on the same thing takes the place of an earlier one."""

    headings: Mapping[tuple[str, str], Reading] = field(default_factory=dict)
    choices: Mapping[tuple[str, str], Mapping[str, Reading]] = field(default_factory=dict)
    corrections: Mapping[str, tuple[Correction, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, readings: Iterable[Reading], corrections: Iterable[Correction] = ()) -> Self:
        """Sort decisions, the oldest first."""
        headings: dict[tuple[str, str], Reading] = {}
        choices: dict[tuple[str, str], dict[str, Reading]] = {}
        for reading in readings:
            if reading.column is None:
                headings[reading.dataset, fold_header(reading.spelling)] = reading
            else:
                choices.setdefault((reading.dataset, reading.column), {})[fold_choice(reading.spelling)] = reading
        cells = {(each.dataset, each.key, each.column): each for each in corrections}
        by_dataset: dict[str, tuple[Correction, ...]] = {}
        for each in cells.values():
            by_dataset[each.dataset] = (*by_dataset.get(each.dataset, ()), each)
        return cls(headings, choices, by_dataset)

    @property
    def readings(self) -> tuple[Reading, ...]:
        """Every reading."""
        return (*self.headings.values(), *(each for column in self.choices.values() for each in column.values()))

    def and_now(self, readings: Iterable[Reading], corrections: Iterable[Correction]) -> Known:
        """With what a person decides for the file at hand."""
        old = (each for found in self.corrections.values() for each in found)
        return Known.of((*self.readings, *readings), (*old, *corrections))

    def headings_of(self, dataset: Dataset) -> dict[str, str | None]:
        """What the dataset's folded headings mean, as `derive.headers.lay` takes it; undeclared columns left aside."""
        names = {None, *(column.name for column in dataset.columns)}
        return {
            spelling: reading.meaning
            for (name, spelling), reading in self.headings.items()
            if name == dataset.name and reading.meaning in names
        }

    def widened(self, dataset: Dataset, column: Column) -> Column:
        """The column with the decided spellings as aliases of its choices."""
        decided = self.choices.get((dataset.name, column.name), {})
        if not decided:
            return column
        aliases: dict[str, list[str]] = {}
        for reading in decided.values():
            aliases.setdefault(reading.meaning or "", []).append(reading.spelling)
        choices = tuple(
            c.model_copy(update={"aliases": (*c.aliases, *aliases.get(c.value, ()))}) for c in column.choices
        )
        return column.model_copy(update={"choices": choices})


NOTHING = Known()
