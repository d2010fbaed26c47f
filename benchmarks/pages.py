"""What the server needs for each page: warm and without answers, beside the same elements drawn from constants.

Every page runs on the demo lake in this process. "Constants" draws what was recorded of the page (`replay`); "there"
hands the page the very answers it got before, without a look at the lake; "again" is the page opened again, as people
do; "first" is a page that nobody opened yet in a server that has answered ahead what it shows, "chosen" the same page
with another 年度 that nobody chose yet, where it has that choice; "nothing" has the tables in memory and no answer, as
in the first minute after a start or a load.
"""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.testing.v1 import AppTest

from benchmarks import replay
from benchmarks.declared import CPU, Benchmark, Case, Figures, Goal, Place
from benchmarks.made.lakes import demo_lake
from benchmarks.questions import titles
from dx_data import settings
from dx_data.catalog import Result
from dx_data.house import House
from dx_data.settings import ROOT
from dx_data.ui import asgi, drawn, session

STEMS = sorted(path.stem for path in (ROOT / "pages").glob("*.py") if path.stem != "nation")  # no ward has that one
_FEW = ("overview", "cashless")
_TIMEOUT = 300
_YEAR = "year"


class Scripts:
    """Stands in the way of every script run of this process and adds up its seconds."""

    def __init__(self) -> None:
        self.clock, self.cpu = 0.0, 0.0

    @contextmanager
    def watched(self) -> Iterator[Scripts]:
        """Meanwhile."""
        run = ScriptRunner._run_script

        def timed(runner: ScriptRunner, data: Any) -> None:
            clock, cpu = time.perf_counter(), time.process_time()
            run(runner, data)
            self.clock += time.perf_counter() - clock
            self.cpu += time.process_time() - cpu

        with mock.patch.object(ScriptRunner, "_run_script", timed):
            yield self

    def of(self, act: Callable[[], AppTest]) -> Figures:
        """The seconds of the runs that an act makes. RuntimeError when one of them ends in a fault."""
        self.clock = self.cpu = 0.0
        if (done := act()).exception:
            raise RuntimeError(done.exception[0].message)
        return {"clock": self.clock, "cpu": self.cpu}


@contextmanager
def known(answers: dict[str, Result]) -> Iterator[None]:
    """Every question is answered from here, where it was asked before."""

    def remembered(way: Any) -> Any:
        def answer(home: House, *words: Any, **more: Any) -> Result:
            key = repr((way.__name__, words, sorted(more.items())))
            if key not in answers:
                answers[key] = way(home, *words, **more)
            return answers[key]

        return answer

    with (
        mock.patch.object(House, "ask", remembered(House.ask)),
        mock.patch.object(House, "compare", remembered(House.compare)),
    ):
        yield


class Page:
    """One page in its states, each a run in a session of its own that lasts."""

    def __init__(self, stem: str, scripts: Scripts, at: AppTest, home: House) -> None:
        """Run it once, for its answers, and once more, for what it draws."""
        self.path, self.scripts, self.at, self.home = str(ROOT / "pages" / f"{stem}.py"), scripts, at, home
        self.answers: dict[str, Result] = {}
        with known(self.answers):
            self.offers_years = any(box.key == _YEAR for box in self._opened().selectbox)
            with replay.recorded() as self.drawn:
                self._opened()
        self.bare = AppTest.from_file(str(ROOT / "benchmarks" / "replayed.py"), default_timeout=_TIMEOUT)

    def _opened(self) -> AppTest:
        return self.at.switch_page(self.path).run()

    def constants(self) -> Figures:
        """The recorded elements, from a script that does nothing else."""
        replay.NOW = self.drawn
        return self.scripts.of(self.bare.run)

    def there(self) -> Figures:
        """With the answers it got before; once unmeasured, since another state may have forgotten the drawings."""
        with known(self.answers):
            self._opened()
            return self.scripts.of(self._opened)

    def again(self) -> Figures:
        """As people open it again; once unmeasured, since another state may have forgotten the answers."""
        self._opened()
        return self.scripts.of(self._opened)

    def first(self) -> Figures:
        """With its answers remembered, as a server has them before anybody asks, and nothing drawn of them."""
        self._opened()
        drawn.forget()
        return self.scripts.of(self._opened)

    def chosen(self) -> Figures:
        """Another 年度, its answers remembered as a server has them before anybody asks, and nothing drawn of them."""
        this, another = self._opened().selectbox(key=_YEAR).options[:2]
        self._choose(another)
        self._choose(this)
        drawn.forget()
        figures = self.scripts.of(lambda: self._choose(another))
        self._choose(this)
        return figures

    def _choose(self, year: str) -> AppTest:
        return self.at.selectbox(key=_YEAR).set_value(year).run()

    def nothing(self) -> Figures:
        """With no answer remembered."""
        self.home.catalog._answers.clear()
        return self.scripts.of(self._opened)


@contextmanager
def _prepared(place: Place) -> Iterator[Sequence[Case]]:
    chosen = {"DX_LAKE_DEMO": str(demo_lake(place.shared)), "DX_LAKE": str(place.folder / "none")}
    with mock.patch.dict(os.environ, chosen), Scripts().watched() as scripts:
        settings.settings.cache_clear()
        at = AppTest.from_file(str(asgi.SCRIPT), default_timeout=_TIMEOUT).run()
        home = session.opened()
        for _ in home.bring_near(home.at(None)):
            pass
        every = [Page(stem, scripts, at, home) for stem in (_FEW if place.small else STEMS)]
        named = titles()
        # As the server does at its start: else a collection of everything falls into one side or the other.
        gc.collect()
        gc.freeze()
        yield [
            Case(
                named[Path(page.path).stem],
                {
                    "constants": page.constants,
                    "there": page.there,
                    "again": page.again,
                    "first": page.first,
                    **({"chosen": page.chosen} if page.offers_years else {}),
                    "nothing": page.nothing,
                },
            )
            for page in every
        ]


PAGES = Benchmark(
    name="pages",
    title="画面を描くサーバーの時間",
    sides={
        "constants": "同じものを定数から描く",
        "there": "答えが手元にある",
        "again": "開き直し",
        "first": "はじめて開く",
        "chosen": "ほかの年度を選ぶ",
        "nothing": "答えを覚えていない",
    },
    base="constants",
    prepared=_prepared,
    goals=(
        Goal("画面の開き直しの CPU ÷ 同じものを定数から描く", "again", 1.3, under="constants"),
        Goal("開き直した画面の CPU ÷ 答えが手元にある", "again", 1.5, under="there"),
        Goal("動いているサーバーではじめて開く画面の CPU ÷ 答えが手元にある", "first", 3.0, under="there"),
        Goal("動いているサーバーではじめてほかの年度を選ぶ画面の CPU ÷ 答えが手元にある", "chosen", 3.0, under="there"),
        Goal("答えを覚えていない画面の CPU ÷ 答えが手元にある", "nothing", 3.0, under="there"),
    ),
    shown=(CPU,),
    case_title="画面",
)
