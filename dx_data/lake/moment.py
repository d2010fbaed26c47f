"""The lake at one snapshot: which tables there were, what they held, which loads had made them so."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import duckdb
import pyarrow as pa

from dx_data.datasets import dataset_named
from dx_data.derive import tables
from dx_data.derive.tables import literal, quoted
from dx_data.lake.history import Load
from dx_data.lake.near import Near
from dx_data.lake.place import SCHEMA
from dx_data.spec import Dataset


@dataclass(frozen=True)
class Moment:
    """One ward's view of the lake at one snapshot. `connect` opens a cursor, `history` lists all loads, newest first,
    as they were when it was looked at.

    `shapes` tells the raw tables of a snapshot with their columns; `beside` keeps copies of tables in memory, where
    somebody does. `arrivals` are the files that came, as the house's ledger tells them; each has the moment it came at.
    """

    number: int
    lake_id: str
    municipality: str
    connect: Callable[[], duckdb.DuckDBPyConnection] = field(repr=False)
    history: Callable[[], list[Load]] = field(repr=False)
    shapes: Callable[[int], Mapping[str, frozenset[str]]] = field(repr=False)
    beside: Near | None = field(default=None, repr=False)
    arrivals: Callable[[], list[dict[str, Any]]] = field(default=list, repr=False)

    @property
    def title(self) -> str:
        """`lake-id:number`, as snapshots are written everywhere."""
        return f"{self.lake_id}:{self.number}"

    @property
    def schema(self) -> str:
        """Qualified schema of the raw tables."""
        return SCHEMA

    @property
    def version(self) -> str:
        """The SQL suffix that pins a raw table to this snapshot."""
        return f"AT (VERSION => {self.number})"

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection of its own."""
        return self.connect()

    def columns(self) -> Mapping[str, frozenset[str]]:
        """The raw tables there were, with their columns."""
        return self.shapes(self.number)

    def near(self, names: Iterable[str]) -> AbstractContextManager[Mapping[str, str]]:
        """What of these names lies in memory just so, with its name there, while it is open: see `Near.of`."""
        return self.beside.of(self, names) if self.beside else nullcontext({})

    @cached_property
    def _loads(self) -> list[Load]:
        return [load for load in self.history() if load.snapshot <= self.number]

    def _standing(self, names: Iterable[str]) -> list[Load]:
        undone = {load.undoes for load in self._loads}
        wanted = set(names)
        return [
            load
            for load in self._loads
            if load.undoes is None and load.load not in undone and wanted.intersection(load.tables)
        ]

    def changed(self, names: Iterable[str]) -> int:
        """Newest snapshot up to this one that changed one of these tables; 0 if none did."""
        wanted = set(names)
        return max((load.snapshot for load in self._loads if wanted.intersection(load.tables)), default=0)

    def as_of(self, names: Iterable[str]) -> dt.date | None:
        """The day that all of these tables reach: of the latest as-of date of each, the earliest.

        Tables whose rows carry their own dates count only where there is no other; empty tables never do.
        """
        reached: dict[str, dt.date] = {}
        for load in self._standing(names):
            for name in set(names).intersection(load.tables):
                reached[name] = max(load.as_of, reached.get(name, load.as_of))
        own = [day for name, day in reached.items() if not dataset_named(name).dated]
        return min(own or reached.values(), default=None)

    def updated(self, names: Iterable[str]) -> dt.datetime | None:
        """When these tables were last loaded."""
        return max((load.at for load in self._standing(names)), default=None)

    def journal(self, name: str) -> list[dict[str, Any]]:
        """What happened up to this snapshot: `loads`, one row for each table of each, or `arrivals`."""
        if name == "loads":
            undone = {load.undoes for load in self._loads}
            return [
                {
                    "load": load.load,
                    "dataset": table,
                    "loaded_at": load.at.replace(tzinfo=None),
                    "as_of": load.as_of,
                    "file": load.file,
                    "stands": load.load not in undone,
                }
                for load in self._loads
                if load.undoes is None
                for table in load.tables
            ]
        return self._arrived

    @cached_property
    def _arrived(self) -> list[dict[str, Any]]:
        later = min((load.at for load in self.history() if load.snapshot > self.number), default=None)
        found = [row for row in self.arrivals() if later is None or row["arrived_at"] < later]
        return [{**row, "arrived_at": row["arrived_at"].replace(tzinfo=None)} for row in found]

    def bring_near(self, name: str) -> None:
        """Lay a dataset's tables in memory as they stand here, where somebody keeps such copies."""
        if self.beside:
            self.beside.bring(self, name)

    def lay_near(self, name: str, reads: Iterable[str], rows: Callable[[int], pa.Table | None]) -> None:
        """Keep what is counted of these datasets here, where somebody keeps such tables; see `Near.lay`."""
        if self.beside:
            self.beside.lay(self, name, reads, rows)

    def earlier(self, number: int) -> Moment:
        """The same lake at an earlier snapshot, which is known to be there."""
        return replace(self, number=number)

    def days(self, dataset: Dataset, columns: Collection[str]) -> str:
        """SQL: what these columns hold in the ward's rows, from the smallest table that the lake keeps of it."""
        for rollup in sorted(dataset.rollups, key=lambda each: len(each.key)):
            kept = tables.kept_name(rollup)
            if {*columns} <= {*rollup.key} and not rollup.partial and kept in self.columns():
                return self._mine(kept, ", ".join(map(quoted, columns)))
        return self.rows(dataset)

    def rows(self, dataset: Dataset) -> str:
        """SQL: the ward's rows of a table; an empty table of today's shape if there is none, NULL for new columns."""
        kinds = tables.fields(dataset)
        existing = self.columns().get(dataset.name)
        if existing is None:
            return "(SELECT " + ", ".join(f"NULL::{kind} AS {quoted(n)}" for n, kind in kinds.items()) + " WHERE false)"
        columns = ", ".join(quoted(n) if n in existing else f"NULL::{kind} AS {quoted(n)}" for n, kind in kinds.items())
        return self._mine(dataset.name, columns)

    def _mine(self, table: str, columns: str) -> str:
        return (
            f"(SELECT {columns} FROM {self.schema}.{quoted(table)} {self.version}"
            f" WHERE municipality_code = {literal(self.municipality)})"
        )


def same_key(dataset: Dataset, left: str, right: str) -> str:
    """SQL: two rows share the dataset's key; a blank key column is a value of the key."""
    return " AND ".join(f"{left}.{quoted(n)} IS NOT DISTINCT FROM {right}.{quoted(n)}" for n in dataset.key)
