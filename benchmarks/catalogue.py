"""What a catalogue on PostgreSQL costs beside one in SQLite: a load of 10,000 rows, and the questions of one page.

A PostgreSQL server on this computer and two lakes of the same small demo files. The processor's seconds are those of
this process, its children and the server's processes together. Nothing is remembered.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager

from benchmarks.declared import CLOCK, CPU, Benchmark, Case, Figures, Place
from benchmarks.questions import ask, pages
from benchmarks.way import PERSON
from dx_data import demo, house, intake
from dx_data.house import House
from dx_data.settings import Settings
from tests.postgres import Postgres

ROWS, SMALL = 10_000, 200
_TIMES = 50  # what takes milliseconds is done so often, and divided
_PAGE = "overview"
_HEAD = "システム,申請番号,申請日時,処理状況\n"
Sides = dict[str, House]


def filled(chosen: Settings, place: Place) -> House:
    """A real lake of the small demo files."""
    home = house.make_house(PERSON, chosen=chosen)
    for file in demo.small():
        path = place.folder / file.name
        path.write_bytes(file.content)
        wish = intake.Wish(as_of=file.as_of, accept_vanished=True, accept_older=True)
        intake.load(intake.review(path, home, chosen, wish=wish), home, PERSON)
    return home


def _spent(server: Postgres) -> tuple[float, float]:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter(), time.process_time() + children.ru_utime + children.ru_stime + server.seconds()


def _case(title: str, server: Postgres, homes: Sides, act: Callable[[House], object], times: int = 1) -> Case:
    def once(home: House) -> Callable[[], Figures]:
        def done() -> Figures:
            clock, cpu = _spent(server)
            for _ in range(times):
                act(home)
            after = _spent(server)
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
    with Postgres() as server:
        chosen = [
            Settings(lake=str(place.folder / "sqlite")),
            Settings(lake=server.fresh("bench"), lake_data=str(place.folder / "postgres")),
        ]
        with closing(filled(chosen[0], place)) as one, closing(filled(chosen[1], place)) as two:
            homes = {"sqlite": one, "postgres": two}
            names = pages(set(one.catalog.questions))[_PAGE]
            title = f"「概要」の {len(names)} の質問"
            yield [
                _case("いちばん新しい時点を読む", server, homes, lambda home: home.lake.newest(), _TIMES),
                _case("開いたままの意図を読む", server, homes, lambda home: home.ledger.open_intents(), _TIMES),
                _case(f"{title}（ファイルから）", server, homes, lambda home: ask(home, names)),
                _case(f"{rows:,} 行の確認と取込", server, homes, _loads(place, rows)),
            ]


CATALOGUE = Benchmark(
    name="catalogue",
    title="目録を PostgreSQL に置く",
    sides={"sqlite": "SQLite", "postgres": "PostgreSQL"},
    base="sqlite",
    prepared=_prepared,
    shown=(CPU, CLOCK),
    case_title="はかったこと",
)
