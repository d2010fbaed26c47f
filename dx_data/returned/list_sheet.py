"""The first sheet of a returned book: every fault with its place, its remedy and a link to its cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from dx_data.door.returned_list import MARK, SHEET
from dx_data.errors import Fault
from dx_data.returned.cells import Cell, address
from dx_data.returned.parts import Parts
from dx_data.returned.styles import Styles
from dx_data.returned.xml import Edits, elements, words

_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
HEADS = ("番号", "シート", "場所", "項目", "値", "誤り", "直し方")
_WIDTHS = (8, 18, 12, 22, 26, 44, 52)
_TOP = 5  # the row of the headings
MOST = 20_000


@dataclass(frozen=True)
class Line:
    """One fault of the list: the sheet's true name and the cell that it is linked to, if there is one."""

    fault: Fault
    sheet: str | None = None
    cell: Cell | None = None


def add(parts: Parts, styles: Styles, lines: Sequence[Line], *, again: str | None) -> None:
    """Put the list in as the first sheet that opens; `again` is the list of an earlier return, which it replaces."""
    data = parts.read(parts.workbook)
    found = elements(data)
    root = found[0]
    sheets = [e for e in found if e.name == "sheet" and e.path[-2:] == ("sheets", "sheet")]
    targets = {relation.id: relation.target for relation in parts.relations(parts.workbook)}
    written = _written(parts.main, styles, lines).encode()
    earlier = next((e for e in sheets if e.facts.get("name") == again), None)
    if earlier is not None:
        id_ = next(value for key, value in earlier.facts.items() if key.rpartition(":")[2] == "id")
        parts.write(targets[id_], written)
        edits = Edits(data)
        for view in (e for e in found if e.name == "workbookView"):
            edits.set(view, activeTab=str(sheets.index(earlier)), firstSheet=None)
        parts.write(parts.workbook, edits.done())
        return
    name = _free({e.facts.get("name", "").lower() for e in sheets})
    part = parts.new_name("xl/worksheets/sheet{}.xml")
    parts.write(part, written)
    parts.declare(part, _TYPE)
    id_ = parts.relate(parts.workbook, part, "worksheet")
    number = max((int(e.facts.get("sheetId", 0)) for e in sheets), default=0) + 1
    edits = Edits(data)
    space = f'xmlns:dxr="{parts.namespace_of_relations}"'
    edits.insert(sheets[0].start, f'<{root.prefix}sheet {space} name="{name}" sheetId="{number}" dxr:id="{id_}"/>')
    for element in found:
        # What counts the sheets counts one more before them.
        if element.name == "definedName" and (place := element.facts.get("localSheetId")):
            edits.set(element, localSheetId=str(int(place) + 1))
        elif element.name == "workbookView":
            edits.set(element, activeTab=None, firstSheet=None)
    parts.write(parts.workbook, edits.done())


def _free(taken: set[str]) -> str:
    number, name = 1, SHEET
    while name.lower() in taken:
        number += 1
        name = f"{SHEET} ({number})"
    return name


def _written(main: str, styles: Styles, lines: Sequence[Line]) -> str:
    title, running = styles.plain(bold=True, wrap=False), styles.plain(wrap=False)
    head = styles.plain(bold=True, filled=True)
    plain, link = styles.plain(), styles.plain(link=True)
    told = [
        f"色の付いたセルが {len({(line.sheet, line.cell) for line in lines if line.cell}):,} か所あります。"
        "「場所」を押すと、そのセルに移ります。",
        "セルを直したら、このブックをそのまま送り返してください。このシートは残したままでかまいません。",
    ]
    if len(lines) > MOST:
        told.append(
            f"一覧は {MOST:,} 件までです。全部で {len(lines):,} 件あります。残りは「誤りの一覧」のCSVにあります。"
        )
    rows = [_row(1, [MARK], [title])]
    rows += [_row(number, [text], [running]) for number, text in enumerate(told, 2)]
    rows.append(_row(_TOP, list(HEADS), [head] * len(HEADS)))
    links = []
    for number, line in enumerate(lines[:MOST], 1):
        fault, place = line.fault, _place(line)
        cells = [str(number), fault.sheet, place, fault.header, fault.value, fault.message, fault.fix]
        linked = line.sheet is not None and line.cell is not None
        rows.append(_row(_TOP + number, cells, [plain, plain, link if linked else plain, *[plain] * 4]))
        if line.sheet is not None and line.cell is not None:
            to = "'" + line.sheet.replace("'", "''") + f"'!{address(line.cell)}"
            links.append(f'<hyperlink ref="C{_TOP + number}" location={quoteattr(to)} display="{place}"/>')
    columns = "".join(
        f'<col min="{n}" max="{n}" width="{width}" customWidth="1"/>' for n, width in enumerate(_WIDTHS, 1)
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet xmlns="{main}">'
        f'<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><dimension ref="A1:G{_TOP + min(len(lines), MOST)}"/>'
        f'<sheetViews><sheetView tabSelected="1" workbookViewId="0"><pane ySplit="{_TOP}" topLeftCell="A{_TOP + 1}"'
        ' activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f"<cols>{columns}</cols><sheetData>{''.join(rows)}</sheetData>"
        + (f"<hyperlinks>{''.join(links)}</hyperlinks>" if links else "")
        + '<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/></worksheet>'
    )


def _place(line: Line) -> str:
    if line.cell and line.fault.letter:
        return address(line.cell)
    if line.fault.row:
        return f"{line.fault.letter}{line.fault.row}" if line.fault.letter else f"{line.fault.row:,}行目"
    return "ファイル全体"


def _row(number: int, cells: Sequence[str], formats: Sequence[int]) -> str:
    written = "".join(
        f'<c r="{address((number, column))}" s="{style}" t="inlineStr">'
        f'<is><t xml:space="preserve">{words(text)}</t></is></c>'
        for column, (text, style) in enumerate(zip(cells, formats, strict=True))
        if text
    )
    return f'<row r="{number}">{written}</row>'
