"""The page's own way to paper waits until its drawings are as narrow as the paper, and not for ever."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from dx_data.ui import asgi
from tests import screenshots

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(screenshots.CHROMIUM).exists(), reason=f"{screenshots.CHROMIUM} がありません"),
]

# Two charts as Plotly leaves them in a page, the window's print, and a redraw when the test says so.
PAGE = """<div class="stApp"><div class="js-plotly-plot"><div class="svg-container" style="width: 1088px"></div></div>
<div class="js-plotly-plot"><div class="svg-container" style="width: 500px"></div></div>
<button data-dx="print">印刷</button></div><style>.stApp { width: 1200px } .dx-paper .stApp { width: 718px }</style>"""
PRINT = """window.printed = [];
window.print = () => window.printed.push(document.querySelector('.svg-container').offsetWidth);"""
REDRAW = "document.querySelector('.svg-container').style.width = '526px'"


@pytest.fixture
def paper(chromium: Browser) -> Iterator[Page]:
    """The two charts in a browser whose clock stands still until a test moves it."""
    page = chromium.new_page()
    page.clock.install()
    page.set_content(PAGE)
    page.add_script_tag(content=PRINT + (asgi.STATIC / "page.js").read_text(encoding="utf-8"))
    page.clock.pause_at(4_000_000_000)
    yield page
    page.close()


@pytest.mark.parametrize("way", ["button", "keys"])
def test_printing_waits_for_the_drawings(paper: Page, way: str) -> None:
    """Nothing goes to the printer before the widest chart is redrawn; then the screen is back."""
    paper.locator("button").click() if way == "button" else paper.keyboard.press("Control+p")
    paper.clock.run_for(19_000)
    assert paper.evaluate("printed") == []
    assert paper.locator("html.dx-paper").count() == 1
    paper.evaluate(REDRAW)
    paper.clock.run_for(200)
    assert paper.evaluate("printed") == [526]
    assert paper.locator("html.dx-paper").count() == 0


def test_printing_goes_on_without_a_drawing_that_never_comes(paper: Page) -> None:
    """After 20 seconds the page prints as it is; pressed twice meanwhile, it prints once."""
    paper.locator("button").click()
    paper.locator("button").click()
    paper.clock.run_for(20_500)
    assert paper.evaluate("printed") == [1088]
    paper.clock.run_for(30_000)
    assert paper.evaluate("printed") == [1088]
