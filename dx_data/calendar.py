"""Fiscal years, quarters, holidays and open days; the only module that reads the clock."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import jpholiday

from dx_data.bundled import holidays
from dx_data.text import era_year, fold

TOKYO = ZoneInfo("Asia/Tokyo")

_ONE_DAY = timedelta(days=1)
_FIRST_MONTH = 4  # 地方自治法208条: the fiscal year runs from 1 April
_FIRST_YEAR, _LAST_YEAR = 1868, 2100
_REIWA_ZERO = 2018
_QUARTER = re.compile(r"(?:(?P<year>[0-9]{4})|R(?P<reiwa>[0-9]{1,2}))Q(?P<number>[1-4])", re.IGNORECASE)

CONTRACT_START = date(2025, 4, 1)


def now() -> datetime:
    """This moment in Asia/Tokyo, aware."""
    return datetime.now(TOKYO)


def today() -> date:
    """Today's date in Asia/Tokyo, whatever the machine's time zone."""
    return now().date()


def fiscal_year(d: date) -> int:
    """The western year in which the fiscal year of `d` begins: 2026-03-31 -> 2025."""
    return d.year if d.month >= _FIRST_MONTH else d.year - 1


def fiscal_year_start(d: date) -> date:
    """1 April of the fiscal year that contains `d`."""
    return date(fiscal_year(d), _FIRST_MONTH, 1)


def fiscal_year_end(d: date) -> date:
    """31 March at the end of the fiscal year that contains `d`."""
    return date(fiscal_year(d) + 1, _FIRST_MONTH, 1) - _ONE_DAY


def fiscal_year_title(y: int) -> str:
    """2025 -> 令和7年度; raises ValueError before 明治."""
    # 平成31年度 became 令和元年度 as a whole (decided on 2019-04-01), so 1 May names the year, not 1 April.
    return f"{era_year(date(y, 5, 1))}度"


_FISCAL_YEAR = re.compile(r"(?:令和|[Rr])(\d{1,2})(?:年度)?|(20\d\d)(?:年度)?")
_BEFORE_REIWA = 2018


def fiscal_year_named(text: str) -> int | None:
    """The fiscal year that a person names, as its first calendar year; None where it is none.

    >>> [fiscal_year_named(text) for text in ("令和8年度", "R8", "２０２６", "8")]
    [2026, 2026, 2026, None]
    """
    match = _FISCAL_YEAR.fullmatch(unicodedata.normalize("NFKC", text).strip())
    return None if not match else int(match[2]) if match[2] else _BEFORE_REIWA + int(match[1])


@dataclass(frozen=True, order=True)
class Quarter:
    """A quarter of a fiscal year: `year` is the western year it began in, `number` 1 (April to June) to 4."""

    year: int
    number: int

    def __post_init__(self) -> None:
        """Raise ValueError for a quarter that cannot exist."""
        if not (1 <= self.number <= 4 and _FIRST_YEAR <= self.year <= _LAST_YEAR):
            raise ValueError(f"{self.year}年度第{self.number}四半期は扱えません。第1から第4までの四半期にしてください")

    @classmethod
    def parse(cls, s: str) -> "Quarter":
        """Read 2026Q1 or R8Q1 (any case, full width too); raises ValueError with a Japanese sentence."""
        found = _QUARTER.fullmatch(fold(s))
        if found is None or (found["reiwa"] is not None and int(found["reiwa"]) == 0):
            raise ValueError(f"四半期「{s}」を読めません。2026Q1 か R8Q1 のように書いてください")
        year = int(found["year"]) if found["year"] else _REIWA_ZERO + int(found["reiwa"])
        return cls(year, int(found["number"]))

    @classmethod
    def of(cls, d: date) -> "Quarter":
        """The quarter that contains `d`."""
        return cls(fiscal_year(d), (d.month - _FIRST_MONTH) % 12 // 3 + 1)

    @property
    def start(self) -> date:
        """First day."""
        month = _FIRST_MONTH + 3 * (self.number - 1)
        return date(self.year, month, 1) if month <= 12 else date(self.year + 1, month - 12, 1)

    @property
    def end(self) -> date:
        """Last day."""
        following = (self.start + timedelta(days=95)).replace(day=1)
        return following - _ONE_DAY

    @property
    def title(self) -> str:
        """令和8年度第1四半期."""
        return f"{fiscal_year_title(self.year)}第{self.number}四半期"

    def __str__(self) -> str:
        """2026Q1, the spelling that `parse` reads."""
        return f"{self.year}Q{self.number}"


def quarters_over(today: date) -> list[Quarter]:
    """The quarters of the contract that have ended by a day, newest first."""
    first, last = Quarter.of(CONTRACT_START), Quarter.of(today)
    every = [Quarter(year, number) for year in range(last.year, first.year - 1, -1) for number in (4, 3, 2, 1)]
    return [each for each in every if first.start <= each.start and each.end <= today]


def holiday_name(d: date) -> str | None:
    """Name of the 国民の祝日 on `d`: from the Cabinet Office list for its years, from jpholiday after them.

    None where there is none, and for every day before the list begins (1955).
    A `datetime` raises TypeError, so that a time of day never hides a holiday.
    """
    # jpholiday is not asked about the past: it gives 1948 a 国民の休日, which the law has known since 1985.
    if holiday_is_forecast(d):
        return _computed(d.year, d.month).get(d)
    return holidays().get(d)


def holiday_is_forecast(d: date) -> bool:
    """Whether holidays around `d` are only computed (見込み), because the official list ends before."""
    return d > _list_end()


def is_open_day(d: date) -> bool:
    """開庁日: not Saturday or Sunday, no 国民の祝日, not 29 December to 3 January (地方自治法4条の2)."""
    if d.weekday() >= 5 or (d.month, d.day) >= (12, 29) or (d.month, d.day) <= (1, 3):
        return False
    return holiday_name(d) is None


def add_open_days(d: date, n: int) -> date:
    """The n-th open day after `d`, not counting `d` (民法140条 初日不算入); ValueError for n < 1."""
    if n < 1:
        raise ValueError(f"{n}開庁日後は計算できません。1以上の日数にしてください")
    for _ in range(n):
        d += _ONE_DAY
        while not is_open_day(d):
            d += _ONE_DAY
    return d


def open_day_after(d: date) -> date:
    """The first open day after `d`."""
    return add_open_days(d, 1)


def open_day_on_or_before(d: date) -> date:
    """`d` itself if open, else the last open day before it."""
    while not is_open_day(d):
        d -= _ONE_DAY
    return d


def open_days(start: date, end: date) -> int:
    """Number of open days from `start` to `end`, both included; 0 when `end` lies before `start`."""
    return sum(is_open_day(start + timedelta(days=n)) for n in range((end - start).days + 1))


@cache
def _list_end() -> date:
    # The list is issued by whole years: its last entry, 2027-11-23, says that December has no holiday.
    return date(max(holidays()).year, 12, 31)


@cache
def _computed(year: int, month: int) -> Mapping[date, str]:
    # By month, for jpholiday looks at every day anew, and the calendar of the ward ends in March.
    return dict(jpholiday.month_holidays(year, month))


@dataclass(frozen=True)
class Day:
    """One day of the ward's calendar.

    `ordinal` counts 開庁日 up to and including the day, so that the n-th 開庁日 after a day is the first day whose
    ordinal is n greater. `forecast` marks holidays beyond the Cabinet Office's list.
    """

    day: date
    is_open: bool
    ordinal: int
    holiday: str | None
    forecast: bool


@cache
def days(first: date = date(2024, 4, 1), last: date = date(2029, 3, 31)) -> tuple[Day, ...]:
    """The ward's calendar as rows, from the year before the contract to the year after its end."""
    found, ordinal = [], 0
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        ordinal += is_open_day(day)
        found.append(Day(day, is_open_day(day), ordinal, holiday_name(day), holiday_is_forecast(day)))
    return tuple(found)
