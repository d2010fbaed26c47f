"""Declaration → value checks: the strict SQL form of a cell, and the one pure function for all looser spellings.

A cell in strict form is read by SQL alone. Whatever SQL refuses goes, once per distinct spelling, through `canonical`,
which answers in strict form or says what is wrong. So every rule about spellings stands once, in `text`.
"""

from __future__ import annotations

import difflib
import re
from decimal import Decimal

from dx_data import text
from dx_data.derive.tables import TYPES, literal
from dx_data.spec import Column, Kind

_INTEGER = r"-?[0-9]{1,15}"
_NUMBER = r"-?[0-9]{1,12}([.][0-9]{1,6})?"
_IDENTIFIER = "[$-~][!-~]*"  # not like an error value
_YEAR = "(186[89]|18[7-9][0-9]|19[0-9]{2}|20[0-9]{2}|2100)"  # text.FIRST_YEAR to text.LAST_YEAR
_DATE = _YEAR + "[-/][0-9]{1,2}[-/][0-9]{1,2}"
# DuckDB reads 24:00 as the next day.
_DATETIME = _DATE + "[ T]([01]?[0-9]|2[0-3]):[0-9]{2}(:[0-9]{2})?"
_UTC = r"20[0-9]{2}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-9]{2}(:[0-9]{2})?([.]0+)?Z"
_MONTH = _YEAR + "-[0-9]{2}-01"
_SEPARATORS = re.compile(r"[\r\n,;、，；]+")
_CHOICES_SHOWN = 12
_TELLING = 4  # the fewest characters of a spelling that tells something inside a longer one
_COUNTER = re.compile(r"(?:件|人|名|回|分|日|時間|%)$")
_SAME_UNIT = {"名": "人"}
# A long number that a spreadsheet turned into 2.02504E+16.
_BROKEN_NUMBER = re.compile(r"[0-9](?:[.][0-9]+)?[eE][+][0-9]{2,}")
WHITE = " \t\r\n\u3000\u00a0"
# What Excel shows where a formula failed, and the door's own word where a formula came without its value.
NO_CACHED_VALUE = "#値なし!"
_ERROR_VALUES = frozenset(
    ("#REF!", "#DIV/0!", "#N/A", "#VALUE!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!", "#GETTING_DATA", "#####")
)


def filled(cell: str) -> str:
    """SQL: whether a cell holds more than white space (U+3000 too); trims only what begins with some."""
    return f"CASE WHEN {_begins_plain(cell)} THEN true ELSE trim({cell}, '{WHITE}') <> '' END"


def present(cell: str) -> str:
    """SQL: the cell, NULL when blank."""
    return f"CASE WHEN {_begins_plain(cell)} THEN {cell} WHEN trim({cell}, '{WHITE}') <> '' THEN {cell} END"


def _begins_plain(cell: str) -> str:
    return f"{cell} >= '!' AND NOT starts_with({cell}, '\u3000') AND NOT starts_with({cell}, '\u00a0')"


def strict(column: Column, cell: str) -> str:
    """SQL: the typed value of a cell in strict form, NULL for every other cell."""
    kind = TYPES[column.kind]
    match column.kind:
        case Kind.TEXT if column.identifies:
            return f"CASE WHEN regexp_full_match({cell}, '{_IDENTIFIER}') AND {_whole(cell)} THEN {cell} END"
        case Kind.TEXT:
            return f"CASE WHEN {_tidy(cell)} AND {_whole(cell)} THEN {cell} END"
        case Kind.INTEGER | Kind.YEN:
            return f"CASE WHEN regexp_full_match({cell}, '{_INTEGER}') THEN try_cast({cell} AS {kind}) END"
        case Kind.NUMBER:
            return f"CASE WHEN regexp_full_match({cell}, '{_NUMBER}') THEN try_cast({cell} AS {kind}) END"
        case Kind.DATE if column.month:
            return f"CASE WHEN regexp_full_match({cell}, '{_MONTH}') THEN try_cast({cell} AS DATE) END"
        case Kind.DATE:
            return f"CASE WHEN regexp_full_match({cell}, '{_DATE}') THEN try_cast({cell} AS DATE) END"
        case Kind.DATETIME:
            return (
                f"CASE WHEN regexp_full_match({cell}, '{_DATETIME}') THEN try_cast({cell} AS TIMESTAMP)"
                f" WHEN regexp_full_match({cell}, '{_UTC}')"
                f" THEN try_cast(rtrim({cell}, 'Z') AS TIMESTAMP) + INTERVAL 9 HOUR END"
            )
        case Kind.CHOICE:
            return f"CASE WHEN {cell} IN ({_values(column)}) THEN {cell} END"
        case Kind.CHOICES:
            parts = f"string_split({cell}, chr(10))"
            return (
                f"CASE WHEN len(list_filter({parts}, lambda x: x NOT IN ({_values(column)}))) = 0"
                f" THEN list_filter([{_values(column)}], lambda x: list_contains({parts}, x)) END"
            )


def _tidy(cell: str) -> str:
    """SQL: whether a text neither begins nor ends with white space, nor begins like an error value.

    Cheaper than trimming each.
    """
    ends = " AND ".join(f"NOT ends_with({cell}, '{c}')" for c in WHITE)
    return f"{_begins_plain(cell)} AND {cell} >= '$' AND {ends}"


def _whole(cell: str) -> str:
    """SQL: whether a text has no E+, which marks a number that a spreadsheet cut short; `canonical` looks closer."""
    return f"NOT contains({cell}, 'E+') AND NOT contains({cell}, 'e+')"


def _values(column: Column) -> str:
    return ", ".join(literal(choice.value) for choice in column.choices)


def canonical(column: Column, cell: str) -> str:
    """The cell in strict form; text.Unreadable says what is wrong and how to mend it."""
    _not_an_error(cell)
    match column.kind:
        case Kind.TEXT:
            if _BROKEN_NUMBER.fullmatch(cell.strip()):
                raise text.Unreadable(
                    "Excelが桁を失った番号です", "元の番号を「文字列」の書式で入れ直してください", "text.lost_digits"
                )
            return text.fold_identifier(cell) if column.identifies else cell.strip(WHITE)
        case Kind.INTEGER:
            return str(_bounded(text.parse_integer(_in_unit(column, cell))))
        case Kind.YEN:
            return str(_bounded(text.parse_yen(cell)))
        case Kind.NUMBER:
            return f"{_exact(text.parse_number(_in_unit(column, cell))):f}"
        case Kind.DATE:
            return text.parse_date(cell, month=column.month).isoformat()
        case Kind.DATETIME:
            return text.parse_datetime(cell).isoformat(sep=" ", timespec="seconds")
        case Kind.CHOICE:
            return _choice(column, cell)
        case Kind.CHOICES:
            return _choices(column, cell)


def _not_an_error(cell: str) -> None:
    if cell == NO_CACHED_VALUE:
        raise text.Unreadable(
            "計算結果が保存されていない数式です",
            "Excelで開いて保存し直すか、値に直してください",
            "excel.no_cached_value",
        )
    if cell.strip(WHITE) in _ERROR_VALUES:
        raise text.Unreadable("Excelのエラー値です", "数式を直して、値を入れてください", "excel.error_value")


def _in_unit(column: Column, cell: str) -> str:
    """The cell, if what is written behind its number is the column's own unit."""
    written = _COUNTER.search(text.fold(cell))
    own = column.unit or ""
    if written and not own.startswith("各") and not own.startswith(_SAME_UNIT.get(written[0], written[0])):
        raise text.Unreadable(
            f"単位が違います（この項目は{column.unit}）", f"{column.unit}の数にしてください", "number.other_unit"
        )
    return cell


def _bounded(value: int) -> int:
    if abs(value) >= 10**15:
        raise text.Unreadable("数が大きすぎます", "15桁までの数にしてください", "number.unreadable")
    return value


def _exact(value: Decimal) -> Decimal:
    if abs(value) >= 10**12 or value != round(value, 6):
        raise text.Unreadable("桁が多すぎます", "整数12桁・小数6桁までにしてください", "number.unreadable")
    return value


def parts(column: Column, cell: str) -> list[str]:
    """The spellings of choices in a cell: several only where several may be chosen."""
    return [p for p in _SEPARATORS.split(cell) if p.strip()] if column.kind is Kind.CHOICES else [cell.strip(WHITE)]


def reading(column: Column, spelling: str) -> str | None:
    """The choice that a spelling means, or None."""
    return _spellings(column).get(text.fold_choice(spelling))


def _spellings(column: Column) -> dict[str, str]:
    return {
        text.fold_choice(spelling): choice.value
        for choice in column.choices
        for spelling in (choice.value, *choice.aliases)
    }


# What failed or waits was not done, in whatever words it is said: no payment, however much of that word is in it.
UNDONE = re.compile("失敗|エラー|待ち")


def suggestion(column: Column, cell: str) -> str | None:
    """The choice that an unknown spelling probably means: one declared as likely or contained, else the closest."""
    folded = text.fold_choice(cell)
    likely = {text.fold_choice(spelling): choice.value for choice in column.choices for spelling in choice.likely}
    undone = set(UNDONE.findall(folded))
    every = likely | _spellings(column)
    probable = {spelling: value for spelling, value in every.items() if undone <= set(UNDONE.findall(spelling))}
    contained = [spelling for spelling in probable if len(spelling) >= _TELLING and spelling in folded]
    if contained:
        return probable[max(contained, key=len)]
    close = difflib.get_close_matches(folded, probable, n=1, cutoff=0.5)
    return probable[close[0]] if close else None


def _choices(column: Column, cell: str) -> str:
    found = parts(column, cell)
    if not found:
        raise text.Unreadable("選択肢にない値です", "選択肢を書くか、空欄にしてください", "choice.unknown")
    return "\n".join(_choice(column, part) for part in found)


def _choice(column: Column, cell: str) -> str:
    if known := reading(column, cell):
        return known
    values = [choice.value for choice in column.choices]
    listed = "・".join(values[:_CHOICES_SHOWN]) + ("など" if len(values) > _CHOICES_SHOWN else "")
    likely = suggestion(column, cell)
    fix = f"『{likely}』に読み替えますか。違うときは、" if likely else ""
    raise text.Unreadable("選択肢にない値です", f"{fix}{listed} のどれかにしてください", "choice.unknown")
