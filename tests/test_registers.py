"""The registers and reports that the clauses ask for are folded from the ledger, and never hold a value."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from streamlit.testing.v1 import AppTest

from dx_data import access, disposal, house, intake
from dx_data.access import Person, Role
from dx_data.custody import accidents, backups, inspections, registers
from dx_data.custody.exits import Exit, hand_over
from dx_data.custody.inspections import Finding, State
from dx_data.custody.ledger import Act
from dx_data.custody.receipts import receipt
from dx_data.custody.registers import COPIES, ENTRUSTED, LENT
from dx_data.disposal import Choice
from dx_data.errors import NotFound
from dx_data.house import House
from dx_data.text import japanese_date
from tests import screens

HEAD = "システム,申請番号,申請日時,処理状況\n"


def day(at: str) -> str:
    return japanese_date(dt.date.fromisoformat(at[:10]))


def moment(at: str) -> str:
    when = dt.datetime.fromisoformat(at)
    return f"{japanese_date(when.date())} {when.hour}:{when.minute:02}"


def table(home: House, title: str) -> list[dict[str, Any]]:
    (sheet,) = (
        each
        for each in registers.registers(home.ledger, {"ward_benchmark": "全国・23区との比較"}).sheets
        if each.title == title
    )
    return [dict(zip(sheet.heads, row, strict=True)) for row in sheet.rows]


@pytest.fixture
def busy(home: House, take: Any, write: Any, person: Person, tmp_path: Path) -> House:
    """A lake of two loads, one of them taken back, a refusal, an answer handed over and a backup."""
    for name in ("A1", "A2"):
        take(write(f"{name}.csv", HEAD + f"LoGoフォーム,{name},2026/04/01 09:00,完了\n"))
    intake.undo(2, home, Person("別の 担当", frozenset(Role)))
    bad = intake.review(write("bad.csv", HEAD + "LoGoフォーム,A3,2026/02/30 09:00,ひみつ\n"), home, home.settings)
    intake.record_refusal(bad, home, person)
    hand_over(Exit.INTERNAL, home.ask("ward_benchmark"), person, home.ledger)
    backups.back_up(home.lake.place, tmp_path / "控え", person, "a-b")
    return home


def test_what_is_entrusted_with_who_handled_it_and_how_it_stands(busy: House) -> None:
    received = [moment(line.at) for line in reversed(busy.ledger.lines_of(Act.LOAD))]
    undone = day(busy.ledger.lines_of(Act.UNDO)[0].at)
    common = {
        "情報の種類": "電子申請",
        "数量（行）": 1,
        "媒体": "電子データ（この製品の台帳）",
        "管理状況": "保管中（期限 2028年3月31日(金)）",
        "最後の点検": "なし",
    }
    assert table(busy, ENTRUSTED) == [
        {
            "預り証": "第2号",
            "受領した日時": received[0],
            "帳票名又はファイル名": "A2.csv",
            "作業従事者": "試験 担当、別の 担当",
            "取扱い": f"取込、{undone} に取消し",
            **common,
        },
        {
            "預り証": "第1号",
            "受領した日時": received[1],
            "帳票名又はファイル名": "A1.csv",
            "作業従事者": "試験 担当",
            "取扱い": "取込",
            **common,
        },
    ]


def test_every_copy_with_its_number_its_seal_and_who_took_it(busy: House, tmp_path: Path) -> None:
    backup, answer = table(busy, COPIES)
    (known,) = backups.known(busy.ledger)
    assert backup == {
        "番号": "複製0001",
        "日時": moment(known.at),
        "複製したもの": f"控え『{known.file}』",
        "種類": "要保護",
        "形": "zip",
        "数量": f"{known.files} ファイル",
        "暗号化": "AES-256",
        "保管場所": str(tmp_path / "控え"),
        "複製した人": "試験 担当",
        "状態": "",
    }
    assert {name: answer[name] for name in ("複製したもの", "種類", "形", "数量", "暗号化", "保管場所")} == {
        "複製したもの": "全国・23区との比較",
        "種類": "内部",
        "形": "csv",
        "数量": "0 行",
        "暗号化": "なし",
        "保管場所": "渡した人のもと",
    }


def test_a_disposal_ends_a_receipt_a_lent_file_and_a_copy(busy: House, person: Person) -> None:
    lent = table(busy, LENT)
    assert [(row["番号"], row["資料名"], row["返却の期限"], row["方法"]) for row in lent] == [
        ("第2号", "A2.csv", "2028年3月31日(金)", ""),
        ("第1号", "A1.csv", "2028年3月31日(金)", ""),
    ]
    done = disposal.dispose(busy, Choice(loads=(1,)), person, reason="区の求め")
    again = house.open_house(chosen=busy.settings)
    ended = day(done.at)
    assert [row["管理状況"] for row in table(again, ENTRUSTED)] == [
        "保管中（期限 2028年3月31日(金)）",
        f"{ended} に廃棄（第{done.number}号）",
    ]
    assert [(row["返却・廃棄の日"], row["方法"]) for row in table(again, LENT)] == [("", ""), (ended, "廃棄")]
    assert [row["状態"] for row in table(again, COPIES)] == [f"{ended} に廃棄（第{done.number}号）", ""]
    again.close()


def test_an_accident_names_items_kinds_counts_places_and_never_a_value(busy: House, tmp_path: Path) -> None:
    (found,) = accidents.accidents(busy.ledger)
    assert [row[0] for row in found.rows] == ["申請日時", "処理状況"]
    assert [row[2] for row in found.rows] == ["1 件", "1 件"]
    assert [row[3] for row in found.rows] == ["C列の2行目", "D列の2行目"]
    assert accidents.HEADS == ("情報の項目", "内容", "数量", "発生場所", "発生状況")
    page = found.document.content("html", "内部").decode()
    assert "ひみつ" not in page
    assert "2026/02/30" not in page
    assert all(text in page for text in (*accidents.HEADS, *found.rows[0], found.anchor, "bad.csv"))
    with pytest.raises(NotFound, match="台帳の 1 行目に"):
        accidents.accident(1, busy.ledger)


def test_an_inspection_s_fault_is_an_accident_until_a_later_one_is_sound(home: House) -> None:
    bad = Finding.of("表データ", "照らしました。", faults=["保存したファイル『x』がありません。"])
    note = {"findings": [{**bad.__dict__}]}
    home.ledger.append("試験", Act.INSPECTED, "点検", **note)
    (found,) = accidents.accidents(home.ledger)
    assert found.rows == (
        ("保存したデータ", "保存したファイル『x』がありません。", "1 件", "表データ", "点検で見つかりました"),
    )
    assert found.state == "点検で見つかり、まだ直っていません"
    home.ledger.append("試験", Act.INSPECTED, "点検", findings=[Finding.of("表データ", "照らしました。").__dict__])
    assert inspections.inspections(home.ledger)[-1].state is State.SOUND
    assert accidents.accident(found.number, home.ledger).state.endswith("の点検では「異常なし」です")


def test_the_book_has_a_sheet_for_each_register_and_no_formula(
    home: House, take: Any, write: Any, tmp_path: Path
) -> None:
    take(write("=1+1.csv", HEAD + "LoGoフォーム,A1,2026/04/01 09:00,完了\n"))
    (tmp_path / "r.xlsx").write_bytes(registers.registers(home.ledger, {}).content("xlsx", "内部"))
    book = openpyxl.load_workbook(tmp_path / "r.xlsx")
    assert book.sheetnames == [ENTRUSTED, COPIES, LENT]
    cell = book[ENTRUSTED]["C5"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == ("=1+1.csv", "s", True)


def test_the_receipt_on_paper(busy: House) -> None:
    found = receipt(1, busy.ledger.lines())
    (sheet,) = found.document.sheets
    loaded = busy.ledger.lines_of(Act.LOAD)[0]
    assert dict(sheet.rows) == {
        "受け取った日時": moment(loaded.at),
        "受け取った人": "試験 担当",
        "帳票名又はファイル名": "A1.csv",
        "大きさ": f"{loaded.detail['size']:,} バイト",
        "SHA-256": loaded.detail["sha256"],
        "情報の種類": "電子申請",
        "シート": "なし（CSV など）",
        "項目": "システム・申請番号・申請日時・処理状況",
        "数量": "1 行",
        "いつ時点": "2026年11月1日(日)",
        "受け取り方": "電子データ（この製品への取込）",
        "使う目的": "葛飾区DX推進支援業務委託の指標の集計",
        "返却・廃棄の期限": "2028年3月31日(金)",
        "台帳の記録": loaded.seal,
    }


def test_the_commands(dx: Callable[..., Any], write: Any, tmp_path: Path) -> None:
    good = write("A1.csv", HEAD + "LoGoフォーム,A1,2026/04/01 09:00,完了\n")
    assert dx("load", "--yes", "--as-of", "2026-04-01", good).returncode == 0
    assert dx("load", "--yes", write("bad.csv", HEAD + "LoGoフォーム,A3,2026/02/30 09:00,完了\n")).returncode == 1
    assert dx("registers", "-o", tmp_path / "台帳.xlsx").returncode == 0
    assert dx("registers", "-o", tmp_path / "台帳.xlsx").returncode == 2
    listed = dx("accident").stdout
    number = listed.split("行目")[0]
    assert "届いたファイル『bad.csv』（1 種類）" in listed
    assert dx("accident", number, "-o", tmp_path / "事故.html").returncode == 0
    assert (tmp_path / "事故.html").exists()
    assert dx("receipt", "1", "-o", tmp_path / "預り証.html").returncode == 0
    assert "<h1>預り証 第1号</h1>" in (tmp_path / "預り証.html").read_text("utf-8")
    assert openpyxl.load_workbook(tmp_path / "台帳.xlsx")[ENTRUSTED]["C5"].value == "A1.csv"


def test_the_screen_shows_them_to_who_may_see_the_ledger(lakes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at = screens.page("custody")
    assert not at.exception
    text = screens.markup(at)
    assert "保管中（期限 2028年3月31日(金)）" in text
    assert "廃棄・返却はまだありません" in "".join(each.value for each in at.info)
    monkeypatch.setattr(access, "local_person", lambda: Person("閲覧", frozenset({Role.VIEW})))
    with pytest.raises(ValueError, match="Could not find a navigation page"):
        screens.start().switch_page("../../pages/custody.py")
    alone = AppTest.from_file(str(screens.ROOT / "pages" / "custody.py"), default_timeout=60).run()
    assert (len(alone.exception), screens.markup(alone)) == (1, "")


def test_a_book_of_several_sheets_names_its_table_once(home: House, take: Any, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for number, title in enumerate(("4月", "5月")):
        sheet = book.active if number == 0 else book.create_sheet()
        sheet.title = title
        for row in (HEAD.strip().split(","), ["LoGoフォーム", f"A{number}", f"2026/0{4 + number}/01 09:00", "完了"]):
            sheet.append(row)
    book.save(tmp_path / "二枚.xlsx")
    assert take(tmp_path / "二枚.xlsx").status == "loaded"
    assert receipt(1, home.ledger.lines()).tables == ("電子申請",)
    for title in (ENTRUSTED, LENT):
        (row,) = table(home, title)
        assert "電子申請" in row.values()
