"""What a file holds, for any subject: its tables, their columns by kind, and the normalised table (`dx read`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dx_data.derive import staged
from dx_data.door import kinds
from dx_data.door.echo import shown
from dx_data.door.laid import Heading, Laid
from dx_data.door.layout import lay_out
from dx_data.door.read import Book, read
from dx_data.door.staging import Staging
from dx_data.door.totals import ControlTotal
from dx_data.errors import ROWS_SHOWN, Mended
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
    numbered = staging.sql(staged.laid_rows_numbered(laid.view, columns)).fetchall()
    numbers = [row for row, *_ in numbered]
    cells: list[list[Cell]] = [[row[i] for row in numbered] for i in range(1, len(columns) + 1)]
    normal = [kinds.normal(heading.text, column) for heading, column in zip(laid.headings, cells, strict=True)]
    fields = tuple(
        Field(h.letter, h.text, n.kind, sum(c is not None for c in n.cells), sum(c is None for c in n.cells))
        for h, n in zip(laid.headings, normal, strict=True)
    )
    said = [
        notice
        for heading, column, form in zip(laid.headings, cells, normal, strict=True)
        for notice in _said(laid, heading, numbers, column, form)
    ]
    return Table(
        laid.sheet,
        laid.hidden,
        laid.header_rows,
        fields,
        tuple(zip(*(n.cells for n in normal), strict=True)),
        (*laid.mended, *said),
        laid.totals,
        laid.notes,
    )


def _said(
    laid: Laid, heading: Heading, numbers: Sequence[int], cells: Sequence[Cell], form: kinds.Normal
) -> Iterator[Mended]:
    """What the normal form does to the cells of a column, and what a person should look at."""
    for rule, message, odd, after in (
        ("value.mark", "「―」「…」「x」など値がないことを表す記号は、正規化した表では空欄にしました", form.marks, ""),
        (
            "value.error",
            "エラーの値か計算結果のない式なので、正規化した表では空欄にしました",
            form.errors,
            "",
        ),
        ("date.serial", "Excelの日付の通し番号を、日付に直しました", form.serials, None),
        (
            "id.zeros_lost",
            "ほかの番号より短い番号です。先頭の0がExcelで消えていないか確かめてください",
            kinds.lost_zeros(heading.text, cells),
            None,
        ),
    ):
        found = [n for n, cell in enumerate(cells) if cell in odd] if odd else []
        if found:
            example = cells[found[0]] or ""
            yield Mended(
                rule=rule,
                message=message,
                sheet=laid.sheet,
                column=heading.letter,
                header=shown(heading.text) or None,
                count=len(found),
                rows=tuple(numbers[n] for n in found[:ROWS_SHOWN]),
                before=shown(example),
                after=form.cells[found[0]] if after is None else after,
            )
