"""Each figure of the pack as a picture on its own, to be put elsewhere, with a file that says it in words."""

from __future__ import annotations

import re

from dx_data.charts import FONTS
from dx_data.pack.content import Pack, Table
from dx_data.pack.typesetting import typeface, typeset

_SIZE = re.compile(r'<svg [^>]*?width="(\d+)" height="(\d+)"')
# So many pixels an inch; a figure's own pixel is a 72nd of one here, so a picture is 2,000 pixels wide: sharp in print.
_PIXELS = 150


def svg_files(pack: Pack) -> dict[str, bytes]:
    """Drawings whose text stays text, and their words."""
    drawn = {_name(pack, table, "svg"): svg.encode() for table, svg in _figures(pack)}
    return {**drawn, **_words(pack)}


def png_files(pack: Pack) -> dict[str, bytes]:
    """The same in pixels; no browser is needed for it. FormRefused where there is no Japanese typeface."""
    face, figures = typeface(), _figures(pack)
    told = []
    for _, svg in figures:
        size = _SIZE.match(svg)
        if size is None:
            raise ValueError(svg[:200])
        told.append({"svg": svg.replace(FONTS, face.family), "width": int(size[1]), "height": int(size[2])})
    made = typeset("picture.typ", {"pictures": told}, face, format="png", ppi=_PIXELS) if told else []
    pages = made if isinstance(made, list) else [made]
    drawn = {_name(pack, table, "png"): page for (table, _), page in zip(figures, pages, strict=True)}
    return {**drawn, **_words(pack)}


def _figures(pack: Pack) -> list[tuple[Table, str]]:
    return [(table, found[0]) for table in pack.tables if (found := table.figure(pack.marks))]


def _name(pack: Pack, table: Table, ending: str) -> str:
    return f"figures/{table.name}{pack.suffix}.{ending}"


def _words(pack: Pack) -> dict[str, bytes]:
    """The text alternatives: what the figure is, what is to be seen in it, and what must stand with it."""
    said = {}
    for table in pack.tables:
        if table.drawing:
            lines = [table.title, *pack.marks, "", table.drawing[1], "", *table.words(), "", *table.notes()]
            said[_name(pack, table, "txt")] = "".join(f"{line}\r\n" for line in lines).encode()
    return said
