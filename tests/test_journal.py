"""What the house knows of itself is asked like anything else: its loads, what arrived, how fresh its data are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from dx_data import calendar, intake
from dx_data.access import Person
from dx_data.catalog import read_questions
from dx_data.datasets import DATASETS
from dx_data.house import House

HEAD = "システム,申請番号,申請日時,処理状況\n"
GOOD = HEAD + "LoGoフォーム,A1,2026/04/01 09:00,完了\n"
BAD = HEAD + "LoGoフォーム,A1,2026-02-30,完了\nLoGoフォーム,A2,2026-02-31,完了\n"
DAY = dt.date(2026, 11, 20)


def state_of(home: House, snapshot: int | None = None) -> tuple[Any, ...]:
    rows = home.ask("data_freshness", snapshot, today=DAY).records()
    return next((row["state"], row["as_of_newest"], row["late_days"]) for row in rows if row["dataset"] == "電子申請")


def refused(home: House, person: Person, write: Callable[..., Any], name: str) -> None:
    intake.record_refusal(intake.review(write(name, BAD), home, home.settings), home, person)


def test_freshness_follows_loads_and_their_undo(
    home: House, person: Person, take: Callable[..., Any], write: Callable[..., Any]
) -> None:
    first = take(write("a_20261101.csv", GOOD), day=dt.date(2026, 11, 1))
    assert state_of(home) == ("遅れ", dt.date(2026, 11, 1), 9)
    second = take(write("b_20261119.csv", GOOD.replace("完了", "却下")), day=dt.date(2026, 11, 19))
    assert state_of(home) == ("予定どおり", dt.date(2026, 11, 19), None)
    assert state_of(home, first.load.snapshot) == ("遅れ", dt.date(2026, 11, 1), 9)
    intake.undo(second.load.load, home, person)
    assert state_of(home) == ("遅れ", dt.date(2026, 11, 1), 9)


def test_faults_are_counted_by_the_series_a_file_belongs_to(
    home: House, person: Person, take: Callable[..., Any], write: Callable[..., Any]
) -> None:
    refused(home, person, write, "電子申請実績_20261104T090500+0900.csv")
    loaded = take(write("電子申請実績_20261105T090500+0900.csv", GOOD))
    now = calendar.today()
    (row,) = home.ask("faults_by_sender", today=now).records()
    counted = ("sender", "files", "refused", "faulty", "totals", "differing")
    assert {name: row[name] for name in counted} == {
        "sender": "電子申請実績",
        "files": 2,
        "refused": 1,
        "faulty": 2,
        "totals": 0,
        "differing": 0,
    }
    # A file turned away changes no table, so nothing may remember the answer.
    refused(home, person, write, "電子申請実績_20261106T090500+0900.csv")
    (row,) = home.ask("faults_by_sender", today=now).records()
    assert (row["files"], row["refused"], row["faulty"]) == (3, 2, 4)
    assert home.ask("faults_by_sender", loaded.load.snapshot, today=now).one()["files"] == 3


def test_a_past_snapshot_knows_nothing_of_what_came_later(
    home: House, take: Callable[..., Any], write: Callable[..., Any], monkeypatch: Any
) -> None:
    first = take(write("a.csv", GOOD))
    later = calendar.now() + dt.timedelta(minutes=5)
    monkeypatch.setattr(calendar, "now", lambda: later)
    take(write("b.csv", GOOD.replace("A1", "A2")))
    today = later.date()
    assert [r["sender"] for r in home.ask("faults_by_sender", today=today).records()] == ["a", "b"]
    assert [r["sender"] for r in home.ask("faults_by_sender", first.load.snapshot, today=today).records()] == ["a"]


def test_an_answer_about_the_house_says_when_it_holds(
    home: House, take: Callable[..., Any], write: Callable[..., Any]
) -> None:
    take(write("a.csv", GOOD))
    result = home.ask("data_freshness", today=DAY)
    assert (result.as_of, result.updated) == (DAY, home.lake.loads()[0].at)
    assert result.source == "データセットの宣言、取込履歴"
    assert result.notes == ()


def test_the_definition_of_freshness_says_the_days_that_are_used() -> None:
    said = read_questions()["data_freshness"].definition.reference
    days = {dataset.rhythm: dataset.most_days for dataset in DATASETS.values()}
    assert [rhythm for rhythm, most in days.items() if most and f"{rhythm}は{most}日" not in said] == []
