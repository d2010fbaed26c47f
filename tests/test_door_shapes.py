"""The shapes the datasets' files really have: a sheet per month, months across, methods across, PayPay's export."""

# ruff: noqa: RUF001  (full width, as files have it)

import csv
import datetime as dt
import io
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from dx_data.door import Examined, Staging, examine
from dx_data.door.dating import when
from dx_data.door.receipt_shapes import Group, measured
from dx_data.errors import FileRejected
from dx_data.settings import Settings
from tests.conftest import ROOT

Grid = list[list[Any]]


def door(path: Path, **decided: Any) -> tuple[Examined, list[dict[str, Any]]]:
    """The examined file and the sound rows of all its tables, without blanks; afterwards nothing of ours is left."""
    with Staging() as staging:
        folder = staging.folder
        examined = examine(path, staging, Settings(), **decided)
        rows = [row for table in examined.tables for row in table.typed().to_pylist()]
    assert not folder.exists()
    return examined, [{name: value for name, value in row.items() if value is not None} for row in rows]


def book(folder: Path, sheets: dict[str, Grid], merges: tuple[str, ...] = (), name: str = "事績簿.xlsx") -> Path:
    path = folder / name
    with xlsxwriter.Workbook(path) as workbook:
        for title, rows in sheets.items():
            sheet = workbook.add_worksheet(title)
            for merge in merges:
                sheet.merge_range(merge, "")
            for number, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if cell not in ("", None):
                        sheet.write(number, column, cell)
    return path


def text(folder: Path, content: str, name: str = "a.csv") -> Path:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


# --- 事績簿 with methods across ------------------------------------------------------------------------------

HEAD: Grid = [
    ["キャッシュレス決済 事績簿（令和7年度）"],
    ["窓口：戸籍住民課"],
    ["日付", "曜日", "現金", "", "クレジット", "", "PayPay", "", "合計", ""],
    ["", "", "件数", "金額", "件数", "金額", "件数", "金額", "件数", "金額"],
]
MERGES = ("A1:J1", "A3:A4", "B3:B4", "C3:D3", "E3:F3", "G3:H3", "I3:J3")
APRIL: Grid = [
    *HEAD,
    ["4月1日(火)", "火", 10, 3000, 2, 600, "", "", 12, 3600],
    ["4月2日(水)", "水", 5, 1500, 0, 0, "1件", "1,300円", 6, 2800],
    ["合計", "", 15, 4500, 2, 600, 1, 1300, 18, 6400],
    ["累計", "", 15, 4500, 2, 600, 1, 1300, 18, 6400],
    ["※速報"],
]
MAY: Grid = [
    *HEAD,
    [1, "", 1, 300, "―", "―", 1, "△300", 2, 0],
    ["合計", "", 1, 300, "", "", 1, -300, 2, 0],
    ["累計", "", 16, 4800, 2, 600, 2, 1000, 20, 6400],
]


def receipt(day: int, row: int, **more: Any) -> dict[str, Any]:
    facts = {"collected_on": dt.date(2025, 4, day), "counter": "戸籍住民課", "source_row": row, "entry": "売上"}
    return {**facts, "weekday": "火" if day == 1 else "水", "source_sheet": "4月", **more}


def test_a_book_with_methods_across_is_one_row_per_method(tmp_path: Path) -> None:
    examined, rows = door(book(tmp_path, {"4月": APRIL}, MERGES))
    assert examined.problems == ()
    assert rows == [
        receipt(1, 5, method="現金", transactions=10, amount_yen=3000),
        receipt(1, 5, method="クレジットカード", transactions=2, amount_yen=600),
        receipt(2, 6, method="現金", transactions=5, amount_yen=1500),
        receipt(2, 6, method="クレジットカード", transactions=0, amount_yen=0),
        receipt(2, 6, method="コード決済", brand="PayPay", transactions=1, amount_yen=1300),
    ]
    assert (examined.asks, examined.tables[0].header_row) == ((), 4)
    assert {m.rule for m in examined.mended} == {
        *("layout.total_row", "layout.note", "date.year_from_sheet", "layout.folded", "number.spelling")
    }


def test_totals_of_days_months_and_the_year_so_far_are_compared(tmp_path: Path) -> None:
    examined, _ = door(book(tmp_path, {"4月": APRIL, "5月": MAY}, MERGES))
    assert examined.problems == ()
    assert {total.agrees for total in examined.control_totals} == {True}
    assert {(total.sheet, total.label) for total in examined.control_totals} == {
        *(("4月", "合計"), ("4月", "累計"), ("4月", "（列の計）")),
        *(("5月", "合計"), ("5月", "累計"), ("5月", "（列の計）")),
    }


def test_a_negative_amount_is_a_refund_and_a_dash_is_nothing(tmp_path: Path) -> None:
    examined, rows = door(book(tmp_path, {"4月": APRIL, "5月": MAY}, MERGES))
    may = [row for row in rows if row["source_sheet"] == "5月"]
    assert [(r["collected_on"].isoformat(), r["entry"], r["transactions"], r["amount_yen"]) for r in may] == [
        ("2025-05-01", "売上", 1, 300),
        ("2025-05-01", "返金", -1, -300),
    ]
    assert {"receipts.sign", "layout.dash"} <= {m.rule for m in examined.mended if m.sheet == "5月"}


@pytest.mark.parametrize(
    ("row", "column", "stated", "place"),
    [(6, 3, 9999, ("4月", "D", "現金_金額", (7,))), (7, 5, 601, ("4月", "F", "クレジット_金額", (8,)))],
)
def test_a_total_row_that_disagrees_is_a_fault_with_its_place(
    tmp_path: Path, row: int, column: int, stated: int, place: tuple[str, str, str, tuple[int, ...]]
) -> None:
    wrong = [list(cells) for cells in APRIL]
    wrong[row][column] = stated
    examined, _ = door(book(tmp_path, {"4月": wrong}, MERGES))
    (problem,) = examined.problems
    assert (problem.stage, problem.rule, problem.value) == ("layout", "layout.total_differs", f"{stated:,}")
    assert (problem.sheet, problem.column, problem.header, problem.rows) == place
    assert problem.fix == "明細か合計を確かめて直し、書き出し直してください"


WHOLES = ["全庁", "区全体", "葛飾区全体", "全体", "全 窓口", "全部署"]


@pytest.mark.parametrize("name", [*WHOLES, "小計", "総計"])
def test_a_row_of_the_whole_office_is_a_total_by_any_name(tmp_path: Path, name: str) -> None:
    receipts = (
        f"収納日,窓口,決済手段,区分,件数,金額\n2025-04-01,戸籍住民課,現金,売上,1,300\n"
        f"2025-04-01,税務課,現金,売上,2,600\n2025-04-01,{name},現金,売上,3,900\n"
    )
    counts = f"年月,手続ID,手続名,電子申請件数\n2025-04,P-1,住民票,5\n2025-04,P-2,転入届,6\n2025-04,,{name},11\n"
    for content, names in ((receipts, ["戸籍住民課", "税務課"]), (counts, ["住民票", "転入届"])):
        examined, rows = door(text(tmp_path, content))
        assert [row.get("counter") or row["procedure"] for row in rows] == names
        assert [(m.rule, m.rows) for m in examined.mended if m.rule == "layout.total_row"] == [
            ("layout.total_row", (4,))
        ]
        assert {(total.label, total.agrees) for total in examined.control_totals} == {(name, True)}
        assert examined.problems == ()


@pytest.mark.parametrize("name", WHOLES)
def test_a_row_of_the_whole_office_that_disagrees_is_never_a_window_or_a_procedure(tmp_path: Path, name: str) -> None:
    receipts = (
        f"収納日,窓口,決済手段,区分,件数,金額\n2025-04-01,戸籍住民課,現金,売上,1,300\n"
        f"2025-04-01,税務課,現金,売上,2,600\n2025-04-01,{name},現金,売上,4,1200\n"
    )
    counts = f"年月,手続ID,手続名,電子申請件数\n2025-04,P-1,住民票,5\n2025-04,P-2,転入届,6\n2025-04,,{name},12\n"
    alone = f"収納日,窓口,現金_件数,現金_金額\n2025-04-01,戸籍住民課,1,300\n2025-04-01,{name},1,300\n"
    for content, column, title, place in (
        (receipts, "B", "窓口", 4),
        (counts, "C", "手続名", 4),
        (alone, "B", "窓口", 3),
    ):
        examined, rows = door(text(tmp_path, content))
        assert name not in {row.get("counter") or row["procedure"] for row in rows}
        assert [(p.rule, p.column, p.header, p.rows, p.message, p.fix) for p in examined.problems] == [
            (
                "check.whole",
                column,
                title,
                (place,),
                "明細ではなく、全体の数の行のようです。明細といっしょに数えると、2度数えます",
                f"全体の行なら除き、違うなら{title}を書き直してください",
            )
        ]


def test_the_whole_office_may_come_to_a_training(tmp_path: Path) -> None:
    """Where nothing is added up, 全庁 is a name like others."""
    head = "支援番号,年度,ツール区分,支援区分,支援課,件名,状況\n"
    lines = "S-1,2025,ノーコード,研修,全庁,入門,完了\nS-2,2025,ノーコード,研修,保育課,入門,完了\n"
    examined, rows = door(text(tmp_path, head + lines))
    assert ([row["section"] for row in rows], examined.problems) == (["全庁", "保育課"], ())


def test_a_total_column_that_disagrees_is_a_fault_of_its_row(tmp_path: Path) -> None:
    wrong = [list(cells) for cells in APRIL[:-3]]
    wrong.insert(5, ["4月3日(木)", "木", 1, 1, 1, 1, 1, 1, 3, 4])
    examined, _ = door(book(tmp_path, {"4月": wrong}, MERGES))
    (problem,) = examined.problems
    assert (problem.rule, problem.column, problem.header, problem.rows) == (
        *("layout.total_differs", "J", "合計_金額"),
        (6,),
    )


def test_a_book_without_any_year_is_asked_for_it(tmp_path: Path) -> None:
    bare = [["事績簿"], *APRIL[1:6]]
    merges = MERGES
    examined, _ = door(book(tmp_path, {"4月": bare}, merges))
    assert {p.rule for p in examined.problems} == {"date.ambiguous"}
    examined, rows = door(book(tmp_path, {"4月": bare}, merges), as_of=dt.date(2026, 5, 1))
    assert {p.rule for p in examined.problems} == {"date.weekday"}
    _, rows = door(book(tmp_path, {"4月": bare}, merges), as_of=dt.date(2025, 5, 1))
    assert {row["collected_on"] for row in rows} == {dt.date(2025, 4, 1), dt.date(2025, 4, 2)}


def test_amounts_in_thousands_are_multiplied_and_listed(tmp_path: Path) -> None:
    content = "日付,窓口,現金_件数,現金_金額（千円）\n2025-04-01,保育課,3,12\n"
    examined, rows = door(text(tmp_path, content))
    assert [(row["method"], row["transactions"], row["amount_yen"]) for row in rows] == [("現金", 3, 12_000)]
    assert "number.thousand_yen" in {m.rule for m in examined.mended}


def test_cancellations_in_columns_of_their_own_are_negative(tmp_path: Path) -> None:
    header = "日付,窓口,クレジット_件数,クレジット_金額,取消_クレジット_件数,取消_クレジット_金額"
    content = f"{header}\n2025-04-01,保育課,3,900,1,300\n"
    _, rows = door(text(tmp_path, content))
    assert [(row["entry"], row["transactions"], row["amount_yen"]) for row in rows] == [
        ("売上", 3, 900),
        ("取消", -1, -300),
    ]


def test_cancellations_in_rows_of_their_own_are_negative(tmp_path: Path) -> None:
    content = (
        "収納日,窓口,決済手段,区分,件数,金額\n2025-04-01,保育課,現金,売上,3,900\n2025-04-01,保育課,現金,返金,1,300\n"
    )
    examined, rows = door(text(tmp_path, content))
    assert [(row["entry"], row["transactions"], row["amount_yen"]) for row in rows] == [
        ("売上", 3, 900),
        ("返金", -1, -300),
    ]
    assert [(m.rule, m.rows) for m in examined.mended] == [("receipts.sign", (3,))]


def test_without_a_column_for_it_the_sign_says_what_a_row_is(tmp_path: Path) -> None:
    content = "収納日,窓口,決済手段,件数,金額\n2025-04-01,保育課,現金,3,900\n2025-04-01,保育課,現金,1,▲300\n"
    _, rows = door(text(tmp_path, content))
    assert [(row["entry"], row["transactions"], row["amount_yen"]) for row in rows] == [
        ("売上", 3, 900),
        ("返金", -1, -300),
    ]


def test_paypays_transactions_become_a_days_receipts(tmp_path: Path) -> None:
    head = "決済番号,加盟店ID,屋号,店舗ID,店舗名,端末番号/PosID,取引ステータス,取引日時,取引金額,レシート番号"
    head += ",支払い方法,SSID"
    lines = [
        "1001,9,区,7,戸籍住民課,T1,取引完了,2025/04/01 09:30:00,300,,PayPay残高,1",
        "1002,9,区,7,戸籍住民課,T1,取引完了,2025/04/01 10:30:00,450,,PayPay残高,1",
        "1002,9,区,7,戸籍住民課,T1,返金完了,2025/04/01 11:30:00,-450,,PayPay残高,1",
        "1003,9,区,7,戸籍住民課,T1,取引取消,2025/04/02 09:30:00,300,,クレジットカード,1",
        "1004,9,区,7,戸籍住民課,T1,取引失敗,2025/04/02 09:31:00,300,,PayPay残高,1",
    ]
    examined, rows = door(text(tmp_path, "\n".join([head, *lines, ""])))
    assert examined.problems == ()
    assert [(r["collected_on"].day, r["entry"], r["transactions"], r["amount_yen"]) for r in rows] == [
        (1, "売上", 2, 750),
        (1, "返金", -1, -450),
        (2, "取消", -1, -300),
    ]
    assert {(r["method"], r["brand"], r["counter"], r["terminal_id"]) for r in rows} == {
        ("コード決済", "PayPay", "戸籍住民課", "T1")
    }
    assert [m.rows for m in examined.mended if m.rule == "receipts.no_receipt"] == [(6,)]
    assert examined.asks == ()


PAYPAY = "決済番号,加盟店ID,屋号,店舗ID,店舗名,端末番号/PosID,取引ステータス,取引日時,取引金額\n"


def payment(number: int, state: str, moment: str, yen: int | str, shop: str = "戸籍住民課") -> str:
    return f"{number},9,区,7,{shop},T1,{state},2025/04/01 {moment}:00,{yen}\n"


def test_a_payment_that_paypay_lists_twice_counts_once(tmp_path: Path) -> None:
    sale, other = payment(1001, "取引完了", "09:30", 300), payment(1002, "取引完了", "09:40", 300)
    refunds = payment(1002, "返金完了", "10:30", -100) + payment(1002, "返金完了", "10:40", -100)
    again = sale.replace(",300", ',"300"')
    examined, rows = door(text(tmp_path, PAYPAY + sale + other + refunds + again + refunds))
    assert examined.problems == ()
    assert [(r["entry"], r["transactions"], r["amount_yen"]) for r in rows] == [("売上", 2, 600), ("返金", -2, -200)]
    assert [(m.message, m.count, m.rows) for m in examined.mended if m.rule == "receipts.again"] == [
        ("前の行と同じ取引（同じ決済番号）なので、1度だけ数えました", 3, (6, 7, 8))
    ]


@pytest.mark.parametrize(
    "other",
    [
        payment(1001, "取引完了", "09:30", 450),
        payment(1001, "取引完了", "09:31", 300),
        payment(1001, "取引完了", "09:30", 300, "税務課"),
    ],
)
def test_one_payment_with_two_contents_is_refused(tmp_path: Path, other: str) -> None:
    with pytest.raises(FileRejected) as refused:
        door(text(tmp_path, PAYPAY + payment(1001, "取引完了", "09:30", 300) + other))
    (problem,) = refused.value.problems
    assert (problem.rule, problem.column, problem.header, problem.rows) == (
        "receipts.number_twice",
        "A",
        "決済番号",
        (2, 3),
    )
    assert "1001" not in problem.sentence


def test_a_payment_that_waits_for_its_completion_is_told(tmp_path: Path) -> None:
    """It counts on the day it was accepted; where its completion stands in the same file, that alone counts."""
    content = PAYPAY + payment(1, "取引受付完了", "09:30", 300) + payment(2, "取引受付完了", "09:40", 500)
    examined, rows = door(text(tmp_path, content + payment(2, "取引完了", "10:40", 500)))
    assert (examined.problems, [(r["transactions"], r["amount_yen"]) for r in rows]) == ((), [(2, 800)])
    assert [(m.count, m.rows, m.message) for m in examined.mended if m.rule == "receipts.pending"] == [
        (
            1,
            (2,),
            "取引完了の行がまだない「取引受付完了」を、受付の日の売上に数えました。取引完了が別のファイルで届くと2度数えるので、"
            "完了したら、受付の日から完了の日までを1つのファイルで取り込み直してください",
        )
    ]


@pytest.mark.parametrize("state", ["支払い失敗", "エラー", "承認待ち", "取引失敗", "返金失敗"])
def test_what_was_not_paid_is_not_counted(tmp_path: Path, state: str) -> None:
    content = PAYPAY + payment(1, "取引完了", "09:30", 300) + payment(2, state, "09:40", 900)
    examined, rows = door(text(tmp_path, content))
    assert (examined.problems, [(r["transactions"], r["amount_yen"]) for r in rows]) == ((), [(1, 300)])
    assert [m.rows for m in examined.mended if m.rule == "receipts.no_receipt"] == [(3,)]


@pytest.mark.parametrize("state", ["支払い失敗", "決済エラー", "支払い承認待ち"])
def test_what_was_not_paid_is_never_proposed_as_a_sale(tmp_path: Path, state: str) -> None:
    content = f"収納日,窓口,決済手段,区分,件数,金額\n2025-04-01,保育課,現金,{state},1,300\n"
    examined, _ = door(text(tmp_path, content))
    (problem,) = examined.problems
    assert (problem.rule, problem.fix) == ("choice.unknown", "売上・取消・返金 のどれかにしてください")


@pytest.mark.parametrize(
    ("title", "group", "amount"),
    [
        ("クレジット_件数", Group("クレジットカード", "", "売上"), False),
        ("コード決済_PayPay_金額", Group("コード決済", "PayPay", "売上"), True),
        ("電子マネー件数", Group("電子マネー(区分なし)", "", "売上"), False),
        ("取消_金額（円）", Group("", "", "取消"), True),
    ],
)
def test_a_heading_of_figures_names_its_group(title: str, group: Group, amount: bool) -> None:
    found = measured(title)
    assert found is not None
    assert (found.group, found.amount) == (group, amount)


@pytest.mark.parametrize("title", ["件数", "金額", "天気_件数", "手数料種別", "入金額"])
def test_other_headings_are_no_group(title: str) -> None:
    assert measured(title) is None


# --- months --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sheet", "above", "file", "expected"),
    [
        ("R7.4", (), "a.xlsx", (2025, 4)),
        ("2025年4月", (), "a.xlsx", (2025, 4)),
        ("4月", ("令和7年度",), "a.xlsx", (2025, 4)),
        ("1月", ("令和7年度",), "a.xlsx", (2026, 1)),
        ("4月", (), "事績簿_令和7年度.xlsx", (2025, 4)),
        ("Sheet1", ("令和7年4月分",), "a.xlsx", (2025, 4)),
        ("Sheet1", (), "a.xlsx", (None, None)),
    ],
)
def test_a_sheet_says_its_month(sheet: str, above: tuple[str, ...], file: str, expected: tuple[int, int]) -> None:
    found = when(sheet, above, file, None)
    assert (found.year, found.month) == expected


def test_months_across_become_a_row_per_month(tmp_path: Path) -> None:
    rows: Grid = [
        ["電子申請件数（令和7年度）"],
        ["手続ID", "手続名", "4月", "5月", "3月", "合計"],
        ["P-1", "a", 1, "", 3, 4],
        ["P-2", "b", 0, 5, "", 5],
        ["", "合計", 1, 5, 3, 9],
    ]
    examined, found = door(book(tmp_path, {"件数": rows}))
    assert examined.problems == ()
    assert [(r["month"].isoformat(), r["procedure_id"], r["online"], r["source_row"]) for r in found] == [
        ("2025-04-01", "P-1", 1, 3),
        ("2026-03-01", "P-1", 3, 3),
        ("2025-04-01", "P-2", 0, 4),
        ("2025-05-01", "P-2", 5, 4),
    ]
    assert {total.agrees for total in examined.control_totals} == {True}


def test_months_across_by_channel_are_added_up(tmp_path: Path) -> None:
    content = "手続ID,手続名,区分,2025年4月,2025年5月,2025年6月\nP-1,a,電子,3,4,\nP-1,a,窓口,7,6,2\n"
    _, rows = door(text(tmp_path, content))
    assert [(r["month"].month, r["total"], r.get("online")) for r in rows] == [(4, 10, 3), (5, 10, 4)]


def test_a_procedures_channels_are_added_up_in_any_spelling_of_its_number(tmp_path: Path) -> None:
    content = "手続ID,手続名,区分,2025年4月,2025年5月,2025年6月\nP-1,a,電子,3,4,5\nＰ－１,a,窓口,7,6,2\n"
    examined, rows = door(text(tmp_path, content))
    assert [(r["procedure_id"], r["total"], r["online"]) for r in rows] == [
        ("P-1", 10, 3),
        ("P-1", 10, 4),
        ("P-1", 7, 5),
    ]
    assert examined.problems == ()


def test_a_month_that_stands_twice_across_is_refused(tmp_path: Path) -> None:
    rows: Grid = [["電子申請件数（令和8年度）"], ["手続ID", "手続名", "4月", "4月", "6月"], ["P-1", "a", 1, 2, 3]]
    with pytest.raises(FileRejected) as refused:
        door(book(tmp_path, {"件数": rows}))
    found = [(p.rule, p.message, p.sheet, p.column, p.header, p.rows) for p in refused.value.problems]
    assert found == [("layout.group_twice", "4月 の列が2つあります（C列・D列）", "件数", "D", "4月", (2,))]
    both = "手続ID,手続名,2025年4月_電子申請件数,2025年4月_総受付件数,2026年4月_電子申請件数\nP-1,a,3,7,4\n"
    _, kept = door(text(tmp_path, both))
    assert [(r["month"].year, r["online"], r.get("total")) for r in kept] == [(2025, 3, 7), (2026, 4, None)]


def test_a_procedure_that_stands_in_two_rows_is_not_added_up(tmp_path: Path) -> None:
    content = "手続ID,手続名,2025年4月,2025年5月,2025年6月\nP-1,a,3,4,5\nP-1,a,3,4,5\n"
    examined, rows = door(text(tmp_path, content))
    assert [(p.rule, p.column, p.rows, p.count) for p in examined.problems] == [("check.duplicate_key", "A", (2, 3), 2)]
    assert rows == []


RECEIPTS = "収納日,窓口,決済手段,区分,件数,金額\n"


def days(*days: str) -> str:
    return RECEIPTS + "".join(f"{day},保育課,現金,売上,1,300\n" for day in days)


def told_of_another(examined: Examined) -> list[tuple[str, tuple[int, ...], str | None, str]]:
    rules = ("check.other_period", "layout.other_municipality")
    return [(m.header or "", m.rows, m.before, m.message) for m in examined.mended if m.rule in rules]


@pytest.mark.parametrize(
    ("name", "title", "stated"),
    [
        ("事績簿_2025年5月.csv", "", "ファイル名は『2025年5月』"),
        ("月次_2025-05.csv", "", "ファイル名は『2025-05』"),
        ("a.csv", "令和7年5月分 事績簿", "表題は『令和7年5月』"),
        ("a.csv", "令和6年度 事績簿", "表題は『令和6年度』"),
        ("R8年度.csv", "", "ファイル名は『R8年度』"),
    ],
)
def test_rows_of_another_month_or_year_than_the_file_says_are_told(
    tmp_path: Path, name: str, title: str, stated: str
) -> None:
    content = f"{title},,,,,\n" * bool(title) + days("2025-04-01", "2025-04-02")
    examined, rows = door(text(tmp_path, content, name))
    first = 3 if title else 2
    assert (len(rows), examined.problems) == (2, ())
    assert told_of_another(examined) == [
        (
            "収納日",
            (first, first + 1),
            "2025-04-01",
            f"{stated}ですが、この項目はほかの年月です。どちらかの誤りでないか確かめてください",
        )
    ]


def test_records_of_which_none_is_of_the_stated_month_are_told(tmp_path: Path) -> None:
    """A list of all there is may be named after the month it was written in."""
    content = "システム,申請番号,申請日時,処理状況\n" + "".join(
        f"LoGoフォーム,A{n},2025-0{n}-01 09:30,処理中\n" for n in (4, 5)
    )
    for name, expected in (("申請_2025年6月.csv", [(2, 3)]), ("申請_2025年5月.csv", []), ("R6年度.csv", [(2, 3)])):
        examined, _ = door(text(tmp_path, content, name))
        assert [rows for _, rows, _, _ in told_of_another(examined)] == expected


def test_a_day_of_another_month_on_a_months_sheet_is_told(tmp_path: Path) -> None:
    head: list[Any] = RECEIPTS.strip().split(",")
    grid: Grid = [
        head,
        *([day, "保育課", "現金", "売上", 1, 300] for day in ("2025-04-01", "2025-04-02", "2025-05-03")),
    ]
    examined, _ = door(book(tmp_path, {"4月": grid}))
    assert [(rows, day) for _, rows, day, _ in told_of_another(examined)] == [((4,), "2025-05-03")]


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("事績簿_2025年4月.csv", "令和7年度"),
        ("事績簿_令和7年度.csv", "作成日 2025/05/10"),
        ("2025年4月～2025年6月.csv", "令和7年5月作成"),
        ("事績簿_20250501T101010.csv", "令和7年4月から6月"),
        ("a.csv", "令和7年10月末現在"),
        ("2025年6月分まで.csv", "令和6年度・令和7年度"),
    ],
)
def test_what_does_not_contradict_the_rows_is_not_told(tmp_path: Path, name: str, title: str) -> None:
    examined, _ = door(text(tmp_path, f"{title},,,,,\n" + days("2025-04-01", "2025-05-02", "2025-06-02"), name))
    assert told_of_another(examined) == []


@pytest.mark.parametrize(
    ("name", "title", "stated"),
    [
        ("足立区_事績簿.csv", "", "ファイル名に『足立区』"),
        ("事績簿_131211.csv", "", "ファイル名に『131211』（足立区）"),
        ("a.csv", "東京都北区 事績簿", "表題に『北区』"),
    ],
)
def test_a_file_that_names_another_ward_is_told(tmp_path: Path, name: str, title: str, stated: str) -> None:
    examined, _ = door(text(tmp_path, f"{title},,,,,\n" * bool(title) + days("2025-04-01"), name))
    assert told_of_another(examined) == [
        ("", (), None, f"{stated}とあります。葛飾区のデータでなければ、取り込まないでください")
    ]


@pytest.mark.parametrize(
    "name", ["葛飾区と足立区.csv", "葛飾区北区民事務所.csv", "中央区民館.csv", "131229_131211a.csv"]
)
def test_our_own_ward_and_other_words_are_no_other_ward(tmp_path: Path, name: str) -> None:
    examined, _ = door(text(tmp_path, days("2025-04-01"), name))
    assert told_of_another(examined) == []


def test_months_without_a_year_are_asked_for_it(tmp_path: Path) -> None:
    path = text(tmp_path, "手続ID,手続名,4月,5月,6月\nP-1,a,3,4,5\n")
    with pytest.raises(FileRejected) as refused:
        door(path)
    assert [problem.rule for problem in refused.value.problems] == ["layout.no_year"]
    _, rows = door(path, as_of=dt.date(2025, 7, 1))
    assert [row["month"].isoformat() for row in rows] == ["2025-04-01", "2025-05-01", "2025-06-01"]


def test_a_sheet_per_month_gives_its_rows_the_month(tmp_path: Path) -> None:
    sheet: Grid = [["手続ID", "手続名", "総受付件数", "電子申請件数"], ["P-1", "a", 10, 3]]
    _, rows = door(book(tmp_path, {"R7.4": sheet, "R7.5": sheet}))
    assert [(r["month"].isoformat(), r["online"]) for r in rows] == [("2025-04-01", 3), ("2025-05-01", 3)]


UNKNOWN_SHARES = "結合を解いて、行ごとに数を書いてください"


def test_figures_merged_over_rows_are_named_across_and_in_long_form(tmp_path: Path) -> None:
    days = [["4月1日(火)", "火", 1, 300, 2, 600], ["4月2日(水)", "水", 1, 300], ["4月3日(木)", "木", 1, 300, 2, 600]]
    examined, _ = door(book(tmp_path, {"4月": [*HEAD, *days]}, (*MERGES, "E5:E6", "F5:F6")))
    assert [(p.sentence, p.value) for p in examined.problems] == [
        (
            f"シート『4月』の{letter}列『クレジット_{what}』、5行目:「{value}」のセルが 6行目まで結合されていて、"
            f"行ごとの数が分かりません → {UNKNOWN_SHARES}",
            value,
        )
        for letter, what, value in (("E", "件数", "2"), ("F", "金額", "600"))
    ]
    long: Grid = [
        ["手続ID", "手続名", "年間件数", "件数年度", "所管課", "進捗段階", "オンライン化状況"],
        ["P-1", "a", 120, 2024, "保育課", "未着手", "未"],
        ["P-2", "b", "", "", "保育課", "未着手", "未"],
    ]
    examined, rows = door(book(tmp_path, {"一覧": long}, ("C2:C3", "D2:D3")))
    assert [(p.rule, p.column, p.rows) for p in examined.problems] == [("layout.merged_figure", "C", (2,))]
    assert [row["cases_year"] for row in rows] == ["2024", "2024"]


def test_a_record_merged_over_two_rows_has_its_figures(tmp_path: Path) -> None:
    rows: Grid = [LONG[0], [*LONG[1]], [""] * 6]
    examined, found = door(book(tmp_path, {"一覧": rows}, tuple(f"{c}2:{c}3" for c in "ABCDEF")))
    assert (examined.problems, [(r["amount_yen"], r["source_row"]) for r in found]) == ((), [(300, 2)])


def test_both_levels_of_a_header_that_stands_again_are_left_out(tmp_path: Path) -> None:
    day: Grid = [["4月3日(木)", "木", 1, 300, 1, 300, 1, 300, "", ""]]
    merges = (*MERGES, "A7:A8", "B7:B8", "C7:D7", "E7:F7", "G7:H7", "I7:J7")
    examined, rows = door(book(tmp_path, {"4月": [*APRIL[:6], *HEAD[2:], *day]}, merges))
    assert (examined.problems, len(rows)) == ((), 8)
    told = [(m.rows, m.count) for m in examined.mended if m.rule == "layout.repeated_header"]
    assert told == [((7, 8), 2)]


# --- where a cell stood ------------------------------------------------------------------------------------------


def stood(examined: Examined) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """The place of each problem, and each faulty cell."""
    problems = [(p.column, p.header, p.rows, p.count) for p in examined.problems]
    cells = [(f.letter, f.row, f.header, f.value) for table in examined.tables for f in table.all_faults()]
    return problems, cells


def test_a_fault_among_methods_across_names_its_own_cell(tmp_path: Path) -> None:
    wrong = [
        *HEAD,
        ["4月1日(火)", "火", 10, "三千", 2, "三千", "", "", "", ""],
        ["4月31日", "木", 5, 1500, 1, 300, "", 900, "", ""],
    ]
    problems, cells = stood(door(book(tmp_path, {"4月": wrong}, MERGES))[0])
    assert problems == [
        ("D", "現金_金額", (5,), 1),
        ("F", "クレジット_金額", (5,), 1),
        ("A", "日付", (6,), 1),
        ("G", "PayPay_件数", (6,), 1),
    ]
    assert cells == [
        ("D", 5, "現金_金額", "三千"),
        ("F", 5, "クレジット_金額", "三千"),
        ("A", 6, "日付", "2025年4月31日"),
        ("G", 6, "PayPay_件数", ""),
    ]


def test_a_count_without_a_column_is_wanted_where_its_amount_stands(tmp_path: Path) -> None:
    content = "日付,窓口,現金_件数,現金_金額,コード決済_金額\n2025-04-01,保育課,1,100,300\n"
    assert stood(door(text(tmp_path, content))[0])[1] == [("E", 2, "コード決済_金額", "")]


def test_a_fault_among_months_across_names_its_own_cell(tmp_path: Path) -> None:
    rows: Grid = [
        ["電子申請件数（令和7年度）"],
        ["手続ID", "手続名", "4月", "5月", "6月"],
        ["P-1", "a", "一", 1, "一"],
        ["P-2", "b", 1, "一", 3],
    ]
    problems, cells = stood(door(book(tmp_path, {"件数": rows}))[0])
    assert problems == [("C", "4月", (3,), 1), ("E", "6月", (3,), 1), ("D", "5月", (4,), 1)]
    assert cells == [("C", 3, "4月", "一"), ("E", 3, "6月", "一"), ("D", 4, "5月", "一")]


def test_a_fault_in_a_channel_that_is_added_up_names_the_row_of_that_channel(tmp_path: Path) -> None:
    content = "手続ID,手続名,区分,2025年4月,2025年5月,2025年6月\nP-1,a,電子,3,4,\nP-1,a,窓口,7,六,2\n"
    assert stood(door(text(tmp_path, content))[0]) == (
        [("F", "2025年6月", (2,), 1), ("E", "2025年5月", (3,), 1)],
        [("E", 3, "2025年5月", "六"), ("F", 2, "2025年6月", "")],
    )


def test_a_fault_among_municipalities_across_names_its_own_cell(tmp_path: Path) -> None:
    published = ROOT / "data" / "demo" / "架空_市区町村毎のDX進捗状況_行政手続のオンライン申請率.csv"
    head, first, *_ = csv.reader(io.StringIO(published.read_text("utf-8-sig")))
    parts = [[first[0], f"{first[1]}_数（{part}）", *["1"] * (len(head) - 2)] for part in ("分子", "分母")]
    first[100], parts[0][101], parts[1][102] = "約5", "約6", "約7"
    content = "\n".join(",".join(cells) for cells in (head, first, *parts))
    assert stood(door(text(tmp_path, content))[0])[1] == [
        ("CW", 2, head[100], "約5"),
        ("CX", 3, head[101], "約6"),
        ("CY", 4, head[102], "約7"),
    ]


def test_more_in_a_part_than_in_the_whole_is_told_where_the_part_stands(tmp_path: Path) -> None:
    months = ("2025年4月", "2025年5月")
    header = ",".join(f"{month}_{what}" for month in months for what in ("総受付件数", "電子申請件数", "完了件数"))
    examined, _ = door(text(tmp_path, f"手続ID,手続名,{header}\nP-1,a,7,3,2,7,3,9\nP-2,b,7,3,2,7,8,2\n"))
    assert stood(examined)[0] == [("G", "2025年5月_電子申請件数", (3,), 1)]
    told = [(m.column, m.header, m.rows, m.count) for m in examined.mended if m.rule == "check.exceeds"]
    assert told == [("H", "2025年5月_完了件数", (2,), 1)]


# --- bad input -----------------------------------------------------------------------------------------------

LONG: Grid = [["収納日", "窓口", "決済手段", "区分", "件数", "金額"], ["2025-04-01", "保育課", "現金", "売上", 1, 300]]


def test_error_values_and_formulas_without_a_value_among_methods_are_faults(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row in (
        ["日付", "窓口", "現金_件数", "現金_金額"],
        ["2025-04-01", "a", 1, "=1+2"],
        ["2025-04-02", "a", "#REF!", 3],
    ):
        sheet.append(row)
    workbook.save(path)
    examined, rows = door(path)
    assert [(p.rule, p.column, p.header, p.rows) for p in examined.problems] == [
        ("excel.no_cached_value", "D", "現金_金額", (2,)),
        ("excel.error_value", "C", "現金_件数", (3,)),
    ]
    assert rows == []


def test_ids_shorter_than_those_with_zeros_are_told(tmp_path: Path) -> None:
    sheet: Grid = [["手続ID", "手続名", "年月", "電子申請件数"], ["00012", "a", "2025-04", 1], [13, "b", "2025-04", 1]]
    examined, rows = door(book(tmp_path, {"a": sheet}))
    assert (examined.problems, [row["procedure_id"] for row in rows]) == ((), ["00012", "13"])
    assert [(m.column, m.rows, m.before) for m in examined.mended if m.rule == "id.zeros_lost"] == [("A", (3,), "13")]


def test_days_of_the_1904_system_are_the_days_excel_shows(tmp_path: Path) -> None:
    path = tmp_path / "mac.xlsx"
    with xlsxwriter.Workbook(path, {"date_1904": True}) as workbook:
        sheet = workbook.add_worksheet("a")
        sheet.write_row(0, 0, LONG[0])
        sheet.write_datetime(1, 0, dt.datetime(2025, 4, 1), workbook.add_format({"num_format": "yyyy/m/d"}))  # noqa: DTZ001
        sheet.write_row(1, 1, LONG[1][1:])
    assert b'date1904="1"' in zipfile.ZipFile(path).read("xl/workbook.xml")
    _, rows = door(path)
    assert rows[0]["collected_on"] == dt.date(2025, 4, 1)


def test_hidden_rows_and_columns_are_read_and_said(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet("a")
        for number, row in enumerate([*LONG, ["2025-04-02", *LONG[1][1:]]]):
            sheet.write_row(number, 0, row)
        sheet.set_row(2, None, None, {"hidden": True})
        sheet.set_column("E:E", None, None, {"hidden": True})
    examined, rows = door(path)
    assert len(rows) == 2
    assert [(m.rule, m.column, m.rows) for m in examined.mended] == [
        ("layout.hidden_rows", None, (3,)),
        ("layout.hidden_columns", "E", ()),
    ]


def test_a_sheet_beside_the_data_may_have_any_headers_in_its_middle(tmp_path: Path) -> None:
    beside: Grid = [["区分", "4月", "5月", "6月"], ["a", 1, 2, 3], ["種別", "4月", "5月", "6月"], ["b", 1, 2, 3]]
    examined, rows = door(book(tmp_path, {"一覧": LONG, "集計": beside}))
    assert (examined.problems, examined.asks, len(rows)) == ((), (), 1)
    assert [m.rule for m in examined.mended if m.sheet == "集計"] == ["layout.sheet_left_out"]


def test_rows_struck_out_in_every_cell_are_read_and_said(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        sheet, line = workbook.add_worksheet("a"), workbook.add_format({"font_strikeout": True})
        sheet.write_row(0, 0, LONG[0])
        sheet.write_row(1, 0, LONG[1], line)
        sheet.write_row(2, 0, ["2025-04-02", *LONG[1][1:]])
        sheet.write(2, 5, 300, line)
        sheet.write_row(3, 0, ["2025-04-03", *LONG[1][1:]], line)
    examined, rows = door(path)
    assert [(m.rule, m.message, m.rows, m.count) for m in examined.mended] == [
        (
            "layout.struck_rows",
            "取り消し線を引いた行も、ほかの行と同じに読み取りました。取り消したのなら、その行を消して保存し直してください",
            (2, 4),
            2,
        )
    ]
    assert len(rows) == 3


def test_a_unit_in_words_is_part_of_a_known_heading(tmp_path: Path) -> None:
    long = "収納日,窓口,決済手段,区分,件数(単位:件),金額（単位：円）\n2025-04-01,保育課,現金,売上,1,300\n"
    examined, rows = door(text(tmp_path, long))
    assert (examined.asks, [(r["transactions"], r["amount_yen"]) for r in rows]) == ((), [(1, 300)])
    wide = "日付,窓口,現金_件数（単位：件）,現金_金額（単位：円）\n2025-04-01,保育課,1,300\n"
    examined, rows = door(text(tmp_path, wide))
    assert (examined.asks, [(r["transactions"], r["amount_yen"]) for r in rows]) == ((), [(1, 300)])


@pytest.mark.parametrize(("name", "format_"), [("a.csv", "xlsx"), ("a.xls", "xlsx"), ("a.txt", "xlsx")])
def test_a_wrong_extension_changes_nothing(tmp_path: Path, name: str, format_: str) -> None:
    examined, rows = door(book(tmp_path, {"a": LONG}).rename(tmp_path / name))
    assert (examined.book.format, len(rows)) == (format_, 1)


def test_text_named_xlsx_is_read_as_text(tmp_path: Path) -> None:
    content = "\n".join(",".join(map(str, row)) for row in LONG)
    examined, rows = door(text(tmp_path, content, "a.xlsx"))
    assert (examined.book.format, len(rows)) == ("csv", 1)


def test_a_million_rows_are_refused_in_seconds_with_a_sentence(tmp_path: Path) -> None:
    source, path = book(tmp_path, {"a": LONG}), tmp_path / "million.xlsx"
    body = "".join(f'<row r="{n}"><c r="A{n}"><v>{n}</v></c></row>' for n in range(1, 1_000_001))
    with zipfile.ZipFile(source) as given, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as out:
        for part in given.namelist():
            if part == "xl/worksheets/sheet1.xml":
                start = given.read(part).split(b"<sheetData>")[0].decode()
                out.writestr(part, f"{start}<sheetData>{body}</sheetData></worksheet>")
            else:
                out.writestr(part, given.read(part))
    with pytest.raises(FileRejected) as refused:
        door(path)
    (problem,) = refused.value.problems
    assert problem.rule in {"read.bomb", "read.damaged", "read.slow", "match.no_dataset", "layout.no_table"}
    assert problem.fix
    assert not list(Path(tempfile.gettempdir()).glob("dx-door-*/million*"))
