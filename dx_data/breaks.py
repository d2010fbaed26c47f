"""Days on which figures changed their meaning: found for an answer, and no difference taken across them unasked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from dx_data import calendar
from dx_data.catalog import Result, Value
from dx_data.errors import AcrossBreak
from dx_data.spec import Break, Column, Question
from dx_data.text import japanese_date

Ask = Callable[[str], Result]


def of(question: Question, ask: Ask) -> tuple[Break, ...]:
    """The breaks of a question, earliest first: new versions of its definition, and changes of its rates' base."""
    found = [
        Break(day=each.valid_from, change=f"定義の第{each.number}版：{each.change}") for each in question.versions[1:]
    ]
    if question.breaks:
        base = ask(question.breaks).records()
        found += [
            Break(day=row["changed_on"], change=str(row["change"]), rates=True)
            for row in base
            if isinstance(row["changed_on"], dt.date)
        ]
    return tuple(sorted(found, key=lambda each: each.day))


def without_differences(result: Result) -> Result:
    """The answer without those comparisons with the year before that lie across a break, and a note that says so."""
    crossed = list(dict.fromkeys(each for row in result.rows for _, each in _crossed(result, row)))
    if not crossed:
        return result
    left_out = list(dict.fromkeys(column.title for row in result.rows for column, _ in _crossed(result, row)))
    names = [column.name for column in result.columns]
    rows = []
    for row in result.rows:
        blank = {names.index(column.name) for column, _ in _crossed(result, row)}
        rows.append(tuple(None if at in blank else value for at, value in enumerate(row)))
    said = f"{_day(crossed[0].day)}（{crossed[0].change.rstrip('。')}）"
    said += f"など{len({each.day for each in crossed})}つの日" if len(crossed) > 1 else ""
    note = (
        f"比べない数値：{'・'.join(left_out)}は、{said}に数えるものが変わり、"
        "その前と後を比べることになるので、示していません。"
    )
    return replace(result, rows=rows, notes=(*result.notes, note), refused=True)


def _crossed(result: Result, row: tuple[Value, ...]) -> Iterator[tuple[Column, Break]]:
    """The comparisons of one row that a break lies in, each with that break."""
    if not result.breaks or not result.question.differences:
        return
    first, last = _span(result, row)
    names = [column.name for column in result.columns]
    for column in result.question.differences:
        if row[names.index(column.name)] is None:
            continue  # there is nothing to leave out
        for each in result.broken(column, first, last):
            yield column, each


def _span(result: Result, row: tuple[Value, ...]) -> tuple[dt.date, dt.date]:
    """From the first day of what a row is compared with, a year before, to the last day it is about."""
    params = result.params
    names = [column.name for column in result.columns]
    for column in result.columns:
        about = row[names.index(column.name)]
        if column.month and column.name in result.question.key and isinstance(about, dt.date):
            return _year_before(about), _month_end(about)
    last = _date(params, "until") or _date(params, "as_of") or dt.date.max
    first = _date(params, "since") or (calendar.fiscal_year_start(last) if last < dt.date.max else dt.date.min)
    return (_year_before(first) if first > dt.date.min else first), last


def _date(params: Mapping[str, Any], name: str) -> dt.date | None:
    value = params.get(name)
    return value if isinstance(value, dt.date) else None


def _year_before(day: dt.date) -> dt.date:
    return day.replace(year=day.year - 1, day=min(day.day, 28) if day.month == 2 else day.day)


def _month_end(month: dt.date) -> dt.date:
    return dt.date(month.year + (month.month == 12), month.month % 12 + 1, 1) - dt.timedelta(days=1)


def refuse(question: Question, earlier: dt.date, later: dt.date) -> None:
    """AcrossBreak when the question got a new version between the days of two snapshots that are to be compared."""
    for version in question.versions[1:]:
        if earlier < version.valid_from <= later:
            raise AcrossBreak.because(
                f"比べる2つの時点（{_day(earlier)}と{_day(later)}）の間に、"
                f"定義が{version.title}に変わりました（{version.change.rstrip('。')}）",
                "前に報告した数値とは数え方が違います。それでも比べるときは --across-break を付けてください",
            )


def _day(day: dt.date) -> str:
    return japanese_date(day).partition("(")[0]
