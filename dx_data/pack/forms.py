"""A pack in all its forms."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping

from dx_data.errors import FormRefused
from dx_data.pack import csv_form, html_form, xlsx_form
from dx_data.pack.content import Pack


# Their libraries take longer to read than the page takes that only shows a draft.
def _pdf(pack: Pack) -> dict[str, bytes]:
    from dx_data.pack import pdf_form

    return pdf_form.files(pack)


def _pptx(pack: Pack) -> dict[str, bytes]:
    from dx_data.pack import pptx_form

    return pptx_form.files(pack)


def _svg(pack: Pack) -> dict[str, bytes]:
    from dx_data.pack import picture_form

    return picture_form.svg_files(pack)


def _png(pack: Pack) -> dict[str, bytes]:
    from dx_data.pack import picture_form

    return picture_form.png_files(pack)


# What a pack has unless somebody chooses, and what is made only when it is asked for.
FORMS: Mapping[str, Callable[[Pack], dict[str, bytes]]] = {
    "csv": csv_form.files,
    "xlsx": xlsx_form.files,
    "html": html_form.files,
    "pdf": _pdf,
    "pptx": _pptx,
    "svg": _svg,
    "png": _png,
}
ASKED_FOR = {"csv-cp932": csv_form.cp932_files}
EVERY = {**FORMS, **ASKED_FOR}
# Heard on the terminal even where nobody listens: that a form is missing must not go unsaid.
said = logging.getLogger("dx_data.pack").warning


def files(pack: Pack, forms: Iterable[str] = FORMS, tell: Callable[[str], None] = said) -> dict[str, bytes]:
    """The files of the chosen forms by name; `tell` hears of each form, and why one cannot be made on this computer.

    FormRefused where not one of them can be made.
    """
    chosen = [form for form in EVERY if form in set(forms)]
    made: dict[str, bytes] = {}
    lacking: dict[str, FormRefused] = {}
    for number, form in enumerate(chosen, 1):
        tell(f"{form.upper()} を作っています（{number}/{len(chosen)}）")
        try:
            made |= EVERY[form](pack)
        except FormRefused as fault:
            lacking[form] = fault
    if lacking and not made:
        raise FormRefused(tuple(dict.fromkeys(problem for why in lacking.values() for problem in why.problems)))
    for form, why in lacking.items():
        tell(f"{form.upper()} は作れません。{why}")
    return made
