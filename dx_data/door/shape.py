"""Where a table's header is: the row that names columns, its upper and lower levels, and what stands between.

Pure functions over the first rows of a sheet and its merged cells (domain.md 8).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from dx_data.text import fold, fold_header

Cells = Sequence[str | None]

_VALUE = re.compile(
    r"[-+△▲(]? ?[¥\\]?[0-9][0-9,]*(\.[0-9]+)?([eE][-+]?[0-9]+)?(%|円|千円|件|人|名|回)?\)?"
    r"|[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}([ T].*)?|.*[0-9]年[0-9]{1,2}月[0-9]{1,2}日.*"
    r"|[0-9]{1,2}月[0-9]{1,2}日.*|[0-9]{1,2}/[0-9]{1,2}|[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?"
)
_YEAR = re.compile("(19|20)[0-9]{2}")
_UNIT = re.compile(
    r"[(\[]?(単位:)?(千円|百万円|億円|万円|円|件|千人|人|名|回|%|‰|日|時間|分|秒|世帯|戸|枚|台|冊|点|個|基|棟|床|頭|羽|通"
    r"|か所|カ所|ヶ所|箇所|団体|施設|校|園|学級|歳|ポイント|[km]?m2|ha|km|m|mm|m3|kg|t|トン|kl|kwh|℃)[)\]]?",
    re.IGNORECASE,
)
_IDENTIFIER = re.compile("[a-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*")
_TYPES = frozenset(
    (
        *("string", "integer", "int", "float", "double", "decimal", "number", "date", "datetime", "boolean", "text"),
        *("文字列", "文字", "数値", "整数", "小数", "日付", "日時", "必須", "任意", "assertion"),
    )
)
_REMARK = re.compile(r"\s*([(（*＊]?\s*(※|注|備考|資料|出典|＊))")
DEEPEST = 3


@dataclass(frozen=True, slots=True)
class Merge:
    """A merged range: rows as a person counts them, columns from 0, both ends included."""

    first_row: int
    first: int
    last_row: int
    last: int

    def covers(self, row: int, column: int) -> bool:
        """Whether the cell lies inside."""
        return self.first_row <= row <= self.last_row and self.first <= column <= self.last


@dataclass(frozen=True)
class Header:
    """The header's rows, the joined heading of every column, the last row above the data, and the texts above it."""

    rows: tuple[int, ...]
    titles: tuple[str, ...]
    last: int
    above: tuple[str, ...]


def is_value(cell: str | None) -> bool:
    """Whether a cell is a number, a date or a time rather than words."""
    return bool(cell) and _VALUE.fullmatch(fold(cell or "")) is not None


def looks_like_data(head: Cells, below: Cells) -> bool:
    """Whether a header row has figures or dates just where the row below it has them; days 1, 2, 3 … are headings."""
    values = [cell for cell in head if is_value(cell) and not _YEAR.fullmatch(cell or "")]
    counted = values == [str(n) for n in range(1, len(values) + 1)]
    alike = all(is_value(one) == is_value(other) for one, other in zip(head, below, strict=False))
    return bool(values) and not (counted and len(values) > 1) and alike


def is_remark(words: str) -> bool:
    """Whether the words begin with a mark of a note."""
    return _REMARK.match(words) is not None


def is_aside(cells: Sequence[str]) -> bool:
    """Whether a row under the header is about types or units."""
    return _is_type_row(cells) or _is_unit_row(cells)


def find(head: Sequence[tuple[int, Cells]], merged: Sequence[Merge], known: Collection[str]) -> Header | None:
    """The header of a sheet by its first rows; None where no row is filled like one."""
    rows = {row: [_tidy(cell) for cell in cells] for row, cells in head}
    base = _base(rows, known)
    if base is None:
        return None
    levels = _levels(rows, base, merged)
    titles = _joined(rows, levels, merged)
    last = levels[-1]
    while (below := rows.get(last + 1)) is not None and any(below):
        if _is_type_row(below) or (_names_again(below, titles) and any(map(is_value, rows.get(last + 2, ())))):
            last += 1
        elif _is_unit_row(below):
            for j, unit in ((j, c) for j, c in enumerate(below) if c and titles[j] and fold(c) != "単位"):
                titles[j] = f"{titles[j]}（{fold(unit).strip('()[]').removeprefix('単位:')}）"
            last += 1
        else:
            break
    above = tuple(c for row, cells in rows.items() if row < levels[0] for c in cells if c and not c.startswith("#"))
    return Header(tuple(levels), tuple(titles), last, above)


def _tidy(cell: str | None) -> str:
    return re.sub(r"\s*[\r\n]+\s*", "", (cell or "").strip())


def _base(rows: Mapping[int, list[str]], known: Collection[str]) -> int | None:
    """The row with the most known headings; with less than two, the first that is filled like a header."""
    hits = {row: sum(1 for cell in cells if cell and fold_header(cell) in known) for row, cells in rows.items()}
    most = max(hits.values(), default=0)
    best = next((row for row, count in hits.items() if count == most), None) if most else None
    if best is not None and (most > 1 or sum(map(bool, rows[best])) == 1):
        return best
    like = _like_a_header(rows)
    if best is None or like is None:
        return best if like is None else like
    widest = max(sum(map(bool, cells)) for cells in rows.values())
    particular = any(is_value(cell) and not _YEAR.fullmatch(cell) for cell in rows[best])
    return best if sum(map(bool, rows[best])) * 2 > widest and not particular else like


def _like_a_header(rows: Mapping[int, list[str]]) -> int | None:
    widest = max((sum(map(bool, cells)) for cells in rows.values()), default=0)
    full = {row: [c for c in cells if c] for row, cells in rows.items()}
    full = {row: cells for row, cells in full.items() if cells and len(cells) * 2 > widest}
    wordy = {row: cells for row, cells in full.items() if words_only(cells, least=1) and not _is_unit_row(cells)}
    apart = {row for row, cells in full.items() if len(set(cells)) >= len(cells) * (1 if len(cells) < 20 else 0.9)}
    over_values = {row for row in wordy if _over_values(rows, row, widest)}
    tiers = (
        [row for row in wordy if row in apart and row in over_values],
        [row for row in wordy if row in over_values and not _is_type_row(wordy[row]) and not _under(row, wordy, apart)],
        [row for row in wordy if row in apart],
        [row for row in full if row in apart],
        list(wordy),
    )
    return next((tier[0] for tier in tiers if tier), None)


def _under(row: int, wordy: Mapping[int, list[str]], apart: Collection[int]) -> bool:
    """Whether a row of different words, filled as well, stands higher: then this one repeats its words as data do."""
    return any(r < row and r in apart and len(wordy[r]) * 10 >= len(wordy[row]) * 9 for r in wordy)


def _over_values(rows: Mapping[int, list[str]], row: int, widest: int) -> bool:
    """Whether the next row that is neither blank nor about types or units holds a figure or a date.

    A pair such as `作成日, 2025/4/1` over a wider table is a particular, and what stands over it no header.
    """
    below = (cells for number, cells in rows.items() if number > row and any(cells))
    first = next((c for c in below if not is_aside(c) and not _names_again(c, rows[row])), [])
    pair = sum(map(bool, first)) == sum(map(bool, rows[row])) == 2 < widest
    return any(map(is_value, first)) and not pair


def _levels(rows: Mapping[int, list[str]], base: int, merged: Sequence[Merge]) -> list[int]:
    levels = [base]
    while len(levels) < DEEPEST and _is_upper(rows, levels[0] - 1, levels, merged):
        levels.insert(0, levels[0] - 1)
    while len(levels) < DEEPEST and _is_lower(rows, levels[-1], levels[-1] + 1, merged):
        levels.append(levels[-1] + 1)
    return levels


def words_only(cells: Sequence[str], least: int = 2) -> bool:
    """Whether a row holds words, or years that head columns, and no other value."""
    filled = [c for c in cells if c]
    return len(filled) >= least and not any(is_value(c) and not _YEAR.fullmatch(c) for c in filled)


def _is_upper(rows: Mapping[int, list[str]], upper: int, levels: Sequence[int], merged: Sequence[Merge]) -> bool:
    """Whether the row above names groups of the columns below it; a title does not, however it is merged."""
    base = levels[0]
    above, below = rows.get(upper), rows[base]
    if above is None or not words_only(above) or above[0].startswith("#"):
        return False
    if any(m.first_row <= upper and m.last_row >= base for m in merged):
        return True
    spans = [m for m in merged if m.first_row == m.last_row == upper and m.last > m.first > 0]
    if len(levels) > 1:
        return _tells_apart(rows, upper, levels, merged) and (bool(spans) or not merged)
    names = [c for c in below if c]
    if len(set(names)) < len(names) or any(a and not b for a, b in zip(above, below, strict=True)):
        return bool(spans) or not any(m.first_row == upper for m in merged)
    return len(spans) > 1 and not above[0]


def _tells_apart(rows: Mapping[int, list[str]], upper: int, levels: Sequence[int], merged: Sequence[Merge]) -> bool:
    """Whether the row above names a column that has no name yet, or groups of columns that share theirs."""
    above, titles = rows[upper], _joined(rows, levels, merged)
    named = [title for title in titles if title]
    nameless = bool(above[0]) and not titles[0]
    return nameless and len(set(named)) < len(named)


def _is_lower(rows: Mapping[int, list[str]], base: int, lower: int, merged: Sequence[Merge]) -> bool:
    """Whether the row below divides the base row's columns; a data row does not."""
    above, below = rows[base], rows.get(lower)
    if below is None or not words_only(below) or _is_type_row(below) or _is_unit_row(below):
        return False
    if any(m.first_row <= base and m.last_row >= lower for m in merged):
        return any(m.first_row == m.last_row == base for m in merged) or _only_under_gaps(above, below)
    spans = [m for m in merged if m.first_row == m.last_row == base]
    if any(sum(map(bool, below[m.first : m.last + 1])) > 1 for m in spans):
        return True
    if merged or not (_only_under_gaps(above, below) or _divides_repeated(above, below)):
        return False
    under = rows.get(lower + 1, [])
    return any(is_value(cell) for cell, name in zip(under, below, strict=False) if name)


def _divides_repeated(above: Sequence[str], below: Sequence[str]) -> bool:
    """Whether names that stand twice or more above are told apart below, and nothing else is named there."""
    repeated = {name for name in above if name and above.count(name) > 1}
    pairs = [(a, b) for a, b in zip(above, below, strict=True) if a in repeated]
    alone = [b for a, b in zip(above, below, strict=True) if a and a not in repeated]
    return bool(repeated and alone) and not any(alone) and all(b for _, b in pairs) and len(set(pairs)) == len(pairs)


def _only_under_gaps(above: Sequence[str], below: Sequence[str]) -> bool:
    """Whether every filled cell below stands under a blank one or under the start of a group with blanks at its right,
    and something above has nothing below."""
    gap = False
    for j, cell in enumerate(below):
        if not cell:
            continue
        starts = bool(above[j]) and j + 1 < len(above) and not above[j + 1] and bool(below[j + 1])
        if above[j] and not starts:
            return False
        gap = gap or not above[j]
    alone = any(a and not b for a, b in zip(above, below, strict=True))
    return gap and alone


def _is_type_row(cells: Sequence[str]) -> bool:
    filled = [c for c in cells if c]
    if not filled:
        return False
    return filled[0].startswith("#") or (len(filled) > 1 and all(c.casefold().split(":")[-1] in _TYPES for c in filled))


def _is_unit_row(cells: Sequence[str]) -> bool:
    """Whether all filled cells are units; a single one only in brackets, with nothing in the first column."""
    units = [fold(c) for c in cells if c]
    units = units[1:] if units[:1] == ["単位"] else units
    bracketed = not cells[0] and all(unit[0] in "([" for unit in units)
    return (len(units) > 1 or (bool(units) and bracketed)) and all(_UNIT.fullmatch(unit) for unit in units)


def _names_again(below: Sequence[str], titles: Sequence[str]) -> bool:
    """Whether the row below gives every Japanese heading its name in a program (`facility_name`)."""
    names = [(name, title) for name, title in zip(below, titles, strict=True) if name or title]
    named = all(_IDENTIFIER.fullmatch(name) and not title.isascii() for name, title in names)
    return len(names) > 2 and named and len({name for name, _ in names}) == len(names)


def _joined(rows: Mapping[int, list[str]], levels: Sequence[int], merged: Sequence[Merge]) -> list[str]:
    """The levels of each column joined with `_`; a group's name goes to all its columns."""
    width = len(rows[levels[0]])
    inside = [m for m in merged if levels[0] <= m.first_row <= levels[-1]]
    by_merge = any(m.last > m.first for m in inside)
    names: list[list[str]] = []
    for depth, row in enumerate(levels):
        level = list(rows[row])
        for j in range(width):
            if level[j]:
                continue
            over = next((m for m in inside if m.covers(row, j)), None)
            if over:
                level[j] = rows[row][over.first] if over.first_row == row else ""
            elif not by_merge and depth + 1 < len(levels) and j and level[j - 1]:
                deeper = any(rows[d][j] for d in levels[depth + 1 :])
                same = all(upper[j] == upper[j - 1] for upper in names)
                level[j] = level[j - 1] if deeper and same else ""
        names.append(level)
    titles = []
    for j in range(width):
        parts: list[str] = []
        for level in names:
            if level[j] and level[j] not in parts[-1:]:
                parts.append(level[j])
        titles.append("_".join(parts))
    return titles
