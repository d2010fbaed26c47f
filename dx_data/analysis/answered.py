"""What came of a query: rows that are plain values, wherever the child's bytes came from."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from dx_data.custody.analysed import Analysed, Shown
from dx_data.errors import QueryRefused

if TYPE_CHECKING:
    import pandas as pd

Cell = str | int | float | bool | Decimal | dt.date | dt.datetime | dt.time | list[Any] | dict[str, Any] | None

_MOST_DAY = (dt.date.max - dt.date(1970, 1, 1)).days
_LEAST_DAY = (dt.date.min - dt.date(1970, 1, 1)).days
_DAY = 86_400_000_000


@dataclass(frozen=True)
class Answered:
    """The rows of one query at one snapshot.

    `columns` are names (as the SQL gives them, so two may be the same) and DuckDB's types; `cut` says that there were
    more rows than the limits let through; `seconds` it took, waiting aside. `snapshot` is `lake-id:number`; `notes` are
    marks of the whole lake (架空データ).
    """

    sql: str = field(repr=False)
    columns: tuple[tuple[str, str], ...]
    cut: bool
    seconds: float
    snapshot: str
    table: pa.Table = field(repr=False)
    notes: tuple[str, ...] = ()

    @cached_property
    def rows(self) -> list[tuple[Cell, ...]]:
        """The rows as Python values: whole numbers as int, other decimals as Decimal, moments in Tokyo's time."""
        lists = [column.to_pylist() for column in self.table.columns]
        return list(zip(*lists, strict=True))

    @property
    def heads(self) -> list[str]:
        """The names of the columns, those of the same name told apart by a number (`件数`, `件数_2`)."""
        return told_apart([name for name, _ in self.columns])

    def leaving(self, title: str) -> Analysed:
        """The rows as `custody.exits.hand_over` takes them for a file, under a title."""
        named = tuple(zip(self.heads, (kind for _, kind in self.columns), strict=True))
        return Analysed(title, named, self.rows, self.snapshot, digest(self.sql), self.cut, self.notes)

    def shown(self) -> Shown:
        """The rows as `custody.exits.hand_over` records them where a terminal or a notebook shows them."""
        return Shown(self.table.num_rows, self.snapshot, digest(self.sql))

    def frame(self) -> pd.DataFrame:
        """The rows as pandas under `heads`."""
        return frame_of(self.table, self.heads)


def frame_of(table: pa.Table, heads: Sequence[str]) -> pd.DataFrame:
    """A table of plain columns as pandas: whole numbers Int64, decimals Float64, days and moments datetime64."""
    import pandas as pd

    given: dict[pa.DataType, Any] = {
        pa.int64(): pd.Int64Dtype(),
        pa.bool_(): pd.BooleanDtype(),
        pa.float64(): pd.Float64Dtype(),
    }
    numbers = [pc.cast(each, pa.float64()) if pa.types.is_decimal(each.type) else each for each in table.columns]
    frame: pd.DataFrame = pa.table(numbers, names=heads).to_pandas(types_mapper=given.get, date_as_object=False)
    return frame


def digest(sql: str) -> str:
    """By which the ledger knows a query."""
    return hashlib.sha256(sql.encode()).hexdigest()


def told_apart(names: Sequence[str]) -> list[str]:
    """
    >>> told_apart(["件数", "課", "件数"])
    ['件数', '課', '件数_2']
    """
    found: list[str] = []
    for name in names:
        number, told = 1, name
        while told in found:
            number += 1
            told = f"{name}_{number}"
        found.append(told)
    return found


def read(stream: bytes, most: int) -> pa.Table:
    """A child's Arrow stream as a table of plain columns, every byte of it doubted.

    ValueError for what is no such stream; QueryRefused for a type or a value that no table shows.
    """
    try:
        with pa.ipc.open_stream(pa.py_buffer(stream)) as reader:
            table = reader.read_all()
        table.validate(full=True)
    except (pa.ArrowException, OSError) as fault:
        raise ValueError("no Arrow stream") from fault
    if table.num_rows > most:
        raise ValueError("more rows than were asked for")
    return plain(table)


def plain(table: pa.Table) -> pa.Table:
    """A table of the few types that everything downstream knows; QueryRefused for what no table shows."""
    names = table.column_names
    return pa.table([_plain(column, name) for column, name in zip(table.columns, names, strict=True)], names=names)


def _plain(column: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    """A column as one of the few types that everything downstream knows."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _plain(column.cast(kind.value_type), name)
    if pa.types.is_floating(kind):
        return column.cast(pa.float64())
    if pa.types.is_integer(kind) or (pa.types.is_decimal(kind) and kind.scale == 0):
        return _whole(column)
    if pa.types.is_date(kind):
        return _within(column, pa.int32(), 1, name)
    if pa.types.is_timestamp(kind):
        found = pc.local_timestamp(column) if kind.tz else column
        return _within(found.cast(pa.timestamp("us"), safe=False), pa.int64(), _DAY, name)
    if kind == pa.month_day_nano_interval():
        return pa.chunked_array([[_span(value) for value in column.to_pylist()]], pa.string())
    if pa.types.is_time(kind) or _written(kind):
        return column
    raise QueryRefused.because(
        f"列『{name}』の型は、表に示せません",
        f"文字にして選んでください（例: CAST({name} AS VARCHAR)）",
        stage="sql",
        rule="sql.shown",
    )


def _whole(column: pa.ChunkedArray) -> pa.ChunkedArray:
    try:
        return column.cast(pa.int64())
    except pa.ArrowInvalid:  # a sum beyond what 64 bits hold
        return column


def _within(column: pa.ChunkedArray, whole: pa.DataType, unit: int, name: str) -> pa.ChunkedArray:
    """The column, if Python's calendar knows all of its days."""
    edges = pc.min_max(column.cast(whole)).as_py()
    if edges["min"] is not None and not (_LEAST_DAY * unit <= edges["min"] and edges["max"] < (_MOST_DAY + 1) * unit):
        raise QueryRefused.because(
            f"列『{name}』に、暦にない日付（infinity など）があります",
            f"その行を除くか、文字にして選んでください（例: CAST({name} AS VARCHAR)）",
            stage="sql",
            rule="sql.shown",
        )
    return column


_PLAIN: tuple[Callable[[pa.DataType], bool], ...] = (
    pa.types.is_string,
    pa.types.is_boolean,
    pa.types.is_decimal,
    pa.types.is_integer,
    pa.types.is_floating,
    pa.types.is_date,
)


def _written(kind: pa.DataType) -> bool:
    """Whether a cell of that type can be written down: a plain value, or a list or a record of such."""
    if pa.types.is_list(kind):
        return _written(kind.value_type)
    if pa.types.is_struct(kind):
        return all(_written(kind.field(at).type) for at in range(kind.num_fields))
    return any(is_one(kind) for is_one in _PLAIN)


def _span(value: Any) -> str | None:
    """A span of time in words."""
    if value is None:
        return None
    seconds, nanoseconds = divmod(value.nanoseconds, 1_000_000_000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    days = f"{value.months}か月" * bool(value.months) + f"{value.days}日" * bool(value.days)
    clock = f"{hour}:{minute:02}:{second:02}" + f".{nanoseconds // 1000:06}" * bool(nanoseconds)
    return days if days and not value.nanoseconds else f"{days}{' ' * bool(days)}{clock}"
