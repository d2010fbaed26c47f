"""The whole door on small files in the shapes that really arrive: whole rows, row numbers, everything mended."""

# ruff: noqa: DTZ001, RUF001  (wall time and full width, as files have them)

import codecs
import datetime as dt
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from dx_data.door import Examined, Staging, examine, sweep
from dx_data.door.known import Known, Reading
from dx_data.door.staging import private_folder
from dx_data.errors import FileRejected
from dx_data.settings import Settings

HEADER = "システム,申請番号,申請日時,処理状況"
ROW = "LoGoフォーム,A1,2025-04-01 09:30,完了"
Rows = list[dict[str, Any]]


def door(path: Path, **decided: Any) -> tuple[Examined, dict[str, Rows]]:
    """The examined file, and each dataset's sound rows without the columns that are blank throughout."""
    with Staging() as staging:
        examined = examine(path, staging, Settings(), **decided)
        return examined, {table.dataset.name: filled(table.typed().to_pylist()) for table in examined.tables}


def filled(rows: Rows) -> Rows:
    return [{name: value for name, value in row.items() if value is not None} for row in rows]


def written(folder: Path, content: bytes | str, name: str = "a.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def application(number: str, row: int, **more: Any) -> dict[str, Any]:
    plain = {"system": "LoGoフォーム", "applied_at": dt.datetime(2025, 4, 1, 9, 30), "status": "完了"}
    return plain | {"application_id": number, "source_row": row} | more


# --- encodings and dialects ----------------------------------------------------------------------------------

TRICKY = f"{HEADER},手続名\r\n{ROW},①㈱髙﨑～－申請\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("line", ["\r\n", "\n", "\r"])
def test_one_table_gives_the_same_rows_in_every_encoding(
    tmp_path: Path, encoding: str, separator: str, line: str
) -> None:
    text = TRICKY.replace(",", separator).replace("\r\n", line)
    examined, rows = door(written(tmp_path, text.encode(encoding)))
    assert rows == {"applications": [application("A1", 2, procedure="①㈱髙﨑～－申請")]}
    assert (examined.book.encoding, examined.book.format, examined.mended) == (encoding, "csv", ())


def test_utf_16_is_read_in_both_byte_orders(tmp_path: Path) -> None:
    _, rows = door(written(tmp_path, codecs.BOM_UTF16_BE + TRICKY.encode("utf-16-be")))
    assert rows["applications"][0]["procedure"] == "①㈱髙﨑～－申請"


def test_row_numbers_are_those_excel_shows(tmp_path: Path) -> None:
    text = f'{HEADER},手続名\n{ROW},"2行の\n手続"\n\n{ROW.replace("A1", "A2")},住民票\n\n\n'
    _, rows = door(written(tmp_path, text))
    assert rows["applications"] == [
        application("A1", 2, procedure="2行の\n手続"),
        application("A2", 4, procedure="住民票"),
    ]


def test_a_title_above_the_header_is_passed_over(tmp_path: Path) -> None:
    examined, rows = door(written(tmp_path, f"電子申請一覧,,,\n令和7年4月,,,\n{HEADER}\n{ROW}\n"))
    assert rows["applications"] == [application("A1", 4)]
    assert examined.tables[0].header_row == 3


def test_a_quoted_and_an_unquoted_empty_cell_are_both_blank(tmp_path: Path) -> None:
    _, rows = door(written(tmp_path, f'{HEADER},手続名,決済額\n{ROW},"",""\n{ROW.replace("A1", "A2")},,\n'))
    assert rows["applications"] == [application("A1", 2), application("A2", 3)]


def test_blank_is_not_zero(tmp_path: Path) -> None:
    _, rows = door(written(tmp_path, f"{HEADER},決済額\n{ROW},0\n{ROW.replace('A1', 'A2')},\n"))
    assert [row.get("paid") for row in rows["applications"]] == [0, None]


@pytest.mark.parametrize("encoding", ["utf-8", "cp932"])
def test_a_header_without_rows_loads_nothing_and_says_so(tmp_path: Path, encoding: str) -> None:
    examined, rows = door(written(tmp_path, f"{HEADER}\n".encode(encoding)))
    assert rows == {"applications": []}
    assert [(m.rule, m.rows) for m in examined.mended] == [("layout.no_rows", (1,))]
    assert examined.problems == ()


def test_private_use_characters_are_kept_and_listed(tmp_path: Path) -> None:
    examined, rows = door(written(tmp_path, f"{HEADER},手続名\n{ROW},渡\ue000橋\n".encode("cp932")))
    assert rows["applications"] == [application("A1", 2, procedure="渡\ue000橋")]
    assert [(m.rule, m.column, m.count, m.rows) for m in examined.mended] == [("text.private_use", "E", 1, (2,))]


def test_a_number_in_another_width_or_with_another_hyphen_is_the_same_number(tmp_path: Path) -> None:
    lines = (ROW.replace("A1", number) for number in ("Ａ－１", "A‐2", " A - 3", "A-4"))
    examined, rows = door(written(tmp_path, "\n".join((HEADER, *lines)) + "\n"))
    assert rows["applications"] == [application(f"A-{n}", n + 1) for n in (1, 2, 3, 4)]
    assert [(m.rule, m.header, m.count, m.rows, m.before, m.after) for m in examined.mended] == [
        ("id.spelling", "申請番号", 3, (2, 3, 4), "Ａ－１", "A-1")
    ]
    assert examined.problems == ()


@pytest.mark.parametrize(
    ("again", "message"),
    [
        ("Ａ－1", "同じ システム・申請番号 の行が2つ以上あります"),
        ("a-1", "システム・申請番号 の大文字・小文字だけが違う行があります"),
        ("ａ‐１", "システム・申請番号 の大文字・小文字だけが違う行があります"),
    ],
)
def test_two_spellings_of_one_number_in_a_file_are_found(tmp_path: Path, again: str, message: str) -> None:
    lines = (ROW.replace("A1", number) for number in ("A-1", "A-2", again))
    examined, rows = door(written(tmp_path, "\n".join((HEADER, *lines)) + "\n"))
    assert rows["applications"] == [application("A-2", 3)]
    assert [(p.rule, p.column, p.header, p.rows, p.message) for p in examined.problems] == [
        ("check.duplicate_key", "B", "申請番号", (2, 4), message)
    ]


# --- kintone -------------------------------------------------------------------------------------------------

STARTED = """\
"レコードの開始行","レコード番号","手続ID","手続名","所管課","進捗段階","オンライン化状況","優先区分[子育て・教育]",\
"優先区分[年間1万件以上]","阻害要因[本人確認]","阻害要因[法令]","作成者","作成者（表示名）","更新日時","対応日","対応内容",\
"課題","次回予定","担当","担当（表示名）"
"*","12","P-1","保育所等利用申込","保育課","試行","未","1","1","1",,"k-1","架空 太郎","2025/07/01 09:05",\
"2025/06/10","a","人手","","k-2","架空 花子"
,"12","P-1","保育所等利用申込","保育課","試行","未","1","1","1",,"k-1","架空 太郎","2025/07/01 09:05",\
"2025/06/24","b","人手","2025/07/10","k-1","架空 太郎"
"*","13","P-2","粗大ごみ収集申込","清掃課","未着手","未",,"1",,,"k-1","架空 太郎","2025/07/01 09:06",,,,,,
"""
PROCEDURES = [
    {
        "procedure_id": "P-1",
        "procedure": "保育所等利用申込",
        "section": "保育課",
        "stage": "試行",
        "online_status": "未",
        "priority": ["子育て・教育", "年間1万件以上"],
        "blockers": ["本人確認"],
        "source_row": 2,
    },
    {
        "procedure_id": "P-2",
        "procedure": "粗大ごみ収集申込",
        "section": "清掃課",
        "stage": "未着手",
        "online_status": "未",
        "priority": ["年間1万件以上"],
        "source_row": 4,
    },
]
LOG = [
    {"procedure_id": "P-1", "line": 1, "acted_on": dt.date(2025, 6, 10), "source_row": 2},
    {
        "procedure_id": "P-1",
        "line": 2,
        "acted_on": dt.date(2025, 6, 24),
        "next_on": dt.date(2025, 7, 10),
        "source_row": 3,
    },
]


def test_a_kintone_export_with_a_sub_table_is_two_datasets(tmp_path: Path) -> None:
    examined, rows = door(written(tmp_path, STARTED.replace("\n", "\r\n").encode("cp932")))
    assert rows == {"procedures": PROCEDURES, "procedure_log": LOG}
    assert (examined.problems, examined.asks) == ((), ())
    assert [(m.rule, m.header) for m in examined.mended] == [
        ("kintone.twin", "作成者（表示名）"),
        ("kintone.twin", "担当（表示名）"),
        ("kintone.options", "優先区分"),
        ("kintone.options", "阻害要因"),
        ("gate.system", "レコードの開始行"),
        ("gate.system", "レコード番号"),
        ("gate.system", "作成者"),
        ("gate.system", "更新日時"),
        ("gate.class", "対応内容"),
        ("gate.class", "課題"),
        ("gate.class", "担当"),
    ]


def test_without_start_marks_records_are_told_by_their_number(tmp_path: Path) -> None:
    text = STARTED.replace('"レコードの開始行",', "").replace('"*",', "").replace('\n,"12"', '\n"12"')
    _, rows = door(written(tmp_path, text))
    assert rows == {"procedures": PROCEDURES, "procedure_log": LOG}


def test_a_blank_record_number_stands_for_no_record_of_others(tmp_path: Path) -> None:
    text = f"レコード番号,{HEADER}\n1,{ROW}\n,{ROW.replace('A1', 'A2')}\n,{ROW.replace('A1', 'A3')}\n1,{ROW}\n"
    _, rows = door(written(tmp_path, text))
    assert rows["applications"] == [application("A1", 2), application("A2", 3), application("A3", 4)]


def test_a_label_that_stands_twice_is_told_apart(tmp_path: Path) -> None:
    """The main form's 課題 are options, the sub-table's 課題 is text, whichever stands first."""
    _, rows = door(written(tmp_path, STARTED.replace("阻害要因[", "課題[")))
    assert rows == {"procedures": PROCEDURES, "procedure_log": LOG}


def test_a_label_inside_the_sub_tables_columns_is_the_sub_tables(tmp_path: Path) -> None:
    text = STARTED.replace('"阻害要因[本人確認]","阻害要因[法令]",', "").replace('"1","1","1",,', '"1","1",')
    text = text.replace(',"1",,,"k-1"', ',"1","k-1"')
    _, rows = door(written(tmp_path, text))
    assert [row.get("blockers") for row in rows["procedures"]] == [None, None]
    assert rows["procedure_log"] == LOG


def test_rows_of_one_record_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    text = f"レコード番号,{HEADER}\n1,{ROW}\n1,{ROW.replace('A1', 'A2')}\n"
    with pytest.raises(FileRejected) as refused:
        door(written(tmp_path, text))
    (problem,) = refused.value.problems
    assert (problem.rule, problem.column, problem.count, problem.rows) == ("kintone.record_differs", "C", 1, (3,))


def test_a_row_before_the_first_record_is_refused(tmp_path: Path) -> None:
    text = f"レコードの開始行,{HEADER}\n,{ROW}\n*,{ROW.replace('A1', 'A2')}\n"
    with pytest.raises(FileRejected) as refused:
        door(written(tmp_path, text))
    assert [(p.rule, p.rows) for p in refused.value.problems] == [("kintone.start", (2,))]


def test_a_mark_that_is_neither_blank_nor_1_is_refused(tmp_path: Path) -> None:
    examined, _ = door(written(tmp_path, STARTED.replace('"未",,"1"', '"未","2","1"')))
    assert [(p.rule, p.value, p.rows) for p in examined.problems] == [("choice.unknown", "2|1", (4,))]


def test_an_option_that_nobody_declared_is_named_in_its_own_column(tmp_path: Path) -> None:
    header = "レコード番号,相談番号,受付日,対象区分,支援段階,対応状況"
    options = [f"相談分野[{option}]" for option in ("介護ロボット", "セキュリティ", "生成AI", "メタバース")]
    record = "2026-04-01,自治町会,事前相談,受付"
    rows = [f"1,C-1,{record},1,,1,", f"2,C-2,{record},,,1,1", f"3,C-3,{record},1,1,,"]
    examined, tables = door(written(tmp_path, "\n".join([",".join([header, *options]), *rows])))
    assert [(p.message, p.column, p.header, p.value, p.rows, p.count) for p in examined.problems] == [
        ("「生成AI」は選択肢にない値です", "I", "相談分野[生成AI]", "生成AI", (2, 3), 2),
        ("「メタバース」は選択肢にない値です", "J", "相談分野[メタバース]", "メタバース", (3,), 1),
    ]
    (table,) = examined.tables
    assert [(f.letter, f.row, f.value) for f in table.all_faults()] == [
        ("I", 2, "生成AI"),
        ("J", 3, "メタバース"),
        ("I", 3, "生成AI"),
    ]
    assert [(u.cell, u.count) for u in table.unknown] == [("生成AI", 2), ("メタバース", 1)]
    assert [row["fields"] for row in tables["consultations"]] == [["介護ロボット", "セキュリティ"]]


REPEATED = "見出しの行の繰り返しなので、データとして読んでいません"


@pytest.mark.parametrize("count", [2, 6_000])
@pytest.mark.parametrize(
    "marks", [("", ""), ('"*",', '"*",'), ('"レコードの開始行",', '"*",'), ("レコード番号,", "1,")]
)
def test_the_header_of_a_second_export_is_left_out_and_told(tmp_path: Path, count: int, marks: tuple[str, str]) -> None:
    above, left = f"{marks[0]}{HEADER}", marks[1].replace("1", "{0}")
    rows = [left.format(n) + ROW.replace("A1", f"A{n}") for n in range(count)]
    text = "\r\n".join([above, *rows[:-1], above, rows[-1], ""])
    examined, tables = door(written(tmp_path, text))
    assert (examined.problems, len(tables["applications"])) == ((), count)
    assert [(m.message, m.rows, m.count) for m in examined.mended if m.rule == "layout.repeated_header"] == [
        (REPEATED, (count + 1,), 1)
    ]


def test_the_only_option_of_a_choice_is_one_also_where_the_header_stands_again(tmp_path: Path) -> None:
    header = "レコード番号,相談番号,受付日,対象区分,支援段階,対応状況,相談分野[介護ロボット]"
    rows = [f"{n},C-{n},2026-04-01,自治町会,事前相談,受付,1" for n in (1, 2)]
    examined, tables = door(written(tmp_path, "\n".join([header, rows[0], header, rows[1]])))
    assert (examined.problems, [row["fields"] for row in tables["consultations"]]) == ((), [["介護ロボット"]] * 2)


def test_a_record_that_two_exports_share_is_read_once_and_told(tmp_path: Path) -> None:
    rows = [f"{n},{ROW.replace('A1', f'A{n}')}" for n in (1, 2, 2, 3)]
    header = f"レコード番号,{HEADER}"
    examined, tables = door(written(tmp_path, "\n".join([header, *rows[:2], header, *rows[2:]])))
    assert [row["application_id"] for row in tables["applications"]] == ["A1", "A2", "A3"]
    assert [(m.message, m.rows, m.count) for m in examined.mended if m.rule == "kintone.copied"] == [
        (
            "同じレコードの、まったく同じ行がもう一度あります。1度だけ読みました。"
            "2つの書き出しを続けたものでないか確かめてください",
            (5,),
            1,
        )
    ]
    line = "1,P-1,a,保育課,未着手,未,2026-04-01"
    text = f"レコード番号,手続ID,手続名,所管課,進捗段階,オンライン化状況,対応日\n{line}\n{line}\n"
    examined, tables = door(written(tmp_path, text))
    assert [row["line"] for row in tables["procedure_log"]] == [1, 2]
    (told,) = (m for m in examined.mended if m.rule == "kintone.copied")
    assert ("別々の行として数えました" in told.message, told.rows, told.count) == (True, (3,), 1)


@pytest.mark.parametrize("first", ["", "レコード番号,"])
def test_a_header_in_another_order_is_one_refusal(tmp_path: Path, first: str) -> None:
    row = f"{first and '1,'}{ROW}"
    text = f"{first}{HEADER}\n{row}\n{first}システム,申請番号,処理状況,申請日時\n{row}\n"
    with pytest.raises(FileRejected) as refused:
        door(written(tmp_path, text))
    (problem,) = refused.value.problems
    assert problem.sentence == (
        "3行目:見出しがもう一度ありますが、はじめの見出しと列か並びが違います"
        " → 2つの表を続けたものなら、別のファイルに分けるか、列の並びをそろえてからその行を消してください"
    )


def test_an_option_that_was_decided_is_named_in_its_own_column(tmp_path: Path) -> None:
    header = "レコード番号,手続ID,手続名,所管課,進捗段階,オンライン化状況,利用システム[kintone],利用システム[ロゴ]"
    path = written(tmp_path, f"{header}\n1,P-1,a,保育課,未着手,未,1,1\n")
    known = Known.of([Reading("procedures", "systems", "ロゴ", "LoGoフォーム")])
    examined, _ = door(path, known=known)
    assert [(m.column, m.header, m.rows) for m in examined.mended if m.rule == "choice.decided"] == [
        ("H", "利用システム[ロゴ]", (2,))
    ]


def test_cli_kintone_gives_lines_of_choices_and_japanese_time(tmp_path: Path) -> None:
    text = (
        '"*","recordNumber",システム,申請番号,申請日時,処理状況\n'
        "*,1,LoGoフォーム,A1,2025-04-01T00:30:00Z,完了\n*,2,LoGoフォーム,A2,2025-04-01T00:30Z,完了\n"
    )
    _, rows = door(written(tmp_path, text))
    assert rows["applications"] == [application("A1", 2), application("A2", 3)]


# --- workbooks -----------------------------------------------------------------------------------------------


def excel(folder: Path, sheets: dict[str, list[list[Any]]], hidden: str = "") -> Path:
    path = folder / "a.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        moment = workbook.add_format({"num_format": "yyyy/m/d h:mm"})
        for title, rows in sheets.items():
            sheet = workbook.add_worksheet(title)
            for number, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if isinstance(cell, dt.datetime):
                        sheet.write_datetime(number, column, cell, moment)
                    else:
                        sheet.write(number, column, cell)
            if title == hidden:
                sheet.hide()
    return path


SHEET: list[list[Any]] = [HEADER.split(","), ["LoGoフォーム", "A1", dt.datetime(2025, 4, 1, 9, 30), "完了"]]


def test_a_notes_sheet_beside_the_data_is_left_out_and_listed(tmp_path: Path) -> None:
    notes = [["使い方"], ["データのシートに入力してください"]]
    examined, rows = door(excel(tmp_path, {"使い方": notes, "データ": SHEET, "控え": SHEET}, hidden="控え"))
    assert rows == {"applications": [application("A1", 2, source_sheet="データ")]}
    assert [(m.rule, m.sheet) for m in examined.mended] == [
        ("layout.sheet_left_out", "使い方"),
        ("layout.hidden_sheet", "控え"),
    ]


def test_every_sheet_that_matches_becomes_a_table(tmp_path: Path) -> None:
    targets = [
        ["指標", "条項", "性質", "単位期間", "適用開始日", "下限"],
        ["問合せ", "§7", "実施", "月", "2025-04-01", 20],
    ]
    examined, rows = door(excel(tmp_path, {"申請": SHEET, "目標": targets}))
    assert [table.sheet for table in examined.tables] == ["申請", "目標"]
    assert rows["contract_targets"] == [
        {
            "indicator": "問合せ",
            "clause": "§7",
            "nature": "実施",
            "rhythm": "月",
            "lower": 20,
            "valid_from": dt.date(2025, 4, 1),
            "source_sheet": "目標",
            "source_row": 2,
        }
    ]


def test_errors_and_formulas_without_a_value_are_faults_never_blanks(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.append([*HEADER.split(","), "手続名"])
    sheet.append(["LoGoフォーム", "A1", dt.datetime(2025, 4, 1, 9, 30), "完了", "=A1"])
    sheet.append(["LoGoフォーム", "A2", dt.datetime(2025, 4, 1, 9, 30), "完了", "#REF!"])
    workbook.save(path)
    with zipfile.ZipFile(path) as archive:
        assert b't="e"' in archive.read("xl/worksheets/sheet1.xml")
    examined, rows = door(path)
    assert [(p.rule, p.column, p.value, p.rows) for p in examined.problems] == [
        ("excel.no_cached_value", "E", "#値なし!", (2,)),
        ("excel.error_value", "E", "#REF!", (3,)),
    ]
    assert rows == {"applications": []}


def test_cells_of_every_type_come_as_a_person_sees_them(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet("a")
        sheet.write_row(
            0, 0, ["団体コード", "市区町村名", "指標区分", "指標名", "値", "単位", "分子", "調査時点", "値（文字）"]
        )
        percent, day = workbook.add_format({"num_format": "0.0%"}), workbook.add_format({"num_format": "yyyy/m/d"})
        clock = workbook.add_format({"num_format": "h:mm"})
        sheet.write_row(1, 0, ["013331", "x", True, 3])
        sheet.write_number(1, 4, 0.888, percent)
        sheet.write_string(1, 5, "%")
        sheet.write_formula(1, 6, "=1+1", None, 2)
        sheet.write_datetime(1, 7, dt.datetime(2025, 4, 1), day)
        sheet.write_number(1, 8, 9.5 / 24, clock)
    _, rows = door(path)
    assert rows["municipal_dx_benchmarks"] == [
        {
            "code": "013331",
            "municipality": "x",
            "category": "TRUE",
            "indicator": "3",
            "value": Decimal("88.8"),
            "unit": "%",
            "numerator": 2,
            "as_of": dt.date(2025, 4, 1),
            "value_text": "09:30",
            "source_sheet": "a",
            "source_row": 2,
        }
    ]


# --- nothing stays -------------------------------------------------------------------------------------------


def test_nothing_stays_after_the_visit_and_a_killed_one_is_swept(tmp_path: Path) -> None:
    with Staging() as staging:
        examine(written(tmp_path, f"{HEADER}\n{ROW}\n"), staging, Settings())
        assert list(staging.folder.iterdir())
        assert staging.folder.stat().st_mode & 0o077 == 0
    assert not staging.folder.exists()
    orphan = staging.folder.with_name("dx-door-4194304000-orphan")
    orphan.mkdir()
    assert sweep() >= 1
    assert not orphan.exists()


def test_every_fault_is_in_the_list_that_can_be_handed_back(tmp_path: Path) -> None:
    text = f"{HEADER}\n{ROW.replace('完了', '？')}\n{ROW.replace('2025-04-01 09:30', '未定')}\n"
    with Staging() as staging:
        (table,) = examine(written(tmp_path, text), staging, Settings()).tables
        assert [(f.sheet, f.row, f.letter, f.header, f.value) for f in table.all_faults()] == [
            ("", 2, "D", "処理状況", "？"),
            ("", 3, "C", "申請日時", "未定"),
        ]


def test_sweeping_beside_checks_that_come_and_go_never_fails() -> None:
    """Found in a run of two test processes: a folder went between being listed and being looked at."""
    stop = threading.Event()

    def visits() -> None:
        while not stop.is_set():
            for folder in [private_folder() for _ in range(20)]:
                folder.rmdir()

    with ThreadPoolExecutor(3) as pool:
        busy = [pool.submit(visits) for _ in range(3)]
        try:
            for _ in range(150):
                sweep()
        finally:
            stop.set()
    for visit in busy:
        visit.result()
