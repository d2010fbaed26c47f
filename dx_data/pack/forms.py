"""A pack in all its forms."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from dx_data.pack import csv_form, html_form, xlsx_form
from dx_data.pack.content import Pack

FORMS: Mapping[str, Callable[[Pack], dict[str, bytes]]] = {
    "csv": csv_form.files,
    "xlsx": xlsx_form.files,
    "html": html_form.files,
}


def files(pack: Pack, forms: Iterable[str] = FORMS) -> dict[str, bytes]:
    """The files of the chosen forms by name."""
    return {name: content for form in FORMS if form in set(forms) for name, content in FORMS[form](pack).items()}
