"""The names of a copy → the names of the lake: a query in Japanese names as one in those that question files use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, traverse_scope

from dx_data.derive.tables import copied
from dx_data.spec import Dataset

_DIALECT = "duckdb"
_PLAIN = re.compile("[A-Za-z][A-Za-z0-9_]*")
_SHORT = {
    exp.Sum: "sum",
    exp.Avg: "mean",
    exp.Min: "least",
    exp.Max: "most",
    exp.Median: "median",
}


@dataclass(frozen=True)
class Renamed:
    """A query in the lake's names; `columns` are those of its answer, `reads` the datasets it reads."""

    sql: str
    columns: tuple[str, ...]
    reads: tuple[str, ...]


def reads(sql: str, datasets: Iterable[Dataset]) -> tuple[str, ...]:
    """The datasets that a query reads by either name, as far as it can be understood without asking the database."""
    try:
        named = {table.name for table in sqlglot.parse_one(sql, dialect=_DIALECT).find_all(exp.Table)}
    except SqlglotError:
        return ()
    return tuple(each.name for each in datasets if {each.name, each.title} & named)


def renamed(sql: str, datasets: Iterable[Dataset]) -> Renamed | None:
    """The query with the lake's names of tables and columns, its own answer's included; None where that is not sure.

    It is not where a table is none of the datasets (参考データ), or the answer is not one plain SELECT.
    """
    known = {dataset.title: dataset for dataset in datasets} | {dataset.name: dataset for dataset in datasets}
    try:
        tree = sqlglot.parse_one(sql, dialect=_DIALECT)
        shapes: dict[str, object] = {
            name: dict.fromkeys(_titles(dataset, name), "VARCHAR") for name, dataset in known.items()
        }
        tree = qualify(tree, dialect=_DIALECT, schema=shapes, quote_identifiers=False, validate_qualify_columns=True)
    except SqlglotError:
        return None
    if not isinstance(tree, exp.Select):
        return None
    used: dict[str, None] = {}
    for scope in traverse_scope(tree):
        tables = {alias: source for alias, source in scope.sources.items() if isinstance(source, exp.Table)}
        if any(table.name not in known for table in tables.values()):
            return None
        used |= dict.fromkeys(known[table.name].name for table in tables.values())
        _renamed_in(scope, tables, known)
    for table in tree.find_all(exp.Table):
        if table.name in known:
            table.set("this", exp.to_identifier(known[table.name].name))
    columns = _own_names(tree)
    return Renamed(tree.sql(dialect=_DIALECT, pretty=True, indent=4, pad=4), columns, tuple(used))


def _renamed_in(scope: Scope, tables: Mapping[str, exp.Table], known: Mapping[str, Dataset]) -> None:
    """The columns of one SELECT, and the tables' names in front of them where nothing else is called so."""
    for column in scope.columns:
        if table := tables.get(column.table):
            dataset = known[table.name]
            column.set("this", exp.to_identifier(_titles(dataset, table.name)[column.name]))
            if column.table == dataset.title and dataset.name not in scope.sources:
                column.set("table", exp.to_identifier(dataset.name))
    for alias, table in tables.items():
        dataset = known[table.name]
        if alias == dataset.title and dataset.name not in scope.sources:
            table.set("alias", None)


def _titles(dataset: Dataset, table: str) -> dict[str, str]:
    """The names of a table's columns as a query says them, with those of the lake."""
    return {(column.title if table == dataset.title else column.name): column.name for column in copied(dataset)}


def _own_names(tree: exp.Select) -> tuple[str, ...]:
    """Give the columns of the answer plain names, and name them so where it is ordered."""
    found: dict[str, str] = {}
    for number, item in enumerate(tree.expressions, 1):
        name, at = _name(item.unalias(), number), 2
        told = name
        while told in found.values():
            told, at = f"{name}_{at}", at + 1
        found[item.alias_or_name] = told
    for number, item in enumerate(tree.expressions):
        new = exp.alias_(item.unalias(), found[item.alias_or_name])
        tree.expressions[number] = new
    tree.set("expressions", tree.expressions)
    if order := tree.args.get("order"):
        for column in order.find_all(exp.Column):
            if not column.table and column.name in found:
                column.set("this", exp.to_identifier(found[column.name]))
    return tuple(found.values())


def _name(item: exp.Expression, number: int) -> str:
    """A name from what a column of the answer is made of."""
    inner: Sequence[str] = [column.name for column in item.find_all(exp.Column)]
    about = inner[0].lower() if inner and _PLAIN.fullmatch(inner[0]) else ""
    if isinstance(item, exp.Column) and about:
        return about
    aggregate = item.find(exp.AggFunc)
    if aggregate is None:
        return f"{about}_group" if about else f"column_{number}"
    if isinstance(aggregate, exp.Count):
        return f"kinds_{about}" if aggregate.find(exp.Distinct) and about else "count"
    return f"{_SHORT.get(type(aggregate), 'figure')}_{about}" if about else f"column_{number}"
