"""What a page says of a lake that holds only some of it: what is unknown is never told as none."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dx_data import house
from dx_data import settings as setting
from tests.screens import PERSON, markup, page, point_to
from tests.test_catalog import load
from tests.test_differences import application, form, receipt

UNTIL = dt.date(2026, 11, 20)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[house.House]:
    """An empty demo lake."""
    with pytest.MonkeyPatch.context() as patch:
        point_to(patch, tmp_path)
        made = house.make_house(PERSON, demo_until=UNTIL)
        yield made
        made.close()
    setting.settings.cache_clear()


def test_deposits_that_did_not_arrive_are_not_told_as_made(home: house.House) -> None:
    load(home.lake, "receipts", [receipt("2026-05-07", 2, method="コード決済"), receipt("2026-05-07", 9)], UNTIL)
    at = page("deposits")
    told = [info.value for info in at.info]
    assert "入金の予定も実績も届いていないので、入金されたかどうかは分かりません。" in told
    assert not [said for said in told if "まだ入っていない入金はありません" in said]
    assert "入金の項目が空欄の収納（決済手段別、2025年4月1日から2026年11月20日まで）" in [
        heading.value for heading in at.header
    ]
    assert "入金の項目が空欄の行" in markup(at)


def test_all_deposits_made_are_told_of_what_has_deposits(home: house.House) -> None:
    made = {"deposit_due_on": UNTIL, "deposited_on": UNTIL, "deposited_yen": 600}
    load(home.lake, "receipts", [receipt("2026-05-07", 2, method="コード決済") | made], UNTIL)
    told = [info.value for info in page("deposits").info]
    assert "入金の項目のある収納に、まだ入っていない入金はありません。" in told
    assert "入金の項目がすべて空欄の、現金でない収納はありません。" in told


def test_the_forms_of_a_table_add_up_and_their_state_is_said_to_be_todays(home: house.House) -> None:
    forms = [form(1), *(form(n) | {"state": state} for n, state in enumerate(("作成中", "停止中", "終了"), 2))]
    load(home.lake, "forms", [each | {"opened_on": dt.date(2026, 4, 1)} for each in forms], UNTIL)
    load(home.lake, "applications", [application(1, "2026-05-01T09:00")], UNTIL)
    said = markup(page("forms"))
    heads = re.findall(r">([^<]*)</th>", said)
    first = heads.index("フォーム区分")
    states = ["いまのフォームの数", "いま作成中", "いま公開中", "いま停止中", "いままでに終了"]
    assert heads[first + 2 : first + 7] == [f"{state}（フォーム）" for state in states]
    assert "公開していたフォーム（停止中を含む）" in said
    assert ">いま公開中のフォーム数（フォーム）</th>" in markup(page("applications"))


def test_what_comes_from_the_year_before_is_told_where_it_is_counted(home: house.House) -> None:
    case = {"target": "自治町会", "area": "亀有", "channel": "電話", "stage": "事前相談", "status": "対応中"}
    cases = [case | {"consultation_id": f"S-{n}", "received_on": dt.date(2026, n, 1)} for n in (3, 5)]
    load(home.lake, "consultations", cases, UNTIL)
    visits = [{"consultation_id": f"S-{n}", "line": 1, "acted_on": dt.date(2026, 6, n)} for n in (3, 5)]
    load(home.lake, "consultation_log", visits, UNTIL)
    at = page("consultations")
    figures = {metric.label: metric.value for metric in at.metric}
    assert figures["相談件数（イ＋ウ）"] == "1件"
    assert figures["終わっていない相談（前年度からを含む）"] == "2件"
    assert figures["経過確認が済んでいない相談（前年度からを含む）"] == "0件"
    assert figures["延べ回数（前年度からの相談を含む）"] == "2回"
    assert ">期間に受け付けた相談への延べ回数（回）</th>" in markup(at)


def test_what_an_exhibition_led_to_is_told_apart_as_reported_and_as_counted(home: house.House) -> None:
    event = {"event": "DX展示会", "kind": "展示会", "state": "実施済", "moved_to_support": 4}
    events = [event | {"event_id": f"E-{month}", "held_on": dt.date(2026, month, 1)} for month in (5, 10)]
    load(home.lake, "events", events, UNTIL)
    case = {"consultation_id": "S-1", "target": "自治町会", "channel": "電話", "stage": "事前相談", "status": "対応中"}
    load(home.lake, "consultations", [case | {"received_on": dt.date(2026, 10, 2)}], UNTIL)
    said = markup(page("consultations"))
    assert ">移行件数（主催者の報告）（件）</th>" in said
    assert ">相談の台帳の件数（イ＋ウ）（件）</th>" in said
