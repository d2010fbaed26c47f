"""A table's cells by their spellings: each distinct text of a column once, and for every row which of them it has.

What offices send repeats itself: the cells of a million receipts have a few thousand spellings. So whatever asks about
cells asks about each spelling once, and spreads the answer over the rows by number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dx_data.derive.checks import WHITE

Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]
_BLANK = -1


@dataclass(frozen=True, eq=False)
class Spelled:
    """One column: its distinct texts, and the number of each row's text, -1 where the cell is blank.

    Some texts may stand in no row any more; `counts` tells.
    """

    texts: pa.Array
    numbers: npt.NDArray[np.int32]

    @classmethod
    def of(cls, column: pa.ChunkedArray) -> Self:
        """From a column of texts, dictionary-encoded or not."""
        coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
        whole = coded.unify_dictionaries().combine_chunks()
        return cls(whole.dictionary, whole.indices.fill_null(_BLANK).to_numpy(zero_copy_only=False))

    @cached_property
    def counts(self) -> Places:
        """How many rows have each text."""
        return np.bincount(self.numbers + 1, minlength=len(self.texts) + 1)[1:]

    def where(self, texts: Mask, *, blank: bool = False) -> Places:
        """The places (from 0) of the rows whose text is one of those; with `blank` of blank cells too."""
        if not (blank or texts.any()):
            return np.empty(0, np.int64)
        return np.flatnonzero(np.append(texts, blank)[self.numbers])

    def spread(self, answers: pa.Array) -> pa.Array:
        """For each row what its text's answer is; NULL for a blank cell."""
        return answers.take(pa.array(self.numbers, mask=self.numbers < 0))

    def at(self, places: slice | Places | Mask) -> Spelled:
        """The column with only those rows."""
        return Spelled(self.texts, self.numbers[places])

    def spelled(self, texts: pa.Array) -> Spelled:
        """The column with another text for each of its own; some may be alike."""
        coded = texts.dictionary_encode()
        return Spelled(coded.dictionary, np.append(coded.indices, np.int32(_BLANK))[self.numbers])

    def with_texts(self, places: Places, texts: Sequence[str | None]) -> Spelled:
        """The column with other texts at those places."""
        wanted = Spelled.of(pa.chunked_array([pa.array(texts, pa.string())]))
        found = pc.index_in(wanted.texts, value_set=self.texts).fill_null(_BLANK).to_numpy(zero_copy_only=False)
        new = np.flatnonzero(found < 0)
        found = found.astype(np.int32)
        found[new] = len(self.texts) + np.arange(len(new), dtype=np.int32)
        numbers = self.numbers.copy()
        numbers[places] = np.append(found, _BLANK)[wanted.numbers]
        return Spelled(pa.concat_arrays([self.texts, wanted.texts.take(pa.array(new))]), numbers)

    def whether(self, condition: Callable[[str], bool]) -> Mask:
        """For each row whether its cell, "" where it is blank, fulfils a condition."""
        return np.array([*map(condition, self.texts.to_pylist()), condition("")], np.bool_)[self.numbers]

    def listed(self) -> list[str | None]:
        """Every cell, None where it is blank."""
        cells: list[str | None] = self.spread(self.texts).to_pylist()
        return cells


@dataclass(frozen=True, eq=False)
class Table:
    """Rows by the number that a person sees, ascending, and their columns by name."""

    rows: Places
    columns: Mapping[str, Spelled]

    @classmethod
    def of(cls, table: pa.Table) -> Self:
        """From a table of texts with the number of each row in `row`."""
        names = [name for name in table.column_names if name != "row"]
        rows = table["row"].to_numpy().astype(np.int64, copy=False)
        return cls(rows, {name: Spelled.of(table[name]) for name in names})

    def to_arrow(self) -> pa.Table:
        """The same with dictionary-encoded columns, as SQL takes it."""
        cells = {
            name: pa.DictionaryArray.from_arrays(each.numbers, each.texts, mask=each.numbers < 0)
            for name, each in self.columns.items()
        }
        return pa.table({"row": self.rows, **cells})

    def at(self, places: slice | Places | Mask) -> Table:
        """The table with only those rows."""
        return Table(self.rows[places], {name: column.at(places) for name, column in self.columns.items()})

    def between(self, first: int, last: int) -> Table:
        """The rows from one number to another."""
        return self.at(slice(*np.searchsorted(self.rows, (first, last + 1))))

    def listed(self) -> Iterator[tuple[int, list[str | None]]]:
        """The rows, each with its number."""
        cells = (column.listed() for column in self.columns.values())
        for row, *each in zip(self.rows.tolist(), *cells, strict=True):
            yield row, each

    def filled(self) -> Mask:
        """Whether a row holds more than white space."""
        some = np.zeros(len(self.rows), np.bool_)
        for column in self.columns.values():
            white = pc.equal(pc.utf8_trim(column.texts, WHITE), "").to_numpy(zero_copy_only=False)
            some |= np.append(~white, False)[column.numbers]
            if some.all():
                break
        return some
