"""The Digital Agency's tables with 1,741 municipalities across: names to codes by position, figures to long form.

The files carry names without codes, 25 of them several times, so the code comes from the position in the bundled code
list and every name is compared; a difference refuses the file (shared facts of the published files).
"""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache

from dx_data.bundled import municipalities
from dx_data.derive import staged
from dx_data.door.echo import shown
from dx_data.door.laid import Heading, letter
from dx_data.door.read import Sheet, rows
from dx_data.door.staging import Staging
from dx_data.errors import ROWS_SHOWN, FileRejected, Mended
from dx_data.text import fold, fold_header

TITLES = (
    "団体コード",
    "市区町村名",
    "指標区分",
    "指標名",
    "値",
    "値（文字）",
    "単位",
    "分子",
    "分母",
    "調査時点",
)
# Behind them each row has the places of its value, its numerator and its denominator.
_AT = {"値": 10, "値（文字）": 10, "単位": 10, "分子": 11, "分母": 12}
# The same village, written with the extended and the simplified character.
_VARIANTS = str.maketrans({"檮": "梼"})
_LEADING = 2
_PARTS = ("値", "分子", "分母")
_ALIKE = 0.8
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")


def _same(a: str, b: str) -> bool:
    return fold_header(a).translate(_VARIANTS) == fold_header(b).translate(_VARIANTS)


@cache
def _names() -> frozenset[str]:
    return frozenset(fold_header(m.name) for m in municipalities())


def recognised(head: Sequence[tuple[int, list[str | None]]]) -> bool:
    """Whether the first row is the list of all municipalities, from the third column on."""
    if not head:
        return False
    known = _names()
    cells = [cell or "" for cell in head[0][1][_LEADING:]]
    filled = [cell for cell in cells if cell]
    return len(filled) > len(known) / 2 and sum(fold_header(c) in known for c in filled) >= _ALIKE * len(filled)


@dataclass(frozen=True)
class Unfolded:
    """The long form: its view, headings, height, what was mended, and the file's own headings by their letters."""

    view: str
    headings: tuple[Heading, ...]
    height: int
    mended: tuple[Mended, ...]
    heads: dict[str, str]


def unfold(sheet: Sheet, staging: Staging, as_of: dt.date | None) -> Unfolded:
    """Stage the table in long form.

    A blank cell becomes a row without a value: "not stated", never 0. Numerator and denominator rows are folded into
    the indicator they belong to. `row` is the indicator's row in the file. Raises FileRejected at the first name that
    differs.
    """
    table = list(rows(sheet, staging))
    listed = municipalities()
    _refuse_uneven(sheet, table, len(listed))
    _compare([cell or "" for cell in table[0][1][_LEADING:]], [m.name for m in listed])
    figures: dict[tuple[str, str], tuple[int, dict[str, tuple[int, list[str | None]]]]] = {}
    for number, cells in table[1:]:
        category, indicator = (cells[0] or "").strip(), (cells[1] or "").strip()
        base, part = _part(category, indicator, figures)
        _, parts = figures.setdefault((category, base), (number, {}))
        parts[part] = number, cells[_LEADING : _LEADING + len(listed)]
    heads = {letter(_LEADING + n): m.name for n, m in enumerate(listed)}
    path = staging.folder / f"{staging.name('long')}.csv"
    height = 0
    bare: list[int] = []
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
        date = as_of.isoformat() if as_of else ""
        for (category, indicator), (number, parts) in figures.items():
            blank: tuple[int, list[str | None]] = number, [None] * len(listed)
            found = [parts.get(part, blank) for part in _PARTS]
            for m, place, *figure in zip(listed, heads, *(cells for _, cells in found), strict=True):
                if fold(figure[0] or "") == "%":
                    bare.append(number)
                told = (m.code, m.name, category, indicator, *_value(figure[0] or ""), *figure[1:], date)
                writer.writerow((number, *told, *(f"{place}{row}" if row != number else place for row, _ in found)))
                height += 1
    view = staging.name("laid")
    staging.sql(staged.create_numbered(view, str(path), len(TITLES) + len(_PARTS)))
    mended: tuple[Mended, ...] = ()
    if bare:
        message = "数のない「%」を空欄（未記入）として読みました"
        rows_ = tuple(dict.fromkeys(bare))[:ROWS_SHOWN]
        mended = (
            Mended(rule="number.bare_percent", message=message, count=len(bare), rows=rows_, before="%", after=""),
        )
    leading = {"指標区分": "A", "指標名": "B"}
    headings = tuple(
        Heading(
            title, leading.get(title, ""), staged.raw_cell(n), at=staged.raw_cell(_AT[title]) if title in _AT else None
        )
        for n, title in enumerate(TITLES)
    )
    return Unfolded(view, headings, height, mended, heads)


def _refuse_uneven(sheet: Sheet, table: Sequence[tuple[int, list[str | None]]], width: int) -> None:
    """A missing or added comma would move every figure behind it to another municipality."""
    beyond = [number for number, cells in table if any((cell or "").strip() for cell in cells[_LEADING + width :])]
    if odd := sorted({*sheet.ragged, *beyond}):
        raise FileRejected.because(
            "列の数がほかの行と違います",
            "市区町村の並びを変えずに、配布されたままのファイルを選んでください",
            stage="layout",
            rule="layout.municipalities",
            count=len(odd),
            rows=tuple(odd[:ROWS_SHOWN]),
        )


def _compare(names: list[str], listed: list[str]) -> None:
    while names and not names[-1]:
        names = names[:-1]
    if len(names) != len(listed):
        raise _differs(f"市区町村が {len(names):,} あります（団体コード一覧は {len(listed):,}）", None)
    for position, (name, expected) in enumerate(zip(names, listed, strict=True)):
        if not _same(name, expected):
            raise _differs(f"『{shown(name)}』の位置は団体コード一覧では『{expected}』です", position)


def _differs(message: str, position: int | None) -> FileRejected:
    return FileRejected.because(
        message,
        "市区町村の並びを変えずに、配布されたままのファイルを選んでください",
        stage="layout",
        rule="layout.municipalities",
        rows=(1,),
        header=None if position is None else f"{position + _LEADING + 1}列目",
    )


def _part(category: str, indicator: str, seen: Collection[tuple[str, str]]) -> tuple[str, str]:
    """The indicator a row belongs to, and whether it is its 値, 分子 or 分母."""
    for part in _PARTS[1:]:
        if indicator.endswith(f"（{part}）"):
            for known_category, base in seen:
                if known_category == category and indicator.startswith(f"{base}_"):
                    return base, part
    return indicator, "値"


def _value(cell: str) -> tuple[str, str, str]:
    """Value, words and unit of a cell: `88.8%` is a number in %, a bare number counts procedures, the rest are words.

    What is neither (words with digits in them) goes where the check refuses it.
    """
    cell = fold(cell)
    if cell == "%":
        return "", "", ""
    if cell.endswith("%") and _NUMBER.fullmatch(cell[:-1]):
        return cell[:-1], "", "%"
    if _NUMBER.fullmatch(cell):
        return cell, "", "手続"
    return (cell, "", "") if re.search("[0-9]", cell) else ("", cell, "")
