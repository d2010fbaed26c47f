"""One question at two snapshots: late, corrected and vanished rows are told apart, whatever the question counts."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dx_data import differences
from dx_data.catalog import Catalog, Result, read_questions
from dx_data.errors import WrongUsage
from dx_data.lake import Lake
from tests.test_catalog import load

TODAY = dt.date(2026, 11, 20)
LAST_WEEK = dt.date(2026, 11, 13)
CATALOG = Catalog(read_questions())


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    lake = Lake.create(str(tmp_path / "lake"))
    yield lake
    lake.close()


def receipt(day: str, transactions: int, counter: str = "窓口A", method: str = "現金") -> dict[str, Any]:
    return {
        "collected_on": dt.date.fromisoformat(day),
        "counter": counter,
        "terminal": None,
        "fee_type": "住民票",
        "method": method,
        "entry": "売上",
        "transactions": transactions,
        "amount_yen": 300 * transactions,
    }


def application(number: int, at: str, status: str = "完了") -> dict[str, Any]:
    return {
        "system": "kintone",
        "application_id": f"A{number:03}",
        "applied_at": dt.datetime.fromisoformat(at),
        "status": status,
    }


def form(number: int, section: str = "課") -> dict[str, Any]:
    return {
        "form_id": f"F-{number}",
        "form": f"フォーム{number}",
        "purpose": "手続",
        "system": "kintone",
        "section": section,
        "state": "公開中",
    }


def compared(lake: Lake, name: str, earlier: int, now: int | None = None, **given: Any) -> Result:
    return differences.compare(CATALOG, name, lake.at(earlier), lake.at(now), day=LAST_WEEK, today=TODAY, **given)


# --- whole values ---------------------------------------------------------------------------------------------


def test_late_corrected_and_vanished_rows_are_told_apart(lake: Lake) -> None:
    week = [receipt("2026-09-01", 10), receipt("2026-09-02", 20), receipt("2026-10-01", 5)]
    before = load(lake, "receipts", [*week, receipt("2026-09-03", 4)], LAST_WEEK).snapshot
    # The 2nd is corrected by +3, the 3rd comes again without its row, the 4th comes late with 9, November is new.
    late = [receipt("2026-09-04", 9), receipt("2026-11-16", 7)]
    gone = receipt("2026-09-03", 1, counter="窓口B")
    load(lake, "receipts", [receipt("2026-09-02", 23), gone, *late])
    result = compared(lake, "cashless_by_month", before)
    named = [column.name for column in result.columns]
    assert named == ["month", "figure", "figure_unit", "old", "new", "difference", "late", "corrected", "vanished"]
    september, november = dt.date(2026, 9, 1), dt.date(2026, 11, 1)
    assert result.rows == [
        (september, "収納件数", "件", 34, 43, 9, 10, 3, -4),
        (september, "収納金額", "円", 10200, 12900, 2700, 3000, 900, -1200),
        (november, "収納件数", "件", None, 7, 7, 7, 0, 0),
        (november, "収納金額", "円", None, 2100, 2100, 2100, 0, 0),
    ]
    assert result.notes[:4] == (
        "2026年9月分・収納件数：先週の報告から +9件 増（遅れて届いた分 10件、訂正 3件、消えた分 -4件）",
        "2026年9月分・収納金額：先週の報告から +2,700円 増（遅れて届いた分 3,000円、訂正 900円、消えた分 -1,200円）",
        "2026年11月分・収納件数：先週の報告から +7件 増（新しく届いた分 7件）",
        "2026年11月分・収納金額：先週の報告から +2,100円 増（新しく届いた分 2,100円）",
    )
    assert (result.since, result.snapshot) == (lake.at(before).title, lake.at().title)
    assert result.question.title == "キャッシュレス比率の前の時点との差（月次推移、2025年4月1日から）"


def test_the_issue_s_own_sentence(lake: Lake) -> None:
    first = [application(number, "2026-09-10T09:00") for number in range(20)]
    withdrawn = [application(number, "2026-09-20T09:00", "取下げ") for number in range(30, 33)]
    before = load(lake, "applications", [*first, *withdrawn], LAST_WEEK).snapshot
    back = [application(number, "2026-09-20T09:00") for number in range(30, 33)]
    load(lake, "applications", [*back, *(application(number, "2026-09-30T23:59") for number in range(40, 49))])
    result = compared(lake, "applications_by_month", before)
    assert result.notes[0] == "2026年9月分・申請件数：先週の報告から +12件 増（遅れて届いた分 9件、訂正 3件）"
    assert result.rows == [
        (dt.date(2026, 9, 1), "申請件数", "件", 20, 32, 12, 9, 3, 0),
        (dt.date(2026, 9, 1), "取下げ件数", "件", 3, 0, -3, 0, -3, 0),
    ]


def test_an_undone_load_and_the_same_rows_again_change_nothing(lake: Lake) -> None:
    rows = [application(number, "2026-09-10T09:00") for number in range(5)]
    before = load(lake, "applications", rows, LAST_WEEK).snapshot
    more = load(
        lake, "applications", [application(1, "2026-09-10T09:00", "取下げ"), application(9, "2026-09-11T09:00")]
    )
    lake.undo(more.load, "tests")
    result = compared(lake, "applications_by_month", before)
    assert result.rows == []
    assert result.notes == (
        "差：先週の報告から変わった数値はありません（2 の数値を比べました）。",
        "フォーム管理台帳:この時点では未収集",
    )
    during = compared(lake, "applications_by_month", before, more.snapshot)
    assert [row[1:] for row in during.rows] == [
        ("申請件数", "件", 5, 5, 0, 1, -1, 0),  # one came and one was withdrawn
        ("取下げ件数", "件", 0, 1, 1, 0, 1, 0),
    ]
    back = compared(lake, "applications_by_month", more.snapshot)
    assert [row[1:] for row in back.rows] == [
        ("申請件数", "件", 5, 5, 0, 0, 1, -1),
        ("取下げ件数", "件", 1, 0, -1, 0, -1, 0),
    ]


def test_a_key_that_vanished_from_a_complete_delivery_is_gone_and_one_that_returns_is_changed(lake: Lake) -> None:
    forms = [form(number) for number in range(1, 41)]
    before = load(lake, "forms", forms, LAST_WEEK).snapshot
    load(lake, "applications", [application(1, "2026-11-01T09:00")], LAST_WEEK)
    moved = form(3, "課B")
    without = load(lake, "forms", [moved, *forms[3:], form(50)]).snapshot
    load(lake, "forms", [*forms[1:], form(50)], TODAY + dt.timedelta(days=1))
    at = {"since": dt.date(2026, 4, 1), "until": TODAY}
    gone = compared(lake, "applications_by_section", before, without, **at)
    assert [row[:2] + row[3:] for row in gone.rows if row[1] == "いま公開中のフォーム数"] == [
        ("課", "いま公開中のフォーム数", 40, 38, -2, 1, -1, -2),
        ("課B", "いま公開中のフォーム数", None, 1, 1, 0, 1, 0),
    ]
    back = compared(lake, "applications_by_section", without, **at)
    assert [row[:2] + row[3:] for row in back.rows if row[1] == "いま公開中のフォーム数"] == [
        ("課", "いま公開中のフォーム数", 38, 40, 2, 0, 2, 0),
        ("課B", "いま公開中のフォーム数", 1, None, -1, 0, -1, 0),
    ]


def test_a_row_that_moves_to_another_key_leaves_one_figure_and_joins_the_other(lake: Lake) -> None:
    before = load(lake, "forms", [form(1, "課A"), form(2, "課A")], LAST_WEEK).snapshot
    load(lake, "forms", [form(1, "課A"), form(2, "課B")])
    result = compared(lake, "applications_by_section", before)
    assert [row[:2] + row[3:] for row in result.rows] == [
        ("課A", "いま公開中のフォーム数", 2, 1, -1, 0, -1, 0),
        ("課B", "いま公開中のフォーム数", None, 1, 1, 0, 1, 0),
    ]
    assert result.notes[0] == "課A：先週の報告から -1フォーム 減（変わった分 -1フォーム）"


def test_from_the_empty_lake_everything_is_new_and_a_rate_has_no_parts(lake: Lake) -> None:
    load(lake, "receipts", [receipt("2026-11-16", 7)])
    result = compared(lake, "cashless_by_month", 0)
    assert [row[1:] for row in result.rows] == [
        ("収納件数", "件", None, 7, 7, 7, 0, 0),
        ("収納金額", "円", None, 2100, 2100, 2100, 0, 0),
    ]
    accepts = {"counter": "窓口A", "method": "コード決済", "valid_from": dt.date(2026, 4, 1)}
    grouped = {"revenue": "すべて", "valid_from": dt.date(2025, 4, 1)}
    load(lake, "counters", [accepts])
    groups = [
        {"method": "コード決済", "method_group": "窓口キャッシュレス"},
        {"method": "現金", "method_group": "現金"},
    ]
    before = load(lake, "payment_methods", [{**grouped, **group} for group in groups]).snapshot
    load(lake, "receipts", [receipt("2026-11-16", 7), receipt("2026-11-16", 3, method="コード決済")])
    rates = [row[1:] for row in compared(lake, "cashless_by_month", before).rows if row[2] == "%"]
    assert [tuple(map(str, row)) for row in rates] == [
        ("件数比率", "%", "0.0", "30.0", "30.0", "None", "None", "None"),
        ("金額比率", "%", "0.0", "30.0", "30.0", "None", "None", "None"),
    ]


@pytest.mark.parametrize(
    ("before", "since"),
    [
        (dt.date(2026, 4, 6), "2026年4月6日(月)時点の台帳"),
        (LAST_WEEK - dt.timedelta(days=7), "2026年11月6日(金)時点の台帳"),
        (LAST_WEEK - dt.timedelta(days=6), "先週の報告"),
    ],
)
def test_an_older_file_says_since_when(lake: Lake, before: dt.date, since: str) -> None:
    first = load(lake, "applications", [application(1, "2026-04-02T09:00")], before).snapshot
    load(lake, "applications", [application(2, "2026-06-01T09:00")])
    result = compared(lake, "applications_by_month", first)
    late = "新しく" if before.month == 4 else "遅れて"
    assert result.notes[0] == f"2026年6月分：{since}から +1件 増（{late}届いた分 1件）"


def test_the_first_dataset_that_a_question_reads_says_since_when(lake: Lake) -> None:
    load(lake, "forms", [form(1)], dt.date(2026, 4, 6))
    first = load(lake, "applications", [application(1, "2026-11-02T09:00")], LAST_WEEK).snapshot
    load(lake, "forms", [form(1, "課B")])
    load(lake, "applications", [application(2, "2026-11-16T09:00")])
    result = compared(lake, "applications_by_month", first)
    assert result.notes[0] == "2026年11月分：先週の報告から +1件 増（新しく届いた分 1件）"


def test_a_later_snapshot_is_no_earlier_one(lake: Lake) -> None:
    load(lake, "forms", [form(1)])
    load(lake, "forms", [form(1, "課B")])
    with pytest.raises(WrongUsage, match="より後です → 前の時点を指定してください"):
        compared(lake, "applications_by_section", 2, 1)


def test_the_observed_stages_stand_as_they_were_seen(lake: Lake) -> None:
    """The history of stages is compared with its rows: what was seen of a late row comes with it."""

    def procedure(number: int, stage: str) -> dict[str, Any]:
        own = {"procedure_id": f"P-{number}", "procedure": f"手続{number}", "section": "課", "stage": stage}
        return {**own, "online_status": "未", "priority": ["区選定"], "planned_on": dt.date(2026, 12, 1)}

    before = load(lake, "procedures", [procedure(1, "未着手"), procedure(2, "試行")], LAST_WEEK).snapshot
    load(lake, "procedures", [procedure(1, "試行"), procedure(2, "試行"), procedure(3, "未着手")])
    result = compared(lake, "procedures_by_stage", before)
    assert [row[:2] + row[3:] for row in result.rows if row[0] in {"未着手", "試行"} and row[2] == "手続"] == [
        ("未着手", "手続数", 1, 1, 0, 1, -1, 0),
        ("未着手", "優先手続の数", 2, 3, 1, 1, 0, 0),
        ("未着手", "始まりの分かる手続数", 1, 1, 0, 1, -1, 0),
        ("試行", "手続数", 1, 2, 1, 0, 1, 0),
        ("試行", "優先手続の数", 2, 3, 1, 1, 0, 0),
        ("試行", "始まりの分かる手続数", 1, 2, 1, 0, 1, 0),
    ]
    assert (
        result.notes[0] == "未着手・手続数：先週の報告から ±0手続 増減なし（新しく届いた分 1手続、変わった分 -1手続）"
    )


# --- always -----------------------------------------------------------------------------------------------------

DAYS = st.integers(1, 25).map(lambda number: f"2026-{9 + number // 13:02}-{1 + number:02}")
RECEIPTS = st.dictionaries(
    st.tuples(DAYS, st.sampled_from(["窓口A", "窓口B"]), st.sampled_from(["現金", "コード決済"])),
    st.integers(1, 9),
    min_size=1,
    max_size=8,
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=RECEIPTS, second=RECEIPTS, taken_back=st.booleans())
def test_the_parts_add_up_to_the_difference(
    tmp_path_factory: pytest.TempPathFactory,
    first: dict[tuple[str, str, str], int],
    second: dict[tuple[str, str, str], int],
    taken_back: bool,
) -> None:
    lake = Lake.create(str(tmp_path_factory.mktemp("any") / "lake"))

    def rows(book: dict[tuple[str, str, str], int]) -> list[dict[str, Any]]:
        return [receipt(day, number, counter, method) for (day, counter, method), number in book.items()]

    before = load(lake, "receipts", rows(first), LAST_WEEK).snapshot
    if first != second:
        again = load(lake, "receipts", rows(second))
        if taken_back:
            lake.undo(again.load, "tests")
    result = compared(lake, "cashless_by_window", before)
    old, new = (
        {row[:2]: row for row in CATALOG.ask("cashless_by_window", lake.at(at), today=TODAY).rows}
        for at in (before, None)
    )
    position = [column.name for column in CATALOG.named("cashless_by_window").columns].index("transactions")
    totals = {
        place: (new[place][position] if place in new else 0) - (old[place][position] if place in old else 0)
        for place in old | new
    }
    found = {row[:2]: row for row in result.rows if row[2] == "収納件数"}
    assert {place: row[-4] for place, row in found.items()} == {p: n for p, n in totals.items() if n or p in found}
    assert all(row[-3] + row[-2] + row[-1] == row[-4] for row in result.rows if row[-1] is not None)
    # What the keys say by themselves, without any question.
    days = {day for day, *_ in second}
    gone = 0 if taken_back else sum(n for key, n in first.items() if key[0] in days and key not in second)
    came = 0 if taken_back else sum(n for key, n in second.items() if key not in first)
    assert sum(row[-1] for row in found.values()) == -gone
    assert sum(row[-3] for row in found.values()) == came
    lake.close()
