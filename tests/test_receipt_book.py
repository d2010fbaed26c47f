"""The 事績簿 as Excel: the ward's form, totals and notes, a line in the ledger, and the way back through the door."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from dx_data import access, intake
from dx_data import house as houses
from dx_data.access import Role
from dx_data.custody.exits import Exit, HandedOver, hand_over
from dx_data.custody.ledger import Act
from dx_data.custody.receipt_book import filename
from dx_data.errors import NotPermitted, WrongUsage
from dx_data.house import House
from dx_data.settings import Settings

LONG = """収納日,窓口,手数料種別,決済手段,区分,件数,金額
2026-10-01,戸籍住民課,住民票,現金,売上,5,1500
2026-10-01,戸籍住民課,住民票,コード決済,売上,4,1200
2026-10-01,戸籍住民課,住民票,コード決済,取消,-1,-300
2026-10-01,戸籍住民課,戸籍,コード決済,売上,0,0
2026-10-01,税務課,税証明,現金,売上,2,600
2026-10-31,戸籍住民課,住民票,クレジットカード,返金,-2,-900
2026-11-02,税務課,税証明,現金,売上,9,2700
"""
OCTOBER = dt.date(2026, 10, 1)


@pytest.fixture
def filled(home: House, take: Any, write: Any) -> House:
    taken = take(write("事績簿.csv", LONG), day=dt.date(2026, 11, 5))
    assert taken.status == "loaded", taken.problems
    return home


def book(house: House, person: access.Person, month: dt.date = OCTOBER) -> HandedOver:
    answer = house.ask("receipts_of_month", month=month)
    return hand_over(Exit.INTERNAL, answer, person, house.ledger, form="xlsx")


def sheet_of(handed: HandedOver) -> Any:
    (sheet,) = openpyxl.load_workbook(io.BytesIO(handed.content), data_only=True).worksheets
    return sheet


def rows_of(sheet: Any) -> list[list[Any]]:
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def test_the_book_has_the_ward_s_form(filled: House, person: access.Person) -> None:
    handed = book(filled, person)
    sheet = sheet_of(handed)
    rows = rows_of(sheet)
    assert handed.name == "キャッシュレス事績簿_2026年10月_20261105.xlsx"
    assert sheet.title == "2026年10月"
    assert rows[0][0] == "令和8年度 キャッシュレス事績簿"
    assert rows[1][0] == "10月分"
    groups = ["現金", "コード決済", "取消_コード決済", "返金_クレジットカード", "合計"]
    assert rows[2] == ["収納日", "曜日", "窓口", "手数料種別", *(cell for group in groups for cell in (group, None))]
    assert rows[3] == [None] * 4 + ["件数", "金額"] * 5
    assert {str(merged) for merged in sheet.merged_cells.ranges} == {
        *("A1:N1", "A3:A4", "B3:B4", "C3:C4", "D3:D4"),
        *("E3:F3", "G3:H3", "I3:J3", "K3:L3", "M3:N3"),
    }


def test_a_row_is_a_day_a_window_and_a_fee(filled: House, person: access.Person) -> None:
    first, last = dt.datetime(2026, 10, 1), dt.datetime(2026, 10, 31)  # noqa: DTZ001  (Excel knows no zone)
    blank = [None, None]
    assert rows_of(sheet_of(book(filled, person)))[4:9] == [
        [first, "木", "戸籍住民課", "住民票", 5, 1500, 4, 1200, -1, -300, *blank, 8, 2400],
        [first, "木", "戸籍住民課", "戸籍", *blank, 0, 0, *blank, *blank, 0, 0],
        [first, "木", "税務課", "税証明", 2, 600, *blank, *blank, *blank, 2, 600],
        [last, "土", "戸籍住民課", "住民票", *blank, *blank, *blank, -2, -900, -2, -900],
        ["合計", None, None, None, 7, 2100, 4, 1200, -1, -300, -2, -900, 8, 2100],
    ]


def test_the_totals_are_formulas_over_the_rows(filled: House, person: access.Person) -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(book(filled, person).content)).worksheets[0]
    assert [sheet.cell(9, column).value for column in (5, 14)] == ["=SUM(E5:E8)", "=SUM(N5:N8)"]


def test_the_notes_say_what_it_is_and_where_it_comes_from(filled: House, person: access.Person) -> None:
    notes = [row[0] for row in rows_of(sheet_of(book(filled, person)))[9:]]
    assert all(note.startswith("※ ") for note in notes)
    said = "".join(notes)
    answer = filled.ask("receipts_of_month", month=OCTOBER)
    for part in ("内部資料", answer.question.definition.sentence, "2026年11月5日", answer.snapshot, "出典:"):
        assert part in said


def test_a_month_without_receipts_is_an_empty_book(filled: House, person: access.Person) -> None:
    rows = rows_of(sheet_of(book(filled, person, dt.date(2026, 9, 1))))
    assert rows[2] == ["収納日", "曜日", "窓口", "手数料種別", "合計", None]
    assert rows[4] == ["合計", None, None, None, 0, 0]


def test_every_book_leaves_a_line_and_the_same_bytes(filled: House, person: access.Person) -> None:
    before = len(list(filled.ledger.lines()))
    assert book(filled, person).content == book(filled, person).content
    lines = list(filled.ledger.lines())
    assert len(lines) == before + 2
    assert lines[-1].act == Act.HAND_OVER.value
    assert lines[-1].subject == "receipts_of_month"
    assert (lines[-1].detail["form"], lines[-1].detail["rows"]) == ("xlsx", 5)


def test_nobody_without_the_right_gets_a_book(filled: House) -> None:
    with pytest.raises(NotPermitted):
        book(filled, access.Person("試験", frozenset()))
    assert book(filled, access.Person("試験", frozenset({Role.VIEW}))).content


def test_only_the_month_s_answer_has_the_form(filled: House, person: access.Person) -> None:
    """Every other answer is a plain sheet with its own name; the form itself refuses it."""
    other = filled.ask("cashless_by_month")
    with pytest.raises(WrongUsage, match="Excelの様式がありません"):
        filename(other)
    handed = hand_over(Exit.INTERNAL, other, person, filled.ledger, form="xlsx")
    assert handed.name.startswith("キャッシュレス比率（月次推移、2025年4月1日から）_2026-11-05時点")
    assert rows_of(sheet_of(handed))[0][0] == "キャッシュレス比率（月次推移、2025年4月1日から）"


def test_the_file_name_tells_the_door_the_day(filled: House) -> None:
    assert intake.as_of_in(filename(filled.ask("receipts_of_month", month=OCTOBER))) == dt.date(2026, 11, 5)


def test_the_book_comes_back_through_our_own_door(
    filled: House, person: access.Person, tmp_path: Path, write: Any
) -> None:
    handed = book(filled, person)
    path = write(handed.name, handed.content)
    other = Settings(lake=str(tmp_path / "other"), lake_demo=str(tmp_path / "other-demo"))
    with_book = houses.make_house(person, chosen=other)
    try:
        reviewed = intake.review(path, with_book, with_book.settings)
        assert reviewed.problems == ()
        assert reviewed.asks == ()
        assert [table.dataset for table in reviewed.tables] == ["receipts"]
        assert reviewed.as_of == dt.date(2026, 11, 5)
        intake.load(reviewed, with_book, person)
        again, first = (house.ask("receipts_of_month", month=OCTOBER).rows for house in (with_book, filled))
        assert again == first
    finally:
        with_book.close()
