"""A killed load leaves the old or the new answers, never something between; readers never fail meanwhile."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from dx_data import house, intake
from dx_data.access import Person
from dx_data.catalog import look
from dx_data.custody.ledger import Act
from dx_data.settings import Settings
from tests import faults
from tests.thorough import times

pytestmark = pytest.mark.slow

MOMENTS = times(5, 20)
BEYOND = 1.2  # a little past the measured duration, so that late kills fall into the commit and after it
READING_SECONDS = times(8, 20)
HEAD = "システム,申請番号,申請日時,処理状況,決済額\n"
_LOAD = [sys.executable, "-m", "dx_data.cli", "load", "--yes", "--as-of", "2026-11-01"]


def lines(start: int, count: int, status: str) -> str:
    return HEAD + "".join(
        f"LoGoフォーム,A{n:07},2026/04/{n % 28 + 1:02} 09:00,{status},{n % 7 * 100}\n"
        for n in range(start, start + count)
    )


def picture(home: house.House) -> tuple[Any, ...]:
    """Everything the applications table says, as one value."""
    with look(home.lake.at(), ["applications"]) as cursor:
        sums = "count(*), count(DISTINCT application_id), sum(paid)::BIGINT, count(*) FILTER (WHERE status = '完了')"
        return cursor.execute(f"SELECT {sums} FROM applications").fetchall()[0]


def placed_at(chosen: Settings) -> dict[str, str]:
    """The environment of a process that uses the same lake."""
    apart = {"DX_LAKE_DATA": chosen.lake_data} if chosen.lake_data else {}
    return {**os.environ, "DX_LAKE": chosen.lake, **apart}


def start(chosen: Settings, *files: Path) -> subprocess.Popen[bytes]:
    environment = placed_at(chosen)
    return subprocess.Popen(
        [*_LOAD, *map(str, files)], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


@pytest.mark.folder
@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 は Windows にありません")
def test_a_load_killed_at_any_moment_leaves_the_old_or_the_new_answers(
    tmp_path: Path, chosen: Settings, person: Person, write: Any
) -> None:
    home = house.make_house(person, chosen=chosen)
    first = intake.review(write("old.csv", lines(0, 20_000, "処理中")), home, chosen)
    intake.load(first, home, person, as_of=intake.as_of_in("20261101"))
    old = picture(home)
    home.close()
    base = Path(chosen.lake)
    new_file = write("new.csv", lines(10_000, 40_000, "完了"))

    def copied(name: str) -> Path:
        return Path(shutil.copytree(base, tmp_path / name))

    whole = copied("whole")
    began = time.monotonic()
    assert start(chosen.model_copy(update={"lake": str(whole)}), new_file).wait() == 0
    duration = time.monotonic() - began
    done = house.open_house(chosen=chosen.model_copy(update={"lake": str(whole)}))
    new = picture(done)
    done.close()
    assert old != new

    seen = {"old": 0, "new": 0, "inside": 0}
    for moment in range(MOMENTS):
        folder = copied(f"killed-{moment}")
        process = start(chosen.model_copy(update={"lake": str(folder)}), new_file)
        time.sleep(BEYOND * duration * (moment + 0.5) / MOMENTS)
        process.send_signal(signal.SIGKILL)
        process.wait()
        after = house.open_house(chosen=chosen.model_copy(update={"lake": str(folder)}))
        found = picture(after)
        assert found in (old, new), f"{moment}: {found} is neither {old} nor {new}"
        assert after.verify_ledger() == []
        assert after.ledger.open_intents() == []
        outcomes = [line.act for line in after.ledger.lines() if line.act in (Act.LOAD, Act.LOAD_FAILED)]
        assert outcomes.count(Act.LOAD) == (2 if found == new else 1)
        seen["new" if found == new else "old"] += 1
        seen["inside"] += Act.LOAD_FAILED in outcomes
        after.close()
        shutil.rmtree(folder)
    sys.stderr.write(f"kill -9 at {MOMENTS} moments over {duration:.1f} s: {seen}\n")
    # A kill after the start and before the end must both have happened, else nothing was tried.
    assert seen["old"] > 0


_READER = """
import sys, time
from dx_data import house
from dx_data.catalog import look
from dx_data.settings import Settings
home = house.open_house(chosen=Settings())
end, reads, sizes = time.monotonic() + float(sys.argv[1]), 0, set()
while time.monotonic() < end or (len(sizes) < 6 and time.monotonic() < end + 60):  # a busy machine reads seldom
    with look(home.lake.at(), ["applications"]) as cursor:
        sizes_now = "SELECT count(*), count(DISTINCT application_id) FROM applications"
        count, distinct = cursor.execute(sizes_now).fetchall()[0]
    assert count == distinct and count % 1000 == 0, (count, distinct)
    reads, _ = reads + 1, sizes.add(count)
print(reads, len(sizes))
"""


def test_readers_never_fail_and_never_see_half_a_load(
    chosen: Settings, person: Person, write: Any, tmp_path: Path
) -> None:
    home = house.make_house(person, chosen=chosen)
    script = tmp_path / "reader.py"  # `python -c` counts as typed by hand: DuckDB then draws its progress
    script.write_text(_READER, "utf-8")
    reader = subprocess.Popen(
        [sys.executable, str(script), str(READING_SECONDS)],
        env=placed_at(chosen),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    loads = 0
    while reader.poll() is None:
        path = write("week.csv", lines(loads * 1000, 1000, "完了"))
        found = intake.review(path, home, chosen)
        intake.load(found, home, person, as_of=intake.as_of_in("20261101"))
        loads += 1
    out, err = reader.communicate()
    home.close()
    assert (reader.returncode, err) == (0, "")
    reads, sizes = map(int, out.split())
    sys.stderr.write(f"{loads} loads, {reads} reads that saw {sizes} states in {READING_SECONDS} s\n")
    assert min(loads, reads, sizes) > 5


@pytest.mark.both
def test_two_loaders_at_once_take_turns(chosen: Settings, person: Person, write: Any) -> None:
    house.make_house(person, chosen=chosen).close()
    files = [write(f"{n}.csv", lines(n * 1000, 1000, "完了")) for n in range(8)]
    both = [start(chosen, *files[:4]), start(chosen, *files[4:])]
    assert [process.wait() for process in both] == [0, 0]
    home = house.open_house(chosen=chosen)
    assert picture(home)[:2] == (8000, 8000)
    assert sorted(load.load for load in home.lake.loads()) == list(range(1, 9))
    assert home.verify_ledger() == []
    home.close()


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 は Windows にありません")
def test_struck_loads_are_neither_lost_nor_doubled() -> None:
    # `make faults` strikes 200 of 500.
    _, told = faults.run(loads=times(5, 12), faults=times(3, 8), seed=7)
    assert sum(count for outcome, count in told.items() if faults.CUT not in outcome) == times(3, 8)
