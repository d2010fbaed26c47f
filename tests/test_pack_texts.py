"""The sentences of a pack: people change the words, never what they count; why it is so comes from the data."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from dx_data.disclosure.public import HIDDEN, Released, publishable
from dx_data.errors import WrongUsage
from dx_data.pack import forms, texts
from dx_data.pack.content import Pack
from dx_data.publication import edited
from dx_data.spec import Publish
from tests.test_charts import COUNT, result
from tests.test_disclosure import PUBLISH, an_answer
from tests.test_pack import a_pack

SAID = "件数は、一の1,200件がいちばん大きく、二の50件がいちばん小さい値です。"


@pytest.fixture
def pack() -> Pack:
    return a_pack(*publishable([an_answer(("一", 1200, 60, 5.0, 9000), ("二", 50, 0, 0.0, 700))], (), 10))


def changed(pack: Pack, sentence: str) -> dict[str, tuple[str, ...]]:
    return texts.edits(texts.proposed(pack).replace(SAID, sentence), pack)


def test_what_nobody_changed_is_no_edit(pack: Pack) -> None:
    (table,) = pack.tables
    assert table.generated() == [SAID]
    assert texts.edits(texts.proposed(pack), pack) == {}
    assert texts.edits("\ufeff" + texts.proposed(pack).replace("\n", "\r\n"), pack) == {}


def test_words_may_change_and_stand_in_every_form(pack: Pack) -> None:
    own = "一は１２００件で、もっとも多い区分です。"
    found = changed(pack, own)
    assert found == {"by_kind": (own,)}
    again = edited(pack, found)
    assert again.tables[0].words() == [own, "理由：（理由を記入）"]
    assert again.tables[0].public.rows == pack.tables[0].public.rows
    assert own in forms.files(again, ["html"])["index.html"].decode()
    assert again.digest != pack.digest


@pytest.mark.parametrize(
    ("sentence", "why"),
    [
        ("一の1,300件がいちばん大きい値です。", "数値『1300』は、元の文にありません"),
        ("一の1,200件は、二の二十四倍です。", "数値『二十四』は、元の文にありません"),
        ("一の1,200件がいちばん大きく、半年で増えました。", "『増』は、元の文にありません"),
        ("二の1,200件がいちばん大きい値です。", "『1200』は、『二』の数値として元の文にありません"),
        ("一の1,200件がいちばん小さい値です。", "『1200』は、『一』の数値として元の文にありません"),
        ("ぜんぶで1,200件でした。", "『1200』は、何の数値かが書かれていません"),
        ("理由：引っ越しの時期のため。", "理由は「図表の説明」のデータに"),
        ("問い合わせは03-3695-1111へ。", "らしいものがあります"),
        ("あ" * 401, "400文字を超えています"),
    ],
)
def test_what_an_edit_may_not_say_is_named(pack: Pack, sentence: str, why: str) -> None:
    with pytest.raises(WrongUsage) as refused:
        changed(pack, sentence)
    assert why in str(refused.value)


HEADLINE = {
    "as_of": {"title": "基準日", "kind": "date"},
    "received": {"title": "申請件数", **COUNT},
    "previous": {"title": "前年同期の申請件数", **COUNT},
    "rate": {"title": "件数比率", "kind": "number", "unit": "%"},
}


def a_headline(received: int, previous: int, rate: float) -> Pack:
    """One row of key figures, counted from April to September."""
    row = (dt.date(2026, 9, 30), received, previous, rate)
    publish = {**PUBLISH, "previous": "previous", "parts": {}}
    answer = result("主な数値（件数、2026年9月30日まで）", HEADLINE, "as_of", [row])
    question = answer.question.model_copy(update={"publish": Publish.model_validate(publish)})
    params = {"since": dt.date(2026, 4, 1), "as_of": dt.date(2026, 9, 30)}
    return a_pack(*publishable([replace(answer, question=question, params=params)], (), 10))


COUNTED = [
    "数えた期間は、2026年4月1日(水)から2026年9月30日(水)までです。",
    "申請件数は20,092件です。",
    "申請件数は、前年同期より1,333件増えました。",
    "件数比率は51.0%です。",
]


def test_a_headline_says_from_when_it_counts_and_compares_beside_the_count() -> None:
    (more,), (same,) = a_headline(20_092, 18_759, 51.0).tables, a_headline(31, 31, 51.0).tables
    assert more.generated() == COUNTED
    assert same.generated()[2] == "申請件数は、前年同期と同じです。"


def test_a_number_stays_with_what_it_is_of_in_a_headline() -> None:
    pack = a_headline(20_092, 18_759, 51.0)

    def edit(*sentences: str) -> dict[str, tuple[str, ...]]:
        return texts.edits("\n".join(["■ q　主な数値", *sentences]), pack)

    free = "4月から9月までの申請件数は20,092件で、前年同期より1,333件増えました。比率は順調です。"
    assert edit(free) == {"q": (free,)}
    for wrong, of in (
        ("件数比率は20,092%です。", "件数比率"),
        ("前年同期の申請件数は20,092件です。", "前年同期の申請件数"),
        ("申請件数は51.0%増えました。", "申請件数"),
        ("申請件数は20,092件増えました。", "申請件数"),
    ):
        with pytest.raises(WrongUsage, match=f"『{of}』の数値として元の文にありません"):
            edit(wrong)


def test_what_is_hidden_may_be_less_than_the_least_that_is_shown() -> None:
    rows = ("一", 120, 60, 50.0, 9000), ("二", 50, 0, 0.0, 700), ("三", 7, 0, 0.0, 700), ("四", 3, 0, 0.0, 700)
    (table,) = a_pack(*publishable([an_answer(*rows)], (), 10)).tables
    assert table.generated() == [
        "件数は、伏せていない値のうち、一の120件がいちばん大きく、二の50件がいちばん小さい値です。",
        "少ない件数は伏せています（x）。",
    ]


def test_the_public_is_not_asked_for_the_reason(pack: Pack) -> None:
    assert pack.tables[0].words() == [SAID, "理由：（理由を記入）"]
    assert pack.as_issued().tables[0].words() == [SAID]


def test_the_figure_shows_what_the_question_declares(pack: Pack) -> None:
    (table,) = pack.tables
    result = table.public.result
    declared = replace(result, question=result.question.model_copy(update={"figure": "amount"}))
    shown = replace(table, public=replace(table.public, result=declared))
    assert (table.measured, shown.measured) == (table.columns[1], table.columns[4])
    assert shown.generated() == ["金額は、一の9,000円がいちばん大きく、二の700円がいちばん小さい値です。"]


def test_an_edit_of_a_table_that_is_not_there_is_refused(pack: Pack) -> None:
    with pytest.raises(WrongUsage, match="『by_sort』という表は、この資料にありません"):
        texts.edits(texts.proposed(pack).replace("■ by_kind", "■ by_sort"), pack)


def test_a_hidden_figure_cannot_be_told_in_words() -> None:
    pack = a_pack(*publishable([an_answer(("一", 120, 60, 50.0, 9000), ("二", 7, 0, 0.0, 700))], (), 10))
    told = texts.proposed(pack).replace("少ない件数は伏せています（x）。", "二は7件です。")
    with pytest.raises(WrongUsage, match="数値『7』は、元の文にありません"):
        texts.edits(told, pack)


def test_the_reason_is_what_a_person_wrote_for_publication(pack: Pack) -> None:
    (section,) = pack.sections
    table = replace(section.tables[0], reason="引っ越しの時期に増えました。")
    assert table.words() == [SAID, "理由：引っ越しの時期に増えました。"]
    told = replace(pack, sections=(replace(section, tables=(table,)),))
    assert "# 理由：引っ越しの時期に増えました。" in texts.proposed(told)
    assert texts.edits(texts.proposed(told), told) == {}


# --- exceptions from hiding -----------------------------------------------------------------------------------------


def test_an_excepted_figure_is_shown_and_hides_nothing_else() -> None:
    rows = ("一", 120, 60, 50.0, 9000), ("二", 7, 0, 0.0, 700), ("三", 5, 0, 0.0, 500)
    answer = an_answer(*rows)
    (public,) = publishable([answer], (), 10, excepted=[frozenset({(1, "received")})])
    assert [tuple(cell.sign or cell.value for cell in row) for row in public.rows] == [
        ("一", 120, 60, 50.0, 9000),
        ("二", 7, 0, 0.0, 700),
        ("三", HIDDEN, 0, HIDDEN, HIDDEN),
    ]


def test_what_was_excepted_once_stays_shown_in_the_next_release() -> None:
    answer = an_answer(("一", 120, 60, 50.0, 9000), ("二", 7, 0, 0.0, 700))
    (public,) = publishable([answer], [Released((answer,), (frozenset(),))], 10, [answer])
    assert public.hidden == frozenset()
