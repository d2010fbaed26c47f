"""kintone's exports: the GUI dialect (labels, twins, `項目[選択肢]`, record starts) and cli-kintone's (domain.md 1)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dx_data.derive.tables import literal
from dx_data.errors import Mended

START = "レコードの開始行"
RECORD = ("レコード番号", "Record number", "recordNumber")
TWIN = "（表示名）"
# Split at the last bracket: a field's own name may hold brackets too.
_OPTION = re.compile(r"^(?P<field>.+)\[(?P<option>[^\[\]]+)\]$")


@dataclass(frozen=True)
class Folded:
    """One logical column: its title, where it first stands, and the SQL that reads it from the raw columns."""

    title: str
    position: int
    expression: str


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
    if START in header or any(cell.endswith(TWIN) for cell in header) or RECORD[0] in header:
        return "kintone"
    options = [match["field"] for cell in header if (match := _OPTION.match(cell))]
    return "kintone" if len(options) > len(set(options)) else "plain"


def fold(header: Sequence[str]) -> Fold:
    """Fold twins away and options together; the order of first appearance is kept."""
    columns: list[Folded] = []
    options: dict[str, list[tuple[int, str]]] = {}
    mended: list[Mended] = []
    start = record = None
    for position, cell in enumerate(header):
        if cell in (START, "*"):
            start = position
            columns.append(Folded(START, position, f"c{position}"))
        elif cell.endswith(TWIN) and cell.removesuffix(TWIN) in header:
            mended.append(
                Mended(
                    rule="kintone.twin",
                    message=f"『{cell}』は『{cell.removesuffix(TWIN)}』の表示名なので読みません",
                    header=cell,
                )
            )
        elif (match := _OPTION.match(cell)) and _is_option(match["field"], header):
            options.setdefault(match["field"], []).append((position, match["option"]))
        elif cell:
            if cell in RECORD and record is None:
                record = position
            columns.append(Folded(cell, position, f"c{position}"))
    for field, found in options.items():
        parts = ", ".join(f"CASE WHEN c{p} = '1' THEN {literal(o)} END" for p, o in found)
        strange = " OR ".join(f"coalesce(c{p}, '') NOT IN ('', '1')" for p, _ in found)
        cells = ", ".join(f"c{p}" for p, _ in found)
        # A mark that is neither blank nor 1 is passed on as it stands, so that the check refuses it.
        columns.append(
            Folded(
                field,
                found[0][0],
                f"CASE WHEN {strange} THEN concat_ws('|', {cells}) ELSE nullif(concat_ws(chr(10), {parts}), '') END",
            )
        )
        mended.append(
            Mended(
                rule="kintone.options",
                message=f"『{field}[…]』{len(found)}列を1つの項目『{field}』にまとめました",
                header=field,
                count=len(found),
            )
        )
    return Fold(tuple(sorted(columns, key=lambda c: c.position)), start, record, tuple(mended))


def _is_option(field: str, header: Sequence[str]) -> bool:
    """`X[Y]` is an option unless X itself stands there as a plain column with its own cells."""
    return field not in header or any(cell != field and cell.startswith(f"{field}[") for cell in header)
