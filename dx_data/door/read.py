"""Bytes → raw tables of text: encoding, dialect, workbook. Content decides what a file is, not its name."""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import json
import mmap
import os
import re
import struct
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from dx_data.derive import staged
from dx_data.door.echo import shown
from dx_data.door.shape import Merge
from dx_data.door.spelled import Spelled, Table
from dx_data.door.staging import Staging
from dx_data.door.workbook import LOCKED, TOO_MUCH, TOO_OLD
from dx_data.errors import FileRejected
from dx_data.settings import Settings

_CHUNK = 1 << 22
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_OLD_WORKBOOK = "Workbook".encode("utf-16-le")
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_MARKUP = re.compile(rb"\s*<[!?a-z]", re.IGNORECASE)
_RATIO_LIMIT = 200
_WIDEST = 4_000
_LONGEST = 4 << 20
_LINES = 30
SMALL = 5_000
_HEAD = 1 << 16
_HALF_KANA = re.compile("[\uff61-\uff9f]")
_MOST_CELLS = 20_000_000
_PRIVATE = re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff]")
# What hiragana and katakana in UTF-8 become when they are read as CP932.
_UTF8_AS_CP932 = re.compile("[縺繧繝][^,\\s]{1,2}[縺繧繝]")
# A whole cell of three or more kanji in UTF-8 bytes; classes of bytes make the search one plain find.
_UTF8_KANJI = re.compile(rb'[",\n](?:[\xe3-\xe9][\x80-\xbf]{2}){3,}[",\r\n]')
_CLASSES = bytes(
    ord("A") if 0xE3 <= b <= 0xE9 else ord("B") if 0x80 <= b <= 0xBF else ord("|") if b in b'",\n' else ord(".")
    for b in range(256)
)
_BARE_CR = re.compile(rb"\r(?!\n)")
_PRIVATE_UTF8 = re.compile(rb"\xef[\x80-\xa3]")
_EXPORT_AGAIN = "UTF-8 か Shift-JIS で書き出してください"


@dataclass(frozen=True)
class Sheet:
    """One raw table: `table` in the staging holds `row` (the row a person sees) and text columns c0 … c<width-1>.

    `ragged` are rows with too few or too many cells; `private_use` says whether 外字 may occur. `merged` are a
    worksheet's merged ranges, `hidden_rows` and `hidden_columns` (from 0) what Excel does not show, `struck_rows`
    those with a line through every cell; above `first` all is blank.
    """

    name: str | None
    hidden: bool
    table: str
    width: int
    height: int
    ragged: tuple[int, ...] = ()
    private_use: bool = True
    merged: tuple[Merge, ...] = ()
    hidden_rows: tuple[int, ...] = ()
    hidden_columns: tuple[int, ...] = ()
    struck_rows: tuple[int, ...] = ()
    first: int = 1


@dataclass(frozen=True)
class Book:
    """A file that could be read: what it is, and its sheets (a CSV has one without a name).

    `outside` is the table of a workbook's texts that stand in no cell: c0 the part, c1 the place in it, c2 the text.
    """

    file: str
    sha256: str
    size: int
    encoding: str | None
    format: str
    sheets: tuple[Sheet, ...]
    outside: str | None = None


def _refuse(message: str, fix: str, rule: str) -> FileRejected:
    return FileRejected.because(message, fix, stage="read", rule=rule)


def shown_name(name: str) -> str:
    """A file name as it may be shown and stored: no folders, no control characters, no 外字, bounded, masked."""
    base = re.split(r"[\\/]", name)[-1]
    base = "".join("?" if not c.isprintable() or _PRIVATE.match(c) else c for c in base)
    return shown(base, 200) or "名前のないファイル"


def read(path: Path, staging: Staging, settings: Settings, *, name: str | None = None) -> Book:
    """Read a file into the staging.

    Raises FileRejected for whatever is no readable table: empty, encrypted, too large, of unknown encoding, a bomb.
    """
    file = shown_name(name or path.name)
    if file.startswith("~$"):
        raise _refuse(
            "Excelが開いている間だけ作られる一時ファイルです",
            "Excelを閉じて、元のファイルを選んでください",
            "read.lock_file",
        )
    size = path.stat().st_size
    if size == 0:
        raise _empty()
    if size > settings.max_upload_mb << 20:
        raise _refuse(
            f"ファイルが {settings.max_upload_mb} MB を超えています", "期間を分けて書き出してください", "read.too_large"
        )
    with path.open("rb") as stream:
        head = stream.read(4096)
    if head.startswith(_ZIP):
        bounded(path, settings)
        return Book(file, _digest(path), size, None, "xlsx", *_read_workbook(path, staging, settings, "xlsx"))
    if head.startswith(_OLE):
        _readable_old(path)
        return Book(file, _digest(path), size, None, "xls", *_read_workbook(path, staging, settings, "xls"))
    encoding = next((name for bom, name in _BOMS if head.startswith(bom)), None)
    if _MARKUP.match(head.removeprefix(codecs.BOM_UTF8)):
        raise _refuse(
            "中身がウェブページ（HTML）などの文書です",
            "Excelで開き、「Excelブック（.xlsx）」で保存し直してください",
            "read.html",
        )
    if encoding != "utf-16" and b"\x00" in head:
        raise _refuse(
            "表のファイルではありません（文字でないデータがあります）", "CSVかExcelで書き出してください", "read.binary"
        )
    return _read_csv(path, file, size, encoding, staging)


def _empty() -> FileRejected:
    return _refuse("ファイルが空です", "書き出し直したファイルを選んでください", "read.empty")


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _readable_old(path: Path) -> None:
    """Refuse what Excel's old container holds unless it is a workbook of Excel 97 to 2003 without a password."""
    content = path.read_bytes()
    if _ENCRYPTED in content:
        raise _locked()
    if _OLD_WORKBOOK not in content:
        raise _too_old()


def _locked() -> FileRejected:
    return _refuse("パスワードの付いたExcelです", "パスワードを外して保存し直してください", "read.encrypted")


def _too_old() -> FileRejected:
    return _refuse(
        "古い形式のファイル（Excel 95 までのブックやWordなど）です",
        "Excelで開き、「Excelブック（.xlsx）」で保存し直してください",
        "read.xls",
    )


# --- CSV -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Text:
    """What was learned while the file was decoded to UTF-8."""

    sha256: str
    encoding: str
    even_lines: bool
    private_use: bool


def _read_csv(path: Path, file: str, size: int, marked: str | None, staging: Staging) -> Book:
    if size > 2 * SMALL and marked != "utf-16" and (book := _read_long(path, file, size, marked, staging)):
        return book
    target = staging.folder / "text.csv"
    for encoding in [marked] if marked else ["utf-8", "cp932"]:
        if text := _decode(path, target, encoding):
            break
    else:
        raise _refuse("文字コードを判別できません", _EXPORT_AGAIN, "read.encoding")
    if not target.stat().st_size:
        raise _empty()
    with target.open(encoding="utf-8", newline="") as stream:
        head = stream.read(_HEAD)
    _plausible(head, text.encoding)
    sheet = _stage_csv(target, _delimiter(head), text, staging)
    return Book(file, text.sha256, size, text.encoding, "csv", (sheet,))


def _decode(path: Path, target: Path, encoding: str) -> _Text | None:
    """Write the text as UTF-8, or answer None if the bytes are not of this encoding.

    A second thread writes and digests one chunk while the next is decoded.
    """
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    digest = hashlib.sha256()
    even, private = True, False
    tail = b"\n"  # so that a blank first line is seen
    try:
        with path.open("rb") as source, target.open("wb") as out, ThreadPoolExecutor(1) as second:
            last = False
            pending: list[Future[Any]] = []
            while not last:
                chunk = source.read(_CHUNK)
                last = not chunk
                text = decoder.decode(chunk, final=last)
                data = text.encode()
                _refuse_other_encodings(text, data, chunk, encoding)
                for job in pending:
                    job.result()
                pending = [second.submit(digest.update, chunk), second.submit(out.write, data)]
                even = even and not (_uneven(tail + data[:2]) or _uneven(data))
                private = private or _may_hold_private_use(data, encoding)
                tail = data[-2:]
            for job in pending:
                job.result()
    except UnicodeDecodeError:
        return None
    return _Text(digest.hexdigest(), encoding, even and not tail.endswith(b"\r"), private)


def _uneven(data: bytes) -> bool:
    """Whether lines stand there that only Python's reader counts as Excel does: blank ones, or ends of a bare CR.

    A CR at the very end is left to the next chunk.
    """
    bare = data.count(b"\r") - data.count(b"\r\n") - data.endswith(b"\r")
    return bare > 0 or b"\n\n" in data or b"\n\r\n" in data


def _may_hold_private_use(data: bytes, encoding: str) -> bool:
    """Whether 外字 may occur; CP932 has them only at U+E000 to U+E757, whose UTF-8 begins with EE."""
    if b"\xee" in data:
        return True
    return encoding != "cp932" and (b"\xf3" in data or b"\xf4" in data or _PRIVATE_UTF8.search(data) is not None)


def _mixed(text: str, chunk: bytes) -> bool:
    """Whether there is UTF-8 in what was read as CP932."""
    seen = ("縺" in text or "繝" in text) and _UTF8_AS_CP932.search(text) is not None
    return seen or _holds_utf8(chunk)


def _holds_utf8(chunk: bytes) -> bool:
    """Whether a cell of a CP932 file is UTF-8: whole kanji from one separator to the next."""
    classes, at = chunk.translate(_CLASSES), -1
    while (at := classes.find(b"|ABBABBABB", at + 1)) >= 0:
        if _UTF8_KANJI.match(chunk, at):
            return True
    return False


def _refuse_other_encodings(text: str, data: bytes, chunk: bytes, encoding: str) -> None:
    """Refuse what decodes without complaint though it is no text of this encoding."""
    if b"\x1b" in data:
        raise _refuse("文字コードを判別できません（ISO-2022-JPのようです）", _EXPORT_AGAIN, "read.encoding")
    if b"\x00" in data:
        raise _refuse(
            "表のファイルではありません（文字でないデータがあります）", "CSVかExcelで書き出してください", "read.binary"
        )
    if encoding == "cp932" and _mixed(text, chunk):
        raise _refuse("UTF-8 と Shift-JIS が混ざっています", _EXPORT_AGAIN, "read.encoding")


def _plausible(head: str, encoding: str) -> None:
    """Refuse text that decodes without complaint though it is another encoding (GBK as CP932)."""
    line = next((line for line in head.splitlines() if line.strip()), "")
    if _PRIVATE.search(line) or (encoding == "cp932" and (_HALF_KANA.search(line) or not _japanese(line))):
        raise _refuse("文字コードを判別できません", _EXPORT_AGAIN, "read.encoding")


# The usual kanji (JIS level 1), kana and full-width letters begin with these bytes in CP932. Other encodings without
# half-width kana (GBK, Latin-1) reach only the rare kanji behind them.
_USUAL = range(0x82, 0x98)


def _japanese(line: str) -> bool:
    return line.isascii() or any(c.encode("cp932")[0] in _USUAL for c in line if not c.isascii())


# --- long CSV --------------------------------------------------------------------------------------------


def _read_long(path: Path, file: str, size: int, marked: str | None, staging: Staging) -> Book | None:
    """A long CSV by its spellings, of which only the distinct ones are decoded.

    None for a short one, and for whatever is not quite in order: that is read, or refused, the careful way. No byte of
    a character in CP932 or UTF-8 looks like a separator, a mark or a line's end, so bytes can be cut into cells.
    """
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        head = _head(content[:_HEAD])
        delimiter = _delimiter(head)
        width = _header_width(io.StringIO(head), delimiter)
        quoted = content.find(b'"') >= 0
        if not 1 < width <= _WIDEST or (quoted and not _well_quoted(content, delimiter)):
            return None
        with ThreadPoolExecutor(1) as second:
            cutting = second.submit(_cut, path, delimiter, width, quoted=quoted)
            sha256 = hashlib.sha256(content).hexdigest()
            strange = any(content.find(byte) >= 0 for byte in (b"\x00", b"\x1b")) or _BARE_CR.search(content)
            cells = cutting.result()
    if strange or cells is None or not (decoded := _decoded(cells, marked)):
        return None
    encoding, columns = decoded
    _plausible(head, encoding)
    private = any(pc.any(pc.match_substring_regex(each.texts, staged.PRIVATE_USE)).as_py() for each in columns.values())
    name, height = staging.name("raw"), len(columns[staged.raw_cell(0)].numbers)
    staging.take_in(name, Table(np.arange(1, height + 1), columns))
    sheet = Sheet(None, False, name, width, height, private_use=private)
    return Book(file, sha256, size, encoding, "csv", (sheet,))


def _head(content: bytes) -> str:
    """The beginning of a CSV as text, as far as it is one."""
    try:
        return codecs.getincrementaldecoder("utf-8-sig")("strict").decode(content)
    except UnicodeDecodeError:
        return codecs.getincrementaldecoder("cp932")("replace").decode(content)


def _cut(path: Path, delimiter: str, width: int, *, quoted: bool) -> dict[str, Spelled] | None:
    """The columns of a CSV, of bytes; None if its rows differ in length, one is too long, or they are few."""
    names = [staged.raw_cell(i) for i in range(width)]
    kinds = dict.fromkeys(names, pa.dictionary(pa.int32(), pa.binary()))
    try:
        table = arrow_csv.read_csv(
            path,
            arrow_csv.ReadOptions(column_names=names, block_size=_LONGEST),
            arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=quoted, ignore_empty_lines=False),
            arrow_csv.ConvertOptions(column_types=kinds, null_values=[""], strings_can_be_null=True, check_utf8=False),
        )
    except pa.ArrowInvalid:
        return None
    return {name: Spelled.of(table[name]) for name in names} if table.num_rows > SMALL else None


def _decoded(cells: Mapping[str, Spelled], marked: str | None) -> tuple[str, dict[str, Spelled]] | None:
    """The encoding of columns of bytes, and their texts; None if one is no text or looks like another encoding."""
    try:
        return marked or "utf-8", {
            name: Spelled(each.texts.cast(pa.string()), each.numbers) for name, each in cells.items()
        }
    except pa.ArrowInvalid:
        found = {} if marked else {name: _from_cp932(each) for name, each in cells.items()}
    texts = {name: each for name, each in found.items() if each}
    return ("cp932", texts) if len(texts) == len(cells) else None


def _from_cp932(cells: Spelled) -> Spelled | None:
    """Texts of bytes in CP932, piece by piece, since those of long remarks are many times as large meanwhile."""
    step = max(1, len(cells.texts) * _CHUNK // max(1, cells.texts.nbytes))
    pieces, alike = [pa.array([], pa.string())], False
    for start in range(0, len(cells.texts), step):
        whole = b"\x00".join(cells.texts[start : start + step].to_pylist())
        try:
            text = whole.decode("cp932")
        except UnicodeDecodeError:
            return None
        if _mixed(text, b"\n" + whole.replace(b"\x00", b"\n") + b"\n"):
            return None
        # Some characters have two codes; only then two spellings may become one.
        alike = alike or text.encode("cp932") != whole
        pieces.append(pa.array(text.split("\x00"), pa.string()))
    texts = pa.concat_arrays(pieces)
    return cells.spelled(texts) if alike else Spelled(texts, cells.numbers)


def _well_quoted(content: mmap.mmap, delimiter: str) -> bool:
    """Whether every quotation mark opens or closes a cell, or is one of a pair inside.

    Arrow's reader takes others for text, which hides where a cell really ends.
    """
    opens, closes = (np.isin(np.arange(256), list(delimiter.encode() + ends)) for ends in (b'\n"', b'\n\r"'))
    closed = True
    for start in range(0, len(content), _CHUNK):
        # One byte more at either side: what stands before the first mark and behind the last.
        before = content[start - 1 : start] or b"\n"
        behind = content[start + _CHUNK : start + _CHUNK + 1] or b"\n"
        cells = np.frombuffer(before + content[start : start + _CHUNK] + behind, np.uint8)
        marks = np.flatnonzero(cells[1:-1] == ord('"')) + 1
        opening, closing = (marks[0::2], marks[1::2]) if closed else (marks[1::2], marks[0::2])
        if not (opens[cells[opening - 1]].all() and closes[cells[closing + 1]].all()):
            return False
        closed ^= len(marks) % 2 == 1
    return closed


def _delimiter(head: str) -> str:
    """The separator that most lines have in the same number; a title line has none, and a number may hold a comma."""
    lines = re.sub(r'"(?:[^"]|"")*"', "", head).splitlines()[:_LINES]
    votes: dict[str, tuple[int, int]] = {}
    for delimiter in ",\t;":
        counts = Counter(line.count(delimiter) for line in lines if delimiter in line)
        usual, lines_ = counts.most_common(1)[0] if counts else (0, 0)
        votes[delimiter] = (lines_, usual)
    return max(votes, key=lambda delimiter: votes[delimiter])


def _stage_csv(target: Path, delimiter: str, text: _Text, staging: Staging) -> Sheet:
    table = staging.name("raw")
    with target.open(encoding="utf-8", newline="") as stream:
        width = _header_width(stream, delimiter)
    if width > _WIDEST:
        raise _too_wide(width)
    if text.even_lines:
        try:
            height = _load_csv(staging, table, target, delimiter, width)
            return Sheet(None, False, table, width, height, private_use=text.private_use)
        # DuckDB cuts its message within a character when a long cell is at fault, and then it cannot be decoded.
        except (duckdb.Error, UnicodeDecodeError):
            staging.sql(staged.drop_raw(table))
    even, width, ragged = _even_out(target, delimiter, staging)
    try:
        height = _load_csv(staging, table, even, ",", width)
    except (duckdb.Error, UnicodeDecodeError) as fault:
        raise _refuse(
            f"1つの値が長すぎます（{_LONGEST >> 20} MB まで）",
            "長い文章の列を除いて書き出してください",
            "read.too_long",
        ) from fault
    return Sheet(None, False, table, width, height, ragged, private_use=text.private_use)


def _header_width(stream: TextIO, delimiter: str) -> int:
    try:
        return max(1, len(next(csv.reader(stream, delimiter=delimiter, strict=True))))
    except (csv.Error, StopIteration):
        return 1


def _load_csv(staging: Staging, table: str, path: Path, delimiter: str, width: int) -> int:
    staging.sql(staged.create_raw(table, str(path), delimiter, width, _LONGEST))
    height = int(staging.value(staged.last_row(table)))
    if height > SMALL:
        long = staging.table(table, [staged.raw_cell(i) for i in range(width)])
        staging.sql(staged.drop_raw(table))
        staging.take_in(table, long)
    return height


def _even_out(target: Path, delimiter: str, staging: Staging) -> tuple[Path, int, tuple[int, ...]]:
    """Rewrite a CSV whose rows differ in length as one where they do not; returns path, width and the odd rows.

    A cell too many counts only if it is filled; rows above the usual form (titles) and blank ones are no data.
    """
    csv.field_size_limit(_LONGEST)
    lengths: Counter[int] = Counter()
    number = width = 0
    with target.open(encoding="utf-8", newline="") as source:
        try:
            for record in csv.reader(source, delimiter=delimiter, strict=True):
                number += 1
                width = max(width, len(record))
                lengths[len(record)] += bool(record)
        except csv.Error as fault:
            raise _bad_quote(str(fault), number + 1) from fault
    if width > _WIDEST or number * width > max(_MOST_CELLS, 4 * sum(n * rows for n, rows in lengths.items())):
        raise _too_wide(width)
    usual = max((n for n in lengths if n), key=lambda n: lengths[n], default=1)  # of a tie the first
    ragged: list[int] = []
    even = staging.folder / "even.csv"
    with target.open(encoding="utf-8", newline="") as source, even.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
        for number, record in enumerate(csv.reader(source, delimiter=delimiter), 1):
            short = 0 < len(record) < usual and (len(record) > 1 or usual == 1 or bool(record[0].strip()))
            if short or any(cell.strip() for cell in record[usual:]):
                ragged.append(number)
            writer.writerow(record + [""] * (width - len(record)))
    return even, max(width, 1), tuple(ragged)


def _too_wide(width: int) -> FileRejected:
    return _refuse(
        f"列が {width:,} あります", f"{_WIDEST:,} 列までの、行の長さのそろった表にしてください", "read.too_wide"
    )


def _bad_quote(fault: str, row: int) -> FileRejected:
    unclosed = "expected after" not in fault
    return FileRejected.because(
        '「"」で始まる値が閉じていません' if unclosed else '値の途中に「"」があります',
        'この行から先の「"」の組を確かめ、書き出し直してください',
        stage="read",
        rule="read.quote",
        rows=(row,),
    )


# --- workbooks -------------------------------------------------------------------------------------------


def _read_workbook(path: Path, staging: Staging, settings: Settings, format_: str) -> tuple[tuple[Sheet, ...], str]:
    """The sheets, and the table of the texts outside their cells, which a second child collects meanwhile.

    Of an .xls the one child does both.
    """
    out = staging.folder / "sheets"
    hidden = (staging.folder if format_ == "xlsx" else out) / "outside.csv"
    out.mkdir()
    with ThreadPoolExecutor(1) as second:
        collected = second.submit(_run_child, "hidden_parts.py", path, hidden, settings) if format_ == "xlsx" else None
        facts: list[dict[str, Any]] = json.loads(_run_child("workbook.py", path, out, settings))
        if collected:
            collected.result()
    outside = staging.name("outside")
    staging.sql(staged.create_raw(outside, str(hidden), ",", 3, _LONGEST * 4))
    sheets = []
    for number, sheet in enumerate(facts):
        table = staging.name("raw")
        width = int(sheet["width"])
        if width > _WIDEST:
            raise _refuse(f"列が {width:,} あります", f"{_WIDEST:,} 列までの表にしてください", "read.too_wide")
        height = _load_csv(staging, table, out / f"{number}.csv", ",", width) if width else 0
        if not width:
            staging.sql(staged.create_empty_raw(table))
        sheets.append(
            Sheet(
                shown(str(sheet["name"])),
                bool(sheet["hidden"]),
                table,
                max(width, 1),
                height,
                merged=tuple(Merge(*each) for each in sheet["merged"]),
                hidden_rows=tuple(row for row in sheet["hidden_rows"] if row <= height),
                struck_rows=tuple(row for row in sheet["struck_rows"] if row <= height),
                hidden_columns=tuple(column for column in sheet["hidden_columns"] if column < width),
            )
        )
    return tuple(sheets), outside


def bounded(path: Path, settings: Settings) -> None:
    """Refuse a workbook that is damaged, none, or larger than may be unpacked (FileRejected)."""
    limit = settings.max_unpacked_mb << 20
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            names = {part.filename for part in parts}
            if any(p.file_size > 1 << 20 and p.file_size > _RATIO_LIMIT * max(p.compress_size, 1) for p in parts):
                raise _bomb(settings)
            if (size := sum(part.file_size for part in parts)) > limit:
                raise _refuse(
                    f"展開すると {size >> 20:,} MB になり、上限の {settings.max_unpacked_mb} MB を超えます",
                    "行の多い表はCSVで書き出すか、月ごとのファイルに分けてください",
                    "read.unpacked",
                )
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error) as fault:
        raise _refuse(
            "壊れたExcelファイルです", "Excelで開けるか確かめ、保存し直してください", "read.damaged"
        ) from fault
    if "xl/workbook.bin" in names:
        raise _refuse(
            "バイナリ形式のExcel（.xlsb）です",
            "Excelで開き、「Excelブック（.xlsx）」で保存し直してください",
            "read.xlsb",
        )
    if not any(name.startswith("xl/") for name in names):
        raise _refuse("Excelのファイルではありません", "CSVかExcel（.xlsx）で書き出してください", "read.not_excel")


def _bomb(settings: Settings) -> FileRejected:
    return _refuse(
        f"展開すると {settings.max_unpacked_mb} MB を超えるか、異常に圧縮されたExcelです",
        "使っていないシートや書式を消し、保存し直してください",
        "read.bomb",
    )


def _run_child(script: str, path: Path, out: Path, settings: Settings) -> bytes:
    """Parse in a process of its own that can be ended: a hostile workbook takes only that process down."""
    command = [sys.executable, "-I", str(Path(__file__).with_name(script)), str(path), str(out)]
    command += [str(settings.reader_memory_mb), str(settings.max_unpacked_mb)]
    try:
        done = subprocess.run(  # noqa: S603  (our own interpreter and script)
            command, capture_output=True, timeout=settings.reader_seconds, check=False, env=_child_environment()
        )
    except subprocess.TimeoutExpired as fault:
        raise _refuse(
            f"Excelを {settings.reader_seconds} 秒で読み切れません",
            "使っていないシートや書式を消してください",
            "read.slow",
        ) from fault
    known = {TOO_MUCH: _bomb(settings), LOCKED: _locked(), TOO_OLD: _too_old()}
    if done.returncode in known:
        raise known[done.returncode]
    if done.returncode != 0:
        raise _refuse(
            "Excelを読み取れません（壊れているか、大きすぎる範囲に値があります）",
            "データのある範囲だけを新しいブックに貼り付けて保存してください",
            "read.damaged",
        )
    return done.stdout


def _child_environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in {"SYSTEMROOT", "PATH", "TEMP", "TMP", "HOME"}}
    return {**kept, "PYTHONUTF8": "1"}


def rows(
    sheet: Sheet, staging: Staging, *, first: int = 1, last: int | None = None
) -> Iterator[tuple[int, list[str | None]]]:
    """Rows of a raw table with their numbers, in order."""
    if sheet.height <= SMALL:
        # A small sheet is asked for several times; one statement for all of them is far cheaper.
        kept = staging.kept.setdefault(sheet.table, [])
        if not kept:
            kept += staging.sql(staged.rows_between(sheet.table, sheet.width), (1, sheet.height)).fetchall()
        for row, *cells in kept[first - 1 : last]:
            yield row, cells
        return
    yield from staging.long[sheet.table].between(first, sheet.height if last is None else last).listed()


def as_csv(header: list[str], body: list[tuple[object, ...]]) -> bytes:
    """A table as UTF-8 CSV with BOM, as Excel opens it."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(body)
    return codecs.BOM_UTF8 + text.getvalue().encode()
