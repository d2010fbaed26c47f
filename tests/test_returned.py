"""差戻しExcel: the sender's book with marks and a list, all else as it was, and the way back through the door."""

from __future__ import annotations

import contextlib
import csv
import io
import re
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path
from struct import pack
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dx_data import access, demo, intake
from dx_data.access import Person, Role
from dx_data.custody.exits import Exit, hand_over
from dx_data.custody.ledger import Act
from dx_data.door import Staging
from dx_data.door.read import read, rows
from dx_data.door.returned_list import MARK, NOTICE, SHEET
from dx_data.errors import Fault, FileRejected, NotPermitted
from dx_data.house import House
from dx_data.intake import Reviewed
from dx_data.returned import csv_book, from_book
from dx_data.returned.cells import Worksheet, address
from dx_data.returned.parts import Parts
from dx_data.returned.styles import Styles
from dx_data.returned.xml import Edits, elements, utf8, with_facts, words
from dx_data.settings import Settings

FILL = "FFFFE08A"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
NAME = "4月 'A'&B"
HEADS = ["システム", "申請番号", "申請日時", "処理状況"]
UNDATED = "日付ではありません\n→ 日付が決まっていないなら空欄にし、事情は備考に書いてください"
UNKNOWN = "選択肢にない値です\n→ 未処理・処理中・差戻し・完了・却下・取下げ のどれかにしてください"


# --- books -------------------------------------------------------------------------------------------------------


def picture() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0\xff\0\0")) + chunk(b"IEND", b"")


def rich() -> bytes:
    """A book with what offices put into one; faults in C3, D3, D4 (no cell at all) and A6 (a row that is not there)."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    sheet, other = book.add_worksheet(NAME), book.add_worksheet("集計")
    day = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    bold = book.add_format({"bold": True, "bg_color": "#00FF00"})
    sheet.write_row(0, 0, HEADS, bold)
    sheet.write_row(1, 0, ["LoGoフォーム", "A1"])
    sheet.write_number(1, 2, 45748.5, day)
    sheet.write_string(1, 3, "完了")
    sheet.write_row(2, 0, ["LoGoフォーム", "A2", "未定", "？"])
    sheet.write_row(3, 0, ["LoGoフォーム", "A3", "2025-04-03 09:00"])
    sheet.write_row(4, 1, ["A4", "2025-04-03 09:00", "完了"])
    sheet.write_comment(2, 3, "送り主のメモ")
    sheet.write_comment(1, 1, "確認済み")
    sheet.data_validation(1, 3, 100, 3, {"validate": "list", "source": ["未処理", "完了"]})
    sheet.insert_textbox("F2", "四角")
    sheet.insert_image("F8", "a.png", {"image_data": io.BytesIO(picture())})
    chart = book.add_chart({"type": "column"})
    chart.add_series({"values": "='4月 ''A''&B'!$C$2:$C$3"})
    other.insert_chart("A1", chart)
    book.define_name("集計!範囲", "=集計!$A$1")
    other.activate()
    book.close()
    return with_parts(target.getvalue(), **PIVOT)


# A pivot table with its cache, and a part that nobody knows, as Excel puts them; nothing points to the first two.
PIVOT = {
    "xl/pivotCache/pivotCacheDefinition1.xml": f'<pivotCacheDefinition xmlns="{MAIN}" recordCount="0">'
    f'<cacheSource type="worksheet"><worksheetSource ref="A1:D4" sheet="集計"/></cacheSource>'
    f'<cacheFields count="1"><cacheField name="件数" numFmtId="0"/></cacheFields></pivotCacheDefinition>',
    "xl/pivotTables/pivotTable1.xml": f'<pivotTableDefinition xmlns="{MAIN}" name="集計表"/>',
    "customXml/item1.xml": "<?keep me?><a  b = '1'/>",
}


def with_parts(book: bytes, **changed: str | bytes | None) -> bytes:
    """The book with parts put in, changed, or (None) left out."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for info in source.infolist():
            if info.filename not in changed:
                target.writestr(info, source.read(info))
        for name, data in changed.items():
            if data is not None:
                target.writestr(name, data)
    return out.getvalue()


def entries(book: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def bare(sheet: str, **more: str | bytes | None) -> bytes:
    """A book with nothing but one worksheet of this XML: no styles, no relations of the sheet."""
    out = io.BytesIO()
    kinds = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts: dict[str, str | bytes | None] = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kinds}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kinds}.worksheet+xml"/></Types>',
        "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<x:workbook xmlns:x="{MAIN}" xmlns:r="{OFFICE}"><x:sheets>'
        '<x:sheet name="表" sheetId="7" r:id="rId1"/></x:sheets></x:workbook>',
        "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
        f'relationships"><Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        "</Relationships>",
        "xl/worksheets/sheet1.xml": sheet,
    }
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in (parts | more).items():
            if data is not None:
                archive.writestr(name, data)
    return out.getvalue()


WHOLE = rich()
RICH = entries(WHOLE)


def prefixed(data: str) -> str:
    """A worksheet whose elements all carry a prefix, its texts in the cells."""
    rows = re.sub(r"<(/?)(\w)", r"<\1x:\2", data)
    return f'<x:worksheet xmlns:x="{MAIN}"><x:dimension ref="A1:D2"/>{rows}</x:worksheet>'


def inline(place: str, text: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


def fault(row: int, letter: str, sheet: str = "表") -> Fault:
    return Fault(sheet, row, letter, "項目", "値", "誤りです", "直してください")


def marked_cells(book: bytes, sheet: str) -> dict[str, str | None]:
    """Each filled cell with its comment."""
    page = openpyxl.load_workbook(io.BytesIO(book))[sheet]
    return {
        cell.coordinate: cell.comment and cell.comment.text
        for line in page.iter_rows()
        for cell in line
        if cell.fill.fgColor.rgb == FILL
    }


def returned(path: Path, **wish: Any) -> bytes:
    reviewed = intake.review(path, None, Settings(), wish=intake.Wish(**wish))
    return intake.returned_book(path, reviewed, Settings()).content


def review(path: Path) -> Reviewed:
    return intake.review(path, None, Settings())


def mended(book: bytes, sheet: str, **values: str | None) -> bytes:
    opened = openpyxl.load_workbook(io.BytesIO(book))
    for place, value in values.items():
        opened[sheet][place] = value
    out = io.BytesIO()
    opened.save(out)
    return out.getvalue()


# --- the sender's own book -----------------------------------------------------------------------------------------


def test_faulty_cells_are_marked_and_everything_else_keeps_its_bytes(write: Any) -> None:
    path = write("4月.xlsx", rich())
    before = entries(path.read_bytes())
    book = returned(path)
    assert entries(path.read_bytes()) == before
    after = entries(book)
    same = {name for name in before if after[name] == before[name]}
    assert before.keys() - same == {
        "[Content_Types].xml",
        "xl/workbook.xml",
        "xl/_rels/workbook.xml.rels",
        "xl/styles.xml",
        "xl/worksheets/sheet1.xml",
        "xl/worksheets/sheet2.xml",  # it was the selected one
        "xl/comments1.xml",
        "xl/drawings/vmlDrawing1.vml",
    }
    assert after.keys() - before.keys() == {"xl/worksheets/sheet3.xml"}
    assert {"xl/media/image1.png", "xl/drawings/drawing1.xml", "xl/charts/chart1.xml", *PIVOT} <= same
    assert marked_cells(book, NAME) == {
        "C3": UNDATED,
        "D3": f"送り主のメモ\n差戻し: {UNKNOWN}",
        "D4": "空欄にできない項目が空欄です\n→ 処理状況を入力してください",
        "A5": "空欄にできない項目が空欄です\n→ システムを入力してください",
    }
    opened = openpyxl.load_workbook(io.BytesIO(book))
    assert opened.active is opened[SHEET]
    assert opened.sheetnames == [SHEET, NAME, "集計"]
    assert [sheet.sheet_view.tabSelected for sheet in opened.worksheets] == [True, None, None]
    assert opened["集計"].defined_names["範囲"].attr_text == "集計!$A$1"
    assert opened[NAME]["B2"].comment.text == "確認済み"
    assert opened[NAME]["C2"].number_format == "yyyy-mm-dd hh:mm"
    assert after["xl/drawings/vmlDrawing1.vml"].count(b'ObjectType="Note"') == 5
    assert len(set(re.findall(rb'<v:shape id="(\w+)"', after["xl/drawings/vmlDrawing1.vml"]))) == 5


def test_a_wide_book_is_marked_where_its_figures_stand(tmp_path: Path) -> None:
    path = tmp_path / "月次_令和7年度.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("件数")
        sheet.write_row(0, 0, ["手続ID", "手続名", "4月", "5月", "6月"])
        sheet.write_row(1, 0, ["P-1", "a", 1, "二", 3])
        sheet.write_row(2, 0, ["P-2", "b", "一", 2, 3])
    back = returned(path)
    unread = "数として読めません\n→ 単位・注記・記号を外して、数字だけにしてください"
    assert marked_cells(back, "件数") == {"D2": unread, "C3": unread}
    page = openpyxl.load_workbook(io.BytesIO(back))[SHEET]
    told = [[cell.value for cell in line][:6] for line in page.iter_rows(min_row=6)]
    assert told == [
        ["1", "件数", "D2", "5月", "二", "数として読めません"],
        ["2", "件数", "C3", "4月", "一", "数として読めません"],
    ]


def test_the_list_names_every_fault_and_leads_to_its_cell(write: Any) -> None:
    page = openpyxl.load_workbook(io.BytesIO(returned(write("4月.xlsx", rich()))))[SHEET]
    told = [[cell.value for cell in line] for line in page.iter_rows()]
    assert told[0][0] == MARK
    assert told[1][0] == "色の付いたセルが 4 か所あります。「場所」を押すと、そのセルに移ります。"
    assert told[4] == ["番号", "シート", "場所", "項目", "値", "誤り", "直し方"]
    assert [line[:6] for line in told[5:]] == [
        ["1", NAME, "C3", "申請日時", "未定", "日付ではありません"],
        ["2", NAME, "D3", "処理状況", "？", "選択肢にない値です"],
        ["3", NAME, "D4", "処理状況", None, "空欄にできない項目が空欄です"],
        ["4", NAME, "A5", "システム", None, "空欄にできない項目が空欄です"],
    ]
    links = [page[f"C{row}"].hyperlink.location for row in range(6, 10)]
    assert links == [f"'4月 ''A''&B'!{place}" for place in ("C3", "D3", "D4", "A5")]


def test_a_sender_who_mends_the_marked_cells_is_accepted(take: Any, write: Any) -> None:
    book = returned(write("4月.xlsx", rich()))
    good = mended(book, NAME, C3="2025-04-02", D3="完了", D4="処理中", A5="LoGoフォーム")
    taken = take(write("差戻し_4月.xlsx", good))
    assert (taken.status, taken.problems, taken.asks) == ("loaded", (), ())
    assert taken.load.added == 4
    assert [(m.sheet, m.message) for m in taken.mended if m.sheet == SHEET] == [(SHEET, NOTICE)]


def test_a_second_return_marks_what_is_left_and_unmarks_what_was_mended(write: Any) -> None:
    half = mended(returned(write("4月.xlsx", rich())), NAME, C3="2025-04-02", D3="完了")
    book = returned(write("差戻し_4月.xlsx", half))
    assert list(marked_cells(book, NAME)) == ["D4", "A5"]
    opened = openpyxl.load_workbook(io.BytesIO(book))
    assert opened.sheetnames == [SHEET, NAME, "集計"]
    assert [opened[SHEET][f"C{row}"].value for row in (6, 7, 8)] == ["D4", "A5", None]
    assert opened[NAME]["C3"].comment.text == "直っています"
    assert opened[NAME]["D3"].comment.text == f"送り主のメモ\n差戻し: {UNKNOWN}\n差戻し: 直っています"
    again = entries(returned(write("差戻し_差戻し_4月.xlsx", book)))
    assert again["xl/comments/comment1.xml"] == entries(book)["xl/comments/comment1.xml"]


def test_a_sheet_of_the_senders_that_is_called_like_ours_is_read_and_kept(write: Any) -> None:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target)
    sheet = book.add_worksheet(SHEET)
    sheet.write_row(0, 0, HEADS)
    sheet.write_row(1, 0, ["LoGoフォーム", "A1", "未定", "完了"])
    book.close()
    back = returned(write("a.xlsx", target.getvalue()))
    assert openpyxl.load_workbook(io.BytesIO(back)).sheetnames == [f"{SHEET} (2)", SHEET]
    assert review(write("b.xlsx", back)).tables[0].rows == 1


def test_a_book_with_prefixes_and_without_styles_relations_or_rows_is_marked(tmp_path: Path) -> None:
    rows = f'<sheetData><row r="1" spans="1:2">{inline("B1", "あ")}</row><row r="3"/></sheetData>'
    path = tmp_path / "a.xlsx"
    path.write_bytes(bare(prefixed(rows)))
    faults = [fault(1, "A"), fault(1, "B"), fault(1, "E"), fault(2, "C"), fault(3, "A"), fault(9, "B"), fault(9, "")]
    book = from_book(path, [*faults, Fault("表", None, "", "", "", "足りません", "足してください")], Settings())
    note = "誤りです\n→ 直してください"
    assert marked_cells(book, "表") == {
        **dict.fromkeys(["A1", "B1", "E1", "C2", "A3"], note),
        "A9": f"『項目』{note}",
        "B9": note,
    }
    sheet = entries(book)["xl/worksheets/sheet1.xml"].decode()
    assert '<x:dimension ref="A1:E9"/>' in sheet
    assert '<x:row r="1"><x:c r="A1" s="1"/><x:c s="1" r="B1" t="inlineStr"><x:is><x:t>あ</x:t></x:is></x:c>' in sheet
    assert '<x:row r="2"><x:c r="C2" s="1"/></x:row><x:row r="3"><x:c r="A3" s="1"/></x:row><x:row r="9">' in sheet
    told = openpyxl.load_workbook(io.BytesIO(book))[SHEET]
    assert [told[f"C{row}"].value for row in range(6, 14)] == [
        *("A1", "B1", "E1", "C2", "A3", "9行目", "B9", "ファイル全体"),
    ]


def test_the_strict_form_is_answered_in_the_strict_form(tmp_path: Path) -> None:
    strict = {
        name: data.replace(MAIN.encode(), b"http://purl.oclc.org/ooxml/spreadsheetml/main").replace(
            OFFICE.encode(), b"http://purl.oclc.org/ooxml/officeDocument/relationships"
        )
        for name, data in entries(bare(f'<worksheet xmlns="{MAIN}"><sheetData/></worksheet>')).items()
    }
    path = tmp_path / "a.xlsx"
    path.write_bytes(with_parts(b"PK\5\6" + bytes(18), **strict))
    back = entries(from_book(path, [fault(1, "A")], Settings()))
    written = {name for name, data in back.items() if b"schemas.openxmlformats.org/spreadsheetml" in data}
    assert written | {name for name, data in back.items() if OFFICE.encode() in data} == set()


@pytest.mark.parametrize(
    "data",
    [
        "<sheetData/>",
        "<sheetData></sheetData>",
        "<sheetData><row><c><v>1</v></c><c><v>2</v></c></row></sheetData>",
        '<sheetData><row r="2"><c r="A2"/></row></sheetData><extLst/>',
    ],
)
def test_cells_without_a_place_of_their_own_are_found(tmp_path: Path, data: str) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(bare(f'<worksheet xmlns="{MAIN}">{data}</worksheet>'))
    book = from_book(path, [fault(1, "B"), fault(2, "A")], Settings())
    assert list(marked_cells(book, "表")) == ["B1", "A2"]
    sheet = entries(book)["xl/worksheets/sheet1.xml"].decode()
    assert sheet.index("</sheetData>") < sheet.index("<legacyDrawing") < (sheet + "<extLst/>").index("<extLst/>")


def test_a_new_cell_takes_the_format_of_its_row_or_column_and_a_merged_range_its_first_cell(tmp_path: Path) -> None:
    styles = (
        f'<styleSheet xmlns="{MAIN}"><cellStyleXfs><xf/></cellStyleXfs><cellXfs><xf numFmtId="0"/>'
        '<xf numFmtId="9"><protection locked="0"/></xf><xf numFmtId="14"/></cellXfs>'
        '<cellStyles><cellStyle name="Normal" xfId="0"/></cellStyles></styleSheet>'
    )
    data = (
        '<cols><col min="2" max="3" style="1"/></cols>'
        '<sheetData><row r="1"><c r="A1"/></row><row r="2" s="2" customFormat="1"/></sheetData>'
        '<mergeCells count="1"><mergeCell ref="A4:C6"/></mergeCells>'
    )
    path = tmp_path / "a.xlsx"
    book = bare(f'<worksheet xmlns="{MAIN}">{data}</worksheet>', **{"xl/styles.xml": styles})
    rels = entries(book)["xl/_rels/workbook.xml.rels"].decode()
    styled = f'<Relationship Id="rId2" Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>'
    path.write_bytes(with_parts(book, **{"xl/_rels/workbook.xml.rels": rels.replace("</Relationships>", styled)}))
    back = from_book(path, [fault(1, "B"), fault(2, "B"), fault(3, "A"), fault(5, "C")], Settings())
    page = openpyxl.load_workbook(io.BytesIO(back))["表"]
    formats = {place: page[place].number_format for place in ("B1", "B2", "A3", "A4")}
    assert formats == {"B1": "0%", "B2": "mm-dd-yy", "A3": "General", "A4": "General"}
    assert not page["B1"].protection.locked
    assert list(marked_cells(back, "表")) == ["B1", "B2", "A3", "A4"]


def test_a_threaded_comment_is_left_alone(write: Any) -> None:
    book = rich()
    comments = entries(book)["xl/comments1.xml"].replace(b"<author></author>", b"<author>tc={0-1}</author>")
    back = returned(write("a.xlsx", with_parts(book, **{"xl/comments1.xml": comments})))
    assert marked_cells(back, NAME)["D3"] == "送り主のメモ"
    assert marked_cells(back, NAME)["C3"] == UNDATED


def test_a_reading_stays_behind_the_words_of_a_comment(write: Any) -> None:
    book = rich()
    plain = re.sub(
        rb"<r><rPr>(?:(?!</rPr>).)*</rPr>(<t>\xe9\x80\x81[^<]*</t>)</r>",
        rb'\1<rPh sb="0" eb="1"><t>x</t></rPh>',
        entries(book)["xl/comments1.xml"],
    )
    back = returned(write("a.xlsx", with_parts(book, **{"xl/comments1.xml": plain})))
    written = entries(back)["xl/comments1.xml"].decode()
    assert re.search(r'送り主のメモ</t><r><t xml:space="preserve">\n差戻し: .*?</t></r><rPh', written, re.DOTALL)


def test_a_book_with_a_document_type_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    bomb = f'<!DOCTYPE w [<!ENTITY a "aaaa">]><worksheet xmlns="{MAIN}"><sheetData/></worksheet>'
    path.write_bytes(bare(bomb))
    with pytest.raises(FileRejected) as event:
        from_book(path, [fault(1, "A")], Settings())
    assert event.value.problems[0].rule == "read.damaged"


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "[Content_Types].xml", "xl/_rels/workbook.xml.rels"])
def test_a_book_that_contradicts_itself_is_refused_in_a_sentence(tmp_path: Path, part: str) -> None:
    path = tmp_path / "a.xlsx"
    whole = bare(f'<worksheet xmlns="{MAIN}"><sheetData/></worksheet>')
    path.write_bytes(with_parts(whole, **{part: "<broken"}))
    with pytest.raises(FileRejected) as event:
        from_book(path, [fault(1, "A")], Settings())
    assert event.value.problems[0].rule == "returned.damaged"


def test_a_book_out_of_bounds_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(with_parts(rich(), **{"xl/a.bin": bytes(4 << 20)}))
    with pytest.raises(FileRejected) as event:
        from_book(path, [fault(1, "A")], Settings())
    assert event.value.problems[0].rule == "read.bomb"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(sorted(RICH)), at=st.floats(0, 1), bits=st.integers(1, 255))
def test_a_damaged_part_never_ends_in_a_traceback(tmp_path: Path, name: str, at: float, bits: int) -> None:
    part = bytearray(RICH[name])
    if part:
        part[int(at * (len(part) - 1))] ^= bits
    path = tmp_path / "a.xlsx"
    path.write_bytes(with_parts(WHOLE, **{name: bytes(part)}))
    with contextlib.suppress(FileRejected):
        book = from_book(path, [fault(3, "C", NAME)], Settings())
        assert zipfile.ZipFile(io.BytesIO(book)).testzip() is None


CELLS = st.tuples(st.integers(1, 12), st.integers(0, 8))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(filled=st.dictionaries(CELLS, st.text("あ<&>\"'_x0041 1=\n", min_size=1), max_size=25), faulty=st.sets(CELLS))
def test_any_cells_are_marked_and_no_value_or_format_changes(
    filled: dict[tuple[int, int], str], faulty: set[tuple[int, int]]
) -> None:
    target = io.BytesIO()
    made = xlsxwriter.Workbook(target, {"in_memory": True})
    sheet = made.add_worksheet("表")
    formats = [made.add_format({"num_format": form}) for form in ("0.00", "@", "yyyy")]
    for (row, column), text in filled.items():
        sheet.write_string(row - 1, column, text, formats[column % 3])
    made.close()
    with zipfile.ZipFile(target) as archive:
        parts = Parts(archive)
        styles = Styles(parts)
        page = Worksheet(parts.read("xl/worksheets/sheet1.xml"), faulty, styles)
        parts.write("xl/worksheets/sheet1.xml", page.edits.done())
        styles.write()
        back = parts.archive()
    before, after = (openpyxl.load_workbook(io.BytesIO(book))["表"] for book in (target.getvalue(), back))
    assert marked_cells(back, "表").keys() == {address(cell) for cell in faulty}
    for row, column in filled.keys() | faulty:
        old, new = before.cell(row, column + 1), after.cell(row, column + 1)
        assert (new.value, new.number_format) == (old.value, old.number_format)


# --- XML where it stands -----------------------------------------------------------------------------------------


@given(st.text())
def test_words_are_themselves_again_when_they_are_read(text: str) -> None:
    page = bare(f'<worksheet xmlns="{MAIN}"><sheetData><row r="1">{inline("A1", "")}</row></sheetData></worksheet>')
    sheet = entries(page)["xl/worksheets/sheet1.xml"].decode().replace("<t></t>", f"<t>{words(text)}</t>")
    found = elements(sheet.encode())
    (cell,) = [e for e in found if e.name == "t"]
    legal = re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text)
    content = sheet.encode()[cell.inner : cell.close].decode()
    assert re.sub("_x005F_", "_", content).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") == re.sub(
        "_x005F_", "_", legal
    )


def test_what_looks_like_an_escape_stays_as_written() -> None:
    assert words("_x0041_ _x41_ <&") == "_x005F_x0041_ _x41_ &lt;&amp;"


def test_an_attribute_is_set_and_taken_away() -> None:
    assert with_facts(b"<x:c r='A1' s = \"1\" t='s'/>", s="2") == b"<x:c s=\"2\" r='A1' t='s'/>"
    assert with_facts(b"<row r='1' spans='1:2'>", spans=None) == b"<row r='1'>"
    assert with_facts(b"<a>", b='"<&') == b"<a b='\"&lt;&amp;'>"


def test_elements_know_their_places_whatever_stands_in_attributes() -> None:
    data = '<a><b c="あ>"/><!-- <d> --><d>い</d></a>'.encode()
    found = [(e.name, data[e.inner : e.close].decode(), data[e.start : e.end].decode()) for e in elements(data)]
    assert found == [
        ("a", '<b c="あ>"/><!-- <d> --><d>い</d>', data.decode()),
        ("b", "", '<b c="あ>"/>'),
        ("d", "い", "<d>い</d>"),
    ]
    edits = Edits(data)
    edits.append(elements(data)[1], "x")
    edits.append(elements(data)[0], "y")
    assert edits.done().decode() == '<a><b c="あ>">x</b><!-- <d> --><d>い</d>y</a>'


def test_a_part_in_another_encoding_is_read_as_utf8() -> None:
    text = '<?xml version="1.0" encoding="UTF-16"?><a>あ</a>'
    assert utf8(text.encode("utf-16")) == '<?xml version="1.0" encoding="UTF-8"?><a>あ</a>'.encode()
    assert utf8(b"<a/>") == b"<a/>"


# --- a CSV as a book ---------------------------------------------------------------------------------------------

CSV = "システム,申請番号,申請日時,処理状況,手続名\nLoGoフォーム,00012,2025-04-01 09:30,完了,=1+2\n"
FAULTY = CSV + 'LoGoフォーム,00013,未定,完了,"@a\nb"\n'


@pytest.mark.parametrize("encoding", ["cp932", "utf-8-sig"])
def test_a_csv_comes_back_as_a_book_of_texts_and_loads_once_mended(take: Any, write: Any, encoding: str) -> None:
    book = returned(write("申請.csv", FAULTY, encoding))
    opened = openpyxl.load_workbook(io.BytesIO(book))
    assert opened.sheetnames == [SHEET, "データ"]
    assert [[cell.value for cell in line] for line in opened["データ"].iter_rows(min_row=2)] == [
        ["LoGoフォーム", "00012", "2025-04-01 09:30", "完了", "=1+2"],
        ["LoGoフォーム", "00013", "未定", "完了", "@a\nb"],
    ]
    assert {cell.data_type for cell in opened["データ"]["E"]} == {"s"}
    assert marked_cells(book, "データ") == {"C3": UNDATED}
    taken = take(write("差戻し_申請.xlsx", mended(book, "データ", C3="2025-04-02 10:00")))
    assert (taken.status, taken.problems, taken.load.added) == ("loaded", (), 2)


def test_a_kintone_export_with_tables_inside_comes_back_and_loads_as_it_would_have(write: Any) -> None:
    (file,) = [file for file in demo.small() if file.name.startswith("相談")]
    encoding = str(review(write(file.name, file.content)).encoding)
    lines = list(csv.reader(io.StringIO(file.content.decode(encoding), newline="")))
    last = len(lines) - 1
    right = {(last, column): lines[last][column] for column in range(1, len(lines[last]))}
    for row, column in right:
        lines[row][column] = "？？"
    broken = io.StringIO()
    csv.writer(broken, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(lines)
    book = returned(write(file.name, broken.getvalue().encode(encoding)))
    marked = marked_cells(book, "データ")
    assert len(marked) > 10
    assert marked.keys() <= {address((row + 1, column)) for row, column in right}
    good = mended(book, "データ", **{address((r + 1, c)): value or None for (r, c), value in right.items()})
    first, again = review(write(file.name, file.content)), review(write(f"差戻し_{Path(file.name).stem}.xlsx", good))
    assert again.problems == again.to_mend == ()
    assert again.plan is not None
    assert first.plan is not None
    assert (again.plan.counts, again.as_of) == (first.plan.counts, first.as_of)


VALUES = st.text(st.characters(exclude_categories=("Cs", "Cc", "Co", "Cn")) | st.just("\n"), max_size=6)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.lists(st.lists(VALUES, min_size=3, max_size=3), min_size=1, max_size=4))
def test_any_table_is_the_same_in_the_book(tmp_path: Path, body: list[list[str]]) -> None:
    target = tmp_path / "a.csv"
    with target.open("w", encoding="utf-8-sig", newline="") as out:
        csv.writer(out, quoting=csv.QUOTE_ALL).writerows([["番号", "内容", "備考"], *body])
    (tmp_path / "a.xlsx").write_bytes(csv_book.book(target, Settings()))
    assert cells_of(tmp_path / "a.xlsx") == cells_of(target)


def cells_of(path: Path) -> list[list[str]]:
    with Staging() as staging:
        (sheet,) = read(path, staging, Settings()).sheets
        found = [[cell or "" for cell in cells] for _, cells in rows(sheet, staging)]
    return [line for line in found if any(line)]


def test_a_value_too_long_for_a_cell_is_said(write: Any) -> None:
    path = write("a.csv", FAULTY + f"LoGoフォーム,3,2025-04-01,完了,{'あ' * 32_768}\n")
    with pytest.raises(FileRejected) as event:
        returned(path)
    assert event.value.problems[0].rule == "returned.too_large"


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        ("MOST_BYTES", "0 MBを超えるCSVは、Excelにできません"),
        ("MOST_ROWS", "3 行の表は、Excelのシートに入りません"),
    ],
)
def test_a_table_too_large_for_a_sheet_is_said(
    write: Any, monkeypatch: pytest.MonkeyPatch, limit: str, words: str
) -> None:
    monkeypatch.setattr(csv_book, limit, 2)
    with pytest.raises(FileRejected) as event:
        returned(write("a.csv", FAULTY))
    fix = "誤りの一覧（CSV）を使い、元のファイルを直してください"
    assert [p.sentence for p in event.value.problems] == [f"{words} → {fix}"]


# --- when there is one, and how it leaves --------------------------------------------------------------------------


def nothing_for(path: Path) -> None:
    reviewed = review(path)
    assert reviewed.to_mend == ()
    assert not intake.can_be_returned(reviewed)
    with pytest.raises(FileRejected) as event:
        intake.returned_book(path, reviewed, Settings())
    assert event.value.problems[0].rule == "returned.nothing"


def test_there_is_none_for_a_file_the_gate_refused(write: Any) -> None:
    path = write("a.csv", FAULTY.replace("=1+2", "マイナンバーは123456789018です"))
    assert {p.rule for p in review(path).problems} == {"gate.my_number"}
    nothing_for(path)


def test_there_is_none_for_a_sound_file(write: Any) -> None:
    nothing_for(write("a.csv", CSV))


def test_there_is_none_for_an_old_workbook(write: Any) -> None:
    reviewed = replace(review(write("a.csv", FAULTY)), format="xls")
    assert not intake.can_be_returned(reviewed)
    with pytest.raises(FileRejected) as event:
        intake.returned_book(Path("a.xls"), reviewed, Settings())
    assert [p.rule for p in event.value.problems] == ["returned.old_format"]


def test_it_leaves_with_a_line_in_the_ledger(home: House, person: Person, write: Any) -> None:
    path = write("申請.csv", FAULTY)
    book = intake.returned_book(path, review(path), Settings())
    assert intake.can_be_returned(review(path))
    handed = hand_over(Exit.INTERNAL, book, person, home.ledger)
    assert (handed.name, handed.content) == ("差戻し_申請.xlsx", book.content)
    line = list(home.ledger.lines())[-1]
    assert (line.act, line.subject) == (Act.HAND_OVER, "差戻しExcel")
    assert line.detail == {"kind": "内部", "form": "xlsx", "rows": 1}
    with pytest.raises(NotPermitted):
        hand_over(Exit.INTERNAL, book, access.Person("閲覧", frozenset({Role.VIEW})), home.ledger)
