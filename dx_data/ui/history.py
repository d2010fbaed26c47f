"""The history of loads on the screen: what came when, its receipt, and taking it back. Undo itself is intake's."""

from __future__ import annotations

import streamlit as st

from dx_data import intake
from dx_data.access import Right
from dx_data.custody.receipts import receipt
from dx_data.errors import NotFound
from dx_data.lake import Load
from dx_data.text import japanese_date
from dx_data.ui import faults, tables, words
from dx_data.ui.session import Session

_SHOWN = 200
_LISTED = 20


def list_loads(here: Session) -> None:
    """All loads, newest first."""
    loads = here.house.lake.loads()
    undone = here.house.lake.undone()
    if not loads:
        st.info("取込はまだありません。「データ取込」の画面で、ファイルを取り込んでください。")
        return
    rows = [
        [
            load.load,
            words.moment(load.at),
            load.message if load.undoes else load.file,
            japanese_date(load.as_of),
            load.author,
            load.added,
            load.changed,
            load.missing,
            _state(load, undone),
        ]
        for load in loads[:_LISTED]
    ]
    heads = ("取込番号", "日時", "ファイル・内容", "いつ時点", "行った人", "追加", "変更", "消滅", "状態")
    more = len(loads) - _LISTED
    note = f"{len(loads):,} 件のうち、新しい {_LISTED} 件です。すべては dx loads で見られます。" if more > 0 else ""
    with st.container(border=True, key="card_loads"):
        st.header(f"取込の一覧（新しい順、{len(loads):,} 件）", anchor=False)
        tables.show(heads, rows, caption="取込の一覧", note=note, heard=True)


def one_load(here: Session) -> None:
    """One load's receipt, and its undo after a second yes."""
    undone = here.house.lake.undone()
    loads = [load for load in here.house.lake.loads() if load.undoes is None]
    if not loads:
        return
    names = {f"{load.load}：{load.file}（{_state(load, undone)}）": load for load in loads[:_SHOWN]}
    with st.container(border=True, key="card_undo"):
        st.header("預り証と取消し（取込1件）", anchor=False)
        load = names[st.selectbox("取込番号", list(names), key="load") or next(iter(names))]
        try:
            st.markdown(faults.plain(receipt(load.load, reversed(here.house.ledger.lines())).sentence))
        except NotFound as stopped:
            faults.problems(stopped.problems, warn=True)
        if load.load in undone:
            st.info("この取込は取り消されています。")
        elif here.person.may(Right.UNDO):
            _undo(here, load)


def _undo(here: Session, load: Load) -> None:
    sure = st.checkbox(
        f"取込番号 {load.load} を取り消し、この取込が書いた行を前の値に戻します", key=f"sure_{load.load}"
    )
    if st.button("取り消す", disabled=not sure, key=f"undo_{load.load}"):
        with faults.spoken():
            done = intake.undo(load.load, here.house, here.person)
            st.session_state["undone"] = done.load  # said once, on the run that shows the history anew
            st.rerun()


def say_undone() -> None:
    """Say once that an undo is done."""
    if number := st.session_state.pop("undone", None):
        st.success(f"取り消しました。取消しは取込番号 {number} として履歴に残ります。")


def _state(load: Load, undone: frozenset[int]) -> str:
    if load.undoes is not None:
        return f"{load.undoes} の取消し"
    return "取消し済み" if load.load in undone else "有効"
