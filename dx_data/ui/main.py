"""The script behind every page: navigation on every run before anything can stop it, then the page inside its guard."""

from contextlib import suppress
from pathlib import Path

import streamlit as st

from dx_data import access
from dx_data.access import Right
from dx_data.errors import Stopped
from dx_data.settings import ROOT, settings
from dx_data.ui import ahead, asgi, faults, guide, nothing, session, words
from dx_data.ui.in_turn import in_turn
from dx_data.ui.leaving import leaving

# A page is one file in pages/ and one line here: file (its address too), title, the right that shows it.
# Who lacks the right does not even find the page; the page asks for the same right again.
# A section is one menu in the bar at the top; the pages without one stand in the bar themselves.
PAGES = {
    "": (
        ("overview", "概要", Right.ASK),
        ("help", "使い方", Right.ASK),
    ),
    "手続と申請": (
        ("procedures", "手続オンライン化", Right.ASK),
        ("applications", "電子申請", Right.ASK),
        ("forms", "フォーム", Right.ASK),
    ),
    "収納": (
        ("cashless", "キャッシュレス", Right.ASK),
        ("deposits", "入金と手数料", Right.ASK),
    ),
    "支援と庁内": (
        ("consultations", "相談・伴走支援", Right.ASK),
        ("trainings", "研修・イベント・新技術", Right.ASK),
        ("desk", "庁内対応", Right.ASK),
    ),
    "契約・比較・公表": (
        ("contract", "契約の進捗", Right.ASK),
        ("deadlines", "契約の期限", Right.ASK),
        ("benchmark", "全国・23区との比較", Right.ASK),
        ("publication", "四半期公表", Right.ASK),
    ),
    "データ": (
        ("intake", "データ取込", Right.CHECK),
        ("history", "取込履歴", Right.ASK),
        ("custody", "管理台帳", Right.SEE_LEDGER),
        ("health", "データの健康", Right.ASK),
        ("exploration", "データ探索", Right.EXPLORE),
        ("dictionary", "データ辞書", Right.ASK),
        ("definitions", "定義集", Right.ASK),
        ("logins", "ログインの管理", Right.END_LOGINS),
    ),
}
# The program of a prefecture or the nation has its page alone; no municipality's has it.
NATION = {"": (("nation", "全国の指標", Right.ASK),)}


def refused() -> None:
    """What somebody without any role sees."""
    access.require(session.person(), Right.ASK)


person = None
with suppress(Stopped):  # nobody can be looked up; said below, where every page keeps its name
    person = session.person()
pages = {
    section: [
        st.Page(ROOT / "pages" / f"{name}.py", title=title, url_path=name, default=name == asgi.home())
        for name, title, right in members
        if person is None or person.may(right)
    ]
    for section, members in (NATION if settings().nation else PAGES).items()
}
shown = {section: members for section, members in pages.items() if members}
navigation = st.navigation(shown or [st.Page(refused, title="利用できません", default=True)], position="top")
mark = ""
with suppress(Stopped):  # the page below says it
    mark = f"【{session.DEMO_MARK}】" if session.uses_demo() and session.is_there() else ""
st.set_page_config(
    page_title=f"{mark}{navigation.title}｜{words.PRODUCT}",
    page_icon=str(Path(__file__).parent / "static" / "favicon.png"),
    layout="wide",
)
with leaving.at_work(), ahead.drawing.page(), in_turn.turn(), faults.spoken():
    session.banner()
    guide.masthead(f"{navigation.title}{mark}")
    person = person or session.person()
    session.signed_in(person)
    if shown and not navigation.url_path and not settings().nation:
        guide.tour()
    if shown and not settings().nation:
        nothing.first_steps(to_intake=person.may(Right.CHECK) and navigation.url_path != "intake")
    navigation.run()
