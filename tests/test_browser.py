"""The walk that the product is for, in a real browser against the real server: upload, check, accept, read, undo."""

from __future__ import annotations

import csv
import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from PIL import Image, ImageChops, ImageStat
from playwright.sync_api import Browser, Locator, Page, expect

from dx_data import demo, house, intake
from dx_data import settings as setting
from dx_data.access import Person, Role
from dx_data.custody.ledger import Act
from tests import screens, screenshots

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not Path(screenshots.CHROMIUM).exists(), reason=f"{screenshots.CHROMIUM} がありません"),
]

PERSON = Person("試験", frozenset(Role))
FILES = {file.name: file for file in demo.small()}
SVG = "{http://www.w3.org/2000/svg}"
FIRST, SECOND = sorted(name for name in FILES if name.startswith("電子申請実績"))


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A demo lake with everything but the newest export of applications."""
    folder = tmp_path_factory.mktemp("browser")
    with pytest.MonkeyPatch.context() as patch:
        screens.point_to(patch, folder)
        screens.fill_demo(folder, (file for file in FILES.values() if file.name != SECOND))
        yield folder
    setting.settings.cache_clear()


@pytest.fixture(scope="module")
def url(lake: Path) -> Iterator[str]:
    with screenshots.server(demo=True, log=lake / "log") as address:
        yield address


@pytest.fixture
def page(chromium: Browser, url: str) -> Iterator[Page]:
    """A tab whose every request is noted; at the end none has left this computer, and no rule of ours was broken."""
    context = chromium.new_context(locale="ja-JP", timezone_id="Asia/Tokyo", viewport={"width": 1280, "height": 1600})
    tab = context.new_page()
    asked: list[str] = []
    said: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("websocket", lambda socket: asked.append(socket.url))
    tab.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    tab.on("pageerror", lambda fault: said.append(str(fault)))
    yield tab
    context.close()
    ours = (f"{url}/", f"{url.replace('http', 'ws', 1)}/", "data:", "blob:")
    assert asked
    assert [address for address in asked if not address.startswith(ours)] == []
    assert [text for text in said if "Content Security Policy" in text or "Refused to" in text] == []


def go(page: Page, title: str) -> None:
    """To another page through the navigation, as people do."""
    item = page.get_by_role("menuitem", name=title, exact=True)
    for menu in page.get_by_test_id("stTopNavSection").all():
        menu.click()
        page.get_by_role("menu").wait_for()
        if item.count():
            break
        page.keyboard.press("Escape")
    item.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(title)
    screenshots.ready(page)


def received(page: Page) -> str:
    """The first headline figure of 電子申請."""
    label = page.locator("[data-testid=stMetric]", has_text="申請件数")
    return label.locator("[data-testid=stMetricValue]").inner_text()


def upload(page: Page, *files: tuple[str, bytes]) -> None:
    payloads = [{"name": name, "mimeType": "text/csv", "buffer": content} for name, content in files]
    page.locator("input[type=file]").set_input_files(payloads)  # type: ignore[arg-type]


def desk(page: Page, title: str) -> Locator:
    """The card of one file, once it says so."""
    heading = page.get_by_role("heading", name=title)
    expect(heading).to_be_visible(timeout=30_000)
    screenshots.ready(page)
    return page.locator("[class*=st-key-file_]", has=heading)


def test_a_kintone_file_goes_in_and_its_figures_are_on_the_screen(page: Page, url: str, lake: Path) -> None:
    screenshots.opened(page, f"{url}/applications")
    before = received(page)
    go(page, "データ取込")
    upload(page, (SECOND, FILES[SECOND].content))
    card = desk(page, f"{SECOND} — 確認待ち")
    expect(card).to_contain_text("取り込むと、こう変わります")
    expect(card).to_contain_text("2026年11月20日(金)（ファイル名）")
    card.get_by_role("button", name="取り込む", exact=True).click()
    expect(page.get_by_text("として取り込みました")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("預り証 第")).to_be_visible()
    go(page, "電子申請")
    after = received(page)
    opened = house.open_house(demo=True)
    assert after == f"{opened.ask('applications_headline').one()['received']:,}件"
    opened.close()
    assert after != before

    go(page, "取込履歴")
    page.get_by_text("を取り消し、この取込が書いた行を前の値に戻します").click()
    screenshots.ready(page)
    page.get_by_role("button", name="取り消す").click()
    expect(page.get_by_text("取り消しました。")).to_be_visible(timeout=30_000)
    go(page, "電子申請")
    assert received(page) == before


def test_a_faulty_file_says_place_fault_and_remedy(page: Page, url: str, lake: Path) -> None:
    rows = list(csv.reader(io.StringIO(FILES[SECOND].content.decode("cp932"))))
    rows[1][rows[0].index("申請日時")] = "2026/02/30 10:00"
    written = io.StringIO()
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows(rows)
    faulty = written.getvalue().encode("cp932")
    screenshots.opened(page, f"{url}/intake")
    upload(page, ("誤り_20261120T173000+0900.csv", faulty))
    card = desk(page, "誤り_20261120T173000+0900.csv — 取り込めません")
    sentence = card.locator("[data-testid=stAlert]").first.inner_text()
    assert "列『申請日時』" in sentence
    assert "行目" in sentence
    assert "→" in sentence
    with page.expect_download() as waiting:
        card.get_by_role("button", name="誤りの一覧を CSV で保存").click()
    saved = Path(waiting.value.path()).read_bytes()
    assert waiting.value.suggested_filename == "誤り一覧_誤り_20261120T173000+0900.csv"
    rows = list(csv.reader(io.StringIO(saved.decode("utf-8-sig"))))
    assert rows[0] == ["シート", "行", "項目", "値", "誤り", "直し方"]
    assert rows[1][2] == "申請日時"
    assert rows[1][3].startswith("2026/02/30")

    # The same file without its faulty row is one decision away.
    card.get_by_text("誤りのある行を除いて取り込む").click()
    card.get_by_role("button", name="この内容で確かめ直す").click()
    card = desk(page, "誤り_20261120T173000+0900.csv — 確認待ち")
    expect(card.get_by_role("button", name="取り込む", exact=True)).to_be_visible()


def test_a_returned_book_is_mended_and_accepted(page: Page, url: str, lake: Path) -> None:
    rows = list(csv.reader(io.StringIO(FILES[SECOND].content.decode("cp932"))))
    day = rows[0].index("申請日時")
    right, rows[1][day] = rows[1][day], "未定"
    written = io.StringIO()
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows(rows)
    screenshots.opened(page, f"{url}/intake")
    upload(page, ("返す_20261120T173000+0900.csv", written.getvalue().encode("cp932")))
    card = desk(page, "返す_20261120T173000+0900.csv — 取り込めません")
    with page.expect_download() as waiting:
        card.get_by_role("button", name="差戻しExcel を保存").click()
    assert waiting.value.suggested_filename == "差戻し_返す_20261120T173000+0900.xlsx"
    book = openpyxl.load_workbook(io.BytesIO(Path(waiting.value.path()).read_bytes()))
    assert book.sheetnames == ["差戻し一覧", "データ"]
    assert book["差戻し一覧"]["D6"].value == "申請日時"
    place = book["差戻し一覧"]["C6"].value
    assert book["データ"][place].value == "未定"
    assert book["データ"][place].comment is not None
    book["データ"][place] = right
    mended = io.BytesIO()
    book.save(mended)
    upload(page, (waiting.value.suggested_filename, mended.getvalue()))
    card = desk(page, "差戻し_返す_20261120T173000+0900.xlsx — 確認待ち")
    card.get_by_role("button", name="取り込む", exact=True).click()
    expect(page.get_by_text("として取り込みました")).to_be_visible(timeout=30_000)
    opened = house.open_house(demo=True)
    subjects = [line.subject for line in opened.ledger.lines() if line.act == Act.HAND_OVER]
    load = opened.lake.loads()[0].load
    intake.undo(load, opened, PERSON)
    opened.close()
    assert subjects[-1] == "差戻しExcel"


def test_a_heading_nobody_declared_waits_for_a_decision(page: Page, url: str) -> None:
    header, *lines = FILES[SECOND].content.decode("cp932").splitlines()
    content = "\r\n".join([f'{header},"謎の列"', *(f'{line},"1"' for line in lines)]).encode("cp932")
    screenshots.opened(page, f"{url}/intake")
    upload(page, ("見出し_20261120T173000+0900.csv", content))
    card = desk(page, "見出し_20261120T173000+0900.csv — 確認待ち")
    expect(card.locator("[data-testid=stAlert]").first).to_contain_text("謎の列")
    expect(card.get_by_role("button", name="取り込む", exact=True)).to_have_count(0)
    card.get_by_label("見出し『謎の列』").click()
    page.get_by_role("option", name="取り込まない").click()
    card.get_by_role("button", name="この内容で確かめ直す").click()
    expect(card.get_by_role("button", name="取り込む", exact=True)).to_be_visible(timeout=30_000)


def decide(page: Page, card: Locator, label: str, answer: str) -> None:
    card.get_by_label(label).click()
    page.get_by_role("option", name=answer, exact=True).click()


def load(page: Page, card: Locator) -> None:
    card.get_by_role("button", name="取り込む", exact=True).click()
    expect(page.get_by_text("として取り込みました")).to_be_visible(timeout=30_000)


def weekly(number: str, when: str, status: str = "完了") -> bytes:
    """An export with headings of its own."""
    return f"システム,うけつけの番号,申請日時,処理状況,端末メモ\nLoGoフォーム,{number},{when},{status},1\n".encode()


def test_a_heading_is_decided_once_and_remembered(page: Page, url: str) -> None:
    screenshots.opened(page, f"{url}/intake")
    upload(page, ("一週目_20261113.csv", weekly("W1", "2026/11/12 09:00", "おわり")))
    card = desk(page, "一週目_20261113.csv — 取り込めません")
    expect(card).to_contain_text("値の例：W1")
    expect(card).to_contain_text("申請番号（必須）")
    decide(page, card, "見出し『うけつけの番号』", "申請番号")
    decide(page, card, "見出し『端末メモ』", "取り込まない")
    card.get_by_role("button", name="この内容で確かめ直す").click()
    expect(card.get_by_text("『おわり』（1 件）の読み替え")).to_be_visible(timeout=30_000)
    decide(page, card, "『おわり』（1 件）の読み替え", "完了")
    card.get_by_role("button", name="この内容で確かめ直す").click()
    load(page, desk(page, "一週目_20261113.csv — 確認待ち"))

    screenshots.opened(page, f"{url}/intake")
    upload(page, ("二週目_20261120.csv", weekly("W2", "2026/11/19 09:00", "おわり")))
    card = desk(page, "二週目_20261120.csv — 確認待ち")
    card.get_by_text("自動で直したもの（").click()
    expect(card.get_by_text("見出し『うけつけの番号』を『申請番号』として読みました")).to_be_visible()
    expect(card.get_by_text("『おわり』を『完了』と読みました")).to_be_visible()
    load(page, card)

    go(page, "取込履歴")
    expect(page.get_by_role("heading", name="読み替えと手直しの記憶（3 件）")).to_be_visible()
    page.get_by_text("を、次のファイルから使わないようにします").click()
    screenshots.ready(page)
    page.get_by_role("button", name="記憶を取り消す").click()
    expect(page.get_by_role("heading", name="読み替えと手直しの記憶（2 件）")).to_be_visible(timeout=30_000)


def test_a_faulty_cell_is_mended_in_the_grid_and_stays_mended(page: Page, url: str) -> None:
    head = "システム,申請番号,申請日時,処理状況\n"
    faulty = f"{head}LoGoフォーム,G1,2026/02/30 10:00,完了\n"
    screenshots.opened(page, f"{url}/intake")
    upload(page, ("手直し_20261113.csv", faulty.encode()))
    card = desk(page, "手直し_20261113.csv — 取り込めません")
    grid = card.locator("[data-testid=stDataFrame]")
    expect(grid.locator("canvas").first).to_be_visible()
    grid.scroll_into_view_if_needed()
    box = grid.bounding_box()
    assert box
    page.mouse.dblclick(box["x"] + box["width"] - 60, box["y"] + box["height"] - 18)
    editor = page.locator("#portal textarea")
    editor.fill("2026/02/28 10:00")
    editor.press("Enter")
    expect(editor).to_have_count(0)
    page.wait_for_timeout(500)  # the grid tells its edits with a delay that has no sign to wait for
    card.get_by_label("手直しの理由").fill("窓口に確かめた")
    card.get_by_role("button", name="この内容で確かめ直す").click()
    load(page, desk(page, "手直し_20261113.csv — 確認待ち"))

    screenshots.opened(page, f"{url}/intake")
    upload(page, ("手直し_20261120.csv", f"{faulty}LoGoフォーム,G2,2026/11/19 10:00,完了\n".encode()))
    card = desk(page, "手直し_20261120.csv — 確認待ち")
    card.get_by_text("自動で直したもの（").click()
    expect(card.get_by_text("手直しを当てました")).to_be_visible()
    load(page, card)
    go(page, "取込履歴")
    expect(page.get_by_text("「2026/02/30 10:00」→「2026/02/28 10:00」 理由：窓口に確かめた").first).to_be_visible()


def test_several_files_stand_alone(page: Page, url: str) -> None:
    screenshots.opened(page, f"{url}/intake")
    upload(page, (FIRST, FILES[FIRST].content), ("空_20261120T173000+0900.csv", b""))
    desk(page, f"{FIRST} — 変更なし")
    desk(page, "空_20261120T173000+0900.csv — 取り込めません")


def test_a_refused_file_gets_its_note_and_its_groups_are_apart(page: Page, url: str) -> None:
    header, *lines = FILES[SECOND].content.decode("cp932").splitlines()
    rows = [f'{line},"1"'.replace("完了", "ふしぎ", 1) for line in lines]
    content = "\r\n".join([f'{header},"謎の列"', *rows]).replace("2026/", "2026/99/", 1).encode("cp932")
    screenshots.opened(page, f"{url}/intake")
    upload(page, ("断る_20261120T173000+0900.csv", content))
    card = desk(page, "断る_20261120T173000+0900.csv — 取り込めません")
    said = card.inner_text()
    assert -1 < said.index("受け取れない（1 種類）") < said.index("直して受け取る（2 種類）")
    assert "機械可読性ルール L2-04" in said
    card.get_by_role("button", name="受け取らず、断った記録を残す").click()
    with page.expect_download() as waiting:
        card.get_by_role("button", name="受領拒否票を保存").click()
    assert waiting.value.suggested_filename.startswith("受領拒否票_第")
    note = Path(waiting.value.path()).read_text("utf-8")
    assert "選択肢にない値" in note
    assert "ふしぎ" not in note


def test_saving_a_card_leaves_one_line_in_the_ledger(page: Page, url: str, lake: Path) -> None:
    screenshots.opened(page, f"{url}/applications")
    opened = house.open_house(demo=True)
    before = [line for line in opened.ledger.lines() if line.act == Act.HAND_OVER and line.detail["form"] == "csv"]
    page.get_by_role("button", name="保存", exact=True).first.click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="CSV を保存（内部資料）").click()
    content = Path(waiting.value.path()).read_bytes().decode("utf-8-sig")
    after = [line for line in opened.ledger.lines() if line.act == Act.HAND_OVER and line.detail["form"] == "csv"]
    opened.close()
    assert len(after) == len(before) + 1
    assert after[-1].subject == "applications_headline"
    assert "内部資料・架空データ" in content
    assert waiting.value.suggested_filename.startswith("電子申請の主な数値（件数・端末・処理、令和8年度）_")
    assert waiting.value.suggested_filename.endswith("時点_架空データ.csv")


def test_a_figure_saved_as_png_looks_like_its_svg_and_leaves_its_line(page: Page, chromium: Browser, url: str) -> None:
    """Twice as large as the SVG, with the same ink at every place: also where title, mark and source stand."""
    screenshots.opened(page, f"{url}/applications")
    saved: dict[str, tuple[str, bytes]] = {}
    page.locator(".st-key-card_applications_by_month").get_by_role("button", name="保存", exact=True).click()
    for form in ("PNG", "SVG"):
        with page.expect_download() as waiting:
            page.get_by_role("button", name=f"図を {form} で保存（内部資料）").click()
        saved[form] = (waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes())
    (name, pixels), (svg_name, svg) = saved["PNG"], saved["SVG"]
    assert (name.rpartition("."), svg_name.rpartition(".")) == (
        (svg_name.rpartition(".")[0], ".", "png"),
        (svg_name.rpartition(".")[0], ".", "svg"),
    )
    root = ET.fromstring(svg)  # noqa: S314
    width, height = (int(float(root.get(side, ""))) for side in ("width", "height"))
    drawn = chromium.new_page(device_scale_factor=2, viewport={"width": width, "height": height})
    drawn.set_content(f"<body style='margin:0'>{svg.decode()}</body>")
    shot = drawn.locator("svg").screenshot()
    drawn.close()
    with Image.open(io.BytesIO(pixels)) as png, Image.open(io.BytesIO(shot)) as wanted:
        assert (png.format, png.size) == ("PNG", (2 * width, 2 * height))
        shown, expected = png.convert("L"), wanted.convert("L").crop((0, 0, *png.size))
    assert ImageStat.Stat(ImageChops.difference(shown, expected)).mean[0] < 1
    below = next(float(text.get("y", "")) for text in root.iter(f"{SVG}text") if "内部資料" in "".join(text.itertext()))
    for top in (20, 2 * below - 24):
        place = (40, int(top), 500, int(top) + 26)
        ink = [sum(image.crop(place).histogram()[:128]) for image in (shown, expected)]
        assert ink[1] > 500
        assert ink[0] == pytest.approx(ink[1], rel=0.1)
    opened = house.open_house(demo=True)
    lines = [line for line in opened.ledger.lines() if line.act == Act.HAND_OVER][-2:]
    opened.close()
    assert [line.detail["form"] for line in lines] == ["png", "svg"]
    assert lines[0].subject == lines[1].subject


def test_the_template_can_be_saved_and_opened(page: Page, url: str) -> None:
    screenshots.opened(page, f"{url}/dictionary")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="記入用のひな形（Excel）を保存").click()
    assert waiting.value.suggested_filename.endswith("_ひな形.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(Path(waiting.value.path()).read_bytes()))
    assert book.sheetnames


def test_a_choice_lives_in_the_address(page: Page, url: str) -> None:
    screenshots.opened(page, f"{url}/applications")
    page.get_by_role("combobox", name="年度").click()
    page.get_by_role("option", name="令和7年度").click()
    expect(page.get_by_role("heading", name="電子申請件数（月次推移、令和7年度）")).to_be_visible(timeout=30_000)
    assert "year=" in page.url
    again = page.context.new_page()
    screenshots.opened(again, page.url)
    expect(again.get_by_role("heading", name="電子申請件数（月次推移、令和7年度）")).to_be_visible()


def test_an_address_without_a_page_is_said_in_japanese(page: Page, url: str) -> None:
    screenshots.opened(page, f"{url}/nowhere")
    expect(page.get_by_role("dialog")).to_contain_text("この住所の画面はありません")
    assert not screens.ENGLISH.search(page.get_by_role("dialog").inner_text())


def test_long_work_says_how_far_it_is_and_can_be_stopped(page: Page, url: str, lake: Path) -> None:
    """Stopped while checking, the lake is untouched; stopped while loading, it has whole files and no half one."""
    number, lines = 12, 3000

    def loads() -> list[int]:
        opened = house.open_house(demo=True)
        found = [each.added for each in opened.lake.loads()]
        opened.close()
        return found

    before = loads()
    rows = "".join(f"LoGoフォーム,止-{{0}}-{at},2026/11/12 09:00,完了\n" for at in range(lines))
    head = "システム,申請番号,申請日時,処理状況\n"
    screenshots.opened(page, f"{url}/intake")
    upload(page, *((f"止める{at}_20261113.csv", (head + rows.format(at)).encode()) for at in range(number)))
    # A busy browser shows some of the steps only.
    page.get_by_text(re.compile(f"{number} 件のうち [1-6] 件目を確かめています")).wait_for()
    page.get_by_role("button", name="中止").click()
    expect(page.get_by_text("台帳に何も書いていません")).to_be_visible()
    screenshots.ready(page)
    assert loads() == before
    waiting = page.get_by_role("button", name="を確かめる")
    expect(waiting).to_have_text(re.compile(r"残りの 1?[0-9] 件を確かめる"))
    waiting.click()
    accept = page.get_by_role("button", name=f"{number} 件をすべて取り込む")
    expect(accept).to_be_visible()
    screenshots.ready(page)
    assert loads() == before

    accept.click()
    # The second file's steps tell that the first is in.
    page.get_by_text(re.compile(f"{number} 件のうち [2-6] 件目を取り込んでいます")).wait_for()
    page.get_by_role("button", name="中止").click()
    expect(page.get_by_text("中止しました。")).to_be_visible()
    screenshots.ready(page)
    taken = loads()
    whole = len(taken) - len(before)
    assert taken == [lines] * whole + before
    assert 1 <= whole < number
    expect(page.get_by_role("heading", name="取込済み")).to_have_count(whole)
    page.get_by_role("button", name=f"残りの {number - whole} 件を確かめる").click()
    expect(page.get_by_role("heading", name="確認待ち")).to_have_count(number - whole)
    assert loads() == taken
