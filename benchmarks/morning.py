"""A morning: a server that was just started, and a file that arrives; somebody looks at one page after the other.

Each page's first opening after the start, and the first after the load, beside the same page opened again when the
server had long been quiet. Whoever opens them looks at each for some seconds and begins with another page every
morning, so that no page is always the one that is opened at once.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import websockets
from streamlit.proto.ClientState_pb2 import ClientState

from benchmarks import servers
from benchmarks.declared import CLOCK, Benchmark, Case, Figures, Goal, Place
from benchmarks.made.applications import few
from benchmarks.made.lakes import demo_lake
from benchmarks.pages import STEMS
from benchmarks.questions import titles
from dx_data.ui.asgi import HOME

_FEW = (HOME, "applications")
_STEP = 5  # pages further on begins the next morning
STARTED, LOADED, AGAIN = "started", "loaded", "again"


@dataclass
class Mornings:
    """Morning after morning, each told page by page as long as somebody asks for it."""

    demo: Path
    folder: Path
    stems: Sequence[str]
    looks: float
    quiet: float
    _number: Iterator[int] = field(default_factory=count)
    _now: dict[tuple[str, str], float] = field(default_factory=dict)

    def act(self, stem: str, side: str) -> Callable[[], Figures]:
        """The seconds of one opening of a page; what was told once is of the next morning then."""

        def told() -> Figures:
            if (stem, side) not in self._now:
                self._now = asyncio.run(self._morning(next(self._number)))
            return {CLOCK.key: self._now.pop((stem, side))}

        return told

    async def _morning(self, number: int) -> dict[tuple[str, str], float]:
        begin = number * _STEP % len(self.stems)
        order = [*self.stems[begin:], *self.stems[:begin]]
        with servers.ours(self.demo, self.folder / "log") as server:
            servers.wait_for(server)
            async with servers.session(server.url) as socket:
                found = await self._opened(socket, order, STARTED, self.looks)
                await asyncio.sleep(self.quiet)
                found |= await self._opened(socket, order, AGAIN, 0.0)
                assert not servers.load(few(self.folder), self.demo)
                return found | await self._opened(socket, order, LOADED, self.looks)

    @staticmethod
    async def _opened(
        socket: websockets.ClientConnection, order: Sequence[str], side: str, looks: float
    ) -> dict[tuple[str, str], float]:
        found = {}
        for stem in order:
            shown = await servers.seen(socket, ClientState(page_name="" if stem == HOME else stem))
            assert not shown.faults, stem
            found[stem, side] = shown.last
            await asyncio.sleep(looks)
        return found


@contextmanager
def _prepared(place: Place) -> Iterator[Sequence[Case]]:
    demo = Path(shutil.copytree(demo_lake(place.shared), place.folder / "demo"))
    stems, looks, quiet = (_FEW, 0.1, 0.5) if place.small else (STEMS, 3.0, 10.0)
    mornings, named = Mornings(demo, place.folder, stems, looks, quiet), titles()
    yield [Case(named[stem], {side: mornings.act(stem, side) for side in (AGAIN, STARTED, LOADED)}) for stem in stems]


MORNING = Benchmark(
    name="morning",
    title="朝、サーバーを始めて画面を順に開く",
    sides={AGAIN: "開き直し", STARTED: "始めたあと、はじめて開く", LOADED: "取込のあと、はじめて開く"},
    base=AGAIN,
    prepared=_prepared,
    goals=(
        Goal("始めたあとはじめて開く画面 ÷ 開き直し（時計）", STARTED, 3.0, AGAIN, CLOCK),
        Goal("取込のあとはじめて開く画面 ÷ 開き直し（時計）", LOADED, 3.0, AGAIN, CLOCK),
    ),
    shown=(CLOCK,),
    warm=False,
    case_title="画面",
)
