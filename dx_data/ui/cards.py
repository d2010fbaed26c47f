"""THE card: title, figure, 「数値で見る」, 注, two dates, source, the link that shows it again, and saving it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any

import streamlit as st

from dx_data import charts
from dx_data.access import Right
from dx_data.catalog import Result
from dx_data.custody.exits import MEDIA, Exit, Picture, filename, hand_over
from dx_data.settings import ROOT
from dx_data.text import japanese_date
from dx_data.ui import changes, drawn, faults, nothing, origins, tables, words
from dx_data.ui.session import DEMO_MARK, Session

Body = Callable[[Result], None]
_FORMS = {"csv": "CSV を保存", "xlsx": "Excel を保存"}
_PICTURES = {"png": "図を PNG で保存", "svg": "図を SVG で保存"}
FOLDED = "定義・保存"
KEPT = "保存"
_WAYS = {"定義": "定義集で見る", "再表示": "この表示へのリンク"}
_LINE = 40
QUIET = {"displayModeBar": False, "displaylogo": False, "scrollZoom": False, "responsive": True}


@dataclass(frozen=True)
class Fold:
    """A card folded to its figure: `bodies` come first in what opens, `way` leads to the page with more.

    `dated` keeps the day that the answer speaks of in sight; a figure that says it itself needs it not.
    """

    bodies: Sequence[Body] = ()
    way: Callable[[], None] | None = None
    dated: bool = True


def card(
    here: Session,
    result: Result,
    *bodies: Body,
    title: str = "",
    empty: str = "",
    source: str = "",
    fold: Fold | None = None,
) -> None:
    """One answer as every answer is shown; without rows it says what to do next.

    `fold` keeps what stands below the figure one click away, for a page that is seen as one screen.
    """
    if title:
        result = replace(result, question=result.question.model_copy(update={"title": title}))
    heading = result.question.title
    key = f"card_{result.question.name}"
    shape: dict[str, Any] = {"key": f"card_fold_{result.question.name}", "gap": "xxsmall", "height": "stretch"}
    with st.container(border=True, **(shape if fold else {"key": key})):
        st.header(heading, anchor=False)
        if result.rows:
            for body in bodies:
                body(result)
        else:
            st.info(nothing.said(here, result, empty))
        if fold is None:
            _unfolded(here, result, key, source, bodies)
        else:
            st.html(f'<div class="dx-print-only">{_facts(here, result, source, brief=True)}</div>')
            _folded(here, result, key, source, bodies, fold)


# What is closed is drawn when somebody opens it, and that reruns nothing else of the page.
@st.fragment
def _unfolded(here: Session, result: Result, key: str, source: str, bodies: Sequence[Body]) -> None:
    with faults.spoken():
        _below(here, result, key, source)
        if _may_keep(here, result):
            with st.popover(KEPT, key=f"{key}_keep", on_change="rerun") as keeping:
                if keeping.open:
                    _save(here, result, key, bodies)


@st.fragment
def _folded(here: Session, result: Result, key: str, source: str, bodies: Sequence[Body], fold: Fold) -> None:
    with (
        faults.spoken(),
        st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"{key}_fold"),
    ):
        with st.popover(FOLDED, type="tertiary", key=f"{key}_more", on_change="rerun") as more:
            if more.open:
                for body in fold.bodies if result.rows else ():
                    body(result)
                _below(here, result, key, source)
                if _may_keep(here, result):
                    _save(here, result, key, bodies)
        if fold.way:
            fold.way()
        if fold.dated and result.as_of:
            st.html(f'<p class="dx-note">{japanese_date(result.as_of)}時点</p>', width="content")


def _below(here: Session, result: Result, key: str, source: str) -> None:
    """What stands below every figure: its numbers, what they were counted from, the facts."""
    if result.rows:
        if here.sees_rows:
            changes.since_seen(here, result)
        with st.expander("数値で見る"):  # drawn even if closed: it is open on paper
            tables.of_result(result, caption=result.question.title)
        if here.sees_rows:
            origins.of_figures(here, result, key)
    st.html(_facts(here, result, source))
    if result.refused:
        changes.across_break(here, result.question.name, f"{key}_across")


def _may_keep(here: Session, result: Result) -> bool:
    return bool(result.rows) and here.person.may(Right.HAND_OVER)


def _facts(here: Session, result: Result, source: str, *, brief: bool = False) -> str:
    """Note, dates and source below a figure; `brief` has no bounds and nothing to press."""
    defined = result.question.definition
    facts = [
        ("いつ時点", japanese_date(result.as_of) if result.as_of else "未記入"),
        ("更新日", japanese_date(result.updated.date()) if result.updated else "まだ取り込んでいません"),
        ("出典", (source or result.source) + (f"（{DEMO_MARK}）" if here.house.is_demo else "")),
    ]
    version = result.question.version
    bounds = f"{defined.bounds} 定義:{version.title}。"
    note = f"<details><summary>{escape(defined.figure)}</summary>{escape(bounds)}</details>"
    said = f"{escape(defined.figure) if brief else note} {escape(' '.join(result.notes))}"
    links = here.ways(result).items()
    ways = [f'<dt>{name}</dt><dd><a href="{escape(to)}">{_WAYS[name]}</a></dd>' for name, to in links]
    further = "".join(f"<div>{way}</div>" for way in ways if not brief)
    return f'<dl class="dx-note"><div class="dx-wide"><dt>注</dt><dd>{said}</dd></div>{_terms(facts)}{further}</dl>'


def _terms(facts: Sequence[tuple[str, str]]) -> str:
    return "".join(f"<div{_wide(text)}><dt>{escape(name)}</dt><dd>{escape(text)}</dd></div>" for name, text in facts)


def _wide(text: str) -> str:
    return ' class="dx-wide"' if len(text) > _LINE else ""


def _save(here: Session, result: Result, key: str, bodies: Sequence[Body]) -> None:
    def content(what: Result | Picture, form: str) -> Callable[[], bytes]:
        # Called when somebody really downloads, so the ledger has a line for each copy and for nothing else.
        return lambda: hand_over(Exit.INTERNAL, what, here.person, here.house.ledger, form=form).content

    files: list[tuple[str, str, Result | Picture]] = [(name, form, result) for form, name in _FORMS.items()]
    charts_ = [body for body in bodies if isinstance(body, Chart)]
    files += [(name, form, chart.picture(result)) for chart in charts_[:1] for form, name in _PICTURES.items()]
    with st.container(horizontal=True, gap="small", key=f"{key}_save"):
        for name, form, what in files:
            st.download_button(
                f"{name}（内部資料）",
                data=content(what, form),
                file_name=filename(result, "svg" if form in _PICTURES else form),
                mime=MEDIA["svg" if form in _PICTURES else form],
                key=f"{key}_{form}",
                on_click="ignore",
                help="保存すると、だれが何を保存したかが台帳に残ります。",
            )


def lines(**columns: Any) -> Body:
    """A body with a line figure; takes what `charts.lines` and `charts.alt` both take."""
    return Chart(charts.lines, columns)


def bars(**columns: Any) -> Body:
    """A body with a bar figure; takes what `charts.bars` and `charts.alt` both take."""
    return Chart(charts.bars, columns)


@dataclass(frozen=True)
class Chart:
    """A body with a figure and its words; the same figure can be saved as a picture."""

    draw: Callable[..., Any]
    columns: dict[str, Any]
    words: Callable[..., str] = charts.alt

    def __call__(self, result: Result) -> None:
        """Draw it on the screen."""
        words_ = drawn.once(result, self.words, **self.columns)
        figure = drawn.figure(result, self.draw, **self.columns, dark=st.context.theme.type == "dark")
        st.plotly_chart(figure, theme=None, config=QUIET, key=f"chart_{result.question.name}", alt=words_)
        st.html(f'<p class="dx-note">{escape(words_)}</p>')

    def picture(self, result: Result) -> Picture:
        """The figure on its own, in the light theme whatever the screen shows."""

        def svg(below: Sequence[str]) -> str:
            words_ = self.words(result, **self.columns)
            return charts.svg(self.draw(result, **self.columns), result.question.title, words_, below)

        return Picture(result, svg)


def table(*names: str, limit: int = 20) -> Body:
    """A body that shows the first rows straight away."""
    return lambda result: tables.of_result(result, names=names, limit=limit)


def figures(*items: str | tuple[str, str]) -> Body:
    """A body of headline figures from an answer of one row: columns, or pairs of a column and its difference."""

    def body(result: Result) -> None:
        record = result.one()
        for place, item in zip(st.columns(len(items)), items, strict=True):
            name, difference = item if isinstance(item, tuple) else (item, "")
            column = result.question.column(name)
            place.metric(
                column.title,
                words.with_unit(record[name], column),
                compared(result, record[difference], difference) if difference else None,
                delta_arrow="off",
                delta_color="off",
                help=column.description or None,
            )

    return body


def compared(result: Result, value: Any, name: str) -> str:
    """A difference to the year before in words, or why there is none."""
    if value is None and result.refused:
        return "前年同期との差 数える対象が変わったため示しません"
    return f"前年同期との差 {words.change(value, result.question.column(name))}"


def only(result: Result, **values: Any) -> Result:
    """The rows of an answer that have these values; what the figures mean stays with them."""
    names = [column.name for column in result.columns]
    positions = {names.index(name): value for name, value in values.items()}
    rows = [row for row in result.rows if all(row[position] == value for position, value in positions.items())]
    return replace(result, rows=rows)


def values(result: Result, name: str) -> list[Any]:
    """The different values of one column, in the answer's order."""
    position = [column.name for column in result.columns].index(name)
    return list(dict.fromkeys(row[position] for row in result.rows))


def day(moment: dt.date | None, of: str) -> str:
    """A day as a title's period: 「2025年11月4日調査」, or that it is not known."""
    return f"{japanese_date(moment).split('(')[0]}{of}" if moment else f"{of}時点未記入"


def pairs(facts: Sequence[tuple[str, str]]) -> None:
    """A few facts as a definition list."""
    st.html(f'<dl class="dx-note">{_terms(facts)}</dl>')


def halves() -> tuple[Any, Any]:
    """Two places side by side, below each other on a small screen."""
    left, right = st.columns(2)
    return left, right


def go(page: str, label: str, **filters: str) -> None:
    """A link to another page, with its filters set."""
    st.page_link(ROOT / "pages" / f"{page}.py", label=label, query_params=filters or None)


def standing() -> Body:
    """A body for `ward_position`: our value with its parts beside it, our rank, and the medians to compare with."""

    def body(result: Result) -> None:
        ours = result.one()
        unit = str(ours["unit"] or "")

        def with_unit(value: Any) -> str:
            return words.NO_DATA if value is None else f"{words.shown(value)}{unit}"

        parts = (
            ""
            if ours["numerator"] is None
            else f"{words.shown(ours['denominator'])}手続のうち {words.shown(ours['numerator'])}手続"
        )
        rank = words.NO_DATA if ours["rank"] is None else f"{ours['rank']}位／{ours['wards']}区"
        places = st.columns(4)
        places[0].metric(
            f"{ours['municipality']}の値", with_unit(ours["value"]), parts or None, delta_arrow="off", delta_color="off"
        )
        places[1].metric("23区での順位（大きい順）", rank)
        places[2].metric("23区の中央値", with_unit(ours["ward_median"]))
        places[3].metric("全国の中央値", with_unit(ours["national_median"]))
        when = ours["as_of"]
        st.caption(f"調査時点：{words.shown(when)}" if when else "調査時点 未記入（公表データに調査日がありません）")

    return body
