"""kintone's exports: the GUI dialect (labels, twins, `項目[選択肢]`, record starts) and cli-kintone's (domain.md 1)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dx_data.derive.staged import marked_options, raw_cell
from dx_data.door.echo import shown
from dx_data.errors import Mended

START = "レコードの開始行"
RECORD = ("レコード番号", "Record number", "recordNumber")
TWINS = ("（表示名）", "(表示名)")
# Split at the last bracket: a field's own name may hold brackets too.
_OPTION = re.compile(r"(?P<field>.+)\[(?P<option>[^\[\]]+)\]", re.DOTALL)


@dataclass(frozen=True)
class Folded:
    """One logical column: its title, where it first stands, and the SQL that reads it from the raw columns.

    `options` are the positions and options of the columns that a choice was spread over.
    """

    title: str
    position: int
    expression: str
    options: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True)
class Fold:
    """A kintone header read as logical columns; `start` and `record` are the positions of kintone's own columns."""

    columns: tuple[Folded, ...]
    start: int | None
    record: int | None
    mended: tuple[Mended, ...]


def dialect(header: Sequence[str]) -> str:
    """`kintone`, `cli-kintone` or `plain`, by the rule of domain.md 1.3."""
    if "*" in header:
        return "cli-kintone"
    if START in header or RECORD[0] in header or any(_twin_of(cell, header) for cell in header):
        return "kintone"
    fields = [match["field"] for cell in header if (match := _OPTION.fullmatch(cell))]
    return "kintone" if len(fields) > len(set(fields)) else "plain"


def bracketed(header: Sequence[str]) -> tuple[int, ...]:
    """The positions whose heading has the form `項目[選択肢]`."""
    return tuple(position for position, cell in enumerate(header) if _OPTION.fullmatch(cell))


def fold(header: Sequence[str], only_marks: Callable[[int], bool] = lambda _: True) -> Fold:
    """Fold twins away and options together; the order of first appearance is kept.

    `only_marks` tells whether a column holds nothing but blanks and 1: a single `項目[…]` that holds anything else is a
    heading with a bracket in its name, such as `削減時間[分/件]`.
    """
    columns: list[Folded] = []
    options: dict[str, list[tuple[int, str]]] = {}
    mended: list[Mended] = []
    start = record = None
    for position, cell in enumerate(header):
        if cell in (START, "*") and start is None:
            start = position
            columns.append(Folded(START, position, raw_cell(position)))
        elif twin := _twin_of(cell, header):
            message = f"『{shown(cell)}』は『{shown(twin)}』の表示名なので読みません"
            mended.append(Mended(rule="kintone.twin", message=message, header=cell))
        elif match := _OPTION.fullmatch(cell):
            options.setdefault(match["field"], []).append((position, match["option"]))
        else:
            if cell in RECORD and record is None:
                record = position
            columns.append(Folded(cell, position, raw_cell(position)))
    for field, found in options.items():
        first = found[0][0]
        if len(found) == 1 and not only_marks(first):
            columns.append(Folded(header[first], first, raw_cell(first)))
            continue
        columns.append(Folded(field, first, marked_options(found), tuple(found)))
        mended.append(
            Mended(
                rule="kintone.options",
                message=f"『{shown(field)}[…]』{len(found)}列を1つの項目『{shown(field)}』にまとめました",
                header=field,
                count=len(found),
            )
        )
    return Fold(tuple(sorted(columns, key=lambda c: c.position)), start, record, tuple(mended))


def _twin_of(cell: str, header: Sequence[str]) -> str | None:
    """The user column whose display names this column holds, or None."""
    for twin in TWINS:
        if cell.endswith(twin) and (base := cell.removesuffix(twin)) in header:
            return base
    return None
