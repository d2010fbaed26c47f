"""What was published and is another now, on the screen: a reminder where files come in, and the decisions."""

from __future__ import annotations

import streamlit as st

from dx_data import corrections
from dx_data.access import Right
from dx_data.calendar import Quarter
from dx_data.corrections import CORRECTED, KEPT, Candidate
from dx_data.custody import published
from dx_data.text import japanese_date
from dx_data.ui import cards, faults, tables
from dx_data.ui.session import Session

_LISTED = 15


def remind(here: Session) -> None:
    """On the pages that load: that published figures are others now, and where that is decided."""
    if found := corrections.waiting(here.house.ledger):
        st.warning(f"公表した数値と違うものがあります（決定を待つ訂正候補 {len(found):,} 件）。")
        cards.go("publication", "四半期公表で決める", quarter=Quarter.parse(found[0].quarter).title)


def changed(here: Session) -> None:
    """The published figures that are others now, each with its decision; nothing where nothing was published."""
    if corrections.is_behind(here.house):
        corrections.notice(here.house, here.person.name)
    found = corrections.waiting(here.house.ledger)
    if not published.editions(here.house.ledger):
        return
    with st.container(border=True, key="card_corrections"):
        st.header(f"公表したあとで変わった数値（訂正候補 {len(found):,} 件）", anchor=False)
        if fault := corrections.fault(here.house.ledger):
            st.error(f"公表した数値を計算し直せませんでした（{fault}）。`dx inspect` で点検してください。")
        if not found:
            st.success("公表した数値と、いまの台帳の数値に、決定を待つ違いはありません。")
        for candidate in found:
            _candidate(here, candidate)
        _past(here)


def _past(here: Session) -> None:
    """What is not counted again any more, and what was not decided before that."""
    ledger = here.house.ledger
    if past := published.disposed(ledger):
        names = "、".join(each.title for each in past)
        st.info(f"{published.DISPOSED}：{names}。公表した値とハッシュは管理台帳に残り、計算し直しません。")
    left = [each for each in corrections.candidates(ledger) if each.state == corrections.DISPOSED]
    if left:
        rows = [
            [each.number, f"{each.quarter} 第{each.edition}版", change.sentence]
            for each in left
            for change in each.changes
        ]
        heads, caption = ("番号", "資料", "公表した値 → 廃棄の前の値"), "決定しないまま廃棄した訂正候補"
        tables.show(heads, rows, caption=caption, heard=True)


def _candidate(here: Session, each: Candidate) -> None:
    st.subheader(f"訂正候補 {each.number}（{each.quarter} 第{each.edition}版）", anchor=False)
    st.markdown(faults.plain(f"原因：{each.cause}。{japanese_date(published.day_of(each.at))}に気づきました。"))
    rows = [[f"{c.title}：{published.words(c.key)} {c.label}", c.old, c.new] for c in each.changes[:_LISTED]]
    more = len(each.changes) - _LISTED
    note = f"ほか {more:,} の数値は `dx corrections` で見られます。" if more > 0 else ""
    heads = ("数値", "公表した値", "いまの値")
    tables.show(heads, rows, caption=f"訂正候補 {each.number} の数値", note=note, heard=True)
    if each.rows:
        places = [[r["file"], r["sheet"] or "", r["row"]] for r in each.rows]
        tables.show(("ファイル", "シート", "行"), places, caption=f"訂正候補 {each.number} の元の行")
    if not here.person.may(Right.CORRECT):
        st.info("公表の役割の人が、訂正するか据え置くかを決めます。")
        return
    why = st.text_input("決めた理由", key=f"rule_why_{each.number}", max_chars=200)
    with st.container(horizontal=True, gap="small", key=f"rule_{each.number}"):
        _decide(here, each, CORRECTED, "訂正する（正誤表を付けた新しい版を出す）", why)
        _decide(here, each, KEPT, "据え置く（公表した数値のままにする）", why)


def _decide(here: Session, each: Candidate, decision: str, label: str, why: str) -> None:
    if st.button(label, disabled=not why.strip(), key=f"{decision}_{each.number}"):
        with faults.spoken():
            corrections.rule(each.number, decision, why, here.house, here.person)
            st.rerun()
