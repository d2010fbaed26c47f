"""What the lake keeps by day says what the rows say: after any loads and undos, at every snapshot, in older lakes."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dx_data import house, intake
from dx_data.access import Person
from dx_data.catalog import look
from dx_data.datasets import DATASETS
from dx_data.derive import tables
from dx_data.errors import LakeDamaged, StartRefused, UndoRefused
from dx_data.lake import Lake, Origin, Part, place, write
from dx_data.lake import rollup as rollups
from dx_data.settings import Settings
from dx_data.spec import Dataset, Delivery, Kind, Rollup
from tests.thorough import times

RECEIPTS, APPLICATIONS = DATASETS["receipts"], DATASETS["applications"]
KEPT = [(dataset, rollup) for dataset in DATASETS.values() for rollup in dataset.rollups]
each_rollup = pytest.mark.parametrize(("dataset", "rollup"), KEPT, ids=[rollup.name for _, rollup in KEPT])
ARROW = {Kind.DATE: pa.date32(), Kind.DATETIME: pa.timestamp("us"), Kind.INTEGER: pa.int64(), Kind.YEN: pa.int64()}


DUE = dt.date(2026, 5, 15)


def receipt(day: int, **given: Any) -> dict[str, Any]:
    """A row of the days 1, 2, 3 … of April 2026."""
    row = {"counter": "戸籍住民課", "method": "現金", "entry": "売上", "transactions": 3, "amount_yen": 900}
    return {**row, "collected_on": dt.date(2026, 4, day), **given}


def application(day: int, number: str, hour: int = 9, **given: Any) -> dict[str, Any]:
    """A row of the same days at some hour."""
    row = {"system": "LoGoフォーム", "application_id": number, "status": "完了", "form_id": "F-1"}
    return {**row, "applied_at": dt.datetime.combine(dt.date(2026, 4, day), dt.time(hour)), **given}


def some(dataset: Dataset, days: tuple[int, ...]) -> list[dict[str, Any]]:
    """Some rows of every one of these days that every rollup of the dataset counts."""
    if dataset is APPLICATIONS:
        return [
            application(day, f"{day}-{hour}-{form}", hour, form_id=form, device=device)
            for day in days
            for hour in (0, 9, 23)
            for form, device in (("F-1", "PC"), ("F-2", None))
        ]
    return [
        receipt(day, terminal_id=terminal, fee_type=fee, deposit_due_on=DUE, reconciliation="不一致")
        for day in days
        for terminal in ("T-1", "T-2", None)
        for fee in ("住民票", "戸籍", "印鑑証明", "税証明")
    ]


def part(rows: list[dict[str, Any]], delivery: Delivery | None = None, dataset: Dataset = RECEIPTS) -> Part:
    """Rows on their way in, as they usually come if nothing else is said."""
    shape = pa.schema(
        [(column.name, ARROW.get(column.kind, pa.string())) for column in dataset.stored]
        + [("source_sheet", pa.string()), ("source_row", pa.int64())]
    )
    numbered = [{**dict.fromkeys(shape.names), **row, "source_row": n} for n, row in enumerate(rows, 2)]
    present = frozenset(column.name for column in dataset.stored)
    return Part(dataset, pa.Table.from_pylist(numbered, schema=shape), present, delivery or dataset.delivery)


def load(lake: Lake, rows: list[dict[str, Any]], delivery: Delivery | None = None, dataset: Dataset = RECEIPTS) -> None:
    """Plan and load rows as of the end of April, if they alter anything."""
    plan = lake.plan([part(rows, delivery, dataset)])
    if plan.alters:
        lake.load(plan, Origin("a.csv", "", 0, "試験", dt.date(2026, 4, 30)), accept_vanished=True)


def both_ways(lake: Lake, rollup: Rollup, snapshot: int) -> tuple[list[Any], list[Any]]:
    """What a question sees of a rollup at a snapshot, and the same counted from the rows it sees."""
    (dataset,) = (dataset for dataset, one in KEPT if one.name == rollup.name)
    with look(lake.at(snapshot), [dataset.name]) as cursor:
        seen = cursor.execute(f"SELECT * FROM {rollup.name} ORDER BY ALL").fetchall()
        counted = cursor.execute(f"SELECT * FROM ({rollup.sql}) ORDER BY ALL").fetchall()
    return seen, counted


def kept(lake: Lake, snapshot: int | None = None) -> set[str]:
    """The tables of a snapshot that keep rollups of today's definitions."""
    return {tables.kept_name(rollup) for rollup in RECEIPTS.rollups} & lake.at(snapshot).columns().keys()


ALL_KEPT = {tables.kept_name(rollup) for rollup in RECEIPTS.rollups}


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    made = Lake.create(str(tmp_path / "lake"))
    yield made
    made.close()


# --- the same as the rows ------------------------------------------------------------------------------------

_MAYBE_DAY = st.sampled_from([None, dt.date(2026, 4, 3), DUE])
_ROWS = st.lists(
    st.builds(
        receipt,
        st.integers(1, 4),
        counter=st.sampled_from(["戸籍住民課", "税務課"]),
        terminal_id=st.sampled_from([None, "T-1", "T-2"]),
        fee_type=st.sampled_from([None, "住民票", "戸籍", "印鑑証明"]),
        method=st.sampled_from(["現金", "コード決済"]),
        brand=st.sampled_from([None, "PayPay"]),
        entry=st.sampled_from(["売上", "取消", "返金"]),
        transactions=st.sampled_from([-1, 0, 1, 2]),
        amount_yen=st.sampled_from([-300, 0, 300, 600]),
        fee_yen=st.sampled_from([None, 0, 9]),
        deposit_due_on=_MAYBE_DAY,
        deposited_on=_MAYBE_DAY,
        deposited_yen=st.sampled_from([None, 0, 291, 300]),
        difference_yen=st.sampled_from([None, None, 0, -9]),
        reconciliation=st.sampled_from([None, "一致", "不一致"]),
    ),
    min_size=1,
    max_size=25,
    unique_by=lambda row: tuple(row[name] for name in RECEIPTS.key),
)
_LOADS = st.tuples(_ROWS, st.sampled_from(list(Delivery)))
_UNDOS = st.integers(1, 6)


@settings(
    deadline=None,
    derandomize=True,
    max_examples=times(4, 40),
    phases=[Phase.generate],  # a lake for each try: making a failure small would take hours
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.one_of(_LOADS, _LOADS, _UNDOS), min_size=2, max_size=6))
def test_after_any_loads_and_undos_a_rollup_is_what_the_rows_give_at_every_snapshot(
    tmp_path_factory: pytest.TempPathFactory, steps: list[Any]
) -> None:
    with closing(Lake.create(str(tmp_path_factory.mktemp("lake") / "lake"))) as lake:
        for step in steps:
            if isinstance(step, tuple):
                load(lake, *step)
            elif step in {each.load for each in lake.loads()}:
                with suppress(UndoRefused):
                    lake.undo(step, "試験")
        for snapshot in range(lake.newest() + 1):
            assert kept(lake, snapshot) == (ALL_KEPT if RECEIPTS.name in lake.at(snapshot).columns() else set())
            for rollup in RECEIPTS.rollups:
                seen, counted = both_ways(lake, rollup, snapshot)
                assert seen == counted, (rollup.name, snapshot)


@each_rollup
def test_days_counted_one_by_one_give_the_same_as_all_at_once(dataset: Dataset, rollup: Rollup, lake: Lake) -> None:
    """Only so may a load count its own days alone."""
    load(lake, some(dataset, (1, 2, 3)), dataset=dataset)
    source = tables.shown(dataset, lake.at().schema, "{}")
    with closing(lake.cursor()) as cursor:

        def counted(days: str) -> list[Any]:
            return cursor.execute(tables.rolled_up(rollup, dataset, source.format(days))).fetchall()

        one_by_one = [row for day in (1, 2, 3) for row in counted(f"{rollup.day}::DATE = DATE '2026-04-0{day}'")]
        assert sorted(one_by_one, key=str) == sorted(counted("true"), key=str) != []


@each_rollup
def test_a_rollup_is_unique_on_its_key(dataset: Dataset, rollup: Rollup, lake: Lake) -> None:
    """A row of it is made of the dataset's rows with the same key."""
    load(lake, some(dataset, (1, 2)), dataset=dataset)
    with look(lake.at(), [dataset.name]) as cursor:
        key = ", ".join(rollup.key)
        twice = cursor.execute(f"SELECT {key} FROM {rollup.name} GROUP BY {key} HAVING count(*) > 1").fetchall()
        days = cursor.execute(f"SELECT DISTINCT {rollup.date} FROM {rollup.name} ORDER BY 1").fetchall()
        assert [column[0] for column in cursor.execute(f"FROM {rollup.name}").description][: len(rollup.key)] == [
            *rollup.key
        ]
    assert (twice, days) == ([], [(dt.date(2026, 4, 1),), (dt.date(2026, 4, 2),)])


def test_a_whole_delivery_of_a_period_dataset_leaves_vanished_rows_out(lake: Lake) -> None:
    load(lake, [receipt(1), receipt(2, transactions=5)])
    load(lake, [receipt(1)], Delivery.WHOLE)
    with look(lake.at(), [RECEIPTS.name]) as cursor:
        seen = [
            cursor.execute(f"SELECT sum(transactions) FROM {name}").fetchall()
            for name in ("receipts", "receipts_daily")
        ]
    assert seen == [[(3,)], [(3,)]]


# --- only what a load touches --------------------------------------------------------------------------------


def test_a_load_writes_the_rollup_of_its_own_days_alone(lake: Lake) -> None:
    load(lake, [receipt(day) for day in range(1, 21)])
    load(lake, [receipt(30), receipt(7, transactions=4)])
    files = f"{place.META}.ducklake_data_file f JOIN {place.META}.ducklake_table t USING (table_id)"
    with closing(lake.cursor()) as cursor:
        written = cursor.execute(
            f"SELECT f.record_count FROM {files} WHERE t.table_name = $table AND f.begin_snapshot = $new",
            {"table": tables.kept_name(RECEIPTS.rollups[0]), "new": lake.newest()},
        ).fetchall()
    assert written == [(2,)]


@each_rollup
def test_only_a_partial_rollup_leaves_rows_out(dataset: Dataset, rollup: Rollup, lake: Lake) -> None:
    plain = {"receipts": receipt(1), "applications": application(1, "A")}[dataset.name]
    load(lake, [plain], dataset=dataset)
    seen, _ = both_ways(lake, rollup, lake.newest())
    assert (seen == []) == rollup.partial


def test_the_days_of_rows_are_read_from_the_smallest_rollup_that_has_them_all(lake: Lake) -> None:
    load(lake, [receipt(1), receipt(2, counter="税務課"), receipt(2, deposit_due_on=DUE)])
    at, names = lake.at(), ["collected_on", "counter"]
    source = at.days(RECEIPTS, names)
    with closing(lake.cursor()) as cursor:
        found, counted = (
            cursor.execute(f"SELECT DISTINCT {', '.join(names)} FROM {each} ORDER BY ALL").fetchall()
            for each in (source, at.rows(RECEIPTS))
        )
    assert found == counted
    assert len(found) == 3
    (smallest,) = (rollup for rollup in RECEIPTS.rollups if rollup.name == "receipts_counters_daily")
    assert tables.kept_name(smallest) in source
    assert at.days(RECEIPTS, ["collected_on", "terminal_id"]) == at.rows(RECEIPTS)


def test_times_are_counted_on_their_day_and_leave_it_when_they_change(lake: Lake) -> None:
    (rollup,) = APPLICATIONS.rollups
    late = {"finished_at": dt.datetime.combine(dt.date(2026, 4, 1), dt.time(8))}
    load(lake, [application(1, "A", 0), application(1, "B", 23, **late), application(2, "C", 0)], dataset=APPLICATIONS)
    load(lake, [application(3, "B", 0), application(2, "D", status="取下げ")], dataset=APPLICATIONS)

    def row(day: int, status: str, *measures: int | str | None) -> tuple[Any, ...]:
        return (dt.date(2026, 4, day), "LoGoフォーム", "F-1", None, None, status, None, *measures)

    seen, counted = both_ways(lake, rollup, lake.newest())
    assert (
        seen
        == counted
        == [
            row(1, "完了", 1, 1, 0, 0, None, 1, "A"),
            row(2, "取下げ", 1, 0, 0, 0, None, 0, None),
            row(2, "完了", 1, 1, 0, 0, None, 1, "C"),
            row(3, "完了", 1, 1, 0, 0, None, 1, "B"),
        ]
    )
    before, counted = both_ways(lake, rollup, lake.newest() - 1)
    assert before == counted == [row(1, "完了", 2, 2, 1, 1, "B", 1, "A"), row(2, "完了", 1, 1, 0, 0, None, 1, "C")]


def test_a_fault_while_counting_leaves_rows_and_rollups_as_they_were(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(lake, [receipt(1)])
    before = lake.newest()
    first, *_ = RECEIPTS.rollups
    counted = rollups._counted

    def broken(dataset: Dataset, rollup: Rollup, *given: str) -> str:
        return counted(dataset, rollup, *given) if rollup == first else "SELECT error('broken')"

    monkeypatch.setattr(rollups, "_counted", broken)
    with pytest.raises(LakeDamaged, match="台帳は元のままです"):
        load(lake, [receipt(1, transactions=9), receipt(2)])
    assert lake.newest() == before
    assert both_ways(lake, first, before)[0] == [
        (dt.date(2026, 4, 1), "戸籍住民課", None, "現金", 3, 900, 3, 900, *[None] * 4, 3, None, None, 0, 1)
    ]


# --- older lakes, other definitions --------------------------------------------------------------------------


def test_a_lake_from_before_the_rollups_answers_from_its_rows_until_the_next_load_makes_them(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(write, "keep", lambda *_: None)
        load(lake, [receipt(1), receipt(2)])
    old = lake.newest()
    before = [both_ways(lake, rollup, old) for rollup in RECEIPTS.rollups]
    assert kept(lake) == set()
    assert all(seen == counted for seen, counted in before)
    load(lake, [receipt(3)])
    assert (kept(lake), kept(lake, old)) == (ALL_KEPT, set())
    for rollup, then in zip(RECEIPTS.rollups, before, strict=True):
        seen, counted = both_ways(lake, rollup, lake.newest())
        assert (seen, both_ways(lake, rollup, old)) == (counted, then)


def test_an_undo_in_a_lake_from_before_the_rollups_makes_them(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(write, "keep", lambda *_: None)
        load(lake, [receipt(1)])
        load(lake, [receipt(2)])
    lake.undo(2, "試験")
    seen, counted = both_ways(lake, RECEIPTS.rollups[0], lake.newest())
    assert (kept(lake), seen, [row[0] for row in seen]) == (ALL_KEPT, counted, [dt.date(2026, 4, 1)])


def test_what_another_definition_kept_is_not_read_and_goes_with_the_next_load(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *others = RECEIPTS.rollups
    older = first.model_copy(update={"sql": first.sql.replace("sum(amount_yen)::BIGINT  ", "0::BIGINT  ")})
    assert older.sql != first.sql
    with monkeypatch.context() as earlier:
        earlier.setitem(RECEIPTS.__dict__, "rollups", (older, *others))
        load(lake, [receipt(1)])
        assert tables.kept_name(older) in lake.at().columns()
    seen, counted = both_ways(lake, first, lake.newest())
    assert (seen, seen[0][5]) == (counted, 900)
    load(lake, [receipt(2)])
    assert kept(lake) == ALL_KEPT
    assert tables.kept_name(older) not in lake.at().columns()
    seen, counted = both_ways(lake, first, lake.newest())
    assert (seen, len(seen)) == (counted, 2)


def test_a_program_that_does_not_know_the_rollups_refuses_a_lake_that_has_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would load rows and leave the rollups behind, and nobody would see it."""
    monkeypatch.setattr(place, "FORMAT", 1)
    with closing(Lake.create(str(tmp_path / "lake"))) as lake:
        monkeypatch.setattr(place, "FORMAT", 2)
        load(lake, [receipt(1)])
    monkeypatch.setattr(place, "FORMAT", 1)
    with pytest.raises(StartRefused, match="新しい版で作られた台帳です"):
        Lake(str(tmp_path / "lake"))


# --- a killed load -------------------------------------------------------------------------------------------

MOMENTS = times(2, 8)
_LOAD = [sys.executable, "-m", "dx_data.cli", "load", "--yes", "--as-of", "2026-11-01"]
HEAD = "収納日,窓口,手数料種別,決済手段,区分,件数,金額\n"


def lines(number: int) -> str:
    return HEAD + "".join(
        f"2026-04-{day:02},第{window}窓口,{fee},現金,売上,{number},{number * 300}\n"
        for day in range(1, 31)
        for window in range(40)
        for fee in ("住民票", "戸籍", "印鑑証明", "税証明", "施設使用料")
    )


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 は Windows にありません")
@pytest.mark.folder
def test_a_load_killed_at_any_moment_leaves_rows_and_rollups_of_one_load(
    tmp_path: Path, chosen: Settings, person: Person, write: Any
) -> None:
    def states(address: Path) -> tuple[Any, ...]:
        with closing(house.open_house(chosen=chosen.model_copy(update={"lake": str(address)}))) as home:
            newest = home.lake.newest()
            for rollup in RECEIPTS.rollups:
                seen, counted = both_ways(home.lake, rollup, newest)
                assert seen == counted
            with look(home.lake.at(), [RECEIPTS.name]) as cursor:
                return tuple(cursor.execute("SELECT sum(transactions), count(*) FROM receipts_daily").fetchall())

    def started(address: Path) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "DX_LAKE": str(address)}
        null = subprocess.DEVNULL
        return subprocess.Popen([*_LOAD, str(new)], env=environment, stdout=null, stderr=null)

    with closing(house.make_house(person, chosen=chosen)) as home:
        found = intake.review(write("old.csv", lines(1)), home, chosen)
        assert intake.load(found, home, person, as_of=dt.date(2026, 11, 1)).status == "loaded"
    new, base, whole = write("new.csv", lines(2)), Path(chosen.lake), tmp_path / "whole"
    shutil.copytree(base, whole)
    began = time.monotonic()
    assert started(whole).wait() == 0
    duration = time.monotonic() - began
    assert (states(base), states(whole)) == (((6000, 6000),), ((12000, 6000),))
    for moment in range(MOMENTS):
        folder = Path(shutil.copytree(base, tmp_path / str(moment)))
        process = started(folder)
        # The first half is reading and checking; the writing is what is killed.
        time.sleep(duration * (0.5 + 0.6 * moment / MOMENTS))
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert states(folder) in (((6000, 6000),), ((12000, 6000),)), moment
