"""Pages that are asked for at the same time are drawn one after the other, first come, first served."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition
from time import monotonic

# Most pages take a fifth of it. What takes longer, such as a load, holds nobody up for more than this.
_MOST_SECONDS = 0.5


class InTurn:
    """A queue of page runs. Python computes for one thread at a time: ten that share it all end last.

    Whoever has had the turn for `most` seconds goes on, but the next begins beside it.
    """

    def __init__(self, most: float = _MOST_SECONDS) -> None:
        self._most = most
        self._waiting: deque[object] = deque()
        self._holder: object | None = None
        self._until = 0.0
        self._changed = Condition()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for the turn and have it as long as this is open, or until others no longer wait for it."""
        run = object()
        with self._changed:
            self._waiting.append(run)
            while self._waiting[0] is not run or self._is_held():
                is_next = self._waiting[0] is run
                self._changed.wait(max(0.0, self._until - monotonic()) if is_next else None)
            self._waiting.popleft()
            self._holder, self._until = run, monotonic() + self._most
            self._changed.notify_all()  # who is first now waits no longer than for this turn
        try:
            yield
        finally:
            with self._changed:
                if self._holder is run:
                    self._holder = None
                self._changed.notify_all()

    def _is_held(self) -> bool:
        return self._holder is not None and monotonic() < self._until


in_turn = InTurn()
