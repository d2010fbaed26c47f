"""Raw table → laid-out table: where the header is, what dialect it speaks, which rows are data.

A laid-out table is a view over the raw one: `row` and one text column per heading. Dialects with their own module:
kintone exports (`kintone`) and the Digital Agency's tables with municipalities across (`municipalities`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from dx_data.datasets import DATASETS
from dx_data.derive.headers import vocabulary
from dx_data.derive.tables import quoted
from dx_data.door import kintone, municipalities
from dx_data.door.read import Book, Sheet, rows
from dx_data.door.staging import Staging
from dx_data.errors import FileRejected, Mended
from dx_data.text import fold_header

HEAD_ROWS = 30


@dataclass(frozen=True)
class Heading:
    """One column of a laid-out table: its text, its place in the file, and the view's column that holds its cells."""

    text: str
    letter: str
    column: str


@dataclass(frozen=True)
class Laid:
    """One table as a person means it. `view` has `row` and each heading's column; `record` and `start` are kintone's."""

    sheet: str | None
    hidden: bool
    view: str
    header_rows: tuple[int, ...]
    headings: tuple[Heading, ...]
    height: int
    dialect: str = "plain"
    start: str | None = None
    record: str | None = None
    ragged: tuple[int, ...] = ()
    mended: tuple[Mended, ...] = field(default_factory=tuple)


def letter(position: int) -> str:
    """Excel's letter of a column counted from 0."""
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def lay_out(book: Book, staging: Staging, *, as_of: dt.date | None = None) -> list[Laid]:
    """Every table of the book, those with no data left out.

    Raises FileRejected when there is no header or no data row at all, or a known layout contradicts itself.
    """
    tables = [laid for sheet in book.sheets if sheet.height and (laid := _lay_out_sheet(sheet, staging, as_of))]
    if not tables:
        raise FileRejected.because(
            "見出しとデータの行が見つかりません",
            "1行目が項目名、2行目からデータの表にしてください",
            stage="layout",
            rule="layout.no_table",
        )
    return tables


def _lay_out_sheet(sheet: Sheet, staging: Staging, as_of: dt.date | None) -> Laid | None:
    head = list(rows(sheet, staging, last=HEAD_ROWS))
    if municipalities.recognised(head):
        view, titles, height = municipalities.unfold(sheet, staging, as_of)
        headings = tuple(Heading(title, letter(i), f"c{i}") for i, title in enumerate(titles))
        return Laid(sheet.name, sheet.hidden, view, (1,), headings, height, dialect="municipalities")
    header = _header_row(head)
    if header is None:
        return None
    cells = [(cell or "").strip() for cell in dict(head)[header]]
    if (dialect := kintone.dialect(cells)) != "plain":
        return _kintone(sheet, staging, header, cells, dialect)
    used = [i for i, cell in enumerate(cells) if cell or _filled(sheet, staging, i, header)]
    headings = tuple(Heading(cells[i], letter(i), f"c{i}") for i in used)
    blank = " AND ".join(f"coalesce(trim(c{i}), '') = ''" for i in used) or "true"
    view = staging.name("laid")
    staging.sql(
        f"CREATE VIEW {view} AS SELECT row, {', '.join(quoted(h.column) for h in headings)}"
        f" FROM {sheet.table} WHERE row > {header} AND NOT ({blank})"
    )
    height = staging.sql(f"SELECT count(*) FROM {view}").fetchall()[0][0]
    ragged = tuple(row for row in sheet.ragged if row > header)
    return Laid(sheet.name, sheet.hidden, view, (header,), headings, height, ragged=ragged)


def _filled(sheet: Sheet, staging: Staging, position: int, header: int) -> bool:
    found = staging.sql(
        f"SELECT count(*) FROM {sheet.table} WHERE row > {header} AND coalesce(trim(c{position}), '') <> ''"
    ).fetchall()
    return bool(found[0][0])


def _header_row(head: Sequence[tuple[int, list[str | None]]]) -> int | None:
    """The row within the first 30 with the most known headings; without any, the first one filled like a header."""
    known = vocabulary(DATASETS.values())
    hits = {row: sum(1 for cell in cells if cell and fold_header(cell) in known) for row, cells in head}
    if hits and max(hits.values()) > 0:
        return max(hits, key=lambda row: (hits[row], -row))
    widest = max((sum(1 for cell in cells if cell) for _, cells in head), default=0)
    for row, cells in head:
        filled = [cell for cell in cells if cell]
        if filled and len(filled) * 2 > widest and len(set(filled)) == len(filled):
            return row
    return None


def _kintone(sheet: Sheet, staging: Staging, header: int, cells: list[str], dialect: str) -> Laid:
    folded = kintone.fold(cells)
    view = staging.name("laid")
    selected = ", ".join(f"{column.expression} AS {quoted(f'c{column.position}')}" for column in folded.columns)
    staging.sql(f"CREATE VIEW {view} AS SELECT row, {selected} FROM {sheet.table} WHERE row > {header}")
    height = staging.sql(f"SELECT count(*) FROM {view}").fetchall()[0][0]
    headings = tuple(Heading(c.title, letter(c.position), f"c{c.position}") for c in folded.columns)
    return Laid(
        sheet.name,
        sheet.hidden,
        view,
        (header,),
        headings,
        height,
        dialect=dialect,
        start=None if folded.start is None else f"c{folded.start}",
        record=None if folded.record is None else f"c{folded.record}",
        ragged=tuple(row for row in sheet.ragged if row > header),
        mended=folded.mended,
    )
