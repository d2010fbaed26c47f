"""Office files that say the same whenever they are made: their parts in order, their times those of the data."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile

from dx_data.spec import Column, Kind

_CORE, _TYPES = "docProps/core.xml", "[Content_Types].xml"
_MOMENT = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(</dcterms:\2>)")
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # a zip knows none before


def number_format(column: Column) -> str:
    """How an office program writes a quantity: grouped, with its unit."""
    return ("#,##0.0" if column.kind is Kind.NUMBER else "#,##0") + f'"{column.unit or ""}"'


def settled(content: bytes, at: dt.datetime) -> bytes:
    """An office file (docx, pptx, xlsx) written anew so that only what it says decides its bytes.

    Its parts are sorted, their times and its properties' are `at`, and so in every workbook within it.
    """
    stamp = f"{at.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}".encode()
    moment = max(_EARLIEST, at.astimezone(dt.UTC).timetuple()[:6])
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as found, zipfile.ZipFile(target, "w") as made:
        for name in sorted(found.namelist(), key=lambda each: (each != _TYPES, each)):
            part = found.read(name)
            if name == _CORE:
                part = _MOMENT.sub(lambda known: known[1] + stamp + known[3], part)
            elif name.endswith(".xlsx"):
                part = settled(part, at)
            told = zipfile.ZipInfo(name, moment)
            told.compress_type, told.create_system, told.external_attr = zipfile.ZIP_DEFLATED, 0, 0
            made.writestr(told, part)
    return target.getvalue()
