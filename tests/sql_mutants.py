"""Small wrong versions of a SQL text: one operator, boundary, join, filter, literal or sorting key is another.

`mutants(sql)` gives them all, always in the same order. Each is written by the same printer as `printed(sql)`, so that
the two texts differ in the mutated place alone.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

import sqlglot
from sqlglot import exp

ANSWER = "answer"  # the place of what stands in no WITH

Edit = tuple[str, exp.Expression, str, Any]  # kind, the node that changes, its part, what the part becomes
_Operator = Callable[[Any], Iterator[Edit]]
_Substitute = Callable[[Any, "Names"], Iterator[tuple[str, exp.Expression]]]

_SWAPS: dict[type[exp.Expression], tuple[str, type[exp.Expression]]] = {
    exp.LT: ("comparison", exp.LTE),
    exp.LTE: ("comparison", exp.LT),
    exp.GT: ("comparison", exp.GTE),
    exp.GTE: ("comparison", exp.GT),
    exp.EQ: ("comparison", exp.NEQ),
    exp.NEQ: ("comparison", exp.EQ),
    exp.NullSafeNEQ: ("null", exp.NEQ),
    exp.NullSafeEQ: ("null", exp.EQ),
    exp.Add: ("arithmetic", exp.Sub),
    exp.Sub: ("arithmetic", exp.Add),
    exp.Mul: ("arithmetic", exp.Div),
    exp.Div: ("arithmetic", exp.Mul),
    exp.Sum: ("aggregate", exp.Max),
    exp.Max: ("aggregate", exp.Min),
    exp.Min: ("aggregate", exp.Max),
    exp.Avg: ("aggregate", exp.Max),
    exp.Median: ("aggregate", exp.Max),
    exp.ArgMax: ("aggregate", exp.ArgMin),
    exp.ArgMin: ("aggregate", exp.ArgMax),
    exp.LogicalOr: ("aggregate", exp.LogicalAnd),
    exp.LogicalAnd: ("aggregate", exp.LogicalOr),
    exp.Greatest: ("function", exp.Least),
    exp.Least: ("function", exp.Greatest),
    exp.Lag: ("function", exp.Lead),
    exp.Lead: ("function", exp.Lag),
    exp.Rank: ("function", exp.RowNumber),
    exp.RowNumber: ("function", exp.Rank),
}
# Functions that give way to what they were given.
_PEELED = (exp.Coalesce, exp.Nullif, exp.Abs, exp.Round, exp.Neg)
_TRUE_OR_FALSE = (exp.In, exp.Is, exp.Exists, exp.Like, exp.ArrayContains, exp.ArrayOverlaps)
_ORDER_COMPARED = (exp.LT, exp.LTE, exp.GT, exp.GTE)
_NO_DAY_AFTER = ("infinity", dt.date.max.isoformat())
_UNITS = {"YEAR": "MONTH", "QUARTER": "MONTH", "MONTH": "YEAR", "WEEK": "MONTH", "DAY": "MONTH", "HOUR": "DAY"}


@dataclass(frozen=True)
class Mutant:
    """One wrong version of a SQL text: what kind of change, in which WITH, the lines that differ, the whole text.

    `nth` counts mutants of one text that read the same; their places differ all the same.
    """

    kind: str
    place: str
    was: str
    becomes: str
    nth: int
    sql: str

    @property
    def text(self) -> str:
        """The change on one line; no other mutant of the same SQL has the same."""
        again = f" ({self.nth})" if self.nth > 1 else ""
        return f"{self.place}: {self.was} → {self.becomes}{again}"


@dataclass(frozen=True)
class Names:
    """What the names in a SQL text stand for: parameters that are dates, columns that are never blank."""

    days: Collection[str] = ()
    filled: Collection[str] = ()


class _Pieces:
    """A SQL text as its WITHs and what they serve, each printed for itself, so that a change prints one piece anew."""

    def __init__(self, sql: str) -> None:
        answer = sqlglot.parse_one(sql, dialect="duckdb")
        ahead = answer.args.pop("with_", None)
        self.homes: dict[str, exp.Expression] = {cte.alias: cte for cte in (ahead.expressions if ahead else ())}
        self.heads = {place: cte.args["alias"].sql("duckdb") for place, cte in self.homes.items()}
        self.homes[ANSWER] = exp.Subquery(this=answer)
        self.opening = "WITH RECURSIVE" if ahead and ahead.recursive else "WITH"
        self.texts = {place: self.written(place) for place in self.homes}

    def written(self, place: str) -> str:
        """One piece as it is now."""
        return self.homes[place].this.sql("duckdb", pretty=True, max_text_width=100, comments=False)

    def whole(self, **changed: str) -> str:
        """The SQL with these pieces in place of the original ones."""
        *ahead, answer = (self.texts | changed).items()
        named = ",\n".join(f"{self.heads[place]} AS (\n{text}\n)" for place, text in ahead)
        return f"{self.opening} {named}\n{answer[1]}" if ahead else answer[1]


def printed(sql: str) -> str:
    """The SQL as the mutants are written."""
    return _Pieces(sql).whole()


def mutants(sql: str, names: Names = Names()) -> list[Mutant]:
    """Every mutant of a SQL text, none that reads as another one.

    >>> [mutant.text for mutant in mutants("SELECT a FROM t WHERE a < 1")]
    ['answer: WHERE a < 1 → ', 'answer: a < 1 → a <= 1', 'answer: a < 1 → a < 2', 'answer: a < 1 → a < 0']
    """
    pieces = _Pieces(sql)
    found = []
    for place, before in pieces.texts.items():
        seen, read = {before}, Counter[tuple[str, str]]()
        for kind, node, part, value in list(_edits_of(pieces.homes[place].this, names)):
            kept = node.args.get(part)
            node.set(part, value)
            after = pieces.written(place)
            node.set(part, kept)
            if after not in seen:
                seen.add(after)
                was, becomes = _difference(before, after)
                read[was, becomes] += 1
                found.append(Mutant(kind, place, was, becomes, read[was, becomes], pieces.whole(**{place: after})))
    return found


def _difference(before: str, after: str) -> tuple[str, str]:
    """The lines in which two texts differ, each on one line.

    >>> _difference("SELECT\\n  a,\\n  b\\nFROM t", "SELECT\\n  a,\\n  c\\nFROM t")
    ('b', 'c')
    """
    old, new = before.splitlines(), after.splitlines()
    while old and new and old[0] == new[0]:
        del old[0], new[0]
    while old and new and old[-1] == new[-1]:
        del old[-1], new[-1]
    return " ".join(map(str.strip, old)), " ".join(map(str.strip, new))


# --- edits --------------------------------------------------------------------------------------------------


def _edits_of(tree: exp.Expression, names: Names) -> Iterator[Edit]:
    for node in tree.walk(bfs=False):
        yield from _edits(node, names)


def _edits(node: exp.Expression, names: Names) -> Iterator[Edit]:
    """What can be changed at this node; the node itself stays as it is."""
    for kind, instead in _instead(node, names):
        yield from _replaced(kind, node, instead)
    for classes, operator in _OPERATORS.items():
        if isinstance(node, classes):
            yield from operator(node)


def _replaced(kind: str, node: exp.Expression, instead: exp.Expression) -> Iterator[Edit]:
    """The edit that puts one node into the place of another."""
    if node.parent and node.arg_key:
        value = node.parent.args[node.arg_key]
        if isinstance(value, list):
            yield kind, node.parent, node.arg_key, [instead if each is node else each for each in value]
        else:
            yield kind, node.parent, node.arg_key, instead


def _as(node: exp.Expression, kind: type[exp.Expression]) -> exp.Expression:
    """A node of another class with the same parts."""
    return kind(**node.copy().args)


def _instead(node: exp.Expression, names: Names) -> Iterator[tuple[str, exp.Expression]]:
    """Nodes that could stand for this one."""
    if swap := _SWAPS.get(type(node)):
        yield swap[0], _as(node, swap[1])
    if isinstance(node, _PEELED):
        yield "function", node.this.copy()
    if isinstance(node, _TRUE_OR_FALSE) and not isinstance(node.parent, exp.Not):
        yield "not", exp.Not(this=node.copy())
    for classes, substitute in _SUBSTITUTES.items():
        if isinstance(node, classes):
            yield from substitute(node, names)


def _unequal(node: exp.NEQ, names: Names) -> Iterator[tuple[str, exp.Expression]]:
    if not (isinstance(node.left, exp.Column) and node.left.name in names.filled):
        yield "null", _as(node, exp.NullSafeNEQ)


def _negated(node: exp.Not, _: Names) -> Iterator[tuple[str, exp.Expression]]:
    yield "not", node.this.copy()


def _other_truth(node: exp.Boolean, _: Names) -> Iterator[tuple[str, exp.Expression]]:
    yield "literal", exp.Boolean(this=not node.this)


def _unfiltered(node: exp.Filter, _: Names) -> Iterator[tuple[str, exp.Expression]]:
    yield "filter", node.this.copy()


def _only_default(node: exp.Case, _: Names) -> Iterator[tuple[str, exp.Expression]]:
    if len(node.args["ifs"]) == 1:
        yield "case", (node.args.get("default") or exp.Null()).copy()


def _one_side(node: exp.Union, _: Names) -> Iterator[tuple[str, exp.Expression]]:
    if not node.args.get("with_") and not node.args.get("order"):
        yield from (("union", side.copy()) for side in (node.left, node.right) if not isinstance(side, exp.Union))


def _another_day(node: exp.Placeholder | exp.Column, names: Names) -> Iterator[tuple[str, exp.Expression]]:
    """The day before for a lower bound, else the day after: what a bound leaves out, its comparison already tells."""
    if node.name in names.days and not (isinstance(node, exp.Column) and node.table):
        step = exp.Literal.number(-1 if _is_lower_bound(node) else 1)
        yield "day", exp.paren(exp.Add(this=exp.cast(node.copy(), "date"), expression=step))


def _opened(node: exp.Between, _: Names) -> Iterator[tuple[str, exp.Expression]]:
    """a BETWEEN b AND c without b, then without c."""
    for lower, upper in ((exp.GT, exp.LTE), (exp.GTE, exp.LT)):
        low = lower(this=node.this.copy(), expression=node.args["low"].copy())
        high = upper(this=node.this.copy(), expression=node.args["high"].copy())
        yield "comparison", exp.paren(exp.And(this=low, expression=high))


def _other_connector(node: exp.And | exp.Or, _: Names) -> Iterator[tuple[str, exp.Expression]]:
    """AND for OR and the reverse, then one side alone; chains lean left, so each member is left out once."""
    left, right = node.left, node.right
    sides = [exp.paren(side.copy()) if isinstance(side, exp.Connector) else side.copy() for side in (left, right)]
    other = exp.Or if isinstance(node, exp.And) else exp.And
    yield "connector", exp.paren(other(this=sides[0], expression=sides[1]))
    yield "condition", left.copy()
    if type(left) is not type(node):
        yield "condition", right.copy()


def _other_literals(node: exp.Literal, _: Names) -> Iterator[tuple[str, exp.Expression]]:
    parent = node.parent
    if isinstance(parent, exp.Interval):
        yield from (("day", exp.Literal.string(str(int(node.this) + step))) for step in (1, -1))
    elif isinstance(parent, exp.Cast) and parent.to.is_type("date"):
        if node.this not in _NO_DAY_AFTER:
            day = dt.date.fromisoformat(node.this)
            yield "day", exp.Literal.string((day + dt.timedelta(days=1)).isoformat())
    elif isinstance(parent, exp.Cast) and parent.to.is_type("time"):
        later = dt.datetime.combine(dt.date.min, dt.time.fromisoformat(node.this)) + dt.timedelta(minutes=1)
        yield "day", exp.Literal.string(later.time().isoformat())
    elif node.is_string:
        yield "literal", exp.Literal.string(node.this + "×")
    elif node.is_int:
        steps = (1, -1) if isinstance(parent, exp.Predicate) else (1,)
        yield from (("literal", exp.Literal.number(int(node.this) + step)) for step in steps)
    else:
        yield "literal", exp.Literal.number(str(float(node.this) + 1))


def _other_count(node: exp.Count, names: Names) -> Iterator[tuple[str, exp.Expression]]:
    inside = node.this
    if isinstance(inside, exp.Distinct):
        yield "distinct", exp.Count(this=inside.expressions[0].copy())
    elif isinstance(inside, exp.Star):
        select = node.find_ancestor(exp.Select)
        keys = {each.sql() for each in (select.args.get("group") or exp.Group()).expressions} if select else set()
        named = [
            column
            for column in (select.find_all(exp.Column) if select else ())
            if column.name not in names.filled and column.sql() not in keys
        ]
        yield from (("aggregate", exp.Count(this=column.copy())) for column in named[:1])
    else:
        yield "aggregate", exp.Count(this=exp.Star())


def _is_lower_bound(node: exp.Expression) -> bool:
    at: exp.Expression = node
    while at.parent and not isinstance(at.parent, exp.Predicate | exp.Select):
        at = at.parent
    if isinstance(at.parent, exp.Between):
        return at.arg_key == "low"
    return isinstance(at.parent, exp.GT | exp.GTE) == (at.arg_key == "expression") and isinstance(
        at.parent, _ORDER_COMPARED
    )


def _clauses(node: exp.Select) -> Iterator[Edit]:
    """The conditions and the DISTINCT of a SELECT left out; a member of a chain is left out by its connector."""
    for clause in ("where", "having", "qualify"):
        if node.args.get(clause):
            yield "filter", node, clause, None
    if node.args.get("distinct"):
        yield "distinct", node, "distinct", None


def _join(node: exp.Join) -> Iterator[Edit]:
    if node.kind in ("SEMI", "ANTI"):
        yield "join", node, "kind", "ANTI" if node.kind == "SEMI" else "SEMI"
    elif node.side in ("LEFT", "FULL"):
        yield "join", node, "side", None
        if node.side == "FULL":
            yield "join", node, "side", "LEFT"
    elif node.args.get("on") or node.args.get("using"):
        yield "join", node, "side", "LEFT"
    if node.args.get("on"):
        yield "filter", node, "on", exp.true()


def _order(node: exp.Order) -> Iterator[Edit]:
    keys = node.expressions
    if len(keys) > 1:
        for key in keys:
            yield "order", node, "expressions", [each for each in keys if each is not key]
    elif node.parent and node.arg_key:
        yield "order", node.parent, node.arg_key, None


def _ordered(node: exp.Ordered) -> Iterator[Edit]:
    yield "order", node, "desc", not node.args.get("desc")


def _window(node: exp.Window) -> Iterator[Edit]:
    keys = node.args.get("partition_by") or []
    for key in keys:
        yield "window", node, "partition_by", [each for each in keys if each is not key]


def _case(node: exp.Case) -> Iterator[Edit]:
    branches, default = node.args["ifs"], node.args.get("default")
    if len(branches) > 1:
        for branch in branches:
            yield "case", node, "ifs", [each for each in branches if each is not branch]
    if default:
        yield "case", node, "default", None
    for first, second in itertools.pairwise(branches):
        swapped = {id(first): second.args["true"], id(second): first.args["true"]}
        yield "case", node, "ifs", [_with_result(each, swapped.get(id(each))) for each in branches]


def _with_result(branch: exp.Expression, result: exp.Expression | None) -> exp.Expression:
    changed = branch.copy()
    if result is not None:
        changed.set("true", result.copy())
    return changed


def _union(node: exp.Union) -> Iterator[Edit]:
    yield "union", node, "distinct", not node.args.get("distinct")


def _truncated(node: exp.TimestampTrunc) -> Iterator[Edit]:
    if other := _UNITS.get(node.args["unit"].name.upper()):
        yield "day", node, "unit", exp.var(other)


_SUBSTITUTES: dict[type[exp.Expression], _Substitute] = {
    exp.NEQ: _unequal,
    exp.Between: _opened,
    exp.And: _other_connector,
    exp.Or: _other_connector,
    exp.Not: _negated,
    exp.Boolean: _other_truth,
    exp.Literal: _other_literals,
    exp.Filter: _unfiltered,
    exp.Count: _other_count,
    exp.Case: _only_default,
    exp.Union: _one_side,
    exp.Placeholder: _another_day,
    exp.Column: _another_day,
}
_OPERATORS: dict[type[exp.Expression], _Operator] = {
    exp.Select: _clauses,
    exp.Join: _join,
    exp.Order: _order,
    exp.Ordered: _ordered,
    exp.Window: _window,
    exp.Case: _case,
    exp.Union: _union,
    exp.TimestampTrunc: _truncated,
}
