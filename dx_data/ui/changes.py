"""What changed since an earlier look: on the overview since last week, on a card since its figures were last seen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from html import escape

import streamlit as st

from dx_data.catalog import Result
from dx_data.errors import AcrossBreak
from dx_data.house import FICTIONAL, Earlier
from dx_data.settings import ROOT
from dx_data.spec import Kind, Question
from dx_data.text import japanese_date
from dx_data.ui.session import Session

WEEK = dt.timedelta(days=7)
_APART = "届いた分・訂正・消えた分に分ける"

# Page, its name, question, figures.
_HEADLINES = (
    ("procedures", "手続オンライン化", "procedures_headline", ("online", "cases")),
    ("applications", "電子申請", "applications_headline", ("received", "unfinished")),
    ("cashless", "キャッシュレス", "cashless_headline", ("transactions", "transaction_rate")),
    ("consultations", "相談・伴走支援", "consultations_headline", ("cases", "visits")),
)


def told_on_home() -> tuple[str, ...]:
    """The questions that `since_last_week` compares."""
    return tuple(name for _, _, name, _ in _HEADLINES)


def since_last_week(here: Session, **filters: str) -> None:
    """Headline figures against those of a week ago, each with the way to its page and these filters."""
    day = here.today - WEEK
    with st.container(border=True, key="card_fold_changes", gap="xxsmall", height="stretch"):
        st.header("先週から変わったこと（主な数値、1週間前の台帳との差）", anchor=False)
        before = here.house.earlier(day, here.at)
        if before.at.number == 0:
            st.info("1週間前の台帳には何もないので、比べられません。1週間たつと、変わったところを示します。")
            return
        apart = st.toggle(_APART, key="changes_apart")
        for page, label, name, columns in _HEADLINES:
            link, said = st.columns([1, 4], vertical_alignment="center")
            link.page_link(ROOT / "pages" / f"{page}.py", label=label, query_params=filters or None)
            with said:
                _lines(_told(here, name, before, columns, parts=apart))
        _lines([f"{japanese_date(day)}までに取り込んだ台帳と、いまの台帳で、同じ基準日の数値を比べた差です。"])


def _told(here: Session, name: str, before: Earlier, columns: Sequence[str], *, parts: bool) -> list[str]:
    """The sentences of those of the named figures that changed."""
    titles = {here.house.catalog.named(name).column(column).title for column in columns}
    try:
        result = here.house.compare(name, before, here.at, today=here.today, parts=parts)
    except AcrossBreak as stopped:
        return [_refused(stopped)]
    told = [line for row, line in zip(result.records(), _sentences(result), strict=False) if row["figure"] in titles]
    return told or ["先週から変わっていません。"]


def since_seen(here: Session, result: Result) -> None:
    """On a card over time: how it differs from when it was last seen in this browser, else from last week's report."""
    if here.snapshot is not None or not over_time(result.question):
        return
    name = result.question.name
    seen: dict[str, list[str]] = st.session_state.setdefault("seen", {})
    shown = seen.setdefault(name, [result.snapshot])
    if shown[-1] != result.snapshot:
        shown = seen[name] = [shown[-1], result.snapshot]
    before = here.house.earlier(shown[0] if len(shown) > 1 else here.today - WEEK, here.at)
    if len(shown) == 1 and before.at.number == 0:
        return
    opening = "前に見たとき" if len(shown) > 1 else here.house.compared_with(name, before, here.at)
    opening += "との差"
    asked = {"across_break": name in here.across, "parts": bool(st.session_state.get(f"apart_{name}"))}
    try:
        found = here.house.compare(name, before, here.at, today=here.today, **asked, **result.params)
    except AcrossBreak as stopped:
        with st.expander(f"{opening}（示していません）"):
            _lines([_refused(stopped)])
            across_break(here, name, f"seen_across_{name}")
        return
    with st.expander(f"{opening}（{len(found.rows):,} の数値）" if found.rows else f"{opening}（なし）"):
        _lines(_sentences(found))
        if found.rows:
            st.toggle(_APART, key=f"apart_{name}")


def across_break(here: Session, name: str, key: str) -> None:
    """The way to a question's comparisons across a break, which the whole page shows then."""
    if st.button(
        "変わる前との差も示す",
        key=key,
        help="数えるものが変わった日をまたぐ差です。増減の理由にはなりません。",
    ):
        here.ask_again(name)
        st.rerun()


def _refused(stopped: AcrossBreak) -> str:
    return f"{stopped.problems[0].message}。数え方が違うので、差を示していません。"


def over_time(question: Question) -> bool:
    """Whether a card tells what changed: its answer has a row for each month."""
    return any(column.month and column.kind is Kind.DATE for column in map(question.column, question.key))


def _sentences(result: Result) -> list[str]:
    """The sentences of a comparison, which stand before the notes of the answer itself."""
    said = [note for note in result.notes if note != FICTIONAL]
    return said[: max(1, len(result.rows))]


def _lines(said: Sequence[str]) -> None:
    st.html("".join(f'<p class="dx-note">{escape(line)}</p>' for line in said))
