"""分析支援記録: a purpose first, then queries, outputs, notes; nothing personal; a row toward the contract's ten."""

from __future__ import annotations

import datetime as dt
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from dx_data import house, intake
from dx_data.access import Person, Role
from dx_data.analysis import Workbench
from dx_data.custody import analyses
from dx_data.custody.analyses import Analysis
from dx_data.custody.exits import Exit, hand_over
from dx_data.custody.ledger import Act
from dx_data.derive import explored
from dx_data.errors import NotFound, NotPermitted, WrongUsage
from dx_data.house import House
from dx_data.settings import ROOT, Settings
from dx_data.spec import Delivery

DUE = dt.date(2026, 12, 25)


def begun(home: House, person: Person, **other: Any) -> Analysis:
    told = {"purpose": "窓口の混む曜日を知る", "section": "戸籍住民課", "due": DUE, **other}
    return analyses.begin(home.ledger, person, **told)


def test_a_record_holds_what_was_done_in_its_order_and_survives_a_restart(
    home: House, person: Person, chosen: Settings
) -> None:
    one = begun(home, person)
    asked = {"title": "曜日別", "sql": "SELECT 1 AS 件数", "rows": 7, "snapshot": "a:1"}
    analyses.asked(home.ledger, person, one, **asked)
    analyses.taken(home.ledger, person, one, title="曜日別", form="xlsx", rows=7)
    analyses.note(home.ledger, person, one, " 月曜が多い ")
    ended = analyses.end(home.ledger, person, one, "月曜に2割が集まる")
    home.close()
    again = house.make_house(person, chosen=chosen)
    (found,) = analyses.analyses(again.ledger)
    assert found == ended == analyses.analysis(one.number, again.ledger)
    assert (found.ordinal, found.support_id, found.purpose, found.section, found.due) == (
        *(1, "分析-0001", "窓口の混む曜日を知る", "戸籍住民課"),
        DUE,
    )
    assert [(step.act, step.title, step.text, step.rows, step.snapshot, step.form) for step in found.steps] == [
        ("分析の問い合わせ", "曜日別", "SELECT 1 AS 件数", 7, "a:1", ""),
        ("分析の出力", "", "曜日別", 7, "", "xlsx"),
        ("分析のメモ", "", "月曜が多い", None, "", ""),
    ]
    assert (found.is_open, found.result) == (False, "月曜に2割が集まる")
    assert again.verify_ledger() == []
    again.close()


def test_what_people_write_stands_apart_from_the_chain(home: House, person: Person) -> None:
    """So that a disposal can remove it; the record then says so."""
    one = begun(home, person)
    analyses.asked(home.ledger, person, one, title="一覧", sql="SELECT '葛飾'", rows=1, snapshot="a:1")
    lines = [line for line in home.ledger.lines() if line.act in {act.value for act in analyses.ACTS}]
    assert [sorted({*line.detail} - {"apart"}) for line in lines] == [["due"], ["analysis", "rows", "snapshot"]]
    home.ledger.forget_apart([line.number for line in lines])
    (found,) = analyses.analyses(home.ledger)
    assert (found.purpose, found.steps[0].text) == ("（廃棄により消しました）", "（廃棄により消しました）")
    assert home.verify_ledger() == []


REFUSED: tuple[tuple[dict[str, Any], str], ...] = (
    ({"purpose": "  "}, "目的が書かれていません"),
    ({"section": ""}, "依頼課が書かれていません"),
    ({"due": None}, "期限が選ばれていません"),
    ({"purpose": "連絡は 090-1234-5678 へ"}, "目的に、個人情報のような文字"),
    ({"section": "課長 03-5555-1234"}, "依頼課に、個人情報のような文字"),
    ({"purpose": "あ" * 20_001}, "目的が 20,001 文字あります"),
)


def test_an_analysis_does_not_begin_without_purpose_section_and_day_nor_with_personal_values(
    home: House, person: Person
) -> None:
    before = len(home.ledger.lines())
    for told, fault in REFUSED:
        with pytest.raises(WrongUsage, match=fault):
            begun(home, person, **told)
    assert len(home.ledger.lines()) == before


def test_nothing_personal_gets_into_a_note_a_query_a_result_or_a_kept_question(home: House, person: Person) -> None:
    one, text = begun(home, person), "WHERE 電話 = '090-1234-5678'"
    for write in (
        lambda: analyses.note(home.ledger, person, one, text),
        lambda: analyses.asked(home.ledger, person, one, title="a", sql=text, rows=1, snapshot="a:1"),
        lambda: analyses.end(home.ledger, person, one, text),
        lambda: analyses.keep(home.ledger, person, title="a", purpose="b", sql=text),
    ):
        with pytest.raises(WrongUsage, match="個人情報のような文字"):
            write()
    assert analyses.analyses(home.ledger) == [one]


def test_an_analysis_that_ended_takes_nothing_more(home: House, person: Person) -> None:
    one = analyses.end(home.ledger, person, begun(home, person), "済み")
    for write in (
        lambda: analyses.note(home.ledger, person, one, "あとから"),
        lambda: analyses.end(home.ledger, person, one, "もう一度"),
    ):
        with pytest.raises(WrongUsage, match="分析-0001 は終わっています"):
            write()
    with pytest.raises(NotFound, match="99 番の分析"):
        analyses.analysis(99, home.ledger)


def test_only_who_may_explore_writes_a_record(home: House, person: Person) -> None:
    viewer = Person("閲覧 担当", frozenset({Role.VIEW}))
    one = begun(home, person)
    for write in (
        lambda: begun(home, viewer),
        lambda: analyses.note(home.ledger, viewer, one, "a"),
        lambda: analyses.keep(home.ledger, viewer, title="a", purpose="b", sql="c"),
    ):
        with pytest.raises(NotPermitted, match="データを探索・分析する"):
            write()


def test_a_kept_question_is_there_for_all_until_it_is_dropped(home: House, person: Person) -> None:
    first = analyses.keep(home.ledger, person, title="課別", purpose="会議", sql="SELECT 1")
    other = analyses.keep(home.ledger, person, title="月別", purpose="報告", sql="SELECT 2")
    assert analyses.kept(home.ledger) == [first, other]
    assert (first.title, first.purpose, first.sql, first.who) == ("課別", "会議", "SELECT 1", "試験 担当")
    analyses.drop(home.ledger, person, first)
    assert analyses.kept(home.ledger) == [other]


def test_the_record_on_paper_has_everything(home: House, person: Person) -> None:
    one = begun(home, person)
    analyses.asked(home.ledger, person, one, title="曜日別", sql="SELECT 1", rows=1_234, snapshot="a:1")
    document = analyses.analysis(one.number, home.ledger).document
    assert [sheet.title for sheet in document.sheets] == ["分析支援記録", "問い合わせ", "出力", "メモ"]
    assert dict(document.sheets[0].rows)["期限"] == "2026年12月25日(金)"
    assert document.sheets[1].rows[0][2:] == ("曜日別", "SELECT 1", 1_234, "a:1")
    for form in ("xlsx", "html"):
        handed = hand_over(Exit.INTERNAL, document, person, home.ledger, form=form)
        assert (handed.name, len(handed.content) > 1000) == (f"分析支援記録_分析-0001.{form}", True)
    assert home.ledger.lines()[-1].act == Act.HAND_OVER


def test_an_ended_analysis_counts_toward_the_contract_once_its_row_came_through_the_door(
    home: House, person: Person, tmp_path: Path
) -> None:
    ended = analyses.end(home.ledger, person, begun(home, person), "月曜に2割が集まる")
    going_on = begun(home, person, purpose="続き")
    document = analyses.supports([ended, going_on])
    path = tmp_path / document.filename("xlsx")
    path.write_bytes(hand_over(Exit.INTERNAL, document, person, home.ledger, form="xlsx").content)
    wish = intake.Wish(as_of=home.today(), delivery=Delivery.APPEND)
    done = intake.load(intake.review(path, home, home.settings, wish=wish), home, person)
    assert (done.status, done.plan.counts["added"] if done.plan else None) == ("loaded", 2)
    with home.lake.cursor() as cursor:
        rows = cursor.execute(
            "SELECT support_id, tool, kind, section, subject, state"
            f" FROM {home.lake.at().schema}.tool_support ORDER BY 1"
        ).fetchall()
    assert rows == [
        ("分析-0001", "データ利活用", "分析支援", "戸籍住民課", "窓口の混む曜日を知る", "完了"),
        ("分析-0002", "データ利活用", "分析支援", "戸籍住民課", "続き", "実施中"),
    ]
    asked = intake.Wish(as_of=home.today())
    targets = intake.review(ROOT / "data" / "demo" / "契約の目標.xlsx", home, home.settings, wish=asked)
    intake.load(targets, home, person)
    board = {row["indicator"]: row["actual"] for row in home.ask("contract_scoreboard").records()}
    assert board[analyses.INDICATOR] == 1
    with closing(Workbench(home, children=1)) as bench:
        sql = explored.among("ツール活用支援", "支援番号", ["分析-0001", "分析-0009"])
        assert bench.ask(sql, who=person).rows == [("分析-0001",)]
    listed = analyses.sheet([ended, going_on], ["分析-0001"])
    assert [row[-1] for row in listed.rows] == ["終えると数えられます", "数えました"]
