"""A relay in front of several servers, as a ward would set one up: sticky by a cookie, looking at everybody's health.

It stands for nginx, HAProxy or IIS, which are not on every machine that runs the tests. One request per connection, a
websocket for as long as it lives. A server that cannot be reached, or says 503 to somebody who asks for nothing but to
be let in, is not the end of the request: the next one is asked (nginx: proxy_next_upstream error http_503).
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Self

COOKIE = "dx-server"
LOOKS = 1.0  # seconds between two looks at a server's health
_HEAD = 65536
_NEXT = (b"HTTP/1.1 503",)


@dataclass
class Relay:
    """Listens on a port and hands on to servers by their ports; `served` counts whom it handed on to."""

    servers: list[int]
    port: int = 0
    well: set[int] = field(default_factory=set)
    served: Counter[int] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    _turn: int = 0

    async def __aenter__(self) -> Self:
        self._listening = await asyncio.start_server(self._client, "127.0.0.1", self.port, limit=_HEAD)
        self.port = self._listening.sockets[0].getsockname()[1]
        await self._look()
        self._looking = asyncio.create_task(self._look_again())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._looking.cancel()
        self._listening.close()

    async def _look_again(self) -> None:
        while True:
            await asyncio.sleep(LOOKS)
            await self._look()

    async def _look(self) -> None:
        for port in self.servers:
            status = b""
            with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
                async with asyncio.timeout(5):
                    reader, writer = await asyncio.open_connection("127.0.0.1", port)
                    host = f"127.0.0.1:{self.port}".encode()
                    writer.write(b"GET /_stcore/health HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n\r\n")
                    status = await reader.readuntil(b"\r\n")
                    writer.close()
            (self.well.add if b" 200 " in status else self.well.discard)(port)

    def _order(self, head: bytes) -> list[int]:
        """Whom to ask, in this order: the one that the cookie names, then all who are well by turns, then others."""
        found = re.search(rb"^cookie:.*\b" + COOKIE.encode() + rb"=(\d+)", head, re.IGNORECASE | re.MULTILINE)
        named = int(found[1]) if found else 0
        self._turn += 1
        turned = self.servers[self._turn % len(self.servers) :] + self.servers[: self._turn % len(self.servers)]
        return sorted(turned, key=lambda port: (port not in self.well, port != named))

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            upgrade = re.search(rb"^upgrade:\s*websocket", head, re.IGNORECASE | re.MULTILINE)
            if not upgrade:
                head = re.sub(rb"(?im)^connection:.*\r\n", b"", head)[:-2] + b"Connection: close\r\n\r\n"
            for port in self._order(head):
                if await self._handed_on(port, head, reader, writer):
                    return
            self.refused[head.split(b"\r\n")[0].decode()] += 1
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass  # the browser left
        finally:
            writer.close()

    async def _handed_on(
        self, port: int, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Whether this server answered; what has a body is sent once and never to another one."""
        try:
            there, to = await asyncio.open_connection("127.0.0.1", port, limit=_HEAD)
        except OSError:
            return False
        try:
            to.write(head)
            once = not head.startswith((b"GET", b"HEAD"))
            sending = asyncio.create_task(_poured(reader, to)) if once else None
            try:
                answer = await there.readuntil(b"\r\n\r\n")
            except (OSError, asyncio.IncompleteReadError):
                if once:
                    raise
                return False
            if answer.startswith(_NEXT) and not once:
                return False
            self.served[port] += 1
            writer.write(answer[:-2] + f"Set-Cookie: {COOKIE}={port}; Path=/; HttpOnly\r\n\r\n".encode())
            sending = sending or asyncio.create_task(_poured(reader, to))
            answering = asyncio.create_task(_poured(there, writer))
            await asyncio.wait({sending, answering}, return_when=asyncio.FIRST_COMPLETED)
            sending.cancel()
            answering.cancel()
            return True
        finally:
            to.close()


async def _poured(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while content := await reader.read(65536):
            writer.write(content)
            await writer.drain()
