"""SQL on the screen: the editor with completion, the answer as table, chart and file, history, kept questions."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from html import escape
from typing import Any

import streamlit as st

from dx_data import charts, promotion
from dx_data.access import Right
from dx_data.analysis import Answered
from dx_data.catalog import Result
from dx_data.custody import analyses
from dx_data.custody.analyses import Analysis
from dx_data.custody.exits import MEDIA, Exit, hand_over
from dx_data.datasets import DATASETS
from dx_data.derive import explored, names
from dx_data.spec import Column, Definition, Kind, Question
from dx_data.ui import asking, cards, exploring, faults, session, tables
from dx_data.ui.asking import Run
from dx_data.ui.exploring import Shelf
from dx_data.ui.session import Session

SQL, TITLE = "sql", "sql_title"
_SHOWN = 200
_HEARD = 400  # characters of a figure's words
_FEWEST, _MOST_BARS, _MOST_LINES = 2, 30, 5
_TIME = {Kind.DATE, Kind.DATETIME}
_PLAIN = (str, int, float, Decimal, dt.date)
_FIRST = "SELECT\n    所管課,\n    count(*) AS 件数\nFROM 手続台帳\nGROUP BY 所管課\nORDER BY 件数 DESC, 所管課"
_KEYWORDS = (
    *("SELECT", "FROM", "WHERE", "GROUP BY", "ORDER BY", "HAVING", "LIMIT", "WITH", "JOIN", "LEFT JOIN", "USING"),
    *("AND", "OR", "NOT", "IN", "BETWEEN", "IS NULL", "IS NOT NULL", "LIKE", "AS", "DESC", "DISTINCT", "UNION ALL"),
    *("CASE", "WHEN", "THEN", "ELSE", "END", "FILTER", "count(*)", "sum(", "avg(", "min(", "max(", "median("),
    *("count(DISTINCT ", "round(", "coalesce(", "nullif(", "contains(", "year(", "date_trunc('month', ", "DATE '"),
)


def editor(here: Session, analysis: Analysis) -> None:
    """The editor; what it suggests are the tables and columns there are."""
    found = exploring.shelves(here)
    with st.container(border=True, key="card_editor"):
        st.header("SQLで書く", anchor=False)
        st.text_input("題名", key=TITLE, persist_state="session", placeholder="例：課ごとの手続の数")
        with st.container(key="sql_editor"):
            st.session_state.setdefault(SQL, _FIRST)
            st.text_area("SQL", key=SQL, height=220, persist_state="session")
            _suggested(found)
        st.html(
            '<p class="dx-note">書くと候補が出ます（↓↑で選び、Tab か Enter で入れ、Esc で閉じます）。'
            "Ctrl+Enter で実行します。読むのは写しで、台帳は変わりません。10秒・10万行までです。</p>"
        )
        with st.container(horizontal=True, gap="small", key="sql_actions"):
            if st.button("実行", key="sql_run", type="primary"):
                begin(here, analysis, st.session_state[TITLE] or "問い合わせの結果", st.session_state[SQL])
            with st.popover("表と列の名前", key="sql_names"):
                chosen = st.selectbox("表", list(found), key="sql_table")
                rows = [[column.title, column.kind.words, column.description] for column in found[chosen].columns]
                tables.show(("列", "種類", "意味"), rows, caption=f"{chosen}の列", heard=True)
            _history()


def _suggested(found: Mapping[str, Shelf]) -> None:
    """What static/sql.js suggests, where it finds it: tables with their columns, and the words of SQL."""
    told = {
        "tables": {title: [column.title for column in shelf.columns] for title, shelf in found.items()},
        "words": _KEYWORDS,
    }
    st.html(f'<div hidden data-dx-words="{escape(json.dumps(told, ensure_ascii=False))}">候補</div>')


def _history() -> None:
    runs = asking.history()
    if not runs:
        return
    with st.popover(f"履歴（{len(runs)}）", key="sql_history"):
        labels = {f"{number}. {run.title}": run for number, run in enumerate(runs, 1)}
        chosen = labels[st.selectbox("この画面で答えたもの", list(labels), key="sql_past") or next(iter(labels))]
        st.code(chosen.sql, language=None, wrap_lines=True)
        st.button("編集する", key="sql_again", on_click=take_over, args=(chosen.title, chosen.sql))


def take_over(title: str, sql: str) -> None:
    """Go on with this query in the editor."""
    st.session_state[exploring.WAY] = exploring.WRITE
    st.session_state[SQL], st.session_state[TITLE] = sql, title


def begin(here: Session, analysis: Analysis, title: str, sql: str, unit: str = "") -> None:
    """Ask a query in this analysis; its answer is recorded there."""
    ledger, person = here.house.ledger, here.person

    def record(run: Run, found: Answered) -> None:
        rows = found.table.num_rows
        analyses.asked(ledger, person, analysis, title=run.title, sql=run.sql, rows=rows, snapshot=found.snapshot)

    with faults.spoken():
        analyses.written("題名", title)
        analyses.written("SQL", sql)
        asking.start(session.workbench(here.house), person, Run(title, sql, unit), record)


# --- the answer -----------------------------------------------------------------------------------


def answer(here: Session, analysis: Analysis) -> None:
    """What was asked last: while it runs the way to cancel it, then its table, its chart and the ways to keep it."""
    run = asking.latest()
    if asking.running():
        asking.waiting(session.workbench(here.house), here.person)
        return
    if run is None or run.answer is None:
        return
    result = _result(here, run, run.answer)
    with st.container(border=True, key="card_explored"):
        st.header(run.title, anchor=False)
        if run.answer.cut:
            st.warning(f"行が多いので、はじめの {len(result.rows):,} 行で切りました。条件を足すか、集計してください。")
        if not result.rows:
            st.info("条件に当てはまる行はありません。絞り込みを減らしてください。")
        else:
            if chart := _chart(result):
                with faults.spoken():
                    chart.chart(chart.result)
            tables.of_result(result, caption=run.title, limit=_SHOWN)
        seconds = max(0.1, round(run.answer.seconds, 1))
        facts = [("行数", f"{len(result.rows):,} 行"), ("時間", f"{seconds} 秒"), ("台帳の時点", result.snapshot)]
        cards.pairs([*facts, ("出典", result.source or "参考データ"), ("扱い", "内部資料")])
        with st.expander("SQLを見る"):
            st.code(run.sql, language=None, wrap_lines=True)
        with st.container(horizontal=True, gap="small", key="explored_save"):
            if result.rows and here.person.may(Right.HAND_OVER):
                _save(here, analysis, run, run.answer)
            st.button("SQLを編集する", key="explored_edit", on_click=take_over, args=(run.title, run.sql))
        _keep(here, run)


def _result(here: Session, run: Run, found: Answered) -> Result:
    """The answer as every answer is: with a declaration of what its columns mean, as far as that is known."""
    known = exploring.known(exploring.shelves(here))
    columns = tuple(
        explored.meaning(number, name, kind, known, run.unit or explored.UNKNOWN)
        for number, (name, kind) in enumerate(found.columns, 1)
    )
    reads = names.reads(run.sql, DATASETS.values())
    question = Question(
        name="データ探索の答え",
        family="分析",
        title=run.title,
        question=run.title,
        definition=Definition(
            numerator="データ探索で書いた問い合わせの答え",
            scope="台帳の写し（個人に結び付く列を除いたもの）",
            reference="問い合わせたときの台帳の時点",
        ),
        columns=columns,
        key=tuple(column.name for column in columns),
        reads=reads,
        sql=run.sql,
    )
    at = here.house.lake.at(found.snapshot)
    rows = [tuple(map(_cell, row)) for row in found.rows]
    return Result(question, rows, {}, found.snapshot, at.as_of(reads), at.updated(reads), found.notes)


def _cell(value: Any) -> Any:
    """A cell as answers have them; what only free SQL gives (records, times of day) as text."""
    if isinstance(value, list):
        return [str(each) for each in value]
    return value if value is None or isinstance(value, _PLAIN) else str(value)


def _save(here: Session, analysis: Analysis, run: Run, found: Answered) -> None:
    ledger, person, leaving = here.house.ledger, here.person, found.leaving(run.title)

    def content(form: str) -> Any:
        def handed() -> bytes:
            made = hand_over(Exit.INTERNAL, leaving, person, ledger, form=form).content
            analyses.taken(ledger, person, analysis, title=run.title, form=form, rows=leaving.count)
            return made

        return handed

    for form, label in (("csv", "CSV を保存"), ("xlsx", "Excel を保存")):
        st.download_button(
            f"{label}（内部資料）",
            data=content(form),
            file_name=leaving.filename(form),
            mime=MEDIA[form],
            key=f"explored_{form}",
            on_click="ignore",
            help="保存すると、だれが何を保存したかが台帳と分析支援記録に残ります。",
        )


@dataclass(frozen=True)
class _Drawn:
    """A figure and the answer it is drawn from."""

    chart: cards.Body
    result: Result


def _chart(result: Result) -> _Drawn | None:
    """The figure that fits: a line where the one heading is time, bars where it is anything else; none for a list."""
    headings = [column for column in result.columns if not column.kind.counts]
    quantities = [column for column in result.columns if column.kind.counts]
    if len(headings) != 1 or not quantities or len(result.rows) < _FEWEST:
        return None
    (heading,) = headings
    at = result.columns.index(heading)
    filled = replace(result, rows=[row for row in result.rows if row[at] not in (None, "")])
    timed = _in_time(filled, heading, at)
    if len({row[at] for row in timed.rows}) != len(timed.rows) or len(timed.rows) < _FEWEST:
        return None
    if timed.columns[at].kind in _TIME:
        same = [column.name for column in quantities if column.unit == quantities[0].unit]
        columns = {"x": heading.name, "y": tuple(same[:_MOST_LINES])}
        return _Drawn(cards.Chart(charts.lines, columns, _words_of), timed)
    if len(timed.rows) > _MOST_BARS or heading.kind is not Kind.TEXT:
        return None
    columns = {"x": heading.name, "y": quantities[0].name}
    return _Drawn(cards.Chart(charts.bars, columns, _words_of), timed)


def _words_of(result: Result, **columns: Any) -> str:
    """The figure in words, not longer than somebody listens to: the table below has the rest."""
    told = charts.alt(result, **columns)
    return told if len(told) <= _HEARD else f"{told[:_HEARD]}…（続きは表にあります）"


def _in_time(result: Result, heading: Column, at: int) -> Result:
    """Years and quarters by their first month, so that they lie on a line's axis."""
    days = [explored.begins(cell) if isinstance(cell, str) else None for cell in (row[at] for row in result.rows)]
    if heading.kind is not Kind.TEXT or not days or None in days:
        return result
    month = heading.model_copy(update={"kind": Kind.DATE, "month": True})
    columns = tuple(month if column is heading else column for column in result.columns)
    rows = [(*row[:at], day, *row[at + 1 :]) for row, day in zip(result.rows, days, strict=True)]
    return replace(result, question=result.question.model_copy(update={"columns": columns}), rows=rows)


# --- questions that are kept ------------------------------------------------------------------------


def _keep(here: Session, run: Run) -> None:
    """Keep the query for all who explore."""
    with st.popover("この問いを残す", key="explored_keep"), st.form("keep_form", border=False, clear_on_submit=True):
        title = st.text_input("題名", value=run.title, key="keep_title")
        purpose = st.text_input("何のための問いか", key="keep_purpose", placeholder="例：毎月の会議で確かめる")
        if st.form_submit_button("残す", key="keep_do"):
            with faults.spoken():
                analyses.keep(here.house.ledger, here.person, title=title, purpose=purpose, sql=run.sql)
                st.rerun()


def kept(here: Session) -> None:
    """The questions that are kept, one of them to go on with, to promote, or to keep no longer."""
    found = analyses.kept(here.house.ledger)
    with st.container(border=True, key="card_kept"):
        st.header(f"残した問い（{len(found):,} 件）", anchor=False)
        if not found:
            st.info("残した問いはまだありません。答えの枠の「この問いを残す」で、題名と目的を付けて残せます。")
            return
        labels = {f"{each.title}（{each.purpose}）": each for each in reversed(found)}
        one = labels[st.selectbox("問い", list(labels), key="kept_one") or next(iter(labels))]
        st.code(one.sql, language=None, wrap_lines=True)
        with st.container(horizontal=True, gap="small", key="kept_actions"):
            st.button("SQLを編集する", key="kept_edit", on_click=take_over, args=(one.title, one.sql))
            with st.popover("質問のファイルにする", key="kept_promote"):
                _promote(here, one)
            st.button("残すのをやめる", key="kept_drop", on_click=_drop, args=(here, one))


def _drop(here: Session, one: analyses.Kept) -> None:
    with faults.spoken():
        analyses.drop(here.house.ledger, here.person, one)


def _promote(here: Session, one: analyses.Kept) -> None:
    """Its two files, ready to be reviewed and put where questions are."""
    st.markdown(
        "見出しの付いた質問のファイルと、例を1つ作ります。中身を見直して、`queries/` と `tests/queries/` に置くと、"
        "ほかの質問と同じに使えます。公表するには、見出しに `publish` の決定を書き足します。"
    )
    families = sorted({question.family for question in here.house.catalog.questions.values()})
    family = st.selectbox("分野のフォルダー", families, key="promote_family") or families[0]
    name = st.text_input("質問の名前（半角）", key="promote_name", placeholder="sections_of_procedures")
    if not name:
        return
    with faults.spoken():
        answered = exploring.looked_up(here, one.sql)
        known = exploring.known(exploring.shelves(here))
        made = promotion.promote(
            here.house, one.sql, answered, known, name=name, family=family, title=one.title, purpose=one.purpose
        )
        st.success("台帳の名前に直した質問が、同じ答えになることを確かめました。")
        for label, place, content in (
            ("質問のファイル", made.place, made.sql),
            ("例のファイル", made.example_place, made.example),
        ):
            st.download_button(
                f"{label}（{place.rpartition('/')[2]}）を保存",
                data=content.encode(),
                file_name=place.rpartition("/")[2],
                mime="text/plain",
                key=f"promote_{label}",
                on_click="ignore",
                help=f"{place} に置きます。",
            )
