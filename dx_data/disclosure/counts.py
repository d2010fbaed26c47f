"""Published counts -> sums: which counts of which tables and releases add up to which others.

Every count says what is counted (`measure`), of which part (`where`: dimension and value) and from which day to which.
From that alone follow the sums: days add up, the parts of one dimension add up to the whole of it, finer parts to
coarser ones. What is not in any table, but would make a sum whole, is a number of its own that nobody published.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise

from dx_data.disclosure.sums import Cell, Standing, Sums
from dx_data.errors import AnswerBroken

Where = frozenset[tuple[str, str]]
_ALL_TIME = (dt.date(1, 1, 1), dt.date(1, 1, 2))
# What a whole loses when it is hidden, against a part; and a zero, which hides little.
_PRICE_OF_DIMENSION = {0: 100.0, 1: 3.0}
_PRICE_OF_ZERO = 5.0


@dataclass(frozen=True)
class Place:
    """What one count says: of what, of which part, from `first` up to but without `end`."""

    measure: str
    where: Where = frozenset()
    first: dt.date = _ALL_TIME[0]
    end: dt.date = _ALL_TIME[1]


@dataclass(frozen=True)
class Count:
    """One count of a table. `standing` is what the world has of it; `value` is None where even we do not know it."""

    place: Place
    value: int | None
    standing: Standing = Standing.OPEN


@dataclass(frozen=True)
class Whole:
    """At each place of a measure, counts of other measures are parts of it."""

    measure: str
    parts: tuple[str, ...]


@dataclass(frozen=True)
class Release:
    """Everything that one pack tells, each count once or several times, and the wholes it declares."""

    counts: tuple[Count, ...]
    wholes: tuple[Whole, ...] = ()


@dataclass
class _Timeline:
    """One measure of one part in one release: its days cut where a count begins or ends.

    `height` at a cut is the sum of everything before it, as far as the counts tell it; `group` says between which cuts
    they do.
    """

    cuts: list[dt.date]
    atoms: list[int] = field(default_factory=list)
    height: dict[dt.date, int] = field(default_factory=dict)
    group: dict[dt.date, int] = field(default_factory=dict)

    def between(self, first: dt.date, end: dt.date) -> int | None:
        """The sum of those days, where the counts tell it."""
        if self.group[first] != self.group[end]:
            return None
        return self.height[end] - self.height[first]

    def atoms_between(self, first: dt.date, end: dt.date) -> list[int]:
        """The numbers that add up to those days."""
        return self.atoms[self.cuts.index(first) : self.cuts.index(end)]


class Numbers:
    """The numbers behind the counts of several releases, oldest first, and the sums that hold between them."""

    def __init__(self, releases: Sequence[Release], threshold: int, *, net: bool = False) -> None:
        """AnswerBroken where two counts of one release say different things of one place.

        So it is where a count, or what is left of a whole without its parts, is less than 0, unless they are `net` of
        cancellations.
        """
        self._net = net
        self._cells: list[Cell] = []
        self._relations: list[dict[int, int]] = []
        self._places: list[dict[Place, int]] = []
        self._lines: list[dict[tuple[str, Where], _Timeline]] = []
        for release in releases:
            self._add(release)
        self.sums = Sums(tuple(self._cells), tuple(self._relations), threshold)

    def at(self, place: Place, release: int = -1) -> int:
        """The number that a count of a release stands for."""
        return self._places[release][place]

    # --- one release ---

    def _add(self, release: Release) -> None:
        counts = _once(release.counts)
        if not self._net:
            _refuse_negative(counts)
        lines: dict[tuple[str, Where], _Timeline] = {}
        grouped: dict[tuple[str, Where], list[Count]] = defaultdict(list)
        for count in counts:
            grouped[count.place.measure, count.place.where].append(count)
        places: dict[Place, int] = {}
        for key, members in grouped.items():
            lines[key] = line = _timeline(members)
            line.atoms = [self._atom(key, line, first, end) for first, end in pairwise(line.cuts)]
            for count in members:
                places[count.place] = self._count(count, line)
        self._parts(lines)
        for whole in reversed(release.wholes):  # the innermost first, since each is dearer than its parts
            self._measures(whole, places)
        for earlier in self._lines:
            self._unchanged(earlier, lines)
        self._lines.append(lines)
        self._places.append(places)

    def _new(self, value: int | None, standing: Standing, price: float = 1.0) -> int:
        self._cells.append(Cell(value, standing, price))
        return len(self._cells) - 1

    def _atom(self, key: tuple[str, Where], line: _Timeline, first: dt.date, end: dt.date) -> int:
        """The number of one stretch of days, that of an earlier release where nothing of it has changed."""
        value = line.between(first, end)
        if value is not None and value < 0 and not self._net:
            raise _disagree(f"{key[0]}の{first}からの件数が、合わせると負の数になります")
        for earlier in self._lines:
            other = earlier.get(key)
            if value is None or other is None or first not in other.cuts or end not in other.cuts:
                continue
            found = other.atoms_between(first, end)
            if len(found) == 1 and other.between(first, end) == value:
                return found[0]
        return self._new(value, Standing.UNPUBLISHED)

    def _count(self, count: Count, line: _Timeline) -> int:
        """The number of a count: its only stretch of days, or one more number that is their sum."""
        atoms = line.atoms_between(count.place.first, count.place.end)
        price = _PRICE_OF_DIMENSION.get(len(count.place.where), 1.0) if count.value else _PRICE_OF_ZERO
        if len(atoms) == 1:
            (at,) = atoms
            self._stand(at, count.standing, price)
            return at
        known = self._known_sum(atoms, count)
        at = self._new(count.value, Standing.UNPUBLISHED) if known is None else known
        if known is None:
            self._relations.append({at: -1, **dict.fromkeys(atoms, 1)})
        self._stand(at, count.standing, price)
        return at

    def _known_sum(self, atoms: Sequence[int], count: Count) -> int | None:
        wanted = dict.fromkeys(atoms, 1)
        for places in self._places:
            at = places.get(count.place)
            if at is not None and {at: -1, **wanted} in self._relations:
                return at
        return None

    def _stand(self, at: int, standing: Standing, price: float) -> None:
        """What was shown once is shown for good; what was hidden once stays hidden."""
        before = self._cells[at]
        order = (Standing.UNPUBLISHED, Standing.OPEN, Standing.HIDDEN, Standing.SHOWN)
        self._cells[at] = Cell(before.value, max(before.standing, standing, key=order.index), max(before.price, price))

    # --- what adds up within a release ---

    def _parts(self, lines: Mapping[tuple[str, Where], _Timeline]) -> None:
        """Finer parts add up to the coarser one that they are parts of."""
        by_measure: dict[str, dict[frozenset[str], list[Where]]] = defaultdict(lambda: defaultdict(list))
        for measure, where in lines:
            by_measure[measure][frozenset(name for name, _ in where)].append(where)
        for measure, kinds in by_measure.items():
            for coarse, fine in ((a, b) for a in kinds for b in kinds if a < b):
                for whole in kinds[coarse]:
                    parts = [lines[measure, part] for part in kinds[fine] if whole <= part]
                    if parts:
                        self._part_sums(measure, lines[measure, whole], parts)

    def _part_sums(self, measure: str, whole: _Timeline, parts: Sequence[_Timeline]) -> None:
        common = sorted(set(whole.cuts) & {cut for part in parts for cut in part.cuts})
        told: dict[tuple[dt.date, dt.date], list[int]] = {}
        for first, end in sorted(combinations(common, 2), key=lambda pair: pair[1] - pair[0]):
            members = [n for n, part in enumerate(parts) if first in part.cuts and end in part.cuts]
            # A longer stretch says more than the shorter ones in it only where a part is told for it alone.
            inner = [told[pair] for pair in told if first <= pair[0] and pair[1] <= end]
            if not members or (inner and all(any(n in each for each in inner) for n in members)):
                continue
            told[first, end] = members
            values = [parts[n].between(first, end) for n in members]
            total = whole.between(first, end)
            relation: dict[int, int] = defaultdict(int)
            for at in whole.atoms_between(first, end):
                relation[at] -= 1
            for n in members:
                for at in parts[n].atoms_between(first, end):
                    relation[at] += 1
            self._rest(relation, total, values, measure)
            self._relations.append(dict(relation))

    def _measures(self, whole: Whole, places: Mapping[Place, int]) -> None:
        for place in [each for each in places if each.measure == whole.measure]:
            parts = [places.get(Place(part, place.where, place.first, place.end)) for part in whole.parts]
            found = [at for at in parts if at is not None]
            if found:
                whole_at = places[place]
                self._dearer(whole_at, found)
                relation: dict[int, int] = {whole_at: -1, **dict.fromkeys(found, 1)}
                values = [self._cells[at].value for at in found]
                self._rest(relation, self._cells[whole_at].value, values, whole.measure)
                self._relations.append(relation)

    def _dearer(self, whole: int, parts: Sequence[int]) -> None:
        cell, most = self._cells[whole], max(self._cells[at].price for at in parts)
        self._cells[whole] = Cell(cell.value, cell.standing, max(cell.price, 1.5 * most))

    def _rest(self, relation: dict[int, int], total: int | None, values: Sequence[int | None], measure: str) -> None:
        """What the parts leave of the whole: a number nobody published, where there is any."""
        known = [value for value in values if value is not None]
        rest = total - sum(known) if total is not None and len(known) == len(values) else None
        if rest is not None and rest < 0 and not self._net:
            raise _disagree(f"{measure}の内訳の合計が、全体より {-rest} 大きくなっています")
        if rest != 0:
            relation[self._new(rest, Standing.UNPUBLISHED)] = 1

    # --- what has not changed since an earlier release ---

    def _unchanged(
        self, earlier: Mapping[tuple[str, Where], _Timeline], lines: Mapping[tuple[str, Where], _Timeline]
    ) -> None:
        """The same days of the same part with the same sum are the same numbers: who compares releases sees it."""
        for key, line in lines.items():
            other = earlier.get(key)
            if other is None:
                continue
            for first, end in pairwise(sorted(set(line.cuts) & set(other.cuts))):
                now, then = line.atoms_between(first, end), other.atoms_between(first, end)
                value = line.between(first, end)
                if value is not None and value == other.between(first, end) and now != then:
                    relation: dict[int, int] = defaultdict(int)
                    for at in now:
                        relation[at] += 1
                    for at in then:
                        relation[at] -= 1
                    self._relations.append({at: factor for at, factor in relation.items() if factor})


def _refuse_negative(counts: Iterable[Count]) -> None:
    for count in counts:
        if count.value is not None and count.value < 0:
            raise _disagree(f"{count.place.measure}の{count.place.first}からの件数が負の数（{count.value}）です")


def _once(counts: Iterable[Count]) -> list[Count]:
    found: dict[Place, Count] = {}
    for count in counts:
        before = found.setdefault(count.place, count)
        if before.value is None:
            before = found[count.place] = count
        if count.value is not None and before.value != count.value:
            where = "・".join(value for _, value in sorted(count.place.where))
            raise _disagree(
                f"{count.place.measure}{where}の{count.place.first}からの件数が、表によって {before.value} と"
                f" {count.value} です"
            )
        if Standing.SHOWN in (before.standing, count.standing):
            found[count.place] = Count(count.place, before.value, Standing.SHOWN)
    return list(found.values())


def _timeline(counts: Sequence[Count]) -> _Timeline:
    line = _Timeline(sorted({day for count in counts for day in (count.place.first, count.place.end)}))
    beside: dict[dt.date, list[tuple[dt.date, int]]] = defaultdict(list)
    for count in counts:
        if count.value is None:
            continue
        beside[count.place.first].append((count.place.end, count.value))
        beside[count.place.end].append((count.place.first, -count.value))
    for number, start in enumerate(line.cuts):
        if start in line.group:
            continue
        line.group[start], line.height[start] = number, 0
        waiting = [start]
        while waiting:
            day = waiting.pop()
            for other, step in beside[day]:
                height = line.height[day] + step
                if other not in line.group:
                    line.group[other], line.height[other] = number, height
                    waiting.append(other)
                elif line.height[other] != height:
                    place = counts[0].place
                    raise _disagree(f"{place.measure}の{place.first}からの件数が、合計と内訳で違います")
    return line


def _disagree(what: str) -> AnswerBroken:
    return AnswerBroken.because(what, "publish の count・parts が同じものを数えているかを確かめてください")
