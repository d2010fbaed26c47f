"""What all figures are put together from: frame, notes, scales, wrapped names, one trace's looks."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import plotly.graph_objects as go

from dx_data.catalog import Result
from dx_data.charts.palette import look
from dx_data.charts.reading import TITLE, Measure
from dx_data.errors import DeclarationError

Number = float | int | None
Layout = dict[str, Any]

HEIGHT = 320
SMALL = 12
HOVER = "%{customdata}<extra></extra>"

# Beside the colour every series has its own line, marker and pattern: the figure must survive black and white.
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
SYMBOLS = ("circle", "diamond", "square", "triangle-up", "x")
GLYPHS = ("●", "◆", "■", "▲", "×")
PATTERNS = ("", "/", ".", "x", "-")

_NO_LOOK: Layout = {}  # without any Plotly takes its own
_TITLE_WIDTH = 24  # characters of a title's line on the narrowest picture
_TITLE_LINE = 22
_NEVER_LAST, _NEVER_FIRST = "（「『【(", "）」』】)、。・ー々"


class Figure(go.Figure):  # type: ignore[misc]  # Plotly has no types
    """A figure that can be finished. Its look joins its description: Plotly would copy and check it for each figure."""

    _dark: bool = False
    _finished: dict[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """The description that the browser draws; of a finished figure always the same object."""
        if self._finished is not None:
            return self._finished
        description: dict[str, Any] = super().to_dict()
        description["layout"]["template"] = look(self._dark)
        return description


def finished(figure: Figure) -> Figure:
    """The figure, described for good: whoever shows it again pays nothing for it. What is changed later is not seen."""
    figure._finished = figure.to_dict()
    return figure


def frame(
    result: Result, traces: Sequence[Any], layout: Mapping[str, Any], *, dark: bool, title: bool, unit: str
) -> Any:
    """The figure in the product's look; with `title` its title and unit are drawn inside, for a picture on its own."""
    figure = Figure(data=list(traces), layout={"template": _NO_LOOK, "showlegend": False, **layout})
    figure._dark = dark
    if title:
        text = result.question.title
        if TITLE.fullmatch(text) is None:
            raise DeclarationError.because(
                f"題名『{text}』が「主題（種類、期間）」の形ではありません",
                "「電子申請件数（月次推移、令和7年度）」のように直してください",
            )
        lines = math.ceil(len(text) / _TITLE_WIDTH)
        more = _TITLE_LINE * (lines + 1) + 8
        margin = dict(layout.get("margin") or {})
        figure.update_layout(
            height=(layout.get("height") or HEIGHT) + more,
            margin=margin | {"t": margin.get("t", 16) + more},
            title={"text": wrapped(text, _TITLE_WIDTH, lines), "subtitle": {"text": f"単位：{escape(unit)}"}},
        )
    return figure


def nothing(result: Result, *, dark: bool, title: bool, unit: str) -> Any:
    """The figure of an answer without one value: it says so and draws no axis."""
    said = note("表示できる値がありません", 0.5, 0.5, xref="paper", yref="paper")
    hidden = {"visible": False}
    layout = {"height": 120, "xaxis": hidden, "yaxis": hidden, "annotations": [said]}
    return frame(result, [], layout, dark=dark, title=title, unit=unit)


def note(text: str, x: Any, y: Any, *, color: str | None = None, **place: Any) -> Layout:
    """A word beside a mark."""
    font = {"size": SMALL} | ({"color": color} if color else {})
    return {"text": text, "x": x, "y": y, "showarrow": False, "font": font, **place}


def wrapped(text: str, width: int, lines: int = 2) -> str:
    """The text, escaped, in at most so many lines of about equal length; what does not fit ends in 「…」.

    >>> wrapped("前年同月の申請件数", 8)
    '前年同月の<br>申請件数'
    """
    if len(text) > width * lines:
        text = text[: width * lines - 1] + "…"
    each = math.ceil(len(text) / max(1, math.ceil(len(text) / width)))
    cut, start = [], 0
    while len(text) - start > each:
        end = start + each
        while text[end - 1] in _NEVER_LAST and end - 1 > start:
            end -= 1
        while end < len(text) and text[end] in _NEVER_FIRST:
            end += 1
        cut.append(text[start:end])
        start = end
    return "<br>".join(escape(line) for line in (*cut, text[start:]) if line)


def pixels(text: str) -> int:
    """About how wide a small text becomes."""
    return sum(7 if character.isascii() else SMALL for character in text)


def bounds(values: Sequence[Number]) -> tuple[float, float]:
    """Least and greatest value, zero included."""
    known = [value for value in values if value is not None]
    return min([0, *known]), max([0, *known])


def scale(values: Sequence[Number], measure: Measure) -> Layout:
    """A value axis that holds zero, ends on a gridline and carries the unit; whole quantities are never cut."""
    lowest, highest = bounds(values)
    step = _step(max(highest, -lowest), whole=measure.whole)
    top = step * math.ceil(highest / step) if highest > 0 or lowest < 0 else step
    return {
        "range": [step * math.floor(lowest / step), top],
        "tick0": 0,
        "dtick": step,
        "tickformat": "," if step >= 1 else f".{-math.floor(math.log10(step))}f",
        "ticksuffix": escape(measure.unit),
        "zeroline": True,
    }


def _step(greatest: float, *, whole: bool, wanted: int = 4) -> float:
    """Distance of gridlines: 1, 2 or 5 times a power of ten."""
    if greatest <= 0:
        return 1
    power = 10.0 ** math.floor(math.log10(greatest / wanted))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power * wanted >= greatest * 0.999)
    return max(1, round(step)) if whole or step >= 1 else step
