"""DuckDB with extensions, loaded by path from their wheels: nothing is fetched, nothing put into a user's profile."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path

import duckdb

from dx_data.derive.tables import literal
from dx_data.errors import StartRefused
from dx_data.settings import parallel

# Files whose signature DuckDB has checked in this process, as they were then: path, size, time, number on the disk.
_CHECKED: set[tuple[Path, int, int, int]] = set()


def extended(*names: str) -> duckdb.DuckDBPyConnection:
    """A database of its own, in memory, with these extensions.

    DuckDB checks an extension's signature when a process loads the file first. Checking it again for every database
    would take some twenty times as long as all the rest of opening one.
    """
    files = [extension(name) for name in names]
    connection = duckdb.connect(
        ":memory:",
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_unsigned_extensions": str(all(_as_it_is(file) in _CHECKED for file in files)).lower(),
            "temp_directory": "",
            **parallel(),
        },
    )
    for file in files:
        now = _as_it_is(file)
        connection.execute(f"LOAD {literal(str(file))}")
        _CHECKED.add(now)
    return connection


def _as_it_is(file: Path) -> tuple[Path, int, int, int]:
    status = file.stat()
    return file, status.st_size, status.st_mtime_ns, status.st_ino


@cache
def extension(name: str) -> Path:
    """The packaged DuckDB extension, found in its wheel; StartRefused if it is not installed."""
    spec = importlib.util.find_spec(f"duckdb_extension_{name}")
    locations = spec.submodule_search_locations if spec else None
    for location in locations or ():
        for path in Path(location).rglob("*.duckdb_extension"):
            return path
    raise StartRefused.because(
        f"DuckDBの拡張『{name}』が入っていません",
        "`make run` で入れ直すか、requirements.lock から入れてください",
    )
