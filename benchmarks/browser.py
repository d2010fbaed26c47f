"""Pages in a real browser: seconds to the first and to the last card, beside a bare page with as many figures."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

from playwright.sync_api import Browser
from streamlit.proto.ClientState_pb2 import ClientState

from benchmarks import servers
from benchmarks.declared import CPU, Benchmark, Case, Figure, Figures, Place
from benchmarks.made.lakes import demo_lake
from benchmarks.questions import titles
from benchmarks.servers import Server
from tests.screenshots import browser

STEMS = ("overview", "procedures", "applications", "cashless")
_FEW = ("overview",)
FIRST = Figure("first", "はじめのカード", "秒")
LAST = Figure("last", "最後のカード", "秒")
_TIMEOUT = 120_000
_FIGURE = "[data-testid=stMetricValue], .js-plotly-plot .main-svg, [data-testid=stDataFrame] canvas"
_DONE = """([charts, ready]) =>
    document.querySelectorAll('.js-plotly-plot .main-svg').length >= charts && document.querySelector(ready) !== null
"""
_READY = "[data-testid=stApp][data-test-connection-state=CONNECTED][data-test-script-state=notRunning]"
_BARE = """
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

for number in range({metrics}):
    st.metric(f"件数{{number}}", "1,234")
for number in range({charts}):
    st.plotly_chart(go.Figure(go.Scatter(x=list(range(12)), y=[n * n % 7 for n in range(12)])), key=str(number))
for number in range({tables}):
    st.dataframe(pd.DataFrame({{"月": list(range(12)), "件数": list(range(12))}}))
"""


def figures(url: str, page: str) -> dict[str, int]:
    """How many figures of each kind the server sends for a page."""

    async def counted() -> dict[str, int]:
        async with servers.session(url) as socket_:
            shown = await servers.seen(socket_, ClientState(page_name=page))
            return {
                "metrics": shown.kinds["metric"],
                "charts": shown.kinds["plotly_chart"],
                "tables": shown.kinds["arrow_data_frame"],
            }

    return asyncio.run(counted())


def opened(chromium: Browser, server: Server, page: str, charts: int) -> Figures:
    """One person opens a page in a browser that knows nothing of it yet."""
    context = chromium.new_context(locale="ja-JP", timezone_id="Asia/Tokyo", viewport={"width": 1280, "height": 1600})
    try:
        tab, cpu, began = context.new_page(), server.cpu(), time.perf_counter()
        tab.goto(f"{server.url}/{page}")
        tab.wait_for_selector(_FIGURE, timeout=_TIMEOUT)
        first = time.perf_counter() - began
        tab.wait_for_function(_DONE, arg=[charts, _READY], timeout=_TIMEOUT)
        return {"first": first, "last": time.perf_counter() - began, "cpu": server.cpu() - cpu}
    finally:
        context.close()


@contextmanager
def _prepared(place: Place) -> Iterator[Sequence[Case]]:
    named = titles()
    with ExitStack() as stack:
        ours = stack.enter_context(servers.ours(demo_lake(place.shared), place.folder / "log"))
        servers.wait_for(ours)
        addresses = {stem: "" if stem == STEMS[0] else stem for stem in (_FEW if place.small else STEMS)}
        # Before the browser begins, whose own event loop lets no other one run.
        counts = {stem: figures(ours.url, page) for stem, page in addresses.items()}
        chromium = stack.enter_context(browser())

        def case(stem: str) -> Case:
            page, shown = addresses[stem], counts[stem]
            script = place.folder / f"{stem}.py"
            script.write_text(_BARE.format(**shown), "utf-8")
            bare = stack.enter_context(servers.bare(script, place.folder / f"{stem}.log"))
            servers.wait_for(bare)

            def act(server: Server, address: str) -> Callable[[], Figures]:
                return lambda: opened(chromium, server, address, shown["charts"])

            return Case(named[stem], {"bare": act(bare, ""), "ours": act(ours, page)})

        yield [case(stem) for stem in addresses]


BROWSER = Benchmark(
    name="browser",
    title="画面を開いてから、はじめと最後のカードまで（ブラウザー）",
    sides={"bare": "同じ数の図の素の Streamlit", "ours": "製品"},
    base="bare",
    prepared=_prepared,
    shown=(FIRST, LAST, CPU),
    case_title="画面",
)
