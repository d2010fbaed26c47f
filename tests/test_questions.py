"""Every question of queries/ keeps to its declaration and answers its hand-checkable examples, whole and in order."""

import contextlib
import csv
import datetime as dt
import functools
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dx_data.catalog import (
    BESIDE,
    CALENDAR,
    JOURNAL,
    Catalog,
    counted_by,
    journal_table,
    open_days,
    populations,
    read_questions,
    run,
)
from dx_data.datasets import DATASETS
from dx_data.derive import tables
from dx_data.derive.questions_page import page
from dx_data.errors import AnswerBroken
from dx_data.lake import Lake
from dx_data.spec import Column, Definition, Kind, Population, Question, read_yaml

EXAMPLES = Path(__file__).parent / "queries"
TODAY = dt.date(2026, 11, 20)  # what an example that gives no reference date is asked on
CATALOG = Catalog(read_questions())
QUESTIONS = list(CATALOG.questions.values())
KINDS = ("typical", "empty", "boundary")  # an example's file begins with one; blank_ is a boundary too

each_question = pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)


# --- examples -----------------------------------------------------------------------------------------------


def example_files(question: Question) -> list[Path]:
    return sorted((EXAMPLES / question.family / question.name).glob("*.yaml"))


EXAMPLE_FILES = [(question, path) for question in QUESTIONS for path in example_files(question)]
each_example = pytest.mark.parametrize(
    ("question", "path"), EXAMPLE_FILES, ids=[f"{question.name}/{path.stem}" for question, path in EXAMPLE_FILES]
)


@functools.cache
def example(path: Path) -> dict[str, Any]:
    facts = read_yaml(path.read_text("utf-8"))
    assert set(facts) == {"why", "given", "params", "expect"}, f"{path.name}: keys are why, given, params, expect"
    assert isinstance(facts, dict)
    return facts


def cells(text: str) -> tuple[list[str], list[list[str]]]:
    """Head and rows of the CSV in an example.

    >>> cells("a,b\\n1,\\n")
    (['a', 'b'], [['1', '']])
    """
    head, *rows = list(csv.reader(io.StringIO(text)))
    assert all(len(row) == len(head) for row in rows), f"a row is longer or shorter than {head}"
    return head, rows


def _chosen(column: Column, text: str) -> list[str]:
    """The choices in a cell, divided by 「・」, which may itself be part of a choice."""
    found, rest = [], text
    values = sorted((choice.value for choice in column.choices), key=len, reverse=True)
    while rest:
        first = next((v for v in values if rest == v or rest.startswith(f"{v}・")), rest.split("・")[0])
        found.append(first)
        rest = rest[len(first) + 1 :]
    return found


def typed(column: Column, value: Any) -> Any:
    """A cell of an example, or a value of an answer, as what its column's kind says; blank is None.

    >>> typed(Column(name="share", title="割合", kind=Kind.NUMBER, unit="%"), "66.70") == Decimal("66.7")
    True
    """
    if value in (None, ""):
        return None
    match column.kind:
        case Kind.INTEGER | Kind.YEN:
            assert isinstance(value, int | str), f"{column.name}: {value!r} is no integer"
            return int(value)
        case Kind.NUMBER:
            return Decimal(str(value))
        case Kind.DATE:
            assert isinstance(value, str) or type(value) is dt.date, f"{column.name}: {value!r} is no date"
            return dt.date.fromisoformat(value) if isinstance(value, str) else value
        case Kind.DATETIME:
            return dt.datetime.fromisoformat(value) if isinstance(value, str) else value
        case Kind.CHOICE:
            allowed = [choice.value for choice in column.choices]
            assert not allowed or value in allowed, f"{column.name}: {value!r} is not among {allowed}"
            return value
        case Kind.CHOICES:
            return _chosen(column, value) if isinstance(value, str) else value
        case _:
            assert isinstance(value, str), f"{column.name}: {value!r} is no text"
            return value


def _fill(connection: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, Column], rows: str) -> None:
    """Put an example's rows into a table; what no declaration names (an observed change) DuckDB casts from text."""
    head, lines = cells(rows)
    text = Column(name="text", title="text")
    marks = ", ".join("?" for _ in head)
    values = [[typed(columns.get(name, text), cell) for name, cell in zip(head, line, strict=True)] for line in lines]
    if values:
        connection.executemany(f"INSERT INTO raw.{table} ({', '.join(head)}) VALUES ({marks})", values)


def journal_rows(name: str, text: str) -> list[dict[str, Any]]:
    """An example's rows of a table that no lake holds."""
    head, *rows = list(csv.reader(io.StringIO(text))) or [[]]
    kinds = {field.name: field.type for field in JOURNAL[name][1]}
    reads = {"int64": int, "date32[day]": dt.date.fromisoformat, "timestamp[us]": dt.datetime.fromisoformat}
    reads["bool"] = lambda cell: cell == "true"
    return [
        {key: reads.get(str(kinds[key]), str)(cell) if cell else None for key, cell in zip(head, row, strict=True)}
        for row in rows
    ]


_EMPTY: list[duckdb.DuckDBPyConnection] = []  # databases with every raw table and no row, that nobody uses just now


def _empty_database() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:", config={"threads": "1"})
    connection.execute("SET GLOBAL TimeZone = 'Asia/Tokyo'")
    connection.execute("CREATE SCHEMA raw")
    for dataset in DATASETS.values():
        for statement in tables.create(dataset, "raw"):
            connection.execute(statement)
    return connection


@contextlib.contextmanager
def visible(names: Iterable[str], given: Mapping[str, str]) -> Iterator[duckdb.DuckDBPyConnection]:
    """A cursor in memory that shows the named datasets and no other, with their populations, filled with an example's
    rows. What it shows goes with it; the raw tables are emptied for the next, for making them takes longest."""
    database = _EMPTY.pop() if _EMPTY else _empty_database()
    with database.cursor() as cursor:
        for name in names:
            if name == CALENDAR:
                cursor.register(CALENDAR, open_days())
                continue
            if name in JOURNAL:
                cursor.register(name, journal_table(name, journal_rows(name, given.get(name, ""))))
                continue
            dataset = DATASETS[name]
            columns = {column.name: column for column in dataset.columns}
            for table in (name, tables.history_name(dataset)):
                if table in given:
                    _fill(cursor, table, columns, given[table])
            for statement in tables.views(dataset, tables.fields(dataset), "raw"):
                cursor.execute(statement)
        for population in counted_by("".join(f"{p.name}(" for p in populations()), names):
            cursor.execute(tables.macro(population))
        yield cursor
    for dataset in (DATASETS[name] for name in names if name in DATASETS):
        for table in (dataset.name, *((tables.history_name(dataset),) if dataset.tracks else ())):
            database.execute(f"DELETE FROM raw.{table}")
    _EMPTY.append(database)


def answer(question: Question, given: Mapping[str, str], params: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with visible(question.reads, given) as connection:
        return run(question, CATALOG.params(question, params, TODAY), connection)


@each_example
def test_an_example_is_answered_as_written(question: Question, path: Path) -> None:
    facts = example(path)
    shown = {*question.reads, *(tables.history_name(DATASETS[n]) for n in question.reads if n in DATASETS)}
    assert set(facts["given"]) <= shown, "an example gives only what the question reads"
    head, rows = cells(facts["expect"])
    assert head == [column.name for column in question.columns]
    expected = [tuple(typed(c, v) for c, v in zip(question.columns, row, strict=True)) for row in rows]
    got = [
        tuple(typed(c, v) for c, v in zip(question.columns, row, strict=True))
        for row in answer(question, facts["given"], facts["params"] or {})
    ]
    assert got == expected, facts["why"]


@each_question
def test_a_question_has_a_typical_an_empty_and_a_boundary_example(question: Question) -> None:
    names = [path.stem for path in example_files(question)]
    found = {("boundary" if name.startswith("blank") else name.split("_")[0]) for name in names}
    assert found == set(KINDS), (
        f"{question.name} has {names}; its examples begin with typical, empty, boundary or blank"
    )
    assert len(names) >= 3


@each_example
def test_an_example_is_small_and_says_why(question: Question, path: Path) -> None:
    facts = example(path)
    assert path.name.isascii()
    assert len(facts["why"]) >= 10
    assert sum(len(cells(text)[1]) for text in facts["given"].values()) <= 80, "small enough to check by hand"


@each_question
def test_the_examples_of_a_question_answer_something(question: Question) -> None:
    assert any(cells(example(path)["expect"])[1] for path in example_files(question))


def test_no_example_belongs_to_no_question() -> None:
    known = {(question.family, question.name) for question in QUESTIONS}
    stray = [path for path in EXAMPLES.glob("*/*/*") if (path.parent.parent.name, path.parent.name) not in known]
    assert stray == []


# --- declarations -------------------------------------------------------------------------------------------


def hidden_table_is_noticed(question: Question, hidden: str) -> bool:
    """Whether the question fails when one of the tables it reads is not there."""
    rest = [name for name in question.reads if name != hidden]
    with visible(rest, {}) as connection:
        try:
            run(question, CATALOG.params(question, {}, TODAY), connection)
        except duckdb.CatalogException:
            return True
        return False


READ = [(question, name) for question in QUESTIONS for name in question.reads]


@pytest.mark.parametrize(("question", "name"), READ, ids=[f"{question.name}/{name}" for question, name in READ])
def test_every_table_in_reads_is_needed(question: Question, name: str) -> None:
    assert hidden_table_is_noticed(question, name), f"{question.name} declares {name} in reads and does not read it"


def declared(sql: str, reads: tuple[str, ...], **facts: Any) -> Question:
    """A question made up to be wrong."""
    return Question.model_validate(
        {
            "name": "made_up",
            "family": "tests",
            "title": "申請件数（合計、全期間）",
            "question": "いくつあるか。",
            "definition": Definition(numerator="申請の件数", scope="すべて", reference="申請日時"),
            "columns": {"system": {"title": "システム"}},
            "key": ["system"],
            "reads": reads,
            "sql": sql,
            **facts,
        }
    )


def test_a_table_that_is_not_in_reads_cannot_be_read() -> None:
    wrong = declared("SELECT system FROM applications JOIN forms USING (system) ORDER BY system", ("applications",))
    with pytest.raises(duckdb.CatalogException, match="forms does not exist"):
        answer(wrong, {}, {})


def test_a_table_in_reads_that_is_not_read_is_found() -> None:
    wrong = declared("SELECT system FROM applications ORDER BY system", ("applications", "forms"))
    assert [name for name in wrong.reads if not hidden_table_is_noticed(wrong, name)] == ["forms"]


def test_a_select_list_that_differs_from_the_columns_is_refused() -> None:
    wrong = declared("SELECT system, form_id FROM applications ORDER BY system", ("applications",))
    with pytest.raises(AnswerBroken, match="列が宣言と違います"):
        answer(wrong, {}, {})


def test_rows_that_are_not_unique_on_the_key_are_refused() -> None:
    wrong = declared("SELECT system FROM applications ORDER BY system", ("applications",))
    twice = "system,application_id\nkintone,A1\nkintone,A2\n"
    with pytest.raises(AnswerBroken, match="システム ごとに1行になっていません"):
        answer(wrong, {"applications": twice}, {})


@pytest.fixture(scope="module")
def empty_lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    lake = Lake.create(str(tmp_path_factory.mktemp("empty") / "lake"))
    yield lake
    lake.close()


@each_question
def test_every_question_answers_on_an_empty_lake(question: Question, empty_lake: Lake) -> None:
    result = CATALOG.ask(question.name, empty_lake.at(), today=TODAY)
    titles = [DATASETS[name].title for name in question.reads if name not in BESIDE]
    assert result.notes == tuple(f"{title}:この時点では未収集" for title in titles)
    assert [list(record) for record in result.records()] in ([], [[column.name for column in question.columns]])


@each_question
def test_every_default_is_usable(question: Question) -> None:
    values = CATALOG.params(question, {}, TODAY)
    wrong = {
        name: value
        for name, value in values.items()
        if not isinstance(value, {Kind.DATE: dt.date, Kind.INTEGER: int}.get(question.params[name].kind, str))
    }
    assert wrong == {}, f"{question.name}: a default must answer without being asked for anything"


@each_question
def test_a_title_says_subject_kind_and_period(question: Question) -> None:
    assert re.fullmatch(r"[^（）]+（.+、.+）", question.title), f"{question.title}: 「主題（種類、期間）」の形"


def style_faults(question: Question | Population) -> list[str]:
    """What is wrong with a question's SQL as it is written."""
    code = re.sub(r"--[^\n]*", "", question.sql)
    without_text = re.sub(r"'[^']*'", "''", code)
    used = set(re.findall(r"\$([a-z_][a-z0-9_]*)", without_text))
    outermost = without_text
    while (inner := re.sub(r"\([^()]*\)", "", outermost)) != outermost:
        outermost = inner
    keywords = (
        r"\b(select|from|where|join|left|group by|order by|case|when|then|else|end|with|and|or|not|null|is|in|union)\b"
    )
    checks = {
        "ORDER BY がありません": not re.search(r"\bORDER BY\b", outermost),
        "時計を読んでいます": re.search(
            r"\b(now|today|current_date|current_timestamp|localtimestamp|get_current_time\w*|random|uuid)\b",
            without_text,
            re.IGNORECASE,
        ),
        "GROUP BY ALL は使えません": re.search(r"\b(GROUP|ORDER) BY ALL\b", without_text, re.IGNORECASE),
        "キーワードは大文字です": re.search(keywords, without_text),
        "字下げは4文字です": any(
            (len(line) - len(line.lstrip())) % 4
            for line in code.splitlines()
            if not line.lstrip().startswith(("AND ", "OR "))  # they stand under their WHERE
        ),
        "タブは使えません": "\t" in code,
        "1つの文だけにしてください": ";" in without_text,
    }
    return [
        *(fault for fault, found in checks.items() if found),
        *(f"${name} が宣言されていません" for name in sorted(used - set(question.params))),
        *(f"条件 {name} を使っていません" for name in sorted(set(question.params) - used)),
    ]


@each_question
def test_the_sql_keeps_the_house_style(question: Question) -> None:
    assert style_faults(question) == []


@pytest.mark.parametrize(
    ("sql", "fault"),
    [
        ("SELECT system FROM applications", "ORDER BY がありません"),
        ("SELECT system FROM (SELECT system FROM applications ORDER BY system)", "ORDER BY がありません"),
        ("SELECT system FROM applications WHERE applied_at < now() ORDER BY system", "時計を読んでいます"),
        ("SELECT system FROM applications WHERE applied_at < CURRENT_DATE ORDER BY system", "時計を読んでいます"),
        ("SELECT system FROM applications WHERE applied_at < today() ORDER BY system", "時計を読んでいます"),
        ("SELECT system FROM applications GROUP BY ALL ORDER BY system", "GROUP BY ALL は使えません"),
        ("select system FROM applications ORDER BY system", "キーワードは大文字です"),
        ("SELECT\n   system\nFROM applications\nORDER BY system", "字下げは4文字です"),
        ("SELECT system FROM applications ORDER BY system;", "1つの文だけにしてください"),
        ("SELECT system FROM applications WHERE system = $which ORDER BY system", "$which が宣言されていません"),
    ],
)
def test_a_breach_of_the_house_style_is_found(sql: str, fault: str) -> None:
    assert style_faults(declared(sql, ("applications",))) == [fault]


def test_a_declared_parameter_that_is_not_used_is_found() -> None:
    unused = declared(
        "SELECT system FROM applications ORDER BY system", ("applications",), params={"top": {"title": "数"}}
    )
    assert style_faults(unused) == ["条件 top を使っていません"]


@each_question
def test_a_rate_stands_beside_counts_and_its_definition_has_a_denominator(question: Question) -> None:
    rates = [column for column in question.columns if column.unit == "%"]
    counts = [column for column in question.columns if column.kind is Kind.INTEGER]
    assert not rates or (len(counts) >= 2 and question.definition.denominator != "なし（割合ではない）")


def test_the_same_quantity_is_the_same_in_every_question() -> None:
    """Received and withdrawn applications of a fiscal year, from six questions over the same made-up rows."""
    reads = {"applications", "forms", "departments", CALENDAR}
    with visible(reads, {}) as connection:
        connection.execute(
            "INSERT INTO raw.forms (form_id, form, purpose, system, section, state)"
            " SELECT 'F-' || i, 'フォーム' || i, CASE WHEN i % 4 = 0 THEN 'アンケート' ELSE '手続' END, 'kintone',"
            " '課' || i % 5, '公開中' FROM range(20) AS t(i)"
        )
        connection.execute(
            "INSERT INTO raw.applications (system, application_id, applied_at, form_id, status)"
            " SELECT 'kintone', 'A' || i, TIMESTAMP '2025-04-01' + to_minutes(i * 97),"
            " CASE WHEN i % 11 > 0 THEN 'F-' || i % 23 END,"
            " ['未処理', '処理中', '差戻し', '完了', '却下', '取下げ'][1 + i % 6] FROM range(8600) AS t(i)"
        )
        connection.execute(
            "INSERT INTO raw.departments (sequence, division, section, valid_from)"
            " SELECT i + 1, '部', '課' || i, DATE '2025-04-01' FROM range(4) AS t(i)"
        )

        def asked(name: str, **given: Any) -> list[dict[str, Any]]:
            question = CATALOG.named(name)
            names = [column.name for column in question.columns]
            rows = run(question, CATALOG.params(question, given, TODAY), connection)
            return [dict(zip(names, row, strict=True)) for row in rows]

        (head,) = asked("applications_headline")
        (outside,) = asked("applications_outside_hours")
        months = asked("applications_by_month", since=dt.date(2026, 4, 1))
        forms = asked("applications_by_form", top=1000)
        sections = asked("applications_by_section")
        hours = asked("applications_by_hour")
        statuses = {row["status"]: row["count"] for row in asked("applications_status")}
    assert {
        "outside_hours": outside["received"],
        "months": sum(row["received"] for row in months),
        "forms": sum(row["received"] for row in forms),
        "sections": sum(row["received"] for row in sections),
        "hours": sum(row["inside"] + row["outside"] for row in hours),
        "statuses": sum(statuses.values()) - statuses["取下げ"],
    } == dict.fromkeys(["outside_hours", "months", "forms", "sections", "hours", "statuses"], head["received"])
    assert head["received"] > 1000
    assert head["withdrawn"] == statuses["取下げ"] == sum(row["withdrawn"] for row in months)
    assert sum(row["previous"] for row in forms) == sum(row["previous"] for row in sections) == head["previous"]
    assert sum(row["previous"] for row in months) == head["previous"] > 1000
    assert outside["outside"] == sum(row["outside"] for row in hours)


@each_question
def test_the_definition_dictionary_shows_the_whole_declaration(question: Question) -> None:
    titles = {name: DATASETS[name].title if name in DATASETS else BESIDE[name] for name in question.reads}
    text = page([question], titles, {question.name: {"typical": "わけ"}})
    shown = question.title.format(**{name: param.title for name, param in question.params.items()})
    parts = [shown, question.question, question.definition.numerator, question.definition.scope]
    parts += [question.definition.reference, question.name, *(p.title for p in question.params.values())]
    parts += [column.title for column in question.columns] + [*titles.values(), "`typical` わけ"]
    assert [part for part in parts if part not in text] == []


# --- populations --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("population", populations(), ids=lambda population: population.name)
def test_a_population_is_counted_by_several_questions(population: Population) -> None:
    """What only one question counts belongs into its own file."""
    above = [other.sql for other in populations()] + [question.sql for question in QUESTIONS]
    assert sum(f"{population.name}(" in sql for sql in above) >= 2
    for name in (*population.params, *population.reads):
        rollups = DATASETS[name].rollups if name in DATASETS else ()
        shown = "|".join([name, f"{name}_history", f"{name}_ever", *(rollup.name for rollup in rollups)])
        assert re.search(rf"\b({shown})\b", population.sql), f"{name} is not read"


@pytest.mark.parametrize("population", populations(), ids=lambda population: population.name)
def test_a_population_keeps_the_house_style(population: Population) -> None:
    """As a question, but that it has no order and its parameters no dollar."""
    faults = style_faults(population)
    assert faults == ["ORDER BY がありません", *(f"条件 {name} を使っていません" for name in sorted(population.params))]


def test_a_population_shows_nothing_that_its_question_does_not_read() -> None:
    sql = "SELECT * FROM receipts_by_ratio_group($since, $until)"
    all_three = ("receipts", "payment_methods", "counters")
    assert [p.name for p in counted_by(sql, all_three)] == ["receipts_by_method_group", "receipts_by_ratio_group"]
    assert [p.name for p in counted_by(sql, all_three[:2])] == ["receipts_by_method_group"]
    assert counted_by(sql, ("receipts", "counters")) == []
    assert counted_by("SELECT 1", all_three) == []
