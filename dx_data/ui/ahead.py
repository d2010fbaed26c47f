"""Answers before anybody asks: what pages show at first, and after one choice, while none is drawn. Remembered."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from threading import Condition, Event, Thread
from time import monotonic
from typing import Any

from dx_data import calendar
from dx_data.catalog import Result
from dx_data.errors import AcrossBreak
from dx_data.house import House
from dx_data.lake import Moment
from dx_data.ui import asgi, changes, definitions, filters, glance

_LOG = logging.getLogger("dx_data.ahead")
# A page that follows another closely (a filter, the next page) finds nobody at work either.
_QUIET_SECONDS = 1.0
# How often to look whether the lake changed: 2 ms each.
_LOOK_SECONDS = 3.0
_STOP_SECONDS = 10.0
_PUBLICATION = "publication"


class Drawing:
    """How many pages are being drawn in this process, and a way to wait until there are none."""

    def __init__(self) -> None:
        self._pages = 0
        self._ended = float("-inf")
        self._changed = Condition()

    @contextmanager
    def page(self) -> Iterator[None]:
        """A person waits for a page as long as this is open."""
        with self._changed:
            self._pages += 1
        try:
            yield
        finally:
            with self._changed:
                self._pages -= 1
                self._ended = monotonic()
                self._changed.notify_all()

    def wait(self, stop: Event, quiet: float) -> bool:
        """Wait until no page has been drawn for `quiet` seconds; False as soon as `stop` is set (and `wake` called)."""
        with self._changed:
            while not stop.is_set():
                left = quiet - (monotonic() - self._ended)
                if not self._pages and left <= 0:
                    return True
                self._changed.wait(None if self._pages else left)
        return False

    def wake(self) -> None:
        """Whoever waits looks again."""
        with self._changed:
            self._changed.notify_all()


drawing = Drawing()


@dataclass(frozen=True)
class Asked:
    """One answer that a page shows when it is opened without filters; `make` asks for it as the page does."""

    name: str
    make: Callable[[], Result]


def shown_soon(house: House, at: Moment, today: dt.date) -> list[Asked]:
    """What the pages show before anybody chooses, and then what they show when one thing was chosen; each once.

    A card over time is compared with last week's, as it does itself.
    """
    found = _Found(house, at, today)
    _first_shown(found)
    _one_choice_away(found)
    return list(found.asked.values())


def _first_shown(found: _Found) -> None:
    """Every question with its defaults and for this 年度.

    The first page's come first; a quarter that is to be published ended on its last day.
    """
    today = found.today
    months, period = glance.year_of_months(today), _period(filters.years(today)[0])
    closed = [{"until": each.end, "as_of": each.end} for each in calendar.quarters_over(today)[:1]]
    shown = definitions.shown_on()
    for home in (True, False):
        for name in (name for name in found.house.catalog.questions if name in shown):
            if any(page == asgi.HOME for page, _ in shown[name]) is not home:
                continue
            for given in closed if any(page == _PUBLICATION for page, _ in shown[name]) else ():
                found.note(name, given, compared=False)
            for given in ({}, *((months,) if home else ()), period):
                found.card(name, given)
        if home:
            for name in changes.told_on_home():
                found.note(name, {}, compared=True)


def _one_choice_away(found: _Found) -> None:
    """Every question for another 年度, and with another word where it declares them."""
    catalog = found.house.catalog
    this, *others = map(_period, filters.years(found.today))
    for name in (name for name in catalog.questions if name in definitions.shown_on()):
        for period in others:
            for still in ((), ("top",), ("as_of",), ("as_of", "until")):  # a card may leave these as they are
                found.card(name, {key: value for key, value in period.items() if key not in still})
        for param, declared in catalog.named(name).params.items():
            for word in declared.choices:
                found.card(name, this | {param: word})


def _period(year: filters.Year) -> dict[str, Any]:
    newest = year.until.replace(day=1)
    return {"since": year.since, "until": year.until, "as_of": year.until, "month": newest, "top": filters.LONGEST}


@dataclass
class _Found:
    """What is asked at a moment, each once, in the order in which it was found."""

    house: House
    at: Moment
    today: dt.date
    asked: dict[tuple[str, bool, tuple[Any, ...]], Asked] = field(default_factory=dict)

    @cached_property
    def was_known(self) -> bool:
        """Whether anything was known a week ago."""
        return self.house.snapshot_on(self.today - changes.WEEK, self.at.history()) > 0

    def card(self, name: str, given: dict[str, Any]) -> None:
        """What a card shows of a question; of the given values it takes those that it knows."""
        self.note(name, given, compared=False)
        if changes.over_time(self.house.catalog.named(name)):
            self.note(name, given, compared=True)

    def note(self, name: str, given: dict[str, Any], *, compared: bool) -> None:
        """An answer, or what changed of it in a week where something was known then."""
        if compared and not self.was_known:
            return
        question = self.house.catalog.named(name)
        known = {key: value for key, value in given.items() if key in question.params}
        params = self.house.catalog.params(question, known, self.today)
        key = (name, compared, tuple(sorted((key, str(value)) for key, value in params.items())))
        since = self.today - changes.WEEK if compared else None
        self.asked.setdefault(key, Asked(name, _made(self.house, name, self.at, self.today, params, since)))


def _made(
    house: House, name: str, at: Moment, today: dt.date, params: dict[str, Any], since: dt.date | None
) -> Callable[[], Result]:
    if since is None:
        return lambda: house.ask(name, at, today=today, **params)
    return lambda: house.compare(name, since, at, today=today, parts=False, **params)


@dataclass
class Ahead:
    """A thread that answers anew what pages show whenever the lake or the day changed, one at a time, in quiet moments.

    Before, it brings the tables near, so that what people choose themselves is quicker, too.

    `opened` is the house on the screen, None where there is none. The answers lie where `House.ask` finds them; nothing
    is written anywhere. A fault is logged with the question's name and the fault's kind alone, for its words may hold
    values, and the next question is asked.
    """

    opened: Callable[[], House | None]
    pages: Drawing = drawing
    quiet: float = _QUIET_SECONDS
    look: float = _LOOK_SECONDS
    _stop: Event = field(default_factory=Event)
    _thread: Thread | None = None
    _done: tuple[str, int, dt.date] | None = None

    def start(self) -> None:
        """Begin to look."""
        self._thread = Thread(target=self._run, name="ahead", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after the question that is being asked, if there is one."""
        self._stop.set()
        self.pages.wake()
        if self._thread:
            self._thread.join(_STOP_SECONDS)

    def _run(self) -> None:
        before: tuple[str, int, dt.date] | None = None
        while not self._stop.is_set():
            try:
                house = self.opened() if self.pages.wait(self._stop, self.quiet) else None
                state = self._state(house) if house else None
                if house and state == before and state != self._done:  # while files come one by one it waits
                    self.answer(house)
                before = state
            except Exception as fault:
                _LOG.warning("前もって答える用意ができませんでした（%s）", type(fault).__name__)
            self._stop.wait(self.look)

    @staticmethod
    def _state(house: House) -> tuple[str, int, dt.date]:
        return house.lake.id, house.lake.newest(), house.today()

    def answer(self, house: House) -> int:
        """Answer what pages show at first and after one choice; how many until it ended, was stopped or outdated."""
        state, at = self._state(house), house.at(None)
        answered = 0

        def goes_on() -> bool:
            return self.pages.wait(self._stop, self.quiet) and self._state(house) == state

        for _ in house.bring_near(at):  # first, for every question is quicker then
            if not goes_on():
                return answered
        for asked in shown_soon(house, at, state[2]):
            if not goes_on():
                return answered
            try:
                asked.make()
            except AcrossBreak:
                pass  # the page says in its place that the definition changed in between
            except Exception as fault:
                _LOG.warning("質問『%s』に前もって答えられませんでした（%s）", asked.name, type(fault).__name__)
                continue
            answered += 1
        self._done = state
        return answered
