"""What the lake keeps by day beside a dataset's rows, brought up to date in the transaction that writes the rows."""

from __future__ import annotations

import re
from collections.abc import Callable

import duckdb

from dx_data.derive import tables
from dx_data.derive.tables import literal, quoted
from dx_data.lake.moment import Moment
from dx_data.lake.place import SCHEMA
from dx_data.spec import Dataset, Rollup


def keep(cursor: duckdb.DuckDBPyConnection, at: Moment, dataset: Dataset, touched: Callable[[str], str]) -> None:
    """Count the touched days of a dataset again, from the rows as the open transaction shows them.

    `touched` answers a date column with a SELECT of its touched days. A rollup that the lake does not keep yet, as
    before its first release or under another definition, is made whole, and what an older definition had made goes.
    """
    existing = at.columns()
    for rollup in dataset.rollups:
        if tables.kept_name(rollup) in existing:
            _renew(cursor, at, dataset, rollup, touched(rollup.day))
        else:
            _make(cursor, at, dataset, rollup)


def _make(cursor: duckdb.DuckDBPyConnection, at: Moment, dataset: Dataset, rollup: Rollup) -> None:
    """A table of the rollup with all days."""
    older = re.compile(rf"{rollup.name}_[0-9a-f]{{8}}")
    for name in filter(older.fullmatch, at.columns()):
        cursor.execute(f"DROP TABLE {SCHEMA}.{quoted(name)}")
    table = f"{SCHEMA}.{quoted(tables.kept_name(rollup))}"
    cursor.execute(f"CREATE TABLE {table} AS {_counted(dataset, rollup, at.municipality, 'false')}")
    cursor.execute(f"INSERT INTO {table} {_counted(dataset, rollup, at.municipality, 'true')}")
    cursor.execute(f"COMMENT ON TABLE {table} IS {literal(rollup.title)}")


def _renew(cursor: duckdb.DuckDBPyConnection, at: Moment, dataset: Dataset, rollup: Rollup, touched: str) -> None:
    table = f"{SCHEMA}.{quoted(tables.kept_name(rollup))}"
    cursor.execute(f"CREATE OR REPLACE TEMP TABLE touched AS SELECT DISTINCT day::DATE AS day FROM ({touched}) t(day)")
    ((first, after),) = cursor.execute("SELECT min(day)::VARCHAR, (max(day) + 1)::VARCHAR FROM touched").fetchall()
    if first is not None:
        # The bounds are literals, because only those keep files of other years closed.
        days = "{0} >= {1} AND {0} < {2} AND {0}::DATE IN (SELECT t.day FROM touched AS t)"
        counted, rows = (days.format(quoted(day), literal(first), literal(after)) for day in (rollup.date, rollup.day))
        cursor.execute(f"DELETE FROM {table} WHERE municipality_code = {literal(at.municipality)} AND {counted}")
        cursor.execute(f"INSERT INTO {table} {_counted(dataset, rollup, at.municipality, rows)}")
    cursor.execute("DROP TABLE touched")


def _counted(dataset: Dataset, rollup: Rollup, municipality: str, days: str) -> str:
    """SQL: the rollup of one ward's days, with the ward."""
    rows = tables.shown(dataset, SCHEMA, f"municipality_code = {literal(municipality)} AND {days}")
    return (
        f"SELECT {literal(municipality)} AS municipality_code, counted.* FROM ("
        f"{tables.rolled_up(rollup, dataset, rows)}) AS counted"
    )
