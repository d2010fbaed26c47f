"""Monthly counts with months across → one row per month."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from dx_data.datasets import DATASETS
from dx_data.door.anew import DASH, in_digits, made_anew, meanings, refused, rows_of, told
from dx_data.door.dating import FISCAL, MONTH, YEAR_MONTH, When, western
from dx_data.door.laid import Laid
from dx_data.door.staging import Staging
from dx_data.door.totals import fold, fold_header, number
from dx_data.errors import FileRejected
from dx_data.text import Unreadable, fold_identifier, parse_date

COUNTS = DATASETS["application_counts"]
Place = tuple[int, str]  # row and letter
Figure = tuple[str, Place]
_CHANNELS = frozenset(map(fold_header, ("区分", "受付方法", "申請方法", "経路", "チャネル", "受付区分", "受付経路")))
_ONLINE = frozenset(map(fold_header, ("オンライン", "電子", "電子申請", "ネット", "インターネット")))
_ALL = frozenset(map(fold_header, ("合計", "全体", "総数", "計", "総件数")))


@dataclass(frozen=True)
class MonthHeading:
    """A column of one month's figures: its month, its year if written, what it counts (blank: as the table says)."""

    month: int
    year: int | None
    counts: str


def month_heading(title: str) -> MonthHeading | None:
    """What a heading that names a month means, None for any other."""
    first, _, rest = fold(title).partition("_")
    counts = rest
    if rest and (MONTH.fullmatch(rest) or YEAR_MONTH.fullmatch(rest)):
        first, counts = rest, first
        if FISCAL.fullmatch(counts) or re.fullmatch("(令和|r)?[0-9元]+年", counts, re.IGNORECASE):
            first, counts = f"{counts.replace('度', '')}{first}", ""
    if found := YEAR_MONTH.fullmatch(first.removesuffix("分")):
        return MonthHeading(int(found["month"]), western(found), counts)
    try:
        day = parse_date(first, month=True)
        return MonthHeading(day.month, day.year, counts)
    except Unreadable:
        pass
    if found := MONTH.fullmatch(first):
        return MonthHeading(int(found["month"]), None, counts)
    return None


def months_wide(laid: Laid, staging: Staging, months: Mapping[int, MonthHeading], time: When) -> Laid:
    """A row for each month that stands across; FileRejected where nothing tells the year."""
    online, total = (COUNTS.column(name).title for name in ("online", "total"))
    kept = [n for n in range(len(laid.headings)) if n not in months]
    channel = next((n for n in kept if fold_header(laid.headings[n].text) in _CHANNELS), None)
    kept = [n for n in kept if n != channel]
    title = "".join(laid.above)
    plain = total if "総受付" in title or "全受付" in title else online
    # Only channels are added up: the same procedure in two rows is left to the check, which refuses it.
    figures: dict[tuple[int, tuple[str, ...]], tuple[int, tuple[str, ...], dict[str, list[Figure]]]] = {}
    stand: dict[tuple[tuple[int, tuple[str, ...]], str], Place] = {}
    yearless = next((m for m in months.values() if m.year is None), None)
    if yearless and (time.year_of(yearless.month) is None):
        raise FileRejected.because(
            "何年度の月か分かりません",
            "表題かファイル名に「令和7年度」のように書くか、基準日を指定してください",
            stage="layout",
            rule="layout.no_year",
            sheet=laid.sheet,
            rows=laid.header_rows,
        )
    _refuse_twice(
        laid, {n: (m.year or time.year_of(m.month), m.month, _counted(m.counts, plain)) for n, m in months.items()}
    )
    folded: list[int] = []
    for row, cells in rows_of(laid, staging):
        for n, month in months.items():
            cell = "" if fold(cells[n]) in DASH else cells[n].strip()
            year = month.year or time.year_of(month.month)
            what = _counted(month.counts, plain)
            spread = [what]
            if channel is not None:
                word = fold_header(cells[channel])
                spread = [online, "Σ"] if word in _ONLINE else [total] if word in _ALL else ["Σ"]
            key = (f"{year}-{month.month:02}-01", *(cells[k] for k in kept))
            alike = (row if channel is None else 0, tuple(map(fold_identifier, key)))
            for part in spread:
                stand.setdefault((alike, part), (row, laid.headings[n].letter))
            if not cell:
                continue
            *_, parts = figures.setdefault(alike, (row, key, {}))
            for part in spread:
                parts.setdefault(part, []).append((cell, (row, laid.headings[n].letter)))
            folded.append(row)
    names = list(dict.fromkeys(part for *_, parts in figures.values() for part in parts if part != "Σ"))
    names += [total] if channel is not None and total not in names else []
    out = []
    for alike, (row, key, parts) in figures.items():
        if "Σ" in parts and total not in parts:
            parts[total] = [_added(parts["Σ"])]
        each = [_added(parts.get(name) or [("", stand.get((alike, name), (row, "")))]) for name in names]
        places = (letter if there == row else f"{letter}{there}" for _, (there, letter) in each)
        out.append((row, [*key, *(cell for cell, _ in each), *places]))
    columns = [("年月", ""), *((laid.headings[n].text, laid.headings[n].letter) for n in kept)]
    at = {name: len(columns) + len(names) + n for n, name in enumerate(names)}
    columns += [(name, "") for name in names]
    message = "横に並ぶ月の列を、1行に1か月に直しました"
    return made_anew(laid, staging, columns, out, told(laid, "layout.folded", message, folded), at)


def _refuse_twice(laid: Laid, meant: Mapping[int, tuple[int | None, int, str]]) -> None:
    """FileRejected where two columns hold the same figures of the same month: one of them is of another month."""
    places: dict[tuple[int | None, int, str], list[int]] = {}
    for n, what in meant.items():
        places.setdefault(what, []).append(n)
    for (_, month, _), found in places.items():
        if len(found) > 1:
            letters = "・".join(f"{laid.headings[n].letter}列" for n in found)
            message = f"{month}月 の列が{len(found)}つあります（{letters}）"
            fix = "見出しの月を確かめ、違うほうを直してください"
            raise refused(laid, found[-1], message, fix, "layout.group_twice")


def _counted(words: str, plain: str) -> str:
    """The declared title of what a month's column counts."""
    known = fold_header(words)
    for column in COUNTS.columns:
        if known and known in meanings(column):
            return column.title
    if known in _ONLINE:
        return COUNTS.column("online").title
    if known in _ALL:
        return COUNTS.column("total").title
    return words or plain


def _added(figures: Sequence[Figure]) -> Figure:
    """The sum of some cells, at the first one's place; a single one, or one that is no number, stays as it stands."""
    if len(figures) < 2:
        return figures[0]
    values = [number(cell) for cell, _ in figures]
    unread = next((each for each, value in zip(figures, values, strict=True) if value is None), None)
    return unread or (in_digits(sum((v for v in values if v is not None), Decimal(0))), figures[0][1])


def with_month(laid: Laid, staging: Staging, month: dt.date) -> Laid:
    """The table with the month that its sheet is of."""
    rows = [(row, [*cells, month.isoformat()]) for row, cells in rows_of(laid, staging)]
    columns = [*((h.text, h.letter) for h in laid.headings), ("年月", "")]
    message = "年月の列がないので、シート名・表題・ファイル名の年月を補いました"
    said = told(laid, "date.month_from_sheet", message, [r for r, _ in rows], "", f"{month:%Y-%m}")
    return made_anew(laid, staging, columns, rows, said)
