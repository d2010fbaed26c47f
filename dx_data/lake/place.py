"""Where a lake lies: its address, what may not hold one, making and attaching the catalogue."""

from __future__ import annotations

import datetime as dt
import secrets
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from dx_data import calendar
from dx_data.derive.tables import literal
from dx_data.errors import LoadRefused, StartRefused
from dx_data.lake.extensions import extended

FORMAT = 2  # since 2 the lake keeps rollups, which a program that does not know them would leave behind the rows
CATALOGUE = "catalog.sqlite"
LEDGER = "ledger.sqlite"
ALIAS = "lake"
SCHEMA = f"{ALIAS}.main"
META = f"__ducklake_metadata_{ALIAS}"
_NETWORK_FILESYSTEMS = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "fuse.sshfs", "ncpfs", "webdav", "davfs"}
_DRIVE_REMOTE = 4
TURN_SECONDS = 600


def filesystem_of(path: str, mounts: str) -> str | None:
    """The kind of network file system a written path lies on, judged by the text of /proc/self/mounts, or None."""
    if path.startswith(("\\\\", "//")):
        return "UNC"
    best, kind = "", None
    for line in mounts.splitlines():
        _, point, filesystem, *_ = line.split()
        point = point.replace("\\040", " ")
        inside = path == point or path.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, filesystem
    return kind if kind in _NETWORK_FILESYSTEMS else None


def network_filesystem(address: str) -> str | None:
    """The kind of network file system an address lies on, or None."""
    if sys.platform == "win32":
        import ctypes

        drive = Path(address).absolute().drive + "\\"
        remote = ctypes.windll.kernel32.GetDriveTypeW(drive) == _DRIVE_REMOTE
        return "network drive" if remote else filesystem_of(address, "")
    proc = Path("/proc/self/mounts")
    written = address if address.startswith(("\\\\", "//")) else str(Path(address).absolute())
    return filesystem_of(written, proc.read_text() if proc.exists() else "")


def local(address: str) -> Path:
    """The folder of an address; StartRefused where no lake may lie (a network drive breaks SQLite's WAL)."""
    if ":" in address.split("/")[0] and not (len(address) > 1 and address[1] == ":"):
        raise StartRefused.because(
            f"台帳の場所『{address.split(':')[0]}:…』は使えません",
            "DX_LAKE にこのコンピューターのフォルダーを指定してください",
        )
    folder = Path(address)
    if kind := network_filesystem(address):
        raise StartRefused.because(
            f"台帳の場所『{folder}』はネットワークドライブ（{kind}）にあり、そこでは台帳が壊れることがあります",
            "このコンピューターのディスクを DX_LAKE に指定してください（複数のサーバーで使うときは PostgreSQL）",
        )
    return folder


def exists(address: str) -> bool:
    """Whether a lake lies there."""
    return (local(address) / CATALOGUE).exists()


def inode(folder: Path) -> int:
    """What tells one catalogue from another that comes into its place; 0 where there is none."""
    try:
        return (folder / CATALOGUE).stat().st_ino
    except FileNotFoundError:
        return 0


def attach_statement(folder: Path, data: Path) -> str:
    """SQL that attaches the catalogue with our own data path."""
    # Without our own data path and the override, a restored copy would silently read the old lake's files.
    return (
        f"ATTACH {literal(f'ducklake:sqlite:{folder / CATALOGUE}')} AS {ALIAS} (DATA_PATH {literal(str(data))},"
        " OVERRIDE_DATA_PATH true, DATA_INLINING_ROW_LIMIT 0, META_JOURNAL_MODE 'WAL', META_BUSY_TIMEOUT 10000)"
    )


def data_folder(folder: Path, data: str | None) -> Path:
    """Where a lake's Parquet files lie: the given place, else below its own folder."""
    return Path(data) if data else folder / "tables"


def database() -> duckdb.DuckDBPyConnection:
    """A database of its own that can attach lakes."""
    return extended("ducklake", "sqlite_scanner")


def make(
    connection: duckdb.DuckDBPyConnection, folder: Path, data: Path, demo_until: dt.date | None, disposed_to: int = 0
) -> None:
    """Make the catalogue aside and move it into place, so that a kill leaves no half lake.

    `connection` is that of a `database()`; nothing stays attached to it.
    """
    aside = folder / f"{CATALOGUE}.new"
    for old in folder.glob(f"{CATALOGUE}.new*"):
        old.unlink()
    data.mkdir(parents=True, exist_ok=True)
    connection.execute(attach_statement(folder, data).replace(CATALOGUE, f"{CATALOGUE}.new", 1))
    connection.execute(f"DETACH {ALIAS}")
    known = {"id": secrets.token_hex(4), "format": str(FORMAT), "made_at": calendar.now().isoformat()}
    if demo_until:
        known["demo_until"] = demo_until.isoformat()
    if disposed_to:
        known["disposed_to"] = str(disposed_to)
    with closing(sqlite3.connect(aside, timeout=10)) as sqlite:
        sqlite.execute("CREATE TABLE dx_lake (name TEXT PRIMARY KEY, value TEXT NOT NULL)")
        sqlite.executemany("INSERT INTO dx_lake VALUES (?, ?)", known.items())
        sqlite.commit()
        sqlite.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        sqlite.execute("PRAGMA journal_mode=DELETE")
    aside.replace(folder / CATALOGUE)


@contextmanager
def turn(folder: Path) -> Iterator[None]:
    """Whoever writes into a lake takes turns, also across processes; a killed process gives its turn back.

    LoadRefused after ten minutes.
    """
    try:
        with FileLock(folder / "turn.lock", timeout=TURN_SECONDS):
            yield
    except Timeout as fault:
        raise LoadRefused.because(
            "ほかの取込が10分以上続いています", "取込履歴を確かめ、しばらくしてからやり直してください"
        ) from fault


def facts(folder: Path) -> dict[str, str]:
    """What a lake is: id, format, made_at, and demo_until in a demo."""
    with closing(sqlite3.connect(folder / CATALOGUE, timeout=10)) as connection:
        return dict(connection.execute("SELECT name, value FROM dx_lake").fetchall())


def raise_format(folder: Path) -> None:
    """Say that this release has written into the lake: earlier ones refuse it from now on."""
    with closing(sqlite3.connect(folder / CATALOGUE, timeout=10)) as connection:
        connection.execute("UPDATE dx_lake SET value = ? WHERE name = 'format'", [str(FORMAT)])
        connection.commit()


def destroy(address: str) -> None:
    """Remove a demo lake's folder; refuses any lake that is not marked as a demo."""
    folder = local(address)
    if not folder.exists():
        return
    if (folder / CATALOGUE).exists():
        if "demo_until" not in facts(folder):
            raise StartRefused.because(
                f"『{folder}』は本番の台帳です", "デモの台帳には別のフォルダーを指定してください"
            )
    elif any(folder.iterdir()):
        raise StartRefused.because(f"『{folder}』は台帳ではありません", "空のフォルダーを指定してください")
    shutil.rmtree(folder)
