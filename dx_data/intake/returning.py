"""A reviewed file as its sender gets it back."""

from __future__ import annotations

from pathlib import Path

from dx_data import returned
from dx_data.custody.exits import FaultBook
from dx_data.door.returned_list import NOTICE
from dx_data.errors import FileRejected
from dx_data.intake.reviewed import Reviewed
from dx_data.settings import Settings


def returned_book(path: Path, reviewed: Reviewed, settings: Settings) -> FaultBook:
    """The file that was reviewed as its sender gets it back, with everything to mend marked.

    FileRejected where there is nothing to mend, or what was sent cannot be marked.
    """
    faults = reviewed.to_mend
    if not faults:
        raise FileRejected.because(
            f"『{reviewed.file}』には、差戻しExcelにするセルの誤りがありません",
            "表示された誤りを確かめてください",
            stage="returned",
            rule="returned.nothing",
        )
    if reviewed.format == "xls":
        raise FileRejected.because(
            "古い形式のExcel（.xls）には、色やコメントを付けられません",
            "Excelで開き、「Excelブック（.xlsx）」で保存し直してから確かめてください",
            stage="returned",
            rule="returned.old_format",
        )
    if reviewed.format == "csv":
        return FaultBook(reviewed.file, returned.from_csv(path, faults, settings), len(faults))
    again = next((m.sheet for m in reviewed.mended if m.message == NOTICE), None)
    return FaultBook(reviewed.file, returned.from_book(path, faults, settings, again=again), len(faults))


def can_be_returned(reviewed: Reviewed) -> bool:
    """Whether there is something to mend, and in a file whose parts can be written into: no .xls, no huge CSV."""
    fits = {"csv": reviewed.size <= returned.MOST_BYTES, "xls": False}
    return bool(reviewed.to_mend) and fits.get(reviewed.format or "", True)
