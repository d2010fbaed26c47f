"""The pack's forms, each opened by a reader of its own kind: one pack of the demo, built once for all of them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdf
import pytest

from dx_data import house, publication
from dx_data.calendar import Quarter
from dx_data.errors import NotHere
from dx_data.pack import forms, typesetting
from dx_data.pack.content import Pack, str_of
from dx_data.settings import Settings

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
        at = text.rindex("".join(table.title.split()))
        for row in rows:
            for cell in row:
                at = text.index("".join(cell.split()), at)
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
    with pytest.raises(NotHere, match="日本語のフォントがありません"):
        forms.files(pack, ["pdf"], heard.append)
