"""The time a report speaks of: a month, half a fiscal year or a fiscal year, as people write them."""

from __future__ import annotations

import calendar as months
import datetime as dt
import re
from dataclasses import dataclass

from dx_data.calendar import fiscal_year_named, fiscal_year_title
from dx_data.errors import WrongUsage
from dx_data.reports.declared import Span

_HALF = re.compile(r"(.+?)(?:H([12])|(上|下)(?:半期)?)")
_MONTH = re.compile(r"(20\d\d)-(\d\d)")
_EXAMPLES = {Span.MONTH: "2026-10", Span.HALF: "2026H1 か 令和8年度上半期", Span.YEAR: "2026 か 令和8年度"}


@dataclass(frozen=True)
class Period:
    """First day, last day, and what it is called."""

    since: dt.date
    until: dt.date
    title: str


def period(span: Span, text: str) -> Period:
    """The period of that kind that a person names; WrongUsage where it cannot be read.

    >>> period(Span.MONTH, "2026-10").title, period(Span.HALF, "R8上").until
    ('2026年10月', datetime.date(2026, 9, 30))
    """
    found: Period | None = None
    if span is Span.MONTH and (match := _MONTH.fullmatch(text)) and 1 <= int(match[2]) <= 12:
        year, month = int(match[1]), int(match[2])
        last = months.monthrange(year, month)[1]
        found = Period(dt.date(year, month, 1), dt.date(year, month, last), f"{year}年{month}月")
    if span is Span.HALF and (match := _HALF.fullmatch(text)) and (start := fiscal_year_named(match[1])):
        title = fiscal_year_title(start)
        if match[2] == "1" or match[3] == "上":
            found = Period(dt.date(start, 4, 1), dt.date(start, 9, 30), f"{title}上半期")
        else:
            found = Period(dt.date(start, 10, 1), dt.date(start + 1, 3, 31), f"{title}下半期")
    if span is Span.YEAR and (start := fiscal_year_named(text)):
        found = Period(dt.date(start, 4, 1), dt.date(start + 1, 3, 31), fiscal_year_title(start))
    if found is None:
        raise WrongUsage.because(f"『{text}』が読めません", f"{_EXAMPLES[span]} のように書いてください")
    return found
