"""「この数字の元」: press a figure of an answer, and see the rows it was counted from and where each came from."""

from __future__ import annotations

from html import escape
from typing import Any

import streamlit as st

from dx_data.access import Right
from dx_data.catalog import Result
from dx_data.custody.exits import view
from dx_data.ui import drawn, faults, tables, words
from dx_data.ui.session import Session
from dx_data.why import PARTS, ROWS_SHOWN, Listed, Why, figures

_ORIGIN = ("ファイル", "シート", "行", "取込番号", "預り証")


def of_figures(here: Session, result: Result, key: str) -> None:
    """The figures of the answer to press, once it is opened, and the rows of the pressed one."""
    question = result.question
    columns = figures(question)
    if not columns:
        return
    seen = f"{key}_why_seen"
    with st.expander("この数字の元", key=f"{key}_why_open", on_change="rerun") as origin:
        if not origin.open:
            st.session_state.pop(seen, None)
            return
        shown = drawn.first_rows(result, tables.ROWS_SHOWN)
        records = shown.records()
        row = 0
        if len(records) > 1:
            names = drawn.once(shown, _named)
            row = st.selectbox("どの行", range(len(records)), format_func=names.__getitem__, key=f"{key}_why_row")
        _forget_other_answers(result, key)
        said = [f"{column.title} {words.with_unit(records[row][column.name], column)}" for column in columns]
        column = st.pills(
            "数値を押すと、その元の行を示します",
            range(len(columns)),
            format_func=lambda at: faults.plain(said[at]),
            key=f"{key}_why",
            help=_help(here),
        )
        if column is None:
            st.session_state.pop(seen, None)
        else:
            with faults.spoken(), st.spinner("元の行を調べています…"):
                chosen = {name: records[row][name] for name in question.key}
                _show(here, here.house.trace(result, chosen, columns[column].name), seen)


def _forget_other_answers(result: Result, key: str) -> None:
    """A figure pressed in an answer is not pressed in another one, which other filters or a load have brought."""
    of = (result.snapshot, result.params)
    if st.session_state.get(f"{key}_why_of") != of:
        st.session_state[f"{key}_why_of"], st.session_state[f"{key}_why"] = of, None


def _help(here: Session) -> str | None:
    return "行を見ると、だれがどの数値の行を見たかが台帳に残ります。" if here.person.may(Right.SEE_ROWS) else None


def _named(result: Result) -> tuple[str, ...]:
    """Each row of the answer by its key."""
    key = [(name, result.question.column(name)) for name in result.question.key]
    return tuple("・".join(words.shown(record[name], column) for name, column in key) for record in result.records())


def _show(here: Session, found: Why, seen: str) -> None:
    value = words.with_unit(found.value, found.column)
    place = "・".join(words.shown(each, found.result.question.column(name)) for name, each in found.key.items())
    st.markdown(f"**{found.column.title}：{value}**")
    said = f"{found.result.question.version.title}、時点 {found.result.snapshot}"
    st.html(f'<p class="dx-note">{escape(f"{place}（{said}）")}</p>')
    if not found.lists:
        st.info(found.without_rows)
        return
    st.html(f'<p class="dx-note" role="status">{escape(found.proof.sentence)}</p>')
    may_see = here.person.may(Right.SEE_ROWS)
    if may_see:
        _noted(here, found, seen)
    for listed in found.lists:
        _list(listed) if may_see else _loads(listed)


def _noted(here: Session, found: Why, seen: str) -> None:
    """One line in the ledger for rows that come to the screen, none for those that stay on it through a rerun."""
    rows = (found.result.snapshot, found.result.params, found.key, found.column.name)
    if st.session_state.get(seen) != rows:
        view(found, here.person, here.house.ledger)
        st.session_state[seen] = rows


def _list(listed: Listed) -> None:
    heads = [*listed.rows[0].values, *_ORIGIN] if listed.rows else list(_ORIGIN)
    rows: list[list[Any]] = [
        [*row.values.values(), row.file or None, row.sheet, _number(row.row), _number(row.load), _receipt(row.load)]
        for row in listed.rows
    ]
    note = f"{listed.count:,} 行のうち、はじめの {ROWS_SHOWN:,} 行です。" if listed.count > len(listed.rows) else ""
    caption = f"{PARTS[listed.part]}：{listed.title} {listed.count:,} 行"
    tables.show(heads, rows, caption=caption, note=note)


def _loads(listed: Listed) -> None:
    """For who may not see rows: how many came with which file."""
    rows = [[file or None, _number(load), _receipt(load), count] for load, file, count in listed.loads]
    caption = f"{PARTS[listed.part]}：{listed.title} {listed.count:,} 行"
    tables.show(["ファイル", "取込番号", "預り証", "行数"], rows, caption=caption)


def _number(value: int | None) -> str | None:
    """A number that names something, so without separators."""
    return None if value is None else str(value)


def _receipt(load: int | None) -> str | None:
    return None if load is None else f"第{load}号"
