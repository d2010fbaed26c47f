"""The registers on the screen and as files: what was entrusted, copied, lent; accidents; disposals. Folds nothing."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import streamlit as st

from dx_data.access import Right
from dx_data.custody import accidents, disposals, registers
from dx_data.custody.document import Document, day
from dx_data.custody.exits import MEDIA, Exit, hand_over
from dx_data.ui import tables
from dx_data.ui.session import Session

_SHOWN = 20
_NOTHING = {
    registers.ENTRUSTED: "預かったファイルはまだありません。",
    registers.COPIES: "渡したものや控えはまだありません。",
    registers.LENT: "貸与を受けた資料はまだありません。",
}


def entrusted(here: Session) -> None:
    """The three registers, newest lines first, and all of them as one Excel book."""
    found = registers.registers(here.house.ledger, here.house.titles)
    for sheet in found.sheets:
        with st.container(border=True, key=f"card_register_{found.sheets.index(sheet)}"):
            st.header(f"{sheet.title}（{len(sheet.rows):,} 件）", anchor=False)
            if not sheet.rows:
                st.info(_NOTHING[sheet.title])
                continue
            more = len(sheet.rows) - _SHOWN
            note = f"新しい {_SHOWN} 件です。すべては、下の Excel にあります。" if more > 0 else ""
            tables.show(sheet.heads, sheet.rows[:_SHOWN], caption=sheet.title, note=note, heard=True)
    save(here, found, "registers", ("xlsx", "html"))


def accident_report(here: Session) -> None:
    """One accident's report: from a refused file or a fault that an inspection found."""
    found = {each.sentence: each.document for each in accidents.accidents(here.house.ledger)}
    with st.container(border=True, key="card_accidents"):
        st.header(f"事故報告書（断ったファイルと点検の異常、{len(found):,} 件）", anchor=False)
        if not found:
            st.info("断ったファイルも、点検の異常もありません。")
            return
        _one(here, found, "accident", "報告するもの")


def disposal_report(here: Session) -> None:
    """The report of one disposal; how to dispose where there was none."""
    found = {
        f"{each.title} {day(each.at)} {each.who}": each.document for each in disposals.disposals(here.house.ledger)
    }
    with st.container(border=True, key="card_disposals"):
        st.header(f"廃棄・返却の報告書（{len(found):,} 件）", anchor=False)
        if not found:
            st.info("廃棄・返却はまだありません。管理の役割の人が `dx dispose` で行います。")
            return
        _one(here, dict(reversed(found.items())), "disposal", "廃棄・返却")


def _one(here: Session, found: Mapping[str, Document], key: str, label: str) -> None:
    chosen = found[st.selectbox(label, list(found), key=key) or next(iter(found))]
    (sheet,) = chosen.sheets
    tables.show(sheet.heads, sheet.rows[:_SHOWN], caption=chosen.title, heard=True)
    st.html('<ul class="dx-note">' + "".join(f"<li>{escape(note)}</li>" for note in sheet.notes) + "</ul>")
    save(here, chosen, key, ("html", "xlsx"))


def save(here: Session, what: Document, key: str, forms: tuple[str, ...], label: str = "") -> None:
    """Buttons that hand a document over, in each form; `label` says what it is where that isn't plain."""
    if not here.person.may(Right.HAND_OVER):
        return
    names = {"xlsx": "Excel で保存", "html": "印刷用（HTML）で保存"}
    with st.container(horizontal=True, gap="small", key=f"{key}_save"):
        for form in forms:
            st.download_button(
                f"{label or names[form]}（内部資料）",
                data=lambda form=form: (
                    hand_over(  # type: ignore[misc]
                        Exit.INTERNAL, what, here.person, here.house.ledger, form=form
                    ).content
                ),
                file_name=what.filename(form),
                mime=MEDIA[form],
                key=f"{key}_{form}",
                on_click="ignore",
                help="保存すると、だれが何を保存したかが台帳に残ります。",
            )
