"""How a server leaves when it is asked to (SIGTERM), so that another one may take its place under everybody's eyes.

From then on its health says 503 and no page begins here. What was begun is ended: pages that are being drawn, loads,
uploads. Whoever is idle is closed after a few seconds, in which a relay has noticed, and goes on at another server. A
file that waits for its yes keeps its page here as long as there is time. After `WITHIN` seconds nobody is waited for:
a load that is killed then leaves the lake as it was before or after it, as every killed load does.
"""

from __future__ import annotations

import asyncio
import itertools
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

import streamlit as st
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dx_data.serving import LEAVES_WITHIN as WITHIN
from dx_data.ui import sockets
from dx_data.ui.words import HEALTH

NOTICED = 5.0  # seconds after which a relay has seen that the health is none
_IDLE = 1.0  # seconds without a word from the browser: its click has become a page that is drawn
_LOOKS = 0.1
_RESTART = 1012  # the websocket's code for a server that comes back
_HEADER = "X-Dx-Socket"


class _Socket(sockets.Socket):
    """One browser: when it last spoke, how many runs of its page are at work, and whether a file waits on its desk."""

    def __init__(self, receive: Receive, send: Send) -> None:
        super().__init__(receive, send)
        self.spoke = monotonic()
        self.drawing = 0
        self.holds = False

    async def receive(self) -> Message:
        message = await super().receive()
        self.spoke = monotonic()
        return message

    @property
    def idle(self) -> bool:
        """Whether nothing is lost when it goes on elsewhere."""
        return not self.drawing and not self.holds and monotonic() - self.spoke >= _IDLE


class Leaving:
    """Who is in, what is at work, and whether this server is on its way out. One per process."""

    def __init__(self) -> None:
        """Nobody is in."""
        self.is_begun = False
        self._sockets: dict[str, _Socket] = {}
        self._numbers = itertools.count(1)
        self._requests = 0
        self._drawing = 0
        self._lock = threading.Lock()

    def door(self, app: ASGIApp) -> ASGIApp:
        """The app as it is reached as long as this server stays, and while it leaves."""

        async def inside(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "websocket":
                await self._websocket(app, scope, receive, send)
            elif scope["type"] != "http":
                await app(scope, receive, send)
            elif self.is_begun and scope["path"] == HEALTH:
                await PlainTextResponse("leaving", 503)(scope, receive, send)
            else:
                self._requests += 1
                try:
                    await app(scope, receive, send)
                finally:
                    self._requests -= 1

        return inside

    async def _websocket(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        if self.is_begun:
            await sockets.refuse(503, receive, send, told="websocket.http.response" in scope.get("extensions", {}))
            return
        number, socket = str(next(self._numbers)), _Socket(receive, send)
        headers = Headers(scope=scope).mutablecopy()
        headers[_HEADER] = number
        self._sockets[number] = socket
        try:
            await app({**scope, "headers": headers.raw}, socket.receive, socket.send)
        finally:
            del self._sockets[number]

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """A run of a page, in its own thread: this server stays until it has ended, even when its browser is gone."""
        socket = self._here()
        with self._lock:
            self._drawing += 1
            if socket:
                socket.drawing += 1
                socket.holds = False
        try:
            yield
        finally:
            with self._lock:
                self._drawing -= 1
                if socket:
                    socket.drawing -= 1

    def hold(self) -> None:
        """What lies on this page's desk is only here, until the page is drawn anew without it."""
        if socket := self._here():
            socket.holds = True

    def _here(self) -> _Socket | None:
        return self._sockets.get(st.context.headers.get(_HEADER) or "")

    async def wait(self, noticed: float = NOTICED, within: float = WITHIN) -> None:
        """Say goodbye: returns when nobody is in and nothing at work, or when the time is over."""
        self.is_begun = True
        began = monotonic()
        while (self._sockets or self._requests or self._drawing) and (passed := monotonic() - began) < within:
            if passed >= noticed:
                for socket in list(self._sockets.values()):
                    if socket.idle:
                        socket.end(_RESTART)
            await asyncio.sleep(_LOOKS)

    def listen(self) -> None:
        """On SIGTERM wait, then do what the web server does on it; a second one does that at once.

        Only where a web server has the main thread and would do something on it; on Windows nobody sends it.
        """
        if threading.current_thread() is not threading.main_thread():
            return
        ends: Any = signal.getsignal(signal.SIGTERM)
        if not callable(ends):
            return
        loop = asyncio.get_running_loop()

        def asked(number: int, frame: object) -> None:
            if self.is_begun:
                ends(number, frame)
                return
            self.is_begun = True
            loop.call_soon_threadsafe(begin)

        def begin() -> None:
            self._task = loop.create_task(self._leave(lambda: ends(signal.SIGTERM, None)))

        signal.signal(signal.SIGTERM, asked)

    async def _leave(self, end: Callable[[], None]) -> None:
        try:
            await self.wait()
        finally:
            end()


leaving = Leaving()
