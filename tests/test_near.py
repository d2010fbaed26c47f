"""Tables kept in memory say what the files say: for every question, after loads and undos, to many askers at once."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from dx_data import house
from dx_data.catalog import CALENDAR, Catalog, Result, laid_near, lay_near, look
from dx_data.datasets import DATASETS
from dx_data.derive import tables
from dx_data.differences import compare
from dx_data.house import House
from dx_data.lake import Lake
from dx_data.lake.near import MOST_CELLS, Near
from dx_data.why import Proof, _Rows
from tests.test_catalog import load
from tests.test_differences import receipt

DAY = dt.date(2026, 11, 20)


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    """An empty lake that keeps tables near."""
    made = Lake.create(str(tmp_path / "lake"))
    made.keep_near()
    yield made
    made.close()


@pytest.fixture(scope="module")
def demo(lakes: Path) -> Iterator[tuple[House, House]]:
    """The small demo twice: read from the files, and from memory."""
    files, memory = house.open_house(demo=True), house.open_house(demo=True)
    memory.lake.keep_near()
    assert list(memory.bring_near(memory.at(None))) == [*DATASETS, *laid_near()]
    yield files, memory
    files.close()
    memory.close()


def databases(lake: Lake) -> list[str]:
    """The copies that are attached."""
    with closing(lake.cursor()) as cursor:
        rows = cursor.execute(
            "SELECT database_name FROM duckdb_databases() WHERE database_name LIKE 'near%' ORDER BY 1"
        ).fetchall()
    return [name for (name,) in rows]


def forms(lake: Lake, snapshot: int | None = None, *, bring: bool = True) -> tuple[list[str], bool]:
    """The forms that a question sees at a snapshot, and whether it sees them in memory."""
    at = lake.at(snapshot)
    if bring:
        at.bring_near("forms")
    with at.near(["forms"]) as near:
        place = near.get("forms") or f"{at.schema}.forms {at.version}"
        with closing(at.cursor()) as cursor:
            return [name for (name,) in cursor.execute(f"SELECT form FROM {place} ORDER BY 1").fetchall()], bool(near)


def form(number: int) -> dict[str, str]:
    return {"system": "kintone", "form_id": f"F{number}", "form": f"様式{number}"}


@pytest.mark.parametrize("name", sorted(Catalog().questions))
def test_every_question_has_the_same_answer_from_memory(demo: tuple[House, House], name: str) -> None:
    files, memory = demo

    def said(home: House, snapshot: int | None) -> Result:
        home.catalog._answers.clear()
        return home.ask(name, snapshot)

    assert said(memory, None) == said(files, None)
    earlier = files.lake.newest() - 3
    assert said(memory, earlier) == said(files, earlier)


def test_nearly_everything_a_question_reads_lies_in_memory(demo: tuple[House, House]) -> None:
    _, memory = demo
    at = memory.at(None)
    with at.near([*DATASETS, *laid_near()]) as near:
        assert set(near) == {
            table
            for name, dataset in DATASETS.items()
            for table in (name, tables.history_name(dataset), *map(tables.kept_name, dataset.rollups))
            if table in at.columns()
        } | {CALENDAR, "receipts_by_method_group", "receipts_by_ratio_group"}


def test_what_is_counted_of_two_datasets_is_as_new_as_the_newer(lake: Lake) -> None:
    load(lake, "forms", [form(1)])
    rows = pa.table({"n": [1]})

    def laid(most: int = 8, *, again: bool = False) -> bool:
        if again:
            lake.at().lay_near("both", ("forms", "procedures"), lambda cells: rows if cells >= most else None)
        with lake.at().near(["both"]) as near:
            return set(near) == {"both"}

    assert (laid(), laid(again=True), laid()) == (False, True, True)
    load(lake, "procedures", [{"procedure_id": "P1", "procedure": "届"}])
    assert (laid(), laid(again=True)) == (False, True)
    load(lake, "forms", [form(1), form(2)])
    assert laid(most=MOST_CELLS + 1, again=True) is False  # more than there is room for: it is counted each time


def test_a_figure_counted_from_memory_is_traced_to_the_same_rows(demo: tuple[House, House]) -> None:
    traced = []
    for home in demo:
        result = home.ask("cashless_by_window")
        row = next(each for each in result.records() if each["cashless_transactions"])
        traced.append(home.trace(result, {name: row[name] for name in result.question.key}, "cashless_transactions"))
    assert (traced[1].proof, traced[1].lists) == (traced[0].proof, traced[0].lists)
    assert traced[0].proof is Proof.EXACT


def test_what_was_counted_of_all_rows_is_not_taken_for_some_of_them(lake: Lake) -> None:
    """A stage between two snapshots, and the kept rows of a traced figure, are counted anew."""
    week = [receipt("2026-09-01", 10), receipt("2026-09-02", 20), receipt("2026-09-03", 4)]
    before = load(lake, "receipts", week).snapshot
    gone = receipt("2026-09-03", 1, counter="窓口B")
    load(lake, "receipts", [receipt("2026-09-02", 23), gone, receipt("2026-09-04", 9)])
    at = lake.at()
    for name in laid_near():
        lay_near(name, at)
    catalog = Catalog()
    changed = compare(catalog, "cashless_by_month", lake.at(before), at, day=DAY, today=DAY)
    figures = ("late", "corrected", "vanished")
    (moved,) = [[r[name] for name in figures] for r in changed.records() if r["figure"] == "収納件数"]
    assert moved == [10, 3, -4]

    question = catalog.named("cashless_by_month")
    with (seen := look(at, question.reads, question.sql)):
        counted = set(seen.near)
    with _Rows(at, question) as rows:
        assert (counted, set(rows.near)) == ({CALENDAR, *laid_near()}, {CALENDAR})


def test_a_load_is_seen_at_once_and_its_undo_too_while_the_past_stays(lake: Lake) -> None:
    first = load(lake, "forms", [form(1)])
    assert forms(lake) == (["様式1"], True)
    second = load(lake, "forms", [form(1), form(2)])
    assert forms(lake, bring=False) == (["様式1", "様式2"], False)  # nobody waits for a copy, nobody reads an old one
    assert forms(lake) == (["様式1", "様式2"], True)
    assert forms(lake, first.snapshot) == (["様式1"], False)
    lake.undo(second.load, "試験")
    assert forms(lake) == (["様式1"], True)
    assert forms(lake, second.snapshot) == (["様式1", "様式2"], False)
    assert len(databases(lake)) == 1


def test_a_load_elsewhere_leaves_a_copy_as_it_is(lake: Lake) -> None:
    load(lake, "forms", [form(1)])
    forms(lake)
    before = databases(lake)
    load(lake, "systems", [{"system": "kintone"}])
    assert forms(lake) == (["様式1"], True)
    assert databases(lake) == before


def test_an_outdated_copy_goes_with_its_last_reader(lake: Lake) -> None:
    load(lake, "forms", [form(1)])
    lake.at().bring_near("forms")
    with lake.at().near(["forms"]) as near, closing(lake.cursor()) as cursor:
        load(lake, "forms", [form(1), form(2)])
        assert forms(lake) == (["様式1", "様式2"], True)
        assert cursor.execute(f"SELECT form FROM {near['forms']}").fetchall() == [("様式1",)]
        assert len(databases(lake)) == 2
    assert len(databases(lake)) == 1


def test_a_table_with_too_many_cells_is_read_where_it_lies(lake: Lake) -> None:
    load(lake, "forms", [form(1)])
    cells = len(lake.at().columns()["forms"])
    for most, kept in ((cells, True), (cells - 1, False)):
        lake._near = Near(lake.cursor, most)
        assert forms(lake) == (["様式1"], kept)


def test_a_copy_that_cannot_be_made_says_so_and_leaves_nothing(lake: Lake) -> None:
    load(lake, "forms", [form(1)])
    at = lake.at()
    broken = replace(at, shapes=lambda _: {**at.columns(), tables.history_name(DATASETS["procedures"]): frozenset("x")})
    with pytest.raises(duckdb.CatalogException):
        broken.bring_near("procedures")
    assert databases(lake) == []


def test_many_askers_at_once_share_one_copy(lake: Lake) -> None:
    load(lake, "forms", [form(1)])
    seen: list[tuple[list[str], bool]] = []
    start = threading.Barrier(8)

    def look() -> None:
        start.wait()
        seen.append(forms(lake))

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [(["様式1"], True)] * 8
    assert databases(lake) == ["near_1"]


def test_who_asks_once_copies_nothing(tmp_path: Path) -> None:
    with closing(Lake.create(str(tmp_path / "lake"))) as plain:
        load(plain, "forms", [form(1)])
        assert forms(plain) == (["様式1"], False)
        assert databases(plain) == []
