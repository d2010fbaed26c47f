"""Who gets in: every way into a server with login, as nobody and as each role, and what a bad login comes to.

Most of it needs no browser: a login is four requests. One server serves all; one test drives a real browser.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock
from urllib.parse import urlencode, urlsplit

import pytest
import websockets.exceptions
from authlib.common.errors import AuthlibBaseError
from playwright.sync_api import expect
from starlette.requests import Request
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import Runtime
from streamlit.testing.v1 import AppTest
from streamlit.web.server.starlette import starlette_app
from websockets.sync.client import connect

from dx_data import access, cli, demo, house, logins, serving
from dx_data import settings as setting
from dx_data.access import Right, Role
from dx_data.custody.ledger import Act, Ledger
from dx_data.errors import NotPermitted, ServerLost, StartRefused
from dx_data.lake import place
from dx_data.lake.records import FileRecords
from dx_data.settings import Login, Settings
from dx_data.ui import asgi, login
from dx_data.ui.session import page as session_page
from tests import provider as providers
from tests import screens, screenshots
from tests.provider import CLAIM, CLIENT, SECRET, Claims, Provider

pytestmark = pytest.mark.filterwarnings("ignore::authlib.deprecate.AuthlibDeprecationWarning")

NAMES = {Role.VIEW: "etsuran", Role.LOAD: "torikomi", Role.PUBLISH: "kohyo", Role.ADMIN: "kanri"}
NOBODY, STRANGER = None, "stranger"
PEOPLE: dict[str, Claims] = {
    **{
        sub: {"name": f"区 {role.value}", "email": f"{sub}@city.example", CLAIM: [f"dx-{sub}"]}
        for role, sub in NAMES.items()
    },
    STRANGER: {"name": "区 だれか", "email": "stranger@city.example", CLAIM: ["another-product"]},
}


@dataclass(frozen=True)
class Served:
    """The server under test, the provider that it trusts, its login settings, where its things lie."""

    url: str
    provider: Provider
    login: Login
    folder: Path

    def lines(self, *acts: Act) -> list[tuple[str, str]]:
        """Who and why, of the ledger's lines of these acts, oldest first."""
        found = Ledger(self.folder / "demo" / place.LEDGER).lines_of(*acts)
        return [(line.who, line.detail.get("why", "")) for line in found]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with login and an empty demo lake, and its provider."""
    folder = tmp_path_factory.mktemp("login")
    port = screenshots.free_port()
    with providers.provider(PEOPLE) as known, pytest.MonkeyPatch.context() as patch:
        chosen = {
            "issuer": known.issuer,
            "client_id": CLIENT,
            "url": f"http://127.0.0.1:{port}",
            "roles": {role.value: [f"dx-{sub}"] for role, sub in NAMES.items()},
        }
        patch.setenv("DX_LAKE", str(folder / "real"))
        patch.setenv("DX_LAKE_DEMO", str(folder / "demo"))
        patch.setenv("DX_LOGINS", str(folder / "logins.sqlite"))
        patch.setenv("DX_LOGIN", json.dumps(chosen, ensure_ascii=False))
        patch.setenv("DX_LOGIN_SECRET", SECRET)
        setting.settings.cache_clear()
        house.make_house(screens.PERSON, demo_until=demo.UNTIL).close()
        with screenshots.server(demo=True, port=port, log=folder / "log") as url:
            yield Served(url, known, Login(**chosen), folder)
    setting.settings.cache_clear()


@pytest.fixture(autouse=True)
def straight(request: pytest.FixtureRequest) -> Iterator[None]:
    """After each test the provider is honest again."""
    yield
    if "served" in request.fixturenames:
        known = request.getfixturevalue("served").provider
        known.bend, known.other_key = None, False


Answer = tuple[int, dict[str, str], str]


def ask(
    url: str, method: str = "GET", *, cookies: dict[str, str] | None = None, body: str = "", **headers: str
) -> Answer:
    """One request without following where it leads: status, headers, text."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)
    path = parts.path or "/"
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if cookies:
        named["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
    connection.request(method, f"{path}?{parts.query}" if parts.query else path, body=body or None, headers=named)
    response = connection.getresponse()
    text = response.read().decode("utf-8", "replace")
    found = {name.lower(): value for name, value in response.getheaders()}
    found["cookies"] = "\n".join(response.headers.get_all("set-cookie") or [])
    connection.close()
    return response.status, found, text


def cookie(headers: dict[str, str], name: str) -> str:
    """The value of a cookie that an answer sets."""
    found = re.search(rf"^{name}=([^;]*)", headers["cookies"], re.MULTILINE)
    return found[1] if found else ""


def to_provider(served: Served, to: str = "/") -> tuple[str, str]:
    """Begin a login: the provider's page to go to, and the ticket."""
    status, headers, _ = ask(f"{served.url}/login?{urlencode({'to': to})}")
    assert status == 302
    return headers["location"], cookie(headers, "dx-begun")


def from_provider(address: str, sub: str) -> str:
    """Sign in at the provider: the address that it sends the browser back to."""
    status, headers, _ = ask(
        address, "POST", body=urlencode({"sub": sub}), Content_Type="application/x-www-form-urlencoded"
    )
    assert status == 302
    return headers["location"]


def sign_in(served: Served, sub: str, to: str = "/") -> Answer:
    """The whole way in."""
    address, ticket = to_provider(served, to)
    return ask(from_provider(address, sub), cookies={"dx-begun": ticket})


def cookies_of(served: Served, who: str | None) -> dict[str, str]:
    """What the browser of somebody who is signed in sends; nobody sends nothing."""
    if who is NOBODY:
        return {}
    kept = logins.Logins(FileRecords(served.folder / "logins.sqlite"), served.login)
    return {"dx-login": kept.begin(logins.Identity.of({"sub": who, **PEOPLE[who]}, CLAIM))}


# --- logging in -------------------------------------------------------------------------------------------------


def test_a_good_login_opens_the_page_that_was_asked_for(served: Served) -> None:
    status, headers, _ = ask(f"{served.url}/applications?year=2026", Accept="text/html")
    assert (status, headers["location"]) == (302, "/login?to=%2Fapplications%3Fyear%3D2026")
    before = served.provider.verified
    status, headers, _ = sign_in(served, "etsuran", "/applications?year=2026")
    assert (status, headers["location"]) == (303, "/applications?year=2026")
    assert served.provider.verified == before + 1  # PKCE
    flags = next(line for line in headers["cookies"].splitlines() if line.startswith("dx-login="))
    assert set(flags.split("; ")[1:]) == {"HttpOnly", "Max-Age=28800", "Path=/", "SameSite=lax"}
    status, _, page = ask(f"{served.url}/applications", cookies={"dx-login": cookie(headers, "dx-login")})
    assert status == 200
    assert '<html lang="ja">' in page
    assert served.lines(Act.LOGGED_IN)[-1] == ("区 閲覧（etsuran@city.example）", "")


def test_behind_https_the_cookie_is_secure_and_of_this_host_alone(tmp_path: Path) -> None:
    chosen = Login(issuer="https://id.example", client_id="dx", url="https://dx.example", roles={"閲覧": ("a",)})
    guard = login.Guard(None, chosen, None, logins.Logins(FileRecords(tmp_path / "l"), chosen), lambda: None)  # type: ignore[arg-type]
    assert guard.cookie == "__Host-dx-login"
    assert guard._flags() == {"path": "/", "secure": True, "httponly": True, "samesite": "lax"}
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    theirs = [(b"set-cookie", b"_streamlit_xsrf=1; Path=/"), (b"set-cookie", b"a=1; Secure")]
    asyncio.run(guard._guarded(send, public=False)({"type": "http.response.start", "headers": theirs}))
    assert sent[0]["headers"] == [
        (b"set-cookie", b"_streamlit_xsrf=1; Path=/; Secure"),
        (b"set-cookie", b"a=1; Secure"),
        (b"cache-control", b"no-store"),
        (b"strict-transport-security", b"max-age=31536000"),
    ]


def test_somebody_without_a_role_is_refused_and_recorded(served: Served) -> None:
    status, headers, page = sign_in(served, STRANGER)
    assert status == 403
    assert "利用者として登録されていません" in page
    assert cookie(headers, "dx-login") == ""
    assert served.lines(Act.LOGIN_REFUSED)[-1] == ("区 だれか（stranger@city.example）", "役割がありません")


def changed(**given: Any) -> providers.Bend:
    return lambda claims: {**claims, **given}


@pytest.mark.parametrize(
    "bend",
    [
        pytest.param(changed(exp=int(time.time()) - 3600), id="期限切れ"),
        pytest.param(changed(aud="another-product"), id="ほかの製品あて"),
        pytest.param(changed(iss="http://127.0.0.1:1"), id="ほかのログイン先"),
        pytest.param(changed(nonce="another"), id="ほかのログインの答え"),
        pytest.param(lambda claims: {k: v for k, v in claims.items() if k != "sub"}, id="だれかがない"),
        pytest.param("other key", id="ほかの鍵の署名"),
    ],
)
def test_a_token_that_is_not_ours_and_fresh_opens_nothing(served: Served, bend: Any) -> None:
    if bend == "other key":
        served.provider.other_key = True
    else:
        served.provider.bend = bend
    status, headers, page = sign_in(served, "kanri")
    assert (status, cookie(headers, "dx-login")) == (403, "")
    assert "ログインできませんでした" in page
    who, why = served.lines(Act.LOGIN_REFUSED)[-1]
    assert (who, why.split("（")[0]) == ("（不明）", "ログイン先の答えが正しくありません")


def test_only_the_configured_provider_and_only_its_own_signatures_count() -> None:
    client = login.provider(CHOSEN, None)
    offered = {"_loaded_at": 1, "id_token_signing_alg_values_supported": ["none", "HS256", "RS256"]}
    client.server_metadata = {**offered, "issuer": "https://id.example/"}
    known = asyncio.run(client.load_server_metadata())
    assert known["id_token_signing_alg_values_supported"] == ["RS256"]
    client.server_metadata = {**offered, "issuer": "https://evil.example"}
    with pytest.raises(AuthlibBaseError, match=r"https://evil\.example"):
        asyncio.run(client.load_server_metadata())


def test_an_answer_of_the_provider_counts_once_and_only_for_who_began(served: Served) -> None:
    address, ticket = to_provider(served)
    back = from_provider(address, "kanri")
    for stolen in ({}, {"dx-begun": "another"}, {"dx-begun": to_provider(served)[1]}):
        status, headers, _ = ask(back, cookies=stolen)
        assert (status, cookie(headers, "dx-login")) == (403, "")
    assert ask(back, cookies={"dx-begun": ticket})[0] == 303
    status, headers, page = ask(back, cookies={"dx-begun": ticket})
    assert (status, cookie(headers, "dx-login")) == (403, "")
    assert "ログインをやり直してください" in page


def test_nobody_is_sent_to_another_site_after_the_login(served: Served) -> None:
    for elsewhere in ("https://evil.example/", "//evil.example", "/\\evil.example"):
        assert sign_in(served, "etsuran", elsewhere)[1]["location"] == "/"


# --- every way in -----------------------------------------------------------------------------------------------

STEMS = screens.STEMS
CLOSED = ["/_stcore/metrics", "/_stcore/agent/mcp"]
# Every address Streamlit answers at; the mount without a path gives its page and its own files.
STREAMLIT_S = {
    "",
    "/_stcore/agent/interact",
    "/_stcore/agent/mcp",
    "/_stcore/agent/openapi.json",
    "/_stcore/bidi-components/{path:path}",
    "/_stcore/health",
    "/_stcore/host-config",
    "/_stcore/metrics",
    "/_stcore/stream",
    "/_stcore/upload_file/{session_id}/{file_id}",
    "/auth/login",
    "/auth/logout",
    "/component/{path:path}",
    "/media/{file_id:path}",
    "/oauth2callback",
}
ADDRESSES = [
    "/",
    *(f"/{stem}" for stem in STEMS),
    "/nothing",
    "/_stcore/host-config",
    *CLOSED,
    "/media/abc.csv",
    "/static/js/index.js",
    "/app/static/x",
    "/component/a/b",
    "/_stcore/bidi-components/a/b",
    "/auth/login",
    "/auth/logout",
    "/oauth2callback",
    "/dx/page.js",
    "/login/",
    "//login",
    "/_stcore/health/",
]


@pytest.mark.parametrize("cookies", [{}, {"dx-login": "forged"}, {"dx-login": logins.key_of("x")}], ids=str)
def test_nobody_reads_anything(served: Served, cookies: dict[str, str]) -> None:
    answers = {address: ask(served.url + address, cookies=cookies)[::2] for address in ADDRESSES}
    closed = {"/_stcore/metrics", "/_stcore/agent/mcp"}
    assert answers == {
        each: (404, "ここには何もありません。") if each in closed else (401, "ログインしてください。")
        for each in ADDRESSES
    }
    assert ask(f"{served.url}/_stcore/health")[::2] == (200, "ok")


def test_a_key_from_the_records_is_no_cookie_and_a_header_names_nobody(served: Served) -> None:
    """Somebody who may only look says in a header to be the administrator: the page still names who signed in."""
    token = cookies_of(served, "kanri")["dx-login"]
    key = logins.key_of(token)
    assert ask(f"{served.url}/", cookies={"dx-login": key})[0] == 401
    assert ask(f"{served.url}/", X_Dx_Login=key)[0] == 401
    assert ask(f"{served.url}/", cookies={"dx-login": token})[0] == 200
    with open_socket(served, "etsuran", claimed=key) as opened:
        opened.send(BackMsg(rerun_script=ClientState()).SerializeToString())
        said = b""
        while "としてログインしています".encode() not in said:
            said += opened.recv(timeout=60)
    assert "区 閲覧（etsuran@city.example）（閲覧）としてログインしています。".encode() in said
    assert "区 管理".encode() not in said


def upload(served: Served, who: str | None, **headers: str) -> int:
    named = {"Origin": served.url, **headers}
    return ask(f"{served.url}/_stcore/upload_file/a/b", "PUT", cookies=cookies_of(served, who), body="x", **named)[0]


def test_only_who_may_load_gets_as_far_as_uploading(served: Served) -> None:
    """Behind the guard stands Streamlit's own check of its XSRF token, which says 403 too, in other words."""
    assert upload(served, NOBODY) == 401
    found = {}
    for role, sub in NAMES.items():
        answer = ask(
            f"{served.url}/_stcore/upload_file/a/b",
            "PUT",
            cookies=cookies_of(served, sub),
            body="x",
            Origin=served.url,
        )
        found[role] = (answer[0], "XSRF" in answer[2])
    assert found == {
        Role.VIEW: (403, False),
        Role.LOAD: (403, True),
        Role.PUBLISH: (403, False),
        Role.ADMIN: (403, False),
    }


def test_another_site_s_request_is_refused(served: Served) -> None:
    signed = cookies_of(served, "torikomi")
    for headers in ({}, {"Origin": "http://evil.example"}, {"Origin": "null"}):
        assert ask(f"{served.url}/logout", "POST", cookies=signed, **headers)[0] == 403
    assert ask(f"{served.url}/", cookies=signed, Origin="http://evil.example")[0] == 403
    assert ask(f"{served.url}/", cookies=signed, Host="evil.example")[0] == 403
    assert ask(f"{served.url}/", cookies=signed)[0] == 200


def open_socket(
    served: Served,
    who: str | None,
    origin: str | None = "",
    cookies: dict[str, str] | None = None,
    spoken: Sequence[str] = ("streamlit",),
    claimed: str = "",
) -> Any:
    """A websocket as the page opens it."""
    sent = cookies or cookies_of(served, who)
    named = {"Cookie": "; ".join(f"{name}={value}" for name, value in sent.items())} if sent else {}
    address = served.url.replace("http", "ws", 1) + "/_stcore/stream"
    named |= {serving.LOGIN_HEADER: claimed} if claimed else {}
    shown: Any = served.url if origin == "" else origin
    return connect(
        address,
        origin=shown,
        additional_headers=named,
        subprotocols=spoken,
        proxy=None,
        max_size=None,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("who", "origin"),
    [(NOBODY, ""), (STRANGER, ""), ("kanri", "http://evil.example"), ("kanri", None), ("kanri", "null")],
)
def test_a_websocket_is_closed_before_it_opens(served: Served, who: str | None, origin: str | None) -> None:
    with pytest.raises(websockets.exceptions.InvalidStatus, match="403"), open_socket(served, who, origin):
        pass


@pytest.mark.parametrize("who", list(NAMES.values()))
def test_each_role_opens_the_websocket_and_the_pages(served: Served, who: str) -> None:
    with open_socket(served, who):
        pass
    assert ask(f"{served.url}/history", cookies=cookies_of(served, who))[0] == 200


def test_a_reconnecting_page_gets_its_session_back_only_under_the_same_login(served: Served) -> None:
    """Streamlit takes the number of an earlier session from the browser; with it comes all that lies on its pages."""
    mine = cookies_of(served, "torikomi")
    first = session_of(served, mine)
    assert session_of(served, mine, first) == first
    assert session_of(served, cookies_of(served, "torikomi"), first) != first
    assert session_of(served, cookies_of(served, "kanri"), first) != first


@contextmanager
def session(served: Served, cookies: dict[str, str], earlier: str = "") -> Iterator[str]:
    """A page that is open: the number of the Streamlit session that a websocket with these cookies gets."""
    spoken = ["streamlit", "x", *([earlier] if earlier else [])]
    with open_socket(served, NOBODY, cookies=cookies, spoken=spoken) as opened:
        opened.send(BackMsg(rerun_script=ClientState()).SerializeToString())
        while True:
            message = ForwardMsg.FromString(opened.recv(timeout=60))
            if message.WhichOneof("type") == "new_session":
                yield str(message.new_session.initialize.session_id)
                return


def session_of(served: Served, cookies: dict[str, str], earlier: str = "") -> str:
    """The same, of a page that is closed again."""
    with session(served, cookies, earlier) as number:
        return number


def test_an_upload_needs_its_token_and_is_bounded(served: Served) -> None:
    signed = cookies_of(served, "torikomi")
    _, headers, _ = ask(f"{served.url}/_stcore/health")
    token = cookie(headers, "_streamlit_xsrf").strip('"')
    both = signed | {"_streamlit_xsrf": token}
    body = '--x\r\nContent-Disposition: form-data; name="f"; filename="a.csv"\r\n\r\n1\r\n--x--\r\n'
    with session(served, signed) as number:

        def put(**given: str) -> int:
            sent = {"Origin": served.url, "Content_Type": "multipart/form-data; boundary=x"} | given
            address = f"{served.url}/_stcore/upload_file/{number}/a"
            return ask(address, "PUT", cookies=both, body=body, **sent)[0]

        assert put(X_Xsrftoken=token) == 204
        assert put() == 403
        assert put(X_Xsrftoken=token, Origin="http://evil.example") == 403
        assert put(X_Xsrftoken=token, Content_Length=str(101 * 1024 * 1024)) == 413


def test_a_new_route_of_the_server_is_noticed() -> None:
    """Fails when Streamlit or we add an address: see what it does, add an example to ADDRESSES, then name it here."""
    made = starlette_app.create_streamlit_routes(MagicMock(Runtime))
    assert {str(route.path) for route in made} == STREAMLIT_S  # type: ignore[attr-defined]
    ours = {route.path for route in asgi.routes()}  # type: ignore[attr-defined]
    assert ours == {
        f"/{asgi.HOME}",
        *(f"/dx/{name}" for name in ("ja.js", "page.js", "picture.js", "sql.js", "ui.css")),
    }


# --- the end of a login -----------------------------------------------------------------------------------------


def test_after_logout_the_cookie_opens_nothing(served: Served) -> None:
    signed, other = cookies_of(served, "kohyo"), cookies_of(served, "kohyo")
    status, _, page = ask(f"{served.url}/logout", cookies=signed)
    assert status == 200
    assert "区 公表（kohyo@city.example） さん" in page
    status, headers, page = ask(f"{served.url}/logout", "POST", cookies=signed, Origin=served.url)
    assert (status, cookie(headers, "dx-login")) == (200, '""')
    assert "ログアウトしました" in page
    assert [ask(f"{served.url}/", cookies=each)[0] for each in (signed, other)] == [401, 200]
    assert served.lines(Act.LOGGED_OUT)[-1][0] == "区 公表（kohyo@city.example）"


def test_logout_everywhere_and_revocation_close_what_is_open(
    served: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    """An open websocket closes within a few seconds after its login has ended; the issue allows five minutes."""
    here, there = cookies_of(served, "etsuran"), cookies_of(served, "etsuran")
    admin = cookies_of(served, "kanri")
    with (
        open_socket(served, NOBODY, cookies=there) as first,
        open_socket(served, NOBODY, cookies=admin) as second,
        open_socket(served, "torikomi") as third,
    ):
        ask(f"{served.url}/logout", "POST", cookies=here, body="everywhere=1", Origin=served.url)
        dx("--demo", "logins", "--json")
        (number, *_) = [
            each["login"] for each in json.loads(capsys.readouterr().out)["logins"] if "管理" in each["who"]
        ]
        dx("--demo", "logins", "--end", str(number))
        ended = time.monotonic()
        for opened in (first, second):
            with pytest.raises(websockets.exceptions.ConnectionClosed, match="1008"):
                opened.recv(timeout=login.LOOKS_AGAIN + 30)
        assert time.monotonic() - ended < login.LOOKS_AGAIN + 30
        third.ping().wait(10)
    assert [ask(f"{served.url}/", cookies=each)[0] for each in (here, there, admin)] == [401, 401, 401]
    assert served.lines(Act.LOGIN_ENDED) == [(access.local_person().name, "")]


def dx(*arguments: str) -> None:
    """The command line, in this process."""
    cli.dx.main([*arguments], standalone_mode=False)


CHOSEN = Login(
    issuer="https://id.example",
    client_id="dx",
    url="https://dx.example",
    roles={"閲覧": ("a",)},
    hours=8,
    idle_minutes=60,
)
SOMEBODY = logins.Identity("1", "区 太郎", ("1",), ("a",))


@pytest.mark.parametrize(
    ("minutes", "lasts"),
    [
        pytest.param([59, 59, 59], True, id="使っている"),
        pytest.param([59, 60], False, id="使わないまま1時間"),
        pytest.param([59] * 8 + [8], False, id="使っていても8時間"),
        pytest.param([59] * 8 + [7], True, id="8時間まで1分"),
        pytest.param([-1], False, id="時計が戻された"),
    ],
)
def test_a_login_ends_by_age_and_by_nobody_using_it(tmp_path: Path, minutes: list[int], lasts: bool) -> None:
    now = [1_000_000.0]
    kept = logins.Logins(FileRecords(tmp_path / "logins"), CHOSEN, lambda: now[0])
    key = logins.key_of(kept.begin(SOMEBODY))
    for each in minutes:
        if record := kept.find(key):
            kept.used(record)
        now[0] += each * 60
    assert (kept.find(key) is not None) is lasts


def test_roles_follow_today_s_settings_and_the_records_hold_no_token(tmp_path: Path) -> None:
    file = tmp_path / "logins"
    token = logins.Logins(FileRecords(file), CHOSEN).begin(SOMEBODY)
    (record,) = logins.Logins(FileRecords(file), CHOSEN).lasting()
    assert record.person(CHOSEN) == access.Person("区 太郎", frozenset({Role.VIEW}), proven=True)
    later = CHOSEN.model_copy(update={"roles": {"取込": ("b",)}})
    assert record.person(later).rights == frozenset()
    assert token.encode() not in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert file.stat().st_mode & 0o077 == 0


def test_too_many_are_too_many() -> None:
    now = [0.0]
    limiter = login.Limiter(2, 60, lambda: now[0])
    assert [limiter.allows("a"), limiter.allows("a"), limiter.allows("a"), limiter.allows("b")] == [
        True,
        True,
        False,
        True,
    ]
    now[0] = 60
    assert limiter.allows("a")


def test_strangers_cannot_fill_the_ledger(tmp_path: Path) -> None:
    """Refusals beyond the limit are counted, and the next line says how many there were."""
    ledger = Ledger(tmp_path / "ledger")
    guard = login.Guard(None, CHOSEN, None, logins.Logins(FileRecords(tmp_path / "l"), CHOSEN), lambda: ledger)  # type: ignore[arg-type]
    scope = {
        "type": "http",
        "method": "GET",
        "path": login.CALLBACK,
        "query_string": b"",
        "headers": [],
        "client": ("::1", 1),
    }
    guard._unknown = login.Limiter(2, 60, lambda: 0.0)
    for _ in range(5):
        assert asyncio.run(guard._finish(Request(scope))).status_code == 403
    guard._unknown = login.Limiter(2, 60, lambda: 0.0)
    asyncio.run(guard._finish(Request(scope)))
    assert [line.detail.get("left_out") for line in ledger.lines()] == [None, None, 3]
    none = login.Limiter(0, 60)
    guard._tries = guard._uploads = guard._sockets = none
    loader, record = access.Person("x", frozenset({Role.LOAD}), proven=True), logins.Record(1, "k", SOMEBODY, 0, 0)
    for kind, path in (("http", f"{login.UPLOAD}a/b"), ("websocket", "/_stcore/stream")):
        found = guard._too_much({"type": kind, "method": "PUT", "path": path}, loader, record)
        assert found is not None
        assert found[1] == 429
    assert asyncio.run(guard._begin(Request(scope))).status_code == 429
    assert asyncio.run(guard._finish(Request(scope))).status_code == 429


def test_a_login_that_cannot_be_recorded_is_none(tmp_path: Path) -> None:
    """The ledger's server is gone: nobody comes in, and the page says why."""

    def gone() -> Ledger:
        raise ServerLost.gone()

    guard = login.Guard(None, CHOSEN, None, logins.Logins(FileRecords(tmp_path / "l"), CHOSEN), gone)  # type: ignore[arg-type]
    scope = {
        "type": "http",
        "method": "GET",
        "path": login.CALLBACK,
        "query_string": b"",
        "headers": [],
        "client": ("::1", 1),
    }
    answer = asyncio.run(guard._answered(guard._finish, Request(scope)))
    assert answer.status_code == 503
    assert (
        "<h1>いまはログインできません</h1><p>台帳のデータベース（PostgreSQL）に届かない" in bytes(answer.body).decode()
    )


# --- settings ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"issuer": "http://id.example"}, "https:// で始まる住所"),
        ({"url": "http://dx.example"}, "https:// で始まる住所"),
        ({"url": "https://dx.example/dx"}, "名前とポートだけの住所"),
        ({"hours": 9}, "hours"),
        ({"roles": {}}, "だれにどの役割があるか"),
        ({"roles": {"かんり": ["a"]}}, "ない役割『かんり』"),
        ({"certificate": "/tmp/a.pem"}, "certificate_key"),
        ({"secret_file": str(setting.ROOT / "secret.txt")}, "プログラムのフォルダーの外"),
        ({"secret_file": "/nowhere/secret.txt"}, "を読めません"),
        ({"cliant_id": "x"}, "cliant_id"),
    ],
)
def test_a_login_that_would_be_unsafe_does_not_start(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, Any], said: str
) -> None:
    with configured(monkeypatch, **given), pytest.raises(StartRefused, match=re.escape(said)) as refused:
        serving.command()
    assert "→" in str(refused.value)


def test_where_no_guard_stands_in_front_nobody_has_any_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scripts do not trust that they are guarded: without a login that lasts, start and page refuse by themselves."""
    monkeypatch.setenv("DX_LOGINS", str(tmp_path / "logins"))
    with configured(monkeypatch):
        (said,) = AppTest.from_file(str(asgi.SCRIPT), default_timeout=60).run().error
        with pytest.raises(NotPermitted, match=r"「数値を見る」は、いまの役割（なし）ではできません"):
            session_page(Right.ASK)
    assert "「数値を見る」は、いまの役割（なし）ではできません" in said.value


def test_beyond_this_computer_only_with_login_and_a_certificate(monkeypatch: pytest.MonkeyPatch) -> None:
    with configured(monkeypatch), pytest.raises(StartRefused, match="証明書が設定されていません"):
        serving.command(address="0.0.0.0")  # noqa: S104
    files = {"certificate": "/x/a.pem", "certificate_key": "/x/a.key"}
    with configured(monkeypatch, **files):
        command = serving.command(8765, "0.0.0.0")  # noqa: S104
    assert (command.url, command.opened) == ("https://0.0.0.0:8765", "https://dx.example")
    options = command.arguments[command.arguments.index("--server.allowedHosts") :]
    assert dict(zip(options[::2], options[1::2], strict=True)) == {
        "--server.allowedHosts": "dx.example",
        "--browser.serverAddress": "dx.example",
        "--server.trustedUserHeaders": '{"X-Dx-Login": "login"}',
        "--server.sslCertFile": "/x/a.pem",
        "--server.sslKeyFile": "/x/a.key",
    }


@contextmanager
def configured(patch: pytest.MonkeyPatch, **given: Any) -> Iterator[None]:
    """This process with a login, changed by what is given."""
    chosen = {"issuer": "https://id.example", "client_id": "dx", "url": "https://dx.example", "roles": {"閲覧": ["a"]}}
    patch.setenv("DX_LOGIN", json.dumps(chosen | given, ensure_ascii=False))
    patch.delenv("DX_LOGIN_SECRET", raising=False)
    setting.settings.cache_clear()
    try:
        yield
    finally:
        patch.delenv("DX_LOGIN")
        setting.settings.cache_clear()


def test_the_secret_is_not_kept_in_the_settings_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DX_LOGIN_SECRET", raising=False)
    (tmp_path / "dx.toml").write_text('login_secret = "abc"', "utf-8")
    monkeypatch.setitem(Settings.model_config, "toml_file", tmp_path / "dx.toml")
    with pytest.raises(StartRefused, match=r"dx\.toml に login_secret"):
        Settings()
    (tmp_path / "secret").write_text("abc\n", "utf-8")
    chosen = CHOSEN.model_copy(update={"secret_file": tmp_path / "secret"})
    (tmp_path / "dx.toml").unlink()
    assert setting.login_secret(Settings(login=chosen)) == "abc"
    assert "abc" not in repr(Settings(login=chosen, login_secret="abc"))


def test_the_map_of_threats_names_tests_that_there_are() -> None:
    named = set(re.findall(r"`(test_[a-z0-9_]+)`", (setting.ROOT / "docs" / "security.md").read_text("utf-8")))
    written = "\n".join(path.read_text("utf-8") for path in (setting.ROOT / "tests").glob("test_*.py"))
    assert len(named) > 20
    assert named - set(re.findall(r"^def (test_\w+)", written, re.MULTILINE)) == set()


# --- in a browser -----------------------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.skipif(not Path(screenshots.CHROMIUM).exists(), reason=f"{screenshots.CHROMIUM} がありません")
def test_a_browser_logs_in_sees_what_its_role_allows_and_logs_out(served: Served) -> None:
    with screenshots.browser() as chromium:
        context = chromium.new_context(locale="ja-JP")
        page = context.new_page()
        page.goto(f"{served.url}/history")
        assert page.url.startswith(served.provider.issuer)
        page.locator("[name=sub][value=etsuran]").click()
        screenshots.ready(page)
        assert page.url == f"{served.url}/history"
        expect(page.get_by_text("区 閲覧（etsuran@city.example）（閲覧）としてログインしています。")).to_be_visible()
        sections = page.get_by_test_id("stTopNavSection").all()
        sections[-1].click()
        page.get_by_role("menu").wait_for()
        expect(page.get_by_role("menuitem", name="取込履歴")).to_be_visible()
        expect(page.get_by_role("menuitem", name="データ取込")).to_have_count(0)
        page.keyboard.press("Escape")
        kept = context.cookies()
        other = context.new_page()
        other.goto(f"{served.url}/logout")
        other.get_by_role("button", name="ログアウトする", exact=True).click()
        expect(other.get_by_role("heading", name="ログアウトしました")).to_be_visible()
        # The first tab is still open: its websocket closes, and it asks for a login by itself.
        page.wait_for_url(f"{served.provider.issuer}/**", timeout=60_000)
        context.add_cookies(kept)  # type: ignore[arg-type]
        page.goto(served.url)
        assert page.url.startswith(served.provider.issuer)
        context.close()
