"""分析支援記録 (仕様書 7(1)イ, 特記仕様 7): what an analysis is for, what was asked, taken out and noted, how it ended.

The ledger's lines, folded; nothing is kept beside them. What people write (purpose, SQL, notes) stands apart from the
chain, so that a disposal can remove it; the chain keeps who did what when, and how many rows it gave.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from dx_data import calendar
from dx_data.access import Person, Right, require
from dx_data.custody.document import Cell, Document, Sheet, day, moment
from dx_data.custody.ledger import Act, Entry, Ledger, Line
from dx_data.datasets import DATASETS
from dx_data.errors import NotFound, WrongUsage
from dx_data.text import japanese_date, personal_kinds

INDICATOR = "データ利活用 分析支援"
SQL = "SQL"  # the head of the column with queries
_SUPPORT = DATASETS["tool_support"]
_STEPS = (Act.ANALYSIS_ASKED, Act.ANALYSIS_TAKEN, Act.ANALYSIS_NOTED)
ACTS = (Act.ANALYSIS_BEGUN, *_STEPS, Act.ANALYSIS_ENDED)
_GONE = "（廃棄により消しました）"
_LONGEST = 20_000


@dataclass(frozen=True)
class Step:
    """One thing done in an analysis: a query, something taken out, or a note. `text` is SQL, a title or the note."""

    act: str
    at: str
    who: str
    title: str
    text: str
    rows: int | None = None
    snapshot: str = ""
    form: str = ""


@dataclass(frozen=True)
class Analysis:
    """One analysis from its purpose to its result: `number` is its first line in the ledger, `ordinal` counts them."""

    number: int
    ordinal: int
    at: str
    who: str
    purpose: str
    section: str
    due: dt.date
    steps: tuple[Step, ...] = ()
    ended: str | None = None
    result: str = ""
    ended_by: str = field(default="", repr=False)

    @property
    def is_open(self) -> bool:
        """Whether it goes on."""
        return self.ended is None

    @property
    def support_id(self) -> str:
        """The number under which the contract's ledger of supports knows it."""
        return f"分析-{self.ordinal:04}"

    @property
    def sentence(self) -> str:
        """The analysis in one line, to choose it by."""
        return f"{self.support_id} {self.purpose}（{self.section}、期限 {japanese_date(self.due)}）"

    def of(self, *acts: Act) -> list[Step]:
        """Its steps of some kinds."""
        return [step for step in self.steps if step.act in {act.value for act in acts}]

    @property
    def document(self) -> Document:
        """The record on paper."""
        told: list[tuple[Cell, ...]] = [
            ("番号", self.support_id),
            ("目的", self.purpose),
            ("依頼課", self.section),
            ("期限", japanese_date(self.due)),
            ("始めた人・日時", f"{self.who}　{moment(self.at)}"),
            ("終えた人・日時", f"{self.ended_by}　{moment(self.ended)}" if self.ended else "まだ終えていません"),
            ("結果", self.result),
        ]
        queries = [(moment(s.at), s.who, s.title, s.text, s.rows, s.snapshot) for s in self.of(Act.ANALYSIS_ASKED)]
        outputs = [(moment(s.at), s.who, s.text, s.form, s.rows) for s in self.of(Act.ANALYSIS_TAKEN)]
        notes = [(moment(s.at), s.who, s.text) for s in self.of(Act.ANALYSIS_NOTED)]
        return Document(
            f"分析支援記録 {self.support_id}",
            (
                Sheet("分析支援記録", ("項目", "内容"), told),
                Sheet("問い合わせ", ("日時", "行った人", "題名", SQL, "行数", "台帳の時点"), queries),
                Sheet("出力", ("日時", "行った人", "題名", "形", "行数"), outputs),
                Sheet("メモ", ("日時", "書いた人", "メモ"), notes),
            ),
        )


@dataclass(frozen=True)
class Kept:
    """A question that somebody keeps for all: its title, what it is for, and its SQL."""

    number: int
    at: str
    who: str
    title: str
    purpose: str
    sql: str


def analyses(ledger: Ledger) -> list[Analysis]:
    """Every analysis, oldest first."""
    found: dict[int, Analysis] = {}
    for line in ledger.lines_of(*ACTS):
        if line.act == Act.ANALYSIS_BEGUN:
            told = {name: line.apart.get(name, _GONE) for name in ("purpose", "section")}
            due = dt.date.fromisoformat(line.detail["due"])
            found[line.number] = Analysis(line.number, len(found) + 1, line.at, line.who, due=due, **told)
            continue
        number = line.detail["analysis"]
        one = found[number]
        if line.act == Act.ANALYSIS_ENDED:
            result = line.apart.get("result", _GONE)
            found[number] = replace(one, ended=line.at, result=result, ended_by=line.who)
        else:
            found[number] = replace(one, steps=(*one.steps, _step(line)))
    return list(found.values())


def _step(line: Line) -> Step:
    told, detail = line.apart, line.detail
    facts = {name: detail[name] for name in ("rows", "snapshot", "form") if name in detail}
    return Step(line.act, line.at, line.who, told.get("title", ""), told.get("text", _GONE), **facts)


def analysis(number: int, ledger: Ledger) -> Analysis:
    """The analysis of that number; NotFound where there is none."""
    for each in analyses(ledger):
        if each.number == number:
            return each
    raise NotFound.because(f"{number} 番の分析の記録はありません", "「分析の記録」で番号を確かめてください")


def kept(ledger: Ledger) -> list[Kept]:
    """The questions that are kept, oldest first."""
    gone = {line.detail["forgets"] for line in ledger.lines_of(Act.FORGOTTEN)}
    lines = [line for line in ledger.lines_of(Act.QUESTION_KEPT) if line.apart and line.number not in gone]
    return [
        Kept(line.number, line.at, line.who, *(line.apart[name] for name in ("title", "purpose", "sql")))
        for line in lines
    ]


# --- what people do -------------------------------------------------------------------------------


def begin(ledger: Ledger, person: Person, *, purpose: str, section: str, due: dt.date | None) -> Analysis:
    """Begin an analysis by saying what it is for, for whom and by when.

    NotPermitted without the right; WrongUsage where one of the three is missing or a text looks personal.
    """
    require(person, Right.EXPLORE)
    told = {"purpose": written("目的", purpose), "section": written("依頼課", section)}
    if due is None:
        raise WrongUsage.because("期限が選ばれていません", "いつまでに要るかを選んでください")
    line = _add(ledger, person, Act.ANALYSIS_BEGUN, {"due": due.isoformat()}, told)
    return analysis(line.number, ledger)


def asked(ledger: Ledger, person: Person, to: Analysis, *, title: str, sql: str, rows: int, snapshot: str) -> None:
    """Record a query of an open analysis that was answered, and how many rows it gave."""
    facts = {"analysis": _open(to), "rows": rows, "snapshot": snapshot}
    _add(ledger, person, Act.ANALYSIS_ASKED, facts, {"title": written("題名", title), "text": written("SQL", sql)})


def taken(ledger: Ledger, person: Person, to: Analysis, *, title: str, form: str, rows: int) -> None:
    """Record that an answer of an analysis was saved as a file; the way out keeps its own line."""
    facts = {"analysis": to.number, "rows": rows, "form": form}
    _add(ledger, person, Act.ANALYSIS_TAKEN, facts, {"text": title})


def note(ledger: Ledger, person: Person, to: Analysis, text: str) -> None:
    """Write a note into an open analysis. WrongUsage where it is empty or looks personal."""
    _add(ledger, person, Act.ANALYSIS_NOTED, {"analysis": _open(to)}, {"text": written("メモ", text)})


def end(ledger: Ledger, person: Person, to: Analysis, result: str) -> Analysis:
    """End an analysis with what came of it. WrongUsage where that is empty or looks personal, or it ended already."""
    facts = {"analysis": _open(to), "queries": len(to.of(Act.ANALYSIS_ASKED))}
    _add(ledger, person, Act.ANALYSIS_ENDED, facts, {"result": written("結果", result)})
    return analysis(to.number, ledger)


def keep(ledger: Ledger, person: Person, *, title: str, purpose: str, sql: str) -> Kept:
    """Keep a question for all who explore. NotPermitted without the right; WrongUsage for what looks personal."""
    require(person, Right.EXPLORE)
    told = {"title": written("題名", title), "purpose": written("目的", purpose), "sql": written("SQL", sql)}
    line = _add(ledger, person, Act.QUESTION_KEPT, {}, told)
    return next(each for each in kept(ledger) if each.number == line.number)


def drop(ledger: Ledger, person: Person, one: Kept) -> None:
    """Keep a question no longer."""
    require(person, Right.EXPLORE)
    _add(ledger, person, Act.FORGOTTEN, {"forgets": one.number}, {})


def _add(ledger: Ledger, person: Person, act: Act, facts: dict[str, Any], told: dict[str, str]) -> Line:
    require(person, Right.EXPLORE)
    subject = f"分析 第{facts['analysis']}号" if "analysis" in facts else "データ探索"
    (line,) = ledger.append_all(person.name, [Entry(act, subject, facts, told)])
    return line


def _open(one: Analysis) -> int:
    if not one.is_open:
        raise WrongUsage.because(f"{one.support_id} は終わっています", "新しい分析を始めてください")
    return one.number


def written(what: str, text: str) -> str:
    """What somebody wrote, without the room around it. WrongUsage where it is empty, too long or looks personal."""
    text = text.strip()
    if not text:
        raise WrongUsage.because(f"{what}が書かれていません", f"{what}を書いてください")
    if len(text) > _LONGEST:
        raise WrongUsage.because(f"{what}が {len(text):,} 文字あります", f"{_LONGEST:,} 文字までにしてください")
    if kinds := personal_kinds(text):
        raise WrongUsage.because(
            f"{what}に、個人情報のような文字（{'・'.join(sorted(kinds))}）があります",
            "分析の記録には個人情報を残しません。その文字を除いてください",
        )
    return text


# --- toward the contract ---------------------------------------------------------------------------


def supports(found: Iterable[Analysis]) -> Document:
    """The analyses as rows of 「ツール活用支援」, which the door takes: so they count toward the contract's volume."""
    heads = ("支援番号", "年度", "ツール区分", "支援区分", "支援課", "件名", "開始日", "完了日", "状況", "成果物")
    titles = {column.title for column in _SUPPORT.columns}
    assert titles.issuperset(heads)  # noqa: S101  (a renamed column is a fault of the program)
    rows = [
        (
            each.support_id,
            calendar.fiscal_year_title(calendar.fiscal_year(dt.date.fromisoformat((each.ended or each.at)[:10]))),
            "データ利活用",
            "分析支援",
            each.section,
            each.purpose,
            each.at[:10],
            each.ended[:10] if each.ended else "",
            "完了" if each.ended else "実施中",
            "、".join(dict.fromkeys(step.text for step in each.of(Act.ANALYSIS_TAKEN))),
        )
        for each in found
    ]
    return Document(f"{_SUPPORT.title}_分析支援", (Sheet(_SUPPORT.title, heads, rows),))


def sheet(found: Iterable[Analysis], counted: Iterable[str]) -> Sheet:
    """The list of analyses, newest first; `counted` are the support numbers that the contract's ledger knows."""
    there = set(counted)
    heads = ("番号", "目的", "依頼課", "期限", "始めた人", "始めた日", "状態", "問い合わせ", "出力", "契約の実績")
    rows: list[tuple[Cell, ...]] = [
        (
            each.support_id,
            each.purpose,
            each.section,
            japanese_date(each.due),
            each.who,
            day(each.at),
            "続いています" if each.is_open else f"{day(str(each.ended))} に終了",
            len(each.of(Act.ANALYSIS_ASKED)),
            len(each.of(Act.ANALYSIS_TAKEN)),
            "数えました" if each.support_id in there else "まだです" if each.ended else "終えると数えられます",
        )
        for each in reversed(list(found))
    ]
    return Sheet("分析支援記録の一覧", heads, rows)
