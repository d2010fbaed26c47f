"""LibreOffice and poppler open what the pack made: other programs than those that wrote it. Also `make test-office`."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pypdf
import pytest
from PIL import Image

from dx_data import house, publication
from dx_data.calendar import Quarter
from dx_data.pack import forms
from dx_data.pack.content import Pack
from dx_data.settings import Settings

pytestmark = pytest.mark.slow

OFFICE, RENDERER = shutil.which("soffice"), shutil.which("pdftoppm")
office = pytest.mark.skipif(
    OFFICE is None, reason="LibreOffice がありません（apt-get install libreoffice-impress libreoffice-calc）"
)
renderer = pytest.mark.skipif(RENDERER is None, reason="pdftoppm がありません（apt-get install poppler-utils）")


@pytest.fixture(scope="module")
def pack(lakes: Path) -> Iterator[Pack]:
    opened = house.open_house(demo=True, chosen=Settings(lake=str(lakes / "lake"), lake_demo=str(lakes / "demo")))
    yield publication.draft(opened, Quarter(2026, 1))
    opened.close()


def printed(path: Path, profile: Path) -> list[str]:
    """What each page says when LibreOffice prints a file; blanks are left out."""
    ours = f"-env:UserInstallation={profile.as_uri()}"
    command = [str(OFFICE), ours, "--headless", "--convert-to", "pdf", "--outdir", str(path.parent), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    return ["".join(page.extract_text().split()) for page in pypdf.PdfReader(path.with_suffix(".pdf")).pages]


def plain(text: str) -> str:
    return "".join(text.split())


@office
def test_libreoffice_shows_every_slide(pack: Pack, tmp_path: Path) -> None:
    (content,) = forms.FORMS["pptx"](pack).values()
    (tmp_path / "slides.pptx").write_bytes(content)
    pages = printed(tmp_path / "slides.pptx", tmp_path / "profile")
    titles = [pack.title, *(table.title for table in pack.tables)]
    assert [plain(title) in page for title, page in zip(titles, pages, strict=True)] == [True] * len(titles)
    drawn = [(table, page) for table, page in zip(pack.tables, pages[1:], strict=True) if table.axis and table.measured]
    for table, page in drawn:
        assert table.axis is not None
        names = [row[table.columns.index(table.axis)].value for row in table.public.rows]
        assert [name for name in names if isinstance(name, str) and plain(name)[:5] not in page] == []


@office
def test_libreoffice_shows_the_book(pack: Pack, tmp_path: Path) -> None:
    (content,) = forms.FORMS["xlsx"](pack).values()
    (tmp_path / "figures.xlsx").write_bytes(content)
    whole = "".join(printed(tmp_path / "figures.xlsx", tmp_path / "profile"))
    assert [table.title for table in pack.tables if table.drawing and plain(table.title) not in whole] == []
    assert plain(pack.title) in whole
    assert "Err:" not in whole


@renderer
def test_no_page_of_the_pdf_is_blank_or_runs_over(pack: Pack, tmp_path: Path) -> None:
    """Each page has ink, and none in the outermost millimetres."""
    (content,) = forms.FORMS["pdf"](pack).values()
    (tmp_path / "report.pdf").write_bytes(content)
    subprocess.run(
        [str(RENDERER), "-r", "50", "-png", "report.pdf", "page"], cwd=tmp_path, check=True, capture_output=True
    )
    pages = sorted(tmp_path.glob("page*.png"))
    assert len(pages) == len(pypdf.PdfReader(tmp_path / "report.pdf").pages)
    for path in pages:
        with Image.open(path) as page:
            grey = page.convert("L").point(lambda value: 255 if value < 200 else 0)
            box = grey.getbbox()
            assert box is not None
            assert min(box[0], box[1], page.width - box[2], page.height - box[3]) >= 15
            assert sum(grey.histogram()[255:]) > 1_000
