"""Tables of the lake, and what is counted of them, beside the askers in memory: read once, not for each question."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from threading import Lock
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from dx_data.datasets import dataset_named
from dx_data.derive import tables
from dx_data.derive.tables import quoted
from dx_data.lake.place import META

if TYPE_CHECKING:
    from dx_data.lake.moment import Moment

# While it is written a copy needs about 32 bytes for each cell, afterwards about 4 (measured): some 250 and 32 MB.
MOST_CELLS = 8_000_000


@dataclass
class _Copy:
    """Tables in a database of their own, and how many read them now.

    They stand as of the snapshot `changed`, the newest of those that changed one of the datasets `reads`.
    """

    reads: tuple[str, ...]
    changed: int
    database: str
    tables: Mapping[str, str]
    readers: int = 0
    outdated: bool = False


class Near:
    """Copies of datasets, each as the newest moment it was brought at has it; every other moment reads the files.

    A copy is what the files say, whole and never altered: when it is brought anew after a load, the old one goes with
    its last reader. A raw table of more than `most` cells stays where it lies. Whoever asks never waits for a copy.
    """

    def __init__(self, connect: Callable[[], duckdb.DuckDBPyConnection], most: int = MOST_CELLS) -> None:
        self._connect, self.most = connect, most
        self._copies: dict[str, _Copy] = {}
        self._numbers = count(1)
        self._lock = Lock()
        self._making = Lock()

    @contextmanager
    def of(self, at: Moment, names: Iterable[str]) -> Iterator[dict[str, str]]:
        """What of these names lies in memory as it is at a moment: tables with their qualified names there.

        A dataset's name stands for its raw tables, a name of what was `laid` for that.

        They stay as long as the context is open.
        """
        held: list[_Copy] = []
        try:
            for name in names:
                if copy := self._taken(at, name):
                    held.append(copy)
            yield {table: place for copy in held for table, place in copy.tables.items()}
        finally:
            for copy in held:
                self._given_back(copy)

    def _taken(self, at: Moment, name: str) -> _Copy | None:
        with self._lock:
            known = self._copies.get(name)
            if known is None or known.changed != at.changed(known.reads):
                return None
            known.readers += 1
            return known

    def bring(self, at: Moment, name: str) -> None:
        """Copy a dataset as it stands at a moment, unless its copy is that new already."""
        self._brought(at, name, (name,), lambda changed: self._made(at, name, changed))

    def lay(self, at: Moment, name: str, reads: Iterable[str], rows: Callable[[int], pa.Table | None]) -> None:
        """Keep as table `name` what is counted of datasets at a moment, unless what is kept is that new already.

        `rows` counts it, and answers None where there are more cells than it is told.
        """
        known = tuple(reads)
        self._brought(at, name, known, lambda changed: self._laid(name, known, changed, rows(self.most)))

    def _brought(self, at: Moment, name: str, reads: tuple[str, ...], make: Callable[[int], _Copy]) -> None:
        changed = at.changed(reads)
        with self._making:  # who comes second waits for the copy instead of making another
            known = self._copies.get(name)
            if known and known.changed >= changed:
                return
            made = make(changed)
            with self._lock:
                self._copies[name] = made
                if known:
                    known.outdated = True
            if known:
                self._dropped(known)

    def _given_back(self, copy: _Copy) -> None:
        with self._lock:
            copy.readers -= 1
        self._dropped(copy)

    def _dropped(self, copy: _Copy) -> None:
        """Let an outdated copy go that nobody reads any more."""
        with self._lock:
            if not copy.outdated or copy.readers or not copy.database:
                return
            database, copy.database = copy.database, ""
        with closing(self._connect()) as cursor:
            cursor.execute(f"DETACH {database}")

    def _made(self, at: Moment, name: str, changed: int) -> _Copy:
        with closing(self._connect()) as cursor:
            wanted = [table for table in self._raw(at, name) if self._fits(cursor, at, table)]
            sources = {table: f"{at.schema}.{quoted(table)} {at.version}" for table in wanted}
            return self._copied(cursor, (name,), changed, sources)

    def _laid(self, name: str, reads: tuple[str, ...], changed: int, rows: pa.Table | None) -> _Copy:
        with closing(self._connect()) as cursor:
            if rows is not None:
                cursor.register("laid_rows", rows)
            return self._copied(cursor, reads, changed, {name: "laid_rows"} if rows is not None else {})

    def _copied(
        self, cursor: duckdb.DuckDBPyConnection, reads: tuple[str, ...], changed: int, sources: Mapping[str, str]
    ) -> _Copy:
        """A database with a table for each source; none where there is no source."""
        if not sources:
            return _Copy(reads, changed, "", {})
        database = f"near_{next(self._numbers)}"
        copied = {table: f"{database}.main.{quoted(table)}" for table in sources}
        cursor.execute(f"ATTACH ':memory:' AS {database} (COMPRESS)")
        try:
            cursor.execute("BEGIN TRANSACTION")
            for table, source in sources.items():
                cursor.execute(f"CREATE TABLE {copied[table]} AS SELECT * FROM {source}")
            cursor.execute("COMMIT")
            cursor.execute(f"CHECKPOINT {database}")  # only now are they compressed
        except BaseException:
            with suppress(duckdb.TransactionException):  # a failed COMMIT has already rolled back
                cursor.execute("ROLLBACK")
            cursor.execute(f"DETACH {database}")
            raise
        return _Copy(reads, changed, database, copied)

    @staticmethod
    def _raw(at: Moment, name: str) -> list[str]:
        dataset = dataset_named(name)
        known = [dataset.name, *([tables.history_name(dataset)] if dataset.tracks else [])]
        known += [tables.kept_name(rollup) for rollup in dataset.rollups]
        return [table for table in known if table in at.columns()]

    def _fits(self, cursor: duckdb.DuckDBPyConnection, at: Moment, table: str) -> bool:
        rows = cursor.execute(
            f"SELECT coalesce(max(s.record_count), 0) FROM {META}.ducklake_table_stats AS s"
            f" JOIN {META}.ducklake_table AS t USING (table_id) WHERE t.table_name = ? AND t.end_snapshot IS NULL",
            [table],
        ).fetchall()
        return int(rows[0][0]) * len(at.columns()[table]) <= self.most
