"""Logins on the screen of who administers: who may sign in, who is, and ending it. The records are logins'."""

from __future__ import annotations

import datetime as dt

import streamlit as st

from dx_data import logins
from dx_data.access import RIGHTS, Role
from dx_data.calendar import TOKYO
from dx_data.settings import Login
from dx_data.ui import faults, tables, words
from dx_data.ui.session import Session


def who_may(here: Session) -> None:
    """Which groups and people have which role, and what each role may do."""
    login = here.house.settings.login
    with st.container(border=True, key="card_roles"):
        st.header("ログインできる人（役割ごと）", anchor=False)
        if login is None:
            st.info(
                "ログインは設定されていません。いまは、このコンピューターからだけ、すべての役割で使えます（公表の承認を除く）。"
                "設定のしかたは README の「利用者を登録して、庁内で使う」にあります。"
            )
        heads = ("役割", "できること", *(("グループなど", "人") if login else ()))
        rows = [[role.value, _rights(role), *(_listed(login, role) if login else ())] for role in Role]
        note = "役割は dx.toml で決めます。書き直して始め直すと、いまのログインにもすぐ効きます。" if login else ""
        tables.show(heads, rows, caption="役割", note=note, heard=True)


def _rights(role: Role) -> str:
    return "、".join(sorted(right.value for right in RIGHTS[role]))


def _listed(login: Login, role: Role) -> tuple[str, str]:
    return "、".join(login.roles.get(role.value, ())), "、".join(login.people.get(role.value, ()))


def now(here: Session) -> None:
    """Every login that has not ended; ending all of a person's after a second yes."""
    login = here.house.settings.login
    if login is None:
        return
    kept = logins.kept(here.house.settings, login)
    lasting = kept.lasting()
    with st.container(border=True, key="card_logins"):
        st.header(f"いまのログイン（{len(lasting):,} 件）", anchor=False)
        if ended := st.session_state.pop("ended", None):
            st.success(
                f"{faults.plain(ended)} さんのログインを終えました。次のログインを断るには、"
                "ログイン先か dx.toml で役割を外してください。"
            )
        if not lasting:
            st.info("ログインしている人はいません。")
            return
        rows = [
            [
                str(each.number),
                each.identity.name,
                "・".join(role.value for role in Role if role in each.person(login).roles) or "役割なし",
                _moment(each.begun),
                _moment(each.seen),
            ]
            for each in lasting
        ]
        note = f"使わないと {login.idle_minutes} 分、使っていても {login.hours} 時間で終わります。"
        heads = ("番号", "人", "役割", "ログインした日時", "最後に使った日時")
        tables.show(heads, rows, caption="いまのログイン", note=note, heard=True)
        _end(here, kept, lasting)


def _end(here: Session, kept: logins.Logins, lasting: list[logins.Record]) -> None:
    people = {f"{each.number}：{each.identity.name}": each.number for each in lasting}
    chosen = st.selectbox("ログインを終える人", list(people), key="login") or next(iter(people))
    sure = st.checkbox(
        f"{faults.plain(chosen)} の人のログインをすべて終えます（開いたままの画面も、10秒ほどで使えなくなります）",
        key=f"end_{people[chosen]}",
    )
    if st.button("ログインを終える", disabled=not sure, key=f"end_now_{people[chosen]}"):
        with faults.spoken():
            who, _ = logins.end_of(people[chosen], kept, here.house.ledger, here.person)
            st.session_state["ended"] = who.name
            st.rerun()


def _moment(when: float) -> str:
    return words.moment(dt.datetime.fromtimestamp(when, TOKYO))
