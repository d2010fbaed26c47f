"""The shapes that real files have: kintone's GUI export and Excel workbooks, with bytes that never vary."""

import io
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

import xlsxwriter
from xlsxwriter.workbook import Workbook

STAMP = datetime(2025, 4, 1)  # noqa: DTZ001 the workbook's own time, which has no zone
STAFF = (("k-user1", "架空 太郎"), ("k-user2", "架空 花子"))


@dataclass(frozen=True)
class DemoFile:
    """One invented file: its name, its bytes, and the day on which it would have been exported."""

    name: str
    content: bytes
    as_of: date


@dataclass(frozen=True)
class Record:
    """One kintone record: the form's values and the rows of its one table.

    None is a value that does not apply (written without quotes), "" an empty field.
    """

    values: Sequence[str | None]
    rows: Sequence[Sequence[str | None]] = ()


def quoted(value: str | None) -> str:
    """A value as kintone writes it.

    >>> [quoted(value) for value in ("a", 'a"b', "", None)]
    ['"a"', '"a""b"', '""', '']
    """
    return "" if value is None else '"' + value.replace('"', '""') + '"'


def kintone_name(app: str, at: datetime) -> str:
    """The name that kintone gives an export.

    >>> kintone_name("手続台帳", datetime(2025, 4, 7, 9, 5))
    '手続台帳_20250407T090500+0900.csv'
    """
    return f"{app}_{at:%Y%m%dT%H%M%S}+0900.csv"


def kintone(header: Sequence[str], records: Iterable[Record], table: Sequence[str] = ()) -> bytes:
    """An export as kintone writes it: CP932, CRLF, the table's rows stacked under 「レコードの開始行」."""
    start = ["レコードの開始行"] if table else []
    lines = [",".join(map(quoted, [*start, *header, *table]))]
    for record in records:
        main = ",".join(map(quoted, record.values))
        if not table:
            lines.append(main)
            continue
        blank = [None] * len(table)
        for number, row in enumerate(record.rows or [blank]):
            lines.append(",".join([quoted(None if number else "*"), main, *map(quoted, row)]))
    return ("\r\n".join(lines) + "\r\n").encode("cp932")


def app_export(
    app: str, at: datetime, header: Sequence[str], records: Iterable[Record], table: Sequence[str] = ()
) -> DemoFile:
    """An app's export, with the columns that kintone adds by itself: number, creator and the last change."""
    made = []
    for number, record in enumerate(records, 1):
        changed = datetime.combine(at.date(), time(8, number % 60))
        values = [str(number), *record.values, *STAFF[number % 2], f"{changed:%Y/%m/%d %H:%M}"]
        made.append(Record(values, record.rows))
    own = ["作成者", "作成者（表示名）", "更新日時"]
    return DemoFile(kintone_name(app, at), kintone(["レコード番号", *header, *own], made, table), at.date())


def ticks(chosen: Iterable[str], choices: Sequence[str]) -> list[str | None]:
    """A check box of kintone: one column for each choice, 1 where it is chosen."""
    marked = set(chosen)
    return ["1" if choice in marked else None for choice in choices]


def tick_headers(title: str, choices: Sequence[str]) -> list[str]:
    """The headers of a check box.

    >>> tick_headers("優先区分", ["区選定"])
    ['優先区分[区選定]']
    """
    return [f"{title}[{choice}]" for choice in choices]


def day(value: date | None) -> str:
    """A date as kintone writes it."""
    return f"{value:%Y/%m/%d}" if value else ""


def moment(value: datetime | None) -> str:
    """A date with its time as kintone writes it."""
    return f"{value:%Y/%m/%d %H:%M}" if value else ""


def csv_with_bom(rows: Iterable[Sequence[object]]) -> bytes:
    """A plain CSV as Excel's 「CSV UTF-8」 writes it; None is blank."""
    lines = [",".join("" if cell is None else str(cell) for cell in row) for row in rows]
    return ("\r\n".join(lines) + "\r\n").encode("utf-8-sig")


def sheet(title: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A workbook with one plain sheet; None is a blank cell."""

    def draw(book: Workbook) -> None:
        page = book.add_worksheet(title)
        bold = book.add_format({"bold": True})
        dated = book.add_format({"num_format": "yyyy/mm/dd"})
        page.write_row(0, 0, header, bold)
        page.freeze_panes(1, 0)
        page.set_column(0, len(header) - 1, 16)
        for number, row in enumerate(rows, 1):
            for column, cell in enumerate(row):
                if isinstance(cell, date):
                    page.write_datetime(number, column, cell, dated)
                elif isinstance(cell, str):
                    page.write_string(number, column, cell)
                elif cell is not None:
                    page.write_number(number, column, cell)

    return workbook(draw)


def workbook(draw: Callable[[Workbook], None]) -> bytes:
    """The workbook that is drawn, always with the same bytes."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    book.set_properties({"created": STAMP, "author": "架空データ"})
    draw(book)
    book.close()
    return _unvarying(buffer.getvalue())


def _unvarying(book: bytes) -> bytes:
    """The same workbook, stored: what deflate makes of it depends on the machine's zlib."""
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(result, "w", zipfile.ZIP_STORED) as new:
        for name in old.namelist():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.create_system = 3
            entry.external_attr = 0o600 << 16
            new.writestr(entry, old.read(name))
    return result.getvalue()
