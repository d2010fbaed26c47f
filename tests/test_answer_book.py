"""An answer as an Excel book: marked, dated, with its source; no text a formula; a line in the ledger for each copy."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal
from typing import Any

import openpyxl
import pytest

from dx_data import access
from dx_data.catalog import Result
from dx_data.custody.answer_book import workbook
from dx_data.custody.exits import MEDIA, Exit, hand_over
from dx_data.custody.ledger import Act
from dx_data.errors import NotPermitted
from dx_data.house import House
from dx_data.spec import Question

QUESTION = Question(
    name="q",
    title="件数（課別、令和8年度）",
    family="t",
    question="多いのはどこか",
    definition={"numerator": "件数", "scope": "すべて", "reference": "申請日"},
    reads=("applications",),
    sql="",
    columns={
        "section": {"title": "課"},
        "month": {"title": "年月", "kind": "date", "month": True},
        "day": {"title": "日", "kind": "date"},
        "at": {"title": "日時", "kind": "datetime"},
        "count": {"title": "件数", "kind": "integer", "unit": "件"},
        "rate": {"title": "割合", "kind": "number", "unit": "%"},
        "tags": {"title": "区分", "kind": "choices", "choices": ["甲", "乙"]},
    },
    key=("section",),
)
DAY, AT = dt.date(2026, 4, 1), dt.datetime(2026, 4, 1, 9, 5)  # noqa: DTZ001
ROWS: list[tuple[Any, ...]] = [
    ("情報課", DAY, DAY, AT, 1234, Decimal("66.7"), ["甲", "乙"]),
    ('=HYPERLINK("http://x")', DAY, None, None, 0, None, ["甲"]),
    ("http://x.example", DAY, None, None, None, 0.0, []),
    ("0123", DAY, None, None, None, None, None),
]
UPDATED = dt.datetime(2026, 11, 21, 8)  # noqa: DTZ001
ANSWER = Result(QUESTION, ROWS, {}, "lake:7", dt.date(2026, 11, 20), UPDATED, notes=("架空データ",))


def sheet_of(content: bytes) -> Any:
    (sheet,) = openpyxl.load_workbook(io.BytesIO(content)).worksheets
    return sheet


def test_title_mark_dates_and_source_stand_above_the_table_and_notes_below() -> None:
    sheet = sheet_of(workbook(ANSWER, "内部資料"))
    written = [[cell.value for cell in row] for row in sheet.iter_rows()]
    blank = [None] * 7
    assert [row[0] for row in written[:4]] == [
        "件数（課別、令和8年度）",
        "内部資料・架空データ",
        f"いつ時点:2026年11月20日(金)　更新日:2026-11-21　出典:{ANSWER.source}",
        None,
    ]
    assert written[4] == ["課", "年月", "日", "日時", "件数（件）", "割合（%）", "区分"]
    april = dt.datetime(2026, 4, 1)  # noqa: DTZ001
    assert written[5:9] == [
        ["情報課", april, april, AT, 1234, 66.7, "甲・乙"],
        ['=HYPERLINK("http://x")', april, None, None, 0, None, "甲"],
        ["http://x.example", april, None, None, None, 0, None],
        ["0123", april, None, None, None, None, None],
    ]
    assert written[9] == blank
    assert [row[0] for row in written[10:]] == [
        f"※ {QUESTION.definition.sentence}",
        f"※ 定義:{QUESTION.version.title} {QUESTION.version.change}",
        "※ 台帳の時点:lake:7",
        "※ 空欄はデータがないことを示します。0 とは違います。",
    ]
    assert sheet.oddHeader.right.text == "内部資料"


def test_no_text_is_a_formula_or_a_link() -> None:
    """The cell keeps its text, is text, and stays text when somebody edits it."""
    sheet = sheet_of(workbook(ANSWER, "内部資料"))
    cell = sheet["A7"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == ('=HYPERLINK("http://x")', "s", True)
    assert not [cell.coordinate for row in sheet.iter_rows() for cell in row if cell.hyperlink or cell.data_type == "f"]
    assert sheet["A8"].quotePrefix in {None, False}


def test_numbers_and_dates_are_shown_as_their_columns_say() -> None:
    sheet = sheet_of(workbook(ANSWER, "内部資料"))
    assert [sheet.cell(6, at).number_format for at in range(2, 7)] == [
        'yyyy"年"m"月"',
        "yyyy/mm/dd",
        "yyyy/mm/dd hh:mm",
        "#,##0",
        "#,##0.0",
    ]


def test_an_answer_without_rows_is_heads_and_notes() -> None:
    sheet = sheet_of(workbook(Result(QUESTION, [], {}, "lake:7", None, None), "内部資料"))
    assert sheet["A3"].value == f"いつ時点:未記入　更新日:未収集　出典:{ANSWER.source}"
    assert sheet["A5"].value == "課"
    assert sheet["A8"].value.startswith("※ ")


def test_every_copy_leaves_a_line_and_the_same_bytes(home: House, person: access.Person) -> None:
    answer = home.ask("ward_benchmark")
    before = len(home.ledger.lines())
    first, second = (hand_over(Exit.INTERNAL, answer, person, home.ledger, form="xlsx") for _ in range(2))
    assert first.content == second.content
    assert (first.name.rpartition(".")[2], first.media) == ("xlsx", MEDIA["xlsx"])
    lines = home.ledger.lines()[before:]
    assert [(line.act, line.subject, line.detail["kind"], line.detail["form"]) for line in lines] == [
        (Act.HAND_OVER, "ward_benchmark", "内部", "xlsx")
    ] * 2
    with pytest.raises(NotPermitted):
        hand_over(Exit.INTERNAL, answer, access.Person("だれか", frozenset()), home.ledger, form="xlsx")
    assert len(home.ledger.lines()) == before + 2
