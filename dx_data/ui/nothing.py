"""What a screen says where there is nothing to show: which files are still to come, or that nothing fits the choice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import streamlit as st

from dx_data.access import Right
from dx_data.catalog import Result
from dx_data.datasets import DATASETS
from dx_data.settings import ROOT
from dx_data.spec import Dataset
from dx_data.ui import session
from dx_data.ui.session import Session

_NAMED = 4


def said(here: Session, result: Result, empty: str = "") -> str:
    """The sentence for an answer without rows. `empty` is the good news, told only where something was collected."""
    read = [DATASETS[name] for name in result.question.reads if name in DATASETS]
    lacking = _lacking(here, read)
    if result.updated and (not read or read[0] not in lacking):
        if empty and lacking:
            return f"{empty}ただし、{_named(lacking)}のファイルがまだないので、その分は確かめていません。"
        if empty:
            return empty
        if not lacking:
            return "選んだ条件に当てはまるデータはありません。年度などの条件を変えてください。"
    return f"示せるデータがまだありません。{_remedy(here, lacking or read)}"


def _lacking(here: Session, read: Iterable[Dataset]) -> list[Dataset]:
    """Those of the datasets of which no file came yet; masters and sub-tables, which may stay without rows, aside."""
    at = here.at
    return [each for each in read if not each.dated and not each.child_of and at.updated([each.name]) is None]


def _remedy(here: Session, missing: Sequence[Dataset]) -> str:
    files = _named(missing) or "はじめ"
    if here.person.may(Right.CHECK):
        return f"{files}のファイルを、「データ取込」の画面で取り込んでください。"
    return f"{files}のファイルを、取込の役割の人に取り込んでもらってください。"


def _named(datasets: Sequence[Dataset]) -> str:
    first = "".join(f"「{each.title}」" for each in datasets[:_NAMED])
    return first if len(datasets) <= _NAMED else f"{first}など{len(datasets)}種類"


def first_steps(*, to_intake: bool) -> None:
    """On a lake without any load: how it begins, with the ways there; to the intake for who may go there."""
    if not session.is_there() or not session.opened().lake.is_empty:
        return
    with st.container(border=True, key="first_steps"):
        st.markdown(
            "**台帳はまだ空です。** 届いたファイルを1つ取り込むと、その画面に数値が出ます。"
            "ファイルがまだなければ、データ辞書にある記入用のひな形（Excel）に書いて取り込めます。"
        )
        with st.container(horizontal=True):
            if to_intake:
                st.page_link(ROOT / "pages" / "intake.py", label="データ取込を開く")
            st.page_link(ROOT / "pages" / "dictionary.py", label="ひな形をデータ辞書で受け取る")
            st.page_link(ROOT / "pages" / "help.py", label="使い方を見る")
