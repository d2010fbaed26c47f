"""A question's SQL as a flat list of relations: populations inlined, every column named with its table, no star left.

The text is parsed and qualified by sqlglot; nothing of a question's logic is written here a second time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.eliminate_subqueries import eliminate_subqueries
from sqlglot.optimizer.qualify import qualify

from dx_data.derive import tables
from dx_data.derive.lineage import reading
from dx_data.errors import DeclarationError
from dx_data.spec import Dataset, Delivery, Population, Rollup

DIALECT = "duckdb"
ANSWER = "__answer"

Fields = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Relation:
    """One step of a question: its columns in order and the SELECTs whose rows it is made of (none: fixed values)."""

    name: str
    columns: tuple[str, ...]
    blocks: tuple[exp.Select, ...]
    body: exp.Query

    @cached_property
    def sql(self) -> str:
        """The step as text."""
        return self.body.sql(dialect=DIALECT)

    @cached_property
    def reads(self) -> frozenset[str]:
        """The names of the tables and other steps that it reads."""
        return frozenset(table.name for block in self.blocks for table in block.find_all(exp.Table)) - {self.name}


@dataclass(frozen=True)
class Flat:
    """A question as steps, each reading only tables and steps before it; the last one, ANSWER, is the question's."""

    relations: tuple[Relation, ...]
    tables: frozenset[str]

    def named(self, name: str) -> Relation | None:
        """The step of that name; None for a table."""
        return self._by_name.get(name)

    @cached_property
    def _by_name(self) -> dict[str, Relation]:
        return {relation.name: relation for relation in self.relations}

    def looked_at(self, table: str) -> frozenset[str]:
        """The columns of a table that the answer depends on."""
        return frozenset(self._looked_at.get(table, ()))

    @cached_property
    def _looked_at(self) -> dict[str, set[str]]:
        used: dict[str, set[str]] = {ANSWER: set(self.relations[-1].columns)}
        for relation in reversed(self.relations):
            mine = used.get(relation.name, set())
            for block in relation.blocks:
                idle = [
                    item for name, item in zip(relation.columns, block.expressions, strict=True) if name not in mine
                ]
                kept = block.copy()
                for item in [kept.expressions[block.expressions.index(each)] for each in idle]:
                    item.replace(exp.null())
                for select in kept.find_all(exp.Select):
                    for source in sources(select):
                        alias = source.alias_or_name
                        used.setdefault(source.name, set()).update(reading.columns([kept], [alias]).get(alias, ()))
        return used

    def reads_rows(self, name: str) -> bool:
        """Whether a step is made of any table's rows."""
        relation = self.named(name)
        if relation is None:
            return name in self.tables
        return any(map(self.reads_rows, relation.reads))

    def is_summed(self, name: str) -> bool:
        """Whether a step's rows stand for many rows of a table."""
        relation = self.named(name)
        return relation is not None and any(
            block.args.get("group") is not None
            or any(map(reading.has_aggregates, block.expressions))
            or any(self.is_summed(each.name) for each in sources(block))
            for block in relation.blocks
        )


def fields(datasets: Iterable[Dataset]) -> dict[str, dict[str, str]]:
    """The tables that show these datasets, with the names and types of their columns."""
    found: dict[str, dict[str, str]] = {}
    for dataset in datasets:
        found[dataset.name] = tables.fields(dataset)
        if dataset.delivery is Delivery.WHOLE:
            found[f"{dataset.name}_ever"] = tables.fields(dataset)
        if dataset.tracks:
            found[tables.history_name(dataset)] = tables.history_fields(dataset)
    return found


def flat(sql: str, populations: Iterable[Population], rollups: Iterable[Rollup], shown: Fields, fixed: Fields) -> Flat:
    """The steps of a question's text over the `shown` tables and the `fixed` ones, whose rows are nobody's.

    Raises DeclarationError for a text that cannot be traced.
    """
    try:
        return _flat(sql, populations, rollups, shown, fixed)
    except SqlglotError as fault:
        raise DeclarationError.because(
            f"質問のSQLから元の行をたどれません（{type(fault).__name__}）",
            "ほかの質問にある書き方に直すか、この表示を添えて管理者に知らせてください",
        ) from fault


def _flat(sql: str, populations: Iterable[Population], rollups: Iterable[Rollup], shown: Fields, fixed: Fields) -> Flat:
    tree = sqlglot.parse_one(sql, dialect=DIALECT)
    tree = _inlined(tree, {population.name: population for population in populations})
    tree = _counted_from_rows(tree, {rollup.name: rollup for rollup in rollups})
    # Neither the order nor a limit decides what a row of the answer counts.
    for clause in ("order", "limit"):
        tree.set(clause, None)
    schema: dict[str, object] = {name: dict(columns) for name, columns in {**shown, **fixed}.items()}
    tree = qualify(tree, schema=schema, dialect=DIALECT, quote_identifiers=False, validate_qualify_columns=False)
    tree = eliminate_subqueries(tree)
    _tell_apart(tree)
    _bare(tree)
    written = tree.args.pop("with_", None)
    steps = [(cte.alias, cte.this, _columns(cte)) for cte in (written.expressions if written else ())]
    steps.append((ANSWER, tree, _columns(tree)))
    relations = tuple(Relation(name, columns, tuple(_blocks(body)), body) for name, body, columns in steps)
    return Flat(relations, frozenset(shown))


def _inlined(tree: exp.Expr, known: Mapping[str, Population]) -> exp.Expr:
    """The tree with each population's own text in place of its name, the given values in place of its parameters.

    A population that reads nothing says a value of what it is given: that stands in place of the subquery that asks.
    """
    while True:
        calls = [
            table
            for table in tree.find_all(exp.Table)
            if isinstance(table.this, exp.Anonymous) and table.this.name in known
        ]
        if not calls:
            return tree
        for call in calls:
            population = known[call.this.name]
            body = sqlglot.parse_one(population.sql, dialect=DIALECT)
            given = dict(zip(population.params, call.this.expressions, strict=True))
            for column in list(body.find_all(exp.Column)):
                if not column.table and column.name in given:
                    column.replace(exp.paren(given[column.name].copy()))
            asks = call.find_ancestor(exp.Subquery)
            if asks and not body.args.get("from_"):
                asks.replace(exp.paren(body.expressions[0].unalias()))
                continue
            alias = call.args.get("alias") or exp.TableAlias(this=exp.to_identifier(population.name))
            call.replace(exp.Subquery(this=body, alias=alias))


def _counted_from_rows(tree: exp.Expr, rollups: Mapping[str, Rollup]) -> exp.Expr:
    """The tree with each rollup counted from its dataset's rows, as the lake counted it when it kept it."""
    for table in list(tree.find_all(exp.Table)):
        if table.name in rollups and not isinstance(table.this, exp.Func):
            body = sqlglot.parse_one(rollups[table.name].sql, dialect=DIALECT)
            alias = table.args.get("alias") or exp.TableAlias(this=exp.to_identifier(table.name))
            table.replace(exp.Subquery(this=body, alias=alias))
    return tree


def _tell_apart(tree: exp.Expr) -> None:
    """Give every source of a subquery inside an expression a name of its own, so that it can be joined to the rest."""
    inner = [each for each in tree.find_all(exp.Select) if _in_expression(each)]
    for number, select in enumerate(inner):
        for source in sources(select):
            old, new = source.alias_or_name, f"{source.alias_or_name}__{number}"
            for column in list(select.find_all(exp.Column)):
                if column.table == old and _owner(column, old) is select:
                    column.set("table", exp.to_identifier(new))
            source.set("alias", exp.TableAlias(this=exp.to_identifier(new)))


def _bare(tree: exp.Expr) -> None:
    """Forget what parsing and qualifying noted beside the text: copying it costs more than copying the text."""
    for node in tree.walk():
        node.type = node.comments = node._meta = None


def _in_expression(select: exp.Select) -> bool:
    parent = select.parent
    while isinstance(parent, exp.Subquery | exp.Paren | exp.SetOperation):
        parent = parent.parent
    return parent is not None and not isinstance(parent, exp.CTE | exp.From | exp.Join | exp.With)


def _owner(column: exp.Column, name: str) -> exp.Select | None:
    """The SELECT whose source a column names: the innermost that has one of that name."""
    select = column.find_ancestor(exp.Select)
    while select is not None:
        if name in {source.alias_or_name for source in sources(select)}:
            return select
        select = select.find_ancestor(exp.Select)
    return None


def sources(select: exp.Select) -> list[exp.Expr]:
    """What a SELECT reads, in its order."""
    first = select.args.get("from_")
    return [*([first.this] if first else []), *(join.this for join in select.args.get("joins") or [])]


def _columns(query: exp.Expr) -> tuple[str, ...]:
    if isinstance(query, exp.CTE):
        named = query.args["alias"].columns
        return tuple(column.name for column in named) or _columns(query.this)
    assert isinstance(query, exp.Query)  # noqa: S101  (the parser says so)
    return tuple(query.named_selects)


def _blocks(body: exp.Expr) -> Iterator[exp.Select]:
    match body:
        case exp.Subquery() | exp.Paren():
            yield from _blocks(body.this)
        case exp.SetOperation():
            yield from _blocks(body.this)
            yield from _blocks(body.expression)
        case exp.Select():
            yield body
