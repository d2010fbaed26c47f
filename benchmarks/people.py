"""People on the pages of the real server, alone and many at once: how long each waits for a changed filter.

Everybody has a session and a page of their own. When all have opened theirs, each thinks about five seconds, chooses
another option of one of the page's filters, and so on; now and then somebody opens another page. The people run in this
process and need a part of the same processor. In the second case another process loads one small file after the other
meanwhile. Where there are two servers, they share the lake, and each has half of the people.
"""

from __future__ import annotations

import asyncio
import random
import shutil
import statistics
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import websockets
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates

from benchmarks import servers
from benchmarks.declared import Benchmark, Case, Figure, Figures, Goal, Place
from benchmarks.made.applications import few
from benchmarks.made.lakes import demo_lake
from benchmarks.servers import Seen

# People and servers of each side.
CROWDS = {"1": (1, 1), "10": (10, 1), "25": (25, 1), "50": (50, 1), "100": (100, 1), "100 of two": (100, 2)}
_FEW = {"1": (1, 1), "10": (3, 1), "100 of two": (4, 2)}
SECONDS, THINKS = 20.0, 5.0
_OTHER_PAGE = 0.1  # of all acts
PAGES = ("overview", "applications", "cashless", "procedures", "consultations", "deposits")

MIDDLE = Figure("middle", "中央値", "秒")
LATE = Figure("late", "95 % 点", "秒")
MOST = Figure("most", "最長", "秒")
OPENING = Figure("opening", "全員がいっぺんに開いたとき最後の人", "秒")
WRONG = Figure("wrong", "異常", "件")
MEMORY = Figure("session", "1人あたりのメモリー", "MiB")
QUIET, BUSY = "取込のないとき", "取込の間"


@dataclass
class Record:
    """Seconds until all had opened a page, seconds of every change of a filter, and what went wrong."""

    opening: float = 0.0
    seconds: list[float] = field(default_factory=list)
    wrong: int = 0


async def person(
    url: str, number: int, together: asyncio.Barrier, seconds: float, thinks: float, record: Record
) -> None:
    """Somebody who opens a page with all others and looks at pages for some seconds then.

    The same number makes the same choices.
    """
    chance = random.Random(number)
    began = time.monotonic()
    try:
        async with servers.session(url) as socket:
            shown = await _open(socket, PAGES[number % len(PAGES)], record)
            await together.wait()
            record.opening = max(record.opening, time.monotonic() - began)
            until = time.monotonic() + seconds
            while True:
                await asyncio.sleep(chance.uniform(0.5, 1.5) * thinks)
                if time.monotonic() > until:
                    return
                if chance.random() < _OTHER_PAGE or not shown.choices:
                    shown = await _open(socket, chance.choice(PAGES), record)
                    continue
                chosen, options = chance.choice(sorted(shown.choices.items()))
                state = WidgetStates(widgets=[WidgetState(id=chosen, string_value=chance.choice(options))])
                shown = await servers.seen(socket, ClientState(page_script_hash=shown.page, widget_states=state))
                record.seconds.append(shown.last)
                record.wrong += shown.faults
    except (OSError, TimeoutError, websockets.WebSocketException, asyncio.BrokenBarrierError):
        record.wrong += 1
        await together.abort()


async def _open(socket: websockets.ClientConnection, page: str, record: Record) -> Seen:
    shown = await servers.seen(socket, ClientState(page_name="" if page == PAGES[0] else page))
    record.wrong += shown.faults
    return shown


async def _loading(folder: Path, demo: Path, over: asyncio.Event, record: Record) -> None:
    """Small files, one after the other, each by a process of its own, until it is over."""
    folder.mkdir(exist_ok=True)
    while not over.is_set():
        path = few(folder)
        record.wrong += bool(await asyncio.to_thread(servers.load, path, demo))


Load = Callable[[asyncio.Event, Record], Coroutine[None, None, None]]


async def crowd(urls: Sequence[str], people: int, seconds: float, thinks: float, load: Load | None = None) -> Record:
    """What so many people saw who share the servers, while `load` does its work."""
    record, together, over = Record(), asyncio.Barrier(people), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        if load:
            group.create_task(load(over, record))
        everybody = [
            group.create_task(person(urls[number % len(urls)], number, together, seconds, thinks, record))
            for number in range(people)
        ]
        await asyncio.wait(everybody)
        over.set()
    return record


def waited(record: Record, grown: float, people: int) -> Figures:
    """What the crowd saw, and what the servers' memory grew by for each of them."""
    every = sorted(record.seconds)
    return {
        "middle": statistics.median(every),
        "late": every[min(len(every) - 1, int(len(every) * 0.95))],
        "most": every[-1],
        "opening": record.opening,
        "wrong": record.wrong,
        "changes": len(every),
        "session": max(grown, 0.0) / people,
    }


@contextmanager
def _prepared(place: Place) -> Iterator[Sequence[Case]]:
    crowds, seconds, thinks = (_FEW, 8.0, 1.0) if place.small else (CROWDS, SECONDS, THINKS)
    demo = Path(shutil.copytree(demo_lake(place.shared), place.folder / "demo"))
    with ExitStack() as stack:
        both = [stack.enter_context(servers.ours(demo, place.folder / f"log-{number}")) for number in range(2)]
        for server in both:
            servers.wait_for(server)
            # Somebody looks at every page first, so that nobody pays for what is there once for all.
            asyncio.run(crowd([server.url], len(PAGES), 0.0, 0.0))

        def act(people: int, number: int, *, busy: bool) -> Callable[[], Figures]:
            def load(over: asyncio.Event, record: Record) -> Coroutine[None, None, None]:
                return _loading(place.folder / "files", demo, over, record)

            def seen() -> Figures:
                asked = both[:number]
                before = sum(server.memory() for server in asked)
                urls = [server.url for server in asked]
                record = asyncio.run(crowd(urls, people, seconds, thinks, load if busy else None))
                return waited(record, sum(server.memory() for server in asked) - before, people)

            return seen

        yield [
            Case(title, {side: act(*size, busy=busy) for side, size in crowds.items()})
            for title, busy in ((QUIET, False), (BUSY, True))
        ]


PEOPLE = Benchmark(
    name="people",
    title="おおぜいで使う",
    sides={
        side: f"{people}人" + (f"（サーバー{number}つ）" if number > 1 else "")
        for side, (people, number) in CROWDS.items()
    },
    prepared=_prepared,
    goals=(
        Goal("50人のときの条件の変更の 95 % 点 ÷ 1人のときの中央値", "50", 3.0, "1", LATE, MIDDLE, (QUIET,)),
        Goal("100人のときの条件の変更の 95 % 点（サーバー2つ）", "100 of two", 1.0, figure=LATE, cases=(QUIET,)),
        Goal("100人のときの条件の変更の 95 % 点（サーバー1つ）", "100", 1.0, figure=LATE, cases=(QUIET,)),
        Goal("100人のときの異常（サーバー1つ）", "100", 0, figure=WRONG, cases=(QUIET, BUSY)),
    ),
    shown=(MIDDLE, LATE, MOST, OPENING, WRONG, MEMORY),
    warm=False,
)
