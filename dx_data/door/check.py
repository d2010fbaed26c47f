"""Cells → typed rows and findings: set-based, over rows staged as text; every fault of every row is found.

A cell in strict form is typed by SQL. The distinct spellings that SQL refuses are rewritten by
`derive.checks.canonical` or become faults; rows are never visited one by one in Python.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from dx_data import text
from dx_data.derive import checks, staged
from dx_data.door.echo import safe_mended, safe_problem, shown
from dx_data.door.known import NOTHING, Known, Reading
from dx_data.door.match import Matched
from dx_data.door.staging import Staging
from dx_data.door.undecided import UnknownChoice
from dx_data.errors import ROWS_SHOWN, Fault, Mended, Problem
from dx_data.spec import Column, Dataset, Kind
from dx_data.text import fold_choice

_PROBLEMS_PER_COLUMN = 200
_SPELLING = ("choice.spelling", "選択肢の表記にそろえました")
_DATE = ("date.spelling", "日付の表記をそろえました")
_NUMBER = ("number.spelling", "数の表記をそろえました")
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


@dataclass(frozen=True)
class Checked:
    """One dataset's rows, typed, with everything found and mended on the way.

    `rows` counts data rows, `sound` those without a fault. The typed rows stay in the staging until asked for.
    `unknown` are spellings that no choice has, `used` the decided readings of spellings that it needed.
    """

    dataset: Dataset
    sheet: str | None
    header_row: int
    rows: int
    sound: int
    problems: tuple[Problem, ...]
    mended: tuple[Mended, ...]
    table: str
    faults: str
    columns: tuple[Column, ...]
    unknown: tuple[UnknownChoice, ...] = ()
    used: tuple[Reading, ...] = ()

    def typed(self, staging: Staging) -> pa.Table:
        """The sound rows: declared columns (those absent from the file are NULL), `source_sheet`, `source_row`."""
        return staging.sql(staged.sound_rows(self.table, self.dataset, self.columns, self.sheet)).to_arrow_table()

    def all_faults(self, staging: Staging) -> Iterator[Fault]:
        """Every faulty cell with its place, fault and remedy."""
        for row, letter, header, value, message, fix in staging.sql(staged.list_faults(self.faults)).fetchall():
            yield Fault(self.sheet or "", row, letter or "", header or "", value, message, fix)


def check(matched: Matched, staging: Staging, known: Known = NOTHING) -> Checked:
    """Type and check every cell of a matched table, reading spellings as people decided."""
    declared = matched.columns
    if known.choices or known.additions:
        widened = {view: known.widened(matched.dataset, column) for view, column in matched.columns.items()}
        matched = replace(matched, columns=widened)
    cells = list(matched.columns.items())
    table = staging.name("typed")
    staging.sql(staged.create_typed(table, matched.view, cells))
    work = _Work(matched, staging, table, cells, known)
    work.rewrite()
    work.require()
    work.bound()
    work.order()
    work.await_choices(declared)
    work.unique()
    work.even()
    work.notice_private_use()
    work.notice_lost_zeros()
    work.notice_states_without_date()
    return work.finish()


@dataclass(frozen=True)
class _Spelling:
    """One loose spelling of a column: how often and where it stands, and its strict form or what is wrong with it."""

    cell: str
    count: int
    rows: tuple[int, ...]
    strict: str = ""
    fault: text.Unreadable | None = None


def _folded(column: Column, cell: str) -> set[str]:
    return set(map(fold_choice, checks.parts(column, cell))) if column.choices else set()


def _read(column: Column, cell: str, count: int, rows: Sequence[int]) -> _Spelling:
    try:
        return _Spelling(cell, count, tuple(rows), strict=checks.canonical(column, cell))
    except text.Unreadable as fault:
        return _Spelling(cell, count, tuple(rows), fault=fault)


class _Work:
    """One check under way: collects what it finds beside the staged table."""

    def __init__(
        self, matched: Matched, staging: Staging, table: str, cells: Sequence[tuple[str, Column]], known: Known
    ) -> None:
        self.matched, self.staging, self.table, self.cells = matched, staging, table, cells
        self.known = known
        self.unknown: list[UnknownChoice] = []
        self.used: list[Reading] = []
        self.problems: list[Problem] = []
        self.mended: list[Mended] = []
        self.faults = staging.name("faults")
        staging.sql(staged.create_faults(self.faults))

    def place(self, n: int) -> dict[str, str | None]:
        """Sheet, letter and heading of a column, for findings."""
        view, column = self.cells[n]
        heading = self.matched.heading(view)
        return {
            "sheet": self.matched.laid.sheet,
            "column": heading.letter or None,
            "header": shown(heading.text or column.title),
        }

    def rewrite(self) -> None:
        """Rewrite the loose spellings of every column, or note them as faults."""
        counts = self.staging.row(staged.count_loose(self.table, len(self.cells)))
        for n, count in enumerate(counts):
            if count:
                self._rewrite_column(n)

    def _rewrite_column(self, n: int) -> None:
        _, column = self.cells[n]
        found = self.staging.sql(staged.loose_spellings(self.table, n)).fetchall()
        spellings = [_read(column, *spelling) for spelling in found]
        if read := [s for s in spellings if not s.fault]:
            self._take(n, read)
        if wrong := [s for s in spellings if s.fault]:
            self._note_wrong(n, wrong)
        if column.choices:
            self._decide(n, spellings)
        # Nothing that was written becomes blank, whatever the rules above may have missed.
        self.note(
            n,
            staged.is_lost(n, column),
            "check.unreadable",
            f"{column.kind.title}として読めません",
            "書き方を確かめて直してください",
        )

    def _take(self, n: int, read: Sequence[_Spelling]) -> None:
        _, column = self.cells[n]
        with self.staging.lent(cell=[s.cell for s in read], strict=[s.strict for s in read]) as spellings:
            self.staging.sql(staged.take_strict_spellings(self.table, n, column, spellings))
        decided = self._decided(column)
        changed = [s for s in read if s.cell != s.strict and decided.isdisjoint(_folded(column, s.cell))]
        if not changed:
            return
        rule, message = _REWRITTEN[column.kind]
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
        _, column = self.cells[n]
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
                    **self.place(n),
                )
            )

    def _note_wrong(self, n: int, wrong: Sequence[_Spelling]) -> None:
        place = self.place(n)
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
        with self.staging.lent(
            cell=[s.cell for s in wrong],
            value=[shown(s.cell) for s in wrong],
            message=[s.fault.message for s in wrong if s.fault],
            fix=[s.fault.fix for s in wrong if s.fault],
        ) as spellings:
            where = (place["column"], place["header"])
            self.staging.sql(staged.list_unreadable(self.table, n, self.faults, *where, spellings))
            self.staging.sql(staged.mark_unreadable(self.table, n, spellings))

    def note(self, n: int | None, condition: str, rule: str, message: str, fix: str) -> None:
        """Every row of the condition gets the same fault, in one column or (None) as a whole."""
        count, rows = self.staging.row(staged.rows_where(self.table, condition))
        if not count:
            return
        place = {"sheet": self.matched.laid.sheet} if n is None else self.place(n)
        self.problems.append(
            Problem(stage="check", rule=rule, message=message, fix=fix, count=count, rows=tuple(rows), **place)
        )
        where = (place.get("column"), place.get("header"))
        self.staging.sql(staged.list_where(self.table, condition, self.faults, *where, message, fix))
        self.staging.sql(staged.mark_where(self.table, condition, n or 0))

    def note_each(self, conditions: Iterable[tuple[int, str, str, str, str]]) -> None:
        """As `note`, for several columns: one statement tells which of the conditions any row fulfils."""
        wanted = list(conditions)
        if wanted:
            counts = self.staging.row(staged.count_where(self.table, [condition for _, condition, *_ in wanted]))
            for each, count in zip(wanted, counts, strict=True):
                if count:
                    self.note(*each)

    def require(self) -> None:
        """A required cell is never blank."""
        words = "空欄にできない項目が空欄です"
        self.note_each(
            (n, staged.is_blank(n, column), "check.required", words, f"{column.title}を入力してください")
            for n, (_, column) in enumerate(self.cells)
            if column.required
        )

    def bound(self) -> None:
        """No value lies under the declared minimum."""
        self.note_each(
            (
                n,
                staged.is_below(column),
                "check.minimum",
                f"{column.minimum:,} より小さい値です",
                f"{column.minimum:,} 以上の値にしてください",
            )
            for n, (_, column) in enumerate(self.cells)
            if column.minimum is not None
        )

    def await_choices(self, declared: Mapping[str, Column]) -> None:
        """A choice that its master added holds from its first day on."""
        days = [
            c for _, c in self.cells if c.kind is Kind.DATE and (c.required or c.name == self.matched.dataset.period)
        ]
        for n, (view, _) in enumerate(self.cells):
            for value, since in self.known.added(declared[view]).items() if days else ():
                self.note(
                    n,
                    staged.is_used_too_early(declared[view], value, days[0], since),
                    "choice.not_yet",
                    f"『{value}』は{since.year}年{since.month}月{since.day}日からの選択肢です",
                    "日付か値を確かめて直してください",
                )

    def unique(self) -> None:
        """No two sound rows of one file share the dataset's key."""
        found = {column.name: n for n, (_, column) in enumerate(self.cells)}
        key = [name for name in self.matched.dataset.key if name in found]
        if not key or not self.staging.value(staged.count_key_repeats(self.table, key)):
            return
        titles = "・".join(self.matched.dataset.column(name).title for name in key)
        self.note(
            found[key[-1]],
            staged.has_repeated_key(self.table, key),
            "check.duplicate_key",
            f"同じ {titles} の行が2つ以上あります",
            "1つの行にまとめるか、番号を直してください",
        )

    def even(self) -> None:
        """No data row has more or fewer cells than the others."""
        if not self.matched.laid.ragged:
            return
        with self.staging.lent(row=self.matched.laid.ragged) as odd:
            self.note(
                None,
                staged.is_odd(odd),
                "check.ragged",
                "列の数がほかの行と違います",
                '「,」や「"」の抜けを直してください',
            )

    def notice_private_use(self) -> None:
        """外字 that would be stored is kept and said: other computers show it as a blank."""
        if not self.matched.laid.private_use:
            return
        texts = [(n, staged.has_private_use(c), c) for n, (_, c) in enumerate(self.cells) if c.kind is Kind.TEXT]
        counts = self.staging.row(staged.count_where(self.table, [each for _, each, _ in texts])) if texts else ()
        for (n, condition, column), held in zip(texts, counts, strict=True):
            if held:
                count, rows = self.staging.row(staged.rows_where(self.table, condition))
                value = shown(self.staging.value(staged.one_value(self.table, column, condition)))
                message = "外字があります。そのまま保存しますが、ほかの端末では読めないことがあります"
                self.mended.append(
                    Mended(
                        rule="text.private_use",
                        message=message,
                        count=count,
                        rows=tuple(rows),
                        before=value,
                        after=value,
                        **self.place(n),
                    )
                )

    def notice(self, n: int, condition: str, rule: str, message: str, *, said: Column | None = None) -> None:
        """Say what the rows of the condition hold (there or in the column `said`); they stay sound."""
        count, rows = self.staging.row(staged.rows_where(self.table, condition))
        if count:
            value = shown(str(self.staging.value(staged.one_value(self.table, said or self.cells[n][1], condition))))
            place = self.place(n)
            self.mended.append(
                Mended(rule=rule, message=message, count=count, rows=tuple(rows), before=value, after=value, **place)
            )

    def notice_lost_zeros(self) -> None:
        """Numbers that are names and shorter than those that begin with 0: Excel may have eaten their zeros."""
        key = self.matched.dataset.key
        names = [
            (n, column)
            for n, (_, column) in enumerate(self.cells)
            if column.kind is Kind.TEXT
            and (column.name in key or column.references or column.name.endswith(("_id", "code")))
        ]
        padded = self.staging.row(staged.longest_padded(self.table, [c for _, c in names])) if names else ()
        for (n, column), longest in zip(names, padded, strict=True):
            known = (column.example or "") if (column.example or "").isdigit() else ""
            length = max(
                int(longest),
                len(known) if known.startswith("0") else 0,
            )
            if length:
                self.notice(
                    n,
                    staged.is_shortened(column, length),
                    "id.zeros_lost",
                    f"ほかの番号（{length}桁）より短い番号です。先頭の0がExcelで消えていないか確かめてください",
                )

    def order(self) -> None:
        """No date of a row lies before one that is declared to come first."""
        found = {column.name: n for n, (_, column) in enumerate(self.cells)}
        pairs = [pair for pair in self.matched.dataset.orders if found.keys() >= set(pair)]
        self.note_each(
            (
                found[later],
                staged.is_before(self.cells[found[later]][1], first := self.cells[found[earlier]][1]),
                "check.order",
                f"『{first.title}』より前の日付です",
                f"『{first.title}』とこの項目の日付を確かめ、違うほうを直してください",
            )
            for earlier, later in pairs
        )

    def notice_states_without_date(self) -> None:
        """A state that needs another cell filled (済 without its date) is told: figures over time will lack the row."""
        found = {column.name: n for n, (_, column) in enumerate(self.cells)}
        for rule in self.matched.dataset.together:
            if rule.state in found and rule.needs in found:
                n, state = found[rule.needs], self.cells[found[rule.state]][1]
                condition = f"{staged.has_value(state, rule.values)} AND {staged.is_blank(n, self.cells[n][1])}"
                words = f"『{state.title}』が「{'・'.join(rule.values)}」なのに空欄です。日付が分かれば入力してください"
                self.notice(n, condition, "check.together", words, said=state)

    def finish(self) -> Checked:
        """The finished value."""
        rows, sound = self.staging.row(staged.count_sound(self.table))
        return Checked(
            dataset=self.matched.dataset,
            sheet=self.matched.laid.sheet,
            header_row=self.matched.laid.header_rows[-1],
            rows=rows,
            sound=sound,
            problems=tuple(safe_problem(p) for p in sorted(self.problems, key=lambda p: p.rows[:1] or (0,))),
            mended=tuple(map(safe_mended, self.mended)),
            table=self.table,
            faults=self.faults,
            columns=tuple(column for _, column in self.cells),
            unknown=tuple(self.unknown),
            used=tuple(self.used),
        )
