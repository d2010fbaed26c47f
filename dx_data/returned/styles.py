"""The book's styles with ours at their end: a faulty cell keeps its own format and gets our fill."""

from __future__ import annotations

from dx_data.returned.parts import Parts
from dx_data.returned.xml import Edits, Element, elements, with_facts

PART = "xl/styles.xml"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"
_MINIMAL = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<styleSheet xmlns="{0}">'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
_ORDER = ("numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs", "tableStyles")
# What a section begins with where a book has none: formats point to its first entries.
_FIRST = {
    "fonts": "<{0}font/>",
    "fills": '<{0}fill><{0}patternFill patternType="none"/></{0}fill>'
    '<{0}fill><{0}patternFill patternType="gray125"/></{0}fill>',
    "borders": "<{0}border/>",
    "cellXfs": '<{0}xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>',
}
_COLOUR = "FFFFE08A"
_FACE = "游ゴシック"


class Styles:
    """The styles of a book, to which formats are added; `write` puts them into the book."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        found = next((r.target for r in parts.relations(parts.workbook) if r.kind == "styles"), None)
        if found is None:
            found = parts.new_name("xl/styles{}.xml") if PART in parts else PART
            parts.write(found, _MINIMAL.format(parts.main).encode())
            parts.declare(found, _TYPE)
            parts.relate(parts.workbook, found, "styles")
        self.part = found
        self._complete()
        self.data = parts.read(found)
        inside = elements(self.data)
        self.prefix = inside[0].prefix
        self.sections = {e.name: e for e in inside if len(e.path) == 2}
        self.formats = [e for e in inside if e.path[1:] == ("cellXfs", "xf")]
        self.fills = [self.data[e.start : e.end] for e in inside if e.path[1:] == ("fills", "fill")]
        self.counts = {name: sum(e.path[1:-1] == (name,) for e in inside) for name in _FIRST}
        self.added: dict[str, list[str]] = {name: [] for name in _FIRST}
        self.fill = self._add(
            "fills",
            f'<{{0}}fill><{{0}}patternFill patternType="solid"><{{0}}fgColor rgb="{_COLOUR}"/>'
            '<{0}bgColor indexed="64"/></{0}patternFill></{0}fill>',
        )
        self._copies: dict[tuple[int, int], int] = {}

    def _complete(self) -> None:
        """Give the book the sections it lacks."""
        for place, name in enumerate(_ORDER):
            data = self.parts.read(self.part)
            inside = elements(data)
            there = [e for e in inside if len(e.path) == 2]
            if name not in _FIRST or any(e.name == name for e in there):
                continue
            root, later = inside[0], [e for e in there if e.name in _ORDER[place + 1 :] or e.name not in _ORDER]
            section = f"<{{0}}{name}>{_FIRST[name]}</{{0}}{name}>".format(root.prefix)
            edits = Edits(data)
            if later:
                edits.insert(later[0].start, section)
            else:
                edits.append(root, section)
            self.parts.write(self.part, edits.done())

    def _add(self, section: str, written: str) -> int:
        self.added[section].append(written.format(self.prefix))
        return self.counts[section] + len(self.added[section]) - 1

    def marked(self, style: str) -> int:
        """The format that is the cell's own with our fill."""
        return self._with_fill(self._number(style), self.fill)

    def unmarked(self, style: str) -> int:
        """The format without our fill, where an earlier return put it."""
        number = self._number(style)
        own = self.formats[number].facts.get("fillId", "0")
        ours = own.isdigit() and int(own) < len(self.fills) and _COLOUR.encode() in self.fills[int(own)]
        return self._with_fill(number, 0) if ours else number

    def _number(self, style: str) -> int:
        return int(style) if style.isdigit() and int(style) < len(self.formats) else 0

    def _with_fill(self, number: int, fill: int) -> int:
        if (number, fill) not in self._copies:
            own = self.formats[number]
            tag = with_facts(self.data[own.start : own.inner], fillId=str(fill), applyFill="1")
            self.added["cellXfs"].append((tag + self.data[own.inner : own.end]).decode())
            self._copies[number, fill] = self.counts["cellXfs"] + len(self.added["cellXfs"]) - 1
        return self._copies[number, fill]

    def plain(self, *, bold: bool = False, link: bool = False, filled: bool = False, wrap: bool = True) -> int:
        """A format of our own sheet: text that wraps (or not), bold, filled or as a link."""
        look = ("<{0}b/>" if bold else "") + ("<{0}u/>" if link else "")
        colour = '<{0}color rgb="FF0017C1"/>' if link else ""
        font = self._add("fonts", f'<{{0}}font>{look}<{{0}}sz val="11"/>{colour}<{{0}}name val="{_FACE}"/></{{0}}font>')
        return self._add(
            "cellXfs",
            f'<{{0}}xf numFmtId="0" fontId="{font}" fillId="{self.fill if filled else 0}" borderId="0" applyFont="1"'
            f' applyFill="{int(filled)}" applyAlignment="1">'
            f'<{{0}}alignment vertical="top" wrapText="{int(wrap)}"/></{{0}}xf>',
        )

    def write(self) -> None:
        """Put what was added into the book."""
        edits = Edits(self.data)
        for name, written in self.added.items():
            section: Element = self.sections[name]
            if written:
                edits.extend(section, written, count=str(self.counts[name] + len(written)))
        self.parts.write(self.part, edits.done())
