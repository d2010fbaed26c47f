"""参考データ in the lake: tables of any subject under a name, with source, terms and as-of. Questions read none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from dx_data.datasets import DATASETS
from dx_data.derive import reference
from dx_data.derive.tables import quoted
from dx_data.lake.moment import Moment
from dx_data.lake.plan import Part
from dx_data.spec import Dataset


@dataclass(frozen=True)
class Reference:
    """One kept table: what a person says of it, where it stood, what its columns are, what the gate left out."""

    name: str
    source: str
    terms: str
    as_of: dt.date
    file: str
    sheet: str | None
    headings: tuple[str, ...]
    kinds: tuple[str, ...]
    row_count: int
    gate: str
    load: int = 0

    def parts(self, numbers: Sequence[int], rows: Sequence[Sequence[str | None]]) -> list[Part]:
        """The table on its way in: its line in the list, and its rows with the row a person sees."""
        facts: dict[str, list[Any]] = {c.name: [getattr(self, c.name)] for c in reference.TABLES.stored}
        lists = {name: [list(value) for value in facts[name]] for name in ("headings", "kinds")}
        lines: dict[str, Any] = {
            "name": [self.name] * len(rows),
            "line": list(range(1, len(rows) + 1)),
            "cells": pa.array([list(row) for row in rows], pa.list_(pa.string())),
        }
        return [
            _part(reference.TABLES, {**facts, **lists}, self.sheet, [0]),
            _part(reference.ROWS, lines, self.sheet, numbers),
        ]


def _part(dataset: Dataset, columns: dict[str, Any], sheet: str | None, numbers: Sequence[int]) -> Part:
    places = {
        "source_sheet": pa.array([sheet] * len(numbers), pa.string()),
        "source_row": pa.array(list(numbers), pa.int64()),
    }
    return Part(dataset, pa.table({**columns, **places}), frozenset(columns), dataset.delivery)


def declared(name: str) -> Dataset:
    """The declaration of a table of the lake, a dataset's or one of 参考データ."""
    return reference.KEPT.get(name) or DATASETS[name]


def kept(at: Moment) -> Iterator[Reference]:
    """All tables kept at a moment, in the order of their names."""
    names = [column.name for column in reference.TABLES.stored]
    with closing(at.cursor()) as cursor:
        rows = cursor.execute(
            f"SELECT {', '.join(map(quoted, names))}, load_id FROM {at.rows(reference.TABLES)} ORDER BY name"
        ).fetchall()
    for *values, load in rows:
        facts = dict(zip(names, values, strict=True))
        yield Reference(
            **{**facts, "headings": tuple(facts["headings"]), "kinds": tuple(facts["kinds"])},
            load=load,
        )


def copied(at: Moment, target: str) -> list[str]:
    """The statements that write every table kept at a moment into a copy, each under `titled`."""
    rows = at.rows(reference.ROWS)
    return [
        statement
        for title, each in titled(at)
        for statement in reference.copy(title, each.name, each.headings, each.kinds, rows, target)
    ]


def titled(at: Moment) -> list[tuple[str, Reference]]:
    """Every table kept at a moment with its name in a copy; names that SQL takes for the same get a number."""
    found: dict[str, tuple[str, Reference]] = {}
    for each in kept(at):
        number, title = 1, f"{reference.BESIDE}{each.name}"
        while title.casefold() in found:
            number += 1
            title = f"{reference.BESIDE}{each.name}_{number}"
        found[title.casefold()] = (title, each)
    return list(found.values())
