"""Weekly files: into a large lake beside a small one, and three years of them, the end beside the beginning."""

from __future__ import annotations

import datetime as dt
import itertools
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from benchmarks.declared import CPU, DISK, Benchmark, Case, Figure, Figures, Goal, Place
from benchmarks.made.lakes import grown
from benchmarks.made.receipts import A_DAY, days, receipts, written
from benchmarks.questions import ask, opened, pages, titles
from benchmarks.way import PERSON, files_of, loaded
from dx_data import demo, house, intake
from dx_data.house import House
from dx_data.settings import Settings

FILES = Figure("files", "Parquet", "個")
SIZES = {"few": 100_000, "many": 10_000_000}
_SMALL_SIZES = {"few": 2_000, "many": 4_000}
ROWS = 10_000
WEEKS, YOUNG, WEEKLY = 156, 4, 4_000
_PAGES = ("cashless", "overview")


def weekly_files(folder: Path, rows: int, first: dt.date) -> Iterator[tuple[Path, dt.date]]:
    """One file of that many rows after the other, each of the open days that follow, and its last day."""
    folder.mkdir(exist_ok=True)
    long = -(-rows // A_DAY)
    open_days = days(first)
    for week in itertools.count():
        chosen = list(itertools.islice(open_days, long))
        yield written(folder / f"{week}.csv", receipts(rows, chosen[0], seed=week), "cp932"), chosen[-1]


# --- into a large lake, into a small one -------------------------------------------------


@contextmanager
def _prepared(place: Place) -> Iterator[Sequence[Case]]:
    sizes = _SMALL_SIZES if place.small else SIZES
    with ExitStack() as stack:

        def act(side: str) -> Callable[[], None]:
            lake = Path(shutil.copytree(grown(place.shared, sizes[side]), place.folder / side))
            home = stack.enter_context(closing(opened(lake)))
            files = weekly_files(place.folder / f"{side}-files", ROWS, demo.UNTIL + dt.timedelta(days=1))

            def load() -> None:
                path, last = next(files)
                loaded(path, home, as_of=last)

            return load

        yield [Case("1万行の取込", {side: act(side) for side in sizes})]


WEEK = Benchmark(
    name="weekly",
    title="週の1万行を、1,000万行の台帳へ",
    sides={"few": "10万行の台帳へ", "many": "1,000万行の台帳へ"},
    base="few",
    prepared=_prepared,
    goals=(Goal("週の1万行を 1,000万行の台帳へ ÷ 10万行の台帳へ", "many", 1.5, under="few"),),
)


# --- three years ------------------------------------------------------------


def _new_lake(lake: Path, folder: Path) -> House:
    """A real lake of the small demo files."""
    folder.mkdir()
    chosen = Settings(lake=str(lake))
    home = house.make_house(PERSON, chosen=chosen)
    for file in demo.small():
        path = folder / file.name
        path.write_bytes(file.content)
        wish = intake.Wish(as_of=file.as_of, accept_vanished=True, accept_older=True)
        intake.load(intake.review(path, home, chosen, wish=wish), home, PERSON)
    return home


@contextmanager
def _prepared_years(place: Place) -> Iterator[Sequence[Case]]:
    weeks, young = (4, 1) if place.small else (WEEKS, YOUNG)
    lakes = {"beginning": place.folder / "beginning", "end": place.folder / "end"}
    # The files of the beginning go on where they stopped; so do those of the end.
    rest = {side: weekly_files(place.folder / f"{side}-files", WEEKLY, dt.date(2023, 4, 3)) for side in lakes}
    home = _new_lake(lakes["end"], place.folder / "demo")
    for week in range(1, weeks + 1):
        path, last = next(rest["end"])
        loaded(path, home, as_of=last, older=True)
        if week <= young:
            next(rest["beginning"])
        if week == young:
            home.close()
            shutil.copytree(lakes["end"], lakes["beginning"])
            home = house.open_house(chosen=Settings(lake=str(lakes["end"])))
    home.close()
    with ExitStack() as stack:
        homes = {
            side: stack.enter_context(closing(house.open_house(chosen=Settings(lake=str(lake)))))
            for side, lake in lakes.items()
        }

        def load(side: str) -> Callable[[], Figures]:
            def act() -> Figures:
                path, last = next(rest[side])
                loaded(path, homes[side], as_of=last, older=True)
                files, size = files_of(lakes[side])
                return {"disk": size, "files": files}

            return act

        def question(side: str, names: Sequence[str]) -> Callable[[], None]:
            return lambda: ask(homes[side], names)

        asked, named = pages(set(homes["end"].catalog.questions)), titles()
        yield [
            Case(f"週の {WEEKLY:,} 行の取込", {side: load(side) for side in homes}),
            *(
                Case(f"「{named[page]}」の質問", {side: question(side, asked[page]) for side in homes})
                for page in _PAGES
            ),
        ]


YEARS = Benchmark(
    name="years",
    title="3年のあいだ、毎週取り込む（156回）",
    sides={"beginning": f"{YOUNG}回のあと", "end": f"{WEEKS}回のあと"},
    base="beginning",
    prepared=_prepared_years,
    shown=(CPU, DISK, FILES),
)
