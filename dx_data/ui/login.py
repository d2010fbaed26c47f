"""The way in where login is configured: OpenID Connect at the provider, and the guard that every request passes.

With ui/asgi.py the only place that touches requests, responses or sockets. Nothing behind the guard is reached without
a login that lasts: no page, no file, no upload, no websocket.
"""

from __future__ import annotations

import logging
import time
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from html import escape
from typing import Any
from urllib.parse import quote, urlencode

import httpx2
from anyio import to_thread
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.starlette_client import OAuth, StarletteOAuth2App
from joserfc.errors import JoseError
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dx_data.access import Person, Right, check_roles
from dx_data.custody.ledger import Act, Ledger
from dx_data.errors import ServerLost, Stopped
from dx_data.logins import MINUTES_TO_LOG_IN, Identity, Logins, Record, key_of
from dx_data.serving import LOGIN_HEADER
from dx_data.settings import Login
from dx_data.ui.sockets import Socket
from dx_data.ui.words import HEALTH, PRODUCT

BEGIN, CALLBACK, LOGOUT = "/login", "/login/callback", "/logout"
UPLOAD, SOCKET = "/_stcore/upload_file/", "/_stcore/stream"
LOOKS_AGAIN = 10.0  # seconds between two looks at whether the login of an open websocket still lasts
_WAITING = 1000  # names that a limiter remembers
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
_LOG = logging.getLogger("dx.login")

Answer = Callable[[Request], Awaitable[Response]]


class Provider(StarletteOAuth2App):  # type: ignore[misc]
    """The provider: signatures only with its own key pair, and only the issuer that the settings name."""

    issuer = ""

    async def load_server_metadata(self) -> dict[str, Any]:
        """What the provider says of itself. AuthlibBaseError if it is not the configured one."""
        found: dict[str, Any] = await super().load_server_metadata()
        if str(found.get("issuer", "")).rstrip("/") != self.issuer:
            raise AuthlibBaseError("issuer", f"the provider calls itself {found.get('issuer')!r}")
        offered = found.get("id_token_signing_alg_values_supported") or ["RS256"]
        found["id_token_signing_alg_values_supported"] = [each for each in offered if each in _ALGORITHMS]
        return found


class _Clients(OAuth):  # type: ignore[misc]
    oauth2_client_cls = Provider


def provider(login: Login, secret: str | None) -> Provider:
    """The client side of the configured provider: authorization code with PKCE, state and nonce."""
    client: Provider = _Clients().register(
        "provider",
        client_id=login.client_id,
        client_secret=secret,
        server_metadata_url=f"{login.issuer}/.well-known/openid-configuration",
        client_kwargs={
            "scope": "openid profile email",
            "code_challenge_method": "S256",
            "timeout": 10,
            **({} if secret else {"token_endpoint_auth_method": "none"}),
        },
    )
    client.issuer = login.issuer
    return client


@dataclass
class Limiter:
    """So many of a thing within so many seconds, per name."""

    most: int
    seconds: float
    now: Callable[[], float] = time.monotonic
    _times: OrderedDict[str, deque[float]] = field(default_factory=OrderedDict)

    def allows(self, name: str) -> bool:
        """Count one more, if it is not too many."""
        now = self.now()
        times = self._times.setdefault(name, deque())
        self._times.move_to_end(name)
        while times and times[0] <= now - self.seconds:
            times.popleft()
        if len(self._times) > _WAITING:
            self._times.popitem(last=False)
        if len(times) >= self.most:
            return False
        times.append(now)
        return True


class Guard:
    """Lets through only what carries a login that lasts, and answers the addresses of logging in and out itself."""

    def __init__(
        self, app: ASGIApp, login: Login, secret: str | None, logins: Logins, ledger: Callable[[], Ledger | None]
    ) -> None:
        """`ledger` is asked for every line, since the lake may be made while people are signed in."""
        check_roles(login)
        self.app, self.login, self.logins, self._ledger = app, login, logins, ledger
        self.provider = provider(login, secret)
        prefix = "__Host-dx" if login.is_https else "dx"  # the prefix keeps other hosts from setting it
        self.cookie, self._cookie_begun = f"{prefix}-login", f"{prefix}-begun"
        self._tries = Limiter(200, 60)  # a whole office may share one address
        self._uploads = Limiter(60, 60)
        self._sockets = Limiter(60, 60)
        self._unknown = Limiter(60, 3600)
        self._left_out = 0
        self._answers: dict[tuple[str, str], Answer] = {
            ("GET", BEGIN): self._begin,
            ("GET", CALLBACK): self._finish,
            ("GET", LOGOUT): self._ask_logout,
            ("POST", LOGOUT): self._logout,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request or connection."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        scope = _without_claimed(scope)
        send = self._guarded(send, public=scope["path"].startswith("/static/")) if scope["type"] == "http" else send
        if scope["path"] == HEALTH and scope["type"] == "http":
            await self.app(scope, receive, send)
        elif (status := self._from_elsewhere(scope)) is not None:
            await _refuse(f"この画面は、{self.login.url} で開いてください。", status, scope, receive, send)
        elif answer := self._answers.get((scope.get("method", ""), scope["path"])):
            await (await self._answered(answer, Request(scope, receive)))(scope, receive, send)
        else:
            await self._inside(scope, receive, send)

    async def _answered(self, answer: Answer, request: Request) -> Response:
        """What an address of the login answers; a login that cannot be recorded is none, and is told why."""
        try:
            return await answer(request)
        except Stopped as stopped:
            return self._stopped("いまはログインできません", stopped)

    def _stopped(self, title: str, stopped: Stopped) -> Response:
        told = "".join(f"<p>{escape(problem.sentence)}</p>" for problem in stopped.problems)
        return self._page(title, told, 503)

    # --- what is inside -------------------------------------------------------------------------------------

    async def _inside(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            record = await to_thread.run_sync(self.logins.find, self._key(scope))
        except Stopped as stopped:
            if _is_navigation(scope):
                await self._stopped("いまは画面を開けません", stopped)(scope, receive, send)
            else:
                await _refuse("", 503, scope, receive, send)
            return
        if record is None:
            if _is_navigation(scope):
                await RedirectResponse(f"{BEGIN}?{urlencode({'to': _address(scope)})}", 302)(scope, receive, send)
            else:
                await _refuse("ログインしてください。", 401, scope, receive, send)
            return
        person = record.person(self.login)
        if not person.may(Right.ASK):
            await self._page(*_NO_ROLE, 403)(scope, receive, send) if scope["type"] == "http" else await _refuse(
                "", 403, scope, receive, send
            )
            return
        if words := self._too_much(scope, person, record):
            await _refuse(*words, scope, receive, send)
            return
        await to_thread.run_sync(self.logins.used, record)
        named = {**scope, "headers": [*scope["headers"], (LOGIN_HEADER.lower().encode(), record.key.encode())]}
        if scope["type"] == "websocket":
            watched = _Watched(receive, send, lambda: self._lasts(record.key), lambda: self._used(record))
            await self.app(named, watched.receive, watched.send)
        else:
            await self.app(named, receive, send)

    async def _lasts(self, key: str) -> bool:
        try:
            record = await to_thread.run_sync(self.logins.find, key)
        except ServerLost:
            return True  # no page is drawn either until the records can be read again
        return record is not None and record.person(self.login).may(Right.ASK)

    async def _used(self, record: Record) -> None:
        with suppress(ServerLost):
            await to_thread.run_sync(self.logins.used, record)

    def _too_much(self, scope: Scope, person: Person, record: Record) -> tuple[str, int] | None:
        """Why a person who is signed in may not do this: no such right, or too often."""
        if scope["path"].startswith(UPLOAD):
            if not person.may(Right.CHECK):
                return "ファイルを置けるのは、取込の役割の人です。", 403
            if scope["method"] == "PUT" and not self._uploads.allows(record.key):
                return "1分に置けるファイルは60個までです。少し待って、もう一度置いてください。", 429
        if scope["type"] == "websocket" and not self._sockets.allows(record.key):
            return "", 429
        return None

    def _key(self, scope: Scope) -> str | None:
        token = Request({**scope, "type": "http"}).cookies.get(self.cookie)
        return key_of(token) if token else None

    def _from_elsewhere(self, scope: Scope) -> int | None:
        """403 for what was not asked of our own address by our own pages: DNS rebinding, another site's request."""
        headers = Headers(scope=scope)
        if headers.get("host", "").lower() != self.login.host:
            return 403
        origin = headers.get("origin")
        if scope["type"] == "websocket" or scope["method"] not in ("GET", "HEAD", "OPTIONS"):
            return None if origin == self.login.url else 403
        return None if origin in (None, "null", self.login.url) else 403

    def _guarded(self, send: Send, *, public: bool) -> Send:
        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                if not public:
                    headers["Cache-Control"] = "no-store"  # nothing stays on a computer that people share
                if self.login.is_https:
                    message["headers"] = [_secure(*pair) for pair in message["headers"]]
                    headers = MutableHeaders(raw=message["headers"])
                    headers["Strict-Transport-Security"] = "max-age=31536000"
            await send(message)

        return sent

    # --- logging in and out ---------------------------------------------------------------------------------

    async def _begin(self, request: Request) -> Response:
        if not self._tries.allows(_client(request)):
            return self._page(*_TOO_OFTEN, 429)
        noted: dict[str, Any] = {}
        request.scope["session"] = noted
        try:
            answer: Response = await self.provider.authorize_redirect(request, f"{self.login.url}{CALLBACK}")
        except (AuthlibBaseError, httpx2.HTTPError, RuntimeError, ValueError) as fault:
            _LOG.warning("the provider cannot be reached: %s", type(fault).__name__)
            return self._page(*_UNREACHABLE, 502)
        to = _local(request.query_params.get("to", "/"))
        ticket = await to_thread.run_sync(self.logins.set_out, noted, to)
        self._set(answer, self._cookie_begun, ticket, MINUTES_TO_LOG_IN * 60)
        return answer

    async def _finish(self, request: Request) -> Response:
        if not self._tries.allows(_client(request)):
            return self._page(*_TOO_OFTEN, 429)
        # Each is used once: a state that comes again finds nothing.
        begun = await to_thread.run_sync(self.logins.came_back, request.cookies.get(self._cookie_begun, ""))
        if begun is None:
            return await self._refused(request, "途中のログインがありません", _STALE)
        request.scope["session"] = begun.noted
        try:
            told = await self.provider.authorize_access_token(request, leeway=60)
            claims = told["userinfo"]
            identity = Identity.of(claims, self.login.claim)
        except (AuthlibBaseError, JoseError, httpx2.HTTPError, KeyError, ValueError) as fault:
            _LOG.warning("a login was refused: %s", type(fault).__name__)
            return await self._refused(request, f"ログイン先の答えが正しくありません（{type(fault).__name__}）", _WRONG)
        if old := self._key(request.scope):
            await to_thread.run_sync(self.logins.end, old)
        found = identity_person(identity, self.login)
        if not found.may(Right.ASK):
            return await self._refused(request, "役割がありません", _NO_ROLE, found, identity)
        await self._write(found.name, Act.LOGGED_IN, identity.subject, request, roles=sorted(found.roles))
        answer = RedirectResponse(begun.to, 303)
        token = await to_thread.run_sync(self.logins.begin, identity)
        self._set(answer, self.cookie, token, int(self.login.hours * 3600))
        answer.delete_cookie(self._cookie_begun, **self._flags())
        return answer

    async def _refused(
        self,
        request: Request,
        why: str,
        page: tuple[str, str],
        person: Person | None = None,
        identity: Identity | None = None,
    ) -> Response:
        """The page of a refused login, with its line in the ledger. Strangers cannot fill the ledger."""
        if person and identity:
            await self._write(person.name, Act.LOGIN_REFUSED, identity.subject, request, why=why)
        elif self._unknown.allows(""):
            left_out, self._left_out = self._left_out, 0
            facts = {"left_out": left_out} if left_out else {}
            await self._write("（不明）", Act.LOGIN_REFUSED, "", request, why=why, **facts)
        else:
            self._left_out += 1
        answer = self._page(*page, 403)
        answer.delete_cookie(self._cookie_begun, **self._flags())
        return answer

    async def _ask_logout(self, request: Request) -> Response:
        record = await to_thread.run_sync(self.logins.find, self._key(request.scope))
        return self._page(*_ask_logout(record.identity.name)) if record else self._page(*_LOGGED_OUT)

    async def _logout(self, request: Request) -> Response:
        """End this login, or with `everywhere` all of the person's."""
        record = await to_thread.run_sync(self.logins.find, self._key(request.scope))
        if record:
            everywhere = b"everywhere=1" in await request.body()
            count = await to_thread.run_sync(self.logins.end_all, record.identity.subject) if everywhere else 1
            await to_thread.run_sync(self.logins.end, record.key)
            await self._write(
                record.identity.name,
                Act.LOGGED_OUT,
                record.identity.subject,
                request,
                everywhere=everywhere,
                logins=count,
            )
        answer = self._page(*_LOGGED_OUT)
        answer.delete_cookie(self.cookie, **self._flags())
        return answer

    async def _write(self, who: str, act: Act, subject: str, request: Request, **facts: Any) -> None:
        """A line of the ledger, away from the event loop: another process may be writing."""

        def write() -> None:
            if ledger := self._ledger():
                ledger.append(who, act, subject, client=_client(request), **facts)

        await to_thread.run_sync(write)

    def _flags(self) -> dict[str, Any]:
        return {"path": "/", "secure": self.login.is_https, "httponly": True, "samesite": "lax"}

    def _set(self, answer: Response, name: str, value: str, seconds: int) -> None:
        answer.set_cookie(name, value, max_age=seconds, **self._flags())

    def _page(self, title: str, body: str, status: int = 200) -> Response:
        html = (
            f'<!doctype html><html lang="ja"><head><meta charset="utf-8"><title>{title}｜{PRODUCT}</title>'
            '<meta name="viewport" content="width=device-width"><style>body{font-family:sans-serif;color:#111;'
            "max-width:40rem;margin:4rem auto;padding:0 1rem;line-height:1.8}button,a{font:inherit;color:#0017c1}"
            "button{margin-right:1rem;padding:.5rem 1rem}</style></head>"
            f"<body><main><h1>{title}</h1>{body}</main></body></html>"
        )
        # Marked, so that it is not taken for Streamlit's page and given its scripts.
        return HTMLResponse(html, status, headers={"Content-Disposition": "inline"})


def identity_person(identity: Identity, login: Login) -> Person:
    """Somebody the provider has just named, with their roles."""
    return Record(0, "", identity, 0, 0).person(login)


_AGAIN = f'<p><a href="{BEGIN}">ログインする</a></p>'
_LOGGED_OUT = (
    "ログアウトしました",
    "<p>この画面のログインは終わりました。共用のコンピューターでは、ログイン先（Microsoft など）からもサインアウトして"
    f"ください。</p>{_AGAIN}",
)
_NO_ROLE = (
    "利用者として登録されていません",
    "<p>ログインはできましたが、役割（閲覧・取込・公表・管理）がありません。管理者に、役割を付けてもらってください。</p>"
    f"{_AGAIN}",
)
_STALE = (
    "ログインをやり直してください",
    f"<p>ログインの途中の記録がないか、{MINUTES_TO_LOG_IN}分を過ぎました。下から、もう一度始めてください。</p>{_AGAIN}",
)
_WRONG = (
    "ログインできませんでした",
    "<p>ログイン先の答えを確かめられませんでした。もう一度ためしてもできないときは、時刻を添えて管理者に知らせて"
    f"ください。</p>{_AGAIN}",
)
_TOO_OFTEN = (
    "少し待ってください",
    f"<p>ログインが続きました。1分待って、もう一度始めてください。</p>{_AGAIN}",
)
_UNREACHABLE = (
    "ログイン先につながりません",
    "<p>ログイン先（利用者を確かめるところ）が答えません。少し待ってもつながらないときは、管理者に知らせてください。</p>"
    f"{_AGAIN}",
)


def _ask_logout(name: str) -> tuple[str, str]:
    return (
        "ログアウト",
        f'<p>{escape(name)} さんとしてログインしています。</p><form method="post" action="{LOGOUT}">'
        "<button>ログアウトする</button>"
        '<button name="everywhere" value="1">すべての端末からログアウトする</button></form>'
        '<p><a href="/">画面に戻る</a></p>',
    )


class _Watched(Socket):
    """A websocket whose login is looked at again and again, and which closes when that has ended."""

    def __init__(
        self, receive: Receive, send: Send, lasts: Callable[[], Awaitable[bool]], used: Callable[[], Awaitable[None]]
    ) -> None:
        super().__init__(receive, send)
        self._lasts, self._used = lasts, used
        self._looked = time.monotonic()

    async def receive(self) -> Message:
        """The next message, or a disconnection once the login has ended."""
        while True:
            message = await self.within(max(0.0, self._looked + LOOKS_AGAIN - time.monotonic()))
            if time.monotonic() >= self._looked + LOOKS_AGAIN:
                self._looked = time.monotonic()
                if not await self._lasts():
                    self.end(1008)
                    return await super().receive()
            if message:
                if message["type"] == "websocket.receive":
                    await self._used()
                return message


async def _refuse(words: str, status: int, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})
        return
    await PlainTextResponse(words, status)(scope, receive, send)


def _without_claimed(scope: Scope) -> Scope:
    name = LOGIN_HEADER.lower().encode()
    return {**scope, "headers": [pair for pair in scope["headers"] if pair[0].lower() != name]}


def _secure(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    """A header as it may go over https: Streamlit's own cookie does not know of a relay that speaks https."""
    lacks = name.lower() == b"set-cookie" and b"; secure" not in value.lower()
    return name, value + b"; Secure" if lacks else value


def _is_navigation(scope: Scope) -> bool:
    """Whether a person opens a page, who can be sent to the login."""
    return (
        scope["type"] == "http"
        and scope["method"] == "GET"
        and not scope["path"].startswith(("/_stcore/", "/media/", "/static/", "/dx/"))
        and "text/html" in Headers(scope=scope).get("accept", "")
    )


def _address(scope: Scope) -> str:
    query = scope["query_string"].decode("latin-1")
    return quote(scope["path"]) + (f"?{query}" if query else "")


def _local(address: str) -> str:
    r"""An address of ours, never another site's.

    >>> [_local(each) for each in ("/applications?a=1", "//evil.example", "/\\evil", "https://evil", "")]
    ['/applications?a=1', '/', '/', '/', '/']
    """
    fits = address.startswith("/") and not address.startswith(("//", BEGIN, LOGOUT)) and "\\" not in address
    return address if fits and address.isprintable() else "/"


def _client(request: Request) -> str:
    return request.client.host if request.client else ""
