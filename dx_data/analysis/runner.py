"""One child process and its pipe: ask it, watch it while it answers, end it when it takes too much."""

from __future__ import annotations

import json
import struct
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeVar

from dx_data.analysis import fence
from dx_data.analysis.child import END, FAULT, READY, ROWS
from dx_data.analysis.limits import MIB, Limits

T = TypeVar("T")

SCRIPT = Path(__file__).with_name("child.py")
_HEAD = struct.Struct(">cI")
_LOOK = 0.02
_OVERHEAD = 16 * MIB  # Arrow's own bytes around the values
_KEPT_FREE = 64 * MIB  # more than this above its first size, and a child is not used again
_START_SECONDS = 60


class Ended(Exception):
    """The child was ended, or ended itself: `reason` is time, memory, cancelled, closed or ended."""

    def __init__(self, reason: str) -> None:
        """Keep the reason."""
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Reply:
    """What a child sent: an Arrow stream with DuckDB's types and whether it was cut, or why there is none.

    `seconds` passed from the question to the end of the answer.
    """

    stream: bytes = b""
    types: tuple[str, ...] = ()
    cut: bool = False
    fault: tuple[str, str] | None = None
    seconds: float = 0


class Runner:
    """A child process that answers one query after another, as long as each comes to a clean end."""

    def __init__(self, folder: Path, memory: int) -> None:
        """Start it; it opens nothing yet."""
        # What Windows holds it to: its programs and the query's memory.
        self._process = fence.started(SCRIPT, folder, memory + 512 * MIB)
        self._in: IO[bytes] = self._process.stdin  # type: ignore[assignment]
        self._out: IO[bytes] = self._process.stdout  # type: ignore[assignment]
        self._reason: str | None = None
        self._asked = False  # a request is out that was not yet followed by READY
        self._first_size = 0

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The process, to look at."""
        return self._process

    @property
    def usable(self) -> bool:
        """Whether nothing speaks yet against giving it another query."""
        return self._reason is None and self._process.poll() is None

    def warm(self, copy: Path, limits: Limits) -> None:
        """Have it open a copy, so that the next query need not wait for it."""
        self._send(copy, limits)

    def is_clean(self) -> bool:
        """Whether it can take another query: it said so, lives, and gave its memory back."""
        if not self.usable:
            return False
        try:
            self._until_ready()
        except Ended:
            return False
        size = fence.memory_of(self._process)
        self._first_size = self._first_size or size
        return size <= self._first_size + _KEPT_FREE

    def ask(self, sql: str, copy: Path, limits: Limits, stopped: Callable[[], str | None]) -> Reply:
        """The reply to one query. Ended when it takes more than the limits, or when `stopped` says why."""
        if self._asked:
            self._watched(_START_SECONDS, limits, stopped, self._until_ready)
        return self._watched(limits.seconds, limits, stopped, lambda: self._reply(sql, copy, limits))

    def end(self, reason: str) -> None:
        """End it now, whatever it does; who waits for its answer is told the reason."""
        self._reason = self._reason or reason
        fence.ended(self._process)

    def close(self) -> None:
        """End it and give back what it held."""
        self.end("closed")
        self._process.wait()
        for stream in (self._in, self._out):
            stream.close()

    def _watched(self, seconds: float, limits: Limits, stopped: Callable[[], str | None], work: Callable[[], T]) -> T:
        """Do something that waits for the child, while another thread watches it."""
        until, done = time.monotonic() + seconds, threading.Event()

        def watch() -> None:
            while not done.wait(_LOOK):
                reason = stopped() or ("time" if time.monotonic() > until else None)
                size = fence.memory_of(self._process)
                if reason is None and self._first_size and size > self._first_size + limits.memory:
                    reason = "memory"
                if reason:
                    self.end(reason)
                    return

        watcher = threading.Thread(target=watch, name="dx-sql-watch", daemon=True)
        watcher.start()
        try:
            return work()
        finally:
            done.set()
            watcher.join()

    def _reply(self, sql: str, copy: Path, limits: Limits) -> Reply:
        begun = time.monotonic()
        self._send(copy, limits, sql)
        pieces, size = [], 0
        while True:
            letter, content = self._frame(limits.bytes + _OVERHEAD - size)
            if letter == ROWS:
                size += len(content)
                pieces.append(content)
            elif letter == END:
                told = json.loads(content)
                types, seconds = tuple(map(str, told["types"])), time.monotonic() - begun
                return Reply(b"".join(pieces), types, bool(told["cut"]), seconds=seconds)
            elif letter == FAULT:
                told = json.loads(content)
                return Reply(fault=(str(told["rule"]), str(told["about"])))
            else:
                raise self._broken()

    def _until_ready(self) -> None:
        """Wait until it says that it can take the next request."""
        while self._asked:
            letter, _ = self._frame(MIB)
            if letter == READY:
                self._asked = False
                self._first_size = self._first_size or fence.memory_of(self._process)
            elif letter != FAULT:  # that of opening the copy comes again with the query
                raise self._broken()

    def _send(self, copy: Path, limits: Limits, sql: str | None = None) -> None:
        request: dict[str, Any] = {"copy": str(copy.absolute()), "memory": limits.memory, "seconds": limits.seconds}
        if sql is not None:
            request |= {"sql": sql, "rows": limits.rows, "bytes": limits.bytes}
        self._asked = True
        left = memoryview(json.dumps(request).encode() + b"\n")
        try:
            while left:
                left = left[self._in.write(left) :]
        except OSError as fault:
            raise self._broken() from fault

    def _frame(self, most: int) -> tuple[bytes, bytes]:
        """What is sent next, if it is no longer than that."""
        letter, length = _HEAD.unpack(self._read(_HEAD.size))
        if length > most:
            raise self._broken()
        return letter, self._read(length)

    def _read(self, length: int) -> bytes:
        found = bytearray()
        while len(found) < length:
            try:
                piece = self._out.read(min(length - len(found), MIB))
            except (OSError, ValueError):
                piece = b""
            if not piece:
                raise self._broken()
            found += piece
        return bytes(found)

    def _broken(self) -> Ended:
        """It is gone, or says what it never should: then it goes now."""
        reason = self._reason
        self.end("ended")
        return Ended(reason or "ended")
