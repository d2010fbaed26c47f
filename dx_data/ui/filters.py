"""What a person chooses on a page; every choice lives in the page's address, so a link shows the same again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from dx_data import calendar
from dx_data.ui import faults
from dx_data.ui.session import Session

# How many bars a card of the longest ones has.
LONGEST = 10


def choice(here: Session, key: str, label: str, options: Sequence[str], *, default: str | None = None) -> str:
    """One of several words; an address with an unknown word gets the default."""
    index = options.index(default) if default in options else 0
    asked = st.query_params.get(key)
    if asked and asked not in options:
        st.info(f"住所の『{label}』にある「{faults.plain(asked)}」はありません。{options[index]} を表示しています。")
    chosen = st.selectbox(label, options, index=index, key=key, bind="query-params", placeholder="選んでください")
    return _kept(here, key, chosen or options[index])


def words(here: Session, key: str, label: str) -> str:
    """A few words of one's own, without blanks around; none unless the address says some."""
    return _kept(here, key, (st.text_input(label, key=key, bind="query-params", max_chars=40) or "").strip())


@dataclass(frozen=True)
class Year:
    """A 年度: its title, its first day, and its last day that has come."""

    title: str
    since: dt.date
    until: dt.date


def years(today: dt.date) -> list[Year]:
    """Every 年度 that a page offers; first the one that it shows at first."""
    this, first = calendar.fiscal_year(today), calendar.fiscal_year(calendar.CONTRACT_START)
    return [_year(year, today) for year in range(this, min(first, this) - 1, -1)]


def fiscal_year(here: Session, key: str = "year") -> Year:
    """A 年度; this year unless the address says another."""
    known = {year.title: year for year in years(here.today)}
    return known[choice(here, key, "年度", list(known))]


def _year(year: int, today: dt.date) -> Year:
    start = dt.date(year, 4, 1)
    return Year(calendar.fiscal_year_title(year), start, min(calendar.fiscal_year_end(start), today))


def month(here: Session, year: Year, filled: Sequence[dt.date], key: str = "month") -> tuple[str, dt.date]:
    """A begun month of a 年度, newest first: its title and first day; unless asked, the newest `filled` one."""
    first = calendar.fiscal_year(year.since) * 12 + 3
    last = year.until.year * 12 + year.until.month - 1
    days = [dt.date(at // 12, at % 12 + 1, 1) for at in range(last, first - 1, -1)]
    titles = {f"{day.year}年{day.month}月": day for day in days}
    newest = max(filled, default=days[0])
    title = choice(here, key, "事績簿の年月", list(titles), default=f"{newest.year}年{newest.month}月")
    return title, titles[title]


def organisation(here: Session) -> dict[str, str]:
    """In which organisation figures by section are shown: today's, or that of their own days."""
    known = here.house.catalog.named("applications_by_section").params["view"]
    return {"view": choice(here, "view", known.title, known.choices)}


def _kept(here: Session, key: str, value: str) -> str:
    here.filters[key] = value
    return value
