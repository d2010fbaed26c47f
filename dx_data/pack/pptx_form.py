"""The pack as slides to be shown and edited: one table a slide, with a chart that PowerPoint itself draws."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from typing import Any

import pptx
import xlsxwriter
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION, XL_TICK_LABEL_POSITION
from pptx.enum.lang import MSO_LANGUAGE_ID
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.oxml.ns import qn
from pptx.util import Inches, Pt

from dx_data.charts import LIGHT
from dx_data.pack.content import Pack, Sheet, Table, str_of
from dx_data.pack.office import number_format, settled
from dx_data.pack.xlsx_form import AS_TEXT
from dx_data.spec import Column

_FACE = "Yu Gothic"  # on every Windows; elsewhere the program puts its own Japanese face in its stead
_WIDE, _TALL = Inches(13.333), Inches(7.5)
_EDGE, _WORDS, _BODY_TOP, _BODY = Inches(0.5), Inches(4.2), Inches(1.55), Inches(5.0)
_RIGHT = _EDGE + _WORDS + Inches(0.3)
_ROWS = 14  # of a table on a slide; more of them are in the other forms
_BARS = 16  # with more, the names are written smaller
_FACES = re.compile(r"(<a:(?:major|minor)Font>)<a:latin [^>]*/><a:ea [^>]*/>")
_ACCENT = re.compile(r'(<a:accent1><a:srgbClr val=")[0-9A-F]{6}')


def files(pack: Pack) -> dict[str, bytes]:
    """The slides."""
    deck = _deck(pack)
    _cover(deck, pack)
    for section in pack.sections:
        for table in section.tables:
            _slide(deck, pack, section.title, table)
    for sheet in pack.sheets:
        _list(deck, pack, sheet)
    target = io.BytesIO()
    deck.save(target)
    return {f"slides{pack.suffix}.pptx": settled(target.getvalue(), pack.at)}


def _deck(pack: Pack) -> Any:
    """An empty deck, wide, Japanese, with one layout and nothing else of the template's."""
    deck = pptx.Presentation()
    deck.slide_width, deck.slide_height = _WIDE, _TALL
    for layout in list(deck.slide_layouts):
        if layout.name == "Title Only":
            layout.name = "題名のみ"
        else:
            deck.slide_layouts.remove(layout)
    for sheet in (deck.slide_master, *deck.slide_layouts):
        _laid_out(sheet)
    _without(deck.part, "printerSettings")
    _without(deck.part.package, "thumbnail")
    (theme,) = (each.target_part for each in deck.slide_master.part.rels.values() if each.reltype.endswith("/theme"))
    look = _FACES.sub(rf'\1<a:latin typeface="{_FACE}"/><a:ea typeface="{_FACE}"/>', theme.blob.decode())
    theme._blob = _ACCENT.sub(rf"\g<1>{LIGHT.one[0][1:]}", look).encode()
    told = deck.core_properties
    told.title, told.subject, told.author = pack.title, "・".join(pack.marks), pack.municipality.name
    told.language, told.comments, told.last_modified_by = "ja-JP", "", ""
    return deck


def _laid_out(sheet: Any) -> None:
    """Where title and text stand on the master or its layout; no date, foot or number of the template's."""
    for shape in list(sheet.placeholders):
        match shape.element.ph.get("type"):
            case "dt" | "ftr" | "sldNum":
                shape.element.getparent().remove(shape.element)
            case "title":
                shape.left, shape.top, shape.width, shape.height = _EDGE, Inches(0.6), _WIDE - 2 * _EDGE, Inches(0.85)
                _write(shape.text_frame, ["題名"], 24, LIGHT.one[0], bold=True)
            case _:
                shape.left, shape.top, shape.width, shape.height = _EDGE, _BODY_TOP, _WIDE - 2 * _EDGE, _BODY
                _write(shape.text_frame, ["本文"], 16)


def _without(part: Any, kind: str) -> None:
    for name, relation in list(part._rels.items()):
        if relation.reltype.endswith(kind):
            part._rels.pop(name)


def _cover(deck: Any, pack: Pack) -> None:
    slide = _titled(deck, pack, "", pack.title)
    said = [*(f"・{section.title}" for section in pack.sections), "", f"台帳の時点：{pack.snapshot}"]
    _text(slide, said, (_EDGE, _BODY_TOP, _WORDS, _BODY), 18)
    _table(slide, ["記号", "意味"], [list(each) for each in pack.legend], "表の記号", (1, 6))


def _slide(deck: Any, pack: Pack, section: str, table: Table) -> None:
    slide = _titled(deck, pack, section, table.title)
    words = table.words()
    _text(slide, words, (_EDGE, _BODY_TOP, _WORDS, _BODY), 16 if len(words) < 8 else 14)
    rows = [[str_of(cell, c) for cell, c in zip(row, table.columns, strict=True)] for row in table.public.rows]
    heads = [column.label for column in table.columns]
    if table.drawing and table.axis and table.measured:
        _chart(slide, table, table.axis, table.measured, table.drawing[1])
    elif table.is_headline:
        pairs = [list(pair) for pair in zip(heads, rows[0], strict=True)]
        _table(slide, ["項目", "数値"], pairs, f"{table.title}の表", (5, 3))
    else:
        _table(slide, heads, rows[:_ROWS], f"{table.title}の表", [1] * len(heads))
    notes = table.notes()
    below = [line for line in notes if line.startswith(("いつ時点", "データは"))]
    if len(rows) > _ROWS and not table.drawing:
        below.append(f"はじめの{_ROWS}行です。すべての{len(rows)}行は、ExcelとCSVにあります。")
    _text(slide, below, (_EDGE, Inches(6.75), _WIDE - 2 * _EDGE, Inches(0.6)), 11, LIGHT.muted)
    _write(slide.notes_slide.notes_text_frame, notes, 12)


def _list(deck: Any, pack: Pack, sheet: Sheet) -> None:
    """A list that goes with the pack, as many of its lines as fit on a slide each."""
    for start in range(0, max(1, len(sheet.lines)), _ROWS):
        slide = _titled(deck, pack, "", sheet.title)
        lines = [list(line) for line in sheet.lines[start : start + _ROWS]]
        _table(slide, list(sheet.heads), lines, f"{sheet.title}の表", [1] * len(sheet.heads), _EDGE)


def _titled(deck: Any, pack: Pack, section: str, title: str) -> Any:
    slide = deck.slides.add_slide(deck.slide_layouts[0])
    _write(slide.shapes.title.text_frame, [title], 24, LIGHT.one[0], bold=True)
    slide.shapes.title.text_frame.vertical_anchor = MSO_ANCHOR.MIDDLE
    half = (_WIDE - 2 * _EDGE) // 2
    if section:
        _text(slide, [section], (_EDGE, Inches(0.25), half, Inches(0.35)), 12, LIGHT.muted)
    if pack.marks:
        mark = (_EDGE + half, Inches(0.25), half, Inches(0.35))
        _text(slide, ["・".join(pack.marks)], mark, 12, LIGHT.signs[1], bold=True, right=True)
    return slide


def _text(
    slide: Any, lines: Sequence[str], place: tuple[int, int, int, int], size: int, *look: str, **more: Any
) -> None:
    frame = slide.shapes.add_textbox(*place).text_frame
    frame.word_wrap = True
    _write(frame, lines, size, *look, **more)


def _write(
    frame: Any, lines: Iterable[str], size: int, colour: str = LIGHT.text, *, bold: bool = False, right: bool = False
) -> None:
    """Lines as paragraphs, said to be Japanese."""
    frame.clear()
    for at, line in enumerate(lines):
        paragraph = frame.paragraphs[0] if at == 0 else frame.add_paragraph()
        paragraph.alignment = PP_ALIGN.RIGHT if right else PP_ALIGN.LEFT
        paragraph.space_after = Pt(size / 3)
        run = paragraph.add_run()
        run.text = line
        run.font.size, run.font.bold = Pt(size), bold
        run.font.color.rgb = RGBColor.from_string(colour[1:])
        run.font.language_id = MSO_LANGUAGE_ID.JAPANESE


def _alternative(shape: Any, words: str) -> None:
    shape._element.xpath(".//p:cNvPr")[0].set("descr", words)


def _table(
    slide: Any, heads: list[str], rows: list[list[str]], words: str, widths: Sequence[int], left: int = _RIGHT
) -> None:
    wide = _WIDE - _EDGE - left
    shape = slide.shapes.add_table(len(rows) + 1, len(heads), left, _BODY_TOP, wide, Inches(0.33) * (len(rows) + 1))
    _alternative(shape, words)
    for column, share in zip(shape.table.columns, widths, strict=True):
        column.width = wide * share // sum(widths)
    size = 12 if len(heads) < 6 else 10
    for at, line in enumerate([heads, *rows]):
        for cell, text in zip(shape.table.rows[at].cells, line, strict=True):
            number = text[-1:].isdigit() or text in {"x", "-", "…", "数値"}
            _write(cell.text_frame, [text], size, "#FFFFFF" if at == 0 else LIGHT.text, bold=at == 0, right=number)
            cell.margin_top = cell.margin_bottom = Inches(0.03)
            cell.vertical_anchor = MSO_ANCHOR.MIDDLE


def _chart(slide: Any, table: Table, axis: Column, measured: Column, words: str) -> None:
    """A chart that the program draws from its own small workbook; what is hidden is blank in both."""
    x, y = table.columns.index(axis), table.columns.index(measured)
    signs = [f"（{row[y].sign}）" if row[y].sign else "" for row in table.public.rows]  # a blank bar is not a zero
    names = [f"{str_of(row[x], axis)}{sign}" for row, sign in zip(table.public.rows, signs, strict=True)]
    for each in table.unfinished:
        names[each] += "（途中）"
    values = [None if row[y].value is None else float(row[y].value) for row in table.public.rows]  # type: ignore[arg-type]
    form = number_format(measured)
    data = CategoryChartData(number_format=form)
    data.categories = names
    data.add_series(measured.label, values)
    kind = XL_CHART_TYPE.LINE_MARKERS if table.by_month else XL_CHART_TYPE.BAR_CLUSTERED
    shape = slide.shapes.add_chart(kind, _RIGHT, _BODY_TOP, _WIDE - _EDGE - _RIGHT, _BODY, data)
    _alternative(shape, words)
    chart = shape.chart
    chart.part.chart_workbook.update_from_xlsx_blob(_workbook(measured.label, names, values))
    chart.has_legend = chart.has_title = False
    small = 12 if len(names) <= _BARS else 8
    chart.font.size, chart.font.color.rgb = Pt(small), RGBColor.from_string(LIGHT.text[1:])
    blue = RGBColor.from_string(LIGHT.one[0][1:])
    (plot,) = chart.plots
    (series,) = plot.series
    along, value = chart.category_axis, chart.value_axis
    value.minimum_scale = None if any(each is not None and each < 0 for each in values) else 0
    value.major_gridlines.format.line.color.rgb = RGBColor.from_string(LIGHT.grid[1:])
    value.format.line.fill.background()
    value.tick_labels.number_format, value.tick_labels.number_format_is_linked = form, False
    along.format.line.color.rgb = RGBColor.from_string(LIGHT.muted[1:])
    plot.has_data_labels = True
    labels = plot.data_labels
    labels.number_format, labels.number_format_is_linked = form, False
    if table.by_month:
        series.format.line.color.rgb, series.format.line.width, series.smooth = blue, Pt(2.25), False
        series.marker.format.fill.solid()
        series.marker.format.fill.fore_color.rgb = series.marker.format.line.color.rgb = blue
        labels.position = XL_LABEL_POSITION.ABOVE
    else:
        series.format.fill.solid()
        series.format.fill.fore_color.rgb = blue
        series.invert_if_negative = False
        plot.gap_width = 40
        labels.position = XL_LABEL_POSITION.OUTSIDE_END
        along.reverse_order = True
        along.tick_label_position = XL_TICK_LABEL_POSITION.LOW
        value.visible = False  # the labels say it
        value.has_major_gridlines = False
    for element in chart._chartSpace.iter(qn("a:defRPr")):
        element.set("lang", "ja-JP")


def _workbook(head: str, names: Sequence[str], values: Sequence[float | None]) -> bytes:
    """What PowerPoint opens to edit the chart's data; a name is text, whatever it begins with."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, AS_TEXT)
    sheet = book.add_worksheet("Sheet1")
    sheet.write_string(0, 1, head)
    for row, (name, value) in enumerate(zip(names, values, strict=True), 1):
        sheet.write_string(row, 0, name)
        if value is not None:
            sheet.write_number(row, 1, value)
    book.close()
    return target.getvalue()
