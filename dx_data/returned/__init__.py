"""差戻しExcel: the sender's own book with its faulty cells marked, and a first sheet that lists them.

Only here is a book of somebody else changed: part by part, so that whatever we do not understand keeps its bytes.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO
from xml.parsers.expat import ExpatError

from dx_data.door.echo import shown
from dx_data.door.read import bounded
from dx_data.door.workbook import Form, column_number, sheet_parts
from dx_data.errors import Fault, FileRejected
from dx_data.returned import csv_book, list_sheet
from dx_data.returned.cells import Cell, Worksheet
from dx_data.returned.comments import comment, earlier
from dx_data.returned.list_sheet import Line
from dx_data.returned.parts import Parts
from dx_data.returned.styles import Styles
from dx_data.settings import Settings

MOST_COMMENTS = 3_000
MOST_BYTES = csv_book.MOST_BYTES
# What a part that is damaged, missing, encrypted or packed in an unknown way ends in.
_BROKEN = (LookupError, ValueError, StopIteration, EOFError, RuntimeError, ExpatError, zipfile.BadZipFile, zlib.error)
_LONGEST_NOTE = 1_000
_SETTLED = "直っています"


def from_csv(path: Path, faults: Sequence[Fault], settings: Settings) -> bytes:
    """The CSV at `path` as a book, marked; FileRejected where no sheet can hold it."""
    return _marked(io.BytesIO(csv_book.book(path, settings)), faults, None)


def from_book(path: Path, faults: Sequence[Fault], settings: Settings, *, again: str | None = None) -> bytes:
    """The workbook at `path`, marked. `again` is the list sheet of an earlier return, which is written anew.

    FileRejected for a book that is out of bounds or whose parts contradict each other.
    """
    bounded(path, settings)
    with path.open("rb") as stream:
        return _marked(stream, faults, again)


def _marked(stream: BinaryIO, faults: Sequence[Fault], again: str | None) -> bytes:
    try:
        with zipfile.ZipFile(stream) as archive:
            return _mark(archive, faults, again)
    except _BROKEN as fault:
        raise FileRejected.because(
            "このブックには印を付けられません",
            "誤りの一覧（CSV）を使うか、Excelで開いて保存し直してください",
            stage="returned",
            rule="returned.damaged",
        ) from fault


def _mark(archive: zipfile.ZipFile, faults: Sequence[Fault], again: str | None) -> bytes:
    parts = Parts(archive)
    styles = Styles(parts)
    there = set(archive.namelist())
    sheets = {name: part for name, part in sheet_parts(archive).items() if part in there}
    names = {shown(name): name for name in sheets}
    if len(names) == 1:
        names[""] = next(iter(sheets))
    merged = {name: _anchors(archive, sheets[name]) for name in {names.get(f.sheet) for f in faults} if name}
    found = [_line(fault, names.get(fault.sheet), merged) for fault in faults]
    order = {name: number for number, name in enumerate(sheets)}
    lines = sorted(found, key=lambda line: (order.get(line.sheet or "", len(order)), line.cell or (0, 0)))
    notes: dict[str, dict[Cell, list[str]]] = {}
    for line in lines:
        if line.sheet is not None and line.cell is not None:
            notes.setdefault(line.sheet, {}).setdefault(line.cell, []).append(_said(line.fault))
    left = MOST_COMMENTS
    for name, part in sheets.items():
        cells = notes.get(name, {})
        # What an earlier return marked and is right by now.
        settled = [cell for cell in earlier(parts, part) if cell not in cells]
        sheet = Worksheet(parts.read(part), cells, styles, settled)
        commented = {cell: "\n".join(said)[:_LONGEST_NOTE] for cell, said in sorted(cells.items())[:left]}
        left -= len(commented)
        commented |= dict.fromkeys(settled, _SETTLED)
        comment(parts, part, sheet, commented)
        parts.write(part, sheet.edits.done())
    list_sheet.add(parts, styles, lines, again=again)
    styles.write()
    return parts.archive()


def _anchors(archive: zipfile.ZipFile, part: str) -> list[tuple[int, int, int, int]]:
    return Form().read(archive, part).merged


def _line(fault: Fault, sheet: str | None, merged: Mapping[str, list[tuple[int, int, int, int]]]) -> Line:
    """The fault with its cell: a row without a column is marked at its beginning, a merged range at its first cell."""
    if sheet is None or fault.row is None:
        return Line(fault)
    row, column = fault.row, column_number(fault.letter.encode()) if fault.letter else 0
    for top, first, bottom, last in merged[sheet]:
        if top <= row <= bottom and first <= column <= last:
            row, column = top, first
    return Line(fault, sheet, (row, column))


def _said(fault: Fault) -> str:
    place = f"『{fault.header}』" if fault.header and not fault.letter else ""
    return f"{place}{fault.message}\n→ {fault.fix}"
