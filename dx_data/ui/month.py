"""A month of 開庁日 as a real calendar table: which day's 事績簿 has come from how many windows. Never counts."""

from __future__ import annotations

import datetime as dt
from html import escape
from typing import Any

import streamlit as st

from dx_data.calendar import holiday_name
from dx_data.catalog import Result
from dx_data.text import japanese_date

_WEEK = "月火水木金土日"
_ALL, _SOME, _NONE = "すべて届いている", "一部が届いていない", "どこも届いていない"
# A mark's shape and its word say the same, so that neither colour nor one of them alone has to be read.
_MARKS = {_ALL: ("●", "全部"), _SOME: ("▲", "不足"), _NONE: ("✕", "なし")}
_LEGEND = (
    "●全部：すべて届いている、▲不足：一部が届いていない、✕なし：どこも届いていない。"
    "数は、届いている窓口／開く窓口です。斜線の日は閉庁日、「判定外」は、届いた収納の最初の日から最後の日までの外にある開庁日です。"
)


def calendar(result: Result) -> None:
    """A body for `receipts_calendar`: weeks from Monday as rows, then the days that lack something, with windows."""
    st.html(html(result.records(), result.question.title))


def html(days: list[dict[str, Any]], caption: str) -> str:
    """The table's markup, of the days of one month in order.

    >>> day = {"day": dt.date(2026, 5, 1), "kind": "開庁日", "state": "一部が届いていない"}
    >>> "▲ 不足" in html([day | {"expected": 2, "delivered": 1, "missing": "A", "others": 0}], "例")
    True
    """
    before = [None] * days[0]["day"].weekday()
    cells: list[dict[str, Any] | None] = [*before, *days]
    cells += [None] * (-len(cells) % len(_WEEK))
    weeks = [cells[at : at + len(_WEEK)] for at in range(0, len(cells), len(_WEEK))]
    head = "".join(f'<th scope="col">{name}<span class="dx-hidden">曜日</span></th>' for name in _WEEK)
    body = "".join(f"<tr>{''.join(map(_cell, week))}</tr>" for week in weeks)
    lacking = [day for day in days if day["state"] in (_SOME, _NONE)]
    named = "".join(f"<li><b>{_date(day['day'])}</b> {escape(day['missing'])}</li>" for day in lacking)
    listed = (
        f'<p class="dx-note"><b>届いていない日と窓口</b></p><ul class="dx-list">{named}</ul>'
        if lacking
        else '<p class="dx-note">判定した日に、届いていない窓口はありません。</p>'
    )
    return (
        f'<table class="dx-month"><caption class="dx-hidden">{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        f'<p class="dx-note">{_LEGEND}</p>{listed}'
    )


def _date(day: dt.date) -> str:
    return japanese_date(day).partition("年")[2]


def _cell(day: dict[str, Any] | None) -> str:
    if day is None:
        return "<td></td>"
    state, expected = day["state"], day["expected"]
    closed = day["kind"] == "閉庁日"
    look = " dx-closed" if closed else ""
    if state in _MARKS:
        shape, word = _MARKS[state]
        look += "" if state == _ALL else " dx-lacking"
        told = f"<span>{shape} {word}</span><span>{day['delivered']}／{expected}</span>"
        said = f"{expected}窓口のうち{day['delivered']}窓口が届いています"
    else:
        told = f"<span>{'閉庁' if closed else '判定外'}</span>"
        said = "開く窓口なし" if closed else "判定しません"
    if holiday := holiday_name(day["day"]):
        told += f"<span>{escape(holiday)}</span>"
        said = f"{holiday}、{said}"
    if day["others"]:
        told += f"<span>ほか{day['others']}</span>"
        said += f"。ほかに{day['others']}窓口"
    number = day["day"].day
    heard = f'<span class="dx-hidden">{_date(day["day"])} {day["kind"]}、{escape(said)}</span>'
    return f'<td class="dx-day{look}">{heard}<div aria-hidden="true"><b>{number}</b>{told}</div></td>'
