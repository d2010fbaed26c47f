"""手直し: cells put right by hand, laid over a table before its check, until the source has them right itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from dx_data import text
from dx_data.derive import checks, staged
from dx_data.door import values
from dx_data.door.check import Checked
from dx_data.door.echo import safe_mended, shown
from dx_data.door.known import Correction, Known
from dx_data.door.match import Matched
from dx_data.door.staging import Staging
from dx_data.door.undecided import FaultyCell
from dx_data.errors import Mended
from dx_data.spec import Column

_CELLS_OFFERED = 100


@dataclass(frozen=True)
class Corrected:
    """A table with its corrections laid over it: what was said, which were `used`, which are `ended` by the source."""

    matched: Matched
    mended: tuple[Mended, ...] = ()
    used: tuple[Correction, ...] = ()
    ended: tuple[Correction, ...] = ()


def correct(matched: Matched, staging: Staging, known: Known) -> Corrected:
    """Lay the decided corrections over a table.

    One whose cell now holds something else is told and left; one whose cell the source has put right is ended.
    """
    columns = {column.name: (view, column) for view, column in matched.columns.items()}
    wanted = [each for each in known.corrections.get(matched.dataset.name, ()) if each.column in columns]
    if not wanted:
        return Corrected(matched)
    keys = _keys(matched, staging)
    mended: list[Mended] = []
    used: dict[Correction, None] = {}
    ended: dict[Correction, None] = {}
    laid: dict[str, str] = {}
    for name in dict.fromkeys(each.column for each in wanted):
        view, column = columns[name]
        here = [each for each in wanted if each.column == name]
        rows: dict[int, str] = {}
        for row, index, cell in _found(keys, matched, view, here, staging):
            each = here[index]
            if _same(column, cell, each.before):
                rows[row] = each.after
                used[each] = None
                words = f"手直しを当てました（{each.by.words}）" if each.by else "手直しを当てました（今回の手直し）"
                mended.append(_notice(matched, view, row, "correction.applied", words, cell, each.after))
            elif each.by and _same(column, cell, each.after):
                ended[each] = None
                words = "元のデータが直っているので、手直しは要らなくなりました。取り込むと終わります"
                mended.append(_notice(matched, view, row, "correction.ended", words, each.before, cell))
            else:
                words = f"手直しの前の値「{shown(each.before)}」と違う値が届いたので、手直しを当てていません"
                mended.append(_notice(matched, view, row, "correction.stale", words, cell, cell))
        if rows:
            laid[view] = staging.name("corrections")
            with staging.lent(row=list(rows), after=list(rows.values())) as lent:
                staging.sql(staged.create_from(laid[view], lent))
    if laid:
        corrected = staging.name("corrected")
        staging.sql(staged.corrected_rows(corrected, matched.view, laid))
        matched = replace(matched, view=corrected)
    return Corrected(matched, tuple(map(safe_mended, mended)), tuple(used), tuple(ended))


def faulty_cells(checked: Checked) -> tuple[FaultyCell, ...]:
    """The first faulty cells that can be put right by hand: stored, no part of the key, in a row with a sound key."""
    of_key = [n for n, column in enumerate(checked.columns) if column.name in checked.dataset.key]
    others = [n for n, column in enumerate(checked.columns) if n not in of_key and column.pii.stored]
    if not of_key or not others:
        return ()
    column = np.array([-1 if each.n is None else each.n for each in checked.findings], np.int64)[checked.kinds]
    spoilt = checked.places[np.isin(column, of_key)]
    offered = np.flatnonzero(np.isin(column, others) & ~np.isin(checked.places, spoilt))
    offered = offered[np.lexsort((column[offered], checked.places[offered]))]
    cells: dict[tuple[int, int], FaultyCell] = {}
    for each in offered.tolist():
        place, n = int(checked.places[each]), int(column[each])
        if len(cells) == _CELLS_OFFERED:
            break
        if (place, n) not in cells:
            cells[place, n] = _faulty(checked, place, n, checked.findings[checked.kinds[each]].message)
    return tuple(each for each in cells.values() if not any(map(text.looks_personal, (each.cell, *each.key))))


def _faulty(checked: Checked, place: int, n: int, message: str) -> FaultyCell:
    columns = {each.column.name: each for each in checked.read}
    key = tuple(columns[name].written(place) if name in columns else "" for name in checked.dataset.key)
    mine, row = checked.read[n], int(checked.numbers[place])
    return FaultyCell(checked.dataset.name, checked.sheet, row, key, mine.column.name, mine.cell(place), message)


def _keys(matched: Matched, staging: Staging) -> str:
    """A table of the rows' keys in typed form, whatever their spelling; `t<n>` marks what does not read."""
    columns = {view: column for view, column in matched.columns.items() if column.name in matched.dataset.key}
    table = staging.table(matched.view, list(columns))
    keys: dict[str, Any] = {"row": table.rows}
    for n, each in enumerate(values.read(table, columns, staging)):
        loose = np.flatnonzero(each.loose)
        spellings = zip(loose.tolist(), each.spelled.texts.take(pa.array(loose)).to_pylist(), strict=True)
        read = {number: strict for number, cell in spellings if (strict := _canonical(each.column, cell)) is not None}
        each.take(read, staging)
        keys[each.column.name] = each.per_row(np.arange(len(table.rows)))
        keys[f"t{n}"] = each.spelled.spread(pa.array(each.loose & each.unread))
    name = staging.name("keys")
    staging.connection.register(name, pa.table(keys))
    return name


def _found(
    keys: str, matched: Matched, view: str, wanted: Sequence[Correction], staging: Staging
) -> Iterator[tuple[int, int, str]]:
    """Row, index of its correction and present cell, for every row that has the key of one."""
    names = matched.dataset.key
    present = [column.name for column in matched.columns.values() if column.name in names]
    columns: Mapping[str, Sequence[str]] = {f"k{i}": [each.key[i] for each in wanted] for i in range(len(names))}
    with staging.lent(number=list(range(len(wanted))), **columns) as lent:
        statement = staged.rows_with_key(keys, matched.view, view, lent, names, present)
        yield from staging.sql(statement).fetchall()


def _canonical(column: Column, cell: str) -> str | None:
    try:
        return checks.canonical(column, cell)
    except text.Unreadable:
        return None


def _same(column: Column, left: str, right: str) -> bool:
    if left.strip(checks.WHITE) == right.strip(checks.WHITE):
        return True
    read = _canonical(column, left) if left.strip(checks.WHITE) else None
    return read is not None and bool(right.strip(checks.WHITE)) and read == _canonical(column, right)


def _notice(matched: Matched, view: str, row: int, rule: str, words: str, before: str, after: str) -> Mended:
    heading = matched.heading(view)
    return Mended(
        rule=rule,
        message=words,
        sheet=matched.laid.sheet,
        column=heading.letter or None,
        header=heading.text or matched.columns[view].title,
        rows=(row,),
        before=before,
        after=after or "（空欄）",
    )
