"""Cells → typed rows and findings: set-based, over the spellings of each column; every fault of every row is found.

A spelling in strict form is typed by SQL. Those that SQL refuses are rewritten by `derive.checks.canonical` or become
faults. Each is read once and its answer spread over the rows; rows are never visited one by one in Python.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dx_data import text
from dx_data.derive import checks, staged
from dx_data.door import values
from dx_data.door.echo import safe_mended, safe_problem, shown
from dx_data.door.known import NOTHING, Known, Reading
from dx_data.door.match import Matched
from dx_data.door.spelled import Mask, Places, Table
from dx_data.door.staging import Staging
from dx_data.door.totals import is_whole
from dx_data.door.undecided import UnknownChoice
from dx_data.door.values import Values
from dx_data.errors import ROWS_SHOWN, Fault, Mended, Problem
from dx_data.spec import Column, Dataset, Kind
from dx_data.text import fold_choice

_Standing = tuple[dict[str, str | None], Places, Places]
_PROBLEMS_PER_COLUMN = 200
_AT = re.compile("([A-Z]+)([0-9]*)")
_MOST_KEYS = 1 << 62
_WEEKDAYS = "月火水木金土日"
_THURSDAY = _WEEKDAYS.index("木")  # 1970-01-01
_SPELLING = ("choice.spelling", "選択肢の表記にそろえました")
_DATE = ("date.spelling", "日付の表記をそろえました")
_NUMBER = ("number.spelling", "数の表記をそろえました")
_IDENTIFIER = ("id.spelling", "番号の表記（全角・半角、ハイフン、空白）をそろえました")
_REWRITTEN: dict[Kind, tuple[str, str]] = {
    Kind.TEXT: ("text.trimmed", "前後の空白を除きました"),
    Kind.CHOICE: _SPELLING,
    Kind.CHOICES: _SPELLING,
    Kind.DATE: _DATE,
    Kind.DATETIME: _DATE,
    Kind.INTEGER: _NUMBER,
    Kind.NUMBER: _NUMBER,
    Kind.YEN: _NUMBER,
}


class Finding(NamedTuple):
    """What is wrong with cells of one column (the n-th) or, without one, with whole rows."""

    n: int | None
    letter: str
    header: str
    value: str
    message: str
    fix: str


@dataclass(frozen=True, eq=False)
class Checked:
    """One dataset's rows, typed, with everything found and mended on the way.

    `rows` counts data rows, `sound` those without a fault. `unknown` are spellings that no choice has, `used` the
    decided readings of spellings that it needed. `read` are the columns; the k-th faulty cell stands at `places[k]` (a
    row's place from 0), in row `at[k]` of the file, and is `findings[kinds[k]]`.
    """

    dataset: Dataset
    sheet: str | None
    header_row: int
    rows: int
    sound: int
    problems: tuple[Problem, ...]
    mended: tuple[Mended, ...]
    numbers: Places
    read: tuple[Values, ...]
    faulty: Mask
    places: Places
    at: Places
    kinds: Places
    findings: tuple[Finding, ...]
    unknown: tuple[UnknownChoice, ...] = ()
    used: tuple[Reading, ...] = ()

    @property
    def columns(self) -> tuple[Column, ...]:
        """The declared columns that the file has."""
        return tuple(each.column for each in self.read)

    def typed(self) -> pa.Table:
        """The sound rows: declared columns (those absent from the file are NULL), `source_sheet`, `source_row`."""
        sound = np.flatnonzero(~self.faulty)
        found = {each.column.name: each for each in self.read}
        columns = {
            c.name: found[c.name].per_row(sound) if c.name in found else values.absent(c, len(sound))
            for c in self.dataset.stored
        }
        sheet = pa.DictionaryArray.from_arrays(
            np.zeros(self.sound, np.int8), pa.array([self.sheet or ""]), mask=np.full(self.sound, self.sheet is None)
        )
        return pa.table({**columns, "source_sheet": sheet, "source_row": self.numbers[sound]})

    def all_faults(self) -> list[Fault]:
        """Every faulty cell with its place, fault and remedy, in the order of the file."""
        # A fault of a whole row stands behind those of its cells.
        headers = {header: n for n, header in enumerate(sorted({f.header for f in self.findings if f.n is not None}))}
        ranks = np.array([len(headers) if f.n is None else headers[f.header] for f in self.findings], np.int64)
        order = np.lexsort((self.kinds, ranks[self.kinds], self.places))
        rows, kinds = self.at[order].tolist(), self.kinds[order]
        words = zip(*(finding[1:] for finding in self.findings), strict=True)
        cells = (np.array(each, object)[kinds].tolist() for each in words)
        return list(dict.fromkeys(map(Fault._make, zip(repeat(self.sheet or ""), rows, *cells, strict=False))))


def check(matched: Matched, staging: Staging, known: Known = NOTHING, until: dt.date | None = None) -> Checked:
    """Type and check every cell of a matched table, reading spellings as people decided.

    What happened, happened `until` that day.
    """
    declared = matched.columns
    if known.choices or known.additions:
        widened = {view: known.widened(matched.dataset, column) for view, column in matched.columns.items()}
        matched = replace(matched, columns=widened)
    at = {heading.at for heading in map(matched.heading, matched.columns) if heading.at}
    table = staging.table(matched.view, [*matched.columns, *sorted(at)])
    work = _Work(matched, staging, table, known)
    work.rewrite()
    work.require()
    work.bound()
    work.tell_wholes()
    if until:
        work.await_days(until)
    work.order()
    work.weigh_parts()
    work.await_choices(declared)
    work.unique()
    work.even()
    work.notice_private_use()
    work.notice_lost_zeros()
    work.notice_states_without_date()
    work.notice_weekdays()
    return work.finish()


@dataclass(frozen=True)
class _Spelling:
    """One loose spelling of a column: how often and where it stands, and its strict form or what is wrong with it."""

    number: int
    cell: str
    count: int
    rows: tuple[int, ...]
    strict: str = ""
    fault: text.Unreadable | None = None


def _folded(column: Column, cell: str) -> set[str]:
    return set(map(fold_choice, checks.parts(column, cell))) if column.choices else set()


def _read(column: Column, number: int, cell: str, count: int, rows: tuple[int, ...]) -> _Spelling:
    try:
        return _Spelling(number, cell, count, rows, strict=checks.canonical(column, cell))
    except text.Unreadable as fault:
        return _Spelling(number, cell, count, rows, fault=fault)


class _Work:
    """One check under way: collects what it finds."""

    def __init__(self, matched: Matched, staging: Staging, table: Table, known: Known) -> None:
        self.matched, self.staging, self.known = matched, staging, known
        self.table, self.rows = table, table.rows
        self.shared = bool((table.rows[1:] == table.rows[:-1]).any())
        self.views = list(matched.columns)
        self.read = values.read(table, matched.columns, staging)
        self.unknown: list[UnknownChoice] = []
        self.used: list[Reading] = []
        self.problems: list[Problem] = []
        self.mended: list[Mended] = []
        self.faulty = np.zeros(len(table.rows), np.bool_)
        self.findings: list[Finding] = []
        self.places: list[Places] = []
        self.at: list[Places] = []
        self.kinds: list[Places] = []

    def place(self, n: int, option: str = "") -> dict[str, str | None]:
        """Sheet, letter and heading of a column, for findings; of the one that kintone gave an option, if it did."""
        heading, column = self.matched.heading(self.views[n]), self.read[n].column
        letter, header = heading.letter, heading.text or column.title
        for each, its in heading.options if option else ():
            if option in checks.parts(column, each):
                letter, header = its, f"{heading.text}[{each}]"
        return {"sheet": self.matched.laid.sheet, "column": letter or None, "header": shown(header)}

    def stand(self, n: int | None, places: Places, option: str = "") -> Iterator[_Standing]:
        """The cells of a column at some places, by the file's columns: place for findings, places, rows in the file."""
        if n is None:
            yield {"sheet": self.matched.laid.sheet}, places, self.rows[places]
            return
        heading, place = self.matched.heading(self.views[n]), self.place(n, option)
        if not heading.at:
            yield place, places, self.rows[places]
            return
        written = [_AT.fullmatch(cell or "") for cell in self.table.columns[heading.at].at(places).listed()]
        letters = np.array([found[1] if found else "" for found in written])
        rows = [int(found[2]) if found and found[2] else 0 for found in written]
        there = np.where(rows, rows, self.rows[places])
        for letter in dict.fromkeys(letters.tolist()):
            mine = letters == letter
            header = shown(self.matched.laid.heads.get(letter, "")) or place["header"]
            yield {**place, "column": letter or None, "header": header}, places[mine], there[mine]

    def first(self, places: Places) -> tuple[int, ...]:
        """The numbers of the first rows of some places."""
        return tuple(self.rows[places[:ROWS_SHOWN]].tolist())

    def rewrite(self) -> None:
        """Rewrite the loose spellings of every column, or note them as faults."""
        for n, each in enumerate(self.read):
            if each.loose.any():
                self._rewrite_column(n)

    def _rewrite_column(self, n: int) -> None:
        mine = self.read[n]
        spellings = self._spellings(mine)
        if read := [s for s in spellings if not s.fault]:
            self._take(n, read)
        if wrong := [s for s in spellings if s.fault]:
            self._note_wrong(n, wrong)
        if mine.column.choices:
            self._decide(n, spellings)
        # Nothing that was written becomes blank, whatever the rules above may have missed.
        lost = mine.loose & mine.unread
        lost[[s.number for s in wrong]] = False
        self.note(
            n,
            mine.spelled.where(lost),
            "check.unreadable",
            f"{mine.column.kind.words}として読めません",
            "書き方を確かめて直してください",
        )

    def _spellings(self, mine: Values) -> list[_Spelling]:
        """The loose spellings of a column, read, in the order of the file."""
        places = mine.spelled.where(mine.loose)
        numbers = mine.spelled.numbers[places]
        by_number = np.argsort(numbers, kind="stable")
        found, starts, counts = np.unique(numbers[by_number], return_index=True, return_counts=True)
        texts = mine.spelled.texts.take(pa.array(found)).to_pylist()
        firsts = (
            places[by_number[start : start + min(n, ROWS_SHOWN)]] for start, n in zip(starts, counts, strict=True)
        )
        spellings = zip(found.tolist(), texts, counts.tolist(), firsts, strict=True)
        ordered = sorted(spellings, key=lambda spelling: spelling[3][0])
        return [_read(mine.column, number, cell, count, self.first(first)) for number, cell, count, first in ordered]

    def _take(self, n: int, read: Sequence[_Spelling]) -> None:
        mine = self.read[n]
        mine.take({s.number: s.strict for s in read}, self.staging)
        decided = self._decided(mine.column)
        changed = [s for s in read if s.cell != s.strict and decided.isdisjoint(_folded(mine.column, s.cell))]
        if not changed:
            return
        rule, message = _IDENTIFIER if mine.column.identifies else _REWRITTEN[mine.column.kind]
        self.mended.append(
            Mended(
                rule=rule,
                message=message,
                count=sum(s.count for s in changed),
                rows=tuple(sorted({row for s in changed for row in s.rows})[:ROWS_SHOWN]),
                before=shown(changed[0].cell),
                after=shown(changed[0].strict),
                **self.place(n),
            )
        )

    def _decided(self, column: Column) -> frozenset[str]:
        return frozenset(self.known.choices.get((self.matched.dataset.name, column.name), {}))

    def _decide(self, n: int, spellings: Sequence[_Spelling]) -> None:
        """Collect the spellings that no choice has, and say which were read as somebody decided."""
        column = self.read[n].column
        name, decided = self.matched.dataset.name, self._decided(column)
        unknown: Counter[str] = Counter()
        used: dict[str, list[_Spelling]] = {}
        for s in spellings:
            for part in checks.parts(column, s.cell):
                if s.fault and s.fault.rule == "choice.unknown" and not checks.reading(column, part):
                    unknown[part] += s.count
                elif (folded := fold_choice(part)) in decided:
                    used.setdefault(folded, []).append(s)
        self.unknown += [
            UnknownChoice(name, column.name, part, count, checks.suggestion(column, part))
            for part, count in unknown.items()
            if not text.looks_personal(part)
        ]
        for folded, found in used.items():
            reading = self.known.choices[name, column.name][folded]
            self.used.append(reading)
            by = reading.by.words if reading.by else "今回の決定"
            self.mended.append(
                Mended(
                    rule="choice.decided",
                    message=f"『{shown(reading.spelling)}』を『{reading.meaning}』と読みました（{by}）",
                    count=sum(s.count for s in found),
                    rows=tuple(sorted({row for s in found for row in s.rows})[:ROWS_SHOWN]),
                    before=shown(reading.spelling),
                    after=reading.meaning,
                    **self.place(n, reading.spelling),
                )
            )

    def _note_wrong(self, n: int, wrong: Sequence[_Spelling]) -> None:
        heading, mine = self.matched.heading(self.views[n]), self.read[n]
        if heading.options:
            self._note_options(n, wrong)
            return
        for place, places, rows in self.stand(n, self._spelled(n, wrong)):
            apart = heading.at or self.shared
            here = _standing(wrong, mine.spelled.numbers[places], rows) if apart else wrong
            self._note_spellings(n, place, here, places, rows)

    def _spelled(self, n: int, spellings: Iterable[_Spelling]) -> Places:
        """The places of the rows with these spellings."""
        mine = self.read[n]
        among = np.zeros(len(mine.loose), np.bool_)
        among[[s.number for s in spellings]] = True
        return mine.spelled.where(among)

    def _note_options(self, n: int, wrong: Sequence[_Spelling]) -> None:
        """What kintone has as an option and the column has not, each where its own column stands in the file."""
        column = self.read[n].column
        unknown: dict[str, list[_Spelling]] = {}
        for s in wrong:
            for part in checks.parts(column, s.cell):
                if not checks.reading(column, part):
                    unknown.setdefault(part, []).append(s)
        for part, found in unknown.items():
            fault, places = _read(column, 0, part, 0, ()).fault, self._spelled(n, found)
            assert fault  # noqa: S101  (no choice has it)
            place, rows = self.place(n, part), self.rows[places]
            self._note_at(n, place, places, rows, fault.rule, fault.message, fault.fix, part)

    def _note_spellings(
        self, n: int, place: dict[str, str | None], wrong: Sequence[_Spelling], places: Places, rows: Places
    ) -> None:
        for s in wrong[:_PROBLEMS_PER_COLUMN]:
            assert s.fault  # noqa: S101  (the caller chose them so)
            self.problems.append(
                Problem(
                    stage="check",
                    rule=s.fault.rule,
                    message=f"「{shown(s.cell)}」は{s.fault.message}",
                    fix=s.fault.fix,
                    value=shown(s.cell),
                    count=s.count,
                    rows=s.rows,
                    **place,
                )
            )
        if rest := wrong[_PROBLEMS_PER_COLUMN:]:
            self.problems.append(
                Problem(
                    stage="check",
                    rule="check.more",
                    message=f"ほかに {len(rest):,} 種類の読めない値があります",
                    fix="すべての誤りは誤り一覧（CSV）で確かめてください",
                    count=sum(s.count for s in rest),
                    rows=rest[0].rows,
                    **place,
                )
            )
        mine, where = self.read[n], (place["column"] or "", place["header"] or "")
        kinds = np.zeros(len(mine.loose), np.int64)
        for s in wrong:
            assert s.fault  # noqa: S101  (the caller chose them so)
            kinds[s.number] = len(self.findings)
            self.findings.append(Finding(n, *where, shown(s.cell), s.fault.message, s.fault.fix))
        self._mark(places, kinds[mine.spelled.numbers[places]], rows)

    def _mark(self, places: Places, kinds: Places, rows: Places) -> None:
        self.faulty[places] = True
        self.places.append(places)
        self.kinds.append(kinds)
        self.at.append(rows)

    def note(self, n: int | None, places: Places, rule: str, message: str, fix: str, option: str = "") -> None:
        """The rows at these places get the same fault, in one column (that of an option) or (None) as a whole."""
        for place, found, rows in self.stand(n, places, option) if len(places) else ():
            self._note_at(n, place, found, rows, rule, message, fix)

    def _note_at(
        self,
        n: int | None,
        place: dict[str, str | None],
        places: Places,
        rows: Places,
        rule: str,
        message: str,
        fix: str,
        value: str = "",
    ) -> None:
        numbers, value = np.unique(rows), shown(value)
        self.problems.append(
            Problem(
                stage="check",
                rule=rule,
                message=f"「{value}」は{message}" if value else message,
                fix=fix,
                value=value or None,
                count=len(numbers),
                rows=tuple(numbers[:ROWS_SHOWN].tolist()),
                **place,
            )
        )
        kinds = np.full(len(places), len(self.findings))
        self.findings.append(Finding(n, place.get("column") or "", place.get("header") or "", value, message, fix))
        self._mark(places, kinds, rows)

    def require(self) -> None:
        """A required cell is never blank."""
        for n, each in enumerate(self.read):
            if each.column.required:
                words = "空欄にできない項目が空欄です"
                self.note(n, each.blanks(), "check.required", words, f"{each.column.title}を入力してください")

    def bound(self) -> None:
        """No value lies under the declared minimum."""
        for n, each in enumerate(self.read):
            least = each.column.minimum
            if least is not None:
                low = pc.less(each.values, pa.scalar(least, each.values.type))
                words = f"{least:,} より小さい値です"
                self.note(n, each.holds(low), "check.minimum", words, f"{least:,} 以上の値にしてください")

    def tell_wholes(self) -> None:
        """In figures by period no row is of all windows or procedures: beside its parts it would count twice."""
        if not self.matched.dataset.period:
            return
        for n, each in enumerate(self.read):
            if each.column.kind is Kind.TEXT and each.column.pii.stored:
                wholes = [value is not None and is_whole(value) for value in each.values.to_pylist()]
                self.note(
                    n,
                    each.spelled.where(np.array(wholes, np.bool_)),
                    "check.whole",
                    "明細ではなく、全体の数の行のようです。明細といっしょに数えると、2度数えます",
                    f"全体の行なら除き、違うなら{each.column.title}を書き直してください",
                )

    def await_choices(self, declared: Mapping[str, Column]) -> None:
        """A choice that its master added holds from its first day on."""
        period = self.matched.dataset.period
        days = [
            each
            for each in self.read
            if each.column.kind is Kind.DATE and (each.column.required or each.column.name == period)
        ]
        for n, (view, mine) in enumerate(zip(self.views, self.read, strict=True)):
            for value, since in self.known.added(declared[view]).items() if days else ():
                held = mine.holding((value,))
                self.note(
                    n,
                    held[days[0].moments("D")[held] < np.datetime64(since)],
                    "choice.not_yet",
                    f"『{value}』は{since.year}年{since.month}月{since.day}日からの選択肢です",
                    "日付か値を確かめて直してください",
                    value,
                )

    def unique(self) -> None:
        """No two sound rows of one file share the dataset's key; blank is a value of the key.

        Nor do their keys differ in nothing but capital and small letters.
        """
        found = {each.column.name: n for n, each in enumerate(self.read)}
        names = [name for name in self.matched.dataset.key if name in found]
        if not names:
            return
        key = [self.read[found[name]] for name in names]
        written = [name for name in names if self.matched.heading(self.views[found[name]]).letter]
        titles = "・".join(each.column.title for each in key)
        of_one = [(key, f"同じ {titles} の行が2つ以上あります", "1つの行にまとめるか、番号を直してください")]
        small = [each.in_small_letters() if each.column.identifies else each for each in key]
        if small != key:
            fix = "同じものなら1つの行にまとめ、別のものなら番号を直してください"
            of_one.append((small, f"{titles} の大文字・小文字だけが違う行があります", fix))
        for each, message, fix in of_one:
            sound = np.flatnonzero(~self.faulty)
            at = found[(written or names)[-1]]
            self.note(at, sound[_repeated(each, sound)], "check.duplicate_key", message, fix)

    def even(self) -> None:
        """No data row has more or fewer cells than the others."""
        odd = np.flatnonzero(np.isin(self.rows, self.matched.laid.ragged))
        words = "列の数がほかの行と違います"
        self.note(None, odd, "check.ragged", words, '「,」や「"」の抜けを直してください')

    def notice(self, n: int, places: Places, rule: str, message: str, said: Values | None = None) -> None:
        """Say what the rows at these places hold (there or in the column `said`); they stay sound."""
        for place, found, rows in self.stand(n, places) if len(places) else ():
            value, first = shown(str((said or self.read[n]).value(int(found[0])))), tuple(rows[:ROWS_SHOWN].tolist())
            self.mended.append(
                Mended(rule=rule, message=message, count=len(found), rows=first, before=value, after=value, **place)
            )

    def notice_private_use(self) -> None:
        """外字 that would be stored is kept and said: other computers show it as a blank."""
        words = "外字があります。そのまま保存しますが、ほかの端末では読めないことがあります"
        for n, each in enumerate(self.read) if self.matched.laid.private_use else ():
            if each.column.kind is Kind.TEXT:
                held = pc.match_substring_regex(each.values, staged.PRIVATE_USE)
                self.notice(n, each.holds(held), "text.private_use", words)

    def notice_lost_zeros(self) -> None:
        """Numbers that are names and shorter than those that begin with 0: Excel may have eaten their zeros."""
        key = self.matched.dataset.key
        for n, each in enumerate(self.read):
            column = each.column
            names = column.name in key or column.references or column.identifies
            if column.kind is not Kind.TEXT or not names:
                continue
            digits = pc.match_substring_regex(each.values, "^[0-9]+$")
            padded = pc.starts_with(each.values, "0")
            sizes = pc.binary_length(each.values)
            longest = pc.max(sizes.filter(pc.and_(digits, padded))).as_py() or 0
            known = (column.example or "") if (column.example or "").isdigit() else ""
            length = max(longest, len(known) if known.startswith("0") else 0)
            if length:
                short = pc.and_(pc.and_(digits, pc.invert(padded)), pc.less(sizes, length))
                words = f"ほかの番号（{length}桁）より短い番号です。先頭の0がExcelで消えていないか確かめてください"
                self.notice(n, each.holds(short), "id.zeros_lost", words)

    def await_days(self, until: dt.date) -> None:
        """Nothing happened on a day to come; a month to come that is filled with zeros already is told."""
        for n, each in enumerate(self.read):
            column = each.column
            if column.name not in self.matched.dataset.past:
                continue
            places = each.holds(pc.greater(each.values.cast(pa.date32(), safe=False), pa.scalar(until)))
            if column.month and len(places):
                figures = [each.quantities()[places] for each in self.read if each.column.kind.counts]
                counted = (np.nan_to_num(figures) != 0).any(axis=0)
                words = "まだ来ていない月の行です。件数が0か空欄なので受け取ります。年月の誤りでないか確かめてください"
                self.notice(n, places[~counted], "check.ahead_of_counts", words)
                places = places[counted]
            remedy = "予定の行なら除いて" if column.required else "まだのときは空欄にして"
            self.note(
                n,
                places,
                "check.ahead",
                f"まだ来ていない{'年月' if column.month else '日付'}です",
                f"年月日を確かめて直し、{remedy}ください",
            )

    def order(self) -> None:
        """No date of a row lies before one that is declared to come first; by day where one of them knows no time."""
        found = {each.column.name: n for n, each in enumerate(self.read)}
        for earlier, later in self.matched.dataset.orders:
            if not found.keys() >= {earlier, later}:
                continue
            first, second = self.read[found[earlier]], self.read[found[later]]
            unit = "us" if first.column.kind is second.column.kind is Kind.DATETIME else "D"
            self.note(
                found[later],
                np.flatnonzero(second.moments(unit) < first.moments(unit)),
                "check.order",
                f"『{first.column.title}』より前の日付です",
                f"『{first.column.title}』とこの項目の日付を確かめ、違うほうを直してください",
            )

    def weigh_parts(self) -> None:
        """No part of a row is more than its whole; one that may be is told."""
        found = {each.column.name: n for n, each in enumerate(self.read)}
        for rule in self.matched.dataset.parts:
            if not found.keys() >= {rule.part, rule.whole}:
                continue
            n, part, whole = found[rule.part], self.read[found[rule.part]], self.read[found[rule.whole]]
            places = np.flatnonzero(part.quantities() > whole.quantities())
            words = f"『{whole.column.title}』より多くなっています"
            if rule.may_exceed:
                words = f"{words}。前の月までに受け付けた分を含むのでなければ、2つの列を確かめてください"
                self.notice(n, places, "check.exceeds", words)
            else:
                fix = "2つの列が入れ替わっていないか確かめ、違うほうを直してください"
                self.note(n, places, "check.part", words, fix)

    def notice_states_without_date(self) -> None:
        """A state that needs another cell filled (済 without its date) is told: figures over time will lack the row."""
        found = {each.column.name: n for n, each in enumerate(self.read)}
        for rule in self.matched.dataset.together:
            if rule.state in found and rule.needs in found:
                n, state = found[rule.needs], self.read[found[rule.state]]
                places = np.intersect1d(state.holding(rule.values), self.read[n].blanks(), assume_unique=True)
                title = state.column.title
                words = f"『{title}』が「{'・'.join(rule.values)}」なのに空欄です。日付が分かれば入力してください"
                self.notice(n, places, "check.together", words, said=state)

    def notice_weekdays(self) -> None:
        """A day of the week that is not the date's is told: one of the two was mistyped, and nobody knows which."""
        found = {each.column.name: n for n, each in enumerate(self.read)}
        for named, dated in self.matched.dataset.weekdays:
            if not found.keys() >= {named, dated}:
                continue
            mine, day = self.read[found[named]], self.read[found[dated]]
            stated = np.array([_WEEKDAYS.find(value or " ") for value in [*mine.values.to_pylist(), None]])
            stated, days = stated[mine.spelled.numbers], day.moments("D")
            wrong = (stated >= 0) & ~np.isnat(days) & (stated != (days.astype(np.int64) + _THURSDAY) % 7)
            words = f"『{day.column.title}』の曜日と違います。日付か曜日の誤りでないか確かめてください"
            self.notice(found[named], np.flatnonzero(wrong), "check.weekday", words)

    def finish(self) -> Checked:
        """The finished value."""
        none = np.empty(0, np.int64)
        return Checked(
            dataset=self.matched.dataset,
            sheet=self.matched.laid.sheet,
            header_row=self.matched.laid.header_rows[-1],
            rows=len(self.rows),
            sound=int(np.count_nonzero(~self.faulty)),
            problems=tuple(safe_problem(p) for p in sorted(self.problems, key=lambda p: p.rows[:1] or (0,))),
            mended=tuple(map(safe_mended, self.mended)),
            numbers=self.rows,
            read=tuple(self.read),
            faulty=self.faulty,
            places=np.concatenate([none, *self.places]),
            at=np.concatenate([none, *self.at]),
            kinds=np.concatenate([none, *self.kinds]),
            findings=tuple(self.findings),
            unknown=tuple(self.unknown),
            used=tuple(self.used),
        )


def _standing(wrong: Sequence[_Spelling], numbers: npt.NDArray[np.int32], rows: Places) -> list[_Spelling]:
    """Those of the spellings that stand in some rows, as often as they stand there."""
    found = ((s, np.unique(rows[numbers == s.number])) for s in wrong)
    return [replace(s, count=len(own), rows=tuple(own[:ROWS_SHOWN].tolist())) for s, own in found if len(own)]


def _repeated(key: Sequence[Values], places: Places) -> Mask:
    """Which of the rows at these places share their key with another of them."""
    whole, size = np.zeros(len(places), np.int64), 1
    for each in key:
        numbers, count = each.keys()
        if size > _MOST_KEYS // count:
            distinct, whole = np.unique(whole, return_inverse=True)
            size = len(distinct)
        whole, size = whole * count + numbers[places], size * count
    ordered = np.sort(whole)
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    return np.isin(whole, twice)
