"""A disk that is full or may not be written, a clock set back: the old state or the new one, and a clear sentence."""

from __future__ import annotations

import datetime as dt
import errno
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dx_data import cli, house, intake
from dx_data.access import Person, Role
from dx_data.catalog import look
from dx_data.errors import of_disk
from dx_data.house import House
from dx_data.settings import Settings
from dx_data.settings import settings as read_settings
from tests.thorough import times

pytestmark = pytest.mark.folder  # the lakes are copies of a folder

HEAD = "システム,申請番号,申請日時,処理状況\n"
ROOM = 4 << 20  # of the small disk


def lines(count: int, status: str) -> str:
    return HEAD + "".join(f"LoGoフォーム,A{n:06},2026/04/01 09:00,{status}\n" for n in range(count))


def picture(home: House) -> Any:
    with look(home.lake.at(), ["applications"]) as cursor:
        return cursor.execute("SELECT status, count(*) FROM applications GROUP BY 1").fetchall()


def load(lake: Path, file: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dx_data.cli", "load", "--yes", "--as-of", "2026-11-02", str(file)],
        env={**os.environ, "DX_LAKE": str(lake)},
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed lake of one load."""
    folder, somebody = tmp_path_factory.mktemp("template"), Person("試験", frozenset(Role))
    chosen = Settings(lake=str(folder / "lake"))
    home = house.make_house(somebody, chosen=chosen)
    (folder / "old.csv").write_text(lines(2000, "処理中"), "utf-8-sig")
    found = intake.review(folder / "old.csv", home, chosen, wish=intake.Wish(as_of=dt.date(2026, 11, 1)))
    intake.load(found, home, somebody)
    home.close()
    return folder / "lake"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(place)]
    if sys.platform != "linux" or subprocess.run(mounted, capture_output=True).returncode:
        pytest.skip("小さいディスクを付ける権限がありません")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


OLD, NEW = [("処理中", 2000)], [("完了", 2000)]


def checked(lake: Path) -> Any:
    """What the lake says once the disk is well again; its records hold."""
    home = house.open_house(chosen=Settings(lake=str(lake)))
    try:
        assert home.verify_ledger() == []
        assert home.ledger.open_intents() == []
        return picture(home)
    finally:
        home.close()


@pytest.mark.parametrize("free", [0, 8, 40, 120, 400][:: times(2, 1)])
def test_a_full_disk_leaves_the_old_or_the_new_answers(template: Path, disk: Path, tmp_path: Path, free: int) -> None:
    lake, file = disk / "lake", tmp_path / "new.csv"
    shutil.copytree(template, lake)
    file.write_text(lines(2000, "完了"), "utf-8-sig")
    room = shutil.disk_usage(disk).free - free * 1024
    (disk / "filler").write_bytes(b"\0" * room)
    done = load(lake, file)
    (disk / "filler").unlink()
    found = checked(lake)
    assert found in (OLD, NEW)
    if done.returncode == 0:
        assert found == NEW
    else:
        # Where SQLite finds no room for its shared memory, it only says that reading and writing failed.
        assert (done.returncode, "ディスク" in done.stderr and "空き" in done.stderr) == (1, True), done.stderr
    assert "プログラムの誤り" not in done.stderr
    assert load(lake, file).returncode == 0
    assert checked(lake) == NEW


def test_a_read_only_disk_takes_nothing_and_says_so(template: Path, disk: Path, tmp_path: Path) -> None:
    lake, file = disk / "lake", tmp_path / "new.csv"
    shutil.copytree(template, lake)
    file.write_text(lines(2000, "完了"), "utf-8-sig")
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    done = load(lake, file)
    subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    assert (done.returncode, "ディスクに書き込めません" in done.stderr) == (1, True), done.stderr
    assert checked(lake) == OLD


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (OSError(errno.ENOSPC, "x"), "空きがありません"),
        (OSError(errno.EROFS, "x"), "書き込みが許されていません"),
        (OSError(errno.EIO, "x"), "読み書きに失敗しました"),
        (sqlite3.OperationalError("database or disk is full"), "空きがありません"),
        (sqlite3.OperationalError("attempt to write a readonly database"), "書き込みが許されていません"),
        (sqlite3.OperationalError("database is locked"), "ほかのプログラムが"),
        (duckdb.IOException("Could not write: No space left on device"), "空きがありません"),
    ],
)
def test_a_fault_of_the_disk_is_put_into_words(fault: Exception, words: str) -> None:
    found = of_disk(fault)
    assert found is not None
    assert words in str(found)


def test_other_faults_are_not_taken_for_the_disks() -> None:
    for fault in (ValueError("No space left on device"), sqlite3.OperationalError("no such table"), OSError("x")):
        assert of_disk(fault) is None


def test_a_clock_set_back_is_said_and_the_load_stands(
    template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lake, file = tmp_path / "lake", tmp_path / "new.csv"
    shutil.copytree(template, lake)
    file.write_text(lines(2000, "完了"), "utf-8-sig")
    monkeypatch.setenv("DX_LAKE", str(lake))
    monkeypatch.setattr("dx_data.calendar.now", lambda: dt.datetime(2020, 1, 1, 9, tzinfo=dt.UTC))
    read_settings.cache_clear()
    cli.dx.main(["load", "--yes", "--as-of", "2026-11-02", str(file)], standalone_mode=False)
    read_settings.cache_clear()
    assert "このコンピューターの時計が、台帳の最後の記録（20" in capsys.readouterr().err
    monkeypatch.undo()
    assert checked(lake) == NEW
