"""A drawing is made once for the same answer drawn the same way, and for no other; a page looks at the lake once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import plotly.io
import pytest
from streamlit.testing.v1 import AppTest

from dx_data import access, charts, house
from dx_data.access import Person, Role
from dx_data.catalog import Result
from dx_data.lake import Lake
from dx_data.spec import Break, Question
from dx_data.ui import drawn, session, tables
from tests.screens import PERSON, markup, page, start
from tests.test_charts import COUNT, FACTS, RATE

COLUMNS = {
    "month": {"title": "年月", "kind": "date", "month": True},
    "received": {"title": "申請件数", **COUNT},
    "others": {"title": "ほかの件数", **COUNT},
}
QUESTION = Question(
    name="q", title="申請（月次推移、令和8年度）", columns=COLUMNS, key=("month",), serves={"n": "received"}, **FACTS
)
ROWS: list[tuple[Any, ...]] = [(dt.date(2026, 4, 1), 12, 3), (dt.date(2026, 5, 1), 15, 4)]
ANSWER = Result(QUESTION, ROWS, {"since": dt.date(2026, 4, 1)}, "lake:1", dt.date(2026, 5, 31), None)
CHANGED = Break(day=dt.date(2026, 5, 1), change="定義の第2版")


def reread(**facts: Any) -> Question:
    """The question as its file says it after somebody changed it there."""
    return Question(**{**QUESTION.model_dump(), **facts})


OTHERS: dict[str, Any] = {
    "question": reread(columns={**COLUMNS, "received": {"title": "申請件数", **RATE}}),
    "rows": [ROWS[0], (dt.date(2026, 5, 1), None, 4)],  # left out by a threshold or at a break
    "params": {"since": dt.date(2025, 4, 1)},
    "snapshot": "lake:2",
    "as_of": dt.date(2026, 5, 30),
    "updated": dt.datetime(2026, 6, 1, 9, tzinfo=dt.UTC),
    "notes": ("架空データ",),
    "breaks": (CHANGED,),
    "refused": True,
    "since": "lake:0",
}


@pytest.fixture(autouse=True)
def _nothing_is_drawn_yet() -> Iterator[None]:
    drawn.forget()
    yield
    drawn.forget()


def counted() -> tuple[list[Result], Callable[..., str]]:
    """The answers that were drawn, and what draws them."""
    made: list[Result] = []

    def say(result: Result, **named: Any) -> str:
        made.append(result)
        return f"{result.rows} {named}"

    return made, say


def test_the_same_answer_is_drawn_once_whoever_asked_it() -> None:
    made, say = counted()
    titles = ["".join(["件", "数"]) for _ in range(2)]  # equal, but not one object
    titled = [
        replace(ANSWER, rows=list(ROWS), question=QUESTION.model_copy(update={"title": title})) for title in titles
    ]
    assert drawn.once(titled[0], say, y="received") is drawn.once(titled[1], say, y="received")
    assert made == titled[:1]


def test_every_fact_of_an_answer_is_minded() -> None:
    assert set(OTHERS) == {each.name for each in fields(Result)}


@pytest.mark.parametrize("name", OTHERS)
def test_another_answer_is_another_drawing(name: str) -> None:
    made, say = counted()
    other = replace(ANSWER, **{name: OTHERS[name]})
    for each in (ANSWER, other, ANSWER, other):
        drawn.once(each, say)
    assert made == [ANSWER, other]


def test_a_question_read_anew_is_another_one_though_it_says_the_same() -> None:
    """Its file may have been changed while the server ran; what is the same object cannot have been."""
    made, say = counted()
    again = replace(ANSWER, question=reread())
    drawn.once(ANSWER, say)
    drawn.once(again, say)
    assert len(made) == 2


def test_a_title_of_its_own_is_another_drawing() -> None:
    renamed = replace(ANSWER, question=QUESTION.model_copy(update={"title": "別の題（月次推移、令和8年度）"}))
    made, say = counted()
    drawn.once(ANSWER, say)
    drawn.once(renamed, say)
    assert [each.question.title for each in made] == [QUESTION.title, renamed.question.title]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"dark": False}, {"dark": True}),
        ({"y": "received"}, {"y": "others"}),
        ({"y": ("received",)}, {"y": ("received", "others")}),
        ({"part": slice(0, 1)}, {"part": slice(1, None)}),
        ({"limit": 1}, {"most": 1}),
    ],
)
def test_another_way_to_draw_is_another_drawing(one: dict[str, Any], other: dict[str, Any]) -> None:
    _, say = counted()
    told = [drawn.once(ANSWER, say, **named) for named in (one, other, one, other)]
    assert told == [f"{ROWS} {one}", f"{ROWS} {other}"] * 2


def test_each_way_to_draw_has_its_own() -> None:
    (_, say), (_, again) = counted(), counted()
    drawn.once(ANSWER, say)
    assert drawn.once(ANSWER, lambda result: "別のもの") == "別のもの"
    assert drawn.once(ANSWER, again) is not drawn.once(ANSWER, say)


def test_rows_that_were_changed_in_place_are_drawn_anew() -> None:
    _, say = counted()
    rows = list(ROWS)
    answer = replace(ANSWER, rows=rows)
    drawn.once(answer, say)
    rows[1] = (dt.date(2026, 5, 1), 99, 4)
    assert "99" in drawn.once(answer, say)


@pytest.mark.parametrize(
    "answer",
    [
        replace(ANSWER, rows=[(dt.date(2026, 4, 1), ["a"], 1)]),
        replace(ANSWER, rows=ROWS * 501),
        replace(ANSWER, question=QUESTION.model_copy(update={"serves": {}})),
    ],
    ids=["a list in a cell", "a long answer", "typed SQL"],
)
def test_what_may_change_or_would_fill_the_memory_is_not_kept(answer: Result) -> None:
    made, say = counted()
    for _ in range(2):
        drawn.once(answer, say)
    assert made == [answer, answer]


def test_it_is_forgotten_with_the_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    made, say = counted()
    drawn.once(ANSWER, say)

    class Closed:
        def close(self) -> None:
            made.clear()

    session._let_go(Closed())  # type: ignore[arg-type]
    drawn.once(ANSWER, say)
    assert made == [ANSWER]


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("draw", [charts.lines, charts.sparkline])
def test_a_finished_figure_is_the_figure(draw: Callable[..., Any], dark: bool) -> None:
    plain = plotly.io.to_json(draw(ANSWER, x="month", y="received", dark=dark), validate=False)
    figure = drawn.figure(ANSWER, draw, x="month", y="received", dark=dark)
    assert figure is drawn.figure(ANSWER, draw, x="month", y="received", dark=dark)
    assert [plotly.io.to_json(figure, validate=False) for _ in range(2)] == [plain, plain]
    assert figure.to_dict() is figure.to_dict()


def test_a_table_minds_only_the_rows_it_shows_and_how_many_there_are() -> None:
    made, _ = counted()

    def say(result: Result, more: int) -> str:
        made.append(result)
        return f"{more}"

    below = replace(ANSWER, rows=[ROWS[0], (dt.date(2026, 6, 1), 1, 1)])
    shown = [drawn.first_rows(each, 1) for each in (ANSWER, below)]
    assert [each.rows for each in shown] == [[ROWS[0]], [ROWS[0]]]
    assert [drawn.once(each, say, more=1) for each in shown] == ["1", "1"]
    assert drawn.once(shown[0], say, more=2) == "2"
    assert made == [shown[0], shown[0]]


# --- on a page ------------------------------------------------------------------------------------


def seen(at: AppTest) -> tuple[str, list[str], list[str]]:
    """Everything that is drawn of answers."""
    assert not at.exception
    return markup(at), [chart.proto.spec for chart in at.get("plotly_chart")], [str(each) for each in at.selectbox]


@pytest.mark.slow
@pytest.mark.parametrize("stem", ["overview", "cashless"])
def test_a_page_opened_again_shows_what_it_showed(lakes: Path, stem: str) -> None:
    page(stem)
    warm = seen(page(stem))
    assert drawn._kept.cache_info().hits > 0
    drawn.forget()
    assert warm == seen(page(stem))


@pytest.mark.slow
def test_another_person_sees_with_his_own_rights_what_was_drawn_before(
    lakes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "local_person", lambda: PERSON)
    assert page("cashless").get("download_button")
    monkeypatch.setattr(access, "local_person", lambda: Person("試験", frozenset({Role.VIEW})))
    warm = page("cashless")
    drawn.forget()
    assert seen(warm) == seen(page("cashless"))
    monkeypatch.setattr(access, "local_person", lambda: Person("試験", frozenset()))
    nobody = start()
    assert not nobody.get("plotly_chart")
    assert "<table" not in markup(nobody)


@pytest.mark.slow
def test_a_page_opened_again_looks_at_the_lake_once(lakes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at = page("overview")
    looks: list[Lake] = []
    newest = Lake.newest

    def watched(lake: Lake) -> int:
        looks.append(lake)
        return newest(lake)

    monkeypatch.setattr(Lake, "newest", watched)
    assert not at.run().exception
    assert len(looks) == 1


def test_a_moment_knows_the_loads_of_its_look(lakes: Path) -> None:
    opened = house.open_house(demo=True)
    try:
        now = opened.lake.newest()
        before = opened.lake._loads(now - 1)
        assert [load.snapshot for load in opened.lake.loads() if load.snapshot < now] == [
            load.snapshot for load in before
        ]
        assert opened.lake._moment(now, now - 1).history() == before
        assert opened.lake.at(now).history() == opened.lake.loads() != before
        assert not opened.lake.is_empty
    finally:
        opened.close()


def test_tables_are_kept_too(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    monkeypatch.setattr(tables.st, "html", shown.append)
    for limit in (1, 2, 1):
        tables.of_result(ANSWER, limit=limit)
    assert shown[0] is shown[2]
    assert "2 行のうち、はじめの 1 行です" in shown[0]
    assert "行のうち" not in shown[1]
    assert [each.count("<tr><td") for each in shown] == [1, 2, 1]
