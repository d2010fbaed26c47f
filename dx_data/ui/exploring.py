"""データ探索: its ways, the tables there are, and what its parts share. All it shows is internal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from threading import Event

import streamlit as st

from dx_data.analysis import Answered, CopiedTable
from dx_data.datasets import DATASETS
from dx_data.derive import tables as declared
from dx_data.derive.explored import UNKNOWN
from dx_data.spec import Column, Kind
from dx_data.ui import session
from dx_data.ui.session import Session

BROWSE, BUILD, WRITE, BESIDE, RECORDS = "表を見る", "組み立てる", "SQLで書く", "並べる", "分析の記録"
WAYS = (BROWSE, BUILD, WRITE, BESIDE, RECORDS)
WAY = "way"
_KINDS = {kind.words: kind for kind in Kind}


@dataclass(frozen=True)
class Shelf:
    """A table of the copy with its columns as declared; of 参考データ as they were read."""

    copied: CopiedTable

    @property
    def title(self) -> str:
        """The name of its Japanese view."""
        return self.copied.title

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """Its columns; a quantity of 参考データ has no declared unit."""
        if self.copied.name in DATASETS:
            return declared.copied(DATASETS[self.copied.name])
        kinds = [(column, _KINDS[column.kind]) for column in self.copied.columns]
        return tuple(
            Column(name=f"c{number}", title=column.title, kind=kind, unit=UNKNOWN if kind.counts else None)
            for number, (column, kind) in enumerate(kinds, 1)
        )

    def column(self, title: str) -> Column:
        """The column of that title."""
        return next(column for column in self.columns if column.title == title)


def shelves(here: Session) -> dict[str, Shelf]:
    """All tables by their titles; those without rows come last."""
    found = [Shelf(copied) for copied in session.workbench(here.house).tables()]
    return {shelf.title: shelf for shelf in sorted(found, key=lambda shelf: not shelf.copied.rows)}


def known(found: Mapping[str, Shelf]) -> dict[str, Column]:
    """Every declared column by its title; of several of one title the first that has a unit."""
    columns = [column for shelf in found.values() for column in shelf.columns]
    return {column.title: column for column in sorted(columns, key=lambda column: bool(column.unit))}


@st.cache_data(max_entries=256, show_spinner="調べています…")
def _asked(_here: Session, snapshot: str, person: str, sql: str) -> Answered:
    return session.workbench(_here.house).ask(sql, who=_here.person, cancelled=Event())


def looked_up(here: Session, sql: str) -> Answered:
    """The answer of a small query of ours about a table; asked once for each snapshot."""
    return _asked(here, here.house.lake.at().title, here.person.name, sql)


def first_use() -> None:
    """What the page is for, in three sentences."""
    st.html(
        '<ol class="dx-list">'
        f"<li><b>{BROWSE}</b> で、どんな表と列があるかを見ます。</li>"
        f"<li><b>{BUILD}</b> で、選ぶだけで表と図ができ、そのSQLも見られます。</li>"
        "<li>結果は内部資料です。公表するときは、質問のファイルにして、いつもの手順を通します。</li></ol>"
    )


def way(here: Session) -> str:
    """How the person goes on; it stands in the address."""
    asked = st.query_params.get(WAY)
    if asked not in (None, *WAYS):
        st.query_params.pop(WAY)
    st.session_state.setdefault(WAY, asked if asked in WAYS else BROWSE)
    chosen = st.segmented_control("すること", WAYS, key=WAY, bind="query-params", required=True)
    here.filters[WAY] = str(chosen or BROWSE)
    return here.filters[WAY]
