"""What a quarter's pack says, before it takes a form: sections of tables, each with its figure, words and notes."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from typing import Any

from dx_data import charts
from dx_data.bundled import Municipality
from dx_data.calendar import TOKYO, Quarter
from dx_data.catalog import Result, Value
from dx_data.disclosure.public import HIDDEN, LEGEND, Public, Shown
from dx_data.spec import Column, Kind
from dx_data.text import japanese_date, listed

# Pixels of a figure across a page of A4: its letters are about as large there as those of a table.
_STILL_WIDTH = 760
DRAFT, ISSUED, FICTIONAL = "案（承認前）", "発行", "架空データ"
REASON, BECAUSE = "（理由を記入）", "理由："
DECIDED = "区が承認（管理台帳と発行記録のとおり）"
# The sections in the order in which a reader outside the ward asks; a family that is not here comes last.
SECTIONS = {
    "procedures": "手続のオンライン化",
    "applications": "電子申請",
    "cashless": "窓口のキャッシュレス",
    "consultations": "相談・伴走支援",
    "trainings": "研修・イベント",
    "contract": "契約の進み方",
}

_SIGN = Column(name="sign_of_measured", title="記号")  # why the measured quantity is not there


@dataclass(frozen=True)
class Table:
    """One answer as the public sees it, with what is said about it.

    `edited` is what a person made of the generated sentences, `reason` what a person wrote for publication; `decision`
    is whose word it leaves on, where that is not the question's own.
    """

    public: Public
    until: dt.date
    edited: tuple[str, ...] | None = None
    reason: str = ""
    decision: str = ""

    @property
    def name(self) -> str:
        """The question, as files are named after it."""
        return self.public.result.question.name

    @property
    def title(self) -> str:
        """The answer's title."""
        return self.public.result.question.title

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that leave."""
        return self.public.columns

    @property
    def quantities(self) -> list[int]:
        """Positions of the columns that are quantities."""
        return [at for at, column in enumerate(self.columns) if column.kind.counts]

    @property
    def is_headline(self) -> bool:
        """Whether it is one row of key figures."""
        question = self.public.result.question
        return len(self.public.rows) == 1 and all(question.column(name).kind is Kind.DATE for name in question.key)

    @property
    def by_month(self) -> bool:
        """Whether a row is a month."""
        return any(column.month for column in self.columns)

    @cached_property
    def shown(self) -> Result:
        """The answer as the public sees it, for what draws and words: hidden values are blank, their sign beside it."""
        result, at = self.public.result, self.columns.index(self.measured) if self.measured else None
        rows: list[tuple[Value, ...]] = [
            (*(cell.value for cell in row), None if at is None else row[at].sign) for row in self.public.rows
        ]
        columns = (*self.columns, _SIGN)
        return replace(result, question=result.question.model_copy(update={"columns": columns}), rows=rows)

    @cached_property
    def measured(self) -> Column | None:
        """The quantity that a figure shows: the declared one, else the count, the first rate, the first quantity."""
        question = self.public.result.question
        named = question.figure or (question.publish.count if question.publish else None)
        found = [self.columns[at] for at in self.quantities]
        wanted = [c for c in found if c.name == named] or [c for c in found if c.unit == "%"] or found
        return wanted[0] if wanted else None

    @property
    def axis(self) -> Column | None:
        """What a figure has along its other side; None where there is nothing to compare."""
        question = self.public.result.question
        if self.is_headline or len(self.public.rows) < 2 or len(question.key) != 1 or not self.measured:
            return None
        known = [row for row in self.shown.records() if row[self.measured.name] is not None]
        return question.column(question.key[0]) if known else None

    @property
    def partial(self) -> str | None:
        """The column that says 途中 of months not over yet; None where none leaves or a row is no month."""
        return next((c.name for c in self.columns if charts.may_be_unfinished(c)), None) if self.by_month else None

    @cached_property
    def unfinished(self) -> list[int]:
        """Which rows are months not over yet, whose values are neither the most nor the least of anything."""
        return charts.unfinished(self.shown, self.shown.records(), self.partial)

    @cached_property
    def drawing(self) -> tuple[Any, str] | None:
        """The figure as `charts` draws it, and in words; None where the table is all there is."""
        if self.axis is None or self.measured is None:
            return None
        x, y = self.axis.name, self.measured.name
        result = replace(self.shown, breaks=())
        words = charts.alt(result, x, y, symbol=_SIGN.name, partial=self.partial)
        if self.by_month:
            return charts.lines(result, x, y, symbol=_SIGN.name, partial=self.partial), words
        return charts.bars(result, x, y, symbol=_SIGN.name), words

    def figure(self, marks: Sequence[str]) -> tuple[str, str] | None:
        """The figure as SVG on its own, which bears the marks and its notes, and in words."""
        if self.drawing is None:
            return None
        drawn, words = self.drawing
        below = ["・".join(marks)] if marks else []
        return charts.svg(drawn, self.title, words, [*below, *self.notes()]), words

    def still(self, marks: Sequence[str] = ()) -> tuple[str, str] | None:
        """The figure as SVG within a document, where title and notes stand around it, and in words."""
        if self.drawing is None:
            return None
        drawn, words = self.drawing
        return charts.svg(drawn, "", words, ["・".join(marks)] if marks else [], _STILL_WIDTH), words

    def live(self) -> str | None:
        """The figure for a page that draws it itself, as Plotly's JSON."""
        return None if self.drawing is None else str(self.drawing[0].to_json())

    @cached_property
    def named(self) -> Mapping[str, str]:
        """What says of a number in a sentence what it is of: columns and rows, each with its full name.

        A month goes also without its year where no other row has the same.
        """
        question = self.public.result.question
        keys = [self.columns.index(question.column(name)) for name in question.key if not self.is_headline]
        rows = [[str_of(row[at], self.columns[at]) for at in keys] for row in self.public.rows]
        names = {each: each for each in [*(c.title for c in self.columns), *("・".join(row) for row in rows)] if each}
        short = [(name.partition("年")[2], name) for name in names if self.by_month and name[:4].isdigit()]
        alone = [month for month, _ in short]
        return names | {month: name for month, name in short if alone.count(month) == 1}

    def words(self) -> list[str]:
        """What stands with the figures: the sentences made of them or edited by a person, and why it is so.

        A draft asks for the reason that nobody wrote; the public is not shown that question.
        """
        said = self.generated() if self.edited is None else list(self.edited)
        return said if self.decision and not self.reason else [*said, f"{BECAUSE}{self.reason or REASON}"]

    def generated(self) -> list[str]:
        """What the figures say, in sentences made of them."""
        return self._headline() if self.is_headline else self._compared()

    def _headline(self) -> list[str]:
        (row,) = self.public.rows
        at = {column.name: cell for column, cell in zip(self.columns, row, strict=True)}
        said = self._counted_from()
        for position in self.quantities:
            column = self.columns[position]
            if "との差" not in column.title and "増減率" not in column.title and "前年" not in column.title:
                said.append(f"{column.title}は{spoken(at[column.name], column)}。")
                said += self._than_before(column, at)
        return said

    def _counted_from(self) -> list[str]:
        """The days that are counted, where the answer has a first one: the sums of half a year are no quarter's."""
        params = self.public.result.params
        first, last = params.get("since"), params.get("until") or params.get("as_of")
        if not isinstance(first, dt.date) or not isinstance(last, dt.date):
            return []
        return [f"数えた期間は、{japanese_date(first)}から{japanese_date(last)}までです。"]

    def _than_before(self, column: Column, at: Mapping[str, Shown]) -> list[str]:
        """How the protected count compares with the year before, beside itself; nothing of other columns."""
        publish = self.public.result.question.publish
        if not publish or not publish.previous or publish.previous not in at or column.name != publish.count:
            return []
        now, before = at[column.name].value, at[publish.previous].value
        if not isinstance(now, int) or not isinstance(before, int):
            return []
        change, word = now - before, "増えました" if now > before else "減りました"
        how = f"より{abs(change):,}{column.unit}{word}" if change else "と同じです"
        return [f"{column.title}は、前年同期{how}。"]

    def _compared(self) -> list[str]:
        column = self.measured
        if column is None:
            return []
        question = self.public.result.question
        places = [self.columns.index(question.column(name)) for name in question.key]
        names = ["・".join(str_of(row[at], self.columns[at]) for at in places) for row in self.public.rows]
        at = self.columns.index(column)
        whole = [each for each in range(len(names)) if each not in self.unfinished]
        known = [(self.public.rows[each][at].value, names[each]) for each in whole]
        values = [(value, name) for value, name in known if isinstance(value, int | float)]
        said = []
        if len(values) > 1:
            (most, _), (least, _) = max(values), min(values)
            if most != least:
                high, low = (f"{str_of(Shown(value), column)}{column.unit}" for value in (most, least))
                at_most, at_least = (listed([name for value, name in values if value == end]) for end in (most, least))
                seen = "伏せていない値のうち、" if any(row[at].sign == HIDDEN for row in self.public.rows) else ""
                said.append(
                    f"{column.title}は、{seen}{at_most}の{high}がいちばん大きく、"
                    f"{at_least}の{low}がいちばん小さい値です。"
                )
        if any(cell.sign == HIDDEN for row in self.public.rows for cell in row):
            said.append(f"少ない件数は伏せています（{HIDDEN}）。")
        return said

    def notes(self) -> list[str]:
        """What must stand with the table: when, whence, what is meant."""
        result, question = self.public.result, self.public.result.question
        reached = japanese_date(result.as_of) if result.as_of else "未収集"
        updated = japanese_date(result.updated.date()) if result.updated else "未収集"
        late = []
        if result.as_of is None or result.as_of < self.until:
            late = [f"データは{reached}までで、四半期の終わり（{japanese_date(self.until)}）までそろっていません。"]
        return [
            f"いつ時点：{reached}　更新日：{updated}　出典：{result.source}",
            *late,
            *(note for note in result.notes if note != FICTIONAL),
            f"定義：{question.told.sentence}（{question.version.title}）",
            f"公表の決定：{self.decision or (question.publish.decision if question.publish else '')}",
        ]


@dataclass(frozen=True)
class Section:
    """The tables of one family."""

    title: str
    tables: tuple[Table, ...]


@dataclass(frozen=True)
class Sheet:
    """A plain list that goes with a pack, such as the 正誤表: its file's name, its title, heads, lines of text."""

    name: str
    title: str
    heads: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Pack:
    """Everything a pack says. `threshold` is what was asked for hiding; `snapshot` is what it was made from.

    `edition` counts the packs of the quarter; `replaces` names the one before it. Until it is `issued` it is a 案.
    """

    quarter: Quarter
    municipality: Municipality
    snapshot: str
    threshold: int
    fictional: bool
    sections: tuple[Section, ...]
    edition: int = 1
    replaces: str = ""
    sheets: tuple[Sheet, ...] = ()
    issued: bool = False

    @property
    def title(self) -> str:
        """What stands on the cover."""
        again = f" 第{self.edition}版" if self.edition > 1 else ""
        return f"{self.municipality.name} DX推進の状況（{self.quarter.title}）{again}"

    @property
    def marks(self) -> list[str]:
        """What must be seen wherever the pack is opened."""
        draft = [] if self.issued else [DRAFT]
        again = [f"{self.replaces}を改めたもの"] if self.replaces else []
        return [*draft, *again, *([f"{FICTIONAL}（公表できません）"] if self.fictional else [])]

    @property
    def suffix(self) -> str:
        """What a file that goes its own way is called after its name."""
        again = f"_第{self.edition}版" if self.edition > 1 else ""
        return again + ("" if self.issued else "_案") + (f"_{FICTIONAL}" if self.fictional else "")

    @property
    def digest(self) -> str:
        """What tells whether two packs say the same: figures, words, notes and lists, whatever form they take."""
        told = [
            *(str(self.quarter), self.edition, self.replaces, self.snapshot, self.threshold, self.municipality.code),
            *(
                [table.name, table.title, [c.label for c in table.columns], _said(table), table.words(), table.notes()]
                for table in self.tables
            ),
            *([sheet.title, sheet.heads, sheet.lines] for sheet in self.sheets),
        ]
        return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()

    def as_issued(self) -> Pack:
        """The same, approved."""
        sections = tuple(
            replace(section, tables=tuple(replace(table, decision=DECIDED) for table in section.tables))
            for section in self.sections
        )
        return replace(self, issued=True, sections=sections)

    @property
    def tables(self) -> list[Table]:
        """All tables, in order."""
        return [table for section in self.sections for table in section.tables]

    @property
    def legend(self) -> list[tuple[str, str]]:
        """The signs and what they mean here."""
        meant = {HIDDEN: f"{LEGEND[HIDDEN]}。1～{self.threshold - 1} の件数を伏せます"}
        return list({**LEGEND, **meant}.items())

    @property
    def at(self) -> dt.datetime:
        """When the newest of the data in it were loaded: the time that its files bear, so that it needs no clock."""
        loaded = [table.public.result.updated for table in self.tables if table.public.result.updated]
        return max(loaded, default=dt.datetime.combine(self.quarter.end, dt.time(), TOKYO)).astimezone(dt.UTC)


def sections(tables: Iterable[Public], until: dt.date) -> tuple[Section, ...]:
    """Tables in their sections: key figures first, then months, then the rest."""
    order = [*SECTIONS]

    def family(table: Table) -> tuple[int, str]:
        name = table.public.result.question.family
        return (order.index(name) if name in order else len(order)), name

    made = sorted(
        (Table(public, until) for public in tables),
        key=lambda table: (*family(table), not table.is_headline, not table.by_month, table.name),
    )
    return tuple(Section(SECTIONS.get(name, name), tuple(members)) for (_, name), members in groupby(made, key=family))


def _said(table: Table) -> list[list[str]]:
    rows = table.public.rows
    return [[str_of(cell, column) for cell, column in zip(row, table.columns, strict=True)] for row in rows]


def str_of(cell: Shown, column: Column) -> str:
    """A cell as people read it in a table."""
    value = cell.value
    if cell.sign:
        return cell.sign
    if value is None:
        return ""
    if isinstance(value, dt.date):
        return f"{value.year}年{value.month}月" if column.month else japanese_date(value)
    if column.kind is Kind.NUMBER:
        return f"{float(value):,.1f}"  # type: ignore[arg-type]
    if column.kind.counts:
        return f"{value:,}"
    return "・".join(value) if isinstance(value, list) else str(value)


def spoken(cell: Shown, column: Column) -> str:
    """What a sentence says of a cell."""
    if cell.sign:
        hidden = {HIDDEN: "伏せています（少ない件数か、それが計算で分かる数値）"}
        return hidden.get(cell.sign, f"「{cell.sign}」です（{LEGEND[cell.sign]}）")
    return f"{str_of(cell, column)}{column.unit or ''}です"


def heads(columns: Sequence[Column]) -> list[str]:
    """The columns' heads in a table that programs read: each quantity is followed by its sign."""
    return [text for c in columns for text in ([c.label, f"{c.title}_記号"] if c.kind.counts else [c.label])]


def cells(row: Sequence[Shown], columns: Sequence[Column]) -> list[Value]:
    """The same for a row: a value, and beside a quantity the sign that stands in its stead."""
    found: list[Value] = []
    for cell, column in zip(row, columns, strict=True):
        found += [cell.value, cell.sign] if column.kind.counts else [cell.value]
    return found
