"""What a catalogue on PostgreSQL costs beside one in SQLite: a load of 10,000 rows, and the questions of one page.

`python -m benchmarks.catalogue` starts a PostgreSQL server on this computer, makes two lakes of the same small demo
files, and takes turns between them in one process. It prints the ratio of the medians, the medians and the spreads: on
the clock, and of the processor's time that this process, its children and the server's processes need together.
With `--bucket` both catalogues are on PostgreSQL, and the tables of one are in a folder, of the other in a bucket of an
S3-compatible server on this computer.
Questions are asked from the files and, as the screens do, of copies in memory; nothing is remembered.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from benchmarks.questions import pages
from dx_data import demo, house, intake
from dx_data.access import Person, Role
from dx_data.datasets import DATASETS
from dx_data.house import House
from dx_data.settings import Settings
from tests.postgres import Postgres
from tests.s3 import S3

RUNS, ROWS = 7, 10_000
PERSON = Person("計測", frozenset(Role))
HEAD = "システム,申請番号,申請日時,処理状況\n"


def filled(chosen: Settings, folder: Path) -> House:
    """A real lake of the small demo files."""
    home = house.make_house(PERSON, chosen=chosen)
    for file in demo.small():
        path = folder / file.name
        path.write_bytes(file.content)
        wish = intake.Wish(as_of=file.as_of, accept_vanished=True, accept_older=True)
        intake.load(intake.review(path, home, chosen, wish=wish), home, PERSON)
    return home


def load(home: House, folder: Path, run: int) -> None:
    """Bring a file of rows that the lake does not have yet."""
    path = folder / "more.csv"
    written = (f"LoGoフォーム,R{run:02}{n:06},2026/04/{n % 28 + 1:02} 09:00,完了\n" for n in range(ROWS))
    path.write_text(HEAD + "".join(written), "utf-8-sig")
    found = intake.review(path, home, home.settings, wish=intake.Wish(as_of=demo.UNTIL))
    assert intake.load(found, home, PERSON).status == "loaded"


def ask(home: House, names: list[str]) -> None:
    """Answer a page's questions with nothing remembered."""
    home.catalog._answers.clear()
    for name in names:
        home.ask(name)


def spent(servers: Sequence[Postgres | S3]) -> tuple[float, float]:
    """The clock, and the processor's seconds of this process, its children and the servers' processes."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter(), time.process_time() + children.ru_utime + children.ru_stime + sum(
        each.seconds() for each in servers
    )


def compared(
    title: str,
    servers: Sequence[Postgres | S3],
    called: Sequence[str],
    homes: list[House],
    runs: int,
    act: Callable[[House, int], None],
) -> None:
    """One line of figures of both sides, which take turns; the first round warms up."""
    taken: list[list[tuple[float, float]]] = [[], []]
    for run in range(runs + 1):
        for side in (0, 1) if run % 2 else (1, 0):
            before = spent(servers)
            act(homes[side], run)
            after = spent(servers)
            if run:
                taken[side].append((after[0] - before[0], after[1] - before[1]))
    for number, name in enumerate(("clock", "processor")):
        sides = [[each[number] * 1000 for each in side] for side in taken]
        few, many = map(statistics.median, sides)
        spreads = [f"{statistics.median(side):.1f} ms ({min(side):.1f}–{max(side):.1f})" for side in sides]
        print(f"{title}, {name}: {many / few:.2f}; {called[0]} {spreads[0]}, {called[1]} {spreads[1]}", flush=True)


def main() -> None:
    """Make both lakes, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--page", default="overview")
    parser.add_argument("--bucket", action="store_true")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary, Postgres() as server, S3() as store:
        folder = Path(temporary)
        os.environ.update(store.environment)
        placed = {
            "SQLite": {"lake": str(folder / "sqlite")},
            "PostgreSQL": {"lake": server.fresh("bench"), "lake_data": str(folder / "postgres")},
            "bucket": {"lake": server.fresh("buckets"), "lake_data": store.fresh("bench"), "lake_here": temporary},
        }
        called = ("PostgreSQL", "bucket") if wanted.bucket else ("SQLite", "PostgreSQL")
        chosen = [Settings(**placed[name]) for name in called]
        with closing(filled(chosen[0], folder)) as one, closing(filled(chosen[1], folder)) as two:
            homes = [one, two]
            compare = partial(compared, servers=[server, store], called=called, homes=homes)
            names = pages(set(one.catalog.questions))[wanted.page]
            title, runs = f"the {len(names)} questions of {wanted.page}", wanted.runs
            compare("which snapshot is the newest", runs=50, act=lambda home, _: home.lake.newest())
            compare("which intents are open", runs=50, act=lambda home, _: home.ledger.open_intents())
            compare(f"load of {ROWS:,} rows", runs=runs, act=lambda home, run: load(home, folder, run))
            compare(f"{title}, from the files", runs=runs, act=lambda home, _: ask(home, names))
            for home in homes:
                home.lake.keep_near()
                for name in {each for asked in names for each in home.catalog.questions[asked].reads} & DATASETS.keys():
                    home.lake.at().bring_near(name)
            compare(f"{title}, near", runs=runs, act=lambda home, _: ask(home, names))


if __name__ == "__main__":
    main()
