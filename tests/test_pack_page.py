"""The pack's page in a real browser without a network: no request, nothing of axe's, tables that hold the answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from dx_data import house, publication
from dx_data.calendar import Quarter
from dx_data.pack import forms
from dx_data.pack.content import Pack, str_of
from dx_data.settings import Settings
from tests import screenshots

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not Path(screenshots.CHROMIUM).exists(), reason=f"{screenshots.CHROMIUM} がありません"),
]


@pytest.fixture(scope="module")
def pack(lakes: Path) -> Iterator[Pack]:
    opened = house.open_house(demo=True, chosen=Settings(lake=str(lakes / "lake"), lake_demo=str(lakes / "demo")))
    yield publication.draft(opened, Quarter(2026, 1))
    opened.close()


@pytest.fixture
def asked() -> list[str]:
    """What the page asked for."""
    return []


@pytest.fixture
def page(pack: Pack, chromium: Browser, tmp_path: Path, asked: list[str]) -> Iterator[Page]:
    """The file, opened from a folder with the network cut."""
    (tmp_path / "index.html").write_bytes(forms.FORMS["html"](pack)["index.html"])
    context = chromium.new_context(locale="ja-JP", bypass_csp=True, offline=True)
    tab = context.new_page()
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto((tmp_path / "index.html").as_uri())
    yield tab
    context.close()


def test_the_page_asks_for_nothing_and_everybody_can_read_it(page: Page, asked: list[str]) -> None:
    address = page.url
    assert [url for url in asked if url != address and not url.startswith("data:image/svg+xml;base64,")] == []
    assert page.evaluate("[...document.images].filter(e => !e.complete || !e.naturalWidth).length") == 0
    assert page.evaluate("document.images.length") > 0
    assert page.evaluate("document.documentElement.lang") == "ja"
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        found = Axe().run(page).response["violations"]
        assert [(each["id"], [node["html"][:120] for node in each["nodes"]]) for each in found] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_figures_come_to_life_and_are_still_on_paper_and_without_scripts(
    pack: Pack, page: Page, chromium: Browser
) -> None:
    """Under the page's own policy, which the other tests go round for axe."""
    titles = [table.drawing[1] for table in pack.tables if table.drawing]
    for scripts in (True, False):
        context = chromium.new_context(locale="ja-JP", offline=True, java_script_enabled=scripts)
        tab = context.new_page()
        said: list[str] = []
        tab.on("console", lambda message, said=said: said.append(message.text))
        tab.on("pageerror", lambda fault, said=said: said.append(str(fault)))
        tab.goto(page.url)
        stills, alive = tab.locator("figure img"), tab.locator("figure [role=img]")
        if not scripts:
            assert [stills.nth(at).is_visible() for at in range(stills.count())] == [True] * len(titles)
            context.close()
            continue
        for at in range(len(titles)):
            tab.locator("figure").nth(at).scroll_into_view_if_needed()
            expect(alive).to_have_count(at + 1)
        expect(tab.locator("figure img:not([hidden])")).to_have_count(0)
        assert [alive.nth(at).get_attribute("aria-label") for at in range(alive.count())] == titles
        for how, count in (("beforeprint", 0), ("afterprint", len(titles))):
            tab.evaluate("name => dispatchEvent(new Event(name))", how)
            expect(tab.locator("figure [role=img]:not([hidden])")).to_have_count(count)
            expect(tab.locator("figure img:not([hidden])")).to_have_count(len(titles) - count)
        # The pointer on a bar or a point says its figure.
        drawn = alive.first
        drawn.scroll_into_view_if_needed()
        box = drawn.locator(".points path, .point path").first.bounding_box()
        assert box
        tab.mouse.move(box["x"] - 20, box["y"] + 5)
        tab.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=5)
        expect(drawn.locator(".hoverlayer")).to_contain_text(re.compile(r"[0-9]"))
        assert said == []
        context.close()


def test_the_page_s_tables_are_the_answers_and_stand_with_their_figures(pack: Pack, page: Page) -> None:
    tables = page.evaluate(
        "[...document.querySelectorAll('table')].map(table => [table.caption.textContent,"
        " [...table.tBodies[0].rows].map(row => [...row.cells].map(cell => cell.textContent))])"
    )
    assert tables == [
        [
            table.title,
            [[str_of(cell, c) for cell, c in zip(row, table.columns, strict=True)] for row in table.public.rows],
        ]
        for table in pack.tables
    ]
    figures = page.evaluate("[...document.images].map(each => each.alt)")
    assert figures == [table.drawing[1] for table in pack.tables if table.drawing]
