"""A lake in a folder of this computer: a SQLite catalogue (WAL), the ledger's file and the Parquet files beside it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from dx_data.derive.tables import literal, quoted
from dx_data.errors import LoadRefused, StartRefused, Stopped
from dx_data.lake import pages
from dx_data.lake.book import Book, FileBook
from dx_data.lake.files import Files, FolderFiles, files_at, moved
from dx_data.lake.place import (
    ALIAS,
    CATALOGUE,
    CODES,
    FORMAT,
    LEDGER,
    TABLES,
    WARDS,
    CatalogueCopy,
    Place,
    Taken,
    bearer,
    settle_form,
)
from dx_data.lake.stored import digest_of

_NETWORK_FILESYSTEMS = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "fuse.sshfs", "ncpfs", "webdav", "davfs"}
_DRIVE_REMOTE = 4
_ASIDE = "anew"  # in the lake's folder; its Parquet files lie among the others, and no other catalogue names them
_WAIT = 60
# Read once, before this process has the catalogue open with DuckDB: closing another hold on it would let go of locks.
_OWNERS: dict[tuple[Path, int], str | None] = {}


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


@cache  # every run of a page asks where the lake lies, and a folder that is in use is not moved to another drive
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


class Folder(Place):
    """The place of a lake that one computer uses."""

    extensions = ("ducklake", "sqlite_scanner")
    proves = "pages"

    def __init__(self, address: str, data: str | None = None) -> None:
        """The place that an address names; StartRefused where no lake may lie (a network drive breaks SQLite's WAL)."""
        self._folder = Path(address)
        self._files = FolderFiles(self._folder)
        self._tables = files_at(data) if data else self._files.below(TABLES)
        self._is_apart = data is not None
        self.title = str(self._folder)
        if kind := network_filesystem(address):
            raise StartRefused.because(
                f"台帳の場所『{self._folder}』はネットワークドライブ（{kind}）にあり、そこでは台帳が壊れることがあります",
                "このコンピューターのディスクを DX_LAKE に指定してください（複数のサーバーで使うときは PostgreSQL）",
            )

    @property
    def folder(self) -> Path:
        """The lake's folder."""
        return self._folder

    @property
    def files(self) -> Files:
        """The lake's folder."""
        return self._files

    @property
    def tables(self) -> Files:
        """The given place, else one below the lake's folder."""
        return self._tables

    @property
    def catalogue(self) -> Path:
        """The catalogue's file."""
        return self._folder / CATALOGUE

    def owner(self) -> str | None:
        """Whose lake lies in the folder."""
        known = (self.catalogue, self.mark())
        if known not in _OWNERS and known[1]:
            _OWNERS[known] = _owner(self.catalogue)
        return _OWNERS.get(known)

    def of(self, code: str) -> Folder:
        """A folder below, with tables apart where the first one's are."""
        apart = self._tables.below(f"{WARDS}/{code}").address if self._is_apart else None
        found = Folder(str(self._folder / WARDS / code), apart)
        found.below = Path(WARDS) / code
        return found

    def later(self) -> list[str]:
        """The folders below that hold a lake."""
        return sorted(path.parent.name for path in (self._folder / WARDS).glob(f"*/{CATALOGUE}"))

    def prepare(self) -> None:
        """Make the folder."""
        self._folder.mkdir(parents=True, exist_ok=True)

    def mark(self) -> int:
        """The number of the catalogue's file in its file system."""
        try:
            return self.catalogue.stat().st_ino or 1
        except FileNotFoundError:
            return 0

    def stamp(self) -> str:
        """Number, size and time of the catalogue's file and its log."""
        log = self.catalogue.with_name(f"{CATALOGUE}-wal")
        found = [path.stat() for path in (self.catalogue, log) if path.exists()]
        return repr([(each.st_ino, each.st_size, each.st_mtime_ns) for each in found])

    def attach_statement(self) -> str:
        """SQL that attaches the catalogue with our own data path."""
        # Without our own data path and the override, a restored copy would silently read the old lake's files.
        return (
            f"ATTACH {literal(f'ducklake:sqlite:{self.catalogue}')} AS {ALIAS}"
            f" (DATA_PATH {literal(self._tables.address)},"
            " OVERRIDE_DATA_PATH true, DATA_INLINING_ROW_LIMIT 0, META_JOURNAL_MODE 'WAL', META_BUSY_TIMEOUT 10000)"
        )

    def make(self, connection: duckdb.DuckDBPyConnection, known: dict[str, str]) -> None:
        """Make the catalogue aside and move it into place, so that a kill leaves no half lake."""
        aside = self._folder / f"{CATALOGUE}.new"
        for old in self._folder.glob(f"{CATALOGUE}.new*"):
            old.unlink()
        self._tables.prepare()
        connection.execute(self.attach_statement().replace(CATALOGUE, f"{CATALOGUE}.new", 1))
        settle_form(connection)
        connection.execute(f"DETACH {ALIAS}")
        with closing(sqlite3.connect(aside, timeout=10)) as sqlite:
            sqlite.execute("CREATE TABLE dx_lake (name TEXT PRIMARY KEY, value TEXT NOT NULL)")
            sqlite.executemany("INSERT INTO dx_lake VALUES (?, ?)", known.items())
            sqlite.commit()
            sqlite.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            sqlite.execute("PRAGMA journal_mode=DELETE")
        aside.replace(self.catalogue)

    def facts(self) -> dict[str, str]:
        """What a lake is, read with Python's SQLite: nobody in this process may have it open."""
        with closing(sqlite3.connect(self.catalogue, timeout=10)) as connection:
            return dict(connection.execute("SELECT name, value FROM dx_lake").fetchall())

    def raise_format(self) -> None:
        """Say that this release has written into the lake: earlier ones refuse it from now on."""
        with closing(sqlite3.connect(self.catalogue, timeout=10)) as connection:
            connection.execute("UPDATE dx_lake SET value = ? WHERE name = 'format'", [str(FORMAT)])
            connection.commit()

    @contextmanager
    def lock(self, name: str, seconds: float) -> Iterator[None]:
        """A locked file in the folder, which the system lets go of with its process."""
        held = FileLock(self._folder / f"{name}.lock", timeout=seconds)
        try:
            held.acquire()
        except Timeout as fault:
            raise Taken(name) from fault
        try:
            yield
        finally:
            held.release()

    def confirm(self) -> None:
        """Nothing but its own end takes a file's lock from a process."""

    def copied(self) -> CatalogueCopy:
        """The catalogue's pages, read in a process of their own."""
        found = pages.pages(self.catalogue)
        return CatalogueCopy(found, digest_of(found))

    def beside(self, name: str) -> Path:
        """Beside the lake's folder, whose name it may take."""
        self._folder.parent.mkdir(parents=True, exist_ok=True)
        return self._folder.with_name(f".{self._folder.name}.{name}")

    def fill(self, restored: Path) -> None:
        """The restored folder becomes the place's own, after its tables where they lie apart."""
        if self._is_apart:
            self._tables.take_in(restored / TABLES)
        moved(restored, self._folder)

    def book(self) -> Book:
        """The ledger's file beside the catalogue."""
        return FileBook(self._folder / LEDGER)

    def texts(self) -> Iterator[str]:
        """Every text in every table of the catalogue."""
        with closing(sqlite3.connect(f"{self.catalogue.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            for (name,) in names:
                for row in connection.execute(f"SELECT * FROM {quoted(name)}"):
                    yield from (value for value in row if isinstance(value, str))

    def aside(self) -> Folder:
        """A folder in the folder."""
        return Folder(str(self._folder / _ASIDE), self._tables.address)

    def clear_aside(self) -> None:
        """Remove that folder."""
        shutil.rmtree(self._folder / _ASIDE, ignore_errors=True)

    def put_in_place(self) -> None:
        """One rename of the catalogue's file."""
        new = self.aside().catalogue
        _let_go(new)
        _let_go(self.catalogue)
        descriptor = os.open(new, os.O_RDWR)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        new.replace(self.catalogue)

    def remains(self) -> tuple[str, ...]:
        """Nowhere that is not written over, in a folder."""
        return self._tables.remains()

    def lost(self, fault: BaseException) -> Stopped | None:
        """There is no server to lose."""
        return None

    def destroy(self) -> None:
        """Remove the folder of a demo lake."""
        if not self._folder.exists():
            return
        if self.catalogue.exists():
            if "demo_until" not in self.facts():
                raise StartRefused.because(
                    f"『{self._folder}』は本番の台帳です", "デモの台帳には別のフォルダーを指定してください"
                )
        elif any(self._folder.iterdir()):
            raise StartRefused.because(f"『{self._folder}』は台帳ではありません", "空のフォルダーを指定してください")
        shutil.rmtree(self._folder)


def _owner(catalogue: Path) -> str | None:
    with closing(sqlite3.connect(catalogue, timeout=10)) as connection:
        known = dict(connection.execute("SELECT name, value FROM dx_lake").fetchall())
        return bearer(known, connection.execute(CODES.format(schema="")).fetchone())


def _let_go(catalogue: Path) -> None:
    """Bring all into the one file, which is only done where nobody else has it open."""
    until = time.monotonic() + _WAIT
    while True:
        with closing(sqlite3.connect(catalogue, timeout=1, isolation_level=None)) as connection:
            try:
                connection.execute("PRAGMA journal_mode = DELETE").fetchall()
                return
            except sqlite3.OperationalError as fault:
                if time.monotonic() > until:
                    raise LoadRefused.because(
                        "ほかのプログラムが台帳を開いています", "画面（dx serve）を終えてから、やり直してください"
                    ) from fault
