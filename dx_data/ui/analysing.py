"""分析支援記録 on the screen: begin an analysis, note, end it, and the list with what counts toward the contract."""

from __future__ import annotations

from html import escape

import streamlit as st

from dx_data.access import Right
from dx_data.analysis import Answered
from dx_data.custody import analyses
from dx_data.custody.analyses import Analysis
from dx_data.custody.document import Sheet
from dx_data.custody.ledger import Act
from dx_data.datasets import DATASETS
from dx_data.derive import explored
from dx_data.text import japanese_date
from dx_data.ui import cards, exploring, faults, registers, tables, words
from dx_data.ui.session import Session

_CHOSEN = "analysis"
_SHOWN = 30
_SUPPORT = DATASETS["tool_support"]


def chosen(here: Session) -> Analysis | None:
    """The analysis that the person works on; without one the form that begins it: a query says what it is for."""
    open_ones = [each for each in analyses.analyses(here.house.ledger) if each.is_open]
    mine = next((each for each in open_ones if each.number == st.session_state.get(_CHOSEN)), None)
    if mine is None:
        _begin(here, open_ones)
        return None
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="analysis_now"):
        st.html(f'<p class="dx-note"><b>いまの分析</b> {escape(mine.sentence)}</p>', width="stretch")
        st.button("ほかの分析にする", key="analysis_other", on_click=_choose, args=(None,))
    return mine


def _choose(number: int | None) -> None:
    st.session_state[_CHOSEN] = number


def _begin(here: Session, open_ones: list[Analysis]) -> None:
    with st.container(border=True, key="card_begin"):
        st.header("何のための分析ですか", anchor=False)
        st.html(
            '<p class="dx-note">問い合わせ・出力・メモを、目的とともに分析支援記録（仕様書 §7(1)イ）に残します。'
            "個人の名前や連絡先は書かないでください。</p>"
        )
        if open_ones:
            known = {each.sentence: each.number for each in reversed(open_ones)}
            with st.container(horizontal=True, vertical_alignment="bottom", key="analysis_go_on"):
                again = st.selectbox("続きをする分析", list(known), key="analysis_again")
                st.button("続きをする", key="analysis_continue", on_click=_choose, args=(known[again],))
        with st.form("analysis_begin", border=False):
            purpose = st.text_input("目的", key="analysis_purpose", placeholder="例：窓口の混む曜日を知る")
            left, right = st.columns(2)
            section = left.text_input("依頼課", key="analysis_section", placeholder="例：戸籍住民課")
            due = right.date_input(
                "期限",
                value=None,
                key="analysis_due",
                min_value=here.today,
                format="YYYY/MM/DD",
                help="いつまでに要るかです",
            )
            if st.form_submit_button("新しく始める", type="primary", key="analysis_start"):
                with faults.spoken():
                    begun = analyses.begin(here.house.ledger, here.person, purpose=purpose, section=section, due=due)
                    _choose(begun.number)
                    st.rerun()


def show(here: Session) -> None:
    """All analyses, one of them whole, and the way toward the contract's volume."""
    found = analyses.analyses(here.house.ledger)
    with st.container(border=True, key="card_analyses"):
        st.header(f"分析支援記録（{len(found):,} 件）", anchor=False)
        _volume(here)
        if not found:
            st.info("分析はまだありません。「組み立てる」か「SQLで書く」で、目的・依頼課・期限を書いて始めます。")
            return
        listed = analyses.sheet(found, _counted(here, found))
        tables.show(listed.heads, listed.rows[:_SHOWN], caption=listed.title, heard=True)
        ended = [each for each in found if not each.is_open]
        if ended:
            st.html(
                f'<p class="dx-note">終えた分析は、「{_SUPPORT.title}」の行にして取り込むと、'
                f"契約の「{analyses.INDICATOR}」に数えられます（届け方は「追加」）。"
                "kintone のアプリにも同じ支援番号で登録してください。"
                "全件のファイルにないと、次の取込で数から外れます。</p>"
            )
            registers.save(here, analyses.supports(ended), "supports", ("xlsx",), "契約の実績の行（Excel）を保存")
            if here.person.may(Right.LOAD):
                cards.go("intake", "データ取込を開く")
    _one(here, found)


def _volume(here: Session) -> None:
    """How many the contract asks for this year, and how many count so far."""
    rows = [row for row in here.ask("contract_scoreboard").records() if row["indicator"] == analyses.INDICATOR]
    for row in rows:
        actual, lower = (words.shown(row[name]) for name in ("actual", "lower"))
        st.html(
            f'<p class="dx-note">契約の「{analyses.INDICATOR}」：今年度の実績 {actual}件、目標 {lower}件'
            f"（{row['status'] or row['note']}）</p>"
        )


def _counted(here: Session, found: list[Analysis]) -> list[str]:
    """The support numbers of these analyses that have arrived in the contract's ledger."""
    number = _SUPPORT.column("support_id").title
    sql = explored.among(_SUPPORT.title, number, [each.support_id for each in found])
    answer: Answered = exploring.looked_up(here, sql)
    return [str(row[0]) for row in answer.rows]


def _one(here: Session, found: list[Analysis]) -> None:
    with st.container(border=True, key="card_analysis"):
        st.header("1件の記録", anchor=False)
        known = {each.sentence: each for each in reversed(found)}
        one = known[st.selectbox("分析", list(known), key="analysis_shown") or next(iter(known))]
        for sheet in one.document.sheets:
            if sheet.rows:
                st.markdown(f"**{sheet.title}**")
                _sheet(sheet)
        registers.save(here, one.document, "analysis", ("xlsx", "html"))
        if one.is_open:
            _write(here, one)


def _sheet(sheet: Sheet) -> None:
    """A table of the record; its SQL, which is long, below it."""
    if analyses.SQL not in sheet.heads:
        tables.show(sheet.heads, sheet.rows, caption=sheet.title, heard=True)
        return
    at = list(sheet.heads).index(analyses.SQL)
    rows = [[*row[:at], *row[at + 1 :]] for row in sheet.rows]
    tables.show([*sheet.heads[:at], *sheet.heads[at + 1 :]], rows, caption=sheet.title, heard=True)
    with st.expander("問い合わせのSQLを見る"):
        for row in reversed(sheet.rows):
            st.code(str(row[at]), language=None, wrap_lines=True)


def _write(here: Session, one: Analysis) -> None:
    """A note, and the end with its result."""
    left, right = st.columns(2)
    with left, st.form("analysis_note", border=False, clear_on_submit=True):
        text = st.text_area("メモ", key="analysis_note_text", height=100)
        if st.form_submit_button("メモを残す", key="analysis_note_add"):
            with faults.spoken():
                analyses.note(here.house.ledger, here.person, one, text)
                st.rerun()
    with right, st.form("analysis_end", border=False, clear_on_submit=True):
        result = st.text_area("結果（分かったこと）", key="analysis_result", height=100)
        if st.form_submit_button("分析を終える", key="analysis_finish"):
            with faults.spoken():
                analyses.end(here.house.ledger, here.person, one, result)
                st.rerun()
    queries = len(one.of(Act.ANALYSIS_ASKED))
    st.html(f'<p class="dx-note">期限は {japanese_date(one.due)}、問い合わせは {queries:,} 件です。</p>')
