"""How long a million receipts take from bytes to the lake, beside DuckDB's typed read of the same rows without faults.

`python -m benchmarks.receipts` prints the ratio (goal: at most 3.0) with each stage's share, how many times longer
pydantic takes row by row (goal: at least 4), the peak memory (goal: under 1 GiB), and whether fifty-two weekly files
take the same time at the end as at the start. Both sides of a ratio run in turn, in one process, and their medians are
compared, so that a busy machine slows both.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import importlib
import itertools
import multiprocessing
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn
from unittest import mock

import duckdb
import pydantic

from dx_data import access, house, intake, text
from dx_data.calendar import is_open_day
from dx_data.datasets import DATASETS
from dx_data.door import check, gate, layout, match
from dx_data.settings import Settings
from dx_data.spec import Column, Kind

ROWS = 1_000_000
GOAL, GOAL_PYDANTIC, GOAL_MIB = 3.0, 4.0, 1024
FAULTY = 0.01
_SAMPLE = 100_000  # rows that pydantic is measured with
_WEEKS, _WEEKLY = 52, 5_000
Clock = Callable[[], float]
PERSON = access.Person("計測", frozenset(access.Role))

COLUMNS = {
    "収納日": "DATE",
    "窓口": "VARCHAR",
    "端末ID": "VARCHAR",
    "手数料種別": "VARCHAR",
    "決済手段": "VARCHAR",
    "ブランド": "VARCHAR",
    "区分": "VARCHAR",
    "件数": "BIGINT",
    "金額": "BIGINT",
    "決済手数料": "BIGINT",
    "入金予定日": "DATE",
    "突合結果": "VARCHAR",
}
_COUNTERS = tuple(f"第{n}窓口" for n in range(1, 21))
_TERMINALS = ("T-001", "T-002")
_FEES = ("住民票", "戸籍", "印鑑証明", "税証明", "施設使用料")
_METHODS = (
    *(("現金", ""), ("クレジットカード", "Visa"), ("電子マネー(交通系)", "Suica")),
    *(("電子マネー(その他)", "WAON"), ("コード決済", "PayPay")),
)


def days(first: dt.date) -> Iterator[dt.date]:
    """Open days from a day on."""
    return (day for n in itertools.count() if is_open_day(day := first + dt.timedelta(days=n)))


def receipts(rows: int, first: dt.date = dt.date(2019, 5, 7), seed: int = 7) -> Iterator[list[str]]:
    """Clean rows, each with a key of its own; the same seed gives the same rows."""
    draw = random.Random(seed)
    keys = (
        (day, *rest)
        for day in days(first)
        for rest in itertools.product(_COUNTERS, _TERMINALS, _FEES, _METHODS, ("売上", "返金"))
    )
    for day, counter, terminal, fee, (method, brand), entry in itertools.islice(keys, rows):
        sign = 1 if entry == "売上" else -1
        number = draw.randrange(1, 40)
        due = f"{day + dt.timedelta(days=30)}" if brand else ""
        amounts = (str(sign * number), str(sign * number * 300), str(sign * number * 9) if brand else "")
        yield [str(day), counter, terminal, fee, method, brand, entry, *amounts, due, draw.choice(("一致", "未確認"))]


_MADE_FAULTY: dict[str, tuple[Callable[[str, random.Random], str], ...]] = {
    "収納日": (
        lambda _, draw: f"2025-02-{draw.randrange(30, 99)}",
        lambda *_: "R7.13.1",
        lambda *_: "未定",
        lambda *_: "",
    ),
    "決済手段": (lambda _, draw: f"スイカ{draw.randrange(9)}", lambda *_: "商品券", lambda *_: ""),
    "区分": (lambda *_: "その他", lambda *_: ""),
    "件数": (lambda cell, _: f"{cell}a", lambda *_: "-", lambda *_: "", lambda *_: "1.5"),
    "金額": (
        lambda cell, _: cell.replace("0", "O"),
        lambda cell, _: f"{cell}千ドル",
        lambda *_: "#REF!",
        lambda *_: "",
    ),
    "決済手数料": (lambda *_: "なし", lambda cell, _: f"約{cell}"),
    "入金予定日": (lambda *_: "月末", lambda *_: "翌月"),
    "突合結果": (lambda *_: "？",),
}


def with_faults(rows: Iterator[list[str]], share: float = FAULTY, seed: int = 8) -> Iterator[list[str]]:
    """The rows with that share of all cells faulty: no days, unknown methods, figures with letters, blanks."""
    draw = random.Random(seed)
    places = {position: _MADE_FAULTY[name] for position, name in enumerate(COLUMNS) if name in _MADE_FAULTY}
    each = share * len(COLUMNS) / len(places)
    for row in rows:
        for position, ways in places.items():
            if draw.random() < each:
                row[position] = draw.choice(ways)(row[position], draw)
        yield row


def written(path: Path, rows: Iterator[list[str]], encoding: str) -> Path:
    """The rows as a CSV file."""
    with path.open("w", encoding=encoding, newline="") as out:
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows)
    return path


# --- what is compared ----------------------------------------------------------------------------------------


def typed_read(path: Path, clock: Clock) -> float:
    """Seconds that DuckDB takes to read clean UTF-8 into a table of the right types."""
    with duckdb.connect(":memory:") as connection:
        began = clock()
        connection.execute(
            "CREATE TABLE t AS SELECT * FROM read_csv(?, header = true, columns = ?)", [str(path), COLUMNS]
        )
        return clock() - began


@contextmanager
def measured(shares: dict[str, float], clock: Clock, *places: tuple[Any, str, str]) -> Iterator[None]:
    """Adds up, under a name, the seconds spent inside functions."""

    def around(function: Callable[..., Any], name: str) -> Callable[..., Any]:
        def called(*arguments: Any, **named: Any) -> Any:
            began = clock()
            try:
                answer = function(*arguments, **named)
                return list(answer) if isinstance(answer, Iterator) else answer
            finally:
                shares[name] = shares.get(name, 0.0) + clock() - began

        return called

    with ExitStack() as stack:
        for owner, attribute, name in places:
            stack.enter_context(mock.patch.object(owner, attribute, around(getattr(owner, attribute), name)))
        yield


# `dx_data.door.read` as an attribute is the function.
_READ = importlib.import_module("dx_data.door.read")
_PLACES = (
    (_READ, "_read_csv", "read"),
    (layout, "lay_out", "layout"),
    (match, "match_all", "match"),
    (gate, "pass_gate", "gate"),
    (check, "check", "check"),
    (check.Checked, "all_faults", "fault list"),
    (intake, "_parts", "typed rows"),
    (intake, "_plan", "plan"),
    (intake, "load", "load (plans again, writes)"),
)


def whole_way(path: Path, folder: Path, rows: int, clock: Clock) -> tuple[float, dict[str, float]]:
    """Seconds from the bytes to a fresh lake, and how they divide; every row is loaded or listed as faulty."""
    shares: dict[str, float] = {}
    chosen = Settings(lake=str(folder / "lake"), max_upload_mb=1000)
    with closing(house.make_house(PERSON, chosen=chosen)) as home, measured(shares, clock, *_PLACES):
        began = clock()
        wish = intake.Wish(as_of=dt.date(2026, 11, 20), partial=True)
        found = intake.review(path, home, chosen, wish=wish)
        assert found.loadable, [problem.sentence for problem in (*found.problems, *found.asks)][:5]
        done = intake.load(found, home, PERSON)
        seconds = clock() - began
        assert done.load is not None
        faulty = len({fault.row for fault in found.faults})
        assert (found.tables[0].rows, found.tables[0].ok_rows) == (rows, rows - faulty)
    return seconds, shares


def _choice(column: Column) -> Callable[[str], str]:
    known = {text.fold_choice(s): c.value for c in column.choices for s in (c.value, *c.aliases)}
    return lambda cell: known[text.fold_choice(cell)] if text.fold_choice(cell) in known else _refuse()


def _refuse() -> NoReturn:
    raise ValueError("no choice")


def model() -> type[pydantic.BaseModel]:
    """A pydantic model of the same columns, with the same readers of days, figures and choices."""
    columns = {column.title: column for column in DATASETS["receipts"].columns}
    fields: dict[str, Any] = {}
    for title in COLUMNS:
        column = columns[title]
        reader: Callable[[str], Any] = {
            Kind.DATE: text.parse_date,
            Kind.INTEGER: text.parse_integer,
            Kind.YEN: text.parse_yen,
            Kind.CHOICE: _choice(column),
        }.get(column.kind, str.strip)
        kind = {Kind.DATE: dt.date, Kind.INTEGER: int, Kind.YEN: int}.get(column.kind, str)
        typed = Annotated[kind, pydantic.BeforeValidator(reader)]
        fields[title] = (typed, ...) if column.required else (typed | None, None)
    return pydantic.create_model("Receipt", **fields)


def row_by_row(path: Path, rows: int, clock: Clock) -> float:
    """Seconds that pydantic takes for the first rows, one after the other, listing every fault."""
    receipt, sound, faults = model(), [], []
    began = clock()
    with path.open(encoding="cp932", newline="") as source:
        for number, row in enumerate(itertools.islice(csv.DictReader(source), rows), 2):
            try:
                sound.append(receipt.model_validate({title: cell for title, cell in row.items() if cell}))
            except pydantic.ValidationError as fault:
                faults += [(number, each["loc"], each["msg"]) for each in fault.errors()]
    assert len(sound) < rows <= len(sound) + len(faults)
    return clock() - began


def _alone(pipe: Any, path: Path, folder: Path, rows: int) -> None:
    whole_way(path, folder, rows, time.perf_counter)
    pipe.send(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10)


def peak_mib(path: Path, folder: Path, rows: int) -> int:
    """The peak memory of a process that does nothing else."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    child = context.Process(target=_alone, args=(theirs, path, folder, rows))
    child.start()
    theirs.close()
    peak: int = ours.recv()
    child.join()
    return peak


def weekly(folder: Path, weeks: int, rows: int, clock: Clock) -> list[float]:
    """Seconds that each of a year's weekly files takes into one lake."""
    chosen, taken = Settings(lake=str(folder / "weekly")), []
    first, per_day = dt.date(2025, 4, 1), len(_COUNTERS) * len(_TERMINALS) * len(_FEES) * len(_METHODS) * 2
    open_days = days(first)
    with closing(house.make_house(PERSON, chosen=chosen)) as home:
        for week in range(weeks):
            start = next(itertools.islice(open_days, 0 if not week else rows // per_day - 1, None))
            path = written(folder / "week.csv", receipts(rows, start, seed=week), "cp932")
            began = clock()
            found = intake.review(path, home, chosen, wish=intake.Wish(as_of=dt.date(2026, 11, 20)))
            assert intake.load(found, home, PERSON).load is not None
            taken.append(clock() - began)
    return taken


def main() -> None:
    """Measure and print, ratios first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--weeks", type=int, default=_WEEKS)
    parser.add_argument("--cpu", action="store_true", help="seconds of the processor: they stand on a busy machine")
    wanted = parser.parse_args()
    clock: Clock = time.process_time if wanted.cpu else time.perf_counter
    rows, sample = wanted.rows, min(wanted.rows, _SAMPLE)
    reads: list[float] = []
    ways: list[float] = []
    slow: list[float] = []
    shares: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        clean = written(folder / "clean.csv", receipts(rows), "utf-8")
        faulty = written(folder / "receipts.csv", with_faults(receipts(rows)), "cp932")
        print(f"{rows:,} rows × {len(COLUMNS)} columns, {faulty.stat().st_size / 1e6:.1f} MB in CP932")
        for run in range(wanted.runs + 1):
            read_, (way, stages) = typed_read(clean, clock), whole_way(faulty, folder / str(run), rows, clock)
            pydantic_ = row_by_row(faulty, sample, clock) * rows / sample
            if run:  # the first warms up
                reads.append(read_)
                ways.append(way)
                slow.append(pydantic_)
                for stage, part in stages.items():
                    shares.setdefault(stage, []).append(part)
        read_, way, pydantic_ = map(statistics.median, (reads, ways, slow))
        print(f"ratio {way / read_:.2f} (goal {GOAL}): typed read {read_:.2f} s, bytes to lake {way:.2f} s")
        print(f"pydantic row by row {pydantic_ / way:.1f} × longer (goal {GOAL_PYDANTIC}; from {sample:,} rows)")
        for stage, parts in shares.items():
            print(f"  {stage}: {statistics.median(parts):.2f} s")
        print(f"peak memory {peak_mib(faulty, folder / 'alone', rows):,} MiB (goal {GOAL_MIB})")
        taken = weekly(folder, wanted.weeks, _WEEKLY, clock)
        quarter = max(1, len(taken) // 4)
        early, late = statistics.median(taken[:quarter]), statistics.median(taken[-quarter:])
        print(f"{len(taken)} weekly files: last quarter {late / early:.2f} × the first")
        print(f"  first quarter {early:.2f} s a file, last {late:.2f} s")


if __name__ == "__main__":
    main()
