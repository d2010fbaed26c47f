"""Bytes → raw tables of text: encoding, dialect, workbook. Content decides what a file is, not its name."""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from dx_data.derive.tables import literal, quoted
from dx_data.door.staging import Staging
from dx_data.errors import FileRejected
from dx_data.settings import Settings

_CHUNK = 1 << 22
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_HTML = re.compile(rb"^\s*(<!doctype html|<html|<table|<\?xml[^>]*>\s*<html)", re.IGNORECASE)
_RATIO_LIMIT = 200
_WIDEST = 4_000
_MAX_CELL = 4 << 20
_HALF_KANA = re.compile("[\uff61-\uff9f]")
_PRIVATE = re.compile("[\ue000-\uf8ff]")
_UNKNOWN_ENCODING = "UTF-8 か Shift-JIS で書き出してください"


@dataclass(frozen=True)
class Sheet:
    """One raw table: `table` in the staging holds `row` (the row a person sees) and text columns c0 … c<width-1>."""

    name: str | None
    hidden: bool
    table: str
    width: int
    height: int
    ragged: tuple[int, ...] = ()


@dataclass(frozen=True)
class Book:
    """A file that could be read: what it is, and its sheets (a CSV has one without a name)."""

    file: str
    sha256: str
    size: int
    encoding: str | None
    format: str
    sheets: tuple[Sheet, ...]


def _refuse(message: str, fix: str, rule: str) -> FileRejected:
    return FileRejected.because(message, fix, stage="read", rule=rule)


def shown_name(name: str) -> str:
    """A file name as it may be shown and stored: no folders, no control characters, no 外字, bounded."""
    base = re.split(r"[\\/]", name)[-1]
    base = "".join("?" if not c.isprintable() or _PRIVATE.match(c) else c for c in base)
    return base[:200] or "名前のないファイル"


def read(path: Path, staging: Staging, settings: Settings, *, name: str | None = None) -> Book:
    """Read a file into the staging.

    Raises FileRejected for whatever is no readable table: empty, encrypted, too large, of unknown encoding, a bomb.
    """
    file = shown_name(name or path.name)
    if file.startswith("~$"):
        raise _refuse(
            "Excelが開いている間だけ作られる一時ファイルです", "Excelを閉じて、元のファイルを選んでください", "read.lock_file"
        )
    size = path.stat().st_size
    if size == 0:
        raise _refuse("ファイルが空です", "書き出し直したファイルを選んでください", "read.empty")
    if size > settings.max_upload_mb << 20:
        raise _refuse(
            f"ファイルが {settings.max_upload_mb} MB を超えています", "期間を分けて書き出してください", "read.too_large"
        )
    with path.open("rb") as stream:
        head = stream.read(4096)
    if head.startswith(_ZIP):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        return Book(file, digest, size, None, "xlsx", _read_workbook(path, staging, settings))
    if head.startswith(_OLE):
        raise _refuse(
            "古い形式のExcel（.xls）か、パスワードの付いたExcelです",
            "パスワードを外し、「Excelブック（.xlsx）」で保存し直してください",
            "read.ole",
        )
    if _HTML.match(head):
        raise _refuse(
            "中身がウェブページ（HTML）です", "Excelで開き、「Excelブック（.xlsx）」で保存し直してください", "read.html"
        )
    return _read_csv(path, file, size, head, staging)


# --- CSV -------------------------------------------------------------------------------------------------


def _read_csv(path: Path, file: str, size: int, head: bytes, staging: Staging) -> Book:
    encoding = next((name for bom, name in _BOMS if head.startswith(bom)), None)
    target = staging.folder / "text.csv"
    candidates = [encoding] if encoding else ["utf-8", "cp932"]
    for candidate in candidates:
        digest = _decode(path, target, candidate)
        if digest is not None:
            break
    else:
        raise _refuse("文字コードを判別できません", _UNKNOWN_ENCODING, "read.encoding")
    first = _first_record(target)
    _plausible(first, candidate)
    delimiter = _delimiter(first)
    return Book(file, digest, size, candidate, "csv", (_stage_csv(target, delimiter, staging),))


def _decode(path: Path, target: Path, encoding: str) -> str | None:
    """Write the text as UTF-8 and return the digest of the bytes, or None if they are not of this encoding."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    digest = hashlib.sha256()
    try:
        with path.open("rb") as source, target.open("wb") as out:
            while chunk := source.read(_CHUNK):
                digest.update(chunk)
                out.write(_printable(decoder.decode(chunk)).encode())
            out.write(decoder.decode(b"", final=True).encode())
    except UnicodeDecodeError:
        return None
    return digest.hexdigest()


def _printable(text: str) -> str:
    if "\x1b" in text:
        raise _refuse("文字コードを判別できません（ISO-2022-JPのようです）", _UNKNOWN_ENCODING, "read.encoding")
    if "\x00" in text:
        raise _refuse("表のファイルではありません（文字でないデータがあります）", "CSVかExcelで書き出してください", "read.binary")
    return text


def _first_record(target: Path) -> list[str]:
    with target.open(encoding="utf-8", newline="") as stream:
        line = stream.readline(1 << 20)
    return [line.rstrip("\r\n")]


def _plausible(first: list[str], encoding: str) -> None:
    """Refuse text that decodes without complaint though it is another encoding (GBK as CP932)."""
    line = first[0]
    if encoding == "cp932" and (_HALF_KANA.search(line) or _PRIVATE.search(line) or not _japanese(line)):
        raise _refuse("文字コードを判別できません", _UNKNOWN_ENCODING, "read.encoding")


# Characters that headings of Japanese tables are made of; a CP932 header with none of them is some other encoding.
_FREQUENT = frozenset("年月日名数番号件計区分額者地市町村所管課部手続申請受付状況種別項目内容備考期間時開始終了合対応システムフォーム")


def _japanese(line: str) -> bool:
    return line.isascii() or any(c in _FREQUENT or "ぁ" <= c <= "ヶ" for c in line)


def _delimiter(first: list[str]) -> str:
    unquoted = re.sub(r'"(?:[^"]|"")*"', "", first[0])
    counts = {delimiter: unquoted.count(delimiter) for delimiter in ",\t;"}
    best = max(counts, key=lambda delimiter: counts[delimiter])
    return best if counts[best] else ","


def _stage_csv(target: Path, delimiter: str, staging: Staging) -> Sheet:
    table = staging.name("raw")
    width = _header_width(target, delimiter)
    if not _has_blank_line(target):
        try:
            height = _load_csv(staging, table, target, delimiter, width)
            return Sheet(None, hidden=False, table=table, width=width, height=height)
        except duckdb.Error:
            staging.sql(f"DROP TABLE IF EXISTS {table}")
    even, width, ragged = _even_out(target, delimiter, staging)
    height = _load_csv(staging, table, even, ",", width)
    return Sheet(None, hidden=False, table=table, width=width, height=height, ragged=ragged)


def _header_width(target: Path, delimiter: str) -> int:
    with target.open(encoding="utf-8", newline="") as stream:
        try:
            return max(1, len(next(csv.reader(stream, delimiter=delimiter, strict=True))))
        except (csv.Error, StopIteration):
            return 1


def _has_blank_line(target: Path) -> bool:
    """Whether a blank line stands anywhere but at the end: DuckDB skips those and row numbers would shift."""
    tail = b""
    with target.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            window = (tail + chunk).replace(b"\r", b"")
            body = window.rstrip(b"\n") if len(chunk) < _CHUNK else window
            if b"\n\n" in body or (not tail and body.startswith(b"\n")):
                return True
            tail = chunk[-4:]
    return False


def _load_csv(staging: Staging, table: str, path: Path, delimiter: str, width: int) -> int:
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(width))
    source = (
        f"read_csv({literal(str(path))}, header=false, auto_detect=false, columns={{{columns}}}, quote='\"', escape='\"',"
        f" delim={literal(delimiter)}, strict_mode=true, nullstr='', max_line_size={_MAX_CELL})"
    )
    staging.sql(
        f"CREATE TABLE {table} AS SELECT ordinality AS row, * EXCLUDE (ordinality) FROM {source} WITH ORDINALITY"
    )
    (height,) = staging.sql(f"SELECT coalesce(max(row), 0) FROM {table}").fetchall()[0]
    return int(height)


def _even_out(target: Path, delimiter: str, staging: Staging) -> tuple[Path, int, tuple[int, ...]]:
    """Rewrite a CSV whose rows differ in length as one where they do not; returns path, width and the odd rows."""
    csv.field_size_limit(_MAX_CELL)
    lengths: dict[int, int] = {}
    ragged: list[int] = []
    even = staging.folder / "even.csv"
    width = 0
    number, line = 0, 0
    with target.open(encoding="utf-8", newline="") as source:
        reader = csv.reader(source, delimiter=delimiter, strict=True)
        try:
            for number, record in enumerate(reader, 1):
                line = reader.line_num
                width = max(width, len(record))
                lengths[len(record)] = lengths.get(len(record), 0) + 1
        except csv.Error as fault:
            raise FileRejected.because(
                "「\"」で始まる値が閉じていません",
                "この行から先の「\"」の組を確かめ、書き出し直してください",
                stage="read",
                rule="read.quote",
                rows=(number + 1,),
            ) from fault
        if width > _WIDEST:
            raise _refuse(f"列が {width:,} あります", f"{_WIDEST:,} 列までの表にしてください", "read.too_wide")
        usual = max((n for n in lengths if n), key=lambda n: lengths[n], default=1)
        source.seek(0)
        with even.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
            for number, record in enumerate(csv.reader(source, delimiter=delimiter), 1):
                if record and len(record) != usual:
                    ragged.append(number)
                writer.writerow(record + [""] * (width - len(record)))
    del line
    return even, max(width, 1), tuple(ragged)


# --- workbooks -------------------------------------------------------------------------------------------


def _read_workbook(path: Path, staging: Staging, settings: Settings) -> tuple[Sheet, ...]:
    _bounded(path, settings)
    out = staging.folder / "sheets"
    out.mkdir()
    facts = _parse_in_child(path, out, settings)
    sheets = []
    for number, sheet in enumerate(facts):
        table = staging.name("raw")
        width = int(sheet["width"])
        height = _load_csv(staging, table, out / f"{number}.csv", ",", width) if width else 0
        if not width:
            staging.sql(f"CREATE TABLE {table} (row BIGINT, c0 VARCHAR)")
        sheets.append(Sheet(str(sheet["name"]), bool(sheet["hidden"]), table, max(width, 1), height))
    return tuple(sheets)


def _bounded(path: Path, settings: Settings) -> None:
    limit = settings.max_unpacked_mb << 20
    bomb = _refuse(
        f"展開すると {settings.max_unpacked_mb} MB を超えるか、異常に圧縮されたExcelです",
        "使っていないシートや書式を消し、保存し直してください",
        "read.bomb",
    )
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            names = {part.filename for part in parts}
            if sum(part.file_size for part in parts) > limit:
                raise bomb
            for part in parts:
                if part.file_size > 1 << 20 and part.file_size > _RATIO_LIMIT * max(part.compress_size, 1):
                    raise bomb
    except (zipfile.BadZipFile, OSError, ValueError) as fault:
        raise _refuse("壊れたExcelファイルです", "Excelで開けるか確かめ、保存し直してください", "read.damaged") from fault
    if not any(name.startswith("xl/") for name in names):
        raise _refuse("Excelのファイルではありません", "CSVかExcel（.xlsx）で書き出してください", "read.not_excel")


def _parse_in_child(path: Path, out: Path, settings: Settings) -> list[dict[str, object]]:
    """Parse in a process of its own that can be ended: a hostile workbook takes only that process down."""
    command = [sys.executable, "-I", str(Path(__file__).with_name("workbook.py")), str(path), str(out)]
    command.append(str(settings.reader_memory_mb))
    try:
        done = subprocess.run(  # noqa: S603  (our own interpreter and script)
            command, capture_output=True, timeout=settings.reader_seconds, check=False, env=_child_environment()
        )
    except subprocess.TimeoutExpired as fault:
        raise _refuse(
            f"Excelを {settings.reader_seconds} 秒で読み切れません", "使っていないシートや書式を消してください", "read.slow"
        ) from fault
    if done.returncode != 0:
        raise _refuse(
            "Excelを読み取れません（壊れているか、大きすぎる範囲に値があります）",
            "データのある範囲だけを新しいブックに貼り付けて保存してください",
            "read.damaged",
        )
    facts: list[dict[str, object]] = json.loads(done.stdout)
    return facts


def _child_environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in {"SYSTEMROOT", "PATH", "TEMP", "TMP", "HOME"}}
    return {**kept, "PYTHONUTF8": "1"}


def rows(sheet: Sheet, staging: Staging, *, first: int = 1, last: int | None = None) -> Iterator[tuple[int, list[str | None]]]:
    """Rows of a raw table with their numbers, in order."""
    upper = sheet.height if last is None else last
    columns = ", ".join(quoted(f"c{i}") for i in range(sheet.width))
    found = staging.sql(
        f"SELECT row, {columns} FROM {sheet.table} WHERE row BETWEEN ? AND ? ORDER BY row", (first, upper)
    ).fetchall()
    for row, *cells in found:
        yield row, cells


def as_csv(header: list[str], body: list[tuple[object, ...]]) -> bytes:
    """A table as UTF-8 CSV with BOM, as Excel opens it."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(body)
    return codecs.BOM_UTF8 + text.getvalue().encode()
