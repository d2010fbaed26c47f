"""axe-core on every page in light and dark, at two narrow widths, in forced colours: in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests import screens, screenshots

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not Path(screenshots.CHROMIUM).exists(), reason=f"{screenshots.CHROMIUM} がありません"),
]

# Streamlit's own, by page and axe's rule: its upload field is a `section` that is presentation and has a name at once.
STREAMLITS = {("intake", "presentation-role-conflict")}
_WIDTHS = (390, 640)  # a telephone; a screen of 1280 pixels at 200 %
_AXE = Axe()
# The words of figures of which a part lies outside its figure.
_CUT_OFF = """[...document.querySelectorAll('.js-plotly-plot')].flatMap(plot => {
    const edge = plot.getBoundingClientRect()
    const inside = word => word.left > edge.left - 1 && word.right < edge.right + 1
    return [...plot.querySelectorAll('svg text')].filter(text => text.checkVisibility({visibilityProperty: true}))
        .filter(text => !inside(text.getBoundingClientRect())).map(text => text.textContent)
})"""


@pytest.fixture(scope="module")
def url(lakes: Path) -> Iterator[str]:
    with screenshots.server(demo=True, log=lakes / "log") as address:
        yield address


@pytest.fixture
def tab(chromium: Browser) -> Iterator[Page]:
    """A tab into which a tool may be put, past the page's own policy."""
    context = chromium.new_context(
        locale="ja-JP",
        timezone_id="Asia/Tokyo",
        viewport={"width": 1280, "height": 2000},
        color_scheme="light",
        bypass_csp=True,
    )
    yield context.new_page()
    context.close()


def findings(tab: Page) -> dict[str, list[str]]:
    """What axe finds, by its rule, with the elements."""
    return {
        violation["id"]: [node["html"][:200] for node in violation["nodes"]]
        for violation in _AXE.run(tab).response["violations"]
    }


def english(tab: Page) -> list[str]:
    """The lines of a page, and the names and hints of its controls, that nobody translated."""
    names = tab.evaluate(
        "[...document.querySelectorAll('[aria-label],[title],[placeholder]')].flatMap(node =>"
        " ['aria-label', 'title', 'placeholder'].map(name => node.getAttribute(name) || ''))"
    )
    said = [tab.locator("[data-testid=stMain]").inner_text(), *names]
    return [line for text in said for line in text.splitlines() if screens.ENGLISH.search(line)]


def darkened(tab: Page) -> None:
    """Turn the page dark, and wait until it is."""
    ground = "getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"
    light = tab.evaluate(ground)
    tab.emulate_media(color_scheme="dark")
    tab.wait_for_function(f"{ground} !== {light!r}")
    screenshots.ready(tab)


@pytest.mark.parametrize("stem", screens.STEMS)
def test_a_page_is_for_everyone(url: str, tab: Page, stem: str) -> None:
    """Japanese, nothing of axe's but what is Streamlit's, in light and dark, nothing scrolled sideways or cut off."""
    screenshots.opened(tab, f"{url}/{stem}")
    assert tab.evaluate("document.documentElement.lang") == "ja"
    assert "【架空データ】" in tab.title()
    assert not tab.get_by_text("この画面の一部を表示できません").count()
    assert english(tab) == []
    found = {"light": findings(tab)}
    darkened(tab)
    found["dark"] = findings(tab)
    ours = {
        theme: {rule: at for rule, at in each.items() if (stem, rule) not in STREAMLITS}
        for theme, each in found.items()
    }
    assert ours == {"light": {}, "dark": {}}
    tab.emulate_media(forced_colors="active")
    assert forced(tab) == []
    tab.emulate_media(forced_colors="none")
    for width in _WIDTHS:
        tab.set_viewport_size({"width": width, "height": 844})
        screenshots.ready(tab)
        assert english(tab) == []
        wide = "[document.scrollingElement, document.querySelector('[data-testid=stMain]')].map(e => e.scrollWidth)"
        assert max(tab.evaluate(wide)) <= width
        assert tab.evaluate(_CUT_OFF) == []


def test_the_overview_is_seen_at_one_glance(url: str, tab: Page) -> None:
    """On 1280 × 900 the four figures stand in the upper two thirds; targets and what is due need little scrolling."""
    screenshots.opened(tab, f"{url}/")
    tab.get_by_role("region", name="はじめての方へ").get_by_role("button", name="閉じる").click()  # seen once
    ends = tab.evaluate(
        "[...document.querySelectorAll('[class*=st-key-card_fold_]')].map(e => e.getBoundingClientRect().bottom)"
    )
    assert len(ends) == 8
    assert max(ends[:4]) <= 600
    assert max(ends[4:6]) <= 900 * 1.25
    assert max(ends) <= 900 * 2
    tab.get_by_role("button", name="定義・保存").first.click()
    fold = tab.get_by_test_id("stPopoverBody")
    fold.get_by_text("この表示へのリンク").wait_for()
    fold.get_by_role("button", name="CSV を保存（内部資料）").wait_for()
    assert findings(tab) == {}
    darkened(tab)
    assert findings(tab) == {}


def test_a_fault_is_found(url: str, tab: Page) -> None:
    """The tool is awake: a picture without words and a skipped heading are said."""
    screenshots.opened(tab, f"{url}/dictionary")
    broken = '<img src="x"><h5>飛ばした見出し</h5>'
    tab.evaluate("broken => document.querySelector('h1').insertAdjacentHTML('afterend', broken)", broken)
    assert {"image-alt", "heading-order"} <= set(findings(tab))


_REACHABLE = """[...document.querySelectorAll('a[href], button, summary, input, .dx-scroll')].filter(
    e => e.checkVisibility({visibilityProperty: true}) && e.tabIndex >= 0 && !e.disabled)"""


def test_everything_is_reached_by_keyboard_and_seen_in_focus(url: str, tab: Page) -> None:
    """Tab visits the navigation, the filter, each scrolling table, each 「数値で見る」 and each button."""
    screenshots.opened(tab, f"{url}/applications")
    tab.evaluate("window.dxSeen = []")
    for _ in range(3 * tab.evaluate(f"{_REACHABLE}.length")):
        tab.keyboard.press("Tab")
        if tab.evaluate("window.dxSeen.length > 1 && document.activeElement === window.dxSeen[0]"):
            break  # once round
        tab.evaluate("window.dxSeen.push(document.activeElement)")
        ring = tab.evaluate(
            "(e => e === document.body || [getComputedStyle(e).outlineStyle, getComputedStyle(e).boxShadow]"
            ".some(s => s !== 'none'))(document.activeElement)"
        )
        assert ring, tab.evaluate("document.activeElement.outerHTML.slice(0, 120)")
    missed = f"{_REACHABLE}.filter(e => !window.dxSeen.includes(e)).map(e => e.outerHTML.slice(0, 120))"
    assert tab.evaluate(missed) == []


# Charts draw their own colours, as pictures do; everything else must have the person's.
_COLOUR = """() => {
    const own = document.createElement("div");
    own.style.cssText = "color: CanvasText; forced-color-adjust: none";
    document.body.append(own);
    const { color } = getComputedStyle(own);
    own.remove();
    return color;
}"""
_LOST = """colour => [...document.querySelectorAll('[data-testid=stMain] :is(h1, h2, p, td, th, dd, label, li)')]
    .filter(e => e.checkVisibility() && e.textContent.trim() && !e.closest('svg, a, button, summary, .js-plotly-plot'))
    .filter(e => getComputedStyle(e).color !== colour).map(e => e.outerHTML.slice(0, 120))"""


def forced(tab: Page) -> list[str]:
    """What a page loses in forced colours: words not in the person's colour, frames and marks that are gone."""
    lost: list[str] = tab.evaluate(_LOST, tab.evaluate(_COLOUR))
    lines = (
        (".dx-demo", "borderTopStyle", "dashed"),
        (".dx-table thead th", "borderBottomStyle", "solid"),
        (".dx-month .dx-day", "borderTopStyle", "solid"),
        (".dx-month .dx-lacking", "borderTopWidth", "3px"),
        (".dx-list .dx-late", "listStyleType", '"▲ "'),
    )
    for selector, name, wanted in lines:
        for found in tab.locator(selector).evaluate_all(f"all => all.map(e => getComputedStyle(e).{name})"):
            if found != wanted:
                lost.append(f"{selector} {name}: {found}")
    ring = "e => { e.focus({ focusVisible: true }); return getComputedStyle(e).outlineStyle }"
    for selector in ("summary", "[data-testid=stMain] button", "[data-testid=stMain] a[href]"):
        for each in tab.locator(selector).all()[:1]:
            if each.is_visible() and each.evaluate(ring) == "none":
                lost.append(f"{selector}: no focus")
    return lost


def test_forced_colours_are_noticed_when_something_defies_them(url: str, tab: Page) -> None:
    tab.emulate_media(forced_colors="active")
    screenshots.opened(tab, f"{url}/help")
    assert forced(tab) == []
    tab.evaluate("document.querySelector('h1').style.cssText = 'forced-color-adjust: none; color: #ccc'")
    tab.evaluate("document.querySelector('.dx-demo').style.border = 'none'")
    assert [line.partition(" ")[0] for line in forced(tab)] == ["<h1", ".dx-demo"]
