"""全国: what the municipalities at one address may tell the public, side by side.

No row of anybody's lake is read here. Of each municipality its own answers to a few ordinary questions are asked, and
of them only the columns that `publish` lets leave are kept, small counts hidden as in a publication. That is all a
national question can see, so that none can be written that sees more.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock, Thread
from typing import Any

import duckdb
import pyarrow as pa

import dx_data.lake as lakes
from dx_data.bundled import Municipality, municipalities
from dx_data.catalog import Catalog, Result, Value, read_questions, run
from dx_data.disclosure.public import Public, publishable
from dx_data.errors import NotPermitted, Stopped
from dx_data.lake import Lake, Place
from dx_data.settings import NATION, Settings
from dx_data.spec import Column, Kind, Question

_KINDS = {Kind.INTEGER: pa.int64(), Kind.YEN: pa.int64(), Kind.NUMBER: pa.float64(), Kind.DATE: pa.date32()}
_REMEMBERED = 512
_WHOSE = (("code", pa.string()), ("prefecture", pa.string()), ("municipality", pa.string()))


@dataclass(frozen=True)
class _Told:
    """What one municipality told, of which of its catalogue's states, for which day."""

    stamp: str
    today: dt.date
    answers: Mapping[str, Public]


class Nation:
    """The answers of many municipalities, in memory; asked anew of those whose lake changed, in the background."""

    def __init__(self, first: Place, scope: str, threshold: int) -> None:
        """Of the municipalities of a prefecture, or of all. `opened` makes one for who may."""
        self._first, self.scope, self._threshold = first, scope, threshold
        self._told: dict[str, _Told] = {}
        self._thread: Thread | None = None
        self._fault: Stopped | None = None
        self._state = 0  # another with every municipality that told something new
        self._answers: dict[tuple[Any, ...], tuple[int, Result]] = {}
        self._lock = Lock()

    @cached_property
    def questions(self) -> Mapping[str, Question]:
        """The national questions by name."""
        return read_questions(national=True)

    @cached_property
    def members(self) -> Mapping[str, Municipality]:
        """The municipalities that there are, by code, whether or not they have a lake."""
        return {each.code: each for each in municipalities() if self.scope in (NATION, each.prefecture)}

    def gather(self, today: dt.date, seconds: float | None = None) -> bool:
        """Ask whoever has a lake that changed, or was asked for another day; whether all is told within the seconds.

        ServerLost and the like, where nobody can be asked.
        """
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = Thread(target=self._ask_all, args=(today,), name="dx-nation", daemon=True)
                self._thread.start()
            thread = self._thread
        thread.join(seconds)
        fault, self._fault = self._fault, None
        if fault:
            raise fault
        return not thread.is_alive()

    @property
    def counts(self) -> tuple[int, int]:
        """How many municipalities were asked so far, and how many of them left a question without an answer."""
        told = list(self._told.values())
        return len(told), sum(len(each.answers) < len(self._asks) for each in told)

    def ask(self, name: str, *, today: dt.date, **given: Any) -> Result:
        """The answer to a national question from what is gathered so far; KeyError if there is none of that name."""
        question, state = self.questions[name], self._state
        params = Catalog(self.questions).params(question, given, today)
        key = (name, today, *params.values())
        known = self._answers.get(key)
        if known is None or known[0] != state:
            if len(self._answers) >= _REMEMBERED:
                self._answers.clear()
            self._answers[key] = known = (state, self._answer(question, params, today))
        return known[1]

    def _answer(self, question: Question, params: dict[str, Any], today: dt.date) -> Result:
        told = [(self.members[code], each.answers) for code, each in sorted(self._told.items())]
        with closing(duckdb.connect(":memory:")) as cursor:
            self._show(cursor, question, told, today)
            rows = run(question, params, cursor)
        found = [public.result for _, answers in told for public in answers.values()]
        asked, lost = self.counts
        note = f"{len(self.members):,} 自治体のうち、台帳があり、これまでに尋ねたのは {asked:,} 自治体です。"
        lacking = f"{lost:,} 自治体は、答えられない問いがありました。" * bool(lost)
        return Result(
            question=question,
            rows=rows,
            params=params,
            snapshot=self.scope,
            as_of=min((each.as_of for each in found if each.as_of), default=None),
            updated=max((each.updated for each in found if each.updated), default=None),
            notes=(note + lacking,),
        )

    def _show(
        self,
        cursor: duckdb.DuckDBPyConnection,
        question: Question,
        told: Sequence[tuple[Municipality, Mapping[str, Public]]],
        today: dt.date,
    ) -> None:
        """Give a cursor the tables that a question gathers: answers, or the rows of another national question."""
        for name in question.gathers:
            if name in self.questions:
                inner = self.ask(name, today=today)
                cursor.register(name, _table((), inner.columns, inner.rows))
                continue
            answers = [(whose, answers[name]) for whose, answers in told if name in answers]
            columns = ordinary()[name].published
            lines = [
                (whose.code, whose.prefecture, whose.name, *(cell.value for cell in row))
                for whose, public in answers
                for row in public.rows
            ]
            cursor.register(name, _table(_WHOSE, columns, lines))

    def _ask_all(self, today: dt.date) -> None:
        try:
            self._ask_each(today)
        except Stopped as fault:  # said by whoever waits or looks next
            self._fault = fault

    def _ask_each(self, today: dt.date) -> None:
        catalog = Catalog(ordinary())
        for code, place in self._places():
            known = self._told.get(code)
            stamp = place.stamp()
            if known is None or (known.stamp, known.today) != (stamp, today):
                self._told[code] = _Told(stamp, today, self._asked(catalog, code, place, today))
                self._state += 1

    def _places(self) -> Iterator[tuple[str, Place]]:
        owner = self._first.owner()
        for code in (owner, *self._first.later()):
            if code and code in self.members:
                yield code, self._first if code == owner else self._first.of(code)

    def _asked(self, catalog: Catalog, code: str, place: Place, today: dt.date) -> dict[str, Public]:
        """What a municipality tells; a question that it cannot answer, or not without telling too much, is not in it.

        Each is proven by itself: what they count has nothing in common, so no two of them add up.
        """
        told: dict[str, Public] = {}
        try:
            with closing(Lake(place, municipality=code)) as lake:
                at = lake.at()
                for name in self._asks:
                    with suppress(Stopped, duckdb.Error):
                        told[name] = publishable([catalog.ask(name, at, today=today)], (), self._threshold)[0]
        except (Stopped, duckdb.Error, sqlite3.Error, OSError):  # counted; the others are told
            return {}
        return told

    @cached_property
    def _asks(self) -> tuple[str, ...]:
        wanted = dict.fromkeys(name for question in self.questions.values() for name in question.gathers)
        return tuple(name for name in wanted if name not in self.questions)


def ordinary() -> Mapping[str, Question]:
    """The questions that a municipality's lake is asked."""
    return read_questions()


def opened(chosen: Settings) -> Nation:
    """The nation, or a prefecture, as the settings name it: the one place where more than one lake is opened.

    NotPermitted in the program of a municipality; the settings refuse to be both.
    """
    if not chosen.nation:
        raise NotPermitted.because(
            "全国の数値は、自治体の台帳の画面では見られません",
            "DX_NATION に「全国」か都道府県の名前を指定したプログラムで見てください",
        )
    first = lakes.at(chosen.lake, chosen.lake_data, here=Path(chosen.lake_here))
    return Nation(first, chosen.nation, chosen.disclosure_threshold)


def _table(
    whose: Sequence[tuple[str, pa.DataType]], columns: Sequence[Column], rows: Sequence[Sequence[Value]]
) -> pa.Table:
    fields = [*whose, *((column.name, _KINDS.get(column.kind, pa.string())) for column in columns)]
    arrays = [pa.array([_plain(row[n], kind) for row in rows], kind) for n, (_, kind) in enumerate(fields)]
    return pa.table(arrays, names=[name for name, _ in fields])


def _plain(value: Value, kind: pa.DataType) -> Any:
    return float(value) if kind == pa.float64() and value is not None else value  # type: ignore[arg-type]
