"""The nation on the screen: a page's session that asks what many municipalities told, and looks at nobody's rows."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from dx_data import nation as nations
from dx_data.catalog import Result
from dx_data.nation import Nation
from dx_data.settings import settings
from dx_data.ui.session import Session

SOURCE = "各自治体の台帳の答えのうち、公表してよいもの（少ない件数は伏せています）"
NOBODY = "答えた自治体がまだありません。台帳のある自治体に尋ねているときは、しばらくして開き直してください。"
NONE_CHOSEN = "上の欄に、自治体の名前の一部か団体コードを書いてください。"
NOT_FOUND = "その名前か団体コードの自治体には、台帳がありません。書き方を確かめてください。"
_AT_ONCE = 1.0  # seconds that a page waits for news; what takes longer comes with the next look


@dataclass
class NationSession(Session):
    """One run of the national page. The house is the program's own: its ledger has what somebody saved."""

    nation: Nation = field(kw_only=True)
    behind: bool = field(kw_only=True)

    def ask(self, name: str, **params: Any) -> Result:
        """The answer to a national question from what has been told so far."""
        found = self.nation.ask(name, today=self.today, **params)
        notes = [*found.notes, *(["いま、ほかの自治体にも尋ねています。"] * self.behind)]
        return replace(found, notes=tuple(notes))

    def ways(self, result: Result) -> dict[str, str]:
        """The address that shows this again, as everybody told it by then: no earlier moment is kept."""
        return {"再表示": f"?{urlencode(self.filters)}"}

    @property
    def sees_rows(self) -> bool:
        """Nobody's."""
        return False


@st.cache_resource(show_spinner=False, max_entries=1)
def _opened(key: str) -> Nation:
    return nations.opened(settings())


def nation(here: Session) -> NationSession:
    """The page's session for the nation. NotPermitted in the program of a municipality."""
    chosen = settings()
    found = nations.opened(chosen) if not chosen.nation else _opened(f"{chosen.lake} {chosen.nation}")
    done = found.gather(here.today, _AT_ONCE)
    return NationSession(here.house, here.person, nation=found, behind=not done, filters=here.filters)
