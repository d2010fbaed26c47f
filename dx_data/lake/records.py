"""What the servers of one lake share that is not of the lake: who is signed in, and who is on the way to it.

Rows beside the lake, in no backup and no copy, seen by no question. Logins says what they mean.
"""

from __future__ import annotations

import sqlite3
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

# As SQLite has them; server_records.py has the same for PostgreSQL.
_TABLES = (
    "CREATE TABLE IF NOT EXISTS dx_logins (number INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE,"
    " subject TEXT NOT NULL, name TEXT NOT NULL, listed TEXT NOT NULL, begun REAL NOT NULL, seen REAL NOT NULL,"
    " url TEXT NOT NULL DEFAULT '')",
    "CREATE TABLE IF NOT EXISTS dx_begun (key TEXT PRIMARY KEY, until REAL NOT NULL, noted TEXT NOT NULL,"
    " target TEXT NOT NULL, url TEXT NOT NULL)",
)
_WITHOUT_URL = "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM pragma_table_info('dx_logins') WHERE name = 'url')"


class Ran(NamedTuple):
    """What a statement found, and how many rows it touched."""

    rows: list[tuple[Any, ...]]
    touched: int


class Records(ABC):
    """The tables `dx_logins` and `dx_begun`, wherever they lie."""

    @abstractmethod
    def now(self) -> float:
        """The seconds since 1970 by the one clock that all of the servers go by."""

    @abstractmethod
    def run(self, statement: str, *values: str | float) -> Ran:
        """One statement with `?` for each value, done when it returns. ServerLost where the server is gone."""


class FileRecords(Records):
    """The tables in a file of this computer, which nobody but its owner may read."""

    now = staticmethod(time.time)

    def __init__(self, file: Path) -> None:
        """Open the records, making the file if there is none."""
        self._file = file
        file.parent.mkdir(parents=True, exist_ok=True)
        with self._open() as connection:
            for statement in _TABLES:
                connection.execute(statement)
            if connection.execute(_WITHOUT_URL).fetchone():
                _add_url(connection)
        file.chmod(0o600)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._file, timeout=5, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            yield connection

    def run(self, statement: str, *values: str | float) -> Ran:
        """One statement, in a transaction of its own."""
        with self._open() as connection:
            cursor = connection.execute(statement, values)
            return Ran(cursor.fetchall(), cursor.rowcount)


def _add_url(connection: sqlite3.Connection) -> None:
    """In a file of an earlier release: whoever is signed in at this moment does so again."""
    connection.execute("BEGIN IMMEDIATE")
    if connection.execute(_WITHOUT_URL).fetchone():  # of several that start at once the first one does it
        connection.execute("ALTER TABLE dx_logins ADD COLUMN url TEXT NOT NULL DEFAULT ''")
    connection.execute("COMMIT")
