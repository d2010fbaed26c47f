"""Which rows of which table one figure counts: a question traced from its answer back to the tables, as one SQL text.

For every step of a question the rows that the figure *demands* are the step's own rows, found by value from what the
next step demands; so each step's text is used as it stands, and no list of rows is carried along. A demand says which
of the step's columns matter: an aggregate that nobody asked for demands nothing, one with a FILTER only what it takes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from sqlglot import exp

from dx_data.derive.lineage import reading
from dx_data.derive.lineage.flat import ANSWER, DIALECT, Flat, Relation, sources
from dx_data.derive.lineage.lists import ROW, Breadth, Part
from dx_data.derive.lineage.reading import some

_HERE, _COUNTS, _GROUP, _KEY, _ORDER = "__here", "__counts", "__g", "__k", "__o"
_DEMAND, _INNER = "__d", "__i"


@dataclass(frozen=True)
class Demand:
    """A step's rows as its consumers need them.

    `values` are the columns that the figure is made of (none of them: the rows as such), or None where the rows are
    only read; `reads` the columns that must stay as they are; `one` that one row of those alike is enough.
    """

    relation: str
    values: frozenset[str] | None
    reads: frozenset[str]
    one: bool = False


@dataclass
class Trace:
    """The SQL so far: named steps, and the queries that name rows of tables."""

    flat: Flat
    breadth: Breadth = Breadth.EXACT
    steps: list[tuple[str, exp.Expr]] = field(default_factory=list)
    waiting: dict[Demand, list[exp.Expr]] = field(default_factory=dict)
    found: dict[tuple[str, Part], list[exp.Expr]] = field(default_factory=dict)

    @property
    def wide(self) -> bool:
        """Whether nothing is narrowed."""
        return self.breadth is Breadth.WIDE

    def want(self, demand: Demand, rows: exp.Expr) -> None:
        """Note that these rows of a step or table are demanded; the query is taken over as it is, not copied."""
        relation = self.flat.named(demand.relation)
        if relation is None:
            part = Part.COUNTED if demand.values is not None else Part.SHOWN if demand.one else Part.READ
            self.found.setdefault((demand.relation.removesuffix("_ever"), part), []).append(rows)
        elif relation.blocks:
            self.waiting.setdefault(demand, []).append(rows)

    def step(self, query: exp.Expr) -> str:
        """Name a query."""
        name = f"__d{len(self.steps)}"
        self.steps.append((name, query))
        return name


def rows_of(flat: Flat, key: Iterable[str], column: str, breadth: Breadth = Breadth.EXACT) -> str:
    """SQL that lists ("table", part, __row) for one figure: a column in the answer's row of key $__key_0, $__key_1 …

    Without a key: for the column in all rows of the answer. A row may be listed in both parts. The text is empty where
    the figure is made of no table's row.
    """
    keys = list(key)
    found = [
        reading.same(exp.column(name, table=ANSWER), exp.Placeholder(this=f"__key_{n}")) for n, name in enumerate(keys)
    ]
    rows = exp.select("*").from_(ANSWER, copy=False)
    trace = Trace(flat, breadth)
    demand = Demand(ANSWER, frozenset([column]), frozenset(keys) - {column})
    trace.want(demand, rows.where(*found, copy=False) if found else rows)
    for relation in reversed(flat.relations):
        for each in [each for each in trace.waiting if each.relation == relation.name]:
            name = trace.step(_together(trace.waiting.pop(each)))
            for block in relation.blocks:
                _Block(trace, relation, block, each, name).trace()
    return _text(trace)


def _text(trace: Trace) -> str:
    lists = [
        exp.select(
            exp.Literal.string(table).as_("table"), exp.Literal.string(part.value).as_("part"), exp.column(ROW)
        ).from_(_named(_together(rows), f"__t{n}"), copy=False)
        for n, ((table, part), rows) in enumerate(trace.found.items())
    ]
    if not lists:
        return ""
    body: exp.Expr = lists[0]
    for each in lists[1:]:
        body = exp.union(body, each, distinct=False, copy=False)
    relations = [f"{each.name} AS ({each.sql})" for each in trace.flat.relations]
    steps = [f"{name} AS ({query.sql(dialect=DIALECT, copy=False)})" for name, query in trace.steps]
    return f"WITH {', '.join(relations + steps)} {body.sql(dialect=DIALECT, copy=False)}"


@dataclass(frozen=True)
class _Link:
    """How joined rows are narrowed: the named rows, and when a joined row belongs to one of them."""

    rows: str
    on: exp.Expr


class _Block:
    """One SELECT under one demand."""

    def __init__(self, trace: Trace, relation: Relation, select: exp.Select, demand: Demand, rows: str) -> None:
        self.out, self.select, self.demand, self.rows = trace, select, demand, rows
        self.flat = trace.flat
        self.items = dict(zip(relation.columns, map(reading.bare, select.expressions), strict=True))
        self.sources = {source.alias_or_name: source for source in sources(select)}
        self.joins = {join.this.alias_or_name: join for join in select.args.get("joins") or []}
        group = select.args.get("group")
        self.group: list[exp.Expr] = list(group.expressions) if group else []
        self.where, self.having, self.qualify = (
            clause.this if (clause := select.args.get(name)) else None for name in ("where", "having", "qualify")
        )
        self.conditions = [*some(self.where), *(join.args["on"] for join in self.joins.values() if join.args.get("on"))]
        self.counted = demand.values is not None
        self.distinct = select.args.get("distinct") is not None

    def trace(self) -> None:
        """Pass the demand on to every source."""
        valued = [item for name, item in self.items.items() if name in (self.demand.values or ())]
        asked = [item for name, item in self.items.items() if name in self.demand.reads or self.distinct]
        values, decisions = reading.split(valued)
        decisions += asked
        if self.group or any(map(reading.has_aggregates, (*self.items.values(), *some(self.having)))):
            self._grouped(values, decisions)
        else:
            self._plain(values, decisions)
        for expr in valued:
            self._windows(expr, counted=self.counted)
        for expr in (*asked, *some(self.qualify)):
            self._windows(expr, counted=False)
        for expr in values:
            self._subqueries(expr, counted=self.counted)
        for expr in (*decisions, *self.conditions, *some(self.having), *some(self.qualify)):
            self._subqueries(expr, counted=False)

    # --- a SELECT without aggregates

    def _plain(self, values: list[exp.Expr], decisions: list[exp.Expr]) -> None:
        mine = reading.columns(values, self.sources) if self.counted else {}
        if self.counted and not mine:
            mine = {self._row_source(None): set()}
        whole, one = reading.apart([*decisions, *self.conditions])
        read = reading.columns([*whole, *some(self.qualify)], self.sources)
        shown = reading.columns(one, self.sources)
        alone = self.demand.one or (self.distinct and not self.counted)
        for source in self.sources:
            if source in mine or self._matters(source, [*decisions, *values], shown):
                self._pass(source, mine.get(source), read.get(source, set()), one=alone)
            if more := shown.get(source, set()) - read.get(source, set()):
                self._pass(source, None, more, one=True)

    def _matters(self, source: str, expressions: list[exp.Expr], shown: dict[str, set[str]]) -> bool:
        """Whether anything but its own join looks at a source that need not be there."""
        if self.out.wide or not self._optional(source):
            return self.out.wide or bool(reading.columns([*expressions, *self.conditions], [source])) or not shown
        own = self.joins[source].args.get("on")
        others = [each for each in self.conditions if each is not own]
        return bool(reading.columns([*expressions, *others, *some(self.qualify)], [source]))

    def _optional(self, source: str) -> bool:
        return source in self.joins and self.joins[source].side in {"LEFT", "FULL"}

    def _pass(self, source: str, values: set[str] | None, reads: set[str], *, one: bool) -> None:
        if not self._traced(source):
            return
        demand = Demand(
            self._name(source), None if values is None else frozenset(values), frozenset(reads - (values or set())), one
        )
        if one and not self.out.wide:
            alike = [item for item in self.items.values() if reading.stands_alone(item) and not item.find(exp.Explode)]
            self.out.want(demand, self._chosen(source, exp.true(), alike, first=True))
        else:
            rows = self._from(self._link, source).where(exp.column(_HERE, table=source), copy=False)
            self.out.want(demand, rows.select(*self._fields(source), append=False, copy=False))

    # --- a SELECT with aggregates

    def _grouped(self, values: list[exp.Expr], decisions: list[exp.Expr]) -> None:
        whole, shown = reading.apart([*decisions, *some(self.having)])
        made = [agg for expr in values for agg in reading.aggregates(expr)] if self.counted else []
        read = [agg for expr in whole for agg in reading.aggregates(expr)]
        one = [agg for expr in shown for agg in reading.aggregates(expr)]
        if not (self.group or made or read or one):
            return  # one row, whatever it is made of
        rest = [reading.without_aggregates(each) for each in (*values, *decisions)]
        inside = [each for agg in (*made, *read, *one) for each in (*reading.arguments(agg), *some(reading.taken(agg)))]
        seen = reading.columns([*self.conditions, *self.group, *inside, *rest], self.sources)
        owners = {id(agg): self._owners(agg) for agg in made}
        every = [self._counts(agg) for agg in (*made, *read)]
        tested = self.out.breadth > Breadth.EXACT and any(map(_sums_some, (*made, *read)))
        for source in filter(self._traced, self.sources):
            name, reads = self._name(source), frozenset(seen.get(source, ()))
            mine = [agg for agg in made if source in owners[id(agg)]]
            if mine:
                columns = frozenset[str]().union(*(owners[id(agg)][source] for agg in mine))
                rows = self._chosen(source, exp.or_(*map(self._counts, mine), copy=False), self.group)
                self.out.want(Demand(name, columns, reads - columns), rows)
            others = [self._counts(agg) for agg in (*made, *read) if agg not in mine]
            if tested:
                self.out.want(Demand(name, None, reads), self._chosen(source, exp.true(), self.group))
            elif others:
                rows = self._chosen(source, exp.or_(*others, copy=False), self.group, first=self.demand.one)
                self.out.want(Demand(name, None, reads, self.demand.one), rows)
            if one:
                rows = self._chosen(source, exp.or_(*map(self._counts, one), copy=False), self.group, first=True)
                self.out.want(Demand(name, None, reads, one=True), rows)
            if self.group:
                self._exist(source, values, every, reads)

    def _exist(self, source: str, values: list[exp.Expr], every: list[exp.Expr], reads: frozenset[str]) -> None:
        """The rows for which a group is there though nothing in it counts."""
        name = self._name(source)
        if self.counted and not every:
            made = reading.columns(values, self.sources) or {self._row_source(None): set()}
            columns = frozenset(made[source]) if source in made else None
            self.out.want(
                Demand(name, columns, reads - (columns or set())), self._chosen(source, exp.true(), self.group)
            )
        elif not every:
            rows = self._chosen(source, exp.true(), self.group, first=True)
            self.out.want(Demand(name, None, reads, one=True), rows)
        else:
            rows = self._chosen(source, exp.or_(*every), self.group, none=True)
            self.out.want(Demand(name, None, reads), rows)

    def _owners(self, agg: exp.Expr) -> dict[str, set[str]]:
        """The sources whose rows an aggregate counts, with the columns it takes of them."""
        return reading.columns(reading.arguments(agg), self.sources) or {self._row_source(reading.taken(agg)): set()}

    def _counts(self, agg: exp.Expr) -> exp.Expr:
        """Whether an aggregate takes a joined row; of minimum and maximum only the rows that have it."""
        if self.out.wide:
            return exp.true()
        function, given = reading.call(agg), reading.arguments(agg)
        found: list[exp.Expr] = [exp.paren(each) for each in some(reading.taken(agg))]
        if isinstance(function, exp.Min | exp.Max):
            return exp.and_(*found, self._best(type(function), function.this, found), copy=False)
        if isinstance(function, exp.ArgMax | exp.ArgMin):
            found.append(reading.filled(function.this))
            best = exp.Max if isinstance(function, exp.ArgMax) else exp.Min
            return exp.and_(*found, self._best(best, function.expression, found), copy=False)
        blank = reading.rest(agg) is not None
        found += [exp.not_(reading.filled(each), copy=False) if blank else reading.filled(each) for each in given[:1]]
        return exp.paren(exp.and_(*found, copy=False), copy=False) if found else exp.true()

    def _best(self, kind: type[exp.Min | exp.Max], value: exp.Expr, found: list[exp.Expr]) -> exp.Expr:
        best: exp.Expr = kind(this=value.copy())
        if found:
            best = exp.Filter(this=best, expression=exp.Where(this=exp.and_(*found)))
        over = exp.Window(this=best, partition_by=[each.copy() for each in self.group])
        return exp.EQ(this=exp.paren(value), expression=over)

    def _chosen(
        self, source: str, counts: exp.Expr, alike: list[exp.Expr], *, first: bool = False, none: bool = False
    ) -> exp.Select:
        """The rows of a source in joined rows that count: all of them, the first of those alike, or, with `none`, all
        rows of those alike of which none counts."""
        first, none = first and not self.out.wide, none and not self.out.wide
        inner = self._from(self._link, source)
        order = [field for name in self.sources if self._traced(name) for field in self._fields(name)] if first else []
        shown = [
            exp.Column(this=exp.Star(), table=exp.to_identifier(source)),
            exp.func("coalesce", counts, exp.false()).as_(_COUNTS, copy=False),
            *(expr.as_(f"{_GROUP}{n}") for n, expr in enumerate(alike)),
            *(expr.as_(f"{_ORDER}{n}", copy=False) for n, expr in enumerate(order)),
        ]
        inner.set("expressions", shown)
        over = [exp.column(f"{_GROUP}{n}", table=_INNER) for n in range(len(alike))]
        here, mine = exp.column(_HERE, table=_INNER), exp.column(_COUNTS, table=_INNER)
        rows = exp.select(*self._fields(source, _INNER), copy=False).from_(_named(inner, _INNER), copy=False)
        if none:
            any_ = exp.Window(this=exp.LogicalOr(this=mine), partition_by=over)
            return rows.qualify(here, exp.not_(any_, copy=False), copy=False)
        if first:
            by = [exp.Ordered(this=exp.column(f"{_ORDER}{n}", table=_INNER)) for n in range(len(order))]
            number = exp.Window(
                this=exp.RowNumber(), partition_by=[*over, mine.copy()], order=exp.Order(expressions=by)
            )
            return rows.qualify(here, mine, exp.EQ(this=number, expression=exp.Literal.number(1)), copy=False)
        return rows.where(here, mine, copy=False)

    # --- windows

    def _windows(self, expr: exp.Expr, *, counted: bool) -> None:
        for window in expr.find_all(exp.Window):
            self._window(self._resolved(window), counted=counted)

    def _resolved(self, window: exp.Window) -> exp.Window:
        """A window with the definition that it names."""
        named = window.args.get("alias")
        for each in self.select.args.get("windows") or []:
            if named is not None and each.name == named.name:
                whole: exp.Window = each.copy()
                whole.set("this", window.this.copy())
                return whole
        return window

    def _window(self, window: exp.Window, *, counted: bool) -> None:
        keys = [each for each in window.args.get("partition_by") or [] if not reading.has_aggregates(each)]
        order = window.args.get("order")
        filtered = some(reading.taken(window.this))
        made = reading.columns([*reading.arguments(window.this), *(order.expressions if order else [])], self.sources)
        link = self._partition(keys) if keys else _Link(self.rows, exp.true())
        counts = [self._counts(agg) for agg in reading.nested(window)] or filtered
        seen = reading.columns([window, *self.conditions, *self.group], self.sources)
        for source in filter(self._traced, self.sources):
            rows = self._from(link, source).where(exp.column(_HERE, table=source), copy=False)
            rows = rows.select(*self._fields(source), append=False, copy=False)
            values, reads = frozenset(made.get(source, ())), frozenset(seen.get(source, ()))
            taken = rows.where(exp.or_(*counts)) if counts else rows
            if counted and values:
                self.out.want(Demand(self._name(source), values, reads - values), taken)
            if not (counted and values) or self.out.breadth > Breadth.EXACT:
                tested = rows if self.out.breadth > Breadth.EXACT else taken
                self.out.want(Demand(self._name(source), None, reads), tested.copy())

    def _partition(self, keys: list[exp.Expr]) -> _Link:
        """The rows that share a window's partition with a demanded one."""
        own = self._from(self._link).select(
            *(each.as_(f"{_KEY}{n}") for n, each in enumerate(keys)), append=False, copy=False
        )
        found = [reading.same(exp.column(f"{_KEY}{n}", table=_DEMAND), each.copy()) for n, each in enumerate(keys)]
        return _Link(self.out.step(own.distinct(copy=False)), exp.and_(*found, copy=False))

    # --- subqueries in expressions

    def _subqueries(self, expr: exp.Expr, *, counted: bool) -> None:
        for query in expr.find_all(exp.Select):
            own = {source.alias_or_name: source for source in sources(query)}
            for source in own:
                if self._reads(own[source].name):
                    self._subquery(query, own, source, counted=counted)

    def _subquery(self, query: exp.Select, own: dict[str, exp.Expr], source: str, *, counted: bool) -> None:
        exists = isinstance(query.parent, exp.Exists)
        item = reading.bare(query.expressions[0])
        where = some(query.args["where"].this if query.args.get("where") else None)
        joined = [join.args["on"] for join in query.args.get("joins") or [] if join.args.get("on") is not None]
        correlated = bool({column.table for column in query.find_all(exp.Column)} & set(self.sources))
        base = self._from(self._link) if correlated else exp.Select(expressions=[])
        for position, (alias, table) in enumerate(own.items()):
            if position:
                join = query.args["joins"][position - 1].copy()
                join.set("this", _marked(table, mark=alias == source))
                base.append("joins", join)
            elif correlated:
                base = base.join(_marked(table, mark=alias == source), join_type="cross", copy=False)
            else:
                base.set("from_", exp.From(this=_marked(table, mark=alias == source)))
        for each in where:
            base = base.where(each.copy(), copy=False)
        if not correlated and self.out.breadth is Breadth.EXACT:
            reached = self._from(self._link).select("1", append=False, copy=False)
            base = base.where(exp.Exists(this=reached), copy=False)
        counts = [] if exists or self.out.wide else self._taken(item, correlated=correlated)
        rows = base.select(*self._fields(source, table=own[source]), append=False, copy=False)
        for each in counts:
            rows = rows.qualify(each, copy=False) if each.find(exp.Window) else rows.where(each, copy=False)
        if exists and not correlated:
            any_ = exp.select("*").from_(_named(rows, "__e"), copy=False)
            rows = any_.order_by(exp.Var(this="ALL"), copy=False).limit(1, copy=False)
        values = reading.columns([item], own).get(source, set()) if not exists else set()
        reads = reading.columns([*where, *joined], own).get(source, set())
        name = own[source].name
        if counted and not exists:
            self.out.want(Demand(name, frozenset(values), frozenset(reads - values)), rows)
        else:
            self.out.want(Demand(name, None, frozenset(reads | values), one=exists and not correlated), rows)

    def _taken(self, item: exp.Expr, *, correlated: bool) -> list[exp.Expr]:
        """When a subquery's only item takes a row; minimum and maximum are known only where it stands alone."""
        found: list[exp.Expr] = []
        for agg in reading.aggregates(item):
            function = reading.call(agg)
            if isinstance(function, exp.Min | exp.Max) and not correlated:
                found.append(exp.EQ(this=exp.paren(function.this), expression=exp.Window(this=agg.copy())))
            else:
                tests = [*some(reading.taken(agg)), *(reading.filled(each) for each in reading.arguments(agg)[:1])]
                found.append(exp.and_(*map(exp.paren, tests), copy=False) if tests else exp.true())
        return [exp.or_(*found, copy=False)] if found else []

    # --- pieces

    def _name(self, source: str) -> str:
        return self.sources[source].name

    def _reads(self, name: str) -> bool:
        return name in self.flat.tables or self.flat.reads_rows(name)

    def _traced(self, source: str) -> bool:
        """Whether a source has rows of tables that could be listed."""
        table = self.sources[source]
        anti = source in self.joins and self.joins[source].kind == "ANTI"
        return isinstance(table, exp.Table) and not anti and self._reads(table.name)

    def _row_source(self, filtered: exp.Expr | None) -> str:
        """The source whose rows a bare count counts: what its FILTER asks of the optional ones, else the finest."""
        tested = reading.columns(some(filtered), self.sources)
        optional = [name for name in self.sources if self._optional(name) and name in tested]
        certain = [
            name
            for name in self.sources
            if name not in self.joins
            or (self.joins[name].side != "LEFT" and self.joins[name].kind not in {"SEMI", "ANTI"})
        ]
        candidates = optional or certain
        traced = [name for name in candidates if self._traced(name)] or candidates
        single = [name for name in traced if not self.flat.is_summed(self._name(name))]
        return (single or traced)[0]

    def _fields(self, source: str, alias: str = "", *, table: exp.Expr | None = None) -> list[exp.Expr]:
        relation = self.flat.named((table or self.sources[source]).name)
        names = relation.columns if relation else (ROW,)
        return [exp.column(name, table=alias or source) for name in names]

    @cached_property
    def _link(self) -> _Link:
        """When a joined row belongs to a demanded row: every item that can be told from it is the same."""
        found: list[exp.Expr] = []
        for name, item in self.items.items():
            wanted = exp.column(name, table=_DEMAND)
            if isinstance(item, exp.Explode) and reading.stands_alone(item.this):
                found.append(exp.func("list_contains", item.this.copy(), wanted))
            elif reading.stands_alone(item) and not item.find(exp.Explode):
                found.append(reading.same(wanted, item.copy()))
        return _Link(self.rows, exp.and_(*found, copy=False) if found else exp.true())

    def _from(self, link: _Link, marked: str = "") -> exp.Select:
        """The SELECT's own FROM and WHERE, narrowed by a link; one source may be marked as being there."""
        select = exp.Select(expressions=[])
        first = self.select.args.get("from_")
        if first:
            select.set("from_", exp.From(this=_marked(first.this, mark=first.this.alias_or_name == marked)))
        for alias, join in self.joins.items():
            copied = join.copy()
            copied.set("this", _marked(join.this, mark=alias == marked))
            if alias == marked and join.kind == "SEMI":
                copied.set("kind", "INNER")
            select.append("joins", copied)
        if first:
            demand = exp.Join(this=exp.to_table(link.rows).as_(_DEMAND), kind="SEMI", on=link.on.copy())
            select.append("joins", demand)
        return select.where(self.where.copy(), copy=False) if self.where is not None else select


def _sums_some(agg: exp.Expr) -> bool:
    """Whether an aggregate takes some of the rows by a test, and adds them up."""
    return reading.taken(agg) is not None and not isinstance(reading.call(agg), exp.Min | exp.Max)


def _together(queries: list[exp.Expr]) -> exp.Expr:
    """All rows of these queries, each once."""
    if len(queries) == 1 and isinstance(queries[0], exp.Select):
        return queries[0].distinct(copy=False)
    found = queries[0]
    for each in queries[1:]:
        found = exp.union(found, each, distinct=True, copy=False)
    return found


def _named(query: exp.Expr, name: str) -> exp.Subquery:
    return exp.Subquery(this=query, alias=exp.TableAlias(this=exp.to_identifier(name)))


def _marked(table: exp.Expr, *, mark: bool) -> exp.Expr:
    """A source; marked, its rows say that they are there, which the empty side of an outer join does not."""
    if not mark:
        return table.copy()
    there = exp.select("*", exp.true().as_(_HERE), copy=False).from_(exp.to_table(table.name), copy=False)
    return _named(there, table.alias_or_name)
