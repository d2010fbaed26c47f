"""What rows on their way in say beside each other, the lake and the calendar. Notices only: told, never a fault."""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import duckdb

from dx_data import calendar
from dx_data.datasets import DATASETS
from dx_data.derive import across
from dx_data.errors import ROWS_SHOWN, Mended
from dx_data.lake.moment import Moment, same_key
from dx_data.lake.plan import Part, around
from dx_data.spec import Column, Dataset, Delivery
from dx_data.text import fold_choice, mask

_COUNTERS = DATASETS["counters"]
_PLACE = "counters.counter"
# Which days of the week a pattern adds to the ward's own; None: not known, so no day is strange.
_ADDED: dict[str, tuple[int, ...] | None] = {
    "平日・土曜": (5,),
    "平日・日曜": (6,),
    "毎日": (0, 1, 2, 3, 4, 5, 6),
    "その他": None,
}
# A ledger's number ends so, and its name is called the same without it; a master's rows have names alone.
_ID = "_id"
_MOST = 20  # notices of one kind about one column
_DAY = re.compile(r"(\d{4})\D(\d{1,2})\D(\d{1,2})")
# A place with rows on fewer of its 開庁日 than this is one where days without any are usual.
_USUAL = 0.8


def notices(parts: Sequence[Part], at: Moment | None, as_of: dt.date | None = None) -> tuple[Mended, ...]:
    """Everything worth telling about these rows beside each other, the lake (None: there is no lake yet) and the day
    that they speak of."""
    with closing(at.cursor() if at else duckdb.connect(":memory:")) as cursor:
        for index, part in enumerate(parts):
            cursor.register(f"part_{index}", part.rows)
        seen = _Seen(cursor, parts, at, as_of)
        found = [notice for index, part in enumerate(parts) for notice in seen.of(part, f"part_{index}")]
        for index in range(len(parts)):
            cursor.unregister(f"part_{index}")
    return tuple(found)


@dataclass(frozen=True)
class _Seen:
    """The rows that come in, lent to a cursor as part_0, part_1 …, beside the lake."""

    cursor: duckdb.DuckDBPyConnection
    parts: Sequence[Part]
    at: Moment | None
    as_of: dt.date | None

    def of(self, part: Part, rows: str) -> Iterator[Mended]:
        """The notices of one part."""
        yield from self._references(part, rows)
        dataset = part.dataset
        if dataset.period and part.delivery is Delivery.APPEND:
            yield from self._beside(dataset, dataset.column(dataset.period), rows)
        if self.as_of:
            yield from self._later(part, rows, self.as_of)
        if dataset.opening and dataset.opening in part.present:
            yield from self._days(dataset, dataset.column(dataset.opening), rows)
        if dataset.period and dataset.column(dataset.period).month:
            yield from self._months(dataset, dataset.column(dataset.period), rows)

    def _known(self, dataset: Dataset) -> list[str]:
        """Where rows of a dataset stand: in this file, in the lake."""
        mine = [f"part_{index}" for index, part in enumerate(self.parts) if part.dataset == dataset]
        return [*mine, *self._stored(dataset)]

    def _stored(self, dataset: Dataset) -> list[str]:
        return [self.at.rows(dataset)] if self.at else []

    def _references(self, part: Part, rows: str) -> Iterator[Mended]:
        for column in part.dataset.stored:
            if not column.references or column.name not in part.present:
                continue
            name, _, target = column.references.partition(".")
            known = self._known(DATASETS[name])
            # Beside a table that nobody has brought yet, every row would be strange.
            if not known or not self._one(across.is_filled(known)):
                continue
            yield from self._absent(column, rows, DATASETS[name], target, known)
            if not target.endswith(_ID):
                continue
            called = target.removesuffix(_ID)
            if called in part.present and any(each.name == called for each in DATASETS[name].stored):
                yield from self._called_otherwise(column, part.dataset.column(called), rows, target, known)

    def _absent(
        self, column: Column, rows: str, master: Dataset, target: str, known: Sequence[str]
    ) -> Iterator[Mended]:
        """A notice of the numbers that a ledger lacks; of each name that a master lacks, with the nearest it has."""
        title = f"『{master.title}』の{master.column(target).title}"
        named = not target.endswith(_ID)
        found = self._rows([across.absent(column, rows, target, known, by_value=named)])
        names = {fold_choice(value): value for (value,) in self._rows([across.values(target, known)])} if found else {}
        for sheet, count, numbers, value in found[:_MOST] if named else found:
            near = difflib.get_close_matches(fold_choice(value), names, n=1, cutoff=0.5) if named else []
            message = f"{title}にない{f'名前『{mask(value)}』' if named else '値'}です。そのまま受け取ります。"
            message += f"『{mask(names[near[0]])}』のことなら、直してください。" if near else ""
            message += f"{'名前' if named else '番号'}の誤りか、台帳への登録もれか確かめてください"
            yield _told("across.reference", message, column, sheet, count, numbers, value)
        if named and (rest := found[_MOST:]):
            yield _more("across.reference", column, f"{title}にない名前", rest)

    def _called_otherwise(
        self, number: Column, name: Column, rows: str, target: str, known: Sequence[str]
    ) -> Iterator[Mended]:
        """A notice of each row that has the number of one thing and the name of another."""
        names: dict[str, list[str]] = {}
        numbers: dict[str, list[str]] = {}
        for one, other in self._rows([across.pairs((target, name.name), known)]):
            names.setdefault(one, []).append(other)
            numbers.setdefault(fold_choice(other), []).append(one)
        found = [
            (sheet, count, places, one, other)
            for sheet, one, other, count, places in self._rows([across.pairs_by_sheet((number.name, name.name), rows)])
            if one in names and one not in numbers.get(fold_choice(other), (one,))
        ]
        for sheet, count, places, one, other in found[:_MOST]:
            ours, theirs = names[one][0], numbers[fold_choice(other)][0]
            message = (
                f"{number.title}『{mask(one)}』は『{mask(ours)}』の番号ですが、{name.title}は"
                f"『{mask(other)}』（{number.title}『{mask(theirs)}』）です。そのまま受け取ります。"
                "どちらが正しいか確かめてください"
            )
            yield _told("across.called_otherwise", message, name, sheet, count, places, other)
        if rest := found[_MOST:]:
            yield _more("across.called_otherwise", name, f"{number.title}と合わない{name.title}", rest)

    def _beside(self, dataset: Dataset, day: Column, rows: str) -> Iterator[Mended]:
        """Rows of a period that are added where rows stay that may hold the same: under another terminal, as a sum."""
        place = next(column for column in dataset.keys if column.name != dataset.period)
        for stored in self._stored(dataset):
            near = around(self.cursor, dataset.keys, rows, "c")
            known = f"(SELECT * FROM {stored} c WHERE vanished_on IS NULL AND {near})"
            statement = across.beside(day, place, same_key(dataset, "i", "c"), rows, known)
            message = (
                f"同じ{day.title}・{place.title}の行が、台帳にほかにも残ります。2度数えることにならないか"
                "確かめてください。入れ替えるなら、届け方を「期間」にしてください"
            )
            for sheet, count, numbers, value in self._rows([statement]):
                yield _told("across.beside", message, place, sheet, count, numbers, value)

    def _later(self, part: Part, rows: str, as_of: dt.date) -> Iterator[Mended]:
        for name in part.dataset.past:
            if name not in part.present:
                continue
            column = part.dataset.column(name)
            message = f"いつ時点（{as_of}）より後です。「いつ時点」か、この項目の誤りでないか確かめてください"
            for sheet, count, numbers, day in self._rows([across.later(column, rows, as_of)]):
                yield _told("across.after_as_of", message, column, sheet, count, numbers, day.isoformat())

    def _days(self, dataset: Dataset, day: Column, rows: str) -> Iterator[Mended]:
        place = next((column for column in dataset.columns if column.references == _PLACE), None)
        found = self._rows([across.days_by_place(day, place, rows)])
        hours = self._hours()
        yield from _closed(day, found, hours)
        known: dict[str | None, set[dt.date]] = {}
        for _, where, when, *_ in found:
            known.setdefault(where, set()).add(when)
        places = list(known)
        if self.at:
            kept = self.at.days(dataset, [each.name for each in (day, place) if each])
            for where, when in self._rows([across.known_days(day, place, kept)]):
                known.setdefault(where, set()).add(when)
        if found:
            first, last = min(row[2] for row in found), max(row[2] for row in found)
            open_days = [each for each in _between(min(map(min, known.values())), last) if calendar.is_open_day(each)]
            for where in places:
                if not hours.get(where, _Hours()).is_unknown:
                    yield from _without_rows(place or day, where, known[where], first, open_days)

    def _hours(self) -> dict[str | None, _Hours]:
        """When each window is open beside the ward's own days."""
        names = ("counter", "opening", "extra_open_days")
        found: dict[str | None, _Hours] = {}
        for where, patterns, extras in self._rows(across.openings(*names, each) for each in self._known(_COUNTERS)):
            days = [_DAY.findall(text) for text in extras if text]
            hours = _Hours(
                frozenset(pattern for pattern in patterns if pattern),
                frozenset(day for texts in days for text in texts if (day := _day(text))),
            )
            found[where] = found.get(where, _Hours()) | hours
        return found

    def _months(self, dataset: Dataset, month: Column, rows: str) -> Iterator[Mended]:
        mine = {when for _, when in self._rows([across.known_days(month, None, rows)])}
        known = {when for _, when in self._rows(across.known_days(month, None, each) for each in self._known(dataset))}
        if not mine:
            return
        start = max((when for when in known if when < min(mine)), default=min(mine))
        expected = [start]
        while expected[-1] < max(mine):
            expected.append((expected[-1] + dt.timedelta(days=31)).replace(day=1))
        if missing := [f"{when:%Y-%m}" for when in expected if when not in known]:
            yield _gap(month, f"{len(missing):,} か月分の行がありません", missing, None)

    def _rows(self, statements: Collection[str] | Iterator[str]) -> list[tuple]:  # type: ignore[type-arg]
        return [row for statement in statements for row in self.cursor.execute(statement).fetchall()]

    def _one(self, statement: str) -> bool:
        ((value,),) = self.cursor.execute(statement).fetchall()
        return bool(value)


@dataclass(frozen=True)
class _Hours:
    """When a window is open beside the ward's own days: patterns of the week, single days."""

    patterns: frozenset[str] = frozenset()
    days: frozenset[dt.date] = frozenset()

    def __or__(self, other: _Hours) -> _Hours:
        return _Hours(self.patterns | other.patterns, self.days | other.days)

    @property
    def is_unknown(self) -> bool:
        """Whether nobody can say on which days the window is open."""
        return any(_ADDED.get(pattern, ()) is None for pattern in self.patterns)

    def explain(self, day: dt.date) -> bool:
        """Whether rows of a day on which the ward is closed are no surprise."""
        added = [_ADDED.get(pattern) or () for pattern in self.patterns]
        return self.is_unknown or day in self.days or any(day.weekday() in days for days in added)


def _told(
    rule: str, message: str, column: Column, sheet: str | None, count: int, rows: Iterable[int], value: str | None
) -> Mended:
    """A notice of cells of one column that stay as they are."""
    return Mended(
        rule=rule,
        message=message,
        sheet=sheet,
        header=column.title,
        count=count,
        rows=tuple(rows),
        before=value,
        after=value,
    )


def _more(rule: str, column: Column, words: str, rest: Sequence[Sequence[Any]]) -> Mended:
    """One notice of all that is left: each its sheet, how many rows, the first of them."""
    message = f"{words}が、ほかに {len(rest):,} 種類あります。そのまま受け取ります"
    return _told(rule, message, column, rest[0][0], sum(each[1] for each in rest), rest[0][2], None)


def _day(text: tuple[str, str, str]) -> dt.date | None:
    try:
        return dt.date(*map(int, text))
    except ValueError:
        return None


def _closed(
    column: Column, found: Sequence[tuple[str | None, str | None, dt.date, int, int]], hours: dict[str | None, _Hours]
) -> Iterator[Mended]:
    strange = [
        row for row in found if not calendar.is_open_day(row[2]) and not hours.get(row[1], _Hours()).explain(row[2])
    ]
    message = (
        f"閉庁日の行です。休日開庁なら『{_COUNTERS.title}』の"
        f"{_COUNTERS.column('extra_open_days').title}に加え、違うなら日付を確かめてください"
    )
    for sheet in dict.fromkeys(row[0] for row in strange):
        mine = [row for row in strange if row[0] == sheet]
        count, rows = sum(row[3] for row in mine), sorted(row[4] for row in mine)[:ROWS_SHOWN]
        yield _told("check.closed_day", message, column, sheet, count, rows, mine[0][2].isoformat())


def _without_rows(
    column: Column, place: str | None, known: set[dt.date], first: dt.date, open_days: Sequence[dt.date]
) -> Iterator[Mended]:
    """開庁日 without any row, since the last day that was known before; where that is usual nothing is said."""
    begun = min(known)
    since = max((day for day in known if day < first), default=max(begun, first))
    mine = [day for day in open_days if day >= begun]
    missing = [day for day in mine if day >= since and day not in known]
    there = sum(day in known for day in mine)
    if missing and there >= _USUAL * (there + len(missing)):
        days = [day.isoformat() for day in missing]
        yield _gap(column, f"{len(days):,} 日の開庁日の行がありません", days, place)


def _between(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    for n in range((last - first).days + 1):
        yield first + dt.timedelta(days=n)


def _gap(column: Column, words: str, missing: Sequence[str], place: str | None) -> Mended:
    listed = "、".join(missing[:3]) + ("など" if len(missing) > 3 else "")
    return Mended(
        rule="across.gap",
        message=f"{words}（{listed}）。届いていないファイルがないか確かめてください",
        header=column.title,
        count=len(missing),
        before=place,
        after=place,
    )
