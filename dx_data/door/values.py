"""Spellings → typed values: each distinct text of a column is read once, by SQL where it is in strict form."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dx_data.derive import staged
from dx_data.door.spelled import Mask, Places, Spelled, Table
from dx_data.door.staging import Staging
from dx_data.spec import Column, Kind

_TEXT = pa.dictionary(pa.int32(), pa.string())
_ARROW: dict[Kind, pa.DataType] = {
    Kind.TEXT: _TEXT,
    Kind.INTEGER: pa.int64(),
    Kind.NUMBER: pa.decimal128(18, 6),
    Kind.YEN: pa.int64(),
    Kind.DATE: pa.date32(),
    Kind.DATETIME: pa.timestamp("us"),
    Kind.CHOICE: _TEXT,
    Kind.CHOICES: pa.list_(pa.string()),
}


@dataclass(eq=False)
class Values:
    """One column, read: `values` has one for each text, NULL where it is blank or not read.

    `loose` marks the filled texts that stand in some row and are not in strict form, `blank` those of white space.
    """

    column: Column
    spelled: Spelled
    values: pa.Array
    loose: Mask
    blank: Mask

    def take(self, strict: Mapping[int, str], staging: Staging) -> None:
        """Type the texts of these numbers by their strict spellings."""
        numbers = np.fromiter(strict, np.int64, len(strict))
        read = pa.array(list(strict.values()), pa.string())
        if self.column.kind is not Kind.TEXT:
            read = _read([(self.column, read)], staging).column("v0").combine_chunks()
        places = np.arange(len(self.values))
        places[numbers] = len(self.values) + np.arange(len(numbers))
        self.values = pa.concat_arrays([self.values, read]).take(pa.array(places))

    def per_row(self, places: Places) -> pa.Array:
        """The values of the rows at these places, in the form the lake takes; texts stay dictionary-encoded."""
        kind = _ARROW[self.column.kind]
        values = self.values.dictionary_encode() if kind == _TEXT else self.values
        return self.spelled.at(places).spread(values)

    @property
    def unread(self) -> Mask:
        """The texts without a value."""
        return np.asarray(pc.is_null(self.values))

    def blanks(self) -> Places:
        """The places of the rows whose cell was empty in the file."""
        return self.spelled.where(self.blank, blank=True)

    def holds(self, condition: pa.Array) -> Places:
        """The places of the rows whose value fulfils a condition that was asked of every value."""
        return self.spelled.where(np.asarray(condition.fill_null(False)))

    def holding(self, values: Collection[str]) -> Places:
        """The places of the rows with one of these choices."""
        if pa.types.is_list(self.values.type):
            held = [value is not None and not set(values).isdisjoint(value) for value in self.values.to_pylist()]
            return self.spelled.where(np.array(held, np.bool_))
        return self.holds(pc.is_in(self.values, value_set=pa.array(list(values))))

    def value(self, place: int) -> Any:
        """The value of the row at a place."""
        number = int(self.spelled.numbers[place])
        return None if number < 0 else self.values[number].as_py()

    def written(self, place: int) -> str:
        """The value of the row at a place in words, blank where there is none."""
        value = self.value(place)
        if isinstance(value, list):
            return f"[{', '.join(value)}]"
        return "" if value is None else str(value)

    def cell(self, place: int) -> str:
        """The cell of the row at a place: as the file has it if its form is loose, else its value in words."""
        number = int(self.spelled.numbers[place])
        if number >= 0 and self.loose[number]:
            return str(self.spelled.texts[number].as_py())
        return self.written(place)

    def moments(self, unit: str) -> npt.NDArray[Any]:
        """The days or moments of all rows, NaT where there is none."""
        each = self.values.to_numpy(zero_copy_only=False).astype(f"datetime64[{unit}]")
        return np.append(each, np.datetime64("NaT"))[self.spelled.numbers]

    def quantities(self) -> npt.NDArray[np.float64]:
        """The numbers of all rows, NaN where there is none."""
        each = self.values.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
        return np.append(each, np.nan)[self.spelled.numbers]

    def in_small_letters(self) -> Values:
        """The column with its texts' letters made small; itself where not both sorts of letters stand in it."""
        if not all(pc.any(pc.match_substring_regex(self.values, letter)).as_py() for letter in ("[A-Z]", "[a-z]")):
            return self
        return replace(self, values=pc.ascii_lower(self.values))

    def keys(self) -> tuple[npt.NDArray[np.int64], int]:
        """For each row a number that only rows of the same value share (blank is one), and how many there may be."""
        if pa.types.is_list(self.values.type):
            known: dict[tuple[str, ...] | None, int] = {}
            found = (None if value is None else tuple(value) for value in self.values.to_pylist())
            numbers = np.array([known.setdefault(value, len(known)) for value in found], np.int64)
        else:
            coded = self.values.dictionary_encode()
            numbers = coded.indices.fill_null(len(coded.dictionary)).to_numpy(zero_copy_only=False)
        blank = len(self.values) + 1
        numbers = np.where(self.unread, blank, numbers)
        return np.append(numbers, blank).astype(np.int64)[self.spelled.numbers], blank + 1


def absent(column: Column, rows: int) -> pa.Array:
    """A column that the file lacks, in the form that `Values.per_row` gives it."""
    return pa.nulls(rows, _ARROW[column.kind])


def read(table: Table, columns: Mapping[str, Column], staging: Staging) -> list[Values]:
    """Read the spellings of some columns of a table."""
    spelled = [(column, table.columns[name]) for name, column in columns.items()]
    found = _read([(column, each.texts) for column, each in spelled], staging)
    read = []
    for n, (column, each) in enumerate(spelled):
        values = found.column(f"v{n}").combine_chunks()[: len(each.texts)]
        blank = np.asarray(found.column(f"b{n}"))[: len(each.texts)]
        loose = np.asarray(pc.is_null(values)) & ~blank
        if loose.any():
            loose &= each.counts > 0
        read.append(Values(column, each, values, loose, blank))
    return read


def _read(texts: Sequence[tuple[Column, pa.Array]], staging: Staging) -> pa.Table:
    """What SQL reads, side by side: `v<n>` the typed value of each text, `b<n>` whether it is blank."""
    longest = max(len(each) for _, each in texts)
    beside = {
        f"c{n}": pa.chunked_array([each, pa.nulls(longest - len(each), pa.string())])
        for n, (_, each) in enumerate(texts)
    }
    with staging.lent(place=np.arange(longest), **beside) as lent:
        return staging.sql(staged.read_spellings(lent, [column for column, _ in texts])).to_arrow_table()
