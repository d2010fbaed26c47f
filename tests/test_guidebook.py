"""Every figure and card of every page keeps the guidebook's seventeen testable rules, and breaking one is noticed."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests import screens
from tests.guidebook import RULES, Card, Figure, Seen, faults, report, seen


@pytest.fixture(scope="module")
def pages(lakes: Path) -> list[Seen]:
    """Every page of the small demo, as it is drawn."""
    return [seen(stem, screens.unfolded(screens.page(stem))) for stem in screens.STEMS]


def test_every_page_keeps_all_rules(pages: list[Seen]) -> None:
    kept, broken = report(pages)
    assert broken == []
    print(f"ガイドブックの確かめられる規則: {kept}")  # the run's own line, with -s
    assert kept == "17 of 17"


def test_the_pages_have_what_the_rules_speak_of(pages: list[Seen]) -> None:
    """Rules about lines, bars, several series and filters would hold on empty pages, too."""
    figures = [figure for page in pages for _, figure in page.figures]
    assert [figure for figure in figures if figure.lines]
    assert [figure for figure in figures if len(figure.bars) > 1]
    assert [figure for figure in figures if len(figure.traces) > 1 and figure.lines]
    assert [page.name for page in pages if page.cards and not isinstance(page.parts[0], Card)]


# --- one break a rule -----------------------------------------------------------------------------

Break = Callable[[Seen], Seen]


def in_card(change: Callable[[Card], Card], which: Callable[[Card], bool] = lambda _: True) -> Break:
    def changed(page: Seen) -> Seen:
        card = next(card for card in page.cards if which(card))
        return replace(page, parts=tuple(change(card) if part is card else part for part in page.parts))

    return changed


def in_figure(change: Callable[[dict[str, Any]], None], kind: str) -> Break:
    """The first figure of a kind, drawn otherwise."""

    def other(card: Card) -> Card:
        spec = copy.deepcopy(card.figures[0].spec)
        change(spec)
        return replace(card, figures=(Figure(spec, card.figures[0].alt), *card.figures[1:]))

    return in_card(other, lambda card: bool(card.figures) and bool(getattr(card.figures[0], kind)))


def without(word: str) -> Break:
    return in_card(lambda card: replace(card, markup=re.sub(rf"<dt>{word}</dt><dd>.*?</dd>", "", card.markup)))


def without_kind(page: Seen, kind: str) -> Seen:
    def other(part: str | Card) -> str | Card:
        return replace(part, kinds=tuple(k for k in part.kinds if k != kind)) if isinstance(part, Card) else part

    return replace(page, parts=tuple(map(other, page.parts)))


def cut_axis(spec: dict[str, Any]) -> None:
    spec["layout"]["xaxis"]["range"] = [10, 20]


def repaint(colours: tuple[str, ...]) -> Callable[[dict[str, Any]], None]:
    def painted(spec: dict[str, Any]) -> None:
        first = spec["data"][0]
        spec["data"] = [copy.deepcopy(first) | {"name": f"系列{at}"} for at, _ in enumerate(colours)]
        for at, (trace, colour) in enumerate(zip(spec["data"], colours, strict=True)):
            trace["marker"] = {"color": colour, "pattern": {"shape": "/.x-\\|+"[at]}}

    return painted


def names_in_order(spec: dict[str, Any]) -> None:
    spec["data"] = spec["data"][:1]
    spec["data"][0].update({"x": [1, 5, 2, 4], "y": [0, 1, 2, 3]})
    spec["layout"]["yaxis"]["ticktext"] = ["あさ", "いと", "うみ", "えき"]


BREAKS: dict[str, tuple[int, Break]] = {
    "no headline figures": (5, lambda page: replace(page, parts=page.parts[-1:])),
    "a filter below all cards": (6, lambda page: replace(page, parts=(*page.parts, "selectbox"))),
    "details only": (8, lambda page: without_kind(page, "metric")),
    "a line over categories": (9, in_figure(lambda spec: spec["layout"]["xaxis"].update(type="category"), "lines")),
    "months as bars": (10, in_figure(lambda spec: spec["layout"]["yaxis"].update(type="date"), "bars")),
    "an area": (11, in_figure(lambda spec: spec["data"][0].update(fill="tozeroy"), "lines")),
    "a pie": (11, in_figure(lambda spec: spec["data"][0].update(type="pie"), "lines")),
    "in order of names": (13, in_figure(names_in_order, "bars")),
    "a cut axis": (14, in_figure(cut_axis, "bars")),
    "bars on a base": (14, in_figure(lambda spec: spec["data"][0].update(base=3), "bars")),
    "a picture behind": (15, in_figure(lambda spec: spec["layout"].update(images=[{"source": "x"}]), "bars")),
    "six colours": (
        16,
        in_figure(repaint(("#000060", "#3460FB", "#A58000", "#666666", "#0017C1", "#1A1A1A")), "bars"),
    ),
    "no names at the lines": (
        17,
        in_figure(lambda spec: spec["data"].append(copy.deepcopy(spec["data"][0]) | {"name": "別の系列"}), "lines"),
    ),
    "a title without its period": (19, in_card(lambda card: replace(card, title="電子申請"))),
    "no definition": (23, without("注")),
    "no day it speaks of": (24, without("いつ時点")),
    "no day of loading": (24, without("更新日")),
    "no source": (24, without("出典")),
    "pale marks": (26, in_figure(repaint(("#C5D7FB",)), "bars")),
    "a pair that some eyes cannot tell apart": (26, in_figure(repaint(("#C74700", "#A58000")), "bars")),
    "told apart by colour alone": (
        27,
        in_figure(
            lambda spec: spec["data"].append(
                copy.deepcopy(spec["data"][0]) | {"marker": {**spec["data"][0]["marker"], "color": "#A58000"}}
            ),
            "lines",
        ),
    ),
    "no words for the figure": (
        28,
        in_card(
            lambda card: replace(card, figures=(replace(card.figures[0], alt=""),)), lambda card: bool(card.figures)
        ),
    ),
    "words heard only": (
        28,
        in_card(
            lambda card: replace(card, figures=(replace(card.figures[0], alt="別の" * 60),)),
            lambda card: bool(card.figures),
        ),
    ),
    "no file": (28, lambda page: without_kind(page, "download_button")),
    "no table": (28, in_card(lambda card: replace(card, markup=card.markup.replace("<table", "<div")))),
}


@pytest.mark.parametrize("name", BREAKS)
def test_breaking_a_rule_is_noticed(pages: list[Seen], name: str) -> None:
    rule, break_it = BREAKS[name]
    page = next(page for page in pages if page.name == "procedures")
    assert faults(page)[rule] == []
    assert faults(break_it(page))[rule] != []


def test_every_rule_is_broken_once() -> None:
    assert sorted({rule for rule, _ in BREAKS.values()}) == sorted(RULES)
