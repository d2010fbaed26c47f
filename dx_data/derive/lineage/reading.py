"""Reading SQL expressions: what they count, what gives them their value and what only decides it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sqlglot import exp

_CARRIERS = (exp.Cast, exp.Paren, exp.Round, exp.Coalesce, exp.Binary)


def some(expr: exp.Expr | None) -> list[exp.Expr]:
    """The expression as a list, empty without one."""
    return [] if expr is None else [expr]


def bare(expr: exp.Expr) -> exp.Expr:
    """An item of a SELECT list without its name."""
    return expr.this if isinstance(expr, exp.Alias) else expr


def same(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    """Whether two values are the same, blank being a value. Both are taken over as they are, not copied."""
    expression = exp.paren(right, copy=False) if isinstance(right, exp.Binary) else right
    return exp.NullSafeEQ(this=left, expression=expression)


def filled(expr: exp.Expr) -> exp.Expr:
    """Whether a value is not blank."""
    return exp.not_(exp.Is(this=exp.paren(expr), expression=exp.null()), copy=False)


def call(agg: exp.Expr) -> exp.Expr:
    """The aggregate function under its FILTER."""
    while isinstance(agg, exp.Filter | exp.IgnoreNulls | exp.WithinGroup):
        agg = agg.this
    return agg


def rest(expr: exp.Expr) -> exp.Expr | None:
    """What count(*) - count(x) counts the blanks of: x; None for anything else."""
    if not isinstance(expr, exp.Sub):
        return None
    whole, part = call(expr.this), call(expr.expression)
    if not (isinstance(whole, exp.Count) and isinstance(whole.this, exp.Star) and isinstance(part, exp.Count)):
        return None
    if isinstance(part.this, exp.Star | exp.Distinct) or _filter(expr.this) != _filter(expr.expression):
        return None
    blank: exp.Expr = part.this
    return blank


def _filter(agg: exp.Expr) -> exp.Expr | None:
    return agg.expression.this if isinstance(agg, exp.Filter) else None


def taken(agg: exp.Expr) -> exp.Expr | None:
    """The condition of an aggregate's FILTER."""
    return _filter(agg if rest(agg) is None else agg.this)


def arguments(agg: exp.Expr) -> list[exp.Expr]:
    """What an aggregate is taken of, without stars and fixed values."""
    if (blank := rest(agg)) is not None:
        return [blank]
    function = call(agg)
    found = []
    for each in (function.this, function.args.get("expression"), *(function.args.get("expressions") or [])):
        inner = each.expressions[0] if isinstance(each, exp.Distinct) else each
        if isinstance(inner, exp.Expr) and not isinstance(inner, exp.Star | exp.Literal):
            found.append(inner)
    return found


def aggregates(expr: exp.Expr) -> Iterator[exp.Expr]:
    """The aggregates of an expression over its own SELECT's rows, with their FILTER; a window's own function is none.

    count(*) - count(x) is one aggregate: it counts the blanks.
    """
    stack = [expr]
    while stack:
        node = stack.pop()
        if isinstance(node, exp.Select):
            continue
        if isinstance(node, exp.Window):
            stack += call(node.this).iter_expressions()
        elif isinstance(call(node), exp.AggFunc) or rest(node) is not None:
            yield node
        else:
            stack += node.iter_expressions()


def has_aggregates(expr: exp.Expr) -> bool:
    """Whether an expression has any aggregate."""
    return next(aggregates(expr), None) is not None


def nested(window: exp.Window) -> list[exp.Expr]:
    """The group's aggregates inside a window's function, as in sum(count(*)) OVER ()."""
    return [agg for child in call(window.this).iter_expressions() for agg in aggregates(child)]


def stands_alone(expr: exp.Expr) -> bool:
    """Whether an expression can be told from one joined row: no aggregate, window or subquery in it."""
    return not has_aggregates(expr) and expr.find(exp.Window, exp.Select) is None


def columns(expressions: Iterable[exp.Expr], known: Iterable[str]) -> dict[str, set[str]]:
    """The columns that expressions name, by source; what a subquery names of an outer source counts too."""
    names = set(known)
    found: dict[str, set[str]] = {}
    for expr in expressions:
        for column in expr.find_all(exp.Column):
            if column.table in names:
                found.setdefault(column.table, set()).add(column.name)
    return found


def without_aggregates(expr: exp.Expr) -> exp.Expr:
    """An expression in which every aggregate is blank."""
    copied = exp.paren(expr)
    for agg in list(aggregates(copied)):
        agg.replace(exp.null())
    return copied


def split(needed: Sequence[exp.Expr]) -> tuple[list[exp.Expr], list[exp.Expr]]:
    """What gives expressions their value, and what only decides which value: the conditions of CASE.

    Where the value is one of fixed words, the conditions are all it is made of.
    """
    values: list[exp.Expr] = []
    decisions: list[exp.Expr] = []
    stack = list(needed)
    while stack:
        node = stack.pop()
        if isinstance(node, exp.Case):
            for branch in node.args["ifs"]:
                decisions.append(branch.this)
                stack.append(branch.args["true"])
            decisions += some(node.args.get("this"))
            stack += some(node.args.get("default"))
        elif isinstance(node, _CARRIERS) and node.find(exp.Case):
            stack += node.iter_expressions()
        else:
            values.append(node)
    if not any(each.find(exp.Column, exp.AggFunc, exp.Select) for each in values):
        return [*values, *decisions], []
    return values, decisions


def tests(conditions: Iterable[exp.Expr]) -> Iterator[exp.Expr]:
    """The single tests that conditions are put together from."""
    for condition in conditions:
        if isinstance(condition, exp.And | exp.Or | exp.Paren | exp.Not):
            yield from tests(condition.iter_expressions())
        else:
            yield condition


def shows_any(test: exp.Expr) -> bool:
    """Whether a test only asks if there is anything, so that one row of many answers it."""
    if isinstance(test, exp.Is):
        return isinstance(test.expression, exp.Null)
    return isinstance(test, exp.GT) and isinstance(test.expression, exp.Literal) and test.expression.name == "0"


def apart(conditions: Iterable[exp.Expr]) -> tuple[list[exp.Expr], list[exp.Expr]]:
    """The tests that need every row they look at, and those that one row answers."""
    single = list(tests(conditions))
    return [each for each in single if not shows_any(each)], [each for each in single if shows_any(each)]
