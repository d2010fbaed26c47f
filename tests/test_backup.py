"""A backup is the whole lake or no backup; a restored lake answers the same at its new place."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import pyzipper

from dx_data import access, house, intake
from dx_data import lake as lakes
from dx_data.access import Person, Role
from dx_data.catalog import look
from dx_data.custody import backups, password, sealed
from dx_data.custody.ledger import Act, Ledger
from dx_data.errors import BackupRefused, LakeDamaged, NotFound, NotPermitted
from dx_data.house import House
from dx_data.settings import Settings
from tests.thorough import times

pytestmark = pytest.mark.folder  # the lakes are copies of a folder

SECRET = "abcde-fghij"
HEAD = "システム,申請番号,申請日時,処理状況\n"


def lines(start: int, count: int) -> str:
    return HEAD + "".join(f"LoGoフォーム,A{n:05},2026/04/01 09:00,完了\n" for n in range(start, start + count))


def picture(home: House) -> Any:
    """What the lake answers, its history and its records."""
    answer = home.ask("applications_status", today=dt.date(2026, 11, 1))
    return answer.rows, [load.as_json(home.lake.id) for load in home.lake.loads()]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed lake of three loads, the last of which wrote over rows of the first and left a file of deletions."""
    folder, somebody = tmp_path_factory.mktemp("template"), Person("試験 担当", frozenset(Role))
    chosen = Settings(lake=str(folder / "lake"))
    home = house.make_house(somebody, chosen=chosen)
    for number, text in enumerate((lines(0, 50), lines(50, 50), lines(20, 10).replace("完了", "処理中"))):
        file = folder / f"{number}.csv"
        file.write_text(text, "utf-8-sig")
        found = intake.review(file, home, chosen, wish=intake.Wish(as_of=dt.date(2026, 11, 1)))
        assert intake.load(found, home, somebody).status == "loaded"
    assert any("delete" in name for name in home.lake.files())
    home.close()
    return folder / "lake"


@pytest.fixture
def filled(template: Path, chosen: Settings) -> Iterator[House]:
    """A copy of that lake, open."""
    shutil.copytree(template, chosen.lake)
    home = house.open_house(chosen=chosen)
    yield home
    home.close()


def back_up(home: House, into: Path, person: Person) -> backups.Backup:
    return backups.back_up(home.lake.place, into, person, SECRET)


def opened_at(place: Path, chosen: Settings) -> House:
    return house.open_house(chosen=chosen.model_copy(update={"lake": str(place)}))


def test_a_restored_lake_is_the_same_at_its_new_place_with_the_original_gone(
    filled: House, tmp_path: Path, person: Person, chosen: Settings
) -> None:
    before, lake_id = picture(filled), filled.lake.id
    done = back_up(filled, tmp_path / "控え", person)
    filled.close()
    shutil.rmtree(filled.lake.folder)
    told = backups.restore(tmp_path / "控え", lakes.at(str(tmp_path / "new")), person, SECRET)
    assert told == {"lake": lake_id, "demo": False, "snapshot": 3, "made_at": told["made_at"]}
    home = opened_at(tmp_path / "new", chosen)
    assert picture(home) == before
    assert home.verify_ledger() == []
    # The line of the backup came after the copy of the ledger was taken, so the restored one ends with the restoring.
    assert [line.act for line in home.ledger.lines()][-2:] == [Act.LOAD, Act.RESTORED]
    assert home.ledger.lines()[-1].detail["sha256"] == done.sha256
    home.close()


def test_a_restored_lake_takes_files_and_backups_again(
    filled: House, tmp_path: Path, person: Person, chosen: Settings, write: Any
) -> None:
    back_up(filled, tmp_path / "控え", person)
    backups.restore(tmp_path / "控え", lakes.at(str(tmp_path / "new")), person, SECRET)
    home = opened_at(tmp_path / "new", chosen)
    found = intake.review(write("4.csv", lines(100, 5)), home, chosen, wish=intake.Wish(as_of=dt.date(2026, 11, 2)))
    assert intake.load(found, home, person).status == "loaded"
    assert back_up(home, tmp_path / "控え2", person).snapshot == 4
    assert [load.load for load in home.lake.loads()] == [4, 3, 2, 1]
    assert [load.load for load in filled.lake.loads()] == [3, 2, 1]
    home.close()


def test_the_tables_may_lie_apart(filled: House, tmp_path: Path, person: Person, chosen: Settings) -> None:
    before = picture(filled)
    back_up(filled, tmp_path / "控え", person)
    backups.restore(tmp_path / "控え", lakes.at(str(tmp_path / "new"), str(tmp_path / "data")), person, SECRET)
    apart = chosen.model_copy(update={"lake": str(tmp_path / "new"), "lake_data": str(tmp_path / "data")})
    home = house.open_house(chosen=apart)
    assert picture(home) == before
    assert not (tmp_path / "new" / "tables").exists()
    home.close()


def test_a_backup_is_recorded_with_its_copy_number_and_digest(filled: House, tmp_path: Path, person: Person) -> None:
    first, second = (back_up(filled, tmp_path / "控え", person) for _ in range(2))
    assert (first.copy, second.copy) == (1, 2)
    assert backups.known(filled.ledger) == [first, second]
    last = filled.ledger.lines()[-1]
    assert (last.act, last.subject, last.detail["kind"]) == (Act.HAND_OVER, "控え", "要保護")
    assert (second.files, second.snapshot) == (len(filled.lake.files()), 3)
    assert sorted(path.name for path in (tmp_path / "控え").iterdir()) == sorted([first.file, second.file])
    assert backups.chosen(tmp_path / "控え") == second.path


def test_a_backup_shows_nothing_without_its_password(filled: House, tmp_path: Path, person: Person) -> None:
    done = back_up(filled, tmp_path, person)
    raw = done.path.read_bytes()
    assert b"PAR1" not in raw
    assert b"SQLite format" not in raw
    assert b"A00001" not in raw
    with pytest.raises(BackupRefused, match="合言葉が合いません"):
        backups.restore(done.path, lakes.at(str(tmp_path / "new")), person, "wrong")
    assert not (tmp_path / "new").exists()


def test_restore_refuses_a_place_that_is_not_empty_and_leaves_it_as_it_is(
    filled: House, tmp_path: Path, person: Person
) -> None:
    done = back_up(filled, tmp_path, person)
    before = {path: path.read_bytes() for path in filled.lake.folder.rglob("*") if path.is_file()}
    with pytest.raises(BackupRefused, match="空ではありません"):
        backups.restore(done.path, lakes.at(str(filled.lake.folder)), person, SECRET)
    with pytest.raises(BackupRefused, match="空ではありません"):
        backups.restore(done.path, lakes.at(str(tmp_path / "new"), str(filled.lake.folder)), person, SECRET)
    assert {path: path.read_bytes() for path in filled.lake.folder.rglob("*") if path.is_file()} == before
    assert not (tmp_path / "new").exists()


def doctored(backup: Path, target: Path, leave_out: str, *, known: bool) -> None:
    """The backup without one file; the list says so too, or it does not."""
    with pyzipper.AESZipFile(backup) as old:
        old.setpassword(SECRET.encode())
        about = json.loads(old.read(sealed.MANIFEST))
        parts = [(name, old.read(name)) for name in about["files"] if leave_out not in name]
        assert len(parts) < len(about["files"])
    if known:
        sealed.write(target, parts, SECRET, {name: about[name] for name in ("lake", "demo", "snapshot", "made_at")})
        return
    with pyzipper.AESZipFile(target, "w", encryption=pyzipper.WZ_AES) as new:
        new.setpassword(SECRET.encode())
        for name, content in (*parts, (sealed.MANIFEST, json.dumps(about))):
            new.writestr(name, content)


@pytest.mark.parametrize("known", [False, True], ids=["目録にある", "目録にもない"])
@pytest.mark.parametrize("part", [".parquet", "-delete", "catalog.sqlite", "ledger.sqlite"])
def test_a_backup_that_lacks_a_file_is_refused_though_the_original_is_there(
    filled: House, tmp_path: Path, person: Person, part: str, known: bool
) -> None:
    done = back_up(filled, tmp_path, person)
    target = tmp_path / "lacking.zip"
    doctored(done.path, target, part, known=known)
    with pytest.raises(BackupRefused, match="使えません"):
        backups.restore(target, lakes.at(str(tmp_path / "new")), person, SECRET)
    assert not (tmp_path / "new").exists()
    assert not list(tmp_path.glob(".new*"))


def test_a_damaged_lake_is_not_taken_for_a_backup(filled: House, tmp_path: Path, person: Person) -> None:
    name = filled.lake.files()[0]
    file = filled.lake.folder / "tables" / name
    whole = file.read_bytes()
    file.write_bytes(whole[:40] + bytes([whole[40] ^ 1]) + whole[41:])
    with pytest.raises(LakeDamaged, match=f"『tables/{name}』が書き換わっています"):
        back_up(filled, tmp_path / "控え", person)
    file.unlink()
    with pytest.raises(LakeDamaged, match=f"『tables/{name}』がありません"):
        back_up(filled, tmp_path / "控え", person)
    assert list((tmp_path / "控え").iterdir()) == []
    assert backups.known(filled.ledger) == []


def test_a_folder_with_backups_of_two_lakes_asks_which(
    filled: House, tmp_path: Path, person: Person, chosen: Settings
) -> None:
    back_up(filled, tmp_path / "控え", person)
    other = house.make_house(person, chosen=chosen.model_copy(update={"lake": str(tmp_path / "other")}))
    back_up(other, tmp_path / "控え", person)
    other.close()
    with pytest.raises(BackupRefused, match="いくつもの台帳の控え"):
        backups.chosen(tmp_path / "控え")
    (tmp_path / "none").mkdir()
    with pytest.raises(NotFound, match="控えがありません"):
        backups.chosen(tmp_path / "none")


def test_who_may_back_up_and_restore(filled: House, tmp_path: Path) -> None:
    for role in set(Role) - {Role.ADMIN}:
        with pytest.raises(NotPermitted, match="台帳の控えを取る"):
            back_up(filled, tmp_path / "控え", Person("だれか", frozenset({role})))
        with pytest.raises(NotPermitted, match="台帳を作る"):
            backups.restore(tmp_path, lakes.at(str(tmp_path / "new")), Person("だれか", frozenset({role})), SECRET)
    assert not (tmp_path / "控え").exists()
    assert back_up(filled, tmp_path / "控え", Person("管理", frozenset({Role.ADMIN}))).copy == 1


def test_the_password_is_made_once_and_is_nobody_elses(tmp_path: Path) -> None:
    file = tmp_path / "k" / "key.txt"
    with pytest.raises(NotFound, match="合言葉が"):
        password.kept(file)
    assert password.made(file)
    found = password.kept(file)
    assert not password.made(file)
    assert password.kept(file) == found
    assert len(found) == 6 * 5 + 5
    assert os.name == "nt" or file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["key.txt"]


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "dx_data.cli", *words]


def environment(chosen: Settings, tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "DX_LAKE": chosen.lake, "DX_BACKUP_KEY": str(tmp_path / "key.txt")}


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 は Windows にありません")
def test_a_killed_backup_or_restore_leaves_none(filled: House, tmp_path: Path, chosen: Settings) -> None:
    filled.close()
    password.made(tmp_path / "key.txt")
    into, ours = tmp_path / "控え", environment(chosen, tmp_path)
    began = time.monotonic()
    assert subprocess.run(command("backup", str(into)), env=ours).returncode == 0
    took = time.monotonic() - began
    whole = {path.name for path in into.glob("dx*.zip")}
    for moment in range(1, times(3, 12)):
        process = subprocess.Popen(command("backup", str(into)), env=ours, stderr=subprocess.DEVNULL)
        time.sleep(took * (0.6 + 0.4 * moment / times(3, 12)))
        process.send_signal(signal.SIGKILL)
        process.wait()
        for file in into.glob("*.zip"):
            with sealed.opened(file, password.kept(tmp_path / "key.txt")) as parcel:
                parcel.prove()
    assert whole <= {path.name for path in into.glob("dx*.zip")}
    for moment in range(1, times(3, 12)):
        place = tmp_path / f"new{moment}"
        process = subprocess.Popen(
            command("restore", str(into)), env={**ours, "DX_LAKE": str(place)}, stderr=subprocess.DEVNULL
        )
        time.sleep(took * (0.6 + 0.4 * moment / times(3, 12)))
        process.send_signal(signal.SIGKILL)
        process.wait()
        if place.exists():
            home = opened_at(place, chosen)
            assert home.verify_ledger() == []
            assert len(home.lake.loads()) == 3
            home.close()


def test_a_backup_taken_while_files_load_holds_whole_loads(
    filled: House, tmp_path: Path, chosen: Settings, person: Person, write: Any
) -> None:
    files = [write(f"more{n}.csv", lines(200 + n * 10, 10)) for n in range(2)]
    process = subprocess.Popen(
        command("load", "--yes", "--as-of", "2026-11-03", *map(str, files)),
        env=environment(chosen, tmp_path),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    made = []
    while process.poll() is None or not made:
        made.append(back_up(filled, tmp_path / "控え", person))
        time.sleep(1)
    assert process.returncode == 0
    made = list({backup.snapshot: backup for backup in made}.values())
    for number, backup in enumerate(made):
        backups.restore(backup.path, lakes.at(str(tmp_path / f"new{number}")), person, SECRET)
        home = opened_at(tmp_path / f"new{number}", chosen)
        loads = len(home.lake.loads())
        with look(home.lake.at(), ["applications"]) as cursor:
            assert cursor.execute("SELECT count(*) FROM applications").fetchall() == [(100 + 10 * (loads - 3),)]
        assert home.verify_ledger() == []
        home.close()
    assert len(filled.lake.loads()) == 5


def test_the_commands(filled: House, tmp_path: Path, chosen: Settings) -> None:
    ours = environment(chosen, tmp_path)
    ours.pop("DX_LAKE_DATA", None)

    def run(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command(*words), env={**ours, **more}, capture_output=True, text=True)

    first = run("backup", str(tmp_path / "控え"))
    assert first.returncode == 0
    assert "紙などに写し、控えとは別の場所に保管してください" in first.stderr
    second = run("backup", str(tmp_path / "控え"), "--json")
    told = json.loads(second.stdout)
    assert (second.returncode, second.stderr, told["copy"]) == (0, "", 2)
    assert run("restore", str(tmp_path / "控え")).returncode == 1
    done = run("restore", str(tmp_path / "控え"), "--json", DX_LAKE=str(tmp_path / "new"))
    assert (done.returncode, json.loads(done.stdout)["place"]) == (0, str(tmp_path / "new"))
    again = run("restore", told["backup"], DX_LAKE=str(tmp_path / "other"), DX_BACKUP_KEY=str(tmp_path / "no.txt"))
    assert again.returncode == 2
    assert "合言葉が" in again.stderr
    loads = [json.loads(run("loads", "--json", DX_LAKE=lake).stdout) for lake in (chosen.lake, str(tmp_path / "new"))]
    assert loads[0] == loads[1] != {"loads": []}


def test_the_local_person_may_do_it_all() -> None:
    assert {access.Right.BACK_UP, access.Right.INSPECT} <= access.local_person().rights


def test_a_ledger_line_is_written_before_the_backup_has_its_name(
    filled: House, tmp_path: Path, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    append = Ledger.append

    def watched(self: Ledger, *told: Any, **facts: Any) -> Any:
        seen.append([path.suffix for path in (tmp_path / "控え").iterdir()])
        return append(self, *told, **facts)

    monkeypatch.setattr(Ledger, "append", watched)
    back_up(filled, tmp_path / "控え", person)
    assert seen == [[".part"]]
