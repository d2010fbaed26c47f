"""A pack in all its forms."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping

from dx_data.errors import FormRefused
from dx_data.pack import csv_form, html_form, pdf_form, picture_form, pptx_form, xlsx_form
from dx_data.pack.content import Pack

# What a pack has unless somebody chooses, and what is made only when it is asked for.
FORMS: Mapping[str, Callable[[Pack], dict[str, bytes]]] = {
    "csv": csv_form.files,
    "xlsx": xlsx_form.files,
    "html": html_form.files,
    "pdf": pdf_form.files,
    "pptx": pptx_form.files,
    "svg": picture_form.svg_files,
    "png": picture_form.png_files,
}
ASKED_FOR = {"csv-cp932": csv_form.cp932_files}
EVERY = {**FORMS, **ASKED_FOR}
# Heard on the terminal even where nobody listens: that a form is missing must not go unsaid.
_said = logging.getLogger("dx_data.pack").warning


def files(pack: Pack, forms: Iterable[str] = FORMS, tell: Callable[[str], None] = _said) -> dict[str, bytes]:
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
