"""What 概要 shows at a glance: headline figures with small lines, targets as bullet bars, what is due, what is late."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from html import escape
from typing import Any

import streamlit as st

from dx_data import calendar, charts
from dx_data.catalog import Result
from dx_data.spec import Column
from dx_data.text import japanese_date
from dx_data.ui import cards, drawn, tables, words
from dx_data.ui.session import Session

_NO_TARGET = "目標 登録なし"
_BULLETS: dict[str, Any] = {
    "x": "indicator",
    "y": "actual",
    "lower": "lower",
    "upper": "upper",
    "pace": "pace",
    "unit": "unit",
    "status": "status",
}


def year(here: Session) -> str:
    """The 年度 of the reference date as the pages' filter names it."""
    return calendar.fiscal_year_title(calendar.fiscal_year(here.today))


def way(here: Session, page: str, label: str, **filters: str) -> Callable[[], None]:
    """A link to a page with its filters set, at the moment that this page shows."""
    return lambda: cards.go(page, label, **filters, **here.past())


def a_year_of_months(here: Session) -> dict[str, dt.date]:
    """The period of a small line: this month, and the same month a year ago with all between."""
    return year_of_months(here.today)


def year_of_months(today: dt.date) -> dict[str, dt.date]:
    """The same period for a reference date."""
    return {"since": today.replace(year=today.year - 1, day=1), "until": today}


def tile(
    here: Session,
    result: Result,
    name: str,
    difference: str,
    *,
    title: str,
    monthly: Result,
    line: str,
    way: Callable[[], None],
    target: tuple[str, str] | None = None,
) -> None:
    """A card with one figure: its target, its difference to the year before, and its last thirteen months.

    `target` names the columns of what it should become and of what it should be by now; `line` the quantity of
    `monthly` that the small line shows.
    """

    columns: dict[str, Any] = {"x": "month", "y": line, "partial": "is_partial"}

    def figure(answer: Result) -> None:
        latest = answer.records()[-1]
        column = answer.question.column(name)
        st.metric(
            column.title,
            words.with_unit(latest[name], column),
            label_visibility="collapsed",
        )
        # Not the metric's own delta, which cuts what does not fit.
        _note(cards.compared(answer, latest[difference], difference))
        _note(_against(answer, latest, target))

    def spark(_: Result) -> None:
        st.plotly_chart(
            drawn.figure(monthly, charts.sparkline, **columns, dark=st.context.theme.type == "dark"),
            theme=None,
            config=cards.QUIET,
            key=f"spark_{result.question.name}",
            alt=drawn.once(monthly, charts.alt, **columns),
        )
        day = f"、{monthly.as_of.month}月{monthly.as_of.day}日時点" if monthly.as_of else ""
        _note(f"{len(monthly.rows)}か月の動き{day}")

    def told(_: Result) -> None:
        _note(drawn.once(monthly, charts.alt, **columns))

    folded: list[cards.Body] = []
    if monthly.rows:
        folded.append(told)
        if monthly is not result:
            folded.append(lambda _: tables.of_result(monthly, names=tuple(columns.values())))
    fold = cards.Fold(folded, way, dated=not monthly.rows)
    cards.card(here, result, figure, *((spark,) if monthly.rows else ()), title=title, fold=fold)


def _against(result: Result, latest: dict[str, Any], target: tuple[str, str] | None) -> str:
    """The target and what should be there by now; that there is none where the contract names none."""
    if target is None or latest[target[0]] is None:
        return _NO_TARGET
    whole, now = (words.with_unit(latest[name], result.question.column(name)) for name in target)
    return f"想定 {whole}（いまの目安 {now}）"


class Targets(cards.Chart):
    """A body for `contract_scoreboard`: how many stand how, and two columns of bullet bars on one scale."""

    def __call__(self, result: Result) -> None:
        """Draw both halves; a picture of it has one column."""
        _note(_states(result))
        dark = st.context.theme.type == "dark"
        for at, place in zip(_halves(result), st.columns(2), strict=True):
            with place:
                st.plotly_chart(
                    drawn.figure(result, self.draw, **self.columns, part=at, dark=dark),
                    theme=None,
                    config=cards.QUIET,
                    key=f"chart_{result.question.name}_{at.start}",
                    alt=drawn.once(result, self.words, **self.columns, part=at),
                )


def month_shown(result: Result) -> dt.date:
    """The month that the monthly indicators of a `contract_scoreboard` are of: the reference day's, or a past year's
    last."""
    day: dt.date = min(result.params["as_of"], calendar.fiscal_year_end(result.params["since"]))
    return day.replace(day=1)


def _monthly(result: Result) -> list[str]:
    return [str(row["indicator"]) for row in result.records() if row["rhythm"] == "月"]


def _of_months(result: Result) -> Result:
    """The answer with the month in the names of what is counted by the month: it stands beside what is by the year."""
    month, monthly = month_shown(result).month, set(_monthly(result))
    place = [column.name for column in result.columns].index("indicator")
    rows = [
        (*row[:place], f"{row[place]}（{month}月）", *row[place + 1 :]) if row[place] in monthly else row
        for row in result.rows
    ]
    return replace(result, rows=rows)


def _bullets(result: Result, **named: Any) -> Any:
    return charts.bullets(_of_months(result), **named)


def _in_words(result: Result, *, part: slice = slice(None), **named: Any) -> str:
    monthly = _monthly(replace(result, rows=result.rows[part]))
    said = f"{'、'.join(monthly)}は、{month_shown(result).month}月分の目標と実績です。" if monthly else ""
    return charts.against(_of_months(result), part=part, **named) + said


targets = Targets(_bullets, _BULLETS, _in_words)


def targets_told(result: Result) -> None:
    """A body with the same in words, as the figures' alternatives have them."""
    for at in _halves(result):
        _note(drawn.once(result, _in_words, **_BULLETS, part=at))


def _halves(result: Result) -> tuple[slice, slice]:
    middle = (len(result.rows) + 1) // 2
    return slice(0, middle), slice(middle, None)


def _states(result: Result) -> str:
    position = [column.name for column in result.columns].index("status")
    known = result.question.column("status").choices
    found = [row[position] for row in result.rows]
    order = ["遅れ", *(choice.value for choice in known if choice.value != "遅れ")]
    counts = [f"{state} {found.count(state)}" for state in order if state in found]
    blank = found.count(None)
    return "・".join([*counts, *([f"記録なし {blank}"] if blank else [])])


def due(limit: int = 8) -> cards.Body:
    """A body for `duties_due`: one line for each, what is late first, with who moves and how long there is."""

    def body(result: Result) -> None:
        rows = result.records()
        items = "".join(_duty(row, result.question.column("subject")) for row in rows[:limit])
        more = f"ほかに {len(rows) - limit} 件あります。" if len(rows) > limit else ""
        st.html(f'<ul class="dx-list">{items}</ul>{f"<p class=dx-note>{more}</p>" if more else ""}')

    return body


def _duty(row: dict[str, Any], subject: Column) -> str:
    day, left = row["due_on"], row["open_days"]
    when = "期限の定めなし" if day is None else f"{day.month}月{day.day}日({japanese_date(day)[-2]})"
    state = f"あと{left}開庁日" if row["state"] == "期限前" else row["state"] if day else ""
    late = ' class="dx-late"' if row["state"] == "期限超過" else ""
    said = f"{row['side']}：{row['kind']}（{words.shown(row['subject'], subject)}）"
    return f"<li{late}><b>{escape(when)} {escape(state)}</b> {escape(said)}</li>"


def late(result: Result) -> None:
    """A body for `data_freshness`: how many data sets stand how, and one line for each that is late."""
    rows: list[dict[str, Any]] = result.records()
    states: Sequence[str] = [str(row["state"]) for row in rows]
    _note("・".join(f"{state} {states.count(state)}" for state in dict.fromkeys(states)))
    items = "".join(
        f'<li class="dx-late"><b>{escape(row["dataset"])} {row["late_days"]:,}日の遅れ</b> '
        f"（{escape(row['rhythm'])}、{escape(japanese_date(row['as_of_newest']).partition('(')[0])}時点）</li>"
        for row in rows
        if row["state"] == "遅れ"
    )
    st.html(f'<ul class="dx-list">{items}</ul>' if items else '<p class="dx-note">データは予定どおり届いています。</p>')


def _note(text: str) -> None:
    st.html(f'<p class="dx-note">{escape(text)}</p>')
