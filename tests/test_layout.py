"""Excel as people lay it out: titles, levels, merged cells, totals, notes; what is data and what is not."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from dx_data.door.describe import Table, describe
from dx_data.door.shape import Merge, find, is_value
from dx_data.door.totals import is_total_heading, labelled, number
from dx_data.settings import Settings

REAL = Path(__file__).resolve().parents[2] / "shared" / "real"
real = pytest.mark.skipif(not REAL.is_dir(), reason=f"{REAL} is absent: the published files are not in the project")


def described(path: Path) -> tuple[Table, ...]:
    return describe(path, Settings()).tables


def published(folder: str) -> tuple[Table, ...]:
    (path,) = (REAL / folder).iterdir()
    return described(path)


def sums(table: Table, *headers: str) -> list[int]:
    places = [n for n, field in enumerate(table.fields) if field.header in headers]
    return [sum(int(row[n] or 0) for row in table.rows) for n in places]


def csv(folder: Path, text: str) -> Table:
    path = folder / "a.csv"
    path.write_text(text, encoding="utf-8")
    (table,) = described(path)
    return table


def excel(folder: Path, rows: list[list[Any]], merges: tuple[str, ...] = (), name: str = "表") -> Path:
    path = folder / "a.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet(name)
        for merge in merges:
            sheet.merge_range(merge, "")
        for number_, row in enumerate(rows):
            for column, cell in enumerate(row):
                if cell is not None and cell != "":
                    sheet.write(number_, column, cell)
    return path


# --- the published files -------------------------------------------------------------------------------------


@real
def test_the_holidays_are_1067_days_to_2027() -> None:
    (table,) = published("holidays-cp932")
    assert (len(table.rows), table.rows[0][0], table.rows[-1][0]) == (1067, "1955-01-01", "2027-11-23")


@real
def test_six_days_without_a_count_are_blank_and_not_0() -> None:
    (table,) = published("toyama-callcenter")
    counts = [row[-1] for row in table.rows]
    assert (len(counts), sum(c is not None for c in counts), sums(table, "相談件数")) == (1166, 1160, [90_872])
    assert counts[-6:] == [None] * 6
    assert "0" in counts


@real
def test_kobes_running_totals_are_reported_on_two_days_and_not_repaired() -> None:
    (table,) = published("kobe-sodan")
    assert (table.header_rows, len(table.rows)) == ((1,), 124)
    assert [field.header.replace("新型コロナウイルス専用健康相談窓口", "…") for field in table.fields] == [
        "",
        "…（帰国者・接触者相談センター）/日別",
        "…（帰国者・接触者相談センター）/累計",
        "保健所・保健センター（日別）",
        "保健所・保健センター（累計）",
    ]
    assert sum(int(row[1] or 0) for row in table.rows) == 39_570
    assert sum(int(row[3] or 0) for row in table.rows) == 7_963
    assert table.notes == ("※4/8より健康相談窓口と帰国者・接触者相談センターを統合",)
    found: list[Any] = [(t.label, t.stated, t.computed, t.agrees) for t in table.totals]
    assert found == [
        ("2020-03-30", 11388, 11418, False),
        ("2020-04-08", 4546, 4564, False),
    ]
    assert table.rows[63][2] == "11388"
    assert [(m.rule, m.rows, m.before, m.after) for m in table.mended][1:] == [
        ("layout.running_total_differs", (65,), "11,388", "11,418"),
        ("layout.running_total_differs", (74,), "4,546", "4,564"),
    ]


@real
def test_the_last_three_rows_of_the_taxes_are_totals_that_agree() -> None:
    (table,) = published("taka-city-tax")
    assert (len(table.rows), sums(table, "incomeAmount")) == (18, [65_142_133_947])
    assert [m.rows for m in table.mended if m.rule == "layout.total_row"] == [(20, 21, 22)]
    income: list[Any] = [(t.stated, t.agrees) for t in table.totals if t.header == "incomeAmount"]
    assert income == [(64_798_644_528, True), (343_489_419, True), (65_142_133_947, True)]


@real
def test_comments_above_and_types_below_the_header_are_no_data() -> None:
    (table,) = published("taka-movein-2024")
    assert (table.header_rows, len(table.rows), len(table.fields)) == ((7,), 12, 14)
    figures = [sum(int(row[n] or 0) for row in table.rows) for n in range(2, 14)]
    assert (sum(figures[:6]), sum(figures[6:])) == (14_693, 13_961)
    assert {field.kind.value for field in table.fields} == {"integer"}


@real
def test_a_merged_title_row_is_passed_over() -> None:
    (table,) = published("yaizu-aedtest-title")
    assert (table.header_rows, len(table.rows), len(table.fields)) == ((2,), 82, 22)


@real
def test_the_kintone_fixture_keeps_its_lines() -> None:
    (table,) = published("kintone-subtable")
    place = next(n for n, field in enumerate(table.fields) if field.header == "multiLineText")
    assert [row[place] for row in table.rows] == ["multi\nline\ntext"] * 2


@real
def test_codes_are_text_on_both_sheets_though_some_are_numbers() -> None:
    tables = published("soumu-codes-r6")
    assert [len(table.rows) for table in tables] == [1_794, 191]
    assert [(t.fields[0].header, t.fields[0].kind.value) for t in tables] == [("団体コード", "text")] * 2
    assert all(row[0] and len(row[0]) == 6 for table in tables for row in table.rows)
    assert tables[0].fields[1].header == "都道府県名（漢字）"


# --- headers -------------------------------------------------------------------------------------------------

NOTHING: tuple[Merge, ...] = ()


@pytest.mark.parametrize(
    ("rows", "merged", "levels", "titles"),
    [
        ([["区", "人口"], ["a", "1"]], NOTHING, (1,), ("区", "人口")),
        ([["表1", None], [None, None], ["区", "人口"], ["a", "1"]], NOTHING, (3,), ("区", "人口")),
        ([["作成日", "令和7年4月"], ["区", "人口"], ["a", "1"]], NOTHING, (2,), ("区", "人口")),
        (
            [["区", "人口", None, "備考"], [None, "男", "女", None], ["a", "1", "2", "x"]],
            NOTHING,
            (1, 2),
            ("区", "人口_男", "人口_女", "備考"),
        ),
        (
            [["区", "人口", None, "備考"], [None, "男", "女", None], ["a", "1", "2", "x"]],
            (Merge(1, 0, 2, 0), Merge(1, 1, 1, 2), Merge(1, 3, 2, 3)),
            (1, 2),
            ("区", "人口_男", "人口_女", "備考"),
        ),
        (
            [
                ["区", "人口", None, None, None],
                [None, "日本人", None, "外国人", None],
                [None, "男", "女", "男", "女"],
                ["a", "1", "2", "3", "4"],
            ],
            (Merge(1, 0, 3, 0), Merge(1, 1, 1, 4), Merge(2, 1, 2, 2), Merge(2, 3, 2, 4)),
            (1, 2, 3),
            ("区", "人口_日本人_男", "人口_日本人_女", "人口_外国人_男", "人口_外国人_女"),
        ),
        (
            [["月報", None, None, "清掃課", None], ["区", "4月", "5月", "6月", "計"], ["a", "1", "2", "3", "6"]],
            (Merge(1, 0, 1, 2), Merge(1, 3, 1, 4)),
            (2,),
            ("区", "4月", "5月", "6月", "計"),
        ),
        ([["区", "2024", "2025"], ["a", "10", "20"]], NOTHING, (1,), ("区", "2024", "2025")),
        ([["区", "金額"], [None, None], ["a", "1"]], NOTHING, (1,), ("区", "金額")),
        ([["区\n名", "金額"], ["", "（千円）"], ["a", "1"]], NOTHING, (1,), ("区名", "金額（千円）")),
    ],
)
def test_a_header_is_found_and_its_levels_joined(
    rows: list[list[str | None]], merged: tuple[Merge, ...], levels: tuple[int, ...], titles: tuple[str, ...]
) -> None:
    header = find(list(enumerate(rows, 1)), merged, frozenset())
    assert header is not None
    assert (header.rows, header.titles) == (levels, titles)


def test_a_row_of_units_belongs_to_the_header() -> None:
    rows: list[tuple[int, list[str | None]]] = [
        (1, ["区", "金額", "件数"]),
        (2, [None, "千円", "件"]),
        (3, ["a", "1", "2"]),
    ]
    header = find(rows, (), frozenset())
    assert header is not None
    assert (header.titles, header.last) == (("区", "金額（千円）", "件数（件）"), 2)


@pytest.mark.parametrize("cell", ["1,234円", "△5", "2025-04-01", "4月1日(火)", "88.8%", "9:30"])
def test_figures_and_dates_are_values(cell: str) -> None:
    assert is_value(cell)


@pytest.mark.parametrize("cell", ["4月", "件数", "令和7年度", "", None, "第1四半期"])
def test_words_are_no_values(cell: str | None) -> None:
    assert not is_value(cell)


# --- rows that are no data -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "word", ["計", "合　計", "小計", "総計", "累計", "月計", "４月計", "合計（税込）", "年度累計", "再掲"]
)
def test_words_that_mean_a_total(word: str) -> None:
    found = labelled(5, [word, "1"])
    assert found is not None
    assert found.sure


@pytest.mark.parametrize("word", ["会計", "統計課", "合計所得証明", "設計", "住民票"])
def test_words_that_only_look_like_a_total(word: str) -> None:
    found = labelled(5, [word, "1"])
    assert found is None or not found.sure


def test_subtotals_and_totals_are_told_from_the_data(tmp_path: Path) -> None:
    table = csv(tmp_path, "窓口,月,件数\na,4,1\na,5,2\n小計,,3\nb,4,10\n小　計,,10\n合計,,13\n※速報値\n")
    assert [row[0] for row in table.rows] == ["a", "a", "b"]
    found: list[Any] = [(t.label, t.stated, t.computed, t.agrees) for t in table.totals]
    assert found == [
        ("小計", 3, 3, True),
        ("小 計", 10, 10, True),
        ("合計", 13, 13, True),
    ]
    assert table.notes == ("※速報値",)


def test_a_total_that_disagrees_says_both_figures(tmp_path: Path) -> None:
    table = csv(tmp_path, "窓口,月,件数\na,4,1\nb,5,2\n合計,,4\n")
    assert [t.as_json() for t in table.totals] == [
        {"sheet": None, "label": "合計", "header": "件数", "stated": 4, "computed": 3, "agrees": False}
    ]


def test_totals_of_groups_share_their_other_labels(tmp_path: Path) -> None:
    table = csv(tmp_path, "年度,性別,人数\nR6,男,1\nR6,女,2\nR6,計,3\nR7,男,4\nR7,女,5\nR7,計,9\n")
    assert len(table.rows) == 4
    assert [t.agrees for t in table.totals] == [True, True]


def test_a_name_that_ends_in_total_is_data_unless_its_figures_say_otherwise(tmp_path: Path) -> None:
    table = csv(tmp_path, "区分,件数,金額\n歳入計,5,50\n会計,3,30\n全国,1,7\nx,1,1\n")
    assert len(table.rows) == 4


def test_a_total_column_is_compared_row_by_row(tmp_path: Path) -> None:
    table = csv(tmp_path, "区,男,女,計\na,1,2,3\nb,4,5,9\nc,1,1,3\n")
    found: list[Any] = [(t.label, t.header, t.stated, t.computed, t.agrees) for t in table.totals]
    assert found == [("c", "計", 3, 2, False)]


def test_repeated_headers_and_spacers_are_no_data(tmp_path: Path) -> None:
    table = csv(tmp_path, "区,,件数\na,,1\n,,\n区,,件数\nb,,2\n")
    assert list(table.rows) == [("a", "1"), ("b", "2")]
    assert [(m.rule, m.rows) for m in table.mended] == [("layout.repeated_header", (4,))]


def test_rates_and_numbers_that_are_names_are_not_added(tmp_path: Path) -> None:
    table = csv(tmp_path, "No,区,件数,割合\n1,a,1,10%\n2,b,3,30%\n3,合計,4,40%\n")
    assert [(t.header, t.agrees) for t in table.totals] == [("件数", True)]


def test_labels_merged_over_rows_are_carried_down_only_where_merged(tmp_path: Path) -> None:
    rows: list[list[Any]] = [["課", "手続", "件数"], ["保育課", "a", 1], ["", "b", 2], ["", "c", 3]]
    (table,) = described(excel(tmp_path, rows, ("A2:A3",)))
    assert [row[0] for row in table.rows] == ["保育課", "保育課", None]
    assert [(m.rule, m.column, m.rows, m.after) for m in table.mended] == [("layout.merged_rows", "A", (3,), "保育課")]


def test_rows_with_nothing_but_a_merged_label_stay_blank(tmp_path: Path) -> None:
    rows: list[list[Any]] = [["課", "手続", "件数"], ["保育課", "a", 1], ["", "b", 2], ["", "", ""], ["", "", ""]]
    (table,) = described(excel(tmp_path, rows, ("A2:A5",)))
    assert list(table.rows) == [("保育課", "a", "1"), ("保育課", "b", "2")]
    (table,) = described(excel(tmp_path, rows, ("A4:A5",)))
    assert (len(table.rows), table.mended) == (2, ())


def test_two_levels_with_merged_cells_are_joined(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["年報"],
        ["課", "電子", "", "窓口", ""],
        ["", "件数", "金額", "件数", "金額"],
        ["a", 1, 2, 3, 4],
    ]
    (table,) = described(excel(tmp_path, rows, ("A1:E1", "A2:A3", "B2:C2", "D2:E2")))
    assert [field.header for field in table.fields] == ["課", "電子_件数", "電子_金額", "窓口_件数", "窓口_金額"]
    assert table.header_rows == (2, 3)


def test_lone_words_under_a_blank_row_at_the_end_are_notes(tmp_path: Path) -> None:
    table = csv(tmp_path, "区,男,女\na,1,2\n,,\n資料：統計課,,\n四捨五入のため合わないことがあります,,\n")
    assert len(table.rows) == 1
    assert table.notes == ("資料：統計課", "四捨五入のため合わないことがあります")


def test_the_end_of_plain_words() -> None:
    assert is_total_heading("合計")
    assert not is_total_heading("累計")
    assert number("△1,234円") == Decimal(-1234)
    assert number("0123") is None
