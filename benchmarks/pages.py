"""What the server needs for each page: with its answers already there, and as it is opened in four other states.

`python -m benchmarks.pages` runs every page on the demo lake (`DX_LAKE_DEMO`) in this process, the states in turn, and
prints the medians of the script runs' seconds and their ratios to the first. "Already there" hands the page the very
answers it got before, without a look at the lake. The others are: opened again (goal: at most 1.5); opened first after
the answers were made ahead (no goal of its own); with no answer known, as for filters nobody chose yet (goal: at most
3); and right after the start, with neither answers nor tables in memory. `--cpu` counts the processor's seconds, for a
busy machine.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.testing.v1 import AppTest

from dx_data.catalog import Result
from dx_data.datasets import DATASETS
from dx_data.house import House
from dx_data.settings import ROOT
from dx_data.ui import ahead, asgi, session

RUNS = 7
WARM, COLD = 1.5, 3.0
STATES = ("there", "again", "ahead", "nothing", "started")
STEMS = sorted(path.stem for path in (ROOT / "pages").glob("*.py"))


class Clock:
    """Adds up the seconds of the script runs."""

    spent = 0.0

    def __init__(self, now: Callable[[], float]) -> None:
        """Stand in the way of every script run of this process."""
        run = ScriptRunner._run_script

        def timed(runner: ScriptRunner, data: Any) -> None:
            began = now()
            run(runner, data)
            self.spent += now() - began

        ScriptRunner._run_script = timed  # type: ignore[method-assign]


@contextmanager
def known(answers: dict[str, Result]) -> Iterator[None]:
    """Every question is answered from here, where it was asked before."""
    ask, compare = House.ask, House.compare

    def remembered(way: Any) -> Any:
        def answer(home: House, *words: Any, **more: Any) -> Result:
            key = repr((way.__name__, words, sorted(more.items())))
            if key not in answers:
                answers[key] = way(home, *words, **more)
            return answers[key]

        return answer

    House.ask, House.compare = remembered(ask), remembered(compare)  # type: ignore[method-assign]
    try:
        yield
    finally:
        House.ask, House.compare = ask, compare  # type: ignore[method-assign]


def forget(home: House, *, tables: bool = False) -> None:
    """No answer is remembered; with `tables` no table lies in memory either."""
    home.catalog._answers.clear()
    near = home.lake._near
    if tables and near:
        home.lake._shapes.cache_clear()
        for copy in near._copies.values():
            copy.outdated = True
            near._dropped(copy)
        near._copies.clear()


def measured(clock: Clock, at: AppTest, stem: str) -> float:
    """One run of a page."""
    clock.spent = 0.0
    done = at.switch_page(str(ROOT / "pages" / f"{stem}.py")).run()
    if done.exception:
        raise RuntimeError(f"{stem}: {done.exception[0].message}")
    return clock.spent


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--cpu", action="store_true")
    parser.add_argument("pages", nargs="*", default=STEMS)
    wanted = parser.parse_args()
    clock, missed = Clock(time.process_time if wanted.cpu else time.perf_counter), 0
    at = AppTest.from_file(str(asgi.SCRIPT), default_timeout=120).run()
    home = session.opened()
    taken: dict[str, dict[str, list[float]]] = {stem: {state: [] for state in STATES} for stem in wanted.pages}
    for stem in wanted.pages:
        answers: dict[str, Result] = {}
        with known(answers):
            measured(clock, at, stem)
        for tables in (True, False):
            if not tables:
                for name in DATASETS:
                    home.at(None).bring_near(name)
            for _ in range(wanted.runs):
                with known(answers):
                    taken[stem]["there"].append(measured(clock, at, stem))
                forget(home, tables=tables)
                taken[stem]["started" if tables else "nothing"].append(measured(clock, at, stem))
                taken[stem]["again"].append(measured(clock, at, stem))
    for _ in range(wanted.runs):
        forget(home)
        ahead.Ahead(session.shown, quiet=0.0).answer(home)
        for stem in wanted.pages:
            taken[stem]["ahead"].append(measured(clock, at, stem))
    for stem in wanted.pages:
        middle = {state: statistics.median(taken[stem][state]) for state in STATES}
        there = middle.pop("there")
        ratios = {state: seconds / there for state, seconds in middle.items()}
        held = ratios["again"] <= WARM and ratios["nothing"] <= COLD
        missed += not held
        print(
            f"{stem}: {there * 1000:.0f} ms; opened again {ratios['again']:.2f} (goal {WARM}),"
            f" answered ahead {ratios['ahead']:.2f}, no answer known {ratios['nothing']:.2f} (goal {COLD}),"
            f" just started {ratios['started']:.2f}{'' if held else ' — missed'}",
            flush=True,
        )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
