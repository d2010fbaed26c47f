"""A report with the answers that stand in it, asked of a house for its time."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from dx_data.calendar import fiscal_year_start
from dx_data.catalog import Result
from dx_data.errors import WrongUsage
from dx_data.house import House
from dx_data.reports.declared import Part, Report
from dx_data.reports.spans import Period


@dataclass(frozen=True)
class Filled:
    """A report's time, its parts with their answers, and what it was made from. `seen_on` is the reference date."""

    report: Report
    period: Period
    seen_on: dt.date
    ward: str
    snapshot: str
    at: dt.datetime
    fictional: bool
    parts: tuple[tuple[Part, tuple[Result, ...]], ...]

    @property
    def title(self) -> str:
        """What stands on its first page."""
        return f"{self.report.title}（{self.period.title}）"


def fill(house: House, report: Report, period: Period) -> Filled:
    """The report with its answers, all of one snapshot; WrongUsage where its time has not begun."""
    today = house.today()
    if period.since > today:
        raise WrongUsage.because(f"{period.title}は、まだ始まっていません", "始まった期間を指定してください")
    at, seen_on = house.at(None), min(period.until, today)

    def answers(part: Part) -> tuple[Result, ...]:
        since = fiscal_year_start(period.since) if part.since_april else period.since
        given = {"since": since, "until": seen_on, "as_of": seen_on}
        asked = []
        for name in part.questions:
            params = house.catalog.named(name).params
            fitting: dict[str, Any] = {key: value for key, value in given.items() if key in params}
            asked.append(house.ask(name, at, today=seen_on, **fitting))
        return tuple(asked)

    parts = tuple((part, answers(part)) for part in report.parts)
    newest = max((load.at for load in house.lake.loads()), default=dt.datetime(1980, 1, 1, tzinfo=dt.UTC))
    return Filled(report, period, seen_on, house.municipality.name, at.title, newest, house.is_demo, parts)
