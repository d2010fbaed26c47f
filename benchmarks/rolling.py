"""Two servers of one lake restarted one after the other under load: does anybody notice?

`python -m benchmarks.rolling` starts a PostgreSQL, a lake of the small demo files on it, two real servers with login
and the tests' relay before them. Twenty people open pages at random and think in between, each over a websocket and
with a login of their own, while another process loads one small file after the other. Each server is asked to end
(SIGTERM), ends, and is started again. It prints everything that went wrong, how long the servers took to leave, how
long people were without one, and how long their pages took before and during it. Exit 1 if anything went wrong: a page
with a fault, a connection that ended otherwise than by a server that leaves, a request that no server answered, a load
that failed or was left open, a ledger that does not hold. The people, the relay, the servers and the database share
this computer's processors.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path

from dx_data import demo, house, logins
from dx_data.access import Role
from dx_data.logins import Identity
from dx_data.settings import settings
from tests import screens
from tests.fleet import RESTART, Browser, Fleet
from tests.postgres import Postgres
from tests.relay import Relay
from tests.screenshots import free_port

PEOPLE, THINKS, STEADY = 20, 5.0, 20.0
ROWS = 200
HEAD = "システム,申請番号,申請日時,処理状況\n"
ROLES = {Role.VIEW: "a", Role.LOAD: "b", Role.PUBLISH: "c", Role.ADMIN: "d"}
_ALL = tuple(ROLES.values())


@dataclass
class Record:
    """What happened: seconds per page, before the first restart and from then on, and what went wrong."""

    steady: list[float] = field(default_factory=list)
    rolling: list[float] = field(default_factory=list)
    leaving: list[float] = field(default_factory=list)
    back: list[float] = field(default_factory=list)
    loads: int = 0
    is_rolling: bool = False
    is_over: bool = False
    wrong: Counter[str] = field(default_factory=Counter)


async def person(browser: Browser, record: Record) -> None:
    """Somebody who opens pages, and looks at each, until it is over."""
    chance = random.Random()
    await browser.connect()
    while not record.is_over:
        until = time.monotonic() + chance.uniform(0, THINKS)
        await browser.idle(lambda until=until: time.monotonic() > until)  # type: ignore[misc]
        began, stem = time.monotonic(), chance.choice(screens.STEMS)
        page = await browser.open(stem)
        (record.rolling if record.is_rolling else record.steady).append(time.monotonic() - began)
        for fault in page.faults:
            record.wrong[f"画面 {stem}: {fault[:100]}"] += 1
    await browser.close()
    for code in browser.codes:
        if code != RESTART:
            record.wrong[f"接続が {code} で切れた"] += 1


async def loading(folder: Path, record: Record) -> None:
    """Small files, one after the other, each by a process of its own."""
    while not record.is_over:
        path = folder / f"{record.loads}.csv"
        rows = range(record.loads * ROWS, (record.loads + 1) * ROWS)
        path.write_text(HEAD + "".join(f"LoGoフォーム,P{n:08},2026/11/01 09:00,完了\n" for n in rows), "utf-8-sig")
        command = [sys.executable, "-m", "dx_data.cli", "load", str(path), "--yes", "--as-of", "2026-11-20"]
        process = await asyncio.create_subprocess_exec(
            *command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=dict(os.environ)
        )
        _, said = await process.communicate()
        if process.returncode:
            record.wrong[f"取込 {said.decode()[-200:]}"] += 1
        record.loads += 1


async def restart(fleet: Fleet, port: int, record: Record) -> None:
    """One server leaves and comes back."""
    began = time.monotonic()
    fleet.ask_to_end(port)
    code = await asyncio.to_thread(fleet.running[port].wait)
    record.leaving.append(time.monotonic() - began)
    if code != -15:
        record.wrong[f"サーバーが {code} で終わった"] += 1
    fleet.start(port)
    await asyncio.to_thread(fleet.wait, port)
    record.back.append(time.monotonic() - began)


@asynccontextmanager
async def crowd(browsers: list[Browser], folder: Path, record: Record) -> AsyncIterator[None]:
    """Everybody, and the loads, until the block ends."""
    async with asyncio.TaskGroup() as group:
        group.create_task(loading(folder, record))
        for browser in browsers:
            group.create_task(person(browser, record))
        yield
        record.is_over = True


async def rolled(fleet: Fleet, port: int, tokens: list[str], record: Record) -> list[Browser]:
    """The whole play; the browsers as they ended."""
    async with Relay(fleet.ports, port) as relay:
        browsers = [Browser(relay, {"dx-login": token}) for token in tokens]
        async with crowd(browsers, fleet.folder, record):
            await asyncio.sleep(STEADY)
            record.is_rolling = True
            for each in fleet.ports:
                await restart(fleet, each, record)
                await asyncio.sleep(STEADY)
        for what, count in relay.refused.items():
            record.wrong[f"中継が渡せなかった: {what}"] += count
    return browsers


def told(values: list[float]) -> str:
    """The median, the 95th percentile and the longest, in seconds."""
    if not values:
        return "なし"
    middle, late = statistics.median(values), sorted(values)[int(len(values) * 0.95)]
    return f"中央値 {middle:.2f} 秒、95 % 点 {late:.2f} 秒、最長 {max(values):.2f} 秒"


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=PEOPLE)
    asked = parser.parse_args()
    record, port = Record(), free_port()
    with Postgres() as postgres, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        chosen = {
            "issuer": "https://id.example",
            "client_id": "dx",
            "url": f"http://127.0.0.1:{port}",
            "roles": {role.value: [value] for role, value in ROLES.items()},
        }
        os.environ |= {
            "DX_LAKE": postgres.fresh("rolling"),
            "DX_LAKE_DATA": str(folder / "shared"),
            "DX_LAKE_DEMO": str(folder / "demo"),
            "DX_LOGIN": json.dumps(chosen, ensure_ascii=False),
            "DX_ANSWERS_AHEAD": "false",
        }
        settings.cache_clear()
        with closing(house.make_house(screens.PERSON)) as home:
            for file in demo.small():
                screens.take(file, home, folder)
            before = len(home.lake.loads())
            login = settings().login
            assert login
            kept = logins.kept(settings(), login)
            people = [Identity(str(n), f"区 {n}", (str(n),), _ALL) for n in range(asked.people)]
            tokens = [kept.begin(each) for each in people]
            fleet = Fleet(folder, [free_port(), free_port()])
            try:
                for each in fleet.ports:
                    fleet.start(each)
                for each in fleet.ports:
                    fleet.wait(each)
                browsers = asyncio.run(rolled(fleet, port, tokens, record))
            finally:
                fleet.end()
            for problem in home.verify_ledger():
                record.wrong[f"台帳 {problem.message}"] += 1
            if left := home.ledger.open_intents():
                record.wrong["開いたままの意図"] += len(left)
            if (loaded := len(home.lake.loads()) - before) != record.loads:
                record.wrong[f"取込 {record.loads} 件のうち、台帳にあるのは {loaded} 件"] += 1
            for line in fleet.logs().splitlines():
                if "Traceback" in line or " fault " in line or line.startswith("fault "):
                    record.wrong[f"サーバーの記録: {line}"] += 1
    moves = [each for browser in browsers for each in browser.moves]
    print(f"{asked.people}人、サーバー2台を1台ずつ入れ替え、その間に取込 {record.loads} 件")
    print(f"入れ替えの前: {len(record.steady):,} 画面、{told(record.steady)}")
    print(f"入れ替えの間: {len(record.rolling):,} 画面、{told(record.rolling)}")
    print(f"別のサーバーへ移った {len(moves)} 回: {told(moves)}")
    print(f"サーバーが去るまで: {told(record.leaving)}。戻って答えるまで: {told(record.back)}")
    for what, count in record.wrong.items():
        print(f"異常: {what}: {count}")
    print("異常はありません" if not record.wrong else f"異常 {record.wrong.total()} 件")
    return 1 if record.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
