"""Fifty people on the pages while files load: how long each waits for a page, and whether anything goes wrong.

`python -m benchmarks.people` starts the real server on a copy of the demo lake (`DX_LAKE_DEMO`). One person opens every
page first; then fifty open pages at random for five minutes, each thinking up to ten seconds in between, while another
process loads one small file after the other. It prints the medians and 95th percentiles of the seconds from asking for
a page to its last element, how many of one person's medians that is, the server's memory, and everything that went
wrong: a page with a fault, a broken connection, a load that failed. Exit 1 if anything did. The people run in this
process and need a part of the same processor.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.typing import Origin, Subprotocol

from dx_data import house, serving
from dx_data.settings import ROOT, settings

PEOPLE, MINUTES, THINKS = 50, 5.0, 10.0
ROWS = 200
HEAD = "システム,申請番号,申請日時,処理状況\n"
FAULT = "この画面の一部を表示できません"
STEMS = sorted(path.stem for path in (ROOT / "pages").glob("*.py"))


@dataclass
class Record:
    """What happened: seconds per page that came, and what went wrong."""

    seconds: list[float] = field(default_factory=list)
    wrong: Counter[str] = field(default_factory=Counter)


async def opened(socket: websockets.ClientConnection, stem: str, record: Record) -> None:
    """One person asks for a page and sees it to its end."""
    began = time.monotonic()
    await socket.send(BackMsg(rerun_script=ClientState(page_name=stem)).SerializeToString())
    while True:
        message = ForwardMsg.FromString(await asyncio.wait_for(socket.recv(decode=False), 120))
        kind = message.WhichOneof("type")
        if kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            element = message.delta.new_element
            if element.WhichOneof("type") == "exception" or FAULT in element.alert.body:
                record.wrong[f"画面 {stem}"] += 1
        if kind == "script_finished" and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
            record.seconds.append(time.monotonic() - began)
            return


async def person(url: str, stems: Iterator[str], until: float, thinks: float, record: Record) -> None:
    """Somebody who opens pages until the time is over."""
    chance = random.Random()
    address = url.replace("http", "ws", 1) + "/_stcore/stream"
    try:
        async with websockets.connect(
            address, origin=Origin(url), subprotocols=[Subprotocol("streamlit")], max_size=None, proxy=None
        ) as socket:
            for stem in stems:
                await asyncio.sleep(chance.uniform(0, thinks))
                if time.monotonic() > until:
                    return
                await opened(socket, stem, record)
    except (OSError, TimeoutError, websockets.WebSocketException) as fault:
        record.wrong[f"接続 {type(fault).__name__}"] += 1


def at_random() -> Iterator[str]:
    """Pages without end."""
    chance = random.Random()
    while True:
        yield chance.choice(STEMS)


async def loading(folder: Path, environment: dict[str, str], until: float, record: Record) -> int:
    """Small files, one after the other, each by a process of its own; how many went in."""
    number = 0
    while time.monotonic() < until:
        path = folder / f"{number}.csv"
        rows = range(number * ROWS, (number + 1) * ROWS)
        path.write_text(HEAD + "".join(f"LoGoフォーム,P{n:08},2026/11/01 09:00,完了\n" for n in rows), "utf-8-sig")
        command = [sys.executable, "-m", "dx_data.cli", "--demo", "load", str(path), "--yes", "--as-of", "2026-11-20"]
        process = await asyncio.create_subprocess_exec(
            *command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        _, said = await process.communicate()
        if process.returncode:
            record.wrong[f"取込 {said.decode()[:200]}"] += 1
        number += 1
    return number


async def crowd(
    url: str, people: int, seconds: float, record: Record, folder: Path, environment: dict[str, str]
) -> int:
    """All of them, and the loads; how many files went in."""
    until = time.monotonic() + seconds
    async with asyncio.TaskGroup() as group:
        loads = group.create_task(loading(folder, environment, until, record))
        for _ in range(people):
            group.create_task(person(url, at_random(), until, THINKS, record))
    return loads.result()


@contextlib.contextmanager
def served(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], str, dict[str, str]]]:
    """The real server on a copy of the demo lake: its process, address and environment."""
    shutil.copytree(settings().lake_demo, folder / "demo")
    environment = {**os.environ, "DX_LAKE_DEMO": str(folder / "demo"), "DX_LAKE": str(folder / "real")}
    command = serving.command(demo=True)
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            command.arguments, env={**command.environment, **environment}, stdout=log, stderr=log
        )
    try:
        for _ in range(600):
            health = f"{command.url}/_stcore/health"
            with contextlib.suppress(OSError), urllib.request.urlopen(health, timeout=5):  # noqa: S310
                break
            time.sleep(0.1)
        yield process, command.url, environment
    finally:
        process.terminate()
        process.wait(30)


def mebibytes(process: subprocess.Popen[bytes]) -> float:
    """The most memory that the server had so far."""
    status = Path(f"/proc/{process.pid}/status").read_text("utf-8")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--minutes", type=float, default=MINUTES)
    asked = parser.parse_args()
    one, all_of_them = Record(), Record()
    with tempfile.TemporaryDirectory() as name, served(folder := Path(name)) as (process, url, environment):
        for _ in range(2):  # the first time everything is asked for the first time
            one.seconds.clear()
            asyncio.run(person(url, iter(STEMS), time.monotonic() + 600, 1, one))
        alone = mebibytes(process)
        seconds = asked.minutes * 60
        loads = asyncio.run(crowd(url, asked.people, seconds, all_of_them, folder, environment))
        most = mebibytes(process)
        home = house.open_house(demo=True, chosen=settings().model_copy(update={"lake_demo": str(folder / "demo")}))
        if faults := home.verify_ledger():
            all_of_them.wrong["台帳"] += len(faults)
        home.close()
    middle, among = statistics.median(one.seconds), sorted(all_of_them.seconds)
    late = among[int(len(among) * 0.95)]
    print(f"1人: 中央値 {middle * 1000:.0f} ミリ秒（{len(one.seconds)} 画面、サーバーのメモリー {alone:.0f} MiB）")
    print(
        f"{asked.people}人、{asked.minutes:g}分、その間に取込 {loads} 件: {len(among):,} 画面、"
        f"中央値 {statistics.median(among) * 1000:.0f} ミリ秒、95 % 点 {late * 1000:.0f} ミリ秒"
        f"（1人の中央値の {late / middle:.1f} 倍）、最長 {among[-1]:.1f} 秒、サーバーのメモリー {most:.0f} MiB"
    )
    wrong = one.wrong + all_of_them.wrong
    for what, count in wrong.items():
        print(f"異常: {what}: {count}")
    print("異常はありません" if not wrong else f"異常 {wrong.total()} 件")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
