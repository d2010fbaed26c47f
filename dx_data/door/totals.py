"""小計・合計・累計 rows and columns: no data, but control totals that must agree with the data (domain.md 8).

What a total row adds up is not written anywhere, so the likely sums are tried in turn: the rows above since the last
total, the rows that share its other labels, all rows, the sheets before. It disagrees only when none of them fits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from typing import Any

from dx_data.text import Unreadable, parse_integer, parse_number, parse_yen
from dx_data.text import fold as folded
from dx_data.text import fold_header as folded_header

Cells = Sequence[str | None]

# A book repeats its words and figures: each spelling is folded once.
fold = lru_cache(maxsize=50_000)(folded)
fold_header = lru_cache(maxsize=50_000)(folded_header)

_COUNT = r"(額|数|件数|金額|値)?(\(.*\))?"
_PLAIN = re.compile(
    r"(小|合|総|累|総合|月|日|週|年|年度|期|半期|上半期|下半期|上期|下期|当月|前月|本日|部|課|窓口)?計"
    + _COUNT
    + rf"|([0-9]+月分?|第?[0-9]四半期|(令和|r)?[0-9元]+年度?([0-9]+月)?)(小|合|総|累)?計{_COUNT}"
    + rf"|総数|総額|(当月|月|年度|期間|前月まで)?(の)?(累計|合計|小計){_COUNT}|再掲.{{0,8}}|\(再掲\).{{0,8}}"
)
# うち高齢者: part of a row above; only where it is the row's own name, not in a remark.
_AMONG = re.compile(r"\(?うち(?!水)[、,数一-龥ァ-ヶ0-9].{0,20}")
_LIKELY = re.compile(r".{1,12}計|全.{1,6}|.{0,8}全体|.{0,8}(合計|総数|総計|再掲).{0,8}")
_WHOLE = re.compile(r".{0,8}全体|全(庁|区|部|課|係|部署|所属|窓口|手続|施設|店舗|端末)|[庁区]内?計")
_NO_TOTAL = re.compile(r".*(会計|統計|設計|時計|家計|推計|集計|温度計|体重計)")
_RUNNING = re.compile("累計|累積")
_REPEATED = re.compile(r"再掲|^\(?うち")
_RATIO = re.compile(
    r"率|比|割合|平均|単価|順位|ratio|rate|average|mean|%|compare|previous|緯度|経度|指数|偏差", re.IGNORECASE
)
_NAME = re.compile(r"(年|年度|年月|月|日|番号|コード|no\.?|id|code|year|month|day)$", re.IGNORECASE)
# A month across is a quantity, though 月 ends the name of a column of months.
_MONTH = re.compile("[0-9]{1,2}月")
NOTHING = frozenset(("", "-", "--", "ー", "…", "*", "x", "・"))
_ZERO = Decimal(0)
_LABELS = 8
_NEAREST = 8
_SHOWN = 20


@dataclass(frozen=True)
class ControlTotal:
    """A total that the file states, beside the sum of its data; `agrees` is None where nothing can be compared.

    `letter` and `row` are its place; `running` marks a 累計 column, which is told and never a fault.
    """

    sheet: str | None
    label: str
    header: str
    stated: Decimal
    computed: Decimal | None
    agrees: bool | None
    row: int | None = None
    letter: str | None = None
    running: bool = False

    def as_json(self) -> dict[str, Any]:
        """The shape `dx check --json` and `dx read --json` promise."""
        return {
            "sheet": self.sheet,
            "label": self.label,
            "header": self.header,
            "stated": plain(self.stated),
            "computed": None if self.computed is None else plain(self.computed),
            "agrees": self.agrees,
        }


def plain(value: Decimal) -> int | float:
    """The number as JSON writes it."""
    return int(value) if value == value.to_integral_value() else float(value)


@lru_cache(maxsize=100_000)
def number(cell: str | None) -> Decimal | None:
    """The number a cell holds, None for words, blanks and codes."""
    if not cell or not cell.strip():
        return None
    digits = fold(cell)
    if len(digits) > 1 and digits.isdigit() and digits[0] == "0":
        return None
    for read in (parse_number, parse_yen, parse_integer):
        try:
            return Decimal(read(cell))
        except Unreadable:
            continue
    return None


def is_total_heading(part: str) -> bool:
    """Whether a heading (or one level of it) says that the column adds up others."""
    word = re.sub(r"\((円|千円|件|人)\)$", "", fold_header(part))
    return _PLAIN.fullmatch(word) is not None and not _RUNNING.search(word) and not _REPEATED.search(word)


def is_whole(name: str) -> bool:
    """Whether a name is none of a window or a procedure, but that of all of them: 全庁, 区全体, 合計."""
    word = fold_header(name)
    return _PLAIN.fullmatch(word) is not None or _WHOLE.fullmatch(word) is not None


def is_running_heading(title: str) -> bool:
    """Whether a column states the total so far."""
    return _RUNNING.search(fold_header(title)) is not None


@dataclass(frozen=True)
class Labelled:
    """A row that may be a total: its row number, its cells, its label, where the label stands, and how sure that is."""

    row: int
    cells: Cells
    label: str
    position: int
    sure: bool


def labelled(row: int, cells: Cells) -> Labelled | None:
    """The row's total label among its first cells, or None."""
    found: Labelled | None = None
    for position, cell in enumerate(cells[:_LABELS]):
        if not cell or not cell.strip():
            continue
        word = fold_header(cell)
        first = all(not c or not c.strip() or number(c) is not None for c in cells[:position])
        if _PLAIN.fullmatch(word) or (first and _AMONG.fullmatch(word)):
            return Labelled(row, cells, fold(cell), position, sure=True)
        if found is None and _LIKELY.fullmatch(word) and not _NO_TOTAL.fullmatch(word):
            found = Labelled(row, cells, fold(cell), position, sure=False)
    return found


@dataclass(frozen=True)
class Tally:
    """The totals of a table and the rows that hold them."""

    totals: tuple[ControlTotal, ...]
    rows: frozenset[int]


Place = Callable[[int], tuple[str, str]]  # of a column: its heading and its letter


class Table:
    """A table's data rows and what can be added up in them."""

    def __init__(self, sheet: str | None, titles: Mapping[int, str], rows: Sequence[tuple[int, Cells]]) -> None:
        self.sheet, self.titles, self.rows = sheet, titles, rows
        self._numbers: dict[int, list[Decimal | None]] = {}

    def without(self, rows: Collection[int]) -> Table:
        """The table without some rows."""
        return Table(self.sheet, self.titles, [row for row in self.rows if row[0] not in rows])

    def numbers(self, j: int) -> list[Decimal | None]:
        """A column's cells as numbers, None for words and blanks."""
        if j not in self._numbers:
            self._numbers[j] = [number(cells[j]) for _, cells in self.rows]
        return self._numbers[j]

    def sum(self, j: int) -> Decimal:
        """What a column's numbers add up to."""
        return sum((value for value in self.numbers(j) if value is not None), Decimal(0))

    def words(self, j: int) -> frozenset[str]:
        """The distinct filled cells of a column; marks that stand for nothing are none."""
        return frozenset(cell for cell in {cells[j] for _, cells in self.rows} if cell and fold(cell) not in NOTHING)

    def additive(self) -> list[int]:
        """The columns whose sum means something: numbers, no rates, no names written in digits, no running totals."""
        found = []
        for j, title in self.titles.items():
            named = _NAME.search(fold_header(title)) and not _MONTH.fullmatch(fold_header(title))
            if _RATIO.search(fold_header(title)) or is_running_heading(title) or named:
                continue
            filled = self.words(j)
            if not filled or any(number(cell) is None or "%" in fold(cell) for cell in filled):
                continue
            values = [value for value in self.numbers(j) if value is not None]
            if len(values) > 2 and all(v == n for n, v in enumerate(values, 1)):
                continue
            found.append(j)
        return found


def tally_rows(table: Table, candidates: Sequence[Labelled], before: Mapping[int, Decimal], whole: bool) -> Tally:
    """Compare every candidate with the sums it may state; one that is only likely counts if its figures say so.

    `before` is what earlier sheets of the book add up to, by column; `whole` says that none is missing.
    """
    numbers = {c.row for c in candidates}
    sure = {c.row for c in candidates if c.sure}
    detail = [(row, cells) for row, cells in table.rows if row not in numbers]
    columns = table.without(numbers).additive()
    figures = {row: tuple(number(cells[j]) or _ZERO for j in columns) for row, cells in table.rows}
    totals: list[ControlTotal] = []
    rows: set[int] = set(sure)
    last = 0
    for candidate in candidates:
        data = tuple(detail)
        stated = {j: value for j in columns if (value := number(candidate.cells[j])) is not None}
        first: dict[int, Decimal] | None = None
        best: dict[int, Decimal] | None = None
        for sums in _sums(candidate, data, last, columns, figures, table.titles, before):
            first = sums if first is None else first
            if _agree(stated, sums):
                best = sums
                break
        if not candidate.sure:
            if best is None or len(data) < 2 or not any(stated.values()):
                detail.append((candidate.row, candidate.cells))
                detail.sort()
                continue
            rows.add(candidate.row)
        cannot = (_RUNNING.search(candidate.label) and not whole) or _REPEATED.search(candidate.label) or not data
        used = best if best is not None else (None if cannot else first)
        totals += _compared(table, candidate, stated, used)
        if not _RUNNING.search(candidate.label):
            last = candidate.row
    return Tally(tuple(totals), frozenset(rows))


def _compared(
    table: Table, candidate: Labelled, stated: Mapping[int, Decimal], sums: Mapping[int, Decimal] | None
) -> Iterator[ControlTotal]:
    for j, value in stated.items():
        computed = None if sums is None else sums.get(j, Decimal(0))
        agrees = None if computed is None else _same(value, computed)
        if agrees is False and computed is not None and computed != computed.to_integral_value():
            computed, agrees = None, None  # rounded parts need not add up to a rounded whole
        yield ControlTotal(table.sheet, candidate.label, table.titles[j], value, computed, agrees, candidate.row)


def _same(stated: Decimal, computed: Decimal) -> bool:
    if stated == computed:
        return True
    exponent = stated.as_tuple().exponent
    return isinstance(exponent, int) and exponent < 0 and stated == round(computed, -exponent)


def _agree(stated: Mapping[int, Decimal], sums: Mapping[int, Decimal]) -> bool:
    return bool(stated) and all(_same(value, sums.get(j, Decimal(0))) for j, value in stated.items())


def _sums(
    candidate: Labelled,
    data: Sequence[tuple[int, Cells]],
    last: int,
    columns: Sequence[int],
    figures: Mapping[int, tuple[Decimal, ...]],
    titles: Mapping[int, str],
    before: Mapping[int, Decimal],
) -> Iterator[dict[int, Decimal]]:
    """The sums a total may mean, the likeliest first."""

    def added(rows: Iterable[tuple[int, Cells]]) -> dict[int, Decimal]:
        sums = map(sum, zip(*(figures[row] for row, _ in rows), strict=True))
        return dict.fromkeys(columns, _ZERO) | dict(zip(columns, map(Decimal, sums), strict=False))

    labels = {
        j: fold_header(cell)
        for j, cell in enumerate(candidate.cells)
        if cell and j in titles and j != candidate.position and number(cell) is None and fold(cell) not in NOTHING
    }
    block = added(r for r in data if last < r[0] < candidate.row)
    whole = added(data)
    if labels:
        alike = [r for r in data if all(fold_header(r[1][j] or "") == word for j, word in labels.items())]
        if alike:
            yield added(alike)
    if _RUNNING.search(candidate.label):
        yield {j: value + before.get(j, Decimal(0)) for j, value in whole.items()}
        yield added(r for r in data if r[0] < candidate.row)
        return
    if "小" in candidate.label:
        yield block
        yield whole
    else:
        yield whole
        yield block
    yield added(r for r in data if r[0] < candidate.row)
    yield added(r for r in data if r[0] > candidate.row)


# --- columns -------------------------------------------------------------------------------------------------


def tally_columns(table: Table, letters: Callable[[int], str]) -> tuple[list[ControlTotal], set[int]]:
    """Compare total and running columns with those they add up; also answers which columns those are."""
    totals: list[ControlTotal] = []
    found: set[int] = set()
    candidates = [j for j, title in table.titles.items() if any(map(is_total_heading, title.split("_")))]
    additive = set(table.additive()) | {j for j in candidates if _numeric(table, j)}
    for j in candidates:
        if j not in additive:
            continue
        groups = [parts for parts in _parts(j, table.titles, sorted(additive), candidates) if parts]
        results = [(parts, _rows_that_differ(table, j, parts)) for parts in groups]
        filled = sum(value is not None for value in table.numbers(j))
        best = min(results, key=lambda r: len(r[1]), default=None)
        if best is None or (len(best[1]) * 2 > filled > 1):
            continue
        found.add(j)
        totals += _column_totals(table, j, best[1], letters(j))
    for j, title in table.titles.items():
        if is_running_heading(title) and _numeric(table, j):
            running = _running(table, j, letters(j))
            if running is not None:
                found.add(j)
                totals += running
    return totals, found


def _numeric(table: Table, j: int) -> bool:
    filled = table.words(j)
    return bool(filled) and all(number(cell) is not None for cell in filled)


def _parts(
    j: int, titles: Mapping[int, str], columns: Sequence[int], totals: Sequence[int]
) -> Iterator[list[tuple[int, int]]]:
    """The columns a total column may add up, with their signs, the likeliest first."""
    mine = titles[j].split("_")
    place = next(n for n, part in enumerate(mine) if is_total_heading(part))
    others = [c for c in columns if c not in totals]
    alike = [
        c
        for c in titles
        if c not in totals
        and not is_running_heading(titles[c])
        and len(parts := titles[c].split("_")) == len(mine)
        and all(parts[n] == part for n, part in enumerate(mine) if n != place)
    ]
    if len(mine) > 1:
        gross = [c for c in alike if not _reversal(titles[c])]
        yield [(c, 1) for c in alike]
        yield [(c, 1) for c in gross]
        yield [(c, -1 if _reversal(titles[c]) else 1) for c in alike]
        last = [c for c in others if titles[c].split("_")[-1] == mine[-1] and c not in alike]
        yield [(c, 1) for c in (*last, *alike)]
        return
    left = [t for t in totals if t < j]
    yield [(c, 1) for c in others if (max(left) if left else -1) < c < j]
    yield [(c, 1) for c in others if c < j]
    yield [(c, 1) for c in others if c > j]
    yield [(c, 1) for c in left]
    # 世帯数, 男, 女, 総数: only the nearest columns at either side.
    before, after = [c for c in others if c < j], [c for c in others if c > j]
    for few in range(2, min(len(others), _NEAREST) + 1):
        yield [(c, 1) for c in before[-few:]]
        yield [(c, 1) for c in after[:few]]


def _reversal(title: str) -> bool:
    return any(word in title for word in ("取消", "返金", "払戻"))


def _rows_that_differ(table: Table, j: int, parts: Sequence[tuple[int, int]]) -> list[tuple[int, Cells, Decimal]]:
    # The check names a cell that is no number itself.
    unreadable = {c: {cell for cell in table.words(c) if number(cell) is None} for c, _ in parts}
    unreadable = {c: cells for c, cells in unreadable.items() if cells}
    sums = [_ZERO] * len(table.rows)
    for c, sign in parts:
        sums = [s if v is None else s + v * sign for s, v in zip(sums, table.numbers(c), strict=True)]
    found = []
    for (row, cells), stated, computed in zip(table.rows, table.numbers(j), sums, strict=True):
        if any(cells[c] in wrong for c, wrong in unreadable.items()):
            continue
        if stated is not None and not _same(stated, computed):
            found.append((row, cells, computed))
    return found


def _column_totals(
    table: Table, j: int, differing: Sequence[tuple[int, Cells, Decimal]], letter: str
) -> Iterator[ControlTotal]:
    title = table.titles[j]
    for row, cells, computed in differing[:_SHOWN]:
        yield ControlTotal(
            table.sheet, _row_label(cells), title, number(cells[j]) or Decimal(0), computed, False, row, letter
        )
    if not differing:
        stated = table.sum(j)
        yield ControlTotal(table.sheet, "（列の計）", title, stated, stated, True, None, letter)


def _row_label(cells: Cells) -> str:
    return fold(next((cell for cell in cells if cell and cell.strip()), ""))


def _running(table: Table, j: int, letter: str) -> list[ControlTotal] | None:
    """A running total beside the column it follows: its own name without 累計, else the column at its left."""
    bare = re.sub("累計|累積|日別|日計|当日|[()（）/／_]", "", fold_header(table.titles[j]))
    named = [
        c
        for c, title in table.titles.items()
        if c != j
        and not is_running_heading(title)
        and re.sub("日別|日計|当日|[()（）/／_]", "", fold_header(title)) == bare
    ]
    beside = [c for c in table.titles if c == j - 1 and not is_running_heading(table.titles[c])]
    for c in (*named, *beside):
        if not _numeric(table, c):
            continue
        begun: Decimal | None = None
        differing: list[tuple[int, Cells, Decimal]] = []
        total, filled = Decimal(0), 0
        for row, cells in table.rows:
            stated, each = number(cells[j]), number(cells[c]) or Decimal(0)
            if stated is None:
                total += each
                continue
            if begun is None:
                begun = stated - each - total  # what was there before the table begins
                total += begun
            total += each
            filled += 1
            if not _same(stated, total):
                differing.append((row, cells, total))
        if filled > 2 and len(differing) * 5 <= filled:
            found = list(_column_totals(table, j, differing, letter))
            if not differing:
                last = next(number(cells[j]) for _, cells in reversed(table.rows) if number(cells[j]) is not None)
                found = [replace(found[0], stated=last or Decimal(0), computed=last, label="（列の最後）")]
            return [replace(each, running=True) for each in found]
    return None
