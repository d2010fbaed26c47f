"""Answers with `publish` -> what the public may see of them, all answers of a release together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from dx_data.catalog import Result, Value, titled
from dx_data.disclosure.counts import Count, Numbers, Place, Release, Where, Whole
from dx_data.disclosure.hiding import hide
from dx_data.disclosure.sums import Standing
from dx_data.errors import NotPermitted
from dx_data.spec import Column, Kind, Publish

HIDDEN, NONE, UNKNOWN = "x", "-", "…"
LEGEND = {
    HIDDEN: "少ない件数と、それが計算で分かってしまう数値を伏せたもの（秘匿）",
    NONE: "該当する数値がないもの（割合の分母が0など）",
    "0": "数えた結果が0のもの",
    UNKNOWN: "データが届いていない、または分からないもの",
}
_ONE_DAY = dt.timedelta(days=1)
# (row, column name) of an answer.
Position = tuple[int, str]


@dataclass(frozen=True)
class Shown:
    """One cell as the public sees it: a value, or a sign in its stead."""

    value: Value
    sign: str = ""


@dataclass(frozen=True)
class Public:
    """An answer as the public sees it: its title, the columns that leave, and the rows of them, as in the answer."""

    result: Result
    columns: tuple[Column, ...]
    rows: tuple[tuple[Shown, ...], ...]
    hidden: frozenset[Position]

    @property
    def share_hidden(self) -> tuple[int, int]:
        """How many of the quantities are hidden, and how many there are."""
        places = [n for n, column in enumerate(self.columns) if column.kind.counts]
        cells = [row[n] for row in self.rows for n in places]
        return sum(cell.sign == HIDDEN for cell in cells), len(cells)


@dataclass(frozen=True)
class Released:
    """An earlier release: its answers at the snapshot they were made from, and what was hidden of each.

    `again` are the answers of the releases before it, asked anew at that snapshot: so it is known which of the figures
    that had been told were still the same. Where the snapshot is no more, what was hidden is blank in the answers, and
    is hidden for good at its place: nobody can say whether it is another now.
    """

    answers: tuple[Result, ...]
    hidden: tuple[frozenset[Position], ...]
    again: tuple[Result, ...] = ()


def publishable(
    answers: Sequence[Result],
    earlier: Sequence[Released],
    threshold: int,
    again: Sequence[Result] = (),
    excepted: Sequence[frozenset[Position]] = (),
) -> tuple[Public, ...]:
    """What the public may see of these answers, given all earlier releases, oldest first.

    `again` are all answers of earlier releases, asked anew at the snapshot of these answers. `excepted` are, for each
    answer, small counts that a person lets be shown: they are told, and nothing is hidden for their sake.

    NotPermitted for an answer whose question has no `publish`; AnswerBroken where tables contradict each other;
    DisclosureRefused where hiding does not help.
    """
    for answer in answers:
        if answer.question.publish is None:
            raise NotPermitted.because(
                f"質問『{answer.question.name}』には公表の決定がありません",
                "区の決定を質問の見出しの publish に書いてください",
            )
    hidden: list[set[Position]] = [set() for _ in answers]
    for measure in dict.fromkeys(_measure(answer) for answer in answers if _protected(answer)):
        releases = [_release(each.answers, measure, each.again, each.hidden) for each in earlier]
        lost = frozenset(count.place for each in releases for count in each.counts if count.value is None)
        present = _release(answers, measure, again, excepted=excepted, lost=lost)
        net = any(_publish(each).net for each in answers if _of(each, measure))
        numbers = Numbers([*releases, present], _strictest(answers, measure, threshold), net=net)
        told = hide(numbers.sums)
        for answer, found in zip(answers, hidden, strict=True):
            if _of(answer, measure):
                found.update(position for position, count in _counts(answer) if numbers.at(count.place) in told)
    return tuple(_public(answer, frozenset(found)) for answer, found in zip(answers, hidden, strict=True))


def _publish(answer: Result) -> Publish:
    publish = answer.question.publish
    if publish is None:
        raise ValueError(answer.question.name)
    return publish


def _protected(answer: Result) -> bool:
    return _publish(answer).unit != "なし"


def _measure(answer: Result) -> str:
    return _publish(answer).measure or answer.question.name


def _of(answer: Result, measure: str) -> bool:
    return _protected(answer) and _measure(answer) == measure


def _strictest(answers: Iterable[Result], measure: str, threshold: int) -> int:
    own = [_publish(each).threshold or 0 for each in answers if _of(each, measure)]
    return max([threshold, *own])


def _release(
    answers: Sequence[Result],
    measure: str,
    again: Sequence[Result],
    hidden: Sequence[frozenset[Position]] | None = None,
    excepted: Sequence[frozenset[Position]] = (),
    lost: frozenset[Place] = frozenset(),
) -> Release:
    """The counts of one measure in a release; before it is decided what is hidden, all but the excepted are open.

    At the places that are `lost`, earlier releases hid what nobody knows any more.
    """
    counts: list[Count] = []
    wholes: list[Whole] = []
    for n, answer in enumerate(answers):
        if not _of(answer, measure):
            continue
        for position, count in _counts(answer, hidden[n] if hidden is not None else frozenset()):
            standing = Standing.HIDDEN if count.place in lost else Standing.OPEN
            if excepted and position in excepted[n]:
                standing = Standing.SHOWN
            if hidden is not None:
                standing = Standing.HIDDEN if position in hidden[n] else Standing.SHOWN
            counts.append(Count(count.place, count.value, standing))
        for whole, parts in _publish(answer).parts.items():
            wholes.append(Whole(f"{measure}/{whole}", tuple(f"{measure}/{part}" for part in parts)))
    told = {count.place for count in counts}
    before = {count.place: count for each in again if _of(each, measure) for _, count in _counts(each)}
    counts += [Count(p, c.value, Standing.UNPUBLISHED) for p, c in before.items() if p not in told]
    return Release(tuple(counts), tuple(dict.fromkeys(wholes)))


def _counts(answer: Result, hidden: frozenset[Position] = frozenset()) -> Iterable[tuple[Position, Count]]:
    """Every protected count of an answer with the place it speaks of; a blank is no count unless it was hidden."""
    publish, measure = _publish(answer), _measure(answer)
    for n, record in enumerate(answer.records()):
        where, (first, end) = _where(answer, record), _days(answer, record)
        suffix = "" if _flows(answer) else f"@{end - _ONE_DAY}"
        for name in publish.counts:
            if (value := _count_of(record[name])) is not None or (n, name) in hidden:
                yield (n, name), Count(Place(f"{measure}/{name}{suffix}", where, first, end), value)
        if publish.previous and (
            (value := _count_of(record[publish.previous])) is not None or (n, publish.previous) in hidden
        ):
            until = record.get("until")
            last = until + _ONE_DAY if isinstance(until, dt.date) and not answer.params.get("until") else end
            place = Place(f"{measure}/{publish.count}{suffix}", where, _year_before(first), _year_before(last))
            yield (n, publish.previous), Count(place, value)


def _count_of(value: Value) -> int | None:
    return value if isinstance(value, int) else None


def _where(answer: Result, record: Mapping[str, Value]) -> Where:
    """The part that a row speaks of: its key besides the days, and the words that go with it."""
    question = answer.question
    names = [c.name for c in question.published if c.kind is Kind.TEXT or (c.name in question.key and not _is_day(c))]
    return frozenset((name, "（空欄）" if record[name] is None else str(record[name])) for name in names)


def _is_day(column: Column) -> bool:
    return column.kind in {Kind.DATE, Kind.DATETIME}


def _flows(answer: Result) -> bool:
    """Whether the counts are of a span of days, so that days add up; else they are of one day."""
    question = answer.question
    by_month = any(question.column(name).month for name in question.key)
    return by_month or "since" in answer.params or any(column.name == "since" for column in question.columns)


def _days(answer: Result, record: Mapping[str, Value]) -> tuple[dt.date, dt.date]:
    """From which day on a row counts, and from which on no more."""
    last = _date(answer.params.get("until") or answer.params.get("as_of"))
    for name in answer.question.key:
        month = record[name]
        if answer.question.column(name).month and isinstance(month, dt.date):
            following = (month.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
            return month, min(following, last + _ONE_DAY)
    since = record.get("since") or answer.params.get("since")
    return (_date(since), last + _ONE_DAY) if since else (last, last + _ONE_DAY)


def _date(value: object) -> dt.date:
    if not isinstance(value, dt.date):
        raise TypeError(f"{value!r} is no date")
    return value


def _year_before(day: dt.date) -> dt.date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)


def _public(answer: Result, hidden: frozenset[Position]) -> Public:
    """The rows with their signs. What is not itself a count, but made of one, is hidden with any count of its row."""
    question, publish = answer.question, _publish(answer)
    own = {*publish.counts, publish.previous}
    rows, all_hidden = [], set(hidden)
    for n, record in enumerate(answer.records()):
        one_hidden = any(row == n for row, _ in hidden)
        unknown = not own - {None} or any(record[name] is None for name in own if name)
        cells = []
        for column in question.published:
            value = record[column.name]
            if (n, column.name) in hidden or (one_hidden and column.kind.counts and column.name not in own):
                all_hidden.add((n, column.name))
                cells.append(Shown(None, HIDDEN))
            elif value is None and column.kind.counts:
                cells.append(Shown(None, UNKNOWN if unknown else NONE))
            else:
                cells.append(Shown(value))
        rows.append(tuple(cells))
    title = titled(publish.title, answer.params) or question.title
    told = replace(answer, question=question.model_copy(update={"title": title}))
    return Public(told, question.published, tuple(rows), frozenset(all_hidden))
