"""Whatever cannot be received is refused with its rule, its place and a remedy, and leaves nothing behind."""

import io
import struct
import tempfile
import time
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from dx_data.door import Examined, Staging, examine
from dx_data.errors import FileRejected, Problem
from dx_data.settings import Settings

HEADER = "システム,申請番号,申請日時,処理状況"
ROW = "LoGoフォーム,A1,2025-04-01 09:30,完了"
GOOD = f"{HEADER}\n{ROW}\n"


def door(path: Path, **decided: object) -> Examined:
    """The whole door; afterwards nothing of ours lies in the temporary folder."""
    with Staging() as staging:
        folder = staging.folder
        try:
            return examine(path, staging, Settings(), **decided)  # type: ignore[arg-type]
        finally:
            staging.close()
            assert not folder.exists()
            assert path.parent == folder.parent or not list(Path(tempfile.gettempdir()).glob(f"{folder.name}*"))


def refused(path: Path) -> tuple[Problem, ...]:
    with pytest.raises(FileRejected) as event:
        door(path)
    assert all(problem.fix for problem in event.value.problems)
    return event.value.problems


def only(path: Path) -> Problem:
    (problem,) = refused(path)
    return problem


def written(folder: Path, content: bytes | str, name: str = "a.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def zip_of_version(needed: int) -> bytes:
    """A zip file whose directory says that reading it needs this version (45 is the newest there is)."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    content = bytearray(target.getvalue())
    content[content.index(b"PK\x01\x02") + 6] = needed
    return bytes(content)


def book(
    folder: Path, sheets: dict[str, list[list[object]]], hidden: tuple[str, ...] = (), name: str = "a.xlsx"
) -> Path:
    path = folder / name
    with xlsxwriter.Workbook(path) as workbook:
        for title, rows in sheets.items():
            sheet = workbook.add_worksheet(title)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
            if title in hidden:
                sheet.hide()
    return path


SHEET: list[list[object]] = [HEADER.split(","), ROW.split(",")]


@pytest.mark.parametrize(
    ("content", "rule", "rows"),
    [
        (b"", "read.empty", ()),
        (b"\xef\xbb\xbf", "read.empty", ()),
        (b"\n\n \n", "layout.no_table", ()),
        (f'{HEADER}\n{ROW}\n"LoGoフォーム,A2,2025-04-01,完了\n', "read.quote", (3,)),
        (f'{HEADER}\n{ROW}\nLoGoフォーム,"A"2,2025-04-01,完了\n', "read.quote", (3,)),
        ("システム,申请编号,申请日期,处理状态\n".encode("gbk") + b"a,b,c,d\n", "read.encoding", ()),
        (GOOD.encode("iso2022_jp"), "read.encoding", ()),
        ("Système,Numéro,Été\ná,b,c\n".encode("latin-1"), "read.encoding", ()),
        (GOOD.encode() + ROW.replace("A1", "A2").encode("cp932") + b"\n", "read.encoding", ()),
        (GOOD.encode("cp932") + "ひらがなとカタカナ,A2,2025-04-01,完了です\n".encode(), "read.encoding", ()),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00", "read.binary", ()),
        (b"<html><table><tr><td>a</td></tr></table></html>", "read.html", ()),
        (b"\xef\xbb\xbf <!DOCTYPE html>", "read.html", ()),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 512, "read.xls", ()),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "read.encrypted", ()),
        (b"PK\x03\x04 not a zip", "read.damaged", ()),
        (zip_of_version(181), "read.damaged", ()),
        ("a,b\n1,2\n", "match.no_dataset", (1,)),
        (f"システム,申請番号,処理状況\n{ROW}\n", "match.missing_column", (1,)),
        (f"{HEADER},受付番号\n{ROW},A1\n", "match.column_twice", (1,)),
        (f"{HEADER.replace('申請番号', '申請の番号')}\n{ROW}\n", "match.missing_column", (1,)),
    ],
    ids=[
        "nothing",
        "only a BOM",
        "only blank lines",
        "unclosed quote",
        "quote inside a value",
        "GBK",
        "ISO-2022-JP",
        "Latin-1",
        "UTF-8 then CP932",
        "CP932 then UTF-8",
        "picture",
        "HTML",
        "HTML after a BOM",
        "xls",
        "encrypted xlsx",
        "broken zip",
        "zip of a version to come",
        "unknown columns",
        "missing column",
        "column twice",
        "renamed column",
    ],
)
def test_a_file_that_is_no_table_of_ours_is_refused(
    tmp_path: Path, content: bytes | str, rule: str, rows: tuple[int, ...]
) -> None:
    problem = only(written(tmp_path, content))
    assert (problem.rule, problem.rows) == (rule, rows)


def test_a_renamed_column_is_recognised_in_the_remedy(tmp_path: Path) -> None:
    problem = only(written(tmp_path, f"{HEADER.replace('申請番号', '申請の番号')}\n{ROW}\n"))
    assert problem.message == "『電子申請』に必要な列『申請番号』がありません"
    assert problem.fix.startswith("『申請の番号』が『申請番号』なら、項目名を直してください。")


@pytest.mark.parametrize("name", ["a.xlsx", "a.csv"])
def test_a_file_of_0_bytes_is_refused_by_any_name(tmp_path: Path, name: str) -> None:
    assert only(written(tmp_path, b"", name)).rule == "read.empty"


def test_excels_lock_file_is_refused(tmp_path: Path) -> None:
    assert only(written(tmp_path, b"x", "~$a.xlsx")).rule == "read.lock_file"


def test_html_saved_as_xlsx_is_refused(tmp_path: Path) -> None:
    assert only(written(tmp_path, b"<table><tr><td>1</td></tr></table>", "a.xlsx")).rule == "read.html"


@pytest.mark.parametrize(
    ("cells", "column", "rule", "value"),
    [
        ("スイカ,A1,2025-04-01,完了", "A", "choice.unknown", "スイカ"),
        ("LoGoフォーム,A1,2025-02-30,完了", "C", "date.nonexistent", "2025-02-30"),
        ("LoGoフォーム,A1,令和0年4月1日,完了", "C", "date.era", "令和0年4月1日"),
        ("LoGoフォーム,A1,7.4.1,完了", "C", "date.ambiguous", "7.4.1"),
        ("LoGoフォーム,A1,2025-04-01,", "D", "check.required", None),
        ("LoGoフォーム,#REF!,2025-04-01,完了", "B", "excel.error_value", "#REF!"),
    ],
)
def test_a_value_without_a_meaning_stops_its_row(
    tmp_path: Path, cells: str, column: str, rule: str, value: str
) -> None:
    examined = door(written(tmp_path, f"{GOOD.replace('A1', 'A0')}{cells}\n"))
    (problem,) = examined.problems
    assert (problem.rule, problem.column, problem.value, problem.rows) == (rule, column, value, (3,))
    assert (examined.tables[0].rows, examined.tables[0].sound) == (2, 1)


@pytest.mark.parametrize(
    ("written_as", "value"), [("１２３", 123), ('"1,234"', 1234), ('"¥1,000"', 1000), ("300円", 300)]
)
def test_a_number_in_another_spelling_is_mended_and_listed(tmp_path: Path, written_as: str, value: int) -> None:
    with Staging() as staging:
        path = written(tmp_path, f"{HEADER},決済額\n{ROW},{written_as}\n")
        examined = examine(path, staging, Settings())
        assert examined.tables[0].typed().column("paid").to_pylist() == [value]
    (mended,) = examined.mended
    assert (mended.rule, mended.column, mended.count, mended.rows) == ("number.spelling", "E", 1, (2,))
    assert (mended.before, mended.after) == (written_as.strip('"'), str(value))


@pytest.mark.parametrize(("cell", "rule"), [("△5", "check.minimum"), ("-", "number.dash")])
def test_a_negative_or_a_dash_is_no_amount(tmp_path: Path, cell: str, rule: str) -> None:
    (problem,) = door(written(tmp_path, f"{HEADER},決済額\n{ROW},{cell}\n")).problems
    assert (problem.rule, problem.column, problem.rows) == (rule, "E", (2,))


def test_a_key_that_stands_twice_is_refused_on_both_rows(tmp_path: Path) -> None:
    (problem,) = door(written(tmp_path, f"{GOOD}{ROW.replace('完了', '未処理')}\n")).problems
    assert (problem.rule, problem.count, problem.rows) == ("check.duplicate_key", 2, (2, 3))


def test_a_row_with_a_cell_too_few_or_too_many_is_refused(tmp_path: Path) -> None:
    text = GOOD + "LoGoフォーム,A2,2025-04-01\nLoGoフォーム,A3,2025-04-01,完了,余分\nLoGoフォーム,A4,2025-04-01,完了,\n"
    examined = door(written(tmp_path, text))
    ragged = [problem for problem in examined.problems if problem.rule == "check.ragged"]
    assert [(p.count, p.rows) for p in ragged] == [(2, (3, 4))]
    assert examined.tables[0].sound == 2


# --- personal information ------------------------------------------------------------------------------------

MY_NUMBER = "123456789018"


@pytest.mark.parametrize("heading", ["マイナンバー", "番号メモ", "個人番号"])
@pytest.mark.parametrize("cell", [MY_NUMBER, "1234-5678-9018", "１２３４５６７８９０１８"])
def test_a_column_of_my_numbers_turns_the_file_away(tmp_path: Path, heading: str, cell: str) -> None:
    problem = only(written(tmp_path, f"{HEADER},{heading}\n{ROW},{cell}\n"))
    assert (problem.rule, problem.column, problem.count, problem.rows) == ("gate.my_number", "E", 1, (2,))
    assert MY_NUMBER[4:8] not in problem.sentence


@pytest.mark.parametrize("hidden", [("控え",), ()])
def test_a_my_number_on_another_sheet_turns_the_file_away(tmp_path: Path, hidden: tuple[str, ...]) -> None:
    path = book(tmp_path, {"データ": SHEET, "控え": [["メモ"], [MY_NUMBER]]}, hidden)
    problem = only(path)
    assert (problem.rule, problem.sheet, problem.column, problem.rows) == ("gate.my_number", "控え", "A", (2,))


def test_a_my_number_in_a_file_of_no_dataset_is_named_first(tmp_path: Path) -> None:
    assert only(written(tmp_path, f"番号,色\n{MY_NUMBER},赤\n")).rule == "gate.my_number"


def test_application_numbers_that_begin_with_their_day_are_no_my_numbers(tmp_path: Path) -> None:
    rows = "".join(f"LoGoフォーム,20250401{n:04},2025-04-01,完了\n" for n in range(50))
    assert door(written(tmp_path, f"{HEADER}\n{rows}")).tables[0].sound == 50


def test_names_with_contacts_that_nobody_declared_turn_the_file_away(tmp_path: Path) -> None:
    header = "フォームID,フォーム名,フォーム区分,システム,所管課,公開状態,保護者氏名,連絡先電話番号"
    text = f"{header}\nF1,a,手続,kintone,保育課,公開中,架空 花子,03-1234-5678\n"
    problem = only(written(tmp_path, text))
    assert (problem.rule, problem.rows) == ("gate.name_with_contact", (1,))


def test_declared_personal_columns_are_left_out_and_listed(tmp_path: Path) -> None:
    text = f"{HEADER},氏名,電話番号\n{ROW},架空 花子,090-1234-5678\n"
    with Staging() as staging:
        examined = examine(written(tmp_path, text), staging, Settings())
        assert "架空 花子" not in str(examined.tables[0].typed().to_pydict())
    assert [(m.rule, m.column, m.header) for m in examined.mended] == [
        ("gate.class", "E", "氏名"),
        ("gate.class", "F", "電話番号"),
    ]
    assert examined.asks == ()


@pytest.mark.parametrize("cell", ["hanako@katsushika.jp", "090-1234-5678"])
def test_contact_data_in_a_stored_column_turns_the_file_away_and_is_not_repeated(tmp_path: Path, cell: str) -> None:
    problem = only(written(tmp_path, f"{HEADER},手続名\n{ROW},{cell}\n"))
    assert (problem.rule, problem.column, problem.rows) == ("gate.contact", "E", (2,))
    assert cell not in problem.sentence


def test_what_looks_personal_is_masked_wherever_it_is_repeated(tmp_path: Path) -> None:
    mobile = "090-1234-5678"
    rows = "".join(f"LoGoフォーム,A{n},2025-04-01,完了,1\n" for n in range(9))
    examined = door(written(tmp_path, f"{HEADER},{mobile}\n{rows}", f"{mobile}.csv"))
    assert mobile not in repr(examined.asks + examined.problems + examined.mended)
    assert [ask.header for ask in examined.asks] == ["0●●●●●●●●●●●8"]
    assert examined.book.file == "0●●●●●●●●●●●●●●●v"


def test_what_is_repeated_is_bounded_and_has_no_control_characters(tmp_path: Path) -> None:
    (problem,) = door(written(tmp_path, GOOD.replace("完了", "\x07" + "長" * 500))).problems
    assert problem.value == " " + "長" * 78 + "…"


def test_a_header_shorter_than_its_filled_rows_is_refused(tmp_path: Path) -> None:
    rows = "".join(f"LoGoフォーム,A{n},2025-04-01,完了,¥1,000\n" for n in range(3))
    problem = only(written(tmp_path, f"{HEADER},決済額\n{rows}"))
    assert (problem.rule, problem.rows) == ("layout.uneven_header", (1,))


def test_an_undeclared_column_is_asked_and_one_without_anything_is_ignored(tmp_path: Path) -> None:
    path = written(tmp_path, f"{HEADER},,好きな色\n{ROW},,赤\n")
    (ask,) = door(path).asks
    assert (ask.rule, ask.column, ask.header) == ("match.unmapped_header", "F", "好きな色")
    decided = door(path, confirmed={"好きな色": None})
    assert decided.asks == ()
    assert [(m.rule, m.header) for m in decided.mended] == [("match.declined", "好きな色")]


# --- bombs and names -----------------------------------------------------------------------------------------


def damaged(folder: Path, sheet: bytes, claim: int | None = None) -> Path:
    """A workbook whose one sheet is this XML, perhaps lying about its size."""
    source = book(folder, {"a": SHEET}, name="source.xlsx")
    path = folder / "bomb.xlsx"
    with zipfile.ZipFile(source) as given, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for part in given.namelist():
            out.writestr(part, sheet if part == "xl/worksheets/sheet1.xml" else given.read(part))
    if claim is not None:
        raw = path.read_bytes().replace(struct.pack("<I", len(sheet)), struct.pack("<I", claim))
        path.write_bytes(raw)
    return path


NAMESPACE = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'


def peak_kilobytes() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1])
    return 0


@pytest.mark.parametrize(
    ("rows", "blanks", "claim", "rule"),
    [
        (b"", 300 << 20, None, "read.bomb"),
        (b"", 300 << 20, 1000, "read.damaged"),
        (b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>', 0, None, "read.damaged"),
    ],
    ids=["300 MB", "300 MB that claim to be 1 kB", "one cell at XFD1048576"],
)
def test_a_bomb_is_refused_in_seconds_without_growing(
    tmp_path: Path, rows: bytes, blanks: int, claim: int | None, rule: str
) -> None:
    # Made here: as a parameter every worker would keep the 300 MB for as long as it lives.
    path = damaged(tmp_path, NAMESPACE + b" " * blanks + rows + b"</sheetData></worksheet>", claim)
    assert path.stat().st_size < 2 << 20
    before, began = peak_kilobytes(), time.monotonic()
    assert only(path).rule == rule
    assert time.monotonic() - began < 20
    assert peak_kilobytes() - before < 50_000


def test_a_file_above_the_limit_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with path.open("wb") as out:
        out.truncate((100 << 20) + 1)
    assert only(path).rule == "read.too_large"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd.csv", "passwd.csv"),
        ("..\\..\\申請.csv", "申請.csv"),
        ("申請😀.csv", "申請😀.csv"),
        ("髙\ue000田\x07.csv", "髙?田?.csv"),
        ("", "a.csv"),
    ],
)
def test_a_file_name_is_shown_without_folders_or_what_cannot_be_read(tmp_path: Path, name: str, shown: str) -> None:
    assert door(written(tmp_path, GOOD), name=name or None).book.file == shown


def test_a_zip_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a.txt", "a")
    assert only(written(tmp_path, stream.getvalue(), "a.xlsx")).rule == "read.not_excel"


def test_a_genuinely_long_sheet_is_told_to_come_as_csv(tmp_path: Path) -> None:
    path = tmp_path / "長い表.xlsx"
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("4月")
        for row in range(30_000):
            sheet.write_row(row, 0, [f"{row * 7919 % 1_000_003}", row, f"窓口{row % 97}"])
    with Staging() as staging, pytest.raises(FileRejected) as stopped:
        examine(path, staging, Settings(max_unpacked_mb=1))
    (problem,) = stopped.value.problems
    assert (problem.rule, problem.message) == ("read.unpacked", "展開すると 4 MB になり、上限の 1 MB を超えます")
    assert problem.fix == "行の多い表はCSVで書き出すか、月ごとのファイルに分けてください"
