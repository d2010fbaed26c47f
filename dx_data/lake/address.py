"""What an address means: a folder of this computer, or a database on a PostgreSQL server."""

from __future__ import annotations

from pathlib import Path

from dx_data.errors import StartRefused
from dx_data.lake.folder import Folder
from dx_data.lake.place import Place

_SERVERS = ("postgres", "postgresql")


def at(address: str, data: str | None = None, here: Path | None = None) -> Place:
    """The place of a lake; StartRefused where none may lie.

    `data` is where its Parquet files lie: a folder needs none, a server a folder that every computer reaches, or a
    bucket. `here` is where this computer keeps what a bucket cannot hold, else as the settings say.
    """
    scheme, colon, _ = address.split("/")[0].partition(":")
    if not colon or len(scheme) == 1:  # a drive's letter
        return Folder(address, data)
    if scheme in _SERVERS:
        from dx_data.lake.server import OnServer  # nobody without a server needs its driver

        return OnServer(address, data, here)
    raise StartRefused.because(
        f"台帳の場所『{scheme}:…』は使えません",
        "DX_LAKE にこのコンピューターのフォルダーか、postgres: で始まる PostgreSQL の住所を指定してください",
    )


def exists(address: str) -> bool:
    """Whether a lake lies there."""
    return at(address).exists()


def destroy(address: str) -> None:
    """Remove a demo lake; refuses any lake that is not marked as a demo."""
    at(address).destroy()
