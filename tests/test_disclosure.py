"""公表: small counts are hidden, and nothing that is shown, now or before, tells them."""

from __future__ import annotations

import datetime as dt
import itertools
import random
from typing import Any

import pytest
from pydantic import ValidationError

from dx_data.catalog import Result, read_questions
from dx_data.disclosure.counts import Count, Numbers, Place, Release, Whole
from dx_data.disclosure.hiding import hide, weaknesses
from dx_data.disclosure.public import HIDDEN, NONE, UNKNOWN, Released, publishable
from dx_data.disclosure.sums import Attacker, Cell, Range, Standing, Sums
from dx_data.errors import AnswerBroken, DisclosureRefused, NotPermitted
from dx_data.spec import Question
from tests.attack import attack

T = 10
APRIL, JULY, OCTOBER = dt.date(2026, 4, 1), dt.date(2026, 7, 1), dt.date(2026, 10, 1)


def a_question(publish: dict[str, Any] | None, name: str = "by_kind") -> Question:
    return Question.model_validate(
        {
            "name": name,
            "family": "trial",
            "title": "件数",
            "question": "何件か。",
            "definition": {"numerator": "件数", "scope": "すべて", "reference": "受付日"},
            "params": {"since": {"title": "開始日", "kind": "date"}, "until": {"title": "終了日", "kind": "date"}},
            "columns": {
                "kind": {"title": "種類"},
                "received": {"title": "件数", "kind": "integer", "unit": "件"},
                "online": {"title": "うち電子", "kind": "integer", "unit": "件"},
                "rate": {"title": "割合", "kind": "number", "unit": "%"},
                "amount": {"title": "金額", "kind": "yen"},
            },
            "key": ["kind"],
            "reads": ["applications"],
            "publish": publish,
            "sql": "",
        }
    )


PUBLISH = {
    "decision": "案",
    "unit": "件(申請)",
    "count": "received",
    "parts": {"received": ["online"]},
    "measure": "申請",
}


def an_answer(
    *rows: tuple[Any, ...], publish: dict[str, Any] | None = PUBLISH, since: dt.date = APRIL, until: dt.date = JULY
) -> Result:
    params = {"since": since, "until": until - dt.timedelta(days=1)}
    return Result(a_question(publish), list(rows), params, "t:1", until, None)


def seen(*answers: Result, **more: Any) -> list[list[tuple[Any, ...]]]:
    tables = publishable(answers, more.pop("earlier", ()), T, **more)
    return [[tuple(cell.sign or cell.value for cell in row) for row in table.rows] for table in tables]


# --- one table ----------------------------------------------------------------------------------------------------


def test_a_small_count_takes_what_is_made_of_it_along() -> None:
    assert seen(an_answer(("一", 120, 60, 50.0, 9000), ("二", 9, 0, 0.0, 700), ("三", 0, 0, None, 0))) == [
        [("一", 120, 60, 50.0, 9000), ("二", HIDDEN, 0, HIDDEN, HIDDEN), ("三", 0, 0, NONE, 0)]
    ]


def test_the_threshold_itself_is_shown() -> None:
    assert seen(an_answer(("一", 10, 0, 0.0, 1))) == [[("一", 10, 0, 0.0, 1)]]


def test_a_part_that_leaves_a_small_rest_is_hidden() -> None:
    """97 of 100 online says that 3 were not."""
    assert seen(an_answer(("一", 100, 97, 97.0, 1))) == [[("一", 100, HIDDEN, HIDDEN, HIDDEN)]]


def test_what_is_unknown_is_no_zero() -> None:
    assert seen(an_answer(("一", None, None, None, None))) == [[("一", UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN)]]


def test_a_question_is_only_ever_stricter_than_the_ward() -> None:
    stricter, laxer = ({**PUBLISH, "threshold": threshold} for threshold in (20, 3))
    assert seen(an_answer(("一", 15, 0, 0.0, 1), publish=stricter)) == [[("一", HIDDEN, 0, HIDDEN, HIDDEN)]]
    assert seen(an_answer(("一", 9, 0, 0.0, 1), publish=laxer)) == [[("一", HIDDEN, 0, HIDDEN, HIDDEN)]]


def test_without_a_decision_nothing_leaves() -> None:
    with pytest.raises(NotPermitted, match="公表の決定がありません"):
        seen(an_answer(publish=None))


def test_nothing_is_hidden_of_what_counts_nobody() -> None:
    nobody = {"decision": "案", "unit": "なし", "reason": "手続の数"}
    assert seen(an_answer(("一", 3, 1, 33.3, 5), publish=nobody)) == [[("一", 3, 1, 33.3, 5)]]


# --- several tables -----------------------------------------------------------------------------------------------


def place(first: dt.date, end: dt.date, kind: str = "") -> Place:
    return Place("申請", frozenset({("kind", kind)}) if kind else frozenset(), first, end)


def hidden(*releases: Release, net: bool = False) -> list[str]:
    """The values of the newest release that are hidden, in its order."""
    numbers = Numbers(releases, T, net=net)
    found = hide(numbers.sums)
    assert list(weaknesses(numbers.sums, found)) == []
    return [f"{c.value}" for c in releases[-1].counts if numbers.at(c.place) in found]


def test_the_total_of_another_table_does_not_tell() -> None:
    total = Count(place(APRIL, JULY), 153)
    kinds = [Count(place(APRIL, JULY, kind), value) for kind, value in (("一", 3), ("二", 50), ("三", 100))]
    assert hidden(Release((total, *kinds))) == ["3", "50"]
    assert hidden(Release(tuple(kinds))) == ["3"]


def test_two_small_counts_whose_sum_tells_too_much_take_a_third() -> None:
    """9 + 9 = 18: both are exactly 9 to who knows the sign, so a third one has to go."""
    kinds = [Count(place(APRIL, JULY, kind), value) for kind, value in (("一", 1), ("二", 1), ("三", 30))]
    assert hidden(Release((Count(place(APRIL, JULY), 32), *kinds))) == ["1", "1", "30"]


def test_what_only_hides_another_is_uncertain_itself() -> None:
    """Rows 9 0 | 39 - 30 and so on: with 9, 0, 12 and 15 hidden, the 0 would be known to be between 0 and 9."""
    shown = [Cell(value, Standing.SHOWN) for value in (39, 27, 21, 15, 30)]
    cells = (*(Cell(value) for value in (9, 0, 30, 12, 15, 0)), *shown)
    rows = ({0: 1, 1: 1, 2: 1, 6: -1}, {3: 1, 4: 1, 5: 1, 7: -1})
    columns = ({0: 1, 3: 1, 8: -1}, {1: 1, 4: 1, 9: -1}, {2: 1, 5: 1, 10: -1})
    sums = Sums(cells, (*rows, *columns), T)
    assert [weak.cell for weak in weaknesses(sums, frozenset({0, 1, 3, 4}))] == [1, 3, 4]
    assert hide(sums) == frozenset(range(6))


def test_days_add_up_to_the_whole() -> None:
    months = [place(dt.date(2026, month, 1), dt.date(2026, month + 1, 1)) for month in (4, 5, 6)]
    counts = tuple(Count(each, value) for each, value in zip(months, (4, 40, 60), strict=True))
    assert hidden(Release((*counts, Count(place(APRIL, JULY), 104)))) == ["4", "40"]


def test_tables_that_contradict_each_other_are_not_published() -> None:
    one, other = Count(place(APRIL, JULY), 20), Count(place(APRIL, JULY), 21)
    with pytest.raises(AnswerBroken, match="表によって 20 と 21"):
        Numbers([Release((one, other))], T)
    with pytest.raises(AnswerBroken, match="全体より 5 大きく"):
        Numbers([Release((one, Count(place(APRIL, JULY, "一"), 25)))], T)
    with pytest.raises(AnswerBroken, match="負の数"):
        Numbers([Release((Count(place(APRIL, JULY), -1),))], T)


def test_a_whole_of_other_counts_is_one() -> None:
    counts = tuple(Count(Place(name, frozenset(), APRIL, JULY), value) for name, value in (("全", 50), ("電", 47)))
    assert hidden(Release(counts, (Whole("全", ("電",)),))) == ["47"]
    assert hidden(Release(counts)) == []


def test_few_cancellations_do_not_tell_of_themselves() -> None:
    """Net of cancellations, a count and what a whole leaves can be less than 0, and small all the same."""
    pair = tuple(Count(Place(name, frozenset(), APRIL, JULY), value) for name, value in (("全", 50), ("電", 51)))
    within = (Whole("全", ("電",)),)
    assert hidden(Release(pair, within), net=True) == ["51"]
    with pytest.raises(AnswerBroken, match="全体より 1 大きく"):
        hidden(Release(pair, within))

    months = [place(dt.date(2026, month, 1), dt.date(2026, month + 1, 1)) for month in (4, 5, 6)]
    cancelled = tuple(Count(each, value) for each, value in zip(months, (-3, 40, 60), strict=True))
    assert hidden(Release((*cancelled, Count(place(APRIL, JULY), 97))), net=True) == ["-3", "40"]
    many = tuple(Count(each, value) for each, value in zip(months, (-30, 40, 60), strict=True))
    assert hidden(Release((*many, Count(place(APRIL, JULY), 70))), net=True) == []


@pytest.mark.parametrize("seed", range(6))
def test_the_solver_finds_what_trying_everything_finds_below_zero(seed: int) -> None:
    rnd = random.Random(seed)
    values = [rnd.randint(-3, 4) for _ in range(3)]
    sums = Sums((*map(Cell, values), Cell(sum(values))), ({0: 1, 1: 1, 2: 1, 3: -1},), 3)
    least = [min(0, value - 3) if value < 0 else 0 for value in values]
    fitting = [
        tried
        for tried in itertools.product(*(range(low, 25) for low in least))
        if sum(tried) == sum(values) and max(tried) <= Attacker(sums, frozenset({0, 1, 2})).most
    ]
    attacker = Attacker(sums, frozenset({0, 1, 2}))
    for at in range(3):
        assert attacker.range(at) == Range(min(t[at] for t in fitting), max(t[at] for t in fitting))


# --- earlier releases ---------------------------------------------------------------------------------------------


def test_the_difference_of_two_cumulative_tables_does_not_tell() -> None:
    """20 until June and 23 until September say that 3 came in between."""
    then = Release((Count(place(APRIL, JULY, "一"), 20, Standing.SHOWN),))
    again = Count(place(APRIL, JULY, "一"), 20, Standing.UNPUBLISHED)
    assert hidden(then, Release((Count(place(APRIL, OCTOBER, "一"), 23), again))) == ["23"]
    assert hidden(Release((Count(place(APRIL, OCTOBER, "一"), 23),))) == ["23"][:0]


def test_a_whole_told_before_does_not_tell_a_month_of_it() -> None:
    """20 until June stands in an earlier pack, so 17 in May would say that 3 came in April."""
    then = Release((Count(place(APRIL, JULY, "一"), 20, Standing.SHOWN),))
    months = [place(dt.date(2026, month, 1), dt.date(2026, month + 1, 1), "一") for month in (4, 5, 6)]
    counts = tuple(Count(each, value) for each, value in zip(months, (3, 17, 0), strict=True))
    again = Count(place(APRIL, JULY, "一"), 20, Standing.UNPUBLISHED)
    assert hidden(then, Release((*counts, again))) == ["3", "17"]
    assert hidden(Release(counts)) == ["3"]


def test_what_was_hidden_stays_hidden_as_long_as_it_is_the_same() -> None:
    then = Release((Count(place(APRIL, JULY, "二"), 50, Standing.HIDDEN),))
    assert hidden(then, Release((Count(place(APRIL, JULY, "二"), 50),))) == ["50"]
    assert hidden(then, Release((Count(place(APRIL, JULY, "二"), 51),))) == []


def test_what_was_told_before_cannot_be_hidden_any_more() -> None:
    """Somebody published the total and the rest in two packs before; the small part then cannot be saved."""
    then = Release((Count(place(APRIL, JULY), 53, Standing.SHOWN), Count(place(APRIL, JULY, "二"), 50, Standing.SHOWN)))
    with pytest.raises(DisclosureRefused, match="伏せても守れません"):
        hidden(then, Release((Count(place(APRIL, JULY, "一"), 3), Count(place(APRIL, JULY), 53))))


def test_answers_of_an_earlier_release_are_reckoned_with() -> None:
    plain = {**PUBLISH, "columns": ["kind", "received"], "parts": {}}
    first = an_answer(("一", 20, 0, 0.0, 1), publish=plain)
    second = an_answer(("一", 23, 0, 0.0, 1), publish=plain, until=OCTOBER)
    assert seen(second) == [[("一", 23)]]
    assert seen(second, earlier=[Released((first,), (frozenset(),))], again=[first]) == [[("一", HIDDEN)]]


def test_what_was_hidden_at_a_snapshot_that_is_no_more_stays_hidden_and_the_rest_is_known() -> None:
    plain = {**PUBLISH, "columns": ["kind", "received"], "parts": {}}
    rows = (("一", None, 0, 0.0, 1), ("二", 20, 0, 0.0, 1))
    past = Released((an_answer(*rows, publish=plain),), (frozenset({(0, "received")}),))
    now = an_answer(("一", 50, 0, 0.0, 1), ("二", 30, 0, 0.0, 1), publish=plain)
    assert seen(now) == [[("一", 50), ("二", 30)]]
    assert seen(now, earlier=[past]) == [[("一", HIDDEN), ("二", 30)]]
    later = an_answer(("二", 23, 0, 0.0, 1), publish=plain, until=OCTOBER)
    assert seen(later) == [[("二", 23)]]
    same = an_answer(("二", 20, 0, 0.0, 1), publish=plain)
    assert seen(later, earlier=[past], again=[same]) == [[("二", HIDDEN)]]


# --- the proof itself ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(12))
def test_the_solver_finds_what_trying_everything_finds(seed: int) -> None:
    rnd = random.Random(seed)
    values = [rnd.randint(0, 4) for _ in range(4)]
    cells = [Cell(value) for value in (*values, values[0] + values[1], values[1] + values[2] + values[3])]
    sums = Sums(tuple(cells), ({0: 1, 1: 1, 4: -1}, {1: 1, 2: 1, 3: 1, 5: -1}), 3)
    hidden = frozenset(at for at in range(4) if rnd.random() < 0.8)
    fitting = [
        tried
        for tried in itertools.product(range(13), repeat=4)
        if all(tried[at] == values[at] for at in range(4) if at not in hidden)
        and (tried[0] + tried[1], tried[1] + tried[2] + tried[3]) == (cells[4].value, cells[5].value)
    ]
    attacker = Attacker(sums, hidden)
    for at in hidden:
        assert attacker.range(at) == Range(min(t[at] for t in fitting), max(t[at] for t in fitting))


def test_random_wards_keep_what_they_hide() -> None:
    """Few here; `make attack` runs 500 wards of eight releases."""
    assert [attack(seed, 4).findings for seed in (2, 5, 8)] == [[], [], []]


def test_the_attack_succeeds_where_only_small_counts_are_hidden() -> None:
    assert attack(8, 3, protect=False).findings != []


# --- the declaration ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"parts": {}}, "online counts, so name it in parts"),
        ({"parts": {}, "columns": ["kind", "received", "rate"]}, "rate needs both its counts beside it"),
        ({"columns": ["received", "online"]}, r"publish.columns leaves out \['kind'\]"),
        ({"columns": ["kind", "online"]}, r"publish.columns leaves out \['received'\]"),
        ({"previous": "before"}, r"publish names no column: \['before'\]"),
        ({"definition": {"denominators": "なし"}}, "names no part of a definition"),
        ({"unit": "なし"}, "unit なし needs its reason"),
        ({"count": None}, "a protected unit needs its count column"),
    ],
)
def test_a_decision_that_would_let_something_out_is_refused(change: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        a_question({**PUBLISH, **change})


def test_every_shipped_decision_says_that_it_is_a_proposal() -> None:
    decisions = {question.publish.decision for question in read_questions().values() if question.publish}
    assert decisions == {"案（区の決定待ち）［仮定］"}
