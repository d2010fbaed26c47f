"""The colours and the Plotly template: the only place with colours. tests/test_charts.py measures every set."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import plotly.graph_objects as go

from dx_data.errors import DeclarationError


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

_SIZE = 13
_SMALL = 12


def palette(dark: bool = False) -> Palette:
    """The colours of the light or the dark theme."""
    return DARK if dark else LIGHT


@cache
def look(dark: bool = False) -> dict[str, Any]:
    """The template as figures are described with it. One object for all: nobody changes it."""
    described: dict[str, Any] = template(dark).to_plotly_json()
    return described


@cache
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
