"""The pack as an A4 document for everybody: PDF/UA-1, tagged, with bookmarks, its typeface embedded."""

from __future__ import annotations

from typing import Any

from dx_data.charts import FONTS
from dx_data.pack.content import Pack, Table, str_of
from dx_data.pack.typesetting import Typeface, typeface, typeset


def files(pack: Pack) -> dict[str, bytes]:
    """The document. FormRefused where there is no Japanese typeface."""
    face = typeface()
    told = {
        "title": pack.title,
        "marks": pack.marks,
        "snapshot": pack.snapshot,
        "legend": pack.legend,
        "font": face.family,
        "sections": [
            {"title": section.title, "tables": [_table(table, face) for table in section.tables]}
            for section in pack.sections
        ],
        "lists": [{"title": sheet.title, "heads": sheet.heads, "rows": sheet.lines} for sheet in pack.sheets],
    }
    at = int(pack.at.timestamp())
    made = typeset("document.typ", {"pack": told}, face, format="pdf", pdf_standards=["ua-1"], timestamp=at)
    return {f"report{pack.suffix}.pdf": b"".join(made) if isinstance(made, list) else made}


def _table(table: Table, face: Typeface) -> dict[str, Any]:
    drawn, words = table.still() or (None, None)
    return {
        "title": table.title,
        "words": table.words(),
        "figure": drawn and drawn.replace(FONTS, face.family),
        "alt": words,
        "headline": table.is_headline,
        "heads": [column.label for column in table.columns],
        "numeric": [column.kind.counts for column in table.columns],
        "rows": [
            [str_of(cell, column) for cell, column in zip(row, table.columns, strict=True)] for row in table.public.rows
        ],
        "notes": table.notes(),
    }
