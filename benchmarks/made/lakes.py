"""A demo lake whose receipts and applications have grown to any number: the same ward, more years and busier days.

Everything else stays the demo's. A month is a load, so history and files are as after years of monthly files. The rows
are written into the tables straight from SQL, inside the lake's own transaction: through the door and the plan ten
million would take hours.
"""

from __future__ import annotations

import datetime as dt
import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from dx_data.calendar import is_open_day
from dx_data.datasets import DATASETS
from dx_data.demo import UNTIL
from dx_data.derive.tables import quoted
from dx_data.lake import Lake, Origin, history
from dx_data.lake.rollup import keep

# Terminals a window has and brands a cashless method has, up to that many rows.
_WINDOWS = ((200_000, (1, 1)), (2_000_000, (2, 2)), (20_000_000, (7, 4)), (sys.maxsize, (28, 10)))
_EVERY = 100  # every so many rows have a cancellation beside them
_SPAN = 86 * 7  # days that the demo's applications cover: whole weeks, so that a copy keeps its days of the week
_SPANS = 5  # how often they are copied into the years before, at most

_LINES = """
SELECT row_number() OVER (ORDER BY counter, fee_type) AS line, counter, fee_type
FROM (SELECT DISTINCT counter, fee_type FROM lake.main.receipts WHERE counter <> '区民まつり会場')
"""
_RECEIPTS = """
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
_APPLICATIONS = """
INSERT INTO lake.main.applications
    (system, application_id, applied_at, form_id, form, procedure, status, received_at, finished_at, device, paid,
     municipality_code, load_id, source_row)
SELECT
    a.system, a.application_id || CASE WHEN c.span + c.clone > 0 THEN '-' || c.span || '-' || c.clone ELSE '' END,
    a.applied_at - to_days(c.span * $span), a.form_id, a.form, a.procedure, a.status,
    a.received_at - to_days(c.span * $span), a.finished_at - to_days(c.span * $span), a.device, a.paid,
    $municipality, $load, row_number() OVER ()
FROM taken AS a, copies AS c
WHERE a.applied_at >= $month::TIMESTAMP + to_days(c.span * $span)
    AND a.applied_at < $after::TIMESTAMP + to_days(c.span * $span)
"""


def demo_lake(shared: Path) -> Path:
    """The demo lake, made if it is not there yet."""
    demo = shared / "demo"
    if not demo.exists():
        given = {**os.environ, "DX_LAKE_DEMO": str(demo)}
        subprocess.run([sys.executable, "-m", "dx_data.cli", "demo"], check=True, env=given, stderr=subprocess.DEVNULL)
    return demo


def grown(shared: Path, rows: int) -> Path:
    """A demo lake with that many receipts (up to a day's more) and applications, made if it is not there yet."""
    lake = shared / f"grown-{rows}"
    if not lake.exists():
        making = lake.with_suffix(".making")
        shutil.rmtree(making, ignore_errors=True)
        shutil.copytree(demo_lake(shared), making)
        with closing(Lake(str(making))) as opened:
            _grow_receipts(opened, rows)
            _grow_applications(opened, rows)
        making.rename(lake)
    return lake


def _grow_receipts(lake: Lake, rows: int, seed: int = 7) -> None:
    terminals, brands = next(size for most, size in _WINDOWS if rows <= most)
    with closing(lake.cursor()) as cursor:
        lines = cursor.execute(_LINES).to_arrow_table()
    _empty(lake, "receipts")
    a_day = lines.num_rows * terminals * (1 + 4 * brands) * (_EVERY + 1) // _EVERY
    chosen = sorted(itertools.islice(_open_days_before(UNTIL), -(-rows // a_day)))
    given = {"seed": seed, "terminals": terminals, "brands": brands, "every": _EVERY, "until": UNTIL}
    for _, month in itertools.groupby(chosen, key=lambda day: (day.year, day.month)):
        days = pa.table({"day": list(month)})
        _load(lake, "receipts", {"days": days, "lines": lines}, _RECEIPTS, given, max(days["day"].to_pylist()))


def _grow_applications(lake: Lake, rows: int) -> None:
    with closing(lake.cursor()) as cursor:
        ordered = "FROM lake.main.applications ORDER BY hash(system, application_id), system, application_id"
        taken = cursor.execute(f"{ordered} LIMIT $rows", {"rows": rows}).to_arrow_table()
    _empty(lake, "applications")
    number = -(-rows // taken.num_rows)
    spans = min(number, _SPANS)
    pairs = [(copy % spans, copy // spans) for copy in range(number)]
    copies = pa.table({"span": [span for span, _ in pairs], "clone": [clone for _, clone in pairs]})
    # Of the last copy only as many rows as are wanted.
    wanted = -(-rows // number)
    taken = taken.slice(0, wanted)
    given = {"span": _SPAN}
    with closing(duckdb.connect(":memory:")) as aside:
        months = aside.execute(
            "SELECT DISTINCT date_trunc('month', a.applied_at - to_days(c.span * $span))::DATE AS month"
            " FROM taken AS a, copies AS c ORDER BY month",
            given,
        ).fetchall()
    for (month,) in months:
        last = _end(month)
        tables = {"taken": taken, "copies": copies}
        span = {**given, "month": month, "after": last + dt.timedelta(days=1)}
        _load(lake, "applications", tables, _APPLICATIONS, span, min(last, UNTIL))


def _end(month: dt.date) -> dt.date:
    return (month + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)


def _open_days_before(last: dt.date) -> Iterator[dt.date]:
    every = (last - dt.timedelta(days=n) for n in itertools.count())
    return (day for day in every if is_open_day(day))


def _empty(lake: Lake, name: str) -> None:
    """A load that takes all rows away, and what was kept of their days."""
    with closing(lake.cursor()) as cursor:
        gone = cursor.execute(f"FROM lake.main.{name}").to_arrow_table()
    _written(lake, name, {"gone": gone}, f"DELETE FROM lake.main.{name}", {}, UNTIL, lambda _: "gone")


def _load(
    lake: Lake, name: str, tables: Mapping[str, pa.Table], sql: str, given: Mapping[str, Any], last: dt.date
) -> None:
    """A load of rows that a SELECT makes of the tables."""
    given = {**given, "municipality": lake.municipality}
    _written(lake, name, tables, sql, given, last, lambda number: f"lake.main.{name} WHERE load_id = {number}")


def _written(
    lake: Lake,
    name: str,
    tables: Mapping[str, pa.Table],
    sql: str,
    given: Mapping[str, Any],
    last: dt.date,
    touched: Callable[[int], str],
) -> None:
    """One load by one statement, with the rollups of the days of the rows that it touched."""
    number = max(load.load for load in lake.loads()) + 1
    dataset = DATASETS[name]
    origin = Origin(f"{dataset.title}_{last:%Y-%m}.csv", str(number), 0, "計測", last)
    with lake._transaction("計測") as (cursor, commit):
        for table, rows in tables.items():
            cursor.register(table, rows)
        at = lake.at()
        cursor.execute(sql, {**given, **({"load": number} if "$load" in sql else {})})
        keep(cursor, at, dataset, lambda day: f"SELECT {quoted(day)} FROM {touched(number)}")
        nothing = {"added": 0, "changed": 0, "missing": 0}
        commit(history.written(number, origin, [name], nothing, seal=(0, "")))


def counted(lake: Path, names: Iterable[str] = ("receipts", "applications")) -> dict[str, int]:
    """How many rows a lake's tables have."""
    with closing(Lake(str(lake))) as opened, closing(opened.cursor()) as cursor:
        return {name: cursor.execute(f"SELECT count(*) FROM lake.main.{name}").fetchall()[0][0] for name in names}
