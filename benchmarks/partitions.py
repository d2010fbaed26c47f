"""Whether it pays to partition a municipality's table by month: a year of weekly loads, with and without.

`python -m benchmarks.partitions` writes both in turn into lakes of their own, straight from SQL, and prints files,
bytes and the processor's time of a week's load, of a year's sum and of a month's sum, each with / without.
"""

from __future__ import annotations

import datetime as dt
import statistics
import tempfile
import time
from contextlib import closing
from pathlib import Path

from dx_data.datasets import DATASETS
from dx_data.derive import tables
from dx_data.lake import Lake

WEEKS, ROWS, RUNS = 52, 2_000, 15
FIRST = dt.date(2026, 4, 1)
TABLE = "lake.main.receipts"
_WEEK = f"""
INSERT INTO {TABLE}
    (collected_on, counter, fee_type, method, entry, transactions, amount_yen, municipality_code, load_id)
SELECT
    $first + (hash(n) % 7)::INTEGER, '窓口' || n % 20, '手数料' || n % 8, '現金', '売上', 1 + n % 9,
    300 * (1 + n % 9), '131229', $load
FROM range($rows) AS t(n)
"""
_YEAR = f"SELECT counter, sum(transactions) FROM {TABLE} GROUP BY counter"
_MONTH = f"{_YEAR.partition(' GROUP')[0]} WHERE collected_on BETWEEN '2026-12-01' AND '2026-12-31' GROUP BY counter"


def cpu(lake: Lake, statement: str, given: dict[str, object] | None = None) -> float:
    """The processor's milliseconds of one statement in a transaction of its own."""
    with closing(lake.cursor()) as cursor:
        begun = time.process_time()
        cursor.execute(statement, given or {}).fetchall()
        return 1000 * (time.process_time() - begun)


def main() -> None:
    """Print each measure as with / without."""
    with tempfile.TemporaryDirectory() as scratch:
        lakes = [Lake.create(f"{scratch}/{name}") for name in ("whole", "by_month")]
        for lake in lakes:
            with closing(lake.cursor()) as cursor:
                for statement in tables.create(DATASETS["receipts"], "lake.main"):
                    cursor.execute(statement)
        cpu(lakes[1], f"ALTER TABLE {TABLE} SET PARTITIONED BY (year(collected_on), month(collected_on))")
        took: list[list[float]] = [[], []]
        for week in range(WEEKS):
            given = {"first": FIRST + dt.timedelta(weeks=week), "load": week + 1, "rows": ROWS}
            for lake, mine in zip(lakes, took, strict=True):
                mine.append(cpu(lake, _WEEK, given))
        _say("a week's load, ms", *map(statistics.median, took))
        for name, statement in (("a year's sum, ms", _YEAR), ("a month's sum, ms", _MONTH)):
            runs = [[cpu(lake, statement) for lake in lakes] for _ in range(RUNS)]
            _say(name, *map(statistics.median, zip(*runs, strict=True)))
        files = [sorted(Path(lake.tables.address).rglob("*.parquet")) for lake in lakes]
        _say("files", *map(len, files))
        _say("KB", *(sum(path.stat().st_size for path in found) / 1000 for found in files))
        for lake in lakes:
            lake.close()


def _say(what: str, without: float, by_month: float) -> None:
    print(f"{what}: by month {by_month:,.1f} / without {without:,.1f} = {by_month / without:.2f}", flush=True)


if __name__ == "__main__":
    main()
