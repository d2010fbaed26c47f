"""Any table on its way to become 参考データ: read, laid out, past the gate, in normal form. Checks no values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dx_data.derive import staged
from dx_data.door import gate
from dx_data.door.announced import listed
from dx_data.door.describe import Cell, Table, described
from dx_data.door.echo import safe_mended, safe_problem, shown
from dx_data.door.laid import Laid
from dx_data.door.layout import lay_out
from dx_data.door.match import Matched
from dx_data.door.read import Book, read
from dx_data.door.staging import Staging
from dx_data.errors import FileRejected, Mended
from dx_data.settings import Settings
from dx_data.spec import Column, Dataset, Delivery, Kind


@dataclass(frozen=True)
class Kept:
    """One table without what the gate left out: distinct headings, kinds, and cells as text in normal form."""

    book: Book
    sheet: str | None
    header_row: int
    headings: tuple[str, ...]
    kinds: tuple[Kind, ...]
    numbers: tuple[int, ...]
    rows: tuple[tuple[Cell, ...], ...]
    left_out: tuple[str, ...]
    mended: tuple[Mended, ...]


def keep(path: Path, settings: Settings, *, name: str | None, sheet: str | None, number: int | None) -> Kept:
    """One table of a file; FileRejected for what is no readable table, for several to choose from, by the gate."""
    try:
        with Staging() as staging:
            book = read(path, staging, settings, name=name)
            laid = lay_out(book, staging, known_shapes=False)
            return _kept(book, laid, _chosen(laid, sheet, number), staging)
    except FileRejected as event:
        raise FileRejected(tuple(map(safe_problem, event.problems))) from event


def _chosen(laid: Sequence[Laid], sheet: str | None, number: int | None) -> Laid:
    """The table that is meant; with one there is nothing to choose."""
    visible = [table for table in laid if not table.hidden] or list(laid)
    mine = [table for table in (visible if sheet is None else laid) if sheet in (None, table.sheet)]
    if number is not None:
        mine = mine[number - 1 : number]
    if len(mine) != 1:
        places = "、".join(dict.fromkeys(f"『{shown(table.sheet)}』" for table in visible if table.sheet))
        raise FileRejected.because(
            f"表が {len(visible)} つあり、どれを残すか決まりません" if mine else "指定された表がありません",
            f"シート（{places}）か、何番目の表かを指定してください" if places else "何番目の表かを指定してください",
            stage="match",
            rule="reference.which_table",
        )
    if not mine[0].height:
        raise FileRejected.because(
            "データの行がありません",
            "行のある表を選んでください",
            stage="layout",
            rule="reference.no_rows",
            sheet=mine[0].sheet,
        )
    return mine[0]


def _kept(book: Book, laid: Sequence[Laid], chosen: Laid, staging: Staging) -> Kept:
    table = described(chosen, staging)
    headings = _distinct(table)
    declared = _declared(table, headings)
    personal = {column for column, heading in zip(declared, chosen.headings, strict=True) if listed(heading.text)}
    stored = {h.column: c for c, h in zip(declared, chosen.headings, strict=True) if c not in personal}
    unknown = tuple(heading for heading in chosen.headings if heading.column not in stored)
    matched = Matched(chosen, _dataset(declared), chosen.view, stored, unknown)
    # Every column is stored that is not left out, so whatever looks personal in one turns the file away.
    gated = gate.pass_gate(book, laid, [matched], staging)
    places = [n for n, column in enumerate(declared) if column not in personal]
    numbers = staging.sql(staged.laid_rows_numbered(chosen.view, [chosen.headings[0].column])).fetchall()
    return Kept(
        book,
        chosen.sheet,
        chosen.header_rows[-1],
        tuple(headings[n] for n in places),
        tuple(table.fields[n].kind for n in places),
        tuple(row for row, _ in numbers),
        tuple(tuple(row[n] for n in places) for row in table.rows),
        tuple(shown(heading.text) for heading in unknown),
        tuple(map(safe_mended, (*table.mended, *gated.left_out))),
    )


def _distinct(table: Table) -> list[str]:
    """A heading of its own for each column, also where case is all that tells two apart."""
    found: list[str] = []
    taken: set[str] = set()
    for field in table.fields:
        bare = shown(field.header).strip() or f"{field.letter}列"
        heading, n = bare, 1
        while heading.casefold() in taken:
            n += 1
            heading = f"{bare}_{n}"
        taken.add(heading.casefold())
        found.append(heading)
    return found


def _declared(table: Table, headings: Sequence[str]) -> list[Column]:
    """The table's columns as the gate asks for them: their kind tells a count from a number that names somebody."""
    return [
        Column(name=f"c{n}", title=title, kind=field.kind, unit="—" if field.kind.counts else None)
        for n, (field, title) in enumerate(zip(table.fields, headings, strict=True))
    ]


def _dataset(columns: Sequence[Column]) -> Dataset:
    return Dataset(
        name="table",
        title="参考データ",
        family="参考データ",
        grain="1行",
        owner="—",
        source="—",
        rhythm="随時",
        key=(columns[0].name,),
        delivery=Delivery.APPEND,
        columns=tuple(columns),
    )
