"""Rows as a real HTML table: caption, column heads, numbers to the right, every cell escaped. Cuts, never counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from html import escape
from typing import Any

import streamlit as st

from dx_data.catalog import Result
from dx_data.spec import Column
from dx_data.ui import drawn, words

ROWS_SHOWN = 200
_LONG = 16
_ABREAST = 6


def of_result(result: Result, *, names: Sequence[str] = (), caption: str = "", limit: int = ROWS_SHOWN) -> None:
    """An answer's rows with its declared heads and units, all columns or the named ones in their order.

    A single row of many columns stands upright, an item a line: lying it fits neither a telephone nor paper.
    """
    more = max(0, len(result.rows) - limit)
    shown = drawn.first_rows(result, limit)
    st.html(drawn.once(shown, _of_result, names=tuple(names), caption=caption or result.question.title, more=more))


def _of_result(result: Result, names: Sequence[str], caption: str, more: int) -> str:
    chosen = [result.question.column(name) for name in names] or list(result.columns)
    positions = [[column.name for column in result.columns].index(column.name) for column in chosen]
    rows = [[row[position] for position in positions] for row in result.rows]
    note = (
        f"{len(rows) + more:,} 行のうち、はじめの {len(rows):,} 行です。すべての行は CSV にあります。" if more else ""
    )
    heads = [column.label for column in chosen]
    if len(rows) == 1 and len(chosen) > _ABREAST:
        items = [[head, words.shown(cell, column)] for head, cell, column in zip(heads, *rows, chosen, strict=True)]
        return html(("項目", "値"), items, caption=caption, note=note, heard=True)
    return html(heads, rows, caption=caption, columns=chosen, note=note, heard=True)


def show(
    heads: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    caption: str,
    columns: Sequence[Column | None] = (),
    note: str = "",
    heard: bool = False,
) -> None:
    """A table of any rows; `columns` say how their cells are written."""
    st.html(html(heads, list(rows), caption=caption, columns=columns, note=note, heard=heard))


def html(
    heads: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    caption: str,
    columns: Sequence[Column | None] = (),
    note: str = "",
    heard: bool = False,
) -> str:
    """The table's markup, in a frame that scrolls by itself and can be reached by keyboard.

    A caption that repeats the heading above it is only `heard`.

    >>> "<td>&lt;b&gt;</td>" in html(["名前"], [["<b>"]], caption="例").replace(' class="dx-short"', "")
    True
    """
    declared = [*columns, *[None] * (len(heads) - len(columns))]
    legend = words.NO_DATA_LEGEND if any(cell in (None, "") for row in rows for cell in row) else ""
    numbers = [_is_number(position, rows) for position in range(len(heads))]
    head = "".join(
        f'<th scope="col"{" class=dx-number" if right else ""}>{escape(text)}</th>'
        for text, right in zip(heads, numbers, strict=True)
    )
    body = "".join(f"<tr>{''.join(map(_cell, row, declared, numbers))}</tr>" for row in rows)
    below = "".join(f'<p class="dx-note">{escape(line)}</p>' for line in (legend, note) if line)
    title = f"<caption{' class=dx-hidden' if heard else ''}>{escape(caption)}</caption>"
    return (
        f'<div class="dx-scroll" role="region" tabindex="0" aria-label="{escape(caption)}"><table class="dx-table">'
        f"{title}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>{below}"
    )


def _is_number(position: int, rows: Sequence[Sequence[Any]]) -> bool:
    cells = [row[position] for row in rows if row[position] is not None]
    return bool(cells) and all(isinstance(cell, int | float | Decimal) and not isinstance(cell, bool) for cell in cells)


def _cell(value: Any, column: Column | None, right: bool) -> str:
    """One cell; what is missing in a column of numbers stands where its number would."""
    written = words.shown(value, column)
    if right or (isinstance(value, int | float | Decimal) and not isinstance(value, bool)):
        return f'<td class="dx-number">{escape(written)}</td>'
    return f'<td class="dx-short">{escape(written)}</td>' if len(written) < _LONG else f"<td>{escape(written)}</td>"
