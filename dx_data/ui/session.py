"""Who sits at the screen and which lake is open: every page asks here first. Only here a screen opens a house."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from functools import cached_property
from html import escape
from typing import Any
from urllib.parse import urlencode

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dx_data import access, logins, serving, text
from dx_data import house as houses
from dx_data.access import Person, Right, Role
from dx_data.analysis import Workbench
from dx_data.catalog import Result
from dx_data.custody.ledger import Ledger
from dx_data.errors import Stopped, WrongUsage
from dx_data.house import House
from dx_data.lake import Moment
from dx_data.settings import settings
from dx_data.text import japanese_date
from dx_data.ui import drawn, faults

DEMO_MARK = "架空データ"
_SESSION = 2  # which of the subprotocols that a browser offers is the session it comes back to
SNAPSHOT, DAY, ACROSS = "snapshot", "day", "across"


@dataclass
class Session:
    """One run of one page: the open house, the person, and the filters that the page's address carries.

    The whole page speaks of one moment, so that a load in between cannot make two cards of it disagree.
    """

    house: House
    person: Person
    snapshot: str | None = None
    day: dt.date | None = None
    filters: dict[str, str] = field(default_factory=dict)
    across: frozenset[str] = frozenset()

    @cached_property
    def today(self) -> dt.date:
        """The reference date: the address's, else the house's."""
        return self.day or self.house.today(self.at)

    @cached_property
    def at(self) -> Moment:
        """The moment that the page shows: the address's snapshot, else the newest when it was first asked for."""
        return self.house.at(self.snapshot)

    def ask(self, name: str, **params: Any) -> Result:
        """The answer to a question at the address's snapshot and day, else as it stands now."""
        return self.house.ask(name, self.at, today=self.today, across_break=name in self.across, **params)

    def link(self, result: Result) -> str:
        """The address that shows this answer again: its snapshot, its day, the page's filters."""
        across = {ACROSS: ",".join(sorted(self.across))} if self.across else {}
        return "?" + urlencode({**self.filters, **across, SNAPSHOT: result.snapshot, DAY: self.today.isoformat()})

    def ways(self, result: Result) -> dict[str, str]:
        """Where an answer is told more of, and where it is shown again, as addresses by their words."""
        return {"定義": f"definitions?question={result.question.name}", "再表示": self.link(result)}

    @property
    def sees_rows(self) -> bool:
        """Whether what is shown was counted from rows of the open lake."""
        return True

    def past(self) -> dict[str, str]:
        """What a link to another page carries so that it shows the same moment; nothing where the page shows now."""
        day = {DAY: self.day.isoformat()} if self.day else {}
        return day | ({SNAPSHOT: self.snapshot} if self.snapshot else {})

    def ask_again(self, name: str) -> None:
        """From now on this page shows a question's comparisons across breaks, too."""
        st.query_params[ACROSS] = ",".join(sorted({*self.across, name}))


def _still_there(opened: House) -> bool:
    """Whether the lake on the disk is the one that was opened; `dx demo` and `dx dispose` make it anew."""
    return not opened.lake.replaced


def _let_go(opened: House) -> None:
    """Nothing of a lake's figures stays in memory when it is closed, not even as pictures."""
    opened.close()
    drawn.forget()


# No spinner: the server opens the lake at its start, in a thread that has no page to show one on.
@st.cache_resource(show_spinner=False, validate=_still_there, on_release=_let_go)
def _open(place: str, demo: bool) -> House:
    house = houses.open_house(demo=demo, chosen=settings())
    house.lake.keep_near()
    return house


@st.cache_resource(show_spinner=False, max_entries=1, on_release=lambda bench: bench.close())
def _bench(_house: House, key: str) -> Workbench:
    return Workbench(_house)


def workbench(house: House) -> Workbench:
    """Where typed SQL is asked of a house's copy: one per process and opened lake."""
    return _bench(house, f"{house.lake.id} {id(house)}")


def uses_demo() -> bool:
    """Whether the demo is shown: it was asked for, or there is no real lake yet."""
    return serving.demo_wanted() or not houses.place_of(demo=False).exists()


def is_there() -> bool:
    """Whether any lake can be shown."""
    return houses.place_of(uses_demo()).exists()


def ledger() -> Ledger | None:
    """The ledger of the lake on the screen; None where there is no lake yet."""
    return logins.ledger(houses.place_of(uses_demo()))


def person() -> Person:
    """Who sits at the screen: whoever is signed in, looked up anew on every run; without login this computer's account.

    Somebody whose login has ended since is nobody, with no right.
    """
    login = settings().login
    if login is None:
        return access.local_person()
    record = logins.kept(settings(), login).find(st.context.headers.get(serving.LOGIN_HEADER))
    return record.person(login) if record else Person("（ログインしていない人）", frozenset())


def moved() -> bool:
    """Whether this browser's page was begun in a session that is no more: its server went, or it was away too long.

    What it had put there, and what that session remembered, is not here.
    """
    asked = [each.strip() for each in (st.context.headers.get("Sec-WebSocket-Protocol") or "").split(",")]
    here = get_script_run_ctx()
    return len(asked) > _SESSION and here is not None and asked[_SESSION] != here.session_id


def signed_in(somebody: Person) -> None:
    """Under the title: as whom somebody is signed in, and the way out."""
    if somebody.proven:
        roles = "・".join(role.value for role in Role if role in somebody.roles)
        st.html(
            f'<p class="dx-note">{escape(somebody.name)}（{roles}）としてログインしています。'
            '<a href="/logout" target="_self">ログアウト</a></p>'
        )


def opened() -> House:
    """The house on the screen, opened once per process and lake."""
    demo = uses_demo()
    return _open(f"{houses.address(demo)} {settings().municipality_code}", demo)


def shown() -> House | None:
    """The house on the screen, None where there is no lake to show."""
    return opened() if is_there() else None


def page(right: Right, lead: str = "") -> Session:
    """What every page calls first: the right is checked, the lake is open, the page's question stands under its title.

    NotPermitted without the right. Where there is no lake the page ends with what to do.
    """
    somebody = person()
    access.require(somebody, right)
    if lead:
        st.html(f'<p class="dx-lead">{lead}</p>')
    if not is_there():
        no_lake(somebody)
        st.stop()
    across = frozenset(st.query_params.get(ACROSS, "").split(",")) - {""}
    here = Session(opened(), somebody, across=across)
    return _in_the_past(here)


def _in_the_past(here: Session) -> Session:
    """The page as an address with a snapshot or a day shows it; an unreadable one is said and left out."""
    asked, day = st.query_params.get(SNAPSHOT), st.query_params.get(DAY)
    if not asked and not day:
        return here
    try:
        at = here.house.lake.at(asked) if asked else None
        past = replace(here, snapshot=at.title if at else None, day=_day(day))
    except Stopped as stopped:
        faults.problems(stopped.problems, warn=True)
        return here
    when = f"{japanese_date(past.today)} を基準日に、" if past.day else ""
    which = f"時点「{past.snapshot}」の" if past.snapshot else ""
    st.html(f'<p class="dx-note" role="status">{when}{which}数値を表示しています。<a href="?">いまの数値に戻る</a></p>')
    return past


def _day(written: str | None) -> dt.date | None:
    try:
        return text.parse_date(written) if written else None
    except text.Unreadable as fault:
        raise WrongUsage.because(f"この画面の住所にある日付は、{fault.message}", fault.fix) from fault


def no_lake(person: Person) -> None:
    """What to do where there is neither a real lake nor a demo."""
    st.info(
        "台帳がまだありません。架空データで試すには、ターミナルで `dx demo` を実行し、この画面を開き直してください。"
    )
    offer_real_lake(person)


def offer_real_lake(person: Person) -> None:
    """A button that makes the empty real lake, as long as there is none and the demo was not asked for."""
    if serving.demo_wanted() or houses.place_of(demo=False).exists() or not person.may(Right.CREATE_LAKE):
        return
    with st.container(border=True):
        st.markdown(
            "**本番のデータで使い始めるとき** — 空の台帳を作ると、この画面は架空データから本番の台帳に切り替わります。"
        )
        if st.button("本番用の空の台帳を作る", key="make_lake"):
            with faults.spoken():
                houses.make_house(person).close()
                st.rerun()


def banner() -> None:
    """On every page of a demo: all of it is invented."""
    if uses_demo() and is_there():
        st.html(
            f'<p class="dx-demo" role="note">{DEMO_MARK} — 数値はすべて作りものです。公表や報告には使えません。</p>'
        )
