"""Four people at their work, in a real browser against the real server: each does one thing from beginning to end."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from dx_data import demo, house
from dx_data import settings as setting
from dx_data.custody.ledger import Act
from dx_data.datasets import DATASETS
from dx_data.ui import words
from tests import screens, screenshots

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not Path(screenshots.CHROMIUM).exists(), reason=f"{screenshots.CHROMIUM} がありません"),
]

FILES = {file.name: file for file in demo.small()}
# What the contractor brings this week, by dataset; the third is faulty.
WEEK = {
    "applications": "電子申請実績_20261120T173000+0900.csv",
    "consultations": "相談・伴走支援_20261120T091000+0900.csv",
    "inquiries": "ヘルプデスク問合せ_20261120T092500+0900.csv",
    "ocr_requests": "AI-OCR依頼_20261120T093000+0900.csv",
}
FAULTY = WEEK["inquiries"]
BEFORE = ("所管課マスター", "窓口マスター", "システムマスター", "フォーム管理台帳", "手続台帳", "電子申請")
A4 = (718, 1047)  # CSS pixels between the margins of 10 mm

# Paper comes at once: how far the drawings reach on it before anything could be drawn anew.
SHRUNK = """width => {
    const app = document.querySelector('.stApp');
    app.style.setProperty('inline-size', width, 'important');
    const reach = [...document.querySelectorAll('.main-svg, .main-svg text')].map(e => e.getBoundingClientRect().right);
    app.style.removeProperty('inline-size');
    return Math.max(...reach);
}"""


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A demo lake as it was before this week's files."""
    folder = tmp_path_factory.mktemp("stories")
    with pytest.MonkeyPatch.context() as patch:
        screens.point_to(patch, folder)
        kept = (file for file in FILES.values() if file.name.startswith(BEFORE) and file.name not in WEEK.values())
        screens.fill_demo(folder, kept)
        yield folder
    setting.settings.cache_clear()


@pytest.fixture(scope="module")
def url(lake: Path) -> Iterator[str]:
    with screenshots.server(demo=True, log=lake / "log") as address:
        yield address


def person(chromium: Browser) -> BrowserContext:
    """A browser of one's own: nothing is shared with the others but the server."""
    return chromium.new_context(locale="ja-JP", timezone_id="Asia/Tokyo", viewport={"width": 1280, "height": 1600})


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = person(chromium)
    yield context.new_page()
    context.close()


@pytest.fixture
def home(lake: Path) -> Iterator[house.House]:
    """The same lake, looked at from beside the screen."""
    opened = house.open_house(demo=True)
    yield opened
    opened.close()


def figure(page: Page, title: str) -> str:
    """A headline figure as it is read."""
    shown = page.locator("[data-testid=stMetric]", has_text=title).first
    return shown.locator("[data-testid=stMetricValue]").inner_text()


def card(page: Page, question: str) -> Locator:
    return page.locator(f".st-key-card_{question}")


def test_somebody_looks_up_this_quarter_and_shares_a_link(
    chromium: Browser, page: Page, url: str, home: house.House
) -> None:
    """DX推進課: from the overview to a page, a filter, and the address to a colleague."""
    screenshots.opened(page, url)
    strip = page.get_by_role("region", name="はじめての方へ")
    expect(strip.get_by_role("listitem")).to_have_count(5)
    strip.get_by_role("button", name="閉じる").click()
    expect(strip).to_be_hidden()

    page.get_by_role("link", name="電子申請へ").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("電子申請")
    screenshots.ready(page)
    page.get_by_role("combobox", name="年度").click()
    page.get_by_role("option", name="令和8年度").click()
    page.get_by_role("combobox", name="組織の見方").click()
    page.get_by_role("option", name="当時").click()
    expect(page.get_by_role("heading", name="当時の所管課別")).to_be_visible(timeout=30_000)
    screenshots.ready(page)
    quarter = card(page, "applications_by_period").locator("tr", has_text="第3四半期").first.locator("td")
    seen = quarter.all_inner_texts()
    (counted,) = [row for row in home.ask("applications_by_period").records() if row["period"].endswith("第3四半期")]
    assert seen[1] == words.number(counted["received"])
    address = page.url
    lasting = (
        card(page, "applications_by_period").get_by_role("link", name="この表示へのリンク").evaluate("a => a.href")
    )

    colleague = person(chromium)
    for shared in (address, lasting):
        other = screenshots.opened(colleague.new_page(), shared)
        expect(other.get_by_role("heading", name="当時の所管課別")).to_be_visible()
        again = card(other, "applications_by_period").locator("tr", has_text="第3四半期").first.locator("td")
        assert again.all_inner_texts() == seen
    colleague.close()

    # The strip that was closed stays closed in this browser, and comes back where somebody wants it.
    screenshots.opened(page, url)
    expect(page.get_by_role("region", name="はじめての方へ")).to_be_hidden()
    screenshots.opened(page, f"{url}/help").get_by_role("button", name="もう一度出す").click()
    screenshots.opened(page, url)
    expect(page.get_by_role("region", name="はじめての方へ")).to_be_visible()


def test_a_section_chief_reads_what_a_figure_means_and_the_rows_behind_it(
    page: Page, url: str, home: house.House
) -> None:
    """A section chief: one figure, its definition, its rows with file, sheet and row."""
    screenshots.opened(page, f"{url}/applications")
    shown = card(page, "applications_headline")
    defined = home.catalog.named("applications_headline").definition
    note = shown.locator("details", has_text=defined.figure)
    expect(note).not_to_have_attribute("open", "")
    note.locator("summary").click()
    expect(note).to_have_attribute("open", "")
    expect(note).to_contain_text(f"除外:{defined.exclusions}")

    lines = len(home.ledger.lines())
    said = figure(page, "申請件数")
    shown.get_by_text("この数字の元").click()
    shown.get_by_role("radio", name=f"申請件数 {said}", exact=True).click()
    rows = shown.get_by_role("table", name=re.compile("数えた行：電子申請"))
    expect(rows).to_be_visible(timeout=30_000)
    number = int(re.sub(r"\D", "", said))
    assert rows.locator("caption").inner_text() == f"数えた行：電子申請 {number:,} 行"
    heads = rows.locator("thead th").all_inner_texts()
    assert heads[-5:] == ["ファイル", "シート", "行", "取込番号", "預り証"]
    first = dict(zip(heads, rows.locator("tbody tr").first.locator("td").all_inner_texts(), strict=True))
    # What the screen says of the first row is what stands in that row of that file.
    source = FILES[first["ファイル"].replace("\n", "")].content.decode("cp932").splitlines()
    there = dict(zip(*csv.reader([source[0], source[int(first["行"]) - 1]]), strict=True))
    assert first["申請番号"] in there.values()
    (viewed,) = home.ledger.lines()[lines:]
    assert (viewed.act, viewed.detail["figure"]) == (Act.VIEWED, "received")

    shown.get_by_role("link", name="定義集で見る").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("定義集")
    screenshots.ready(page)
    entry = page.locator("details.dx-definition")
    expect(entry).to_have_count(1)
    expect(entry).to_contain_text(defined.numerator)
    entry.get_by_role("link", name="電子申請", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("電子申請")


def test_somebody_prints_a_page(page: Page, url: str) -> None:
    """Paper: no navigation, open tables, whole charts, a title and the day the figures speak of."""
    screenshots.opened(page, f"{url}/applications")
    drawn = card(page, "applications_by_month").locator(".svg-container")
    expect(drawn).to_be_visible()
    wide = drawn.evaluate("box => box.offsetWidth")
    assert wide > A4[0]
    # The page's own way to paper (how it waits for its drawings: test_printing.py).
    page.evaluate("window.print = () => { document.documentElement.dataset.printed = 'yes' }")
    printed = page.locator("html[data-printed]")
    for way in (page.get_by_role("button", name="このページを印刷").click, lambda: page.keyboard.press("Control+p")):
        way()
        expect(printed).to_have_count(1)
        expect(page.locator("html.dx-paper")).to_have_count(0)
        expect(drawn).to_have_css("width", f"{wide}px")
        page.evaluate("delete document.documentElement.dataset.printed")

    # The browser's own menu prints the page as it stands; its charts shrink.
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.evaluate(SHRUNK, f"{A4[0]}px") <= A4[0]
    page.set_viewport_size({"width": A4[0], "height": A4[1]})
    expect(page.get_by_role("banner")).to_be_hidden()
    for name in ("このページを印刷", "保存"):
        assert page.get_by_role("button", name=name, exact=True).count() == 0
    expect(page.get_by_role("heading", level=1)).to_have_text("電子申請【架空データ】")
    cards = page.locator("[class*=st-key-card_]:has(h2):has(dt)")
    assert cards.count() > 10
    for shown in cards.all():
        expect(shown.get_by_text("いつ時点")).to_be_visible()
    months = card(page, "applications_by_month").locator(".dx-table tbody tr")
    expect(months.first).to_be_visible()
    assert page.get_by_text("数値を押すと、その元の行を示します").first.is_hidden()
    edges = "boxes => boxes.map(box => box.getBoundingClientRect().right)"
    assert max(page.locator(".svg-container, .main-svg, .dx-table, h1, h2").evaluate_all(edges)) <= A4[0]
    pages = page.pdf(prefer_css_page_size=True)
    sizes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pages)
    assert {(round(float(width)), round(float(height))) for width, height in sizes} == {(595, 842)}


# Of every figure in a table the lines it stands on, and of every table its right edge.
LINES = """cells => cells.filter(cell => cell.checkVisibility()).map(cell => {
    const text = document.createRange();
    text.selectNodeContents(cell);
    return [cell.textContent, new Set([...text.getClientRects()].map(line => Math.round(line.top))).size];
})"""
EDGES = "tables => tables.map(table => Math.round(table.getBoundingClientRect().right))"


def test_no_figure_is_cut_in_two_on_paper(page: Page, url: str) -> None:
    """Tables of a dozen columns fit on A4 with each figure on one line."""
    page.set_viewport_size({"width": A4[0], "height": A4[1]})
    screenshots.opened(page, f"{url}/procedures")
    page.emulate_media(media="print")
    figures = page.locator(".dx-table td.dx-number").evaluate_all(LINES)
    assert len(figures) > 100
    assert [text for text, lines in figures if lines > 1] == []
    assert max(page.locator(".dx-table").evaluate_all(EDGES)) <= A4[0]


def test_the_overview_on_paper_has_its_figures_two_abreast_and_what_is_folded(page: Page, url: str) -> None:
    """On A4 the four figures stand two and two; every card has its definition, dates and source, and no button."""
    screenshots.opened(page, f"{url}/")
    tiles = page.locator("[data-testid=stHorizontalBlock]:has(> :nth-child(4)) [class*=st-key-card_fold_]")
    folded = page.locator(".dx-print-only")
    expect(folded.first).to_be_hidden()
    page.evaluate("document.documentElement.classList.add('dx-paper')")
    for paper in (False, True):
        if paper:
            page.set_viewport_size({"width": A4[0], "height": A4[1]})
            page.emulate_media(media="print")
        boxes = [box for tile in tiles.all() if (box := tile.bounding_box())]
        assert [len({round(box[side]) for box in boxes}) for side in ("x", "y")] == [2, 2]
        assert max(box["x"] + box["width"] for box in boxes) <= A4[0] + page.evaluate("scrollX")
    assert folded.count() == 7
    for said in folded.all():
        for name in ("注", "いつ時点", "更新日", "出典"):
            expect(said.get_by_text(name, exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="定義・保存").first).to_be_hidden()


def test_a_contractor_brings_four_weekly_files_one_of_them_faulty(page: Page, url: str, home: house.House) -> None:
    """受注者: three go in with one yes; the fourth says where, what and how to mend, and nothing of it is stored."""
    rows = list(csv.reader(io.StringIO(FILES[FAULTY].content.decode("cp932"))))
    place = rows[0].index("受付日時")
    rows[2][place] = "2026/02/30 10:00"
    written = io.StringIO()
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows(rows)
    content = {name: FILES[name].content for name in WEEK.values()} | {FAULTY: written.getvalue().encode("cp932")}
    before = {load.load for load in home.lake.loads()}

    screenshots.opened(page, f"{url}/intake")
    files = [{"name": name, "mimeType": "text/csv", "buffer": content[name]} for name in WEEK.values()]
    page.locator("input[type=file]").set_input_files(files)  # type: ignore[arg-type]
    ready = page.get_by_role("button", name="3 件をすべて取り込む")
    expect(ready).to_be_visible(timeout=60_000)
    faulty = page.locator("[class*=st-key-file_]", has=page.get_by_role("heading", name=f"{FAULTY} — 取り込めません"))
    told = faulty.locator("[data-testid=stAlert]").first.inner_text()
    sentence = "列『受付日時』、3行目:「2026/02/30 10:00」は暦にない日付です → 月と日を確かめて直してください"
    assert told.replace("\u200b", "").partition("列")[2] == sentence.partition("列")[2]
    ready.click()
    expect(page.get_by_text("として取り込みました")).to_have_count(3, timeout=60_000)
    expect(faulty).to_be_visible()

    loaded = [load for load in home.lake.loads() if load.load not in before]
    assert {load.file for load in loaded} == set(WEEK.values()) - {FAULTY}
    with home.lake.cursor() as cursor:
        kept = {
            name: cursor.execute(f"SELECT count(*) FROM {home.lake.at().rows(DATASETS[name])}").fetchone()
            for name in WEEK
            if name in home.lake.at().columns()
        }
    assert sorted(kept) == sorted(set(WEEK) - {"inquiries"})
    assert min(count for (count,) in kept.values() if count is not None) > 0
    # Back at the figures: those of the faulty file still wait for it.
    screenshots.opened(page, f"{url}/desk")
    expect(card(page, "inquiries_open")).to_contain_text("まだありません")
