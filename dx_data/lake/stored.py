"""What a lake has stored, to the byte: what its catalogue says, which Parquet files it names, and their digests."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dx_data.derive.tables import quoted
from dx_data.lake.files import Files, digest_of_stream
from dx_data.lake.place import WARDS

_JOURNAL = slice(18, 20)  # of the file's head: 2 stands for a write-ahead log, which a copy in memory cannot have


def files_statement(metadata: str = "") -> str:
    """SQL: every file that any snapshot reads, by its path below the tables' place, and the snapshot that wrote it.

    A file of deletions that takes an earlier one's place holds from that one's snapshot on, up to its own.
    """
    parts = " UNION ALL ".join(
        f"SELECT s.path || t.path || f.path AS path, coalesce(f.partial_max, f.begin_snapshot) AS snapshot"
        f" FROM {metadata}{kind} f"
        f" JOIN {metadata}ducklake_table t USING (table_id) JOIN {metadata}ducklake_schema s USING (schema_id)"
        for kind in ("ducklake_data_file", "ducklake_delete_file")
    )
    return f"SELECT DISTINCT path, snapshot FROM ({parts}) ORDER BY path"


@dataclass(frozen=True)
class Catalogue:
    """A copy of a catalogue: what lake it is of, its newest snapshot, the names of its files among the tables."""

    facts: dict[str, str]
    newest: int
    files: tuple[str, ...]

    @classmethod
    def read(cls, pages: bytes) -> Catalogue:
        """Read the pages of a copy; sqlite3.Error if they are damaged."""
        copy = bytearray(pages)
        copy[_JOURNAL] = b"\1\1"
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.deserialize(bytes(copy))
            facts = dict(connection.execute("SELECT name, value FROM dx_lake").fetchall())
            ((newest,),) = connection.execute("SELECT max(snapshot_id) FROM ducklake_snapshot").fetchall()
            files = tuple(path for path, _ in connection.execute(files_statement()).fetchall())
        return cls(facts, newest, files)


def digest_of(content: bytes) -> str:
    """The digest of bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def digest_of_rows(tables: Mapping[str, Sequence[tuple[Any, ...]]]) -> str:
    """The digest of rows by their table's name, in hexadecimal."""
    return digest_of(json.dumps(tables, ensure_ascii=False).encode())


def digests_of_catalogue(file: Path) -> dict[str, str]:
    """Both digests that a place may take of a catalogue: of a SQLite file's `pages`, and of the `rows` in it."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        tables = {
            name: sorted(connection.execute(f"SELECT * FROM {quoted(name)}").fetchall(), key=repr)
            for (name,) in sorted(names)
        }
        return {"pages": digest_of(connection.serialize()), "rows": digest_of_rows(tables)}


def parquet(tables: Files) -> list[str]:
    """The names of one municipality's Parquet files, named by a catalogue or not; those of others may lie below."""
    return [name for name in tables.names() if name.endswith(".parquet") and not name.startswith(f"{WARDS}/")]


def sha256(file: Path) -> str:
    """A file's digest, in hexadecimal."""
    with file.open("rb") as stream:
        return digest_of_stream(stream)


def digests(files: Files, names: Iterable[str]) -> dict[str, str]:
    """Digests of files by their names."""
    return {name: files.sha256(name) for name in names}
