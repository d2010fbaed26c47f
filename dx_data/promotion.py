"""A query becomes a question: in the lake's own names, with a header and an example, proved to answer the same."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from dx_data.analysis import Answered
from dx_data.catalog import Catalog, json_value, read_question, run
from dx_data.datasets import DATASETS
from dx_data.derive import explored, names, promoted, tables
from dx_data.errors import Stopped, WrongUsage
from dx_data.house import House
from dx_data.spec import Column, Dataset, Question

NAME = re.compile("[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Promoted:
    """The two files: the question, and the example that its reviewer begins with."""

    question: Question
    sql: str
    example: str

    @property
    def place(self) -> str:
        """Where the question's file goes."""
        return f"queries/{self.question.family}/{self.question.name}.sql"

    @property
    def example_place(self) -> str:
        """Where the example goes."""
        return f"tests/queries/{self.question.family}/{self.question.name}/typical.yaml"


def promote(
    house: House,
    sql: str,
    answer: Answered,
    known: Mapping[str, Column],
    *,
    name: str,
    family: str,
    title: str,
    purpose: str,
) -> Promoted:
    """The files of a question that answers as this query did; `known` are declared columns by their titles.

    WrongUsage where the name is taken or none, the query reads 参考データ, its rows have no key, or the question would
    not answer the same.
    """
    if not NAME.fullmatch(name):
        raise WrongUsage.because(
            f"質問の名前『{name}』は使えません", "半角の小文字で始め、小文字・数字・_ だけで書いてください"
        )
    if name in house.catalog.questions:
        raise WrongUsage.because(f"質問『{name}』はもうあります", "別の名前にしてください")
    told = names.renamed(sql, DATASETS.values())
    if told is None:
        raise WrongUsage.because(
            "この問い合わせは質問にできません（参考データを読むか、1つの SELECT の形でないため）",
            "取り込んだ表だけを読む SELECT に直してください",
        )
    columns = tuple(
        explored.meaning(number, shown, kind, known).model_copy(update={"name": column})
        for number, ((shown, kind), column) in enumerate(zip(answer.columns, told.columns, strict=True), 1)
    )
    reads = [DATASETS[each] for each in told.reads]
    key = _key(columns, answer)
    text = promoted.file(told.sql, title=title, purpose=purpose, columns=columns, key=key, reads=reads)
    question = _read(text, name, family)
    _same(house, question, answer)
    return Promoted(question, text, promoted.example(reads, _answered(question, reads)))


def _key(columns: Sequence[Column], answer: Answered) -> tuple[str, ...]:
    """The headings, if each row has its own; else all columns."""
    headings = [at for at, column in enumerate(columns) if not column.kind.counts]
    for chosen in (headings, list(range(len(columns)))):
        found = [tuple(str(row[at]) for at in chosen) for row in answer.rows]
        if chosen and len(set(found)) == len(found):
            return tuple(columns[at].name for at in chosen)
    raise WrongUsage.because(
        "答えに同じ行が2つ以上あり、1行を見分けられません", "集計するか、DISTINCT を付けてください"
    )


def _read(text: str, name: str, family: str) -> Question:
    with TemporaryDirectory() as folder:
        path = Path(folder) / family / f"{name}.sql"
        path.parent.mkdir()
        path.write_text(text, encoding="utf-8")
        return read_question(path)


def _same(house: House, question: Question, answer: Answered) -> None:
    """WrongUsage unless the question answers with the same rows in the same order at the same snapshot."""
    try:
        found = Catalog({question.name: question}).ask(question.name, house.at(answer.snapshot), today=house.today())
        same = [tuple(map(_plain, row)) for row in found.rows] == [tuple(map(_plain, row)) for row in answer.rows]
    except (duckdb.Error, Stopped):
        same = False
    if not same:
        raise WrongUsage.because(
            "質問のファイルにすると、答えが同じになりません",
            "並び順（ORDER BY）を1つに決まる形にし、答えの列に名前（AS）を付けてください",
        )


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal | float) else value


def _answered(question: Question, reads: Sequence[Dataset]) -> str:
    """What the question answers on the invented rows, as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([column.name for column in question.columns])
    with closing(duckdb.connect(":memory:", config={"threads": "1"})) as connection:
        connection.execute("SET TimeZone = 'Asia/Tokyo'")
        connection.execute("CREATE SCHEMA raw")
        for dataset in reads:
            for statement in promoted.empty(dataset, "raw"):
                connection.execute(statement)
            connection.execute(*promoted.insert(dataset, "raw"))
            for statement in tables.views(dataset, tables.fields(dataset), "raw"):
                connection.execute(statement)
        for row in run(question, {}, connection):
            cells = [json_value(cell) for cell in row]
            writer.writerow(["・".join(cell) if isinstance(cell, list) else cell for cell in cells])
    return text.getvalue()
