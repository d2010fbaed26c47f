"""Pictures of every page for people to look at: `python -m tests.screenshots` writes docs/screens/*.png.

With them come the pictures of the page 使い方 (dx_data/ui/static/guide-*.png); `python -m tests.screenshots guide`
takes only these.

Also the only place that knows how to start the real server and a browser for a test.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page, sync_playwright

from dx_data import serving
from dx_data.settings import ROOT, settings
from dx_data.ui.guide import STEPS

SCREENS = ROOT / "docs" / "screens"
PAGES = tuple(sorted(path.stem for path in (ROOT / "pages").glob("*.py") if path.stem != "nation"))
CHROMIUM = os.environ.get("DX_CHROMIUM", "/usr/bin/chromium")
_TALLEST = 2200  # pixels; the rest of a long page looks like its beginning
_DRAWN = 700  # milliseconds; the charts' own drawing has no sign to wait for
_PRINTED = "dispatchEvent(new Event('beforeprint'))"
_FLAGS = ["--no-sandbox", "--disable-dev-shm-usage"]
_ALONE = {"DX_ANSWERS_AHEAD": "false"}
_READY = "[data-testid=stApp][data-test-connection-state=CONNECTED][data-test-script-state=notRunning]"


@contextlib.contextmanager
def server(
    *, demo: bool = False, log: Path | None = None, port: int | None = None, **environment: str
) -> Iterator[str]:
    """The real server on a free port, until the block ends; its address.

    It answers nothing ahead: what a test waits for is not worth every first answer of every page.
    """
    command = serving.command(port or free_port(), demo=demo)
    with contextlib.ExitStack() as stack:
        out = stack.enter_context(log.open("w")) if log else subprocess.DEVNULL
        process = subprocess.Popen(
            command.arguments,
            env={**command.environment, **_ALONE, **environment},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait(command.url, process)
            yield command.url
        finally:
            process.send_signal(signal.SIGINT)  # at once, whoever still has a page open
            process.wait(20)


def free_port() -> int:
    """A port that nobody uses at the moment."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    last = time.monotonic() + 60
    while time.monotonic() < last:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}")
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/_stcore/health", timeout=5):  # noqa: S310
            return
        time.sleep(0.1)
    raise RuntimeError("the server did not start")


@contextlib.contextmanager
def browser() -> Iterator[Browser]:
    """Chromium of this machine."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=_FLAGS)
        yield started
        started.close()


def ready(page: Page) -> None:
    """Wait until Streamlit has finished its run."""
    page.wait_for_selector(_READY, timeout=60_000)
    page.wait_for_selector("h1", timeout=60_000)
    page.wait_for_selector(_READY, timeout=60_000)
    page.locator("[data-testid=stSkeleton]").first.wait_for(state="hidden", timeout=60_000)


def opened(page: Page, url: str) -> Page:
    """Go there and wait until it is drawn."""
    page.goto(url)
    ready(page)
    return page


def _height(page: Page) -> int:
    found: int = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    return found


def _shoot(chromium: Browser, url: str, name: str, kind: str, options: dict[str, Any]) -> None:
    context = chromium.new_context(locale="ja-JP", timezone_id="Asia/Tokyo", **options)
    page = opened(context.new_page(), f"{url}/{name}")
    width = page.viewport_size["width"] if page.viewport_size else 1280
    # full_page stops at the viewport, since the app scrolls inside: the window grows instead.
    page.set_viewport_size({"width": width, "height": min(_height(page) + 80, _TALLEST)})
    page.evaluate("document.fonts.ready.then(() => true)")
    ready(page)
    page.wait_for_timeout(_DRAWN)
    if kind == "print":  # as our own button does it
        page.evaluate("document.documentElement.classList.add('dx-paper')")
        page.wait_for_timeout(_DRAWN)
        page.evaluate(_PRINTED)
        page.emulate_media(media="print")
        page.wait_for_timeout(_DRAWN)
        page.evaluate(_PRINTED)  # paper is not drawn for anew, but this window is
    page.screenshot(path=SCREENS / f"{name}-{kind}.png")
    context.close()


KINDS: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1280, "height": 900}},
    "mobile": {"viewport": {"width": 390, "height": 844}},
    "dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
    "print": {"viewport": {"width": 718, "height": 1047}},  # A4 within its margins
}


def smaller(path: Path) -> None:
    """Reduce a picture to 32 colours: it lies in docs."""
    from PIL import Image

    with Image.open(path) as picture:
        reduced = picture.convert("RGB").quantize(32)
    reduced.save(path, optimize=True)


# --- the pictures of 使い方 -------------------------------------------------------------------------

_GUIDE_WIDTH, _GUIDE_HEIGHT = 1000, 560
_FRAME = "element => { element.style.outline = '4px solid #CE0000'; element.style.outlineOffset = '3px' }"
_NEW = ("電子申請_20261120.csv", "システム,申請番号,申請日時,処理状況\nLoGoフォーム,架空-0001,2026/11/20 10:00,完了\n")


def _look(page: Page, url: str) -> Locator:
    opened(page, url)
    page.locator("[data-dx=tour-close]").click()
    return page.locator("[data-testid=stHeader]")


def _filter(page: Page, url: str) -> Locator:
    opened(page, f"{url}/applications")
    page.locator("[data-testid=stSelectbox]", has_text="年度").first.evaluate(_FRAME)
    return page.get_by_role("heading", level=1)


def _origin(page: Page, url: str) -> Locator:
    opened(page, f"{url}/applications")
    card = page.locator(".st-key-card_applications_by_period")
    origin = card.locator("[data-testid=stExpander]", has_text="この数字の元")
    origin.locator("summary").click()
    figure = origin.get_by_role("radio", name="申請件数").first
    figure.click()
    origin.get_by_text("この行だけで計算し直し").wait_for(timeout=60_000)
    figure.evaluate(_FRAME)
    return origin


def _keep(page: Page, url: str) -> Locator:
    opened(page, f"{url}/applications")
    card = page.locator(".st-key-card_applications_by_period")
    card.get_by_role("button", name="保存", exact=True).click()
    page.get_by_role("button", name="CSV を保存（内部資料）").evaluate(_FRAME)
    card.get_by_role("link", name="この表示へのリンク").evaluate(_FRAME)
    return card.locator("[data-testid=stExpander]").first  # what opens hangs over the card's lower edge


def _load(page: Page, url: str) -> Locator:
    opened(page, f"{url}/intake")
    name, content = _NEW
    page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "text/csv", "buffer": content.encode()})
    accept = page.get_by_role("button", name="取り込む", exact=True)
    accept.wait_for(timeout=60_000)
    ready(page)
    accept.evaluate(_FRAME)
    return page.locator("[class*=st-key-file_]")


# Each brings the page to where the step is, and says at whose upper edge the picture begins.
GUIDE: dict[str, Callable[[Page, str], Locator]] = {
    "look": _look,
    "filter": _filter,
    "origin": _origin,
    "keep": _keep,
    "load": _load,
}


def guide(chromium: Browser, url: str) -> None:
    """Take the picture of every step of 使い方 anew."""
    for step in STEPS:
        context = chromium.new_context(
            locale="ja-JP", timezone_id="Asia/Tokyo", viewport={"width": _GUIDE_WIDTH, "height": 3000}
        )
        page = context.new_page()
        begins = GUIDE[step.name](page, url)
        page.wait_for_timeout(_DRAWN)
        box = begins.bounding_box()
        if box is None:
            raise RuntimeError(f"{step.name}: nothing to take a picture of")
        height = min(_GUIDE_HEIGHT, box["height"] + 30 if box["height"] > 200 else _GUIDE_HEIGHT)
        top = max(0, box["y"] - 15)
        page.screenshot(path=step.picture, clip={"x": 0, "y": top, "width": _GUIDE_WIDTH, "height": height})
        smaller(step.picture)
        print(step.picture)
        context.close()


def main(names: tuple[str, ...]) -> int:
    """All pages in all kinds and the pictures of 使い方, or the named pages; `guide` names those pictures.

    The national page, by its name, of the municipalities at DX_LAKE, with DX_NATION set.
    """
    SCREENS.mkdir(parents=True, exist_ok=True)
    if not settings().nation and not Path(settings().lake_demo).exists():
        print("架空データの台帳がありません。先に `dx demo` を実行してください。", file=sys.stderr)
        return 1
    with server(demo=not settings().nation) as url, browser() as chromium:
        if not names or "guide" in names:
            guide(chromium, url)
        for name in [name for name in names if name != "guide"] if names else PAGES:
            for kind, options in KINDS.items():
                _shoot(chromium, url, name, kind, options)
                smaller(SCREENS / f"{name}-{kind}.png")
                print(SCREENS / f"{name}-{kind}.png")
    return 0


if __name__ == "__main__":
    sys.exit(main(tuple(sys.argv[1:])))
