"""What a column of any subject holds, by its cells alone, and those cells in normal form (`dx read`).

A mark for "no value" (`―`, `…`, `x`, 未定) or an error value does not make a column of numbers or days one of words:
it is blank in the normal form, and `Normal` says so. A column whose other cells disagree is text as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from dx_data import text
from dx_data.spec import Kind

Cell = str | None

_ERROR = re.compile(r"#(REF!|DIV/0!|VALUE!|NAME\?|NUM!|NULL!|N/A|値なし!|SPILL!|CALC!)")
_DAY_TITLE = re.compile(r".*(年月日|日付|日時|[付始了録新成生表定業請着約払]日|date)(\(.*\))?")
_CODE_TITLE = re.compile(r".*(コード|番号|code|id|no\.?)(\(.*\))?")
_MUNICIPALITY_TITLE = re.compile(r".*(団体|市区町村|自治体|municipality).*(コード|code).*")
_SERIALS = range(30_000, 60_000)  # 1982 to 2064
_LONGEST_MARK = 8
_NO_VALUE_RULES = frozenset(("number.dash", "date.undecided"))


@dataclass(frozen=True)
class Normal:
    """A column's kind and its cells in normal form; filled cells left blank there, and serials read as days."""

    kind: Kind
    cells: list[Cell]
    marks: frozenset[str] = field(default_factory=frozenset)
    errors: frozenset[str] = field(default_factory=frozenset)
    serials: frozenset[str] = field(default_factory=frozenset)


def normal(title: str, cells: Sequence[Cell]) -> Normal:
    """The kind and the normal form of a column; its heading only decides whether bare digits may be days."""
    filled = [cell if cell and cell.strip() else None for cell in cells]
    distinct = {cell for cell in filled if cell is not None}
    errors = frozenset(cell for cell in distinct if _ERROR.fullmatch(cell.strip()))
    marks = frozenset(cell for cell in distinct - errors if _is_mark(cell))
    sound = distinct - errors - marks
    serials: frozenset[str] = frozenset()
    known = _days_in_digits(text.fold_header(title), sound)
    if known:
        kind, serials = Kind.DATE, frozenset(cell for cell in known if _is_serial(cell))
    else:
        kind, known = _read(sound)
    if kind is Kind.TEXT:
        return Normal(Kind.TEXT, [None if cell in errors else cell for cell in filled], errors=errors)
    return Normal(kind, [None if cell is None else known.get(cell) for cell in filled], marks, errors, serials)


def lost_zeros(title: str, cells: Sequence[Cell]) -> set[str]:
    """The codes that are shorter than those that begin with 0, or lack a municipality's 0: Excel may have eaten it."""
    word = text.fold_header(title)
    if not _CODE_TITLE.fullmatch(word):
        return set()
    digits = {cell for cell in set(cells) if cell and cell.isascii() and cell.isdigit()}
    padded = {len(cell) for cell in digits if cell[0] == "0" and len(cell) > 1}
    length = padded.pop() if len(padded) == 1 else 0
    short = {cell for cell in digits if len(cell) < length and cell[0] != "0"}
    if _MUNICIPALITY_TITLE.fullmatch(word):
        short |= {cell for cell in digits if len(cell) == 5 and text.is_municipality_code(f"0{cell}")}
    return short


def _read(sound: set[str]) -> tuple[Kind, dict[str, str]]:
    for kind, read_cell in _READERS if sound else ():
        try:
            return kind, {cell: read_cell(cell) for cell in sound}
        except text.Unreadable:
            continue
    return Kind.TEXT, {}


@lru_cache(maxsize=50_000)
def _is_mark(cell: str) -> bool:
    if len(cell) > _LONGEST_MARK or any(map(str.isdigit, cell)):
        return False
    for read_cell in (text.parse_number, text.parse_date):
        try:
            read_cell(cell)
        except text.Unreadable as fault:
            if fault.rule in _NO_VALUE_RULES:
                return True
    return False


def _days_in_digits(title: str, sound: set[str]) -> dict[str, str]:
    """Days of which some are bare digits: Excel's serials beside written days, or under a heading that names a day."""
    digits = {cell for cell in sound if cell.strip().isdigit()}
    if not digits or (len(digits) == len(sound) and not _DAY_TITLE.fullmatch(title)):
        return {}
    if not all(_is_serial(cell) or len(cell.strip()) == 8 for cell in digits):
        return {}
    try:
        return {cell: text.parse_date(cell).isoformat() for cell in sound}
    except text.Unreadable:
        return {}


def _is_serial(cell: str) -> bool:
    return cell.strip().isdigit() and len(cell.strip()) == 5 and int(cell) in _SERIALS


def _integer(cell: str) -> str:
    if _is_code(cell):
        raise text.Unreadable("先頭が0の番号です", "文字として扱います", "number.code")
    return str(text.parse_integer(cell))


def _number(cell: str) -> str:
    if _is_code(cell):
        raise text.Unreadable("先頭が0の番号です", "文字として扱います", "number.code")
    return f"{text.parse_number(cell):f}"


def _yen(cell: str) -> str:
    if _is_code(cell):
        raise text.Unreadable("先頭が0の番号です", "文字として扱います", "number.code")
    return str(text.parse_yen(cell))


def _is_code(cell: str) -> bool:
    """Whether a leading zero or great length says that the digits are a name, not a quantity."""
    digits = text.fold(cell)
    return digits.isdigit() and ((len(digits) > 1 and digits[0] == "0") or len(digits) > 15)


def _date(cell: str) -> str:
    if cell.strip().isdigit():
        raise text.Unreadable("日付かどうか分かりません", "数として扱います", "date.ambiguous")
    return text.parse_date(cell).isoformat()


def _datetime(cell: str) -> str:
    if cell.strip().isdigit():
        raise text.Unreadable("日時かどうか分かりません", "数として扱います", "date.ambiguous")
    return text.parse_datetime(cell).isoformat(timespec="seconds")


_READERS: tuple[tuple[Kind, Callable[[str], str]], ...] = (
    (Kind.INTEGER, _integer),
    (Kind.NUMBER, _number),
    (Kind.YEN, _yen),
    (Kind.DATE, _date),
    (Kind.DATETIME, _datetime),
)
