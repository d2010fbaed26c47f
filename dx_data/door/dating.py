"""What a sheet, its title and the file's name say about the time of its rows; days without a year get theirs."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from dx_data.datasets import DATASETS
from dx_data.derive.headers import spellings
from dx_data.door.anew import made_anew, rows_of, told
from dx_data.door.laid import Laid
from dx_data.door.staging import Staging
from dx_data.door.totals import fold, fold_header
from dx_data.spec import Kind
from dx_data.text import Unreadable, parse_date

FISCAL = re.compile(r"(?:令和|r)(?P<reiwa>[0-9]{1,2}|元)年?度|(?P<year>20[0-9]{2})年?度", re.IGNORECASE)
YEAR_MONTH = re.compile(
    r"(?:(?:令和|r) ?(?P<reiwa>[0-9]{1,2}|元)|(?P<year>20[0-9]{2})) ?[年./-]"
    r" ?(?P<month>1[0-2]|0?[1-9])(?:月|(?![0-9]))",
    re.IGNORECASE,
)
MONTH = re.compile("(?<![0-9])(?P<month>1[0-2]|0?[1-9])月分?")
_DAY = re.compile(
    r"(?:(?P<month>1[0-2]|0?[1-9])(?:月|/)) ?(?P<day>[0-9]{1,2})日?(?P<weekday> ?\([月火水木金土日].*\))?"
    r"|(?P<bare>[0-9]{1,2})日?(?P<weekday2> ?\([月火水木金土日].*\))?"
)


@dataclass(frozen=True)
class When:
    """What a sheet, its title and the file's name say about the time of its rows."""

    fiscal: int | None = None
    year: int | None = None
    month: int | None = None
    latest: dt.date | None = None

    def year_of(self, month: int) -> int | None:
        """The year that a month without one lies in."""
        if self.year is not None and self.month is not None:
            if month == self.month:
                return self.year
            first = self.year if self.month >= 4 else self.year - 1
            return first if month >= 4 else first + 1
        if self.fiscal is not None:
            return self.fiscal if month >= 4 else self.fiscal + 1
        if self.latest is not None:
            return self.latest.year if month <= self.latest.month else self.latest.year - 1
        return None


def when(sheet: str | None, above: Iterable[str], file: str, as_of: dt.date | None) -> When:
    """Read the time from the sheet's name first, then the lines over the header, then the file's name."""
    fiscal = year = month = None
    for text in (fold(sheet or ""), *map(fold, above), fold(re.sub(r"_\d{8}T\d{6}.*", "", file))):
        if year is None and (found := YEAR_MONTH.search(text)):
            year, month = western(found), month or int(found["month"])
        if month is None and text == fold(sheet or "") and (found := MONTH.search(text)):
            month = int(found["month"])
        if fiscal is None and (found := FISCAL.search(text)):
            fiscal = western(found)
    if year is None and month is not None and fiscal is not None:
        year = fiscal if month >= 4 else fiscal + 1
    if year is not None and month is None:
        year = None
    if year is None and fiscal is None and month is not None and as_of is not None:
        year = as_of.year if month <= as_of.month else as_of.year - 1
    return When(fiscal, year, month, as_of)


def western(found: re.Match[str]) -> int:
    """The year of a match with `reiwa` or `year`."""
    if found["year"]:
        return int(found["year"])
    return 2018 + (1 if found["reiwa"] == "元" else int(found["reiwa"]))


_DATES = frozenset(
    spelling
    for dataset in DATASETS.values()
    for column in dataset.columns
    if column.kind is Kind.DATE and not column.month
    for spelling in spellings(column)
)
_DAYS = frozenset(map(fold_header, ("日", "月日", "日付", "収納日", "取引日", "年月日")))


def with_dates(laid: Laid, staging: Staging, time: When) -> Laid:
    """Days without a year get the sheet's; a bare 日 column becomes 収納日 where the sheet is a month's."""
    places = [n for n, h in enumerate(laid.headings) if fold_header(h.text) in _DATES | _DAYS]
    if not places:
        return laid
    renamed = {n: "収納日" for n in places if fold_header(laid.headings[n].text) in ("日", "月日")}
    done: list[int] = []
    example = ("", "")
    bare = {n: fold_header(laid.headings[n].text) in _DAYS for n in places}
    if not renamed and (long := staging.long.get(laid.view)):
        texts = ((n, text) for n in places for text in long.columns[laid.headings[n].column].texts.to_pylist())
        if not any(_completed(text, time, bare=bare[n]) for n, text in texts):
            return laid
    rows = rows_of(laid, staging)
    known: dict[tuple[str, bool], str | None] = {}
    for row, cells in rows:
        for n in places:
            spelling = cells[n], bare[n]
            if spelling not in known:
                known[spelling] = _completed(cells[n], time, bare=bare[n])
            if completed := known[spelling]:
                example = example if done else (cells[n], completed)
                cells[n] = completed
                done.append(row)
    if not done and not renamed:
        return laid
    columns = [(renamed.get(n, h.text), h.letter) for n, h in enumerate(laid.headings)]
    message = "年のない日付に、シート名・表題・ファイル名の年月を補いました"
    new = made_anew(laid, staging, columns, rows, told(laid, "date.year_from_sheet", message, done, *example))
    return replace(new, dialect="plain")


def _completed(cell: str, time: When, *, bare: bool) -> str | None:
    text = fold(cell)
    found = _DAY.fullmatch(text) if text else None
    if not found or (found["bare"] and not (bare and time.month)):
        return None
    month = int(found["month"] or time.month or 0)
    year = time.year_of(month)
    if year is None:
        return None
    weekday = found["weekday"] or found["weekday2"] or ""
    written = f"{year}年{month}月{int(found['day'] or found['bare'])}日{weekday.strip()}"
    try:
        return parse_date(written).isoformat()
    except Unreadable:
        return written  # 4月31日, or another weekday: the check says so
