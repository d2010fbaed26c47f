"""The pack's forms, each opened by a reader of its own kind: one pack of the demo, built once for all of them."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import openpyxl
import pptx
import pypdf
import pytest
from click.testing import CliRunner
from defusedxml.ElementTree import fromstring
from PIL import Image

from dx_data import cli, house, publication
from dx_data.calendar import Quarter
from dx_data.disclosure.public import Shown, publishable
from dx_data.door.describe import Table as Described
from dx_data.door.describe import describe
from dx_data.errors import FormRefused
from dx_data.pack import content, forms, typesetting
from dx_data.pack.content import Pack, Sheet, str_of
from dx_data.pack.csv_form import REGION
from dx_data.settings import Settings
from dx_data.spec import Column
from tests.test_disclosure import an_answer
from tests.test_pack import a_pack

Files = dict[str, bytes]


@pytest.fixture(scope="module")
def pack(lakes: Path) -> Iterator[Pack]:
    opened = house.open_house(demo=True, chosen=Settings(lake=str(lakes / "lake"), lake_demo=str(lakes / "demo")))
    yield publication.draft(opened, Quarter(2026, 1))
    opened.close()


@pytest.fixture(scope="module")
def made(pack: Pack) -> Files:
    return forms.files(pack, tell=lambda _: None)


def said(pack: Pack) -> list[list[list[str]]]:
    """Every table as people read it: its rows of texts."""
    return [
        [[str_of(cell, column) for cell, column in zip(row, table.columns, strict=True)] for row in table.public.rows]
        for table in pack.tables
    ]


def test_two_makings_are_the_same_to_the_byte(pack: Pack, made: Files) -> None:
    again = forms.files(pack, tell=lambda _: None)
    assert list(again) == list(made)
    assert [name for name in made if made[name] != again[name]] == []


# --- PDF ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pdf(made: Files) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(made["report_案_架空データ.pdf"]))


def outline(entries: Any) -> list[Any]:
    return [outline(each) if isinstance(each, list) else str(each.title) for each in entries]


def elements(node: Any) -> Iterator[Any]:
    """The structure's elements, from the root down."""
    node = node.get_object()
    if isinstance(node, list):
        for each in node:
            yield from elements(each)
    elif isinstance(node, dict):
        yield node
        if "/K" in node:
            yield from elements(node["/K"])


def test_the_pdf_says_what_the_answers_say_and_can_be_searched(pack: Pack, pdf: pypdf.PdfReader) -> None:
    """Extracted text holds every cell, in order; a radical that looks like 人 would not be found."""
    text = "".join("".join(page.extract_text().split()) for page in pdf.pages)
    assert [table.title for table in pack.tables if "".join(table.title.split()) not in text] == []
    for table, rows in zip(pack.tables, said(pack), strict=True):
        lines = zip((column.label for column in table.columns), rows[0], strict=True) if table.is_headline else rows
        at = text.rindex("".join(table.title.split()))
        for line in lines:
            at = text.index("".join("".join(line).split()), at)
    assert pack.marks[0] in text


def test_the_pdf_is_tagged_japanese_and_has_bookmarks(pack: Pack, pdf: pypdf.PdfReader) -> None:
    root: Any = pdf.trailer["/Root"]
    assert (str(root["/Lang"]), bool(root["/MarkInfo"]["/Marked"])) == ("ja-JP", True)
    assert b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_object().get_data()
    assert pdf.metadata is not None
    assert (pdf.metadata.title, pdf.metadata.creation_date) == (pack.title, pack.at.replace(microsecond=0))
    sections = [[section.title, [table.title for table in section.tables]] for section in pack.sections]
    marks = [each for section in sections for each in section]
    assert outline(pdf.outline)[-len(marks) :] == marks
    found = list(elements(root["/StructTreeRoot"]))
    figures = [str(each["/Alt"]) for each in found if each.get("/S") == "/Figure"]
    assert figures == [table.drawing[1] for table in pack.tables if table.drawing]
    assert figures
    assert sum(each.get("/S") == "/Table" for each in found) == len(pack.tables) + 1


def test_the_pdf_brings_its_typeface(pdf: pypdf.PdfReader) -> None:
    fonts = {
        name: font["/DescendantFonts"][0]["/FontDescriptor"]
        for page in pdf.pages
        for name, font in page["/Resources"]["/Font"].items()  # type: ignore[index]
    }
    assert fonts
    assert [name for name, font in fonts.items() if not {"/FontFile2", "/FontFile3"} & set(font)] == []
    assert {(round(page.mediabox.width), round(page.mediabox.height)) for page in pdf.pages} == {(595, 842)}


# --- slides -------------------------------------------------------------------------------------------------------


def told(pack: Pack) -> list[tuple[str, list[tuple[str, float | None]]]]:
    """Every figure's title with the names and values of its table, hidden ones without a value."""
    found = []
    for table in pack.tables:
        if table.axis and table.measured:
            x, y = table.columns.index(table.axis), table.columns.index(table.measured)
            signs = [f"（{row[y].sign}）" if row[y].sign else "" for row in table.public.rows]
            names = [str_of(row[x], table.axis) + sign for row, sign in zip(table.public.rows, signs, strict=True)]
            found.append((table.title, list(zip(names, (row[y].value for row in table.public.rows), strict=True))))
    return found


@pytest.fixture(scope="module")
def deck(made: Files) -> Any:
    return pptx.Presentation(io.BytesIO(made["slides_案_架空データ.pptx"]))


def charts_of(deck: Any) -> list[tuple[str, Any]]:
    return [(slide.shapes.title.text, s.chart) for slide in deck.slides for s in slide.shapes if s.has_chart]


def test_a_slide_s_chart_and_its_workbook_hold_the_answers(pack: Pack, deck: Any) -> None:
    drawn = []
    for title, chart in charts_of(deck):
        (plot,) = chart.plots
        (series,) = plot.series
        drawn.append((title, list(zip(plot.categories, series.values, strict=True))))
        sheet = openpyxl.load_workbook(io.BytesIO(chart.part.chart_workbook.xlsx_part.blob)).active
        assert sheet is not None
        assert [tuple(row) for row in sheet.iter_rows(min_row=2, values_only=True)] == drawn[-1][1]
        assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}
    assert drawn == told(pack)


def test_every_table_has_its_slide_with_words_for_what_is_drawn(pack: Pack, deck: Any) -> None:
    slides = list(deck.slides)
    assert [slide.shapes.title.text for slide in slides] == [pack.title, *(table.title for table in pack.tables)]
    for table, slide in zip(pack.tables, slides[1:], strict=True):
        (graphic,) = [shape for shape in slide.shapes if shape.has_chart or shape.has_table]
        (alternative,) = graphic._element.xpath("./p:nvGraphicFramePr/p:cNvPr/@descr")
        assert alternative == (table.drawing[1] if table.drawing else f"{table.title}の表")
        written = [shape.text for shape in slide.shapes if shape.has_text_frame]
        assert "\n".join(table.words()) in written
        assert "・".join(pack.marks) in written
        assert slide.notes_slide.notes_text_frame.text == "\n".join(table.notes())
        for shape in slide.shapes:
            assert shape.left + shape.width <= deck.slide_width
            assert shape.top + shape.height <= deck.slide_height
    headline = [
        ["項目", "数値"],
        *map(list, zip((c.label for c in pack.tables[0].columns), said(pack)[0][0], strict=True)),
    ]
    (table,) = [shape.table for shape in slides[1].shapes if shape.has_table]
    assert [[cell.text for cell in row.cells] for row in table.rows] == headline


def test_in_a_slide_s_chart_names_are_text_and_what_is_hidden_is_no_zero() -> None:
    rows = ("=1+1", 120, 60, 50.0, 9000), ("+81", 90, 0, 0.0, 700), ("三", 9, 0, 0.0, 700), ("四", 8, 0, 0.0, 700)
    odd = a_pack(*publishable([an_answer(*rows)], (), 10))
    ((_, chart),) = charts_of(pptx.Presentation(io.BytesIO(forms.FORMS["pptx"](odd)["slides_案.pptx"])))
    sheet = openpyxl.load_workbook(io.BytesIO(chart.part.chart_workbook.xlsx_part.blob)).active
    assert sheet is not None
    assert [(sheet.cell(row, 1).value, sheet.cell(row, 1).data_type) for row in (2, 3)] == [("=1+1", "s"), ("+81", "s")]
    (series,) = chart.plots[0].series
    assert list(chart.plots[0].categories) == ["=1+1", "+81", "三（x）", "四（x）"]
    assert (series.values, sheet["B4"].value) == ((120, 90, None, None), None)


# --- books --------------------------------------------------------------------------------------------------------


def test_a_book_s_charts_remember_the_answers(pack: Pack, made: Files) -> None:
    book = openpyxl.load_workbook(io.BytesIO(made["figures.xlsx"]))
    drawn = []
    for chart in book["図"]._charts:  # type: ignore[attr-defined]
        (series,) = chart.series
        title = "".join(run.t for part in chart.title.tx.rich.p for run in part.r)
        drawn.append(
            (title, {point.idx: float(point.v) for point in series.val.numRef.numCache.pt if point.v not in (None, "")})
        )
    wanted = [
        (title, {at: float(value) for at, (_, value) in enumerate(rows) if value is not None})
        for title, rows in told(pack)
    ]
    assert drawn == wanted
    described = re.findall(
        r'descr="([^"]+)"', zipfile.ZipFile(io.BytesIO(made["figures.xlsx"])).read("xl/drawings/drawing1.xml").decode()
    )
    assert [unescape(each) for each in described] == [table.drawing[1] for table in pack.tables if table.drawing]


@pytest.mark.parametrize("name", ["figures.xlsx", "slides_案_架空データ.pptx"])
def test_an_office_file_bears_the_data_s_time_and_nobody_s_name(pack: Pack, made: Files, name: str) -> None:
    at = pack.at.replace(microsecond=0)
    with zipfile.ZipFile(io.BytesIO(made[name])) as whole:
        names = whole.namelist()
        assert names == sorted(names, key=lambda each: (each != "[Content_Types].xml", each))
        assert {each.date_time for each in whole.infolist()} == {(*at.timetuple()[:5], at.second // 2 * 2)}
        core = whole.read("docProps/core.xml").decode()
        assert re.findall(r">([^<]*Z)<", core) == [f"{at:%Y-%m-%dT%H:%M:%SZ}"] * 2
        assert ("葛飾区" in core, "Canny" in core, "docProps/thumbnail.jpeg" in names) == (True, False, False)
        for within in (each for each in names if each.endswith(".xlsx")):
            with zipfile.ZipFile(io.BytesIO(whole.read(within))) as inner:
                assert f"{at:%Y-%m-%dT%H:%M:%SZ}" in inner.read("docProps/core.xml").decode()


# --- what programs read -------------------------------------------------------------------------------------------


def test_our_own_door_reads_every_data_file_without_a_finding(pack: Pack, made: Files, tmp_path: Path) -> None:
    """One table from the first row on, nothing to mend, no total, no note: the same heads and the same values."""
    for table in pack.tables:
        path = tmp_path / "a.csv"
        path.write_bytes(made[f"data/{table.name}_案_架空データ.csv"])
        compare(table, describe(path, Settings()).tables)
    book = tmp_path / "a.xlsx"
    book.write_bytes(made["figures.xlsx"])
    _, _, *sheets = describe(book, Settings()).tables  # after the cover and the figures
    for table, sheet in zip(pack.tables, sheets, strict=True):
        compare(table, (sheet,))


def compare(table: content.Table, found: tuple[Described, ...]) -> None:
    (read,) = found
    found_rules = [] if table.public.rows else ["layout.no_rows"]
    assert (read.header_rows, [each.rule for each in read.mended]) == ((1,), found_rules)
    assert (read.totals, read.notes) == ((), ())
    assert [field.header for field in read.fields] == [*REGION, *content.heads(table.columns)]
    wanted = [["131229", "葛飾区", *map(text, content.cells(row, table.columns))] for row in table.public.rows]
    assert [list(map(text, row)) for row in read.rows] == wanted


def test_shift_jis_is_made_when_asked_for_and_says_the_same(pack: Pack, made: Files) -> None:
    found = forms.files(pack, ["csv-cp932"], lambda _: None)
    utf8 = {name: each for name, each in made.items() if name.startswith("data/")}
    assert {name.replace("data_shift-jis/", "data/"): each.decode("cp932") for name, each in found.items()} == {
        name: each.decode("utf-8-sig") for name, each in utf8.items()
    }
    assert "csv-cp932" not in forms.FORMS


def test_a_character_that_shift_jis_lacks_is_named_and_never_replaced() -> None:
    odd = a_pack(*publishable([an_answer(("𠮷田・♥", 120, 60, 50.0, 9000))], (), 10))
    heard: list[str] = []
    assert set(forms.files(odd, ["csv-cp932", "html"], heard.append)) == {"index.html"}
    assert heard[-1] == (
        "CSV-CP932 は作れません。『by_kind_案』の「𠮷」「♥」は、Shift-JIS（CP932）にない文字です"
        " → UTF-8 の CSV を使ってください"
    )


def text(value: Any) -> str:
    """A value as it is compared: 50.0 and 50 are one number."""
    try:
        return f"{float(value):.10g}"
    except (TypeError, ValueError):
        return "" if value is None else str(value)


# --- pictures -----------------------------------------------------------------------------------------------------


def test_each_figure_is_a_drawing_a_picture_and_words(pack: Pack, made: Files) -> None:
    drawn = [table for table in pack.tables if table.drawing]
    names = [f"figures/{table.name}_案_架空データ" for table in drawn]
    assert sorted(name for name in made if name.startswith("figures/")) == sorted(
        f"{name}.{ending}" for name in names for ending in ("svg", "png", "txt")
    )
    for table, name in zip(drawn, names, strict=True):
        root = fromstring(made[f"{name}.svg"])
        assert table.drawing is not None
        assert root.findtext("{*}desc") == table.drawing[1]
        words = made[f"{name}.txt"].decode().split("\r\n")
        wanted = [table.title, *pack.marks, "", table.drawing[1], "", *table.words(), "", *table.notes(), ""]
        assert words == wanted
        with Image.open(io.BytesIO(made[f"{name}.png"])) as picture:
            wide, tall = int(root.get("width", "")), int(root.get("height", ""))
            assert abs(picture.width / picture.height - wide / tall) < 0.01
            assert picture.width >= 1_900
            colours = {colour for _, colour in picture.convert("RGB").getcolors(1 << 24)}
            assert {(0xF8, 0xF8, 0xFB), (0x1A, 0x1A, 0x1A)} <= colours
            assert table.measured is not None
            some = table.by_month or any(
                row[table.measured.name] for row in table.shown.records()
            )  # bars of zeros: none
            assert ((0x00, 0x17, 0xC1) in colours) is some


def test_a_bar_s_figure_says_what_its_table_says(pack: Pack) -> None:
    """The same texts beside the bars as in the table: a value with its unit, or why there is none."""
    bars = [table for table in pack.tables if table.drawing and not table.by_month]
    assert bars
    for table in bars:
        assert table.axis is not None
        assert table.measured is not None
        x, y = table.columns.index(table.axis), table.columns.index(table.measured)
        svg = fromstring((table.still() or ("", ""))[0])
        texts = ["".join(node.itertext()) for node in svg.findall(".//{*}text")]
        assert [text for row in table.public.rows if (text := beside(row[y], table.measured)) not in texts] == []
        assert [row[x].value for row in table.public.rows if str(row[x].value)[:5] not in "".join(texts)] == []


def beside(cell: Shown, column: Column) -> str:
    return {"x": "秘匿", "-": "該当なし", "…": "不詳", "": f"{str_of(cell, column)}{column.unit}"}[cell.sign]


# --- lists and the command ----------------------------------------------------------------------------------------


def test_an_issued_pack_has_no_mark_and_its_lists_are_in_every_form() -> None:
    errata = Sheet("errata", "正誤表", ("表", "誤", "正"), (("件数", "=120", "121"), ("件数", "60", "x")))
    draft = a_pack(*publishable([an_answer(("一", 120, 60, 50.0, 9000))], (), 10))
    found = forms.files(replace(draft, sheets=(errata,)).as_issued(), tell=lambda _: None)
    assert [name for name in found if "案" in name] == []
    rows = [list(errata.heads), *map(list, errata.lines)]
    page = fromstring(re.search(r"<section><h2>正誤表.*?</section>", found["index.html"].decode())[0])  # type: ignore[index]
    assert [[cell.text for cell in row] for row in page.iter("tr")] == rows
    sheet = openpyxl.load_workbook(io.BytesIO(found["figures.xlsx"]))["正誤表"]
    assert [[(cell.value, cell.data_type) for cell in row] for row in sheet.iter_rows()] == [
        [(text, "s") for text in row] for row in rows
    ]
    *_, slide = pptx.Presentation(io.BytesIO(found["slides.pptx"])).slides
    (table,) = [shape.table for shape in slide.shapes if shape.has_table]
    assert (slide.shapes.title.text, [[c.text for c in row.cells] for row in table.rows]) == ("正誤表", rows)
    *_, last = pypdf.PdfReader(io.BytesIO(found["report.pdf"])).pages
    said = "".join(last.extract_text().split())
    assert "".join(text for row in rows for text in row) in said
    assert "案（承認前）" not in said


def test_the_command_says_how_far_it_is_and_takes_shift_jis(lakes: Path, tmp_path: Path) -> None:
    given = ["--demo", "pack", "2026Q1", "-o", str(tmp_path / "q1"), "--formats", "html,csv-cp932"]
    done = CliRunner().invoke(cli.dx, given)
    assert (done.exit_code, done.exception) == (0, None)
    assert "HTML を作っています（1/2）\nCSV-CP932 を作っています（2/2）\n" in done.stderr
    assert (
        (tmp_path / "q1" / "data_shift-jis" / "definitions.csv")
        .read_bytes()
        .decode("cp932")
        .startswith("ファイル,題名")
    )
    assert not (tmp_path / "q1" / "data").exists()


# --- what is not there --------------------------------------------------------------------------------------------


def test_without_a_typeface_everything_else_is_made(
    pack: Pack, made: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(typesetting, "settings", lambda: Settings(fonts=tmp_path))
    heard: list[str] = []
    found = forms.files(pack, ["html", "pdf"], heard.append)
    assert found == {"index.html": made["index.html"]}
    assert heard == [
        "HTML を作っています（1/2）",
        "PDF を作っています（2/2）",
        f"PDF は作れません。『{tmp_path}』に日本語のフォントがありません → Noto Sans JP や BIZ UDゴシックのファイルを"
        "置いたフォルダーを、設定 fonts（DX_FONTS）に書いてください",
    ]
    with pytest.raises(FormRefused, match="日本語のフォントがありません"):
        forms.files(pack, ["pdf"], heard.append)
