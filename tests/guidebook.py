"""Checks a page as a person sees it against the guidebook's seventeen testable rules, by their numbers.

`seen(at)` reads what a run of a page drew (`AppTest`): its filters, its cards, the figures in them as the browser gets
them. `faults(page)` says for every rule what breaks it. The rules are those marked **T** in the ward's copy of the
Digital Agency's 「ダッシュボードデザインの実践ガイドブック」 v02.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from streamlit.testing.v1 import AppTest

from dx_data.charts.reading import TITLE
from tests.colours import GRAPHIC, LEAST_DISTANCE, TEXT, contrast, worst
from tests.screens import everything

FILTERS = frozenset({"selectbox", "multiselect", "radio", "date_input", "segmented_control", "toggle"})
MOST_COLOURS = 5
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
_TAGS = re.compile(r"<[^>]+>")


@dataclass(frozen=True)
class Figure:
    """One Plotly figure as the browser gets it, and its text alternative."""

    spec: dict[str, Any]
    alt: str

    @property
    def traces(self) -> list[dict[str, Any]]:
        """What is drawn."""
        return list(self.spec["data"])

    @property
    def layout(self) -> dict[str, Any]:
        """How it is laid out."""
        return dict(self.spec["layout"])

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The traces that are lines or their markers."""
        return [trace for trace in self.traces if trace["type"] == "scatter"]

    @property
    def bars(self) -> list[dict[str, Any]]:
        """The traces that are bars."""
        return [trace for trace in self.traces if trace["type"] == "bar"]

    def values(self, bar: dict[str, Any]) -> list[Any]:
        """How long the bars are."""
        return list(bar["x"] if bar.get("orientation") == "h" else bar["y"])

    def axis(self, name: str) -> dict[str, Any]:
        """An axis, the template's settings below its own."""
        return self.layout["template"]["layout"].get(name, {}) | self.layout.get(name, {})

    @property
    def names(self) -> dict[str, Any]:
        """The axis of the bars' names."""
        return self.axis("yaxis" if self.bars[0].get("orientation") == "h" else "xaxis")

    @property
    def lengths(self) -> dict[str, Any]:
        """The axis of the bars' values."""
        return self.axis("xaxis" if self.bars[0].get("orientation") == "h" else "yaxis")

    @property
    def colours(self) -> list[str]:
        """The different colours of its marks, in the order of the traces."""
        return list(dict.fromkeys(_colour(trace) for trace in self.traces))

    @property
    def written(self) -> str:
        """What stands in it: notes, ticks, legend."""
        notes = [note.get("text", "") for note in self.layout.get("annotations", [])]
        return _TAGS.sub("", " ".join(notes))


def _colour(trace: dict[str, Any]) -> str:
    return str(trace.get("marker", {}).get("color") or trace.get("line", {}).get("color"))


@dataclass(frozen=True)
class Card:
    """One card: its heading, what kinds of things stand in it, its figures, its markup."""

    title: str
    kinds: tuple[str, ...]
    figures: tuple[Figure, ...]
    markup: str


@dataclass(frozen=True)
class Seen:
    """A page from top to bottom: names of filters and cards in their order, a card as itself."""

    name: str
    parts: tuple[str | Card, ...] = field(default=())

    @property
    def cards(self) -> list[Card]:
        """The page's cards that hold an answer."""
        return [part for part in self.parts if isinstance(part, Card) and "expander" in part.kinds]

    @property
    def figures(self) -> list[tuple[Card, Figure]]:
        """Every figure with its card."""
        return [(card, figure) for card in self.cards for figure in card.figures]


def seen(name: str, at: AppTest) -> Seen:
    """What a run of a page drew."""
    return Seen(name, tuple(_parts(at.main)))


def _parts(block: Any) -> Iterator[str | Card]:
    for child in block.children.values():
        if "-card_" in getattr(getattr(child, "proto", None), "id", ""):
            yield _card(child)
        elif child.type in FILTERS:
            yield str(child.type)
        elif hasattr(child, "children"):
            yield from _parts(child)


def _card(block: Any) -> Card:
    inside = list(everything(block))
    return Card(
        title=next(element.value for element in inside if element.type in {"header", "subheader"}),
        kinds=tuple(element.type for element in inside),
        figures=tuple(
            Figure(json.loads(element.proto.spec), element.proto.alt)
            for element in inside
            if element.type == "plotly_chart"
        ),
        markup=" ".join(element.proto.body for element in inside if element.type == "html"),
    )


# --- the rules: each says what breaks it on a page ---------------------------------------------------


# A page of lists to search (探索型), not one that presents (提示型).
SEARCHED = frozenset({"exploration", "health"})


def _first_is_a_row_of_figures(page: Seen) -> Iterator[str]:
    if page.name in SEARCHED:
        return
    first = page.cards[0] if page.cards else None
    if first and "metric" not in first.kinds:
        yield f"はじめのカード『{first.title}』に主な数値がありません"


def _filters_come_before_what_they_change(page: Seen) -> Iterator[str]:
    if page.cards and not isinstance(page.parts[-1], Card):
        yield "最後の絞り込みの後に、変わるものがありません"


def _whole_and_detail(page: Seen) -> Iterator[str]:
    kinds = {kind for card in page.cards for kind in card.kinds}
    if page.cards and "metric" not in kinds and page.name not in SEARCHED:
        yield "全体を示す数値がありません"
    if page.cards and not any("<table" in card.markup for card in page.cards):
        yield "内訳を示す表がありません"


def _lines_are_over_time(page: Seen) -> Iterator[str]:
    for card, figure in page.figures:
        if figure.lines and figure.axis("xaxis").get("type") != "date":
            yield f"{card.title}: 折れ線の横軸が時間ではありません"


def _time_is_a_line(page: Seen) -> Iterator[str]:
    for card, figure in page.figures:
        if figure.bars and "date" in {figure.axis("xaxis").get("type"), figure.axis("yaxis").get("type")}:
            yield f"{card.title}: 時間の比較が棒です"


def _no_areas(page: Seen) -> Iterator[str]:
    for card, figure in page.figures:
        if any(trace.get("fill", "none") != "none" or trace.get("stackgroup") for trace in figure.traces):
            yield f"{card.title}: 面で塗られています"
        if other := {trace["type"] for trace in figure.traces} - {"scatter", "bar"}:
            yield f"{card.title}: 折れ線でも棒でもない図です（{'・'.join(sorted(other))}）"


def _order_has_a_meaning(page: Seen) -> Iterator[str]:
    for card, figure in page.figures:
        names = [_TAGS.sub("", str(text)) for text in figure.names.get("ticktext", ())] if figure.bars else []
        accidental = len(names) > 3 and names == sorted(names) and not any(re.match(r"\d", name) for name in names)
        sums = [sum(v or 0 for v in at) for at in zip(*map(figure.values, figure.bars), strict=False)]
        if accidental and sums != sorted(sums, reverse=True):
            yield f"{card.title}: 項目が名前の順に並んでいます"


def _bars_begin_at_zero(page: Seen) -> Iterator[str]:
    for card, figure in page.figures:
        if figure.bars:
            low, high = figure.lengths.get("range") or (None, None)
            if low is None or high is None or not low <= 0 <= high:
                yield f"{card.title}: 棒が0から始まりません"
            if any(bar.get("base") for bar in figure.bars):
                yield f"{card.title}: 棒の根もとが0ではありません"


def _no_ornaments(page: Seen) -> Iterator[str]:
    for card, figure in page.figures:
        if figure.layout.get("images") or any("3d" in t["type"] or t["type"] == "surface" for t in figure.traces):
            yield f"{card.title}: 立体や絵があります"
        if "shadow" in json.dumps(figure.spec):
            yield f"{card.title}: 影があります"


def _few_colours(page: Seen) -> Iterator[str]:
    for card, figure in page.figures:
        if len(figure.colours) > MOST_COLOURS:
            yield f"{card.title}: 色が{len(figure.colours)}つあります"


def _legend_is_near_and_in_order(page: Seen) -> Iterator[str]:
    for card, figure in page.figures:
        drawn = [t for t in figure.traces if t.get("showlegend", True) and any(v is not None for v in t["y"])]
        named = list(dict.fromkeys(str(t["name"]) for t in drawn))
        if len(named) < 2:
            continue
        shown = figure.layout.get("showlegend")
        if shown and figure.axis("legend").get("traceorder") not in {None, "normal"}:
            yield f"{card.title}: 凡例の順が図と違います"
        labelled = all(name in figure.written for name in named)
        highlighted = bool(figure.bars) and figure.layout.get("barmode") == "overlay"
        if not shown and not labelled and not highlighted:
            yield f"{card.title}: 系列の名前が図のそばにありません"


def _titles_say_subject_kind_and_period(page: Seen) -> Iterator[str]:
    for card in page.cards:
        if TITLE.fullmatch(card.title) is None:
            yield f"題名『{card.title}』が「主題（種類、期間）」の形ではありません"


def _definition_is_at_hand(page: Seen) -> Iterator[str]:
    for card in page.cards:
        if "<dt>注</dt>" not in card.markup or "<summary>" not in card.markup:
            yield f"{card.title}: 定義が読めません"


def _two_dates_and_the_source(page: Seen) -> Iterator[str]:
    for card in page.cards:
        for fact in ("いつ時点", "更新日", "出典"):
            if not re.search(rf"<dt>{fact}</dt><dd>[^<]+</dd>", card.markup):
                yield f"{card.title}: {fact}がありません"


def _contrast(page: Seen) -> Iterator[str]:
    for card, figure in page.figures:
        ground = figure.layout["template"]["layout"]["plot_bgcolor"]
        text = figure.layout["template"]["layout"]["font"]["color"]
        for colour in figure.colours:
            if not _COLOUR.fullmatch(colour) or contrast(colour, ground) < GRAPHIC:
                yield f"{card.title}: {colour} は地の色と見分けにくい色です"
        if contrast(text, ground) < TEXT:
            yield f"{card.title}: 文字の色 {text} が読みにくい色です"
        measured = [colour for colour in figure.colours if _COLOUR.fullmatch(colour)]
        if len(measured) > 1 and worst(measured) < LEAST_DISTANCE:
            yield f"{card.title}: 見分けにくい色の組です（{'・'.join(measured)}）"


def _not_by_colour_alone(page: Seen) -> Iterator[str]:
    for card, figure in page.figures:
        looks: dict[tuple[Any, ...], str] = {}
        for trace in figure.traces:
            marker = trace.get("marker", {})
            shape = marker.get("pattern", {}).get("shape") if trace["type"] == "bar" else str(marker.get("symbol"))
            look = (trace["type"], trace.get("line", {}).get("dash"), shape)
            if looks.setdefault(look, _colour(trace)) != _colour(trace):
                yield f"{card.title}: 色だけで分けた系列があります（{trace['name']}）"


def _words_table_and_file(page: Seen) -> Iterator[str]:
    for card in page.cards:
        if "<table" not in card.markup:
            yield f"{card.title}: 「数値で見る」表がありません"
        if "download_button" not in card.kinds:
            yield f"{card.title}: データを保存できません"
        for figure in card.figures:
            if len(figure.alt) < len(card.title):
                yield f"{card.title}: 図の代わりの文がありません"
            elif figure.alt not in unescape(card.markup):
                yield f"{card.title}: 要約の文が画面にありません"


Rule = Callable[[Seen], Iterator[str]]
RULES: dict[int, Rule] = {
    5: _first_is_a_row_of_figures,
    6: _filters_come_before_what_they_change,
    8: _whole_and_detail,
    9: _lines_are_over_time,
    10: _time_is_a_line,
    11: _no_areas,
    13: _order_has_a_meaning,
    14: _bars_begin_at_zero,
    15: _no_ornaments,
    16: _few_colours,
    17: _legend_is_near_and_in_order,
    19: _titles_say_subject_kind_and_period,
    23: _definition_is_at_hand,
    24: _two_dates_and_the_source,
    26: _contrast,
    27: _not_by_colour_alone,
    28: _words_table_and_file,
}


def faults(page: Seen) -> dict[int, list[str]]:
    """What breaks which rule on the page; every rule is there, most with nothing."""
    return {number: list(rule(page)) for number, rule in RULES.items()}


def report(pages: list[Seen]) -> tuple[str, list[str]]:
    """「N of 17」 for all pages together, and what breaks the others."""
    found = {number: [f"{page.name}: {fault}" for page in pages for fault in faults(page)[number]] for number in RULES}
    kept = sum(not each for each in found.values())
    return f"{kept} of {len(RULES)}", [f"規則{number} {fault}" for number, each in found.items() for fault in each]
