"""Loads that are struck: kill -9, a full disk, a torn write, a locked file. `python -m tests.faults --help`.

Every load brings rows of its own; a struck file is brought again, as people do. In the end each load is in once and
whole, nothing is lost or doubled, the ledger verifies, and everything stored is as it was written.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

from dx_data import house, inspection
from dx_data import lake as lakes
from dx_data.access import Person, Role
from dx_data.catalog import look
from dx_data.custody.ledger import Ledger
from dx_data.settings import Settings

ROWS = 10
ROOM = 256 << 20
HEAD = "システム,申請番号,申請日時,処理状況\n"
FAULTS = ("kill", "full", "torn", "locked")
CUT = "切った"
FIRST = "kept/*.csv"  # the first that a load writes, just before its intent
LOG = "*.sqlite-wal"
LAST_PAGE = 24 + 4096  # a frame of SQLite's write-ahead log
ENOUGH = 20  # torn loads, of which some must have been writing when they were killed
SAID = ("空き", "ほかのプログラム", "書き込めませんでした", "ディスク")


class Struck:
    """A lake under fire, in a folder of its own."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.chance = folder, random.Random(seed)
        self.lake = folder / "lake"
        self.took = 3.0
        self.told: Counter[str] = Counter()

    def file(self, number: int) -> Path:
        path = self.folder / f"{number}.csv"
        rows = range(number * ROWS, (number + 1) * ROWS)
        path.write_text(HEAD + "".join(f"LoGoフォーム,A{n:07},2026/04/01 09:00,完了\n" for n in rows), "utf-8-sig")
        return path

    def start(self, *numbers: int) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "dx_data.cli", "load", "--yes", "--as-of", "2026-11-01", *map(self.path, numbers)],
            env={**os.environ, "DX_LAKE": str(self.lake)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def path(self, number: int) -> str:
        return str(self.file(number))

    def calm(self, *numbers: int) -> None:
        """Loads that nothing strikes: they must succeed, whatever struck before."""
        process = self.start(*numbers)
        _, err = process.communicate()
        assert process.returncode == 0, err

    def strike(self, kind: str, number: int) -> None:
        """One load with a fault. It may succeed or fail; when it fails by itself it says why."""
        if kind == "full":
            free = shutil.disk_usage(self.lake).free - self.chance.randrange(200_000)
            (self.lake / "filler").write_bytes(b"\0" * free)
        process = self.start(number)
        if kind in ("kill", "torn"):
            self.wait(process, self.chance.choice(("tables/**/*.parquet", LOG)) if kind == "torn" else FIRST)
            process.send_signal(signal.SIGKILL)
        if kind == "locked":
            self.wait(process, FIRST)
            name = self.chance.choice(("ledger.sqlite", "catalog.sqlite"))
            with closing(sqlite3.connect(self.lake / name, timeout=20, isolation_level=None)) as other:
                other.execute("BEGIN EXCLUSIVE")
                time.sleep(self.chance.uniform(0.2, 3))
        _, err = process.communicate()
        (self.lake / "filler").unlink(missing_ok=True)
        if kind == "torn" and process.returncode:
            self.tear()
        outcome = "済んだ" if process.returncode == 0 else "殺された" if process.returncode < 0 else "断った"
        self.told[f"{kind}: {outcome}"] += 1
        assert "プログラムの誤り" not in err, err
        assert process.returncode <= 0 or any(words in err for words in SAID), err

    def wait(self, process: subprocess.Popen[str], written: str) -> None:
        """Until some moment: anywhere in the load, or, three times of four, after it began to write such files.

        From the first to the last byte written a load takes a thirtieth of its time.
        """
        if self.chance.random() < 1 / 4:
            time.sleep(self.took * self.chance.uniform(0, 0.9))
            return
        before = set(self.lake.glob(written))
        while process.poll() is None and set(self.lake.glob(written)) == before:
            time.sleep(0)  # a log is there for a moment only
        time.sleep(self.took * self.chance.choice((0, self.chance.uniform(0, 1 / 30))))

    def tear(self) -> None:
        """Cut what was written last, as a computer does that loses its power: a log's last page, any part of a file.

        What was written and flushed before stays, for the disk had it; so does a file that something names.
        """
        found = [path for pattern in (LOG, "tables/**/*.parquet", FIRST) for path in self.lake.glob(pattern)]
        cuttable = [path for path in found if path.stat().st_size and (path.match(LOG) or not self.named(path))]
        if not cuttable:
            return
        path = max(cuttable, key=lambda each: each.stat().st_mtime_ns)
        size = path.stat().st_size
        least = max(size - LAST_PAGE, 0) if path.match(LOG) else 0
        os.truncate(path, self.chance.randrange(least, size))
        self.told[f"torn: {CUT}（{path.suffix}）"] += 1

    def named(self, file: Path) -> bool:
        """Whether the catalogue names a Parquet file, or any line of the ledger a kept one.

        What is kept is down on the disk before the intent's line is written: from then on nothing can tear it.
        """
        if file.suffix == ".csv":
            lines = Ledger(self.lake / "ledger.sqlite").lines()
            return any(f"kept/{file.name}" in line.detail.get("kept", ()) for line in lines)
        with closing(sqlite3.connect(self.lake / "catalog.sqlite", timeout=20)) as catalogue:
            found = (
                "SELECT count(*) FROM (SELECT path FROM ducklake_data_file UNION SELECT path FROM ducklake_delete_file)"
            )
            ((count,),) = catalogue.execute(f"{found} WHERE path = ?", [file.name]).fetchall()
        return bool(count)


def proven(lake: Path, loads: int) -> None:
    """Every load is in, once and whole; the records hold; all that is stored is as it was written."""
    home = house.open_house(chosen=Settings(lake=str(lake)))
    with look(home.lake.at(), ["applications"]) as cursor:
        count = "SELECT count(*), count(DISTINCT application_id) FROM applications"
        assert cursor.execute(count).fetchall() == [(loads * ROWS, loads * ROWS)]
    assert sorted(load.load for load in home.lake.loads()) == list(range(1, loads + 1))
    assert home.verify_ledger() == []
    assert home.ledger.open_intents() == []
    home.close()
    found, _ = inspection.stored(lakes.at(str(lake)))
    assert [said for each in found if each.state.value == "異常" for said in each.said] == []


def run(
    loads: int, faults: int, seed: int, minutes: float = math.inf, only: str | None = None
) -> tuple[int, Counter[str]]:
    """Strike so many of so many loads, or as many as fit into the time: the loads there were, and how strikes ended.

    AssertionError when anything does not hold.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "lake").mkdir()
        # A small disk of its own can be full; without the right to mount one, that fault is left out, and said.
        command = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(folder / "lake")]
        mounted = subprocess.run(command, capture_output=True).returncode == 0
        kinds = (only,) if only else FAULTS if mounted else tuple(kind for kind in FAULTS if kind != "full")
        try:
            struck = Struck(folder, seed)
            house.make_house(Person("試験", frozenset(Role)), chosen=Settings(lake=str(struck.lake))).close()
            began = time.monotonic()
            struck.calm(0)
            struck.took = time.monotonic() - began
            chosen = set(struck.chance.sample(range(1, loads), faults))
            waiting: list[int] = []
            for number in range(1, loads):
                if time.monotonic() - began > minutes * 60:
                    loads = number
                    break
                if number in chosen:
                    if waiting:
                        struck.calm(*waiting)
                    struck.strike(struck.chance.choice(kinds), number)
                    waiting = []
                waiting.append(number)  # a struck file is brought again: it is in already, or it goes in now
            struck.calm(*waiting)
            proven(struck.lake, loads)
        finally:
            if mounted:
                subprocess.run(["umount", "-l", str(folder / "lake")], check=True)
    return loads, struck.told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--loads", type=int, default=500)
    parser.add_argument("--faults", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=FAULTS)
    parser.add_argument("--minutes", type=float, default=math.inf)
    asked = parser.parse_args()
    began = time.monotonic()
    loads, told = run(asked.loads, asked.faults, asked.seed, asked.minutes, asked.only)
    torn = sum(count for outcome, count in told.items() if outcome.startswith("torn") and CUT not in outcome)
    cut = sum(count for outcome, count in told.items() if CUT in outcome)
    assert torn < ENOUGH or cut, "nothing was being written when a load was torn"
    faults = sum(count for outcome, count in told.items() if CUT not in outcome)
    took = f"{time.monotonic() - began:.0f} 秒"
    print(f"取込 {loads}、障害 {faults}、種 {asked.seed}、{took}: 失った取込も二重の行もありません")
    for outcome, count in sorted(told.items()):
        print(f"  {outcome}: {count}")


if __name__ == "__main__":
    main()
