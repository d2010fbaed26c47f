"""Definitions have versions, what is counted changes on a day, and no difference is taken across it unasked."""

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import pytest

from dx_data import charts
from dx_data.catalog import Catalog, Result, read_question, read_questions
from dx_data.custody.exits import answer_json
from dx_data.derive.questions_page import page
from dx_data.errors import AcrossBreak, DeclarationError, NotFound
from dx_data.house import House
from dx_data.spec import Break
from tests.test_catalog import application, load
from tests.test_differences import receipt

TODAY = dt.date(2026, 6, 10)

HEADER = """\
-- title: 申請件数（月次推移、{since}から）
-- question: 月ごとにいくつあるか。
-- definition: {numerator: 申請の件数, scope: すべて, reference: 申請日時}
-- params:
--   since: {title: 開始日, kind: date, default: fiscal_year_start}
--   until: {title: 終了日, kind: date, default: today}
-- columns:
--   month:      {title: 年月, kind: date, month: true}
--   count:      {title: 申請件数, kind: integer, unit: 件}
--   previous:   {title: 前年同月の申請件数, kind: integer, unit: 件}
--   difference: {title: 前年同月との差, kind: integer, unit: 件}
-- key: [month]
-- reads: [applications]
"""
VERSIONS = """\
-- versions:
--   - {number: 1, valid_from: 2025-04-01, change: 初めの定義です}
--   - {number: 2, valid_from: 2026-05-01, change: 取下げを数えないことにしました}
"""
SQL = """
SELECT
    month,
    count(*) FILTER (WHERE applied_at >= month) AS count,
    count(*) FILTER (
        WHERE applied_at >= month - INTERVAL 1 YEAR AND applied_at < month - INTERVAL 11 MONTH
    ) AS previous,
    count - previous AS difference
FROM applications
CROSS JOIN (SELECT unnest(generate_series(date_trunc('month', $since), $until, INTERVAL 1 MONTH))::DATE AS month)
WHERE applied_at < month + INTERVAL 1 MONTH AND status <> '取下げ'
GROUP BY month
ORDER BY month
"""
FIRST_SQL = SQL.replace(" AND status <> '取下げ'", "")
FIRST = "-- versions: [{number: 1, valid_from: 2025-04-01, change: 初めの定義です}]\n"


def written(folder: Path, text: str, name: str = "per_month.sql") -> Path:
    path = folder / "made_up" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


@pytest.fixture
def made(tmp_path: Path, home: House) -> House:
    """A house whose one question has two versions, the first with SQL of its own, and a few applications."""
    written(tmp_path / "queries", HEADER + VERSIONS + SQL)
    written(tmp_path / "queries", HEADER + FIRST + FIRST_SQL, "per_month.v1.sql")
    kept = [application(1, at="2025-04-10T09:00"), application(2, at="2025-06-10T09:00")]
    news = [application(3, at="2026-04-10T09:00"), application(4, at="2026-05-10T09:00")]
    load(home.lake, "applications", [*kept, *news, {**application(5, at="2026-05-11T09:00"), "status": "取下げ"}])
    return replace(home, catalog=Catalog(read_questions(tmp_path / "queries")))


APRIL, MAY, JUNE = (dt.date(2026, month, 1) for month in (4, 5, 6))


# --- versions ---------------------------------------------------------------------------------------------------


def test_a_question_without_versions_is_the_first_from_the_contract_s_start_on(tmp_path: Path) -> None:
    question = read_question(written(tmp_path, HEADER + SQL))
    assert [version.title for version in question.versions] == ["第1版（2025年4月1日から）"]


def test_the_version_of_now_is_the_last(tmp_path: Path) -> None:
    question = read_question(written(tmp_path, HEADER + VERSIONS + SQL))
    assert (question.version.number, question.version.valid_from) == (2, dt.date(2026, 5, 1))
    assert question.version.change == "取下げを数えないことにしました"


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("number: 2", "number: 3", "numbered 1, 2, 3"),
        ("number: 1", "number: 0", "greater than or equal to 1"),
        ("2026-05-01", "2025-04-01", "a later day than the one before"),
        ("2026-05-01", "2024-04-01", "a later day than the one before"),
        ("change: 取下げを数えないことにしました", "change: ''", "at least 1 character"),
    ],
)
def test_versions_that_contradict_each_other_are_refused(tmp_path: Path, old: str, new: str, fault: str) -> None:
    assert old in VERSIONS
    with pytest.raises(DeclarationError) as caught:
        read_question(written(tmp_path, HEADER + VERSIONS.replace(old, new) + SQL))
    assert fault in str(caught.value)


def test_an_earlier_version_is_a_file_that_still_answers(made: House) -> None:
    assert made.ask("per_month", today=TODAY, across_break=True).rows == [
        (APRIL, 1, 1, 0),
        (MAY, 1, 0, 1),
        (JUNE, 0, 1, -1),
    ]
    first = made.ask("per_month", today=TODAY, version=1)
    assert first.rows == [(APRIL, 1, 1, 0), (MAY, 2, 0, 2), (JUNE, 0, 1, -1)]
    assert (first.question.version.number, first.breaks) == (1, ())
    assert made.ask("per_month", today=TODAY, version=2, across_break=True).question.version.number == 2
    with pytest.raises(NotFound, match="定義に第3版はありません → 第1版（2025年4月1日から）、第2版"):
        made.ask("per_month", today=TODAY, version=3)


def test_a_version_without_a_file_has_the_sql_of_the_next(tmp_path: Path) -> None:
    more = VERSIONS + "--   - {number: 3, valid_from: 2026-06-01, change: 言葉を改めました}\n"
    written(tmp_path, HEADER + more + SQL)
    written(tmp_path, HEADER + FIRST + FIRST_SQL, "per_month.v1.sql")
    question = read_questions(tmp_path)["per_month"]
    assert [question.at_version(number).sql for number in (1, 2, 3)] == [FIRST_SQL.strip(), SQL.strip(), SQL.strip()]
    assert [question.at_version(number).version.number for number in (1, 2, 3)] == [1, 2, 3]


@pytest.mark.parametrize(
    ("now", "before", "fault"),
    [
        (HEADER + SQL, HEADER + FIRST + FIRST_SQL, "versions が、いまの版の見出しと違います"),
        (
            HEADER + VERSIONS + SQL,
            HEADER + FIRST.replace("初め", "別") + FIRST_SQL,
            "versions が、いまの版の見出しと違い",
        ),
        (
            HEADER + VERSIONS + SQL,
            HEADER.replace("count:", "number:") + FIRST + FIRST_SQL,
            "列・条件・reads が、いまの版と",
        ),
        (None, HEADER + FIRST + FIRST_SQL, "前の版のファイルだけがあります"),
    ],
)
def test_an_earlier_version_that_could_not_stand_in_is_refused(
    tmp_path: Path, now: str | None, before: str, fault: str
) -> None:
    if now:
        written(tmp_path, now)
    written(tmp_path, before, "per_month.v1.sql")
    with pytest.raises(DeclarationError, match=fault):
        read_questions(tmp_path)


def test_the_version_is_told_with_every_answer(made: House) -> None:
    told = json.loads(json.dumps(answer_json(made.ask("per_month", today=TODAY)), default=str))
    assert told["definition"]["version"] == 2
    assert told["definition"]["versions"][1] == {
        "number": 2,
        "valid_from": "2026-05-01",
        "change": "取下げを数えないことにしました",
    }
    assert told["breaks"] == [{"day": "2026-05-01", "change": "定義の第2版：取下げを数えないことにしました"}]
    text = page([made.catalog.named("per_month")], {"applications": "電子申請"})
    assert "| 第2版（2026年5月1日から） | 取下げを数えないことにしました |" in text
    assert "| 第1版（2025年4月1日から） | 初めの定義です `made_up/per_month.v1.sql` |" in text


# --- differences across a break ---------------------------------------------------------------------------------


def test_a_difference_across_a_new_version_is_left_out_and_said(made: House) -> None:
    result = made.ask("per_month", today=TODAY)
    assert result.rows == [(APRIL, 1, 1, 0), (MAY, 1, 0, None), (JUNE, 0, 1, None)]
    assert result.refused
    assert result.notes == (
        "比べない数値：前年同月との差は、2026年5月1日（定義の第2版：取下げを数えないことにしました）に"
        "数えるものが変わり、その前と後を比べることになるので、示していません。",
    )
    again = made.ask("per_month", today=TODAY, across_break=True)
    assert (again.refused, again.notes, again.rows[1]) == (False, (), (MAY, 1, 0, 1))


def test_a_break_parts_the_day_before_it_from_its_own_day(made: House) -> None:
    result = drawn(made, MAY)
    count = result.question.column("count")
    eve, end = MAY - dt.timedelta(days=1), dt.date(2026, 5, 31)
    spans = [(eve, MAY), (MAY, end), (APRIL, eve)]
    assert [len(result.broken(count, *span)) for span in spans] == [1, 0, 0]


def test_a_year_after_the_break_the_difference_is_back(made: House) -> None:
    last = dt.date(2027, 5, 31)
    result = made.ask("per_month", today=last, since=dt.date(2027, 4, 1), until=last)
    assert [row[3] for row in result.rows] == [None, -1]  # April 2027 is compared with the April before the break


def test_two_snapshots_across_a_new_version_are_refused_once(made: House) -> None:
    before = made.lake.newest()
    load(made.lake, "applications", [application(9, at="2026-05-12T09:00")])
    old = replace(made, catalog=made.catalog)
    asked = {"today": TODAY}
    day = dt.date(2026, 4, 30)
    with pytest.raises(AcrossBreak) as caught:
        old.compare("per_month", day, **asked)
    (problem,) = caught.value.problems
    assert problem.message.endswith(
        "の間に、定義が第2版（2026年5月1日から）に変わりました（取下げを数えないことにしました）"
    )
    assert "--across-break" in problem.fix
    assert old.compare("per_month", day, across_break=True, **asked).since == old.lake.at(0).title
    # Both snapshots lie after the day of the new version.
    same = old.compare("per_month", str(before), **asked)
    assert [row[1:6] for row in same.rows] == [("申請件数", "件", 1, 2, 1)]
    assert old.compare("per_month", day, version=1, **asked).rows  # the first version has no break


def test_a_new_window_breaks_the_rates_and_not_the_counts(home: House) -> None:
    since = {"valid_from": dt.date(2025, 4, 1)}
    methods = [
        {"method": "コード決済", "method_group": "窓口キャッシュレス"},
        {"method": "現金", "method_group": "現金"},
    ]
    load(home.lake, "payment_methods", [{"revenue": "すべて", **since, **method} for method in methods])
    opens = {"counter": "窓口B", "method": "コード決済", "valid_from": dt.date(2026, 5, 1)}
    load(home.lake, "counters", [{"counter": "窓口A", "method": "コード決済", **since}, opens])
    days = ["2025-04-01", "2025-05-01", "2026-04-01", "2026-05-07"]
    rows = [receipt(day, 10, method=method) for day in days for method in ("現金", "コード決済")]
    load(home.lake, "receipts", [*rows, receipt("2026-05-07", 30, counter="窓口B")])
    (head,) = home.ask("cashless_headline", today=TODAY).records()
    assert (head["transactions"], head["transactions_difference"], head["yen_difference"]) == (70, 30, 9000)
    assert (head["transaction_rate_difference"], head["amount_rate_difference"]) == (None, None)
    (asked,) = home.ask("cashless_headline", today=TODAY, across_break=True).records()
    assert str(asked["transaction_rate_difference"]) == "-21.4"
    before = home.ask("cashless_headline", today=dt.date(2026, 4, 30))
    assert (before.refused, before.breaks) == (False, ())
    monthly = home.ask("cashless_by_month", today=TODAY)
    assert monthly.breaks == (Break(day=dt.date(2026, 5, 1), change="窓口Bのキャッシュレス受け入れ開始", rates=True),)


def test_every_comparison_with_the_year_before_is_known_by_its_title() -> None:
    """A column whose name says that it is a difference, and whose answer tells of the year before, is one of them."""
    missed = [
        (question.name, column.name)
        for question in read_questions().values()
        if any("前年同" in column.title for column in question.columns)
        for column in question.columns
        if ("difference" in column.name or "change" in column.name) and column not in question.differences
    ]
    assert missed == []
    assert sum(len(question.differences) for question in read_questions().values()) >= 9


# --- on a figure ------------------------------------------------------------------------------------------------


def drawn(made: House, *days: dt.date, rates: bool = False) -> Result:
    breaks = tuple(Break(day=day, change=f"{day.month}月の変更です。", rates=rates) for day in days)
    return replace(made.ask("per_month", today=TODAY, across_break=True), breaks=breaks)


def test_a_break_draws_a_line_before_the_first_month_it_touches(made: House) -> None:
    figure = charts.lines(drawn(made, MAY, dt.date(2026, 5, 20), JUNE), x="month", y="count")
    lines = [(shape.x0, shape.x1, shape.y0, shape.y1, shape.yref) for shape in figure.layout.shapes]
    assert lines == [
        ("2026-04-16T00:00:00", "2026-04-16T00:00:00", 0, 1, "paper"),
        ("2026-05-17T00:00:00", "2026-05-17T00:00:00", 0, 1, "paper"),
    ]
    words = [note.text for note in figure.layout.annotations if note.yref == "paper" and note.y == 1]
    assert words == ["定義が変わった"] * 2


@pytest.mark.parametrize(("day", "rates"), [(APRIL, False), (dt.date(2026, 7, 1), False), (MAY, True)])
def test_a_break_outside_the_figure_or_of_rates_alone_draws_nothing(made: House, day: dt.date, rates: bool) -> None:
    result = drawn(made, day, rates=rates)
    assert charts.lines(result, x="month", y="count").layout.shapes == ()
    assert "比べられません" not in charts.alt(result, x="month", y="count")


def test_the_words_name_the_break_and_say_no_difference_across_it(made: House) -> None:
    result = drawn(made, MAY)
    words = charts.alt(result, x="month", y="count", compare="previous")
    assert words.endswith(
        "2026年5月1日に定義が変わった（5月の変更です）ので、その前と後は、そのままでは比べられません。"
    )
    assert "に比べて" not in words
    assert "に比べて" in charts.alt(replace(result, breaks=()), x="month", y="count", compare="previous")
