"""What stands between the network and Streamlit: the loopback gate, headers, Japanese index page, warm start.

Exclusive right: with ui/login.py, nothing else touches requests, responses or sockets.
"""

from __future__ import annotations

import base64
import gc
import hashlib
import importlib
import ipaddress
import re
import socket
from asyncio import to_thread
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import streamlit
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dx_data.settings import LOOPBACK, login_secret, settings
from dx_data.ui.leaving import leaving
from dx_data.ui.words import PRODUCT

HERE = Path(__file__).resolve().parent
SCRIPT = HERE / "main.py"
STATIC = HERE / "static"
INDEX = Path(streamlit.__file__).parent / "static" / "index.html"
HOME = "overview"

# Nothing of ours uses them: figures about the process, and a second way to drive the pages.
CLOSED = ("/_stcore/metrics", "/_stcore/agent")

_HEAVY = ("pandas", "plotly.graph_objects", "duckdb", "pyarrow", "dx_data.intake", "dx_data.catalog")
_INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_NOSCRIPT = re.compile(r"<noscript>.*?</noscript>", re.DOTALL)
_SERVICE = re.compile(r"<!--(?:(?!-->).)*RFC 8631.*?-->\s*|<link rel=\"service-desc\"[^>]*>\s*", re.DOTALL)
_NO_SCRIPT_WORDS = (
    "<noscript><p>この画面には JavaScript が要ります。ブラウザーの設定で有効にしてください。</p></noscript>"
)
_OURS = (
    '<link rel="stylesheet" href="./dx/ui.css"><script src="./dx/ja.js" defer></script>'
    '<script src="./dx/page.js" defer></script><script src="./dx/picture.js" defer></script>'
    '<script src="./dx/sql.js" defer></script></head>'
)


def japanese(html: str) -> str:
    """Streamlit's index page, which is in English for every app (streamlit #15726), as a Japanese one."""
    html = html.replace('<html lang="en">', '<html lang="ja">').replace(
        "<title>Streamlit</title>", f"<title>{PRODUCT}</title>"
    )
    html = _SERVICE.sub("", _NOSCRIPT.sub(_NO_SCRIPT_WORDS, html))
    return html.replace("</head>", _OURS, 1)


def inline_scripts(html: str) -> list[str]:
    """Every script that stands in the page itself."""
    return _INLINE.findall(html)


def policy() -> str:
    """The content security policy: everything from here, no inline script but Streamlit's one."""
    digests = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        for script in inline_scripts(INDEX.read_text("utf-8"))
    )
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' {digests}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def headers() -> dict[str, str]:
    """What every response carries."""
    return {
        "Content-Security-Policy": policy(),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    }


def is_loopback_host(host: str | None) -> bool:
    """Whether a Host header means this computer.

    >>> [is_loopback_host(host) for host in ("localhost:8501", "127.0.0.1", "[::1]:80")]
    [True, True, True]
    >>> [is_loopback_host(host) for host in ("evil.example", "127.0.0.1.nip.io", "a@localhost", "", None)]
    [False, False, False, False, False]
    """
    try:
        parts = urlsplit(f"//{host}")
        return bool(host) and "@" not in str(host) and (parts.hostname or "").rstrip(".") in LOOPBACK
    except ValueError:
        return False


def is_loopback_client(client: tuple[str, int] | None) -> bool:
    """Whether a connection comes from this computer."""
    try:
        address = ipaddress.ip_address(client[0]) if client else None
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool(address and (mapped or address).is_loopback)


class Gate:
    """Lets in only this computer while nobody can log in, closes doors nobody needs, dresses what goes out."""

    def __init__(self, app: ASGIApp, *, local: bool = True) -> None:
        self.app, self.local = app, local
        self._headers = headers()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request or connection."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        from_here = is_loopback_host(Headers(scope=scope).get("host")) and is_loopback_client(scope.get("client"))
        if self.local and not from_here:
            words = "この画面は、動かしているコンピューターからだけ、http://127.0.0.1 で始まる住所で開けます。"
            await self._refuse(words, 403, scope, receive, send)
        elif scope["path"].startswith(CLOSED):
            await self._refuse("ここには何もありません。", 404, scope, receive, send)
        elif scope["type"] == "websocket":
            await self.app(scope, receive, send)
        else:
            await self.app(_plain(scope), receive, Dressed(send, self._headers, scope["method"]))

    async def _refuse(self, words: str, status: int, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        response = PlainTextResponse(words, status, headers=self._headers)
        await response(scope, receive, send)


def _plain(scope: Scope) -> Scope:
    """The request without what would make the index page compressed or unchanged: it is rewritten on its way out."""
    if scope["path"].startswith(("/static/", "/media/", "/dx/")):
        return scope
    unwanted = (b"accept-encoding", b"if-none-match", b"if-modified-since", b"range")
    return {**scope, "headers": [pair for pair in scope["headers"] if pair[0] not in unwanted]}


class Dressed:
    """A response on its way out: our headers, and the index page in Japanese."""

    def __init__(self, send: Send, extra: dict[str, str], method: str) -> None:
        self.send, self.extra, self.method = send, extra, method
        self.start: Message | None = None
        self.body = b""

    async def __call__(self, message: Message) -> None:
        """Pass one message on; an HTML page is held until it is whole."""
        if message["type"] == "http.response.start":
            sent = MutableHeaders(raw=message["headers"])
            for name, value in self.extra.items():
                sent[name] = value
            page = sent.get("content-type", "").startswith("text/html") and "content-disposition" not in sent
            if page and self.method != "HEAD":  # what is saved as a file stays as it was handed over
                self.start = message
                return
        elif message["type"] == "http.response.body" and self.start is not None:
            self.body += message.get("body", b"")
            if message.get("more_body"):
                return
            body = japanese(self.body.decode()).encode()
            sent = MutableHeaders(raw=self.start["headers"])
            sent["content-length"] = str(len(body))
            del sent["etag"]
            del sent["last-modified"]
            start, self.start = self.start, None
            await self.send(start)
            message = {"type": "http.response.body", "body": body}
        await self.send(message)


def middleware() -> list[Middleware]:
    """Our middleware, outermost first: where people log in, the gate is open to others and a guard stands behind it."""
    chosen, leaves = settings(), Middleware(leaving.door)
    if chosen.login is None:
        return [Middleware(Gate), leaves]
    from dx_data import logins
    from dx_data.ui import login, session

    return [
        Middleware(Gate, local=False),
        leaves,
        Middleware(
            login.Guard,
            login=chosen.login,
            secret=login_secret(chosen),
            logins=logins.kept(chosen, chosen.login),
            ledger=session.ledger,
        ),
    ]


def routes() -> list[BaseRoute]:
    """The first page by its own name, and files of our own: words, looks and deeds Streamlit has no setting for."""
    kinds = dict.fromkeys(("ja.js", "page.js", "picture.js", "sql.js"), "text/javascript") | {"ui.css": "text/css"}
    files: list[BaseRoute] = [Route(f"/dx/{name}", _file(name, kind)) for name, kind in kinds.items()]
    return [Route(f"/{home()}", _home), *files]


def home() -> str:
    """The page that "/" shows: a prefecture's or the nation's program has another one."""
    return "nation" if settings().nation else HOME


async def _home(request: Request) -> RedirectResponse:
    # Streamlit knows the first page by "/" alone and calls its own name a page that does not exist.
    return RedirectResponse(f"/?{request.url.query}" if request.url.query else "/")


def _file(name: str, kind: str) -> Any:
    async def answer(_: Any) -> FileResponse:
        return FileResponse(STATIC / name, media_type=kind, headers={"Cache-Control": "no-cache"})

    return answer


def without_delay() -> int:
    """Switch Nagle's algorithm off on the listening sockets (40 ms a rerun); accepted ones inherit it."""
    found = 0
    for thing in gc.get_objects():
        if not isinstance(thing, socket.socket) or thing.fileno() < 0:
            continue
        if thing.type is socket.SOCK_STREAM and thing.family in (socket.AF_INET, socket.AF_INET6):
            thing.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            found += 1
    return found


@asynccontextmanager
async def lifespan(_: Any) -> AsyncGenerator[None, None]:
    """Before the first request: sockets, warm imports, and the imported world out of the collector's sight.

    As long as the server runs, answers are made ahead in quiet moments, unless the settings say otherwise.
    """
    leaving.listen()
    without_delay()
    for name in _HEAVY:
        importlib.import_module(name)
    from dx_data.ui import ahead, definitions, session  # they know this module

    definitions.shown_on()
    gc.collect()
    gc.freeze()
    answers = ahead.Ahead(session.shown)
    if settings().answers_ahead:
        answers.start()
    try:
        yield
    finally:
        await to_thread(answers.stop)


def on_script_error(fault: Exception) -> bool:
    """What a widget's callback let through; the pages' own faults are caught in main.py."""
    from dx_data.ui import faults

    faults.show(fault)
    return True
