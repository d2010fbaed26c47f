"""The catalogue: questions are read from files, asked at a snapshot, remembered until what they read changes."""

import datetime as dt
import hashlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from dx_data.catalog import Catalog, Result, Value, json_value, look, read_question, read_questions
from dx_data.datasets import DATASETS
from dx_data.errors import AnswerBroken, DeclarationError, NotFound, WrongUsage
from dx_data.lake import Lake, Load, Origin, Part
from dx_data.spec import Kind, Question

TODAY = dt.date(2026, 6, 10)

HEADER = """\
-- title: 申請件数（システム別、開始日から）
-- question: いくつあるか。
-- definition: {numerator: 申請の件数, scope: すべて, reference: 申請日時}
-- params:
--   since:  {title: 開始日, kind: date, default: fiscal_year_start}
--   least:  {title: 下限, kind: integer, default: 0}
--   system: {title: システム, choices: [kintone, LoGoフォーム], default: kintone}
-- columns:
--   system:  {title: システム}
--   count:   {title: 件数, kind: integer, unit: 件}
-- key: [system]
-- reads: [applications]

"""
SQL = """\
SELECT
    system,
    count(*) AS count
FROM applications
WHERE applied_at >= $since AND system = $system
GROUP BY system
HAVING count(*) >= $least
ORDER BY system
"""


def written(
    folder: Path, header: str = HEADER, sql: str = SQL, name: str = "per_system", family: str = "made_up"
) -> Path:
    path = folder / family / f"{name}.sql"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(header + sql, "utf-8")
    return path


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    written(tmp_path / "queries")
    return Catalog(read_questions(tmp_path / "queries"))


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    lake = Lake.create(str(tmp_path / "lake"))
    yield lake
    lake.close()


def load(lake: Lake, name: str, rows: list[dict[str, Any]], as_of: dt.date = TODAY) -> Load:
    """Rows straight into the lake, as the door would hand them over, with the yes to what vanishes."""
    dataset = DATASETS[name]
    kinds = {Kind.INTEGER: pa.int64(), Kind.YEN: pa.int64(), Kind.NUMBER: pa.decimal128(18, 6)}
    kinds |= {Kind.DATE: pa.date32(), Kind.DATETIME: pa.timestamp("us"), Kind.CHOICES: pa.list_(pa.string())}
    columns = {c.name: pa.array([r.get(c.name) for r in rows], kinds.get(c.kind, pa.string())) for c in dataset.stored}
    columns["source_sheet"] = pa.array([None] * len(rows), pa.string())
    columns["source_row"] = pa.array(range(2, len(rows) + 2), pa.int64())
    present = frozenset(key for row in rows for key in row)
    plan = lake.plan([Part(dataset, pa.table(columns), present, dataset.delivery)])
    digest = hashlib.sha256(repr((name, rows)).encode()).hexdigest()
    origin = Origin(file="test.csv", sha256=digest, size=1, author="tests", as_of=as_of)
    return lake.load(plan, origin, accept_vanished=True)


def application(number: int, system: str = "kintone", at: str = "2026-05-01T09:00") -> dict[str, Any]:
    return {
        "system": system,
        "application_id": f"A{number}",
        "applied_at": dt.datetime.fromisoformat(at),
        "status": "完了",
    }


FORM = {
    "form_id": "F-1",
    "form": "フォーム",
    "purpose": "手続",
    "system": "kintone",
    "section": "課",
    "state": "公開中",
}


# --- reading a question ---------------------------------------------------------------------------------------


def test_a_question_is_its_file(tmp_path: Path) -> None:
    question = read_question(written(tmp_path))
    assert (question.name, question.family, question.grain) == ("per_system", "made_up", "システム")
    assert [column.name for column in question.columns] == ["system", "count"]
    assert question.sql == SQL.strip()
    assert question.publish is None


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("-- key: [system]\n", "", "key"),
        ("-- key: [system]", "-- key: [month]", "key names no column"),
        ("-- question: いくつあるか。\n", "", "question"),
        ("-- question:", "-- grain: 申請\n-- question:", "grain"),
        ("-- reads: [applications]\n", "", "reads"),
        (", unit: 件", "", "a number needs a unit"),
        ("reference: 申請日時}", "reference: 申請日時", "expected ',' or '}'"),
        ("kind: integer, unit", "kind: whole, unit", "kind"),
        ("-- reads:", "-- publish: {decision: 会議, unit: 人}\n-- reads:", "needs its count column"),
        ("-- reads:", "-- publish: {decision: 会議, unit: 人, count: 数}\n-- reads:", "publish names no column"),
        ("-- reads:", "-- publish: {decision: 会議, unit: なし}\n-- reads:", "needs its reason"),
        (HEADER, "", "title"),
        (HEADER, "-- 見出し\n", ""),
        (HEADER, "-- - 見出し\n", ""),
    ],
)
def test_a_wrong_header_is_refused_with_the_name_of_the_file(tmp_path: Path, old: str, new: str, fault: str) -> None:
    assert old in HEADER
    path = written(tmp_path, HEADER.replace(old, new))
    with pytest.raises(DeclarationError, match=r"made_up/per_system\.sql の見出しが読めません") as caught:
        read_question(path)
    assert fault in str(caught.value)


def test_two_questions_of_one_name_are_refused(tmp_path: Path) -> None:
    written(tmp_path, family="one")
    written(tmp_path, family="two")
    with pytest.raises(DeclarationError, match="質問『per_system』のファイルが2つあります"):
        read_questions(tmp_path)


def test_an_unknown_question_is_not_found(catalog: Catalog, lake: Lake) -> None:
    with pytest.raises(NotFound, match="質問『nothing』はありません"):
        catalog.ask("nothing", lake.at(), today=TODAY)


# --- parameters -----------------------------------------------------------------------------------------------


def test_defaults_are_resolved_from_the_reference_date(catalog: Catalog) -> None:
    question = catalog.named("per_system")
    assert catalog.params(question, {}, TODAY) == {
        "since": dt.date(2026, 4, 1),
        "least": 0,
        "system": "kintone",
    }
    assert catalog.params(question, {}, dt.date(2026, 3, 31))["since"] == dt.date(2025, 4, 1)


@pytest.mark.parametrize(
    ("default", "value"),
    [
        ("today", dt.date(2028, 2, 29)),
        ("month_start", dt.date(2028, 2, 1)),
        ("fiscal_year_start", dt.date(2027, 4, 1)),
        ("previous_fiscal_year_start", dt.date(2026, 4, 1)),
        ("contract_start", dt.date(2025, 4, 1)),
        ("2026-01-05", dt.date(2026, 1, 5)),
    ],
)
def test_every_named_default(tmp_path: Path, default: str, value: dt.date) -> None:
    question = read_question(written(tmp_path, HEADER.replace("fiscal_year_start", default)))
    assert Catalog({}).params(question, {}, dt.date(2028, 2, 29))["since"] == value


@pytest.mark.parametrize("default", ["today", "month_start", "fiscal_year_start", "previous_fiscal_year_start"])
@pytest.mark.parametrize("until", [None, dt.date(2024, 2, 29), "令和8年4月1日", dt.date(2027, 4, 1)])
@pytest.mark.parametrize("as_of", [None, dt.date(2026, 3, 31), "2026-04-01", " ", dt.date(2027, 12, 1)])
def test_a_period_left_out_is_that_of_the_day_asked_for(
    tmp_path: Path, default: str, until: dt.date | str | None, as_of: dt.date | str | None
) -> None:
    """Whole answers: what is left out of them is what a caller on that day gets who names no day at all."""
    days = "".join(f"--   {name}: {{title: 日, kind: date, default: today}}\n" for name in ("until", "as_of"))
    header = HEADER.replace("fiscal_year_start", default).replace("-- columns:\n", days + "-- columns:\n")
    question = read_question(written(tmp_path, header))
    given = {name: day for name, day in (("until", until), ("as_of", as_of)) if day is not None}
    params = Catalog({}).params(question, given, TODAY)
    read = {"2026-04-01": dt.date(2026, 4, 1), "令和8年4月1日": dt.date(2026, 4, 1), " ": None}
    known = {name: read[day] if isinstance(day, str) else day for name, day in given.items()}
    day = min((day for day in known.values() if day), default=TODAY)
    since = Catalog({}).params(question, {}, TODAY if default == "today" else day)["since"]
    assert params == {"since": since, "least": 0, "system": "kintone", "until": TODAY, "as_of": TODAY} | known


def test_a_given_day_does_not_move_what_is_given_or_fixed(tmp_path: Path) -> None:
    days = "--   as_of: {title: 基準日, kind: date, default: today}\n-- columns:\n"
    header = HEADER.replace("fiscal_year_start", "contract_start").replace("-- columns:\n", days)
    question = read_question(written(tmp_path, header))
    as_of = dt.date(2024, 3, 31)
    assert Catalog({}).params(question, {"as_of": as_of}, TODAY)["since"] == dt.date(2025, 4, 1)
    given = {"as_of": as_of, "since": dt.date(2020, 1, 2)}
    assert Catalog({}).params(question, given, TODAY)["since"] == dt.date(2020, 1, 2)


def test_typed_in_values_are_read_by_kind(catalog: Catalog) -> None:
    question = catalog.named("per_system")
    given = {"since": "令和8年5月1日", "least": "１，２３４", "system": "LoGoフォーム"}
    assert catalog.params(question, given, TODAY) == {
        "since": dt.date(2026, 5, 1),
        "least": 1234,
        "system": "LoGoフォーム",
    }


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        (
            {"sinse": "2026-04-01"},
            "質問『per_system』に条件『sinse』はありません → 使える条件は since・least・system です",
        ),
        ({"since": "2026-02-30"}, r"条件『開始日』\(since\)"),
        ({"least": "たくさん"}, r"条件『下限』\(least\)"),
        (
            {"system": "紙"},
            r"条件『システム』\(system\)に『紙』は選べません → kintone・LoGoフォーム から選んでください",
        ),
    ],
)
def test_a_wrong_condition_is_refused_by_name(catalog: Catalog, lake: Lake, given: dict[str, str], fault: str) -> None:
    with pytest.raises(WrongUsage, match=fault):
        catalog.ask("per_system", lake.at(), today=TODAY, **given)


# --- answers --------------------------------------------------------------------------------------------------


def test_a_question_without_data_answers_and_says_so(catalog: Catalog, lake: Lake) -> None:
    result = catalog.ask("per_system", lake.at(), today=TODAY)
    assert (result.rows, result.as_of, result.updated) == ([], None, None)
    assert result.notes == ("電子申請:この時点では未収集",)
    assert result.source == "電子申請"
    assert list(result.frame.columns) == ["system", "count"]


def test_an_answer_carries_what_it_means(catalog: Catalog, lake: Lake) -> None:
    loaded = load(lake, "applications", [application(1), application(2)], as_of=dt.date(2026, 6, 1))
    result = catalog.ask("per_system", lake.at(), today=TODAY)
    assert result.records() == [{"system": "kintone", "count": 2}]
    assert result.one() == {"system": "kintone", "count": 2}
    assert (result.snapshot, result.as_of, result.updated) == (lake.at().title, dt.date(2026, 6, 1), loaded.at)
    assert result.notes == ()
    assert str(result.frame["count"].dtype) == "Int64"


def test_one_row_is_asked_for_and_none_or_two_are_refused(catalog: Catalog) -> None:
    rows: list[tuple[Value, ...]] = [("kintone", 1), ("LoGoフォーム", 2)]
    for answered in ([], rows):
        result = Result(catalog.named("per_system"), answered, {}, "x:1", None, None)
        with pytest.raises(AnswerBroken, match=f"質問『per_system』の答えが{len(answered)}行です"):
            result.one()


def test_values_are_written_for_other_programs() -> None:
    values: list[Value] = [
        Decimal("55.000000"),
        Decimal("88.8"),
        dt.date(2026, 4, 1),
        dt.datetime.fromisoformat("2026-04-01T09:30"),
        None,
        "区",
        0,
    ]
    written_out = [55, 88.8, "2026-04-01", "2026-04-01 09:30", None, "区", 0]
    assert [repr(json_value(value)) for value in values] == [repr(value) for value in written_out]  # 55, not 55.0


def test_an_older_snapshot_gives_the_older_answer(catalog: Catalog, lake: Lake) -> None:
    empty = lake.at()
    load(lake, "applications", [application(1)], as_of=dt.date(2026, 5, 1))
    first = lake.at()
    load(lake, "applications", [application(2)], as_of=dt.date(2026, 6, 1))
    answers = [catalog.ask("per_system", at, today=TODAY) for at in (lake.at(), first, empty)]
    assert [answer.rows for answer in answers] == [[("kintone", 2)], [("kintone", 1)], []]
    assert [answer.as_of for answer in answers] == [dt.date(2026, 6, 1), dt.date(2026, 5, 1), None]
    assert [answer.notes for answer in answers] == [(), (), ("電子申請:この時点では未収集",)]


def test_an_undone_load_gives_the_answer_from_before(catalog: Catalog, lake: Lake) -> None:
    load(lake, "applications", [application(1)])
    before = catalog.ask("per_system", lake.at(), today=TODAY)
    loaded = load(lake, "applications", [application(2)])
    assert catalog.ask("per_system", lake.at(), today=TODAY).rows == [("kintone", 2)]
    lake.undo(loaded.load, "tests")
    assert catalog.ask("per_system", lake.at(), today=TODAY).rows == before.rows == [("kintone", 1)]


def test_a_row_that_vanished_from_a_complete_delivery_is_not_seen(tmp_path: Path, lake: Lake) -> None:
    others = [{**FORM, "form_id": f"F-{number}"} for number in range(2, 42)]
    load(lake, "forms", [FORM, *others])
    load(lake, "forms", others)
    with look(lake.at(), ["forms"]) as cursor:
        assert cursor.execute("SELECT count(*), min(form_id) FROM forms").fetchall() == [(40, "F-10")]
        assert cursor.execute('SELECT count("フォームID") FROM "フォーム管理台帳"').fetchall() == [(40,)]


def test_looking_shows_nothing_else_and_leaves_nothing_behind(lake: Lake) -> None:
    with look(lake.at(), ["forms"]) as cursor:
        names = cursor.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal ORDER BY 1").fetchall()
    assert names == [("forms",), ("forms_ever",), ("フォーム管理台帳",)]
    with look(lake.at(), ["applications"]) as cursor:
        names = cursor.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal ORDER BY 1").fetchall()
    assert names == [("applications",), ("applications_daily",), ("電子申請",)]


def test_answers_in_many_threads_are_the_same(catalog: Catalog, lake: Lake) -> None:
    load(lake, "applications", [application(number) for number in range(50)])
    at, ready = lake.at(), threading.Barrier(8)

    def asked(least: int) -> list[tuple[Any, ...]]:
        ready.wait(10)
        return catalog.ask("per_system", at, today=TODAY, least=least).rows

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(asked, range(8))) == [[("kintone", 50)]] * 8


def test_a_broken_answer_is_never_remembered(tmp_path: Path, lake: Lake) -> None:
    wrong = SQL.replace("count(*) AS count", "count(*) AS number")
    catalog = Catalog({"per_system": read_question(written(tmp_path, sql=wrong))})
    for _ in range(2):
        with pytest.raises(AnswerBroken, match="列が宣言と違います"):
            catalog.ask("per_system", lake.at(), today=TODAY)


# --- the cache ------------------------------------------------------------------------------------------------


def test_an_answer_is_remembered_until_what_it_reads_changes(catalog: Catalog, lake: Lake) -> None:
    load(lake, "applications", [application(1)])
    first = catalog.ask("per_system", lake.at(), today=TODAY)
    assert catalog.ask("per_system", lake.at(), today=TODAY) is first
    load(lake, "applications", [application(2)])
    second = catalog.ask("per_system", lake.at(), today=TODAY)
    assert second.rows == [("kintone", 2)]
    assert first.rows == [("kintone", 1)]


def test_a_load_of_another_table_leaves_the_figures_as_they_are(catalog: Catalog, lake: Lake) -> None:
    load(lake, "applications", [application(1)])
    first = catalog.ask("per_system", lake.at(), today=TODAY)
    load(lake, "forms", [FORM])
    again = catalog.ask("per_system", lake.at(), today=TODAY)
    assert again.rows is first.rows
    assert (again.snapshot, first.snapshot) == (lake.at().title, lake.at(1).title)


def test_other_conditions_and_another_day_are_another_answer(catalog: Catalog, lake: Lake) -> None:
    load(lake, "applications", [application(1), application(2, at="2027-04-01T09:00")])
    first = catalog.ask("per_system", lake.at(), today=TODAY)
    assert catalog.ask("per_system", lake.at(), today=TODAY, least=3).rows == []
    assert catalog.ask("per_system", lake.at(), today=dt.date(2027, 4, 1)).rows == [("kintone", 1)]
    assert catalog.ask("per_system", lake.at(), today=dt.date(2026, 7, 1)) is first  # the same fiscal year


def test_another_lake_is_another_answer(catalog: Catalog, lake: Lake, tmp_path: Path) -> None:
    load(lake, "applications", [application(1)])
    other = Lake.create(str(tmp_path / "other"))
    load(other, "applications", [application(1), application(2)])
    assert catalog.ask("per_system", lake.at(), today=TODAY).rows == [("kintone", 1)]
    assert catalog.ask("per_system", other.at(), today=TODAY).rows == [("kintone", 2)]
    other.close()


def test_the_same_words_with_other_sql_are_another_answer(catalog: Catalog, lake: Lake) -> None:
    load(lake, "applications", [application(1)])
    first = catalog.ask("per_system", lake.at(), today=TODAY)
    question: Question = catalog.named("per_system")
    catalog.questions["per_system"] = question.model_copy(update={"sql": question.sql.replace("count(*) AS", "7 AS")})
    assert first.rows == [("kintone", 1)]
    assert catalog.ask("per_system", lake.at(), today=TODAY).rows == [("kintone", 7)]
