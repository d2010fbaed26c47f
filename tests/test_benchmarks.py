"""Benchmarks: sides take turns, every sample is kept, goals are judged, and the page says what the records say."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks import page, results
from benchmarks.declared import CPU, PEAK, Benchmark, Case, Figures, Goal, Place
from benchmarks.runner import LEAST, in_turn, measured, run
from benchmarks.suite import ALL
from dx_data.settings import ROOT

MACHINE = results.Machine(processor="架空の機械", cores=2, memory_gib=8, system="Linux", python="3.13.0")


def quiet(_: str) -> None:
    """Nobody listens."""


# --- the page and the records -------------------------------------------------------------------------------------


def test_the_page_says_what_the_records_say() -> None:
    """Else: python -m benchmarks.page. Nobody writes a figure there by hand."""
    assert page.PATH.read_text("utf-8") == page.text(ALL, results.kept())


def test_every_benchmark_has_its_words() -> None:
    assert sorted(path.stem for path in page.PROSE.glob("*.md")) == sorted([page.HEAD, *(each.name for each in ALL)])


def test_every_record_is_of_a_declared_benchmark_that_ran_often_enough() -> None:
    goals = {each.name: each for each in ALL}
    kept = results.kept()
    assert sorted(set(kept) - set(goals)) == []
    assert {name: each.runs for name, each in kept.items() if each.runs < min(LEAST, goals[name].runs)} == {}


def test_names_are_once() -> None:
    names = [each.name for each in ALL]
    assert sorted(set(names)) == sorted(names)
    assert {each.name: each.base for each in ALL if each.base and each.base not in each.sides} == {}


def test_goals_and_parts_name_sides_that_are_there() -> None:
    wrong = [
        (each.name, goal.title)
        for each in ALL
        for goal in each.goals
        if {goal.side, goal.under or goal.side} - each.sides.keys()
    ]
    assert wrong == []
    assert [each.name for each in ALL if each.parts and each.parts_of not in each.sides] == []


def test_the_peers_stay_out_of_what_people_run() -> None:
    """Only requirements-bench.lock has them."""
    for lock in ("requirements.lock", "requirements-dev.lock"):
        assert [name for name in ("pandera", "frictionless") if f"\n{name}==" in (ROOT / lock).read_text("utf-8")] == []


# --- the runner ---------------------------------------------------------------------------------------------------


def test_sides_take_turns_and_change_their_order() -> None:
    asked: list[str] = []

    def act(side: str) -> None:
        asked.append(side)

    case = Case("場面", {"a": lambda: act("a"), "b": lambda: act("b")})
    taken = in_turn([case], 3, say=quiet)
    assert asked == ["b", "a", "a", "b", "b", "a", "a", "b"]
    assert {side: len(samples) for side, samples in taken["場面"].items()} == {"a": 3, "b": 3}


def test_what_an_act_tells_stands_beside_what_was_measured() -> None:
    def act() -> Figures:
        time.sleep(0.02)
        return {"cpu": 12.34567, "peak": 5}

    sample = measured(act)
    assert sample["clock"] >= 0.02
    assert {key: value for key, value in sample.items() if key != "clock"} == {"cpu": 12.35, "peak": 5.0}


def test_a_run_says_where_and_when(tmp_path: Path) -> None:
    done = run(made(), tmp_path, runs=2, say=quiet)
    assert (done.name, done.runs, done.samples["場面"]["ours"][0]["cpu"]) == ("made", 2, 3.0)
    assert (done.machine.cores > 0, "duckdb" in done.versions) == (True, True)
    results.keep(done, tmp_path)
    assert results.kept(tmp_path) == {"made": done}


# --- the judgement ------------------------------------------------------------------------------------------------


@contextmanager
def prepared(_: Place) -> Iterator[Sequence[Case]]:
    """Three seconds beside two, and a little memory."""
    yield [Case("場面", {"ours": lambda: {"cpu": 3.0, "peak": 100.0}, "floor": lambda: {"cpu": 2.0}})]


@pytest.fixture
def words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "prose", lambda name: {page.HEAD: "# 表題"}.get(name, "ことわり。"))


def made(*goals: Goal) -> Benchmark:
    return Benchmark(
        name="made",
        title="こしらえた計測",
        sides={"ours": "これ", "floor": "あれ"},
        prepared=prepared,
        base="floor",
        goals=goals,
        shown=(CPU,),
    )


def record(ours: Sequence[float], floor: Sequence[float]) -> results.Result:
    return results.Result(
        name="made",
        on=dt.date(2026, 11, 28),
        machine=MACHINE,
        versions={"duckdb": "1.5.5"},
        load=(0.1, 0.2),
        samples={
            "場面": {
                "ours": [{"cpu": each, "peak": 100.0} for each in ours],
                "floor": [{"cpu": each} for each in floor],
            }
        },
    )


def test_a_goal_is_of_the_medians_and_the_spread_of_the_rounds() -> None:
    goal = Goal("これ ÷ あれ", "ours", 1.5, under="floor")
    (held,) = page.outcomes(made(goal), record([3.0, 4.0, 2.8], [2.0, 2.5, 2.0]))
    assert (held.middle, held.least, held.most, held.reached) == (1.5, 1.4, 1.6, True)


@pytest.mark.parametrize(
    ("goal", "row"),
    [
        (Goal("比", "ours", 1.5, under="floor"), "| 比 | 1.50 倍（1.40～1.60） | 1.5 倍以下 | 達成 |"),
        (Goal("比", "ours", 1.4, under="floor"), "| 比 | 1.50 倍（1.40～1.60） | 1.4 倍以下 | **未達** |"),
        (Goal("メモリー", "ours", 99, figure=PEAK), "| メモリー | 100 MiB | 99 MiB以下 | **未達** |"),
    ],
)
@pytest.mark.usefixtures("words")
def test_the_page_says_whether_a_goal_is_reached(goal: Goal, row: str) -> None:
    written = page.text([made(goal)], {"made": record([3.0, 4.0, 2.8], [2.0, 2.5, 2.0])})
    assert row in written.splitlines()


@pytest.mark.usefixtures("words")
def test_the_page_says_what_is_not_measured_yet() -> None:
    written = page.text([made(Goal("比", "ours", 1.5, under="floor"))], {})
    assert "| 比 | まだはかっていません | 1.5 倍以下 | |" in written.splitlines()


@pytest.mark.usefixtures("words")
def test_a_section_has_ratio_spread_machine_and_prose() -> None:
    written = page.text([made()], {"made": record([3.0, 4.0, 2.8], [2.0, 2.5, 2.0])})
    assert written[written.index("## こしらえた計測") :].splitlines() == [
        "## こしらえた計測",
        "",
        "|  | CPUの比（÷ あれ） | CPU |",
        "|---|---|---|",
        "| これ | 1.50 倍（1.40～1.60） | 3 秒（2.80～4） |",
        "| あれ | 1 | 2 秒（2～2.50） |",
        "",
        "2026年11月28日、3 回。架空の機械（2 コア、メモリー 8 GiB）、Linux、Python 3.13.0、duckdb 1.5.5。"
        "負荷 0.1 → 0.2。",
        "",
        "ことわり。",
    ]
