"""データ探索 without a browser: browse, build, write, lay side by side, keep, promote, record, and what roles see."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dx_data import access, house, intake
from dx_data import settings as setting
from dx_data.access import Person, Role
from dx_data.custody import analyses
from dx_data.custody.ledger import Act
from dx_data.ui import exploring, session
from tests.screens import PERSON, markup, page, point_to, start

PURPOSE, SECTION, DUE = "窓口の混む曜日を知る", "戸籍住民課", dt.date(2026, 12, 25)


@pytest.fixture(autouse=True)
def _read_settings_anew() -> None:
    """A test before may have pointed to a lake of its own."""
    setting.settings.cache_clear()


@pytest.fixture(scope="module")
def shown(lakes: Path) -> Iterator[Callable[[str], AppTest]]:
    """The page with 参考データ to be laid beside, on a way of its own."""
    file = lakes / "課別職員数.csv"
    file.write_text("所管課,職員数\n保育課,42\n税務課,35\n", "utf-8")
    with closing(house.open_house(demo=True)) as opened:
        about = intake.About("課別職員数", "架空データ", "試すため", dt.date(2026, 4, 1))
        intake.load(intake.review_reference(file, opened, about), opened, PERSON)

    def way(name: str) -> AppTest:
        at = page("exploration")
        at.button_group(key="way").set_value(name)
        return at.run()

    yield way
    session._bench.clear()  # type: ignore[attr-defined]


def begun(at: AppTest) -> AppTest:
    """The page with an analysis begun."""
    at.text_input(key="analysis_purpose").set_value(PURPOSE)
    at.text_input(key="analysis_section").set_value(SECTION)
    at.date_input(key="analysis_due").set_value(DUE)
    return pressed(at, "新しく始める")


def pressed(at: AppTest, label: str) -> AppTest:
    next(button for button in at.button if button.label == label).click()
    at.run()
    for _ in range(100):  # what is asked is answered in a thread
        if not [button for button in at.button if button.label == "中止"]:
            return at
        time.sleep(0.1)
        at.run()
    raise AssertionError("no answer")


def faults_of(at: AppTest) -> list[str]:
    return [*(str(each.value) for each in at.exception), *(error.value for error in at.error)]


def records() -> list[analyses.Analysis]:
    with closing(house.open_house(demo=True)) as opened:
        return analyses.analyses(opened.ledger)


def headings(at: AppTest) -> list[str]:
    return [heading.value for heading in at.header]


def test_a_table_shows_its_columns_what_they_mean_and_hold_and_needs_no_purpose(
    shown: Callable[[str], AppTest],
) -> None:
    at = shown(exploring.BROWSE)
    at.selectbox(key="table").set_value("ツール活用支援").run()
    assert faults_of(at) == []
    html = markup(at)
    assert headings(at)[0].startswith("ツール活用支援（")
    assert '<td class="dx-short">支援区分</td>' in html
    assert "何をしたかです。研修の回数は研修の表で数えます" in html
    heads = ("列", "種類", "意味", "例", "記入", "種類の数", "範囲", "多い値")
    assert [head for head in heads if f">{head}</th>" not in html] == []
    assert "担当" not in [cell for cell in html.split("<td") if ">担当<" in cell]
    assert records() == []


def test_a_table_without_rows_says_so_and_still_explains_its_columns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    point_to(monkeypatch, tmp_path)
    house.make_house(PERSON).close()
    at = page("exploration")
    assert faults_of(at) == []
    assert "この表には、まだ行がありません。列の意味だけを示します。" in [info.value for info in at.info]
    at.button_group(key="way").set_value(exploring.BUILD)
    begun(at.run())
    assert "行のある表がまだありません。ファイルを取り込むと、ここで組み立てられます。" in [
        info.value for info in at.info
    ]
    at.button_group(key="way").set_value(exploring.RECORDS)
    assert faults_of(at.run()) == []
    session._bench.clear()  # type: ignore[attr-defined]


def test_a_table_and_a_chart_are_built_by_choosing_and_become_sql_to_go_on_with(
    shown: Callable[[str], AppTest],
) -> None:
    at = shown(exploring.BUILD)
    assert headings(at) == ["何のための分析ですか"]
    at = pressed(at, "新しく始める")
    assert faults_of(at) == ["目的が書かれていません → 目的を書いてください"]
    begun(at)
    at.selectbox(key="build_table").set_value("ツール活用支援").run()
    at.multiselect(key="build_rows_ツール活用支援").set_value(["支援課"]).run()
    at.multiselect(key="build_filters_ツール活用支援").set_value(["支援区分", "開始日", "削減時間"]).run()
    at.multiselect(key="build_filter_ツール活用支援_支援区分").set_value(["フォーム作成", "分析支援"]).run()
    at.selectbox(key="build_filter_ツール活用支援_開始日_year").set_value("令和8年度").run()
    at.number_input(key="build_filter_ツール活用支援_削減時間_least").set_value(0).run()
    pressed(at, "表をつくる")
    assert faults_of(at) == []
    sql = at.code[0].value
    assert sql == (
        'SELECT\n    "支援課" AS "支援課",\n    count(*) AS "件数"\nFROM "ツール活用支援"\n'
        "WHERE \"支援区分\" IN ('フォーム作成', '分析支援')\n"
        "  AND \"開始日\" >= DATE '2026-04-01'\n  AND \"開始日\" < DATE '2027-04-01'\n"
        '  AND "削減時間" >= 0\nGROUP BY 1\nORDER BY 2 DESC NULLS LAST, 1 NULLS LAST'
    )
    title = "ツール活用支援の件数（支援課別、支援区分、開始日、削減時間で絞り込み）"
    assert headings(at) == ["組み立てる", title]
    assert ">件数（件）</th>" in markup(at)
    (one,) = records()
    (step,) = one.steps
    assert (one.purpose, one.section, one.due, one.is_open) == (PURPOSE, SECTION, DUE, True)
    assert (step.title, step.text) == (title, sql)
    pressed(at, "SQLを編集する")
    assert (at.text_area(key="sql").value, at.text_input(key="sql_title").value) == (sql, title)


def going_on(at: AppTest) -> AppTest:
    """The page within an analysis that goes on, or a new one where there is none."""
    again = [button for button in at.button if button.label == "続きをする"]
    return pressed(at, "続きをする") if again else begun(at)


def test_dates_across_choices_make_lines_and_a_list_of_rows_is_no_chart(shown: Callable[[str], AppTest]) -> None:
    at = going_on(shown(exploring.BUILD))
    at.selectbox(key="build_table").set_value("ツール活用支援").run()
    at.multiselect(key="build_rows_ツール活用支援").set_value(["開始日"]).run()
    at.selectbox(key="build_grain_ツール活用支援_開始日").set_value("月").run()
    at.selectbox(key="build_across_ツール活用支援").set_value("ツール区分").run()
    pressed(at, "表をつくる")
    assert faults_of(at) == []
    charts = [chart.proto.alt for chart in at.get("plotly_chart")]
    assert len(charts) == 1
    assert "折れ線グラフです" in charts[0]
    assert ">データ利活用（件）</th>" in markup(at)
    at.multiselect(key="build_figures_ツール活用支援").set_value(["行の一覧"]).run()
    pressed(at, "表をつくる")
    assert faults_of(at) == []
    assert not at.get("plotly_chart")
    assert headings(at)[1] == "ツール活用支援（行の一覧）"


def test_sql_is_answered_kept_promoted_and_its_faults_are_said(shown: Callable[[str], AppTest]) -> None:
    at = going_on(shown(exploring.WRITE))
    assert "data-dx-words" in markup(at)
    at.text_area(key="sql").set_value("SELECT * FROM ない表")
    pressed(at, "実行")
    assert len(at.error) == 1
    assert "ない表" in at.error[0].value
    assert not [step for one in records() for step in one.steps if "ない表" in step.text]
    at.text_input(key="sql_title").set_value("支援区分ごとの数")
    at.text_area(key="sql").set_value(
        "SELECT 支援区分, count(*) AS 件数 FROM ツール活用支援 GROUP BY 1 ORDER BY 2 DESC, 1"
    )
    pressed(at, "実行")
    assert faults_of(at) == []
    assert "支援区分ごとの数" in headings(at)
    assert [button.label for button in at.get("download_button")] == [
        "CSV を保存（内部資料）",
        "Excel を保存（内部資料）",
    ]
    at.text_input(key="keep_purpose").set_value("毎月の会議")
    pressed(at, "残す")
    assert faults_of(at) == []
    assert at.selectbox(key="kept_one").options == ["支援区分ごとの数（毎月の会議）"]
    at.text_input(key="promote_name").set_value("supports_by_kind").run()
    assert faults_of(at) == []
    labels = [button.label for button in at.get("download_button")]
    assert labels[-2:] == ["質問のファイル（supports_by_kind.sql）を保存", "例のファイル（typical.yaml）を保存"]
    pressed(at, "残すのをやめる")
    assert "残した問い（0 件）" in headings(at)


def test_an_answer_that_was_cut_or_is_empty_says_so(shown: Callable[[str], AppTest]) -> None:
    at = going_on(shown(exploring.WRITE))
    at.text_area(key="sql").set_value("SELECT range AS n FROM range(100001)")
    pressed(at, "実行")
    assert [warning.value for warning in at.warning] == [
        "行が多いので、はじめの 100,000 行で切りました。条件を足すか、集計してください。"
    ]
    at.text_area(key="sql").set_value("SELECT 支援区分 FROM ツール活用支援 WHERE false")
    pressed(at, "実行")
    assert "条件に当てはまる行はありません。絞り込みを減らしてください。" in [info.value for info in at.info]


def test_reference_data_lies_beside_ours(shown: Callable[[str], AppTest]) -> None:
    at = going_on(shown(exploring.BESIDE))
    at.selectbox(key="left").set_value("手続台帳").run()
    assert at.selectbox(key="right").value == "参考_課別職員数"
    pressed(at, "表をつくる")
    assert faults_of(at) == []
    assert headings(at)[1] == "手続台帳と参考_課別職員数（所管課別）"
    html = markup(at)
    assert ">参考_課別職員数の職員数の合計（値）</th>" in html
    row = next(row for row in html.split("<tr>") if ">保育課<" in row)
    assert '<td class="dx-number">42</td>' in row


def test_a_record_takes_a_note_and_ends_with_a_result(shown: Callable[[str], AppTest]) -> None:
    at = going_on(shown(exploring.BUILD))
    at.button_group(key="way").set_value(exploring.RECORDS)
    at.run()
    assert faults_of(at) == []
    assert headings(at) == ["分析支援記録（1 件）", "1件の記録"]
    assert "契約の「データ利活用 分析支援」：今年度の実績" in markup(at)
    at.text_area(key="analysis_note_text").set_value("月曜が多い")
    pressed(at, "メモを残す")
    at.text_area(key="analysis_result").set_value("月曜に2割が集まる")
    pressed(at, "分析を終える")
    assert faults_of(at) == []
    (one,) = records()
    assert (one.result, [step.text for step in one.of(Act.ANALYSIS_NOTED)]) == ("月曜に2割が集まる", ["月曜が多い"])
    labels = [button.label for button in at.get("download_button")]
    assert labels == [
        "契約の実績の行（Excel）を保存（内部資料）",
        "Excel で保存（内部資料）",
        "印刷用（HTML）で保存（内部資料）",
    ]
    assert '<td class="dx-short">まだです</td>' in markup(at)


def test_who_may_not_explore_does_not_find_the_page(lakes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "local_person", lambda: Person("閲覧", frozenset({Role.VIEW})))
    with pytest.raises(ValueError, match="navigation page"):
        start().switch_page("../../pages/exploration.py")


def test_an_unknown_way_in_the_address_is_the_first(shown: Callable[[str], AppTest]) -> None:
    at = AppTest.from_file(str(Path(__file__).parents[1] / "dx_data" / "ui" / "main.py"), default_timeout=60)
    at.run().switch_page("../../pages/exploration.py")
    at.query_params["way"] = "ない"
    at.run()
    assert faults_of(at) == []
    value: Any = at.button_group(key="way").value
    assert value == exploring.BROWSE
