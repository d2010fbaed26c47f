"""Comments on faulty cells: a part of texts and a drawing of their boxes, as Excel has kept them since 1997.

A sender's comment stays; ours is added to its end. Where a newer, threaded comment stands the old part holds only a
copy of it, so that such a cell is filled and listed but not commented.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from dx_data.returned.cells import Cell, Worksheet, address, cell_at
from dx_data.returned.parts import Parts
from dx_data.returned.xml import Edits, Element, elements, words

AUTHOR = "差戻し"
_COMMENTS = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
_VML = "application/vnd.openxmlformats-officedocument.vmlDrawing"
_SPACES = {
    "v": "urn:schemas-microsoft-com:vml",
    "o": "urn:schemas-microsoft-com:office:office",
    "x": "urn:schemas-microsoft-com:office:excel",
}
_EMPTY = (
    '<xml{}><o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/></o:shapelayout></xml>'.format(
        "".join(f' xmlns:{name}="{space}"' for name, space in _SPACES.items())
    )
).encode()
_SHAPE_TYPE = (
    '<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">'
    '<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)
_SHAPE = (
    '<v:shape id="_x0000_s{number}" type="#_x0000_t202" fillcolor="#ffffe1" o:insetmode="auto"'
    ' style="position:absolute;width:180pt;height:72pt;z-index:{order};visibility:hidden">'
    '<v:fill color2="#ffffe1"/><v:shadow on="t" color="black" obscured="t"/><v:path o:connecttype="none"/>'
    '<v:textbox style="mso-direction-alt:auto"/><x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/>'
    "<x:Anchor>{left}, 15, {top}, 2, {right}, 31, {bottom}, 4</x:Anchor><x:AutoFill>False</x:AutoFill>"
    "<x:Row>{row}</x:Row><x:Column>{column}</x:Column></x:ClientData></v:shape>"
)
_NUMBER = re.compile(rb"_x0000_s([0-9]{1,9})")
_FIRST = 1024
# What our words begin with in a comment of the sender.
_OURS = f"{AUTHOR}: ".encode()


def earlier(parts: Parts, part: str) -> list[Cell]:
    """The cells that an earlier return commented."""
    name = next((r.target for r in parts.relations(part) if r.kind == "comments"), None)
    if name is None or name not in parts:
        return []
    data = parts.read(name)
    found = elements(data)
    authors = [data[e.inner : e.close].decode().strip() for e in found if e.name == "author"]
    mine = {str(number) for number, author in enumerate(authors) if author == AUTHOR}
    ours = [
        e
        for e in found
        if e.name == "comment" and (e.facts.get("authorId") in mine or _OURS in data[e.inner : e.close])
    ]
    return [cell for e in ours if (cell := cell_at(e.facts.get("ref", "")))]


def comment(parts: Parts, part: str, sheet: Worksheet, notes: Mapping[Cell, str]) -> None:
    """Put the notes on the cells of a worksheet, whose other changes are already in `sheet.edits`."""
    if not notes:
        return
    there = {relation.kind: relation.target for relation in parts.relations(part)}
    name = there.get("comments")
    if name is None or name not in parts:
        name = parts.new_name("xl/comments{}.xml")
        empty = f'<comments xmlns="{parts.main}"><authors/><commentList/></comments>'
        parts.write(name, f'<?xml version="1.0" encoding="UTF-8"?>\n{empty}'.encode())
        parts.declare(name, _COMMENTS)
        parts.relate(part, name, "comments")
    fresh = _texts(parts, name, notes)
    if fresh:
        _boxes(parts, part, sheet, fresh)


def _texts(parts: Parts, name: str, notes: Mapping[Cell, str]) -> list[Cell]:
    """Write the texts; answers the cells that had no comment yet."""
    data = parts.read(name)
    found = elements(data)
    root = found[0]
    authors = [e for e in found if e.name == "author"]
    names = [data[e.inner : e.close].decode().strip() for e in authors]
    old = {e.facts.get("ref", "").replace("$", ""): e for e in found if e.name == "comment"}
    threaded = {str(number) for number, author in enumerate(names) if author.startswith("tc=")}
    edits = Edits(data)
    mine = names.index(AUTHOR) if AUTHOR in names else len(names)
    if AUTHOR not in names:
        edits.append(_named(found, "authors"), f"<{root.prefix}author>{AUTHOR}</{root.prefix}author>")
    fresh, written = [], []
    for cell, text in notes.items():
        before = old.get(address(cell))
        if before is None:
            fresh.append(cell)
            ref = f'<{{0}}comment ref="{address(cell)}" authorId="{mine}"><{{0}}text>'.format(root.prefix)
            written.append(ref + _run(root.prefix, text) + f"</{root.prefix}text></{root.prefix}comment>")
        elif before.facts.get("authorId") not in threaded:
            _add_to(before, found, edits, text, mine)
    edits.extend(_named(found, "commentList"), written)
    parts.write(name, edits.done())
    return fresh


def _named(found: list[Element], name: str) -> Element:
    return next(element for element in found if element.name == name)


def _run(prefix: str, text: str) -> str:
    return f'<{prefix}r><{prefix}t xml:space="preserve">{words(text)}</{prefix}t></{prefix}r>'


def _add_to(before: Element, found: list[Element], edits: Edits, text: str, mine: int) -> None:
    """Our words after those of the sender; in a comment of an earlier return instead of what it said."""
    body = next(e for e in found if e.name == "text" and before.start < e.start < before.end)
    if before.facts.get("authorId") == str(mine):
        edits.replace(body.start, body.end, f"<{body.prefix}text>{_run(body.prefix, text)}</{body.prefix}text>")
        return
    if edits.data[body.inner : body.close].rpartition(_OURS)[2].startswith(words(text).encode()):
        return  # said already by the last return
    # The reading of the words (rPh) comes after all of them.
    inside = [e for e in found if body.start < e.start < body.end and len(e.path) == len(body.path) + 1]
    reading = next((e for e in inside if e.name in ("rPh", "phoneticPr")), None)
    run = _run(body.prefix, f"\n{AUTHOR}: {text}")
    if reading:
        edits.insert(reading.start, run)
    else:
        edits.append(body, run)


def _boxes(parts: Parts, part: str, sheet: Worksheet, cells: list[Cell]) -> None:
    """A box for each new comment, in the sheet's drawing of boxes; it gets one if it has none."""
    targets = {relation.id: relation.target for relation in parts.relations(part)}
    name = targets.get(sheet.drawing or "")
    if name is None or name not in parts:
        name = parts.new_name("xl/drawings/vmlDrawing{}.vml")
        parts.write(name, _EMPTY)
        parts.declared("vml", _VML)
        id_ = parts.relate(part, name, "vmlDrawing")
        space = f'xmlns:dxr="{parts.namespace_of_relations}"'
        sheet.edits.insert(sheet.tail, f'<{sheet.prefix}legacyDrawing {space} dxr:id="{id_}"/>')
    data = parts.read(name)
    shapes = [] if b"_x0000_t202" in data else [_SHAPE_TYPE]
    numbers = [int(number) for number in _NUMBER.findall(data)]
    for order, cell in enumerate(cells, 1):
        row, column = cell[0] - 1, cell[1]
        place = {"left": column + 1, "right": column + 4, "top": max(row - 1, 0), "bottom": max(row - 1, 0) + 5}
        number = max([_FIRST, *numbers]) + order
        shapes.append(_SHAPE.format(number=number, order=len(numbers) + order, row=row, column=column, **place))
    at = data.rfind(b"</")
    parts.write(name, data[:at] + "".join(shapes).encode() + data[at:])
