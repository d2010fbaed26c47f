"""Who administers sees on the screen who may sign in and who is, and ends it; nobody else finds the page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dx_data import house
from dx_data import settings as setting
from dx_data.access import Person, Right, Role
from dx_data.custody.ledger import Act
from dx_data.errors import NotFound, NotPermitted
from dx_data.lake.records import FileRecords
from dx_data.logins import Identity, Logins, end_of
from dx_data.settings import ROOT, settings
from dx_data.ui import session
from tests import screens

ADMIN = Person("管理 担当", frozenset({Role.ADMIN}), proven=True)
LOGIN = {
    "issuer": "https://id.example",
    "client_id": "dx",
    "url": "https://dx.example",
    "roles": {"閲覧": ["dx-view", "dx-all"]},
    "people": {"管理": ["kanri@example.jp"]},
}


@pytest.fixture
def signed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Logins]:
    """An empty lake, and two people signed in, one of them twice."""
    screens.point_to(monkeypatch, tmp_path)
    monkeypatch.setenv("DX_LOGIN", json.dumps(LOGIN))
    monkeypatch.setenv("DX_LOGINS", str(tmp_path / "logins.sqlite"))
    settings.cache_clear()
    house.make_house(ADMIN).close()
    login = settings().login
    assert login
    kept = Logins(FileRecords(tmp_path / "logins.sqlite"), login)
    for subject in ("1", "2", "2"):
        kept.begin(Identity(subject, f"<b>{subject}</b> 太郎", values=("dx-view",)))
    monkeypatch.setattr(session, "person", lambda: ADMIN)
    yield kept
    setting.settings.cache_clear()


def test_the_page_shows_who_may_and_who_is_and_ends_all_logins_of_one(signed: Logins) -> None:
    at = screens.page("logins")
    assert not at.exception
    text = screens.markup(at)
    assert "dx-view、dx-all" in text
    assert "kanri@example.jp" in text
    assert [header.value for header in at.header] == ["ログインできる人（役割ごと）", "いまのログイン（3 件）"]
    assert text.count("&lt;b&gt;2&lt;/b&gt; 太郎") == 2
    assert "<b>2</b>" not in text
    at.selectbox(key="login").select("2：<b>2</b> 太郎").run()
    assert at.button(key="end_now_2").disabled
    at.checkbox(key="end_2").check().run()
    at.button(key="end_now_2").click().run()
    assert [each.identity.subject for each in signed.lasting()] == ["1"]
    assert "ログインを終えました" in at.success[0].value
    opened = house.open_house()
    last = opened.ledger.lines()[-1]
    opened.close()
    assert (last.act, last.who, last.subject, last.detail) == (
        Act.LOGIN_ENDED,
        "管理 担当",
        "2",
        {"name": "<b>2</b> 太郎", "logins": 2},
    )


def test_without_the_right_there_is_no_page(signed: Logins, monkeypatch: pytest.MonkeyPatch) -> None:
    loader = Person("取込 担当", frozenset({Role.LOAD}), proven=True)
    monkeypatch.setattr(session, "person", lambda: loader)
    with pytest.raises(ValueError, match="Could not find a navigation page"):
        screens.start().switch_page("../../pages/logins.py")
    alone = AppTest.from_file(str(ROOT / "pages" / "logins.py"), default_timeout=60).run()
    assert (len(alone.exception), screens.markup(alone)) == (1, "")
    with pytest.raises(NotPermitted, match=Right.END_LOGINS.value):
        end_of(1, signed, None, loader)
    with pytest.raises(NotFound, match="ログイン 9 番はありません"):
        end_of(9, signed, None, ADMIN)
    assert len(signed.lasting()) == 3


def test_without_login_the_page_says_who_may_do_what(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    screens.point_to(monkeypatch, tmp_path)
    house.make_house(ADMIN).close()
    at = screens.page("logins")
    assert [header.value for header in at.header] == ["ログインできる人（役割ごと）"]
    assert "ログインは設定されていません" in at.info[0].value
    assert all(role.value in screens.markup(at) for role in Role)
    setting.settings.cache_clear()
