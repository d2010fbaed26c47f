"""XML edited where it stands: the bytes of a part stay as they are but for the places that change.

Writing a parsed tree anew would drop or rename what other programs put there; here an edit is a span of bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from dx_data.errors import FileRejected

Facts = dict[str, str]
_TAG = re.compile(rb"""<(?:[^<>"']|"[^"]*"|'[^']*')*>""")
_DECLARED = re.compile(rb"""^(?:\xef\xbb\xbf)?<\?xml[^>]*?encoding\s*=\s*["']([\w.-]+)["']""")
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# What a workbook would take for an escaped character.
_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a part: its place in bytes, from `start` to `end`, and its content, from `inner` to `close`.

    `prefix` is the namespace prefix with its colon, `path` the local names from the root down to this element.
    """

    name: str
    prefix: str
    facts: Facts
    path: tuple[str, ...]
    start: int
    inner: int
    close: int
    end: int

    @property
    def empty(self) -> bool:
        """Whether it is written as one tag: <name/>."""
        return self.inner == self.end


def utf8(data: bytes) -> bytes:
    """The part in UTF-8, as nearly every part is already: else a place in it could not be counted in bytes."""
    declared = found[1].decode().lower() if (found := _DECLARED.match(data)) else ""
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    if not wide and declared in ("", "utf-8", "us-ascii"):
        return data
    text = data.decode("utf-16" if wide else declared)
    return re.sub(r"^\ufeff?<\?xml.*?\?>", '<?xml version="1.0" encoding="UTF-8"?>', text, count=1).encode()


def reader(start: Callable[[str, Facts], None], end: Callable[[str], None]) -> expat.XMLParserType:
    """A parser of a part in UTF-8 that tells every start tag (name with prefix, attributes) and every end tag.

    `CurrentByteIndex` is the place of the tag that is told. FileRejected for a document type: no workbook has one, and
    only it could define entities.
    """
    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = _refuse_doctype
    return parser


def _refuse_doctype(*_: object) -> None:
    raise FileRejected.because(
        "Excelにない宣言（DOCTYPE）のあるブックです",
        "Excelで開いて保存し直してください",
        stage="read",
        rule="read.damaged",
    )


def tag_end(data: bytes, start: int) -> int:
    """The place after the tag that begins at `start`."""
    found = _TAG.match(data, start)
    return found.end() if found else len(data)


def elements(data: bytes) -> list[Element]:
    """Every element of a small part, in the order in which they begin."""
    found: list[Element] = []
    opened: list[tuple[str, Facts, int]] = []

    def start(name: str, facts: Facts) -> None:
        opened.append((name, facts, parser.CurrentByteIndex))

    def end(_: str) -> None:
        path = tuple(name.rpartition(":")[2] for name, _, _ in opened)
        place = parser.CurrentByteIndex
        name, facts, begin = opened.pop()
        inner = tag_end(data, begin)
        prefix = f"{head}:" if (head := name.rpartition(":")[0]) else ""
        empty = data[inner - 2 : inner] == b"/>"
        after = inner if empty else tag_end(data, place)
        found.append(Element(path[-1], prefix, facts, path, begin, inner, inner if empty else place, after))

    parser = reader(start, end)
    parser.Parse(data, True)
    return sorted(found, key=lambda each: each.start)


def namespace(root: Element) -> str:
    """The namespace that a root belongs to."""
    return root.facts.get(f"xmlns:{root.prefix[:-1]}" if root.prefix else "xmlns", "")


def with_facts(tag: bytes, **facts: str | None) -> bytes:
    """The tag with attributes set, or (None) without them."""
    for name, value in facts.items():
        written = re.compile(rb"""\s+%s\s*=\s*(?:"[^"]*"|'[^']*')""" % name.encode())
        tag = written.sub(b"", tag, count=1)
        if value is not None:
            head = re.match(rb"<[^\s/>]+", tag)
            at = head.end() if head else 1
            tag = tag[:at] + f" {name}={quoteattr(value)}".encode() + tag[at:]
    return tag


def words(text: str) -> str:
    """A text as XML holds it: escaped, without characters that XML or Excel would take for something else."""
    return escape(_ESCAPED.sub("_x005F_", _ILLEGAL.sub("", text)))


class Edits:
    """Changes of one part, put in all at once; those at one place in the order in which they were said."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._changes: list[tuple[int, int, bytes]] = []

    def insert(self, place: int, written: bytes | str) -> None:
        """Put something in at a place."""
        self.replace(place, place, written)

    def replace(self, start: int, end: int, written: bytes | str) -> None:
        """Put something in the place of a span."""
        self._changes.append((start, end, written.encode() if isinstance(written, str) else written))

    def append(self, element: Element, written: str) -> None:
        """Put something in at the end of an element, which may be written as one tag."""
        self.extend(element, [written])

    def extend(self, element: Element, written: Iterable[str], **facts: str | None) -> None:
        """Put children in at the end of an element, and set its attributes."""
        tag = self.data[element.start : element.inner]
        new = with_facts(tag, **facts) if facts else tag
        children = "".join(written).encode()
        if element.empty:
            name = re.match(rb"<([^\s/>]+)", tag)
            closing = b"</" + (name[1] if name else b"") + b">"
            self.replace(element.start, element.end, new[:-2].rstrip() + b">" + children + closing)
            return
        if new != tag:
            self.replace(element.start, element.inner, new)
        self.insert(element.close, children)

    def set(self, element: Element, **facts: str | None) -> None:
        """Set attributes of an element."""
        self.replace(element.start, element.inner, with_facts(self.data[element.start : element.inner], **facts))

    def done(self) -> bytes:
        """The part with all changes."""
        return b"".join(self._pieces())

    def _pieces(self) -> Iterator[bytes]:
        at = 0
        for start, end, written in sorted(self._changes, key=lambda change: change[:2]):
            yield self.data[at:start]
            yield written
            at = end
        yield self.data[at:]
