"""What a file holds, for any subject: its tables, their columns by kind, and the normalised table (`dx read`)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dx_data import text
from dx_data.derive import staged
from dx_data.door.laid import Laid
from dx_data.door.layout import lay_out
from dx_data.door.read import Book, read
from dx_data.door.staging import Staging
from dx_data.door.totals import ControlTotal
from dx_data.errors import Mended
from dx_data.settings import Settings
from dx_data.spec import Kind

Cell = str | None


@dataclass(frozen=True)
class Field:
    """One column of a described table: what its cells are, how many are filled."""

    letter: str
    header: str
    kind: Kind
    filled: int
    blank: int

    def as_json(self) -> dict[str, Any]:
        """The shape `dx read --json` promises."""
        return {
            "letter": self.letter,
            "header": self.header,
            "kind": self.kind.value,
            "filled": self.filled,
            "blank": self.blank,
        }


@dataclass(frozen=True)
class Table:
    """One table: where it stands, its columns, and its data rows in normal form (ISO dates, plain numbers)."""

    sheet: str | None
    hidden: bool
    header_rows: tuple[int, ...]
    fields: tuple[Field, ...]
    rows: tuple[tuple[Cell, ...], ...]
    mended: tuple[Mended, ...]
    totals: tuple[ControlTotal, ...] = ()
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The shape `dx read --json` promises."""
        return {
            "sheet": self.sheet,
            "hidden": self.hidden,
            "header_rows": list(self.header_rows),
            "rows": len(self.rows),
            "columns": [field.as_json() for field in self.fields],
            "totals": [total.as_json() for total in self.totals],
            "notes": list(self.notes),
            "mended": [mended.as_json() for mended in self.mended],
        }


@dataclass(frozen=True)
class Description:
    """A file and all its tables, in the order they stand."""

    book: Book
    tables: tuple[Table, ...]

    def as_json(self) -> dict[str, Any]:
        """The shape `dx read --json` promises."""
        return {
            "file": self.book.file,
            "sha256": self.book.sha256,
            "encoding": self.book.encoding,
            "format": self.book.format,
            "tables": [table.as_json() for table in self.tables],
        }


def describe(path: Path, settings: Settings) -> Description:
    """Read and lay out a file of any subject. FileRejected for whatever is no readable table."""
    with Staging() as staging:
        book = read(path, staging, settings)
        laid = lay_out(book, staging, known_shapes=False)
        return Description(book, tuple(_table(table, staging) for table in laid))


def described(laid: Laid, staging: Staging) -> Table:
    """One laid-out table of a file that is still open."""
    return _table(laid, staging)


def _table(laid: Laid, staging: Staging) -> Table:
    columns = [heading.column for heading in laid.headings]
    rows = staging.sql(staged.laid_rows(laid.view, columns)).fetchall()
    cells = [[row[i] for row in rows] for i in range(len(columns))]
    normal = [_normal(column) for column in cells]
    fields = tuple(
        Field(heading.letter, heading.text, kind, sum(c is not None for c in values), sum(c is None for c in values))
        for heading, (kind, values) in zip(laid.headings, normal, strict=True)
    )
    return Table(
        laid.sheet,
        laid.hidden,
        laid.header_rows,
        fields,
        tuple(zip(*(values for _, values in normal), strict=True)),
        laid.mended,
        laid.totals,
        laid.notes,
    )


def _normal(cells: list[Cell]) -> tuple[Kind, list[Cell]]:
    """The kind of a column and its cells in normal form; a column whose cells do not agree is text."""
    filled = [cell if cell and cell.strip() else None for cell in cells]
    distinct = {cell for cell in filled if cell is not None}
    for kind, read_cell in _READERS:
        try:
            known = {cell: read_cell(cell) for cell in distinct}
        except text.Unreadable:
            continue
        if distinct:
            return kind, [None if cell is None else known[cell] for cell in filled]
    return Kind.TEXT, filled


def _integer(cell: str) -> str:
    if _is_code(cell):
        raise text.Unreadable("先頭が0の番号です", "文字として扱います", "number.code")
    return str(text.parse_integer(cell))


def _number(cell: str) -> str:
    if _is_code(cell):
        raise text.Unreadable("先頭が0の番号です", "文字として扱います", "number.code")
    return f"{text.parse_number(cell):f}"


def _is_code(cell: str) -> bool:
    """Whether a leading zero or great length says that the digits are a name, not a quantity."""
    digits = text.fold(cell)
    return digits.isdigit() and ((len(digits) > 1 and digits[0] == "0") or len(digits) > 15)


def _date(cell: str) -> str:
    if cell.strip().isdigit():
        raise text.Unreadable("日付かどうか分かりません", "数として扱います", "date.ambiguous")
    return text.parse_date(cell).isoformat()


def _datetime(cell: str) -> str:
    if cell.strip().isdigit():
        raise text.Unreadable("日時かどうか分かりません", "数として扱います", "date.ambiguous")
    moment: dt.datetime = text.parse_datetime(cell)
    return moment.isoformat(timespec="seconds")


_READERS: tuple[tuple[Kind, Callable[[str], str]], ...] = (
    (Kind.INTEGER, _integer),
    (Kind.NUMBER, _number),
    (Kind.DATE, _date),
    (Kind.DATETIME, _datetime),
)
