"""Figures over time: lines and sparklines. Gaps stay gaps, an unfinished period looks unfinished."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any

import plotly.graph_objects as go

from dx_data.catalog import Result
from dx_data.charts import breaks
from dx_data.charts.drawing import (
    DASHES,
    GLYPHS,
    HEIGHT,
    HOVER,
    SMALL,
    SYMBOLS,
    Layout,
    Number,
    frame,
    note,
    nothing,
    scale,
    wrapped,
)
from dx_data.charts.palette import Palette, palette
from dx_data.charts.reading import (
    Names,
    Parts,
    as_names,
    column_of,
    counts_behind,
    in_time,
    measure_of,
    measures_of,
    moment_words,
    numbers,
    partial_of,
    reason,
    time_column,
    unfinished,
)
from dx_data.errors import DeclarationError
from dx_data.spec import Column

_NAME_WIDTH = 6  # characters of a direct label before it wraps
_NAME_LINES = 3
_LABEL_LINE = 15  # pixels of one line of a direct label
_MOST_LABELLED = 4  # series that carry their names themselves; more get a legend
_WORD, _GAP, _MARGIN = 16, 5, 20  # pixels: a note's height and half its width, from its mark, above the plot
_AROUND = 70  # pixels that margins and dates take of a figure's height, about
_NARROWEST = 220  # pixels of the plot on a telephone
_DAY = 86_400_000
# Distance of ticks in months, and the months up to which it leaves room for the names on a narrow screen.
_MONTH_STEPS = ((1, 7), (2, 14), (3, 24), (6, 48), (12, 96))
_MOST_DAYS = 92  # above that a daily axis names months only


@dataclass(frozen=True)
class _Series:
    """One line: its name, its values in row order, what a hover says of each, and how it looks."""

    name: str
    values: list[Number]
    hover: list[str]
    colour: str
    dash: str
    symbol: str
    glyph: str

    @property
    def end(self) -> float | int | None:
        return next((value for value in reversed(self.values) if value is not None), None)


def lines(
    result: Result,
    x: str,
    y: Names,
    *,
    compare: str | None = None,
    partial: str | None = None,
    planned: Names = (),
    target: str | None = None,
    parts: Parts | None = None,
    symbol: str | None = None,
    dark: bool = False,
    title: bool = False,
) -> Any:
    """How quantities move through time.

    `compare` is the same quantity a year before (grey, dashed), `target` what it should be (dotted), `partial` a column
    that says 途中 of periods not over yet (open marker) but of those quantities that are `planned`, `parts` the two
    counts of a rate (on hover), `symbol` the column that says why a value is missing. Raises DeclarationError if `x` is
    no date, units differ or there are more than five lines. A line across shows where the answer's breaks are.
    """
    moment = time_column(result, x)
    names = as_names(y)
    if compare and len(names) > 1:
        raise DeclarationError.because("前年との比較は1系列の図だけです", "系列を1つにするか、compare を外してください")
    unit = measures_of(result, [*names, *(name for name in (compare, target) if name)])[0].unit
    for name in (symbol, *(parts or ())):
        if name:
            column_of(result, name)
    rows = in_time(result, moment)
    open_at = {name: unfinished(result, rows, partial_of(name, partial, planned)) for name in names}
    series = _series(result, rows, names, compare, target, parts, open_at, palette(dark))
    if all(one.end is None for one in series):
        return nothing(result, dark=dark, title=title, unit=unit)

    values = scale([value for one in series for value in one.values], measure_of(result, names[0]))
    places = [row[x].isoformat() for row in rows]
    traces: list[Any] = []
    notes: list[Layout] = []
    size = 4 if len(names) == 1 else 6
    for name, one in zip(names, series, strict=False):
        traces += _own_line(one, places, open_at[name], size)
        notes += _unfinished_note(one, places, open_at[name], values["range"], series, notes)
    traces += [_line(one, places, one.values, size=4) for one in series[len(names) :]]
    notes += [
        note(escape(word), place, 0, yshift=10, color=palette(dark).muted)
        for row, place in zip(rows, places, strict=True)
        if row[names[0]] is None and (word := reason(row, symbol))
    ]
    across, words = breaks.marks(result, moment, rows, names, palette(dark))
    notes += words
    top = 24 + breaks.LINE * max(0, len(words) - 1)
    layout: Layout = {
        "height": HEIGHT,
        "shapes": across,
        "hovermode": "x unified",
        "margin": {"t": top},
        "showlegend": len(series) > _MOST_LABELLED,
        "xaxis": _calendar(moment, [row[x] for row in rows]),
        "yaxis": values,
    }
    if 2 <= len(series) <= _MOST_LABELLED:
        notes += _end_labels(series, values["range"], HEIGHT - _AROUND)
        widest = max(len(line) for one in series for line in wrapped(one.name, _NAME_WIDTH, _NAME_LINES).split("<br>"))
        layout["margin"] = {"t": top, "r": 30 + SMALL * (widest + 1)}
    return frame(result, traces, layout | {"annotations": notes}, dark=dark, title=title, unit=unit)


def _series(
    result: Result,
    rows: Sequence[Mapping[str, Any]],
    names: Sequence[str],
    compare: str | None,
    target: str | None,
    parts: Parts | None,
    open_at: Mapping[str, Sequence[int]],
    colours: Palette,
) -> list[_Series]:
    """The lines in the order they are drawn: what was asked for, then its comparison, then its target."""
    looks = list(zip(colours.marks(len(names)), DASHES, SYMBOLS, GLYPHS, strict=False))
    if compare:
        looks = [(colours.compared[0], *looks[0][1:]), (colours.compared[1], "dash", "diamond", "◆")]
    if target:
        looks.append((colours.text, "dot", "line-ew", "┄"))
    wanted = [*names, *(name for name in (compare, target) if name)]
    colours.marks(len(wanted))  # comparison and target count towards the five, too
    found = []
    for name, look in zip(wanted, looks, strict=True):
        measure = measure_of(result, name)
        own = name in names
        values = numbers(rows, name)
        hover = [f"{escape(measure.title)}：{escape(measure(value))}" for value in values]
        for at, (row, value) in enumerate(zip(rows, values, strict=True)):
            if at in open_at.get(name, ()):
                hover[at] += "（途中）"
            if own and value is not None and (counts := counts_behind(result, row, parts)):
                hover[at] += f"<br>{escape(counts)}"
        found.append(_Series(measure.title, values, hover, *look))
    return found


def _line(one: _Series, places: list[str], values: list[Number], *, size: int) -> Any:
    return go.Scatter(
        name=escape(one.name),
        x=places,
        y=values,
        mode="lines+markers",
        connectgaps=False,
        line={"color": one.colour, "dash": one.dash, "width": 2},
        marker={"color": one.colour, "symbol": one.symbol, "size": size},
        customdata=one.hover,
        hovertemplate=HOVER,
    )


def _own_line(one: _Series, places: list[str], open_at: Sequence[int], size: int) -> list[Any]:
    """The line up to the last finished period, a dotted way on to the unfinished ones, and their open markers."""
    finished = _line(one, places, [None if at in open_at else v for at, v in enumerate(one.values)], size=size)
    if all(one.values[at] is None for at in open_at):
        return [finished]
    near = {*open_at, *(at - 1 for at in open_at)}
    name = f"{one.name}（途中）"
    onward = _line(replace(one, name=name, dash="dot"), places, _kept(one.values, near), size=size)
    onward.update(mode="lines", hoverinfo="skip", hovertemplate=None, customdata=None, showlegend=False)
    unfinished = _line(replace(one, name=name, dash="dot"), places, _kept(one.values, open_at), size=9)
    unfinished.update(mode="markers", showlegend=False, marker={"symbol": f"{one.symbol}-open", "line": {"width": 2}})
    return [finished, onward, unfinished]


def _kept(values: Sequence[Number], places: Collection[int]) -> list[Number]:
    return [value if at in places else None for at, value in enumerate(values)]


def _unfinished_note(
    one: _Series,
    places: Sequence[str],
    open_at: Sequence[int],
    span: Sequence[float],
    series: Sequence[_Series],
    others: Sequence[Layout],
) -> list[Layout]:
    """「途中」 beside the last open marker, where no line runs through the word.

    It stands above or below, on the side its dotted line does not come from; else to the right, above or below; else
    beyond the lines in its way. Where another line's mark stands so near that both would print over each other, it
    speaks for both.
    """
    known = [at for at in open_at if one.values[at] is not None]
    if not known:
        return []
    at = known[-1]
    value = one.values[at] or 0
    if any(other["x"] == places[at] and abs(other["y"] - value) < (span[1] - span[0]) / 8 for other in others):
        return []
    pixel = (span[1] - span[0]) / (HEIGHT - _AROUND)
    runs = [run for each in series if (run := _near(each, at, len(places)))]
    marks = [(found, found) for each in series if (found := each.values[at]) is not None]
    before = next((v for v in reversed(one.values[:at]) if v is not None), 0)
    up, down = _Side(True, span, pixel), _Side(False, span, pixel)
    away, towards = (up, down) if before <= value else (down, up)
    right: Layout = {"xanchor": "left", "xshift": 2 - _GAP}
    for side, ways, place in ((away, runs, {}), (towards, runs, {}), (towards, marks, right), (away, marks, right)):
        if side.clear(value, ways) == value and side.fits(value):
            return [note("途中", places[at], value, **side.place, **place)]
    beyond = away if away.fits(away.clear(value, runs)) else towards
    return [note("途中", places[at], beyond.clear(value, runs), **beyond.place)]


@dataclass(frozen=True)
class _Side:
    """Above (`up`) or below a value, where a word may stand."""

    up: bool
    span: Sequence[float]
    pixel: float

    @property
    def place(self) -> Layout:
        return {"yanchor": "bottom", "yshift": _GAP} if self.up else {"yanchor": "top", "yshift": -_GAP}

    def fits(self, value: float) -> bool:
        """Whether the word stays within the figure, and above zero where nothing lies below it."""
        if self.up:
            return value + _WORD * self.pixel <= self.span[1] + _MARGIN * self.pixel
        return value - (_GAP + _WORD) * self.pixel >= self.span[0]

    def clear(self, value: float, runs: Sequence[tuple[float, float]]) -> float:
        """The nearest value on this side, from this one on, next to which a word has room between all the lines."""
        sign = 1 if self.up else -1
        for low, high in sorted(sorted((sign * a, sign * b)) for a, b in runs):
            if low <= sign * value + (_GAP + _WORD) * self.pixel and high > sign * value:
                value = sign * high
        return value


def _near(one: _Series, at: int, places: int) -> tuple[float, float] | None:
    """Between which values a line runs where a word at a place would stand, on the narrowest figure."""
    value = one.values[at]
    if value is None:
        return None
    share = min(1.0, _WORD * max(1, places - 1) / _NARROWEST)
    beside = [one.values[near] for near in (at - 1, at + 1) if 0 <= near < places]
    ends = [value, *(value + (other - value) * share for other in beside if other is not None)]
    return min(ends), max(ends)


def _end_labels(series: Sequence[_Series], span: Sequence[float], plot: int) -> list[Layout]:
    """The names at the right edge, each level with its line's end, moved apart where they would overlap."""
    low, high = span
    ends = sorted(((one.end, one) for one in series if one.end is not None), key=lambda pair: pair[0])
    heights = [_LABEL_LINE * (wrapped(one.name, _NAME_WIDTH, _NAME_LINES).count("<br>") + 1) for _, one in ends]
    middles: list[float] = []
    floor = 0.0
    for (end, _), height in zip(ends, heights, strict=True):
        middles.append(max((end - low) / (high - low) * plot, floor + height / 2))
        floor = middles[-1] + height / 2
    ceiling = float(plot + _LABEL_LINE)
    for at in reversed(range(len(ends))):
        middles[at] = min(middles[at], ceiling - heights[at] / 2)
        ceiling = middles[at] - heights[at] / 2
    edge: Layout = {"xref": "paper", "xanchor": "left", "yanchor": "middle", "xshift": 8, "align": "left"}
    return [
        note(_label(one), 1, end, yshift=round(middle - (end - low) / (high - low) * plot), **edge)
        for middle, (end, one) in zip(middles, ends, strict=True)
    ]


def _label(one: _Series) -> str:
    # The text keeps the text's contrast; only the glyph before it has the line's colour.
    return f'<span style="color:{one.colour}">{one.glyph}</span> {wrapped(one.name, _NAME_WIDTH, _NAME_LINES)}'


def _calendar(x: Column, moments: Sequence[dt.date]) -> Layout:
    """A time axis with Japanese dates; the year stands below its first tick. Months are counted from April."""
    axis: Layout = {"type": "date", "showgrid": False, "showline": True}
    axis["hoverformat"] = "%Y年%-m月" if x.month else "%Y年%-m月%-d日"
    if not moments:
        return axis
    first, last = moments[0], moments[-1]
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    days = (last - first).days + 1
    if x.month or days > _MOST_DAYS:
        step = next((size for size, most in _MONTH_STEPS if months <= most), 12 * math.ceil(months / 96))
        names = "%Y年" if step >= 12 else "%-m月\n%Y年"
        return axis | {"tick0": f"{first.year - 1}-04-01", "dtick": f"M{step}", "tickformat": names}
    size = next(size for size in (1, 2, 7, 14, 28) if days <= 7 * size)
    return axis | {"tick0": first.isoformat()[:10], "dtick": size * _DAY, "tickformat": "%-m月%-d日\n%Y年"}


def sparkline(result: Result, x: str, y: str, *, partial: str | None = None, dark: bool = False) -> Any:
    """A small line without axes for beside a headline figure; its last value has a marker, open while 途中.

    Where its meaning changes a line stands across it; the words for it are in `charts.alt`.
    """
    moment = time_column(result, x)
    measure = measure_of(result, y)
    rows = in_time(result, moment)
    values = numbers(rows, y)
    if all(value is None for value in values):
        return nothing(result, dark=dark, title=False, unit=measure.unit).update_layout(height=56)
    hover = [
        f"{moment_words(row[x], moment)}：{escape(measure(value))}" for row, value in zip(rows, values, strict=True)
    ]
    one = _Series(measure.title, values, hover, palette(dark).one[0], "solid", "circle", "●")
    last = max(at for at, value in enumerate(values) if value is not None)
    line = _line(one, [row[x].isoformat() for row in rows], values, size=4)
    line.marker.size = [7 if at == last else 4 if _alone(values, at) else 0 for at in range(len(values))]
    if last in unfinished(result, rows, partial):
        line.marker.symbol = ["circle-open" if at == last else "circle" for at in range(len(values))]
        line.marker.line.width = 2
    hidden = {"visible": False}
    across, _ = breaks.marks(result, moment, rows, [y], palette(dark))
    layout = {
        "height": 56,
        "shapes": across,
        "hovermode": "x",
        "margin": {"l": 6, "r": 6, "t": 6, "b": 6},
        "xaxis": hidden | {"type": "date"},
        "yaxis": hidden | {"range": scale(values, measure)["range"]},
    }
    return frame(result, [line], layout, dark=dark, title=False, unit=measure.unit)


def _alone(values: Sequence[Number], at: int) -> bool:
    """Whether a value has no neighbour, so that no line would show it."""
    near = [values[place] for place in (at - 1, at + 1) if 0 <= place < len(values)]
    return values[at] is not None and all(value is None for value in near)
