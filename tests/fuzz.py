"""Damages files of every kind the door knows, sends each through review and load, and reports what should not happen.

`make fuzz` (`NUMBER=20000 SEED=1`). The same seed and number make the same file, so a finding can be made again with
`--first N --number 1`. Held against every file: no fault but `Stopped`, all that the plan promised or nothing stored,
nothing left in the temporary folder, an end within 30 seconds, less than 2 GiB of memory. Exit 1 if one did not hold.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import io
import json
import lzma
import multiprocessing
import random
import resource
import struct
import sys
import tempfile
import time
import traceback
import warnings
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from dx_data import access, house, intake
from dx_data.derive.tables import quoted
from dx_data.errors import Stopped
from dx_data.lake.place import SCHEMA
from dx_data.settings import Settings
from dx_data.spec import Delivery

DEMO = Path(__file__).resolve().parent.parent / "data" / "demo"
SECONDS = 30
MEMORY_KB = 2 << 20
_ROWS = 30
_FILES_PER_LAKE = 200
_LARGEST_BOOK = 40_000
_BOOK_EVERY = 6  # a book takes several times as long as a CSV
_ENCODINGS = ("utf-8", "utf-8-sig", "cp932", "utf-16")
_WORDS = (
    "",
    "0",
    "-1",
    "#REF!",
    "　",
    "合計",
    "R8.4.1",
    "2026/13/45",
    "1e400",
    "９" * 40,
    '"',
    "\0",
    "=1+1",
    "a\nb",
    "小計",
)
_PERSON = access.Person("試験 担当", frozenset(access.Role))

Damage = Callable[[bytes, random.Random], bytes]


@dataclass(frozen=True)
class Seed:
    """A sound file: a CSV as its records, a book as its bytes."""

    name: str
    content: bytes
    records: tuple[tuple[str, ...], ...] = ()


def seeds() -> list[Seed]:
    """The demo's files, the CSVs cut to a few dozen rows."""
    found = []
    for path in sorted(DEMO.iterdir()):
        content = path.read_bytes()
        if path.suffix == ".csv":
            found.append(Seed(path.name, b"", _records(content)))
        elif path.suffix == ".xlsx" and len(content) < _LARGEST_BOOK:
            found.append(Seed(path.name, content))
    return found


def _records(content: bytes) -> tuple[tuple[str, ...], ...]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp932")
    return tuple(map(tuple, csv.reader(io.StringIO(text, newline=""))))[:_ROWS]


# --- damage --------------------------------------------------------------------------------------------------


def damaged(number: int, seed: int, known: list[Seed]) -> tuple[str, bytes]:
    """The n-th file of a seed: its name and bytes."""
    draw = random.Random(f"{seed}:{number}")
    books = number % _BOOK_EVERY == 0
    chosen = draw.choice([each for each in known if bool(each.content) == books])
    if books:
        content = chosen.content
        for _ in range(draw.choice((1, 1, 2))):
            content = draw.choice(_ON_BOOKS)(content, draw)
        return chosen.name, content
    records = [list(record) for record in chosen.records]
    for _ in range(draw.choice((0, 1, 1, 2, 4))):
        draw.choice(_ON_RECORDS)(records, draw)
    out = io.StringIO()
    writer = csv.writer(
        out,
        delimiter=draw.choice(",,,\t;"),
        lineterminator=draw.choice(("\r\n", "\n")),
        quoting=draw.choice((csv.QUOTE_ALL, csv.QUOTE_MINIMAL)),
    )
    writer.writerows(records)
    content = out.getvalue().encode(draw.choice(_ENCODINGS), errors="replace")
    if draw.random() < 0.4:
        content = draw.choice((_flip, _cut, _repeat))(content, draw)
    return chosen.name, content


def _flip(content: bytes, draw: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(draw.choice((1, 3, 30))):
        if changed:
            changed[draw.randrange(len(changed))] = draw.randrange(256)
    return bytes(changed)


def _cut(content: bytes, draw: random.Random) -> bytes:
    return content[: draw.randrange(len(content) + 1)]


def _repeat(content: bytes, draw: random.Random) -> bytes:
    at = draw.randrange(len(content) + 1)
    return content[:at] + content[max(0, at - draw.randrange(200)) :]


Records = list[list[str]]


def _shuffle(records: Records, draw: random.Random) -> None:
    if draw.random() < 0.5:
        draw.shuffle(records)
    else:
        below = records[1:]
        draw.shuffle(below)
        records[1:] = below


def _swap(records: Records, draw: random.Random) -> None:
    for _ in range(draw.randrange(1, 6)):
        one, other = draw.choice(records), draw.choice(records)
        if one and other:
            a, b = draw.randrange(len(one)), draw.randrange(len(other))
            one[a], other[b] = other[b], one[a]


def _write(records: Records, draw: random.Random) -> None:
    for _ in range(draw.randrange(1, 6)):
        if record := draw.choice(records):
            record[draw.randrange(len(record))] = draw.choice(_WORDS)


def _drop(records: Records, draw: random.Random) -> None:
    if record := draw.choice(records):
        del record[draw.randrange(len(record))]


def _add(records: Records, draw: random.Random) -> None:
    draw.choice(records).append(draw.choice(_WORDS))


def _drop_column(records: Records, draw: random.Random) -> None:
    position = draw.randrange(max(1, len(records[0])))
    for record in records:
        del record[position : position + 1]


def _double(records: Records, draw: random.Random) -> None:
    records.insert(draw.randrange(len(records) + 1), list(draw.choice(records)))


_ON_RECORDS = (_shuffle, _swap, _write, _drop, _add, _drop_column, _double)


def _parts(content: bytes) -> list[tuple[str, bytes]]:
    """The parts of a book; none if it is no longer a zip file."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return [(part.filename, archive.read(part)) for part in archive.infolist()]
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, OSError, ValueError, EOFError, RuntimeError):
        return []


def _packed(parts: list[tuple[str, bytes]]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts:
            archive.writestr(name, part)
    return out.getvalue()


def _in_a_part(damage: Damage) -> Damage:
    """The same damage inside one unpacked part, which then is packed soundly again."""

    def inside(content: bytes, draw: random.Random) -> bytes:
        parts = _parts(content)
        if not parts:
            return content
        at = draw.randrange(len(parts))
        parts[at] = (parts[at][0], damage(parts[at][1], draw))
        return _packed(parts)

    return inside


def _without_a_part(content: bytes, draw: random.Random) -> bytes:
    parts = _parts(content)
    if parts:
        del parts[draw.randrange(len(parts))]
    return _packed(parts)


def _with_a_part_twice(content: bytes, draw: random.Random) -> bytes:
    parts = _parts(content)
    return _packed([*parts, draw.choice(parts)]) if parts else content


def _with_parts_exchanged(content: bytes, draw: random.Random) -> bytes:
    parts = _parts(content)
    if len(parts) > 1:
        a, b = draw.sample(range(len(parts)), 2)
        parts[a], parts[b] = (parts[a][0], parts[b][1]), (parts[b][0], parts[a][1])
    return _packed(parts)


def _other_numbers(content: bytes, draw: random.Random) -> bytes:
    """Figures inside a part's markup exchanged: cells at other places, styles and strings that are not there."""
    changed = bytearray(content)
    digits = [at for at, byte in enumerate(changed) if 0x30 <= byte <= 0x39]
    for at in draw.sample(digits, min(len(digits), draw.choice((1, 5, 50)))):
        changed[at] = draw.choice(b"0123456789")
    return bytes(changed)


_ON_BOOKS: tuple[Damage, ...] = (
    _flip,
    _cut,
    _in_a_part(_flip),
    _in_a_part(_cut),
    _in_a_part(_other_numbers),
    _in_a_part(_repeat),
    _without_a_part,
    _with_a_part_twice,
    _with_parts_exchanged,
)


# --- one file ------------------------------------------------------------------------------------------------


@contextmanager
def _fresh_house(folder: Path) -> Iterator[house.House]:
    chosen = Settings(lake=str(folder / "lake"), lake_demo=str(folder / "demo"))
    with closing(house.make_house(_PERSON, chosen=chosen)) as home:
        yield home


def send(path: Path, name: str, home: house.House) -> str:
    """One file through the chain that `dx load --yes --partial` calls; answers its status, AssertionError if amiss."""
    before = home.lake.newest()
    wish = intake.Wish(as_of=dt.date(2026, 11, 20), partial=True)
    try:
        found = intake.review(path, home, home.settings, name=name, wish=wish)
        json.dumps(found.as_json(home.lake.id), ensure_ascii=False, default=str)
        found.fault_list.csv()
        if found.loadable:
            found = intake.load(found, home, _PERSON)
    except Stopped as stop:
        assert home.lake.newest() == before, "refused, yet something was written"
        return type(stop).__name__
    if found.load is None:
        assert home.lake.newest() == before, "not loaded, yet something was written"
    else:
        assert found.plan is not None
        assert home.lake.newest() == before + 1, "a load is one snapshot"
        promised = {
            part.part.dataset.name: part.added
            + part.changed
            + (part.missing if part.part.delivery is Delivery.WHOLE else 0)
            for part in found.plan.parts
        }
        with closing(home.lake.cursor()) as cursor:
            stored = {
                table: cursor.execute(
                    f"SELECT count(*) FROM {SCHEMA}.{quoted(table)} WHERE load_id = ?",
                    [found.load.load],
                ).fetchall()[0][0]
                for table in promised
            }
        assert stored == promised, "rows stored differ from those planned"
    return found.status


def _work(pipe: Connection, seed: int, scratch: str) -> None:
    """Take numbers from the pipe, answer each with what became of its file."""
    tempfile.tempdir = scratch
    warnings.simplefilter("ignore", UserWarning)  # a part that stands twice is meant
    known = seeds()
    while True:
        folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
        with _fresh_house(folder) as home:
            for _ in range(_FILES_PER_LAKE):
                number = pipe.recv()
                if number is None:
                    return
                name, content = damaged(number, seed, known)
                path = folder / f"file{Path(name).suffix}"
                path.write_bytes(content)
                try:
                    status, fault = send(path, name, home), ""
                except BaseException:
                    status, fault = "fault", traceback.format_exc()
                if left := [p.name for p in Path(scratch).glob("dx-door-*")]:
                    status, fault = "fault", f"left behind: {left}"
                usage = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
                if max(usage) > MEMORY_KB:
                    status, fault = "fault", f"memory: {max(usage) >> 10} MiB"
                pipe.send((status, fault, max(usage)))


@dataclass
class Report:
    """What came of all files so far."""

    statuses: Counter[str] = field(default_factory=Counter)
    faults: list[tuple[int, str]] = field(default_factory=list)
    slowest: float = 0.0
    memory_kb: int = 0

    def note(self, number: int, answer: tuple[str, str, int], seconds: float) -> None:
        """One more file."""
        status, fault, memory = answer
        self.statuses[status] += 1
        self.slowest, self.memory_kb = max(self.slowest, seconds), max(self.memory_kb, memory)
        if fault:
            self.faults.append((number, fault))
            print(f"--- file {number}\n{fault}", flush=True)

    def line(self) -> str:
        """The figures on one line."""
        return (
            f"{sum(self.statuses.values()):,} files {dict(self.statuses)}, slowest {self.slowest:.1f} s,"
            f" memory {self.memory_kb >> 10} MiB, {len(self.faults)} faults"
        )


def run(first: int, number: int, seed: int) -> Report:
    """Send the files one after the other through a process that is ended when a file hangs."""
    report = Report()
    context: Any = multiprocessing.get_context("spawn")
    began, numbers = time.monotonic(), iter(range(first, first + number))
    waiting = next(numbers, None)
    while waiting is not None:
        with tempfile.TemporaryDirectory() as scratch:
            ours, theirs = context.Pipe()
            worker = context.Process(target=_work, args=(theirs, seed, scratch), daemon=True)
            worker.start()
            theirs.close()
            warm = 60  # the first file waits for the imports and the lake
            while waiting is not None:
                at = time.monotonic()
                ours.send(waiting)
                try:
                    answer = ours.recv() if ours.poll(SECONDS + warm) else ("fault", f"hangs over {SECONDS} s", 0)
                except (EOFError, OSError):
                    worker.join()
                    answer = ("fault", f"the process died ({worker.exitcode})", 0)
                report.note(waiting, answer, 0.0 if warm else time.monotonic() - at)
                warm = 0
                done, waiting = waiting, next(numbers, None)
                if (done - first + 1) % 500 == 0:
                    print(f"{time.monotonic() - began:.0f} s: {report.line()}", flush=True)
                if answer[0] == "fault" and not answer[2]:
                    worker.kill()
                    break
            else:
                ours.send(None)
            worker.join(SECONDS)
    return report


def main() -> int:
    """Run and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--number", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    wanted = parser.parse_args()
    report = run(wanted.first, wanted.number, wanted.seed)
    print(report.line())
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
