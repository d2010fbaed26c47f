"""Typed SQL: what it may see and take, how it is ended, how turns are shared; the attack list is sql_attacks.yaml."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import os
import statistics
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
import yaml

from dx_data import demo, house
from dx_data import settings as setting
from dx_data.access import Person, Role
from dx_data.analysis import Answered, Limits, Workbench, child, workbench
from dx_data.analysis.answered import read
from dx_data.analysis.turns import Turns
from dx_data.analysis.workbench import refuse
from dx_data.datasets import DATASETS
from dx_data.errors import NotPermitted, Problem, QueryRefused
from dx_data.house import House
from dx_data.lake import Copies, copies
from dx_data.spec import Pii
from tests import screens

ATTACKS = yaml.safe_load((Path(__file__).parent / "sql_attacks.yaml").read_text("utf-8"))
ANN, BOB = (Person(name, frozenset({Role.LOAD})) for name in ("分析 一郎", "分析 二郎"))
MIB = 1 << 20
SMALL = Limits(seconds=10, memory=256 * MIB, rows=1000, bytes=4 * MIB, waiting=20)
SHORT = replace(SMALL, seconds=0.2)
QUICK = Limits(seconds=10, memory=256 * MIB)
NINE = dt.datetime(2026, 4, 1, 9)  # noqa: DTZ001  (a frame's own, in Tokyo's time)
ENDLESS = "SELECT count(*) FROM range(1000000000) AS a, range(1000000000) AS b"
HOARDING = "SELECT count(DISTINCT hash(range)) FROM range(1000000000)"
WANTED = ("電子申請実績", "相談")


@dataclass
class Bench:
    """A lake of two small files, its workbench, and what must never be seen."""

    house: House
    bench: Workbench
    secret: Path

    def ends(self, sql: str, who: Person = ANN, **more: Any) -> str | Answered:
        """The rule by which a query ends, or its answer."""
        try:
            return self.bench.ask(sql, who=who, **{"limits": SMALL, **more})
        except QueryRefused as fault:
            return fault.problems[0].rule


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("analysis")
    secret = folder / "secret.csv"
    secret.write_text("canary-in-a-file\n")
    with pytest.MonkeyPatch.context() as patch:
        screens.point_to(patch, folder)
        patch.setenv("DX_LOGIN_SECRET", "canary-in-the-environment")
        screens.fill_demo(folder, [file for file in demo.small() if file.name.startswith(WANTED)])
        opened = house.open_house(demo=True)
        made = Workbench(opened, children=2)
        yield Bench(opened, made, secret)
        made.close()
        opened.close()
    setting.settings.cache_clear()


def tree(folder: Path) -> dict[str, str]:
    """Every file below a folder with its digest, but SQLite's own of readers."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix not in {".sqlite-shm"})
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def children() -> set[int]:
    """The processes that this one started and that run still."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = path.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if int(parent) == os.getpid() and state != "Z" and b"child.py" in path.with_name("cmdline").read_bytes():
            found.add(int(path.parent.name))
    return found


def soon(holds: Callable[[], bool], seconds: float = 5) -> bool:
    """Whether something comes true before long."""
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


class Asking(threading.Thread):
    """A query asked in a thread of its own, and how it ended."""

    def __init__(self, bench: Bench, sql: str, who: Person = ANN, **more: Any) -> None:
        super().__init__(daemon=True)
        self.cancelled, self.ended, self.at = threading.Event(), None, 0.0
        self._ask = lambda: bench.ends(sql, who, cancelled=self.cancelled, **more)

    def run(self) -> None:
        self.ended = self._ask()
        self.at = time.monotonic()


# --- what the copy holds --------------------------------------------------------------------------------------


def test_the_copy_has_no_column_that_tells_a_person_and_no_table_but_the_datasets(bench: Bench) -> None:
    copied = Copies(bench.house.lake).newest()
    with closing(duckdb.connect(str(copied.file), read_only=True)) as connection:
        columns = connection.execute(
            "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal ORDER BY ALL"
        ).fetchall()
        comment = connection.execute(
            "SELECT comment FROM duckdb_columns() WHERE table_name = 'applications' AND column_name = 'status'"
        ).fetchall()
    allowed = set()
    for dataset in DATASETS.values():
        shown = [column for column in dataset.columns if column.pii is Pii.NONE]
        allowed |= {(dataset.name, column.name) for column in shown} | {(dataset.name, "municipality_code")}
        allowed |= {(dataset.title, column.title) for column in shown}
    assert set(columns) == allowed
    assert comment == [("処理状況: 申請の処理がどこまで進んだかです",)]
    assert b"ducklake" not in copied.file.read_bytes()


def test_no_value_of_a_quasi_identifier_is_in_the_copy(bench: Bench) -> None:
    at = bench.house.lake.at()
    with closing(at.cursor()) as cursor:
        rows = cursor.execute(f"SELECT DISTINCT organisation FROM {at.schema}.consultations {at.version}").fetchall()
    names = [name for (name,) in rows if name]
    assert len(names) > 5
    content = Copies(bench.house.lake).newest().file.read_bytes()
    assert [name for name in names if name.encode() in content] == []


def test_tables_are_told_in_both_languages_with_their_rows(bench: Bench) -> None:
    told = {table.name: table for table in bench.bench.tables()}
    assert told.keys() == DATASETS.keys()
    applications = told["applications"]
    assert (applications.title, applications.rows, told["meetings"].rows) == ("電子申請", 78, 0)
    assert [column.title for column in applications.columns][:3] == ["システム", "申請番号", "申請日時"]
    counted = bench.ends("SELECT (SELECT count(*) FROM applications), (SELECT count(*) FROM 電子申請)")
    assert isinstance(counted, Answered)
    assert counted.rows == [(78, 78)]


def test_a_new_snapshot_has_a_new_copy_and_the_old_one_goes(home: House, take: Any, write: Any) -> None:
    with closing(Workbench(home, children=1)) as made:
        first = made.ask("SELECT count(*) FROM 所管課マスター", who=ANN)
        shelf = home.lake.folder / copies.FOLDER
        (shelf / "1-begun.part").write_bytes(b"left by a killed process")
        before = {path.name for path in shelf.glob("*.duckdb")}
        loaded = take(write("課.csv", "組織順,所管部,所管課,有効開始日\n1,区民部,区民課,2025-04-01\n"))
        assert loaded.status == "loaded", loaded.problems
        second = made.ask("SELECT count(*) FROM 所管課マスター", who=ANN)
        after = {path.name for path in shelf.iterdir()}
    assert (first.rows, second.rows) == ([(0,)], [(1,)])
    assert (first.snapshot, second.snapshot) == (f"{home.lake.id}:0", f"{home.lake.id}:{home.lake.newest()}")
    assert len(after) == len(before) == 1
    assert after != before
    assert (shelf.stat().st_mode & 0o777) == 0o700


def test_while_a_large_copy_is_made_the_one_before_answers(home: House, take: Any, write: Any) -> None:
    with closing(Workbench(home, children=1)) as made, pytest.MonkeyPatch.context() as patch:
        before = made.ask("SELECT count(*) FROM 所管課マスター", who=ANN).snapshot
        take(write("課.csv", "組織順,所管部,所管課,有効開始日\n1,区民部,区民課,2025-04-01\n"))
        slow, make = threading.Event(), Copies._make

        def waits(self: Copies, *given: Any) -> None:
            slow.wait()
            make(self, *given)

        patch.setattr(Copies, "_make", waits)
        patch.setattr(workbench, "PATIENCE", 0.1)
        answers = [made.ask("SELECT count(*) FROM 所管課マスター", who=ANN) for _ in range(2)]
        assert [(answer.rows, answer.snapshot) for answer in answers] == [([(0,)], before)] * 2
        slow.set()
        assert soon(lambda: made.copies.there() is not None, 20)
        after = made.ask("SELECT count(*) FROM 所管課マスター", who=ANN)
        assert (after.rows, after.snapshot) == ([(1,)], home.lake.at().title)


# --- attacks --------------------------------------------------------------------------------------------------


def written(attack: dict[str, Any], bench: Bench) -> str:
    lake = bench.house.lake
    deep = "SELECT " + "(" * 20_000 + "1" + ")" * 20_000
    long = "SELECT '" + "a" * 100_000 + "'"
    places = {
        "lake": lake.folder,
        "copy": Copies(lake).newest().file,
        "secret": bench.secret,
        "deep": deep,
        "long": long,
    }
    return attack["sql"].format(**places)


def test_no_attack_gets_anything_and_others_are_answered_meanwhile(bench: Bench, tmp_path: Path) -> None:
    assert len(ATTACKS) >= 60
    bench.bench.prepare().join()
    folder = bench.secret.parent
    before = tree(folder)
    told: list[str] = []
    wrong: list[Any] = []
    late: list[Any] = []
    stop, waits, answers = threading.Event(), [], set()

    def somebody_else() -> None:
        while not stop.is_set():
            begun = time.monotonic()
            answer = bench.ends("SELECT count(*) FROM applications", BOB, limits=QUICK)
            waits.append(time.monotonic() - begun)
            answers.add(str(answer.rows if isinstance(answer, Answered) else answer))
            stop.wait(0.3)

    other = threading.Thread(target=somebody_else)
    other.start()
    for attack in ATTACKS:
        begun = time.monotonic()
        limits = SHORT if "sql.time" in attack.get("may", [attack.get("rule")]) else SMALL
        try:
            ended: Any = bench.bench.ask(written(attack, bench), who=ANN, limits=limits)
            told.append(repr((ended.rows, ended.columns)))
            matches = "rows" in attack and ended.rows == [tuple(row) for row in attack["rows"]]
        except QueryRefused as fault:
            ended = fault.problems[0]
            told.append(fault.problems[0].sentence)
            matches = ended.rule in attack.get("may", [attack.get("rule")])
        if not matches:
            wrong.append((attack["sql"][:80], ended.rule if isinstance(ended, Problem) else ended, told[-1][:200]))
        if time.monotonic() - begun > SHORT.seconds + 4:  # a new child starts in one to two seconds on a busy machine
            late.append((attack["sql"][:80], time.monotonic() - begun))
    stop.set()
    other.join()
    assert not wrong, "\n".join(map(str, wrong))
    assert late == []
    assert tree(folder) == before
    gone = ["canary", str(bench.house.lake.id) + "-", "root:", "/home/"]
    typed = [written(attack, bench) for attack in ATTACKS]
    assert [word for word in gone if any(word in each for each in told)] == []
    # A path is told only to who has typed it.
    paths = [each for each, sql in zip(told, typed, strict=True) if str(folder) in each and str(folder) not in sql]
    assert paths == []
    assert answers == {"[(78,)]"}
    print(f"by somebody else: {len(waits)}, median {statistics.median(waits):.3f} s, longest {max(waits):.3f} s")
    assert statistics.median(waits) < 1
    assert max(waits) < 5


def test_a_child_has_no_environment_no_handles_and_may_write_nothing(bench: Bench) -> None:
    assert bench.ends("SELECT 1", limits=QUICK)
    (runner, *_) = bench.bench._idle
    assert runner.is_clean()  # and so it has begun
    place = Path(f"/proc/{runner.process.pid}")
    assert place.joinpath("environ").read_bytes() == b"ARROW_DEFAULT_MEMORY_POOL=system\0"
    assert list((place / "cwd").readlink().iterdir()) == []
    opened = {str(path.readlink()) for path in place.joinpath("fd").iterdir()}
    copied = Copies(bench.house.lake).newest().file
    assert {path for path in opened if path.startswith("/") and path != "/dev/null"} == {str(copied)}
    assert {path.partition(":")[0] for path in opened if not path.startswith("/")} == {"pipe"}
    limits = {line[:25].strip(): line[25:].split()[:2] for line in place.joinpath("limits").read_text().splitlines()}
    assert limits["Max file size"] == limits["Max core file size"] == ["0", "0"]
    assert limits["Max processes"] == ["0", "0"]
    assert limits["Max open files"] == ["32", "32"]


def test_a_first_query_for_a_whole_small_table_is_no_question_of_memory(home: House, take: Any, write: Any) -> None:
    """Arrow's own allocator took more addresses for it than the limit leaves."""
    take(write("a.csv", "システム,申請番号,申請日時,処理状況\nLoGoフォーム,A1,2026/04/01 09:00,完了\n"))
    with closing(Workbench(home, children=1)) as made:
        found = made.ask("SELECT * FROM applications", who=ANN)
    assert found.rows[0][:3] == ("LoGoフォーム", "A1", dt.datetime.fromisoformat("2026-04-01T09:00"))
    assert len(found.rows[0]) == 12


class Heard(child.Pipe):
    """What a child would send."""

    def __init__(self) -> None:
        self.letters: list[bytes] = []

    def send(self, letter: bytes, content: bytes | memoryview = b"") -> None:
        self.letters.append(letter)


def test_nothing_of_one_person_is_there_for_the_next(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each answer has an instance of DuckDB of its own, closed after it; what is refused never comes near one."""
    opened: list[child.Copy] = []

    class Noted(child.Copy):
        def __init__(self, *key: Any) -> None:
            super().__init__(*key)
            opened.append(self)

    file = str(Copies(bench.house.lake).newest().file.absolute())
    asked = ("SELECT 1", "SELECT no_such_column FROM applications", "DROP TABLE applications", "SELECT 2")
    request = {"copy": file, "memory": 256 * MIB, "seconds": 10, "rows": 10, "bytes": MIB}
    lines = b"".join(json.dumps(request | {"sql": sql}).encode() + b"\n" for sql in asked)
    monkeypatch.setattr(child, "Copy", Noted)
    monkeypatch.setattr(child, "bound", lambda *_: None)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines)))
    heard = Heard()
    child.serve(heard)
    answers = [letter for letter in heard.letters if letter != child.ROWS]
    assert answers == [*(child.END, child.READY), *(child.FAULT, child.READY) * 2, *(child.END, child.READY)]
    assert len(opened) == 4
    for each in opened[:3]:
        with pytest.raises(duckdb.ConnectionException):
            each.connection.execute("SELECT 1")
    assert opened[3].connection.execute("SELECT 1").fetchall() == [(1,)]
    opened[3].close()


def test_a_child_gives_its_memory_back_or_is_not_used_again(bench: Bench) -> None:
    with closing(Workbench(bench.house, children=1)) as own:
        assert own.ask("SELECT count(DISTINCT range) FROM range(1000000)", who=ANN, limits=QUICK).rows == [(1_000_000,)]
        (runner,) = own._idle
        assert runner.is_clean()
        runner._first_size -= 65 * MIB
        assert not runner.is_clean()
        own.ask("SELECT 1", who=ANN, limits=QUICK)
        assert runner.process.poll() is not None


def test_who_may_not_explore_asks_nothing(bench: Bench) -> None:
    with pytest.raises(NotPermitted):
        bench.bench.ask("SELECT 1", who=Person("閲覧 花子", frozenset({Role.VIEW})))


# --- limits and cancelling ------------------------------------------------------------------------------------


def test_rows_and_bytes_beyond_the_limits_are_cut_and_said_so(bench: Bench) -> None:
    rows = bench.ends("SELECT * FROM range(5000)")
    assert isinstance(rows, Answered)
    assert (len(rows.rows), rows.cut, rows.rows[-1]) == (1000, True, (999,))
    exact = bench.ends("SELECT * FROM range(1000)")
    assert isinstance(exact, Answered)
    assert (len(exact.rows), exact.cut) == (1000, False)
    wide = bench.ends("SELECT repeat('あ', 2000) AS a FROM range(1000)")
    assert isinstance(wide, Answered)
    assert (wide.cut, {len(cell) for (cell,) in wide.rows}) == (True, {2000})
    assert 600 < len(wide.rows) <= 4 * MIB // 6000


@pytest.mark.parametrize(("reason", "rule"), [("cancelled", "sql.cancelled"), ("time", "sql.time")])
def test_what_is_stopped_gives_back_its_process_and_its_thread(bench: Bench, reason: str, rule: str) -> None:
    with closing(Workbench(bench.house, children=1)) as own:
        mine = Bench(bench.house, own, bench.secret)
        mine.ends("SELECT 1", limits=QUICK)
        (runner,) = own._idle
        threads, before = threading.active_count(), children()
        seconds = 60 if reason == "cancelled" else 1
        asking = Asking(mine, HOARDING, limits=Limits(seconds=seconds, memory=1024 * MIB))
        asking.start()
        statm = Path(f"/proc/{runner.process.pid}/statm")
        size = int(statm.read_text().split()[1])
        if reason == "cancelled":
            assert soon(lambda: int(statm.read_text().split()[1]) > size + 4000)  # pages: it holds something
            asking.cancelled.set()
            begun = time.monotonic()
            asking.join()
            print(f"cancelled in {time.monotonic() - begun:.3f} s")
            assert time.monotonic() - begun < 2
        asking.join()
        assert asking.ended == rule
        assert not statm.exists()
        # The spare that was started for whoever comes next is as small as the one that is gone was at first.
        assert runner.process.pid not in children()
        assert len(children()) <= len(before)
        assert threading.active_count() == threads
        answer = mine.ends("SELECT 1", limits=QUICK)
        assert isinstance(answer, Answered)
        assert answer.rows == [(1,)]


def test_who_waits_may_give_up_or_is_told_that_it_takes_too_long(bench: Bench) -> None:
    with closing(Workbench(bench.house, children=1)) as own:
        mine = Bench(bench.house, own, bench.secret)
        long = Asking(mine, ENDLESS, limits=Limits(seconds=60))
        long.start()
        assert soon(lambda: bool(own._running))
        giving_up = Asking(mine, "SELECT 1", BOB, limits=QUICK)
        giving_up.start()
        assert soon(lambda: own.ahead(ANN) == 1)
        giving_up.cancelled.set()
        giving_up.join(2)
        assert giving_up.ended == "sql.cancelled"
        assert mine.ends("SELECT 1", BOB, limits=Limits(waiting=0.1)) == "sql.waiting"
        assert long.is_alive()
        long.cancelled.set()
        long.join(5)
        assert long.ended == "sql.cancelled"


def test_closing_ends_what_runs(bench: Bench) -> None:
    own = Workbench(bench.house, children=1)
    asking = Asking(Bench(bench.house, own, bench.secret), ENDLESS, limits=Limits(seconds=60))
    asking.start()
    assert soon(lambda: bool(own._running))
    (runner,) = own._running
    own.close()
    asking.join(5)
    assert asking.ended == "sql.closed"
    assert runner.process.poll() is not None
    with pytest.raises(QueryRefused, match="終わったので"):
        own.ask("SELECT 1", who=ANN)


def stream(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def test_bytes_that_are_no_answer_are_refused() -> None:
    whole = stream(pa.table({"a": ["文字", None], "b": [1, 2]}))
    assert read(whole, 2).to_pylist() == [{"a": "文字", "b": 1}, {"a": None, "b": 2}]
    for wrong in (b"", b"\x80\x04N.", whole[:40], whole[: len(whole) // 2], b"\xff" * 100):
        with pytest.raises(ValueError, match="no Arrow stream"):
            read(wrong, 10)
    with pytest.raises(ValueError, match="more rows"):
        read(whole, 1)
    whole = stream(pa.table({"a": ["1234567"]}))
    reaching_beyond = whole.replace(struct.pack("<ii", 0, 7), struct.pack("<ii", 0, 1 << 20))
    assert reaching_beyond != whole
    with pytest.raises(ValueError, match="no Arrow stream"):
        read(reaching_beyond, 10)
    with pytest.raises(QueryRefused, match="列『a』の型は、表に示せません"):
        read(stream(pa.table({"a": [b"bytes"]})), 10)


# --- turns ----------------------------------------------------------------------------------------------------


def test_twenty_people_share_and_one_with_ten_queries_waits_for_the_others(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All ask at once; whoever asks ten gets one turn like everybody else, and the other nine after theirs."""
    heavy = "SELECT sum(hash(range)) FROM range(1000000)"
    people = [Person(f"職員 {number}", ANN.roles) for number in range(19)]
    greedy = [Asking(bench, heavy, ANN, limits=Limits()) for _ in range(10)]
    others = [Asking(bench, heavy, person, limits=Limits()) for person in people]
    turns, never, order = bench.bench._turns, threading.Event(), []
    wait = turns._wait

    def noted(who: str, *given: Any) -> None:
        wait(who, *given)
        order.append(who)

    with turns.turn("先の人", never, 1), turns.turn("次の人", never, 1):  # both places, until all wait
        monkeypatch.setattr(turns, "_wait", noted)
        for asking in (*greedy, *others):
            asking.start()
        assert soon(lambda: turns.ahead("だれでもない人") == len(greedy) + len(others) + 2, 30)
    begun = time.monotonic()
    for asking in (*greedy, *others):
        asking.join()
    assert [each.ended for each in (*greedy, *others) if not isinstance(each.ended, Answered)] == []
    times = sorted(each.at - begun for each in others)
    print(f"19 people: {times[0]:.2f} to {times[-1]:.2f} s; ten of one: {max(e.at for e in greedy) - begun:.2f} s")
    assert len(order) == 29
    # Everybody has had a turn before one has a third: two places are given away at a time.
    assert set(order[:22]) == {ANN.name, *(person.name for person in people)}


def test_turns_go_to_who_has_used_least_of_late() -> None:
    clock = [0.0]
    turns = Turns(1, lambda: clock[0])
    never = threading.Event()
    with turns.turn("重い", never, 1):
        clock[0] = 10
    with turns.turn("軽い", never, 1):
        clock[0] = 11
    order: list[str] = []

    def take(who: str) -> None:
        with turns.turn(who, never, 10_000):
            order.append(who)

    with turns.turn("いま", never, 1):
        threads = [threading.Thread(target=take, args=(who,)) for who in ("重い", "軽い", "初めて")]
        for number, thread in enumerate(threads, 1):
            thread.start()
            assert soon(lambda number=number: turns.ahead("いま") == number)
    for thread in threads:
        thread.join()
    assert order == ["初めて", "軽い", "重い"]
    clock[0] += 10_000  # long after, nothing of it counts
    assert turns._of_late("重い") == 0


# --- answers --------------------------------------------------------------------------------------------------


def test_values_are_plain_and_a_frame_has_pandas_own_types(bench: Bench) -> None:
    found = bench.ends(
        "SELECT 1::HUGEINT AS whole, 1.50::DECIMAL(5,2) AS amount, 0.5 AS share, '課' AS text, NULL AS blank,"
        " DATE '2026-04-01' AS day, TIMESTAMP '2026-04-01 09:00' AS moment,"
        " TIMESTAMPTZ '2026-04-01 00:00:00+00' AS zoned,"
        " true AS yes, ['窓口', '郵送'] AS list, {'件数': 2} AS record, INTERVAL 26 HOURS AS span,"
        " sum(range) AS total, 'a'::ENUM('a') AS choice, 7 AS whole FROM range(3)"
    )
    assert isinstance(found, Answered)
    (row,) = found.rows
    assert row == (
        *(1, Decimal("1.50"), Decimal("0.5"), "課", None, dt.date(2026, 4, 1), NINE),
        *(NINE, True, ["窓口", "郵送"], {"件数": 2}, "26:00:00", 3, "a", 7),
    )
    assert found.columns[0] == ("whole", "HUGEINT")
    assert found.heads[-1] == "whole_2"
    assert found.notes == ("架空データ",)
    frame = found.frame()
    kinds = ["Int64", "Float64", "Float64", "str", "Int64", "datetime64[ms]", "datetime64[us]", "datetime64[us]"]
    assert [str(kind) for kind in frame.dtypes][: len(kinds)] == kinds
    assert str(frame["yes"].dtype) == "boolean"


@pytest.mark.parametrize(
    ("sql", "sentence"),
    [
        ("SELECT * FROM 電子申込", "1行目の15文字目: 表『電子申込』はありません → 『電子申請』 ではありませんか"),
        (
            "SELECT 処理状況,\n  手続, 件数 FROM 電子申請",
            "2行目の3文字目: 列『手続』はありません（個人に結び付く列は、写しに入れていません）"
            " → 『手続名』 ではありませんか",
        ),
        ("SELECT 1; SELECT 2", "問い合わせが 2 個あります → SELECT を1つだけ書いてください"),
        (
            "SELECT 処理状況, 電子 FROM 電子申請 WHERE",
            "問い合わせが途中で終わっています → かっこ・引用符・最後の語を確かめてください",
        ),
        (
            "SELECT sum(処理状況) FROM 電子申請",
            "1行目の8文字目: 『sum(VARCHAR)』という型の組では計算できません → 型を CAST(… AS …) でそろえてください",
        ),
        (
            "SELECT 処理状況, 手続名, count(*) FROM 電子申請 GROUP BY 1",
            "1行目の14文字目: 列『手続名』は、集計にもまとめる列（GROUP BY）にもありません"
            " → GROUP BY に加えるか、sum などで集計してください（GROUP BY ALL とも書けます）",
        ),
        (
            "PIVOT 電子申請 ON 処理状況 USING count(*)",
            "PIVOT が、列にする値を自分で調べる形です → IN (…) で、列にする値を並べてください"
            "（例: PIVOT 電子申請 ON 処理状況 IN ('完了', '取下げ') …）",
        ),
        (
            "SELECT 'infinity'::DATE AS 日",
            "列『日』に、暦にない日付（infinity など）があります → その行を除くか、文字にして選んでください"
            "（例: CAST(日 AS VARCHAR)）",
        ),
    ],
)
def test_a_fault_says_where_what_and_how_to_mend(bench: Bench, sql: str, sentence: str) -> None:
    with pytest.raises(QueryRefused) as fault:
        bench.bench.ask(sql, who=ANN, limits=QUICK)
    assert str(fault.value) == sentence


def test_a_pivot_with_its_values_is_answered(bench: Bench) -> None:
    found = bench.ends(
        "FROM (PIVOT 電子申請 ON 処理状況 IN ('完了', '却下') USING count(*) GROUP BY 利用端末) ORDER BY 1"
    )
    assert isinstance(found, Answered)
    assert [name for name, _ in found.columns] == ["利用端末", "完了", "却下"]


def test_personal_values_are_refused_before_anything_is_started() -> None:
    with pytest.raises(QueryRefused, match="個人情報らしい値"):
        refuse("SELECT * FROM 電子申請 WHERE 申請番号 = 'taro@gmail.com'")
    with pytest.raises(QueryRefused, match="個人情報らしい値"):
        refuse("SELECT * FROM 電子申請 WHERE 申請者氏名 = '葛飾太郎'")
    refuse("SELECT * FROM 電子申請 WHERE 手続名 = '住民票の写し'")
