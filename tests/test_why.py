"""From a figure to its cells: the rows that are listed give the figure, and each says where it stands."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import random
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dx_data import access, demo, house, intake, why
from dx_data.access import Person, Role
from dx_data.catalog import CALENDAR, Catalog, Result, counted_by, open_days, populations, run
from dx_data.custody.exits import Exit, hand_over, view, why_lines
from dx_data.custody.ledger import Act
from dx_data.datasets import DATASETS
from dx_data.derive import tables
from dx_data.derive.lineage.lists import Part
from dx_data.errors import NotPermitted, WrongUsage
from dx_data.house import House
from dx_data.intake import Wish
from dx_data.settings import Settings
from dx_data.spec import Pii
from dx_data.why import Proof, Why, figures

SEED = 20261120
EVERY = 10**9
PERSON = Person("試験", frozenset(Role))
QUESTIONS = list(Catalog().questions.values())
# Asked for a longer time than their default, so that the small lake has something to count.
SINCE = {"since": dt.date(2025, 4, 1)}

each_question = pytest.mark.parametrize("name", [question.name for question in QUESTIONS])


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A demo lake made of the small demo files."""
    folder = tmp_path_factory.mktemp("why")
    chosen = Settings(lake=str(folder / "lake"), lake_demo=str(folder / "demo"))
    made = house.make_house(PERSON, demo_until=demo.UNTIL, chosen=chosen)
    for file in demo.small():
        path = folder / file.name
        path.write_bytes(file.content)
        found = intake.review(path, made, made.settings, wish=Wish(as_of=file.as_of, accept_vanished=True))
        intake.load(found, made, PERSON)
    yield made
    made.close()


def asked(home: House, name: str) -> Result:
    question = home.catalog.named(name)
    wider = {k: v for k, v in SINCE.items() if k in question.params and question.params[k].default != "contract_start"}
    return home.ask(name, **wider)


def some_figures(result: Result, number: int) -> list[tuple[dict[str, Any], str]]:
    """Figures of an answer by chance: the key of the row, the column."""
    chance = random.Random(f"{SEED} {result.question.name}")
    every = [
        ({name: record[name] for name in result.question.key}, column.name)
        for record in result.records()
        for column in figures(result.question)
    ]
    return chance.sample(every, min(number, len(every)))


def written(home: House, table: str) -> list[dict[str, Any]]:
    """All rows of a raw table."""
    with closing(home.lake.at().cursor()) as cursor:
        at = home.lake.at()
        cursor.execute(f'SELECT * FROM {at.schema}."{table}" {at.version}')
        heads = [column[0] for column in cursor.description or ()]
        return [dict(zip(heads, row, strict=True)) for row in cursor.fetchall()]


def counted_again(home: House, found: Why) -> list[dict[str, Any]]:
    """The question's answer in a database that holds nothing but the listed rows, found again by what the list says."""
    question = found.result.question
    with closing(duckdb.connect(":memory:")) as fresh:
        fresh.execute("SET TimeZone = 'Asia/Tokyo'")
        fresh.execute("CREATE SCHEMA raw")
        for name in question.reads:
            if name == CALENDAR:
                fresh.register(CALENDAR, open_days())
                continue
            for statement in tables.create(DATASETS[name], "raw"):
                fresh.execute(statement)
        for each in found.lists:
            dataset = each.dataset
            table = tables.history_name(dataset) if each.history else dataset.name
            titles = {column.title: column.name for column in dataset.columns}
            titles |= {facts[1]: name for name, facts in tables.HISTORY_COLUMNS.items()}
            wanted = [
                {titles[title]: value for title, value in row.values.items()}
                | {"load_id": row.load}
                | ({} if each.history else {"source_sheet": row.sheet, "source_row": row.row})
                for row in each.rows
            ]
            assert len(wanted) == each.count
            names = list(wanted[0])
            marks = {repr([row[name] for name in names]) for row in wanted}
            rows = [row for row in written(home, table) if repr([row[name] for name in names]) in marks]
            assert len(rows) == each.count, "the list says of each row where it stands"
            for row in rows:
                marked = ", ".join("?" for _ in row)
                fresh.execute(f'INSERT INTO raw."{table}" ({", ".join(row)}) VALUES ({marked})', list(row.values()))
        for name in question.reads:
            if name != CALENDAR:
                for statement in tables.views(DATASETS[name], tables.fields(DATASETS[name]), "raw"):
                    fresh.execute(statement)
        for population in counted_by("".join(f"{p.name}(" for p in populations()), question.reads):
            fresh.execute(tables.macro(population))
        names = [column.name for column in question.columns]
        return [dict(zip(names, row, strict=True)) for row in run(question, found.result.params, fresh)]


def figure_of(answer: list[dict[str, Any]], key: dict[str, Any], column: str) -> Any:
    (row,) = [row for row in answer if all(row[name] == value for name, value in key.items())]
    return row[column]


# --- the property -------------------------------------------------------------------------------------------------


@each_question
def test_counting_again_from_the_listed_rows_gives_the_figure(home: House, name: str) -> None:
    """For figures by chance (SEED), in a database of their own that holds nothing else."""
    result = asked(home, name)
    for key, column in some_figures(result, 3):
        found = home.trace(result, key, column, EVERY)
        assert found.proof is not Proof.WHOLE, f"{found.place}: no narrower list of rows gives the figure"
        assert figure_of(counted_again(home, found), key, column) == found.value, found.place
