"""What a Column, a Dataset, a Question is. The only vocabulary; everything else is derived from it."""

from __future__ import annotations

import datetime as dt
import re
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from dx_data.calendar import CONTRACT_START


class Kind(StrEnum):
    """What a column's values are."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    YEN = "yen"
    DATE = "date"
    DATETIME = "datetime"
    CHOICE = "choice"
    CHOICES = "choices"

    @property
    def counts(self) -> bool:
        """Whether the values are quantities, which mean nothing without a unit."""
        return self in {Kind.INTEGER, Kind.NUMBER, Kind.YEN}

    @property
    def words(self) -> str:
        """The kind in plain Japanese."""
        return {
            "text": "文字",
            "integer": "整数",
            "number": "数値",
            "yen": "金額",
            "date": "日付",
            "datetime": "日時",
            "choice": "選択肢",
            "choices": "選択肢(複数)",
        }[self.value]


class Pii(StrEnum):
    """Personal-information class of a column (design.md, Say a fact once)."""

    NONE = "なし"
    QUASI = "準識別子"
    PERSONAL = "個人情報"
    FREE = "自由記述"

    @property
    def stored(self) -> bool:
        """Whether the lake keeps the column at all."""
        return self in {Pii.NONE, Pii.QUASI}


class Delivery(StrEnum):
    """What a file says about the rows it does not hold."""

    WHOLE = "全件"
    PERIOD = "期間"
    APPEND = "追加"


class Declared(BaseModel):
    """Base of all declarations: unknown fields are refused, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


class Choice(Declared):
    """One legal value of a choice column, with the spellings that mean it.

    `likely` are spellings that probably mean it: they are asked about, never read.
    """

    value: str
    aliases: tuple[str, ...] = ()
    likely: tuple[str, ...] = ()


class Column(Declared):
    """One column of a dataset or of an answer.

    `month` marks a date column whose value is a month (stored as its first day). `minimum` is the least legal value.
    `references` names `dataset.column` whose values this column repeats; a choice column that has one also takes the
    values that are added there, from the day on that the master's first required date says.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str = Field(min_length=1)
    kind: Kind = Kind.TEXT
    unit: str | None = None
    aliases: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    required: bool = False
    description: str = ""
    example: str | None = None
    pii: Pii = Pii.NONE
    month: bool = False
    minimum: int | None = None
    references: str | None = None

    @field_validator("choices", mode="before")
    @classmethod
    def _plain_choices(cls, value: Any) -> Any:
        return tuple({"value": item} if isinstance(item, str) else item for item in value)

    @model_validator(mode="before")
    @classmethod
    def _yen_counts_yen(cls, data: Any) -> Any:
        if isinstance(data, dict) and data.get("kind") in {Kind.YEN, "yen"}:
            data.setdefault("unit", "円")
        return data

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.kind.counts and not self.unit:
            raise ValueError(f"{self.name}: a number needs a unit")
        if self.month and self.kind is not Kind.DATE:
            raise ValueError(f"{self.name}: only a date can be a month")
        return self

    @property
    def label(self) -> str:
        """Title with unit, as on an axis or a table's head."""
        return f"{self.title}（{self.unit}）" if self.unit else self.title

    @property
    def identifies(self) -> bool:
        """Whether its texts are numbers of things (番号, ID, コード), which mean the same in full width."""
        return self.kind is Kind.TEXT and (self.name == "code" or self.name.endswith("_id"))

    @property
    def is_change(self) -> bool:
        """Whether its numbers say how much more or less something became: by its title (…との差, …の増減率)."""
        return self.kind.counts and self.title.endswith(("との差", "増減率"))


class PartOf(Declared):
    """The column `part` is never more than `whole`; where it `may_exceed` that, for it also has what came earlier, it
    is only told."""

    part: str
    whole: str
    may_exceed: bool = False


class Together(Declared):
    """Where `state` has one of `values`, the column `needs` is filled."""

    state: str
    values: tuple[str, ...] = Field(min_length=1)
    needs: str


class Rollup(Declared):
    """What the lake keeps of a dataset's rows day by day, so that questions need not count years of rows again.

    `sql` counts the dataset's rows of any whole days; a day's answer comes from that day's rows alone. `day` is the
    dataset's date or time column, `key` the dataset's columns on which a row is unique, with the `date` in place of a
    time: it was made of the dataset's rows that have the same values there, blank for blank. Everything else it answers
    with is a sum, a count or a first one in order. A `partial` one leaves rows out.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    day: str
    key: tuple[str, ...] = Field(min_length=1)
    partial: bool = False
    sql: str

    @model_validator(mode="after")
    def _by_day(self) -> Self:
        if self.date not in self.key:
            raise ValueError(f"{self.name}: {self.date} is not in the key")
        return self

    @property
    def date(self) -> str:
        """The key's column with the day: as everywhere here, the day of a time `…_at` is `…_on`."""
        return re.sub("_at$", "_on", self.day)


class Dataset(Declared):
    """One kind of rows: a file fills it, a table keeps it, questions read it.

    `key` makes a row unique (a key column may be blank; blank is then a value). `period` is the date column by which a
    期間 delivery replaces. `child_of` names the dataset whose kintone records carry this one as sub-table `table`.
    `tracks` are columns whose changes are kept as observed history. `vanish_limit` is the share of vanished keys, of
    those it speaks of, above which a delivery needs its own yes.

    `past` are the columns with days on which something happened, so that none is still to come; of two columns in
    `weekdays` the first names the second's day of the week (月, 火 …).
    What rows must agree on: of two columns in `orders` the first is never later; what `parts` says of quantities and
    `together` of a state.
    `opening` is the date column that has rows on every 開庁日 and on no other day. `rollups` are kept beside the rows.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    family: str
    grain: str
    owner: str
    source: str
    rhythm: Literal["毎日", "毎週", "毎月", "四半期", "毎年", "随時"]
    key: tuple[str, ...] = Field(min_length=1)
    columns: tuple[Column, ...]
    delivery: Delivery
    period: str | None = None
    child_of: str | None = None
    tracks: tuple[str, ...] = ()
    vanish_limit: float = 0.05
    past: tuple[str, ...] = ()
    weekdays: tuple[tuple[str, str], ...] = ()
    orders: tuple[tuple[str, str], ...] = ()
    parts: tuple[PartOf, ...] = ()
    together: tuple[Together, ...] = ()
    opening: str | None = None
    rollups: tuple[Rollup, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [column.name for column in self.columns]
        if len(names) != len(set(names)):
            raise ValueError(f"{self.name}: two columns of one name")
        titles = [column.title for column in self.columns]
        if len(titles) != len(set(titles)):
            raise ValueError(f"{self.name}: two columns of one title")
        single = (name for name in (self.period, self.opening) if name)
        ruled = (name for rule in self.together for name in (rule.state, rule.needs))
        pairs = (
            name
            for pair in (*self.orders, *self.weekdays, *((rule.part, rule.whole) for rule in self.parts))
            for name in pair
        )
        for name in (*self.key, *self.tracks, *self.past, *single, *ruled, *pairs):
            if name not in names:
                raise ValueError(f"{self.name}: {name} is no column")
        if self.delivery is Delivery.PERIOD and not self.period:
            raise ValueError(f"{self.name}: a 期間 delivery needs its period column")
        for rollup in self.rollups:
            if not {*rollup.key} - {rollup.date} <= {column.name for column in self.stored}:
                raise ValueError(f"{rollup.name}: its key is not made of stored columns")
            day = self.column(rollup.day)
            if not day.required or day.kind is not (Kind.DATE if rollup.date == rollup.day else Kind.DATETIME):
                raise ValueError(f"{rollup.name}: {rollup.day} is no day or time that every row has")
        return self

    def column(self, name: str) -> Column:
        """The column of that name; KeyError if there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def most_days(self) -> int | None:
        """How many days after its as-of date the newest delivery still keeps the rhythm; None where there is none."""
        return {"毎日": 4, "毎週": 10, "毎月": 45, "四半期": 120, "毎年": 400}.get(self.rhythm)

    @property
    def dated(self) -> bool:
        """Whether each row says itself from when it holds (masters, targets), so that no day is the table's own."""
        return any(column.name == "valid_from" for column in self.columns)

    @property
    def stored(self) -> tuple[Column, ...]:
        """The columns the lake keeps: everything but 個人情報 and 自由記述."""
        return tuple(column for column in self.columns if column.pii.stored)

    @property
    def keys(self) -> tuple[Column, ...]:
        """The key's columns."""
        return tuple(self.column(name) for name in self.key)


class Definition(Declared):
    """What an answer's figure means: above, below the line, of what, without what, as of when."""

    numerator: str
    denominator: str = "なし（割合ではない）"
    scope: str
    exclusions: str = "なし"
    reference: str

    @property
    def figure(self) -> str:
        """What is counted, above and below the line."""
        ratio = "" if self.denominator.startswith("なし") else f"÷{self.denominator}"
        return f"{self.numerator}{ratio}。"

    @property
    def bounds(self) -> str:
        """Of what, without what, as of when."""
        left_out = "" if self.exclusions == "なし" else f" 除外:{self.exclusions}。"
        return f"対象:{self.scope}。{left_out}基準:{self.reference}。"

    @property
    def sentence(self) -> str:
        """The definition as one note."""
        return f"{self.figure}{self.bounds}"


class Version(Declared):
    """One state of a definition: from which day's figures on it holds, and what changed with it.

    Where the SQL of an earlier version counts differently, that version stays as a file of its own,
    `queries/<family>/<name>.v<number>.sql`, whole with its header as it was.
    """

    number: int = Field(ge=1)
    valid_from: dt.date
    change: str = Field(min_length=1)

    @property
    def title(self) -> str:
        """The version in words.

        >>> Version(number=2, valid_from=dt.date(2026, 4, 1), change="対象に窓口を加えました").title
        '第2版（2026年4月1日から）'
        """
        day = self.valid_from
        return f"第{self.number}版（{day.year}年{day.month}月{day.day}日から）"


class Break(Declared):
    """A day from which figures no longer mean what they meant before, so that no difference is taken across it.

    `rates` are all that is touched where only the base of rates changed.
    """

    day: dt.date
    change: str
    rates: bool = False

    def touches(self, column: Column) -> bool:
        """Whether a quantity of an answer changed its meaning on that day."""
        return column.kind.counts and (not self.rates or column.unit in {"%", "ポイント"})


# Units in which people, bodies and what they send in are counted.
PROTECTED_UNITS = frozenset({"件", "人", "団体", "事業所"})
FIRST_VERSION = Version(number=1, valid_from=CONTRACT_START, change="初めの定義です")
_COMPARES = re.compile("前年同[期月].*(との差|増減率)")


class Param(Declared):
    """One value a question takes. `default` is a literal or a name: today, contract_start, or
    month_start, fiscal_year_start, previous_fiscal_year_start of the given `as_of` or `until` (today without them)."""

    title: str
    kind: Kind = Kind.TEXT
    default: Any = None
    choices: tuple[str, ...] = ()
    description: str = ""
    minimum: int | None = None


class Publish(Declared):
    """The recorded decision that an answer may leave as 公表: who decided, what of it leaves, what in it is protected.

    `columns` are the columns that leave (all, if none is named). Of a protected unit, `count` is the column that counts
    and `parts` name, for a count, other counts in the row that are parts of it. `previous` is the same count a year
    earlier. `measure` is what is counted: answers that name the same measure count the same things, so that their
    columns of one name add up across tables. `net` says that cancellations were taken off, so that a count can be less
    than 0. `threshold` may only be stricter than the ward's. `title` and `definition` (parts of one) stand in place of
    the question's own, which may speak of columns that do not leave.
    """

    decision: str
    count: str | None = None
    unit: Literal["人", "団体", "件(申請)", "なし"]
    reason: str = ""
    measure: str = ""
    columns: tuple[str, ...] = ()
    parts: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    previous: str | None = None
    net: bool = False
    threshold: int | None = Field(None, ge=3)
    title: str = ""
    definition: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _reason_for_none(self) -> Self:
        if self.unit == "なし" and not self.reason:
            raise ValueError("publish: unit なし needs its reason")
        if self.unit != "なし" and not self.count:
            raise ValueError("publish: a protected unit needs its count column")
        return self

    @property
    def counts(self) -> tuple[str, ...]:
        """The protected columns: the count, its parts, the parts' parts, but not the count of a year earlier."""
        named = [self.count, *self.parts, *(part for parts in self.parts.values() for part in parts)]
        return tuple(dict.fromkeys(name for name in named if name))


def read_yaml(text: str) -> Any:
    """What a YAML text declares; yaml.YAMLError if it is none.

    Read by libyaml where PyYAML brings it (its wheels do), eight times as fast as the reader written in Python.
    """
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe


def headed_sql(path: Path) -> tuple[str, str]:
    """The YAML in the comments that a file begins with, and the SQL below them."""
    lines = path.read_text(encoding="utf-8").splitlines()
    end = next((number for number, line in enumerate(lines) if not line.startswith("--")), len(lines))
    header = "\n".join(line.removeprefix("--").removeprefix(" ") for line in lines[:end])
    return header, "\n".join(lines[end:]).strip()


class Population(Declared):
    """Rows that several questions count, said once: a table macro `name(params)` over tables and other populations.

    One that reads nothing and has no FROM says one value of what it is given: `(SELECT state FROM name(…))`.
    `span` names the date by which `since_on` and `until_on` choose rows, where they do nothing else: the rows of some
    days are then those of all days that lie between, so that all can be counted once and laid near.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    params: tuple[str, ...] = ()
    span: str | None = None
    reads: tuple[str, ...]
    sql: str

    @model_validator(mode="after")
    def _span_of_both(self) -> Self:
        if self.span and self.params != ("since_on", "until_on"):
            raise ValueError("span: the params must be since_on and until_on")
        return self


class Subject(Declared):
    """One noun of the contract's questions (queries/subjects.yaml): its bullet, its title, the clause it stands in."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    area: str
    title: str
    clause: str


class Question(Declared):
    """One question: its meaning, what it takes, what it answers with, what it reads, and the SQL that answers it.

    `serves` are the subjects it answers, each with the columns that do.
    `gathers` are questions: what every municipality would tell the public in answer to them is what this one reads, and
    it reads nothing else. Such a question is the nation's, and no municipality's lake is asked it.
    `versions` are the states of its definition, the present one last. `breaks` names the question whose answer
    (changed_on, change) says when the base of this one's rates changed. `earlier` are the versions that stay as files
    of their own. `figure` is the quantity that its figure shows in a pack, where that is not what is protected.
    """

    name: str
    family: str
    title: str
    question: str
    serves: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    definition: Definition
    params: dict[str, Param] = Field(default_factory=dict)
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    reads: tuple[str, ...] = ()
    gathers: tuple[str, ...] = ()
    publish: Publish | None = None
    figure: str | None = None
    versions: tuple[Version, ...] = (FIRST_VERSION,)
    breaks: str | None = None
    earlier: tuple[Question, ...] = ()
    sql: str

    @field_validator("columns", mode="before")
    @classmethod
    def _named_columns(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return tuple({"name": name, **facts} for name, facts in value.items())
        return value

    @field_validator("serves", mode="before")
    @classmethod
    def _one_or_several(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: (by,) if isinstance(by, str) else by for name, by in value.items()}
        return value

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = {column.name for column in self.columns}
        if missing := [name for name in self.key if name not in names]:
            raise ValueError(f"key names no column: {missing}")
        if missing := [name for by in self.serves.values() for name in by if name not in names]:
            raise ValueError(f"serves names no column: {missing}")
        if self.publish:
            self._publishable(self.publish)
        if self.reads or self.publish if self.gathers else "reads" not in self.model_fields_set:
            raise ValueError("a question reads tables of one lake, or gathers answers and publishes none of them")
        if [version.number for version in self.versions] != list(range(1, len(self.versions) + 1)):
            raise ValueError("versions are numbered 1, 2, 3 … in their order")
        days = [version.valid_from for version in self.versions]
        if not days or days != sorted(set(days)):
            raise ValueError("each version is valid from a later day than the one before")
        return self

    def _publishable(self, publish: Publish) -> None:
        """What leaves is declared; of a protected unit, nothing that counts leaves without being protected."""
        names = [column.name for column in self.columns]
        asked = [*publish.columns, *publish.counts, *([publish.previous] if publish.previous else [])]
        if missing := [name for name in asked if name not in names]:
            raise ValueError(f"publish names no column: {missing}")
        leaving = {column.name for column in self.published}
        if missing := [name for name in (*self.key, *asked) if name not in leaving]:
            raise ValueError(f"publish.columns leaves out {missing}")
        if strange := sorted(publish.definition.keys() - Definition.model_fields.keys()):
            raise ValueError(f"publish.definition names no part of a definition: {strange}")
        if publish.unit == "なし":
            return
        protected = {*publish.counts, publish.previous}
        for column in self.published:
            counted = column.kind is Kind.INTEGER and column.unit in PROTECTED_UNITS and column.name not in protected
            if counted and "との差" not in column.title:
                raise ValueError(f"publish: {column.name} counts, so name it in parts or leave it out of columns")
            if column.unit in {"%", "ポイント"} and len(protected - {None}) < 2:
                raise ValueError(f"publish: {column.name} needs both its counts beside it")
            if column.kind is Kind.NUMBER and column.unit not in {"%", "ポイント"}:
                raise ValueError(f"publish: {column.name} is a mean or the like; leave it out of columns")

    @property
    def published(self) -> tuple[Column, ...]:
        """The columns that leave as 公表; none without the decision."""
        if not self.publish:
            return ()
        chosen = self.publish.columns
        return tuple(column for column in self.columns if not chosen or column.name in chosen)

    @property
    def told(self) -> Definition:
        """The definition as the public is told it: it speaks of nothing that stays in."""
        return self.definition.model_copy(update=self.publish.definition if self.publish else None)

    @property
    def version(self) -> Version:
        """The state of the definition that this is."""
        return self.versions[-1]

    def defined(self) -> dict[str, Any]:
        """The definition with its version and all versions up to it, as other programs are told it."""
        versions = [version.model_dump(mode="json") for version in self.versions]
        return {**self.definition.model_dump(), "version": self.version.number, "versions": versions}

    def at_version(self, number: int) -> Question:
        """The question as it was defined then: from its own file, else with today's SQL. KeyError if there was none."""
        if number not in {version.number for version in self.versions}:
            raise KeyError(number)
        own = next((one for one in self.earlier if one.version.number >= number), self)
        return own.model_copy(update={"versions": self.versions[:number], "earlier": ()})

    @property
    def differences(self) -> tuple[Column, ...]:
        """The columns that compare with the same time a year before, known by their titles."""
        return tuple(column for column in self.columns if _COMPARES.search(column.title))

    def column(self, name: str) -> Column:
        """The answer's column of that name; KeyError if there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def grain(self) -> str:
        """What one row of the answer is, built from the key's titles."""
        return " × ".join(self.column(name).title for name in self.key)
