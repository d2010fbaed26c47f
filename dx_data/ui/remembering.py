"""What the house remembers of people's decisions, on the screen: listed, and forgotten after a second yes."""

from __future__ import annotations

import streamlit as st

from dx_data import intake
from dx_data.access import Right
from dx_data.custody import remembered
from dx_data.text import japanese_date
from dx_data.ui import faults, tables
from dx_data.ui.session import Session


def show(here: Session) -> None:
    """The remembered readings and corrections, for those who check files."""
    if not here.person.may(Right.CHECK):
        return
    found = remembered.decisions(here.house.ledger)
    with st.container(border=True, key="card_remembered"):
        st.header(f"読み替えと手直しの記憶（{len(found):,} 件）", anchor=False)
        if not found:
            st.info(
                "まだありません。知らない見出しや値の読み方を決めて取り込むと、ここに並び、次のファイルにも使います。"
            )
            return
        rows = [
            [
                str(remembered.number_of(each)),
                remembered.kind(each),
                remembered.sentence(each),
                each.by.who if each.by else "",
                japanese_date(each.by.on) if each.by else "",
            ]
            for each in reversed(found)
        ]
        tables.show(
            ("番号", "種類", "内容", "決めた人", "決めた日"), rows, caption="読み替えと手直しの記憶", heard=True
        )
        if here.person.may(Right.LOAD):
            _forget(here, list(reversed(found)))


def _forget(here: Session, found: list[remembered.Decision]) -> None:
    numbers = {
        f"{remembered.number_of(each)}：{remembered.sentence(each)}": remembered.number_of(each) for each in found
    }
    number = numbers[st.selectbox("取り消す記憶", list(numbers), key="reading") or next(iter(numbers))]
    sure = st.checkbox(
        f"{number} 番を、次のファイルから使わないようにします（取り込んだ行は変わりません）", key=f"forget_{number}"
    )
    if st.button("記憶を取り消す", disabled=not sure, key=f"forget_now_{number}"):
        with faults.spoken():
            intake.forget(number, here.house, here.person)
            st.rerun()
