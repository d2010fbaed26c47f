"""The only module that writes data: plan, load, undo, snapshots, copies, on DuckLake.

A lake is a catalogue (SQLite, WAL) and Parquet files. One file is one load is one transaction is one snapshot; who, what
and as of when ride in the snapshot's commit message, so the history of loads is the history of snapshots.
"""

from __future__ import annotations

import datetime as dt
import importlib.util
import json
import secrets
import shutil
import sqlite3
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

import duckdb
import pyarrow as pa
from filelock import FileLock, Timeout

from dx_data import calendar
from dx_data.datasets import DATASETS, dataset_named
from dx_data.derive import tables
from dx_data.derive.tables import literal, quoted
from dx_data.errors import LakeDamaged, LoadRefused, NotFound, Problem, StartRefused, UndoRefused
from dx_data.spec import Dataset, Delivery

FORMAT = 1
_CATALOGUE = "catalog.sqlite"
_ALIAS = "lake"
_SCHEMA = f"{_ALIAS}.main"
_META = f"__ducklake_metadata_{_ALIAS}"
_TURN_SECONDS = 600
_CHANGES_SHOWN = 50
_NETWORK_FILESYSTEMS = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "fuse.sshfs", "ncpfs", "webdav", "davfs"}
_DRIVE_REMOTE = 4


# --- values that travel ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Part:
    """One dataset's rows on their way in.

    `rows` has the dataset's stored columns, `source_sheet` and `source_row`; `present` names the columns the file has
    (about the others it says nothing, so old values stay).
    """

    dataset: Dataset
    rows: pa.Table
    present: frozenset[str]
    delivery: Delivery


@dataclass(frozen=True)
class Change:
    """One value that a load would replace: key in words, column title, old and new."""

    key: str
    column: str
    old: str | None
    new: str | None


@dataclass(frozen=True)
class PartPlan:
    """What a load would do to one table: rows 追加 / 変更 / 変更なし / 消滅, with the first changes spelled out.

    For a 期間 delivery `missing` rows are replaced away; for a 全件 delivery they are marked 消滅.
    """

    part: Part
    added: int
    changed: int
    unchanged: int
    missing: int
    current: int
    changes: tuple[Change, ...] = ()

    @property
    def alters(self) -> bool:
        """Whether anything would be written."""
        return bool(self.added or self.changed or self.missing)

    @property
    def vanishes_too_many(self) -> bool:
        """Whether more keys would vanish than a 全件 delivery may take without its own yes."""
        limit = self.part.dataset.vanish_limit * self.current
        return self.part.delivery is Delivery.WHOLE and self.missing > max(limit, 0)


@dataclass(frozen=True)
class Plan:
    """What a load would do, seen from one snapshot. `repeated` is the load that already brought these bytes."""

    parts: tuple[PartPlan, ...]
    snapshot: int
    repeated: int | None = None

    @property
    def counts(self) -> dict[str, int]:
        """The plan as `dx check --json` shows it."""
        names = ("added", "changed", "unchanged", "missing")
        return {name: sum(getattr(part, name) for part in self.parts) for name in names}

    @property
    def alters(self) -> bool:
        """Whether anything would be written."""
        return self.repeated is None and any(part.alters for part in self.parts)


@dataclass(frozen=True)
class Origin:
    """Where a load comes from: the file as received, who brings it, as of when it speaks."""

    file: str
    sha256: str
    size: int
    author: str
    as_of: dt.date
    message: str = ""


@dataclass(frozen=True)
class Load:
    """One line of the lake's history. `undoes` is set on a load that takes another one back."""

    load: int
    at: dt.datetime
    as_of: dt.date
    author: str
    message: str
    snapshot: int
    file: str
    sha256: str
    tables: tuple[str, ...]
    added: int
    changed: int
    missing: int
    undoes: int | None = None

    def as_json(self, lake_id: str) -> dict[str, Any]:
        """The shape `dx loads --json` promises."""
        return {
            "load": self.load,
            "at": self.at.isoformat(timespec="seconds"),
            "as_of": self.as_of.isoformat(),
            "author": self.author,
            "message": self.message,
            "snapshot": f"{lake_id}:{self.snapshot}",
            "file": self.file,
            "added": self.added,
            "changed": self.changed,
            "missing": self.missing,
            "undoes": self.undoes,
        }


# --- where a lake may lie --------------------------------------------------------------------------------------


def network_filesystem(path: Path, mounts: str | None = None) -> str | None:
    """The kind of network file system a path lies on, or None. `mounts` is the text of /proc/self/mounts."""
    written = str(path)
    if written.startswith(("\\\\", "//")):
        return "UNC"
    if sys.platform == "win32":
        import ctypes

        drive = Path(path).absolute().drive + "\\"
        return "network drive" if ctypes.windll.kernel32.GetDriveTypeW(drive) == _DRIVE_REMOTE else None
    if mounts is None:
        proc = Path("/proc/self/mounts")
        mounts = proc.read_text() if proc.exists() else ""
    best, kind = "", None
    absolute = str(Path(path).absolute())
    for line in mounts.splitlines():
        _, point, filesystem, *_ = line.split()
        point = point.replace("\\040", " ")
        inside = absolute == point or absolute.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, filesystem
    return kind if kind in _NETWORK_FILESYSTEMS else None


def _local(address: str) -> Path:
    if ":" in address.split("/")[0] and not (len(address) > 1 and address[1] == ":"):
        raise StartRefused.because(
            f"台帳の場所『{address.split(':')[0]}:…』は使えません", "DX_LAKE にこのコンピューターのフォルダーを指定してください"
        )
    folder = Path(address)
    if kind := network_filesystem(folder):
        raise StartRefused.because(
            f"台帳の場所『{folder}』はネットワークドライブ（{kind}）にあり、そこでは台帳が壊れることがあります",
            "このコンピューターのディスクを DX_LAKE に指定してください（複数のサーバーで使うときは PostgreSQL）",
        )
    return folder


def exists(address: str) -> bool:
    """Whether a lake lies there."""
    return (_local(address) / _CATALOGUE).exists()


def _extension(name: str) -> Path:
    spec = importlib.util.find_spec(f"duckdb_extension_{name}")
    locations = spec.submodule_search_locations if spec else None
    for location in locations or ():
        for path in Path(location).rglob("*.duckdb_extension"):
            return path
    raise StartRefused.because(
        f"DuckDBの拡張『{name}』が入っていません", "`make run` で入れ直すか、requirements.lock から入れてください"
    )


# --- the lake --------------------------------------------------------------------------------------------------


class Lake:
    """One lake, open: attach once per process, a cursor per use, loads in turn, readers never waiting."""

    def __init__(self, address: str, data: str | None = None, *, municipality: str = "131229") -> None:
        """Open an existing lake; NotFound if there is none, StartRefused if it must not be used where it lies."""
        self.folder = _local(address)
        self.municipality = municipality
        if not (self.folder / _CATALOGUE).exists():
            raise NotFound.because(
                f"台帳が『{self.folder}』にありません", "`dx load` でファイルを取り込むと作られます。デモは `dx demo` で作れます"
            )
        self._data = Path(data) if data else self.folder / "tables"
        self._facts = self._read_facts()
        if int(self._facts["format"]) > FORMAT:
            raise StartRefused.because("新しい版で作られた台帳です", "プログラムを新しい版にしてください")
        self.id: str = self._facts["id"]
        self._connection = self._attach()
        self._history: tuple[int, list[Load]] = (-1, [])
        self._history_lock = Lock()

    @classmethod
    def create(
        cls,
        address: str,
        data: str | None = None,
        *,
        municipality: str = "131229",
        demo_until: dt.date | None = None,
    ) -> Lake:
        """Make an empty lake and open it; `demo_until` marks it for good as a demo that ends on that day."""
        folder = _local(address)
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / "turn.lock", timeout=_TURN_SECONDS):
            if not (folder / _CATALOGUE).exists():
                _make(folder, Path(data) if data else folder / "tables", demo_until)
        return cls(address, data, municipality=municipality)

    @property
    def demo_until(self) -> dt.date | None:
        """The demo's last day; None for a real lake."""
        written = self._facts.get("demo_until")
        return dt.date.fromisoformat(written) if written else None

    @property
    def catalogue(self) -> Path:
        """The SQLite file in which the ledger keeps its own table."""
        return self.folder / _CATALOGUE

    def _read_facts(self) -> dict[str, str]:
        with closing(sqlite3.connect(self.folder / _CATALOGUE, timeout=10)) as connection:
            return dict(connection.execute("SELECT name, value FROM dx_lake").fetchall())

    def _attach(self) -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect(
            ":memory:",
            config={
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                "temp_directory": "",
            },
        )
        for name in ("ducklake", "sqlite_scanner"):
            connection.execute(f"LOAD {literal(str(_extension(name)))}")
        connection.execute("SET GLOBAL TimeZone = 'Asia/Tokyo'")
        connection.execute(_attach_statement(self.folder, self._data))
        return connection

    def close(self) -> None:
        """Let go of the files."""
        self._connection.close()

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection of its own; one shared by threads gives wrong results."""
        return self._connection.cursor()

    # --- reading ---

    def newest(self) -> int:
        """Number of the newest snapshot."""
        with closing(self.cursor()) as cursor:
            (number,) = cursor.execute(f"SELECT max(snapshot_id) FROM {_META}.ducklake_snapshot").fetchall()[0]
        return int(number)

    def at(self, snapshot: str | int | None = None) -> At:
        """The lake at a snapshot: a number, `lake-id:number`, or None for the newest.

        Raises NotFound for another lake's or a missing snapshot.
        """
        newest = self.newest()
        if snapshot is None:
            return At(self, newest)
        lake_id, _, number = str(snapshot).rpartition(":")
        if (lake_id and lake_id != self.id) or not number.isdigit() or not 0 <= int(number) <= newest:
            raise NotFound.because(
                f"時点『{snapshot}』はこの台帳（{self.id}）にありません", "`dx loads` で時点を確かめてください"
            )
        return At(self, int(number))

    def loads(self) -> list[Load]:
        """All loads and undos, newest first."""
        newest = self.newest()
        with self._history_lock:
            if self._history[0] != newest:
                with closing(self.cursor()) as cursor:
                    rows = cursor.execute(
                        f"SELECT snapshot_id, commit_extra_info FROM {_META}.ducklake_snapshot_changes"
                        " WHERE commit_extra_info IS NOT NULL ORDER BY snapshot_id DESC"
                    ).fetchall()
                self._history = (newest, [_load(number, json.loads(info)) for number, info in rows])
            return list(self._history[1])

    def load_named(self, number: int) -> Load:
        """One load; NotFound if there is none of that number."""
        for load in self.loads():
            if load.load == number:
                return load
        raise NotFound.because(f"取込番号 {number} はありません", "`dx loads` で番号を確かめてください")

    def undone(self) -> frozenset[int]:
        """Numbers of the loads that were taken back."""
        return frozenset(load.undoes for load in self.loads() if load.undoes is not None)

    def repeated(self, sha256: str, names: Iterable[str]) -> int | None:
        """The load that already brought these bytes into these tables and still stands, or None."""
        undone, wanted = self.undone(), set(names)
        for load in self.loads():
            if load.sha256 == sha256 and load.undoes is None and load.load not in undone and wanted <= set(load.tables):
                return load.load
        return None

    # --- planning ---

    def plan(self, parts: Sequence[Part], sha256: str | None = None) -> Plan:
        """What loading these parts would do now. Writes nothing."""
        at = self.at()
        repeated = self.repeated(sha256, [p.dataset.name for p in parts]) if sha256 else None
        with closing(self.cursor()) as cursor:
            plans = tuple(_plan_part(cursor, self, at, part, number) for number, part in enumerate(parts))
        return Plan(plans, at.number, repeated)

    # --- writing ---

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Loads take turns, also across processes; a killed process gives its turn back."""
        try:
            with FileLock(self.folder / "turn.lock", timeout=_TURN_SECONDS):
                yield
        except Timeout as fault:
            raise LoadRefused.because(
                "ほかの取込が10分以上続いています", "取込履歴を確かめ、しばらくしてからやり直してください"
            ) from fault

    def load(self, plan: Plan, origin: Origin, *, accept_vanished: bool = False, before: Any = None) -> Load:
        """Write what the plan promised, as one snapshot.

        `before(number)` is called with the load's number inside the turn, before anything is written (the ledger's intent).
        Raises LoadRefused when another load came between plan and yes, or keys vanish beyond the limit without a yes;
        LakeDamaged (rolled back) when the outcome is not what was promised.
        """
        with self.turn():
            parts = [part.part for part in plan.parts]
            fresh = self.plan(parts, origin.sha256)
            if fresh.counts != plan.counts or fresh.repeated != plan.repeated:
                raise LoadRefused.because(
                    "確認のあとに、ほかの取込で台帳が変わりました", "もう一度ファイルを確認してから取り込んでください", stage="load"
                )
            vanished = [part for part in fresh.parts if part.vanishes_too_many]
            if vanished and not accept_vanished:
                raise LoadRefused(tuple(vanished_problem(part) for part in vanished))
            number = max((load.load for load in self.loads()), default=0) + 1
            if before:
                before(number)
            info = _info(number, origin, [p.dataset.name for p in parts], fresh.counts)
            with self._transaction(origin.author, origin.message or f"{origin.file} を取り込み", info) as cursor:
                for index, part in enumerate(fresh.parts):
                    _apply(cursor, self, self.at(), part, index, number, origin.as_of)
            return self.load_named(number)

    def undo(self, number: int, author: str, *, before: Any = None) -> Load:
        """Take a load back, row by row: what it wrote and nobody wrote since gives way to what stood before.

        Raises UndoRefused naming the later loads that wrote the same rows.
        """
        with self.turn():
            load = self.load_named(number)
            if load.undoes is not None:
                raise UndoRefused.because(
                    f"取込番号 {number} は取消の記録です", "もう一度取り込むには、元のファイルを取り込んでください"
                )
            if number in self.undone():
                raise UndoRefused.because(f"取込番号 {number} はすでに取り消されています", "取込履歴を確かめてください")
            base, after, now = At(self, load.snapshot - 1), At(self, load.snapshot), self.at()
            new = max(each.load for each in self.loads()) + 1
            origin = Origin(load.file, load.sha256, 0, author, load.as_of, f"取込番号 {number} の取消")
            with closing(self.cursor()) as probe:
                for name in load.tables:
                    _refuse_overwritten(probe, self, DATASETS[name], load, base, after, now)
            if before:
                before(new)
            counts = {"added": 0, "changed": 0, "missing": 0}
            info = _info(new, origin, load.tables, counts, undoes=number)
            with self._transaction(author, origin.message, info) as cursor:
                for name in load.tables:
                    _take_back(cursor, self, DATASETS[name], load, base, after)
            return self.load_named(new)

    @contextmanager
    def _transaction(self, author: str, message: str, info: dict[str, Any]) -> Iterator[duckdb.DuckDBPyConnection]:
        """One snapshot or nothing."""
        with closing(self.cursor()) as cursor:
            cursor.execute("BEGIN TRANSACTION")
            try:
                yield cursor
                cursor.execute(
                    f"CALL {_ALIAS}.set_commit_message($author, $message, extra_info => $info)",
                    {"author": author, "message": message, "info": json.dumps(info, ensure_ascii=False)},
                )
                cursor.execute("COMMIT")
            except duckdb.Error as fault:
                _roll_back(cursor)
                raise LakeDamaged.because(
                    f"台帳に書き込めませんでした（{type(fault).__name__}）。台帳は元のままです",
                    "ディスクの空きと、ほかのプログラムが台帳を開いていないかを確かめ、やり直してください",
                    stage="load",
                ) from fault
            except BaseException:
                _roll_back(cursor)
                raise

    # --- copies ---

    def copy(self, path: Path, snapshot: str | int | None = None) -> At:
        """Write a plain `.duckdb` of a snapshot: only columns that identify nobody, with Japanese views.

        Refuses to overwrite. Returns the snapshot it shows.
        """
        if path.exists():
            raise LoadRefused.because(f"『{path}』はすでにあります", "別の名前を指定してください")
        at = self.at(snapshot)
        raw = at.columns()
        with closing(self.cursor()) as cursor:
            cursor.execute(f"ATTACH {literal(str(path))} AS copied")
            try:
                for dataset in DATASETS.values():
                    for statement in tables.copy(dataset, raw.get(dataset.name), at.schema, at.version, "copied.main"):
                        cursor.execute(statement)
            finally:
                cursor.execute("DETACH copied")
        return at


@dataclass(frozen=True)
class At:
    """The lake at one snapshot."""

    lake: Lake = field(repr=False)
    number: int

    @property
    def title(self) -> str:
        """`lake-id:number`, as snapshots are written everywhere."""
        return f"{self.lake.id}:{self.number}"

    @property
    def schema(self) -> str:
        """Qualified schema of the raw tables."""
        return _SCHEMA

    @property
    def version(self) -> str:
        """The SQL suffix that pins a raw table to this snapshot."""
        return f"AT (VERSION => {self.number})"

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection of its own."""
        return self.lake.cursor()

    def columns(self) -> Mapping[str, frozenset[str]]:
        """The raw tables there were, with their columns."""
        return self._columns

    @cached_property
    def _columns(self) -> dict[str, frozenset[str]]:
        lives = "{0}.begin_snapshot <= $n AND ({0}.end_snapshot IS NULL OR {0}.end_snapshot > $n)"
        with closing(self.cursor()) as cursor:
            rows = cursor.execute(
                f"SELECT t.table_name, list(c.column_name) FROM {_META}.ducklake_table t"
                f" JOIN {_META}.ducklake_column c USING (table_id)"
                f" WHERE {lives.format('t')} AND {lives.format('c')} GROUP BY t.table_name",
                {"n": self.number},
            ).fetchall()
        return {name: frozenset(columns) for name, columns in rows}

    @cached_property
    def _loads(self) -> list[Load]:
        return [load for load in self.lake.loads() if load.snapshot <= self.number]

    def _standing(self, names: Iterable[str]) -> list[Load]:
        undone = {load.undoes for load in self._loads}
        wanted = set(names)
        return [
            load
            for load in self._loads
            if load.undoes is None and load.load not in undone and wanted.intersection(load.tables)
        ]

    def changed(self, names: Iterable[str]) -> int:
        """Newest snapshot up to this one that changed one of these tables; 0 if none did."""
        wanted = set(names)
        return max((load.snapshot for load in self._loads if wanted.intersection(load.tables)), default=0)

    def as_of(self, names: Iterable[str]) -> dt.date | None:
        """Latest as-of date of the standing loads of these tables."""
        return max((load.as_of for load in self._standing(names)), default=None)

    def updated(self, names: Iterable[str]) -> dt.datetime | None:
        """When these tables were last loaded."""
        return max((load.at for load in self._standing(names)), default=None)


# --- statements ------------------------------------------------------------------------------------------------


def _attach_statement(folder: Path, data: Path) -> str:
    # Without our own data path and the override, a restored copy would silently read the old lake's files.
    return (
        f"ATTACH {literal(f'ducklake:sqlite:{folder / _CATALOGUE}')} AS {_ALIAS} (DATA_PATH {literal(str(data))},"
        " OVERRIDE_DATA_PATH true, DATA_INLINING_ROW_LIMIT 0, META_JOURNAL_MODE 'WAL', META_BUSY_TIMEOUT 10000)"
    )


def _make(folder: Path, data: Path, demo_until: dt.date | None) -> None:
    """Make the catalogue aside and move it into place, so that a kill leaves no half lake."""
    aside = folder / f"{_CATALOGUE}.new"
    for old in folder.glob(f"{_CATALOGUE}.new*"):
        old.unlink()
    data.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(":memory:", config={"autoinstall_known_extensions": "false"})
    for name in ("ducklake", "sqlite_scanner"):
        connection.execute(f"LOAD {literal(str(_extension(name)))}")
    connection.execute(_attach_statement(folder, data).replace(_CATALOGUE, f"{_CATALOGUE}.new", 1))
    connection.close()
    facts = {"id": secrets.token_hex(4), "format": str(FORMAT), "made_at": calendar.now().isoformat()}
    if demo_until:
        facts["demo_until"] = demo_until.isoformat()
    with closing(sqlite3.connect(aside, timeout=10)) as sqlite:
        sqlite.execute("CREATE TABLE dx_lake (name TEXT PRIMARY KEY, value TEXT NOT NULL)")
        sqlite.executemany("INSERT INTO dx_lake VALUES (?, ?)", facts.items())
        sqlite.commit()
        sqlite.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        sqlite.execute("PRAGMA journal_mode=DELETE")
    aside.replace(folder / _CATALOGUE)


def destroy(address: str) -> None:
    """Remove a demo lake's folder; refuses any lake that is not marked as a demo."""
    folder = _local(address)
    if not folder.exists():
        return
    if (folder / _CATALOGUE).exists():
        lake = Lake(address)
        demo = lake.demo_until
        lake.close()
        if demo is None:
            raise StartRefused.because(f"『{folder}』は本番の台帳です", "デモの台帳には別のフォルダーを指定してください")
    elif any(folder.iterdir()):
        raise StartRefused.because(f"『{folder}』は台帳ではありません", "空のフォルダーを指定してください")
    shutil.rmtree(folder)


def _info(
    number: int, origin: Origin, names: Sequence[str], counts: Mapping[str, int], undoes: int | None = None
) -> dict[str, Any]:
    return {
        "load": number,
        "at": calendar.now().isoformat(timespec="seconds"),
        "as_of": origin.as_of.isoformat(),
        "author": origin.author,
        "message": origin.message or f"{origin.file} を取り込み",
        "file": origin.file,
        "sha256": origin.sha256,
        "tables": list(names),
        "added": counts["added"],
        "changed": counts["changed"],
        "missing": counts["missing"],
        "undoes": undoes,
    }


def _load(snapshot: int, info: dict[str, Any]) -> Load:
    return Load(
        **{
            **info,
            "at": dt.datetime.fromisoformat(info["at"]),
            "as_of": dt.date.fromisoformat(info["as_of"]),
            "tables": tuple(info["tables"]),
        },
        snapshot=snapshot,
    )


def _same_key(dataset: Dataset, left: str, right: str) -> str:
    # A blank key column is a value of the key.
    return " AND ".join(f"{left}.{quoted(n)} IS NOT DISTINCT FROM {right}.{quoted(n)}" for n in dataset.key)


def _current(lake: Lake, at: At, dataset: Dataset) -> str:
    """The ward's rows of a table as it stands; an empty table of today's shape if there is none, NULL for new columns."""
    kinds = tables.fields(dataset)
    existing = at.columns().get(dataset.name)
    if existing is None:
        return "(SELECT " + ", ".join(f"NULL::{kind} AS {quoted(n)}" for n, kind in kinds.items()) + " WHERE false)"
    columns = ", ".join(quoted(n) if n in existing else f"NULL::{kind} AS {quoted(n)}" for n, kind in kinds.items())
    return (
        f"(SELECT {columns} FROM {at.schema}.{quoted(dataset.name)} {at.version}"
        f" WHERE municipality_code = {literal(lake.municipality)})"
    )


def _plan_part(cursor: duckdb.DuckDBPyConnection, lake: Lake, at: At, part: Part, index: int) -> PartPlan:
    dataset = part.dataset
    delta, gone = f"delta_{index}", f"gone_{index}"
    current = _current(lake, at, dataset)
    cursor.register("incoming", part.rows)
    stored = [column.name for column in dataset.stored]
    taken = ", ".join(
        f"{'i' if n in part.present or n in dataset.key else 'c'}.{quoted(n)} AS {quoted(n)}" for n in stored
    )
    differs = " OR ".join(
        f"i.{quoted(n)} IS DISTINCT FROM c.{quoted(n)}" for n in stored if n in part.present and n not in dataset.key
    )
    olds = ", ".join(f"c.{quoted(n)} AS {quoted(f'old_{n}')}" for n in stored)
    cursor.execute(
        f"CREATE TEMP TABLE {delta} AS SELECT {taken}, i.source_sheet, i.source_row, {olds},"
        f" CASE WHEN c.municipality_code IS NULL THEN 'added'"
        f" WHEN {differs or 'false'} OR c.vanished_on IS NOT NULL THEN 'changed' ELSE 'unchanged' END AS fate"
        f" FROM incoming i LEFT JOIN {current} c ON {_same_key(dataset, 'i', 'c')}"
    )
    covered = {
        Delivery.APPEND: "false",
        Delivery.WHOLE: "c.vanished_on IS NULL",
        Delivery.PERIOD: f"c.{quoted(dataset.period or '')} IN (SELECT {quoted(dataset.period or '')} FROM incoming)",
    }[part.delivery]
    cursor.execute(
        f"CREATE TEMP TABLE {gone} AS SELECT c.* FROM {current} c ANTI JOIN incoming i ON {_same_key(dataset, 'i', 'c')}"
        f" WHERE {covered}"
    )
    fates = dict(cursor.execute(f"SELECT fate, count(*) FROM {delta} GROUP BY fate").fetchall())
    ((missing,),) = cursor.execute(f"SELECT count(*) FROM {gone}").fetchall()
    ((before,),) = cursor.execute(f"SELECT count(*) FROM {current} c WHERE c.vanished_on IS NULL").fetchall()
    changes = _changes(cursor, dataset, delta, part.present) if fates.get("changed") else ()
    cursor.unregister("incoming")
    counts = {fate: int(fates.get(fate, 0)) for fate in ("added", "changed", "unchanged")}
    return PartPlan(part, **counts, missing=missing, current=before, changes=changes)


def _changes(
    cursor: duckdb.DuckDBPyConnection, dataset: Dataset, delta: str, present: frozenset[str]
) -> tuple[Change, ...]:
    key = " || '・' || ".join(f"coalesce({quoted(n)}::VARCHAR, '（空欄）')" for n in dataset.key)
    each = " UNION ALL ".join(
        f"SELECT {key} AS k, {literal(c.title)} AS title, {quoted(f'old_{c.name}')}::VARCHAR AS old,"
        f" {quoted(c.name)}::VARCHAR AS new FROM {delta}"
        f" WHERE fate = 'changed' AND {quoted(c.name)} IS DISTINCT FROM {quoted(f'old_{c.name}')}"
        for c in dataset.stored
        if c.name in present and c.name not in dataset.key
    )
    if not each:
        return ()
    rows = cursor.execute(f"SELECT * FROM ({each}) ORDER BY k, title LIMIT {_CHANGES_SHOWN}").fetchall()
    return tuple(Change(*row) for row in rows)


def vanished_problem(part: PartPlan) -> Problem:
    """The fault of a 全件 delivery that lacks too many of the keys we know."""
    dataset = part.part.dataset
    share = 100 * part.missing / max(part.current, 1)
    return Problem(
        stage="plan",
        rule="plan.vanished",
        message=f"『{dataset.title}』の {part.current:,} 件のうち {part.missing:,} 件（{share:.1f} %）がファイルにありません",
        fix="全件を書き出したか確かめ、本当に無くなったのなら「消滅を認める」を選んでください",
        count=part.missing,
    )


def _apply(
    cursor: duckdb.DuckDBPyConnection, lake: Lake, at: At, plan: PartPlan, index: int, number: int, as_of: dt.date
) -> None:
    dataset = plan.part.dataset
    _shape(cursor, at, dataset)
    again = _plan_part(cursor, lake, at, plan.part, index)
    delta, gone = f"delta_{index}", f"gone_{index}"
    table = f"{_SCHEMA}.{quoted(dataset.name)}"
    mine = f"t.municipality_code = {literal(lake.municipality)}"
    ((before,),) = cursor.execute(f"SELECT count(*) FROM {table} t WHERE {mine}").fetchall()
    stored = ", ".join(quoted(column.name) for column in dataset.stored)
    if again.changed:
        cursor.execute(
            f"DELETE FROM {table} AS t USING {delta} d WHERE d.fate = 'changed' AND {mine} AND {_same_key(dataset, 'd', 't')}"
        )
    if again.missing:
        cursor.execute(f"DELETE FROM {table} AS t USING {gone} d WHERE {mine} AND {_same_key(dataset, 'd', 't')}")
    cursor.execute(
        f"INSERT INTO {table} ({stored}, municipality_code, load_id, source_sheet, source_row, vanished_on)"
        f" SELECT {stored}, {literal(lake.municipality)}, {number}, source_sheet, source_row, NULL"
        f" FROM {delta} WHERE fate <> 'unchanged'"
    )
    kept = 0
    if again.missing and plan.part.delivery is Delivery.WHOLE:
        kept = again.missing
        cursor.execute(
            f"INSERT INTO {table} ({stored}, municipality_code, load_id, source_sheet, source_row, vanished_on)"
            f" SELECT {stored}, municipality_code, {number}, source_sheet, source_row, $as_of FROM {gone}",
            {"as_of": as_of},
        )
    for name in dataset.tracks:
        if name in plan.part.present:
            _observe(cursor, lake, dataset, name, delta, number, as_of)
    ((after,),) = cursor.execute(f"SELECT count(*) FROM {table} t WHERE {mine}").fetchall()
    promised = before + again.added - again.missing + kept
    _verify(cursor, dataset, table, mine, delta, promised=promised, found=after)


def _shape(cursor: duckdb.DuckDBPyConnection, at: At, dataset: Dataset) -> None:
    existing = at.columns().get(dataset.name)
    statements = (
        tables.create(dataset, _SCHEMA) if existing is None else tables.extend(dataset, _SCHEMA, existing)
    )
    for statement in statements:
        cursor.execute(statement)


def _observe(
    cursor: duckdb.DuckDBPyConnection, lake: Lake, dataset: Dataset, name: str, delta: str, number: int, as_of: dt.date
) -> None:
    key = ", ".join(map(quoted, dataset.key))
    cursor.execute(
        f"INSERT INTO {_SCHEMA}.{quoted(tables.history_name(dataset))}"
        f" ({key}, column_name, old, new, observed_on, municipality_code, load_id)"
        f" SELECT {key}, {literal(name)}, {quoted(f'old_{name}')}, {quoted(name)}, $as_of,"
        f" {literal(lake.municipality)}, {number} FROM {delta}"
        f" WHERE fate <> 'unchanged' AND {quoted(name)} IS DISTINCT FROM {quoted(f'old_{name}')}",
        {"as_of": as_of},
    )


def _verify(
    cursor: duckdb.DuckDBPyConnection, dataset: Dataset, table: str, mine: str, delta: str, *, promised: int, found: int
) -> None:
    """DuckLake knows no keys: the row count the plan promised and the key's uniqueness are tested before the commit."""
    key = ", ".join(f"t.{quoted(n)}" for n in dataset.key)
    ((twice,),) = cursor.execute(
        f"SELECT count(*) FROM (SELECT {key} FROM {table} t SEMI JOIN {delta} d ON {_same_key(dataset, 'd', 't')}"
        f" WHERE {mine} GROUP BY {key} HAVING count(*) > 1)"
    ).fetchall()
    if promised != found or twice:
        raise LakeDamaged.because(
            f"『{dataset.title}』が予定の {promised:,} 行でなく {found:,} 行（重複 {twice:,} 件）になるため、取込をやめました",
            "台帳は元のままです。この表示を添えて管理者に知らせてください",
            stage="load",
        )


def _written(lake: Lake, dataset: Dataset, load: Load, after: At) -> str:
    return f"(SELECT * FROM {_current(lake, after, dataset)} WHERE load_id = {load.load})"


def _removed(lake: Lake, dataset: Dataset, base: At, after: At) -> str:
    return (
        f"(SELECT b.* FROM {_current(lake, base, dataset)} b ANTI JOIN {_current(lake, after, dataset)} a"
        f" ON {_same_key(dataset, 'b', 'a')})"
    )


def _refuse_overwritten(
    cursor: duckdb.DuckDBPyConnection, lake: Lake, dataset: Dataset, load: Load, base: At, after: At, now: At
) -> None:
    current = _current(lake, now, dataset)
    written, removed = _written(lake, dataset, load, after), _removed(lake, dataset, base, after)
    rows = cursor.execute(
        f"SELECT c.load_id, count(*) FROM {written} w LEFT JOIN {current} c ON {_same_key(dataset, 'w', 'c')}"
        f" WHERE c.load_id IS DISTINCT FROM {load.load} GROUP BY c.load_id"
        f" UNION ALL SELECT c.load_id, count(*) FROM {removed} r JOIN {current} c ON {_same_key(dataset, 'r', 'c')}"
        f" GROUP BY c.load_id"
    ).fetchall()
    if not rows:
        return
    by_load = {number for number, _ in rows if number is not None}
    if any(number is None for number, _ in rows):
        by_load |= _removers(cursor, lake, dataset, load, written)
    names = "、".join(f"取込番号 {number}" for number in sorted(by_load, reverse=True))
    count = sum(count for _, count in rows)
    raise UndoRefused.because(
        f"取込番号 {load.load} が書いた『{dataset.title}』の {count:,} 行を、あとの取込（{names}）が書き換えています",
        f"先に {names} を取り消してください",
        count=count,
    )


def _removers(cursor: duckdb.DuckDBPyConnection, lake: Lake, dataset: Dataset, load: Load, written: str) -> set[int]:
    """The later loads that took rows away which the load had written."""
    found = set()
    for later in sorted(lake.loads(), key=lambda each: each.snapshot):
        if later.snapshot <= load.snapshot or dataset.name not in later.tables:
            continue
        before, after = At(lake, later.snapshot - 1), At(lake, later.snapshot)
        ((count,),) = cursor.execute(
            f"SELECT count(*) FROM {_removed(lake, dataset, before, after)} r JOIN {written} w"
            f" ON {_same_key(dataset, 'r', 'w')} WHERE r.load_id = {load.load}"
        ).fetchall()
        if count:
            found.add(later.load)
    return found


def _take_back(
    cursor: duckdb.DuckDBPyConnection, lake: Lake, dataset: Dataset, load: Load, base: At, after: At
) -> None:
    table = f"{_SCHEMA}.{quoted(dataset.name)}"
    names = ", ".join(map(quoted, tables.fields(dataset)))
    _shape(cursor, lake.at(), dataset)
    cursor.execute(
        f"CREATE TEMP TABLE back AS SELECT b.* FROM {_current(lake, base, dataset)} b SEMI JOIN"
        f" {_written(lake, dataset, load, after)} w ON {_same_key(dataset, 'b', 'w')}"
        f" UNION ALL SELECT * FROM {_removed(lake, dataset, base, after)}"
    )
    cursor.execute(
        f"DELETE FROM {table} WHERE load_id = {load.load} AND municipality_code = {literal(lake.municipality)}"
    )
    cursor.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM back")
    cursor.execute("DROP TABLE back")
    if dataset.tracks:
        history = f"{_SCHEMA}.{quoted(tables.history_name(dataset))}"
        cursor.execute(f"DELETE FROM {history} WHERE load_id = {load.load}")


def _roll_back(cursor: duckdb.DuckDBPyConnection) -> None:
    try:
        cursor.execute("ROLLBACK")
    except duckdb.TransactionException:  # a failed COMMIT has already rolled back
        return


def datasets_of(load: Load) -> tuple[Dataset, ...]:
    """The datasets a load wrote."""
    return tuple(dataset_named(name) for name in load.tables)
