"""Where the ledger's lines are kept: rows only ever added, under one write lock. Custody says what they mean."""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

# number, at, who, act, subject, detail, previous, seal
Row = tuple[int, str, str, str, str, str, str, str]
Seal = Callable[[Row | None], Sequence[tuple[Row, str | None]]]

# The tables as SQLite has them: in a lake's folder, and in a backup of any lake.
TABLES = (
    "CREATE TABLE IF NOT EXISTS dx_ledger (number INTEGER PRIMARY KEY, at TEXT NOT NULL, who TEXT NOT NULL,"
    " act TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL, previous TEXT NOT NULL, seal TEXT NOT NULL)",
    "CREATE TRIGGER IF NOT EXISTS dx_ledger_no_update BEFORE UPDATE ON dx_ledger"
    " BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END",
    "CREATE TRIGGER IF NOT EXISTS dx_ledger_no_delete BEFORE DELETE ON dx_ledger"
    " BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END",
    "CREATE INDEX IF NOT EXISTS dx_ledger_acts ON dx_ledger (act)",
    "CREATE TABLE IF NOT EXISTS dx_ledger_apart (number INTEGER PRIMARY KEY, content TEXT NOT NULL)",
    "CREATE TRIGGER IF NOT EXISTS dx_ledger_apart_no_update BEFORE UPDATE ON dx_ledger_apart"
    " BEGIN SELECT RAISE(ABORT, 'what a line says is not rewritten'); END",
)
_INSERT = "INSERT INTO dx_ledger VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_INSERT_APART = "INSERT INTO dx_ledger_apart VALUES (?, ?)"


class Torn(Exception):
    """The book itself cannot be read, whatever its lines say; the message is for people."""


class Book(ABC):
    """Rows of lines, oldest first, and beside some of them a text that stands apart."""

    title: str

    @abstractmethod
    def append(self, seal: Seal) -> None:
        """Add what `seal` makes of the last row, all or none, while nobody else can add any."""

    @abstractmethod
    def rows(self) -> list[Row]:
        """All rows, oldest first."""

    @abstractmethod
    def rows_of(self, acts: Iterable[str]) -> list[tuple[Row, str]]:
        """The rows of these acts, each with what stands apart of it, `{}` for nothing."""

    @abstractmethod
    def last(self) -> Row | None:
        """The newest row."""

    @abstractmethod
    def proven(self) -> tuple[list[Row], list[tuple[int, str]]]:
        """All rows, and all that stands apart by the row's number. Torn where the book is damaged."""

    @abstractmethod
    def forget_apart(self, numbers: Iterable[int]) -> None:
        """Remove what stands beside these rows for good."""

    @abstractmethod
    def whole(self) -> bool | None:
        """Whether the book is as the last row left it; None where nothing but the rows can tell."""

    @abstractmethod
    def pages(self) -> bytes:
        """The whole book at one moment, as the bytes of a SQLite file."""


def copied(rows: Iterable[Row], apart: Iterable[tuple[int, str]]) -> bytes:
    """A book of these rows, as the bytes of a SQLite file."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for statement in TABLES:
            connection.execute(statement)
        connection.executemany(_INSERT, rows)
        connection.executemany(_INSERT_APART, apart)
        return connection.serialize()


class FileBook(Book):
    """The book in a SQLite file of its own.

    A line written into the catalogue's own file while a load's transaction is open makes SQLite refuse the load's
    commit ("database is locked", measured).
    """

    def __init__(self, file: Path) -> None:
        """Open the book, making its tables in a new lake."""
        self._path = file
        self.title = f"ファイル『{file.name}』"
        with self._open() as connection:
            for statement in TABLES:
                connection.execute(statement)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=30, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            yield connection

    def append(self, seal: Seal) -> None:
        """Add what `seal` makes of the last row, under SQLite's write lock."""
        with self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            for row, apart in seal(_last(connection)):
                if apart is not None:
                    connection.execute(_INSERT_APART, (row[0], apart))
                connection.execute(_INSERT, row)
            connection.execute("COMMIT")
        self._note()

    def rows(self) -> list[Row]:
        """All rows, oldest first."""
        with self._open() as connection:
            return connection.execute("SELECT * FROM dx_ledger ORDER BY number").fetchall()

    def rows_of(self, acts: Iterable[str]) -> list[tuple[Row, str]]:
        """The rows of these acts, each with what stands apart of it."""
        with self._open() as connection:
            found = connection.execute(
                "SELECT l.*, coalesce(a.content, '{}') FROM dx_ledger l LEFT JOIN dx_ledger_apart a USING (number)"
                " WHERE l.act IN (SELECT value FROM json_each(?)) ORDER BY number",
                (json.dumps(list(acts)),),
            ).fetchall()
        return [(each[:-1], each[-1]) for each in found]

    def last(self) -> Row | None:
        """The newest row."""
        with self._open() as connection:
            return _last(connection)

    def proven(self) -> tuple[list[Row], list[tuple[int, str]]]:
        """All rows, and all that stands apart. Torn where SQLite finds the file damaged."""
        try:
            with self._open() as connection:
                if (torn := connection.execute("PRAGMA integrity_check").fetchall()) != [("ok",)]:
                    raise Torn(f"管理台帳の{self.title}が壊れています（{len(torn):,} か所）")
                rows = connection.execute("SELECT * FROM dx_ledger ORDER BY number").fetchall()
                return rows, connection.execute(
                    "SELECT number, content FROM dx_ledger_apart ORDER BY number"
                ).fetchall()
        except (sqlite3.DatabaseError, UnicodeDecodeError) as fault:
            raise Torn(f"管理台帳の{self.title}を読めません（{type(fault).__name__}）") from fault

    def forget_apart(self, numbers: Iterable[int]) -> None:
        """Remove what stands beside these rows, to the last byte in the file."""
        with self._open() as connection:
            connection.execute("PRAGMA secure_delete = ON")
            connection.executemany("DELETE FROM dx_ledger_apart WHERE number = ?", [(number,) for number in numbers])
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        self._note()

    @property
    def _noted(self) -> Path:
        return self._path.with_suffix(".sha256")

    def _whole(self) -> str:
        """The last line's number and the digest of all pages, spare room included, as one line of text."""
        with self._open() as connection:
            connection.execute("BEGIN")
            (number,) = connection.execute("SELECT coalesce(max(number), 0) FROM dx_ledger").fetchone()
            found = connection.serialize()
            connection.execute("COMMIT")
        return f"{number} {hashlib.sha256(found).hexdigest()}"

    def _note(self) -> None:
        """Note the whole file beside it. Lines seal one another; this also covers bytes that belong to no line."""
        aside = self._noted.with_name(f"{self._noted.name}.{secrets.token_hex(4)}")
        try:
            aside.write_text(self._whole(), "ascii")
            aside.replace(self._noted)
        except OSError:  # the line stands; an old note says nothing of it, and is not taken for one that does
            with suppress(OSError):
                aside.unlink(missing_ok=True)

    def whole(self) -> bool | None:
        """Whether the file is, to the byte, as the last line left it; None where that was not noted.

        A process that is killed after a line, or two that write at once, may leave the note of an earlier line; that of
        a later one says that the tail was cut.
        """
        try:
            noted = self._noted.read_text("ascii")
        except (FileNotFoundError, UnicodeDecodeError):
            return None
        found = self._whole()
        (before, _, _), (now, _, _) = noted.partition(" "), found.partition(" ")
        return None if before.isdecimal() and int(before) < int(now) else noted == found

    def pages(self) -> bytes:
        """The whole file as a copy of it would be, at one moment."""
        with self._open() as connection:
            return connection.serialize()


def _last(connection: sqlite3.Connection) -> Row | None:
    row: Row | None = connection.execute("SELECT * FROM dx_ledger ORDER BY number DESC LIMIT 1").fetchone()
    return row
