"""What people decide about headings, choices and cells is kept by the load that needed it, applied, said, forgotten."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dx_data import calendar, intake
from dx_data.access import Person, Role
from dx_data.custody import remembered
from dx_data.custody.ledger import Act
from dx_data.door.known import Addition, Correction, Decided, Known, Reading
from dx_data.errors import LoadRefused, NotFound, NotPermitted
from dx_data.house import House
from dx_data.intake import Reviewed, Wish
from dx_data.lake import LEDGER

DAY = dt.date(2026, 11, 1)
HEAD = "システム,申請番号,申請日時,処理状況"
UNKNOWN_HEAD = "システム,うけつけの番号,申請日時,処理状況"
DONE = Reading("applications", "status", "おわり", "完了")
KEY = ("LoGoフォーム", "A1")
MENDED = Correction("applications", KEY, "applied_at", "2026/02/30 09:00", "2026/02/28 09:00", "窓口に確かめた")

Take = Callable[..., Reviewed]


def table(*rows: str, head: str = HEAD) -> str:
    return "\n".join([head, *(f"LoGoフォーム,{row}" for row in rows), ""])


def look(home: House, path: Path, **wish: Any) -> Reviewed:
    return intake.review(path, home, home.settings, wish=Wish(as_of=DAY, **wish))


def said(found: Reviewed) -> list[tuple[str, str | None, str | None]]:
    rules = ("match.remembered", "choice.decided", "correction.applied", "correction.ended", "correction.stale")
    return [(m.rule, m.before, m.after) for m in found.mended if m.rule in rules]


def standing(home: House) -> list[str]:
    return [remembered.sentence(each) for each in remembered.decisions(home.ledger)]


def stored(home: House, column: str) -> list[Any]:
    at = home.lake.at()
    with closing(home.lake.cursor()) as cursor:
        return cursor.execute(f"SELECT {column} FROM {at.schema}.applications ORDER BY application_id").fetchall()


# --- headings -------------------------------------------------------------------------------------


def test_an_unknown_heading_is_shown_with_samples_and_a_guess_that_is_not_taken(home: House, write: Any) -> None:
    rows = [f"A{n},2026/04/01 09:00,完了,転入届" for n in range(5)]
    found = look(home, write("a.csv", table(*rows, head=f"{HEAD},手続の名称")))
    (asked,) = found.unmapped
    assert (asked.letter, asked.heading, asked.guess, asked.samples) == ("E", "手続の名称", "procedure", ("転入届",))
    assert (found.status, found.loadable) == ("asks", False)
    rows += ["A9,2026/04/01 09:00,完了,090-1234-5678"]
    (hidden,) = look(home, write("b.csv", table(*rows, head=f"{HEAD},手続の名称"))).unmapped
    assert hidden.samples == ()


def test_a_required_column_can_be_found_behind_an_unknown_heading(home: House, write: Any) -> None:
    found = look(home, write("a.csv", table("A1,2026/04/01 09:00,完了", head=UNKNOWN_HEAD)))
    assert [p.rule for p in found.problems] == ["match.missing_column"]
    assert [(each.place, each.samples) for each in found.unmapped] == [("うけつけの番号", ("A1",))]


def test_a_heading_confirmed_at_a_load_is_read_the_same_next_time(home: House, write: Any, take: Take) -> None:
    first = write("a.csv", table("A1,2026/04/01 09:00,完了", head=UNKNOWN_HEAD))
    assert look(home, first, confirmed={"うけつけの番号": "application_id"}).loadable
    assert standing(home) == []  # nothing before the yes
    assert take(first, confirmed={"うけつけの番号": "application_id"}).status == "loaded"
    assert standing(home) == ["電子申請：見出し『うけつけの番号』→『申請番号』"]
    again = take(write("b.csv", table("A2,2026/04/02 09:00,完了", head=UNKNOWN_HEAD)))
    (notice,) = [m.message for m in again.mended if m.rule == "match.remembered"]
    today = calendar.today()
    by = f"{today.year}年{today.month}月{today.day}日に 試験 担当 が決めたとおり"
    assert (again.status, notice) == ("loaded", f"見出し『うけつけの番号』を『申請番号』として読みました（{by}）")
    assert len(standing(home)) == 1  # used, not decided anew
    assert stored(home, "application_id") == [("A1",), ("A2",)]


def test_a_column_left_out_by_its_place_is_remembered_by_its_heading(home: House, write: Any, take: Take) -> None:
    odd = f"{HEAD},好きな色"
    assert take(write("a.csv", table("A1,2026/04/01 09:00,完了,青", head=odd)), confirmed={"列:E": None}).load
    moved = "好きな色,システム,申請番号,申請日時,処理状況"
    again = look(home, write("b.csv", f"{moved}\n赤,LoGoフォーム,A2,2026/04/02 09:00,完了\n"))
    assert (again.loadable, [m.header for m in again.mended if m.rule == "match.declined"]) == (True, ["好きな色"])


def test_a_heading_without_a_name_of_its_own_is_asked_every_time(home: House, write: Any, take: Take) -> None:
    twice = f"{HEAD},メモ,メモ"
    wish = {"列:E": None, "列:F": None}
    assert take(write("a.csv", table("A1,2026/04/01 09:00,完了,1,2", head=twice)), confirmed=wish).load
    assert standing(home) == []
    assert len(look(home, write("b.csv", table("A2,2026/04/01 09:00,完了,1,2", head=twice))).asks) == 2


def test_a_remembered_heading_gives_way_to_the_column_itself(home: House, write: Any, take: Take) -> None:
    take(
        write("a.csv", table("A1,2026/04/01 09:00,完了", head=UNKNOWN_HEAD)),
        confirmed={"うけつけの番号": "application_id"},
    )
    both = look(home, write("b.csv", table("A2,2026/04/01 09:00,完了,9", head=f"{HEAD},うけつけの番号")))
    assert [p.header for p in both.asks] == ["うけつけの番号"]


def test_a_heading_may_be_forgotten(home: House, write: Any, take: Take, person: Person) -> None:
    text = table("A1,2026/04/01 09:00,完了", head=UNKNOWN_HEAD)
    take(write("a.csv", text), confirmed={"うけつけの番号": "application_id"})
    (decision,) = remembered.decisions(home.ledger)
    number = remembered.number_of(decision)
    with pytest.raises(NotPermitted):
        intake.forget(number, home, Person("閲覧", frozenset({Role.VIEW})))
    with pytest.raises(NotFound):
        intake.forget(number + 1, home, person)
    intake.forget(number, home, person)
    assert standing(home) == []
    assert look(home, write("b.csv", text.replace("A1", "A2"))).status == "refused"


def test_a_decision_about_one_dataset_says_nothing_about_another(home: House, write: Any) -> None:
    found = look(
        home, write("a.csv", table("A1,2026/04/01 09:00,完了,1", head=f"{HEAD},謎")), confirmed={"謎": "venue"}
    )
    assert ([p.header for p in found.asks], found.decisions) == (["謎"], ())


def test_undoing_the_load_leaves_the_decision(home: House, write: Any, take: Take, person: Person) -> None:
    done = take(write("a.csv", table("A1,2026/04/01 09:00,おわり")), readings=(DONE,))
    assert done.load
    intake.undo(done.load.load, home, person)
    assert standing(home) == ["電子申請：処理状況『おわり』→『完了』"]


def test_a_load_that_fails_has_decided_nothing(home: House, write: Any, person: Person) -> None:
    found = look(home, write("a.csv", table("A1,2026/04/01 09:00,おわり")), readings=(DONE,))
    intent = home.ledger.append(person.name, Act.LOAD_INTENT, "a.csv", load=1)
    home.ledger.append_all(person.name, remembered.entries(found.decisions, (), intent.number))
    assert standing(home) == ["電子申請：処理状況『おわり』→『完了』"]
    home.ledger.append(person.name, Act.LOAD_FAILED, "a.csv", intent=intent.number)
    assert standing(home) == []


# --- choices --------------------------------------------------------------------------------------


def test_an_unknown_choice_is_collected_decided_and_remembered(home: House, write: Any, take: Take) -> None:
    text = table("A1,2026/04/01 09:00,おわり", "A2,2026/04/01 09:00,おわり", "A3,2026/04/01 09:00,差戻")
    found = look(home, write("a.csv", text))
    assert [(u.column, u.cell, u.count, u.guess) for u in found.unknown] == [
        ("status", "おわり", 2, None),
        ("status", "差戻", 1, "差戻し"),
    ]
    assert (found.status, found.loadable) == ("refused", False)
    more = Reading("applications", "status", "差戻", "差戻し")
    assert take(write("a.csv", text), readings=(DONE, more)).status == "loaded"
    assert stored(home, "status") == [("完了",), ("完了",), ("差戻し",)]
    again = take(write("b.csv", table("A4,2026/04/01 09:00,オワリ", "A5,2026/04/01 09:00, おわり")))
    assert (again.status, said(again)) == ("refused", [("choice.decided", "おわり", "完了")])


def test_the_same_bytes_read_by_a_new_decision_are_loaded(home: House, write: Any, take: Take) -> None:
    path = write("a.csv", table("A1,2026/04/01 09:00,おわり", "A2,2026/04/01 09:00,完了"))
    assert take(path, partial=True).status == "loaded"
    assert take(path, partial=True).status == "unchanged"
    assert take(path, readings=(DONE,)).status == "loaded"
    assert stored(home, "application_id") == [("A1",), ("A2",)]
    assert take(path).status == "unchanged"


@given(st.sampled_from(["おわり", "オワリ", "ｵﾜﾘ", " おわり ", "おわり　", "お わ り"]), st.booleans())
def test_a_spelling_is_one_however_it_is_written(cell: str, folded: bool) -> None:
    from dx_data.datasets import DATASETS
    from dx_data.derive import checks

    column = DATASETS["applications"].column("status")
    known = Known.of([Reading("applications", "status", cell, "完了")])
    assert checks.reading(known.widened(DATASETS["applications"], column), cell.strip() if folded else cell) == "完了"
    assert checks.reading(column, cell) is None


def test_an_unknown_choice_is_added_to_its_master_from_a_day_on(
    home: House, write: Any, take: Take, person: Person
) -> None:
    head = "収納日,窓口,手数料種別,決済手段,件数,金額"
    text = f"{head}\n2026/10/05,戸籍住民課,住民票,地域通貨,1,300\n"
    (asked,) = look(home, write("a.csv", text)).unknown
    assert (asked.column, asked.cell) == ("method", "地域通貨")
    facts = (("method", "地域通貨"), ("method_group", "窓口キャッシュレス"), ("valid_from", "2026-10-01"))
    new = Addition("payment_methods", facts)
    assert take(write("a.csv", text), additions=(new,)).status == "loaded"
    assert [load.file for load in home.lake.loads()] == ["a.csv", "決済手段マスターへの追加.csv"]
    assert take(write("b.csv", text.replace("10/05", "10/06"))).status == "loaded"
    early = look(home, write("c.csv", text.replace("10/05", "09/30")))
    assert [(p.rule, p.message) for p in early.problems] == [
        ("choice.not_yet", "『地域通貨』は2026年10月1日からの選択肢です")
    ]
    whole = "決済手段,大区分,受入開始日\n現金,現金,2025-04-01\n地域通貨,窓口キャッシュレス,2026-10-01\n"
    assert take(write("d.csv", whole)).status == "loaded"
    intake.undo(3 + 1, home, person)
    intake.undo(1, home, person)
    assert [p.rule for p in look(home, write("e.csv", text.replace("10/05", "10/07"))).problems] == ["choice.unknown"]


# --- cells ----------------------------------------------------------------------------------------


def test_a_cell_put_right_stays_right_until_its_source_is_mended(home: House, write: Any, take: Take) -> None:
    faulty = table("A1,2026/02/30 09:00,完了", "A2,2026/04/01 09:00,完了")
    found = look(home, write("a.csv", faulty))
    assert [(c.row, c.key, c.column, c.cell, c.message) for c in found.faulty] == [
        (2, KEY, "applied_at", "2026/02/30 09:00", "暦にない日付です")
    ]
    assert take(write("a.csv", faulty), corrections=(MENDED,)).status == "loaded"
    right = dt.datetime(2026, 2, 28, 9)  # noqa: DTZ001
    assert stored(home, "applied_at")[0] == (right,)

    # The next export, with its key written another way, its columns elsewhere, and one row more.
    other = "申請番号,処理状況,申請日時,システム\nA1,完了,2026/02/30 09:00,ロゴフォーム\n"
    assert take(write("b.csv", f"{other}A3,完了,2026/04/03 09:00,LoGoフォーム\n")).status == "loaded"
    assert stored(home, "applied_at")[0] == (right,)

    # The source has it right, spelled in its own way: the correction is over, once that is loaded.
    mended = look(home, write("c.csv", table("A1,令和8年2月28日 9:00,完了", "A4,2026/04/01 09:00,完了")))
    assert [rule for rule, *_ in said(mended)] == ["correction.ended"]
    assert len(standing(home)) == 1
    take(write("c.csv", table("A1,令和8年2月28日 9:00,完了", "A4,2026/04/01 09:00,完了")))
    assert standing(home) == []
    assert look(home, write("d.csv", faulty)).status == "refused"


def test_a_correction_that_no_longer_matches_is_told_and_left(home: House, write: Any, take: Take) -> None:
    take(write("a.csv", table("A1,2026/02/30 09:00,完了")), corrections=(MENDED,))
    found = take(write("b.csv", table("A1,2026/03/02 09:00,完了")))
    assert (found.status, said(found)) == ("loaded", [("correction.stale", "2026/03/02 09:00", "2026/03/02 09:00")])
    assert stored(home, "applied_at") == [(dt.datetime(2026, 3, 2, 9),)]  # noqa: DTZ001
    assert len(standing(home)) == 1


def test_a_corrected_value_is_checked_as_any_other(home: House, write: Any) -> None:
    wrong = Correction(**{**MENDED.__dict__, "after": "2026/02/31 09:00"})
    found = look(home, write("a.csv", table("A1,2026/02/30 09:00,完了")), corrections=(wrong,))
    assert (found.status, [p.value for p in found.problems]) == ("refused", ["2026/02/31 09:00"])


@pytest.mark.parametrize("field", ["after", "why"])
def test_a_correction_that_looks_personal_is_refused_and_kept_nowhere(home: House, write: Any, field: str) -> None:
    personal = Correction(**{**MENDED.__dict__, field: "電話 090-1234-5678"})
    found = look(home, write("a.csv", table("A1,2026/02/30 09:00,完了")), corrections=(personal,))
    assert "gate.correction" in [p.rule for p in found.problems]
    assert "1234" not in repr(found)
    with pytest.raises(LoadRefused):
        intake.load(found, home, Person("試験", frozenset(Role)))
    assert b"1234-5678" not in home.ledger.pages()


def test_a_key_or_a_row_without_a_sound_key_is_not_offered(home: House, write: Any) -> None:
    text = table(",2026/02/30 09:00,完了", "A2,2026/02/30 09:00,完了", "A3,2026/04/01 09:00,完了")
    twice = table("A3,2026/02/30 09:00,完了", "A3,2026/04/01 09:00,完了")
    assert [each.key for each in look(home, write("a.csv", text)).faulty] == [("LoGoフォーム", "A2")]
    assert [each.row for each in look(home, write("b.csv", twice)).faulty] == [2]


# --- what the ledger keeps ------------------------------------------------------------------------


@pytest.mark.folder
def test_values_stand_apart_from_the_chain_and_every_change_is_noticed(home: House, write: Any, take: Take) -> None:
    take(write("a.csv", table("A1,2026/02/30 09:00,おわり")), readings=(DONE,), corrections=(MENDED,))
    lines = home.ledger.lines_of(Act.DECIDED, Act.CORRECTED)
    assert [(line.act, line.subject) for line in lines] == [
        ("読み替えの決定", "電子申請：処理状況"),
        ("手直し", "電子申請：申請日時"),
    ]
    chained = json.dumps([line.as_json() for line in home.ledger.lines()], ensure_ascii=False)
    assert [value for value in ("おわり", "2026/02/30", "窓口に確かめた") if value in chained] == []
    assert home.verify_ledger() == []
    with closing(sqlite3.connect(home.lake.folder / LEDGER)) as connection:
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute("UPDATE dx_ledger_apart SET content = '{}'")
        connection.execute("DROP TRIGGER dx_ledger_apart_no_update")
        connection.execute("UPDATE dx_ledger_apart SET content = replace(content, '02/28', '02/27')")
        connection.commit()
    number = lines[1].number
    assert [p.message for p in home.verify_ledger()] == [f"{number}行目に添えた値が書き換えられています"]


def test_a_later_decision_takes_the_place_of_an_earlier_one() -> None:
    by = Decided(1, "試験", DAY)
    old = Reading("applications", None, "うけつけ", "application_id", by)
    new = Reading("applications", None, " うけつけ", None)
    known = Known.of([old], [MENDED]).and_now([new], [Correction(**{**MENDED.__dict__, "after": "x"})])
    assert known.readings == (new,)
    assert [each.after for each in known.corrections["applications"]] == ["x"]
