"""The door's private place: an in-memory database and one folder, both gone after the check. It writes nothing else."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import numpy.typing as npt
import pyarrow as pa

from dx_data.derive import staged
from dx_data.door.spelled import Table
from dx_data.settings import parallel

_PREFIX = "dx-door-"
_STALE_SECONDS = 6 * 3600


def private_folder() -> Path:
    """A new folder only this account can read; the next start sweeps it away if this process is killed."""
    return Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))


def sweep() -> int:
    """Remove what killed processes left behind; returns how many folders went. Called at every start."""
    gone = 0
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        owner = folder.name.removeprefix(_PREFIX).split("-")[0]
        if owner.isdigit() and _alive(int(owner)) and not _stale(folder):
            continue
        shutil.rmtree(folder, ignore_errors=True)
        gone += 1
    return gone


def _stale(folder: Path) -> bool:
    """Whether it is too old to be in use; one that its owner has just removed is not."""
    try:
        return time.time() - folder.stat().st_mtime >= _STALE_SECONDS
    except FileNotFoundError:
        return False


def _alive(process: int) -> bool:
    if process == os.getpid():
        return True
    if os.name == "nt":  # os.kill would end the process there
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


class Staging:
    """One file's visit: `sql` runs on an in-memory database without extensions, spill or outside access.

    `kept` are the rows of small tables, asked for more than once; `held` are rows of tables that are not written yet;
    `long` are long tables by their spellings, which SQL sees under the same names.
    """

    def __init__(self) -> None:
        self.folder = private_folder()
        self.connection = duckdb.connect(
            ":memory:",
            config={
                "temp_directory": "",
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                "preserve_insertion_order": "true",
                # A database that is thrown away needs no checkpoint; one costs as much as typing a million rows.
                "checkpoint_threshold": "1TB",
                **parallel(),
            },
        )
        self.connection.execute("SET TimeZone = 'Asia/Tokyo'")
        # Where DuckDB takes the process for a notebook, its bar would stand in the middle of an answer on stdout.
        self.connection.execute("SET enable_progress_bar = false")
        self._numbers = 0
        self.kept: dict[str, list[tuple[Any, ...]]] = {}
        self.held: dict[str, list[tuple[int, list[str]]]] = {}
        self.long: dict[str, Table] = {}
        self._unseen: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Forget everything."""
        self.kept.clear()
        self.held.clear()
        self.long.clear()
        self.connection.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def name(self, kind: str) -> str:
        """A table name that is still free."""
        self._numbers += 1
        return f"{kind}_{self._numbers}"

    def sql(self, statement: str, parameters: Sequence[Any] = ()) -> duckdb.DuckDBPyConnection:
        """Run a statement that `derive` or this package wrote."""
        for name in [name for name in self._unseen if name in statement]:
            self.connection.register(name, self.long[name].to_arrow())
            self._unseen.remove(name)
        return self.connection.execute(statement, list(parameters))

    def row(self, statement: str, parameters: Sequence[Any] = ()) -> tuple[Any, ...]:
        """The one row that a statement answers with."""
        (found,) = self.sql(statement, parameters).fetchall()
        return tuple(found)

    def value(self, statement: str, parameters: Sequence[Any] = ()) -> Any:
        """The one value that a statement answers with."""
        (found,) = self.row(statement, parameters)
        return found

    def take_in(self, name: str, table: Table) -> None:
        """Keep a long table by its spellings, under a name of ours; SQL gets to see it once it asks."""
        self.long[name] = table
        self._unseen.add(name)

    def table(self, view: str, columns: Sequence[str]) -> Table:
        """Columns of a view by their spellings."""
        if long := self.long.get(view):
            return Table(long.rows, {name: long.columns[name] for name in columns})
        return Table.of(self.sql(staged.laid_rows_numbered(view, columns)).to_arrow_table())

    @contextmanager
    def lent(self, **columns: Sequence[Any] | npt.NDArray[Any]) -> Iterator[str]:
        """A table of ours under a free name for as long as the block runs."""
        name = self.name("lent")
        self.connection.register(name, pa.table({title: _array(cells) for title, cells in columns.items()}))
        try:
            yield name
        finally:
            self.connection.unregister(name)


def _array(cells: Sequence[Any] | npt.NDArray[Any]) -> pa.Array:
    """The cells with the type they have; a column of blanks only is text."""
    array = cells if isinstance(cells, pa.Array | pa.ChunkedArray) else pa.array(cells)
    return array.cast(pa.string()) if pa.types.is_null(array.type) else array
