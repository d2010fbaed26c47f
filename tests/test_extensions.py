"""What DuckDB loads is what its makers signed, also the second time."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from dx_data.lake import extensions


def unsigned(connection: duckdb.DuckDBPyConnection) -> bool:
    ((found,),) = connection.execute("SELECT current_setting('allow_unsigned_extensions')").fetchall()
    return bool(found)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of an extension that no process has loaded yet."""
    copy = tmp_path / "sqlite_scanner.duckdb_extension"
    shutil.copy(extensions.extension("sqlite_scanner"), copy)
    monkeypatch.setattr(extensions, "extension", lambda _: copy)
    return copy


def test_a_signature_is_checked_once_in_a_process(file: Path) -> None:
    with extensions.extended("sqlite_scanner") as first, extensions.extended("sqlite_scanner") as second:
        assert (unsigned(first), unsigned(second)) == (False, True)
        assert second.execute("SELECT 1 FROM duckdb_functions() WHERE function_name = 'sqlite_scan'").fetchall()


@pytest.mark.parametrize("loaded_before", [False, True])
def test_an_extension_that_was_altered_is_not_loaded(file: Path, loaded_before: bool) -> None:
    if loaded_before:
        extensions.extended("sqlite_scanner").close()
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    (file.parent / "altered").write_bytes(content)
    (file.parent / "altered").replace(file)  # the loaded file itself is in use
    with pytest.raises(duckdb.IOException, match="signature"):
        extensions.extended("sqlite_scanner")
