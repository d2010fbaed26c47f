"""What an address means: a folder of this computer, or a database on a PostgreSQL server."""

from __future__ import annotations

from dx_data.errors import StartRefused
from dx_data.lake.folder import Folder
from dx_data.lake.place import Place

_SERVERS = ("postgres", "postgresql")


def at(address: str, data: str | None = None, municipality: str | None = None) -> Place:
    """The place of a municipality's lake, or of the first one that lies at an address; StartRefused where none may lie.

    `data` is where its Parquet files lie: a folder needs none, a server a folder that every computer reaches.

    Several municipalities share an address, and nothing else: each has a catalogue, a ledger, files and a turn of its
    own, so nobody's rows, names, numbers or moments can reach another. The first one's lie where a lake of only one
    has them, so such a lake, of whatever release, is what it always was.
    """
    first = _first(address, data)
    if municipality is None:
        return first
    found = first if first.owner() in (None, municipality) else first.of(municipality)
    found.municipality = municipality
    return found


def _first(address: str, data: str | None) -> Place:
    scheme, colon, _ = address.split("/")[0].partition(":")
    if not colon or len(scheme) == 1:  # a drive's letter
        return Folder(address, data)
    if scheme in _SERVERS:
        from dx_data.lake.server import OnServer  # nobody without a server needs its driver

        return OnServer(address, data)
    raise StartRefused.because(
        f"台帳の場所『{scheme}:…』は使えません",
        "DX_LAKE にこのコンピューターのフォルダーか、postgres: で始まる PostgreSQL の住所を指定してください",
    )


def exists(address: str) -> bool:
    """Whether any municipality's lake lies there."""
    return at(address).exists()


def destroy(address: str) -> None:
    """Remove a demo lake; refuses any lake that is not marked as a demo."""
    at(address).destroy()
