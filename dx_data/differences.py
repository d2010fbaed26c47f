"""One question at two snapshots: what changed, told apart into what arrived, what was corrected and what went.

The question itself is asked on the way from one snapshot to the other (`compared.Stage`), so the parts of a difference
add up to it whatever the question counts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from dx_data.catalog import Catalog, Result, Snapshot, Value, look_between, run, told
from dx_data.datasets import DATASETS
from dx_data.derive import compared
from dx_data.derive.compared import Side, Stage
from dx_data.errors import WrongUsage
from dx_data.spec import Column, Kind, Question
from dx_data.text import japanese_date

SENTENCES = 20
_BY_ROW = "各数値の単位"
_ORDINAL, _LAST_YEAR = "番目", "前年同"
_WEEK = dt.timedelta(days=7)
_WHOLE = {Kind.INTEGER, Kind.YEN}

_PARTS = {
    "old": ("前の値", "空欄は、前の時点にない数値です"),
    "new": ("いまの値", "空欄は、いまはない数値です"),
    "difference": ("差", ""),
    "late": ("届いた分", "前の時点のあとに加わった行による差です"),
    "corrected": ("訂正", "前の時点からあって、値の変わった行による差です"),
    "vanished": ("消えた分", "なくなった行による差です"),
}
_COLUMNS = (
    Column(name="figure", title="比べた数値"),
    Column(name="figure_unit", title="単位"),
    *(
        Column(name=name, title=title, kind=Kind.NUMBER, unit=_BY_ROW, description=description)
        for name, (title, description) in _PARTS.items()
    ),
)

Key = tuple[str, ...]
Rows = Sequence[tuple[Value, ...]]


@dataclass(frozen=True)
class Moved:
    """One figure that is not what it was: where it stands, and for whole quantities why it moved.

    A quantity without a value counts as 0 in its parts, so that late + corrected + vanished = difference.
    """

    place: tuple[tuple[Column, Value], ...]
    column: Column
    old: Value
    new: Value
    late: int | None = None
    corrected: int | None = None
    vanished: int | None = None

    @property
    def difference(self) -> int | Decimal | None:
        """New less old; None for a rate that is missing on one side."""
        if self.column.kind in _WHOLE:
            return _whole(self.new) - _whole(self.old)
        if self.old is None or self.new is None:
            return None
        return Decimal(str(self.new)) - Decimal(str(self.old))


def compare(
    catalog: Catalog,
    name: str,
    earlier: Snapshot,
    snapshot: Snapshot,
    /,
    *,
    day: dt.date,
    today: dt.date,
    version: int | None = None,
    parts: bool = True,
    **given: Any,
) -> Result:
    """The figures of a question that changed between two snapshots, with their sentences as notes.

    Without `parts` only the two ends are asked, which costs no more than the question itself does, and nothing is told
    apart. Both sides are asked for the same reference date `today`; `day` is that of the earlier snapshot. Raises what
    `Catalog.ask` raises, and WrongUsage where the earlier snapshot is the later one.
    """
    question = catalog.named(name, version)
    params = catalog.params(question, given, today)
    base = base_day(question, earlier, snapshot, day)
    if _number(earlier) > _number(snapshot):
        raise WrongUsage.because(
            f"比べる時点『{earlier.title}』が、答えの時点『{snapshot.title}』より後です", "前の時点を指定してください"
        )

    def made() -> Result:
        before = catalog.ask(name, earlier, today=today, version=version, **given)
        after = catalog.ask(name, snapshot, today=today, version=version, **given)
        steps = _between(question, params, earlier, snapshot, before, after) if parts else ()
        moved = list(_moved(question, [before.rows, *steps, after.rows]))
        count = sum(1 for _ in _figures(question)) * len({_key(question, row) for row in (*before.rows, *after.rows)})
        return replace(
            after,
            question=_asked(question, after.question.title),
            rows=[_row(one) for one in moved],
            notes=(*_notes(question, params, moved, count, base, since_words(base, day, today)), *after.notes),
        )

    more = (earlier.changed(question.reads), told(question, earlier), day, today, parts)
    found = catalog.remembered(question, params, snapshot, more, made)
    return replace(found, since=earlier.title)


def _number(snapshot: Snapshot) -> int:
    return int(snapshot.title.rpartition(":")[2])


def _between(
    question: Question,
    params: Mapping[str, Any],
    earlier: Snapshot,
    snapshot: Snapshot,
    before: Result,
    after: Result,
) -> tuple[Rows, Rows]:
    """The answer with what arrived, and with what was corrected as well; asked only where rows differ."""
    arrived, corrected, went = _counts(question, earlier, snapshot)

    def asked(stage: Stage) -> Rows:
        with look_between(earlier, snapshot, question.reads, question.sql, stage) as cursor:
            return run(question, params, cursor)

    with_arrived: Rows = before.rows
    if arrived:
        with_arrived = asked(Stage.ARRIVED) if corrected or went else after.rows
    with_corrected: Rows = after.rows
    if went:
        with_corrected = asked(Stage.CORRECTED) if corrected else with_arrived
    return with_arrived, with_corrected


def _counts(question: Question, earlier: Snapshot, snapshot: Snapshot) -> tuple[int, int, int]:
    """How many rows of what the question reads arrived, were corrected, went."""
    sides = [Side(each.columns(), each.version) for each in (earlier, snapshot)]
    totals = [0, 0, 0]
    with closing(snapshot.cursor()) as cursor:
        for name in question.reads:
            if name not in DATASETS or earlier.changed([name]) == snapshot.changed([name]):
                continue
            row = cursor.execute(compared.counts(DATASETS[name], sides[0], sides[1], snapshot.schema)).fetchall()[0]
            totals = [total + int(count) for total, count in zip(totals, row, strict=True)]
    return totals[0], totals[1], totals[2]


# --- figures --------------------------------------------------------------------------------------------------


def _figures(question: Question) -> Iterator[tuple[int, Column]]:
    """The answer's quantities with their positions; places in an order and comparisons with last year are none."""
    for position, column in enumerate(question.columns):
        apart = column.name in question.key or column.unit == _ORDINAL or _LAST_YEAR in column.title
        if column.kind.counts and not apart:
            yield position, column


def _key(question: Question, row: tuple[Value, ...]) -> Key:
    names = [column.name for column in question.columns]
    return tuple(str(row[names.index(name)]) for name in question.key)


def _whole(value: Value) -> int:
    assert value is None or isinstance(value, int | Decimal | float)  # noqa: S101  (a whole quantity's column)
    return int(value or 0)


def _moved(question: Question, way: Sequence[Rows]) -> Iterator[Moved]:
    """Every figure that moved on the way from the first to the last answer, in the last one's order."""
    answers = [{_key(question, row): row for row in rows} for rows in way]
    last = answers[-1]
    places = [question.column(name) for name in question.key]
    names = [column.name for column in question.columns]
    for key in dict.fromkeys((*last, *answers[0])):
        row = last.get(key) or answers[0][key]
        place = tuple((column, row[names.index(column.name)]) for column in places)
        for position, column in _figures(question):
            values = [answer[key][position] if key in answer else None for answer in answers]
            stands = len(set(values if column.kind in _WHOLE else (values[0], values[-1]))) == 1
            if stands or ((key in answers[0]) != (key in last) and not any(values)):
                continue  # what a row that comes or goes does not count is no news
            one = Moved(place, column, values[0], values[-1])
            if column.kind in _WHOLE and len(way) > 2:
                a, b, c, d = map(_whole, values)
                one = replace(one, late=b - a, corrected=c - b, vanished=d - c)
            yield one


def _asked(question: Question, title: str) -> Question:
    subject, bracket, rest = title.partition("（")
    return question.model_copy(
        update={
            "title": f"{subject}の前の時点との差{bracket}{rest}",
            "columns": (*(question.column(name) for name in question.key), *_COLUMNS),
            "key": (*question.key, "figure"),
        }
    )


def _row(one: Moved) -> tuple[Value, ...]:
    place = [value for _, value in one.place]
    parts = (one.late, one.corrected, one.vanished)
    return (*place, one.column.title, one.column.unit, one.old, one.new, one.difference, *parts)


# --- words ----------------------------------------------------------------------------------------------------


def since_words(base: dt.date, day: dt.date, today: dt.date) -> str:
    """What a difference is taken from: the report of a day, or the file of `base` that this report was made of."""
    if base < day:
        return f"{japanese_date(base)}時点の台帳"
    return "先週の報告" if today - day == _WEEK else f"{japanese_date(day).partition('(')[0]}の報告"


def base_day(question: Question, earlier: Snapshot, snapshot: Snapshot, day: dt.date) -> dt.date:
    """The day from which a difference counts: `day`, unless what changed was then more than a week old.

    A question counts the first dataset that it reads, so that one's file decides where several changed.
    """
    changed = [name for name in question.reads if earlier.changed([name]) != snapshot.changed([name])]
    own_dates_last = sorted((name for name in changed if name in DATASETS), key=lambda name: DATASETS[name].dated)
    reached = next(filter(None, (earlier.as_of([name]) for name in own_dates_last)), day)
    return reached if reached <= day - _WEEK else day


def _notes(
    question: Question, params: Mapping[str, Any], moved: Sequence[Moved], count: int, day: dt.date, since: str
) -> tuple[str, ...]:
    if not moved:
        return (f"差：{since}から変わった数値はありません（{count:,} の数値を比べました）。",)
    alone = len({one.column.name for one in moved}) == 1
    # What was asked for itself (the reference date) needs no telling.
    told = [replace(one, place=tuple((c, value) for c, value in one.place if c.name not in params)) for one in moved]
    said = [sentence(one, since, _over(params, one, day), alone=alone) for one in told[:SENTENCES]]
    if (more := len(moved) - len(said)) > 0:
        said.append(f"差：ほか {more:,} の数値も変わりました。")
    return tuple(said)


def _over(params: Mapping[str, Any], one: Moved, day: dt.date) -> bool:
    """Whether what a figure is about was over on the day that it is compared with: what comes after that is late."""
    for column, about in one.place:
        if column.kind is Kind.DATE and isinstance(about, dt.date):
            return (_next_month(about) - dt.timedelta(days=1) if column.month else about) <= day
    last = params.get("until") or params.get("as_of") or params.get("month")
    return isinstance(last, dt.date) and last < day


def _next_month(day: dt.date) -> dt.date:
    return dt.date(day.year + (day.month == 12), day.month % 12 + 1, 1)


def sentence(one: Moved, since: str, over: bool, *, alone: bool) -> str:
    """A difference in words; `over` when its time had passed, `alone` when the figure's name goes without saying.

    >>> month = Column(name="month", title="年月", kind=Kind.DATE, month=True)
    >>> column = Column(name="received", title="申請件数", kind=Kind.INTEGER, unit="件")
    >>> sentence(Moved(((month, dt.date(2026, 9, 1)),), column, 100, 112, 9, 3, 0), "先週の報告", True, alone=True)
    '2026年9月分：先週の報告から +12件 増（遅れて届いた分 9件、訂正 3件）'
    """
    unit = one.column.unit or ""
    places = [_place(column, value) for column, value in one.place]
    name = "・".join(places if alone and places else [*places, one.column.title])
    if one.difference is None or (one.difference == 0 and None in (one.old, one.new)):
        old, new = (f"{_number_words(value)}{unit}" if value is not None else "なし" for value in (one.old, one.new))
        return f"{name}：{since}では {old}、いまは {new}"
    counted = "ポイント" if unit == "%" else unit
    way = "増" if one.difference > 0 else "減"
    shift = f"{one.difference:+,}{counted} {way}" if one.difference else f"±0{counted} 増減なし"
    if one.late is None and None not in (one.old, one.new):
        return f"{name}：{since}から {shift}（{_number_words(one.old)}{unit} → {_number_words(one.new)}{unit}）"
    named = (
        ("遅れて届いた分" if over else "新しく届いた分", one.late),
        ("訂正" if over else "変わった分", one.corrected),
        ("消えた分", one.vanished),
    )
    parts = "、".join(f"{word} {part:,}{unit}" for word, part in named if part)
    return f"{name}：{since}から {shift}（{parts}）" if parts else f"{name}：{since}から {shift}"


def _place(column: Column, value: Value) -> str:
    if isinstance(value, dt.date):
        return f"{value.year}年{value.month}月分" if column.month else japanese_date(value).partition("(")[0]
    return f"{column.title}なし" if value is None else str(value)


def _number_words(value: Value) -> str:
    assert isinstance(value, int | float | Decimal)  # noqa: S101  (only quantities are compared)
    return f"{value:,}"
