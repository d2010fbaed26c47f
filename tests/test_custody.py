"""The ledger notices every edit, receipts vouch for files, nothing leaves without a line, and rights are asked."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from dx_data import access, intake
from dx_data.access import Person, Right, Role
from dx_data.custody.exits import Exit, FaultList, hand_over, inert
from dx_data.custody.ledger import Act, Ledger
from dx_data.custody.receipts import receipt
from dx_data.errors import LoadRefused, NotFound, NotPermitted, WrongUsage
from dx_data.house import House
from dx_data.lake import LEDGER

A = "システム,申請番号,申請日時,処理状況\nLoGoフォーム,A1,2026/04/01 09:00,完了\n"


def tampered(ledger: Path, statement: str) -> None:
    """Change the table as somebody with the file in hands could."""
    with closing(sqlite3.connect(ledger)) as connection:
        for verb in ("update", "delete"):
            connection.execute(f"DROP TRIGGER IF EXISTS dx_ledger_no_{verb}")
        connection.execute(statement)
        connection.commit()


@pytest.fixture
def chain(home: House) -> Ledger:
    for number in range(5):
        home.ledger.append("試験", Act.HAND_OVER, f"問{number}", rows=number)
    return home.ledger


def test_an_untouched_ledger_verifies(chain: Ledger) -> None:
    assert chain.verify() == []
    assert [line.number for line in chain.lines()] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE dx_ledger SET who = '別人' WHERE number = 3", ["3行目の内容が書き換えられています"]),
        ("UPDATE dx_ledger SET detail = '{}' WHERE number = 6", ["6行目の内容が書き換えられています"]),
        ("DELETE FROM dx_ledger WHERE number = 4", ["4行目から4行目がありません"]),
        (
            "UPDATE dx_ledger SET subject = CASE number WHEN 3 THEN '問2' ELSE '問1' END WHERE number IN (3, 4)",
            ["3行目の内容が書き換えられています", "4行目の内容が書き換えられています"],
        ),
        (
            "INSERT INTO dx_ledger SELECT 7, at, who, act, subject, detail, previous, seal FROM dx_ledger"
            " WHERE number = 6",
            ["7行目が前の行とつながりません", "7行目の内容が書き換えられています"],
        ),
        (
            "UPDATE dx_ledger SET number = CASE number WHEN 2 THEN 30 ELSE number END",
            ["2行目から2行目がありません", "7行目から29行目がありません", "30行目の内容が書き換えられています"],
        ),
    ],
)
@pytest.mark.folder
def test_every_edit_deletion_and_reordering_is_found(
    home: House, chain: Ledger, statement: str, words: list[str]
) -> None:
    tampered(home.lake.folder / LEDGER, statement)
    assert [problem.message for problem in chain.verify()] == words


@pytest.mark.folder
def test_a_cut_tail_is_noticed_by_the_seals_the_loads_carry(home: House, take: Any, write: Any) -> None:
    take(write("a.csv", A))
    assert home.verify_ledger() == []
    tampered(home.lake.folder / LEDGER, "DELETE FROM dx_ledger WHERE number >= 2")
    assert home.ledger.verify() == []
    assert [p.message for p in home.verify_ledger()] == ["2行目が、台帳の外に控えた記録と合いません"]


@pytest.mark.folder
def test_a_tail_that_no_load_vouches_for_is_noticed_by_the_note_of_the_file(home: House, chain: Ledger) -> None:
    assert home.verify_ledger() == []
    tampered(home.lake.folder / LEDGER, "DELETE FROM dx_ledger WHERE number = 6")
    assert home.ledger.verify() == []
    assert [p.message for p in home.verify_ledger()] == [
        "管理台帳のファイル『ledger.sqlite』が、最後の記録のあとで書き換わっているか、末尾が切られています"
    ]


@pytest.mark.folder
def test_a_note_that_a_killed_process_left_behind_is_no_fault(home: House, chain: Ledger) -> None:
    note = (home.lake.folder / LEDGER).with_suffix(".sha256")
    number, digest = note.read_text().split(" ")
    for left, whole in ((f"{int(number) - 1} {digest}", None), (f"{number} {digest[::-1]}", False), ("?", False)):
        note.write_text(left)
        assert home.ledger.whole() is whole
    note.unlink()
    assert home.ledger.whole() is None
    assert home.verify_ledger() == []


@pytest.mark.folder
def test_the_table_itself_refuses_changes(home: House, chain: Ledger) -> None:
    with closing(sqlite3.connect(home.lake.folder / LEDGER)) as connection:
        for statement in ("UPDATE dx_ledger SET who = 'x'", "DELETE FROM dx_ledger"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(statement)


@pytest.mark.both
def test_a_load_leaves_intent_and_outcome_and_a_receipt(home: House, take: Any, write: Any) -> None:
    done = take(write("a.csv", A))
    acts = [(line.act, line.detail.get("load")) for line in home.ledger.lines()]
    assert acts == [(Act.MADE, None), (Act.LOAD_INTENT, 1), (Act.LOAD, 1)]
    found = receipt(1, home.ledger.lines())
    assert found == done.receipt
    assert (found.file, found.rows, found.tables, found.size) == ("a.csv", 1, ("電子申請",), len(A.encode()) + 3 + 2)
    assert found.anchor == home.ledger.lines()[-1].seal
    with pytest.raises(NotFound, match="取込番号 7 の預り証はありません"):
        receipt(7, home.ledger.lines())


def test_a_refusal_leaves_kinds_and_places_and_never_a_value(home: House, write: Any, person: Person) -> None:
    bad = write("bad.csv", A + "LoGoフォーム,A2,2026/02/30 09:00,ふしぎな値\n")
    found = intake.review(bad, home, home.settings)
    with pytest.raises(LoadRefused):
        intake.load(found, home, person)
    line = home.ledger.lines()[-1]
    assert line.act == Act.REFUSED
    assert sorted(p["rule"] for p in line.detail["problems"]) == ["choice.unknown", "date.nonexistent"]
    assert "ふしぎな値" not in json.dumps(dict(line.detail), ensure_ascii=False)
    assert home.lake.loads() == []


def test_an_open_intent_is_settled_at_the_next_start(home: House) -> None:
    from dx_data.house import settle

    home.ledger.append("試験", Act.LOAD_INTENT, "x.csv", load=1)
    assert len(home.ledger.open_intents()) == 1
    settle(home)
    assert home.ledger.open_intents() == []
    last = home.ledger.lines()[-1]
    assert (last.act, last.detail["intent"], last.detail["settled"]) == (Act.LOAD_FAILED, 2, "起動時に確定")


def test_what_is_handed_over_is_recorded_and_marked(home: House, person: Person) -> None:
    result = home.ask("ward_benchmark")
    handed = hand_over(Exit.INTERNAL, result, person, home.ledger)
    lines = list(csv.reader(io.StringIO(handed.content.decode("utf-8-sig"))))
    assert lines[0] == [column.label for column in result.columns]
    assert any("内部資料" in cell for line in lines for cell in line)
    last = home.ledger.lines()[-1]
    assert (last.act, last.subject, last.detail["kind"]) == (Act.HAND_OVER, "ward_benchmark", "内部")
    assert [kind.value for kind in Exit] == ["内部", "要保護", "公表"]
    with pytest.raises(WrongUsage, match="暗号化した控えだけ"):
        hand_over(Exit.PROTECTED, result, person, home.ledger)
    assert home.ledger.lines()[-1] == last


def test_nothing_is_handed_over_without_the_right(home: House) -> None:
    nobody = Person("だれか", frozenset())
    count = len(home.ledger.lines())
    with pytest.raises(NotPermitted, match="内部資料として保存する"):
        hand_over(Exit.INTERNAL, home.ask("ward_benchmark"), nobody, home.ledger)
    assert len(home.ledger.lines()) == count


@pytest.mark.parametrize("cell", ["=1+1", "+1+1", "-1+cmd", "@x", "\t=1", '=HYPERLINK("x")'])
def test_no_cell_is_a_formula(cell: str) -> None:
    assert inert(cell) == f"'{cell}"
    assert (inert(-1), inert("-1.5"), inert("普通"), inert(None)) == (-1, "-1.5", "普通", None)
    saved = FaultList("届いた.csv", (("", 2, "項目", cell, "誤り", "直し方"),)).csv().decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(saved, newline="")))[1] == ["", "2", "項目", f"'{cell}", "誤り", "直し方"]


@pytest.mark.parametrize(
    ("role", "may", "may_not"),
    [
        (
            Role.VIEW,
            {Right.ASK, Right.HAND_OVER},
            {Right.CHECK, Right.LOAD, Right.UNDO, Right.CREATE_LAKE, Right.APPROVE, Right.DRAFT, Right.EXPLORE},
        ),
        (
            Role.LOAD,
            {Right.ASK, Right.CHECK, Right.LOAD, Right.UNDO, Right.DRAFT, Right.EXPLORE},
            {Right.EXPORT, Right.CREATE_LAKE, Right.APPROVE, Right.ISSUE, Right.CORRECT, Right.EXCEPT},
        ),
        (
            Role.PUBLISH,
            {Right.ASK, Right.DRAFT, Right.APPROVE, Right.ISSUE, Right.CORRECT, Right.EXCEPT, Right.EXPLORE},
            {Right.EXPORT, Right.LOAD, Right.UNDO, Right.CREATE_LAKE},
        ),
        (
            Role.ADMIN,
            {Right.ASK, Right.CREATE_LAKE, Right.EXPLORE, Right.EXPORT},
            {Right.LOAD, Right.UNDO, Right.DRAFT, Right.APPROVE, Right.ISSUE, Right.CORRECT},
        ),
    ],
)
def test_a_role_may_do_what_it_is_for_and_no_more(role: Role, may: set[Right], may_not: set[Right]) -> None:
    somebody = Person("試験", frozenset({role}), proven=True)
    assert may <= somebody.rights
    assert not may_not & somebody.rights


def test_without_login_nobody_approves() -> None:
    local = access.local_person()
    assert local.rights == frozenset(Right) - {Right.APPROVE}
    assert Person("x", frozenset(Role), proven=True).rights == frozenset(Right)


@pytest.mark.parametrize(("action", "right"), [("load", "ファイルを取り込む"), ("undo", "取込を取り消す")])
def test_every_action_asks_for_its_right(home: House, write: Any, action: str, right: str) -> None:
    viewer = Person("閲覧だけ", frozenset({Role.VIEW}))
    found = intake.review(write("a.csv", A), home, home.settings)
    with pytest.raises(NotPermitted, match=right):
        intake.load(found, home, viewer) if action == "load" else intake.undo(1, home, viewer)
    assert home.lake.loads() == []
