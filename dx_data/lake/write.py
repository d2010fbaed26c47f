"""A plan, written: inside the load's transaction, proven before the commit."""

from __future__ import annotations

import datetime as dt

import duckdb

from dx_data.derive import tables
from dx_data.derive.tables import literal, quoted
from dx_data.errors import LakeDamaged
from dx_data.lake.moment import Moment, same_key
from dx_data.lake.place import SCHEMA
from dx_data.lake.plan import PartPlan
from dx_data.lake.rollup import keep
from dx_data.spec import Dataset, Delivery


def apply(
    cursor: duckdb.DuckDBPyConnection, at: Moment, plan: PartPlan, index: int, number: int, as_of: dt.date
) -> None:
    """Write one planned part, from the tables that `plan_part` left on this cursor.

    LakeDamaged when the outcome is not what the plan promised.
    """
    dataset = plan.part.dataset
    shape(cursor, at, dataset)
    delta, gone = f"delta_{index}", f"gone_{index}"
    table = f"{SCHEMA}.{quoted(dataset.name)}"
    mine = f"t.municipality_code = {literal(at.municipality)}"
    ((before,),) = cursor.execute(f"SELECT count(*) FROM {table} t WHERE {mine}").fetchall()
    stored = ", ".join(quoted(column.name) for column in dataset.stored)
    if plan.changed:
        cursor.execute(
            f"DELETE FROM {table} AS t USING {delta} d"
            f" WHERE d.fate = 'changed' AND {mine} AND {same_key(dataset, 'd', 't')}"
        )
    if plan.missing:
        cursor.execute(f"DELETE FROM {table} AS t USING {gone} d WHERE {mine} AND {same_key(dataset, 'd', 't')}")
    cursor.execute(
        f"INSERT INTO {table} ({stored}, municipality_code, load_id, source_sheet, source_row, vanished_on)"
        f" SELECT {stored}, {literal(at.municipality)}, {number}, source_sheet, source_row, NULL"
        f" FROM {delta} WHERE fate <> 'unchanged'"
    )
    kept = 0
    if plan.missing and plan.part.delivery is Delivery.WHOLE:
        kept = plan.missing
        cursor.execute(
            f"INSERT INTO {table} ({stored}, municipality_code, load_id, source_sheet, source_row, vanished_on)"
            f" SELECT {stored}, municipality_code, {number}, source_sheet, source_row, $as_of FROM {gone}",
            {"as_of": as_of},
        )
    for name in dataset.tracks:
        if name in plan.part.present:
            _observe(cursor, at, dataset, name, delta, number, as_of)
    keep(
        cursor,
        at,
        dataset,
        lambda day: (
            f"SELECT {quoted(day)} FROM {delta} WHERE fate <> 'unchanged' UNION ALL SELECT {quoted(day)} FROM {gone}"
            f" UNION ALL SELECT {quoted(f'old_{day}')} FROM {delta} WHERE fate = 'changed'"
        ),
    )
    ((after,),) = cursor.execute(f"SELECT count(*) FROM {table} t WHERE {mine}").fetchall()
    promised = before + plan.added - plan.missing + kept
    _verify(cursor, dataset, table, mine, delta, before=before, promised=promised, found=after)


def shape(cursor: duckdb.DuckDBPyConnection, at: Moment, dataset: Dataset) -> None:
    """Make the table, or add the columns that a newer declaration has."""
    existing = at.columns().get(dataset.name)
    statements = tables.create(dataset, SCHEMA) if existing is None else tables.extend(dataset, SCHEMA, existing)
    for statement in statements:
        cursor.execute(statement)


def _observe(
    cursor: duckdb.DuckDBPyConnection,
    at: Moment,
    dataset: Dataset,
    name: str,
    delta: str,
    number: int,
    as_of: dt.date,
) -> None:
    key = ", ".join(map(quoted, dataset.key))
    cursor.execute(
        f"INSERT INTO {SCHEMA}.{quoted(tables.history_name(dataset))}"
        f" ({key}, column_name, old, new, observed_on, municipality_code, load_id)"
        f" SELECT {key}, {literal(name)}, {quoted(f'old_{name}')}, {quoted(name)}, $as_of,"
        f" {literal(at.municipality)}, {number} FROM {delta}"
        f" WHERE fate <> 'unchanged' AND {quoted(name)} IS DISTINCT FROM {quoted(f'old_{name}')}",
        {"as_of": as_of},
    )


def _verify(
    cursor: duckdb.DuckDBPyConnection,
    dataset: Dataset,
    table: str,
    mine: str,
    delta: str,
    *,
    before: int,
    promised: int,
    found: int,
) -> None:
    """DuckLake knows no keys: the row count the plan promised and the key's uniqueness are tested before the commit."""
    key = ", ".join(f"t.{quoted(n)}" for n in dataset.key)
    # In a table that held nothing before, every row is one of ours.
    ours = f" SEMI JOIN {delta} d ON {same_key(dataset, 'd', 't')}" if before else ""
    ((twice,),) = cursor.execute(
        f"SELECT count(*) FROM (SELECT {key} FROM {table} t{ours} WHERE {mine} GROUP BY {key} HAVING count(*) > 1)"
    ).fetchall()
    if promised != found or twice:
        raise LakeDamaged.because(
            f"『{dataset.title}』が予定の {promised:,} 行でなく {found:,} 行（重複 {twice:,} 件）になるため、"
            "取込をやめました",
            "台帳は元のままです。この表示を添えて管理者に知らせてください",
            stage="load",
        )
