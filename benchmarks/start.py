"""From `dx serve` to the first card, beside a bare Streamlit app with one figure; and what is imported meanwhile."""

from __future__ import annotations

import asyncio
import collections
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from streamlit.proto.ClientState_pb2 import ClientState

from benchmarks import servers
from benchmarks.declared import CPU, Benchmark, Case, Figure, Figures, Goal, Place
from benchmarks.made.lakes import demo_lake

ONE_FIGURE = """
import plotly.graph_objects as go
import streamlit as st

st.metric("件数", "1,234")
st.plotly_chart(go.Figure(go.Bar(x=["4月", "5月", "6月"], y=[12, 34, 56])))
"""
FIRST = Figure("first", "はじめのカードまで", "秒")
IMPORT = Figure("import", "読み込み", "秒")
_LINE = re.compile(r"import time:\s+(\d+) \|\s+(\d+) \| (\s*)(\S+)")
_HEAVIEST = 10
# What the server imports before its first request, in the order in which it does.
_SERVED = "import runpy, streamlit.web.cli, dx_data.cli, dx_data.ui.asgi as a; [__import__(n) for n in a._HEAVY]"


def to_first_card(start: Callable[[], AbstractContextManager[servers.Server]], page: str) -> Figures:
    """Seconds from the start of the process to the first figure that a person's connection gets."""

    async def opened(url: str) -> float:
        async with servers.session(url) as socket_:
            shown = await servers.seen(socket_, ClientState(page_name=page))
            ended = time.perf_counter()
            assert shown.first, "there is a figure"
            assert not shown.faults, "nothing is wrong on the page"
            return ended - (shown.last - shown.first)

    began = time.perf_counter()
    with start() as server:
        servers.wait_for(server)
        return {"first": asyncio.run(opened(server.url)) - began, "cpu": server.cpu()}


@contextmanager
def _prepared(place: Place) -> Iterator[Sequence[Case]]:
    demo, script, log = demo_lake(place.shared), place.folder / "bare.py", place.folder / "log"
    script.write_text(ONE_FIGURE, "utf-8")
    yield [
        Case(
            "始まり",
            {
                "bare": lambda: to_first_card(lambda: servers.bare(script, log), ""),
                "ours": lambda: to_first_card(lambda: servers.ours(demo, log), ""),
            },
        )
    ]


def imported() -> dict[str, float]:
    """Seconds that each package's own modules take while everything is imported, by package."""
    command = [sys.executable, "-X", "importtime", "-c", _SERVED]
    told = subprocess.run(command, capture_output=True, check=True, text=True, encoding="utf-8").stderr
    spent: collections.Counter[str] = collections.Counter()
    for own, _, _, module in _LINE.findall(told):
        spent[module.partition(".")[0]] += int(own)
    return {package: own / 1e6 for package, own in spent.items()}


class _Imports:
    """One import of everything serves all packages of a round."""

    def __init__(self) -> None:
        self.now = imported()
        self.packages = [name for name, _ in collections.Counter(self.now).most_common(_HEAVIEST)]

    def act(self, package: str) -> Figures:
        """That package's share; before the first of a round everything is imported again."""
        if package in (self.packages[0], ""):
            self.now = imported()
        spent = self.now.get(package, 0.0) if package else sum(self.now.values())
        return {"import": spent}


@contextmanager
def _prepared_imports(_: Place) -> Iterator[Sequence[Case]]:
    once = _Imports()
    yield [
        Case("すべて", {"ours": lambda: once.act("")}),
        *(Case(f"`{package}`", {"ours": lambda package=package: once.act(package)}) for package in once.packages),
    ]


START = Benchmark(
    name="start",
    title="`dx serve` から、はじめのカードまで",
    sides={"bare": "図が1つだけの Streamlit", "ours": "`dx serve --demo` の「概要」"},
    base="bare",
    prepared=_prepared,
    goals=(Goal("`dx serve` からはじめのカードまで ÷ 図が1つだけの Streamlit（時計）", "ours", 1.5, "bare", FIRST),),
    shown=(FIRST, CPU),
)
IMPORTS = Benchmark(
    name="imports",
    title="サーバーが始まるときに読み込むもの",
    sides={"ours": "部品ごとの、その部品だけの時間"},
    prepared=_prepared_imports,
    shown=(IMPORT,),
    case_title="部品",
)
