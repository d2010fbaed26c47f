"""Raw table → laid-out table: where the header is, what dialect it speaks, which rows are data.

A laid-out table is a view over the raw one: `row` and one text column per heading. Dialects with their own module:
kintone exports (`kintone`) and the Digital Agency's tables with municipalities across (`municipalities`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from dx_data.datasets import DATASETS
from dx_data.derive import staged
from dx_data.derive.headers import vocabulary
from dx_data.door import kintone, municipalities
from dx_data.door.read import Book, Sheet, rows
from dx_data.door.staging import Staging
from dx_data.errors import FileRejected, Mended
from dx_data.text import fold_header

HEAD_ROWS = 30


@dataclass(frozen=True)
class Heading:
    """One column of a laid-out table: its text, its place in the file, and the view's column that holds its cells.

    `options` marks a heading that kintone spread over several columns.
    """

    text: str
    letter: str
    column: str
    options: bool = False


@dataclass(frozen=True)
class Laid:
    """One table as a person means it: `view` has `row` and the headings' columns; `record`, `start` are kintone's."""

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
    private_use: bool = False
    mended: tuple[Mended, ...] = ()


def letter(position: int) -> str:
    """Excel's letter of a column counted from 0."""
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def lay_out(book: Book, staging: Staging, *, as_of: dt.date | None = None, known_shapes: bool = True) -> list[Laid]:
    """Every table of the book, also one that has a header and no rows yet.

    Without `known_shapes` a table with municipalities across stays as it lies in the file.

    Raises FileRejected when there is no header at all, or a known layout contradicts itself.
    """
    tables = [
        laid for sheet in book.sheets if sheet.height and (laid := _lay_out_sheet(sheet, staging, as_of, known_shapes))
    ]
    if not tables:
        raise FileRejected.because(
            "見出しとデータの行が見つかりません",
            "1行目が項目名、2行目からデータの表にしてください",
            stage="layout",
            rule="layout.no_table",
        )
    return tables


def _lay_out_sheet(sheet: Sheet, staging: Staging, as_of: dt.date | None, known_shapes: bool) -> Laid | None:
    head = list(rows(sheet, staging, last=HEAD_ROWS))
    if known_shapes and municipalities.recognised(head):
        long = municipalities.unfold(sheet, staging, as_of)
        headings = tuple(Heading(title, letter(i), staged.raw_cell(i)) for i, title in enumerate(long.titles))
        return Laid(
            sheet.name,
            sheet.hidden,
            long.view,
            (1,),
            headings,
            long.height,
            dialect="municipalities",
            private_use=sheet.private_use,
            mended=long.mended,
        )
    header = _header_row(head)
    if header is None:
        return None
    cells = [(cell or "").strip() for cell in dict(head)[header]]
    dialect = kintone.dialect(cells)
    fold = _fold(sheet, staging, header, cells, dialect)
    filled = _filled(sheet, staging, [i for i, cell in enumerate(cells) if not cell], header)
    if filled and header in sheet.ragged:
        raise FileRejected.because(
            "見出しの列の数がデータの行と違います",
            '「,」の入った値を「"」で囲むか、見出しの抜けを直してください',
            stage="layout",
            rule="layout.uneven_header",
            rows=(header,),
        )
    columns = [column for column in fold.columns if column.title or column.position in filled]
    view = staging.name("laid")
    staging.sql(
        staged.lay_out(view, sheet.table, [(c.expression, f"c{c.position}") for c in columns], header, sheet.width)
    )
    height = int(staging.value(staged.count_rows(view)))
    mended = list(fold.mended)
    if not height:
        words = "見出しだけで、データの行がありません。取り込む行はありません"
        mended.append(Mended(rule="layout.no_rows", message=words, sheet=sheet.name, count=0, rows=(header,)))
    return Laid(
        sheet.name,
        sheet.hidden,
        view,
        (header,),
        tuple(Heading(c.title, letter(c.position), f"c{c.position}", c.options) for c in columns),
        height,
        dialect=dialect,
        start=None if fold.start is None else f"c{fold.start}",
        record=None if fold.record is None else f"c{fold.record}",
        ragged=tuple(row for row in sheet.ragged if row > header),
        private_use=sheet.private_use,
        mended=tuple(mended),
    )


def _fold(sheet: Sheet, staging: Staging, header: int, cells: Sequence[str], dialect: str) -> kintone.Fold:
    if dialect == "plain":
        plain = (kintone.Folded(cell, i, staged.raw_cell(i)) for i, cell in enumerate(cells))
        return kintone.Fold(tuple(plain), None, None, ())
    places = kintone.bracketed(cells)
    strange = staging.row(staged.other_than_marks(sheet.table, places, header)) if places else ()
    counts = dict(zip(places, strange, strict=True))
    return kintone.fold(cells, lambda position: not counts.get(position))


def _filled(sheet: Sheet, staging: Staging, positions: Sequence[int], header: int) -> set[int]:
    """Which of the columns hold anything under the header."""
    if not positions:
        return set()
    counts = staging.row(staged.filled_below(sheet.table, positions, header))
    return {position for position, count in zip(positions, counts, strict=True) if count}


def _header_row(head: Sequence[tuple[int, list[str | None]]]) -> int | None:
    """The row within the first 30 with the most known headings; without any, the first one filled like a header."""
    known = vocabulary(DATASETS.values())
    hits = {row: sum(1 for cell in cells if cell and fold_header(cell) in known) for row, cells in head}
    if hits and max(hits.values()) > 0:
        return max(hits, key=lambda row: (hits[row], -row))
    widest = max((sum(1 for cell in cells if cell and cell.strip()) for _, cells in head), default=0)
    for row, cells in head:
        filled = [cell for cell in cells if cell and cell.strip()]
        if filled and len(filled) * 2 > widest and len(set(filled)) == len(filled):
            return row
    return None
