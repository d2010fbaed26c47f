"""A websocket that is closed from this side although the page behind it would go on."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.types import Message, Receive, Send


class Socket:
    """What Streamlit receives from and sends to instead of a browser, so that it can be told that the browser left."""

    def __init__(self, receive: Receive, send: Send) -> None:
        """`receive` and `send` are the browser's."""
        self._receive, self._send = receive, send
        self._next: asyncio.Task[Message] | None = None
        self._ending: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._ended = False

    def end(self, code: int) -> None:
        """From now on it is closed: the browser hears it with this code, and whoever receives a disconnection."""
        if not self._ending.done():
            self._ending.set_result(code)

    async def receive(self) -> Message:
        """The next message, or a disconnection once it has ended."""
        while (message := await self.within(None)) is None:
            pass
        return message

    async def within(self, seconds: float | None) -> Message | None:
        """The next message, or a disconnection once it has ended; None if neither came in time."""
        if self._next is None:
            self._next = asyncio.ensure_future(self._receive())
        either: set[asyncio.Future[Any]] = {self._next, self._ending}
        done, _ = await asyncio.wait(either, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if self._ending.done():
            return await self._close()
        if not done:
            return None
        message, self._next = self._next.result(), None
        return message

    async def _close(self) -> Message:
        code = self._ending.result()
        if self._next:
            self._next.cancel()
            self._next = None
        if not self._ended:
            self._ended = True
            await self._send({"type": "websocket.close", "code": code})
        return {"type": "websocket.disconnect", "code": code}

    async def send(self, message: Message) -> None:
        """What goes out; nothing once it is closed."""
        if not self._ended:
            await self._send(message)


async def refuse(status: int, receive: Receive, send: Send, *, told: bool) -> None:
    """Close a websocket before it opens, with an HTTP status where the server can tell one (else 403)."""
    await receive()
    if told:
        await send({"type": "websocket.http.response.start", "status": status, "headers": []})
        await send({"type": "websocket.http.response.body", "body": b""})
    else:
        await send({"type": "websocket.close", "code": 1012})
