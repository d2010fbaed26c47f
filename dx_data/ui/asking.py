"""A query that runs while the page stays awake: in a thread of its own, cancelled at will, recorded when answered."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Thread

import streamlit as st

from dx_data.access import Person
from dx_data.analysis import Answered, Workbench
from dx_data.ui import faults

_RUN, _DONE, _HISTORY = "explored_run", "explored_done", "explored_history"
_AT_ONCE = 0.7  # seconds; what is answered by then never shows that it ran
_LOOK = 0.5
_REMEMBERED = 30


@dataclass
class Run:
    """One query on its way, in a thread that knows no page; `unit` is that of quantities whose names say none."""

    title: str
    sql: str
    unit: str = ""
    stop: Event = field(default_factory=Event)
    begun: float = field(default_factory=time.monotonic)
    answer: Answered | None = None
    fault: Exception | None = None
    thread: Thread | None = None

    @property
    def seconds(self) -> int:
        """Whole seconds since it was asked."""
        return int(time.monotonic() - self.begun)


def start(bench: Workbench, person: Person, run: Run, record: Callable[[Run, Answered], None]) -> None:
    """Ask a query in the background instead of what this person's page was asking; `record` is told of its answer."""
    if (before := running()) is not None:
        before.stop.set()

    def work() -> None:
        try:
            answer = bench.ask(run.sql, who=person, cancelled=run.stop)
            record(run, answer)
            run.answer = answer
        except Exception as fault:  # shown by the page, which runs elsewhere
            run.fault = fault

    run.thread = Thread(target=work, name="dx-sql-page", daemon=True)
    run.thread.start()
    run.thread.join(_AT_ONCE)
    st.session_state[_RUN] = run


def running() -> Run | None:
    """The query that this page waits for."""
    run: Run | None = st.session_state.get(_RUN)
    return run


def latest() -> Run | None:
    """The newest answer that there is while nothing runs; a fault is said and leaves the one before."""
    run = running()
    if run and run.thread and not run.thread.is_alive():
        del st.session_state[_RUN]
        if run.answer is not None:
            st.session_state[_DONE] = run
            st.session_state[_HISTORY] = [run, *history()][:_REMEMBERED]
        elif run.fault is not None:
            with faults.spoken():
                raise run.fault
    done: Run | None = st.session_state.get(_DONE)
    return done


def history() -> list[Run]:
    """What was answered in this session, newest first."""
    found: list[Run] = st.session_state.get(_HISTORY, [])
    return found


@st.fragment(run_every=_LOOK)
def waiting(bench: Workbench, person: Person) -> None:
    """How long it runs, and the way to stop it; the page is drawn anew as soon as it ended."""
    run = running()
    if run is None or run.thread is None or not run.thread.is_alive():
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center", key="explored_wait"):
        others = bench.ahead(person)
        before = f"ほかの人の {others:,} 件と並んでいます。" if others else ""
        said = "中止しています…" if run.stop.is_set() else f"答えを求めています（{run.seconds} 秒）。{before}"
        st.html(f'<p role="status">{said}</p>', width="content")
        st.button("中止", key="explored_cancel", on_click=run.stop.set, disabled=run.stop.is_set())
