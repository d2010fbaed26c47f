"""Whose query runs next: one at a time for each person, first who has used the machine least of late."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Condition, Event

_HALVED_AFTER = 30.0  # seconds in which what somebody used counts half
_LOOK = 0.05


@dataclass(eq=False)
class _Ticket:
    who: str
    number: int
    granted: bool = False


class Turns:
    """Fair turns at a few places, for the threads of one process."""

    def __init__(self, places: int, now: Callable[[], float] = time.monotonic) -> None:
        """All places are free."""
        self._places, self._now = places, now
        self._waiting: list[_Ticket] = []
        self._running: set[str] = set()
        self._used: dict[str, tuple[float, float]] = {}
        self._issued = 0
        self._changed = Condition()

    @contextmanager
    def turn(self, who: str, cancelled: Event, seconds: float) -> Iterator[None]:
        """Wait for a place and hold it. TimeoutError after so many seconds, InterruptedError when it is cancelled."""
        self._wait(who, cancelled, seconds)
        begun = self._now()
        try:
            yield
        finally:
            with self._changed:
                self._used[who] = (self._of_late(who) + self._now() - begun, self._now())
                self._running.remove(who)
                self._grant()

    def ahead(self, who: str) -> int:
        """How many queries wait or run now that are not theirs."""
        with self._changed:
            return sum(ticket.who != who for ticket in self._waiting) + len(self._running - {who})

    def _wait(self, who: str, cancelled: Event, seconds: float) -> None:
        until = self._now() + seconds
        with self._changed:
            self._issued += 1
            ticket = _Ticket(who, self._issued)
            self._waiting.append(ticket)
            self._grant()
            while not ticket.granted:
                if cancelled.is_set() or self._now() > until:
                    self._waiting.remove(ticket)
                    raise InterruptedError if cancelled.is_set() else TimeoutError
                self._changed.wait(_LOOK)

    def _grant(self) -> None:
        """Give the free places away. To be called with the lock held."""
        while len(self._running) < self._places:
            able = [ticket for ticket in self._waiting if ticket.who not in self._running]
            if not able:
                break
            chosen = min(able, key=lambda ticket: (self._of_late(ticket.who), ticket.number))
            chosen.granted = True
            self._waiting.remove(chosen)
            self._running.add(chosen.who)
        self._changed.notify_all()

    def _of_late(self, who: str) -> float:
        """Seconds somebody used, older ones counting less; nobody is remembered for long."""
        used, at = self._used.get(who, (0.0, 0.0))
        left: float = used * 0.5 ** ((self._now() - at) / _HALVED_AFTER)
        if left < 0.001:
            self._used.pop(who, None)
            return 0.0
        return left
