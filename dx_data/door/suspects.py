"""Cells that look personal: every column of a raw sheet, declared or not, hidden or not, with titles and notes.

A shape alone says little (domain.md 6.2): the column's share, its heading and its kind decide what a hit is.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
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
_PUBLIC_PLACES = ("venue", "counter")
# A part of the town: with a lot number it is somebody's address, also without the ward's name before it.
_AREAS = ("area",)

Claim = tuple[Matched, str, Column]


@dataclass(frozen=True)
class Hit:
    """One kind in one column of a sheet: `refuses` the file, or marks its column (`by_column`), or is only told.

    `stored` says whether a load would keep one of the cells.
    """

    kind: str
    sheet: Sheet
    position: int
    header: str
    count: int
    rows: tuple[int, ...]
    refuses: bool
    by_column: bool
    stored: bool

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
    # Tables that stand one below the other share their letters.
    declared: dict[str, list[Claim]] = {}
    for table in tables:
        for view, column in table.columns.items() if table.laid.sheet == sheet.name else ():
            declared.setdefault(table.heading(view).letter, []).append((table, view, column))
    from_titles = tuple(_from_titles(declared.pop("", []), staging))
    unstored = {n for n in range(sheet.width) if _is_unstored(declared.get(letter(n), ()))}
    small = sheet.height <= SMALL and not across
    suspects = (_suspects_of_small if small else _suspects)(sheet, unstored, staging)
    for n in range(sheet.width):
        if any(column.name in _AREAS for _, _, column in declared.get(letter(n), ())):
            known = {value for value, _ in suspects.get(n, ())}
            lots = [each for each in _lots(sheet, n, staging) if each[0] not in known]
            if lots:
                suspects.setdefault(n, []).extend(lots)
    for position, cells in sorted(suspects.items()):
        place = letter(position)
        claims = tuple(declared.get(place, ()))
        yield from _Judge(sheet, position, titles.get(place, ""), claims, from_titles, staging).hits(cells)


def _is_unstored(claims: Sequence[Claim]) -> bool:
    return bool(claims) and not any(column.pii.stored for _, _, column in claims)


def _from_titles(claims: Sequence[Claim], staging: Staging) -> Iterator[tuple[str, Column]]:
    """What columns hold that no column of the file has, such as the window that a line over the header names."""
    for table, view, column in claims:
        if column.kind is Kind.TEXT and column.pii.stored and table.laid.height:
            for (value,) in staging.sql(staged.some_values(table.laid.view, view, table.laid.height)).fetchall():
                yield value, column


def _lots(sheet: Sheet, position: int, staging: Staging) -> Iterator[tuple[str, int]]:
    """The cells of a column that have a lot number, with their counts."""
    cell = staged.raw_cell(position)
    column = staging.table(sheet.table, [cell]).columns[cell]
    for value, count in zip(column.texts.to_pylist(), column.counts.tolist(), strict=True):
        if value and personal.holds_lot(fold(value)):
            yield value, count


def _suspects_of_small(sheet: Sheet, unstored: Collection[int], staging: Staging) -> dict[int, list[tuple[str, int]]]:
    """The same for a sheet whose rows lie ready: to go through them is cheaper than a statement."""
    found: dict[int, list[tuple[str, int]]] = {}
    for position, column in enumerate(zip(*(cells for _, cells in rows(sheet, staging)), strict=True)):
        for value, count in Counter(column).items():
            if value is None or len(value.encode()) < _SHORTEST:
                continue
            kinds = personal_kinds(value)
            if position in unstored and "マイナンバー" not in kinds:
                continue
            if kinds or _TWELVE.search(re.sub("[- ]", "", fold(value))):
                found.setdefault(position, []).append((value, count))
    return found


def _suspects(sheet: Sheet, unstored: Collection[int], staging: Staging) -> dict[int, list[tuple[str, int]]]:
    """Every column's cells that may be personal, by a sieve in SQL, with their counts."""
    table = staging.table(sheet.table, [staged.raw_cell(position) for position in range(sheet.width)])
    columns = list(enumerate(table.columns.values()))
    suspects: dict[int, list[tuple[str, int]]] = {}
    with staging.lent(
        place=np.repeat([n for n, _ in columns], [len(column.texts) for _, column in columns]),
        cell=pa.chunked_array([column.texts for _, column in columns]),
        n=np.concatenate([column.counts for _, column in columns]),
    ) as cells:
        for position, value, count in staging.sql(staged.may_be_personal(cells, sorted(unstored))).fetchall():
            suspects.setdefault(position, []).append((value, count))
    return suspects


@dataclass(frozen=True)
class _Judge:
    """One column with what decides about its suspicious cells."""

    sheet: Sheet
    position: int
    header: str
    claims: tuple[Claim, ...]
    from_titles: tuple[tuple[str, Column], ...]
    staging: Staging

    def hits(self, suspects: Sequence[tuple[str, int]]) -> Iterator[Hit]:
        """The verdict for each kind that occurs."""
        found: dict[str, dict[str, int]] = {}
        for value, count in suspects:
            for kind in self._kinds(value):
                found.setdefault(kind, {})[value] = count
        for kind, cells in found.items():
            count = sum(cells.values())
            if kind == "マイナンバー":
                numbers = {value: n for value, n in suspects if _TWELVE.search(re.sub("[- ]", "", fold(value)))}
                if not self._are_my_numbers(cells, numbers):
                    continue
                refuses = by_column = stored = True
            else:
                cell = staged.raw_cell(self.position)
                by_column = count >= _COLUMN_SHARE * self.staging.value(staged.count_filled(self.sheet.table, cell))
                keeping = self._keeping(cells)
                stored = bool(keeping)
                refuses = stored and not self._may_stay(kind, cells, keeping)
            rows_ = self._rows(cells)
            yield Hit(kind, self.sheet, self.position, self.header, count, rows_, refuses, by_column, stored)

    def _kinds(self, value: str) -> frozenset[str]:
        kinds = personal_kinds(value)
        if kinds & personal.PLACES or not any(column.name in _AREAS for _, _, column in self.claims):
            return kinds
        return kinds | {"住所"} if personal.holds_lot(fold(value)) else kinds

    def _are_my_numbers(self, cells: Mapping[str, int], numbers: Mapping[str, int]) -> bool:
        column = self.claims[-1][-1] if self.claims else None
        if column is None or not column.kind.counts:
            return are_my_numbers(cells, numbers, self.header)
        return are_labelled(cells, self.header) or self._alone(column, cells)

    def _rows(self, cells: Mapping[str, int]) -> tuple[int, ...]:
        cell = staged.raw_cell(self.position)
        return tuple(self.staging.value(staged.rows_with(self.sheet.table, cell), [list(cells)]) or ())

    def _count_like(self, pattern: str) -> int:
        cell = staged.raw_cell(self.position)
        return int(self.staging.value(staged.count_like(self.sheet.table, cell, pattern)))

    def _keeping(self, cells: Mapping[str, int]) -> list[Column]:
        """The declared columns in which a load would store one of the cells."""
        keeping = [c for table, view, c in self.claims if c.pii.stored and self._among_data(table, view, cells)]
        folded = [fold(value) for value in cells]
        return keeping + [column for text, column in self.from_titles if any(text in value for value in folded)]

    def _may_stay(self, kind: str, cells: Mapping[str, int], keeping: Sequence[Column]) -> bool:
        """Whether it is the address of a public place, or a number of ours."""
        if kind in personal.PLACES:
            return all(column.name in _PUBLIC_PLACES for column in keeping)
        if kind == "電話番号" and all(personal.is_bare(fold(value)) for value in cells):
            # Of numbers of ours with eleven digits one in two hundred begins as a mobile's.
            return sum(cells.values()) < _COLUMN_SHARE * self._count_like(_ELEVEN)
        return False

    def _among_data(self, table: Matched, view: str, cells: Mapping[str, int]) -> bool:
        """Whether one of the cells stands among the rows, or under the header and is no note: that is not stored."""
        if self.staging.value(staged.count_among(table.laid.view, view), [list(cells)]):
            return True
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
