"""A load, taken back row by row: what it wrote gives way to what stood before, unless somebody wrote since."""

from __future__ import annotations

from dataclasses import replace

import duckdb

from dx_data.derive import tables
from dx_data.derive.tables import literal, quoted
from dx_data.errors import UndoRefused
from dx_data.lake.history import Load
from dx_data.lake.moment import Moment, same_key
from dx_data.lake.place import SCHEMA
from dx_data.lake.rollup import keep
from dx_data.lake.write import shape
from dx_data.spec import Dataset


def _written(dataset: Dataset, load: Load, after: Moment) -> str:
    return f"(SELECT * FROM {after.rows(dataset)} WHERE load_id = {load.load})"


def _removed(dataset: Dataset, base: Moment, after: Moment) -> str:
    return (
        f"(SELECT b.* FROM {base.rows(dataset)} b ANTI JOIN {after.rows(dataset)} a ON {same_key(dataset, 'b', 'a')})"
    )


def refuse_overwritten(
    cursor: duckdb.DuckDBPyConnection, dataset: Dataset, load: Load, base: Moment, after: Moment, now: Moment
) -> None:
    """UndoRefused, naming the later loads, when one of them has written a row that the load had written."""
    current = now.rows(dataset)
    written, removed = _written(dataset, load, after), _removed(dataset, base, after)
    rows = cursor.execute(
        f"SELECT c.load_id, count(*) FROM {written} w LEFT JOIN {current} c ON {same_key(dataset, 'w', 'c')}"
        f" WHERE c.load_id IS DISTINCT FROM {load.load} GROUP BY c.load_id"
        f" UNION ALL SELECT c.load_id, count(*) FROM {removed} r JOIN {current} c ON {same_key(dataset, 'r', 'c')}"
        f" GROUP BY c.load_id"
    ).fetchall()
    if not rows:
        return
    by_load = {number for number, _ in rows if number is not None}
    if any(number is None for number, _ in rows):
        by_load |= _removers(cursor, now, dataset, load, written)
    names = "、".join(f"取込番号 {number}" for number in sorted(by_load, reverse=True))
    count = sum(count for _, count in rows)
    raise UndoRefused.because(
        f"取込番号 {load.load} が書いた『{dataset.title}』の {count:,} 行を、あとの取込（{names}）が書き換えています",
        f"先に {names} を取り消してください",
        count=count,
    )


def _removers(cursor: duckdb.DuckDBPyConnection, now: Moment, dataset: Dataset, load: Load, written: str) -> set[int]:
    """The later loads that took rows away which the load had written."""
    found = set()
    for later in sorted(now.history(), key=lambda each: each.snapshot):
        if later.snapshot <= load.snapshot or dataset.name not in later.tables:
            continue
        before, after = replace(now, number=later.snapshot - 1), replace(now, number=later.snapshot)
        ((count,),) = cursor.execute(
            f"SELECT count(*) FROM {_removed(dataset, before, after)} r JOIN {written} w"
            f" ON {same_key(dataset, 'r', 'w')} WHERE r.load_id = {load.load}"
        ).fetchall()
        if count:
            found.add(later.load)
    return found


def take_back(
    cursor: duckdb.DuckDBPyConnection, dataset: Dataset, load: Load, base: Moment, after: Moment, now: Moment
) -> None:
    """Put the rows back that stood before the load, and take away those it wrote."""
    table = f"{SCHEMA}.{quoted(dataset.name)}"
    names = ", ".join(map(quoted, tables.fields(dataset)))
    shape(cursor, now, dataset)
    cursor.execute(
        f"CREATE TEMP TABLE back AS SELECT b.* FROM {base.rows(dataset)} b SEMI JOIN"
        f" {_written(dataset, load, after)} w ON {same_key(dataset, 'b', 'w')}"
        f" UNION ALL SELECT * FROM {_removed(dataset, base, after)}"
    )
    # Beforehand: in a transaction that has deleted rows, DuckLake leaves them out of earlier snapshots too.
    cursor.execute(f"CREATE TEMP TABLE written AS SELECT * FROM {_written(dataset, load, after)}")
    cursor.execute(
        f"DELETE FROM {table} WHERE load_id = {load.load} AND municipality_code = {literal(now.municipality)}"
    )
    cursor.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM back")
    keep(cursor, now, dataset, lambda day: f"SELECT {quoted(day)} FROM (FROM back UNION ALL FROM written)")
    cursor.execute("DROP TABLE written")
    cursor.execute("DROP TABLE back")
    if dataset.tracks:
        history = f"{SCHEMA}.{quoted(tables.history_name(dataset))}"
        cursor.execute(f"DELETE FROM {history} WHERE load_id = {load.load}")
