"""A query in Japanese names becomes a question's file that is read as one and answers the same; or it says why not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from dx_data import house, promotion
from dx_data.access import Person, Role
from dx_data.analysis import Answered, Workbench
from dx_data.catalog import Catalog, read_question
from dx_data.datasets import DATASETS
from dx_data.derive import explored, names
from dx_data.derive.explored import By, Figure, Filter, Grain, Measure, Wish
from dx_data.derive.tables import copied
from dx_data.errors import WrongUsage
from dx_data.house import House
from dx_data.promotion import Promoted
from tests.test_questions import answer, example, style_faults, typed

PERSON = Person("試験", frozenset(Role))
KNOWN = {column.title: column for dataset in DATASETS.values() for column in copied(dataset)}
SUPPORT = DATASETS["tool_support"]


@pytest.fixture(scope="module")
def opened(lakes: Path) -> Iterator[House]:
    with closing(house.open_house(demo=True)) as found:
        yield found


@pytest.fixture(scope="module")
def bench(opened: House) -> Iterator[Workbench]:
    with closing(Workbench(opened, children=1)) as found:
        yield found


def promoted(
    opened: House, bench: Workbench, sql: str, name: str = "supports_of_sections"
) -> tuple[Promoted, Answered]:
    answered = bench.ask(sql, who=PERSON)
    told = {"title": "課ごとの支援の件数", "purpose": "どの課を多く支援したか。"}
    return promotion.promote(opened, sql, answered, KNOWN, name=name, family="trainings", **told), answered


BUILT = explored.select(
    Wish(
        SUPPORT.title,
        (By(SUPPORT.column("section")), By(SUPPORT.column("started_on"), Grain.QUARTER)),
        (Figure(Measure.COUNT), Figure(Measure.MEAN, SUPPORT.column("saved_hours"))),
        (Filter(SUPPORT.column("kind"), chosen=("フォーム作成", "分析支援")),),
    )
)
QUERIES = (
    BUILT,
    "SELECT 支援区分, count(*) AS 件数 FROM ツール活用支援 GROUP BY 支援区分 ORDER BY 2 DESC, 1",
    'SELECT t.支援課, t.n AS "支援の数" FROM (SELECT 支援課, count(*) AS n FROM ツール活用支援 GROUP BY ALL) AS t'
    " ORDER BY n DESC, t.支援課",
    "WITH 課 AS (SELECT 所管課, count(*) AS 手続数 FROM 手続台帳 GROUP BY 所管課)\n"
    "SELECT s.支援課, max(手続数) AS 手続の数, count(*) AS 支援の数 FROM ツール活用支援 AS s"
    " LEFT JOIN 課 ON 課.所管課 = s.支援課 GROUP BY s.支援課 ORDER BY 1",
    "SELECT support_id, finished_on FROM tool_support WHERE section IN (SELECT 所管課 FROM 手続台帳) ORDER BY 1",
)


@pytest.mark.parametrize("sql", QUERIES)
def test_the_file_is_read_as_a_question_and_answers_the_same(
    opened: House, bench: Workbench, tmp_path: Path, sql: str
) -> None:
    made, answered = promoted(opened, bench, sql)
    assert (made.place, made.example_place) == (
        "queries/trainings/supports_of_sections.sql",
        "tests/queries/trainings/supports_of_sections/typical.yaml",
    )
    path = tmp_path / "trainings" / "supports_of_sections.sql"
    path.parent.mkdir()
    path.write_text(made.sql, "utf-8")
    question = read_question(path)
    result = Catalog({question.name: question}).ask(question.name, opened.at(None), today=dt.date(2026, 11, 20))
    assert len(result.rows) > 1
    assert [[str(typed(c, v)) for c, v in zip(result.columns, row, strict=True)] for row in result.rows] == [
        [str(typed(c, v)) for c, v in zip(result.columns, row, strict=True)] for row in answered.rows
    ]
    assert [column.title for column in result.columns] == [name for name, _ in answered.columns]
    assert (question.title, question.question) == ("課ごとの支援の件数", "どの課を多く支援したか。")
    assert style_faults(question) == (["GROUP BY ALL は使えません"] if "BY ALL" in sql else [])
    assert not any(dataset.title in question.sql for dataset in DATASETS.values())


def test_the_example_is_one_that_the_tests_of_questions_take(opened: House, bench: Workbench, tmp_path: Path) -> None:
    """Invented rows, what the question answers on them, and a reason that somebody has to write."""
    made, _ = promoted(opened, bench, QUERIES[3])
    path = tmp_path / "typical.yaml"
    path.write_text(made.example, "utf-8")
    facts = example(path)
    assert set(facts["given"]) == {"tool_support", "procedures"}
    rows = [list(map(str, row)) for row in answer(made.question, facts["given"], {})]
    head, *lines = [line.split(",") for line in facts["expect"].splitlines()]
    assert head == [column.name for column in made.question.columns]
    assert lines == [[cell.replace("None", "") for cell in row] for row in rows] != []


def test_the_answer_s_columns_get_plain_names_and_their_meaning(opened: House, bench: Workbench) -> None:
    made, _ = promoted(opened, bench, BUILT)
    assert [(c.name, c.label, c.kind.value) for c in made.question.columns] == [
        ("section", "支援課", "text"),
        ("started_on_group", "開始日（四半期）", "text"),
        ("count", "件数（件）", "integer"),
        ("mean_saved_hours", "削減時間の平均（時間/年）", "number"),
    ]
    assert made.question.key == ("section", "started_on_group")
    assert made.question.reads == ("tool_support",)


@pytest.mark.parametrize(
    ("sql", "name", "fault"),
    [
        (QUERIES[1], "課ごと", "質問の名前『課ごと』は使えません"),
        (QUERIES[1], "applications_headline", "質問『applications_headline』はもうあります"),
        ("SELECT 1 AS n UNION ALL SELECT 2", "two", "質問にできません"),
        ("SELECT 支援区分 FROM ツール活用支援 ORDER BY 1", "kinds", "同じ行が2つ以上"),
    ],
)
def test_what_cannot_become_a_question_says_why(
    opened: House, bench: Workbench, sql: str, name: str, fault: str
) -> None:
    with pytest.raises(WrongUsage, match=fault):
        promoted(opened, bench, sql, name)


def test_a_question_that_would_answer_otherwise_is_not_made(opened: House, bench: Workbench) -> None:
    sql = QUERIES[1]
    other = bench.ask(sql.replace("2 DESC", "2"), who=PERSON)
    with pytest.raises(WrongUsage, match="答えが同じになりません"):
        promotion.promote(opened, sql, other, KNOWN, name="kinds", family="trainings", title="a", purpose="b")


def test_a_table_of_no_dataset_cannot_be_named_in_a_question() -> None:
    assert names.renamed('SELECT * FROM "参考_人口"', DATASETS.values()) is None
    assert names.reads('SELECT * FROM "参考_人口", 手続台帳', DATASETS.values()) == ("procedures",)
    assert names.reads("SELECT (", DATASETS.values()) == ()
