"""The sheet that a returned book begins with: ours, and known again when the mended book comes back."""

from __future__ import annotations

import re

from dx_data.door.read import Book, Sheet, rows
from dx_data.door.staging import Staging

SHEET = "差戻し一覧"
MARK = "直していただきたいところの一覧（差戻し）"
NOTICE = "差戻しのときに付けた一覧のシートなので読み取っていません"
_NAME = re.compile(rf"{SHEET}(?: \([0-9]+\))?")


def is_ours(sheet: str | None, first_cell: str | None) -> bool:
    """Whether a sheet of this name that begins with this text is a list we put in.

    >>> [is_ours("差戻し一覧 (2)", MARK), is_ours("差戻し一覧", "収納日"), is_ours("4月", MARK), is_ours(None, None)]
    [True, False, False, False]
    """
    return bool(sheet and _NAME.fullmatch(sheet)) and first_cell == MARK


def sheets(book: Book, staging: Staging) -> list[Sheet]:
    """The lists of ours in a book. They hold no data; the gate searches them like every other sheet."""
    named = [sheet for sheet in book.sheets if sheet.name and sheet.height and _NAME.fullmatch(sheet.name)]
    return [s for s in named for _, cells in rows(s, staging, last=1) if is_ours(s.name, cells[0])]
