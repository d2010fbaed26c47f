"""`dx`: the shapes and exit codes that other programs rely on, and words a clerk understands."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import click
import openpyxl
import pytest

from dx_data import cli
from tests.terminal import Dx

A = (
    "システム,申請番号,申請日時,処理状況\n"
    "LoGoフォーム,A1,2026/04/01 09:00,完了\nLoGoフォーム,A2,2026/04/02 09:00,完了\n"
)


def every_command() -> list[str]:
    return sorted(cli.dx.list_commands(click.Context(cli.dx)))


@pytest.mark.parametrize("name", every_command())
def test_every_command_explains_itself_in_japanese(name: str) -> None:
    command = cli.dx.get_command(click.Context(cli.dx), name)
    assert command
    assert command.help
    assert command.short_help
    options = [p for p in command.params if isinstance(p, click.Option)]
    for text in (command.help, command.short_help, *(option.help or "" for option in options)):
        assert any("ぁ" <= c <= "ヶ" for c in text), f"{name}: {text!r}"


def test_the_commands_are_those_these_rooms_serve() -> None:
    assert every_command() == sorted(
        [
            *("demo", "serve", "read", "check", "load", "loads", "undo"),
            *("receipt", "ledger", "readings", "logins", "datasets", "template", "questions", "ask"),
            *("backup", "restore", "inspect", "pack", "pack-check"),
            *("registers", "accident", "dispose"),
            *("publish", "corrections", "rule", "exception"),
            *("report", "deliver"),
            *("sql", "export", "notebook"),
        ]
    )


def test_check_then_load_then_ask_then_undo(shell: Dx, write: Any, tmp_path: Path) -> None:
    path = write("電子申請_20261101T090000+0900.csv", A, "cp932")
    checked = shell("check", "--json", path)
    assert (checked.returncode, checked.stderr) == (0, "")
    (seen,) = json.loads(checked.stdout)["files"]
    assert not (tmp_path / "lake").exists()
    loaded = shell("load", "--yes", "--json", path)
    assert loaded.returncode == 0
    (done,) = json.loads(loaded.stdout)["files"]
    lake_id = done["snapshot"].split(":")[0]
    assert done == {
        **seen,
        "status": "loaded",
        "load": 1,
        "snapshot": f"{lake_id}:1",
    }
    expected = {
        "file": path.name,
        "encoding": "cp932",
        "format": "csv",
        "sheet": None,
        "dataset": "applications",
        "header_row": 1,
        "rows": 2,
        "ok_rows": 2,
        "as_of": "2026-11-01",
        "status": "asks",
        "load": None,
        "snapshot": None,
        "problems": [],
        "mended": [],
        "control_totals": [],
        "plan": {"added": 2, "changed": 0, "unchanged": 0, "missing": 0},
    }
    assert {name: seen[name] for name in expected} == expected
    again = shell("load", "--yes", "--json", path)
    assert (again.returncode, json.loads(again.stdout)["files"][0]["status"]) == (0, "unchanged")
    asked = json.loads(shell("ask", "applications_headline", "--param", "as_of=2026-11-01", "--json").stdout)
    assert set(asked) >= {"question", "definition", "snapshot", "as_of", "params", "columns", "rows"}
    history = json.loads(shell("loads", "--json").stdout)["loads"]
    assert [(each["load"], each["file"], each["added"]) for each in history] == [(1, path.name, 2)]
    assert shell("undo", "1").returncode == 0
    assert [each["undoes"] for each in json.loads(shell("loads", "--json").stdout)["loads"]] == [1, None]
    verified = json.loads(shell("ledger", "--verify", "--json").stdout)
    assert (verified["verified"], verified["problems"]) == (True, [])
    assert json.loads(shell("receipt", "1", "--json").stdout)["file"] == path.name


def test_a_refused_file_ends_with_1_and_leaves_no_rows(shell: Dx, write: Any, tmp_path: Path) -> None:
    good, bad = write("1.csv", A), write("2.csv", A + "LoGoフォーム,A3,2026-02-30,完了\n")
    both = shell("load", "--yes", "--json", good, bad, "--as-of", "2026-11-01")
    files = json.loads(both.stdout)["files"]
    assert (both.returncode, [f["status"] for f in files]) == (1, ["loaded", "refused"])
    (problem,) = files[1]["problems"]
    assert {n: problem[n] for n in ("stage", "rule", "column", "header", "value", "count", "rows")} == {
        "stage": "check",
        "rule": "date.nonexistent",
        "column": "C",
        "header": "申請日時",
        "value": "2026-02-30",
        "count": 1,
        "rows": [4],
    }
    every = tmp_path / "faults.csv"
    assert shell("check", bad, "--all", every).returncode == 1
    lines = list(csv.reader(io.StringIO(every.read_text("utf-8-sig"))))
    assert lines[1][:5] == ["2.csv", "", "4", "申請日時", "2026-02-30"]
    partial = json.loads(shell("load", "--yes", "--partial", "--json", bad, "--as-of", "2026-11-02").stdout)["files"][0]
    assert (partial["status"], partial["rows"], partial["ok_rows"], partial["plan"]["unchanged"]) == (
        "unchanged",
        3,
        2,
        2,
    )


def test_an_unknown_heading_is_never_guessed_and_can_be_told(dx: Dx, write: Any) -> None:
    path = write("a.csv", A.replace("処理状況\n", "処理状況,満足度\n").replace("完了\n", "完了,5\n"))
    guessed = dx("load", "--yes", "--json", path)
    (found,) = json.loads(guessed.stdout)["files"]
    assert (guessed.returncode, found["status"]) == (1, "asks")
    assert [(p["rule"], p["column"], p["header"]) for p in found["problems"]] == [
        ("match.unmapped_header", "E", "満足度")
    ]
    assert dx("load", "--yes", "--json", "--map", "満足度=", path).returncode == 0


def test_a_folder_stands_for_its_files_and_without_yes_nothing_is_loaded(dx: Dx, write: Any) -> None:
    folder = write("1.csv", A).parent
    write("2.csv", A.replace("A1", "B1").replace("A2", "B2"))
    asked = dx("load", folder)
    assert asked.returncode == 1
    assert "取り込むには --yes を付ける" in asked.stderr
    assert json.loads(dx("loads", "--json").stdout)["loads"] == []
    assert dx("load", folder, "--yes").returncode == 0
    assert len(json.loads(dx("loads", "--json").stdout)["loads"]) == 2


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["nosuch"], 2, "nosuch というコマンドはありません"),
        (["undo", "abc"], 2, "取込番号 の値が正しくありません → 12 のような整数を書いてください\n"),
        (["undo", "1", "2"], 2, "余分な指定『2』があります"),
        (["dispose", "--load", "x"], 2, "--load の値が正しくありません → 12 のような整数を書いてください\n"),
        (["ask", "x", "--limit", "0"], 2, "--limit の値が正しくありません → 1 以上の整数を書いてください\n"),
        (["serve", "--port", "99999"], 2, "--port の値が正しくありません → 1 から 65535 までの整数を書いてください\n"),
        (
            ["load", "--delivery", "x"],
            2,
            "--delivery の値が正しくありません → 全件・期間・追加 のどれかを書いてください\n",
        ),
        (["load", "--json=1"], 2, "--json に値は付けられません"),
        (["load", "--as-of"], 2, "--as-of のあとに値がありません"),
        (["ask"], 2, "指定してください"),
        (["loads", "--nosuch"], 2, "--nosuch という指定はありません"),
        (["load", "x.csv", "--as-of", "2026-02-30"], 2, "正しくありません"),
        (["loads"], 2, "台帳が"),
        (["template", "nosuch"], 2, "データセット『nosuch』はありません"),
        (["serve", "--address", "0.0.0.0"], 2, "127.0.0.1"),  # noqa: S104
    ],
)
def test_wrong_usage_ends_with_2_and_a_japanese_sentence(dx: Dx, words: list[str], code: int, sentence: str) -> None:
    ended = dx(*words)
    assert (ended.returncode, ended.stdout) == (code, "")
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_shell_sees_wrong_usage_as_2(shell: Dx) -> None:
    ended = shell("nosuch")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "nosuch というコマンドはありません" in ended.stderr


def test_a_fault_of_ours_ends_with_3_without_a_value_or_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(**_: object) -> None:
        raise RuntimeError("秘密の値")

    monkeypatch.setattr(cli.dx, "main", broken)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    err = capsys.readouterr().err
    assert ended.value.code == 3
    assert "プログラムの誤りです（RuntimeError" in err
    assert "秘密の値" not in err
    assert "Traceback" not in err


def test_ask_writes_csv_with_column_names_or_titles(dx: Dx, write: Any) -> None:
    dx("load", "--yes", write("a.csv", A), "--as-of", "2026-11-01")
    plain = dx("ask", "applications_by_month", "--csv").stdout
    titled = dx("ask", "applications_by_month", "--csv", "--titles").stdout
    assert plain.splitlines()[0].split(",")[0] == "month"
    assert not plain.startswith("\ufeff")
    assert titled.startswith("\ufeff")
    assert "内部資料" in titled
    assert dx("ask", "applications_by_month", "--param", "nosuch=1").returncode == 2


def test_declarations_are_printed_as_json(dx: Dx) -> None:
    names = [each["name"] for each in json.loads(dx("datasets", "--json").stdout)["datasets"]]
    assert "applications" in names
    questions = json.loads(dx("questions", "--json").stdout)["questions"]
    wanted = {"name", "title", "family", "question", "definition", "params", "columns", "key", "reads", "publish"}
    assert all(set(each) == wanted for each in questions)
    first = {"number": 1, "valid_from": "2025-04-01", "change": "初めの定義です"}
    assert all(each["definition"]["versions"][0] == first for each in questions)


def test_what_changed_since_a_snapshot_or_a_day_is_told(dx: Dx, write: Any) -> None:
    day = "2026-04-10"
    dx("load", "--yes", write("a.csv", A), "--as-of", day)
    lake = json.loads(dx("loads", "--json").stdout)["loads"][0]["snapshot"]
    more = A.replace("A2,2026/04/02 09:00,完了", "A2,2026/04/02 09:00,取下げ")
    dx("load", "--yes", write("b.csv", more + "LoGoフォーム,A3,2026/04/30 09:00,完了\n"), "--as-of", "2026-05-10")
    asked = ("ask", "applications_by_month", "--param", "until=2026-04-30")
    told = json.loads(dx(*asked, "--since-snapshot", lake, "--json").stdout)
    assert told["since_snapshot"] == lake
    assert told["rows"] == [
        {
            "month": "2026-04-01",
            "figure": "申請件数",
            "figure_unit": "件",
            "old": 2,
            "new": 2,
            "difference": 0,
            "late": 1,
            "corrected": -1,
            "vanished": 0,
        },
        {
            "month": "2026-04-01",
            "figure": "取下げ件数",
            "figure_unit": "件",
            "old": 0,
            "new": 1,
            "difference": 1,
            "late": 0,
            "corrected": 1,
            "vanished": 0,
        },
    ]
    assert "2026年4月10日(金)時点の台帳から ±0件 増減なし（新しく届いた分 1件、変わった分 -1件）" in told["notes"][0]
    text = dx(*asked, "--compare", lake.rpartition(":")[2])
    assert "定義: 第1版（2025年4月1日から） 初めの定義です" in text.stdout
    before = dx(*asked, "--compare", "2026年3月1日", "--csv")  # nothing was loaded yet then
    assert before.stdout.splitlines()[1] == "2026-04-01,申請件数,件,,2,2,2,0,0"
    assert dx(*asked, "--compare", "先週").returncode == 2
    assert dx(*asked, "--version", "2").returncode == 2


def test_a_refused_file_has_a_note_that_can_be_saved(dx: Dx, write: Any, tmp_path: Path) -> None:
    refused = dx("load", "--yes", write("a.csv", A + "LoGoフォーム,A3,2026-02-30,完了\n"), "--as-of", "2026-11-01")
    assert "受領拒否票は dx receipt 2 --refused で出せます" in refused.stderr
    assert dx("receipt", "2", "--refused").stdout.startswith("受領拒否票 第2号:")
    note = json.loads(dx("receipt", "2", "--refused", "--json").stdout)
    assert [(f["item"], f["content"], f["count"]) for f in note["findings"]] == [("申請日時", "存在しない日付", 1)]
    path = tmp_path / "票.html"
    assert [dx("receipt", "2", "--refused", "-o", path).returncode for _ in range(2)] == [0, 2]
    assert "存在しない日付" in path.read_text("utf-8")
    assert (dx("receipt", "1", "--refused").returncode, dx("receipt", "2").returncode) == (2, 2)
    assert dx("receipt", "2", "-o", path).returncode == 2


def test_an_older_file_needs_its_own_yes(dx: Dx, write: Any) -> None:
    ledger = "手続ID,手続名,所管課,進捗段階,オンライン化状況\nP-1,a,保育課,{},未\n"
    dx("load", "--yes", write("new.csv", ledger.format("フォーム案作成")), "--as-of", "2026-11-01")
    old = write("old.csv", ledger.format("未着手"))
    ended = dx("load", "--yes", old, "--as-of", "2026-10-01")
    assert ended.returncode == 1
    assert "2026-11-01 時点までの値があり、2026-10-01 時点のこのファイルは 1 行を古い値に戻します" in ended.stderr
    assert dx("load", "--yes", "--older", old, "--as-of", "2026-10-01").returncode == 0


def test_a_part_of_a_month_needs_its_own_yes(dx: Dx, write: Any) -> None:
    head = "年月,手続ID,電子申請件数\n"
    dx("load", "--yes", write("all.csv", head + "2026-04,P-1,5\n2026-04,P-2,1\n"), "--as-of", "2026-11-01")
    part = write("part.csv", head + "2026-04,P-1,6\n")
    ended = dx("load", "--yes", part, "--as-of", "2026-11-02")
    assert (ended.returncode, "（2026-04、手続ID: P-2 1 件）" in ended.stderr) == (1, True)
    assert dx("load", "--yes", "--vanished", part, "--as-of", "2026-11-02").returncode == 0


def test_a_reading_given_once_is_remembered_listed_and_forgotten(dx: Dx, tmp_path: Path) -> None:
    odd = A.replace("申請番号", "うけつけの番号")
    first, second = tmp_path / "a_20261101.csv", tmp_path / "b_20261102.csv"
    first.write_text(odd, "utf-8-sig")
    second.write_text(odd.replace("A1", "A3"), "utf-8-sig")
    assert dx("load", "--yes", first).returncode == 1
    assert dx("load", "--yes", "--map", "うけつけの番号=申請番号", first).returncode == 0
    assert dx("load", "--yes", second).returncode == 0
    (listed,) = json.loads(dx("readings", "--json").stdout)["readings"]
    facts = {name: listed[name] for name in ("kind", "dataset", "column", "spelling", "meaning")}
    assert facts == {
        "kind": "見出し",
        "dataset": "applications",
        "column": None,
        "spelling": "うけつけの番号",
        "meaning": "application_id",
    }
    assert "電子申請：見出し『うけつけの番号』→『申請番号』" in dx("readings").stdout
    assert dx("readings", "--forget", str(listed["number"])).returncode == 0
    assert json.loads(dx("readings", "--json").stdout) == {"readings": []}
    assert dx("readings", "--forget", str(listed["number"])).returncode == 2
    assert dx("check", second).returncode == 1


def test_check_writes_the_returned_book_and_its_line_in_the_ledger(dx: Dx, tmp_path: Path) -> None:
    faulty, sound, target = tmp_path / "a.csv", tmp_path / "b.csv", tmp_path / "返す.xlsx"
    faulty.write_text(A.replace("2026/04/02 09:00", "未定"), encoding="utf-8-sig")
    sound.write_text(A, encoding="utf-8-sig")
    assert dx("check", sound, "--returned", target).stderr == (
        "差戻しExcelは書いていません。色を付けて返すセルがありません。\n"
    )
    assert not target.exists()
    done = dx("check", faulty, "--returned", target)
    assert (done.returncode, done.stderr.splitlines()[0]) == (1, f"差戻しExcelを書きました: {target}")
    book = openpyxl.load_workbook(target)
    assert book["差戻し一覧"]["C6"].value == "C3"
    assert book["データ"]["C3"].comment.text.startswith("日付ではありません")
    lines = json.loads(dx("ledger", "--json").stdout)["lines"]
    assert [line["subject"] for line in lines if line["act"] == "持出し"] == ["差戻しExcel"]
    assert dx("check", faulty, sound, "--returned", target).returncode == 2


def test_ask_why_goes_from_a_figure_to_its_rows(dx: Dx, write: Any) -> None:
    path = write("電子申請_20261101T090000+0900.csv", A, "cp932")
    assert dx("load", "--yes", path).returncode == 0
    asked = ("ask", "applications_status", "--param", "since=2026-04-01", "--param", "until=2026-04-30")
    told = dx(*asked, "--why", "--row", "処理状況=完了", "--column", "件数", "--limit", "1")
    assert told.returncode == 0
    assert told.stdout.splitlines()[-4:] == [
        "処理状況 完了 の 件数（件） = 2",
        "  この行だけで計算し直し、同じ値になることを確かめました。",
        "  数えた行: 電子申請 2 行（はじめの 1 行）",
        f"    {path.name} 2行目　取込 1・預り証 第1号　システム=LoGoフォーム、申請番号=A1、"
        "申請日時=2026-04-01 09:00、処理状況=完了",
    ]
    answered = json.loads(dx(*asked, "--json").stdout)
    with_why = json.loads(dx(*asked, "--why", "--row", "status=完了", "--json").stdout)
    assert {name: value for name, value in with_why.items() if name != "why"} == answered
    assert [figure["column"] for figure in with_why["why"]["figures"]] == ["count", "total", "share"]
    counted = dx(*asked, "--why")
    assert "件数（件）: 電子申請 2 行（数えた行）" in counted.stdout
    assert "--row 項目=値" in counted.stderr
    acts = [line["act"] for line in json.loads(dx("ledger", "--json").stdout)["lines"]]
    assert acts.count("行の閲覧") == 1 + 3


def test_ask_why_says_what_is_wrong_with_the_choice(dx: Dx, write: Any) -> None:
    assert dx("load", "--yes", write("電子申請_20261101T090000+0900.csv", A, "cp932")).returncode == 0
    wrong = {
        ("--row", "status=完了"): "--why を付けてください",
        ("--why", "--row", "status"): "--row『status』が読めません",
        ("--why", "--row", "status=ない"): "その行（status=ない）は答えに 0 行あります",
        ("--why", "--row", "status=完了", "--column", "x"): "列『x』はありません",
    }
    for words, said in wrong.items():
        done = dx("ask", "applications_status", *words)
        assert (done.returncode, said in done.stderr) == (2, True), done.stderr
