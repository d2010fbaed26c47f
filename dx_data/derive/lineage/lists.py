"""Statements that keep the rows of a figure on a cursor, count them and show the first of them.

`__listed` holds what was found, `__kept` what is being proven: one line for each row of a table, with its part. They
are temporary tables of DuckDB, eight bytes a row, and go with their cursor; no list is ever carried into Python whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum, StrEnum

from dx_data.derive import tables
from dx_data.derive.tables import literal, quoted
from dx_data.spec import Column, Dataset, Delivery

ROW = "__row"
_LISTED = "__listed"
KEPT = "__kept"
_EMPTY = f'SELECT NULL::VARCHAR AS "table", NULL::VARCHAR AS part, NULL::BIGINT AS {ROW} WHERE false'


class Part(StrEnum):
    """What a row does for a figure."""

    COUNTED = "counted"
    READ = "read"  # it decides which rows count: a joined master, a bound
    SHOWN = "shown"  # one of many, each of which shows that there are any; told as read


class Breadth(IntEnum):
    """How much beside the counted rows a list has; what the narrower one does not prove, the wider one may."""

    EXACT = 0
    TESTED = 1  # also what a test looked at in vain: under a FILTER, beside an empty side of an outer join
    WIDE = 2  # everything that was joined, grouped or compared


def listed(found: str) -> str:
    """The statement that lists the rows which a SELECT of ("table", part, __row) finds, each once; "" finds none."""
    return (
        f"CREATE OR REPLACE TEMP TABLE {_LISTED} AS"
        f' SELECT "table", min(part) AS part, {ROW} FROM ({found or _EMPTY}) GROUP BY "table", {ROW}'
    )


class Kept(IntEnum):
    """Which of the listed rows are tried. A table that has counted rows does without its others as long as it can."""

    NEEDED = 0
    SHOWN = 1
    LISTED = 2


def keep(kept: Kept) -> str:
    """The statement that keeps the listed rows, or as many of them as are to be tried."""
    counted = f"part = {literal(Part.COUNTED)}"
    others = f'"table" NOT IN (SELECT "table" FROM {_LISTED} WHERE {counted})'
    only = {
        Kept.NEEDED: f" WHERE {counted} OR (part = {literal(Part.READ)} AND {others})",
        Kept.SHOWN: f" WHERE {counted} OR {others}",
        Kept.LISTED: "",
    }[kept]
    part = f"CASE WHEN {counted} THEN part ELSE {literal(Part.READ)} END"
    return f'CREATE OR REPLACE TEMP TABLE {KEPT} AS SELECT "table", {part} AS part, {ROW} FROM {_LISTED}{only}'


def all_rows(names: Iterable[str]) -> str:
    """The statement that keeps every row of these tables."""
    every = [f'SELECT {literal(n)} AS "table", {literal(Part.READ)} AS part, {ROW} FROM {quoted(n)}' for n in names]
    return f"CREATE OR REPLACE TEMP TABLE {KEPT} AS {' UNION ALL '.join(every)}"


def counts(name: str = KEPT) -> str:
    """How many rows are kept: table, part, number."""
    return f'SELECT "table", part, count(*) FROM {name} GROUP BY "table", part ORDER BY part, "table"'


def _named(dataset: Dataset, *, history: bool) -> tuple[str, str]:
    """The raw table's name, and of the view that shows all of its rows."""
    if history:
        return tables.history_name(dataset), tables.history_name(dataset)
    return dataset.name, f"{dataset.name}_ever" if dataset.delivery is Delivery.WHOLE else dataset.name


def _kept(dataset: Dataset, part: Part, *, history: bool) -> str:
    table, view = _named(dataset, history=history)
    return (
        f'{quoted(view)} AS v JOIN {KEPT} AS k ON k."table" = {literal(table)} AND k.part = {literal(part)}'
        f" AND k.{ROW} = v.{ROW}"
    )


def shown_columns(dataset: Dataset, looked_at: Iterable[str]) -> tuple[Column, ...]:
    """The columns worth showing of a row: its key and what the question looks at, without any that help to identify."""
    wanted = {*dataset.key, *looked_at}
    return tuple(column for column in tables.copied(dataset) if column.name in wanted)


def rows(
    dataset: Dataset, part: Part, columns: Iterable[Column], limit: int, *, history: bool
) -> tuple[tuple[str, ...], str]:
    """The heads of the columns, and a SELECT of the first kept rows: the columns, then load, sheet, physical row.

    Of observed changes the columns are the key and what changed; they have no sheet and row.
    """
    names = {column.name: column.title for column in columns}
    place = ["v.load_id", "v.source_sheet", "v.source_row"]
    if history:
        names = {name: title for name, title in names.items() if name in dataset.key}
        names |= {name: facts[1] for name, facts in tables.HISTORY_COLUMNS.items()}
        place = ["v.load_id", "NULL::VARCHAR", "NULL::BIGINT"]
    shown = [*(f"v.{quoted(name)}" for name in names), *place]
    order = ", ".join(f"{position} NULLS FIRST" for position in (*range(len(names) + 1, len(shown) + 1), 1))
    kept = _kept(dataset, part, history=history)
    return tuple(names.values()), f"SELECT {', '.join(shown)} FROM {kept} ORDER BY {order} LIMIT {limit:d}"


def loads(dataset: Dataset, part: Part, *, history: bool) -> str:
    """Which loads wrote the kept rows: load, number of rows."""
    return f"SELECT v.load_id, count(*) FROM {_kept(dataset, part, history=history)} GROUP BY 1 ORDER BY 1"
