"""Work in a process of its own, where memory and processor are nobody else's."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.declared import Figures


def alone(work: Callable[..., Any], *given: Any) -> Figures:
    """Peak memory (MiB), clock and processor of a function of some module's top level, in a process that starts anew.

    What the function returns, a mapping of figures or None, is told as well. RuntimeError when the process fails.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    child = context.Process(target=_work, args=(theirs, work, given))
    child.start()
    theirs.close()
    try:
        figures: dict[str, float] = ours.recv()
    except EOFError as fault:
        raise RuntimeError(f"{work.__name__} failed in its own process") from fault
    finally:
        child.join()
    return figures


def _work(pipe: Any, work: Callable[..., Any], given: tuple[Any, ...]) -> None:
    clock, cpu = time.perf_counter(), time.process_time()
    told = work(*given) or {}
    spent = {"cpu": time.process_time() - cpu, "clock": time.perf_counter() - clock}
    pipe.send({**spent, "peak": peak_mib(), **told})


def peak_mib(process: int | str = "self") -> float:
    """The most memory that a process had at once; `ru_maxrss` would count what the parent had when it began."""
    status = Path(f"/proc/{process}/status").read_text("utf-8")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024
