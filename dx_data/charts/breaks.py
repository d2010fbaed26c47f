"""Where figures over time change their meaning: a line across the figure, and the same in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dx_data.catalog import Result
from dx_data.charts.drawing import Layout, note
from dx_data.charts.palette import Palette
from dx_data.charts.reading import column_of
from dx_data.spec import Break, Column
from dx_data.text import japanese_date

LINE = 16
_HALF_A_MONTH = dt.timedelta(days=15)
_HALF_A_DAY = dt.timedelta(hours=12)


def marks(
    result: Result, moment: Column, rows: Sequence[Mapping[str, Any]], names: Sequence[str], colours: Palette
) -> tuple[list[Layout], list[Layout]]:
    """Lines (shapes) before the first period that is counted otherwise, and the words above them (annotations).

    Each line's words stand `LINE` pixels above those of the line before: in a narrow figure they would overlap.
    """
    places: dict[str, list[Break]] = {}
    for each, first in _within(result, moment, rows, names):
        shift = _HALF_A_MONTH if moment.month else _HALF_A_DAY
        at = dt.datetime.combine(first, dt.time()) - shift
        places.setdefault(at.isoformat(), []).append(each)
    line = {"color": colours.muted, "width": 1, "dash": "dash"}
    lines = [
        {"type": "line", "x0": place, "x1": place, "yref": "paper", "y0": 0, "y1": 1, "line": line} for place in places
    ]
    words = [
        note(_word(found), place, 1, yref="paper", yanchor="bottom", yshift=1 + above * LINE, color=colours.muted)
        for above, (place, found) in enumerate(places.items())
    ]
    return lines, words


def in_words(result: Result, moment: Column, rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> str:
    """The breaks that lie within the figure, each with what changed."""
    said = [
        f"{japanese_date(each.day).partition('(')[0]}に{_word([each])}（{each.change.rstrip('。')}）"
        for each, _ in _within(result, moment, rows, names)
    ]
    return f"{'、'.join(said)}ので、その前と後は、そのままでは比べられません。" if said else ""


def _word(found: Sequence[Break]) -> str:
    return "数える対象が変わった" if all(each.rates for each in found) else "定義が変わった"


def _within(
    result: Result, moment: Column, rows: Sequence[Mapping[str, Any]], names: Sequence[str]
) -> Iterator[tuple[Break, dt.date]]:
    """The breaks of the drawn quantities that have a period before them, with the first period they touch."""
    drawn = [column_of(result, name) for name in names]
    days = [row[moment.name] for row in rows]
    for each in result.breaks:
        if not any(each.touches(column) for column in drawn):
            continue
        since = each.day.replace(day=1) if moment.month else each.day
        first = next((day for day in days if day >= since), None)
        if first is not None and first > days[0]:
            yield each, first
