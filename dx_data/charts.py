"""Result -> Plotly figure, and the same figure in words. The only place with colours.

Rules and colours come from the Digital Agency's dashboard guidebook; tests/test_charts.py measures every palette. Draw
the figures as they are (`st.plotly_chart(..., theme=None)`): Streamlit's own theme would replace the measured colours.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape
from typing import Any

import plotly.graph_objects as go

from dx_data.catalog import Result
from dx_data.errors import DeclarationError
from dx_data.spec import Column, Kind
from dx_data.text import japanese_date

Names = str | Sequence[str]
Parts = tuple[str, str]


# --- colours --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Palette:
    """The colours of one theme: surface, text, and one measured set of marks per number of series."""

    background: str
    text: str
    muted: str
    grid: str
    one: tuple[str]
    compared: tuple[str, str]  # the series, and what it is compared with
    three: tuple[str, str, str]
    four: tuple[str, str, str, str]
    six: tuple[str, str, str, str, str, str]  # the exception; a chart takes five of it at most
    signs: tuple[str, str]  # good, bad; always with a sign or a word

    def marks(self, count: int) -> tuple[str, ...]:
        """One colour per series; DeclarationError for more than a reader can tell apart."""
        if count > MOST_SERIES:
            raise DeclarationError.because(
                f"系列が{count}つあります（1つの図に{MOST_SERIES}つまで）",
                "「その他」にまとめるか、図を分けてください",
            )
        return self.one if count == 1 else (self.three, self.three, self.four, self.six)[max(count, 2) - 2][:count]


MOST_SERIES = 5
FONTS = "Noto Sans JP, Noto Sans CJK JP, BIZ UDPGothic, Yu Gothic UI, Meiryo, sans-serif"

LIGHT = Palette(
    background="#F8F8FB",
    text="#1A1A1A",
    muted="#626264",
    grid="#E6E6E6",
    one=("#0017C1",),
    compared=("#0017C1", "#666666"),
    three=("#0017C1", "#3460FB", "#666666"),
    four=("#000060", "#3460FB", "#A58000", "#666666"),
    six=("#0017C1", "#927200", "#1A1A1A", "#0877D7", "#6D2700", "#666666"),
    signs=("#0017C1", "#CE0000"),
)
# The same roles from the lighter steps of the same ramps; the guidebook itself has no dark theme.
DARK = Palette(
    background="#1A1A1C",
    text="#F2F2F2",
    muted="#B3B3B3",
    grid="#333333",
    one=("#9DB7F9",),
    compared=("#9DB7F9", "#767676"),
    three=("#E8F1FE", "#7096F8", "#767676"),
    four=("#E8F1FE", "#7096F8", "#D2A400", "#767676"),
    six=("#E8F1FE", "#3460FB", "#FFE380", "#A58000", "#57B8FF", "#767676"),
    signs=("#7096F8", "#FF7171"),
)

# Beside the colour every series has its own line, marker and pattern: the figure must survive black and white.
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
_SYMBOLS = ("circle", "diamond", "square", "triangle-up", "x")
_GLYPHS = ("●", "◆", "■", "▲", "×")
_PATTERNS = ("", "/", ".", "x", "-")

_SIZE = 13
_SMALL = 12
_HEIGHT = 320
_LABEL_LINE = 15  # pixels of one line of a direct label
_NAME_WIDTH = 8  # characters of a direct label before it wraps
_CATEGORY_WIDTH = 11
_TITLE_WIDTH = 26
_LABELLED_COLUMNS = 12  # upright bars up to which every one carries its value


def palette(dark: bool = False) -> Palette:
    """The colours of the light or the dark theme."""
    return DARK if dark else LIGHT


def template(dark: bool = False) -> go.layout.Template:
    """The look of every figure (Plotly template "dx")."""
    colours = palette(dark)
    text = {"family": FONTS, "size": _SIZE, "color": colours.text}
    axis = {
        "automargin": True,
        "fixedrange": True,  # a finger on a small screen scrolls the page, not the figure
        "gridcolor": colours.grid,
        "griddash": "solid",
        "gridwidth": 1,
        "linecolor": colours.muted,
        "showline": False,
        "tickangle": 0,
        "tickfont": {"size": _SMALL},
        "ticks": "",
        "title": {"text": ""},
        "zeroline": False,
        "zerolinecolor": colours.muted,
        "zerolinewidth": 1,
    }
    return go.layout.Template(
        layout={
            "paper_bgcolor": colours.background,
            "plot_bgcolor": colours.background,
            "colorway": list(colours.four),
            "font": text,
            "dragmode": False,
            "hoverlabel": {
                "bgcolor": colours.background,
                "bordercolor": colours.muted,
                "font": text,
                "align": "left",
                "namelength": -1,
            },
            "legend": {
                "orientation": "h",
                "traceorder": "normal",
                "x": 0,
                "xanchor": "left",
                "y": -0.16,
                "yanchor": "top",
                "itemclick": False,
                "itemdoubleclick": False,
            },
            "margin": {"l": 12, "r": 12, "t": 16, "b": 12},
            "separators": ".,",
            "title": {
                "x": 0,
                "xanchor": "left",
                "xref": "container",
                "pad": {"l": 12, "t": 12},
                "y": 1,
                "yanchor": "top",
                "yref": "container",
                "font": {"size": 16},
                "subtitle": {"font": {"size": _SMALL, "color": colours.muted}},
            },
            "xaxis": axis,
            "yaxis": axis,
        },
        data={
            "scatter": [{"line": {"width": 2}, "marker": {"size": 4}, "connectgaps": False, "cliponaxis": False}],
            "bar": [{"marker": {"line": {"width": 0}}, "cliponaxis": False}],
        },
    )


# --- reading a result -----------------------------------------------------------------------------


_BY_ROW = "各指標の単位"  # a declared unit that stands in the row's own column `unit`
_SYMBOL_WORDS = {"X": "秘匿", "…": "不詳", "-": "該当なし"}
_TITLE = re.compile(r"(?P<subject>.+)（(?P<kind>.+)、(?P<period>[^、]+)）")


def _column(result: Result, name: str) -> Column:
    try:
        return result.question.column(name)
    except KeyError:
        raise DeclarationError.because(
            f"質問『{result.question.name}』に列『{name}』はありません",
            "・".join(column.name for column in result.columns) + " から選んでください",
        ) from None


def _quantity(result: Result, name: str) -> Column:
    column = _column(result, name)
    if not column.kind.counts:
        raise DeclarationError.because(
            f"列『{name}』（{column.title}）は{column.kind.words}なので、図の値になりません",
            "整数・数値・金額の列を選んでください",
        )
    return column


def _time(result: Result, name: str) -> Column:
    column = _column(result, name)
    if column.kind not in {Kind.DATE, Kind.DATETIME}:
        raise DeclarationError.because(
            f"折れ線の横軸は時間だけです。列『{name}』（{column.title}）は{column.kind.words}です",
            "日付の列を選ぶか、棒グラフ（bars）にしてください",
        )
    return column


def _category(result: Result, name: str) -> Column:
    column = _column(result, name)
    if column.kind in {Kind.DATE, Kind.DATETIME}:
        raise DeclarationError.because(
            f"時間の変化は棒でくらべません。列『{name}』（{column.title}）は{column.kind.words}です",
            "折れ線（lines）にしてください",
        )
    return column


def _values(rows: Sequence[Mapping[str, Any]], name: str) -> list[float | int | None]:
    """The column's values as JSON numbers. Blank stays None and never becomes 0."""
    found: list[float | int | None] = []
    for row in rows:
        value = row[name]
        if value is None or (isinstance(value, float) and not math.isfinite(value)):
            found.append(None)
        elif isinstance(value, Decimal):
            found.append(int(value) if value == value.to_integral_value() else float(value))
        else:
            found.append(value)
    return found


@dataclass(frozen=True)
class _Measure:
    """A quantity's name and how its values are written."""

    title: str
    unit: str
    whole: bool

    def __call__(self, value: float | int | None) -> str:
        return "データなし" if value is None else f"{self.bare(value)}{self.unit}"

    def bare(self, value: float | int) -> str:
        if self.unit == "%" or not (self.whole or value == int(value)):
            return f"{value:,.1f}"
        return f"{value:,.0f}"

    def change(self, value: float | int) -> str:
        """A difference with sign and word: ＋12件 増. Two percentages differ by points."""
        sign, word = ("＋", "増") if value > 0 else ("－", "減") if value < 0 else ("±", "増減なし")
        unit = "ポイント" if self.unit == "%" else self.unit
        return f"{sign}{self.bare(abs(value))}{unit} {word}"


def _measure(result: Result, name: str, unit: str | None = None) -> _Measure:
    column = _quantity(result, name)
    declared = column.unit or ""
    if unit is None and declared == _BY_ROW and any(other.name == "unit" for other in result.columns):
        unit = "unit"
    if unit is not None:
        _column(result, unit)
        units = list(dict.fromkeys(str(row[unit] or "") for row in result.records()))
        if len(units) > 1:
            raise DeclarationError.because(
                f"単位の違う値（{'・'.join(units)}）が1つの図にあります", "指標を1つに絞ってから図にしてください"
            )
        declared = units[0] if units else ""
    return _Measure(column.title, declared, column.kind is not Kind.NUMBER)


def _measures(result: Result, names: Sequence[str], unit: str | None = None) -> list[_Measure]:
    found = [_measure(result, name, unit) for name in names]
    if len({measure.unit for measure in found}) > 1:
        raise DeclarationError.because(
            "単位の違う列が1つの軸にあります:" + "・".join(f"{m.title}（{m.unit}）" for m in found),
            "単位が同じ列だけにするか、図を分けてください",
        )
    return found


def _many(y: Names) -> tuple[str, ...]:
    return (y,) if isinstance(y, str) else tuple(y)


def _is_partial(value: Any) -> bool:
    return value is True or value == "途中"


def _next_month(day: dt.date) -> dt.date:
    return (day.replace(day=1) + dt.timedelta(days=32)).replace(day=1)


def _records(result: Result, x: Column) -> list[dict[str, Any]]:
    """The rows in time order; a month without a row becomes a row of blanks, so that the line breaks there."""
    rows: dict[Any, dict[str, Any]] = {}
    for row in result.records():
        if row[x.name] in rows:
            raise DeclarationError.because(
                f"{x.title}が同じ行が2つあります（1行の意味:{result.question.grain}）",
                "1つの系列に絞るか、系列ごとの列にしてください",
            )
        if row[x.name] is not None:
            rows[row[x.name]] = row
    if x.month and rows:
        month, last = min(rows), max(rows)
        while month < last:
            rows.setdefault(month, {column.name: None for column in result.columns} | {x.name: month})
            month = _next_month(month)
    return [rows[moment] for moment in sorted(rows)]


def _moment(value: dt.date, column: Column) -> str:
    if column.month:
        return f"{value.year}年{value.month}月"
    day = japanese_date(value.date() if isinstance(value, dt.datetime) else value)
    return f"{day} {value.hour}:{value.minute:02}" if isinstance(value, dt.datetime) else day


def _symbol(row: Mapping[str, Any], symbol: str | None) -> str:
    """Why a value is missing, in a word."""
    written = str(row[symbol] or "").strip() if symbol else ""
    return _SYMBOL_WORDS.get(written, written)


def _parts_words(result: Result, row: Mapping[str, Any], parts: Parts | None) -> str:
    """The two counts behind a rate."""
    if parts is None or any(row[name] is None for name in parts):
        return ""
    above, below = (f"{m.title} {m(row[m_name])}" for m_name, m in ((n, _measure(result, n)) for n in parts))
    return f"<br>{escape(above)}／{escape(below)}"


# --- drawing --------------------------------------------------------------------------------------


def _wrapped(text: str, width: int, lines: int = 2) -> str:
    """The text, escaped, in at most so many lines of about equal length; what does not fit ends in 「…」."""
    count = min(lines, math.ceil(len(text) / width)) or 1
    if len(text) > width * lines:
        text = text[: width * lines - 1] + "…"
    each = math.ceil(len(text) / count)
    return "<br>".join(escape(text[start : start + each]) for start in range(0, len(text), each))


def _step(highest: float, whole: bool, wanted: int = 4) -> float:
    """Distance of gridlines: 1, 2 or 5 times a power of ten; whole quantities are never cut into parts."""
    if highest <= 0:
        return 1
    power = 10.0 ** math.floor(math.log10(highest / wanted))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power * wanted >= highest * 0.999)
    return max(1, round(step)) if whole or step >= 1 else step


def _scale(values: Sequence[float | int | None], measure: _Measure) -> dict[str, Any]:
    """A value axis that begins at zero (or holds it) and ends on a gridline."""
    known = [value for value in values if value is not None]
    highest, lowest = max([0, *known]), min([0, *known])
    step = _step(max(highest, -lowest), measure.whole)
    top = max(step * math.ceil(highest / step), 0 if known and lowest < 0 else step)
    return {
        "range": [step * math.floor(lowest / step), top],
        "tick0": 0,
        "dtick": step,
        "tickformat": "," if step >= 1 else f",.{-math.floor(math.log10(step))}f",
        "ticksuffix": escape(measure.unit),
        "zeroline": True,
    }


def _calendar(x: Column, moments: Sequence[dt.date]) -> dict[str, Any]:
    """A time axis with Japanese dates; the year stands below its first month."""
    axis: dict[str, Any] = {"type": "date", "showgrid": False, "showline": True, "hoverformat": "%Y年%-m月%-d日"}
    if x.month:
        axis |= {"hoverformat": "%Y年%-m月", "tickformat": "%-m月<br>%Y年"}
    if not moments:
        return axis
    first, last = moments[0], moments[-1]
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    days = (last - first).days + 1
    if x.month or days > 92:
        step = next((size for size in (1, 2, 3, 6, 12) if months <= 7 * size), 12 * math.ceil(months / 84))
        # Ticks fall on April, where the fiscal year begins; every tick names its year where a year is one step.
        axis |= {
            "tick0": f"{first.year - 1}-04-01",
            "dtick": f"M{step}",
            "tickformat": "%Y年" if step >= 12 else "%-m月\n%Y年",
        }
    else:
        size = next(size for size in (1, 2, 7, 14, 28) if days <= 7 * size)
        axis |= {"tick0": first.isoformat()[:10], "dtick": size * 86_400_000, "tickformat": "%-m月%-d日\n%Y年"}
    return axis


def _figure(result: Result, traces: list[Any], layout: dict[str, Any], *, dark: bool, title: bool, unit: str) -> Any:
    figure = go.Figure(data=traces, layout={"template": template(dark), "showlegend": False, **layout})
    if title:
        found = _TITLE.fullmatch(result.question.title)
        if found is None:
            raise DeclarationError.because(
                f"題名『{result.question.title}』が「主題（種類、期間）」の形ではありません",
                "「電子申請件数（月次推移、令和7年度）」のように直してください",
            )
        lines = math.ceil(len(result.question.title) / _TITLE_WIDTH)
        top = (layout.get("margin") or {}).get("t", 16) + 28 + 22 * lines
        figure.update_layout(
            height=(layout.get("height") or _HEIGHT) + 28 + 22 * lines,
            margin={"t": top},
            title={
                "text": _wrapped(result.question.title, _TITLE_WIDTH, lines=lines),
                "subtitle": {"text": f"単位：{escape(unit)}"},
            },
        )
    return figure


def _nothing(result: Result, *, dark: bool, title: bool, unit: str) -> Any:
    """The figure of an answer without one value: it says so and draws no axis."""
    hidden = {"visible": False}
    note = {
        "text": "表示できる値がありません",
        "x": 0.5,
        "y": 0.5,
        "xref": "paper",
        "yref": "paper",
        "showarrow": False,
    }
    layout = {"height": 120, "xaxis": hidden, "yaxis": hidden, "annotations": [note]}
    return _figure(result, [], layout, dark=dark, title=title, unit=unit)


@dataclass(frozen=True)
class _Series:
    """One line: what it is called, its column, and how it looks."""

    name: str
    values: list[float | int | None]
    colour: str
    dash: str
    symbol: str
    glyph: str

    @property
    def end(self) -> float | int | None:
        return next((value for value in reversed(self.values) if value is not None), None)


def _end_labels(series: Sequence[_Series], axis: Mapping[str, Any], plot: int) -> list[dict[str, Any]]:
    """The names at the right edge, each level with its line's end, moved apart where they would overlap."""
    low, high = axis["range"]
    placed: list[tuple[float, float, _Series, str]] = []  # wanted middle in pixels from the bottom, height
    for one in series:
        if one.end is not None:
            text = _wrapped(one.name, _NAME_WIDTH)
            placed.append(((one.end - low) / (high - low) * plot, _LABEL_LINE * (text.count("<br>") + 1), one, text))
    placed.sort(key=lambda item: item[0])
    middles: list[float] = []
    floor = 0.0
    for wanted, size, _, _ in placed:
        middles.append(max(wanted, floor + size / 2))
        floor = middles[-1] + size / 2
    ceiling = plot + _LABEL_LINE
    for index in range(len(placed) - 1, -1, -1):
        size = placed[index][1]
        middles[index] = min(middles[index], ceiling - size / 2)
        ceiling = middles[index] - size / 2
    return [
        {
            "text": f'<span style="color:{one.colour}">{one.glyph}</span> {text}',
            "x": 1,
            "xref": "paper",
            "xanchor": "left",
            "xshift": 8,
            "y": 0,
            "yref": "paper",
            "yanchor": "middle",
            "yshift": round(middle),
            "align": "left",
            "showarrow": False,
            "font": {"size": _SMALL},
        }
        for middle, (_, _, one, text) in zip(middles, placed, strict=True)
    ]


def _line(
    one: _Series, x: list[str], y: list[float | int | None], hover: list[str], *, size: int, symbols: Any = None
) -> Any:
    return go.Scatter(
        name=escape(one.name),
        x=x,
        y=y,
        mode="lines+markers",
        connectgaps=False,
        cliponaxis=False,
        line={"color": one.colour, "dash": one.dash, "width": 2},
        marker={"color": one.colour, "symbol": symbols or one.symbol, "size": size},
        customdata=hover,
        hovertemplate="%{customdata}<extra></extra>",
    )


def lines(
    result: Result,
    x: str,
    y: Names,
    *,
    compare: str | None = None,
    partial: str | None = None,
    target: str | None = None,
    parts: Parts | None = None,
    symbol: str | None = None,
    dark: bool = False,
    title: bool = False,
) -> Any:
    """How quantities move through time.

    `compare` is the same quantity a year before (grey, dashed), `target` what it should be (dotted), `partial` a column
    that says 途中 of periods not over yet (open marker), `parts` the two counts of a rate (on hover), `symbol` the column
    that says why a value is missing. Raises DeclarationError if `x` is no date, units differ or there are more than
    five series.
    """
    moment = _time(result, x)
    names = _many(y)
    if compare and len(names) > 1:
        raise DeclarationError.because("前年との比較は1系列の図だけです", "系列を1つにするか、compare を外してください")
    extra = tuple(name for name in (compare, target) if name)
    measures = _measures(result, (*names, *extra))
    for name in (partial, symbol):
        if name:
            _column(result, name)
    unit = measures[0].unit
    rows = _records(result, moment)
    columns = [_values(rows, name) for name in (*names, *extra)]
    if all(value is None for column in columns for value in column):
        return _nothing(result, dark=dark, title=title, unit=unit)

    colours = palette(dark)
    marks = colours.marks(len(names))
    if len(names) + len(extra) > MOST_SERIES:
        colours.marks(len(names) + len(extra))
    series = [
        _Series(m.title, v, c, d, s, g)
        for m, v, c, d, s, g in zip(measures, columns, marks, _DASHES, _SYMBOLS, _GLYPHS, strict=False)
    ]
    for name, measure, values in zip(extra, measures[len(names) :], columns[len(names) :], strict=True):
        if name == target:
            series.append(_Series(measure.title, values, colours.text, "dot", "line-ew", "┄"))
        else:
            series.append(_Series(measure.title, values, colours.compared[1], "dash", "diamond", "◆"))

    moments = [row[x] for row in rows]
    places = [value.isoformat() for value in moments]
    open_at = [index for index, row in enumerate(rows) if partial and _is_partial(row[partial])]
    traces, notes = [], []
    size = 4 if len(names) == 1 else 6
    for index, one in enumerate(series):
        measure = measures[index]
        own = index < len(names)
        hover = [
            f"{escape(one.name)}：{escape(measure(value))}"
            + ("（途中）" if own and at in open_at else "")
            + (_parts_words(result, row, parts) if own and value is not None else "")
            for at, (row, value) in enumerate(zip(rows, one.values, strict=True))
        ]
        drawn = [None if own and at in open_at else value for at, value in enumerate(one.values)]
        traces.append(_line(one, places, drawn, hover, size=size))
        if own and open_at and any(one.values[at] is not None for at in open_at):
            # The way to an unfinished period starts at the last finished one, whose marker is already drawn.
            shown = {at for at in open_at} | {at - 1 for at in open_at if at > 0}
            values = [value if at in shown else None for at, value in enumerate(one.values)]
            unfinished = _Series(f"{one.name}（途中）", values, one.colour, "dot", one.symbol, one.glyph)
            symbols = [f"{one.symbol}-open" if at in open_at else one.symbol for at in range(len(rows))]
            steps = [text if at in open_at else "" for at, text in enumerate(hover)]
            last = max(at for at in open_at if one.values[at] is not None)
            traces.append(_line(unfinished, places, values, steps, size=size, symbols=symbols))
            traces[-1].update(
                showlegend=False,
                marker={"size": [9 if at in open_at else size for at in range(len(rows))], "line": {"width": 2}},
                hoverinfo="skip",
                hovertemplate=None,
            )
            traces[-2].customdata = hover
            notes.append(_note("途中", places[last], one.values[last], yshift=16, xanchor="right", xshift=8))
    for row, place in zip(rows, places, strict=True):
        if symbol and row[names[0]] is None and (word := _symbol(row, symbol)):
            notes.append(_note(escape(word), place, 0, yshift=10, color=colours.muted))

    axis = _scale([value for one in series for value in one.values], measures[0])
    calendar = _calendar(moment, moments)
    direct = 2 <= len(series) <= 4
    layout: dict[str, Any] = {
        "height": _HEIGHT,
        "hovermode": "x unified",
        "xaxis": calendar,
        "yaxis": axis,
        "showlegend": len(series) > 4,
    }
    if direct:
        # The plot's own height is known only roughly; 60 pixels are margins and dates.
        notes += _end_labels(series, axis, _HEIGHT - 60)
        widest = max(len(part) for one in series for part in _wrapped(one.name, _NAME_WIDTH).split("<br>"))
        layout["margin"] = {"r": 28 + _SMALL * (widest + 1), "t": 24}
    layout["annotations"] = notes
    return _figure(result, traces, layout, dark=dark, title=title, unit=unit)


def _note(text: str, x: Any, y: Any, *, color: str | None = None, **place: Any) -> dict[str, Any]:
    font = {"size": _SMALL} | ({"color": color} if color else {})
    return {"text": text, "x": x, "y": y, "showarrow": False, "font": font, **place}


def sparkline(result: Result, x: str, y: str, *, dark: bool = False) -> Any:
    """A small line without axes for beside a headline figure; the last value has a marker."""
    moment = _time(result, x)
    measure = _measure(result, y)
    rows = _records(result, moment)
    values = _values(rows, y)
    if all(value is None for value in values):
        figure = _nothing(result, dark=dark, title=False, unit=measure.unit)
        return figure.update_layout(height=56)
    one = _Series(measure.title, values, palette(dark).one[0], "solid", "circle", "●")
    hover = [f"{_moment(row[x], moment)}：{escape(measure(value))}" for row, value in zip(rows, values, strict=True)]
    last = max(at for at, value in enumerate(values) if value is not None)
    line = _line(one, [row[x].isoformat() for row in rows], values, hover, size=4)
    line.marker.size = [7 if at == last else 4 if _alone(values, at) else 0 for at in range(len(values))]
    hidden = {"visible": False}
    layout = {
        "height": 56,
        "hovermode": "x",
        "margin": {"l": 6, "r": 6, "t": 6, "b": 6},
        "xaxis": hidden | {"type": "date"},
        "yaxis": hidden | {"range": _scale(values, measure)["range"]},
    }
    return _figure(result, [line], layout, dark=dark, title=False, unit=measure.unit)


def _alone(values: Sequence[Any], at: int) -> bool:
    """Whether a value has no neighbour, so that no line would show it."""
    near = [values[place] for place in (at - 1, at + 1) if 0 <= place < len(values)]
    return values[at] is not None and all(value is None for value in near)


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
    unit of each row. Raises DeclarationError if `x` is a date: time is a line's.
    """
    category = _category(result, x)
    measure = _measure(result, y, unit)
    for name in (symbol, *(parts or ())):
        if name:
            _column(result, name)
    rows = result.records()
    values = _values(rows, y)
    if all(value is None for value in values):
        return _nothing(result, dark=dark, title=title, unit=measure.unit)
    colours = palette(dark)
    labels = [_label(row[x], category) for row in rows]
    missing = [_symbol(row, symbol) or "…" for row in rows]
    texts = [escape(measure(v)) if v is not None else escape(m) for v, m in zip(values, missing, strict=True)]
    hover = [
        f"{escape(label)}<br>{escape(measure.title)}：{escape(measure(value))}"
        + (_parts_words(result, row, parts) if value is not None else "")
        for row, label, value in zip(rows, labels, values, strict=True)
    ]
    wanted = [label == highlight for label in labels]
    labelled = horizontal or len(rows) <= _LABELLED_COLUMNS
    groups = (
        [("", [not w for w in wanted], colours.compared[1], ""), ("", wanted, colours.compared[0], "/")]
        if any(wanted)
        else [("", [True] * len(rows), colours.one[0], "")]
    )
    traces = []
    for _, mine, colour, pattern in groups:
        at = [index for index, yes in enumerate(mine) if yes]
        if at:
            own = [values[index] for index in at]
            bold = any(wanted) and mine is wanted
            traces.append(
                go.Bar(
                    name=escape(highlight or "") if bold else escape(measure.title),
                    x=own if horizontal else at,
                    y=at if horizontal else own,
                    orientation="h" if horizontal else "v",
                    width=0.7,
                    marker={"color": colour, "pattern": _pattern(pattern, colours.background)},
                    text=[f"<b>{texts[i]}</b>" if bold else texts[i] for i in at] if labelled else None,
                    textposition="outside" if labelled else "none",
                    textangle=0,
                    textfont={"size": _SMALL, "color": colours.text},
                    cliponaxis=False,
                    customdata=[hover[index] for index in at],
                    hovertemplate="%{customdata}<extra></extra>",
                )
            )
    notes = []
    if labelled:
        # Plotly writes no text beside a bar that is not there.
        for index, value in enumerate(values):
            if value is None:
                place = {"x": 0, "y": index, "xanchor": "left", "xshift": 3} if horizontal else {"x": index, "y": 0}
                notes.append(_note(texts[index], color=colours.muted, **({} if horizontal else {"yshift": 9}) | place))
    reference = None
    if median:
        line = _measure(result, median, unit)
        reference = next((value for value in _values(rows, median) if value is not None), None)
        known = {value for value in _values(rows, median) if value is not None}
        if len(known) > 1:
            raise DeclarationError.because(
                f"{line.title}が行によって違うので、1本の線になりません", "値が1つに決まる列を選んでください"
            )
        if reference is not None:
            text = f"┄ {escape(line.title)} {escape(line(reference))}"
            notes.append(
                _note(text, reference, 1, yref="paper", yanchor="bottom", xanchor="center")
                if horizontal
                else _note(text, 1, reference, xref="paper", yanchor="bottom", xanchor="right")
            )
    shown = [
        f"<b>{_wrapped(t, _CATEGORY_WIDTH)}</b>" if w else _wrapped(t, _CATEGORY_WIDTH)
        for t, w in zip(labels, wanted, strict=True)
    ]
    scale = _scale([*values, reference], measure)
    names = {"tickvals": list(range(len(rows))), "ticktext": shown, "showgrid": False, "type": "linear"}
    names["range"] = [len(rows) - 0.4, -0.6] if horizontal else [-0.6, len(rows) - 0.4]
    if labelled:
        scale |= {"showticklabels": False, "showgrid": False, "range": _room(values, reference)}
    layout: dict[str, Any] = {
        "bargap": 0.3,
        "barmode": "overlay",
        "hovermode": "closest",
        "annotations": notes,
        "shapes": _rule(reference, colours.text, horizontal=horizontal),
        "xaxis": scale if horizontal else names,
        "yaxis": names if horizontal else scale,
        "height": 48 + 27 * len(rows) if horizontal else _HEIGHT,
        "margin": {"t": 34 if reference is not None and horizontal else 16, "r": 24},
    }
    if horizontal and any("<br>" in text for text in shown):
        layout["height"] = 48 + 36 * len(rows)
    return _figure(result, traces, layout, dark=dark, title=title, unit=measure.unit)


def _label(value: Any, column: Column) -> str:
    if value is None or value == "":
        return "（空欄）"
    return f"{value}{column.unit}" if column.kind.counts else str(value)


def _pattern(shape: str, background: str) -> dict[str, Any]:
    return {"shape": shape, "fillmode": "overlay", "fgcolor": background, "size": 6, "solidity": 0.18}


def _room(values: Sequence[float | int | None], reference: float | int | None) -> list[float]:
    """A range from zero with room for the values written beside the bars."""
    known = [value for value in (*values, reference) if value is not None]
    highest, lowest = max([0, *known]), min([0, *known])
    span = (highest - lowest) or 1
    return [lowest - span * 0.18 if lowest < 0 else 0, highest + span * 0.18 if highest > 0 or lowest == 0 else 0]


def _rule(value: float | int | None, colour: str, *, horizontal: bool) -> list[dict[str, Any]]:
    if value is None:
        return []
    line = {"type": "line", "layer": "above", "line": {"color": colour, "dash": "dash", "width": 2}}
    along = {"x0": value, "x1": value, "y0": 0, "y1": 1, "yref": "paper"}
    across = {"y0": value, "y1": value, "x0": 0, "x1": 1, "xref": "paper"}
    return [line | (along if horizontal else across)]


def stacked(
    result: Result, x: str, y: Sequence[str], *, share: bool = False, dark: bool = False, title: bool = False
) -> Any:
    """What wholes are made of: one lying bar per category, its parts side by side in the order of `y`.

    With `share` every bar is 100 % long; counts stay on hover. DeclarationError for more than five parts.
    """
    category = _category(result, x)
    measures = _measures(result, y)
    rows = result.records()
    colours = palette(dark)
    marks = colours.marks(len(measures))
    labels = [_label(row[x], category) for row in rows]
    columns = [_values(rows, name) for name in y]
    if all(value is None for column in columns for value in column):
        return _nothing(result, dark=dark, title=title, unit=measures[0].unit)
    # A whole with an unknown part is unknown: its share is not drawn rather than drawn too large.
    wholes = [
        None if any(value is None for value in row) else sum(value or 0 for value in row)
        for row in zip(*columns, strict=True)
    ]
    traces = []
    for measure, values, colour, pattern in zip(measures, columns, marks, _PATTERNS, strict=False):
        lengths = [
            value if not share else None if value is None or not whole else 100 * value / whole
            for value, whole in zip(values, wholes, strict=True)
        ]
        hover = [
            f"{escape(label)}<br>{escape(measure.title)}：{escape(measure(value))}"
            + (f"（{length:,.1f}%）" if share and length is not None else "")
            for label, value, length in zip(labels, values, lengths, strict=True)
        ]
        traces.append(
            go.Bar(
                name=escape(measure.title),
                x=lengths,
                y=list(range(len(rows))),
                orientation="h",
                width=0.7,
                marker={
                    "color": colour,
                    "pattern": _pattern(pattern, colours.background),
                    "line": {"color": colours.background, "width": 1},
                },
                customdata=hover,
                hovertemplate="%{customdata}<extra></extra>",
            )
        )
    unit = "%" if share else measures[0].unit
    totals = [whole for whole in wholes if whole is not None]
    axis = _scale([100] if share else totals, _Measure("", unit, not share and measures[0].whole))
    names = {
        "tickvals": list(range(len(rows))),
        "ticktext": [_wrapped(label, _CATEGORY_WIDTH) for label in labels],
        "showgrid": False,
        "range": [len(rows) - 0.4, -0.6],
    }
    layout = {
        "barmode": "stack",
        "height": 96 + 36 * len(rows),
        "hovermode": "closest",
        "legend": {"y": -32 / max(36 * len(rows), 1)},
        "showlegend": True,
        "xaxis": axis,
        "yaxis": names,
    }
    return _figure(result, traces, layout, dark=dark, title=title, unit=unit)


# --- the same in words ----------------------------------------------------------------------------


def _opening(result: Result, form: str, of: str | None) -> str:
    subject = result.question.title
    if of:
        _column(result, of)
        named = list(dict.fromkeys(str(row[of]) for row in result.records()))
        if len(named) > 1:
            raise DeclarationError.because(
                f"図の主題が1つに決まりません（{'・'.join(named[:3])}）", "指標を1つに絞ってから図にしてください"
            )
        subject = f"{named[0]}。{subject}" if named else subject
    return f"{subject}の{form}です。"


def _gaps(
    rows: Sequence[Mapping[str, Any]], y: str, words: Callable[[Mapping[str, Any]], str], symbol: str | None, kind: str
) -> str:
    """The places without a value by name, grouped by the reason that the data give."""
    reasons: dict[str, list[str]] = {}
    for row, value in zip(rows, _values(rows, y), strict=True):
        if value is None:
            reasons.setdefault(_symbol(row, symbol) or "データなし", []).append(words(row))
    return "".join(f"{reason}の{kind}：{'、'.join(places)}。" for reason, places in reasons.items())


def alt(
    result: Result,
    x: str,
    y: Names,
    *,
    compare: str | None = None,
    partial: str | None = None,
    target: str | None = None,
    highlight: str | None = None,
    median: str | None = None,
    parts: Parts | None = None,
    unit: str | None = None,
    symbol: str | None = None,
    of: str | None = None,
) -> str:
    """The figure in plain Japanese, for those who cannot see it and for the card's summary.

    Takes what `lines` and `bars` take; `of` is a column whose single value names the subject (an indicator).
    """
    if _column(result, x).kind not in {Kind.DATE, Kind.DATETIME}:
        return summary(
            result, x, _many(y)[0], highlight=highlight, median=median, parts=parts, unit=unit, symbol=symbol, of=of
        )
    moment = _time(result, x)
    opening = _opening(result, "折れ線グラフ", of)
    names = _many(y)
    rows = _records(result, moment)
    if all(value is None for name in names for value in _values(rows, name)):
        return f"{opening}表示できる値がありません。"
    first, last = _moment(rows[0][x], moment), _moment(rows[-1][x], moment)
    period = f"期間は{first}です。" if first == last else f"期間は{first}から{last}までです。"
    said = [
        _line_words(result, moment, rows, name, compare, partial, target, symbol, named=len(names) > 1)
        for name in names
    ]
    return opening + period + "".join(said)


def _line_words(
    result: Result,
    moment: Column,
    rows: Sequence[Mapping[str, Any]],
    y: str,
    compare: str | None,
    partial: str | None,
    target: str | None,
    symbol: str | None,
    *,
    named: bool,
) -> str:
    measure = _measure(result, y)

    def when(row: Mapping[str, Any]) -> str:
        return _moment(row[moment.name], moment)

    unfinished = [row for row in rows if partial and _is_partial(row[partial])]
    finished = [row for row in rows if row not in unfinished]
    known = [(value, row) for value, row in zip(_values(finished, y), finished, strict=True) if value is not None]
    said = f"{measure.title}は、" if named else ""
    if known:
        (first, at_first), (last, at_last) = known[0], known[-1]
        if len(known) == 1:
            said += f"{when(at_last)}は{measure(last)}です。"
        else:
            (most, at_most), (least, at_least) = max(known, key=lambda k: k[0]), min(known, key=lambda k: k[0])
            said += f"最初の{when(at_first)}は{measure(first)}、最後の{when(at_last)}は{measure(last)}です。"
            said += (
                f"どの{'月' if moment.month else '日'}も同じ値です。"
                if most == least
                else f"最大は{when(at_most)}の{measure(most)}、最小は{when(at_least)}の{measure(least)}です。"
            )
        if compare:
            before = _values([at_last], compare)[0]
            said += (
                f"{when(at_last)}の{_column(result, compare).title}のデータはありません。"
                if before is None
                else f"{when(at_last)}は、{_column(result, compare).title}（{measure(before)}）に比べて"
                f"{measure.change(last - before)}です。"
            )
        if target and (goal := _values([at_last], target)[0]) is not None:
            reached = "届いています" if last >= goal else "届いていません"
            said += f"{_column(result, target).title}（{measure(goal)}）に{reached}。"
    for value, row in zip(_values(unfinished, y), unfinished, strict=True):
        if value is not None:
            said += f"{when(row)}は途中で、{measure(value)}です。"
    return said + _gaps(rows, y, when, symbol, "月" if moment.month else "日")


def summary(
    result: Result,
    x: str,
    y: str,
    *,
    highlight: str | None = None,
    median: str | None = None,
    parts: Parts | None = None,
    unit: str | None = None,
    symbol: str | None = None,
    of: str | None = None,
) -> str:
    """A bar figure in words: the three largest, the highlighted category's value and rank, what has no value."""
    category = _category(result, x)
    measure = _measure(result, y, unit)
    opening = _opening(result, "棒グラフ", of)
    rows = result.records()

    def named(row: Mapping[str, Any]) -> str:
        return _label(row[x], category)

    known = [(value, row) for value, row in zip(_values(rows, y), rows, strict=True) if value is not None]
    if not known:
        return f"{opening}表示できる値がありません。"
    largest = sorted(known, key=lambda k: -k[0])[:3]
    said = f"{measure.title}の大きい順に、" if len(known) > 1 else ""
    said += "、".join(f"{named(row)} {measure(value)}" for value, row in largest)
    said += f"です（{category.title}は全部で{len(rows)}、値のあるもの{len(known)}）。"
    for value, row in known:
        if highlight is not None and named(row) == highlight:
            rank = 1 + sum(other > value for other, _ in known)
            tie = "（同じ値あり）" if sum(other == value for other, _ in known) > 1 else ""
            counts = _parts_words(result, row, parts).removeprefix("<br>")
            said += f"{highlight}は{measure(value)}{f'（{counts}）' if counts else ''}で、{len(known)}のうち{rank}番目{tie}です。"
    if median and (reference := next((v for v in _values(rows, median) if v is not None), None)) is not None:
        said += f"{_measure(result, median, unit).title}は{measure(reference)}です。"
    return opening + said + _gaps(rows, y, named, symbol, category.title)
