"""The tables one can ask: what each is, its columns with what they mean and hold, its first rows. Needs no analysis."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

import streamlit as st

from dx_data.datasets import DATASETS
from dx_data.derive import explored
from dx_data.spec import Column
from dx_data.text import japanese_date, japanese_dates
from dx_data.ui import cards, exploring, filters, tables, words
from dx_data.ui.exploring import Shelf
from dx_data.ui.session import Session

_SAMPLE = 8
_FIRST = re.compile(r"(\d{4})-0?(\d{1,2})-01")


def show(here: Session) -> None:
    """One table, chosen by its title."""
    found = exploring.shelves(here)
    shelf = found[filters.choice(here, "table", "表", list(found))]
    dataset = DATASETS.get(shelf.copied.name)
    with st.container(border=True, key="card_shelf"):
        st.header(f"{shelf.title}（{shelf.copied.rows:,} 行）", anchor=False)
        facts = [("1行の意味", shelf.copied.grain), ("SQLでの名前", f"{shelf.title} または {shelf.copied.name}")]
        if dataset:
            as_of = here.at.as_of([dataset.name])
            facts += [("出所", dataset.source), ("いつ時点", japanese_date(as_of) if as_of else "まだ届いていません")]
        cards.pairs(facts)
        if not shelf.copied.rows:
            st.info("この表には、まだ行がありません。列の意味だけを示します。")
        _columns(here, shelf)
        st.button(
            "この表で組み立てる", key="build_this", on_click=_build, args=(shelf.title,), disabled=not shelf.copied.rows
        )
    if shelf.copied.rows:
        with st.container(border=True, key="card_sample"):
            st.header(f"{shelf.title}（はじめの {min(_SAMPLE, shelf.copied.rows)} 行）", anchor=False)
            rows = exploring.looked_up(here, explored.sample(shelf.title, _SAMPLE)).rows
            heads = [column.label for column in shelf.columns]
            tables.show(heads, rows, caption=f"{shelf.title}のはじめの行", columns=shelf.columns, heard=True)
            st.html('<p class="dx-note">個人に結び付く列（個人情報・準識別子・自由記述）は、この写しにありません。</p>')


def _build(title: str) -> None:
    st.session_state[exploring.WAY] = exploring.BUILD
    st.session_state["build_table"] = title


def _columns(here: Session, shelf: Shelf) -> None:
    """The dictionary, and beside it what the columns hold."""
    held: Mapping[str, tuple[Any, ...]] = {}
    if shelf.copied.rows:
        answer = exploring.looked_up(here, explored.profile(shelf.title, shelf.columns))
        held = {str(row[0]): row[1:] for row in answer.rows}
    heads = ["列", "種類", "意味", "例", *(("記入", "種類の数", "範囲", "多い値") if held else ())]
    rows = [
        [
            column.label,
            "年月" if column.month else column.kind.words,
            column.description,
            column.example or "",
            *(_profile(column, held[column.title]) if held else ()),
        ]
        for column in shelf.columns
    ]
    tables.show(heads, rows, caption=f"{shelf.title}の列（{len(rows)} 列）", heard=True)


def _profile(column: Column, told: tuple[Any, ...]) -> tuple[Any, ...]:
    """How full, how many values, from what to what, the commonest, as people read them."""
    count, filled, distinct, least, most, common = told
    share = (
        f"{100 * filled / count:.0f}%" if filled in (0, count) else f"{min(99.9, max(0.1, 100 * filled / count)):.1f}%"
    )
    span = f"{_value(column, least)} ～ {_value(column, most)}" if least is not None else ""
    return share, distinct, span, _common(column, common or "")


def _common(column: Column, text: str) -> str:
    """The commonest values with their days as people write them."""
    return _FIRST.sub(r"\1年\2月", text) if column.month else japanese_dates(text)


def _value(column: Column, text: str) -> str:
    if column.kind.counts:
        return words.number(float(text))
    day = dt.date.fromisoformat(text[:10])
    return f"{day.year}年{day.month}月" if column.month else japanese_date(day)
