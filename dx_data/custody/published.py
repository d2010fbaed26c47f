"""What was published, folded from the ledger's lines: drafts, approvals, editions with frozen figures, exceptions.

Nothing is kept beside the ledger. The figures of an edition stand apart from the chain in the same file as its line,
written in the same transaction and sealed by it: so a kill leaves both or neither, and every copy of the ledger has
them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, ClassVar

from dx_data.catalog import Result, Value, counted_by, json_value
from dx_data.custody.ledger import Act, Ledger, Line
from dx_data.disclosure.public import HIDDEN, Public
from dx_data.errors import Problem
from dx_data.spec import Kind, Question
from dx_data.text import japanese_dates

_DIGITS = 6
DISPOSED = "元データ廃棄済"


def subject(quarter: str) -> str:
    """What the lines of a quarter's pack are about."""
    return f"四半期公表 {quarter}"


@dataclass(frozen=True)
class Draft:
    """A 案 that was made: who made it, where its files are, what they are to the byte.

    `turn` counts the drafts of an edition, for it is often made anew before somebody approves it.
    """

    line: int
    at: str
    who: str
    proven: bool
    quarter: str
    edition: int
    snapshot: str
    manifest: str
    content: str
    place: str
    forms: tuple[str, ...]
    after: tuple[str, ...]
    turn: int

    @property
    def title(self) -> str:
        """The draft as people tell it from the others of its quarter."""
        return f"第{self.edition}版の案" + (f"（{self.turn}回目）" if self.turn > 1 else "")

    @property
    def lake(self) -> str:
        """The id of the lake it was made from."""
        return lake_of(self.snapshot)


@dataclass(frozen=True)
class Approval:
    """The yes of a second person to the bytes of a draft."""

    line: int
    at: str
    who: str
    draft: int
    manifest: str


@dataclass(frozen=True)
class Excepted:
    """A figure that a person lets be shown although it is small: which, why, on whose word."""

    line: int
    at: str
    who: str
    quarter: str
    question: str
    key: tuple[tuple[str, str], ...]
    column: str
    why: str


@dataclass(frozen=True)
class Figure:
    """One published figure: where it stands, what it said, the digest of all that. `sign` stands in a value's stead."""

    question: str
    key: tuple[tuple[str, Any], ...]
    column: str
    value: Any
    sign: str
    sha256: str = ""

    @property
    def place(self) -> tuple[str, tuple[str, ...], str]:
        """What tells it from every other figure of its edition."""
        return place(self.question, self.key, self.column)

    def as_json(self) -> dict[str, Any]:
        """As it is kept."""
        return {
            "key": dict(self.key),
            "column": self.column,
            "value": self.value,
            "sign": self.sign,
            "sha256": self.sha256,
        }


Place = tuple[str, tuple[str, ...], str]


def place(question: str, key: Iterable[tuple[str, Any]], column: str) -> Place:
    """Where a figure stands: question, the values of its row's key, column."""
    return question, tuple(str(value) for _, value in key), column


@dataclass(frozen=True)
class Frozen:
    """One table of an edition: the question with its version and the digest of its definition, how it was asked."""

    question: str
    title: str
    version: int
    definition: str
    params: Mapping[str, Any]
    hidden: tuple[tuple[int, str], ...]
    figures: tuple[Figure, ...]

    _TABLE: ClassVar = ("question", "title", "version", "definition", "params")
    _FIGURE: ClassVar = ("column", "value", "sign", "sha256")

    def as_json(self) -> dict[str, Any]:
        """As it is kept; besides the figures it is what a manifest says of the table."""
        return {
            "question": self.question,
            "title": self.title,
            "version": self.version,
            "definition": self.definition,
            "params": dict(self.params),
            "hidden": [list(position) for position in self.hidden],
            "figures": [figure.as_json() for figure in self.figures],
        }

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Frozen:
        """A table as it was kept."""
        figures = tuple(
            Figure(kept["question"], tuple(each["key"].items()), **{name: each[name] for name in cls._FIGURE})
            for each in kept["figures"]
        )
        facts = {name: kept[name] for name in cls._TABLE}
        return cls(**facts, hidden=tuple((row, name) for row, name in kept["hidden"]), figures=figures)


@dataclass(frozen=True)
class Edition:
    """A published pack: which, from which snapshot, on whose approval; `replaces` is the line of the one before."""

    line: int
    at: str
    who: str
    quarter: str
    edition: int
    replaces: int | None
    snapshot: str
    manifest: str
    content: str
    place: str
    draft: int
    approval: int
    tables: tuple[Frozen, ...]

    @property
    def title(self) -> str:
        """The pack as a list names it."""
        return f"{self.quarter} 第{self.edition}版"

    @property
    def lake(self) -> str:
        """The id of the lake it was made from."""
        return lake_of(self.snapshot)

    @property
    def number(self) -> int:
        """The number of its snapshot."""
        return int(self.snapshot.rpartition(":")[2])

    @property
    def shown(self) -> int:
        """How many of its figures the public saw."""
        return sum(not is_hidden(figure) for table in self.tables for figure in table.figures)

    def released(self) -> list[dict[str, Any]]:
        """Its tables as a later pack reckons with them."""
        return [table.as_json() for table in self.tables]


def lake_of(snapshot: str) -> str:
    """The lake that a snapshot is of.

    >>> lake_of("a1b2:7")
    'a1b2'
    """
    return snapshot.rpartition(":")[0]


# --- freezing -------------------------------------------------------------------------------------------------------


def definition_of(question: Question) -> str:
    """The digest of all that decides what a question counts: definition, version, conditions, SQL, populations."""
    counted = [population.sql for population in counted_by(question.sql, question.reads)]
    told = [
        question.definition.model_dump(mode="json"),
        question.version.number,
        {name: param.model_dump(mode="json") for name, param in question.params.items()},
        [column.name for column in question.columns],
        question.key,
        question.reads,
        question.sql,
        counted,
    ]
    return _digest(told)


def frozen(public: Public, quarter: str, edition: int) -> Frozen:
    """A table of a pack as it stays: its quantities with their signs, each with its digest."""
    result = public.result
    question = result.question
    params = {name: json_value(value) for name, value in result.params.items()}
    definition = definition_of(question)
    about = [quarter, edition, question.name, question.version.number, definition, params, result.snapshot]
    signs = {
        (row, column.name): cell.sign
        for row, cells in enumerate(public.rows)
        for column, cell in zip(public.columns, cells, strict=True)
    }
    figures = tuple(
        Figure(*each, _digest([*about, *each[1:]]))
        for each in (
            (question.name, key, column, None if signs[row, column] else value, signs[row, column])
            for row, key, column, value in quantities(result)
        )
    )
    hidden = tuple(sorted(public.hidden))
    return Frozen(question.name, question.title, question.version.number, definition, params, hidden, figures)


def quantities(result: Result) -> Iterable[tuple[int, tuple[tuple[str, Any], ...], str, Any]]:
    """Every published quantity of an answer: row, key, column, value as it is kept and compared."""
    question = result.question
    columns = [each for each in question.published if each.kind.counts and each.name not in question.key]
    for row, record in enumerate(result.records()):
        key = tuple((name, json_value(record[name])) for name in question.key)
        for column in columns:
            yield row, key, column.name, kept(record[column.name])


def kept(value: Value) -> Any:
    """A value as it is kept and compared: the last digits of a float depend on the order in which rows were added."""
    if isinstance(value, float | Decimal):
        return round(float(value), _DIGITS)
    return json_value(value)


def as_told(table: Frozen, now: Result) -> Result:
    """The answer behind a table as far as the public has it, what was hidden blank.

    `now` is the answer to the same question today: it lends the words of a row that are neither its key nor a figure.
    """
    question = now.question
    today = {tuple(str(json_value(record[n])) for n in question.key): record for record in now.records()}
    rows: dict[tuple[str, ...], dict[str, Value]] = {}
    for figure in table.figures:
        where = figure.place[1]
        if where not in rows:
            lent = today.get(where, {})
            words_of = {c.name: lent.get(c.name) for c in question.columns if not c.kind.counts}
            rows[where] = {**words_of, **{name: _read(question, name, value) for name, value in figure.key}}
        rows[where][figure.column] = figure.value
    found = [tuple(row.get(column.name) for column in question.columns) for row in rows.values()]
    return replace(now, rows=found)


def _read(question: Question, name: str, value: Any) -> Value:
    is_day = value is not None and question.column(name).kind is Kind.DATE
    return dt.date.fromisoformat(value) if is_day else value


def _digest(told: Any) -> str:
    return hashlib.sha256(json.dumps(told, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def figure_digest(edition: Edition, table: Frozen, figure: Figure) -> str:
    """What a figure's digest is, made anew."""
    about = [edition.quarter, edition.edition, table.question, table.version, table.definition, dict(table.params)]
    return _digest([*about, edition.snapshot, figure.key, figure.column, figure.value, figure.sign])


# --- what the ledger says -------------------------------------------------------------------------------------------


def drafts(ledger: Ledger) -> list[Draft]:
    """All drafts, oldest first."""
    found: list[Draft] = []
    turns = Counter[tuple[str, int]]()
    for line in ledger.lines_of(Act.HAND_OVER):
        if line.detail.get("state") == "案" and "place" in line.detail:
            told = line.detail
            names = ("quarter", "edition", "snapshot", "manifest", "content", "place", "proven")
            facts = {name: told[name] for name in names}
            forms, after = tuple(told["forms"]), tuple(told["after"])
            turns[of := (told["quarter"], told["edition"])] += 1
            of_it = {"forms": forms, "after": after, "turn": turns[of], **facts}
            found.append(Draft(line=line.number, at=line.at, who=line.who, **of_it))
    return found


def approvals(ledger: Ledger) -> list[Approval]:
    """All approvals, oldest first."""
    return [
        Approval(line.number, line.at, line.who, line.detail["draft"], line.detail["manifest"])
        for line in ledger.lines_of(Act.APPROVED)
    ]


def editions(ledger: Ledger) -> list[Edition]:
    """All published packs, oldest first."""
    return [_edition(line) for line in ledger.lines_of(Act.PUBLISHED)]


def standing(found: Iterable[Edition]) -> list[Edition]:
    """Of each quarter the newest edition."""
    return list({edition.quarter: edition for edition in found}.values())


def gone(ledger: Ledger) -> frozenset[str]:
    """The ids of the lakes that a disposal replaced: what was counted in them can't be counted again."""
    return frozenset(line.detail["before"] for line in ledger.lines_of(Act.DISPOSED))


def disposed(ledger: Ledger) -> list[Edition]:
    """The published packs that are 元データ廃棄済: they keep their figures, and nobody counts those again."""
    lakes = gone(ledger)
    return [edition for edition in editions(ledger) if edition.lake in lakes]


def _edition(line: Line) -> Edition:
    told = line.detail
    names = ("quarter", "edition", "replaces", "snapshot", "manifest", "content", "place", "draft", "approval")
    tables = tuple(Frozen.read(table) for table in line.apart.get("tables", ()))
    return Edition(line=line.number, at=line.at, who=line.who, tables=tables, **{name: told[name] for name in names})


def exceptions(ledger: Ledger, quarter: str) -> list[Excepted]:
    """The exceptions for a quarter that were not taken back, oldest first."""
    found: dict[int, Excepted] = {}
    for line in ledger.lines_of(Act.EXCEPTED):
        told = line.detail
        if "withdraws" in told:
            found.pop(told["withdraws"], None)
        elif told["quarter"] == quarter and line.apart:
            key = tuple(line.apart["key"].items())
            where = (told["quarter"], told["question"], key, told["column"])
            found[line.number] = Excepted(line.number, line.at, line.who, *where, line.apart["why"])
    return list(found.values())


def altered(ledger: Ledger) -> list[Problem]:
    """Every edition whose figures are gone, or do not agree with their digests."""
    return [
        problem
        for edition in editions(ledger)
        for problem in (
            [_lost(edition)]
            if not edition.tables
            else [
                _changed(edition, table, figure)
                for table in edition.tables
                for figure in table.figures
                if figure.sha256 != figure_digest(edition, table, figure)
            ]
        )
    ]


def _lost(edition: Edition) -> Problem:
    return Problem(
        stage="ledger",
        rule="published.lost",
        message=f"公表した数値（{edition.title}）の記録がありません",
        fix="正しい控えから復元してください",
        rows=(edition.line,),
    )


def _changed(edition: Edition, table: Frozen, figure: Figure) -> Problem:
    return Problem(
        stage="ledger",
        rule="published.changed",
        message=(
            f"公表した数値（{edition.title}、{table.title}、{words(figure.key)} {figure.column}）が書き換わっています"
        ),
        fix="正しい控えから復元してください",
        rows=(edition.line,),
    )


def words(key: Iterable[tuple[str, Any]]) -> str:
    """The row of a figure in words.

    >>> words([("month", "2026-05-01"), ("section", None)]), words([("as_of", "2026-06-30")]), words([])
    ('2026年5月・（空欄）', '2026年6月30日(火)', '全体')
    """
    return "・".join(_said(name, value) for name, value in key) or "全体"


def _said(name: str, value: Any) -> str:
    if value is None:
        return "（空欄）"
    said = japanese_dates(str(value))
    return said.partition("月")[0] + "月" if name == "month" and said != value else said


def shown(figure: Figure) -> str:
    """What the public saw."""
    return figure.sign or ("" if figure.value is None else f"{figure.value:,}")


def is_hidden(figure: Figure) -> bool:
    """Whether the public saw no value because few people are counted."""
    return figure.sign == HIDDEN


def day_of(at: str) -> dt.date:
    """The day of a line's moment."""
    return dt.datetime.fromisoformat(at).date()
