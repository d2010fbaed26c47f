"""One lake, open: reading it at any snapshot, planning, loading, taking back, copying."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import lru_cache, partial
from pathlib import Path
from threading import Lock
from typing import Any

import duckdb

from dx_data.datasets import DATASETS
from dx_data.derive import tables
from dx_data.derive.tables import literal, quoted
from dx_data.errors import LakeDamaged, LoadRefused, NotFound, Problem, StartRefused, UndoRefused, of_bucket, of_disk
from dx_data.lake import address as addresses
from dx_data.lake import history, place, reference, stored
from dx_data.lake.history import Load, Origin
from dx_data.lake.moment import Moment
from dx_data.lake.near import Near
from dx_data.lake.place import ALIAS, META, Place
from dx_data.lake.plan import Part, Plan, older_problem, plan_part, vanished_problem
from dx_data.lake.reference import declared
from dx_data.lake.undo import refuse_overwritten, take_back
from dx_data.lake.write import apply
from dx_data.spec import Dataset

_SHAPES = 64

Announce = Callable[[int], tuple[int, str]]
Record = Callable[[Load], None]
Commit = Callable[[dict[str, Any]], None]


class Lake:
    """One lake, open: attach once per process, a cursor per use, loads in turn, readers never waiting."""

    def __init__(
        self,
        address: str | Place,
        data: str | None = None,
        *,
        municipality: str = "131229",
        facts: dict[str, str] | None = None,
        database: duckdb.DuckDBPyConnection | None = None,
        confined: bool = False,
    ) -> None:
        """Open an existing lake; NotFound if there is none, StartRefused if it must not be used where it lies.

        It is attached to a database of its own: the given one, with nothing attached yet, or a new one. A `confined`
        lake reads nothing outside its own folders, whatever its catalogue says.

        In a folder, its facts are read with Python's SQLite. Who has the lake open gives them: closing a second
        SQLite's hold on a file lets go of the locks that DuckDB's has on it in the same process
        (sqlite.org/howtocorrupt.html 2.2).
        """
        self.place = _placed(address, data, municipality)
        self.municipality = municipality
        self._mark = self.place.mark()
        if not self._mark:
            others = "（そこにあるのは、ほかの自治体の台帳です）" if self.place.below.parts else ""
            raise NotFound.because(
                f"台帳が『{self.place.title}』にありません{others}",
                "`dx load` でファイルを取り込むと作られます。デモは `dx demo` で作れます"
                + "。前からある台帳なら、DX_MUNICIPALITY_CODE を確かめてください" * bool(others),
            )
        self.folder, self.tables = self.place.folder, self.place.tables
        self.place.files.reach()
        self.tables.reach()
        self._facts = facts or self.place.facts()
        # Set where it is not known whether a load was done, until the ledger's open intents are settled.
        self.is_unsettled = False
        if int(self._facts["format"]) > place.FORMAT:
            raise StartRefused.because("新しい版で作られた台帳です", "プログラムを新しい版にしてください")
        if not self.demo_until and (self._facts.get("municipality") or self.place.owner()) not in (None, municipality):
            raise StartRefused.because(
                f"『{self.place.title}』は、ほかの自治体の台帳です", "DX_MUNICIPALITY_CODE を確かめてください"
            )
        self.id: str = self._facts["id"]
        self._connection = database or self.place.database()
        self._connection.execute("SET GLOBAL TimeZone = 'Asia/Tokyo'")
        # A table's file is never altered, so what it says of itself is read once and not for every question.
        self._connection.execute("SET GLOBAL parquet_metadata_cache = true")
        self._connection.execute(self.place.attach_statement())
        self._confined = confined
        if confined:
            self._confine()
        self._history: tuple[int, list[Load]] = (-1, [])
        self._history_lock = Lock()
        self._dated: dict[tuple[str, str], tuple[int, dict[str, dt.date]]] = {}
        self._near: Near | None = None
        self._shapes = lru_cache(maxsize=_SHAPES)(self._shape)

    @classmethod
    def create(
        cls,
        address: str | Place,
        data: str | None = None,
        *,
        municipality: str = "131229",
        demo_until: dt.date | None = None,
        disposed_to: int = 0,
    ) -> Lake:
        """Make an empty lake and open it; `demo_until` marks it for good as a demo that ends on that day.

        Its loads are numbered from after `disposed_to`.
        """
        here = _placed(address, data, municipality)
        here.prepare()
        database = here.database()
        with here.turn():
            if not here.exists():
                here.make(database, place.born(municipality, demo_until, disposed_to))
            elif not (demo_until or here.below.parts) and here.owner() not in (None, municipality):  # who came first
                return cls.create(here.of(municipality), municipality=municipality)
        return cls(here, municipality=municipality, database=database)

    @property
    def demo_until(self) -> dt.date | None:
        """The demo's last day; None for a real lake."""
        written = self._facts.get("demo_until")
        return dt.date.fromisoformat(written) if written else None

    def _confine(self) -> None:
        reached = {each.title for each in (self.place.files, self.tables)} | {str(self.folder.absolute())}
        folders = ", ".join(map(literal, sorted(reached)))
        self._connection.execute(f"SET allowed_directories = [{folders}]")
        self._connection.execute("SET enable_external_access = false")

    @contextmanager
    def apart(self) -> Iterator[Lake]:
        """The same lake attached once more in a database of its own, with one thread, for as long as it is used.

        An internal fault of DuckDB ends the whole database it happens in. What asks unusual questions asks them here,
        so that the answers on everybody's screens live on.
        """
        again = Lake(
            self.place,
            municipality=self.municipality,
            facts=self._facts,
            confined=self._confined,
        )
        with closing(again) as own:
            own._connection.execute("SET threads = 1")
            yield own

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
            (number,) = cursor.execute(f"SELECT max(snapshot_id) FROM {META}.ducklake_snapshot").fetchall()[0]
        return int(number)

    def at(self, snapshot: str | int | None = None) -> Moment:
        """The lake at a snapshot: a number, `lake-id:number`, or None for the newest.

        Raises NotFound for another lake's or a missing snapshot.
        """
        newest = self.newest()
        if snapshot is None:
            return self._moment(newest, newest)
        lake_id, _, number = str(snapshot).rpartition(":")
        if (
            (lake_id and lake_id != self.id)
            or not (number.isascii() and number.isdigit())
            or not 0 <= int(number) <= newest
        ):
            raise NotFound.because(
                f"時点『{snapshot}』はこの台帳（{self.id}）にありません",
                "`dx loads` で時点を確かめてください",
            )
        return self._moment(int(number), newest)

    def _moment(self, number: int, newest: int | None = None) -> Moment:
        history = self.loads if newest is None else partial(self._loads, newest)
        return Moment(number, self.id, self.municipality, self.cursor, history, self._shapes, self._near)

    def _shape(self, number: int) -> Mapping[str, frozenset[str]]:
        """The raw tables there were at a snapshot, with their columns. What was never alters, so it is remembered."""
        lives = "{0}.begin_snapshot <= $n AND ({0}.end_snapshot IS NULL OR {0}.end_snapshot > $n)"
        with closing(self.cursor()) as cursor:
            rows = cursor.execute(
                f"SELECT t.table_name, list(c.column_name) FROM {META}.ducklake_table t"
                f" JOIN {META}.ducklake_column c USING (table_id)"
                f" WHERE {lives.format('t')} AND {lives.format('c')} GROUP BY t.table_name",
                {"n": number},
            ).fetchall()
        return {name: frozenset(columns) for name, columns in rows}

    def keep_near(self) -> None:
        """From now on moments can bring tables near: for who asks many questions, such as the screens."""
        self._near = self._near or Near(self.cursor)

    def loads(self) -> list[Load]:
        """All loads and undos, newest first."""
        return self._loads(self.newest())

    @property
    def is_empty(self) -> bool:
        """Whether nothing was ever loaded. What was loaded once stays in the history of this catalogue."""
        return not (self._history[1] or self.loads())

    def _loads(self, newest: int) -> list[Load]:
        """All loads there were when this snapshot was the newest."""
        with self._history_lock:
            if self._history[0] < newest:
                with closing(self.cursor()) as cursor:
                    rows = cursor.execute(
                        f"SELECT snapshot_id, commit_extra_info FROM {META}.ducklake_snapshot_changes"
                        " WHERE commit_extra_info IS NOT NULL ORDER BY snapshot_id DESC"
                    ).fetchall()
                self._history = (newest, [history.read(number, json.loads(info)) for number, info in rows])
            return [load for load in self._history[1] if load.snapshot <= newest]

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
        """The load that already brought these bytes into these tables and still stands, or None.

        After an undo that touched these tables the rows decide: it may have taken back what the bytes vouch for.
        """
        undone, wanted = self.undone(), set(names)
        if not wanted <= DATASETS.keys():
            return None  # the same bytes may become several 参考データ; their rows say whether anything is new
        for load in self.loads():
            if load.undoes is not None and wanted.intersection(load.tables):
                return None
            if load.sha256 == sha256 and load.undoes is None and load.load not in undone and wanted <= set(load.tables):
                return load.load
        return None

    def dated(self, dataset: Dataset, column: str, since: str) -> dict[str, dt.date]:
        """Every value of a master's column that still stands, with its first day."""
        written = next((load.snapshot for load in self.loads() if dataset.name in load.tables), None)
        if written is None:
            return {}
        kept, found = self._dated.get((dataset.name, column), (-1, {}))
        if kept != written:
            at = self.at()
            with closing(self.cursor()) as cursor:
                rows = cursor.execute(
                    f"SELECT {quoted(column)}, min({quoted(since)}) FROM {at.rows(dataset)}"
                    f" WHERE vanished_on IS NULL AND {quoted(column)} IS NOT NULL GROUP BY 1 ORDER BY 1"
                ).fetchall()
            found = dict(rows)
            self._dated[dataset.name, column] = (written, found)
        return dict(found)

    def written(self, number: int, names: Iterable[str], limit: int) -> tuple[list[dict[str, Any]], int]:
        """Where the rows stand that a load wrote into these tables: dataset, sheet, row; the first, and how many."""
        at = self._moment(self.load_named(number).snapshot)
        rows: list[dict[str, Any]] = []
        count = 0
        with closing(self.cursor()) as cursor:
            for name in names:
                wrote = f"FROM {at.rows(declared(name))} WHERE load_id = {number:d}"
                ((more,),) = cursor.execute(f"SELECT count(*) {wrote}").fetchall()
                first = f"ORDER BY 1 NULLS FIRST, 2 LIMIT {limit - len(rows):d}"
                found = cursor.execute(f"SELECT source_sheet, source_row {wrote} {first}").fetchall()
                rows += [{"dataset": name, "sheet": sheet, "row": row} for sheet, row in found]
                count += more
        return rows, count

    def files(self, snapshot: int | None = None) -> list[str]:
        """The Parquet files that a snapshot wrote, or all of them, by their names among the `tables`."""
        with closing(self.cursor()) as cursor:
            rows = cursor.execute(stored.files_statement(f"{META}.")).fetchall()
        return [path for path, written in rows if snapshot in (None, written)]

    def proof(self, snapshot: int | None = None) -> dict[str, Any]:
        """What proves later that nothing stored was changed: digests of (a snapshot's) files and the catalogue now.

        To be taken within a `turn`, when nobody writes.
        """
        return {"files": stored.digests(self.tables, self.files(snapshot)), "catalogue": self.place.copied().digest}

    def anchors(self) -> dict[int, str]:
        """Seals of ledger lines that the history noted, by line number."""
        return {load.line: load.anchor for load in self.loads() if load.anchor}

    # --- planning ---

    def plan(self, parts: Sequence[Part], sha256: str | None = None) -> Plan:
        """What loading these parts would do now. Writes nothing."""
        at = self.at()
        repeated = self.repeated(sha256, [p.dataset.name for p in parts]) if sha256 else None
        with closing(self.cursor()) as cursor:
            plans = tuple(plan_part(cursor, at, part, number) for number, part in enumerate(parts))
        return Plan(plans, at.number, repeated, sha256)

    def older(self, plan: Plan, as_of: dt.date) -> tuple[Problem, ...]:
        """A fault for every table in which a plan of that day would write over values of a later one."""
        undone = self.undone()
        standing = [load for load in self.loads() if load.undoes is None and load.load not in undone]
        found = (
            older_problem(part, as_of, [load for load in standing if part.part.dataset.name in load.tables])
            for part in plan.parts
        )
        return () if plan.repeated is not None else tuple(problem for problem in found if problem)

    # --- writing ---

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Loads take turns, also across processes; a killed process gives its turn back."""
        with self.place.turn():
            if self.replaced:
                raise LoadRefused.because(
                    "廃棄のために台帳が作り直されました",
                    "画面やプログラムを開き直してから、やり直してください",
                    stage="load",
                )
            yield

    @property
    def mark(self) -> int:
        """What tells the catalogue that was opened from one that comes into its place."""
        return self._mark

    @property
    def replaced(self) -> bool:
        """Whether another catalogue lies there than the one that was opened: after a disposal, or a demo made anew."""
        return self.place.mark() != self._mark

    def load(
        self,
        plan: Plan,
        origin: Origin,
        *,
        accept_vanished: bool = False,
        before: Announce = lambda _: (0, ""),
        after: Record = lambda _: None,
    ) -> Load:
        """Write what the plan promised, as one snapshot.

        `before` announces the load's number inside the turn, before anything is written, and answers with the line and
        the seal of the ledger's intent; `after` records the load inside the same turn.
        Raises LoadRefused when another load came between plan and yes, or keys vanish beyond the limit without a yes;
        LakeDamaged (rolled back) when the outcome is not what was promised.
        """
        with self.turn():
            at, parts = self.at(), [part.part for part in plan.parts]
            names = [part.dataset.name for part in parts]
            number = self._next()
            with self._transaction(origin.author) as (cursor, commit):
                fresh = [plan_part(cursor, at, part, index, again=True) for index, part in enumerate(parts)]
                repeated = self.repeated(plan.sha256, names) if plan.sha256 else None
                now = Plan(tuple(fresh), at.number, repeated, plan.sha256)
                before_plan = self._moment(plan.snapshot).changed(names)
                if at.changed(names) != before_plan or now.counts != plan.counts or now.repeated != plan.repeated:
                    raise LoadRefused.because(
                        "確認のあとに、ほかの取込で台帳が変わりました",
                        "もう一度ファイルを確認してから取り込んでください",
                        stage="load",
                        rule="load.changed_since",
                    )
                vanished = [part for part in fresh if part.vanishes_too_many]
                if vanished and not accept_vanished:
                    raise LoadRefused(tuple(vanished_problem(part) for part in vanished))
                seal = before(number)
                for index, part in enumerate(fresh):
                    apply(cursor, at, part, index, number, origin.as_of)
                commit(history.written(number, origin, names, now.counts, seal=seal))
            done = self.load_named(number)
            after(done)
            return done

    def undo(
        self,
        number: int,
        author: str,
        *,
        before: Announce = lambda _: (0, ""),
        after: Record = lambda _: None,
    ) -> Load:
        """Take a load back, row by row: what it wrote and nobody wrote since gives way to what stood before.

        Raises UndoRefused naming the later loads that wrote the same rows.
        """
        with self.turn():
            load = self.load_named(number)
            if load.undoes is not None:
                raise UndoRefused.because(
                    f"取込番号 {number} は取消の記録です",
                    "もう一度取り込むには、元のファイルを取り込んでください",
                )
            if number in self.undone():
                raise UndoRefused.because(f"取込番号 {number} はすでに取り消されています", "取込履歴を確かめてください")
            new = self._next()
            origin = Origin(load.file, load.sha256, 0, author, load.as_of, f"取込番号 {number} の取消")
            self._refuse_overwritten(load)
            seal = before(new)
            counts = {"added": 0, "changed": 0, "missing": 0}
            info = history.written(new, origin, load.tables, counts, undoes=number, seal=seal)
            self._take_back(load, author, info)
            done = self.load_named(new)
            after(done)
            return done

    def _next(self) -> int:
        """The number of the next load; those of loads that were disposed of stay theirs."""
        return max([int(self._facts.get("disposed_to", 0)), *(load.load for load in self.loads())]) + 1

    def _refuse_overwritten(self, load: Load) -> None:
        base, written, now = self._moment(load.snapshot - 1), self._moment(load.snapshot), self.at()
        with closing(self.cursor()) as probe:
            for name in load.tables:
                refuse_overwritten(probe, declared(name), load, base, written, now)

    def _take_back(self, load: Load, author: str, info: dict[str, Any]) -> None:
        base, written, now = self._moment(load.snapshot - 1), self._moment(load.snapshot), self.at()
        with self._transaction(author) as (cursor, commit):
            for name in load.tables:
                take_back(cursor, declared(name), load, base, written, now)
            commit(info)

    def again(self, load: Load, parts: Sequence[Part]) -> None:
        """Write a load, or an undo, of another lake into this one, as itself: its number, moment, author and seal.

        UndoRefused when what an undo took back has been written by another load in between.
        """
        with self.turn():
            if load.undoes is not None:
                undone = self.load_named(load.undoes)
                self._refuse_overwritten(undone)
                self._take_back(undone, load.author, history.again(load, load.__dict__))
                return
            at = self.at()
            with self._transaction(load.author) as (cursor, commit):
                planned = tuple(plan_part(cursor, at, part, index, again=True) for index, part in enumerate(parts))
                for index, part in enumerate(planned):
                    apply(cursor, at, part, index, load.load, load.as_of)
                # What changes nothing makes no snapshot, and a load is one.
                cursor.execute(tables.named(parts[0].dataset, place.SCHEMA))
                commit(history.again(load, Plan(planned, at.number).counts))

    @contextmanager
    def _transaction(self, author: str) -> Iterator[tuple[duckdb.DuckDBPyConnection, Commit]]:
        """One snapshot or nothing: without a commit, or with any fault, all is rolled back."""
        if int(self._facts["format"]) < place.FORMAT:
            self.place.raise_format()
            self._facts = self.place.facts()
        with closing(self.cursor()) as cursor:
            cursor.execute("BEGIN TRANSACTION")

            def commit(info: dict[str, Any]) -> None:
                cursor.execute(
                    f"CALL {ALIAS}.set_commit_message($author, $message, extra_info => $info)",
                    {
                        "author": author,
                        "message": info["message"],
                        "info": json.dumps(info, ensure_ascii=False),
                    },
                )
                self.place.confirm()
                cursor.execute("COMMIT")

            try:
                yield cursor, commit
            except duckdb.Error as fault:
                _roll_back(cursor)
                if refused := of_disk(fault) or of_bucket(fault) or self.place.lost(fault):
                    raise refused from fault
                raise LakeDamaged.because(
                    f"台帳に書き込めませんでした（{type(fault).__name__}）。台帳は元のままです",
                    "ディスクの空きと、ほかのプログラムが台帳を開いていないかを確かめ、やり直してください",
                    stage="load",
                ) from fault
            except BaseException:
                _roll_back(cursor)
                raise

    # --- copies ---

    def copy(self, path: Path, snapshot: str | int | None = None) -> Moment:
        """Write a plain `.duckdb` of a snapshot: only columns that identify nobody, with Japanese views.

        Refuses to overwrite. Returns the snapshot it shows.
        """
        if path.exists():
            raise LoadRefused.because(f"『{path}』はすでにあります", "別の名前を指定してください")
        at = self.at(snapshot)
        with closing(self.cursor()) as cursor:
            cursor.execute(f"ATTACH {literal(str(path))} AS copied")
            try:
                cursor.execute("BEGIN TRANSACTION")  # without, each statement would be brought down to the disk
                for statement in self.copied(at):
                    cursor.execute(statement)
                cursor.execute("COMMIT")
            except BaseException:
                _roll_back(cursor)
                raise
            finally:
                cursor.execute("DETACH copied")
        return at

    @staticmethod
    def copied(at: Moment) -> list[str]:
        """The statements that write a copy of a moment into the database `copied`."""
        raw = at.columns()
        ours = [
            statement
            for dataset in DATASETS.values()
            for statement in tables.copy(dataset, raw.get(dataset.name), at.schema, at.version, "copied.main")
        ]
        return ours + reference.copied(at, "copied.main")


def _placed(address: str | Place, data: str | None, municipality: str) -> Place:
    return address if isinstance(address, Place) else addresses.at(address, data, municipality)


def _roll_back(cursor: duckdb.DuckDBPyConnection) -> None:
    try:
        cursor.execute("ROLLBACK")
    except duckdb.Error:  # a failed COMMIT has already rolled back, and a server that is gone keeps nothing
        return
