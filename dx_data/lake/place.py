"""Where a lake lies: what its catalogue, its ledger, the folders of its files and its locks must be able to do."""

from __future__ import annotations

import datetime as dt
import secrets
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from dx_data import calendar
from dx_data.errors import LoadRefused, StartRefused, Stopped
from dx_data.lake.book import Book
from dx_data.lake.extensions import extended
from dx_data.lake.files import Files

# Since 2 the lake keeps rollups, since 3 one of 電子申請: a program that does not know them leaves them behind.
FORMAT = 3
CATALOGUE = "catalog.sqlite"  # both names in a folder, and in a backup of any lake
LEDGER = "ledger.sqlite"
TABLES = "tables/"  # where the Parquet files lie, unless they were given a place, and in a backup
ALIAS = "lake"
SCHEMA = f"{ALIAS}.main"
_FORM = (("parquet_compression", "zstd"), ("parquet_version", "2"))
META = f"__ducklake_metadata_{ALIAS}"
TURN_SECONDS = 600
# The first and the last code that any table's rows ever bore, which DuckLake keeps of every column.
CODES = (
    "SELECT min(s.min_value), max(s.max_value) FROM {schema}ducklake_table_column_stats s"
    " JOIN {schema}ducklake_column c USING (table_id, column_id) WHERE c.column_name = 'municipality_code'"
)
WARDS = "wards"  # below the first municipality's folders, one folder for each that came later


class Taken(Exception):
    """Somebody else holds a lock for longer than was to be waited."""


@dataclass(frozen=True)
class CatalogueCopy:
    """A catalogue at one moment: as the bytes of a SQLite file, and the digest that tells whether it was changed."""

    pages: bytes
    digest: str


class Place(ABC):
    """One lake's place. `title` names it in messages; `extensions` are those that DuckDB reads its catalogue with.
    `proves` is what of its catalogue a digest is taken of: `pages` of a file, or `rows`.

    `files` holds what is kept of loaded files, `tables` the Parquet files. `is_shared`: several servers may use it.
    """

    title: str
    extensions: tuple[str, ...]
    proves: str
    is_shared = False
    municipality: str | None = None  # for whom the place was looked up
    below = Path()  # where, below the first municipality's folders, this one keeps its own

    @abstractmethod
    def owner(self) -> str | None:
        """The code of the municipality whose lake lies there; None where none does, or nothing was ever loaded.

        StartRefused for a lake in which an earlier release mixed several.
        """

    @abstractmethod
    def of(self, code: str) -> Place:
        """The place of a municipality that came after the one whose lake lies here."""

    @abstractmethod
    def later(self) -> list[str]:
        """The codes of the municipalities that came after the first, as far as they have a lake."""

    @property
    @abstractmethod
    def folder(self) -> Path:
        """A folder that this computer sees, of the lake's alone: for copies that are made, and what is restored."""

    @property
    @abstractmethod
    def files(self) -> Files:
        """What holds what is kept of loaded files, below `kept/`."""

    @property
    @abstractmethod
    def tables(self) -> Files:
        """What holds the Parquet files."""

    @abstractmethod
    def prepare(self) -> None:
        """Make room for a new lake; StartRefused where none may lie."""

    @abstractmethod
    def mark(self) -> int:
        """What tells one catalogue from another that comes into its place; 0 where there is none."""

    @abstractmethod
    def stamp(self) -> str:
        """What is another after every change of the catalogue, told without opening the lake; may also change alone."""

    @abstractmethod
    def attach_statement(self) -> str:
        """SQL that attaches the catalogue with our own data path."""

    @abstractmethod
    def make(self, connection: duckdb.DuckDBPyConnection, known: dict[str, str]) -> None:
        """Make an empty catalogue that knows these facts of itself, whole or not at all. To be done within a turn.

        `connection` is that of a `database()`; nothing stays attached to it.
        """

    @abstractmethod
    def facts(self) -> dict[str, str]:
        """What a lake is: id, format, made_at, and demo_until in a demo."""

    @abstractmethod
    def raise_format(self) -> None:
        """Say that this release has written into the lake: earlier ones refuse it from now on."""

    @abstractmethod
    def lock(self, name: str, seconds: float) -> AbstractContextManager[None]:
        """Hold what only one process at a time may hold; a killed one gives it back. Raises Taken after a while."""

    @abstractmethod
    def confirm(self) -> None:
        """Make sure that the turn is still held, just before what it protects is made to last."""

    @abstractmethod
    def copied(self) -> CatalogueCopy:
        """The catalogue as it is now. To be taken within a turn."""

    @abstractmethod
    def beside(self, name: str) -> Path:
        """A folder for what is to come into this place, where that takes no copying."""

    @abstractmethod
    def fill(self, restored: Path) -> None:
        """A lake restored into a folder becomes that of this place, as a whole.

        FileExistsError where another one came first.
        """

    @abstractmethod
    def book(self) -> Book:
        """Where the ledger's lines are kept: beside the catalogue, outside DuckLake."""

    @abstractmethod
    def texts(self) -> Iterator[str]:
        """Every text in the catalogue. Nobody in this process may have it open."""

    @abstractmethod
    def aside(self) -> Place:
        """Where another catalogue of the same files is made, to come into this one's place."""

    @abstractmethod
    def clear_aside(self) -> None:
        """Remove a catalogue that was begun aside and did not come into its place."""

    @abstractmethod
    def put_in_place(self) -> None:
        """The catalogue made aside becomes the lake's, in one step. Both must be closed here.

        LoadRefused when another program keeps the old one in use for a minute.
        """

    @abstractmethod
    def remains(self) -> tuple[str, ...]:
        """Where traces of a disposed catalogue may stay that only people can reach, as sentences."""

    @abstractmethod
    def lost(self, fault: BaseException) -> Stopped | None:
        """A fault of DuckDB that says that the catalogue's server is gone, in words; None for any other."""

    @abstractmethod
    def destroy(self) -> None:
        """Remove a demo lake; refuses any lake that is not marked as a demo."""

    def own(self, file: str) -> Path:
        """Where this municipality keeps what the first one keeps in a file or folder beside the lake."""
        return Path(file).parent / self.below / Path(file).name

    @property
    def is_empty(self) -> bool:
        """Whether nothing lies here that a restored lake would mix with."""
        return self.files.is_blank and self.tables.is_blank

    def exists(self) -> bool:
        """Whether a lake lies there."""
        return self.mark() != 0

    def database(self) -> duckdb.DuckDBPyConnection:
        """A database of its own that can attach this lake."""
        made = extended(*self.extensions, *self.tables.extensions)
        self.tables.grant(made)
        return made

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Whoever writes into a lake takes turns, also across processes; a killed process gives its turn back.

        LoadRefused after ten minutes.
        """
        try:
            with self.lock("turn", TURN_SECONDS):
                yield
        except Taken as fault:
            raise LoadRefused.because(
                "ほかの取込が10分以上続いています", "取込履歴を確かめ、しばらくしてからやり直してください"
            ) from fault


def settle_form(connection: duckdb.DuckDBPyConnection) -> None:
    """Say, once for all, how a new catalogue's Parquet files are written: for our rows, in less than half the space."""
    for option, value in _FORM:
        connection.execute(f"CALL {ALIAS}.set_option('{option}', '{value}')")


def bearer(known: dict[str, str], codes: tuple[str | None, str | None]) -> str | None:
    """Whose a lake is by its facts, or where an earlier release made it by the first and the last code of its rows."""
    first, last = codes
    if (told := known.get("municipality")) or first == last:
        return told or first
    raise StartRefused.because(
        "この台帳には、前の版で取り込んだ、いくつもの自治体の行が混ざっています",
        "DX_LAKE に新しい場所を指定し、それぞれの自治体のファイルを取り込み直してください",
    )


def born(municipality: str, demo_until: dt.date | None, disposed_to: int) -> dict[str, str]:
    """The facts of a municipality's new lake: its loads are numbered from after `disposed_to`."""
    known = {"id": secrets.token_hex(4), "format": str(FORMAT), "made_at": calendar.now().isoformat()}
    known["municipality"] = municipality
    if demo_until:
        known["demo_until"] = demo_until.isoformat()
    if disposed_to:
        known["disposed_to"] = str(disposed_to)
    return known
