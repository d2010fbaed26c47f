"""How many municipalities one machine holds: a lake of each at one address, and the page over all of them.

`python -m benchmarks.nation --wards 150` makes that many lakes: the small demo's, brought once through the door and
then copied, with receipts and applications of their own written straight from SQL. It prints what was measured, and for
all 1,741 what follows if every municipality costs the same: that part is extrapolated, and called so.
"""

from __future__ import annotations

import argparse
import datetime as dt
import secrets
import shutil
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from dx_data import house, intake, nation
from dx_data.access import Person, Role
from dx_data.bundled import municipalities
from dx_data.catalog import Catalog
from dx_data.datasets import DATASETS
from dx_data.demo import UNTIL, small
from dx_data.lake import Lake, Origin, history
from dx_data.lake.rollup import keep
from dx_data.settings import Settings

TOKYO = "130001"
SOMEBODY = Person("計測", frozenset(Role))
ASKED = ("cashless_headline", "applications_headline", "procedures_headline", "cashless_by_month")
ALL = len(municipalities())
_RECEIPTS = """
INSERT INTO lake.main.receipts
SELECT r.* REPLACE (
    $code AS municipality_code,
    r.transactions * CASE WHEN r.method = '現金' THEN 1 + (hash($code) % 9)::BIGINT ELSE 3 END AS transactions,
    concat('T', n) AS terminal_id, $load AS load_id
) FROM was_receipts AS r, range($times) AS t(n)
WHERE r.method <> '区分なし'
"""
_APPLICATIONS = """
INSERT INTO lake.main.applications
SELECT a.* REPLACE ($code AS municipality_code, a.application_id || '-' || n AS application_id, $load AS load_id)
FROM was_applications AS a, range((1 + ($times * (hash($code) % 10 + 1)) // 10)::BIGINT) AS t(n)
"""
_PROCEDURES = """
UPDATE lake.main.procedures
SET online_status = CASE WHEN hash($code, procedure_id) % 10 < hash($code) % 10 THEN '済(全部)' ELSE '未' END
"""


def template(folder: Path) -> Path:
    """A lake with the small demo's files, brought through the door once."""
    made, files = folder / "template", folder / "files"
    if made.exists():
        return made
    files.mkdir()
    chosen = Settings(lake_demo=str(made))
    with closing(house.make_house(SOMEBODY, demo_until=UNTIL, chosen=chosen)) as home:
        for file in small():
            path = files / file.name
            path.write_bytes(file.content)
            wish = intake.Wish(as_of=file.as_of, accept_vanished=True)
            intake.load(intake.review(path, home, chosen, wish=wish), home, SOMEBODY)
    return made


def settle_in(made: Path, place: Path, code: str, times: int) -> int:
    """A lake of one municipality, with its own receipts and applications; answers how many rows it has of both."""
    shutil.copytree(made, place, ignore=shutil.ignore_patterns("copies", "*.lock"))
    with closing(sqlite3.connect(place / "catalog.sqlite")) as catalogue:
        catalogue.execute("DELETE FROM dx_lake WHERE name IN ('municipality', 'demo_until')")
        catalogue.execute("INSERT INTO dx_lake VALUES ('municipality', ?)", [code])
        catalogue.execute("UPDATE dx_lake SET value = ? WHERE name = 'id'", [secrets.token_hex(4)])
        catalogue.commit()
    with closing(Lake(house.lakes.at(str(place)), municipality=code)) as lake:
        number = max(load.load for load in lake.loads()) + 1
        given = {"code": code, "load": number}
        with lake._transaction("計測") as (cursor, commit):
            at = lake.at()
            for table in at.columns():
                cursor.execute(f'UPDATE lake.main."{table}" SET municipality_code = ?', [code])
            for name, statement in (("receipts", _RECEIPTS), ("applications", _APPLICATIONS)):
                cursor.execute(f"CREATE TEMP TABLE was_{name} AS FROM lake.main.{name}")
                cursor.execute(f"DELETE FROM lake.main.{name}")
                cursor.execute(statement, {**given, "times": times})
                day = {"receipts": "collected_on", "applications": "applied_at::DATE"}[name]
                keep(cursor, at, DATASETS[name], lambda _, day=day, name=name: f"SELECT {day} FROM was_{name}")
            cursor.execute(_PROCEDURES, {"code": code})
            origin = Origin("計測.csv", secrets.token_hex(8), 0, "計測", UNTIL)
            nothing = {"added": 0, "changed": 0, "missing": 0}
            names = ["receipts", "applications", "procedures"]
            commit(history.written(number, origin, names, nothing, seal=(0, "")))
        with closing(lake.cursor()) as cursor:
            counted = "SELECT (SELECT count(*) FROM lake.main.receipts) + (SELECT count(*) FROM lake.main.applications)"
            ((rows,),) = cursor.execute(counted).fetchall()
    return int(rows)


def size(folder: Path, *, below: str = "") -> int:
    """Bytes of the files in a folder."""
    return sum(path.stat().st_size for path in (folder / below).rglob("*") if path.is_file())


def timed(what: Callable[[], object]) -> tuple[float, float]:
    """Processor's and the clock's seconds."""
    begun, cpu = time.perf_counter(), time.process_time()
    what()
    return time.process_time() - cpu, time.perf_counter() - begun


def asked(chosen: Settings, today: dt.date) -> float:
    """The processor's seconds to open a municipality's lake and answer a page's questions, nothing remembered."""

    def run() -> None:
        with closing(Lake(house.place_of(demo=False, chosen=chosen), municipality=chosen.municipality_code)) as lake:
            at, catalog = lake.at(), Catalog()
            for name in ASKED:
                catalog.ask(name, at, today=today)

    return timed(run)[0]


def main() -> None:
    """Print what was measured and what is extrapolated."""
    asks = argparse.ArgumentParser(description=__doc__)
    asks.add_argument("--wards", type=int, default=150)
    asks.add_argument("--times", type=int, default=3, help="how many times the demo's receipts each has")
    asks.add_argument("--lakes", type=Path, default=None, help="keep the lakes there")
    given = asks.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        measure(given.lakes or Path(scratch), given.wards, given.times)


def measure(folder: Path, wards: int, times: int) -> None:
    """Make the lakes, ask, and print."""
    made, lake = template(folder), folder / "lake"
    chosen = municipalities()[:: max(1, ALL // wards)][:wards]
    rows, begun, cpu = 0, time.perf_counter(), time.process_time()
    for n, each in enumerate(chosen):
        place = lake if n == 0 else lake / "wards" / each.code
        rows += settle_in(made, place, each.code, times)
    took, cpu = time.perf_counter() - begun, time.process_time() - cpu
    last = chosen[-1].code
    alone = folder / "alone"
    shutil.copytree(lake / "wards" / last, alone)
    disk = size(lake)
    catalogues = sum(path.stat().st_size for path in lake.rglob("catalog.sqlite*"))
    print(f"measured: {wards} municipalities, {rows:,} receipts and applications, {disk / 1e6:,.0f} MB on disk,")
    print(
        f"  of it {catalogues / wards / 1e6:.2f} MB a catalogue; made in {took:,.0f} s ({cpu:,.0f} s of the processor)"
    )
    code = {"municipality_code": last}
    one, many = Settings(lake=str(alone), **code), Settings(lake=str(lake), **code)
    pairs = [(asked(one, UNTIL), asked(many, UNTIL)) for _ in range(9)]
    ratio = statistics.median(there / here for here, there in pairs)
    print(
        f"measured: one municipality's four questions beside {wards - 1} others / alone: {ratio:.2f}"
        f" (medians {statistics.median(p[1] for p in pairs):.3f} s, {statistics.median(p[0] for p in pairs):.3f} s)"
    )
    whole = nation.opened(Settings(lake=str(lake), municipality_code=TOKYO, nation="全国"))
    first = timed(lambda: whole.gather(UNTIL))
    again = timed(lambda: whole.gather(UNTIL))
    names = ("national_by_prefecture", "national_spread", "national_position")
    page = timed(lambda: [whole.ask(name, today=UNTIL, **_wanted(name)) for name in names])
    asked_of, lost = whole.counts
    print(
        f"measured: {asked_of} asked ({lost} could not answer) in {first[1]:.1f} s ({first[0]:.1f} s of the processor)"
    )
    print(f"measured: asked again, nothing changed: {again[1]:.3f} s; the page's three questions: {page[1]:.3f} s")
    more = ALL / wards
    print(f"extrapolated to {ALL}, every one like these: {disk * more / 1e9:.1f} GB, {rows * more / 1e6:.0f} M rows,")
    print(f"  {first[1] * more / 60:.1f} minutes to ask all, {again[1] * more:.2f} s to see that nothing changed")


def _wanted(name: str) -> dict[str, str]:
    return {"wanted": "市"} if name == "national_position" else {}


if __name__ == "__main__":
    main()
