"""Reads queries/, runs a question by name at a snapshot, returns a Result. The only place where questions meet data."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from functools import cache, cached_property, lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

import duckdb
import pyarrow as pa
import yaml
from pydantic import ValidationError

from dx_data import calendar, text
from dx_data.calendar import CONTRACT_START
from dx_data.datasets import DATASETS, dataset_named
from dx_data.derive import compared, tables
from dx_data.derive.compared import Side, Stage
from dx_data.errors import AnswerBroken, DeclarationError, NotFound, WrongUsage
from dx_data.settings import ROOT
from dx_data.spec import (
    Break,
    Column,
    Dataset,
    Kind,
    Param,
    Population,
    Question,
    Subject,
    headed_sql,
    read_yaml,
)

if TYPE_CHECKING:
    import pandas as pd

QUERIES = ROOT / "queries"
POPULATIONS = Path(__file__).with_name("populations")
# What a question may read beside the datasets: the ward's calendar (day, is_open, ordinal, holiday, forecast).
CALENDAR = "calendar_days"
# And, for データの健康, what the house knows of itself. No lake holds these tables; they are made for each answer.
DECLARED = "declared_datasets"
JOURNAL: dict[str, tuple[str, pa.Schema]] = {
    DECLARED: (
        "データセットの宣言",
        pa.schema(
            [("dataset", pa.string()), ("title", pa.string()), ("rhythm", pa.string()), ("most_days", pa.int64())]
        ),
    ),
    "loads": (
        "取込履歴",
        pa.schema(
            [
                *[("load", pa.int64()), ("dataset", pa.string()), ("loaded_at", pa.timestamp("us"))],
                *[("as_of", pa.date32()), ("file", pa.string()), ("stands", pa.bool_())],
            ]
        ),
    ),
    "arrivals": (
        "受領の記録",
        pa.schema(
            [
                *[("number", pa.int64()), ("arrived_at", pa.timestamp("us")), ("sender", pa.string())],
                *[("file", pa.string()), ("outcome", pa.string()), ("as_of", pa.date32()), ("row_count", pa.int64())],
                *[("faulty", pa.int64()), ("mended", pa.int64()), ("totals", pa.int64()), ("differing", pa.int64())],
            ]
        ),
    ),
}
BESIDE = {CALENDAR: "区の開庁日", **{name: title for name, (title, _) in JOURNAL.items()}}
_CACHED_ANSWERS = 2048
_EARLIER = re.compile(r"\.v[0-9]+\.sql$")

Value = str | int | float | Decimal | dt.date | dt.datetime | bool | None | list[str]


class Snapshot(Protocol):
    """What the catalogue needs of a lake at one moment: raw tables to look at, and which of them changed when."""

    @property
    def title(self) -> str:
        """`lake-id:number`."""

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection of its own on which the raw tables lie in the schema `schema`."""

    @property
    def schema(self) -> str:
        """Qualified schema of the raw tables."""

    @property
    def version(self) -> str:
        """SQL suffix that pins a raw table to the snapshot."""

    def columns(self) -> Mapping[str, frozenset[str]]:
        """The raw tables there are, with their columns."""

    def near(self, names: Iterable[str]) -> AbstractContextManager[Mapping[str, str]]:
        """What of these datasets, populations and the calendar lies in memory just so: tables with their names there.

        They stay while it is open.
        """

    def lay_near(self, name: str, reads: Iterable[str], rows: Callable[[int], pa.Table | None]) -> None:
        """Keep what is counted of these datasets in memory, if `rows` counts it with at most that many cells."""

    def changed(self, names: Iterable[str]) -> int:
        """Number of the newest snapshot, up to this one, that changed one of these tables."""

    def as_of(self, names: Iterable[str]) -> dt.date | None:
        """The day that all of these tables reach with what was loaded up to this snapshot."""

    def updated(self, names: Iterable[str]) -> dt.datetime | None:
        """When one of these tables was last loaded, up to this snapshot."""

    def journal(self, name: str) -> list[dict[str, Any]]:
        """The rows of `loads` or `arrivals`, up to this snapshot."""


@dataclass(frozen=True)
class Result:
    """An answer with everything that says what it means; nothing downstream takes bare rows.

    `rows` follow `question.columns`; `as_of` is what day the data speak of (いつ時点), `updated` when they were loaded
    (更新日); `notes` are sentences such as 「この時点では未収集」. `breaks` are the days on which what the figures mean
    changed; `refused` says that comparisons across them were left out. `since` is the earlier snapshot where the answer
    tells what changed since then.
    """

    question: Question
    rows: list[tuple[Value, ...]]
    params: dict[str, Any]
    snapshot: str
    as_of: dt.date | None
    updated: dt.datetime | None
    notes: tuple[str, ...] = ()
    breaks: tuple[Break, ...] = ()
    refused: bool = False
    since: str | None = None

    @property
    def columns(self) -> tuple[Column, ...]:
        """The declared columns, in order."""
        return self.question.columns

    def broken(self, column: Column, first: dt.date, last: dt.date) -> tuple[Break, ...]:
        """The breaks of a quantity after the first day and up to the last: what lies on both sides is not compared."""
        return tuple(each for each in self.breaks if each.touches(column) and first < each.day <= last)

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The rows as pandas, integers nullable, in the declared order."""
        import pandas as pd

        names = [column.name for column in self.columns]
        frame = pd.DataFrame(self.rows, columns=names)
        kinds: dict[Kind, str] = {Kind.INTEGER: "Int64", Kind.YEN: "Int64", Kind.NUMBER: "Float64"}
        return frame.astype({c.name: kinds[c.kind] for c in self.columns if c.kind in kinds})

    def records(self) -> list[dict[str, Value]]:
        """The rows as dictionaries by column name."""
        names = [column.name for column in self.columns]
        return [dict(zip(names, row, strict=True)) for row in self.rows]

    def one(self) -> dict[str, Value]:
        """The only row; AnswerBroken if there are none or several."""
        if len(self.rows) != 1:
            raise AnswerBroken.because(
                f"質問『{self.question.name}』の答えが{len(self.rows)}行です",
                "1行で答える質問を使ってください",
            )
        return self.records()[0]

    @property
    def source(self) -> str:
        """Where the figures come from, from the declarations of what the question reads."""
        titles = {**BESIDE, **{name: dataset.title for name, dataset in DATASETS.items()}}
        return "、".join(titles[name] for name in self.question.reads if name != CALENDAR)


def json_value(value: Value) -> Any:
    """The value as JSON and CSV write it: dates in ISO form, decimals as numbers."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ", timespec="minutes")
    if isinstance(value, dt.date):
        return value.isoformat()
    return value


@cache
def populations() -> tuple[Population, ...]:
    """All populations, each after those it builds on. They are ours: a broken one is a fault of the program."""
    halves = {path.stem: headed_sql(path) for path in sorted(POPULATIONS.glob("*.sql"))}
    waiting = [Population(name=name, sql=sql, **read_yaml(header)) for name, (header, sql) in halves.items()]
    found: list[Population] = []
    while waiting:
        ready = [p for p in waiting if not {each.name for each in waiting}.intersection(p.reads)]
        assert ready, "populations build on each other in a circle"  # noqa: S101  (a fault of the program)
        found += ready
        waiting = [p for p in waiting if p not in ready]
    return tuple(found)


def datasets_of(population: Population) -> tuple[str, ...]:
    """The datasets that a population reads, itself or by the populations it builds on, sorted."""
    known = {each.name: each for each in populations()}
    found = {name for name in population.reads if name in DATASETS}
    for name in population.reads:
        found.update(datasets_of(known[name]) if name in known else ())
    return tuple(sorted(found))


def laid_near() -> tuple[str, ...]:
    """What is laid near beside the datasets: the calendar, and the populations whose rows are those of a span."""
    return (CALENDAR, *(population.name for population in populations() if population.span))


def lay_near(name: str, snapshot: Snapshot) -> None:
    """Lay one of `laid_near` in memory as it stands at a snapshot, where somebody keeps such tables."""
    if name == CALENDAR:
        snapshot.lay_near(CALENDAR, (), lambda _: open_days())
        return
    population = next(each for each in populations() if each.name == name)
    reads, every = datasets_of(population), tables.every(population)

    def counted(most: int) -> pa.Table | None:
        with look(snapshot, reads, every) as cursor:
            rows = cursor.execute(every).to_arrow_table()
        return rows if rows.num_rows * rows.num_columns <= most else None

    snapshot.lay_near(name, reads, counted)


def counted_by(sql: str, visible: Iterable[str]) -> list[Population]:
    """The populations that a text counts, as far as what they read is visible, in the order of `populations`."""
    used: list[Population] = []
    text = sql
    for population in reversed(populations()):
        if f"{population.name}(" in text:
            used.insert(0, population)
            text += population.sql
    known, found = set(visible), []
    for population in used:
        if known.issuperset(population.reads):
            known.add(population.name)
            found.append(population)
    return found


def read_question(path: Path) -> Question:
    """The question in one file: YAML in `--` comments, then SQL.

    Raises DeclarationError with the file and the fault.
    """
    return _declared(path, *headed_sql(path))


@lru_cache(maxsize=512)  # a process that opens several lakes reads the same files: parsing them takes most of opening
def _declared(path: Path, header: str, sql: str) -> Question:
    try:
        facts = read_yaml(header) or {}
        return Question(name=path.stem.partition(".")[0], family=path.parent.name, sql=sql, **facts)
    except (yaml.YAMLError, ValidationError, TypeError) as fault:
        raise DeclarationError.because(
            f"{path.parent.name}/{path.name} の見出しが読めません（{fault}）",
            "見出しを design.md の Question の形に直してください",
        ) from fault


def read_questions(folder: Path = QUERIES, *, national: bool = False) -> dict[str, Question]:
    """All questions below the folder that a lake is asked, by name, each with its earlier versions.

    Or the `national` ones, which gather the answers of many lakes. No catalogue knows both kinds.

    Two files of one name are a DeclarationError, as is an earlier version that a screen could not show in its stead.
    """
    found: dict[str, Question] = {}
    earlier: dict[str, list[Question]] = {}
    for path in sorted(folder.glob("*/*.sql")):
        question = read_question(path)
        if bool(question.gathers) is not national:
            continue
        if _EARLIER.search(path.name):
            earlier.setdefault(question.name, []).append(question)
            continue
        if question.name in found:
            raise DeclarationError.because(
                f"質問『{question.name}』のファイルが2つあります", "どちらかの名前を変えてください"
            )
        found[question.name] = question
    for name, versions in earlier.items():
        found[name] = _with_earlier(name, found.get(name), versions)
    return found


@cache
def read_subjects(path: Path = QUERIES / "subjects.yaml") -> tuple[Subject, ...]:
    """The nouns of the contract's questions, in order; DeclarationError if two have one name or one is incomplete."""
    try:
        bullets = read_yaml(path.read_text(encoding="utf-8"))
        subjects = tuple(
            Subject(name=name, title=title, area=bullet["area"], clause=bullet["clause"])
            for bullet in bullets
            for name, title in bullet["subjects"].items()
        )
    except (OSError, yaml.YAMLError, ValidationError, TypeError, KeyError) as fault:
        raise DeclarationError.because(
            f"{path.name} が読めません（{fault}）", "area・clause・subjects をそろえて書いてください"
        ) from fault
    names = [subject.name for subject in subjects]
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise DeclarationError.because(
            f"{path.name} に名詞『{'・'.join(doubled)}』が2つあります", "どちらかの名前を変えてください"
        )
    return subjects


def _with_earlier(name: str, question: Question | None, earlier: list[Question]) -> Question:
    if question is None:
        raise DeclarationError.because(
            f"質問『{name}』には前の版のファイルだけがあります", f"いまの版を {name}.sql に置いてください"
        )
    for one in earlier:
        number = one.version.number
        if one.versions != question.versions[:number] or number >= question.version.number:
            raise DeclarationError.because(
                f"質問『{name}』の第{number}版の versions が、いまの版の見出しと違います",
                f"いまの版の versions のはじめの {number} つと同じにしてください",
            )
        shapes = [
            ([column.name for column in each.columns], each.key, tuple(each.params), each.reads)
            for each in (one, question)
        ]
        if shapes[0] != shapes[1]:
            raise DeclarationError.because(
                f"質問『{name}』の第{number}版の列・条件・reads が、いまの版と違います",
                "同じ画面で示せるように、同じ名前と並びにしてください",
            )
    ordered = sorted(earlier, key=lambda one: one.version.number)
    return question.model_copy(update={"earlier": tuple(ordered)})


_REFERENCES = ("as_of", "until")


def _resolved(default: Any, today: dt.date, reference: dt.date) -> Any:
    start = calendar.fiscal_year_start(reference)
    named = {
        "today": today,
        "month_start": reference.replace(day=1),
        "fiscal_year_start": start,
        "previous_fiscal_year_start": start.replace(year=start.year - 1),
        "contract_start": CONTRACT_START,
    }
    return named.get(default, default) if isinstance(default, str) else default


def _typed(name: str, param: Param, value: Any) -> Any:
    if value is None:
        return None
    try:
        if isinstance(value, str):
            if not value.strip():
                return None
            match param.kind:
                case Kind.DATE:
                    value = text.parse_date(value)
                case Kind.INTEGER | Kind.YEN:
                    value = text.parse_integer(value)
                case Kind.NUMBER:
                    value = text.parse_number(value)
    except text.Unreadable as fault:
        raise WrongUsage.because(f"条件『{param.title}』({name}):{fault.message}", fault.fix) from fault
    if param.minimum is not None and value < param.minimum:
        raise WrongUsage.because(
            f"条件『{param.title}』({name})の {value} は小さすぎます", f"{param.minimum} 以上にしてください"
        )
    if param.choices and value not in param.choices:
        raise WrongUsage.because(
            f"条件『{param.title}』({name})に『{value}』は選べません",
            "・".join(param.choices) + " から選んでください",
        )
    return value


@dataclass
class Catalog:
    """Questions, and their answers remembered as long as nothing they read has changed.

    Without any given they are those of `queries/`, read when the first is wanted.
    """

    given: Mapping[str, Question] | None = None
    _answers: OrderedDict[tuple[Any, ...], Result] = field(default_factory=OrderedDict)
    _digests: dict[str, tuple[Question, str]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    @cached_property
    def questions(self) -> Mapping[str, Question]:
        """All questions by name."""
        return read_questions() if self.given is None else self.given

    def named(self, name: str, version: int | None = None) -> Question:
        """The question of that name, as it is defined now or was in an earlier version; NotFound if there is none."""
        try:
            question = self.questions[name]
        except KeyError:
            raise NotFound.because(f"質問『{name}』はありません", "`dx questions` で一覧を確かめてください") from None
        try:
            return question if version is None else question.at_version(version)
        except KeyError:
            known = "、".join(each.title for each in question.versions)
            raise NotFound.because(
                f"質問『{name}』の定義に第{version}版はありません", f"{known} から選んでください"
            ) from None

    def params(self, question: Question, given: Mapping[str, Any], today: dt.date) -> dict[str, Any]:
        """Every declared parameter with its value; WrongUsage for an unknown name or an unreadable value.

        A period that is left out belongs to the day that the answer is for: where that is given, not to today.
        """
        if unknown := set(given) - set(question.params):
            known = "・".join(question.params) or "（条件なし）"
            raise WrongUsage.because(
                f"質問『{question.name}』に条件『{'・'.join(sorted(unknown))}』はありません",
                f"使える条件は {known} です",
            )
        typed = {
            name: _typed(name, param, given[name])
            for name, param in question.params.items()
            if given.get(name) is not None
        }
        # Of two days the earlier, so that a period does not begin after its end.
        reference = min((day for name in _REFERENCES if isinstance(day := typed.get(name), dt.date)), default=today)
        return {
            name: typed[name] if name in typed else _typed(name, param, _resolved(param.default, today, reference))
            for name, param in question.params.items()
        }

    def ask(self, name: str, snapshot: Snapshot, *, today: dt.date, version: int | None = None, **given: Any) -> Result:
        """The answer to a question at a snapshot, for a reference date, as it is defined now or in an earlier version.

        Raises NotFound, WrongUsage, and AnswerBroken when the rows are not unique on the declared key or the SELECT
        list is not the declared columns.
        """
        question = self.named(name, version)
        params = self.params(question, given, today)
        found = self.remembered(question, params, snapshot, (), lambda: self._run(question, params, snapshot))
        if set(question.reads).intersection(JOURNAL):
            return replace(found, as_of=found.as_of or today, updated=found.updated or snapshot.updated(DATASETS))
        return found

    def remembered(
        self,
        question: Question,
        params: Mapping[str, Any],
        snapshot: Snapshot,
        more: tuple[Any, ...],
        make: Callable[[], Result],
    ) -> Result:
        """An answer made once for as long as nothing it reads changes; `more` is what else it depends on."""
        key = (
            self._digest(question),
            tuple(sorted((name, str(value)) for name, value in params.items())),
            snapshot.title.split(":")[0],
            snapshot.changed(question.reads),
            told(question, snapshot),
            *more,
        )
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
                known = self._answers[key]
                # Nothing it reads has changed since, so the answer holds for the asked snapshot too.
                return known if known.snapshot == snapshot.title else replace(known, snapshot=snapshot.title)
        result = make()
        with self._lock:
            self._answers[key] = result
            while len(self._answers) > _CACHED_ANSWERS:
                self._answers.popitem(last=False)
        return result

    def _digest(self, question: Question) -> str:
        """The digest of a question's whole file; told once, for a page asks the same questions over and over."""
        known, digest = self._digests.get(question.name, (None, ""))
        if known is not question:
            digest = _sha256(question.model_dump_json())
            self._digests[question.name] = (question, digest)
        return digest

    def _run(self, question: Question, params: dict[str, Any], snapshot: Snapshot) -> Result:
        raw = snapshot.columns()
        with look(snapshot, question.reads, question.sql) as cursor:
            rows = run(question, params, cursor)
        missing = [dataset_named(name).title for name in question.reads if name not in {*raw, *BESIDE}]
        return Result(
            question=question.model_copy(update={"title": titled(question.title, params)}),
            rows=rows,
            params=params,
            snapshot=snapshot.title,
            as_of=_survey(question, rows) if _surveyed(question) else snapshot.as_of(question.reads),
            updated=snapshot.updated(question.reads),
            notes=tuple(f"{title}:この時点では未収集" for title in missing),
        )


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def told(question: Question, snapshot: Snapshot) -> tuple[str, ...]:
    """What a question hears of the house's journal: a refused file changes no table, but this."""
    return tuple(
        _sha256(repr(snapshot.journal(name))) for name in question.reads if name in JOURNAL and name != DECLARED
    )


def journal_table(name: str, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Rows as the table of that name in `JOURNAL`; what a row leaves out is blank."""
    return pa.Table.from_pylist(list(rows), JOURNAL[name][1])


def declarations() -> list[dict[str, Any]]:
    """One row for each dataset that files bring: its name, title, rhythm, and how old it may become."""
    # Not named as its table is: DuckDB would take the function for it where the table is hidden.
    return [
        {"dataset": d.name, "title": d.title, "rhythm": d.rhythm, "most_days": d.most_days}
        for d in DATASETS.values()
        if not d.child_of
    ]


@cache
def open_days() -> pa.Table:
    """The ward's calendar as a table: the n-th 開庁日 after a day is the first day whose `ordinal` is n greater."""
    return pa.Table.from_pylist([asdict(day) for day in calendar.days()])


def _surveyed(question: Question) -> bool:
    """Whether the answer carries its own 調査時点; the day of its loading says nothing about it then."""
    return any(column.name == "as_of" and column.title == "調査時点" for column in question.columns)


def _survey(question: Question, rows: list[tuple[Value, ...]]) -> dt.date | None:
    position = [column.name for column in question.columns].index("as_of")
    return max((day for row in rows if isinstance(day := row[position], dt.date)), default=None)


def titled(title: str, params: Mapping[str, Any]) -> str:
    """A question's title with the days it was asked for in place of {name}."""
    words = {
        name: text.japanese_date(value).split("(")[0] if isinstance(value, dt.date) else str(value or "")
        for name, value in params.items()
    }
    return title.format(**words)


class look:  # noqa: N801  (reads as a verb: with look(snapshot, names) as cursor)
    """A cursor on which only the named datasets are visible, as today's declarations describe them, and the
    populations that `sql` counts.

    The views live in this cursor's temporary schema, so they vanish with it and no other thread sees them.
    """

    def __init__(self, snapshot: Snapshot, names: Iterable[str], sql: str = "") -> None:
        self.snapshot, self.names, self.sql = snapshot, tuple(names), sql

    def __enter__(self) -> duckdb.DuckDBPyConnection:
        self._open = ExitStack()
        counted = counted_by(self.sql, self.names)
        wanted = [name for name in self.names if name not in JOURNAL]
        wanted += [p.name for p in counted if p.span and self._stands(datasets_of(p))]
        self.near = self._open.enter_context(self.snapshot.near(wanted))
        self.cursor = self._open.enter_context(closing(self.snapshot.cursor()))
        # Without it DuckLake reads its catalogue anew for every statement, which takes longer than most questions.
        self.cursor.execute("BEGIN TRANSACTION")
        raw = self.snapshot.columns()
        self.text = self.sql and "".join((self.sql, *(population.sql for population in counted)))
        for name in self.names:
            if name == CALENDAR:
                if place := self.near.get(CALENDAR):
                    self.cursor.execute(tables.beside(CALENDAR, place))
                else:
                    self.cursor.register(CALENDAR, open_days())
                continue
            if name in JOURNAL:
                rows = declarations() if name == DECLARED else self.snapshot.journal(name)
                self.cursor.register(name, journal_table(name, rows))
                continue
            for statement in self._views(DATASETS[name], raw):
                self.cursor.execute(statement)
        for population in counted:
            self.cursor.execute(tables.macro(population, self.near.get(population.name)))
        return self.cursor

    def _stands(self, names: Iterable[str]) -> bool:
        """Whether these datasets are seen as they stand at the snapshot."""
        return True

    def _views(self, dataset: Dataset, raw: Mapping[str, frozenset[str]]) -> list[str]:
        schema, version = self.snapshot.schema, self.snapshot.version
        existing = raw.get(dataset.name)
        return tables.views(dataset, existing, schema, version, kept=raw, near=self.near, named_in=self.text)

    def __exit__(self, *_: object) -> None:
        self._open.close()


class look_between(look):  # noqa: N801
    """The same, but that the datasets stand as on a stage of the way from an earlier snapshot to this one."""

    def __init__(self, earlier: Snapshot, snapshot: Snapshot, names: Iterable[str], sql: str, stage: Stage) -> None:
        super().__init__(snapshot, names, sql)
        self.earlier, self.stage = earlier, stage

    def _stands(self, names: Iterable[str]) -> bool:
        known = tuple(names)
        return self.earlier.changed(known) == self.snapshot.changed(known)

    def _views(self, dataset: Dataset, raw: Mapping[str, frozenset[str]]) -> list[str]:
        if self._stands([dataset.name]):
            return super()._views(dataset, raw)
        earlier, later = (Side(each.columns(), each.version) for each in (self.earlier, self.snapshot))
        return compared.views(dataset, earlier, later, self.snapshot.schema, self.stage)


_PARAMETER = re.compile(r"\$([a-z_][a-z0-9_]*)")


def run(question: Question, params: Mapping[str, Any], cursor: duckdb.DuckDBPyConnection) -> list[tuple[Value, ...]]:
    """The question's rows on a cursor that shows what it reads; AnswerBroken if they break the declaration."""
    used = {name: params[name] for name in params if name in set(_PARAMETER.findall(question.sql))}
    cursor.execute(question.sql, used)
    found = tuple(column[0] for column in cursor.description or ())
    rows: list[tuple[Value, ...]] = cursor.fetchall()
    declared = tuple(column.name for column in question.columns)
    if found != declared:
        raise AnswerBroken.because(
            f"質問『{question.name}』の列が宣言と違います（宣言 {declared}、答え {found}）",
            "見出しの columns を SELECT に合わせてください",
        )
    positions = [declared.index(name) for name in question.key]
    keys = [tuple(str(row[position]) for position in positions) for row in rows]
    if len(set(keys)) != len(keys):
        raise AnswerBroken.because(
            f"質問『{question.name}』の答えが {question.grain} ごとに1行になっていません",
            "結合の条件か key を直してください",
        )
    return rows
