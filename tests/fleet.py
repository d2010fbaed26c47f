"""Several real servers of one lake behind the relay, and browsers that go on elsewhere when their server leaves."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.typing import Origin, Subprotocol

from dx_data import serving
from tests.relay import COOKIE, Relay

RESTART = 1012
FAULT = "この画面の一部を表示できません"
_START_SECONDS = 120


@dataclass
class Fleet:
    """The servers by their ports. The lake, the login and all else come from the environment of this process."""

    folder: Path
    ports: list[int]
    environment: dict[str, str] = field(default_factory=dict)
    running: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, port: int) -> None:
        """Start one; it answers later."""
        command = serving.command(port)
        with (self.folder / f"log-{port}").open("ab") as log:
            self.running[port] = subprocess.Popen(
                command.arguments, env={**command.environment, **self.environment}, stdout=log, stderr=log
            )

    def health(self, port: int) -> int:
        """What its health says; 0 while it cannot be reached."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as told:
            return told.code
        except OSError:
            return 0

    def wait(self, port: int) -> None:
        """Until it answers."""
        until = time.monotonic() + _START_SECONDS
        while self.health(port) != 200:
            if time.monotonic() > until or self.running[port].poll() is not None:
                raise RuntimeError((self.folder / f"log-{port}").read_text("utf-8"))
            time.sleep(0.1)

    def ask_to_end(self, port: int) -> None:
        """As a service manager does."""
        self.running[port].send_signal(signal.SIGTERM)

    def end(self) -> None:
        """All of them, at once."""
        for process in self.running.values():
            process.kill()
            process.wait()

    def logs(self) -> str:
        """What the servers said."""
        return "\n".join((self.folder / f"log-{port}").read_text("utf-8") for port in self.ports)

    def seconds(self) -> float:
        """What the running servers needed of the processor so far."""
        ticks = 0
        for process in self.running.values():
            with contextlib.suppress(OSError):
                told = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
                ticks += sum(map(int, told[11:15]))
        return ticks / os.sysconf("SC_CLK_TCK")


@dataclass
class Page:
    """What a page showed: the texts of its elements in their order, and whether one of them was a fault."""

    texts: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


@dataclass
class Browser:
    """One person's browser as the relay and the servers see it: cookies, session, page, and what it went through."""

    relay: Relay
    cookies: dict[str, str] = field(default_factory=dict)
    session: str = ""
    address: tuple[str, str] = ("", "")
    moves: list[float] = field(default_factory=list)
    codes: list[int | None] = field(default_factory=list)
    _socket: websockets.ClientConnection | None = None

    @property
    def server(self) -> int:
        """The port of the server that it is at."""
        return int(self.cookies[COOKIE])

    async def connect(self) -> None:
        """As the page does: first whether the server is well, then the websocket with the session it had."""
        url = f"http://127.0.0.1:{self.relay.port}"
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        spoken = ["streamlit", "PLACEHOLDER_AUTH_TOKEN", *([self.session] if self.session else [])]
        self._socket = await websockets.connect(
            url.replace("http", "ws", 1) + "/_stcore/stream",
            origin=Origin(url),
            additional_headers=headers,
            subprotocols=[Subprotocol(each) for each in spoken],
            max_size=None,
            proxy=None,
        )
        assert self._socket.response
        for line in self._socket.response.headers.get_all("Set-Cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value

    async def reconnect(self) -> None:
        """Try again, a little later each time, until a server takes it in."""
        began = time.monotonic()
        wait = 0.5
        while True:
            await asyncio.sleep(random.uniform(wait / 2, wait))
            with contextlib.suppress(OSError, websockets.WebSocketException):
                await self.connect()
                self.moves.append(time.monotonic() - began)
                return
            wait = min(4.0, wait * 2)

    async def open(self, stem: str, query: str = "") -> Page:
        """Ask for a page and see it to its end; asked again where the server went in between."""
        self.address = (stem, query)
        while True:
            try:
                return await self._opened()
            except websockets.ConnectionClosed as closed:
                self.codes.append(closed.rcvd.code if closed.rcvd else None)
                await self.reconnect()

    async def _opened(self) -> Page:
        assert self._socket
        stem, query = self.address
        asked = ClientState(page_name=stem, query_string=query)
        await self._socket.send(BackMsg(rerun_script=asked).SerializeToString())
        page = Page()
        while True:
            message = ForwardMsg.FromString(await asyncio.wait_for(self._socket.recv(decode=False), 120))
            kind = message.WhichOneof("type")
            if kind == "new_session":
                self.session = message.new_session.initialize.session_id
            elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
                _seen(page, message)
            elif kind == "script_finished" and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                return page

    async def idle(self, until: Callable[[], bool]) -> None:
        """Look at the page, do nothing, and go on elsewhere when its server leaves."""
        while not until():
            assert self._socket
            try:
                await asyncio.wait_for(self._socket.recv(), 0.2)
            except TimeoutError:
                continue
            except websockets.ConnectionClosed as closed:
                self.codes.append(closed.rcvd.code if closed.rcvd else None)
                await self.reconnect()

    async def close(self) -> None:
        """The person closes the browser."""
        if self._socket:
            await self._socket.close()


def _seen(page: Page, message: ForwardMsg) -> None:
    element = message.delta.new_element
    kind = element.WhichOneof("type")
    if kind == "exception" or FAULT in element.alert.body:
        page.faults.append(element.exception.message or element.alert.body)
    text = {"html": element.html.body, "markdown": element.markdown.body, "heading": element.heading.body}.get(
        str(kind)
    )
    if text or kind == "alert":
        page.texts.append(text or element.alert.body)
