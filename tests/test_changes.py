"""On the screen: what changed since last week or since a card was seen; a refused difference after a second click."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from dx_data import house
from dx_data import settings as setting
from tests.test_catalog import load
from tests.test_differences import receipt
from tests.test_ui import PERSON, markup, page, point_to

UNTIL = dt.date(2026, 11, 20)
LAST_WEEK = UNTIL - dt.timedelta(days=7)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[house.House]:
    """A demo lake with two years of receipts, a window that joined in May, and a week that brought late rows."""
    with pytest.MonkeyPatch.context() as patch:
        point_to(patch, tmp_path)
        made = house.make_house(PERSON, demo_until=UNTIL)
        since = {"valid_from": dt.date(2025, 4, 1)}
        methods = [("コード決済", "窓口キャッシュレス"), ("現金", "現金")]
        named = [{"revenue": "すべて", **since, "method": method, "method_group": group} for method, group in methods]
        load(made.lake, "payment_methods", named, LAST_WEEK)
        opens = {"counter": "窓口B", "method": "コード決済", "valid_from": dt.date(2026, 5, 1)}
        load(made.lake, "counters", [{"counter": "窓口A", "method": "コード決済", **since}, opens], LAST_WEEK)
        days = [f"{year}-{month:02}-07" for year in (2025, 2026) for month in (4, 5, 9)]
        rows = [receipt(day, 10, method=method) for day in days for method, _ in methods]
        load(made.lake, "receipts", rows, LAST_WEEK)
        load(made.lake, "receipts", [receipt("2026-09-08", 9), receipt("2026-09-07", 13)], UNTIL)
        yield made
        made.close()
    setting.settings.cache_clear()


def test_the_overview_says_what_changed_since_last_week(home: house.House) -> None:
    at = page("overview")
    assert not at.exception
    assert "先週から変わったこと（主な数値、1週間前の台帳との差）" in [heading.value for heading in at.header]
    said = markup(at)
    # The 7th of September was delivered anew: 10 became 13, the 10 by code payment went, 9 came on the 8th.
    assert ">今年度の収納件数：先週の報告から +2件 増（60件 → 62件）</p>" in said
    assert ">先週から変わっていません。</p>" in said
    (apart,) = (toggle for toggle in at.toggle if toggle.key == "changes_apart")
    apart.set_value(True).run()
    told = "今年度の収納件数：先週の報告から +2件 増（新しく届いた分 9件、変わった分 3件、消えた分 -10件）"
    assert told in markup(at)


def test_what_was_already_old_a_week_ago_says_since_when(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    point_to(monkeypatch, tmp_path)
    made = house.make_house(PERSON, demo_until=UNTIL)
    case = {"target": "自治町会", "channel": "電話", "stage": "相談", "status": "対応中"}
    cases = [{**case, "consultation_id": f"S-{n}", "received_on": dt.date(2026, 5, n)} for n in (1, 2, 3)]
    load(made.lake, "consultations", cases[:1], dt.date(2026, 7, 6))
    load(made.lake, "consultations", cases, UNTIL)
    made.close()
    assert ">相談件数（イ＋ウ）：2026年7月6日(月)時点の台帳から +2件 増（1件 → 3件）</p>" in markup(page("overview"))
    at = page("consultations")
    assert "2026年7月6日(月)時点の台帳との差（1 の数値）" in [each.label for each in at.expander]
    setting.settings.cache_clear()


def test_a_refused_difference_is_shown_after_a_second_click(home: house.House) -> None:
    at = page("cashless")
    rates = {metric.label: metric.delta for metric in at.metric}
    assert rates["件数比率"] == "前年同期との差 数える対象が変わったため示しません"
    assert rates["今年度の収納件数"] == "前年同期との差 ＋2件 増"
    assert "2026年5月1日（窓口Bのキャッシュレス受け入れ開始）に数えるものが変わり" in markup(at)
    (again,) = (button for button in at.button if button.key == "card_cashless_headline_across")
    again.click().run()
    assert {metric.label: metric.delta for metric in at.metric}["件数比率"] == "前年同期との差 －17.7ポイント 減"
    assert at.query_params["across"] == "cashless_headline"
    assert "across=cashless_headline" in markup(at)
    assert not [button for button in at.button if button.key == "card_cashless_headline_across"]


def test_a_card_over_time_tells_what_changed_since_it_was_seen(home: house.House) -> None:
    at = page("cashless")
    (label,) = (each.label for each in at.expander if each.label.startswith("先週の報告との差"))
    assert label == "先週の報告との差（10 の数値）"
    assert "2026年9月分・収納件数：先週の報告から +2件 増" in markup(at)
    load(home.lake, "receipts", [receipt("2026-10-01", 5)], UNTIL)
    at.run()
    (label,) = (each.label for each in at.expander if "見たときとの差" in each.label)
    assert label.startswith("前に見たときとの差")
    assert "2026年10月分・収納件数：" in markup(at)
    assert "2026年9月分・収納件数：" not in markup(at)


def test_the_snapshot_of_a_day_is_the_newest_known_then(home: house.House) -> None:
    assert home.snapshot_on(LAST_WEEK - dt.timedelta(days=1)) == 0
    assert home.snapshot_on(LAST_WEEK) == home.lake.newest() - 1
    assert home.snapshot_on(UNTIL) == home.lake.newest()


def test_a_new_version_since_last_week_needs_a_second_click(home: house.House, monkeypatch: pytest.MonkeyPatch) -> None:
    from dx_data import catalog
    from dx_data.spec import FIRST_VERSION, Version

    def newer(folder: Path = catalog.QUERIES) -> dict[str, catalog.Question]:
        found = read(folder)
        second = Version(number=2, valid_from=dt.date(2026, 11, 16), change="取消を数えないことにしました")
        for name in ("cashless_headline", "cashless_by_month"):
            found[name] = found[name].model_copy(update={"versions": (FIRST_VERSION, second)})
        return found

    read = catalog.read_questions
    monkeypatch.setattr(house, "Catalog", lambda: catalog.Catalog(newer()))
    said = (
        "間に、定義が第2版（2026年11月16日から）に変わりました（取消を数えないことにしました）。数え方が違うので、差を"
    )
    assert f"{said}示していません。" in markup(page("overview"))
    at = page("cashless")
    assert "先週の報告との差（示していません）" in [each.label for each in at.expander]
    (again,) = (button for button in at.button if button.key == "seen_across_cashless_by_month")
    again.click().run()
    assert "先週の報告との差（10 の数値）" in [each.label for each in at.expander]
    assert "2026年9月分・収納件数：先週の報告から +2件 増" in markup(at)
