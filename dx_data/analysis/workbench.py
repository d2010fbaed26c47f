"""The workbench of a house: typed SQL from many people, in a few child processes, on a copy of the newest snapshot."""

from __future__ import annotations

import os
import tempfile
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Event, Lock, Thread

from dx_data.access import Person, Right, require
from dx_data.analysis import words
from dx_data.analysis.answered import Answered, read
from dx_data.analysis.limits import Limits
from dx_data.analysis.runner import Ended, Reply, Runner
from dx_data.analysis.turns import Turns
from dx_data.datasets import DATASETS
from dx_data.derive import tables
from dx_data.errors import QueryRefused, Stopped
from dx_data.house import FICTIONAL, House
from dx_data.lake import Copied, Copies, Reference, titled
from dx_data.spec import Column, Dataset, Kind
from dx_data.text import personal_kinds

MOST_CHARACTERS = 100_000
PATIENCE = 5.0  # seconds for which a new copy is waited for, where there is one of an earlier snapshot
_LOOK = 0.05
_QUOTES = str.maketrans("", "", "'\"")


@dataclass(frozen=True)
class CopiedColumn:
    """A column of the copy: its name in SQL and in Japanese views, its kind and unit in words, what it means."""

    name: str
    title: str
    kind: str
    unit: str | None
    description: str

    @classmethod
    def of(cls, column: Column) -> CopiedColumn:
        """From its declaration."""
        return cls(column.name, column.title, column.kind.words, column.unit, column.description)


@dataclass(frozen=True)
class CopiedTable:
    """A table of the copy: `title` names its Japanese view, which has the columns' titles, `name` the table itself."""

    name: str
    title: str
    grain: str
    columns: tuple[CopiedColumn, ...]
    rows: int

    @classmethod
    def of(cls, dataset: Dataset, rows: int) -> CopiedTable:
        """From its declaration."""
        return cls(
            dataset.name,
            dataset.title,
            dataset.grain,
            tuple(CopiedColumn.of(column) for column in tables.copied(dataset)),
            rows,
        )

    @classmethod
    def beside(cls, title: str, kept: Reference) -> CopiedTable:
        """From a table of 参考データ, which has but one name."""
        told = zip(kept.headings, kept.kinds, strict=True)
        columns = tuple(CopiedColumn(heading, heading, Kind(kind).words, None, "") for heading, kind in told)
        return cls(title, title, f"参考データの1行（出典 {kept.source}）", columns, kept.row_count)


class _Maker(Thread):
    """Makes the newest snapshot's copy, for all who wait for it."""

    def __init__(self, copies: Copies) -> None:
        """To be started."""
        super().__init__(name="dx-sql-copy", daemon=True)
        self._copies = copies
        self._made: Copied | None = None
        self._fault: Exception | None = None

    def run(self) -> None:
        """Make it, and keep what went wrong for whoever asks."""
        try:
            self._made = self._copies.newest()
        except Exception as fault:
            self._fault = fault

    @property
    def copied(self) -> Copied:
        """The copy, once the thread has ended; what went wrong is raised here."""
        if self._fault:
            raise self._fault
        assert self._made  # noqa: S101  (one of both)
        return self._made


class Workbench:
    """Answers typed SQL for all threads of a process. Nothing that is typed runs in this process.

    There are as many children as processors and one more, so that a short query finds a place beside long ones; each
    person has one query running at a time.
    """

    def __init__(self, house: House, *, children: int | None = None) -> None:
        """Start nothing yet: the first query or `prepare` does."""
        self._house = house
        self.copies = Copies(house.lake)
        self._most = children or processors() + 1
        self._turns = Turns(self._most)
        self._folder = tempfile.TemporaryDirectory(prefix="dx-sql-", ignore_cleanup_errors=True)
        self._idle: list[Runner] = []
        self._running: set[Runner] = set()
        self._lock = Lock()
        self._maker: _Maker | None = None
        self._closed = Event()
        self._counts = lru_cache(maxsize=2)(Copied.counts)
        self._finalizer = weakref.finalize(self, self._folder.cleanup)

    def tables(self) -> tuple[CopiedTable, ...]:
        """The tables that can be asked, with their columns and row counts at the newest snapshot."""
        copied = self.copies.newest()
        counts = self._counts(copied)
        ours = (CopiedTable.of(dataset, counts.get(dataset.name, 0)) for dataset in DATASETS.values())
        beside = titled(self._house.lake.at(copied.snapshot))
        return (*ours, *(CopiedTable.beside(title, each) for title, each in beside))

    def prepare(self) -> Thread:
        """Make the copy and start a child in the background, so that the first query doesn't feel it."""

        def ahead() -> None:
            try:
                copied = self.copies.newest()
                self._counts(copied)
                self._spare(copied, Limits())
            except Stopped:  # whoever asks is told
                return

        thread = Thread(target=ahead, name="dx-sql-ahead", daemon=True)
        thread.start()
        return thread

    def ask(
        self,
        sql: str,
        *,
        who: Person,
        cancelled: Event | None = None,
        limits: Limits = Limits(),  # noqa: B008  (frozen)
    ) -> Answered:
        """The rows of one SELECT on the copy of the newest snapshot.

        QueryRefused when it is no such SELECT, has a fault, takes more than the limits, or is cancelled (set the event
        from another thread; what the query held is given back at once). NotPermitted without the right to explore.
        """
        require(who, Right.EXPLORE)
        refuse(sql)
        stop = cancelled or Event()

        def stopped() -> str | None:
            return "cancelled" if stop.is_set() else "closed" if self._closed.is_set() else None

        copied = self._copied(stopped, limits)
        try:
            with self._turns.turn(who.name, stop, limits.waiting):
                return self._asked(sql, copied, limits, stopped)
        except TimeoutError as fault:
            raise words.ended("waiting", limits) from fault
        except InterruptedError as fault:
            raise words.ended("cancelled", limits) from fault

    def ahead(self, who: Person) -> int:
        """How many queries of others wait or run now."""
        return self._turns.ahead(who.name)

    def close(self) -> None:
        """End all children; queries that still run are told so."""
        self._closed.set()
        with self._lock:
            idle, self._idle = self._idle, []
            for runner in self._running:
                runner.end("closed")
        for runner in idle:
            runner.close()
        self._finalizer()

    def _copied(self, stopped: Callable[[], str | None], limits: Limits) -> Copied:
        """The newest snapshot's copy, made where it lacks; the one before where that takes long, as the answer says."""
        if found := self.copies.there():
            return found
        with self._lock:
            if self._maker is None or not self._maker.is_alive():
                self._maker = _Maker(self.copies)
                self._maker.start()
            maker = self._maker
        begun = time.monotonic()
        while maker.is_alive():
            maker.join(_LOOK)
            waited = time.monotonic() - begun
            if waited > PATIENCE and (before := self.copies.latest()):
                return before
            if reason := stopped() or ("copying" if waited > limits.waiting else None):
                raise words.ended(reason, limits)
        return maker.copied

    def _asked(self, sql: str, copied: Copied, limits: Limits, stopped: Callable[[], str | None]) -> Answered:
        runner = self._taken(copied, limits)
        self._spare(copied, limits)
        try:
            reply = runner.ask(sql, copied.file, limits, stopped)
        except Ended as fault:
            raise words.ended(fault.reason, limits) from fault
        finally:
            self._given_back(runner)
            self._spare(copied, limits)
        return self._answer(reply, sql, copied, limits)

    def _answer(self, reply: Reply, sql: str, copied: Copied, limits: Limits) -> Answered:
        if reply.fault:
            rule, about = reply.fault
            raise words.from_duckdb(about, sql, names(), limits) if rule == "duckdb" else words.not_asked(rule, about)
        try:
            table = read(reply.stream, limits.rows)
        except ValueError as fault:
            raise words.ended("ended", limits) from fault
        columns = tuple(zip(table.column_names, reply.types, strict=True))
        notes = (FICTIONAL,) if self._house.is_demo else ()
        return Answered(sql, columns, reply.cut, reply.seconds, copied.snapshot, table, notes)

    def _started(self, copied: Copied, limits: Limits) -> Runner:
        runner = Runner(Path(self._folder.name), limits.memory)
        runner.warm(copied.file, limits)
        return runner

    def _taken(self, copied: Copied, limits: Limits) -> Runner:
        """An idle child that is clean, or a new one."""
        while True:
            with self._lock:
                if self._closed.is_set():
                    raise words.ended("closed", limits)
                runner = self._idle.pop(0) if self._idle else None  # the one that has rested longest is ready
            if runner is None:
                runner = self._started(copied, limits)
            elif not runner.is_clean():
                runner.close()
                continue
            with self._lock:
                self._running.add(runner)
            return runner

    def _spare(self, copied: Copied, limits: Limits) -> None:
        """Start a child for whoever comes next, if none waits: it takes half a second that nobody then feels."""
        with self._lock:
            wanted = not self._idle and len(self._running) < self._most and not self._closed.is_set()
        if wanted:
            self._keep(self._started(copied, limits))

    def _given_back(self, runner: Runner) -> None:
        with self._lock:
            self._running.discard(runner)
        if runner.usable:
            self._keep(runner)
        else:
            runner.close()

    def _keep(self, runner: Runner) -> None:
        with self._lock:
            if not self._closed.is_set() and len(self._idle) < self._most:
                self._idle.append(runner)
                return
        runner.close()


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def refuse(sql: str) -> None:
    """QueryRefused for a text that is too long, or that holds somebody's data: it would be kept with the analysis."""
    if len(sql) > MOST_CHARACTERS:
        raise words.refused(
            "sql.length",
            f"問い合わせが {MOST_CHARACTERS:,} 文字を超えています",
            "値の並びを減らすか、段に分けてください",
        )
    # Quotes stand between a label and what it labels: 氏名 = '…'.
    if personal_kinds(sql) or personal_kinds(sql.translate(_QUOTES)):
        raise words.refused(
            "sql.personal",
            "問い合わせに、個人情報らしい値（氏名・電話番号・番号など）が書かれています",
            "その値を除いてください。写しに個人に結び付く列はないので、条件にはできません",
        )


def names() -> words.Names:
    """Every table in both languages, with its columns."""
    found: dict[str, tuple[str, ...]] = {}
    for dataset in DATASETS.values():
        columns = tables.copied(dataset)
        found[dataset.name] = tuple(column.name for column in columns)
        found[dataset.title] = tuple(column.title for column in columns)
    return words.Names(found)


__all__ = ["CopiedColumn", "CopiedTable", "QueryRefused", "Workbench"]
