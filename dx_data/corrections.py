"""Published figures stay put: after every load they are counted again, and what differs now waits for a decision.

One load that moves figures of one edition opens one 訂正候補, however many tables it shows in. Everything is a line of
the ledger: what was counted again, what differs and why, what was decided. Nothing published is ever overwritten.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import duckdb

from dx_data.access import Person, Right, require
from dx_data.calendar import Quarter
from dx_data.catalog import Result
from dx_data.custody import published
from dx_data.custody.ledger import Act, Entry, Ledger, Line
from dx_data.custody.published import Edition, Frozen, Place, place
from dx_data.errors import NotFound, Stopped, WrongUsage
from dx_data.house import House
from dx_data.lake import Load, Moment
from dx_data.spec import Kind
from dx_data.text import looks_personal

_WAIT = 600
_ROWS = 20
_TRACED = 20_000
SUBJECT = "公表した数値"
OPEN, CORRECTED, KEPT, SETTLED, DISPOSED = "open", "corrected", "kept", "resolved", "disposed"
STATES = {
    OPEN: "決定待ち",
    CORRECTED: "訂正する",
    KEPT: "据え置く",
    SETTLED: "解消（元の値に戻った）",
    DISPOSED: f"{published.DISPOSED}（決定しないまま廃棄）",
}


@dataclass(frozen=True)
class Change:
    """One published figure and what it is now; None where it was not in the table, or is not any more."""

    question: str
    title: str
    key: tuple[tuple[str, Any], ...]
    column: str
    label: str
    old: Any
    new: Any

    @property
    def place(self) -> Place:
        """What tells it from every other figure of its edition."""
        return place(self.question, self.key, self.column)

    @property
    def figure(self) -> str:
        """The figure for programs: question, the values of its row's key, column."""
        return " ".join([self.question, *(str(value) for _, value in self.key), self.column])

    @property
    def sentence(self) -> str:
        """The change in words."""
        old, new = ("なし" if value is None else f"{value:,}" for value in (self.old, self.new))
        return f"{self.title}（{published.words(self.key)}）{self.label}：{old} → {new}"

    def as_json(self) -> dict[str, Any]:
        """As it is kept and told."""
        facts = {"question": self.question, "title": self.title, "key": dict(self.key), "column": self.column}
        return {"figure": self.figure, **facts, "label": self.label, "old": self.old, "new": self.new}

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Change:
        """A change as it was kept."""
        names = ("column", "label", "old", "new")
        return cls(kept["question"], kept["title"], tuple(kept["key"].items()), *(kept[name] for name in names))


@dataclass(frozen=True)
class Candidate:
    """A 訂正候補: figures of one edition that one load moved. The first change is the one that tells most."""

    number: int
    at: str
    quarter: str
    edition: int
    published: int
    load: int | None
    loads: tuple[int, ...]
    changes: tuple[Change, ...]
    rows: tuple[dict[str, Any], ...]
    row_count: int
    state: str = OPEN
    decided_by: str = ""
    decided_at: str = ""
    why: str = ""

    @property
    def cause(self) -> str:
        """What moved the figures, in words."""
        if self.load is None:
            return "質問の定義か数え方のSQLが、公表のあとで変わりました"
        return f"取込番号 {self.load}（{self.row_count:,} 行）"

    def as_json(self) -> dict[str, Any]:
        """One element of `dx corrections --json`: the figure that tells most, and all that moved with it."""
        first = self.changes[0]
        decision = {"by": self.decided_by, "at": self.decided_at, "why": self.why} if self.decided_by else None
        return {
            "id": self.number,
            "pack": self.quarter,
            "figure": first.figure,
            "old": first.old,
            "new": first.new,
            "load": self.load,
            "rows": list(self.rows),
            "state": self.state,
            "edition": self.edition,
            "row_count": self.row_count,
            "loads": list(self.loads),
            "figures": [change.as_json() for change in self.changes],
            "opened": self.at,
            "decision": decision,
        }


# --- what the ledger says -------------------------------------------------------------------------------------------


def candidates(ledger: Ledger) -> list[Candidate]:
    """All candidates, oldest first, each as it stands; one whose values were disposed of is left aside.

    What waited for a decision when its edition's lake was made anew can't be weighed any more: it is `DISPOSED`.
    """
    past = {edition.line for edition in published.disposed(ledger)}
    found: dict[int, Candidate] = {}
    for line in ledger.lines_of(Act.NOTICED, Act.SETTLED, Act.RULED):
        of: int = line.detail.get("candidate", line.number)
        if line.act == Act.NOTICED:
            found[of] = _candidate(line, found.get(of))
        elif line.act == Act.SETTLED:
            found[of] = replace(found[of], state=SETTLED)
        else:
            decided = {"decided_by": line.who, "decided_at": line.at, "why": line.apart.get("why", "")}
            found[of] = replace(found[of], state=line.detail["decision"], **decided)
    left = [replace(each, state=DISPOSED) if _is_past(each, past) else each for each in found.values()]
    return [each for each in left if each.changes]


def _is_past(candidate: Candidate, past: set[int]) -> bool:
    return candidate.state == OPEN and candidate.published in past


def waiting(ledger: Ledger) -> list[Candidate]:
    """Those that wait for a decision."""
    return [each for each in candidates(ledger) if each.state == OPEN]


def _candidate(line: Line, before: Candidate | None) -> Candidate:
    told = line.detail
    return Candidate(
        number=before.number if before else line.number,
        at=before.at if before else line.at,
        loads=tuple(told["loads"]),
        changes=tuple(Change.read(each) for each in line.apart.get("changes", ())),
        rows=tuple(line.apart.get("rows", ())),
        **{name: told[name] for name in ("quarter", "edition", "published", "load", "row_count")},
    )


@dataclass
class _Known:
    """What is known of one edition's figures: up to which snapshot, what each was then, which definition counted it.

    `told` is what the public was told, `decided` the values about which somebody decided, whichever way.
    """

    edition: Edition
    number: int
    values: dict[Place, Any]
    told: dict[Place, Any]
    decided: dict[Place, Any]
    definitions: dict[str, str]
    named: dict[Place, Change]

    @classmethod
    def of(cls, edition: Edition) -> _Known:
        """As it was published. What was hidden told nothing, so nothing of it can be wrong."""
        shown = {f.place: f.value for t in edition.tables for f in t.figures if not published.is_hidden(f)}
        definitions = {table.question: table.definition for table in edition.tables}
        return cls(edition, edition.number, dict(shown), shown, {}, definitions, {})

    def hear(self, line: Line) -> None:
        """What a counting found."""
        mine = self.edition.line
        if "fault" not in line.detail:
            self.number = max(self.number, line.detail["snapshot"])
        for moved in line.apart.get("moved", ()):
            if moved["published"] == mine:
                self.values[moved["question"], tuple(moved["key"]), moved["column"]] = moved["value"]
        self.definitions |= {question: found for of, question, found in line.apart.get("definitions", ()) if of == mine}

    def decide(self, candidate: Candidate) -> None:
        """What a candidate names, and what was decided about it."""
        self.named |= {change.place: change for change in candidate.changes}
        if candidate.state in (CORRECTED, KEPT):
            self.decided |= {change.place: change.new for change in candidate.changes}

    def differing(self) -> set[Place]:
        """The figures that are others now than the public was told, and than somebody decided about."""
        return {
            where
            for where in {*self.values, *self.told}
            if (now := self.values.get(where)) != self.told.get(where)
            and not (where in self.decided and now == self.decided[where])
        }


def _known(ledger: Ledger, editions: Sequence[Edition]) -> list[_Known]:
    known = {edition.line: _Known.of(edition) for edition in editions}
    for line in ledger.lines_of(Act.RECHECKED):
        for number in line.detail["published"]:
            if number in known:
                known[number].hear(line)
    for candidate in candidates(ledger):
        if candidate.published in known:
            known[candidate.published].decide(candidate)
    return list(known.values())


# --- counting again -------------------------------------------------------------------------------------------------


def ask_again(house: House, at: Moment, table: Mapping[str, Any], quarter: str) -> Result:
    """The answer to a published table's question at a moment, with the same conditions and version as then."""
    given = {name: value for name, value in table["params"].items() if value is not None}
    today = Quarter.parse(quarter).end
    return house.ask(table["question"], at, today=today, version=table["version"], **given)


def _countable(house: House) -> list[Edition]:
    """Of each quarter the newest edition, where the lake that it was counted in is still there."""
    lakes = published.gone(house.ledger)
    return [each for each in published.standing(published.editions(house.ledger)) if each.lake not in lakes]


def is_behind(house: House) -> bool:
    """Whether figures wait to be counted again, as where a process was killed after a load."""
    at = house.at(None)
    known = _known(house.ledger, _countable(house))
    return any(_needed(house, at, each, table) for each in known for table in each.edition.tables)


def _needed(house: House, at: Moment, known: _Known, table: Frozen) -> bool:
    """Whether what a table is counted from, or how, has changed since it was last counted."""
    if table.question not in house.catalog.questions:
        return False  # an inspection says so; there is nothing to count with
    question = house.catalog.named(table.question, table.version)
    return (
        at.changed(question.reads) > known.number
        or published.definition_of(question) != known.definitions[table.question]
    )


def notice(house: House, who: str) -> list[Candidate]:
    """Count the published figures again as far as what they are counted from has changed, and record what differs.

    Answers with the candidates that are open afterwards. A fault of counting is recorded; the next call tries again.
    """
    editions = _countable(house)
    if not editions:
        return []
    with house.lake.place.lock("corrections", _WAIT):
        at, known = house.at(None), _known(house.ledger, editions)
        try:
            entries = _checked(house, at, known)
        except (Stopped, duckdb.Error) as fault:
            lines = [each.edition.line for each in known]
            told = {"published": lines, "snapshot": at.number, "fault": type(fault).__name__}
            last = house.ledger.lines_of(Act.RECHECKED)[-1:]
            # Told once: a screen asks again and again.
            entries = [] if [line.detail for line in last] == [told] else [Entry(Act.RECHECKED, SUBJECT, told)]
        if entries:
            house.ledger.append_all(who, entries)
    return waiting(house.ledger)


def unproven(house: House) -> tuple[list[str], list[str], int]:
    """Every published figure against its digest and, at the snapshot it was published from, counted again.

    What is wrong; what could not be counted, as where the question or the snapshot is no more; how many were counted.
    What is 元データ廃棄済 is held against its digest only.
    """
    faults = [f"{problem.message}。" for problem in published.altered(house.ledger)]
    aside: list[str] = []
    counted, lakes = 0, published.gone(house.ledger)
    for edition in (each for each in published.editions(house.ledger) if each.lake not in lakes):
        for table in edition.tables:
            try:
                question = house.catalog.named(table.question, table.version)
                at = house.at(edition.snapshot)
            except NotFound:
                aside.append(f"{edition.title}の『{table.title}』は、質問か時点がなくなり、計算し直せません。")
                continue
            if published.definition_of(question) != table.definition:
                aside.append(f"{edition.title}の『{table.title}』は、数え方が変わったため、計算し直していません。")
                continue
            answer = published.quantities(ask_again(house, at, table.as_json(), edition.quarter))
            now = {place(table.question, key, column): value for _, key, column, value in answer}
            shown = [figure for figure in table.figures if not published.is_hidden(figure)]
            counted += len(shown)
            faults += [
                f"{edition.title}の『{table.title}』（{published.words(figure.key)}）の {figure.column} が、"
                "公表した時点の台帳から計算した値と違います。"
                for figure in shown
                if now.get(figure.place) != figure.value
            ]
    return faults, aside, counted


def fault(ledger: Ledger) -> str:
    """The kind of the fault at which the last counting stopped; blank where it did not."""
    lines = ledger.lines_of(Act.RECHECKED)
    return str(lines[-1].detail.get("fault", "")) if lines else ""


def _checked(house: House, at: Moment, known: Sequence[_Known]) -> list[Entry]:
    """The lines of one counting; none where nothing had to be counted."""
    moves = {each.edition.line: list(_moves(house, at, each)) for each in known}
    lines = sorted(moves)
    counted = sum(step.counted for steps in moves.values() for step in steps)
    moved = [
        {"published": line, "question": where[0], "key": where[1], "column": where[2], "value": value}
        for line, steps in moves.items()
        for step in steps
        for where, value in step.moved.items()
    ]
    definitions = [(line, step.question, step.digest) for line, steps in moves.items() for step in steps]
    entries = []
    if definitions:
        facts = {"published": lines, "snapshot": at.number, "figures": counted, "moved": len(moved)}
        entries.append(Entry(Act.RECHECKED, SUBJECT, facts, {"moved": moved, "definitions": definitions}))
    standing = waiting(house.ledger)
    for each in known:
        mine = {one.load: one for one in standing if one.published == each.edition.line}
        entries += _grouped(house, each, mine, moves[each.edition.line])
    return [*entries, *(_settled(one, "新しい版が出ました") for one in standing if one.published not in moves)]


@dataclass(frozen=True)
class _Step:
    """What one load (None: another definition) moved of one question's figures."""

    question: str
    digest: str
    load: Load | None
    counted: int
    moved: Mapping[Place, Any]


def _moves(house: House, at: Moment, known: _Known) -> Iterator[_Step]:
    """Every step from what was known to what is now; `known` goes along."""
    for table in known.edition.tables:
        if not _needed(house, at, known, table):
            continue
        question = house.catalog.named(table.question, table.version)
        digest = published.definition_of(question)
        loads = [
            load
            for load in reversed(house.lake.loads())
            if known.number < load.snapshot <= at.number and set(load.tables).intersection(question.reads)
        ]
        stops: list[tuple[Load | None, Moment]] = [(load, at.earlier(load.snapshot)) for load in loads]
        if digest != known.definitions[table.question]:
            stops.insert(0, (None, at.earlier(known.number)))
        hidden = {figure.place for figure in table.figures if published.is_hidden(figure)}
        for load, moment in stops:
            answer = ask_again(house, moment, table.as_json(), known.edition.quarter)
            yield _Step(question.name, digest, load, len(table.figures), _moved(known, table, answer, hidden))


def _moved(known: _Known, table: Frozen, answer: Result, hidden: set[Place]) -> dict[Place, Any]:
    """The figures of one table that are others than before. A row that comes or goes with nothing in it is no news."""
    found = list(published.quantities(answer))
    for key, column in [*((f.key, f.column) for f in table.figures), *((key, column) for _, key, column, _ in found)]:
        label = answer.question.column(column).title
        change = Change(table.question, table.title, key, column, label, None, None)
        known.named.setdefault(change.place, change)
    now = {place(table.question, key, column): value for _, key, column, value in found}
    before = {where: value for where, value in known.values.items() if where[0] == table.question}
    moved = {
        where: now.get(where)
        for where in [*now, *(where for where in before if where not in now)]
        if where not in hidden
        and before.get(where) != now.get(where)
        and ((where in before and where in now) or before.get(where) or now.get(where))
    }
    known.values |= moved
    return moved


# --- what differs, by the load that did it --------------------------------------------------------------------------


def _grouped(
    house: House, known: _Known, standing: Mapping[int | None, Candidate], steps: Sequence[_Step]
) -> Iterator[Entry]:
    """One candidate for each load that moved figures which differ now; those that nothing is left of are settled."""
    undone = house.lake.undone()
    undoing = {load.load for load in house.lake.loads() if load.undoes is not None}
    movers: dict[Place, list[int | None]] = defaultdict(list)
    for candidate in standing.values():
        for change in candidate.changes:
            movers[change.place] += candidate.loads or (candidate.load,)
    for step in steps:
        for where in step.moved:
            movers[where].append(step.load.load if step.load else None)
    groups: dict[int | None, dict[Place, None]] = defaultdict(dict)
    for where in sorted(known.differing(), key=str):
        found = movers[where] or [None]
        lasting = [load for load in found if load not in undone and load not in undoing]
        groups[(lasting or found)[-1]][where] = None
    for load, places in groups.items():
        changes = _ordered(house, known, places)
        before = standing.get(load)
        if before and set(before.changes) == set(changes):
            continue
        loads = sorted({each for where in places for each in movers[where] if each is not None})
        yield _noticed(house, known.edition, load, loads, changes, before)
    for load, candidate in standing.items():
        if load not in groups:
            yield _settled(candidate, "公表した値に戻ったか、ほかの取込の訂正候補に移りました")


def _ordered(house: House, known: _Known, places: Iterable[Place]) -> tuple[Change, ...]:
    """The changes, the one that tells most first: a protected count in a table of many rows."""

    def rank(change: Change) -> tuple[bool, bool, str]:
        question = house.catalog.named(change.question)
        publish = question.publish
        days = [question.column(name) for name in question.key]
        dated = all(column.kind is Kind.DATE and not column.month for column in days)
        return not (publish and change.column == publish.count), dated, change.figure

    found = (replace(known.named[w], old=known.told.get(w), new=known.values.get(w)) for w in places)
    return tuple(sorted(found, key=rank))


def _noticed(
    house: House,
    edition: Edition,
    load: int | None,
    loads: Sequence[int],
    changes: tuple[Change, ...],
    before: Candidate | None,
) -> Entry:
    rows, count = _rows(house, edition, load, changes[0]) if load is not None else ([], 0)
    facts: dict[str, Any] = {
        "quarter": edition.quarter,
        "edition": edition.edition,
        "published": edition.line,
        "load": load,
        "loads": loads,
        "figures": len(changes),
        "row_count": count,
        **({"candidate": before.number} if before else {}),
    }
    apart = {"changes": [change.as_json() for change in changes], "rows": rows}
    return Entry(Act.NOTICED, published.subject(edition.quarter), facts, apart)


def _settled(candidate: Candidate, why: str) -> Entry:
    return Entry(Act.SETTLED, published.subject(candidate.quarter), {"candidate": candidate.number, "why": why})


def _rows(house: House, edition: Edition, number: int, change: Change) -> tuple[list[dict[str, Any]], int]:
    """Where the rows stand that moved a figure: those the load wrote and the figure counts, else all that it wrote.

    The first of them, and how many there are.
    """
    load = house.lake.load_named(number)
    table = next(each for each in edition.tables if each.question == change.question)
    question = house.catalog.named(table.question, table.version)
    if load.undoes is None and change.new is not None:
        answer = ask_again(house, house.at(load.snapshot), table.as_json(), edition.quarter)
        at = next((row for row, key, _, _ in published.quantities(answer) if _same(key, change)), None)
        if at is not None:
            record = answer.records()[at]
            why = house.trace(answer, {name: record[name] for name in question.key}, change.column, _TRACED)
            found = [
                {"dataset": each.dataset.name, "file": row.file, "sheet": row.sheet, "row": row.row}
                for each in why.lists
                for row in each.rows
                if row.load == number and not each.history
            ]
            if found:
                return found[:_ROWS], len(found)
    names = [name for name in question.reads if name in load.tables]
    rows, count = house.lake.written(load.undoes or number, names, _ROWS)
    return [{**row, "file": load.file} for row in rows], count


def _same(key: tuple[tuple[str, Any], ...], change: Change) -> bool:
    return place(change.question, key, change.column) == change.place


# --- deciding -------------------------------------------------------------------------------------------------------


def rule(number: int, decision: str, why: str, house: House, person: Person) -> Candidate:
    """Decide an open candidate, `CORRECTED` or `KEPT`, with the reason.

    NotPermitted without the right; NotFound if no candidate of that number is open; WrongUsage without a reason, or
    with one that looks personal.
    """
    require(person, Right.CORRECT)
    if not why.strip():
        raise WrongUsage.because("決めた理由がありません", "訂正する、または据え置く理由を書いてください")
    if kind := looks_personal(why):
        raise WrongUsage.because(f"理由に{kind}らしいものがあります", "個人が分かるものを除いてください")
    with house.lake.place.lock("corrections", _WAIT):
        found = next((each for each in waiting(house.ledger) if each.number == number), None)
        if found is None:
            raise NotFound.because(
                f"決定を待つ訂正候補に {number} 番はありません", "`dx corrections` で番号を確かめてください"
            )
        facts = {"candidate": number, "decision": decision, "published": found.published}
        entry = Entry(Act.RULED, published.subject(found.quarter), facts, {"why": why.strip()})
        (line,) = house.ledger.append_all(person.name, [entry])
    return replace(found, state=decision, decided_by=line.who, decided_at=line.at, why=why.strip())
