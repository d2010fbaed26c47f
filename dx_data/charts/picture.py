"""A figure as an SVG picture on its own: drawn here, since the browser's way saves past the ledger and needs a browser.

It draws what this room makes: lines and bars on date and number axes, their notes, shapes and legend. Title above,
what must stand with a figure below it. Text stays text.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape, unescape
from typing import Any

from dx_data.charts.drawing import DASHES, HEIGHT, SMALL, pixels
from dx_data.charts.palette import FONTS

WIDTH = 960
_EDGE = 20
_TITLE, _TITLE_LINE, _LINE = 18, 26, 17
_DASH = dict(zip(DASHES, ("", "8 5", "2 4", "8 4 2 4", "14 6"), strict=True))
_TAG = re.compile(r"(<[^>]+>)")
_COLOUR = re.compile(r"color:(#[0-9A-Fa-f]{6})")
# What XML has no way to write.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")

Scale = Callable[[Any], float]


@dataclass
class _Sheet:
    """The picture as it grows: its elements and the patterns they use."""

    text: str
    ground: str
    parts: list[str] = field(default_factory=list)
    patterns: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, /, content: str = "", **attributes: Any) -> None:
        """One element; an attribute's underscores are hyphens, one that is None or "" is left out."""
        told = "".join(
            f' {key.rstrip("_").replace("_", "-")}="{escape(_number(value))}"'
            for key, value in attributes.items()
            if value not in (None, "")
        )
        self.parts.append(f"<{name}{told}>{content}</{name}>" if content else f"<{name}{told}/>")

    def line(self, x1: float, y1: float, x2: float, y2: float, look: dict[str, Any]) -> None:
        """A straight line as Plotly describes it."""
        dash = _DASH.get(look.get("dash", "solid"), "")
        self.add(
            "line", x1=x1, y1=y1, x2=x2, y2=y2,
            stroke=look.get("color"), stroke_width=look.get("width", 2), stroke_dasharray=dash,
        )  # fmt: skip

    def write(self, markup: str, x: float, y: float, anchor: str = "start", size: int = SMALL, color: str = "") -> None:
        """One line of Plotly's small markup (bold, colour) with its base line at `y`."""
        self.add("text", _spans(markup), x=x, y=y, text_anchor=anchor, font_size=size, fill=color or self.text)

    def pattern(self, shape: str, colour: str) -> str:
        """The fill of a bar: its colour, or its colour with a pattern across it."""
        if not shape:
            return colour
        marks = {
            "/": '<path d="M-1 7 7 -1M-1 1 1 -1M5 7 7 5"/>',
            "x": '<path d="M0 0 6 6M6 0 0 6"/>',
            "-": '<path d="M0 3H6"/>',
            ".": '<circle cx="3" cy="3" r="1" fill="{0}"/>',
        }
        name = f"p{len(self.patterns)}"
        drawn = marks.get(shape, marks["/"]).format(self.ground)
        content = (
            f'<rect width="6" height="6" fill="{colour}"/>'
            f'<g stroke="{self.ground}" stroke-width="1" fill="none">{drawn}</g>'
        )
        found = self.patterns.setdefault(content, name)
        return f"url(#{found})"


def _number(value: Any) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def _plain(text: str) -> str:
    return escape(_CONTROL.sub("", unescape(text)), quote=False)


def _spans(markup: str) -> str:
    """Plotly's markup of one line as SVG: `<b>` and the colour of a `<span>`; what is neither is text."""
    said, bold, colour = [], False, ""
    for piece in _TAG.split(markup):
        match piece:
            case "<b>" | "</b>":
                bold = piece == "<b>"
            case _ if piece.startswith(("<span", "</span")):
                found = _COLOUR.search(piece)
                colour = found[1] if found else ""
            case _ if piece:
                look = (' font-weight="700"' if bold else "") + (f' fill="{colour}"' if colour else "")
                said.append(f"<tspan{look}>{_plain(piece)}</tspan>" if look else _plain(piece))
    return "".join(said)


def _bare(markup: str) -> str:
    return unescape(_TAG.sub("", markup))


def folded(text: str, width: float, size: int = SMALL) -> list[str]:
    """A sentence in lines that are at most so many pixels wide."""
    lines, line = [], ""
    for character in text:
        if pixels(line + character) * size / SMALL > width:
            lines.append(line)
            line = ""
        line += character
    return [*lines, line] if line else lines


def svg(figure: Any, title: str, words: str, below: Sequence[str], width: int = WIDTH) -> str:
    """The figure (light theme, without a title of its own) as a picture so many pixels wide.

    `words` are its text alternative; without a title it is one that stands within a document, which has said it.
    """
    spec = json.loads(figure.to_json())
    layout = spec["layout"]
    base = layout["template"]["layout"]
    sheet = _Sheet(base["font"]["color"], base["paper_bgcolor"])
    heads = folded(title, width - 2 * _EDGE, _TITLE)
    top = _EDGE + _TITLE_LINE * len(heads)
    height = layout.get("height") or HEIGHT
    notes = [line for text in below for line in folded(text, width - 2 * _EDGE)]
    whole = top + height + _LINE * len(notes) + _EDGE
    sheet.add("rect", width=width, height=whole, fill=sheet.ground)
    for at, line in enumerate(heads, 1):
        text = f"<b>{escape(line)}</b>"
        sheet.write(text, _EDGE, _EDGE / 2 + at * _TITLE_LINE - 6, size=_TITLE)
    _Plot(spec, sheet, top, height, width).draw()
    for at, line in enumerate(notes, 1):
        sheet.write(escape(line), _EDGE, top + height + at * _LINE)
    patterns = "".join(
        f'<pattern id="{name}" width="6" height="6" patternUnits="userSpaceOnUse">{content}</pattern>'
        for content, name in sheet.patterns.items()
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" lang="ja" role="img" aria-labelledby="title desc" width="{width}"'
        f' height="{whole}" viewBox="0 0 {width} {whole}" font-family="{FONTS}">'
        f'<title id="title">{_plain(escape(title))}</title><desc id="desc">{_plain(escape(words))}</desc>'
        f"<defs>{patterns}</defs>{''.join(sheet.parts)}</svg>\n"
    )


class _Plot:
    """The figure itself, between its title and its notes."""

    def __init__(self, spec: dict[str, Any], sheet: _Sheet, top: float, height: float, width: int) -> None:
        self.traces: list[dict[str, Any]] = spec["data"]
        self.layout: dict[str, Any] = spec["layout"]
        self.sheet = sheet
        base = self.layout["template"]["layout"]
        self.muted = base["xaxis"]["linecolor"]
        self.x, self.y = (base[name] | self.layout.get(name, {}) for name in ("xaxis", "yaxis"))
        margin = base["margin"] | self.layout.get("margin", {})
        names = [text for _, text in self._ticks(self.y)] if self._shown(self.y) else []
        wide = max([pixels(_bare(line)) for text in names for line in text.split("<br>")], default=0)
        legend = 30 if self.layout.get("showlegend") else 0
        under = (40 if self.x.get("type") == "date" else 20) if self._shown(self.x) else 0
        self.left = _EDGE + margin["l"] + wide + 6
        self.right = width - _EDGE - margin["r"]
        self.top = top + margin["t"]
        self.bottom = top + height - margin["b"] - under - legend
        self.at_x = self._scale(self._span(self.x, "x"), self.left, self.right)
        self.at_y = self._scale(self._span(self.y, "y"), self.bottom, self.top)

    def draw(self) -> None:
        """Grid, what lies below, the marks, what lies above, notes, legend."""
        if self.x.get("visible", True):
            self._axes()
        for shape in self.layout.get("shapes", []):
            if shape.get("layer") == "below":
                self._shape(shape)
        stacks: dict[Any, float] = {}
        for trace in self.traces:
            if trace["type"] == "bar":
                self._bars(trace, stacks if self.layout.get("barmode") == "stack" else None)
            else:
                self._curve(trace)
        for shape in self.layout.get("shapes", []):
            if shape.get("layer") != "below":
                self._shape(shape)
        for note in self.layout.get("annotations", []):
            self._note(note)
        if self.layout.get("showlegend"):
            self._legend()

    # --- axes ---

    @staticmethod
    def _shown(axis: dict[str, Any]) -> bool:
        return bool(axis.get("visible", True) and axis.get("showticklabels", True))

    def _span(self, axis: dict[str, Any], name: str) -> tuple[float, float]:
        if axis.get("range"):
            low, high = axis["range"]
            return float(low), float(high)
        places = [_place(value) for trace in self.traces for value in trace[name] if value is not None] or [0, 1]
        low, high = min(places), max(places)
        room = (high - low) * 0.03 or 1
        return low - room, high + room

    @staticmethod
    def _scale(span: tuple[float, float], start: float, end: float) -> Scale:
        low, high = span
        return lambda value: start + (_place(value) - low) / (high - low) * (end - start)

    def _ticks(self, axis: dict[str, Any]) -> Iterator[tuple[float, str]]:
        if "tickvals" in axis:
            yield from zip(axis["tickvals"], axis["ticktext"], strict=True)
        elif axis.get("type") == "date":
            yield from self._dates(axis)
        elif axis.get("dtick"):
            low, high = sorted(axis["range"])
            step, suffix = axis["dtick"], axis.get("ticksuffix", "")
            form = axis.get("tickformat", ",")
            form = ",.0f" if form == "," else form
            for at in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1):
                yield at * step, f"{at * step:{form}}{suffix}"

    def _dates(self, axis: dict[str, Any]) -> Iterator[tuple[float, str]]:
        """Ticks of a time axis; the year stands below the first tick of each."""
        low, high = self._span(axis, "x")
        step, form, year = axis.get("dtick"), axis.get("tickformat", "").partition("\n")[0], 0
        if step is None:
            return
        day = dt.date.fromisoformat(axis["tick0"][:10])
        while _place(day) <= high:
            if _place(day) >= low:
                said = form.replace("%-m", str(day.month)).replace("%-d", str(day.day)).replace("%Y", str(day.year))
                yield _place(day), said + (f"<br>{day.year}年" if day.year != year and "%Y" not in form else "")
                year = day.year
            day = _months_on(day, int(step[1:])) if isinstance(step, str) else day + dt.timedelta(milliseconds=step)

    def _axes(self) -> None:
        grid = {"color": self.y["gridcolor"], "width": 1}
        edge = {"color": self.muted, "width": 1}
        for axis, at, is_y in ((self.y, self.at_y, True), (self.x, self.at_x, False)):
            ticks = list(self._ticks(axis))
            if axis.get("showgrid", True) and self._shown(axis):
                for value, _ in ticks:
                    self._across(is_y, at(value), grid)
            if axis.get("zeroline"):
                self._across(is_y, at(0), edge)
            if self._shown(axis):
                for value, text in ticks:
                    self._tick(is_y, at(value), text.split("<br>"))
        if self.x.get("showline"):
            self.sheet.line(self.left, self.bottom, self.right, self.bottom, edge)

    def _across(self, level: bool, place: float, look: dict[str, Any]) -> None:
        """A line through the whole plot at a place of its axis."""
        if level:
            self.sheet.line(self.left, place, self.right, place, look)
        else:
            self.sheet.line(place, self.top, place, self.bottom, look)

    def _tick(self, beside: bool, place: float, lines: Sequence[str]) -> None:
        for at, line in enumerate(lines):
            if beside:
                self.sheet.write(line, self.left - 6, place + 4 + (at - (len(lines) - 1) / 2) * 15, "end")
            else:
                self.sheet.write(line, place, self.bottom + 16 + at * 16, "middle")

    # --- marks ---

    def _curve(self, trace: dict[str, Any]) -> None:
        look, marker = trace.get("line", {}), trace.get("marker", {})
        runs: list[list[tuple[float, float]]] = [[]]
        places: list[tuple[float, float] | None] = []
        for x, y in zip(trace["x"], trace["y"], strict=True):
            place = None if y is None else (self.at_x(x), self.at_y(y))
            places.append(place)
            if place is None:
                runs.append([])
            else:
                runs[-1].append(place)
        if "lines" in trace["mode"]:
            dash = _DASH.get(look.get("dash", "solid"), "")
            for run in runs:
                if len(run) > 1:
                    points = " ".join(f"{_number(x)},{_number(y)}" for x, y in run)
                    self.sheet.add(
                        "polyline", points=points, fill="none",
                        stroke=look["color"], stroke_width=look.get("width", 2), stroke_dasharray=dash,
                    )  # fmt: skip
        if "markers" in trace["mode"]:
            colour = str(marker.get("color") or look["color"])
            for at, place in enumerate(places):
                size, symbol = (
                    _each(marker.get(name), at, other) for name, other in (("size", 4), ("symbol", "circle"))
                )
                if place and size:
                    self._mark(str(symbol), place, max(size, 6), colour)

    def _mark(self, symbol: str, place: tuple[float, float], size: float, colour: str) -> None:
        (x, y), half = place, size / 2
        shape, _, hollow = symbol.partition("-open")
        opened = symbol.endswith("-open")
        fill = self.sheet.ground if opened or hollow else colour
        look: dict[str, Any] = {"fill": fill, "stroke": colour, "stroke_width": 2 if opened else 1}
        corners = {
            "diamond": ((0, -1.2), (1.2, 0), (0, 1.2), (-1.2, 0)),
            "square": ((-1, -1), (1, -1), (1, 1), (-1, 1)),
            "triangle-up": ((0, -1.2), (1.1, 0.9), (-1.1, 0.9)),
        }.get(shape)
        if corners:
            points = " ".join(f"{_number(x + half * a)},{_number(y + half * b)}" for a, b in corners)
            self.sheet.add("polygon", points=points, **look)
        elif shape == "x":
            cross: dict[str, Any] = {"color": colour, "width": 2}
            self.sheet.line(x - half, y - half, x + half, y + half, cross)
            self.sheet.line(x - half, y + half, x + half, y - half, cross)
        elif shape == "line-ew":
            self.sheet.line(x - half, y, x + half, y, {"color": colour, "width": 1})
        else:
            self.sheet.add("circle", cx=x, cy=y, r=half, **look)

    def _bars(self, trace: dict[str, Any], stacks: dict[Any, float] | None) -> None:
        lying = trace.get("orientation") == "h"
        places, lengths = (trace["y"], trace["x"]) if lying else (trace["x"], trace["y"])
        marker, half = trace["marker"], trace.get("width", 0.8) / 2
        fill = self.sheet.pattern(marker.get("pattern", {}).get("shape", ""), str(marker["color"]))
        edge = marker.get("line", {})
        for place, length in zip(places, lengths, strict=True):
            if length is None:
                continue
            start = 0.0 if stacks is None else stacks.get(place, 0.0)
            if stacks is not None:
                stacks[place] = start + length
            ends = sorted((start, start + length))
            xs = [self.at_x(v) for v in (ends if lying else (place - half, place + half))]
            ys = [self.at_y(v) for v in ((place - half, place + half) if lying else ends)]
            self.sheet.add(
                "rect", x=min(xs), y=min(ys), width=abs(xs[1] - xs[0]), height=abs(ys[1] - ys[0]),
                fill=fill, stroke=edge.get("color"), stroke_width=edge.get("width"),
            )  # fmt: skip

    # --- what stands around the marks ---

    def _xy(self, thing: dict[str, Any], x: Any, y: Any) -> tuple[float, float]:
        width, height = self.right - self.left, self.bottom - self.top
        left = self.left + float(x) * width if thing.get("xref") == "paper" else self.at_x(x)
        return left, (self.bottom - float(y) * height if thing.get("yref") == "paper" else self.at_y(y))

    def _shape(self, shape: dict[str, Any]) -> None:
        (x0, y0), (x1, y1) = self._xy(shape, shape["x0"], shape["y0"]), self._xy(shape, shape["x1"], shape["y1"])
        if shape["type"] == "line":
            self.sheet.line(x0, y0, x1, y1, shape["line"])
        else:
            box: dict[str, Any] = {"x": min(x0, x1), "y": min(y0, y1), "width": abs(x1 - x0), "height": abs(y1 - y0)}
            self.sheet.add("rect", fill=shape.get("fillcolor"), **box)

    def _note(self, note: dict[str, Any]) -> None:
        x, y = self._xy(note, note["x"], note["y"])
        x, y = x + note.get("xshift", 0), y - note.get("yshift", 0)
        lines = note["text"].split("<br>")
        anchor = {"left": "start", "right": "end"}.get(note.get("xanchor", ""), "middle")
        tall = 15 * len(lines)
        top = y - {"top": 0, "bottom": tall}.get(note.get("yanchor", ""), tall / 2)
        if note.get("bgcolor"):
            wide = max(pixels(_bare(line)) for line in lines) + 2
            left = x - {"start": 0, "middle": wide / 2, "end": wide}[anchor]
            self.sheet.add("rect", x=left - 1, y=top, width=wide, height=tall, fill=note["bgcolor"])
        for at, line in enumerate(lines):
            self.sheet.write(line, x, top + 12 + 15 * at, anchor, color=note.get("font", {}).get("color", ""))

    def _legend(self) -> None:
        x, y = self.left, self.bottom + (60 if self.x.get("type") == "date" else 42)
        for trace in self.traces:
            if not trace.get("showlegend", True):
                continue
            name = trace["name"]
            if trace["type"] == "bar":
                fill = self.sheet.pattern(trace["marker"].get("pattern", {}).get("shape", ""), trace["marker"]["color"])
                self.sheet.add("rect", x=x, y=y - 10, width=14, height=12, fill=fill)
            else:
                self.sheet.line(x - 4, y - 4, x + 18, y - 4, trace["line"])
                self._mark(str(trace["marker"]["symbol"]), (x + 7, y - 4), 7, trace["line"]["color"])
            self.sheet.write(name, x + 24, y)
            x += 48 + pixels(_bare(name))


def _each(value: Any, at: int, other: Any) -> Any:
    """A marker's property for one point: one for all, or a list."""
    found = value[at] if isinstance(value, list) else value
    return other if found is None else found


def _place(value: Any) -> float:
    """A value on its axis as a number; a day or moment in days."""
    if isinstance(value, str):
        value = dt.datetime.fromisoformat(value)
    if isinstance(value, dt.datetime):
        return value.toordinal() + (value.hour + value.minute / 60) / 24
    return float(value.toordinal()) if isinstance(value, dt.date) else float(value)


def _months_on(day: dt.date, months: int) -> dt.date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, 1)
