"""A demo lake whose receipts have grown to any number: the same windows, fees and methods on more days and terminals.

Everything else stays the demo's. A month is a load, so history and files are as after years of monthly files. The rows
are written into the table straight from SQL, inside the lake's own transaction: through the door and the plan ten
million would take hours.
"""

from __future__ import annotations

import datetime as dt
import itertools
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa

from dx_data.calendar import is_open_day
from dx_data.datasets import DATASETS
from dx_data.demo import UNTIL
from dx_data.lake import Lake, Origin, history
from dx_data.lake.rollup import keep

# Terminals a window has, brands a cashless method has: one of each up to a busy ward's, many above.
_FEW, _MANY = (1, 1), (7, 4)
_FEW_ROWS = 200_000
_EVERY = 100  # every so many rows have a cancellation beside them

_LINES = """
SELECT row_number() OVER (ORDER BY counter, fee_type) AS line, counter, fee_type
FROM (SELECT DISTINCT counter, fee_type FROM lake.main.receipts WHERE counter <> '区民まつり会場')
"""
_MONTH = """
INSERT INTO lake.main.receipts
    (collected_on, counter, terminal_id, fee_type, method, brand, entry, transactions, amount_yen, fee_yen,
     deposit_due_on, deposited_on, deposited_yen, reconciliation, municipality_code, load_id, source_row)
WITH methods AS (
    SELECT unnest(['現金', 'クレジットカード', '電子マネー(交通系)', '電子マネー(その他)', 'コード決済']) AS method
),
keys AS (
    SELECT
        d.day, l.counter, l.fee_type, m.method, m.method <> '現金' AS is_cashless,
        l.counter || '-' || t.range AS terminal_id,
        CASE WHEN is_cashless THEN 'ブランド' || b.range END AS brand,
        hash(d.day, l.line, m.method, t.range, b.range, $seed) AS chance
    FROM days AS d, lines AS l, methods AS m, range($terminals) AS t, range($brands) AS b
    WHERE m.method <> '現金' OR b.range = 0
),
sold AS (
    SELECT *, '売上' AS entry, (1 + chance % 40)::BIGINT AS n FROM keys
    UNION ALL
    SELECT *, '取消' AS entry, -1 AS n FROM keys WHERE chance % $every = 0
)
SELECT
    day, counter, terminal_id, fee_type, method, brand, entry, n, n * 300,
    CASE WHEN is_cashless THEN n * 9 END,
    CASE WHEN is_cashless THEN day + 30 END,
    CASE WHEN is_cashless AND day + 30 <= $until THEN day + 30 END,
    CASE WHEN is_cashless AND day + 30 <= $until THEN n * 291 END,
    CASE WHEN is_cashless AND day + 30 <= $until THEN '一致' ELSE '未確認' END,
    $municipality, $load, row_number() OVER ()
FROM sold
"""


def grow(demo: Path, folder: Path, rows: int, seed: int = 7) -> int:
    """Copy a demo lake and give the copy that many receipts, up to one day's more; answers how many."""
    shutil.copytree(demo, folder)
    terminals, brands = _FEW if rows <= _FEW_ROWS else _MANY
    with closing(Lake(str(folder))) as lake, closing(lake.cursor()) as cursor:
        lines = cursor.execute(_LINES).to_arrow_table()
        a_day = lines.num_rows * terminals * (1 + 4 * brands) * (_EVERY + 1) // _EVERY
        chosen = sorted(itertools.islice(_open_days_before(UNTIL), -(-rows // a_day)))
        given = {"seed": seed, "terminals": terminals, "brands": brands, "every": _EVERY, "until": UNTIL}
        cursor.execute("DELETE FROM lake.main.receipts")
        for _, month in itertools.groupby(chosen, key=lambda day: (day.year, day.month)):
            _load(lake, pa.table({"day": list(month)}), lines, given)
        ((count,),) = cursor.execute("SELECT count(*) FROM lake.main.receipts").fetchall()
    return int(count)


def _open_days_before(last: dt.date) -> Iterator[dt.date]:
    every = (last - dt.timedelta(days=n) for n in itertools.count())
    return (day for day in every if is_open_day(day))


def _load(lake: Lake, days: pa.Table, lines: pa.Table, given: dict[str, Any]) -> None:
    number = max(load.load for load in lake.loads()) + 1
    last = max(days["day"].to_pylist())
    origin = Origin(f"収納_{last:%Y-%m}.csv", str(number), 0, "計測", last)
    with lake._transaction("計測") as (cursor, commit):
        cursor.register("days", days)
        cursor.register("lines", lines)
        at = lake.at()
        cursor.execute(_MONTH, {**given, "municipality": lake.municipality, "load": number})
        keep(cursor, at, DATASETS["receipts"], lambda _: "SELECT day FROM days")
        nothing = {"added": 0, "changed": 0, "missing": 0}
        commit(history.written(number, origin, ["receipts"], nothing, seal=(0, "")))
