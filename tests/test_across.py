"""Rows beside each other, beside other tables, the calendar and what is stored: refused, asked or only told."""

# ruff: noqa: RUF001  (full width, as files have it)

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from dx_data import intake
from dx_data.access import Person
from dx_data.errors import LoadRefused
from dx_data.house import House
from dx_data.intake import Wish
from dx_data.spec import Delivery

APPLICATIONS = "システム,申請番号,申請日時,受付日時,完了日時,処理状況\n"
PROCEDURES = "手続ID,手続名,所管課,進捗段階,オンライン化状況,オンライン化日\n"
FORMS = "フォームID,フォーム名,手続ID,フォーム区分,システム,所管課,公開状態\n"
RECEIPTS = "収納日,窓口,決済手段,区分,件数,金額\n"
COUNTERS = "窓口,決済手段,受入開始日,開庁パターン,休日開庁日\n"
COUNTS = "年月,手続ID,手続名,電子申請件数\n"


def told(found: intake.Reviewed, *rules: str) -> list[tuple[str, str | None, int, tuple[int, ...], str | None]]:
    return [(m.rule, m.header, m.count, m.rows, m.before) for m in found.mended if m.rule in rules]


def day_rows(*days: str, counter: str = "保育課") -> str:
    return "".join(f"{day},{counter},現金,売上,1,300\n" for day in days)


# --- a row against itself --------------------------------------------------------------------------------------


def test_a_day_before_the_day_it_follows_keeps_the_row_out(home: House, write: Any) -> None:
    path = write(
        "a.csv",
        APPLICATIONS
        + "LoGoフォーム,A1,2026/04/02 10:00,2026/04/02 10:00,2026/04/02 10:00,完了\n"
        + "LoGoフォーム,A2,2026/04/02 10:00,2026/04/02 09:59,2026/04/03 10:00,完了\n"
        + "LoGoフォーム,A3,2026/04/02 10:00,,2026/04/01 10:00,完了\n",
    )
    found = intake.review(path, home, home.settings)
    assert [(p.rule, p.column, p.header, p.rows, p.message) for p in found.problems] == [
        ("check.order", "D", "受付日時", (3,), "『申請日時』より前の日付です"),
        ("check.order", "E", "完了日時", (4,), "『申請日時』より前の日付です"),
    ]
    assert (found.tables[0].rows, found.tables[0].ok_rows) == (3, 1)


def test_a_state_without_its_date_is_told_and_loads(home: House, take: Any, write: Any) -> None:
    rows = "P-1,a,保育課,オンライン化済,済(全部),2026-04-01\nP-2,b,保育課,オンライン化済,○,\nP-3,c,保育課,未着手,未,\n"
    done = take(write("p.csv", PROCEDURES + rows))
    assert done.status == "loaded"
    assert told(done, "check.together") == [
        ("check.together", "オンライン化日", 1, (3,), "済(全部)"),
        ("check.together", "オンライン化日", 1, (3,), "オンライン化済"),
    ]


def test_what_has_not_come_yet_has_not_happened(
    home: House, take: Any, write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dx_data.calendar.today", lambda: dt.date(2026, 10, 16))
    path = write(
        "a.csv",
        APPLICATIONS
        + "LoGoフォーム,A1,2026/10/16 23:59,2026/10/16 23:59,,未処理\n"
        + "LoGoフォーム,A2,2026/10/17 00:00,,,未処理\n"
        + "LoGoフォーム,A3,2026/10/15 10:00,2026/10/16 10:00,2062/10/16 10:00,完了\n",
    )
    found = take(path, day=dt.date(2026, 10, 16))
    assert (found.status, found.tables[0].rows, found.tables[0].ok_rows) == ("refused", 3, 1)
    assert [(p.rule, p.sentence) for p in found.problems] == [
        (
            "check.ahead",
            "C列『申請日時』、3行目:まだ来ていない日付です → 年月日を確かめて直し、予定の行なら除いてください",
        ),
        (
            "check.ahead",
            "E列『完了日時』、4行目:まだ来ていない日付です → 年月日を確かめて直し、まだのときは空欄にしてください",
        ),
    ]
    later = take(path, day=dt.date(2026, 10, 17))
    assert [p.rows for p in later.problems] == [(4,)]  # who says as of when knows what has come by then


def test_a_month_to_come_has_no_counts_yet(home: House, take: Any, write: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A book for a whole year may hold its zeros already: they are told."""
    monkeypatch.setattr("dx_data.calendar.today", lambda: dt.date(2026, 10, 16))
    rows = "2026-10,P-1,a,5\n2026-11,P-1,a,0\n2026-12,P-1,a,6\n"
    found = take(write("a.csv", COUNTS + rows), day=dt.date(2026, 10, 16))
    assert [(p.rule, p.header, p.rows, p.message) for p in found.problems] == [
        ("check.ahead", "年月", (4,), "まだ来ていない年月です")
    ]
    assert told(found, "check.ahead_of_counts") == [("check.ahead_of_counts", "年月", 1, (3,), "2026-11-01")]


def test_days_that_are_planned_may_lie_ahead(home: House, take: Any, write: Any) -> None:
    line = "P-1,a,保育課,試行,未,2099-04-01\n"
    assert take(write("p.csv", PROCEDURES.replace("オンライン化日", "予定日") + line)).status == "loaded"


def test_a_day_after_the_day_that_the_file_speaks_of_is_told(home: House, take: Any, write: Any) -> None:
    path = write("r.csv", RECEIPTS + day_rows("2026-10-15", "2026-10-16", "2026-10-19"))
    done = take(path, day=dt.date(2026, 10, 15))
    assert (done.status, told(done, "across.after_as_of")) == (
        "loaded",
        [("across.after_as_of", "収納日", 2, (3, 4), "2026-10-16")],
    )


def test_a_day_of_the_week_that_is_not_the_dates_is_told(home: House, take: Any, write: Any) -> None:
    lines = "".join(
        f"{day},{weekday},保育課,現金,売上,1,300\n"
        for day, weekday in (("2026-10-15", "木"), ("2026-10-16", "木"), ("2026-10-19", ""), ("2026-10-20", "水曜日"))
    )
    done = take(write("r.csv", RECEIPTS.replace("収納日,", "収納日,曜日,") + lines))
    assert (done.status, told(done, "check.weekday")) == (
        "loaded",
        [("check.weekday", "曜日", 2, (3, 5), "木")],
    )
    assert [m.message for m in done.mended if m.rule == "check.weekday"] == [
        "『収納日』の曜日と違います。日付か曜日の誤りでないか確かめてください"
    ]


def test_a_part_that_is_more_than_its_whole_keeps_the_row_out(home: House, write: Any) -> None:
    """A blank whole is not known, so nothing is said; what is finished may have been received before."""
    path = write(
        "a.csv",
        "年月,手続ID,総受付件数,電子申請件数,完了件数\n"
        "2026-04,P-1,10,10,10\n2026-04,P-2,0,9999,0\n2026-04,P-3,,5,9\n2026-04,P-4,4,3,6\n",
    )
    found = intake.review(path, home, home.settings)
    assert [(p.rule, p.column, p.header, p.rows, p.message, p.fix) for p in found.problems] == [
        (
            "check.part",
            "D",
            "電子申請件数",
            (3,),
            "『総受付件数』より多くなっています",
            "2つの列が入れ替わっていないか確かめ、違うほうを直してください",
        )
    ]
    assert told(found, "check.exceeds") == [("check.exceeds", "完了件数", 1, (5,), "6")]
    assert (found.tables[0].rows, found.tables[0].ok_rows) == (4, 3)


# --- other tables ----------------------------------------------------------------------------------------------


def test_an_id_that_the_other_table_lacks_is_told_once_for_all_rows(home: House, take: Any, write: Any) -> None:
    forms = "".join(f"F-{n},f,P-{1 + n % 2 * 8},手続,LoGoフォーム,保育課,公開中\n" for n in range(4)) + (
        "F-9,f,,アンケート,LoGoフォーム,保育課,公開中\n"
    )
    before = intake.review(write("f.csv", FORMS + forms), home, home.settings)
    assert told(before, "across.reference") == []  # nobody has brought the other table yet
    take(write("p.csv", PROCEDURES + "P-1,a,保育課,未着手,未,\n"))
    after = take(write("f.csv", FORMS + forms))
    assert told(after, "across.reference") == [("across.reference", "手続ID", 2, (3, 5), "P-9")]
    assert (after.status, after.load.added if after.load else None) == ("loaded", 5)


DEPARTMENTS = (
    "組織順,所管部,所管課,有効開始日,有効終了日,後継課\n"
    "1,政策経営部,DX推進課,2025-04-01,,\n2,子育て支援部,保育課,2025-04-01,2025-09-30,子育て施設課\n"
)


def test_a_section_that_the_master_lacks_is_told_once_for_each_name_with_the_nearest(
    home: House, take: Any, write: Any
) -> None:
    sections = ("ＤＸ推進課", "保育課", "保育か", "ＤＸ推進課", "清掃事務所")
    rows = "".join(f"P-{n},a{n},{section},未着手,未,\n" for n, section in enumerate(sections))
    before = intake.review(write("p.csv", PROCEDURES + rows), home, home.settings)
    assert told(before, "across.reference") == []
    take(write("d.csv", DEPARTMENTS))
    found = intake.review(write("p.csv", PROCEDURES + rows), home, home.settings)
    assert [(m.header, m.count, m.rows, m.message) for m in found.mended if m.rule == "across.reference"] == [
        (
            "所管課",
            count,
            places,
            f"『所管課マスター』の所管課にない名前『{name}』です。そのまま受け取ります。{near}"
            "名前の誤りか、台帳への登録もれか確かめてください",
        )
        for name, count, places, near in (
            ("ＤＸ推進課", 2, (2, 5), "『DX推進課』のことなら、直してください。"),
            ("保育か", 1, (4,), "『保育課』のことなら、直してください。"),
            ("清掃事務所", 1, (6,), ""),
        )
    ]
    assert found.loadable


def test_of_many_names_that_the_master_lacks_the_rest_are_counted(home: House, take: Any, write: Any) -> None:
    take(write("d.csv", DEPARTMENTS))
    rows = "".join(f"P-{n},a{n},{n}番の係,未着手,未,\n" for n in range(23))
    found = intake.review(write("p.csv", PROCEDURES + rows), home, home.settings)
    names = [m for m in found.mended if m.rule == "across.reference"]
    assert [m.before for m in names[:-1]] == [f"{n}番の係" for n in range(20)]
    assert (names[-1].message, names[-1].count, names[-1].rows) == (
        "『所管課マスター』の所管課にない名前が、ほかに 3 種類あります。そのまま受け取ります",
        3,
        (22,),
    )


def test_the_number_of_one_procedure_and_the_name_of_another_are_told_together(
    home: House, take: Any, write: Any
) -> None:
    take(write("p.csv", PROCEDURES + "P-1,転入届,a,未着手,未,\nP-2,転出届,a,未着手,未,\nP-3,転出届,b,未着手,未,\n"))
    rows = "2026-04,P-1,転出届,3\n2026-05,P-1,転出届,3\n2026-04,P-2,転 出 届,4\n2026-04,P-3,転出届,4\n"
    rows += "2026-06,P-1,転入届（新）,3\n2026-04,P-9,転入届,3\n2026-05,P-2,,3\n"
    found = intake.review(write("c.csv", COUNTS + rows), home, home.settings)
    assert [(m.header, m.count, m.rows, m.message) for m in found.mended if m.rule == "across.called_otherwise"] == [
        (
            "手続名",
            2,
            (2, 3),
            "手続ID『P-1』は『転入届』の番号ですが、手続名は『転出届』（手続ID『P-2』）です。そのまま受け取ります。"
            "どちらが正しいか確かめてください",
        )
    ]
    assert found.loadable


def test_an_id_names_the_other_tables_row_in_any_width(home: House, take: Any, write: Any) -> None:
    take(write("p.csv", PROCEDURES + "Ｐ‐０００１,a,保育課,未着手,未,\n"))
    forms = take(write("f.csv", FORMS + "Ｆ－１,f,P－0001,手続,LoGoフォーム,保育課,公開中\n"))
    assert told(forms, "across.reference") == []
    assert told(forms, "id.spelling") == [
        ("id.spelling", "フォームID", 1, (2,), "Ｆ－１"),
        ("id.spelling", "手続ID", 1, (2,), "P－0001"),
    ]


def test_rows_that_are_added_beside_others_of_their_day_and_window_are_told(home: House, take: Any, write: Any) -> None:
    """The same receipts may stand there under another terminal. A window that has none that day is why one adds."""
    head = RECEIPTS.replace("窓口,", "窓口,端末ID,")
    lines = ("2026-10-15,保育課,T-1", "2026-10-15,保育課,", "2026-10-16,保育課,T-1", "2026-10-16,税務課,T-9")
    first, *rest = (f"{line},現金,売上,1,300\n" for line in lines)
    take(write("a.csv", head + first))
    added = take(write("b.csv", head + first + "".join(rest)), delivery=Delivery.APPEND)
    assert told(added, "across.beside") == []  # what stands there is in this file too
    again = take(write("c.csv", head + first.replace("T-1", "T-2") + rest[1]), delivery=Delivery.APPEND)
    assert told(again, "across.beside") == [("across.beside", "窓口", 1, (2,), "保育課")]
    assert take(write("d.csv", head + first.replace("T-1", "T-3"))).plan.counts["missing"] == 3
    assert told(take(write("e.csv", head + first)), "across.beside") == []


def test_rows_of_the_same_file_are_known_without_a_lake(tmp_path: Path, home: House) -> None:
    import xlsxwriter

    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for name, text in (
            ("手続", PROCEDURES + "P-1,a,保育課,未着手,未,"),
            (
                "フォーム",
                FORMS + "F-1,f,P-1,手続,LoGoフォーム,保育課,公開中\nF-2,f,P-2,手続,LoGoフォーム,保育課,公開中",
            ),
        ):
            sheet = book.add_worksheet(name)
            for row, line in enumerate(text.splitlines()):
                sheet.write_row(row, 0, line.split(","))
    found = intake.review(path, None, home.settings)
    assert [t.dataset for t in found.tables] == ["procedures", "forms"]
    assert [(m.sheet, m.rows) for m in found.mended if m.rule == "across.reference"] == [("フォーム", (3,))]


# --- the calendar ----------------------------------------------------------------------------------------------


def test_a_closed_day_is_told_unless_the_master_knows_it(home: House, take: Any, write: Any) -> None:
    rows = day_rows("2025-04-05", "2025-04-06", "2025-04-07", "2025-04-13") + day_rows("2025-04-06", counter="別の課")
    path = write("r.csv", RECEIPTS + rows)
    (notice,) = [m for m in intake.review(path, None, home.settings).mended if m.rule == "check.closed_day"]
    assert (notice.header, notice.count, notice.rows, notice.before) == ("収納日", 4, (2, 3, 5, 6), "2025-04-05")
    take(write("c.csv", COUNTERS + "保育課,現金,2025-04-01,平日・土曜,\n保育課,コード決済,2025-04-01,,2025-4-13\n"))
    found = intake.review(path, home, home.settings)
    assert told(found, "check.closed_day") == [("check.closed_day", "収納日", 2, (3, 6), "2025-04-06")]


APRIL = ("2025-04-01", "2025-04-02", "2025-04-03", "2025-04-04", "2025-04-07", "2025-04-08", "2025-04-09")


def test_open_days_without_rows_are_told_by_window(home: House, take: Any, write: Any) -> None:
    whole, gappy, rare = (
        day_rows(*days, counter=name)
        for name, days in (("毎日の課", APRIL), ("抜けた課", APRIL[:4] + APRIL[5:]), ("たまの課", APRIL[::4]))
    )
    found = intake.review(write("r.csv", RECEIPTS + whole + gappy + rare), home, home.settings)
    assert [
        (m.before, m.header, m.count, m.message.split("。")[0]) for m in found.mended if m.rule == "across.gap"
    ] == [("抜けた課", "窓口", 1, "1 日の開庁日の行がありません（2025-04-07）")]


def test_a_week_that_never_came_is_told_when_the_next_one_comes(home: House, take: Any, write: Any) -> None:
    assert take(write("1.csv", RECEIPTS + day_rows(*APRIL))).status == "loaded"
    later = ("2025-04-11", "2025-04-14")
    found = intake.review(write("2.csv", RECEIPTS + day_rows(*later)), home, home.settings)
    assert [(m.count, m.message.split("。")[0]) for m in found.mended if m.rule == "across.gap"] == [
        (1, "1 日の開庁日の行がありません（2025-04-10）")
    ]


def test_months_that_never_came_are_told(home: House, take: Any, write: Any) -> None:
    take(write("1.csv", COUNTS + "2025-03,P-1,a,3\n2025-04,P-1,a,3\n"))
    found = intake.review(write("2.csv", COUNTS + "2025-07,P-1,a,3\n2025-08,P-1,a,3\n"), home, home.settings)
    assert [(m.header, m.count, m.message.split("。")[0]) for m in found.mended if m.rule == "across.gap"] == [
        ("年月", 2, "2 か月分の行がありません（2025-05、2025-06）")
    ]
    again = intake.review(write("3.csv", COUNTS + "2025-03,P-1,a,4\n2025-05,P-1,a,4\n"), home, home.settings)
    assert told(again, "across.gap") == []


# --- what is stored --------------------------------------------------------------------------------------------


OLD, NEW = dt.date(2026, 4, 1), dt.date(2026, 10, 1)


@pytest.fixture
def ledger_of_october(take: Any, write: Any) -> None:
    take(write("new.csv", PROCEDURES + "P-1,a,保育課,オンライン化済,済(全部),2026-09-01\n"), day=NEW)


@pytest.mark.usefixtures("ledger_of_october")
def test_an_older_file_asks_before_it_writes_over_newer_values(
    home: House, take: Any, write: Any, person: Person
) -> None:
    old = write("old.csv", PROCEDURES + "P-1,a,保育課,未着手,未,\n")
    found = intake.review(old, home, home.settings, wish=Wish(as_of=OLD))
    assert (found.status, [(p.rule, p.count) for p in found.asks]) == ("asks", [("plan.older", 1)])
    assert not found.loadable
    undated = intake.review(old, home, home.settings)
    with pytest.raises(LoadRefused, match="2026-10-01 時点までの値があり、2026-04-01 時点の"):
        intake.load(undated, home, person, as_of=OLD)
    assert take(old, day=OLD, accept_older=True).status == "loaded"


@pytest.mark.usefixtures("ledger_of_october")
@pytest.mark.parametrize(
    ("day", "row", "asked"),
    [
        (NEW, "P-1,a,保育課,未着手,未,", False),
        (OLD, "P-1,a,保育課,オンライン化済,済(全部),2026-09-01", False),
        (NEW - dt.timedelta(days=1), "P-1,a,保育課,未着手,未,", True),
    ],
    ids=["same day", "same values", "a day older"],
)
def test_only_an_older_file_with_other_values_asks(
    home: House, write: Any, day: dt.date, row: str, asked: bool
) -> None:
    found = intake.review(write("x.csv", PROCEDURES + row), home, home.settings, wish=Wish(as_of=day))
    assert [p.rule for p in found.asks] == ["plan.older"] * asked


def test_an_older_file_of_other_days_writes_over_nothing(home: House, take: Any, write: Any) -> None:
    take(write("may.csv", RECEIPTS + day_rows("2025-05-01")), day=dt.date(2025, 5, 31))
    april = write("april.csv", RECEIPTS + day_rows("2025-04-01"))
    assert take(april, day=dt.date(2025, 4, 30)).status == "loaded"
    # A correction of April, of a day before May's file came: newer than what it writes over.
    april = write("april.csv", RECEIPTS + day_rows("2025-04-01").replace("300", "400"))
    assert take(april, day=dt.date(2025, 5, 10)).status == "loaded"
    back = intake.review(april, home, home.settings, wish=Wish(as_of=dt.date(2025, 5, 9)))
    assert back.status == "unchanged"


def test_an_undone_load_makes_no_file_older(home: House, take: Any, write: Any, person: Person) -> None:
    take(write("first.csv", PROCEDURES + "P-1,a,保育課,未着手,未,\n"), day=OLD)
    take(write("new.csv", PROCEDURES + "P-1,a,保育課,見送り,対象外,\n"), day=NEW)
    intake.undo(2, home, person)
    between = write("x.csv", PROCEDURES + "P-1,a,保育課,解決方法検討,未,\n")
    assert take(between, day=dt.date(2026, 5, 1)).status == "loaded"
