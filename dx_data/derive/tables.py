"""Declaration → tables and views: types, DDL with comments, the English and the Japanese view of a table."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping
from types import MappingProxyType

from dx_data.spec import Column, Dataset, Delivery, Kind, Pii, Population, Rollup
from dx_data.text import FORMULA_STARTS

TYPES: dict[Kind, str] = {
    Kind.TEXT: "VARCHAR",
    Kind.INTEGER: "BIGINT",
    Kind.NUMBER: "DECIMAL(18, 6)",
    Kind.YEN: "BIGINT",
    Kind.DATE: "DATE",
    Kind.DATETIME: "TIMESTAMP",
    Kind.CHOICE: "VARCHAR",
    Kind.CHOICES: "VARCHAR[]",
}

# Where a row came from, and whether its key was missing from a later complete delivery. Every table has these.
PROVENANCE: dict[str, tuple[str, str, str]] = {
    "municipality_code": ("VARCHAR", "団体コード(自治体)", "データを持つ自治体の全国地方公共団体コード"),
    "load_id": ("BIGINT", "取込番号", "この行を書いた取込"),
    "source_sheet": ("VARCHAR", "元シート", "元のファイルのシート名（CSVは空）"),
    "source_row": ("BIGINT", "元行番号", "元のファイルで人が見る行番号"),
    "vanished_on": ("DATE", "消滅日", "全件のファイルから消えた日（消えていなければ空）"),
}

_FORMULA = f"^[{re.escape(''.join(FORMULA_STARTS))}]"

# Any dataset may be delivered as 全件 once, so any may have rows marked 消滅.
_CURRENT = "vanished_on IS NULL"
_NOWHERE: Mapping[str, str] = MappingProxyType({})

HISTORY_COLUMNS: dict[str, tuple[str, str]] = {
    "column_name": ("VARCHAR", "項目"),
    "old": ("VARCHAR", "前の値"),
    "new": ("VARCHAR", "後の値"),
    "observed_on": ("DATE", "観測日"),
}


def quoted(name: str) -> str:
    """A SQL identifier, safely quoted."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str | int | None) -> str:
    """A SQL literal of a string or integer, safely quoted."""
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(value)
    return "'" + value.replace("'", "''") + "'"


def fields(dataset: Dataset) -> dict[str, str]:
    """Names and SQL types of a table's columns: the stored ones, then where the row came from."""
    return {c.name: TYPES[c.kind] for c in dataset.stored} | {name: facts[0] for name, facts in PROVENANCE.items()}


def history_name(dataset: Dataset) -> str:
    """Name of the table that keeps the observed changes of a dataset's tracked columns."""
    return f"{dataset.name}_history"


def history_fields(dataset: Dataset) -> dict[str, str]:
    """Names and SQL types of the history table's columns."""
    key = {column.name: TYPES[column.kind] for column in dataset.keys}
    return (
        key
        | {name: facts[0] for name, facts in HISTORY_COLUMNS.items()}
        | {"municipality_code": "VARCHAR", "load_id": "BIGINT"}
    )


def create(dataset: Dataset, schema: str) -> list[str]:
    """Statements that make the dataset's table (and its history) with Japanese comments."""
    table = f"{schema}.{quoted(dataset.name)}"
    statements = [
        _create(table, fields(dataset)),
        named(dataset, schema),
    ]
    comments = {c.name: f"{c.label}: {c.description}" for c in dataset.stored}
    comments |= {name: f"{facts[1]}: {facts[2]}" for name, facts in PROVENANCE.items()}
    statements += [
        f"COMMENT ON COLUMN {table}.{quoted(name)} IS {literal(comment)}" for name, comment in comments.items()
    ]
    if dataset.tracks:
        statements.append(_create(f"{schema}.{quoted(history_name(dataset))}", history_fields(dataset)))
    return statements


def named(dataset: Dataset, schema: str) -> str:
    """A statement that says what a table is."""
    return f"COMMENT ON TABLE {schema}.{quoted(dataset.name)} IS {literal(f'{dataset.title}: {dataset.grain}')}"


def _create(table: str, columns: dict[str, str]) -> str:
    return f"CREATE TABLE {table} ({', '.join(f'{quoted(n)} {t}' for n, t in columns.items())})"


def extend(dataset: Dataset, schema: str, existing: Collection[str]) -> list[str]:
    """Statements that add the columns a table of an older release lacks."""
    table = f"{schema}.{quoted(dataset.name)}"
    return [
        f"ALTER TABLE {table} ADD COLUMN {quoted(name)} {kind}"
        for name, kind in fields(dataset).items()
        if name not in existing
    ]


def _selected(
    dataset: Dataset,
    existing: Collection[str] | None,
    titles: dict[str, str],
    schema: str,
    version: str,
    *,
    ever: bool = False,
    rows: str = "",
    row: str = "",
    among: str = "",
    near: Mapping[str, str] = _NOWHERE,
) -> str:
    kinds = fields(dataset)
    present = existing or ()
    columns = _row(row, existing) + ", ".join(
        f"{quoted(name) if name in present else f'NULL::{kinds[name]}'} AS {quoted(title)}"
        for name, title in titles.items()
    )
    if existing is None:
        return f"SELECT {columns} WHERE false"
    current = "" if ever else f" WHERE {_CURRENT}"
    source = rows or _among(_placed(dataset.name, schema, version, near), dataset.name, among)
    return f"SELECT {columns} FROM {source}{current}"


def _placed(name: str, schema: str, version: str, near: Mapping[str, str]) -> str:
    """Where a raw table is read: in memory, if it lies there, else at the snapshot."""
    return near.get(name) or f"{schema}.{quoted(name)} {version}"


def _row(row: str, existing: Collection[str] | None) -> str:
    """The number by which a table knows a row of a snapshot, as a first column of that name."""
    return f"{'NULL::BIGINT' if existing is None else 'rowid'} AS {row}, " if row else ""


def _among(source: str, name: str, among: str) -> str:
    """A raw table, or the rows of it that the table `among` names by raw table and number."""
    return (
        f'(SELECT * FROM {source} WHERE rowid IN (FROM {among} SELECT __row WHERE "table" = {literal(name)}))'
        if among
        else source
    )


def shown(dataset: Dataset, schema: str, condition: str) -> str:
    """A SELECT of the rows of a table of today's shape that a question sees, as far as they meet a condition."""
    columns = ", ".join(map(quoted, fields(dataset)))
    return f"SELECT {columns} FROM {schema}.{quoted(dataset.name)} WHERE {_CURRENT} AND {condition}"


def kept_name(rollup: Rollup) -> str:
    """Name of the table that keeps a rollup. Its end is made of the definition, so another definition is not found."""
    definition = f"{rollup.day} {rollup.key} {rollup.sql}"
    return f"{rollup.name}_{hashlib.sha256(definition.encode()).hexdigest()[:8]}"


def rolled_up(rollup: Rollup, dataset: Dataset, rows: str) -> str:
    """A SELECT of the rollup over these rows of its dataset (a SELECT of them)."""
    # What a rollup reads twice is read twice from the files: that is faster than keeping it.
    return f"WITH {quoted(dataset.name)} AS NOT MATERIALIZED ({rows}) SELECT * FROM ({rollup.sql}) AS rolled"


def views(
    dataset: Dataset,
    existing: Collection[str] | None,
    schema: str,
    version: str = "",
    *,
    rows: str = "",
    past: str = "",
    kept: Collection[str] = (),
    row: str = "",
    among: str = "",
    near: Mapping[str, str] = _NOWHERE,
    named_in: str = "",
) -> list[str]:
    """Statements that show a dataset on a cursor, in English and in Japanese names.

    `existing` are the raw table's columns at the asked snapshot (None: no table yet, the view is empty); a column it
    lacks is NULL. `version` pins the raw tables to a snapshot. Rows marked 消滅 are left out, but for the view
    `<name>_ever`. The history of tracked columns is shown as `<name>_history`. `rows` and `past` are SQL that stands
    for the raw table and its history. A rollup is shown by its name: as it was kept, where `kept` (the raw tables there
    are) has its table, else counted from the rows.

    `near` are raw tables that lie elsewhere just as `version` would show them, with their qualified names there. Of a
    SQL text `named_in` only the views that it names are made, and the English one, which the others may build on.

    `row` names one more column: the number by which the raw table knows the row. `among` names a table ("table", __row)
    of the only rows to show.
    """
    english = {name: name for name in fields(dataset)}
    japanese = {c.name: c.title for c in dataset.stored} | {n: facts[1] for n, facts in PROVENANCE.items()}

    def selected(titles: dict[str, str], *, ever: bool = False) -> str:
        return _selected(
            dataset, existing, titles, schema, version, ever=ever, rows=rows, row=row, among=among, near=near
        )

    made = {dataset.name: selected(english), dataset.title: selected(japanese)}
    if dataset.delivery is Delivery.WHOLE:
        made[f"{dataset.name}_ever"] = selected(english, ever=True)
    if dataset.tracks:
        kinds = history_fields(dataset)
        columns = ", ".join(f"NULL::{kind} AS {quoted(name)}" for name, kind in kinds.items())
        source = (
            f"SELECT {_row(row, existing)}{columns} WHERE false"
            if existing is None
            else f"SELECT {_row(row, existing)}{', '.join(map(quoted, kinds))} FROM"
            f" {past or _among(_placed(history_name(dataset), schema, version, near), history_name(dataset), among)}"
        )
        made[history_name(dataset)] = source
    for rollup in dataset.rollups:
        name = kept_name(rollup)
        there = f"SELECT * EXCLUDE (municipality_code) FROM {_placed(name, schema, version, near)}"
        made[rollup.name] = there if name in kept else rollup.sql
    return [
        f"CREATE OR REPLACE TEMP VIEW {quoted(name)} AS {select}"
        for name, select in made.items()
        if not named_in or name == dataset.name or name in named_in
    ]


def macro(population: Population, near: str | None = None) -> str:
    """The statement that lets a cursor count a population, on which everything it reads is visible.

    Where all its rows lie `near` in a table of that name, they are read there.
    """
    sql = population.sql
    if near and population.span:
        sql = f"SELECT * FROM {near} WHERE {quoted(population.span)} BETWEEN since_on AND until_on"
    return f"CREATE OR REPLACE TEMP MACRO {population.name}({', '.join(population.params)}) AS TABLE {sql}"


def every(population: Population) -> str:
    """All rows of a population of a span."""
    return f"SELECT * FROM {population.name}(DATE '0001-01-01', DATE '9999-12-31')"


def beside(name: str, place: str) -> str:
    """The statement that shows a table that lies elsewhere on a cursor by a name."""
    return f"CREATE OR REPLACE TEMP VIEW {quoted(name)} AS SELECT * FROM {place}"


def copied(dataset: Dataset) -> tuple[Column, ...]:
    """The columns a copy may hold: stored ones that identify nobody, not even nearly."""
    return tuple(column for column in dataset.stored if column.pii is Pii.NONE)


def copy(dataset: Dataset, existing: Collection[str] | None, schema: str, version: str, target: str) -> list[str]:
    """Statements that write a dataset's current rows without identifying columns into a copy, and its Japanese view."""
    columns = {c.name: c.name for c in copied(dataset)} | {"municipality_code": "municipality_code"}
    titles = {c.name: c.title for c in copied(dataset)}
    table = f"{target}.{quoted(dataset.name)}"
    japanese = ", ".join(f"{quoted(name)} AS {quoted(title)}" for name, title in titles.items())
    return [
        f"CREATE TABLE {table} AS {_selected(dataset, existing, columns, schema, version)}",
        f"COMMENT ON TABLE {table} IS {literal(f'{dataset.title}: {dataset.grain}')}",
        *(
            f"COMMENT ON COLUMN {table}.{quoted(c.name)} IS {literal(f'{c.label}: {c.description}')}"
            for c in copied(dataset)
        ),
        f"CREATE VIEW {target}.{quoted(dataset.title)} AS SELECT {japanese} FROM {quoted(dataset.name)}",
    ]


def unloaded(dataset: Dataset, file: str, form: str) -> str:
    """A statement that writes a copy's table with Japanese heads to a parquet or csv file.

    In a CSV no cell is a formula, lists have 「・」 between, and the mark stands in front that Excel needs.
    """
    columns = copied(dataset)
    if form == "parquet":
        selected = ", ".join(f"{quoted(c.name)} AS {quoted(c.title)}" for c in columns)
        how = "FORMAT parquet, COMPRESSION zstd"
    else:
        heads = [f"\ufeff{c.title}" if at == 0 else c.title for at, c in enumerate(columns)]
        selected = ", ".join(f"{_inert(c)} AS {quoted(head)}" for c, head in zip(columns, heads, strict=True))
        how = "FORMAT csv, HEADER"
    return f"COPY (SELECT {selected} FROM {quoted(dataset.name)}) TO {literal(file)} ({how})"


def _inert(column: Column) -> str:
    """A column's cells as a spreadsheet takes them for text, whatever they begin with; plain numbers stay."""
    name = quoted(column.name)
    text = f"array_to_string({name}, '・')" if column.kind is Kind.CHOICES else name
    if TYPES[column.kind] not in ("VARCHAR", "VARCHAR[]"):
        return text
    number = f"regexp_full_match({text}, '[-+]?[0-9]+([.][0-9]+)?')"
    return (
        f"CASE WHEN regexp_matches({text}, {literal(_FORMULA)}) AND NOT {number} THEN chr(39) || {text} ELSE {text} END"
    )
