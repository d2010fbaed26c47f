"""データ探索 in a real browser: build, see and edit the SQL with suggestions, cancel, save, and nothing axe finds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from dx_data import house
from dx_data.custody import analyses
from dx_data.custody.ledger import Act
from tests import screenshots
from tests.test_accessible import english

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not Path(screenshots.CHROMIUM).exists(), reason=f"{screenshots.CHROMIUM} がありません"),
]

_TRIES = 6
_AXE = Axe()  # of the page's own part: the menu of a narrow screen is Streamlit's
ENDLESS = "SELECT count(*) FROM range(10000000000) AS a, range(1000) AS b"


@pytest.fixture(scope="module")
def url(lakes: Path) -> Iterator[str]:
    with screenshots.server(demo=True, log=lakes / "log") as address:
        yield address


@pytest.fixture
def tab(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(
        locale="ja-JP", timezone_id="Asia/Tokyo", viewport={"width": 1280, "height": 1600}, color_scheme="light"
    )
    yield context.new_page()
    context.close()


def go(tab: Page, way: str) -> None:
    tab.get_by_role("radiogroup").get_by_text(way, exact=True).click()
    screenshots.ready(tab)


def pick(tab: Page, label: str, option: str) -> None:
    """Choose from a list, as soon as it offers that: right after another choice it may still be the one before."""
    offered = tab.get_by_role("option", name=option, exact=True).first
    for _ in range(_TRIES):
        box = tab.get_by_role("combobox", name=label).first
        box.click()
        box.fill(option)
        with suppress(PlaywrightTimeoutError):
            offered.click(timeout=5_000)
            break
        tab.keyboard.press("Escape")
        screenshots.ready(tab)
    else:
        pytest.fail(f"『{label}』に『{option}』がありません")
    screenshots.ready(tab)


def clean(tab: Page) -> None:
    """Nothing of axe's, nothing in English, nothing to scroll sideways: wide and narrow, in light and dark."""
    wide = "[document.scrollingElement, document.querySelector('[data-testid=stMain]')].map(e => e.scrollWidth)"
    for scheme in ("dark", "light"):
        tab.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        for width in (390, 1280):
            tab.set_viewport_size({"width": width, "height": 1600})
            screenshots.ready(tab)
            found = _AXE.run(tab, context="[data-testid=stMain]").response["violations"]
            at = {each["id"]: [node["html"][:200] for node in each["nodes"]] for each in found}
            assert (scheme, width, at, english(tab)) == (scheme, width, {}, [])
            assert max(tab.evaluate(wide)) <= width


def test_an_analysis_from_its_purpose_to_a_file(url: str, tab: Page, lakes: Path) -> None:
    screenshots.opened(tab, f"{url}/exploration")
    go(tab, "組み立てる")
    tab.get_by_label("目的").fill("支援の多い課を知る")
    tab.get_by_label("依頼課").fill("DX推進課")
    tab.get_by_role("spinbutton", name="期限 の年").click()
    tab.keyboard.type("20261225")
    tab.get_by_role("button", name="新しく始める").click()
    tab.get_by_text("いまの分析").wait_for()
    screenshots.ready(tab)

    # Built by choosing, and seen as SQL.
    pick(tab, "表", "ツール活用支援")
    pick(tab, "行（何ごとにまとめるか）", "支援課")
    tab.keyboard.press("Escape")
    tab.get_by_text("できるSQLを見る").click()
    expect(tab.get_by_test_id("stCode").first).to_contain_text('FROM "ツール活用支援"')
    tab.get_by_role("button", name="表をつくる").click()
    answer = tab.locator(".st-key-card_explored")
    expect(answer.get_by_role("heading", name="ツール活用支援の件数（支援課別）")).to_be_visible()
    clean(tab)

    # Taken over, and gone on with by keyboard alone: a suggestion, then the run.
    tab.get_by_role("button", name="SQLを編集する").first.click()
    field = tab.get_by_label("SQL", exact=True)
    field.click()
    tab.keyboard.press("Control+End")
    tab.keyboard.type("\nLIM")
    expect(tab.get_by_role("listbox", name="候補").get_by_role("option").first).to_have_text(re.compile("^LIMIT"))
    tab.keyboard.press("Tab")
    tab.keyboard.type(" 2")
    tab.keyboard.press("Escape")
    expect(field).to_have_value(re.compile("LIMIT 2$"))
    tab.keyboard.press("Control+Enter")
    expect(answer.get_by_text("2 行", exact=True)).to_be_visible()
    clean(tab)

    with tab.expect_download() as saving:
        answer.get_by_role("button", name="CSV を保存（内部資料）").click()
    lines = Path(saving.value.path()).read_text("utf-8-sig").splitlines()
    assert (lines[0], len(lines[:3]), "内部資料・架空データ" in "".join(lines)) == ("支援課,件数", 3, True)

    # A query without end is cancelled, and the page answers meanwhile.
    field.fill(ENDLESS)
    tab.get_by_role("button", name="実行").click()
    stop = tab.get_by_role("button", name="中止")
    stop.wait_for()
    tab.get_by_role("button", name=re.compile("^履歴")).click()
    expect(tab.get_by_test_id("stPopoverBody")).to_be_visible()
    tab.keyboard.press("Escape")
    stop.click()
    expect(tab.get_by_test_id("stAlert").first).to_contain_text("中止")
    expect(stop).to_have_count(0)

    with closing(house.open_house(demo=True)) as opened:
        (one,) = analyses.analyses(opened.ledger)
    acts = [step.act for step in one.steps]
    assert acts == [Act.ANALYSIS_ASKED, Act.ANALYSIS_ASKED, Act.ANALYSIS_TAKEN]
    go(tab, "分析の記録")
    expect(tab.get_by_role("heading", name="分析支援記録（1 件）")).to_be_visible()
    clean(tab)
