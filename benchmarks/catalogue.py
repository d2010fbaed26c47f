"""What a catalogue on PostgreSQL, and files in a bucket as well, cost beside one folder: a load, a page's questions.

A PostgreSQL and an S3-compatible server on this computer and three lakes of the same small demo files. The processor's
seconds are those of this process, its children and the servers' processes together. Nothing is remembered.
"""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager

from benchmarks.declared import CLOCK, CPU, Benchmark, Case, Figures, Place
from benchmarks.questions import ask, pages
from benchmarks.way import PERSON
from dx_data import demo, house, intake
from dx_data.house import House
from dx_data.settings import Settings
from tests.postgres import Postgres
from tests.s3 import S3

ROWS, SMALL = 10_000, 200
_TIMES = 50  # what takes milliseconds is done so often, and divided
_PAGE = "overview"
_HEAD = "システム,申請番号,申請日時,処理状況\n"
Sides = dict[str, House]
Servers = Sequence[Postgres | S3]


def filled(chosen: Settings, place: Place) -> House:
    """A real lake of the small demo files."""
    home = house.make_house(PERSON, chosen=chosen)
    for file in demo.small():
        path = place.folder / file.name
        path.write_bytes(file.content)
        wish = intake.Wish(as_of=file.as_of, accept_vanished=True, accept_older=True)
        intake.load(intake.review(path, home, chosen, wish=wish), home, PERSON)
    return home


def _spent(servers: Servers) -> tuple[float, float]:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    mine = time.process_time() + children.ru_utime + children.ru_stime
    return time.perf_counter(), mine + sum(each.seconds() for each in servers)


def _case(title: str, servers: Servers, homes: Sides, act: Callable[[House], object], times: int = 1) -> Case:
    def once(home: House) -> Callable[[], Figures]:
        def done() -> Figures:
            clock, cpu = _spent(servers)
            for _ in range(times):
                act(home)
            after = _spent(servers)
            return {"clock": (after[0] - clock) / times, "cpu": (after[1] - cpu) / times}

        return done

    return Case(title, {side: once(home) for side, home in homes.items()})


def _loads(place: Place, rows: int) -> Callable[[House], None]:
    numbers: dict[str, int] = {}

    def load(home: House) -> None:
        """Bring a file of rows that the lake does not have yet."""
        run = numbers[home.lake.id] = numbers.get(home.lake.id, 0) + 1
        path = place.folder / "more.csv"
        written = (f"LoGoフォーム,R{run:02}{n:06},2026/04/{n % 28 + 1:02} 09:00,完了\n" for n in range(rows))
        path.write_text(_HEAD + "".join(written), "utf-8-sig")
        found = intake.review(path, home, home.settings, wish=intake.Wish(as_of=demo.UNTIL))
        assert intake.load(found, home, PERSON).status == "loaded"

    return load


@contextmanager
def _prepared(place: Place) -> Iterator[Sequence[Case]]:
    rows = SMALL if place.small else ROWS
    with Postgres() as server, S3() as store, ExitStack() as opened:
        os.environ.update(store.environment)
        servers = (server, store)
        chosen = {
            "sqlite": Settings(lake=str(place.folder / "sqlite")),
            "postgres": Settings(lake=server.fresh("bench"), lake_data=str(place.folder / "postgres")),
            "bucket": Settings(
                lake=server.fresh("buckets"), lake_data=store.fresh("bench"), lake_here=str(place.folder / "here")
            ),
        }
        homes = {side: opened.enter_context(closing(filled(each, place))) for side, each in chosen.items()}
        names = pages(set(homes["sqlite"].catalog.questions))[_PAGE]
        title = f"「概要」の {len(names)} の質問"
        yield [
            _case("いちばん新しい時点を読む", servers, homes, lambda home: home.lake.newest(), _TIMES),
            _case("開いたままの意図を読む", servers, homes, lambda home: home.ledger.open_intents(), _TIMES),
            _case(f"{title}（ファイルから）", servers, homes, lambda home: ask(home, names)),
            _case(f"{rows:,} 行の確認と取込", servers, homes, _loads(place, rows)),
        ]


CATALOGUE = Benchmark(
    name="catalogue",
    title="目録を PostgreSQL に、ファイルをバケットに置く",
    sides={"sqlite": "フォルダー", "postgres": "PostgreSQL", "bucket": "PostgreSQL とバケット"},
    base="sqlite",
    prepared=_prepared,
    shown=(CPU, CLOCK),
    case_title="はかったこと",
)
