"""Raw sheet → the tables that stand on it, below each other or side by side; each keeps its own rows and columns.

A part is a sheet of its own in which everything outside its rectangle is blank, so that rows and letters stay the
file's. A new table opens where a row of words stands over values of its own, after a blank row, a title or a total.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from dx_data.derive import staged
from dx_data.door import shape, totals
from dx_data.door.read import SMALL, Sheet, rows
from dx_data.door.staging import Staging
from dx_data.text import fold, fold_header

Grid = dict[int, list[str]]

_MOST_CELLS = 500_000
_MOST_TITLES = 6
_HEADING = re.compile(
    r".*(件数|人数|数|額|率|計|名|名称|番号|コード|住所|所在地|電話|連絡先|区分|種別|種類|分類|備考|内容|項目|概要|担当|対象|場所|会場|曜日|時間|[月年期]日|日付)"
    r"|部署|所属|課|係|施設|地区|定員|料金|費用|url|fax|メール|id|no\.?|緯度|経度|年度"
)
_PAGE = re.compile(
    r"[(\[]?(p\.?|page|頁)? ?[0-9]+ ?[/／] ?[0-9]+(頁|ページ)?[)\]]?|[(]?(続き|つづき)[)]?$", re.IGNORECASE
)


@dataclass(frozen=True)
class _Head:
    """A header that stands over values: its rows, the first row of values, its words, and the titles right above."""

    top: int
    values: int
    words: frozenset[str]
    titles: tuple[tuple[int, str], ...]

    @property
    def first(self) -> int:
        """The row its table begins at."""
        return self.titles[0][0] if self.titles else self.top


def split(sheet: Sheet, staging: Staging) -> list[Sheet]:
    """The sheet as it is where one table stands on it, else one sheet per table in reading order."""
    if sheet.height > SMALL or sheet.height * sheet.width > _MOST_CELLS:
        return [sheet]
    tidied = ((row, [cell.strip() if cell else "" for cell in cells]) for row, cells in rows(sheet, staging))
    grid: Grid = {row: cells for row, cells in tidied if any(cells)}
    found = [
        part
        for band in _bands(grid)
        for beside in _beside(band, sheet.width)
        for part in (_bands(beside) if beside is not band else [beside])
    ]
    if len(found) < 2:
        return [sheet]
    return [_part(sheet, part, grid, staging) for part in found]


def same_title(one: str, other: str) -> bool:
    """Whether two titles differ only in the page they name."""
    bare = [fold_header(_PAGE.sub("", fold(title))) for title in (one, other)]
    return bare[0] == bare[1]


# --- below each other ----------------------------------------------------------------------------------------


def _bands(grid: Grid) -> list[Grid]:
    """The tables below each other; rows before the second one's title belong to the first."""
    numbers = sorted(grid)
    starts: list[int] = []
    current: _Head | None = None
    for place, row in enumerate(numbers):
        if current is not None and row <= current.values:
            continue
        if current is None:
            current = _head_at(grid, numbers, place)
            if current is not None and not _whole(grid, current):
                current = None
            continue
        if not _may_open(grid, numbers, place):
            continue
        head = _head_at(grid, numbers, place)
        if head is None or not _other_table(grid, current, head):
            continue
        starts.append(head.first)
        current = head
    edges = [0, *starts, numbers[-1] + 1 if numbers else 0]
    return [{row: grid[row] for row in numbers if first <= row < last} for first, last in pairwise(edges)]


def _may_open(grid: Grid, numbers: Sequence[int], place: int) -> bool:
    """A table opens after a blank row or a total row, or by its own title; a row of figures never opens one."""
    if any(cell.isdigit() and len(cell) != 4 for cell in grid[numbers[place]]):
        return False
    row, before = numbers[place], numbers[place - 1]
    if row - before > 1 or _is_lone(grid[row]):
        return True
    return _is_total(before, grid[before])


def _is_total(row: int, cells: Sequence[str]) -> bool:
    label = totals.labelled(row, cells)
    return label is not None and label.sure


def _head_at(grid: Grid, numbers: Sequence[int], place: int) -> _Head | None:
    """The header whose first row or title stands here, if values stand under its words."""
    titles: list[tuple[int, str]] = []
    while place < len(numbers) and _is_lone(grid[numbers[place]]) and len(titles) < _MOST_TITLES:
        (words,) = filter(None, grid[numbers[place]])
        if shape.is_value(words) or shape.is_remark(words):
            return None
        titles.append((numbers[place], words))
        place += 1
    top = numbers[place] if place < len(numbers) else 0
    return _over_values(grid, top, tuple(titles)) or _over_words(grid, top, tuple(titles))


def _over_words(grid: Grid, top: int, titles: tuple[tuple[int, str], ...]) -> _Head | None:
    """The header of a table without figures: words of which half are such as head a column."""
    words = [fold_header(cell) for cell in grid.get(top, ()) if cell]
    below = grid.get(top + 1)
    if len(words) < 2 or not _usual(words) or len(set(words)) < len(words) or below is None or _is_lone(below):
        return None
    return _Head(top, top + 1, frozenset(words), titles)


def _usual(words: Collection[str]) -> bool:
    """Whether half of the words are such as head a column."""
    return sum(1 for word in words if _HEADING.fullmatch(word)) * 2 >= len(words)


def _over_values(grid: Grid, top: int, titles: tuple[tuple[int, str], ...]) -> _Head | None:
    levels: list[list[str]] = []
    for row in range(top, top + 5):
        cells = grid.get(row)
        if cells is None:
            return None
        if shape.is_aside(cells) and levels:
            continue
        if not shape.words_only(cells, least=1 if levels else 2):
            return _over(top, row, levels, cells, titles) if levels else None
        levels.append(cells)
        if len(levels) > shape.DEEPEST:
            return None
    return None


def _over(
    top: int, row: int, levels: Sequence[Sequence[str]], cells: Sequence[str], titles: tuple[tuple[int, str], ...]
) -> _Head | None:
    """The header, if each value of the first row stands under a word and nothing of a total stands in the header."""
    under = [j for j, cell in enumerate(cells) if cell and shape.is_value(cell)]
    named = [any(level[j] for level in levels) for j in range(len(cells))]
    if any(fold(cell) in totals.NOTHING for level in levels for cell in level if cell):
        return None
    nameless = sum(1 for j, cell in enumerate(cells) if cell and not named[j])
    if (
        nameless > 1
        or not all(named[j] for j in under)
        or any(_is_total(top, level) and not levels[0][0] for level in levels)
    ):
        return None
    return _Head(top, row, frozenset(fold_header(c) for level in levels for c in level if c), titles)


def _whole(grid: Grid, head: _Head) -> bool:
    """Whether the header has more under it than a line of particulars such as `更新日, 2025/4/1`."""
    if len(head.words) > 2 or _over_values(grid, head.top, ()) is None:
        return True
    figures = [sum(1 for cell in grid.get(row, ()) if cell and shape.is_value(cell)) for row in _next(head.values)]
    return figures[0] > 1 or figures[1] > 0


def _next(row: int) -> tuple[int, int]:
    return row, row + 1


def _other_table(grid: Grid, current: _Head, head: _Head) -> bool:
    """Whether the header begins a table of its own: other words, or the same ones under another title."""
    if head.words != current.words:
        before = grid.get(head.first - 1)
        if before is None or head.titles:
            return _differs_in_kind(grid, current, head)
        return _is_total(head.first - 1, before) and _differs_in_kind(grid, current, head)
    ours, theirs = [title for _, title in current.titles], [title for _, title in head.titles]
    return bool(theirs and ours) and not any(same_title(one, other) for one in ours for other in theirs)


def _differs_in_kind(grid: Grid, current: _Head, head: _Head) -> bool:
    """Whether words stand where the table so far has figures; a row of labels alone does not end a table."""
    if head.titles and _usual(head.words):
        return True
    if _over_values(grid, head.top, ()) is None:
        return not head.words & current.words or bool(head.titles)
    figures = {j for j, cell in enumerate(grid[current.values]) if cell and shape.is_value(cell)}
    words = {j for j, cell in enumerate(grid[head.top]) if cell}
    return bool(figures & words) or not words <= {j for j, cell in enumerate(grid[current.top]) if cell}


def _is_lone(cells: Sequence[str]) -> bool:
    return sum(map(bool, cells)) == 1


# --- side by side --------------------------------------------------------------------------------------------


def _beside(grid: Grid, width: int) -> list[Grid]:
    """The tables beside each other that blank columns part; a table with spacer columns stays whole."""
    lines = [cells for cells in grid.values() if not _is_lone(cells)]
    used = [any(cells[j] for cells in lines) for j in range(width)]
    groups = list(_runs(used))
    if len(groups) < 2:
        return [grid]
    kept = [groups[0]]
    for group in groups[1:]:
        if _apart(grid, kept[-1], group):
            kept.append(group)
        else:
            kept[-1] = kept[-1][0], group[1]
    if len(kept) < 2:
        return [grid]
    return [_columns(grid, first, last) for first, last in kept]


def _runs(used: Sequence[bool]) -> Iterator[tuple[int, int]]:
    first = None
    for j, yes in enumerate([*used, False]):
        if yes and first is None:
            first = j
        elif not yes and first is not None:
            yield first, j - 1
            first = None


def _columns(grid: Grid, first: int, last: int) -> Grid:
    cut = {row: [c if first <= j <= last else "" for j, c in enumerate(cells)] for row, cells in grid.items()}
    return {row: cells for row, cells in cut.items() if any(cells)}


def _apart(grid: Grid, left: tuple[int, int], right: tuple[int, int]) -> bool:
    """Whether both groups have a header, labels and figures of their own."""
    ours, theirs = _columns(grid, *left), _columns(grid, *right)
    one, other = _first_head(ours), _first_head(theirs)
    if one is None or other is None or left[0] == left[1] or right[0] == right[1]:
        return False
    headings = [
        fold_header(part[head.top][first]) for part, head, first in ((ours, one, left[0]), (theirs, other, right[0]))
    ]
    if headings[0] != headings[1] and not (_labels(ours, one, left[0]) and _labels(theirs, other, right[0])):
        return False
    own_title = bool(other.titles)
    return bool(one.words & other.words) or own_title or max(ours) != max(theirs)


def _first_head(grid: Grid) -> _Head | None:
    numbers = sorted(grid)
    return next((head for place in range(len(numbers)) if (head := _head_at(grid, numbers, place))), None)


def _labels(grid: Grid, head: _Head, column: int) -> bool:
    """Whether the first column names the rows: every row has a word there."""
    cells = [cells[column] for row, cells in grid.items() if row >= head.values and not _is_lone(cells)]
    return bool(cells) and all(cell and not shape.is_value(cell) for cell in cells)


# --- cutting out ---------------------------------------------------------------------------------------------


def _part(sheet: Sheet, part: Grid, whole: Grid, staging: Staging) -> Sheet:
    """A sheet of its own with the part's cells; titles over all of the sheet's columns go to every part beside."""
    first, last = min(part), max(part)
    used = [j for j in range(sheet.width) if any(cells[j] for cells in part.values())]
    left, right = used[0], used[-1]
    titles = (
        [row for row, cells in whole.items() if row < first and _is_lone(cells)] if _shares_rows(part, whole) else []
    )
    table = staging.name("raw")
    staging.sql(staged.cut_out(table, sheet.table, sheet.width, (first, last), (left, right), titles))
    return replace(
        sheet,
        table=table,
        first=min([first, *titles]),
        height=last,
        ragged=tuple(row for row in sheet.ragged if row in part and _sticks_out(part, row)),
        merged=tuple(
            m
            for m in sheet.merged
            if m.last_row >= first and m.first_row <= last and m.first <= right and m.last >= left
        ),
        hidden_rows=tuple(row for row in sheet.hidden_rows if first <= row <= last),
        struck_rows=tuple(row for row in sheet.struck_rows if first <= row <= last),
        hidden_columns=tuple(j for j in sheet.hidden_columns if left <= j <= right),
    )


def _sticks_out(part: Grid, row: int) -> bool:
    """Whether a row has a cell beside the header; how long the lines of the other tables are says nothing here."""
    head = _first_head(part)
    named = [j for j, cell in enumerate(part[head.top]) if cell] if head else []
    return bool(named) and any(part[row][named[-1] + 1 :])


def _shares_rows(part: Grid, whole: Grid) -> bool:
    return any(whole[row] != cells for row, cells in part.items())
