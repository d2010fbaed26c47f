"""What people decided about headings, spellings and cells: one frozen value that a walk through the door is given."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from dx_data.datasets import DATASETS
from dx_data.spec import Choice, Column, Dataset, Kind
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
class Addition:
    """A new row for a master, which makes its value a choice: column and text, the value's column first."""

    dataset: str
    cells: tuple[tuple[str, str], ...]

    @property
    def place(self) -> str:
        """The master's column as `Column.references` names it."""
        return f"{self.dataset}.{self.cells[0][0]}"

    @property
    def value(self) -> str:
        """The new choice."""
        return self.cells[0][1]

    @property
    def since(self) -> dt.date:
        """From when on."""
        return dt.date.fromisoformat(dict(self.cells)[begins(DATASETS[self.dataset]).name])


def masters() -> frozenset[str]:
    """The `dataset.column` of every master whose values choice columns take."""
    return frozenset(c.references for d in DATASETS.values() for c in d.columns if c.references and c.choices)


def begins(master: Dataset) -> Column:
    """The column that says from when on a master's row holds."""
    return next(column for column in master.columns if column.kind is Kind.DATE and column.required)


@dataclass(frozen=True)
class Known:
    """Everything decided so far. A later decision on the same thing takes the place of an earlier one.

    `additions` are the values that masters hold beyond the declared choices, each with its first day.
    """

    headings: Mapping[tuple[str, str], Reading] = field(default_factory=dict)
    choices: Mapping[tuple[str, str], Mapping[str, Reading]] = field(default_factory=dict)
    corrections: Mapping[str, tuple[Correction, ...]] = field(default_factory=dict)
    additions: Mapping[str, Mapping[str, dt.date]] = field(default_factory=dict)

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

    def and_now(
        self,
        readings: Iterable[Reading] = (),
        corrections: Iterable[Correction] = (),
        additions: Iterable[Addition] = (),
    ) -> Known:
        """With what a person decides for the file at hand."""
        old = (each for found in self.corrections.values() for each in found)
        masters = {place: dict(values) for place, values in self.additions.items()}
        for each in additions:
            masters.setdefault(each.place, {})[each.value] = each.since
        return replace(Known.of((*self.readings, *readings), (*old, *corrections)), additions=masters)

    def added(self, column: Column) -> dict[str, dt.date]:
        """The choices that the column's master has beyond the declared ones, each with its first day."""
        declared = {choice.value for choice in column.choices}
        found = self.additions.get(column.references or "", {}) if column.choices else {}
        return {value: since for value, since in found.items() if value not in declared}

    def headings_of(self, dataset: Dataset) -> dict[str, str | None]:
        """What the dataset's folded headings mean, as `derive.headers.lay` takes it; undeclared columns left aside."""
        names = {None, *(column.name for column in dataset.columns)}
        return {
            spelling: reading.meaning
            for (name, spelling), reading in self.headings.items()
            if name == dataset.name and reading.meaning in names
        }

    def widened(self, dataset: Dataset, column: Column) -> Column:
        """The column with what its master adds to the choices, and the decided spellings as their aliases."""
        decided = self.choices.get((dataset.name, column.name), {})
        new = tuple(Choice(value=value) for value in self.added(column))
        if not decided and not new:
            return column
        aliases: dict[str, list[str]] = {}
        for reading in decided.values():
            aliases.setdefault(reading.meaning or "", []).append(reading.spelling)
        choices = tuple(
            c.model_copy(update={"aliases": (*c.aliases, *aliases.get(c.value, ()))}) for c in (*column.choices, *new)
        )
        return column.model_copy(update={"choices": choices})


NOTHING = Known()
