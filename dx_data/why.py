"""From a figure back to its cells: the rows it was counted from, proven by counting it again from those rows alone."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any

import duckdb

from dx_data import calendar
from dx_data.catalog import CALENDAR, JOURNAL, Result, Snapshot, Value, json_value, look, populations, run
from dx_data.datasets import DATASETS
from dx_data.derive import tables
from dx_data.derive.lineage import lists
from dx_data.derive.lineage.lists import Breadth, Kept, Part
from dx_data.errors import AnswerBroken, WrongUsage
from dx_data.spec import Column, Dataset, Question

if TYPE_CHECKING:
    from dx_data.derive.lineage.flat import Flat

ROWS_SHOWN = 100
_HISTORY = "_history"
_PARAMETER = re.compile(r"\$([a-z_][a-z0-9_]*)")
# Tables that no file brought: their rows are nobody's, so none is listed.
_FIXED = {
    CALENDAR: dict.fromkeys((each.name for each in fields(calendar.Day)), "VARCHAR"),
    **{name: dict.fromkeys(schema.names, "VARCHAR") for name, (_, schema) in JOURNAL.items()},
}
PARTS = {Part.COUNTED: "数えた行", Part.READ: "参照した行"}


class Proof(StrEnum):
    """With which rows the figure came out the same when it was counted again."""

    EXACT = "exact"
    COMPARED = "compared"
    WHOLE = "whole"

    @property
    def sentence(self) -> str:
        """What was tried, for who reads the list."""
        return {
            "exact": "この行だけで計算し直し、同じ値になることを確かめました。",
            "compared": "条件に合わない行とも見比べて決まる値です。"
            "この行だけで計算し直し、同じ値になることを確かめました。",
            "whole": "読む表のすべての行を見比べて決まる値です。",
        }[self.value]


@dataclass(frozen=True)
class Row:
    """One row of a table and where it came from; `values` by title. An observed change has no place of its own."""

    values: Mapping[str, Value]
    load: int | None
    file: str
    sheet: str | None
    row: int | None


@dataclass(frozen=True)
class Listed:
    """The rows of one dataset (or of its observed changes) in one part: how many, from which loads, the first of them.

    `loads` are the load's number, its file and the number of these rows. The number is also that of the 預り証.
    """

    dataset: Dataset
    history: bool
    part: Part
    count: int
    loads: tuple[tuple[int | None, str, int], ...]
    rows: tuple[Row, ...]

    @property
    def title(self) -> str:
        """The dataset's title."""
        return f"{self.dataset.title}の変更の記録" if self.history else self.dataset.title


@dataclass(frozen=True)
class Why:
    """One figure of an answer: the row it stands in, its column, its value, and the rows it was counted from."""

    result: Result
    key: Mapping[str, Value]
    column: Column
    value: Value
    proof: Proof
    lists: tuple[Listed, ...]

    @property
    def place(self) -> str:
        """The figure in words: which row, which column."""
        row = "、".join(f"{self.result.question.column(n).title} {_words(v)}" for n, v in self.key.items())
        return f"{row} の {self.column.label}" if row else self.column.label

    @property
    def without_rows(self) -> str:
        """Why no rows are listed, for a figure that has none."""
        return no_rows(self.result.question)

    def count(self, part: Part) -> int:
        """How many rows there are in a part."""
        return sum(each.count for each in self.lists if each.part is part)


def _words(value: Value) -> str:
    return "（空欄）" if value is None else "・".join(value) if isinstance(value, list) else str(json_value(value))


def no_rows(question: Question) -> str:
    """What a figure without rows of files comes from."""
    journal = "・".join(JOURNAL[name][0] for name in question.reads if name in JOURNAL)
    if journal:
        return f"この数値は{journal}から数えています。ファイルの行はありません。「取込履歴」の画面で確かめられます。"
    return "この数値は定義と条件だけで決まり、元の行はありません。"


def figures(question: Question) -> tuple[Column, ...]:
    """The columns of an answer that are figures: all but its key."""
    return tuple(column for column in question.columns if column.name not in question.key)


def chosen(question: Question, column: str | None) -> list[str]:
    """The named column (by name or title), or all figures. WrongUsage for one that the answer does not have."""
    if column is None:
        return [each.name for each in figures(question)]
    for each in question.columns:
        if column in {each.name, each.title, each.label}:
            return [each.name]
    known = "・".join(each.name for each in question.columns)
    raise WrongUsage.because(f"質問『{question.name}』に列『{column}』はありません", f"使える列は {known} です")


def found_row(result: Result, given: Mapping[str, str]) -> dict[str, Value]:
    """The key of the one row of an answer that has these values, by name or title. WrongUsage for none or several."""
    question = result.question
    names = {spelling: name for name in question.key for spelling in (name, question.column(name).title)}
    if unknown := [name for name in given if name not in names]:
        known = "・".join(question.key)
        raise WrongUsage.because(f"行を選ぶ項目『{'・'.join(unknown)}』はありません", f"使える項目は {known} です")
    wanted = {names[name]: value for name, value in given.items()}
    keys = [{name: record[name] for name in question.key} for record in result.records()]
    fitting = [key for key in keys if all(value in _spellings(key[name]) for name, value in wanted.items())]
    if len(fitting) != 1:
        asked = "・".join(f"{name}={value}" for name, value in given.items()) or "指定なし"
        rest = "・".join(f"{name}={_words(value)}" for name, value in (fitting or keys or [{}])[0].items())
        raise WrongUsage.because(
            f"その行（{asked}）は答えに {len(fitting)} 行あります", f"1行に決まるように選んでください（例 {rest}）"
        )
    return fitting[0]


def _spellings(value: Value) -> set[str]:
    return {_words(value), str(value), "" if value is None else str(value)}


@dataclass(frozen=True)
class Explained:
    """An answer with the rows of some of its figures, and for whole columns the number of rows: title, part, rows."""

    result: Result
    figures: tuple[Why, ...]
    counts: Mapping[str, list[tuple[str, Part, int]]]


def why(
    result: Result,
    snapshot: Snapshot,
    key: Mapping[str, Value],
    column: str,
    files: Mapping[int, str],
    limit: int = ROWS_SHOWN,
) -> Why:
    """The rows that one figure of an answer was counted from, of each table the first `limit`.

    `files` are the names of the files by load.
    The question is asked again of nothing but these rows; where the figure differs, more rows are taken, until it is
    the same. AnswerBroken if the answer has no such row.
    """
    question = result.question
    value = next((r[column] for r in result.records() if all(r[n] == key[n] for n in question.key)), None)
    if not any(all(r[n] == key[n] for n in question.key) for r in result.records()):
        raise AnswerBroken.because(f"質問『{question.name}』の答えにその行がありません", "行を選び直してください")
    if not _traced(question):
        return Why(result, dict(key), question.column(column), value, Proof.EXACT, ())
    try:
        flat = _flat(question.sql, question.reads)
        with _Rows(snapshot, question) as rows:
            proof = _proven(rows, flat, result, key, column, value)
            with rows.numbered() as cursor:
                found = tuple(_lists(cursor, flat, files, limit))
    except duckdb.Error as fault:
        raise AnswerBroken.because(
            f"質問『{question.name}』の{question.column(column).title}の元の行を調べられません（{type(fault).__name__}）",
            "数値そのものは変わりません。この表示を添えて管理者に知らせてください",
        ) from fault
    return Why(result, dict(key), question.column(column), value, proof, found)


def counts(result: Result, snapshot: Snapshot, names: Collection[str]) -> dict[str, list[tuple[str, Part, int]]]:
    """For each named column the number of rows that all its figures together were counted from: title, part, rows."""
    question = result.question
    if not _traced(question):
        return {name: [] for name in names}
    flat = _flat(question.sql, question.reads)
    found: dict[str, list[tuple[str, Part, int]]] = {}
    with _Rows(snapshot, question) as rows, rows.numbered() as cursor:
        for name in names:
            _list(cursor, flat, (), name, result.params)
            cursor.execute(lists.keep(Kept.NEEDED))
            found[name] = [
                (_title(table), Part(part), number) for table, part, number in cursor.execute(lists.counts()).fetchall()
            ]
    return found


def _traced(question: Question) -> bool:
    """Whether anything that it reads came with a file."""
    return any(name in DATASETS for name in question.reads)


@cache
def _flat(sql: str, reads: tuple[str, ...]) -> Flat:
    # The SQL parser is loaded only where somebody asks.
    from dx_data.derive.lineage.flat import fields, flat

    rollups = [rollup for dataset in DATASETS.values() for rollup in dataset.rollups]
    shown = fields(DATASETS[name] for name in reads if name in DATASETS)
    return flat(sql, populations(), rollups, shown, _FIXED)


class _Rows(look):
    """What a question reads on one cursor: every row with its number, or only the rows that are kept."""

    def __init__(self, snapshot: Snapshot, question: Question) -> None:
        super().__init__(snapshot, question.reads, question.sql)
        self.row, self.among = lists.ROW, ""

    def __enter__(self) -> _Rows:  # type: ignore[override]
        super().__enter__()
        return self

    def _stands(self, names: Iterable[str]) -> bool:
        """What was counted of all rows says nothing of the kept ones."""
        return False

    def _views(self, dataset: Dataset, raw: Mapping[str, frozenset[str]]) -> list[str]:
        existing, at = raw.get(dataset.name), self.snapshot
        return tables.views(dataset, existing, at.schema, at.version, row=self.row, among=self.among)

    @contextmanager
    def numbered(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Every row, each with its number."""
        yield self._showing(lists.ROW, "")

    @contextmanager
    def kept(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Only the kept rows, as the question sees them."""
        yield self._showing("", lists.KEPT)

    def _showing(self, row: str, among: str) -> duckdb.DuckDBPyConnection:
        if (row, among) != (self.row, self.among):
            self.row, self.among = row, among
            raw = self.snapshot.columns()
            for name in self.names:
                for statement in self._views(DATASETS[name], raw) if name in DATASETS else ():
                    self.cursor.execute(statement)
        return self.cursor


def _proven(rows: _Rows, flat: Flat, result: Result, key: Mapping[str, Value], column: str, value: Value) -> Proof:
    """Keep the fewest rows that are known to give the figure, and say which they are."""
    given = {**result.params, **{f"__key_{n}": key[name] for n, name in enumerate(result.question.key)}}

    def holds() -> bool:
        with rows.kept() as cursor:
            again = [record for record in _asked(result, cursor) if all(record[n] == key[n] for n in key)]
        return [record[column] for record in again] == [value]

    for breadth in Breadth:
        with rows.numbered() as cursor:
            _list(cursor, flat, result.question.key, column, given, breadth)
        for kept in Kept if breadth is Breadth.EXACT else (Kept.LISTED,):
            rows.cursor.execute(lists.keep(kept))
            if holds():
                return Proof.EXACT if breadth is Breadth.EXACT else Proof.COMPARED
    with rows.numbered() as cursor:
        cursor.execute(lists.all_rows(name for name in result.question.reads if name in DATASETS))
    return Proof.WHOLE


def _asked(result: Result, cursor: duckdb.DuckDBPyConnection) -> list[dict[str, Value]]:
    names = [column.name for column in result.columns]
    return [dict(zip(names, row, strict=True)) for row in run(result.question, result.params, cursor)]


def _list(
    cursor: duckdb.DuckDBPyConnection,
    flat: Flat,
    key: tuple[str, ...],
    column: str,
    given: Mapping[str, Any],
    breadth: Breadth = Breadth.EXACT,
) -> None:
    from dx_data.derive.lineage.demand import rows_of

    statement = lists.listed(rows_of(flat, key, column, breadth))
    used = set(_PARAMETER.findall(statement))
    cursor.execute(statement, {name: value for name, value in given.items() if name in used})


def _title(table: str) -> str:
    history = table.endswith(_HISTORY)
    return f"{DATASETS[table.removesuffix(_HISTORY)].title}{'の変更の記録' if history else ''}"


def _lists(cursor: duckdb.DuckDBPyConnection, flat: Flat, files: Mapping[int, str], limit: int) -> Iterator[Listed]:
    for table, part, count in cursor.execute(lists.counts()).fetchall():
        history = table.endswith(_HISTORY)
        dataset = DATASETS[table.removesuffix(_HISTORY)]
        looked_at = flat.looked_at(table) | flat.looked_at(f"{table}_ever")
        columns = lists.shown_columns(dataset, looked_at)
        kind = Part(part)
        heads, statement = lists.rows(dataset, kind, columns, limit, history=history)
        loads = cursor.execute(lists.loads(dataset, kind, history=history)).fetchall()
        rows = tuple(
            Row(dict(zip(heads, values, strict=True)), load, files.get(load, ""), sheet, row)
            for *values, load, sheet, row in cursor.execute(statement).fetchall()
        )
        named = tuple((load, files.get(load, ""), number) for load, number in loads)
        yield Listed(dataset, history, kind, count, named, rows)
