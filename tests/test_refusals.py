"""受領拒否票: from the ledger's line alone, with every field that 特記仕様 9 names, and never a value of the file."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dx_data import intake
from dx_data.access import Person, Role
from dx_data.custody.exits import Exit, hand_over
from dx_data.custody.ledger import Act
from dx_data.custody.refusals import Finding, refusal
from dx_data.errors import NotFound, NotPermitted
from dx_data.house import House

BAD = (
    "システム,申請番号,申請日時,処理状況,山田花子の欄,メモ（氏名）\n"
    "LoGoフォーム,A1,2026/02/30 09:00,ふしぎ,1,甲野\n"
    "LoGoフォーム,A2,2026/02/30 09:00,ふしぎ,1,甲野\nLoGoフォーム,A3,2026/04/01 09:00,ふしぎ,1,甲野\n"
)
VALUES = ("2026/02/30", "ふしぎ", "山田", "甲野", "A1")


@pytest.fixture
def refused(home: House, write: Any, person: Person) -> int:
    found = intake.review(write("届いた<表>.csv", BAD), home, home.settings)
    return intake.record_refusal(found, home, person)


def test_the_note_says_what_how_many_where_and_when_it_was_found(home: House, refused: int, person: Person) -> None:
    note = refusal(refused, home.ledger.lines())
    line = home.ledger.lines()[-1]
    assert (note.number, note.at, note.recorded_by, note.anchor) == (line.number, line.at, person.name, line.seal)
    assert [finding.cells for finding in note.findings] == [
        ("受け取れない", "申請日時", "存在しない日付", "2件", "C列の2・3行目", "値の確認", "—"),
        ("直して受け取る", "処理状況", "選択肢にない値", "3件", "D列の2・3・4行目", "値の確認", "L2-04"),
        ("直して受け取る", "—", "知らない見出しの列", "1件", "E列の1行目", "項目の照合", "L1-05"),
        ("直して受け取る", "—", "知らない見出しの列", "1件", "F列の1行目", "項目の照合", "L1-05"),
    ]


def test_no_value_of_the_file_reaches_the_note_or_the_ledger(home: House, refused: int, person: Person) -> None:
    handed = hand_over(Exit.INTERNAL, refusal(refused, home.ledger.lines()), person, home.ledger)
    page = handed.content.decode()
    kept = json.dumps([line.as_json() for line in home.ledger.lines()], ensure_ascii=False)
    assert [value for value in VALUES if value in page or value in kept] == []
    assert (handed.name, handed.media) == (f"受領拒否票_第{refused}号.html", "text/html")
    for words in (
        "内部資料",
        "届いた&lt;表&gt;.csv",
        person.name,
        "<td>申請日時</td><td>存在しない日付</td><td>2件</td>",
    ):
        assert words in page
    assert "<表>" not in page
    last = home.ledger.lines()[-1]
    assert (last.act, last.subject, last.detail["line"]) == (Act.HAND_OVER, "受領拒否票", refused)


def test_more_rows_than_are_named_are_said_to_be_more() -> None:
    kind = {"rule": "gate.my_number", "sheet": "4月", "column": "C", "count": 128, "rows": [5, 6, 1007], "item": None}
    finding = Finding.read({**kind, "stage": "gate"})
    assert (finding.place, finding.content, finding.count) == (
        "シート『4月』のC列の5・6・1,007行目ほか",
        "マイナンバーらしい値",
        128,
    )


def test_what_stands_across_is_called_by_its_item(home: House, write: Any, person: Person) -> None:
    wide = write("w.csv", "日付,窓口,現金_件数,現金_金額\n2026-04-01,保育課,1,三百\n")
    number = intake.record_refusal(intake.review(wide, home, home.settings), home, person)
    (finding,) = refusal(number, home.ledger.lines()).findings[:1]
    assert (finding.item, finding.place) == ("金額", "D列の2行目")


def test_a_line_of_the_first_release_still_gives_its_note(home: House) -> None:
    kinds = [{"rule": "gate.my_number", "sheet": None, "column": None, "count": 2}]
    line = home.ledger.append("以前の人", Act.REFUSED, "x.csv", sha256="", problems=kinds)
    (finding,) = refusal(line.number, home.ledger.lines()).findings
    assert finding.cells == ("受け取れない", "—", "マイナンバーらしい値", "2件", "ファイル全体", "個人情報の確認", "—")


def test_only_a_refusal_has_a_note_and_only_who_may_check_gets_it(home: House, refused: int) -> None:
    with pytest.raises(NotFound, match="台帳の 1 行目に、受領を断った記録はありません"):
        refusal(1, home.ledger.lines())
    lines = len(home.ledger.lines())
    with pytest.raises(NotPermitted, match="ファイルを確認する"):
        hand_over(
            Exit.INTERNAL,
            refusal(refused, home.ledger.lines()),
            Person("閲覧だけ", frozenset({Role.VIEW})),
            home.ledger,
        )
    assert len(home.ledger.lines()) == lines
