"""Figures by category: bars and stacked bars. They begin at zero and keep the answer's order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import plotly.graph_objects as go

from dx_data.catalog import Result
from dx_data.charts.drawing import (
    HEIGHT,
    HOVER,
    PATTERNS,
    Layout,
    Number,
    bounds,
    frame,
    note,
    nothing,
    pixels,
    scale,
    wrapped,
)
from dx_data.charts.palette import Palette, palette
from dx_data.charts.reading import (
    Measure,
    Parts,
    category_column,
    category_words,
    column_of,
    counts_behind,
    measure_of,
    measures_of,
    numbers,
    reason,
)
from dx_data.errors import DeclarationError

_CATEGORY_WIDTH = 11  # characters of a category's name before it wraps
_LABELLED_COLUMNS = 12  # upright bars up to which every one carries its value
_ROW, _TALL_ROW = 27, 38  # pixels of a lying bar, and of one whose name wraps


@dataclass(frozen=True)
class _Bars:
    """One set of bars: where they stand, how long they are, what is written beside them and on hover."""

    labels: list[str]
    values: list[Number]
    texts: list[str]
    hover: list[str]
    marked: list[bool]
    horizontal: bool
    labelled: bool

    def place(self, at: Any, value: Any) -> Layout:
        """Position and length as x and y, or y and x."""
        return {"x": value, "y": at} if self.horizontal else {"x": at, "y": value}


def bars(
    result: Result,
    x: str,
    y: str,
    *,
    highlight: str | None = None,
    median: str | None = None,
    horizontal: bool = True,
    parts: Parts | None = None,
    unit: str | None = None,
    symbol: str | None = None,
    dark: bool = False,
    title: bool = False,
) -> Any:
    """How categories compare, in the answer's order, from zero, each bar with its value.

    `highlight` is the category to stand out, `median` the column of a reference value, `unit` the column that names the
    unit of each row, `symbol` the one that says why a value is missing. Raises DeclarationError if `x` is a date: time
    is a line's.
    """
    category = category_column(result, x)
    measure = measure_of(result, y, unit)
    for name in (symbol, *(parts or ())):
        if name:
            column_of(result, name)
    rows = result.records()
    values = numbers(rows, y)
    if all(value is None for value in values):
        return nothing(result, dark=dark, title=title, unit=measure.unit)
    labels = [category_words(row[x], category) for row in rows]
    pairs = list(zip(rows, values, strict=True))
    drawn = _Bars(
        labels=labels,
        values=values,
        texts=[escape((reason(row, symbol) or "…") if value is None else measure(value)) for row, value in pairs],
        hover=[
            "<br>".join(
                escape(line)
                for line in (
                    label,
                    f"{measure.title}：{measure(value)}",
                    counts_behind(result, row, parts) if value is not None else "",
                )
                if line
            )
            for label, (row, value) in zip(labels, pairs, strict=True)
        ],
        marked=[label == highlight for label in labels],
        horizontal=horizontal,
        labelled=horizontal or len(rows) <= _LABELLED_COLUMNS,
    )
    colours = palette(dark)
    reference = _reference(result, median, unit)
    layout = _axes(drawn, measure, reference[1] if reference else None)
    notes = _texts(drawn, colours)
    if reference:
        line, value = reference
        notes.append(_reference_note(line, value, horizontal=horizontal))
        layout |= {"shapes": [_rule(value, colours.text, horizontal=horizontal)]}
        layout["margin"] |= {"t": 34}
    layout |= {"annotations": notes, "barmode": "overlay", "hovermode": "closest"}
    return frame(result, _traces(drawn, measure, colours), layout, dark=dark, title=title, unit=measure.unit)


def _traces(drawn: _Bars, measure: Measure, colours: Palette) -> list[Any]:
    """The bars, and the highlighted one as a trace of its own: other colour, other pattern, bold value."""
    sets = [([not mine for mine in drawn.marked], colours.one[0], "")]
    if any(drawn.marked):
        sets = [(sets[0][0], colours.compared[1], ""), (drawn.marked, colours.compared[0], "/")]
    traces = []
    for mine, colour, pattern in sets:
        at = [place for place, yes in enumerate(mine) if yes]
        if at:
            traces.append(
                go.Bar(
                    **drawn.place(at, [drawn.values[place] for place in at]),
                    name=escape(drawn.labels[at[0]] if mine is drawn.marked else measure.title),
                    orientation="h" if drawn.horizontal else "v",
                    width=0.7,
                    marker={"color": colour, "pattern": _pattern(pattern, colours)},
                    customdata=[drawn.hover[place] for place in at],
                    hovertemplate=HOVER,
                )
            )
    return traces


def _pattern(shape: str, colours: Palette) -> Layout:
    return {"shape": shape, "fillmode": "overlay", "fgcolor": colours.background, "size": 5, "solidity": 0.12}


def _texts(drawn: _Bars, colours: Palette) -> list[Layout]:
    """The value beside every bar, on a ground of its own so that a reference line never crosses it.

    That of a lying bar below zero stands on the other side of zero: on its own the category's name stands.
    """
    if not drawn.labelled:
        return []
    notes = []
    for at, (text, value, mine) in enumerate(zip(drawn.texts, drawn.values, drawn.marked, strict=True)):
        end = value or 0
        if drawn.horizontal:
            end, side = max(end, 0), {"xanchor": "left", "xshift": 3}
        else:
            side = {"yanchor": "top" if end < 0 else "bottom"}
        notes.append(
            note(
                f"<b>{text}</b>" if mine else text,
                color=colours.muted if value is None else colours.text,
                bgcolor=colours.background,
                borderpad=1,
                **drawn.place(at, end),
                **side,
            )
        )
    return notes


def _reference(result: Result, median: str | None, unit: str | None) -> tuple[Measure, float | int] | None:
    """The reference value, which must be one for all rows."""
    if median is None:
        return None
    measure = measure_of(result, median, unit)
    known = {value for value in numbers(result.records(), median) if value is not None}
    if len(known) > 1:
        raise DeclarationError.because(
            f"{measure.title}が行によって違うので、1本の線になりません", "値が1つに決まる列を選んでください"
        )
    return (measure, known.pop()) if known else None


def _reference_note(measure: Measure, value: float | int, *, horizontal: bool) -> Layout:
    text = f"┄ {escape(measure.title)} {escape(measure(value))}"
    if horizontal:
        return note(text, 0, 1, xref="paper", yref="paper", xanchor="left", yanchor="bottom")
    return note(text, 1, value, xref="paper", xanchor="right", yanchor="bottom")


def _rule(value: float | int, colour: str, *, horizontal: bool) -> Layout:
    line: Layout = {"type": "line", "layer": "above", "line": {"color": colour, "dash": "dash", "width": 2}}
    if horizontal:
        return line | {"x0": value, "x1": value, "y0": 0, "y1": 1, "yref": "paper"}
    return line | {"y0": value, "y1": value, "x0": 0, "x1": 1, "xref": "paper"}


def _axes(drawn: _Bars, measure: Measure, reference: Number) -> Layout:
    shown = [wrapped(label, _CATEGORY_WIDTH if drawn.horizontal else 6) for label in drawn.labels]
    tall = any("<br>" in text for text in shown)
    count = len(shown)
    names: Layout = {
        "range": [count - 0.4, -0.6] if drawn.horizontal else [-0.6, count - 0.4],
        "showgrid": False,
        "tickvals": list(range(count)),
        "ticktext": [f"<b>{text}</b>" if mine else text for text, mine in zip(shown, drawn.marked, strict=True)],
    }
    if not drawn.labelled:
        every = -(-count // 8)  # eight names fit on a narrow screen
        names |= {"tickvals": names["tickvals"][::every], "ticktext": names["ticktext"][::every]}
    values = scale([*drawn.values, reference], measure)
    if drawn.labelled:
        # Every bar carries its value, so gridlines and numbers would say it twice.
        values |= {
            "range": _room([*drawn.values, reference], horizontal=drawn.horizontal),
            "showgrid": False,
            "showticklabels": False,
        }
    return {
        "height": 40 + (_TALL_ROW if tall else _ROW) * count if drawn.horizontal else HEIGHT,
        # What is written beside the longest bar stands in the margin, however narrow the figure becomes.
        "margin": {"t": 16, "r": 14 + (max(map(pixels, drawn.texts)) if drawn.horizontal else 0)},
        "xaxis": values if drawn.horizontal else names,
        "yaxis": names if drawn.horizontal else values,
    }


def _room(values: Sequence[Number], *, horizontal: bool) -> list[float]:
    """A range that holds zero, with room for what is written above or below upright bars."""
    lowest, highest = bounds(values)
    room = ((highest - lowest) or 1) * 0.15
    top = highest if horizontal and highest > 0 else highest + room
    return [lowest - (0 if horizontal else room) if lowest < 0 else 0, top if highest > 0 or lowest == 0 else 0]


def stacked(
    result: Result, x: str, y: Sequence[str], *, share: bool = False, dark: bool = False, title: bool = False
) -> Any:
    """What wholes are made of: one lying bar per category, its parts side by side in the order of `y`.

    With `share` every bar is 100 % long and the counts stay on hover; a whole with an unknown part has no shares.
    Raises DeclarationError for more than five parts.
    """
    category = category_column(result, x)
    measures = measures_of(result, y)
    rows = result.records()
    colours = palette(dark)
    marks = colours.marks(len(measures))
    labels = [category_words(row[x], category) for row in rows]
    columns = [numbers(rows, name) for name in y]
    unit = "%" if share else measures[0].unit
    if all(value is None for column in columns for value in column):
        return nothing(result, dark=dark, title=title, unit=unit)
    wholes = [_whole(values) for values in zip(*columns, strict=True)]
    traces = []
    for measure, values, colour, pattern in zip(measures, columns, marks, PATTERNS, strict=False):
        shares = [100 * v / w if v is not None and w else None for v, w in zip(values, wholes, strict=True)]
        traces.append(
            go.Bar(
                name=escape(measure.title),
                x=shares if share else values,
                y=list(range(len(rows))),
                orientation="h",
                width=0.7,
                marker={
                    "color": colour,
                    "pattern": _pattern(pattern, colours),
                    "line": {"color": colours.background, "width": 1},
                },
                customdata=[
                    f"{escape(label)}<br>{escape(measure.title)}：{escape(measure(value))}"
                    + ("" if part is None else f"（{part:,.1f}%）")
                    for label, value, part in zip(labels, values, shares, strict=True)
                ],
                hovertemplate=HOVER,
            )
        )
    known = [sum(value or 0 for value in values) for values in zip(*columns, strict=True)]
    layout: Layout = {
        "barmode": "stack",
        "height": 110 + _TALL_ROW * len(rows),
        "hovermode": "closest",
        "margin": {"r": 28},
        "legend": {"y": -40 / (_TALL_ROW * len(rows))},
        "showlegend": True,
        "xaxis": scale([100] if share else known, Measure("", unit, whole=not share and measures[0].whole)),
        "yaxis": {
            "range": [len(rows) - 0.4, -0.6],
            "showgrid": False,
            "tickvals": list(range(len(rows))),
            "ticktext": [wrapped(label, _CATEGORY_WIDTH) for label in labels],
        },
    }
    return frame(result, traces, layout, dark=dark, title=title, unit=unit)


def _whole(parts: Sequence[Number]) -> Number:
    """The sum; unknown as soon as one part is, so that no share is drawn too large."""
    return None if any(part is None for part in parts) else sum(part or 0 for part in parts)
