"""Declaration → a dataset on the way from one snapshot to another: what came, what was corrected, what went.

Rows are told apart by the dataset's key, never by the load that wrote them: a file that brings the same values again
changes nothing here, nor does an undone load.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum

from dx_data.derive import tables
from dx_data.derive.tables import quoted
from dx_data.spec import Dataset


class Stage(Enum):
    """The stops between the earlier and the later snapshot."""

    ARRIVED = "the earlier rows, and those that came since"
    CORRECTED = "the later rows, and those that went since as they stood before"


@dataclass(frozen=True)
class Side:
    """The raw tables at one snapshot, with their columns, and the SQL suffix that pins them."""

    tables: Mapping[str, Collection[str]]
    version: str


def views(dataset: Dataset, earlier: Side, later: Side, schema: str, stage: Stage) -> list[str]:
    """Statements that show the dataset at a stage, as `tables.views` does at a snapshot."""
    kinds = tables.fields(dataset)
    old, new = (_rows(dataset.name, kinds, side, schema) for side in (earlier, later))
    key = ("municipality_code", *dataset.key)
    came = f"(SELECT n.* FROM {new} n ANTI JOIN {old} o ON {_same(key)})"
    went = (
        f"(SELECT o.* FROM {old} o LEFT JOIN {new} n ON {_same(key)}"
        " WHERE n.load_id IS NULL OR (o.vanished_on IS NULL AND n.vanished_on IS NOT NULL))"
    )
    if stage is Stage.ARRIVED:
        rows = f"(SELECT * FROM {old} UNION ALL SELECT * FROM {came})"
    else:
        rows = f"(SELECT n.* FROM {new} n ANTI JOIN {went} o ON {_same(key)} UNION ALL SELECT * FROM {went})"
    past = ""
    if dataset.tracks:
        history = tables.history_name(dataset)
        before, after = (_rows(history, tables.history_fields(dataset), side, schema) for side in (earlier, later))
        mine, others, few = (before, after, came) if stage is Stage.ARRIVED else (after, before, went)
        past = (
            f"(SELECT h.* FROM {mine} h ANTI JOIN {few} n ON {_same(key, 'h')}"
            f" UNION ALL SELECT h.* FROM {others} h SEMI JOIN {few} n ON {_same(key, 'h')})"
        )
    return tables.views(dataset, kinds, schema, rows=rows, past=past)


def counts(dataset: Dataset, earlier: Side, later: Side, schema: str) -> str:
    """SQL: how many rows came, were corrected and went between the two snapshots."""
    kinds = tables.fields(dataset)
    old, new = (_rows(dataset.name, kinds, side, schema) for side in (earlier, later))
    key = ("municipality_code", *dataset.key)
    values = [column.name for column in dataset.stored if column.name not in dataset.key]
    differs = " OR ".join(f"o.{quoted(n)} IS DISTINCT FROM n.{quoted(n)}" for n in (*values, "vanished_on"))
    gone = "n.load_id IS NULL OR (o.vanished_on IS NULL AND n.vanished_on IS NOT NULL)"
    return (
        "SELECT count(*) FILTER (WHERE o.load_id IS NULL),"
        f" count(*) FILTER (WHERE o.load_id IS NOT NULL AND NOT ({gone}) AND ({differs})),"
        f" count(*) FILTER (WHERE o.load_id IS NOT NULL AND ({gone}))"
        f" FROM {old} o FULL JOIN {new} n ON {_same(key)}"
    )


def _rows(name: str, kinds: dict[str, str], side: Side, schema: str) -> str:
    """SQL: a raw table at a snapshot in today's shape; what it lacked then is NULL."""
    existing = side.tables.get(name, ())
    columns = ", ".join(
        f"{quoted(n)} AS {quoted(n)}" if n in existing else f"NULL::{kind} AS {quoted(n)}" for n, kind in kinds.items()
    )
    if name not in side.tables:
        return f"(SELECT {columns} WHERE false)"
    return f"(SELECT {columns} FROM {schema}.{quoted(name)} {side.version})"


def _same(key: Collection[str], left: str = "o") -> str:
    return " AND ".join(f"{left}.{quoted(n)} IS NOT DISTINCT FROM n.{quoted(n)}" for n in key)
