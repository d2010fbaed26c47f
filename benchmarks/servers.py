"""Servers that are measured: ours and bare Streamlit ones, started anew, and people who speak their protocol."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.typing import Origin, Subprotocol

FAULT = "この画面の一部を表示できません"
_SECONDS = 120
_TICKS = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Server:
    """A server that runs: its process (its children too), and where it listens."""

    process: subprocess.Popen[bytes]
    url: str

    def pids(self) -> list[int]:
        """The process and all that it began."""
        found = [self.process.pid]
        for pid in found:
            with contextlib.suppress(OSError):
                children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii")
                found += [int(child) for child in children.split()]
        return found

    def cpu(self) -> float:
        """The processor's seconds of all of them so far."""
        total = 0
        for pid in self.pids():
            with contextlib.suppress(OSError):
                words = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
                total += int(words[11]) + int(words[12])
        return total / _TICKS

    def memory(self, kind: str = "VmRSS") -> float:
        """MiB of the process that has most of it: now, or with `VmHWM` the most so far."""
        most = 0
        for pid in self.pids():
            with contextlib.suppress(OSError, IndexError):
                most = max(most, int(Path(f"/proc/{pid}/status").read_text("utf-8").split(f"{kind}:")[1].split()[0]))
        return most / 1024


@contextlib.contextmanager
def running(command: Sequence[str], url: str, environment: Mapping[str, str], log: Path) -> Iterator[Server]:
    """Start a server and end it with all that it began; what it says goes into the log."""
    with log.open("wb") as said:
        process = subprocess.Popen(
            command, env={**os.environ, **environment}, stdout=said, stderr=said, start_new_session=True
        )
    try:
        yield Server(process, url)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def ours(demo: Path, log: Path) -> contextlib.AbstractContextManager[Server]:
    """`dx serve --demo`, as people start it."""
    port = free_port()
    command = [sys.executable, "-m", "dx_data.cli", "serve", "--demo", "--port", str(port)]
    return running(command, f"http://127.0.0.1:{port}", {"DX_LAKE_DEMO": str(demo)}, log)


def load(path: Path, demo: Path) -> int:
    """What the process says at its end that loads a file into the demo, as people do from the command line."""
    command = [sys.executable, "-m", "dx_data.cli", "--demo", "load", str(path), "--yes", "--as-of", "2026-11-20"]
    given = {**os.environ, "DX_LAKE_DEMO": str(demo)}
    return subprocess.run(command, env=given, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode


def bare(script: Path, log: Path) -> contextlib.AbstractContextManager[Server]:
    """A Streamlit script as `streamlit run` starts it."""
    port = free_port()
    options = ["--server.address", "127.0.0.1", "--server.port", str(port), "--server.headless", "true"]
    command = [sys.executable, "-m", "streamlit", "run", str(script), *options, "--browser.gatherUsageStats", "false"]
    return running(command, f"http://127.0.0.1:{port}", {}, log)


def wait_for(server: Server) -> None:
    """Until it answers. RuntimeError when it ends instead, or never does."""
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until:
        if server.process.poll() is not None:
            raise RuntimeError(f"the server ended with {server.process.returncode}")
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=5),  # noqa: S310
        ):
            return
        time.sleep(0.02)
    raise RuntimeError("the server never answered")


@contextlib.asynccontextmanager
async def session(url: str) -> AsyncIterator[websockets.ClientConnection]:
    """One person's connection, as the browser opens it."""
    address = url.replace("http", "ws", 1) + "/_stcore/stream"
    async with websockets.connect(
        address, origin=Origin(url), subprotocols=[Subprotocol("streamlit")], max_size=None, proxy=None
    ) as socket_:
        yield socket_


@dataclass(frozen=True)
class Seen:
    """What came of one run: seconds to the first figure and to the end, and how many faults were on it.

    `page` is what the server calls the page that its navigation chose; `choices` are the ids of its filters, the select
    boxes that rerun all of it, with their options; `kinds` how many elements of each kind it sent.
    """

    first: float
    last: float
    faults: int
    page: str
    choices: Mapping[str, tuple[str, ...]]
    kinds: Mapping[str, int]


async def seen(socket_: websockets.ClientConnection, state: ClientState) -> Seen:
    """Ask for a run of the script and see it to its end; a figure is a chart, a metric or a table."""
    began = time.monotonic()
    first, faults, page = 0.0, 0, ""
    choices: dict[str, tuple[str, ...]] = {}
    kinds: Counter[str] = Counter()
    await socket_.send(BackMsg(rerun_script=state).SerializeToString())
    while True:
        message = ForwardMsg.FromString(await asyncio.wait_for(socket_.recv(decode=False), _SECONDS))
        kind = message.WhichOneof("type")
        if kind == "navigation":
            page = message.navigation.page_script_hash
        if kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            element = message.delta.new_element
            faults += element.WhichOneof("type") == "exception" or FAULT in element.alert.body
            kinds[str(element.WhichOneof("type"))] += 1
            if element.WhichOneof("type") == "selectbox" and not message.delta.fragment_id:
                choices[element.selectbox.id] = tuple(element.selectbox.options)
            if not first and element.WhichOneof("type") in _FIGURES:
                first = time.monotonic() - began
        if kind == "script_finished" and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
            return Seen(first, time.monotonic() - began, faults, page, choices, kinds)


_FIGURES = ("plotly_chart", "metric", "arrow_data_frame", "arrow_table", "bidi_component")
