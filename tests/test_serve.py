"""The gate in front of the screens: what starts, what is refused, and what a fresh server gives away."""

from __future__ import annotations

import base64
import hashlib
import http.client
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from dx_data import serving
from dx_data.errors import StartRefused
from dx_data.ui import asgi
from tests import screens, screenshots

STEMS = screens.STEMS


def ask(url: str, path: str, **headers: str) -> http.client.HTTPResponse:
    """One request; its body is read, so that the connection may go."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    response.body = response.read().decode()  # type: ignore[attr-defined]
    connection.close()
    return response


# --- the command ----------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.168.1.5", "example.jp", ""])  # noqa: S104
def test_an_address_beyond_this_computer_is_refused(address: str) -> None:
    with pytest.raises(StartRefused) as refused:
        serving.command(8501, address)
    assert refused.value.exit_code == 2
    assert "ログインが設定されていません" in str(refused.value)
    assert "→" in str(refused.value)


def test_a_taken_port_is_refused() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(StartRefused, match=r"ほかのプログラムが使っています"):
            serving.command(taken.getsockname()[1])


def test_the_command_names_address_port_and_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STREAMLIT_SERVER_ALLOWED_HOSTS", "*")
    command = serving.command(demo=True)
    port = urlsplit(command.url).port
    assert command.arguments[-4:] == ["--server.address", "127.0.0.1", "--server.port", str(port)]
    assert command.environment[serving.DEMO] == "1"
    assert not [name for name in command.environment if name.startswith("STREAMLIT_")]
    assert serving.command(port).environment[serving.DEMO] == ""


# --- the index page -------------------------------------------------------------------------------


def test_streamlit_s_index_page_is_as_we_know_it() -> None:
    """Fails when an upgrade changes what is rewritten: then look at asgi.japanese and mend this test."""
    html = asgi.INDEX.read_text("utf-8")
    assert html.count('<html lang="en">') == 1
    assert html.count("<title>Streamlit</title>") == 1
    assert [script.strip() for script in asgi.inline_scripts(html)] == ["window.prerenderReady = false"]
    assert html.count("</head>") == 1


def test_the_index_page_is_japanese() -> None:
    html = asgi.japanese(asgi.INDEX.read_text("utf-8"))
    assert '<html lang="ja">' in html
    assert not re.search(r"agent|You need to enable", html)
    assert html.count("<noscript>") == 1
    (script,) = asgi.inline_scripts(html)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in asgi.policy()


# --- a fresh server -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path, Path]]:
    """A server that nobody has asked anything, with no lake; its address, its log, where its lakes would lie."""
    folder = tmp_path_factory.mktemp("fresh")
    places = {"DX_LAKE": str(folder / "lake"), "DX_LAKE_DEMO": str(folder / "demo")}
    with screenshots.server(log=folder / "log", **places) as url:
        yield url, folder / "log", folder


def test_the_first_request_to_a_page_s_stem_runs_nothing(fresh: tuple[str, Path, Path]) -> None:
    """Only Streamlit's index page comes back: no page ran, none of their words, no lake was looked for or made."""
    url, log, folder = fresh
    before = log.read_text()
    for stem in STEMS:
        response = ask(url, f"/{stem}")
        if stem == asgi.HOME:
            assert (response.status, response.getheader("location")) == (307, "/")
            continue
        assert response.status == 200
        assert response.body == ask(url, "/").body  # type: ignore[attr-defined]
    assert sorted(path.name for path in folder.iterdir()) == ["log"]
    assert log.read_text() == before


def test_pages_is_not_streamlit_s_legacy_folder() -> None:
    """Streamlit takes a folder `pages` beside the main script for its own; ours has none beside it."""
    assert not (asgi.SCRIPT.parent / "pages").exists()
    assert "st.App(" in (screenshots.ROOT / "app.py").read_text("utf-8")


def test_every_answer_is_dressed(fresh: tuple[str, Path, Path]) -> None:
    for path in ("/", "/applications", "/_stcore/health", "/dx/ja.js", "/static/nothing"):
        response = ask(fresh[0], path)
        for name, value in asgi.headers().items():
            assert response.getheader(name) == value, (path, name)
    policy = asgi.policy()
    assert "unsafe-eval" not in policy
    assert "http" not in policy
    assert "frame-ancestors 'none'" in policy


def test_the_page_is_served_in_japanese(fresh: tuple[str, Path, Path]) -> None:
    response = ask(fresh[0], "/", **{"Accept-Encoding": "gzip", "If-None-Match": "*"})
    assert response.status == 200
    assert '<html lang="ja">' in response.body  # type: ignore[attr-defined]
    assert 'lang="en"' not in response.body  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "192.168.1.5:8501", "localhost@evil.example"]
)
@pytest.mark.parametrize("path", ["/", "/_stcore/health", "/_stcore/host-config", "/media/x"])
def test_a_foreign_host_is_refused(fresh: tuple[str, Path, Path], host: str, path: str) -> None:
    response = ask(fresh[0], path, Host=host)
    assert response.status == 403
    assert "このコンピューター" in response.body or "動かしているコンピューター" in response.body  # type: ignore[attr-defined]


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "http://evil.example"}])
def test_a_foreign_websocket_is_refused(fresh: tuple[str, Path, Path], headers: dict[str, str]) -> None:
    handshake = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(b"0123456789abcdef").decode(),
    }
    assert ask(fresh[0], "/_stcore/stream", **handshake, **headers).status == 403


@pytest.mark.parametrize("path", ["/_stcore/metrics", "/_stcore/agent/openapi.json", "/_stcore/agent/mcp"])
def test_doors_nobody_needs_are_closed(fresh: tuple[str, Path, Path], path: str) -> None:
    assert ask(fresh[0], path).status == 404


@pytest.mark.parametrize(
    ("client", "local"),
    [(("127.0.0.1", 1), True), (("::1", 1), True), (("::ffff:127.0.0.1", 1), True), (("192.168.1.5", 1), False),
     (("testclient", 1), False), (None, False)],
)  # fmt: skip
def test_only_this_computer_s_connections_are_let_in(client: tuple[str, int] | None, local: bool) -> None:
    assert asgi.is_loopback_client(client) is local


def test_the_listener_waits_for_nothing() -> None:
    """Without TCP_NODELAY a rerun costs 40 ms more; a listening socket hands it on to what it accepts."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        assert asgi.without_delay() >= 1
        assert listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
