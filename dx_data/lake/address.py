"""What an address means: a folder of this computer, or a database on a PostgreSQL server."""

from __future__ import annotations

from pathlib import Path

from dx_data.errors import StartRefused
from dx_data.lake.folder import Folder
from dx_data.lake.place import Place
from dx_data.lake.records import FileRecords, Records

_SERVERS = ("postgres", "postgresql")


def at(address: str, data: str | None = None, municipality: str | None = None, *, here: Path | None = None) -> Place:
    """The place of a municipality's lake, or of the first one that lies at an address; StartRefused where none may lie.

    `data` is where its Parquet files lie: a folder needs none, a server a folder that every computer reaches, or a
    bucket. `here` is where this computer keeps what a bucket cannot hold, else as the settings say.

    Several municipalities share an address, and nothing else: each has a catalogue, a ledger, files and a turn of its
    own, so nobody's rows, names, numbers or moments can reach another. The first one's lie where a lake of only one
    has them, so such a lake, of whatever release, is what it always was.
    """
    first = _first(address, data, here)
    if municipality is None:
        return first
    found = first if first.owner() in (None, municipality) else first.of(municipality)
    found.municipality = municipality
    return found


def _first(address: str, data: str | None, here: Path | None) -> Place:
    scheme = _scheme(address)
    if not scheme:
        return Folder(address, data)
    if scheme in _SERVERS:
        from dx_data.lake.server import OnServer  # nobody without a server needs its driver

        return OnServer(address, data, here)
    raise StartRefused.because(
        f"台帳の場所『{scheme}:…』は使えません",
        "DX_LAKE にこのコンピューターのフォルダーか、postgres: で始まる PostgreSQL の住所を指定してください",
    )


def _scheme(address: str) -> str:
    """What stands before the colon; nothing for a folder.

    >>> [_scheme(each) for each in ("data/lake", "C:/lake", "postgres:dbname=dx", "postgres://db/dx")]
    ['', '', 'postgres', 'postgres']
    """
    scheme, colon, _ = address.split("/")[0].partition(":")
    return scheme if colon and len(scheme) > 1 else ""  # one letter is a drive's


def records(address: str, file: Path) -> Records:
    """What the servers of the lake at an address share beside it; for a lake of this computer it lies in the file.

    StartRefused for an address of a server that cannot be used. Nothing is asked of the server yet.
    """
    if _scheme(address) in _SERVERS:
        from dx_data.lake.server import connection_of, server
        from dx_data.lake.server_records import server_records

        return server_records(server(connection_of(address)))
    return FileRecords(file)


def exists(address: str) -> bool:
    """Whether any municipality's lake lies there."""
    return at(address).exists()


def destroy(address: str) -> None:
    """Remove a demo lake; refuses any lake that is not marked as a demo."""
    at(address).destroy()
