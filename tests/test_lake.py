"""Loads, plans, undo, snapshots, copies: what was promised is what is stored, and nothing else moved."""

# ruff: noqa: RUF001  (full width, as files have it)

from __future__ import annotations

import datetime as dt
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dx_data import intake, lake
from dx_data.access import Person
from dx_data.catalog import look
from dx_data.datasets import DATASETS
from dx_data.errors import LoadRefused, NotFound, StartRefused, UndoRefused
from dx_data.house import House
from dx_data.lake import Lake
from dx_data.spec import Delivery

HEAD = "システム,申請番号,申請日時,処理状況,決済額\n"
A = HEAD + "LoGoフォーム,A1,2026/04/01 09:00,処理中,\nLoGoフォーム,A2,2026/04/02 10:00,完了,300\n"
B = HEAD + "LoGoフォーム,A2,2026/04/02 10:00,取下げ,300\nLoGoフォーム,A3,2026/04/03 11:00,完了,0\n"

FORMS = "フォームID,フォーム名,フォーム区分,システム,所管課,公開状態\n"
NUMBERS = "システム,申請番号,申請日時,処理状況\n"


def rows(home: House, name: str, columns: str = "*", snapshot: int | None = None) -> list[tuple[Any, ...]]:
    with look(home.lake.at(snapshot), [name]) as cursor:
        return cursor.execute(f"SELECT {columns} FROM {name} ORDER BY ALL").fetchall()


def applications(home: House, snapshot: int | None = None) -> list[tuple[Any, ...]]:
    return rows(home, "applications", "application_id, status, paid, load_id, source_row", snapshot)


def form(number: int, state: str = "公開中") -> str:
    return f"F-{number:04},講座{number},イベント・講座,LoGoフォーム,DX推進課,{state}\n"


def test_a_load_stores_exactly_its_rows_with_where_they_came_from(home: House, take: Any, write: Any) -> None:
    done = take(write("a.csv", A))
    assert (done.status, done.plan.counts) == ("loaded", {"added": 2, "changed": 0, "unchanged": 0, "missing": 0})
    assert applications(home) == [("A1", "処理中", None, 1, 2), ("A2", "完了", 300, 1, 3)]


def test_rows_lie_in_zstd_of_the_second_parquet_version(home: House, take: Any, write: Any) -> None:
    """Half the space of the library's own choice, for the same work."""
    lines = (f"LoGoフォーム,A{n:04},2026/04/01 09:00,完了,{n % 9 * 100}\n" for n in range(300))
    take(write("a.csv", HEAD + "".join(lines)))
    files = [home.lake.tables.place(name) for name in home.lake.files()]
    with closing(home.lake.cursor()) as cursor:  # in a bucket they open with the lake's own key
        found = cursor.execute(
            "SELECT DISTINCT compression FROM parquet_metadata($1) WHERE num_values > 100", [files]
        ).fetchall()
        encodings = cursor.execute("SELECT DISTINCT encodings FROM parquet_metadata($1)", [files]).fetchall()
    assert found == [("ZSTD",)]
    assert any("RLE_DICTIONARY" in encoding or "DELTA" in encoding for (encoding,) in encodings)


def test_every_cursor_remembers_what_files_say_of_themselves(home: House) -> None:
    with look(home.lake.at(), ["forms"]) as cursor:
        assert cursor.execute("SELECT current_setting('parquet_metadata_cache')").fetchall() == [(True,)]


def test_the_plan_names_every_change_before_anything_is_written(home: House, take: Any, write: Any) -> None:
    take(write("a.csv", A))
    before = home.lake.newest()
    found = intake.review(write("b.csv", B), home, home.settings)
    assert found.plan is not None
    assert found.plan.counts == {"added": 1, "changed": 1, "unchanged": 0, "missing": 0}
    assert [(c.key, c.column, c.old, c.new) for part in found.plan.parts for c in part.changes] == [
        ("LoGoフォーム・A2", "処理状況", "完了", "取下げ")
    ]
    assert home.lake.newest() == before
    assert applications(home) == [("A1", "処理中", None, 1, 2), ("A2", "完了", 300, 1, 3)]


def test_the_same_bytes_again_change_nothing_and_after_an_undo_they_load(
    home: House, take: Any, write: Any, person: Person
) -> None:
    path = write("a.csv", A)
    take(path)
    snapshot = home.lake.newest()
    again = take(path)
    assert (again.status, again.plan.repeated, home.lake.newest()) == ("unchanged", 1, snapshot)
    intake.undo(1, home, person)
    assert applications(home) == []
    assert take(path).status == "loaded"
    assert [row[0] for row in applications(home)] == ["A1", "A2"]


@pytest.mark.both
def test_undoing_a_load_leaves_the_rows_of_a_later_one_untouched(
    home: House, take: Any, write: Any, person: Person
) -> None:
    take(write("a.csv", HEAD + "LoGoフォーム,A1,2026/04/01 09:00,完了,\n"))
    take(write("b.csv", HEAD + "LoGoフォーム,B1,2026/04/05 09:00,完了,\n"))
    intake.undo(1, home, person)
    assert applications(home) == [("B1", "完了", None, 2, 2)]


@pytest.mark.both
def test_undo_refuses_when_a_later_load_wrote_the_same_row_and_names_it(
    home: House, take: Any, write: Any, person: Person
) -> None:
    take(write("a.csv", A))
    take(write("b.csv", B))
    with pytest.raises(UndoRefused) as refused:
        intake.undo(1, home, person)
    assert str(refused.value) == (
        "取込番号 1 が書いた『電子申請』の 1 行を、あとの取込（取込番号 2）が書き換えています"
        " → 先に 取込番号 2 を取り消してください"
    )
    assert applications(home) == [("A1", "処理中", None, 1, 2), ("A2", "取下げ", 300, 2, 2), ("A3", "完了", 0, 2, 3)]
    intake.undo(2, home, person)
    intake.undo(1, home, person)
    assert applications(home) == []


def test_load_undo_gives_the_answers_from_before_exactly(home: House, take: Any, write: Any, person: Person) -> None:
    take(write("a.csv", A))
    before = rows(home, "applications")
    take(write("b.csv", B))
    assert rows(home, "applications") != before
    intake.undo(2, home, person)
    assert rows(home, "applications") == before


def test_an_undone_load_and_an_undo_cannot_be_undone(home: House, take: Any, write: Any, person: Person) -> None:
    take(write("a.csv", A))
    intake.undo(1, home, person)
    for number, words in ((1, "すでに取り消されています"), (2, "取消の記録です")):
        with pytest.raises(UndoRefused, match=words):
            intake.undo(number, home, person)
    with pytest.raises(NotFound, match="取込番号 9 はありません"):
        intake.undo(9, home, person)


def test_older_snapshots_keep_their_answers(home: House, take: Any, write: Any) -> None:
    first = take(write("a.csv", A)).load
    take(write("b.csv", B))
    assert applications(home, first.snapshot) == [("A1", "処理中", None, 1, 2), ("A2", "完了", 300, 1, 3)]
    assert applications(home, first.snapshot - 1) == []


def test_a_complete_delivery_marks_vanished_keys_and_leaves_them_out(home: House, take: Any, write: Any) -> None:
    everything = "".join(form(n) for n in range(1, 41))
    take(write("all.csv", FORMS + everything))
    done = take(write("next.csv", FORMS + "".join(form(n) for n in range(2, 41))), day=dt.date(2026, 11, 8))
    assert done.plan.counts == {"added": 0, "changed": 0, "unchanged": 39, "missing": 1}
    assert [row[0] for row in rows(home, "forms", "form_id")] == [f"F-{n:04}" for n in range(2, 41)]
    with home.lake.cursor() as cursor:
        kept = cursor.execute("SELECT form_id, vanished_on, load_id FROM lake.main.forms WHERE form_id = 'F-0001'")
        assert kept.fetchall() == [("F-0001", dt.date(2026, 11, 8), 2)]


def test_many_vanished_keys_need_a_yes_of_their_own(home: House, take: Any, write: Any) -> None:
    take(write("all.csv", FORMS + "".join(form(n) for n in range(1, 41))))
    half = write("half.csv", FORMS + "".join(form(n) for n in range(1, 31)))
    found = take(half)
    assert (found.status, [p.rule for p in found.asks]) == ("asks", ["plan.vanished"])
    assert found.asks[0].message == "『フォーム管理台帳』の 40 件のうち 10 件（25.0 %）がファイルにありません"
    assert take(half, accept_vanished=True).status == "loaded"
    assert len(rows(home, "forms")) == 30


def test_a_vanished_key_that_returns_is_current_again(home: House, take: Any, write: Any) -> None:
    take(write("1.csv", FORMS + form(1) + form(2)))
    take(write("2.csv", FORMS + form(1)), accept_vanished=True)
    done = take(write("3.csv", FORMS + form(1) + form(2) + form(3)))
    assert done.plan.counts == {"added": 1, "changed": 1, "unchanged": 1, "missing": 0}
    assert [row[0] for row in rows(home, "forms", "form_id")] == ["F-0001", "F-0002", "F-0003"]


COUNTS = "年月,手続ID,手続名,総受付件数,電子申請件数\n"


@pytest.mark.both
def test_a_period_delivery_replaces_exactly_the_months_it_covers(
    home: House, take: Any, write: Any, person: Person
) -> None:
    take(write("4-5.csv", COUNTS + "2026-04,P-1,甲,10,5\n2026-04,P-2,乙,8,1\n2026-05,P-1,甲,12,6\n"))
    done = take(write("4.csv", COUNTS + "2026-04,P-1,甲,10,7\n"), accept_vanished=True)
    assert done.plan.counts == {"added": 0, "changed": 1, "unchanged": 0, "missing": 1}
    kept = rows(home, "application_counts", "month::VARCHAR, procedure_id, online")
    assert kept == [("2026-04-01", "P-1", 7), ("2026-05-01", "P-1", 6)]
    intake.undo(2, home, person)
    assert rows(home, "application_counts", "month::VARCHAR, procedure_id, online") == [
        ("2026-04-01", "P-1", 5),
        ("2026-04-01", "P-2", 1),
        ("2026-05-01", "P-1", 6),
    ]


RECEIPTS = "収納日,窓口,決済手段,区分,件数,金額\n"


def receipt(day: int, counter: str, count: int = 1) -> str:
    return f"2026-10-{day:02},{counter},現金,売上,{count},{count * 300}\n"


def test_a_part_of_a_period_is_asked_about_before_it_takes_others_rows(home: House, take: Any, write: Any) -> None:
    counters = ("戸籍住民課", "税務課", "保育課", "子育て支援課", "道路管理課")
    take(write("all.csv", RECEIPTS + "".join(receipt(day, c) for day in (15, 16, 19) for c in counters)))
    before = rows(home, "receipts")
    part = write("part.csv", RECEIPTS + receipt(15, "税務課", 2) + receipt(16, "税務課"))
    found = take(part)
    assert (found.status, rows(home, "receipts") == before) == ("asks", True)
    (asked,) = found.asks
    assert (asked.rule, asked.count, asked.message, asked.fix) == (
        "plan.vanished",
        8,
        "『キャッシュレス事績簿』の、ファイルにある日や月の 10 件のうち 8 件（80.0 %）は、"
        "ファイルに1行もない窓口のものです。取り込むと消えます（2026-10-15～2026-10-16、"
        "窓口: 保育課 2 件、子育て支援課 2 件、戸籍住民課 2 件など 4 種類）",
        "一部の窓口だけのファイルなら「届け方」を「追加」（--delivery 追加）にし、"
        "本当に無くなったのなら「消滅を認める」（--vanished）を選んでください",
    )
    added = take(part, delivery=Delivery.APPEND)
    assert added.plan.counts == {"added": 0, "changed": 1, "unchanged": 1, "missing": 0}
    assert len(rows(home, "receipts")) == 15
    once = write("once.csv", RECEIPTS + receipt(15, "税務課", 2) + receipt(16, "税務課", 3))
    assert take(once, accept_vanished=True).plan.counts["missing"] == 8


def test_a_counter_s_own_rows_are_replaced_without_a_question(home: House, take: Any, write: Any) -> None:
    """Another file of the same counters speaks of all their rows of a day, whatever else is in its keys."""
    take(write("all.csv", RECEIPTS + "".join(receipt(15, "税務課").replace("現金", how) for how in ("現金", "PayPay"))))
    again = take(write("again.csv", RECEIPTS + receipt(15, "税務課", 3)))
    assert (again.status, again.plan.counts["missing"]) == ("loaded", 1)


def test_a_part_of_a_months_procedures_is_asked_about(home: House, take: Any, write: Any) -> None:
    take(write("all.csv", COUNTS + "".join(f"2026-04,P-{n:02},手続{n},9,{n}\n" for n in range(1, 9))))
    (asked,) = take(write("part.csv", COUNTS + "2026-04,P-01,手続1,9,1\n")).asks
    assert asked.message == (
        "『月次受付件数』の、ファイルにある日や月の 8 件のうち 7 件（87.5 %）は、ファイルに1行もない手続IDのものです。"
        "取り込むと消えます（2026-04、手続ID: P-02 1 件、P-03 1 件、P-04 1 件など 7 種類）"
    )


PAYPAY = "決済番号,店舗名,端末番号/PosID,取引ステータス,取引日時,取引金額\n"


def payments(*payments: tuple[int, int]) -> str:
    return PAYPAY + "".join(f"{n},税務課,T1,取引完了,2026-10-{day:02} 10:00,{n * 100}\n" for n, day in payments)


@pytest.mark.parametrize("delivery", [None, Delivery.APPEND])
def test_a_payment_that_two_downloads_bring_counts_once(
    home: House, take: Any, write: Any, delivery: Delivery | None
) -> None:
    """A day's payments of a window take the place of those that stand there, whichever way they are delivered."""
    take(write("a.csv", payments((1, 15), (2, 15), (3, 16), (4, 16))))
    again = take(write("b.csv", payments((3, 16), (4, 16), (5, 19))), delivery=delivery)
    assert again.plan.counts == {"added": 1, "changed": 0, "unchanged": 1, "missing": 0}
    assert rows(home, "receipts", "day(collected_on), transactions, amount_yen") == [
        (15, 2, 300),
        (16, 2, 700),
        (19, 1, 500),
    ]


def test_a_payment_that_is_completed_on_another_day_counts_once_where_one_file_has_both(
    home: House, take: Any, write: Any
) -> None:
    waits = payments((1, 15), (9, 15)).replace("9,税務課,T1,取引完了", "9,税務課,T1,取引受付完了")
    take(write("a.csv", waits))
    take(write("b.csv", waits + payments((9, 16)).removeprefix(PAYPAY)))
    assert rows(home, "receipts", "day(collected_on), transactions, amount_yen") == [(15, 1, 100), (16, 1, 900)]


def test_a_small_correction_of_a_period_is_not_asked_about(home: House, take: Any, write: Any) -> None:
    """As many as a 全件 delivery may lack, of the days that the file speaks of."""
    take(write("all.csv", RECEIPTS + "".join(receipt(15, f"窓口{n:02}") for n in range(20))))
    one = take(write("one.csv", RECEIPTS + "".join(receipt(15, f"窓口{n:02}") for n in range(19))))
    assert (one.status, one.plan.counts["missing"]) == ("loaded", 1)
    two = take(write("two.csv", RECEIPTS + "".join(receipt(15, f"窓口{n:02}") for n in range(18))))
    assert (two.status, [p.count for p in two.asks]) == ("asks", [1])


def test_undo_names_the_load_that_removed_its_row(home: House, take: Any, write: Any, person: Person) -> None:
    take(write("4.csv", COUNTS + "2026-04,P-1,甲,10,5\n2026-04,P-2,乙,8,1\n"))
    take(write("4b.csv", COUNTS + "2026-04,P-1,甲,10,5\n"), accept_vanished=True)
    with pytest.raises(UndoRefused, match="取込番号 2"):
        intake.undo(1, home, person)


def test_a_stored_number_in_another_spelling_is_the_same_row(home: House, take: Any, write: Any) -> None:
    take(write("a.csv", NUMBERS + "LoGoフォーム,Q-0493,2026/04/02 10:00,処理中\n"))
    again = take(write("b.csv", NUMBERS + "LoGoフォーム,Ｑ－０４９３,2026/04/02 10:00,完了\n"))
    assert again.plan.counts == {"added": 0, "changed": 1, "unchanged": 0, "missing": 0}
    assert rows(home, "applications", "application_id, status") == [("Q-0493", "完了")]


def test_a_stored_number_in_other_letters_is_not_counted_twice(home: House, take: Any, write: Any) -> None:
    take(write("a.csv", NUMBERS + "LoGoフォーム,Q-0493,2026/04/02 10:00,処理中\n"))
    found = take(
        write(
            "b.csv",
            NUMBERS
            + "LoGoフォーム,Q-0494,2026/04/02 10:00,完了\nLoGoフォーム,q-0493,2026/04/02 10:00,完了\n"
            + "ぴったりサービス,q-0493,2026/04/02 10:00,完了\n",
        )
    )
    (problem,) = found.problems
    assert (found.status, problem.rule, problem.header, problem.count, problem.rows) == (
        "refused",
        "plan.other_letters",
        "申請番号",
        1,
        (3,),
    )
    assert problem.sentence == (
        "列『申請番号』、3行目:「q-0493」は、『電子申請』の台帳にある「Q-0493」と大文字・小文字だけが違います。"
        "取り込むと2つに数えます → 同じものなら、台帳の書き方に直してください。台帳のほうが誤りなら、"
        "すべての行のあるファイルを、届け方を「全件」にして取り込んでください"
    )
    whole = NUMBERS + "LoGoフォーム,q-0493,2026/04/02 10:00,完了\n"
    assert take(write("c.csv", whole), delivery=Delivery.WHOLE, accept_vanished=True).status == "loaded"


def test_the_delivery_can_be_changed_for_one_load(home: House, take: Any, write: Any) -> None:
    take(write("1.csv", FORMS + form(1) + form(2)))
    done = take(write("2.csv", FORMS + form(3)), delivery=Delivery.APPEND)
    assert done.plan.counts == {"added": 1, "changed": 0, "unchanged": 0, "missing": 0}
    assert len(rows(home, "forms")) == 3


def test_a_column_the_file_lacks_keeps_its_old_values(home: House, take: Any, write: Any) -> None:
    take(write("a.csv", A))
    done = take(write("b.csv", "システム,申請番号,申請日時,処理状況\nLoGoフォーム,A2,2026/04/02 10:00,取下げ\n"))
    assert done.plan.counts["changed"] == 1
    assert applications(home) == [("A1", "処理中", None, 1, 2), ("A2", "取下げ", 300, 2, 2)]


def test_a_blank_replaces_a_value_and_zero_is_not_blank(home: House, take: Any, write: Any) -> None:
    take(write("a.csv", HEAD + "LoGoフォーム,A1,2026/04/01 09:00,完了,300\nLoGoフォーム,A2,2026/04/01 09:00,完了,\n"))
    done = take(
        write("b.csv", HEAD + "LoGoフォーム,A1,2026/04/01 09:00,完了,\nLoGoフォーム,A2,2026/04/01 09:00,完了,0\n")
    )
    assert done.plan.counts["changed"] == 2
    assert [row[2] for row in applications(home)] == [None, 0]


def test_a_blank_key_column_is_a_value_of_the_key(home: House, take: Any, write: Any) -> None:
    take(write("a.csv", "年月,手続ID,フォームID,電子申請件数\n2026-04,P-1,,5\n2026-04,P-1,F-1,3\n"))
    done = take(write("b.csv", "年月,手続ID,フォームID,電子申請件数\n2026-04,P-1,,6\n2026-04,P-1,F-1,3\n"))
    assert done.plan.counts == {"added": 0, "changed": 1, "unchanged": 1, "missing": 0}


LEDGER = "手続ID,手続名,所管課,進捗段階,オンライン化状況\n"


def test_changes_of_a_tracked_column_are_kept_as_observed(home: House, take: Any, write: Any, person: Person) -> None:
    take(write("1.csv", LEDGER + "P-1,甲,保育課,未着手,未\n"), day=dt.date(2026, 4, 6))
    take(write("2.csv", LEDGER + "P-1,甲,保育課,試行,未\n"), day=dt.date(2026, 5, 4))
    with look(home.lake.at(), ["procedures"]) as cursor:
        seen = cursor.execute(
            "SELECT column_name, old, new, observed_on::VARCHAR FROM procedures_history WHERE column_name = 'stage'"
            " ORDER BY observed_on"
        ).fetchall()
    assert seen == [("stage", None, "未着手", "2026-04-06"), ("stage", "未着手", "試行", "2026-05-04")]
    intake.undo(2, home, person)
    with look(home.lake.at(), ["procedures"]) as cursor:
        assert cursor.execute("SELECT count(*) FROM procedures_history").fetchall() == [(2,)]


def test_sheets_of_one_dataset_are_one_delivery(home: House, take: Any, tmp_path: Path) -> None:
    import xlsxwriter

    path = tmp_path / "two.xlsx"
    book = xlsxwriter.Workbook(path)
    for month in (4, 5):
        sheet = book.add_worksheet(f"{month}月")
        sheet.write_row(0, 0, ["年月", "手続ID", "電子申請件数"])
        sheet.write_row(1, 0, [f"2026-{month:02}", "P-1", month])
    book.close()
    assert take(path).plan.counts == {"added": 2, "changed": 0, "unchanged": 0, "missing": 0}
    assert rows(home, "application_counts", "month::VARCHAR, online, source_sheet") == [
        ("2026-04-01", 4, "4月"),
        ("2026-05-01", 5, "5月"),
    ]


def test_the_same_row_on_two_sheets_is_refused(home: House, take: Any, tmp_path: Path) -> None:
    import xlsxwriter

    path = tmp_path / "two.xlsx"
    book = xlsxwriter.Workbook(path)
    for name in ("甲", "乙"):
        sheet = book.add_worksheet(name)
        sheet.write_row(0, 0, ["年月", "手続ID", "電子申請件数"])
        sheet.write_row(1, 0, ["2026-04", "P-1", 4])
    book.close()
    found = take(path)
    assert (found.status, [p.rule for p in found.problems]) == ("refused", ["plan.doubled"])
    assert rows(home, "application_counts") == []


def test_a_load_between_the_plan_and_the_yes_is_noticed(home: House, take: Any, write: Any, person: Person) -> None:
    seen = intake.review(write("b.csv", B), home, home.settings, wish=intake.Wish(as_of=dt.date(2026, 11, 1)))
    take(write("a.csv", A))
    with pytest.raises(LoadRefused, match="確認のあとに、ほかの取込で台帳が変わりました"):
        intake.load(seen, home, person)
    assert [row[0] for row in applications(home)] == ["A1", "A2"]


def test_a_copy_holds_no_identifying_column_and_speaks_japanese(
    home: House, take: Any, write: Any, tmp_path: Path
) -> None:
    take(write("a.csv", A))
    path = tmp_path / "copy.duckdb"
    home.lake.copy(path)
    with duckdb.connect(str(path), read_only=True) as copy:
        assert copy.execute('SELECT 申請番号, 決済額 FROM "電子申請" ORDER BY 1').fetchall() == [
            ("A1", None),
            ("A2", 300),
        ]
        columns = {row[0] for row in copy.execute("DESCRIBE applications").fetchall()}
    assert columns == {c.name for c in DATASETS["applications"].stored} | {"municipality_code"}
    with pytest.raises(LoadRefused, match="すでにあります"):
        home.lake.copy(path)


def test_a_column_added_by_a_newer_release_is_blank_in_older_snapshots(
    home: House, take: Any, write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = DATASETS["forms"]
    older = full.model_copy(update={"columns": tuple(c for c in full.columns if c.name != "accounts")})
    monkeypatch.setitem(DATASETS, "forms", older)
    take(write("1.csv", FORMS + form(1)))
    monkeypatch.setitem(DATASETS, "forms", full)
    assert rows(home, "forms", "form_id, accounts") == [("F-0001", None)]
    take(write("2.csv", FORMS.strip() + ",管理アカウント数\n" + form(1).strip() + ",3\n"))
    assert rows(home, "forms", "form_id, accounts") == [("F-0001", 3)]
    assert rows(home, "forms", "form_id, accounts", 1) == [("F-0001", None)]


@pytest.mark.parametrize(
    ("path", "mounts", "kind"),
    [
        ("/mnt/share/lake", "srv:/x /mnt/share nfs4 rw 0 0\n/dev/sda / ext4 rw 0 0", "nfs4"),
        ("/mnt/win/lake", "//srv/x /mnt/win cifs rw 0 0\n/dev/sda / ext4 rw 0 0", "cifs"),
        ("/mnt/with space/lake", "srv:/x /mnt/with\\040space nfs rw 0 0\n/dev/sda / ext4 rw 0 0", "nfs"),
        ("/data/lake", "srv:/x /mnt/share nfs4 rw 0 0\n/dev/sda / ext4 rw 0 0", None),
        ("/mnt/shared/lake", "srv:/x /mnt/share nfs4 rw 0 0\n/dev/sda / ext4 rw 0 0", None),
        ("\\\\server\\share\\lake", "", "UNC"),
        ("//server/share/lake", "", "UNC"),
    ],
)
def test_a_network_drive_is_recognised(path: str, mounts: str, kind: str | None) -> None:
    # pathlib folds a leading '//' on some systems, so the written form decides.
    from dx_data.lake.folder import filesystem_of

    assert filesystem_of(path, mounts) == kind


def test_a_lake_on_a_network_drive_is_refused_with_the_remedy() -> None:
    with pytest.raises(StartRefused, match="このコンピューターのディスクを DX_LAKE に指定してください"):
        lake.exists("\\\\server\\share\\lake")


@pytest.mark.folder
def test_a_demo_lake_is_marked_for_good_and_only_it_can_be_destroyed(tmp_path: Path, home: House) -> None:
    demo = Lake.create(str(tmp_path / "demo"), demo_until=dt.date(2026, 11, 20))
    demo.close()
    again = Lake(str(tmp_path / "demo"))
    assert again.demo_until == dt.date(2026, 11, 20)
    again.close()
    lake.destroy(str(tmp_path / "demo"))
    assert not (tmp_path / "demo").exists()
    with pytest.raises(StartRefused, match="本番の台帳です"):
        lake.destroy(home.settings.lake)
    other = tmp_path / "other"
    other.mkdir()
    (other / "note.txt").write_text("大事なもの", encoding="utf-8")
    with pytest.raises(StartRefused, match="台帳ではありません"):
        lake.destroy(str(other))
    assert (other / "note.txt").exists()


@pytest.mark.both
def test_the_history_carries_who_what_and_as_of_when(home: House, take: Any, write: Any, person: Person) -> None:
    take(write("電子申請_20261101T090000+0900.csv", A), day=dt.date(2026, 10, 31))
    intake.undo(1, home, person)
    newest, oldest = home.lake.loads()
    assert (oldest.load, oldest.author, oldest.file, oldest.as_of, oldest.added, oldest.undoes) == (
        1,
        "試験 担当",
        "電子申請_20261101T090000+0900.csv",
        dt.date(2026, 10, 31),
        2,
        None,
    )
    assert (newest.load, newest.undoes, newest.message) == (2, 1, "取込番号 1 の取消")


def test_an_answer_speaks_of_the_day_that_all_its_tables_reach(home: House, take: Any, write: Any) -> None:
    """The latest day of each table, of these the earliest; a master's rows carry their own dates."""
    forms = "フォームID,フォーム名,フォーム区分,システム,所管課,公開状態\nF-1,転入届,手続,kintone,戸籍住民課,公開中\n"
    systems = "システム,種別,利用開始日\nkintone,電子申請,2025-04-01\n"
    take(write("電子申請.csv", A), day=dt.date(2026, 10, 31))
    take(write("フォーム管理台帳.csv", forms), day=dt.date(2026, 10, 10))
    take(write("システムマスター.csv", systems), day=dt.date(2026, 11, 20))
    now = home.lake.at(None)
    assert [load.tables for load in home.lake.loads()] == [("systems",), ("forms",), ("applications",)]
    assert now.as_of(["applications", "systems", "calendar_days", "inquiries"]) == dt.date(2026, 10, 31)
    assert now.as_of(["applications", "forms"]) == dt.date(2026, 10, 10)
    assert now.as_of(["systems"]) == dt.date(2026, 11, 20)
    assert now.as_of(["inquiries"]) is None


def test_no_index_or_extension_is_fetched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Extensions are loaded by path from their wheels: it works where HOME cannot be written."""
    sealed = tmp_path / "home"
    sealed.mkdir()
    sealed.chmod(0o500)
    monkeypatch.setenv("HOME", str(sealed))
    made = Lake.create(str(tmp_path / "lake"))
    made.close()
    assert list(sealed.iterdir()) == []
