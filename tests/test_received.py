"""What is kept of a loaded file: its rows as they went in, and nothing of what the gate left out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dx_data import house, intake
from dx_data import lake as lakes
from dx_data.access import Person
from dx_data.custody import backups
from dx_data.custody.ledger import Act
from dx_data.custody.proof import Proof
from dx_data.derive.reference import KEPT
from dx_data.errors import BackupRefused, LakeDamaged, LoadRefused
from dx_data.house import House
from dx_data.lake import FolderFiles, received
from dx_data.settings import Settings

HEAD = "システム,申請番号,申請日時,処理状況,決済額,作成者\n"
NAME = "kept/000001_applications.csv"
Take = Callable[..., intake.Reviewed]


@pytest.fixture
def disk(home: House, request: pytest.FixtureRequest) -> Path:
    """Where the lake's files lie on a disk that tests reach, also those of a bucket."""
    files = home.lake.place.files
    return files.folder if isinstance(files, FolderFiles) else request.getfixturevalue("s3").inside("dx-lake") / "ward"


def lines(*rows: tuple[str, str, str]) -> str:
    return HEAD + "".join(f"LoGoフォーム,{n},2026/04/01 09:00,{status},{paid},葛飾 花子\n" for n, status, paid in rows)


def loaded(home: House) -> dict[str, Any]:
    return home.ledger.lines_of(Act.LOAD)[-1].detail["kept"]


def test_the_kept_file_is_the_rows_without_what_the_gate_left_out(
    home: House, disk: Path, take: Take, write: Any
) -> None:
    assert take(write("a.csv", lines(("A1", "完了", "1200"), ("A2", "処理中", "")), "cp932")).status == "loaded"
    assert (disk / NAME).read_text("utf-8") == (
        "元シート,元行番号,システム,申請番号,申請日時,処理状況,決済額\n"
        ",2,LoGoフォーム,A1,2026-04-01 09:00:00,完了,1200\n"
        ",3,LoGoフォーム,A2,2026-04-01 09:00:00,処理中,\n"
    )
    facts = loaded(home)
    assert facts == {NAME: {"sha256": facts[NAME]["sha256"], "delivery": "追加", "unique": True}}
    assert home.ledger.lines_of(Act.LOAD)[-1].detail["return_by"] == "2028-03-31"


def test_a_kept_file_comes_in_again_as_it_was(home: House, take: Take, write: Any) -> None:
    found = take(write("a.csv", lines(("A1", "完了", "0"), ("A2", "処理中", ""))))
    assert found.plan is not None
    (before,) = (each.part for each in found.plan.parts)
    again = received.part(home.lake.place.files, NAME, loaded(home)[NAME])
    assert (again.dataset, again.present, again.delivery, again.unique) == (
        before.dataset,
        before.present,
        before.delivery,
        before.unique,
    )
    names = [*(column.name for column in before.dataset.stored), "source_sheet", "source_row"]
    assert again.rows.select(names).to_pylist() == before.rows.select(names).to_pylist()
    assert not home.lake.plan([again]).alters


def test_blank_text_nothing_and_lists_are_told_apart_in_a_kept_file(home: House, person: Person, write: Any) -> None:
    about = intake.About("表", "区", "自由", dt.date(2026, 4, 1))
    path = write("r.csv", '名前,値\n"改行\nと""引用""",\n甲,=1+1\n')
    found = intake.load(intake.review_reference(path, home, about), home, person)
    assert found.plan is not None
    for before in (each.part for each in found.plan.parts):
        name = f"kept/000001_{before.dataset.name}.csv"
        again = received.part(home.lake.place.files, name, loaded(home)[name])
        names = [*(column.name for column in before.dataset.stored), "source_row"]
        assert again.rows.select(names).to_pylist() == before.rows.select(names).to_pylist()
        assert again.dataset == KEPT[before.dataset.name]


def test_a_changed_kept_file_does_not_come_in_again(home: House, disk: Path, take: Take, write: Any) -> None:
    take(write("a.csv", lines(("A1", "完了", "0"))))
    facts = loaded(home)[NAME]
    file = disk / NAME
    file.write_text(file.read_text("utf-8").replace("A1", "A9"), "utf-8")
    with pytest.raises(LakeDamaged, match="書き換わっています"):
        received.part(home.lake.place.files, NAME, facts)
    file.unlink()
    with pytest.raises(LakeDamaged, match="がないか"):
        received.part(home.lake.place.files, NAME, facts)


def test_a_load_that_fails_keeps_nothing(
    home: House, person: Person, take: Take, write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        assert received.names(home.lake.place.files) == [NAME]
        raise LoadRefused.because("試験", "試験")

    monkeypatch.setattr("dx_data.lake.lake.apply", fail)
    with pytest.raises(LoadRefused):
        take(write("a.csv", lines(("A1", "完了", "0"))))
    assert received.names(home.lake.place.files) == []


def test_what_a_killed_load_kept_goes_at_the_next_start(
    home: House, chosen: Settings, take: Take, write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(write("a.csv", lines(("A1", "完了", "0"))))

    def kill(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("dx_data.lake.lake.apply", kill)
    with pytest.raises(KeyboardInterrupt):
        take(write("b.csv", lines(("A2", "完了", "0"))))
    assert received.names(home.lake.place.files) == [NAME, NAME.replace("1_", "2_")]
    home.close()
    house.open_house(chosen=chosen).close()
    assert received.names(home.lake.place.files) == [NAME]


def test_a_backup_takes_what_was_kept_and_is_none_without_it(
    home: House, disk: Path, person: Person, take: Take, write: Any, tmp_path: Path
) -> None:
    take(write("a.csv", lines(("A1", "完了", "0"))))
    back_up = lambda: backups.back_up(home.lake.place, tmp_path / "控え", person, "a-b")  # noqa: E731
    back_up()
    backups.restore(tmp_path / "控え", lakes.at(str(tmp_path / "new")), person, "a-b")
    assert (tmp_path / "new" / NAME).read_bytes() == (disk / NAME).read_bytes()
    (disk / NAME).unlink()
    with pytest.raises(LakeDamaged, match=NAME):
        back_up()
    # A parcel that its own list calls whole, made without the kept file.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dx_data.custody.backups.Proof.of", classmethod(lambda *_: Proof({}, None)))
        lacking = backups.back_up(home.lake.place, tmp_path / "欠け", person, "a-b")
    with pytest.raises(BackupRefused, match=NAME):
        backups.unpack(lacking.path, tmp_path / "unpacked", "a-b")
