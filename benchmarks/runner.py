"""Runs a benchmark: its sides take turns in one go, the other way round each time, and every sample is kept."""

from __future__ import annotations

import gc
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from benchmarks.declared import Act, Benchmark, Case, Place
from benchmarks.results import Machine, Result, Sample, Samples, rounded, versions
from dx_data import calendar

LEAST = 5
Say = Callable[[str], None]


def aloud(words: str) -> None:
    """Say it at once, also into a file."""
    print(words, flush=True)


def run(
    benchmark: Benchmark, shared: Path, *, runs: int | None = None, small: bool = False, say: Say = aloud
) -> Result:
    """Measure every side of every case that often (at least five times, unless it is a small trial)."""
    before = os.getloadavg()[0]
    rounds = runs or (1 if small else benchmark.runs)
    with (
        tempfile.TemporaryDirectory(dir=shared) as folder,
        benchmark.prepared(Place(Path(folder), shared, small)) as cases,
    ):
        samples = in_turn(cases, rounds, warm=benchmark.warm and not small, say=say)
    return Result(
        name=benchmark.name,
        on=calendar.today(),
        machine=Machine.here(),
        versions=versions(),
        load=(round(before, 1), round(os.getloadavg()[0], 1)),
        samples=samples,
    )


def in_turn(cases: Iterable[Case], rounds: int, *, warm: bool = True, say: Say = aloud) -> Samples:
    """The samples of every side; with `warm` a round before the first warms up and is left out."""
    cases = list(cases)
    taken: Samples = {case.title: {side: [] for side in case.acts} for case in cases}
    for number in range(rounds + warm):
        for case in cases:
            acts = list(case.acts.items())
            for side, act in acts if number % 2 else reversed(acts):
                sample = measured(act)
                told = " ".join(f"{key} {value:g}" for key, value in sample.items())
                say(f"  {number + 1}/{rounds + warm} {case.title} {side}: {told}")
                if number >= warm:
                    taken[case.title][side].append(sample)
    return taken


def measured(act: Act) -> Sample:
    """One act: the clock's and the processor's seconds (its children's, too), and what it tells."""
    gc.collect()
    clock, cpu = time.perf_counter(), _processor()
    told = act() or {}
    spent = {"cpu": _processor() - cpu, "clock": time.perf_counter() - clock}
    return rounded({**spent, **told}.items())


def _processor() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime
