"""What was done against what was to be done: one bullet bar per quantity, each as a share of its own target."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import plotly.graph_objects as go

from dx_data.catalog import Result
from dx_data.charts.drawing import HOVER, Layout, Number, frame, note, nothing, pixels, wrapped
from dx_data.charts.palette import Palette, palette
from dx_data.charts.reading import UNFINISHED, category_column, category_words, column_of, numbers, quantity

BEHIND = "遅れ"

# Pixels, so that names, the least width that plotly leaves to bars, and counts fit into a card on a telephone.
_ROW, _WRAPPED_ROW = 21, 23
_WIDEST_NAME, _LINE = 162, 16  # pixels before a name takes two lines; characters of a line
_GAP = 8
_FARTHEST = 200.0  # per cent; what goes further ends there with a mark, so that one row does not flatten the others
_LEAST = 120.0
_KEY = "■ 実績　┃ いまの目安　┊ 目標"


@dataclass(frozen=True)
class Bullet:
    """One quantity: its name, what was done, what was to be done at least and at most and by now, how it stands."""

    name: str
    unit: str
    actual: Number
    lower: Number
    upper: Number
    pace: Number
    status: str

    @property
    def goal(self) -> Number:
        """What is 100 %: the lower bound, else the upper one; None where there is neither."""
        return self.lower or self.upper or None

    def share(self, value: Number) -> float | None:
        """A value in per cent of the target; None where either is unknown."""
        return None if value is None or not self.goal else 100 * value / self.goal

    @property
    def target(self) -> str:
        """The target in words: 「2～3回」, 「10回」, 「3社以上」, 「60件以内」."""
        if self.lower is None and self.upper is None:
            return "目標なし"
        if self.upper is None:
            return f"{self.lower:,}{self.unit}以上"
        if self.lower is None:
            return f"{self.upper:,}{self.unit}以内"
        return (
            f"{self.lower:,}{self.unit}" if self.lower == self.upper else f"{self.lower:,}～{self.upper:,}{self.unit}"
        )

    @property
    def done(self) -> str:
        """What was done, with its unit."""
        return "記録なし" if self.actual is None else f"{self.actual:,}{self.unit}"

    @property
    def beside(self) -> str:
        """What stands beside the bar: 「7／10件」, with its state where it is behind or not over, or 「記録なし」."""
        if self.actual is None:
            return "記録なし"
        far = "≫" if (self.share(self.actual) or 0) > _FARTHEST else ""
        state = f" {self.status}" if self.status in {BEHIND, UNFINISHED} else ""
        return f"{far}{self.actual:,}／{self.target}{state}"

    @property
    def told(self) -> str:
        """All of it on one line: 「実績 4件、目安 6件、目標 10件、遅れ」."""
        parts = [f"実績 {self.done}", f"目標 {self.target}"]
        if self.pace is not None:
            parts.insert(1, f"目安 {self.pace:,}{self.unit}")
        return "、".join([*parts, *([self.status] if self.status else [])])


def read(result: Result, x: str, y: str, *, lower: str, upper: str, pace: str, unit: str, status: str) -> list[Bullet]:
    """The answer's rows as bullets, in its order. DeclarationError for columns that are not what they are used as."""
    category = category_column(result, x)
    for name in (y, lower, upper, pace):
        quantity(result, name)
    for name in (unit, status):
        column_of(result, name)
    rows = result.records()
    columns = zip(*(numbers(rows, name) for name in (y, lower, upper, pace)), strict=True)
    return [
        Bullet(
            name=category_words(row[x], category),
            unit=_text(row, unit),
            actual=done,
            lower=least,
            upper=most,
            pace=by_now,
            status=_text(row, status),
        )
        for row, (done, least, most, by_now) in zip(rows, columns, strict=True)
    ]


def _text(row: Mapping[str, Any], name: str) -> str:
    return str(row[name] or "")


def bullets(
    result: Result,
    x: str,
    y: str,
    *,
    lower: str,
    upper: str,
    pace: str,
    unit: str,
    status: str,
    part: slice = slice(None),
    dark: bool = False,
    title: bool = False,
) -> Any:
    """Lying bars from zero, each as long as its share of its own target, which is the dashed line at 100 %.

    `pace` is what should be done by now (a short line across the bar). Beside each bar stand the counts and, where the
    quantity is behind or its month not over, that word. `part` draws some of the rows on the scale of all. What has no
    record has no bar.
    """
    every = read(result, x, y, lower=lower, upper=upper, pace=pace, unit=unit, status=status)
    drawn = every[part]
    if not drawn:
        return nothing(result, dark=dark, title=title, unit="%")
    top = min(_FARTHEST, max([_LEAST, *(each.share(each.actual) or 0 for each in every)]))
    colours = palette(dark)
    names = [_name(each.name) for each in drawn]
    row = _WRAPPED_ROW if any("<br>" in name for name in names) else _ROW
    right = _GAP + max(pixels(each.beside) for each in drawn)
    layout: Layout = {
        "annotations": [_key(colours, right), *_beside(drawn, colours)],
        "barmode": "overlay",
        "height": 30 + row * len(drawn),
        "hovermode": "closest",
        "margin": {"t": 24, "b": 4, "r": right},
        "shapes": [*_tracks(drawn, colours), *_paces(drawn, top, colours), _goal_line(len(drawn), colours)],
        "xaxis": {"range": [0, top], "showgrid": False, "showticklabels": False, "zeroline": True},
        "yaxis": {
            "range": [len(drawn) - 0.5, -0.5],
            "showgrid": False,
            "ticklabelstandoff": 6,
            "tickvals": list(range(len(drawn))),
            "ticktext": names,
        },
    }
    return frame(result, _bars(drawn, top, colours), layout, dark=dark, title=title, unit="目標に対する%")


def _name(name: str) -> str:
    """The name, where it is wide on two lines of about equal length."""
    return wrapped(name, min(_LINE, math.ceil(len(name) / 2)) if pixels(name) > _WIDEST_NAME else len(name))


def _bars(drawn: Sequence[Bullet], top: float, colours: Palette) -> list[Any]:
    """Two traces, so that what is behind has another colour and another pattern."""
    traces = []
    for behind, colour, pattern in ((False, colours.signs[0], ""), (True, colours.signs[1], "/")):
        at = [place for place, each in enumerate(drawn) if (each.status == BEHIND) is behind]
        if at:
            shares = [drawn[place].share(drawn[place].actual) for place in at]
            traces.append(
                go.Bar(
                    name=BEHIND if behind else "実績",
                    orientation="h",
                    x=[None if share is None else min(share, top) for share in shares],
                    y=at,
                    width=0.5,
                    marker={
                        "color": colour,
                        "pattern": {
                            "shape": pattern,
                            "fillmode": "overlay",
                            "fgcolor": colours.background,
                            "size": 5,
                            "solidity": 0.2,
                        },
                    },
                    customdata=[f"{escape(drawn[place].name)}<br>{escape(drawn[place].told)}" for place in at],
                    hovertemplate=HOVER,
                )
            )
    return traces


def _key(colours: Palette, margin: int) -> Layout:
    """What the marks are, above the bars; it begins over the names, since the bars alone are too narrow for it."""
    place: Layout = {"xref": "paper", "yref": "paper", "xanchor": "right", "yanchor": "bottom"}
    return note(_KEY, 1, 1, xshift=margin - 4, yshift=4, color=colours.muted, **place)


def _beside(drawn: Sequence[Bullet], colours: Palette) -> list[Layout]:
    edge: Layout = {"xref": "paper", "xanchor": "left", "xshift": 4}
    return [
        note(
            f"<b>{escape(each.beside)}</b>" if each.status == BEHIND else escape(each.beside),
            1,
            at,
            color=colours.muted if each.actual is None else colours.text,
            **edge,
        )
        for at, each in enumerate(drawn)
    ]


def _tracks(drawn: Sequence[Bullet], colours: Palette) -> list[Layout]:
    """The way to the target behind each bar."""
    look: Layout = {"type": "rect", "layer": "below", "fillcolor": colours.grid, "line": {"width": 0}}
    return [
        look | {"x0": 0, "x1": 100, "y0": at - 0.36, "y1": at + 0.36}
        for at, each in enumerate(drawn)
        if each.goal is not None
    ]


def _paces(drawn: Sequence[Bullet], top: float, colours: Palette) -> list[Layout]:
    line: Layout = {"type": "line", "layer": "above", "line": {"color": colours.text, "width": 2}}
    shares = [(at, each.share(each.pace)) for at, each in enumerate(drawn)]
    return [
        line | {"x0": share, "x1": share, "y0": at - 0.42, "y1": at + 0.42}
        for at, share in shares
        if share is not None and share <= top
    ]


def _goal_line(count: int, colours: Palette) -> Layout:
    line = {"color": colours.muted, "dash": "dot", "width": 2}
    return {"type": "line", "layer": "above", "x0": 100, "x1": 100, "y0": -0.5, "y1": count - 0.5, "line": line}
