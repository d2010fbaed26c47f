"""People on the pages of the real server, alone and many at once: how long each waits for a changed filter.

Everybody has a session and a page of their own, thinks about five seconds, and then chooses another option of one of
the page's filters; now and then somebody opens another page. The people run in this process and need a part of the
same processor. In the second case another process loads one small file after the other meanwhile.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import websockets
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates

from benchmarks import servers
from benchmarks.declared import Benchmark, Case, Figure, Figures, Goal, Place
from benchmarks.made.lakes import demo_lake
from benchmarks.servers import Seen, Server

CROWDS = {"1": 1, "10": 10, "25": 25, "50": 50, "100": 100}
_FEW = {"1": 1, "10": 3}
SECONDS, THINKS = 30.0, 5.0
_OTHER_PAGE = 0.1  # of all acts
PAGES = ("overview", "applications", "cashless", "procedures", "consultations", "deposits")
_ROWS = 200
_HEAD = "システム,申請番号,申請日時,処理状況\n"

MIDDLE = Figure("middle", "中央値", "秒")
LATE = Figure("late", "95 % 点", "秒")
MOST = Figure("most", "最長", "秒")
WRONG = Figure("wrong", "異常", "件")
MEMORY = Figure("session", "1人あたりのメモリー", "MiB")
QUIET, BUSY = "取込のないとき", "取込の間"


@dataclass
class Record:
    """Seconds of every change of a filter, how often a page was opened, and what went wrong."""

    seconds: list[float] = field(default_factory=list)
    opened: int = 0
    wrong: int = 0


async def person(url: str, number: int, until: float, thinks: float, record: Record) -> None:
    """Somebody who looks at pages until the time is over; the same number makes the same choices."""
    chance = random.Random(number)
    try:
        async with servers.session(url) as socket:
            shown = await _open(socket, PAGES[number % len(PAGES)], record)
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
    except (OSError, TimeoutError, websockets.WebSocketException):
        record.wrong += 1


async def _open(socket: websockets.ClientConnection, page: str, record: Record) -> Seen:
    shown = await servers.seen(socket, ClientState(page_name="" if page == PAGES[0] else page))
    record.opened += 1
    record.wrong += shown.faults
    return shown


async def _loading(folder: Path, demo: Path, until: float, record: Record) -> None:
    """Small files, one after the other, each by a process of its own."""
    folder.mkdir(exist_ok=True)
    given = {**os.environ, "DX_LAKE_DEMO": str(demo)}
    while time.monotonic() < until:
        number = time.monotonic_ns()
        path = folder / f"{number}.csv"
        lines = (f"LoGoフォーム,P{number}-{n},2026/11/01 09:00,完了\n" for n in range(_ROWS))
        path.write_text(_HEAD + "".join(lines), "utf-8-sig")
        command = [sys.executable, "-m", "dx_data.cli", "--demo", "load", str(path), "--yes", "--as-of", "2026-11-20"]
        process = await asyncio.create_subprocess_exec(
            *command, env=given, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        record.wrong += bool(await process.wait())


async def _crowd(
    url: str, people: int, seconds: float, thinks: float, load: Callable[[float, Record], object]
) -> Record:
    record, until = Record(), time.monotonic() + seconds
    async with asyncio.TaskGroup() as group:
        if loads := load(until, record):
            group.create_task(loads)  # type: ignore[arg-type]
        for number in range(people):
            group.create_task(person(url, number, until, thinks, record))
    return record


def waited(server: Server, record: Record, people: int, before: float) -> Figures:
    """What the crowd saw, and what the server's memory grew by for each of them."""
    every = sorted(record.seconds)
    return {
        "middle": statistics.median(every),
        "late": every[min(len(every) - 1, int(len(every) * 0.95))],
        "most": every[-1],
        "wrong": record.wrong,
        "changes": len(every),
        "session": max(server.memory() - before, 0.0) / people,
    }


@contextmanager
def _prepared(place: Place) -> Iterator[Sequence[Case]]:
    crowds, seconds, thinks = (_FEW, 8.0, 1.0) if place.small else (CROWDS, SECONDS, THINKS)
    demo = Path(shutil.copytree(demo_lake(place.shared), place.folder / "demo"))
    with servers.ours(demo, place.folder / "log") as server:
        servers.wait_for(server)
        # Somebody looks at every page first, so that nobody pays for what is there once for all.
        asyncio.run(_crowd(server.url, len(PAGES), 0.0, 0.0, lambda *_: None))

        def act(people: int, *, busy: bool) -> Callable[[], Figures]:
            def load(until: float, record: Record) -> object:
                return _loading(place.folder / "files", demo, until, record) if busy else None

            def crowd() -> Figures:
                before = server.memory()
                record = asyncio.run(_crowd(server.url, people, seconds, thinks, load))
                return waited(server, record, people, before)

            return crowd

        yield [
            Case(title, {side: act(people, busy=busy) for side, people in crowds.items()})
            for title, busy in ((QUIET, False), (BUSY, True))
        ]


PEOPLE = Benchmark(
    name="people",
    title="おおぜいで使う",
    sides={side: f"{side}人" for side in CROWDS},
    prepared=_prepared,
    goals=(
        Goal("50人のときの条件の変更の 95 % 点 ÷ 1人のときの中央値", "50", 3.0, "1", LATE, MIDDLE, (QUIET,)),
        Goal("100人のときの条件の変更の 95 % 点", "100", 1.0, figure=LATE, cases=(QUIET,)),
        Goal("100人のときの異常", "100", 0, figure=WRONG, cases=(QUIET, BUSY)),
    ),
    shown=(MIDDLE, LATE, MOST, WRONG, MEMORY),
    warm=False,
)
