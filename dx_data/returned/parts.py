"""The parts of a workbook's archive: read, changed, added; whatever is not named keeps its bytes."""

from __future__ import annotations

import io
import posixpath
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

from dx_data.returned.xml import Edits, Element, elements, namespace, utf8

_TYPES = "[Content_Types].xml"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_STRICT = "http://purl.oclc.org/ooxml/officeDocument/relationships"


@dataclass(frozen=True)
class Relation:
    """A relation of a part: its id, the last word of its type, and the part it points to."""

    id: str
    kind: str
    target: str


class Parts:
    """A workbook as parts by name. `main` is the namespace of its sheets, `strict` whether that is the strict form."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = set(archive.namelist())
        self._changed: dict[str, bytes] = {}
        self.workbook = next(r.target for r in self.relations("") if r.kind == "officeDocument")
        self.main = namespace(elements(self.read(self.workbook))[0])
        self.strict = "purl.oclc.org" in self.main

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def read(self, name: str) -> bytes:
        """A part as it now is, in UTF-8; KeyError if there is none."""
        return self._changed[name] if name in self._changed else utf8(self._archive.read(name))

    def write(self, name: str, data: bytes) -> None:
        """Change a part, or add one."""
        if name not in self._names or data != self.read(name):
            self._changed[name] = data
        self._names.add(name)

    def new_name(self, pattern: str) -> str:
        """A name no part has, such as xl/comments{}.xml with the first free number."""
        number = 1
        while pattern.format(number).lower() in {name.lower() for name in self._names}:
            number += 1
        return pattern.format(number)

    def relations(self, part: str) -> list[Relation]:
        """The relations of a part to other parts of the book."""
        name = _relations_of(part)
        found = _children(self.read(name), "Relationship") if name in self else []
        return [
            Relation(
                e.facts.get("Id", ""),
                e.facts.get("Type", "").rpartition("/")[2],
                posixpath.normpath(posixpath.join("/", posixpath.dirname(part), e.facts.get("Target", ""))).lstrip("/"),
            )
            for e in found
            if e.facts.get("TargetMode") != "External"
        ]

    def relate(self, part: str, target: str, kind: str) -> str:
        """A new relation from a part to another; its id."""
        name = _relations_of(part)
        if name not in self:
            self.write(name, f'<?xml version="1.0" encoding="UTF-8"?>\n<Relationships xmlns="{_RELATIONS}"/>'.encode())
        data = self.read(name)
        taken = {e.facts.get("Id") for e in _children(data, "Relationship")}
        number = len(taken) + 1
        while (id_ := f"rId{number}") in taken:
            number += 1
        root = elements(data)[0]
        edits = Edits(data)
        there = f'Type="{self.namespace_of_relations}/{kind}" Target="/{target}"'
        edits.append(root, f'<{root.prefix}Relationship Id="{id_}" {there}/>')
        self.write(name, edits.done())
        return id_

    @property
    def namespace_of_relations(self) -> str:
        """What r:id belongs to, and what the types of relations begin with."""
        return _STRICT if self.strict else _OFFICE

    def declare(self, part: str, content: str) -> None:
        """Say what kind of part it is, as every part must."""
        data = self.read(_TYPES)
        root = elements(data)[0]
        edits = Edits(data)
        edits.append(root, f'<{root.prefix}Override PartName="/{part}" ContentType="{content}"/>')
        self.write(_TYPES, edits.done())

    def declared(self, extension: str, content: str) -> None:
        """Say what kind of part has this extension, unless that is said already."""
        data = self.read(_TYPES)
        if any(e.facts.get("Extension", "").lower() == extension for e in _children(data, "Default")):
            return
        root = elements(data)[0]
        edits = Edits(data)
        edits.insert(root.inner, f'<{root.prefix}Default Extension="{extension}" ContentType="{content}"/>')
        self.write(_TYPES, edits.done())

    def archive(self) -> bytes:
        """The whole book, in its old order; what was not changed keeps its bytes, its time and its compression."""
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
            for info, data in self._entries():
                target.writestr(info, data)
        return out.getvalue()

    def _entries(self) -> Iterator[tuple[zipfile.ZipInfo | str, bytes]]:
        there = self._archive.infolist()
        for info in there:
            yield info, self._changed.get(info.filename) or self._archive.read(info)
        yield from ((n, data) for n, data in self._changed.items() if n not in {info.filename for info in there})


def _relations_of(part: str) -> str:
    folder, _, name = part.rpartition("/")
    return f"{folder}/_rels/{name}.rels".lstrip("/")


def _children(data: bytes, name: str) -> list[Element]:
    return [element for element in elements(data) if element.name == name]
