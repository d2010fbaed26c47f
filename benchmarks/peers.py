"""Other ways to check the same receipts, each written as its own documentation shows it.

All read the CP932 file and find the faulty cells of every row: days, whole numbers, known choices, what may not be
blank, and (but for pydantic, which sees one row at a time) rows whose key is there twice. None folds spellings beyond
what its own readers do, looks for personal information, compares with what is stored, or stores anything.
Every function answers how many cells it found faulty. The peers are imported where they are used: they lie in an
environment of their own.
"""

from __future__ import annotations

import csv
import datetime as dt
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NoReturn

import duckdb
import pydantic

from benchmarks.made.receipts import COLUMNS
from dx_data import text
from dx_data.datasets import DATASETS
from dx_data.spec import Column, Kind

_BY_TITLE = {column.title: column for column in DATASETS["receipts"].columns}
OURS = [_BY_TITLE[title] for title in COLUMNS]
KEY = [column.title for column in OURS if column.name in DATASETS["receipts"].key]
_NUMBERS = (Kind.INTEGER, Kind.YEN)


def known(column: Column) -> list[str]:
    """Every spelling of the column's choices."""
    return [spelling for choice in column.choices for spelling in (choice.value, *choice.aliases)]


def typed_read(path: Path) -> None:
    """DuckDB reads clean UTF-8 into a table of the right types: the least that reading can cost."""
    with duckdb.connect(":memory:") as connection:
        connection.execute(
            "CREATE TABLE t AS SELECT * FROM read_csv(?, header = true, columns = ?)", [str(path), COLUMNS]
        )


# --- row by row ------------------------------------------------------------------------------------------------


def _choice(column: Column) -> Callable[[str], str]:
    values = {text.fold_choice(s): c.value for c in column.choices for s in (c.value, *c.aliases)}
    return lambda cell: values[text.fold_choice(cell)] if text.fold_choice(cell) in values else _refuse()


def _refuse() -> NoReturn:
    raise ValueError("no choice")


def model() -> type[pydantic.BaseModel]:
    """A pydantic model of the same columns, with the product's own readers of days, figures and choices."""
    fields: dict[str, Any] = {}
    for column in OURS:
        readers: dict[Kind, Callable[[str], Any]] = {
            Kind.DATE: text.parse_date,
            Kind.INTEGER: text.parse_integer,
            Kind.YEN: text.parse_yen,
            Kind.CHOICE: _choice(column),
        }
        kind = {Kind.DATE: dt.date, Kind.INTEGER: int, Kind.YEN: int}.get(column.kind, str)
        typed = Annotated[kind, pydantic.BeforeValidator(readers.get(column.kind, str.strip))]
        fields[column.title] = (typed, ...) if column.required else (typed | None, None)
    return pydantic.create_model("Receipt", **fields)


def with_pydantic(path: Path, rows: int) -> int:
    """The first rows, one after the other."""
    receipt, sound, faults = model(), [], []
    with path.open(encoding="cp932", newline="") as source:
        for number, row in enumerate(itertools.islice(csv.DictReader(source), rows), 2):
            try:
                sound.append(receipt.model_validate({title: cell for title, cell in row.items() if cell}))
            except pydantic.ValidationError as fault:
                faults += [(number, each["loc"], each["msg"]) for each in fault.errors()]
    return len(faults)


# --- column by column ------------------------------------------------------------------------------------------


def with_pandas(path: Path) -> int:
    """Plain pandas: read as text, converted with `errors="coerce"`, masks of what did not convert."""
    import pandas as pd

    frame = pd.read_csv(path, encoding="cp932", dtype=str)
    faults: dict[str, Any] = {}
    for column in OURS:
        cells = frame[column.title]
        filled = cells.notna()
        if column.kind is Kind.DATE:
            sound = pd.to_datetime(cells, format="%Y-%m-%d", errors="coerce").notna()
        elif column.kind in _NUMBERS:
            numbers = pd.to_numeric(cells, errors="coerce")
            sound = numbers.notna() & (numbers % 1 == 0)
        elif column.choices:
            sound = cells.isin(known(column))
        else:
            sound = filled
        faults[column.title] = ~sound if column.required else filled & ~sound
    doubled = frame.duplicated(KEY, keep=False)
    return int(sum(mask.sum() for mask in faults.values()) + doubled.sum())


def with_pandera_pandas(path: Path) -> int:
    """pandera on pandas: columns with vectorised checks on text, validated lazily, so that all faults are listed."""
    import pandas as pd
    import pandera.pandas as pa

    def checks(column: Column) -> list[Any]:
        if column.kind is Kind.DATE:
            return [pa.Check(lambda cells: pd.to_datetime(cells, format="%Y-%m-%d", errors="coerce").notna())]
        if column.kind in _NUMBERS:
            return [pa.Check(lambda cells: pd.to_numeric(cells, errors="coerce").mod(1).eq(0))]
        return [pa.Check.isin(known(column))] if column.choices else []

    columns = {c.title: pa.Column(str, checks(c), nullable=not c.required) for c in OURS}
    schema = pa.DataFrameSchema(columns, unique=KEY)
    frame = pd.read_csv(path, encoding="cp932", dtype=str)
    try:
        schema.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as found:
        return len(found.failure_cases)
    return 0


def with_pandera_polars(path: Path) -> int:
    """pandera on Polars: the same with Polars expressions; Polars reads UTF-8 only, so the text is decoded first."""
    import pandera.polars as pa
    import polars as pl

    def sound(column: Column) -> Any:
        cells = pl.col(column.title)
        if column.kind is Kind.DATE:
            return cells.is_null() | cells.str.to_date("%Y-%m-%d", strict=False).is_not_null()
        return cells.is_null() | cells.cast(pl.Int64, strict=False).is_not_null()

    def checks(column: Column) -> list[Any]:
        if column.kind is Kind.DATE or column.kind in _NUMBERS:
            return [pa.Check(lambda data: data.lazyframe.select(sound(column)))]
        return [pa.Check.isin(known(column))] if column.choices else []

    columns = {c.title: pa.Column(pl.String, checks(c), nullable=not c.required) for c in OURS}
    schema = pa.DataFrameSchema(columns, unique=KEY)
    frame = pl.read_csv(path.read_bytes().decode("cp932").encode(), infer_schema=False)
    try:
        schema.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as found:
        return len(found.failure_cases)
    return 0


def with_frictionless(path: Path) -> int:
    """Frictionless: a table schema with constraints and a primary key; every error is listed."""
    from frictionless import Resource, Schema

    kinds = {Kind.DATE: "date", Kind.INTEGER: "integer", Kind.YEN: "integer"}
    fields = [
        {
            "name": column.title,
            "type": kinds.get(column.kind, "string"),
            "constraints": {
                **({"required": True} if column.required else {}),
                **({"enum": known(column)} if column.choices else {}),
            },
        }
        for column in OURS
    ]
    schema = Schema.from_descriptor({"fields": fields, "primaryKey": KEY})
    resource = Resource(path=path.name, basepath=str(path.parent), encoding="cp932", schema=schema)
    report = resource.validate(limit_errors=10**9)
    return int(report.stats["errors"])
