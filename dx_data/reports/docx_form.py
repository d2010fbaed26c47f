"""A report in Word: figures in tables with their dates and definition, and marked places to write."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from typing import Any

import docx
from docx.enum.text import WD_COLOR_INDEX
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from dx_data.catalog import Result
from dx_data.disclosure.public import Shown
from dx_data.pack.content import str_of
from dx_data.pack.office import settled
from dx_data.reports.asked import Filled
from dx_data.text import japanese_date, japanese_dates

MARK, WRITE = "案・内部資料", "（ここに記入してください）"
NOTHING = "該当はありません。"
_FACE = "Yu Gothic"  # on every Windows; elsewhere the program puts its own Japanese face in its stead
_WIDTH, _SHORTEST, _LONGEST = Mm(170), 6, 20  # of a table; of its columns, in characters
_ROWS = 40  # of a table; what is longer is on the screen and in its Excel


def document(filled: Filled) -> bytes:
    """The report as a Word file, the same bytes for the same answers."""
    made = docx.Document()
    _set_up(made, filled)
    made.add_heading(filled.title, 0)
    made.add_paragraph(_mark(filled)).runs[0].bold = True
    _pairs(
        made,
        [
            ("提出先", f"{filled.ward}　DX推進課"),
            ("根拠", filled.report.clause),
            ("対象の期間", f"{japanese_date(filled.period.since)}から{japanese_date(filled.period.until)}まで"),
            ("基準日", japanese_date(filled.seen_on)),
            ("台帳の時点", filled.snapshot),
            ("提出日・提出者", WRITE),
        ],
    )
    for part, answers in filled.parts:
        made.add_heading(part.title, 1)
        for result in answers:
            _answer(made, result)
        for heading in part.to_write:
            made.add_heading(heading, 2)
            made.add_paragraph().add_run(WRITE).font.highlight_color = WD_COLOR_INDEX.YELLOW
    target = io.BytesIO()
    made.save(target)
    return settled(target.getvalue(), filled.at)


def _mark(filled: Filled) -> str:
    return f"{MARK}・架空データ" if filled.fictional else MARK


def _set_up(made: Any, filled: Filled) -> None:
    page = made.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = Mm(20)
    page.header.paragraphs[0].text = f"{filled.title}　{_mark(filled)}"
    for style, size in (("Normal", 10), ("Title", 20), ("Heading 1", 14), ("Heading 2", 11), ("Header", 9)):
        font = made.styles[style].font
        font.name, font.size = _FACE, Pt(size)
        fonts = made.styles[style].element.get_or_add_rPr().get_or_add_rFonts()
        for name in list(fonts.attrib):
            if name.endswith("Theme"):
                del fonts.attrib[name]
        fonts.set(qn("w:eastAsia"), _FACE)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "ja-JP")
    language.set(qn("w:eastAsia"), "ja-JP")
    found = made.styles["Normal"].element.get_or_add_rPr()
    found.append(language)
    told = made.core_properties
    told.title, told.subject, told.author, told.language = filled.title, _mark(filled), filled.ward, "ja-JP"
    told.comments, told.last_modified_by = "", ""


def heading(title: str) -> str:
    """A question's title without the usual period that ends its brackets; the report says the one that was asked.

    >>> heading("不具合（区分別、今年度）"), heading("進捗（基準日）"), heading("一覧")
    ('不具合（区分別）', '進捗', '一覧')
    """
    subject, bracket, rest = title.rpartition("（")
    kinds = rest.removesuffix("）").split("、")[:-1]
    return title if not bracket else f"{subject}（{'、'.join(kinds)}）" if kinds else subject


def _asked(result: Result) -> str:
    """The time that was asked about, in words."""
    days = {name: value for name, value in result.params.items() if isinstance(value, dt.date)}
    last = days.get("until") or days.get("as_of")
    if last and (since := days.get("since")):
        return f"期間：{japanese_date(since)}から{japanese_date(last)}まで"
    return f"基準日：{japanese_date(last)}" if last else ""


def _answer(made: Any, result: Result) -> None:
    made.add_heading(heading(result.question.title), 2)
    if asked := _asked(result):
        made.add_paragraph(asked).paragraph_format.space_after = Pt(2)
    if not result.rows:
        made.add_paragraph(NOTHING)
    elif len(result.rows) == 1 and len(result.columns) > 3:
        _pairs(made, [(column.label, _text(result, 0, at)) for at, column in enumerate(result.columns)])
    else:
        _table(made, result)
    reached = japanese_date(result.as_of) if result.as_of else "未収集"
    updated = japanese_date(result.updated.date()) if result.updated else "未収集"
    notes = [note for note in result.notes if note != "架空データ"]
    for line in (
        f"いつ時点：{reached}　更新日：{updated}　出典：{result.source}",
        f"定義：{result.question.definition.sentence}",
        *notes,
    ):
        paragraph = made.add_paragraph(line)
        paragraph.paragraph_format.space_after = Pt(2)
        paragraph.runs[0].font.size = Pt(8)


def _text(result: Result, row: int, at: int) -> str:
    value, column = result.rows[row][at], result.columns[at]
    if isinstance(value, dt.date) and not column.month:  # with its weekday it would break in a narrow column
        return japanese_date(value).partition("(")[0]
    return japanese_dates(str_of(Shown(value), column))


def _pairs(made: Any, pairs: Sequence[tuple[str, str]]) -> None:
    table = made.add_table(len(pairs), 2, style="Table Grid")
    for row, (name, value) in zip(table.rows, pairs, strict=True):
        _cell(row.cells[0], name, bold=True)
        _cell(row.cells[1], value)
    made.add_paragraph().paragraph_format.space_after = Pt(0)


def _table(made: Any, result: Result) -> None:
    shown = result.rows[:_ROWS]
    # Columns that are blank in every row say nothing on paper.
    kept = [at for at in range(len(result.columns)) if any(row[at] not in (None, "", []) for row in shown)]
    table = made.add_table(1, len(kept), style="Table Grid")
    table.autofit = False
    lengths = [min(_LONGEST, max(len(_text(result, row, at)) for row in range(len(shown)))) for at in kept]
    lengths = [max(length, _SHORTEST) for length in lengths]
    widths = [int(_WIDTH * length / sum(lengths)) for length in lengths]
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    for cell, at in zip(table.rows[0].cells, kept, strict=True):
        _cell(cell, result.columns[at].label, bold=True)
    repeated = OxmlElement("w:tblHeader")
    repeated.set(qn("w:val"), "true")
    table.rows[0]._tr.get_or_add_trPr().append(repeated)
    for number in range(len(shown)):
        for cell, at, width in zip(table.add_row().cells, kept, widths, strict=True):
            cell.width = width
            _cell(cell, _text(result, number, at), right=result.columns[at].kind.counts)
    if len(result.rows) > _ROWS:
        made.add_paragraph(f"はじめの{_ROWS}行です（全部で{len(result.rows):,}行）。残りは画面にあります。")


def _cell(cell: Any, text: str, *, bold: bool = False, right: bool = False) -> None:
    paragraph = cell.paragraphs[0]
    run = paragraph.add_run(text)
    run.bold, run.font.size = bold, Pt(8)
    paragraph.alignment = 2 if right else 0
    if text == WRITE:
        run.font.highlight_color = WD_COLOR_INDEX.YELLOW
