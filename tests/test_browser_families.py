"""One walk a family in a real browser: upload, accept, read the figure it brings; and the 事績簿 comes back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from dx_data import demo, house, intake
from dx_data import settings as setting
from dx_data.ui import words
from tests import screens, screenshots

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not Path(screenshots.CHROMIUM).exists(), reason=f"{screenshots.CHROMIUM} がありません"),
]

FILES = {file.name: file for file in demo.small()}
# Family: the file that is held back, the page, the question and the column whose figure it brings.
FAMILIES = {
    "手続オンライン化": ("手続台帳_20261120", "procedures", "procedures_headline", "online"),
    "電子申請": ("電子申請実績_20261120", "applications", "applications_headline", "received"),
    "キャッシュレス": ("令和8年度キャッシュレス事績簿", "cashless", "cashless_headline", "amount_yen"),
    "相談・伴走支援": ("相談・伴走支援_20261120", "consultations", "consultations_headline", "cases"),
}
HELD = {next(name for name in FILES if name.startswith(start)) for start, *_ in FAMILIES.values()}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The real server on a demo lake with everything but the held files."""
    folder = tmp_path_factory.mktemp("families")
    with pytest.MonkeyPatch.context() as patch:
        screens.point_to(patch, folder)
        screens.fill_demo(folder, (file for file in FILES.values() if file.name not in HELD))
        with screenshots.server(demo=True, log=folder / "log") as address:
            yield address
    setting.settings.cache_clear()


@pytest.fixture
def page(chromium: Browser, url: str) -> Iterator[Page]:
    """A tab whose every request stays on this computer."""
    context = chromium.new_context(locale="ja-JP", timezone_id="Asia/Tokyo", viewport={"width": 1280, "height": 2000})
    tab = context.new_page()
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    yield tab
    context.close()
    ours = (f"{url}/", "data:", "blob:")
    assert [address for address in asked if not address.startswith(ours)] == []


def shown(question: str, name: str) -> tuple[str, str]:
    """The title and the figure as the page must write them, straight from the lake."""
    opened = house.open_house(demo=True)
    try:
        result = opened.ask(question)
        column = result.question.column(name)
        return column.title, words.with_unit(result.one()[name], column)
    finally:
        opened.close()


def metric(page: Page, title: str) -> str:
    label = page.locator("[data-testid=stMetric]", has_text=title).first
    return label.locator("[data-testid=stMetricValue]").inner_text()


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_s_file_goes_in_and_its_figure_moves(page: Page, url: str, family: str) -> None:
    start, address, question, name = FAMILIES[family]
    file = FILES[next(known for known in FILES if known.startswith(start))]
    before = shown(question, name)[1] if _has_answer(question) else ""
    screenshots.opened(page, f"{url}/intake")
    payload = {"name": file.name, "mimeType": "application/octet-stream", "buffer": file.content}
    page.locator("input[type=file]").set_input_files([payload])  # type: ignore[list-item]
    accept = page.get_by_role("button", name="取り込む", exact=True)
    expect(accept).to_be_visible(timeout=60_000)
    accept.click()
    expect(page.get_by_text("として取り込みました")).to_be_visible(timeout=60_000)
    screenshots.opened(page, f"{url}/{address}")
    title, after = shown(question, name)
    assert after != before
    assert metric(page, title) == after


def _has_answer(question: str) -> bool:
    opened = house.open_house(demo=True)
    try:
        return bool(opened.ask(question).rows)
    finally:
        opened.close()


def test_the_book_of_a_month_is_saved_and_comes_back_through_the_door(page: Page, url: str, tmp_path: Path) -> None:
    opened = house.open_house(demo=True)
    try:
        screens.take(
            FILES[next(name for name in FILES if name.startswith(FAMILIES["キャッシュレス"][0]))], opened, tmp_path
        )
    finally:
        opened.close()
    screenshots.opened(page, f"{url}/cashless")
    button = page.get_by_role("button", name="事績簿を Excel で保存")
    expect(button).to_be_visible(timeout=60_000)
    with page.expect_download() as saved:
        button.click()
    path = tmp_path / saved.value.suggested_filename
    saved.value.save_as(path)
    opened = house.open_house(demo=True)
    try:
        found = intake.review(path, opened, opened.settings)
        assert [p.sentence for p in (*found.problems, *found.asks)] == []
        assert found.tables[0].dataset == "receipts"
        assert found.plan is not None
        # What was handed out says what is stored: nothing is new, nothing would be replaced away.
        assert (found.plan.counts["added"], found.plan.counts["missing"]) == (0, 0)
        assert found.plan.counts["unchanged"] > 0
    finally:
        opened.close()
