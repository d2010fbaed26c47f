"""What calamine does not tell of an .xls (BIFF8): errors, percentages, hidden rows and columns, comments, a password.

Loaded by the child process of `workbook` only, so it imports nothing of ours. Whatever is damaged raises.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}
PERCENT_IDS = frozenset((9, 10))
_END_OF_CHAIN = 0xFFFF_FFFA  # and above: no sector
_BOF, _EOF, _FILEPASS, _BOUNDSHEET, _FORMAT, _XF = 0x809, 0x0A, 0x2F, 0x85, 0x41E, 0xE0
_ROW, _COLINFO, _NUMBER, _RK, _MULRK, _FORMULA, _BOOLERR = 0x208, 0x7D, 0x203, 0x27E, 0xBD, 0x06, 0x205
_TXO, _CONTINUE = 0x1B6, 0x3C
_BIFF8 = 0x600


class Locked(ValueError):
    """The workbook has a password."""


class TooOld(ValueError):
    """The workbook is of Excel 95 or older."""


@dataclass
class Facts:
    """What one sheet holds beside its plain values; rows and columns from 0."""

    cells: dict[int, dict[int, float | str]] = field(default_factory=dict)
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)


def sheets(data: bytes) -> dict[str, Facts]:
    """The facts of each sheet: an error as its text, a percentage as its number times 100."""
    book = _stream(data)
    places: dict[str, int] = {}
    styles: list[int] = []
    percent = set(PERCENT_IDS)
    for kind, body in _records(book, 0):
        if kind == _BOF and struct.unpack_from("<H", body)[0] != _BIFF8:
            raise TooOld
        if kind == _FILEPASS:
            raise Locked
        if kind == _BOUNDSHEET:
            places[_text(body, 8, body[6])] = struct.unpack_from("<I", body)[0]
        elif kind == _FORMAT:
            number, length = struct.unpack_from("<HH", body)
            if "%" in _text(body, 5, length, flags=4):
                percent.add(number)
        elif kind == _XF:
            styles.append(struct.unpack_from("<H", body, 2)[0])
    rated = {number for number, style in enumerate(styles) if style in percent}
    return {name: _sheet(book, place, rated) for name, place in places.items()}


def _sheet(book: bytes, place: int, rated: set[int]) -> Facts:
    facts = Facts()
    before = 0
    for kind, body in _records(book, place):
        if kind == _ROW and struct.unpack_from("<I", body, 12)[0] & 0x20:
            facts.hidden_rows.append(struct.unpack_from("<H", body)[0])
        elif kind == _COLINFO and struct.unpack_from("<H", body, 8)[0] & 1:
            first, last = struct.unpack_from("<HH", body)
            facts.hidden_columns += range(first, min(last, 0xFF) + 1)
        elif kind == _CONTINUE and before == _TXO and body:
            facts.texts.append(_text(body, 1, len(body), flags=0))
        else:
            for row, column, style, value in _values(kind, body):
                if isinstance(value, str):
                    facts.cells.setdefault(row, {})[column] = value
                elif style in rated:
                    facts.cells.setdefault(row, {})[column] = round(value * 100, 10)
        before = kind
    return facts


def _values(kind: int, body: bytes) -> Iterator[tuple[int, int, int, float | str]]:
    """The numbers and error values of a record, with row, column and style."""
    if kind not in (_NUMBER, _RK, _MULRK, _FORMULA, _BOOLERR):
        return
    row, column, style = struct.unpack_from("<HHH", body)
    if kind == _NUMBER:
        yield row, column, style, struct.unpack_from("<d", body, 6)[0]
    elif kind == _RK:
        yield row, column, style, _rk(struct.unpack_from("<I", body, 6)[0])
    elif kind == _MULRK:
        for n, (style, value) in enumerate(struct.iter_unpack("<HI", body[4:-2])):
            yield row, column + n, style, _rk(value)
    elif kind == _BOOLERR and body[7]:
        yield row, column, style, ERRORS.get(body[6], "#VALUE!")
    elif kind == _FORMULA and body[12:14] != b"\xff\xff":
        yield row, column, style, struct.unpack_from("<d", body, 6)[0]
    elif kind == _FORMULA and body[6] == 2:
        yield row, column, style, ERRORS.get(body[8], "#VALUE!")


def _rk(value: int) -> float:
    """A number as BIFF shortens it: the upper 30 bits of a double or an integer, perhaps in hundredths."""
    if value & 2:
        number = float(struct.unpack("<i", struct.pack("<I", value))[0] >> 2)
    else:
        number = struct.unpack("<d", struct.pack("<Q", (value & 0xFFFF_FFFC) << 32))[0]
    return number / 100 if value & 1 else number


def _text(body: bytes, start: int, length: int, flags: int = 7) -> str:
    if body[flags] & 1:
        return body[start : start + 2 * length].decode("utf-16-le", "replace")
    return body[start : start + length].decode("latin-1")


def _records(book: bytes, place: int) -> Iterator[tuple[int, bytes]]:
    """The records of one part of the workbook; what is embedded in it (a chart) is passed over."""
    depth = 0
    while place + 4 <= len(book):
        kind, length = struct.unpack_from("<HH", book, place)
        body = book[place + 4 : place + 4 + length]
        place += 4 + length
        depth += (kind == _BOF) - (kind == _EOF)
        if depth <= 1:
            yield kind, body
        if depth <= 0:
            return


# --- the file that holds the workbook ------------------------------------------------------------------------


def _stream(data: bytes) -> bytes:
    """The workbook's own bytes out of the compound file."""
    size, small = 1 << struct.unpack_from("<H", data, 30)[0], 1 << struct.unpack_from("<H", data, 32)[0]
    if size not in (512, 4096) or small != 64:
        raise ValueError("no compound file")

    def sector(number: int) -> bytes:
        return data[(number + 1) * size : (number + 2) * size]

    listed = list(struct.unpack_from("<109I", data, 76))
    following, seen = struct.unpack_from("<I", data, 68)[0], 0
    while following < _END_OF_CHAIN and seen * size < len(data):
        *more, following = struct.unpack(f"<{size // 4}I", sector(following))
        listed += more
        seen += 1
    table = [
        entry for number in listed if number < _END_OF_CHAIN for (entry,) in struct.iter_unpack("<I", sector(number))
    ]
    entries = b"".join(map(sector, _chain(struct.unpack_from("<I", data, 48)[0], table)))
    streams = {}
    for place in range(0, len(entries) - 127, 128):
        entry = entries[place : place + 128]
        name = entry[: max(struct.unpack_from("<H", entry, 64)[0] - 2, 0)].decode("utf-16-le", "replace")
        streams[name] = struct.unpack_from("<II", entry, 116)
    start, length = streams["Workbook"]
    if length >= struct.unpack_from("<I", data, 56)[0]:
        return b"".join(map(sector, _chain(start, table)))[:length]
    first = struct.unpack_from("<I", data, 60)[0]
    short = [entry for number in _chain(first, table) for (entry,) in struct.iter_unpack("<I", sector(number))]
    inner = b"".join(map(sector, _chain(streams["Root Entry"][0], table)))
    return b"".join(inner[n * small : (n + 1) * small] for n in _chain(start, short))[:length]


def _chain(start: int, table: list[int]) -> Iterator[int]:
    steps = 0
    while start < _END_OF_CHAIN:
        yield start
        start = table[start]
        steps += 1
        if steps > len(table):
            raise ValueError("a chain without end")
