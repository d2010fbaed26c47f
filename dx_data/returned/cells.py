"""Which bytes of a worksheet change: the format of its faulty cells, and those that did not exist are put in."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable

from dx_data.door.laid import letter
from dx_data.door.workbook import column_number
from dx_data.returned.styles import Styles
from dx_data.returned.xml import Edits, Facts, reader, tag_end, with_facts

Cell = tuple[int, int]  # row from 1, column from 0
_PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
# What stands after legacyDrawing in a worksheet; controls and objects lie in AlternateContent.
_AFTER = frozenset(
    (
        *("legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems", "tableParts"),
        *("extLst", "AlternateContent"),
    )
)


def address(cell: Cell) -> str:
    """The cell as Excel names it."""
    return f"{letter(cell[1])}{cell[0]}"


def cell_at(place: str) -> Cell | None:
    """The cell of an address; None if it is none."""
    found = _PLACE.fullmatch(place.replace("$", ""))
    return (int(found[2]), column_number(found[1].encode())) if found else None


class Worksheet:
    """One pass over a worksheet: faulty cells are given our fill, missing ones are put in; `settled` ones lose it."""

    def __init__(
        self, data: bytes, cells: Iterable[Cell], styles: Styles, settled: Collection[Cell] = frozenset()
    ) -> None:
        self.edits = Edits(data)
        self.styles = styles
        self.settled = settled
        self.drawing: str | None = None
        self.prefix = ""
        self.tail = len(data)
        self._depth = 0
        self._busy = False
        self._settled_rows = {row for row, _ in settled}
        self._rows: dict[int, list[int]] = {}
        for row, column in sorted(set(cells)):
            self._rows.setdefault(row, []).append(column)
        self._all = sorted(set(cells))
        self._pending = sorted(self._rows)
        self._columns: list[tuple[int, int, str]] = []
        self._row = self._column = 0
        self._row_start = -1
        self._row_facts: Facts = {}
        self._cells: list[int] = []
        self._added = False
        self._tail_known = False
        self._reader = reader(self._start, self._end)
        self._reader.Parse(data, True)

    # --- reading ------------------------------------------------------------------------------------------

    def _start(self, name: str, facts: Facts) -> None:
        self._depth += 1
        if self._depth > 4 or (self._depth == 4 and not self._busy):
            return  # nearly every element of a long sheet
        place, local = self._reader.CurrentByteIndex, name.rpartition(":")[2]
        match self._depth, local:
            case 1, _:
                self.prefix = f"{head}:" if (head := name.rpartition(":")[0]) else ""
            case 2, _:
                self._section(local, facts, place)
            case 3, "sheetView":
                if facts.get("tabSelected") in ("1", "true"):
                    # With two sheets selected an edit would go into both.
                    self._set(place, tabSelected=None)
            case 3, "col":
                self._columns.append((int(facts["min"]) - 1, int(facts["max"]) - 1, facts.get("style", "0")))
            case 3, "row":
                self._begin_row(facts, place)
            case 4, "c":
                self._cell(facts, place)

    def _section(self, local: str, facts: Facts, place: int) -> None:
        if local == "legacyDrawing":
            self.drawing = next((value for key, value in facts.items() if key.rpartition(":")[2] == "id"), None)
        elif local == "dimension":
            self._stretch(facts.get("ref", ""), place)
        elif local in _AFTER and not self._tail_known:
            self.tail, self._tail_known = place, True

    def _stretch(self, ref: str, place: int) -> None:
        corners = [cell for part in ref.split(":") if (cell := cell_at(part))]
        if corners and self._all:
            cells = [*corners, *self._all]
            first = (min(row for row, _ in cells), min(column for _, column in cells))
            last = (max(row for row, _ in cells), max(column for _, column in cells))
            self._set(place, ref=address(first) if first == last else f"{address(first)}:{address(last)}")

    def _set(self, place: int, **facts: str | None) -> None:
        end = tag_end(self.edits.data, place)
        self.edits.replace(place, end, with_facts(self.edits.data[place:end], **facts))

    def _begin_row(self, facts: Facts, place: int) -> None:
        self._row = int(facts.get("r", self._row + 1))
        self._column = -1
        self._rows_before(self._row, place)
        self._cells = []
        self._busy = self._row in self._rows or self._row in self._settled_rows
        if self._pending and self._pending[0] == self._row:
            self._pending.pop(0)
            self._cells = self._rows[self._row].copy()
            self._row_start, self._row_facts = place, facts
            self._added = False

    def _cell(self, facts: Facts, place: int) -> None:
        found = cell_at(facts.get("r", ""))
        self._column = found[1] if found else self._column + 1
        if (self._row, self._column) in self.settled:
            self._set(place, s=str(self.styles.unmarked(facts.get("s", "0"))))
        if not self._cells:
            return
        before = [column for column in self._cells if column < self._column]
        if before:
            self._put(place, before)
        if self._column in self._cells:
            self._set(place, s=str(self.styles.marked(facts.get("s", "0"))))
        self._cells = [column for column in self._cells if column > self._column]

    def _end(self, name: str) -> None:
        self._depth -= 1
        if self._depth > 2:
            return
        place, local = self._reader.CurrentByteIndex, name.rpartition(":")[2]
        if self._depth == 2 and local == "row" and self._row_start >= 0:
            self._end_row(name, place)
        elif self._depth == 1 and local == "sheetData":
            self._end_data(name, place)
        elif not self._depth and not self._tail_known:
            self.tail = place

    # --- what is put in -----------------------------------------------------------------------------------

    def _end_row(self, name: str, place: int) -> None:
        start, inner = self._row_start, tag_end(self.edits.data, self._row_start)
        tag = self.edits.data[start:inner]
        # `spans` is a hint about the cells of the row; a wrong one is worse than none.
        new = with_facts(tag, spans=None) if self._cells or self._added else tag
        if self._cells and tag.endswith(b"/>"):
            cells = self._written(self._row, self._cells, self._style_here).encode()
            self.edits.replace(start, inner, new[:-2].rstrip() + b">" + cells + f"</{name}>".encode())
        else:
            if new != tag:
                self.edits.replace(start, inner, new)
            if self._cells:
                self._put(place, self._cells)
        self._row_start, self._cells = -1, []

    def _end_data(self, name: str, place: int) -> None:
        data = self.edits.data
        if data[place - 2 : place] == b"/>" and self._row == 0:
            start = data.rfind(b"<", 0, place)
            rows = "".join(map(self._new_row, self._pending)).encode()
            if rows:
                self.edits.replace(start, place, data[start : place - 2].rstrip() + b">" + rows + f"</{name}>".encode())
        else:
            self._rows_before(1 << 30, place)
        self._pending = []

    def _rows_before(self, row: int, place: int) -> None:
        while self._pending and self._pending[0] < row:
            self.edits.insert(place, self._new_row(self._pending.pop(0)))

    def _new_row(self, row: int) -> str:
        cells = self._written(row, self._rows[row], self._style_of_column)
        return f'<{self.prefix}row r="{row}">{cells}</{self.prefix}row>'

    def _put(self, place: int, columns: list[int]) -> None:
        self.edits.insert(place, self._written(self._row, columns, self._style_here))
        self._added = True

    def _written(self, row: int, columns: list[int], style_of: Callable[[int], str]) -> str:
        return "".join(
            f'<{self.prefix}c r="{address((row, column))}" s="{self.styles.marked(style_of(column))}"/>'
            for column in columns
        )

    def _style_here(self, column: int) -> str:
        if self._row_facts.get("customFormat") in ("1", "true"):
            return self._row_facts.get("s", "0")
        return self._style_of_column(column)

    def _style_of_column(self, column: int) -> str:
        return next((style for first, last, style in self._columns if first <= column <= last), "0")
