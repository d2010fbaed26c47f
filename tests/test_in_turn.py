"""Pages are drawn in the order in which they were asked for, and nobody holds the others up for long."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from dx_data.ui.in_turn import InTurn

SECONDS = 20


def begun(*acts: Callable[[], None]) -> list[threading.Thread]:
    """Threads that were begun in this order, each well after the one before."""
    threads = [threading.Thread(target=act, daemon=True) for act in acts]
    for thread in threads:
        thread.start()
        time.sleep(0.2)
    return threads


def ended(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.join(SECONDS)
        assert not thread.is_alive()


def test_who_comes_first_is_served_first_and_alone() -> None:
    queue, told = InTurn(most=SECONDS), list[str]()
    go = threading.Event()

    def drawn(name: str) -> None:
        with queue.turn():
            told.append(f"{name} begins")
            assert go.wait(SECONDS)
            told.append(f"{name} ends")

    threads = begun(*(lambda name=name: drawn(name) for name in "abc"))
    assert told == ["a begins"]
    go.set()
    ended(threads)
    assert told == [f"{name} {what}" for name in "abc" for what in ("begins", "ends")]


def test_long_work_holds_the_next_up_for_a_moment_and_nobody_else() -> None:
    queue, go = InTurn(most=2.0), threading.Event()
    waited = list[float]()

    def long() -> None:
        with queue.turn():
            assert go.wait(SECONDS)

    def short() -> None:
        since = time.monotonic()
        with queue.turn():
            waited.append(time.monotonic() - since)

    threads = begun(long, short)
    ended(threads[1:])
    ended(begun(short, short))
    assert 1.0 < waited[0] < 5
    assert max(waited[1:]) < 1.0
    go.set()
    ended(threads)
    ended(begun(short))
    assert waited[-1] < 1.0


def test_a_fault_gives_the_turn_back() -> None:
    queue = InTurn(most=SECONDS)
    with pytest.raises(ZeroDivisionError), queue.turn():
        raise ZeroDivisionError
    ended(begun(lambda: queue.turn().__enter__()))
