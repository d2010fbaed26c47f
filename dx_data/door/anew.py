"""Rows of ours on the way to becoming a laid-out table again, and what the door says about them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from dx_data.derive import staged
from dx_data.derive.headers import spellings
from dx_data.door.echo import shown
from dx_data.door.laid import Heading, Laid
from dx_data.door.staging import Staging
from dx_data.door.totals import fold_header
from dx_data.errors import ROWS_SHOWN, FileRejected, Mended
from dx_data.spec import Column

Cells = Sequence[str | None]
Row = tuple[int, list[str]]
DASH = frozenset(("-", "--", "―", "ー", "…", "...", "・"))


def meanings(column: Column) -> frozenset[str]:
    """The spellings that a column's heading may have, folded."""
    return frozenset(spellings(column))


def positions_of(laid: Laid, column: Column) -> list[int]:
    """Where a column stands among the headings of a table."""
    known = meanings(column)
    return [n for n, heading in enumerate(laid.headings) if fold_header(heading.text) in known]


def refused(
    laid: Laid, position: int, message: str, fix: str, rule: str, rows: Sequence[int] | None = None
) -> FileRejected:
    """The refusal of a table because of what stands in one column: under its heading, or in these rows."""
    heading = laid.headings[position]
    return FileRejected.because(
        message,
        fix,
        stage="layout",
        rule=rule,
        sheet=laid.sheet,
        column=heading.letter,
        header=shown(heading.text),
        rows=laid.header_rows if rows is None else tuple(rows),
    )


def rows_of(laid: Laid, staging: Staging) -> list[Row]:
    """The rows of a table with their numbers; a blank cell is ""."""
    if laid.view in staging.held:
        return staging.held[laid.view]
    found = staging.kept.get(laid.view)
    if found is None:
        found = staging.sql(staged.laid_rows_numbered(laid.view, [h.column for h in laid.headings])).fetchall()
    return [(row, [cell or "" for cell in cells]) for row, *cells in found]


def made_anew(
    laid: Laid,
    staging: Staging,
    columns: Sequence[tuple[str, str]],
    rows: Iterable[Row],
    mended: Iterable[Mended],
    at: Mapping[str, int] | None = None,
) -> Laid:
    """The table anew from rows of ours; `columns` are headings with their letters in the file (or none).

    `at` says for headings without one in which cell of each row, behind all others, their places stand.
    """
    view = staging.name("laid")
    held = staging.held[view] = list(rows)
    staging.held.pop(laid.view, None)
    places = {title: staged.raw_cell(n) for title, n in (at or {}).items()}
    headings = tuple(
        Heading(title, place, staged.raw_cell(n), at=None if place else places.get(title))
        for n, (title, place) in enumerate(columns)
    )
    heads = {heading.letter: heading.text for heading in laid.headings if heading.letter}
    return replace(
        laid,
        view=view,
        headings=headings,
        height=len(held),
        dialect="folded",
        ragged=(),
        mended=(*laid.mended, *mended),
        heads=heads | dict(laid.heads),
    )


def write_down(laid: Laid, staging: Staging) -> Laid:
    """The table, written if its rows are ours."""
    rows = staging.held.pop(laid.view, None)
    if rows is not None:
        width = max((len(cells) for _, cells in rows), default=len(laid.headings))
        cells = {staged.raw_cell(n): [cells[n] or None for _, cells in rows] for n in range(width)}
        with staging.lent(row=[row for row, _ in rows], **cells) as lent:
            staging.sql(staged.create_from(laid.view, lent))
    return laid


def told(laid: Laid, rule: str, message: str, rows: Sequence[int], before: str = "", after: str = "") -> list[Mended]:
    """The notice of what was done with some rows; none without any."""
    if not rows:
        return []
    shown_rows = tuple(dict.fromkeys(rows))[:ROWS_SHOWN]
    return [
        Mended(
            rule=rule,
            message=message,
            sheet=laid.sheet,
            count=len(rows),
            rows=shown_rows,
            before=shown(before) or None,
            after=shown(after) or None,
        )
    ]


def in_digits(value: Decimal) -> str:
    """A number in plain digits, a whole one without a fraction."""
    return str(int(value)) if value == value.to_integral_value() else str(value)
