"""Cells that look personal: every column of a raw sheet, declared or not, hidden or not, with titles and notes.

A shape alone says little (domain.md 6.2): the column's share, its heading and its kind decide what a hit is.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from dx_data import personal
from dx_data.derive import staged
from dx_data.door.announced import listed
from dx_data.door.laid import Heading, Laid, letter
from dx_data.door.match import Matched
from dx_data.door.read import SMALL, Sheet, rows
from dx_data.door.staging import Staging
from dx_data.errors import Problem
from dx_data.spec import Column, Kind
from dx_data.text import fold, personal_kinds

_COLUMN_SHARE = 0.3
_FEW = 3
_SHORTEST = 6  # bytes; a@b.jp is the shortest address
_CONTEXT = re.compile("個人番号|マイナンバー|my ?number", re.IGNORECASE)
_GROUPED = re.compile(r"(?<![0-9])[0-9]{4}( ?- ?| )[0-9]{4}\1[0-9]{4}(?![0-9])")
_TWELVE = re.compile(r"(?<![0-9])([0-9]{8})[0-9]{4}(?![0-9])")
_ELEVEN, _LONG = "[0-9０-９]{11}", "[0-9０-９]{10,}(\\.0)?"
# Where an event is held or a fee is paid is public.
_PUBLIC_PLACES = ("venue", "counter", "area")


@dataclass(frozen=True)
class Hit:
    """One kind in one column of a sheet: `refuses` the file, or marks its column (`by_column`), or is only told."""

    kind: str
    sheet: Sheet
    position: int
    header: str
    count: int
    rows: tuple[int, ...]
    refuses: bool
    by_column: bool

    def is_column(self, laid: Laid, heading: Heading) -> bool:
        """Whether the heading is that of the hit's column."""
        return laid.sheet == self.sheet.name and heading.letter == letter(self.position)

    def problem(self) -> Problem:
        """The refusal: kind, place, count, never the value."""
        return Problem(
            stage="gate",
            rule="gate.my_number" if self.kind == "マイナンバー" else "gate.contact",
            message=f"{self._where}{self.kind}らしい値があります",
            fix="その列を除くか値を消して書き出し直してください。このファイルは受け取らず、何も保存していません",
            sheet=self.sheet.name,
            column=letter(self.position),
            header=self.header or None,
            count=self.count,
            rows=self.rows,
        )

    @property
    def _where(self) -> str:
        if self.sheet.hidden:
            return "非表示のシートに"
        if self.position in self.sheet.hidden_columns:
            return "非表示の列に"
        return "非表示の行に" if set(self.rows) <= set(self.sheet.hidden_rows) else ""


def search(sheet: Sheet, laid: Sequence[Laid], tables: Sequence[Matched], staging: Staging) -> Iterator[Hit]:
    """Everything in a raw sheet that looks personal."""
    if not sheet.height:
        return
    mine = [table for table in laid if table.sheet == sheet.name]
    across = any(table.dialect == "municipalities" for table in mine)
    if across:
        # Three thousand narrow columns: the same cells stand in the long form.
        sheet = replace(sheet, table=mine[0].view, width=len(mine[0].headings))
    titles = {heading.letter: heading.text for table in mine for heading in table.headings}
    declared = {
        heading.letter: (table, column)
        for table in tables
        if table.laid.sheet == sheet.name
        for view, column in table.columns.items()
        if (heading := table.heading(view)).letter
    }
    columns = {place: column for place, (_, column) in declared.items()}
    small = sheet.height <= SMALL and not across
    suspects = (_suspects_of_small if small else _suspects)(sheet, columns, staging)
    for position, cells in sorted(suspects.items()):
        place = letter(position)
        table, column = declared.get(place, (None, None))
        yield from _Judge(sheet, position, titles.get(place, ""), table, column, staging).hits(cells)


def _suspects_of_small(
    sheet: Sheet, declared: Mapping[str, Column], staging: Staging
) -> dict[int, list[tuple[str, int]]]:
    """The same for a sheet whose rows lie ready: to go through them is cheaper than a statement."""
    found: dict[int, list[tuple[str, int]]] = {}
    for position, column in enumerate(zip(*(cells for _, cells in rows(sheet, staging)), strict=True)):
        unstored = (known := declared.get(letter(position))) is not None and not known.pii.stored
        for value, count in Counter(column).items():
            if value is None or len(value.encode()) < _SHORTEST:
                continue
            kinds = personal_kinds(value)
            if unstored and "マイナンバー" not in kinds:
                continue
            if kinds or _TWELVE.search(re.sub("[- ]", "", fold(value))):
                found.setdefault(position, []).append((value, count))
    return found


def _suspects(sheet: Sheet, declared: Mapping[str, Column], staging: Staging) -> dict[int, list[tuple[str, int]]]:
    """Every column's cells that may be personal, by a sieve in SQL, with their counts."""
    table = staging.table(sheet.table, [staged.raw_cell(position) for position in range(sheet.width)])
    columns = list(enumerate(table.columns.values()))
    unstored = [n for n, _ in columns if (known := declared.get(letter(n))) is not None and not known.pii.stored]
    suspects: dict[int, list[tuple[str, int]]] = {}
    with staging.lent(
        place=np.repeat([n for n, _ in columns], [len(column.texts) for _, column in columns]),
        cell=pa.chunked_array([column.texts for _, column in columns]),
        n=np.concatenate([column.counts for _, column in columns]),
    ) as cells:
        for position, value, count in staging.sql(staged.may_be_personal(cells, unstored)).fetchall():
            suspects.setdefault(position, []).append((value, count))
    return suspects


@dataclass(frozen=True)
class _Judge:
    """One column with what decides about its suspicious cells."""

    sheet: Sheet
    position: int
    header: str
    table: Matched | None
    column: Column | None
    staging: Staging

    def hits(self, suspects: Sequence[tuple[str, int]]) -> Iterator[Hit]:
        """The verdict for each kind that occurs."""
        found: dict[str, dict[str, int]] = {}
        for value, count in suspects:
            for kind in personal_kinds(value):
                found.setdefault(kind, {})[value] = count
        for kind, cells in found.items():
            count = sum(cells.values())
            if kind == "マイナンバー":
                numbers = {value: n for value, n in suspects if _TWELVE.search(re.sub("[- ]", "", fold(value)))}
                if not self._are_my_numbers(cells, numbers):
                    continue
                refuses = by_column = True
            else:
                cell = staged.raw_cell(self.position)
                by_column = count >= _COLUMN_SHARE * self.staging.value(staged.count_filled(self.sheet.table, cell))
                refuses = self._stores(kind, cells)
            yield Hit(kind, self.sheet, self.position, self.header, count, self._rows(cells), refuses, by_column)

    def _are_my_numbers(self, cells: Mapping[str, int], numbers: Mapping[str, int]) -> bool:
        if self.column is None or not self.column.kind.counts:
            return are_my_numbers(cells, numbers, self.header)
        return are_labelled(cells, self.header) or self._alone(self.column, cells)

    def _rows(self, cells: Mapping[str, int]) -> tuple[int, ...]:
        cell = staged.raw_cell(self.position)
        return tuple(self.staging.value(staged.rows_with(self.sheet.table, cell), [list(cells)]) or ())

    def _count_like(self, pattern: str) -> int:
        cell = staged.raw_cell(self.position)
        return int(self.staging.value(staged.count_like(self.sheet.table, cell, pattern)))

    def _stores(self, kind: str, cells: dict[str, int]) -> bool:
        """Whether a load would store one of the cells, and it is no number of ours."""
        if self.table is None or self.column is None or not self.column.pii.stored:
            return False
        if kind in personal.PLACES and self.column.name in _PUBLIC_PLACES:
            return False
        if kind == "電話番号" and all(personal.is_bare(fold(value)) for value in cells):
            # Of numbers of ours with eleven digits one in two hundred begins as a mobile's.
            others = self._count_like(_ELEVEN)
            if sum(cells.values()) < _COLUMN_SHARE * others:
                return False
        return self._among_data(self.table, cells)

    def _among_data(self, table: Matched, cells: Mapping[str, int]) -> bool:
        """Whether one of the cells stands under the header and is no note; titles and notes are not stored."""
        cell, header = staged.raw_cell(self.position), table.laid.header_rows[-1]
        below = self.staging.value(staged.count_below(self.sheet.table, cell, header), [list(cells)])
        return bool(below > sum(value.strip() in note for value in cells for note in table.laid.notes))

    def _alone(self, column: Column, cells: Mapping[str, int]) -> bool:
        """Whether the numbers are all that is so long in a column of quantities: no count has twelve digits.

        A sum of money may have them, so one among few is let be.
        """
        count = sum(cells.values())
        if count < self._count_like(_LONG):
            return False
        cell = staged.raw_cell(self.position)
        few = self.staging.value(staged.count_filled(self.sheet.table, cell)) <= _FEW
        return count > 1 or column.kind is not Kind.YEN or not few


def are_labelled(cells: Mapping[str, int], header: str) -> bool:
    """Whether the heading, the cell or its grouping says that a number of twelve digits is マイナンバー."""
    return listed(header) == "マイナンバー" or any(_CONTEXT.search(fold(v)) or _GROUPED.search(fold(v)) for v in cells)


def are_my_numbers(cells: Mapping[str, int], numbers: Mapping[str, int], header: str) -> bool:
    """Whether what passes the check digit is マイナンバー: by its label, or by its share of such numbers.

    Nearly every tenth number of twelve digits passes by chance; one that begins with a day is a serial number
    of that day.
    """
    hits = sum(n for value, n in cells.items() if not _begins_with_a_day(value))
    return are_labelled(cells, header) or (bool(hits) and hits >= _COLUMN_SHARE * sum(numbers.values()))


def _begins_with_a_day(value: str) -> bool:
    found = _TWELVE.search(fold(value))
    if not found:
        return False
    try:
        return 1990 <= dt.datetime.strptime(found[1], "%Y%m%d").year <= 2100  # noqa: DTZ007  (a day, no moment)
    except ValueError:
        return False
