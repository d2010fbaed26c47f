"""The last 点検 on the screen: when, by whom, what was found. The inspection itself is `dx inspect`."""

from __future__ import annotations

import streamlit as st

from dx_data.custody.inspections import State, inspections
from dx_data.ui import faults, tables
from dx_data.ui.session import Session

_BOXES = {State.SOUND: st.success, State.CAUTION: st.warning, State.FAULT: st.error}
_SHOWN = 10


def last(here: Session) -> None:
    """The newest inspection's findings; how to make one where there is none."""
    with st.container(border=True, key="card_inspection"):
        st.header("台帳の点検（最後の1回）", anchor=False)
        found = inspections(here.house.ledger)
        if not found:
            st.info("点検はまだありません。`dx inspect` で、保存したものと控えを点検できます。")
            return
        newest = found[-1]
        _BOXES[newest.state](faults.plain(newest.sentence))
        rows = [(each.subject, each.state.value, "　".join(each.said[:_SHOWN])) for each in newest.findings]
        tables.show(("点検したもの", "結果", "内容"), rows, caption="最後の点検", heard=True)
