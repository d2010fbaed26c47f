"""Answers made ahead are the very answers, made in nobody's way, and never a reason to stop or to tell a value."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dx_data import house
from dx_data import settings as setting
from dx_data.catalog import Catalog, Result
from dx_data.differences import compare as compared
from dx_data.errors import AcrossBreak
from dx_data.house import House
from dx_data.ui import ahead, asgi, changes
from dx_data.ui.ahead import Ahead, Asked, Drawing
from tests.screens import STEMS, page
from tests.test_catalog import load

SECONDS = 60


@pytest.fixture
def demo(lakes: Path) -> Iterator[House]:
    """The small demo, with nothing remembered."""
    opened = house.open_house(demo=True)
    opened.lake.keep_near()
    yield opened
    opened.close()


def worker(home: House, pages: Drawing | None = None) -> Ahead:
    return Ahead(lambda: home, pages or Drawing(), quiet=0.0, look=0.01)


def running() -> int:
    """How many threads answer ahead in this process."""
    return sum(thread.name == "ahead" for thread in threading.enumerate())


def shown(monkeypatch: pytest.MonkeyPatch, *makes: Callable[[], Any]) -> None:
    """What pages show soon: questions called a, b, c …"""
    asked = [Asked(name, make) for name, make in zip("abcdef", makes, strict=False)]
    monkeypatch.setattr(ahead, "shown_soon", lambda *_: asked)


def until(true: Callable[[], bool]) -> None:
    """Wait until something holds."""
    waiting = threading.Event()
    for _ in range(SECONDS * 100):
        if true():
            return
        waiting.wait(0.01)
    raise AssertionError("it never came")


def held(monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], threading.Event, threading.Event]:
    """Two questions, "a" and "b": which were asked, that "a" is being asked, and what lets it end."""
    told: list[str] = []
    reached, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        told.append("a")
        reached.set()
        assert go_on.wait(SECONDS)

    shown(monkeypatch, slow, lambda: told.append("b"))
    return told, reached, go_on


def test_what_was_answered_ahead_is_what_is_answered_when_asked(demo: House, monkeypatch: pytest.MonkeyPatch) -> None:
    at, today = demo.at(None), demo.today()
    asked = ahead.shown_soon(demo, at, today)
    assert worker(demo).answer(demo) == len(asked)

    def outcome(one: Asked) -> Result | str:
        try:
            return one.make()
        except AcrossBreak as stopped:
            return stopped.problems[0].message

    with monkeypatch.context() as patch:
        patch.setattr(Catalog, "_run", None)  # whatever is not remembered fails
        remembered = [outcome(one) for one in asked]
    plain = house.open_house(demo=True)
    direct = [outcome(one) for one in ahead.shown_soon(plain, plain.at(None), today)]
    plain.close()
    assert remembered == direct


def test_no_page_asks_what_was_not_answered_ahead(demo: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """As every page is first shown, and with every other option of each select box above its cards.

    A month and what is chosen of an answer's own words are not known before somebody sees them.
    """
    from dx_data.ui import session

    monkeypatch.setattr(session, "opened", lambda: demo)
    worker(demo).answer(demo)
    missed: list[tuple[str, str, str]] = []
    run = Catalog._run

    def watched(catalog: Catalog, question: Any, *more: Any) -> Result:
        missed.append((*chosen, question.name))
        return run(catalog, question, *more)

    monkeypatch.setattr(Catalog, "_run", watched)
    tried = set()
    for stem in STEMS:
        chosen = (stem, "")
        at = page(stem)
        assert not at.exception
        for box in [each for each in at.selectbox if each.key in {"year", "view", "scope", "by"}]:
            for word in [*(word for word in box.options if word != box.value), box.value]:
                chosen = (stem, f"{box.key} {word}")
                tried.add(box.key)
                assert not at.selectbox(key=box.key).set_value(word).run().exception
    assert tried == {"year", "view", "scope", "by"}
    assert missed == []


def test_a_comparison_is_made_ahead_as_the_card_makes_it(demo: House) -> None:
    at, today = demo.at(None), demo.today()
    month = {"since": dt.date(today.year - (today.month < 4), 4, 1), "until": today}
    worker(demo).answer(demo)
    known = {key for key in demo.catalog._answers if len(key) > 6}
    compared(
        demo.catalog,
        "applications_by_month",
        at.earlier(demo.snapshot_on(today - changes.WEEK)),
        at,
        day=today - changes.WEEK,
        today=today,
        parts=False,
        **month,
    )
    assert {key for key in demo.catalog._answers if len(key) > 6} == known != set()


def test_nothing_is_asked_while_a_page_is_drawn(demo: House, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = Drawing()
    told, reached, go_on = held(monkeypatch)
    works = worker(demo, pages)
    works.start()
    try:
        assert reached.wait(SECONDS)
        with pages.page():
            go_on.set()
            assert not threading.Event().wait(0.3)
            assert told == ["a"]
            with pages.page():
                pass
            assert not threading.Event().wait(0.3)
            assert told == ["a"]
        until(lambda: told == ["a", "b"])
    finally:
        works.stop()


def test_a_moment_of_quiet_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(ahead, "monotonic", lambda: clock[0])
    pages, free = Drawing(), threading.Event()
    with pages.page():
        pass
    waits = threading.Thread(target=lambda: pages.wait(threading.Event(), 0.4) and free.set(), daemon=True)
    waits.start()
    assert not free.wait(1.0)  # the clock stands still
    clock[0] += 0.4
    assert free.wait(SECONDS)


def test_it_ends_after_the_question_that_is_being_asked(demo: House, monkeypatch: pytest.MonkeyPatch) -> None:
    told, reached, go_on = held(monkeypatch)
    works = worker(demo)
    works.start()
    assert reached.wait(SECONDS)
    stops = threading.Thread(target=works.stop)
    stops.start()
    until(works._stop.is_set)
    go_on.set()
    stops.join(SECONDS)
    assert not stops.is_alive()
    assert not running()
    assert told == ["a"]


def test_it_ends_while_a_page_is_drawn(demo: House) -> None:
    pages = Drawing()
    works = worker(demo, pages)
    with pages.page():
        works.start()
        works.stop()
        assert not running()


def test_a_failing_question_is_told_without_its_words_and_the_rest_is_answered(
    demo: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def failing() -> None:
        raise ValueError("葛飾 花子")

    told: list[str] = []
    shown(monkeypatch, failing, lambda: told.append("b"))
    with caplog.at_level(logging.DEBUG, "dx_data"):
        assert worker(demo).answer(demo) == 1
    assert told == ["b"]
    assert [record.getMessage() for record in caplog.records] == [
        "質問『a』に前もって答えられませんでした（ValueError）"
    ]
    assert [record.exc_info for record in caplog.records] == [None]


def test_a_comparison_that_pages_refuse_is_no_fault(
    demo: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refused() -> None:
        raise AcrossBreak.because("定義が変わりました", "分けて見てください")

    shown(monkeypatch, refused)
    assert worker(demo).answer(demo) == 1
    assert caplog.records == []


def test_a_lake_that_cannot_be_opened_is_told_and_tried_again(
    demo: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tried, told = [], []

    def opened() -> House:
        tried.append(1)
        if len(tried) == 1:
            raise OSError("葛飾 花子")
        return demo

    shown(monkeypatch, lambda: told.append("a"))
    works = Ahead(opened, Drawing(), quiet=0.0, look=0.01)
    works.start()
    until(lambda: told == ["a"])
    works.stop()
    assert [record.getMessage() for record in caplog.records] == ["前もって答える用意ができませんでした（OSError）"]


def test_a_load_is_answered_anew_and_nothing_else_is(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int] = []
    shown(monkeypatch, lambda: told.append(home.lake.newest()))
    works = worker(home)
    works.start()
    try:
        until(lambda: len(told) == 1)
        assert not threading.Event().wait(0.5)
        first = home.lake.newest()
        newer = load(home.lake, "systems", [{"system": "kintone"}]).snapshot
        until(lambda: len(told) == 2)
        assert not threading.Event().wait(0.5)
        assert told == [first, newer]
    finally:
        works.stop()


def test_a_load_in_between_ends_the_round(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    shown(
        monkeypatch, lambda: load(home.lake, "systems", [{"system": "kintone"}]), lambda: told.append("of the old lake")
    )
    works = worker(home)
    assert works.answer(home) == 1
    assert (told, works._done) == ([], None)


def test_the_script_of_every_page_counts_as_drawing(demo: House, monkeypatch: pytest.MonkeyPatch) -> None:
    from dx_data.ui import session

    seen: list[int] = []

    def opened() -> House:
        seen.append(ahead.drawing._pages)
        return demo

    monkeypatch.setattr(session, "opened", opened)
    assert not page("dictionary").exception
    assert not page("benchmark").exception
    assert set(seen) == {1}
    assert ahead.drawing._pages == 0


@pytest.mark.parametrize("wished", [True, False])
def test_the_server_starts_and_ends_it(monkeypatch: pytest.MonkeyPatch, lakes: Path, *, wished: bool) -> None:
    async def serve() -> tuple[int, int]:
        async with asgi.lifespan(None):
            return before, running()

    shown(monkeypatch)
    monkeypatch.setenv("DX_ANSWERS_AHEAD", str(wished))
    setting.settings.cache_clear()
    before = running()
    assert asyncio.run(serve()) == (0, int(wished))
    assert running() == 0
