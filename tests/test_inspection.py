"""An inspection finds and names one changed byte of anything stored, a lost file, a broken record, a useless backup."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from dx_data import house, inspection, intake
from dx_data import lake as lakes
from dx_data.access import Person, Role
from dx_data.custody import backups, password
from dx_data.custody.inspections import Inspection, State, inspections
from dx_data.custody.ledger import Act, Ledger
from dx_data.errors import NotPermitted
from dx_data.house import House
from dx_data.lake.folder import Folder
from dx_data.settings import Settings
from dx_data.settings import settings as read_settings
from dx_data.ui import faults as faults_on_screen
from tests.conftest import ROOT
from tests.thorough import times

pytestmark = pytest.mark.folder  # the lakes are copies of a folder

NAMES = ("applications_by_hour", "data_freshness", "faults_by_sender")
HEAD = "システム,申請番号,申請日時,処理状況\n"
SOMEBODY = Person("試験 担当", frozenset(Role))


def lines(start: int, count: int, status: str = "完了") -> str:
    return HEAD + "".join(f"LoGoフォーム,A{n:05},2026/04/01 09:00,{status}\n" for n in range(start, start + count))


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed lake of two loads with a file of deletions, a remembered decision beside the chain, and one backup."""
    folder = tmp_path_factory.mktemp("template")
    chosen = Settings(lake=str(folder / "lake"), backup_key=str(folder / "key.txt"))
    home = house.make_house(SOMEBODY, chosen=chosen)
    for number, text in enumerate((lines(0, 50), lines(20, 10, "処理中"))):
        file = folder / f"{number}.csv"
        file.write_text(text, "utf-8-sig")
        found = intake.review(file, home, chosen, wish=intake.Wish(as_of=dt.date(2026, 11, 1)))
        assert intake.load(found, home, SOMEBODY).status == "loaded"
    password.made(folder / "key.txt")
    backups.back_up(home.lake.place, folder / "控え", SOMEBODY, password.kept(folder / "key.txt"))
    home.close()
    return folder


@pytest.fixture
def kept(template: Path, chosen: Settings) -> Settings:
    """A copy of that lake."""
    shutil.copytree(template / "lake", chosen.lake)
    return chosen.model_copy(update={"backup_key": str(template / "key.txt")})


def inspect(chosen: Settings, names: tuple[str, ...] = NAMES) -> Inspection:
    return inspection.inspect(chosen, SOMEBODY, names=names)


def faults(found: Inspection) -> list[tuple[str, str]]:
    return [(each.subject, each.said[0]) for each in found.findings if each.state is State.FAULT]


def test_a_sound_lake_is_found_sound_and_the_record_is_kept(kept: Settings) -> None:
    found = inspect(kept)
    assert [(each.subject, each.state) for each in found.findings] == [
        ("管理台帳", State.SOUND),
        ("目録", State.SOUND),
        ("表データ", State.SOUND),
        ("保管ファイル", State.SOUND),
        ("控え", State.SOUND),
        ("数値", State.SOUND),
    ]
    ledger = Ledger(Path(kept.lake) / "ledger.sqlite")
    last = ledger.lines()[-1]
    assert (last.act, last.number, last.seal) == (Act.INSPECTED, found.number, found.anchor)
    assert inspections(ledger) == [found]
    page = found.html("内部").decode()
    assert all(sentence in page for each in found.findings for sentence in each.said)
    assert inspect(kept).state is State.SOUND  # an inspection changes nothing that the next one looks at


def test_all_questions_answer_the_same_from_the_backup(kept: Settings) -> None:
    found = inspect(kept, names=())
    assert found.state is State.SOUND
    assert found.findings[-1].said[0].split(" ")[0] == str(len(house.Catalog().questions))


def flip(file: Path, at: int, bit: int = 0) -> None:
    content = bytearray(file.read_bytes())
    content[at] ^= 1 << bit
    file.write_bytes(content)


@pytest.fixture(scope="module")
def parts(template: Path) -> list[Path]:
    """Everything that is stored, by its path in the lake."""
    lake = template / "lake"
    found = [path.relative_to(lake) for path in lake.rglob("*") if path.suffix in {".parquet", ".sqlite", ".csv"}]
    kinds = {"catalog.sqlite", "ledger.sqlite", "000001_applications.csv", "000002_applications.csv"}
    kinds |= {path.name for path in found if path.suffix == ".parquet"}
    assert {path.name for path in found} == kinds
    assert any("delete" in path.name for path in found)
    return sorted(found)


@given(st.data())
@settings(max_examples=times(40, 600), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_one_flipped_byte_anywhere_is_found_and_named(
    template: Path, tmp_path_factory: pytest.TempPathFactory, parts: list[Path], data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(parts))
    lake = tmp_path_factory.mktemp("flipped") / "lake"
    shutil.copytree(template / "lake", lake)
    flip(lake / name, data.draw(st.integers(0, (lake / name).stat().st_size - 1)), data.draw(st.integers(0, 7)))
    found, _ = inspection.stored(lakes.at(str(lake)))
    shutil.rmtree(lake.parent)
    told = [sentence for finding in found if finding.state is State.FAULT for sentence in finding.said]
    words = {"ledger.sqlite": ("ledger.sqlite", "行目")}.get(name.name, (name.name,))
    assert any(word in sentence for sentence in told for word in words), told


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.999])
def test_one_flipped_byte_of_the_backup_is_found_and_named(kept: Settings, template: Path, share: float) -> None:
    (file,) = (template / "控え").glob("*.zip")
    whole = file.read_bytes()
    try:
        flip(file, int(share * len(whole)))
        assert faults(inspect(kept)) == [("控え", faults(inspect(kept))[0][1])]
        assert f"『{file.name}』" in faults(inspect(kept))[0][1]
    finally:
        file.write_bytes(whole)


def test_a_lost_file_is_named(kept: Settings) -> None:
    home = house.open_house(chosen=kept)
    name = home.lake.files()[0]
    home.close()
    (Path(kept.lake) / "tables" / name).unlink()
    assert ("表データ", f"保存したファイル『tables/{name}』がありません。") in faults(inspect(kept))


def test_without_a_backup_it_is_a_caution_and_without_its_file_a_fault(home: House, tmp_path: Path) -> None:
    chosen = home.settings.model_copy(update={"backup_key": str(tmp_path / "key.txt")})
    home.close()
    found = inspect(chosen)
    assert found.findings[-1].said[0] == "控えがまだありません。`dx backup` で取ってください。"
    assert (found.state, found.findings[-1].state) == (State.CAUTION, State.CAUTION)
    password.made(tmp_path / "key.txt")
    done = backups.back_up(lakes.at(chosen.lake), tmp_path, SOMEBODY, "a")
    done.path.unlink()
    assert [subject for subject, _ in faults(inspect(chosen))] == ["控え"]


def test_a_backup_that_reads_the_original_is_not_taken_for_sound(
    kept: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def at_the_original(there: Folder) -> str:
        return statement(Folder(str(there.folder), f"{kept.lake}/tables"))

    statement = Folder.attach_statement
    monkeypatch.setattr(Folder, "attach_statement", at_the_original)
    found = inspect(kept)
    assert [subject for subject, _ in faults(found)] == ["数値"]


def test_deletions_that_replace_earlier_ones_are_noted_with_their_load_and_the_earlier_ones_are_not_missed(
    tmp_path: Path, chosen: Settings
) -> None:
    key, files = tmp_path / "key.txt", []
    password.made(key)
    with closing(house.make_house(SOMEBODY, chosen=chosen)) as home:
        for number, (count, status) in enumerate(((60, "完了"), (5, "処理中"), (10, "完了"), (15, "処理中"))):
            file = tmp_path / f"{number}.csv"
            file.write_text(lines(0, count, status), "utf-8-sig")
            found = intake.review(file, home, chosen, wish=intake.Wish(as_of=dt.date(2026, 11, 1)))
            assert intake.load(found, home, SOMEBODY).status == "loaded"
            files.append({name for name in home.lake.files() if name.endswith("-delete.parquet")})
        backups.back_up(home.lake.place, tmp_path / "控え", SOMEBODY, password.kept(key))
    assert len(files[-1]) == 1
    assert not files[-1] & files[-2]
    assert inspect(chosen).findings[2].state is State.SOUND
    restored = chosen.model_copy(update={"lake": str(tmp_path / "restored")})
    backups.restore(tmp_path / "控え", house.place_of(False, restored), SOMEBODY, password.kept(key))
    assert inspect(restored).findings[2].state is State.SOUND


def test_a_backup_with_other_figures_is_a_fault(kept: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    unpack = backups.unpack

    def altered(file: Path, into: Path, secret: str) -> Any:
        told = unpack(file, into, secret)
        with closing(sqlite3.connect(into / "catalog.sqlite")) as catalogue:
            catalogue.execute("DELETE FROM ducklake_delete_file")
            catalogue.commit()
        return told

    monkeypatch.setattr(backups, "unpack", altered)
    assert faults(inspect(kept)) == [("数値", "質問 applications_by_hour の答えが、控えと違います。")]


def test_a_lake_of_an_earlier_release_is_noted_once(kept: Settings) -> None:
    with closing(sqlite3.connect(Path(kept.lake) / "ledger.sqlite")) as ledger:
        ledger.execute("DROP TRIGGER dx_ledger_no_update")
        ledger.execute("UPDATE dx_ledger SET detail = json_remove(detail, '$.files', '$.catalogue') WHERE act = '取込'")
        ledger.commit()
    found, noted = inspection.stored(lakes.at(kept.lake))
    assert sorted(noted) == ["catalogue", "files", "snapshot"]
    assert [each.state for each in found[1:3]] == [State.CAUTION, State.CAUTION]
    Ledger(Path(kept.lake) / "ledger.sqlite").append("試験", Act.INSPECTED, "点検", findings=[], **noted)
    found, again = inspection.stored(lakes.at(kept.lake))
    assert (again, [each.state for each in found[1:3]]) == ({}, [State.SOUND, State.SOUND])


def test_a_clock_that_was_set_back_is_a_caution(kept: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    back = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    monkeypatch.setattr("dx_data.custody.ledger.calendar.now", lambda: back)
    ledger = Ledger(Path(kept.lake) / "ledger.sqlite")
    number = ledger.append("試験", Act.FORGOTTEN, "x", forgets=0).number
    found = inspect(kept)
    assert found.findings[0].state is State.CAUTION
    assert found.findings[0].said[0] == f"{number} 行目の時刻が、前の行より前です（時計が戻されました）。"


def test_who_may_inspect(kept: Settings) -> None:
    for role in (Role.VIEW, Role.PUBLISH):
        with pytest.raises(NotPermitted, match="台帳を点検する"):
            inspection.inspect(kept, Person("だれか", frozenset({role})))


def test_the_command(kept: Settings, tmp_path: Path) -> None:
    ours = {**os.environ, "DX_LAKE": kept.lake, "DX_BACKUP_KEY": kept.backup_key}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "dx_data.cli", "inspect", *words], env=ours, capture_output=True, text=True
        )

    done = run("--json", "-o", str(tmp_path / "r.html"))
    assert (done.returncode, json.loads(done.stdout)["state"]) == (0, "異常なし")
    assert "点検記録 第" in (tmp_path / "r.html").read_text("utf-8")
    flip(Path(kept.lake) / "ledger.sqlite", 5000)
    again = run()
    assert again.returncode == 1
    assert "管理台帳: 異常" in again.stdout


def test_the_screen_shows_the_last_inspection(lakes: Path) -> None:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run().switch_page("pages/health.py").run()
    assert any("点検はまだありません" in each.value for each in at.info)
    found = inspection.inspect(read_settings(), SOMEBODY, demo=True, names=())
    at.run()
    assert found.state is State.CAUTION  # no backup yet
    assert any(faults_on_screen.plain(found.sentence) == each.value for each in at.warning)
    assert any("控えがまだありません" in each.value for each in at.get("html"))
