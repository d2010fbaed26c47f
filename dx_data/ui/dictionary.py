"""A declaration on the screen: what a dataset is, its columns, and its fill-in template. Shows what derive/ derives."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dx_data.datasets import DATASETS
from dx_data.derive import dictionary, template
from dx_data.lake import kept
from dx_data.spec import Dataset
from dx_data.text import japanese_date
from dx_data.ui import cards, tables
from dx_data.ui.session import Session

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def titles() -> list[str]:
    """The titles of all datasets."""
    return [dataset.title for dataset in DATASETS.values()]


def named(title: str) -> Dataset:
    """The dataset of that title."""
    return next(dataset for dataset in DATASETS.values() if dataset.title == title)


def show(dataset: Dataset) -> None:
    """One dataset: its facts, its columns, its template."""
    with st.container(border=True):
        st.header(f"{dataset.title}（データの決まり）", anchor=False)
        cards.pairs(list(dictionary.facts(dataset).items()))
        if not dataset.child_of:
            st.download_button(
                "記入用のひな形（Excel）を保存",
                data=_workbook(dataset),
                file_name=f"{dataset.title}_ひな形.xlsx",
                mime=_XLSX,
                key=f"template_{dataset.name}",
                on_click="ignore",
            )
            st.caption("記入したひな形は、そのまま「データ取込」の画面で取り込めます。")
        rows = [[row[head] or "－" for head in dictionary.HEADINGS] for row in dictionary.rows(dataset)]
        tables.show(dictionary.HEADINGS, rows, caption=f"{dataset.title}の列（{len(rows)} 列）")


def references(here: Session) -> None:
    """The tables kept as 参考データ: what they are and where they come from. Figures read none of them."""
    found = list(kept(here.house.lake.at()))
    if not found:
        return
    with st.container(border=True, key="card_references"):
        st.header(f"参考データ（{len(found):,} 件）", anchor=False)
        st.caption("比べたり分析したりするために残した表です。画面の数値には使っていません。")
        heads = ("名前", "出典", "利用条件", "いつ時点", "行数", "項目", "個人情報の確認", "取込番号")
        rows = [
            [r.name, r.source, r.terms, japanese_date(r.as_of), r.row_count, "、".join(r.headings), r.gate, r.load]
            for r in found
        ]
        tables.show(heads, rows, caption="参考データの一覧")


def _workbook(dataset: Dataset) -> Callable[[], bytes]:
    return lambda: template.workbook(dataset)
