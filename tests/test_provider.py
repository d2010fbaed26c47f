"""Logging in by a certified provider (node's oidc-provider, tests/provider_node), each step in a real browser."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from dx_data import demo, house
from dx_data import settings as setting
from dx_data.custody.ledger import Act, Ledger
from dx_data.lake import place
from dx_data.ui import login
from tests import screens, screenshots

PROVIDER = Path(__file__).parent / "provider_node"
CLIENT, SECRET = "dx-test", "a-secret-that-only-this-test-knows"
GOOD, STRANGER, LATE = "etsuran", "stranger", "late"
PEOPLE = {
    GOOD: {"name": "区 閲覧", "email": "etsuran@city.example", "roles": ["dx-view"]},
    STRANGER: {"name": "区 だれか", "email": "stranger@city.example", "roles": ["another-product"]},
    LATE: {"name": "区 期限切れ", "email": "late@city.example", "roles": ["dx-view"]},
}
WELCOME = "区 閲覧（etsuran@city.example）（閲覧）としてログインしています。"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not Path(screenshots.CHROMIUM).exists(), reason=f"{screenshots.CHROMIUM} がありません"),
    pytest.mark.skipif(
        not (PROVIDER / "node_modules" / "oidc-provider").is_dir() or not shutil.which("node"),
        reason="ログイン先の部品がありません（node と npm を入れて make provider）",
    ),
]


@dataclass(frozen=True)
class Served:
    """The server under test, the provider's address, where the server's things lie."""

    url: str
    issuer: str
    folder: Path

    def last(self, act: Act) -> tuple[str, str]:
        """Who and why, of the ledger's newest line of this act."""
        line = Ledger(self.folder / "demo" / place.LEDGER).lines_of(act)[-1]
        return line.who, line.detail.get("why", "")


@contextlib.contextmanager
def provider(callback: str) -> Iterator[str]:
    """The provider with its people, until the block ends; its address."""
    port = screenshots.free_port()
    told = {"port": port, "client": CLIENT, "secret": SECRET, "callback": callback, "people": PEOPLE, "expired": LATE}
    command = ["node", str(PROVIDER / "server.mjs"), json.dumps(told)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with login and an empty demo lake, and the provider that it trusts."""
    folder = tmp_path_factory.mktemp("provider")
    port = screenshots.free_port()
    url = f"http://127.0.0.1:{port}"
    with provider(f"{url}{login.CALLBACK}") as issuer, pytest.MonkeyPatch.context() as patch:
        chosen = {"issuer": issuer, "client_id": CLIENT, "url": url, "roles": {"閲覧": ["dx-view"]}}
        screens.point_to(patch, folder)
        patch.setenv("DX_LOGINS", str(folder / "logins.sqlite"))
        patch.setenv("DX_LOGIN", json.dumps(chosen, ensure_ascii=False))
        patch.setenv("DX_LOGIN_SECRET", SECRET)
        setting.settings.cache_clear()
        house.make_house(screens.PERSON, demo_until=demo.UNTIL).close()
        with screenshots.server(demo=True, port=port, log=folder / "log") as address:
            yield Served(address, issuer, folder)
    setting.settings.cache_clear()


@pytest.fixture
def somebody(chromium: Browser) -> Iterator[BrowserContext]:
    """A browser in which nobody is signed in anywhere."""
    context = chromium.new_context(locale="ja-JP")
    yield context
    context.close()


def sign_in(page: Page, served: Served, sub: str) -> str:
    """From our page to the provider's form and back; the address that it sent the browser back to."""
    back: list[str] = []
    page.on("request", lambda request: back.append(request.url) if login.CALLBACK in request.url else None)
    page.goto(f"{served.url}/history")
    assert page.url.startswith(served.issuer)
    page.locator("input[name=login]").fill(sub)
    page.locator("input[name=password]").fill("any")
    page.locator("button[type=submit]").click()
    page.wait_for_url(f"{served.url}/**")
    return back[0]


def test_a_good_login_opens_the_page_that_was_asked_for(somebody: BrowserContext, served: Served) -> None:
    page = somebody.new_page()
    sign_in(page, served, GOOD)
    screenshots.ready(page)
    assert page.url == f"{served.url}/history"
    expect(page.get_by_text(WELCOME)).to_be_visible()


@pytest.mark.parametrize(
    ("sub", "heading", "line"),
    [
        (STRANGER, "利用者として登録されていません", ("区 だれか（stranger@city.example）", "役割がありません")),
        (LATE, "ログインできませんでした", ("（不明）", "ログイン先の答えが正しくありません（ExpiredTokenError）")),
    ],
)
def test_who_has_no_role_or_an_expired_token_stays_outside(
    somebody: BrowserContext, served: Served, sub: str, heading: str, line: tuple[str, str]
) -> None:
    page = somebody.new_page()
    sign_in(page, served, sub)
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    assert served.last(Act.LOGIN_REFUSED) == line
    assert [cookie for cookie in somebody.cookies(served.url) if cookie["name"] == "dx-login"] == []


def test_a_forged_cookie_leads_to_the_provider(somebody: BrowserContext, served: Served) -> None:
    somebody.add_cookies([{"name": "dx-login", "value": "f" * 43, "url": served.url}])
    page = somebody.new_page()
    page.goto(served.url)
    assert page.url.startswith(served.issuer)
    assert somebody.request.get(f"{served.url}/_stcore/host-config").status == 401


def test_a_replayed_answer_of_the_provider_opens_nothing(
    chromium: Browser, somebody: BrowserContext, served: Served
) -> None:
    back = sign_in(somebody.new_page(), served, GOOD)
    thief = chromium.new_context(locale="ja-JP")
    for context in (somebody, thief):
        context.clear_cookies(name="dx-login")
        page = context.new_page()
        page.goto(back)
        expect(page.get_by_role("heading", level=1)).to_have_text("ログインをやり直してください")
        assert [cookie for cookie in context.cookies(served.url) if cookie["name"] == "dx-login"] == []
    thief.close()


# Another site's page in the browser of somebody who is signed in: it ends no login and hears nothing.
ELSEWHERE = """async url => {
    const ask = (path, how) => fetch(url + path, { credentials: 'include', ...how }).then(() => 'read', () => 'kept');
    const sent = await ask('/logout', { method: 'POST', mode: 'no-cors' });
    const read = await ask('/_stcore/host-config');
    const socket = new WebSocket(url.replace('http', 'ws') + '/_stcore/stream', ['streamlit']);
    const heard = await new Promise(done => {
        socket.onopen = () => done('open');
        socket.onerror = () => done('shut');
    });
    return [sent, read, heard];
}"""


def test_another_site_s_page_can_use_nobody_s_login(somebody: BrowserContext, served: Served) -> None:
    page = somebody.new_page()
    sign_in(page, served, GOOD)
    screenshots.ready(page)
    other = somebody.new_page()
    # Another host; and the same one on another port, which gets our cookies, for browsers tell no ports apart there.
    for elsewhere in (f"http://localhost:{urlsplit(served.issuer).port}", served.issuer):
        other.route(f"{elsewhere}/", lambda route: route.fulfill(body="<title>other</title>", content_type="text/html"))
        other.goto(f"{elsewhere}/")
        assert other.evaluate(ELSEWHERE, served.url) == ["kept", "kept", "shut"]
    page.reload()
    screenshots.ready(page)
    expect(page.get_by_text(WELCOME)).to_be_visible()
