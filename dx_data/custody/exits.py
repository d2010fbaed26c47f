"""The one way out: every table or figure that leaves the product passes `hand_over` and leaves a line in the ledger."""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import PurePath
from typing import Any, ClassVar

from dx_data.access import Person, Right, require
from dx_data.catalog import Result, json_value
from dx_data.custody import analysed, answer_book, receipt_book
from dx_data.custody.analysed import Analysed, Shown
from dx_data.custody.document import Document
from dx_data.custody.ledger import Act, Entry, Ledger, Line
from dx_data.custody.published import Frozen, subject
from dx_data.custody.refusals import Refusal
from dx_data.errors import NotPermitted, WrongUsage
from dx_data.text import FORMULA_STARTS, saved_as
from dx_data.why import PARTS, Explained, Listed, Row, Why

MEDIA = {
    "csv": "text/csv",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "html": "text/html",
    "json": "application/json",
    "svg": "image/svg+xml",
    "zip": "application/zip",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# What tells the browser (ui/static/picture.js) to draw an SVG into pixels before it is saved.
_INTO_PIXELS = '<svg data-dx-save="png" '
_NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?")


class Exit(StrEnum):
    """The kinds of leaving (design.md, Exits) that exist so far."""

    INTERNAL = "内部"
    PROTECTED = "要保護"  # so far backups alone, which custody.backups seals
    PUBLIC = "公表"


@dataclass(frozen=True)
class HandedOver:
    """What may now be saved: a file name, its bytes, its media type."""

    name: str
    content: bytes
    media: str


@dataclass(frozen=True)
class FaultList:
    """Every fault of a checked file, to send back to whoever sent it; values that look personal are masked already."""

    file: str
    rows: tuple[tuple[str, int | None, str, str, str, str], ...]

    HEADS: ClassVar = ("シート", "行", "項目", "値", "誤り", "直し方")

    def csv(self) -> bytes:
        """The list as Excel opens it."""
        return csv_bytes([self.HEADS, *self.rows], marked=True)


@dataclass(frozen=True)
class FaultBook:
    """The sender's own book with `faults` marked faults; made when it is handed over, and never stored."""

    file: str
    content: bytes
    faults: int


@dataclass(frozen=True)
class Picture:
    """A figure of an answer; `draw` makes it as SVG with the lines that must stand below it, when it is handed over."""

    result: Result
    draw: Callable[[Sequence[str]], str]


@dataclass(frozen=True)
class DraftPack:
    """A 案 of the quarter's pack: made through `disclosure`, nothing in it is rows, and nobody has approved it yet.

    `content` is the digest of what it says, `after` are folders of earlier packs that were reckoned with.
    """

    quarter: str
    edition: int
    snapshot: str
    manifest: str
    content: str
    files: int
    place: str
    forms: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class IssuedPack:
    """A published edition: the draft and the approval it comes from, its tables with every figure as it stays."""

    pack: DraftPack
    replaces: int | None
    draft: int
    approval: int
    tables: tuple[Frozen, ...]


@dataclass(frozen=True)
class PackCopy:
    """The files of a pack in one archive: of a draft to look at, of an edition to keep. `line` is the pack's own."""

    quarter: str
    line: int
    name: str
    content: bytes
    issued: bool


@dataclass(frozen=True)
class ReportDraft:
    """A draft of a report that the contract asks for: answers in a Word file, with places to write."""

    title: str
    snapshot: str
    questions: tuple[str, ...]
    written: bytes

    @property
    def rows(self) -> int:
        """How many answers it holds."""
        return len(self.questions)

    def filename(self, form: str) -> str:
        """A name for the draft as a file."""
        return f"{self.title}_案.{form}"

    def content(self, _form: str, _kind: str) -> bytes:
        """The Word file, which bears its mark on every page."""
        return self.written


def returned_name(file: str) -> str:
    """What a returned book is called: the sender's name of it, marked; a CSV has become an Excel book.

    >>> returned_name("4月.csv"), returned_name("4月.xlsm")
    ('差戻し_4月.xlsx', '差戻し_4月.xlsm')
    """
    path = PurePath(file)
    return f"差戻し_{path.stem}{path.suffix if path.suffix.lower().startswith('.xls') else '.xlsx'}"


def filename(result: Result, form: str) -> str:
    """A name that says subject, day and notes such as 架空データ, without characters that Windows refuses."""
    day = f"{result.as_of}時点" if result.as_of else "未収集"
    marks = [note for note in result.notes if "：" not in note and ":" not in note]
    return saved_as([result.question.title, day, *marks], form)


def hand_over(
    kind: Exit,
    what: Result
    | Explained
    | FaultList
    | Refusal
    | FaultBook
    | Picture
    | DraftPack
    | IssuedPack
    | PackCopy
    | Document
    | ReportDraft
    | Analysed
    | Shown,
    person: Person,
    ledger: Ledger,
    *,
    form: str = "csv",
    titles: bool = True,
) -> HandedOver:
    """An answer, its figure, the rows behind it, a list of faults, a 受領拒否票 or a returned book as a file, recorded.

    `form` is, for an answer, csv, json, or xlsx (a month's receipts as the 事績簿); for the rows csv or json; for the
    rows of typed SQL csv, json or xlsx; for a figure svg, or png: an SVG still, marked for the browser, which draws it
    into pixels as it is saved. Of rows that a terminal or a notebook shows only the line is made.

    A 公表 is only ever a pack, whose files are where they were made: of its draft the line alone is kept, of an issued
    one every figure with it.

    NotPermitted without the right; WrongUsage for 要保護, which nothing leaves in a plain form.
    """
    _fits(kind, what)
    if isinstance(what, DraftPack | IssuedPack | PackCopy):
        return _pack(kind, what, person, ledger)
    if isinstance(what, FaultList):
        require(person, Right.CHECK)
        ledger.append(person.name, Act.HAND_OVER, "誤りの一覧", kind=kind.value, form="csv", rows=len(what.rows))
        return HandedOver(f"誤り一覧_{PurePath(what.file).stem}.csv", what.csv(), "text/csv")
    if isinstance(what, Refusal):
        require(person, Right.CHECK)
        ledger.append(person.name, Act.HAND_OVER, "受領拒否票", kind=kind.value, form="html", line=what.number)
        return HandedOver(what.filename, what.html(kind.value), "text/html")
    if isinstance(what, FaultBook):
        require(person, Right.CHECK)
        ledger.append(person.name, Act.HAND_OVER, "差戻しExcel", kind=kind.value, form="xlsx", rows=what.faults)
        return HandedOver(returned_name(what.file), what.content, MEDIA["xlsx"])
    require(person, Right.HAND_OVER)
    if isinstance(what, Analysed | Shown):
        return _analysed(kind, what, person, ledger, form, titles)
    if isinstance(what, Document | ReportDraft):
        facts = {"snapshot": what.snapshot, "questions": list(what.questions)} if isinstance(what, ReportDraft) else {}
        ledger.append(person.name, Act.HAND_OVER, what.title, kind=kind.value, form=form, rows=what.rows, **facts)
        return HandedOver(what.filename(form), what.content(form, kind.value), MEDIA[form])
    if isinstance(what, Explained):
        for each in what.figures:
            view(each, person, ledger, form=form)
        explained = _why_json(what) if form == "json" else csv_bytes(why_lines(what), marked=titles)
        return HandedOver(f"元の行_{filename(what.result, form)}", explained, MEDIA[form])
    if isinstance(what, Picture):
        return _picture(kind, what, person, ledger, form)
    return _answer(kind, what, person, ledger, form, titles)


def _picture(kind: Exit, what: Picture, person: Person, ledger: Ledger, form: str) -> HandedOver:
    """A figure of an answer."""
    drawn = what.draw(_standing_below(kind, what.result))
    if form == "png":
        drawn = drawn.replace("<svg ", _INTO_PIXELS, 1)
    _record(kind, what.result, person, ledger, "png" if form == "png" else "svg")
    return HandedOver(filename(what.result, "svg"), drawn.encode(), MEDIA["svg"])


def _answer(kind: Exit, what: Result, person: Person, ledger: Ledger, form: str, titles: bool) -> HandedOver:
    """An answer as a table."""
    is_book = form == "xlsx" and what.question.name == receipt_book.QUESTION
    name = receipt_book.filename(what) if is_book else filename(what, form)
    content = {"csv": _csv, "json": _json, "xlsx": _xlsx}[form](kind, what, titles)
    _record(kind, what, person, ledger, form)
    return HandedOver(name, content, MEDIA[form])


def _pack(kind: Exit, what: DraftPack | IssuedPack | PackCopy, person: Person, ledger: Ledger) -> HandedOver:
    """The line of a draft, of an edition, or of a copy of either."""
    if isinstance(what, PackCopy):
        require(person, Right.HAND_OVER)
        facts: dict[str, Any] = {"kind": kind.value, "form": "zip", "copy_of": what.line}
        ledger.append(person.name, Act.HAND_OVER, subject(what.quarter), **facts)
        return HandedOver(what.name, what.content, MEDIA["zip"])
    if isinstance(what, IssuedPack):
        require(person, Right.ISSUE)
        line = _issued(kind, what, person, ledger)
        return HandedOver(f"{what.pack.quarter}_発行記録.json", record(line), MEDIA["json"])
    require(person, Right.DRAFT)
    facts = {**asdict(what), "kind": kind.value, "state": "案", "proven": person.proven}
    line = ledger.append(person.name, Act.HAND_OVER, subject(what.quarter), **facts)
    return HandedOver(f"{what.quarter}_発行記録.json", record(line), MEDIA["json"])


def _issued(kind: Exit, what: IssuedPack, person: Person, ledger: Ledger) -> Line:
    """The edition and its figures, both or neither."""
    facts = {**asdict(what.pack), "replaces": what.replaces, "draft": what.draft, "approval": what.approval}
    facts |= {"state": "発行", "kind": kind.value, "figures": sum(len(table.figures) for table in what.tables)}
    apart = {"tables": [table.as_json() for table in what.tables]}
    (line,) = ledger.append_all(person.name, [Entry(Act.PUBLISHED, subject(what.pack.quarter), facts, apart)])
    return line


def record(line: Line) -> bytes:
    """The 発行記録 of a pack, kept beside it and never in it: its copy number is the line of the ledger."""
    told = line.detail
    issued = {name: told[name] for name in ("replaces", "draft", "approval", "figures") if name in told}
    found = {
        "pack": told["quarter"],
        "edition": told["edition"],
        "state": told["state"],
        "copy": line.number,
        "at": line.at,
        "who": line.who,
        "manifest_sha256": told["manifest"],
        "snapshot": told["snapshot"],
        "ledger_line": line.number,
        "ledger_hash": line.seal,
        **issued,
    }
    return (json.dumps(found, ensure_ascii=False, indent=1) + "\n").encode()


def _fits(kind: Exit, what: object) -> None:
    """Whether such a thing leaves in this way at all."""
    if kind is Exit.PROTECTED:
        raise WrongUsage.because("要保護の持ち出しは、暗号化した控えだけです", "`dx backup` を使ってください")
    issued = isinstance(what, PackCopy) and what.issued
    if kind is Exit.PUBLIC and not isinstance(what, DraftPack | IssuedPack) and not issued:
        raise NotPermitted.because(
            "公表用に出せるのは、四半期の公表資料だけです", "`dx pack` で公表資料を作ってください"
        )


def _record(kind: Exit, result: Result, person: Person, ledger: Ledger, form: str) -> None:
    ledger.append(
        person.name,
        Act.HAND_OVER,
        result.question.name,
        kind=kind.value,
        form=form,
        rows=len(result.rows),
        snapshot=result.snapshot,
        params={name: str(value) for name, value in result.params.items()},
    )


def _standing_below(kind: Exit, result: Result) -> list[str]:
    """What a figure says below itself: its mark, dates, source, definition, the state of the lake."""
    return [
        *answer_book.facts(result, f"{kind.value}資料"),
        f"注:{result.question.definition.sentence}",
        f"定義:{result.question.version.title}　台帳の時点:{result.snapshot}",
    ]


def view(found: Why, person: Person, ledger: Ledger, *, form: str = "screen") -> None:
    """Record that somebody sees the rows behind a figure. NotPermitted without the right."""
    require(person, Right.SEE_ROWS)
    ledger.append(
        person.name,
        Act.VIEWED,
        found.result.question.name,
        form=form,
        figure=found.column.name,
        row={name: str(value) for name, value in found.key.items()},
        rows=sum(each.count for each in found.lists),
        snapshot=found.result.snapshot,
        params={name: str(value) for name, value in found.result.params.items()},
    )


def inert(value: Any) -> Any:
    """A text cell that no spreadsheet runs: formula starters get a leading apostrophe, plain numbers stay."""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS) and not _NUMBER.fullmatch(value):
        return f"'{value}"
    return value


def _cell(value: Any, *, for_excel: bool) -> Any:
    value = json_value(value)
    if isinstance(value, list):
        value = "・".join(value)
    if value is None:
        return ""
    return inert(value) if for_excel else value


def _csv(kind: Exit, result: Result, titles: bool) -> bytes:
    lines: list[Sequence[Any]] = [[column.label if titles else column.name for column in result.columns]]
    lines += result.rows
    if titles:
        updated = f"{result.updated:%Y-%m-%d}" if result.updated else "未収集"
        lines += [
            [],
            [f"※ {'・'.join((f'{kind.value}資料', *result.notes))}"],
            [f"※ {result.question.title} いつ時点:{result.as_of or '未記入'} 更新日:{updated} 出典:{result.source}"],
            [f"※ {result.question.definition.sentence}"],
            [f"※ 定義:{result.question.version.title} {result.question.version.change}"],
            [f"※ 台帳の時点:{result.snapshot}"],
        ]
    # Excel needs the mark to read UTF-8; programs, which ask for column names, are better off without it.
    return csv_bytes(lines, marked=titles)


def csv_bytes(lines: Iterable[Sequence[Any]], *, marked: bool = True) -> bytes:
    """A table as CSV in which no cell is a formula.

    `marked` puts the byte order mark in front that Excel needs; without it the table is for programs and kept as it is.
    """
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(
        [_cell(cell, for_excel=marked) for cell in line] for line in lines
    )
    return (codecs.BOM_UTF8 if marked else b"") + text.getvalue().encode()


def answer_json(result: Result) -> dict[str, Any]:
    """An answer in the shape `dx ask --json` promises."""
    return {
        "question": result.question.name,
        "title": result.question.title,
        "definition": result.question.defined(),
        "snapshot": result.snapshot,
        "as_of": result.as_of.isoformat() if result.as_of else None,
        "updated": result.updated.isoformat() if result.updated else None,
        "params": {name: json_value(value) for name, value in result.params.items()},
        "columns": [column.model_dump(mode="json", exclude_defaults=True) for column in result.columns],
        "rows": [{name: json_value(value) for name, value in record.items()} for record in result.records()],
        "breaks": [each.model_dump(mode="json", exclude={"rates"}) for each in result.breaks],
        "notes": list(result.notes),
        **({"since_snapshot": result.since} if result.since else {}),
    }


def _row_json(row: Row) -> dict[str, Any]:
    return {
        "values": {title: json_value(value) for title, value in row.values.items()},
        "file": row.file,
        "sheet": row.sheet,
        "row": row.row,
        "load": row.load,
        "receipt": row.load,
    }


def _list_json(listed: Listed) -> dict[str, Any]:
    return {
        "dataset": listed.dataset.name,
        "title": listed.title,
        "part": listed.part.value,
        "count": listed.count,
        "loads": [{"load": load, "receipt": load, "file": file, "rows": rows} for load, file, rows in listed.loads],
        "rows": [_row_json(row) for row in listed.rows],
    }


def why_json(what: Explained) -> dict[str, Any]:
    """What `dx ask --why --json` adds to an answer's shape."""
    return {
        "version": what.result.question.version.title,
        "figures": [
            {
                "row": {name: json_value(value) for name, value in each.key.items()},
                "column": each.column.name,
                "title": each.column.label,
                "value": json_value(each.value),
                "proof": each.proof.value,
                "lists": [_list_json(listed) for listed in each.lists],
            }
            for each in what.figures
        ],
        "counts": {
            name: [{"title": title, "part": part.value, "count": count} for title, part, count in found]
            for name, found in what.counts.items()
        },
    }


def _why_json(what: Explained) -> bytes:
    return json.dumps({**answer_json(what.result), "why": why_json(what)}, ensure_ascii=False).encode()


def why_lines(what: Explained) -> list[Sequence[Any]]:
    """The rows behind figures, one line a row; where no row was meant, one line for each column and table."""
    if not what.figures:
        return [
            ("項目", "区分", "データ", "行数"),
            *(
                (what.result.question.column(name).label, PARTS[part], title, count)
                for name, found in what.counts.items()
                for title, part, count in found
            ),
        ]
    lines: list[Sequence[Any]] = [
        ("数値", "値", "区分", "データ", "ファイル", "シート", "行", "取込番号", "預り証", "内容")
    ]
    for figure in what.figures:
        for listed in figure.lists:
            head = (figure.place, figure.value, PARTS[listed.part], listed.title)
            for row in listed.rows:
                content = "、".join(f"{title}={_cell(value, for_excel=False)}" for title, value in row.values.items())
                receipt = f"第{row.load}号" if row.load else ""
                lines.append((*head, row.file, row.sheet, row.row, row.load, receipt, content))
    return lines


def _json(_: Exit, result: Result, __: bool) -> bytes:
    return json.dumps(answer_json(result), ensure_ascii=False).encode()


def _analysed(
    kind: Exit, what: Analysed | Shown, person: Person, ledger: Ledger, form: str, titles: bool
) -> HandedOver:
    """The rows of typed SQL. The ledger knows the SQL by its digest alone: it may name what somebody looks for."""
    require(person, Right.EXPLORE)
    facts = {"rows": what.count, "snapshot": what.snapshot, "sql": what.sha256}
    handed = HandedOver("", b"", "")
    if isinstance(what, Analysed):
        content = {"csv": _analysed_csv, "json": _analysed_json, "xlsx": _analysed_xlsx}[form](kind, what, titles)
        handed = HandedOver(what.filename(form), content, MEDIA[form])
    ledger.append(person.name, Act.HAND_OVER, analysed.SUBJECT, kind=kind.value, form=form, **facts)
    return handed


def _analysed_csv(kind: Exit, what: Analysed, titles: bool) -> bytes:
    rows = [[analysed.written(cell) if isinstance(cell, dict | list) else cell for cell in row] for row in what.rows]
    below = [[], *([f"※ {line}"] for line in what.below(kind.value))] if titles else []
    return csv_bytes([what.heads, *rows, *below], marked=titles)


def _analysed_json(_: Exit, what: Analysed, __: bool) -> bytes:
    return what.json()


def _analysed_xlsx(kind: Exit, what: Analysed, _: bool) -> bytes:
    return what.xlsx(kind.value)


def _xlsx(kind: Exit, result: Result, _: bool) -> bytes:
    mark = f"{kind.value}資料"
    if result.question.name == receipt_book.QUESTION:
        return receipt_book.workbook(result, mark)
    return answer_book.workbook(result, mark)
