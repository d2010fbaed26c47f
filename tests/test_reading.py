"""Books and CSVs as offices write them: what `dx read` says of them, beside what a careful person would."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from dx_data.door import biff, examine, outside
from dx_data.door.day_order import order
from dx_data.door.describe import Table, describe
from dx_data.door.kinds import lost_zeros, normal
from dx_data.door.read import read
from dx_data.door.shape import find
from dx_data.door.staging import Staging
from dx_data.door.workbook import written
from dx_data.errors import FileRejected
from dx_data.settings import Settings
from dx_data.spec import Kind

OLD = Path(__file__).with_name("excel-97.xls")


def described(path: Path) -> tuple[Table, ...]:
    return describe(path, Settings()).tables


def csv(folder: Path, text: str) -> tuple[Table, ...]:
    path = folder / "a.csv"
    path.write_bytes(text.replace("\n", "\r\n").encode("cp932"))
    return described(path)


def excel(folder: Path, rows: list[list[Any]], merges: tuple[str, ...] = ()) -> tuple[Table, ...]:
    path = folder / "a.xlsx"
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy/m/d"}) as workbook:
        sheet = workbook.add_worksheet("表")
        for merge in merges:
            sheet.merge_range(merge, "")
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                if cell is not None:
                    sheet.write(number, column, cell)
    return described(path)


def headers(table: Table) -> list[str]:
    return [field.header for field in table.fields]


def rules(table: Table) -> list[tuple[str, str | None, tuple[int, ...]]]:
    return [(m.rule, m.column, m.rows) for m in table.mended]


# --- several tables on one sheet -----------------------------------------------------------------------------


def test_tables_below_each_other_have_headers_totals_and_notes_of_their_own(tmp_path: Path) -> None:
    text = "利用状況\n施設名,4月,5月\nA館,10,20\nB館,30,40\n合計,40,60\n※速報値\n"
    text += "\n職員数\n所属,人数,備考\n総務課,5,\n税務課,7,兼務\n"
    first, second = csv(tmp_path, text)
    assert (first.header_rows, headers(first)) == ((2,), ["施設名", "4月", "5月"])
    assert first.rows == (("A館", "10", "20"), ("B館", "30", "40"))
    assert [(t.label, t.stated, t.agrees) for t in first.totals] == [("合計", 40, True), ("合計", 60, True)]
    assert first.notes == ("※速報値",)
    assert (second.header_rows, headers(second)) == ((9,), ["所属", "人数", "備考"])
    assert second.rows == (("総務課", "5", None), ("税務課", "7", "兼務"))


def test_tables_below_each_other_need_no_titles_and_no_figures(tmp_path: Path) -> None:
    first, second = csv(tmp_path, "部署,電話\n総務,内線1\n\n施設名,住所\nA館,青戸\nB館,亀有\n")
    assert [(t.header_rows, t.rows) for t in (first, second)] == [
        ((1,), (("総務", "内線1"),)),
        ((4,), (("A館", "青戸"), ("B館", "亀有"))),
    ]


def test_the_same_header_under_another_title_is_another_table(tmp_path: Path) -> None:
    first, second = csv(tmp_path, "1 窓口\n手続,件数\n転入,1\n転出,2\n\n2 電子\n手続,件数\n転入,3\n転出,4\n")
    assert [(t.header_rows, t.rows[0]) for t in (first, second)] == [((2,), ("転入", "1")), ((7,), ("転入", "3"))]


def test_the_same_header_under_the_same_title_is_the_next_page(tmp_path: Path) -> None:
    text = "一覧（1/2）\n番号,手続,件数\n1,転入,10\n2,転出,20\n\n一覧（2/2）\n番号,手続,件数\n3,住民票,30\n合計,,60\n"
    (table,) = csv(tmp_path, text)
    assert table.rows == (("1", "転入", "10"), ("2", "転出", "20"), ("3", "住民票", "30"))
    assert rules(table) == [("layout.repeated_header", None, (6, 7)), ("layout.total_row", None, (9,))]
    assert [(t.stated, t.agrees) for t in table.totals] == [(60, True)]


def test_tables_side_by_side_are_told_apart_by_a_blank_column(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["令和7年度 窓口別件数"],
        ["窓口", "件数", "金額", None, "支所", "件数", "金額"],
        ["1番", 10, 100, None, "東", 1, 10],
        ["2番", 20, 200, None, "西", 2, 20],
        ["3番", 30, 300],
        ["計", 60, 600, None, "計", 3, 30],
    ]
    left, right = excel(tmp_path, rows)
    assert [(f.letter, f.header) for f in left.fields] == [("A", "窓口"), ("B", "件数"), ("C", "金額")]
    assert left.rows == (("1番", "10", "100"), ("2番", "20", "200"), ("3番", "30", "300"))
    assert [(f.letter, f.header) for f in right.fields] == [("E", "支所"), ("F", "件数"), ("G", "金額")]
    assert right.rows == (("東", "1", "10"), ("西", "2", "20"))
    assert [t.agrees for t in (*left.totals, *right.totals)] == [True] * 4


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("手続,,件数,,金額\n転入,,1,,10\n,,,,\n転出,,2,,20\n", (("転入", "1", "10"), ("転出", "2", "20"))),
        (
            "施設名,住所,電話\nA館,青戸1,03-1\n\n【南部】\nB館,亀有1,03-2\n",
            (("A館", "青戸1", "03-1"), ("【南部】", None, None), ("B館", "亀有1", "03-2")),
        ),
        (
            "番号,状況,件数\n1,休館,-\n\n2,開館,5\n3,開館,6\n",
            (("1", "休館", None), ("2", "開館", "5"), ("3", "開館", "6")),
        ),
        (
            "施設名,状況,件数\nA,開館,3\nB,開館,4\n\n【南部】\nC,休館,―\nD,開館,5\n",
            (("A", "開館", "3"), ("B", "開館", "4"), ("【南部】", None, None), ("C", "休館", None), ("D", "開館", "5")),
        ),
        ("調査名,人口調査\n作成日,2025/4/1\n\n町,男,女\nA,1,2\nB,3,4\n", (("A", "1", "2"), ("B", "3", "4"))),
    ],
    ids=[
        "spacers",
        "sections of a list",
        "a blank row among data",
        "sections with marks",
        "particulars over the table",
    ],
)
def test_what_only_looks_like_several_tables_stays_one(
    tmp_path: Path, text: str, rows: tuple[tuple[str | None, ...], ...]
) -> None:
    (table,) = csv(tmp_path, text)
    assert table.rows == rows


# --- headers -------------------------------------------------------------------------------------------------

LEVELS: list[list[str | None]] = [
    ["区分", "令和6年度", None, None, None, "令和7年度", None, None, None],
    [None, "電子", None, "窓口", None, "電子", None, "窓口", None],
    [None, "件数", "金額", "件数", "金額", "件数", "金額", "件数", "金額"],
    ["住民票", "1", "10", "2", "20", "3", "30", "4", "40"],
]
JOINED = ["区分"] + [
    f"{year}_{channel}_{measure}"
    for year in ("令和6年度", "令和7年度")
    for channel in ("電子", "窓口")
    for measure in ("件数", "金額")
]


def test_three_levels_without_merged_cells_are_joined() -> None:
    header = find(list(enumerate([["年報", *[None] * 8], *LEVELS], 1)), (), frozenset())
    assert header is not None
    assert (header.rows, list(header.titles)) == ((2, 3, 4), JOINED)


def test_three_levels_with_merged_cells_are_joined(tmp_path: Path) -> None:
    merges = ("A1:A3", "B1:E1", "F1:I1", "B2:C2", "D2:E2", "F2:G2", "H2:I2")
    (table,) = excel(tmp_path, [list(row) for row in LEVELS], merges)
    assert headers(table) == JOINED


def test_group_names_written_over_each_column_are_a_level(tmp_path: Path) -> None:
    (table,) = csv(tmp_path, "施設,R5,R5,R6,R6\n,男,女,男,女\nA,1,2,3,4\n")
    assert (table.header_rows, headers(table)) == ((1, 2), ["施設", "R5_男", "R5_女", "R6_男", "R6_女"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1,区A,100\n2,区B,200\n", ["layout.header_of_values"]),
        ("窓口,1,2,3\nA,5,6,7\n", []),
        ("区分,2024,2025\n出生,10,20\n", []),
    ],
    ids=["no header", "days", "years"],
)
def test_a_table_that_may_have_no_header_is_said(tmp_path: Path, text: str, said: list[str]) -> None:
    (table,) = csv(tmp_path, text)
    assert [m.rule for m in table.mended] == said


@pytest.mark.parametrize(
    ("text", "titles", "count"),
    [
        ("年度,人口,面積\n,人,km2\n2020,100,5.5\n", ["年度", "人口（人）", "面積（km2）"], 1),
        ("科目,決算額\n,（千円）\n市税,10\n", ["科目", "決算額（千円）"], 1),
        ("コード,施設名,件数\ncode,name,visit_count\n131229,A館,1\n", ["コード", "施設名", "件数"], 1),
        ("区分,記号,件数\na,b,1\nc,d,2\n", ["区分", "記号", "件数"], 2),
    ],
    ids=["units", "one unit in brackets", "names in a program", "data"],
)
def test_a_row_under_the_header_that_is_no_data(tmp_path: Path, text: str, titles: list[str], count: int) -> None:
    (table,) = csv(tmp_path, text)
    assert (headers(table), len(table.rows)) == (titles, count)


def test_a_unit_over_the_table_is_kept_as_a_note_and_multiplies_nothing(tmp_path: Path) -> None:
    (table,) = csv(tmp_path, '決算,,単位：千円\n科目,予算額,決算額\n市税,"1,234","1,200"\n')
    assert (table.notes, table.rows) == (("単位：千円",), (("市税", "1234", "1200"),))


# --- totals --------------------------------------------------------------------------------------------------


def test_a_total_column_adds_up_only_the_columns_beside_it(tmp_path: Path) -> None:
    (table,) = csv(tmp_path, "地区,世帯数,男,女,総数,面積\n総数,30,10,20,30,4\nA,10,4,6,10,1\nB,20,6,14,20,3\n")
    assert [row[0] for row in table.rows] == ["A", "B"]
    assert {t.agrees for t in table.totals} == {True}
    assert [(t.header, t.stated) for t in table.totals if t.label == "（列の計）"] == [("総数", 30)]


def test_parts_of_a_row_above_are_listed_again_and_no_data(tmp_path: Path) -> None:
    (table,) = csv(tmp_path, "区分,人数,備考\n青戸,100,うち会員3名\n　うち女性,60,\n亀有,200,\n合計,300,\n再掲,60,\n")
    assert [row[0] for row in table.rows] == ["青戸", "亀有"]
    assert [(t.label, t.stated, t.agrees) for t in table.totals] == [
        ("うち女性", 60, None),
        ("合計", 300, True),
        ("再掲", 60, None),
    ]


# --- encodings -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["路線,便,運賃", "科目,税", "樹種,幹径", "緑地,樹木"])
def test_any_usual_kanji_tells_cp932(tmp_path: Path, header: str) -> None:
    (table,) = csv(tmp_path, f"{header}\n{',1' * header.count(',')}\n".replace("\n,", "\na,"))
    assert headers(table) == header.split(",")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("申请编号,日期\n1,2\n", "gbk"),
        ("numéro,année\n1,2\n", "latin-1"),
        ("新竹,臺北\n1,2\n", "big5"),
        ("項目,値\n", "euc_jp"),
    ],
)
def test_another_encoding_is_not_taken_for_cp932(tmp_path: Path, text: str, encoding: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode(encoding))
    with pytest.raises(FileRejected) as refused:
        described(path)
    assert [p.rule for p in refused.value.problems] == ["read.encoding"]


# --- values --------------------------------------------------------------------------------------------------


def test_marks_are_blank_in_a_column_of_figures_and_said(tmp_path: Path) -> None:
    text = '項目,件数,額\nあ,"1,234件","1,234円"\nい,△5,▲10\nう,(12),"(1,000)"\nえ,―,…\nお,x,***\nか,0,0\n'
    (table,) = csv(tmp_path, text)
    assert [field.kind for field in table.fields] == [Kind.TEXT, Kind.INTEGER, Kind.YEN]
    assert [row[1] for row in table.rows] == ["1234", "-5", "-12", None, None, "0"]
    assert [row[2] for row in table.rows] == ["1234", "-10", "-1000", None, None, "0"]
    assert rules(table) == [("value.mark", "B", (5, 6)), ("value.mark", "C", (5, 6))]


def test_errors_and_formulas_without_a_value_are_blank_and_said(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write_row(0, 0, ["手続", "件数"])
        sheet.write_row(1, 0, ["転入", 1])
        sheet.write(2, 0, "転出")
        sheet.write_formula(2, 1, "=1/0", None, "#DIV/0!")
        sheet.write(3, 0, "転居")
        sheet.write_formula(3, 1, "=B2", None, "")
    (table,) = described(path)
    assert table.fields[1].kind is Kind.INTEGER
    assert table.rows == (("転入", "1"), ("転出", None), ("転居", None))
    assert rules(table) == [("value.error", "B", (3, 4))]


def test_days_as_text_serials_and_dates_in_one_column(tmp_path: Path) -> None:
    rows = [["日付", "件数"], [dt.date(2025, 4, 1), 1], ["2025/4/2", 2], [45750, 3], ["R7.4.4", 4]]
    (table,) = excel(tmp_path, rows)
    assert [row[0] for row in table.rows] == ["2025-04-01", "2025-04-02", "2025-04-03", "2025-04-04"]
    assert rules(table) == [("date.serial", "A", (4,))]


@pytest.mark.parametrize(
    ("title", "cells", "kind"),
    [
        ("受付日", ["45748", "45749"], Kind.DATE),
        ("休日", ["45748", "45749"], Kind.INTEGER),
        ("件数", ["45748", "45749"], Kind.INTEGER),
        ("年月日", ["20250401", "20250402"], Kind.DATE),
        ("開始日", ["令和7年4月1日", "未定"], Kind.DATE),
        ("備考", ["―", "x"], Kind.TEXT),
        ("番号", ["0123", "―"], Kind.TEXT),
        ("室", ["1", "2階"], Kind.TEXT),
    ],
)
def test_the_kind_of_a_column(title: str, cells: list[str | None], kind: Kind) -> None:
    assert normal(title, cells).kind is kind


@given(st.lists(st.one_of(st.none(), st.integers(-(10**12), 10**12)), min_size=1).filter(any))
def test_whole_numbers_come_back_whatever_stands_between_them(numbers: list[int | None]) -> None:
    cells = ["…" if n is None else f"△{-n:,}" if n < 0 else f"{n:,}" for n in numbers]
    form = normal("件数", cells)
    assert form.kind is Kind.INTEGER
    assert form.cells == [None if n is None else str(n) for n in numbers]


@pytest.mark.parametrize(
    ("title", "cells", "short"),
    [
        ("コード", ["0002", "13", "0104"], {"13"}),
        ("団体コード", ["11002", "131229"], {"11002"}),
        ("団体コード", ["11003", "131229"], set()),
        ("件数", ["0002", "13"], set()),
        ("施設番号", ["1", "13"], set()),
    ],
)
def test_codes_whose_zeros_were_lost(title: str, cells: list[str | None], short: set[str]) -> None:
    assert lost_zeros(title, cells) == short


def test_fractions_are_written_as_excel_shows_them() -> None:
    assert [written(value) for value in (0.1 + 0.2, 1e-7, 3.0, 1234567.25)] == ["0.3", "0.0000001", "3", "1234567.25"]


# --- day and month -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "read_as", "rule"),
    [
        (["1/2/2021", "13/1/2021"], ["2021-02-01", "2021-01-13"], "date.order"),
        (["1/2/2021", "1/13/2021"], ["2021-01-02", "2021-01-13"], "date.order"),
        (["5/5/2021", "H29.1.6"], ["2021-05-05", "2017-01-06"], "date.order"),
        (["H29.1.6", "9/1/2021"], ["H29.1.6", "9/1/2021"], "date.order_unknown"),
        (["1/2/2021", "3/4/2021"], ["1/2/2021", "3/4/2021"], "date.order_unknown"),
        (["13/1/2021", "1/13/2021"], ["13/1/2021", "1/13/2021"], "date.order_unknown"),
    ],
)
def test_the_order_of_day_and_month_is_settled_or_asked(
    tmp_path: Path, days: list[str], read_as: list[str], rule: str
) -> None:
    (table,) = csv(tmp_path, "日付,件数\n" + "".join(f"{day},1\n" for day in days))
    assert [row[0] for row in table.rows] == read_as
    assert [m.rule for m in table.mended] == [rule]


@given(st.lists(st.dates(dt.date(1990, 1, 1), dt.date(2099, 12, 31)), min_size=1, max_size=20), st.booleans())
def test_a_settled_order_gives_every_day_back(days: list[dt.date], day_first: bool) -> None:
    cells = [f"{d.day}/{d.month}/{d.year}" if day_first else f"{d.month}/{d.day}/{d.year}" for d in days]
    found = order(list(enumerate(cells)))
    assert found is not None
    if found.rewrite is not None:
        assert [found.written(cell) for cell in cells] == [f"{d.year}-{d.month}-{d.day}" for d in days]
    else:
        assert all(d.day <= 12 for d in days)


# --- Excel 97 to 2003 ----------------------------------------------------------------------------------------


def test_an_old_workbook_is_read_with_its_errors_percentages_and_hidden_parts() -> None:
    description = describe(OLD, Settings())
    first, second = description.tables
    assert (description.book.format, first.sheet, second.sheet, second.hidden) == ("xls", "窓口", "控え", True)
    assert headers(first) == ["区", "開始日", "件数_電子", "件数_窓口", "割合"]
    assert first.rows == (
        ("青戸", "2025-04-01", "10", "20", "12.5"),
        ("亀有", "2025-04-02", "30", "40", "30"),
        ("新小岩", "2025-04-03", "5", "1.5", None),
    )
    assert rules(first) == [
        ("layout.hidden_rows", None, (5,)),
        ("layout.hidden_columns", "D", ()),
        ("layout.total_row", None, (7,)),
        ("value.error", "E", (6,)),
    ]
    assert first.mended[-1].before == "#DIV/0!"
    assert {t.agrees for t in first.totals} == {True}


def test_the_gate_searches_an_old_workbooks_comments_and_says_what_it_cannot() -> None:
    with Staging() as staging:
        found = outside.search(read(OLD, staging, Settings()), staging)
    assert [(m.rule, m.count) for m in found.told] == [("gate.outside", 1), ("gate.unsearched", 1)]
    assert "コメント" in found.told[0].message


def changed(record: int, to: int) -> bytes:
    """The old workbook with the first record of a kind in its globals made one of another kind."""
    data = bytearray(OLD.read_bytes())
    start = data.index(b"\x09\x08\x10\x00\x00\x06\x05\x00")
    place = data.index(record.to_bytes(2, "little"), start + 8)
    data[place : place + 2] = to.to_bytes(2, "little")
    return bytes(data)


def test_an_old_workbook_with_a_password_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.xls"
    path.write_bytes(changed(0xE1, 0x2F))
    with pytest.raises(FileRejected) as refused:
        described(path)
    assert [p.rule for p in refused.value.problems] == ["read.encrypted"]


@pytest.mark.parametrize("length", [600, 2_000, 5_000])
def test_a_damaged_old_workbook_is_refused(tmp_path: Path, length: int) -> None:
    path = tmp_path / "a.xls"
    path.write_bytes(OLD.read_bytes()[:length] + "Workbook".encode("utf-16-le"))
    with pytest.raises(FileRejected) as refused:
        described(path)
    assert [p.rule for p in refused.value.problems] == ["read.damaged"]


@settings(deadline=5_000)
@given(st.data())
def test_a_damaged_record_never_hangs_and_never_escapes(data: st.DataObject) -> None:
    content = bytearray(OLD.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(8, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = biff.sheets(bytes(content))
    except Exception as fault:  # whatever it is ends the child; only a hang or a crash would not
        assert not isinstance(fault, MemoryError | RecursionError)  # noqa: PT017
    else:
        assert all(isinstance(name, str) for name in found)


# --- kintone -------------------------------------------------------------------------------------------------


def test_rich_text_is_read_as_lines_of_text(tmp_path: Path) -> None:
    text = '"レコード番号","手続名","メモ"\n"K-1","a","<div>転入<br>本人 &amp; 家族</div>"\n"K-2","b","1 < 2"\n'
    (table,) = csv(tmp_path, text)
    assert [row[2] for row in table.rows] == ["転入\n本人 & 家族", "1 < 2"]
    assert rules(table) == [("kintone.rich_text", "C", (2,))]


# --- the published files -------------------------------------------------------------------------------------

REAL = Path(__file__).resolve().parents[2] / "shared" / "real"
real = pytest.mark.skipif(not REAL.is_dir(), reason=f"{REAL} is absent: the published files are not in the project")


@real
def test_indicators_in_words_do_not_hide_the_header() -> None:
    (path,) = (REAL / "dx-city-compare").iterdir()
    (table,) = described(path)
    katsushika = [f.header for f in table.fields].index("葛飾区")
    assert (table.header_rows, len(table.rows), len(table.fields)) == ((1,), 15, 1743)
    assert table.rows[12][katsushika] == "55%"


@real
def test_rates_of_52_procedures_by_municipality() -> None:
    (path,) = (REAL / "dx-city-online-rate").iterdir()
    (table,) = described(path)
    filled = sum(field.filled for field in table.fields[2:])
    assert (table.header_rows, len(table.rows), len(table.fields)) == ((1,), 52, 1743)
    assert (filled, sum(field.blank for field in table.fields[2:])) == (23_952, 66_580)


# --- as a dataset --------------------------------------------------------------------------------------------


RECEIPTS = "収納日,窓口,決済手段,件数"
APPLICATIONS = "システム,申請番号,申請日時,処理状況"


def through_the_door(folder: Path, text: str) -> tuple[list[dict[str, Any]], list[str], list[str]]:
    """The sound rows of a CSV through the whole door, the rules of its faults, and of what was mended."""
    path = folder / "a.csv"
    path.write_bytes(text.replace("\n", "\r\n").encode("cp932"))
    with Staging() as staging:
        examined = examine(path, staging, Settings())
        rows = [row for table in examined.tables for row in table.typed().to_pylist()]
    return rows, [p.rule for p in examined.problems], [m.rule for m in examined.mended]


@pytest.mark.parametrize(
    "text",
    [
        f"{RECEIPTS},金額（千円）\n2025/4/1,戸籍住民課,クレジットカード,3,5\n",
        f"事績簿,,,,単位：千円\n{RECEIPTS},金額\n2025/4/1,戸籍住民課,クレジットカード,3,5\n",
    ],
    ids=["in the heading", "over the table"],
)
def test_thousands_of_yen_are_loaded_as_yen_and_said(tmp_path: Path, text: str) -> None:
    rows, faults, mended = through_the_door(tmp_path, text)
    assert [(row["amount_yen"], row["transactions"]) for row in rows] == [(5_000, 3)]
    assert (faults, mended) == ([], ["number.thousand_yen", "receipts.entry"])


def test_a_settled_order_of_days_is_loaded_and_an_open_one_is_a_fault(tmp_path: Path) -> None:
    lines = "LoGoフォーム,A1,{}/1/2025 9:30,完了\nLoGoフォーム,A2,1/2/2025 9:30,完了\n"
    rows, faults, mended = through_the_door(tmp_path, f"{APPLICATIONS}\n{lines.format(13)}")
    assert [row["applied_at"].date() for row in rows] == [dt.date(2025, 1, 13), dt.date(2025, 2, 1)]
    assert (faults, mended) == ([], ["date.order"])
    rows, faults, mended = through_the_door(tmp_path, f"{APPLICATIONS}\n{lines.format(3)}")
    assert (rows, faults, mended) == ([], ["date.ambiguous", "date.ambiguous"], ["date.order_unknown"])


def test_a_small_table_under_the_data_is_left_out_and_said(tmp_path: Path) -> None:
    text = f"{APPLICATIONS}\nLoGoフォーム,A1,2025/1/3 9:30,完了\n\n集計\n区分,件数\n電子,3\n窓口,4\n"
    rows, faults, mended = through_the_door(tmp_path, text)
    assert [row["application_id"] for row in rows] == ["A1"]
    assert (faults, mended) == ([], ["layout.sheet_left_out"])
