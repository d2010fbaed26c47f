"""A lake that an earlier release made goes on answering: every question, at every snapshot, and it takes new loads."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest

from dx_data import demo, house, intake
from dx_data.access import Person
from dx_data.settings import Settings

LAKES = sorted(Path(__file__).parent.glob("lake-*.zip"))


@pytest.fixture(params=LAKES, ids=lambda path: path.stem)
def older(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    with zipfile.ZipFile(request.param) as archive:
        archive.extractall(tmp_path / "lake")
    made = house.open_house(demo=True, chosen=Settings(lake_demo=str(tmp_path / "lake")))
    yield made
    made.close()


def test_there_is_a_lake_of_the_first_release() -> None:
    assert [path.name for path in LAKES][:1] == ["lake-0.1.0.zip"]


def test_every_question_answers_at_the_first_and_the_newest_snapshot(older: Any) -> None:
    first = min(load.snapshot for load in older.lake.loads())
    for name in older.catalog.questions:
        for snapshot in (0, first, None):
            result = older.ask(name, snapshot)
            assert result.question.name == name
    assert older.ask("applications_headline").one()["received"] > 0
    assert older.ask("consultations_by_month").rows == []


def test_an_older_lake_takes_what_the_newer_release_declares(older: Any, person: Person, tmp_path: Path) -> None:
    file = next(each for each in demo.small() if each.name.startswith("相談・伴走支援"))
    path = tmp_path / file.name
    path.write_bytes(file.content)
    found = intake.review(path, older, older.settings, wish=intake.Wish(as_of=file.as_of))
    assert intake.load(found, older, person).status == "loaded"
    assert older.ask("consultations_by_month").rows != []
    assert older.verify_ledger() == []
