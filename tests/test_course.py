"""The course of docs/course.md: each answer's SQL, asked of the demo as `dx demo` makes it, gives the figures shown."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest

from dx_data import demo, house, intake, promotion
from dx_data import settings as setting
from dx_data.analysis import Workbench
from dx_data.datasets import DATASETS
from dx_data.derive import explored
from dx_data.derive.explored import By, Filter, Grain, Wish
from dx_data.derive.tables import copied
from dx_data.house import House
from dx_data.settings import ROOT, Settings
from tests import screens
from tests.screens import PERSON

COURSE = (ROOT / "docs" / "course.md").read_text("utf-8")
EXERCISES = re.findall(
    r"^## (\d+)\. (.+?)：.*?^```sql\n(.*?)\n```\n\n((?:^\|[^\n]*\n)+)", COURSE, re.MULTILINE | re.DOTALL
)
READS = ("手続台帳_", "フォーム管理台帳_", "相談・伴走支援_", "ツール活用支援_")


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The whole demo's files of the tables that the course reads, as they last arrived; the big ones are not made."""
    folder = tmp_path_factory.mktemp("course")
    newest: dict[str, demo.DemoFile] = {}
    for file in takewhile(lambda file: not file.name.startswith("電子申請実績"), demo.files()):
        newest |= {prefix: file for prefix in READS if file.name.startswith(prefix)}
    assert set(newest) == set(READS)
    with pytest.MonkeyPatch.context() as patch:
        screens.point_to(patch, folder)
        screens.fill_demo(folder, newest.values())
        chosen = Settings(lake=str(folder / "real"), lake_demo=str(folder / "demo"))
        with closing(house.open_house(demo=True, chosen=chosen)) as found:
            about = intake.About("課別職員数", "架空データ", "研修用", dt.date(2026, 4, 1))
            kept = intake.review_reference(ROOT / "docs" / "course" / "課別職員数.csv", found, about)
            intake.load(kept, found, PERSON)
            yield found
    setting.settings.cache_clear()


@pytest.fixture(scope="module")
def bench(opened: House) -> Iterator[Workbench]:
    with closing(Workbench(opened, children=1)) as found:
        yield found


def cell(value: Any) -> str:
    if value is None:
        return "（空欄）"
    return f"{float(value):g}" if isinstance(value, float | Decimal) else str(value)


def test_there_are_ten_exercises_from_looking_to_promoting() -> None:
    assert [int(number) for number, *_ in EXERCISES] == list(range(1, 11))
    assert [EXERCISES[at][1] for at in (0, 1, 4, 7, 8, 9)] == [
        *("見る", "組み立てる", "SQLで書く", "2つの表をつなぐ", "並べる", "残して、質問にする")
    ]


@pytest.mark.parametrize(("number", "title", "sql", "table"), EXERCISES, ids=[each[0] for each in EXERCISES])
def test_an_answer_gives_the_figures_shown(bench: Workbench, number: str, title: str, sql: str, table: str) -> None:
    head, _, *lines = [[part.strip() for part in line.strip("|\n").split("|")] for line in table.splitlines()]
    answered = bench.ask(sql, who=PERSON)
    assert [name for name, _ in answered.columns] == head, f"{number} {title}"
    assert [list(map(cell, row)) for row in answered.rows] == lines


def test_what_is_built_by_choosing_is_the_sql_shown(bench: Workbench) -> None:
    procedures, consultations = DATASETS["procedures"], DATASETS["consultations"]
    received = consultations.column("received_on")
    year = Filter(received, since=dt.date(2026, 4, 1), until=dt.date(2027, 3, 31))
    across = Wish(
        consultations.title,
        (By(consultations.column("target")),),
        filters=(year,),
        abreast=By(consultations.column("channel")),
    )
    values, rest = explored.abreast([row[0] for row in bench.ask(explored.frequent(across), who=PERSON).rows])
    built = {
        2: Wish(procedures.title, (By(procedures.column("stage")),)),
        3: Wish(across.table, across.rows, across.figures, across.filters, across.abreast, values, rest),
        4: Wish(consultations.title, (By(received, Grain.QUARTER),)),
    }
    assert {number: explored.select(wish) for number, wish in built.items()} == {
        number: EXERCISES[number - 1][2] for number in built
    }


def test_the_last_answer_becomes_a_question(opened: House, bench: Workbench) -> None:
    *_, (_, _, sql, _) = EXERCISES
    known = {column.title: column for dataset in DATASETS.values() for column in copied(dataset)}
    told = {"name": "supports_by_kind", "family": "trainings", "title": "支援", "purpose": "どの区分が多いか。"}
    made = promotion.promote(opened, sql, bench.ask(sql, who=PERSON), known, **told)
    assert made.question.reads == ("tool_support",)
    assert "レビューで直してください" in made.sql


def test_the_file_of_the_course_is_where_it_says() -> None:
    assert "--reference docs/course/課別職員数.csv" in COURSE
    assert (Path(ROOT) / "docs" / "course" / "課別職員数.csv").exists()
