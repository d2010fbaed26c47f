"""The child process that collects what a workbook holds outside its cells: writes one CSV of (part, place, text).

Run as a script with path, output file, limits of memory and of output (MB), beside `workbook`, which reads the cells.
It imports nothing of ours. Every XML part is searched, known to us or not: comments, text boxes, pivot and external
caches, names, properties, headers and footers, lists of drop-downs, charts, links, old revisions. Parts that are no XML
(pictures, embedded files, macros) are only named.
"""

import csv
import re
import sys
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from xml.parsers import expat

TOO_MUCH = 3
SHORTEST = 2
UNSEARCHED = "?"
READING = "ふりがな"
SHARED_STRINGS = "xl/sharedStrings.xml"
_REMEMBERED = 500_000
_CHUNK = 1 << 20
_XML = (".xml", ".rels", ".vml")
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
_CACHE = re.compile(r"(?:.*/)?pivotCache(Definition|Records)([0-9]*)\.xml", re.IGNORECASE)
# Looks, not words.
_LOOKS = re.compile(r"xl/(?:styles\.xml|theme/|calcChain\.xml)|\[Content_Types\]|customXml/itemProps", re.IGNORECASE)
_DATA = re.compile(rb"<((?:\w+:)?sheetData)\b[^<>]*?(/?)>")
_TAIL = 64
# Elements whose text is one, though it lies in several runs.
_WHOLE = frozenset(("si", "comment", "threadedComment", "p", "definedName", "is", "pt", "f", "formula1", "formula2"))
_TECHNICAL = frozenset(("uid", "guid", "id", "r", "s", "ref", "sqref", "style", "Type", "PartName", "ContentType"))
_NUMERIC = re.compile(r"[-+0-9.,eE{}A-Fa-f#xT:Z ]*")

Say = Callable[[str, str, str], None]


def limit(megabytes: int, output: int) -> None:
    """Bound this process where the system can (Linux, macOS); elsewhere the parent's checks and time limit remain."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
    resource.setrlimit(resource.RLIMIT_FSIZE, (output << 20, output << 20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class Words:
    """The texts of one XML part. `place` tells columns apart: a pivot cache's field, an external sheet's column."""

    def __init__(self, say: Callable[[str, str], None], fields: list[str], *, records: bool) -> None:
        self.say, self.fields, self.records = say, fields, records
        self.place = ""
        self.field = -1
        self.depth = 0
        self.whole = 0
        self.text: list[str] = []
        self.reading: list[str] | None = None
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters

    def read(self, chunks: Iterator[bytes]) -> None:
        """Parse the part to its end."""
        for chunk in chunks:
            self.parser.Parse(chunk, False)
        self.parser.Parse(b"", True)

    def _start(self, tag: str, facts: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        self.depth += 1
        if not self.whole:
            self._speak()
            if name in _WHOLE:
                self.whole = self.depth
        if name == "rPh":
            # The reading of a word is no part of it.
            self.reading = []
        if name == "cacheField":
            self.place = facts.get("name", "")
            self.fields.append(self.place)
        elif self.records:
            self.field = -1 if name == "r" else self.field + 1
            self.place = self.fields[self.field] if 0 <= self.field < len(self.fields) else ""
        elif name in ("cell", "property"):
            self.place = facts.get("name", facts.get("r", "").rstrip("0123456789"))
        for key, value in facts.items():
            attribute = key.rpartition(":")[2]
            if attribute == "v" or not (
                attribute in _TECHNICAL or key.startswith("xmlns") or _NUMERIC.fullmatch(value)
            ):
                self.say(self.place, value)

    def _characters(self, text: str) -> None:
        (self.text if self.reading is None else self.reading).append(text)

    def _end(self, tag: str) -> None:
        if tag.rpartition(":")[2] == "rPh" and self.reading:
            self.say(READING, "".join(self.reading))
            self.reading = None
        if not self.whole or self.whole == self.depth:
            self.whole = 0
            name = tag.rpartition(":")[2]
            self._speak(self.place or (name if name in ("creator", "lastModifiedBy", "author", "Manager") else ""))
        self.depth -= 1
        if tag.rpartition(":")[2] == "cacheField":
            self.place = ""

    def _speak(self, place: str = "") -> None:
        words = "".join(self.text).strip()
        self.text.clear()
        if words:
            self.say(place or self.place, words)


def without_cells(stream: Any) -> Iterator[bytes]:
    """A worksheet's XML without its cells, which `workbook` reads."""
    rest = b""
    while not (found := _DATA.search(rest)):
        chunk = stream.read(_CHUNK)
        if not chunk:
            yield rest
            return
        yield rest[:-_TAIL]
        rest = rest[-_TAIL:] + chunk
    yield rest[: found.end()]
    rest = rest[found.end() :]
    if not found[2]:
        closing = b"</" + found[1]
        while (at := rest.find(closing)) < 0:
            chunk = stream.read(_CHUNK)
            if not chunk:
                return
            rest = rest[-_TAIL:] + chunk
        rest = rest[at:]
    yield rest
    yield from whole(stream)


def whole(stream: Any) -> Iterator[bytes]:
    """The part as it is."""
    while chunk := stream.read(_CHUNK):
        yield chunk


def collect(archive: zipfile.ZipFile, say: Say) -> None:
    """Every text outside the cells, and every part that cannot be searched."""
    fields: dict[str, list[str]] = {}
    say("", "", archive.comment.decode("utf-8", "replace"))
    # Definitions first: they name the fields of the records.
    for part in sorted(archive.infolist(), key=lambda each: ("ecords" in each.filename, each.filename)):
        name = part.filename
        say(name, "", part.comment.decode("utf-8", "replace"))
        if part.is_dir() or _LOOKS.match(name):
            continue
        if not name.lower().endswith(_XML):
            say(name, "", UNSEARCHED)
            continue
        cache = _CACHE.fullmatch(name)
        known = fields.setdefault(cache[2], []) if cache else []
        words = Words(partial(say, name), known, records="ecords" in name)
        with archive.open(part) as stream:
            words.read(without_cells(stream) if _SHEET.fullmatch(name) else whole(stream))


def main(path: str, output: str, memory: str, size: str) -> None:
    """Collect the texts of the workbook at `path` into the CSV `output`."""
    limit(int(memory), int(size))
    left = int(size) << 20
    seen: set[tuple[str, str, str]] = set()
    with zipfile.ZipFile(path) as archive, open(output, "w", encoding="utf-8", newline="") as out:  # noqa: PTH123
        writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")

        def say(part: str, place: str, text: str) -> None:
            nonlocal left
            row = (part, place, text.replace("\x00", ""))
            if text != UNSEARCHED and (len(text) < SHORTEST or row in seen):
                return
            if part != SHARED_STRINGS and len(seen) < _REMEMBERED:
                seen.add(row)
            left -= sum(map(len, row))
            if left < 0:
                sys.exit(TOO_MUCH)
            writer.writerow(row)

        collect(archive, say)


if __name__ == "__main__":
    main(*sys.argv[1:])
