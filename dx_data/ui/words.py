"""Values as people read them: dates, numbers with separators and units, the mark for no data. Never counts."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from dx_data.spec import Column, Kind
from dx_data.text import japanese_date, japanese_dates

HEALTH = "/_stcore/health"
PRODUCT = "葛飾区DXデータ"
NO_DATA = "…"
NO_DATA_LEGEND = "「…」はデータがないことを示します。0 とは違います。"


def number(value: int | float | Decimal) -> str:
    """A number with separators; at most one decimal, none where it is whole.

    >>> [number(value) for value in (12345, 55.0, Decimal("88.80"), -3)]
    ['12,345', '55', '88.8', '-3']
    """
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def moment(value: dt.datetime) -> str:
    """A moment to the minute.

    >>> moment(dt.datetime(2026, 4, 1, 9, 5))
    '2026年4月1日(水) 9:05'
    """
    return f"{japanese_date(value.date())} {value.hour}:{value.minute:02}"


def shown(value: Any, column: Column | None = None) -> str:
    """A cell as a person reads it; a text of an answer with its dates in Japanese, one of no column as it is.

    >>> month = Column(name="m", title="年月", kind=Kind.DATE, month=True)
    >>> [shown(None), shown(0), shown(dt.date(2026, 4, 1)), shown(dt.date(2026, 4, 1), month), shown(["a", "b"])]
    ['…', '0', '2026年4月1日(水)', '2026年4月', 'a・b']
    >>> shown(-5623, Column(name="n", title="前年同期との差", kind=Kind.INTEGER, unit="件"))
    '－5,623 減'
    """
    match value:
        case None | "":
            return NO_DATA
        case bool():
            return "はい" if value else "いいえ"
        case dt.datetime():
            return moment(value)
        case dt.date():
            return f"{value.year}年{value.month}月" if column and column.month else japanese_date(value)
        case int() | float() | Decimal():
            return _changed(value, column, "") if column and column.is_change else _quantity(value, column)
        case list() | tuple():
            return "・".join(map(str, value))
        case str() if column:
            return japanese_dates(value)
        case _:
            return str(value)


def with_unit(value: Any, column: Column) -> str:
    """A figure with its unit, as a headline shows it.

    >>> with_unit(1234, Column(name="n", title="件数", kind=Kind.INTEGER, unit="件"))
    '1,234件'
    """
    if value is None or not column.unit:
        return shown(value, column)
    return _changed(value, column, column.unit) if column.is_change else f"{shown(value, column)}{column.unit}"


def change(value: Any, column: Column) -> str:
    """A difference with sign and word, never colour or sign alone.

    >>> people = Column(name="n", title="差", kind=Kind.INTEGER, unit="件")
    >>> [change(value, people) for value in (12, -3, 0, None)]
    ['＋12件 増', '－3件 減', '±0件 増減なし', '比べるデータなし']
    """
    if value is None:
        return "比べるデータなし"
    return _changed(value, column, column.unit or "")


def _quantity(value: int | float | Decimal, column: Column | None) -> str:
    return f"{value:,.1f}" if column and column.kind is Kind.NUMBER and column.unit == "%" else number(value)


def _changed(value: int | float | Decimal, column: Column, unit: str) -> str:
    sign, word = ("＋", "増") if value > 0 else ("－", "減") if value < 0 else ("±", "増減なし")
    return f"{sign}{_quantity(value if value >= 0 else -value, column)}{unit} {word}"
