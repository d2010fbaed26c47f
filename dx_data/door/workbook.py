"""The child process that parses a workbook: writes one CSV per sheet and prints what the sheets are.

Run as a script with path, folder, limits of memory and of output (MB); it imports nothing of ours, so that it starts
fast and nothing of ours is at risk. Whatever goes wrong ends the process; the parent says so in a sentence.

calamine reads the values. It hands over error values, and formulas saved without their value, as blanks, and a
percentage as its bare number; such cells are looked up in the sheet's own XML.
"""

import csv
import datetime as dt
import importlib.util
import json
import re
import sys
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from xml.parsers import expat

TOO_MUCH, LOCKED, TOO_OLD = 3, 4, 5
NO_CACHED_VALUE = "#値なし!"
_WORTH_A_LOOK = re.compile(rb"""<(?:\w+:)?f[ />]|t=["']e["']""")
_LITERAL = re.compile(r'"[^"]*"|[\\_*].')  # what a number format shows as it is
_MERGE = re.compile(rb"""<(?:\w+:)?mergeCell [^>]*?ref=["']([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})["']""")
_HIDDEN = re.compile(rb"""<(?:\w+:)?(row|col) (?=[^>]*?\bhidden=["'](?:1|true)["'])([^>]*)>""")
_PLACE = re.compile(rb"""\b(r|min|max)=["']([0-9]{1,7})["']""")
_TAIL = 400
_MOST_MERGES = 200_000
_PERCENT_IDS = frozenset(("9", "10"))
_CELL = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_CHUNK = 1 << 20
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

Grid = dict[int, dict[int, str]]


def limit(megabytes: int, output: int) -> None:
    """Bound this process where the system can (Linux, macOS); elsewhere the parent's checks and time limit remain."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
    resource.setrlimit(resource.RLIMIT_FSIZE, (output << 20, output << 20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def written(cell: object) -> str:
    """A cell as text: ISO dates, plain numbers, blank for blank."""
    match cell:
        case None | "":
            return ""
        case bool():
            return "TRUE" if cell else "FALSE"
        case float():
            # Excel keeps fifteen digits; a longer number has lost its end, which the check then says.
            return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else _fraction(cell)
        case dt.datetime():
            moment = _to_second(cell)
            return moment.date().isoformat() if moment.time() == dt.time() else moment.isoformat(sep=" ")
        case dt.time():
            return _to_second(dt.datetime.combine(dt.date(2000, 1, 1), cell)).strftime("%H:%M:%S").removesuffix(":00")
        case dt.timedelta():
            minutes, seconds = divmod(round(cell.total_seconds()), 60)
            return f"{minutes // 60}:{minutes % 60:02}" + (f":{seconds:02}" if seconds else "")
        case dt.date():
            return cell.isoformat()
        case _:
            return _CONTROLS.sub("", str(cell))


def _fraction(cell: float) -> str:
    """As Excel shows it, to fifteen digits (0.1 + 0.2 is 0.3); a tiny number without an exponent."""
    digits = f"{cell:.15g}" if abs(cell) < 1e15 else repr(cell)
    return f"{Decimal(digits):f}" if "e-" in digits else digits


def _to_second(moment: dt.datetime) -> dt.datetime:
    """Excel keeps moments as fractions of a day, so that 9:30 can come back as 9:29:59.97."""
    return (moment + dt.timedelta(microseconds=500_000)).replace(microsecond=0)


# --- what calamine does not tell -----------------------------------------------------------------------------


def sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """The part of the archive that holds each sheet, by the sheet's name."""
    targets = {
        facts.get("Id", ""): facts.get("Target", "") for name, facts in _elements(archive, "xl/_rels/workbook.xml.rels")
    }
    parts = {}
    for name, facts in _elements(archive, "xl/workbook.xml"):
        if name == "sheet":
            target = targets.get(next((v for k, v in facts.items() if k.split(":")[-1] == "id"), ""), "")
            parts[facts.get("name", "")] = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
    return parts


def telling_styles(archive: zipfile.ZipFile) -> tuple[frozenset[str], frozenset[str]]:
    """The numbers of the cell styles that show a number as a percentage, and of those that strike their cell out."""
    percent = set(_PERCENT_IDS)
    struck: set[str] = set()
    styles: list[tuple[str, str]] = []
    inside, font = "", -1
    for name, facts in _elements(archive, "xl/styles.xml"):
        if name in ("fonts", "cellXfs", "cellStyleXfs", "dxfs", "cellStyles"):
            inside = name
        elif name == "numFmt" and "%" in _LITERAL.sub("", facts.get("formatCode", "")):
            percent.add(facts.get("numFmtId", ""))
        elif name == "font" and inside == "fonts":
            font += 1
        elif name == "strike" and inside == "fonts" and facts.get("val", "1") in ("1", "true"):
            struck.add(str(font))
        elif name == "xf" and inside == "cellXfs":
            styles.append((facts.get("numFmtId", ""), facts.get("fontId", "")))
    return (
        frozenset(str(number) for number, (shown, _) in enumerate(styles) if shown in percent),
        frozenset(str(number) for number, (_, its) in enumerate(styles) if its in struck),
    )


def _elements(archive: zipfile.ZipFile, part: str) -> Iterator[tuple[str, dict[str, str]]]:
    found: list[tuple[str, dict[str, str]]] = []
    if part in archive.namelist():
        parser = expat.ParserCreate()
        parser.StartElementHandler = lambda name, facts: found.append((name.split(":")[-1], facts))
        parser.Parse(archive.read(part), True)
    yield from found


class Peculiar:
    """The cells of one sheet that need their own XML to be read: errors, formulas without a value, percentages.

    `standing` are for each row how many of its filled cells are not struck out.
    """

    def __init__(self, percent: frozenset[str], struck: frozenset[str]) -> None:
        self.percent = percent
        self.struck = struck
        self.standing: dict[int, int] = {}
        self.cells: Grid = {}
        self.facts: dict[str, str] = {}
        self.formula = False
        self.value: list[str] | None = None
        self.text = ""
        self.row = self.column = -1

    def read(self, archive: zipfile.ZipFile, part: str) -> Grid:
        """The texts of those cells by row and column, counted from 0."""
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        with archive.open(part) as stream:
            parser.ParseFile(stream)
        return self.cells

    def _start(self, name: str, facts: dict[str, str]) -> None:
        match name.split(":")[-1]:
            case "row":
                self.row, self.column = int(facts.get("r", self.row + 2)) - 1, -1
            case "c":
                self.facts, self.formula, self.text = facts, False, ""
                self._place(facts.get("r", ""))
            case "f":
                self.formula = True
            case "v":
                self.value = []

    def _characters(self, text: str) -> None:
        if self.value is not None:
            self.value.append(text)

    def _end(self, name: str) -> None:
        match name.split(":")[-1]:
            case "v":
                self.text, self.value = "".join(self.value or ()), None
            case "c":
                if self.text or self.facts.get("t") == "inlineStr":
                    stands = self.facts.get("s") not in self.struck
                    self.standing[self.row] = self.standing.get(self.row, 0) + stands
                if cell := self._written():
                    self.cells.setdefault(self.row, {})[self.column] = cell

    def _place(self, reference: str) -> None:
        """Where the cell stands; without a reference it follows the one before."""
        self.column += 1
        if place := _CELL.fullmatch(reference):
            column = 0
            for letter in place[1]:
                column = column * 26 + ord(letter) - 64
            self.row, self.column = int(place[2]) - 1, column - 1

    def _written(self) -> str:
        kind = self.facts.get("t", "n")
        if kind == "e":
            return self.text or NO_CACHED_VALUE
        if self.formula and not self.text and kind != "str":
            return NO_CACHED_VALUE
        if kind == "n" and self.text and self.facts.get("s") in self.percent:
            return f"{written(round(float(self.text) * 100, 10))}%"
        return ""


class Form:
    """What a sheet's XML tells about its form: merged ranges, hidden rows and columns, formulas or errors somewhere."""

    def __init__(self) -> None:
        self.merged: list[tuple[int, int, int, int]] = []
        self.hidden_rows: list[int] = []
        self.hidden_columns: list[int] = []
        self.worth_a_look = False

    def read(self, archive: zipfile.ZipFile, part: str) -> "Form":
        """Search the XML as bytes, chunk by chunk: far cheaper than to parse it."""
        tail = b""
        with archive.open(part) as stream:
            while chunk := stream.read(_CHUNK):
                text = tail + chunk
                # What lies wholly inside the repeated tail was seen before.
                self._search(text, len(tail))
                tail = text[-_TAIL:]
        return self

    def _search(self, text: bytes, seen: int) -> None:
        if not self.worth_a_look:
            self.worth_a_look = _WORTH_A_LOOK.search(text) is not None
        if b"mergeCell" in text:
            for found in _MERGE.finditer(text):
                if found.end() > seen and len(self.merged) < _MOST_MERGES:
                    first, top, last, bottom = found.groups()
                    self.merged.append((int(top), column_number(first), int(bottom), column_number(last)))
        if b"hidden=" in text:
            for found in _HIDDEN.finditer(text):
                if found.end() > seen:
                    self._hide(found[1], {name: int(number) for name, number in _PLACE.findall(found[2])})

    def _hide(self, what: bytes, facts: dict[bytes, int]) -> None:
        if what == b"row" and b"r" in facts:
            self.hidden_rows.append(facts[b"r"])
        elif what == b"col" and b"min" in facts:
            self.hidden_columns += range(facts[b"min"] - 1, min(facts.get(b"max", 0), facts[b"min"] + 500))


def column_number(letters: bytes) -> int:
    """The place of a column, counted from 0."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


# --- writing -------------------------------------------------------------------------------------------------


def rows_of(sheet: Sequence[Sequence[object]], peculiar: Grid) -> Iterator[list[str]]:
    """The sheet's rows as text, all of one width."""
    height = max(len(sheet), max(peculiar, default=-1) + 1)
    width = max((*map(len, sheet), *(max(cells) + 1 for cells in peculiar.values())), default=0)
    for number in range(height):
        row = [written(cell) for cell in sheet[number]] if number < len(sheet) else []
        row += [""] * (width - len(row))
        for column, cell in peculiar.get(number, {}).items():
            row[column] = cell
        yield row


@dataclass
class Details:
    """What calamine does not tell of one sheet: cells by their texts, merged ranges (None: it does), what is hidden."""

    cells: Grid = field(default_factory=dict)
    merged: list[tuple[int, int, int, int]] | None = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[int] = field(default_factory=list)
    struck_rows: list[int] = field(default_factory=list)


def details_of(archive: zipfile.ZipFile) -> Callable[[str], Details]:
    """The details of each sheet of an .xlsx by its name."""
    parts = sheet_parts(archive)
    percent, struck = telling_styles(archive)
    names = frozenset(archive.namelist())

    def details(name: str) -> Details:
        part = parts.get(name, "")
        if part not in names:
            return Details()
        form = Form().read(archive, part)
        looked = Peculiar(percent, struck)
        cells = looked.read(archive, part) if percent or struck or form.worth_a_look else {}
        struck_rows = [row + 1 for row, standing in looked.standing.items() if not standing]
        return Details(cells, form.merged, form.hidden_rows, form.hidden_columns, struck_rows)

    return details


def old_details(path: str, outside: Path) -> Callable[[str], Details]:
    """The details of each sheet of an .xls by its name; its comments go to the file of texts outside the cells."""
    spec = importlib.util.spec_from_file_location("biff", Path(__file__).with_name("biff.py"))
    biff = importlib.util.module_from_spec(spec)  # type: ignore[arg-type]
    sys.modules["biff"] = biff
    spec.loader.exec_module(biff)  # type: ignore[union-attr]
    try:
        facts = biff.sheets(Path(path).read_bytes())
    except biff.Locked:
        sys.exit(LOCKED)
    except biff.TooOld:
        sys.exit(TOO_OLD)
    with outside.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
        # What else an .xls holds (pivot caches, properties, macros) is not searched: said as of embedded files.
        writer.writerow(("xl/embeddings/xls", "", "?"))
        for sheet in facts.values():
            writer.writerows(("xl/comments", "", text.replace("\x00", "")) for text in sheet.texts if len(text) > 1)

    def details(name: str) -> Details:
        if name not in facts:
            return Details()
        sheet = facts[name]
        cells = {
            row: {j: value if isinstance(value, str) else f"{written(value)}%" for j, value in line.items()}
            for row, line in sheet.cells.items()
        }
        return Details(cells, None, [row + 1 for row in sheet.hidden_rows], sheet.hidden_columns)

    return details


def main(path: str, folder: str, memory: str, output: str) -> None:
    """Parse the workbook at `path` into CSVs in `folder`, sheet by sheet, rows starting at row 1 and column A."""
    limit(int(memory), int(output))
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            facts = write_sheets(path, Path(folder), int(output) << 20, details_of(archive))
    else:
        facts = write_sheets(path, Path(folder), int(output) << 20, old_details(path, Path(folder, "outside.csv")))
    json.dump(facts, sys.stdout)


def write_sheets(path: str, folder: Path, left: int, details_of: Callable[[str], Details]) -> list[dict[str, object]]:
    """Write a CSV of at most `left` characters per sheet, and answer what the sheets are."""
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    with open(path, "rb") as stream:  # noqa: PTH123  (by its content: from_path would go by the file's name)
        book = CalamineWorkbook.from_filelike(stream)
    facts: list[dict[str, object]] = []
    for meta in book.sheets_metadata:
        if meta.typ != SheetTypeEnum.WorkSheet:
            continue
        details = details_of(meta.name)
        width = height = 0
        found = book.get_sheet_by_name(meta.name)
        sheet = found.to_python(skip_empty_area=False)
        with (folder / f"{len(facts)}.csv").open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
            for row in rows_of(sheet, details.cells):
                width, height = len(row), height + 1
                writer.writerow(row)
                left -= sum(map(len, row))
                if left < 0:
                    sys.exit(TOO_MUCH)
        fact = {"name": meta.name, "hidden": meta.visible != SheetVisibleEnum.Visible, "width": width}
        hidden = {"hidden_rows": details.hidden_rows, "hidden_columns": details.hidden_columns}
        hidden["struck_rows"] = details.struck_rows
        merged = details.merged
        if merged is None:
            merged = [(a + 1, b, c + 1, d) for (a, b), (c, d) in found.merged_cell_ranges or ()]
        facts.append({**fact, **hidden, "merged": merged})
    return facts


if __name__ == "__main__":
    main(*sys.argv[1:])
