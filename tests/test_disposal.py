"""A disposal leaves the lake as if the file had never come, the chain whole, and nothing of the file's values."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import pyzipper

from dx_data import disposal, house, inspection, intake
from dx_data.access import Person, Role
from dx_data.catalog import look
from dx_data.custody import analyses, backups, disposals, password
from dx_data.custody.inspections import State
from dx_data.custody.ledger import Act
from dx_data.custody.proof import Proof
from dx_data.disposal import Choice
from dx_data.errors import LakeDamaged, LoadRefused, NotFound, NotPermitted, WrongUsage
from dx_data.house import House
from dx_data.lake import Copies, FolderFiles, anew, received
from dx_data.settings import Settings
from dx_data.text import japanese_date
from tests.thorough import times

pytestmark = pytest.mark.folder  # the lakes are copies of a folder

SOMEBODY = Person("試験 担当", frozenset(Role))
HEAD = "システム,申請番号,申請日時,処理状況,決済額\n"
# The second file changes A1, says A2 again and brings B3, which only it has.
FILES = {
    "4月.csv": (dt.date(2026, 4, 30), (("A00001", "処理中", 1), ("A00002", "完了", 2))),
    "5月.csv": (dt.date(2026, 5, 31), (("A00001", "完了", 1), ("A00002", "完了", 2), ("B00003", "完了", 3))),
    "6月.csv": (dt.date(2026, 6, 30), (("A00001", "完了", 1), ("C00004", "完了", 4))),
    "昨年度.csv": (dt.date(2026, 3, 31), (("D00005", "完了", 5),)),
}


def written(folder: Path, name: str) -> Path:
    text = HEAD + "".join(f"LoGoフォーム,{n},2026/04/01 09:00,{status},{paid}\n" for n, status, paid in FILES[name][1])
    path = folder / name
    path.write_text(text, "utf-8-sig")
    return path


def load(home: House, folder: Path, *names: str) -> None:
    for name in names:
        wish = intake.Wish(as_of=FILES[name][0], accept_older=True)
        found = intake.review(written(folder, name), home, home.settings, wish=wish)
        assert intake.load(found, home, SOMEBODY).status == "loaded"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed lake of the four files, with one undo, and a backup."""
    folder = tmp_path_factory.mktemp("template")
    chosen = Settings(lake=str(folder / "lake"), backup_key=str(folder / "key.txt"))
    home = house.make_house(SOMEBODY, chosen=chosen)
    load(home, folder, *FILES)
    password.made(folder / "key.txt")
    home.close()
    return folder


@pytest.fixture
def filled(template: Path, chosen: Settings) -> Iterator[House]:
    """A copy of that lake, open."""
    shutil.copytree(template / "lake", chosen.lake)
    settings = chosen.model_copy(update={"backup_key": str(template / "key.txt")})
    home = house.open_house(chosen=settings)
    yield home
    home.close()


def rows(home: House) -> list[tuple[Any, ...]]:
    with look(home.lake.at(), ["applications"]) as cursor:
        return cursor.execute("SELECT application_id, status, paid, load_id FROM applications ORDER BY 1").fetchall()


def dispose(home: House, choice: Choice, **more: Any) -> tuple[disposals.Disposal, House]:
    done = disposal.dispose(home, choice, SOMEBODY, reason="契約の終わり", **more)
    return done, house.open_house(chosen=home.settings)


def test_the_lake_is_as_if_the_file_had_never_come(filled: House) -> None:
    before = filled.lake.id
    assert rows(filled) == [
        ("A00001", "完了", 1, 2),
        ("A00002", "完了", 2, 1),
        ("B00003", "完了", 3, 2),
        ("C00004", "完了", 4, 3),
        ("D00005", "完了", 5, 4),
    ]
    done, again = dispose(filled, Choice(file="5月.csv"))
    assert rows(again) == [
        ("A00001", "完了", 1, 3),
        ("A00002", "完了", 2, 1),
        ("C00004", "完了", 4, 3),
        ("D00005", "完了", 5, 4),
    ]
    assert [each.load for each in again.lake.loads()] == [4, 3, 1]
    assert again.lake.id != before
    assert again.verify_ledger() == []
    assert (done.loads, done.former, done.ending) == ((2,), before, "廃棄")
    assert "文字の値 1 種類を" in done.searched
    assert [line.act for line in again.ledger.lines()][-2:] == [Act.DISPOSE_INTENT, Act.DISPOSED]
    again.close()


def test_what_the_first_file_said_first_is_then_said_by_the_second(filled: House) -> None:
    _, again = dispose(filled, Choice(loads=(1,)))
    assert [row for row in rows(again) if row[0] < "B"] == [("A00001", "完了", 1, 2), ("A00002", "完了", 2, 2)]
    again.close()


def test_no_byte_of_a_value_that_only_the_file_had_is_left(filled: House, tmp_path: Path) -> None:
    folder = filled.lake.folder
    backups.back_up(filled.lake.place, tmp_path / "控え", SOMEBODY, "a-b")
    copied = Copies(filled.lake).newest().file
    had = {path.name for path in (folder / "tables").rglob("*.parquet")}
    done, again = dispose(filled, Choice(loads=(2,)))
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert not [path.name for path in files if b"B00003" in path.read_bytes()]
    assert not had & {path.name for path in files}
    assert not copied.exists()
    assert received.names(FolderFiles(folder)) == [f"kept/00000{n}_applications.csv" for n in (1, 3, 4)]
    assert list((tmp_path / "控え").iterdir()) == []
    assert [(item.name, item.method) for item in done.items[1:]] == [(done.items[1].name, disposals.ERASED)]
    assert not (folder / "anew").exists()
    again.close()


def test_the_new_lake_is_sound_and_takes_files_backups_and_disposals(filled: House, tmp_path: Path) -> None:
    _, again = dispose(filled, Choice(loads=(4,)))
    load(again, tmp_path, "昨年度.csv")
    assert again.lake.loads()[0].load == 5  # the number of a receipt is never given twice
    backups.back_up(again.lake.place, tmp_path / "控え", SOMEBODY, password.kept(Path(again.settings.backup_key)))
    settings = again.settings
    again.close()
    found = inspection.inspect(settings, SOMEBODY, names=("applications_status",))
    assert [(each.subject, each.state) for each in found.findings if each.state is not State.SOUND] == []
    _, last = dispose(house.open_house(chosen=settings), Choice(everything=True))
    assert (last.lake.loads(), received.names(last.lake.place.files), Proof.of(last.ledger).kept) == ([], [], [])
    load(last, tmp_path, "4月.csv")
    assert last.lake.loads()[0].load == 6
    assert last.verify_ledger() == []
    last.close()


def test_an_undo_is_done_again(filled: House) -> None:
    intake.undo(3, filled, SOMEBODY)
    before = rows(filled)
    _, again = dispose(filled, Choice(loads=(4,)))
    assert rows(again) == [row for row in before if row[3] != 4]
    assert [(each.load, each.undoes) for each in again.lake.loads()] == [(5, 3), (3, None), (2, None), (1, None)]
    again.close()


@pytest.mark.parametrize(
    ("choice", "loads"),
    [
        (Choice(loads=(2, 3)), [2, 3]),
        (Choice(year=2025), [4]),
        (Choice(year=2026), [1, 2, 3]),
        (Choice(everything=True), [1, 2, 3, 4]),
    ],
)
def test_what_is_chosen_is_listed_before_anything_is_done(filled: House, choice: Choice, loads: list[int]) -> None:
    found = disposal.descent(filled, choice)
    assert found.as_json()["loads"] == loads
    assert found.lines[-1].startswith("廃棄すると、台帳は残りのファイルから作り直され")
    assert [item.name for item in found.items] == [list(FILES)[n - 1] for n in loads]
    assert found.items[0].items == "電子申請: システム、申請番号、申請日時、処理状況、決済額"


def test_what_is_due_is_what_its_receipt_says(filled: House, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotFound, match="廃棄するものがありません"):
        disposal.descent(filled, Choice(due=True))
    monkeypatch.setattr("dx_data.disposal.calendar.today", lambda: dt.date(2028, 3, 31))
    with pytest.raises(NotFound, match="廃棄するものがありません"):
        disposal.descent(filled, Choice(due=True))
    assert inspection.records(filled).state is State.SOUND
    monkeypatch.setattr("dx_data.disposal.calendar.today", lambda: dt.date(2028, 4, 1))
    assert len(disposal.descent(filled, Choice(due=True)).loads) == 4
    found = inspection.records(filled)
    assert (found.state, found.said[0].split("。")[0]) == (State.CAUTION, "預り証の期限を過ぎた取込が 4 件あります")


def test_what_cannot_be_disposed_of(filled: House) -> None:
    with pytest.raises(WrongUsage, match="何を廃棄するか"):
        disposal.descent(filled, Choice())
    with pytest.raises(NotFound, match="取込番号 9 の預り証はありません"):
        disposal.descent(filled, Choice(loads=(1, 9)))
    with pytest.raises(WrongUsage, match="理由がありません"):
        disposal.dispose(filled, Choice(loads=(1,)), SOMEBODY, reason=" ")
    with pytest.raises(NotPermitted, match="預かったものを廃棄・返却する"):
        disposal.dispose(filled, Choice(loads=(1,)), Person("x", frozenset({Role.LOAD, Role.PUBLISH})), reason="x")
    assert filled.ledger.lines()[-1].act == Act.LOAD


def test_a_load_of_which_nothing_was_kept_cannot_stay(filled: House, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = disposal._kept
    monkeypatch.setattr(disposal, "_kept", lambda lines: {n: k for n, k in kept(lines).items() if n != 3})
    with pytest.raises(LoadRefused, match=r"残す取込（3）"):
        disposal.dispose(filled, Choice(loads=(1,)), SOMEBODY, reason="x")


def test_a_disposed_value_in_the_new_lake_ends_it(filled: House, monkeypatch: pytest.MonkeyPatch) -> None:
    before, lake = rows(filled), filled.lake.id
    monkeypatch.setattr(disposal.anew, "rebuild", lambda old, _, kept: REBUILD(old, {4}, kept))
    with pytest.raises(LakeDamaged, match="廃棄する値が新しい台帳に残る"):
        disposal.dispose(filled, Choice(loads=(2,)), SOMEBODY, reason="x")
    again = house.open_house(chosen=filled.settings)
    assert (rows(again), again.lake.id) == (before, lake)
    assert [line.act for line in again.ledger.lines()][-1] == Act.DISPOSAL_FAILED
    assert not (again.lake.folder / "anew").exists()
    assert anew.loose(again.lake) == []
    assert again.verify_ledger() == []
    again.close()


REBUILD = anew.rebuild


def test_what_people_decided_at_the_file_goes_with_it(filled: House, tmp_path: Path) -> None:
    path = tmp_path / "7月.csv"
    path.write_text(HEAD + "LoGoフォーム,E00006,2026/04/01 09:00,ひみつ,6\n", "utf-8-sig")
    reading = intake.review(path, filled, filled.settings).unknown[0]
    from dx_data.door.known import Reading

    wish = intake.Wish(readings=(Reading("applications", "status", "ひみつ", "完了"),), as_of=dt.date(2026, 7, 31))
    assert reading
    intake.load(intake.review(path, filled, filled.settings, wish=wish), filled, SOMEBODY)
    assert b"\\u3072\\u307f\\u3064" in filled.ledger.pages() or "ひみつ".encode() in filled.ledger.pages()
    _, again = dispose(filled, Choice(loads=(5,)))
    assert "ひみつ".encode() not in (again.lake.folder / "ledger.sqlite").read_bytes()
    assert again.remembered().choices == {}
    assert again.verify_ledger() == []
    again.close()


def test_what_somebody_wrote_of_the_file_s_values_in_an_analysis_goes_with_it(filled: House) -> None:
    """The record stays, with who did what when; of its texts only those go that name such a value."""
    told = {"purpose": "処理中の残りを知る", "section": "DX推進課", "due": dt.date(2026, 12, 25)}
    one = analyses.begin(filled.ledger, SOMEBODY, **told)
    for sql in ("SELECT 1", "SELECT * FROM 電子申請 WHERE 申請番号 = 'B00003'"):
        analyses.asked(filled.ledger, SOMEBODY, one, title="残り", sql=sql, rows=1, snapshot="a:1")
    done, again = dispose(filled, Choice(file="5月.csv"))
    assert "そのような値を書いた 1 行の文（目的・SQL・メモ）を消しました。" in done.searched
    (found,) = analyses.analyses(again.ledger)
    assert (found.purpose, [(step.text, step.rows) for step in found.steps]) == (
        "処理中の残りを知る",
        [("SELECT 1", 1), ("（廃棄により消しました）", 1)],
    )
    assert b"B00003" not in (again.lake.folder / "ledger.sqlite").read_bytes()
    assert again.verify_ledger() == []
    again.close()


def test_a_server_or_loader_that_has_the_old_lake_open_is_told(filled: House, tmp_path: Path) -> None:
    other = house.open_house(chosen=filled.settings)
    _, again = dispose(filled, Choice(loads=(2,)))
    assert other.lake.replaced
    found = intake.review(
        written(tmp_path, "5月.csv"), again, again.settings, wish=intake.Wish(as_of=dt.date(2026, 5, 31))
    )
    with pytest.raises(LoadRefused, match="台帳が作り直されました"):
        intake.load(found, other, SOMEBODY)
    other.close()
    again.close()


def test_the_report_names_what_the_clause_asks_for(filled: House, tmp_path: Path) -> None:
    done, again = dispose(filled, Choice(loads=(2,)))
    assert disposals.HEADS == ("帳票名又はファイル名", "項目", "媒体名", "数量", "廃棄方法", "処理日", "担当者名")
    assert done.rows == [
        (
            "5月.csv",
            "電子申請: システム、申請番号、申請日時、処理状況、決済額",
            "台帳（表データ・保管ファイル）",
            f"3 行（届いたファイル {(tmp_path.parent and len(written(tmp_path, '5月.csv').read_bytes())):,} バイト）",
            disposals.METHOD,
            japanese_date(dt.date.fromisoformat(done.at[:10])),
            "試験 担当",
        )
    ]
    page = done.document.content("html", "内部").decode()
    assert all(text in page for text in (*disposals.HEADS, *done.rows[0], *done.notes))
    (tmp_path / "r.xlsx").write_bytes(done.document.content("xlsx", "内部"))
    sheet = openpyxl.load_workbook(tmp_path / "r.xlsx").active
    assert sheet is not None
    table = [tuple(cell for cell in row) for row in sheet.iter_rows(min_row=4, max_row=5, values_only=True)]
    assert table == [disposals.HEADS, done.rows[0]]
    again.close()


_KILLED = """
import os, signal, sys
from dx_data import disposal, house
from dx_data.access import Person, Role
from dx_data.settings import Settings
from dx_data.text import japanese_date
left, rename = int(sys.argv[3]), 0
def step(frame, event, arg):
    global left, rename
    if event == "call" and "/dx_data/" in frame.f_code.co_filename:
        left -= 1
        rename = left if frame.f_code.co_name == "put_in_place" else rename
        if left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
home = house.open_house(chosen=Settings(lake=sys.argv[1], backup_key=sys.argv[2]))
sys.setprofile(step)
disposal.dispose(home, disposal.Choice(loads=(2,)), Person("試験", frozenset(Role)), reason="x")
sys.setprofile(None)
print(left, rename)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 は Windows にありません")
def test_killed_at_any_moment_it_leaves_the_old_or_the_new_lake(filled: House, tmp_path: Path) -> None:
    old, lake = rows(filled), filled.lake.id
    new = [("A00001", "完了", 1, 3), ("A00002", "完了", 2, 1), ("C00004", "完了", 4, 3), ("D00005", "完了", 5, 4)]
    filled.close()
    script = tmp_path / "killed.py"
    script.write_text(_KILLED, "utf-8")
    most = 1 << 40

    def run(folder: Path, left: int) -> subprocess.CompletedProcess[str]:
        words = [sys.executable, str(script), str(folder), filled.settings.backup_key, str(left)]
        return subprocess.run(words, capture_output=True, text=True, env=os.environ)

    whole = run(shutil.copytree(filled.lake.folder, tmp_path / "whole"), most)
    assert whole.returncode == 0, whole.stderr
    calls, rename = (most - int(left) for left in whole.stdout.split())
    seen = {"old": 0, "new": 0}
    moments = times(4, 40)
    for moment in range(moments):
        folder = shutil.copytree(filled.lake.folder, tmp_path / f"killed-{moment}")
        # As many before the rename as after it, and the nearer to it the denser.
        far = ((moment // 2 + 0.5) / (moments // 2)) ** 3
        left = rename - far * rename if moment % 2 else rename + far * (calls - rename)
        assert run(folder, int(left)).returncode == -signal.SIGKILL
        again = house.open_house(chosen=filled.settings.model_copy(update={"lake": str(folder)}))
        found = "old" if again.lake.id == lake else "new"
        seen[found] += 1
        assert rows(again) == (old if found == "old" else new)
        assert (again.verify_ledger(), again.ledger.open_intents(), anew.loose(again.lake)) == ([], [], [])
        assert received.names(FolderFiles(folder)) == [
            f"kept/00000{n}_applications.csv" for n in (1, 2, 3, 4) if found == "old" or n != 2
        ]
        assert not (folder / "anew").exists()
        again.close()
    sys.stderr.write(f"kill -9 at {moments} of {calls:,} calls: {seen}\n")
    assert min(seen.values()) > 0


def test_the_command_lists_returns_and_disposes(dx: Callable[..., Any], filled: House, tmp_path: Path) -> None:
    filled.close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DX_LAKE", filled.settings.lake)
        patch.setenv("DX_BACKUP_KEY", filled.settings.backup_key)
        from dx_data.settings import settings

        settings.cache_clear()
        listed = dx("dispose", "--load", "2", "--json")
        assert (listed.returncode, json.loads(listed.stdout)["disposed"]) == (1, None)
        assert "  5月.csv（電子申請: システム、申請番号、申請日時、処理状況、決済額）" in listed.stderr
        assert "何も廃棄していません" in listed.stderr
        words = ("--yes", "--reason", "区の求め", "--return", tmp_path / "返却", "-o", tmp_path / "報告.html")
        done = dx("dispose", "--load", "2", *words, "--json")
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)["disposed"]
        assert (told["ending"], told["loads"], told["reason"]) == ("返却", [2], "区の求め")
        assert "返却報告書 第" in (tmp_path / "報告.html").read_text("utf-8")
        (parcel,) = (tmp_path / "返却").iterdir()
        with pyzipper.AESZipFile(parcel) as opened:
            opened.setpassword(password.kept(Path(filled.settings.backup_key)).encode())
            text = opened.read("kept/000002_applications.csv").decode("utf-8-sig")
        assert text.splitlines()[0] == "元シート,元行番号,システム,申請番号,申請日時,処理状況,決済額"
        assert "B00003" in text
        again = dx("dispose", "--report", str(told["number"]), "-o", tmp_path / "報告.xlsx")
        assert (again.returncode, (tmp_path / "報告.xlsx").exists()) == (0, True)
        assert dx("dispose", "--year", "八年").returncode == 2
        settings.cache_clear()
