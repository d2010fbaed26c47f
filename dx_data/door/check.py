"""Cells → typed rows and findings: set-based, over rows staged as text; every fault of every row is found.

A cell in strict form is typed by SQL. The distinct spellings that SQL refuses are rewritten by `derive.checks.canonical`
or become faults; rows are never visited one by one in Python.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from dx_data import text
from dx_data.derive import checks
from dx_data.derive.tables import TYPES, literal, quoted
from dx_data.door.match import Matched
from dx_data.door.staging import Staging
from dx_data.errors import ROWS_SHOWN, Mended, Problem
from dx_data.spec import Column, Dataset, Kind

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

    def typed(self, staging: Staging) -> pa.Table:
        """The sound rows: declared columns (those absent from the file are NULL), `source_sheet`, `source_row`."""
        present = {column.name for column in self.columns}
        selected = ", ".join(
            f"{quoted(c.name) if c.name in present else f'NULL::{TYPES[c.kind]}'} AS {quoted(c.name)}"
            for c in self.dataset.stored
        )
        sheet = literal(self.sheet)
        return staging.sql(
            f"SELECT {selected}, {sheet}::VARCHAR AS source_sheet, row AS source_row FROM {self.table}"
            f" WHERE faults = 0 ORDER BY row"
        ).to_arrow_table()

    def all_faults(self, staging: Staging) -> Iterator[tuple[str, int, str, str, str, str]]:
        """Every faulty cell: sheet, row, heading, masked value, fault, remedy."""
        for row, header, value, message, fix in staging.sql(
            f"SELECT row, header, value, message, fix FROM {self.faults} ORDER BY row, header"
        ).fetchall():
            yield self.sheet or "", row, header, value, message, fix


def check(matched: Matched, staging: Staging) -> Checked:
    """Type and check every cell of a matched table."""
    cells = list(matched.columns.items())
    table = staging.name("typed")
    cut = ", ".join(f"{checks.present(quoted(view))} AS t{bit}" for bit, (view, _) in enumerate(cells))
    typed = ", ".join(f"{checks.strict(column, f't{bit}')} AS {quoted(column.name)}" for bit, (_, column) in enumerate(cells))
    # One bit per column: the cell holds something that SQL's strict form refuses.
    loose = " | ".join(
        f"CASE WHEN t{bit} IS NOT NULL AND {quoted(column.name)} IS NULL THEN {1 << bit} ELSE 0 END"
        for bit, (_, column) in enumerate(cells)
    )
    staging.sql(
        f"CREATE TABLE {table} AS SELECT *, ({loose})::UBIGINT AS loose, 0::UBIGINT AS faults"
        f" FROM (SELECT *, {typed} FROM (SELECT row, {cut} FROM {matched.view}))"
    )
    work = _Work(matched, staging, table, cells)
    work.rewrite()
    work.require()
    work.bound()
    work.unique()
    work.even()
    return work.finish()


class _Work:
    """One check under way: collects what it finds beside the staged table."""

    def __init__(self, matched: Matched, staging: Staging, table: str, cells: Sequence[tuple[str, Column]]) -> None:
        self.matched, self.staging, self.table, self.cells = matched, staging, table, cells
        self.problems: list[Problem] = []
        self.mended: list[Mended] = []
        self.faults = staging.name("faults")
        staging.sql(f"CREATE TABLE {self.faults} (row BIGINT, header VARCHAR, value VARCHAR, message VARCHAR, fix VARCHAR)")

    def place(self, bit: int) -> dict[str, str | None]:
        """Sheet, letter and heading of a column, for findings."""
        view, column = self.cells[bit]
        heading = self.matched.heading(view)
        return {
            "sheet": self.matched.laid.sheet,
            "column": heading.letter or None,
            "header": heading.text or column.title,
        }

    def rewrite(self) -> None:
        """Rewrite the loose spellings of every column, or note them as faults."""
        found = self.staging.sql(
            "SELECT " + ", ".join(f"count(*) FILTER (WHERE loose & {1 << b} <> 0)" for b in range(len(self.cells)))
            + f" FROM {self.table}"
        ).fetchall()[0]
        for bit, count in enumerate(found):
            if count:
                self._rewrite_column(bit)

    def _rewrite_column(self, bit: int) -> None:
        _, column = self.cells[bit]
        where = f"loose & {1 << bit} <> 0"
        spellings = self.staging.sql(
            f"SELECT t{bit}, count(*), list(row ORDER BY row)[:{ROWS_SHOWN}] FROM {self.table} WHERE {where}"
            f" GROUP BY t{bit} ORDER BY min(row)"
        ).fetchall()
        read: list[tuple[str, str]] = []
        wrong: list[tuple[str, int, tuple[int, ...], text.Unreadable]] = []
        rewritten: list[tuple[str, str, int, tuple[int, ...]]] = []
        for cell, count, rows in spellings:
            try:
                strict = checks.canonical(column, cell)
            except text.Unreadable as fault:
                wrong.append((cell, count, tuple(rows), fault))
                continue
            read.append((cell, strict))
            rewritten.append((cell, strict, count, tuple(rows)))
        if read:
            names = self.staging.name("spellings")
            self.staging.connection.register(
                f"{names}_in", pa.table({"cell": [c for c, _ in read], "strict": [s for _, s in read]})
            )
            self.staging.sql(
                f"UPDATE {self.table} SET {quoted(column.name)} = {checks.strict(column, 's.strict')}"
                f" FROM {names}_in s WHERE {where} AND t{bit} = s.cell"
            )
            self.staging.connection.unregister(f"{names}_in")
        if rewritten:
            rule, message = _REWRITTEN[column.kind]
            cell, strict, _, _ = rewritten[0]
            self.mended.append(
                Mended(
                    rule=rule,
                    message=message,
                    count=sum(count for _, _, count, _ in rewritten),
                    rows=tuple(sorted({row for *_, rows in rewritten for row in rows})[:ROWS_SHOWN]),
                    before=_shown(cell),
                    after=_shown(strict),
                    **self.place(bit),
                )
            )
        if wrong:
            self._note_wrong(bit, wrong)

    def _note_wrong(self, bit: int, wrong: list[tuple[str, int, tuple[int, ...], text.Unreadable]]) -> None:
        place = self.place(bit)
        for cell, count, rows, fault in wrong[:_PROBLEMS_PER_COLUMN]:
            self.problems.append(
                Problem(
                    stage="check",
                    rule=fault.rule,
                    message=f"「{_shown(cell)}」は{fault.message}",
                    fix=fault.fix,
                    value=_shown(cell),
                    count=count,
                    rows=rows,
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
                    count=sum(count for _, count, _, _ in rest),
                    rows=rest[0][2],
                    **place,
                )
            )
        wrongs = self.staging.name("wrong")
        self.staging.connection.register(
            wrongs,
            pa.table(
                {
                    "cell": [c for c, *_ in wrong],
                    "value": [_shown(c) for c, *_ in wrong],
                    "message": [f.message for *_, f in wrong],
                    "fix": [f.fix for *_, f in wrong],
                }
            ),
        )
        where = f"loose & {1 << bit} <> 0 AND t{bit} = w.cell"
        self.staging.sql(
            f"INSERT INTO {self.faults} SELECT row, {literal(place['header'])}, w.value, w.message, w.fix"
            f" FROM {self.table}, {wrongs} w WHERE {where}"
        )
        self.staging.sql(f"UPDATE {self.table} SET faults = faults | {1 << bit} FROM {wrongs} w WHERE {where}")
        self.staging.connection.unregister(wrongs)

    def note(self, bit: int, where: str, rule: str, message: str, fix: str) -> None:
        """Every row of the condition gets the same fault in one column."""
        count, rows = self.staging.sql(
            f"SELECT count(*), list(row ORDER BY row)[:{ROWS_SHOWN}] FROM {self.table} WHERE {where}"
        ).fetchall()[0]
        if not count:
            return
        place = self.place(bit)
        self.problems.append(
            Problem(stage="check", rule=rule, message=message, fix=fix, count=count, rows=tuple(rows), **place)
        )
        self.staging.sql(
            f"INSERT INTO {self.faults} SELECT row, {literal(place['header'])}, '', {literal(message)}, {literal(fix)}"
            f" FROM {self.table} WHERE {where}"
        )
        self.staging.sql(f"UPDATE {self.table} SET faults = faults | {1 << bit} WHERE {where}")

    def require(self) -> None:
        """A required cell is never blank."""
        for bit, (_, column) in enumerate(self.cells):
            if column.required:
                self.note(
                    bit, f"t{bit} IS NULL", "check.required", "空欄にできない項目が空欄です", f"{column.title}を入力してください"
                )

    def bound(self) -> None:
        """No value lies under the declared minimum."""
        for bit, (_, column) in enumerate(self.cells):
            if column.minimum is not None:
                self.note(
                    bit,
                    f"{quoted(column.name)} < {column.minimum}",
                    "check.minimum",
                    f"{column.minimum} より小さい値です",
                    f"{column.minimum} 以上の値にしてください",
                )

    def unique(self) -> None:
        """No two sound rows of one file share the dataset's key."""
        present = {column.name: bit for bit, (_, column) in enumerate(self.cells)}
        key = [name for name in self.matched.dataset.key if name in present]
        if not key:
            return
        names = ", ".join(map(quoted, key))
        titles = "・".join(self.matched.dataset.column(name).title for name in key)
        bit = present[key[-1]]
        twice = f"(SELECT {names} FROM {self.table} WHERE faults = 0 GROUP BY {names} HAVING count(*) > 1)"
        same = " AND ".join(f"d.{quoted(n)} IS NOT DISTINCT FROM {self.table}.{quoted(n)}" for n in key)
        self.note(
            bit,
            f"faults = 0 AND EXISTS (SELECT 1 FROM {twice} d WHERE {same})",
            "check.duplicate_key",
            f"同じ {titles} の行が2つ以上あります",
            "1つの行にまとめるか、番号を直してください",
        )

    def even(self) -> None:
        """No data row has more or fewer cells than the others."""
        odd = self.matched.laid.ragged
        if odd and self.cells:
            listed = ", ".join(map(str, odd))
            self.note(
                0, f"row IN ({listed})", "check.ragged", "列の数がほかの行と違います", "「,」や「\"」の抜けを直してください"
            )

    def finish(self) -> Checked:
        """The finished value."""
        rows, sound = self.staging.sql(
            f"SELECT count(*), count(*) FILTER (WHERE faults = 0) FROM {self.table}"
        ).fetchall()[0]
        order = sorted(self.problems, key=lambda p: (p.rows[0] if p.rows else 0))
        return Checked(
            dataset=self.matched.dataset,
            sheet=self.matched.laid.sheet,
            header_row=self.matched.laid.header_rows[-1],
            rows=rows,
            sound=sound,
            problems=tuple(order),
            mended=tuple(self.mended),
            table=self.table,
            faults=self.faults,
            columns=tuple(column for _, column in self.cells),
        )


def _shown(cell: str) -> str:
    return text.mask(cell) if text.looks_personal(cell) else cell[:80]
