"""The door: bytes in, staged rows and findings out. Writes nothing that stays.

`read → layout → match → gate → check`, each stage a function of the previous one's value; each may end with
FileRejected. What people decided before (`Known`) is applied by match and check, and said.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from dx_data.door import check as checking
from dx_data.door import contradicting, gate, layout, returned_list
from dx_data.door import match as matching
from dx_data.door.check import Checked
from dx_data.door.corrected import Corrected, correct
from dx_data.door.echo import safe_mended, safe_problem
from dx_data.door.keeping import Kept, keep
from dx_data.door.known import NOTHING, Correction, Known, Reading
from dx_data.door.laid import Laid
from dx_data.door.match import Matched
from dx_data.door.read import Book, Sheet, read
from dx_data.door.staging import Staging, sweep
from dx_data.door.totals import ControlTotal
from dx_data.door.undecided import Undecided, Unmapped
from dx_data.errors import FileRejected, Mended, Problem
from dx_data.settings import Settings
from dx_data.spec import Dataset

__all__ = [
    "Book",
    "Checked",
    "ControlTotal",
    "Examined",
    "Kept",
    "Known",
    "Staging",
    "Undecided",
    "examine",
    "keep",
    "read",
    "sweep",
]

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Examined:
    """A file that passed the gate: its tables checked, what was left out, and what a person still has to decide.

    `used` are the decisions that it needed, old and new; `ended` the corrections that its source has made needless.
    """

    book: Book
    tables: tuple[Checked, ...]
    left_out: tuple[Mended, ...]
    asks: tuple[Problem, ...]
    control_totals: tuple[ControlTotal, ...] = ()
    layout_problems: tuple[Problem, ...] = ()
    unmapped: tuple[Unmapped, ...] = ()
    used: tuple[Reading | Correction, ...] = ()
    ended: tuple[Correction, ...] = ()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every fault of the layout and of every table."""
        return self.layout_problems + tuple(problem for table in self.tables for problem in table.problems)

    @property
    def mended(self) -> tuple[Mended, ...]:
        """Everything the door put right or left out."""
        return self.left_out + tuple(mended for table in self.tables for mended in table.mended)


def examine(
    path: Path,
    staging: Staging,
    settings: Settings,
    *,
    name: str | None = None,
    dataset: Dataset | None = None,
    confirmed: Mapping[str, str | None] | None = None,
    known: Known = NOTHING,
    as_of: dt.date | None = None,
    until: dt.date | None = None,
    progress: Progress = lambda _: None,
) -> Examined:
    """Walk a file through the whole door; FileRejected at the first stage that fails.

    `confirmed` says what headings of this file mean, by text or place, before anything that is `known`. Nothing in it
    can have happened after the day `until`.
    """
    try:
        return _walk(path, staging, settings, name, dataset, confirmed, known, as_of, until, progress)
    except FileRejected as event:
        raise replace(event, problems=tuple(map(safe_problem, event.problems))) from event


def _walk(
    path: Path,
    staging: Staging,
    settings: Settings,
    name: str | None,
    dataset: Dataset | None,
    confirmed: Mapping[str, str | None] | None,
    known: Known,
    as_of: dt.date | None,
    until: dt.date | None,
    progress: Progress,
) -> Examined:
    progress("読み込み")
    book = read(path, staging, settings, name=name)
    progress("表の形の確認")
    ours = returned_list.sheets(book, staging)
    laid = layout.lay_out(replace(book, sheets=tuple(s for s in book.sheets if s not in ours)), staging, as_of=as_of)
    progress("項目の照合")
    visible = [table for table in laid if not table.hidden] or laid
    try:
        tables, left_out = matching.match_all(visible, staging, dataset=dataset, confirmed=confirmed, known=known)
    except FileRejected:
        # What is refused for its form may still hold what must be named first.
        gate.pass_gate(book, laid, [], staging)
        raise
    progress("個人情報の確認")
    gated = gate.pass_gate(book, laid, tables, staging)
    if wanting := tuple(problem for table in tables for problem in table.problems):
        raise Undecided(wanting, gated.unmapped)
    progress("値の確認")
    corrected = [correct(table, staging, known) for table in gated.tables]
    checked = tuple(checking.check(each.matched, staging, known, until) for each in corrected)
    used = [table for table in visible if any(each.laid is table for each in tables)]
    mended = [m for each in corrected for m in each.mended] + [m for each in tables for m in each.mended]
    mended += contradicting.notices(
        [(table, each.matched.laid) for table, each in zip(checked, corrected, strict=True)],
        book.file,
        settings.municipality_code,
    )
    mended += [m for table in visible for m in table.mended] + left_out + _not_read(book, laid, visible, ours)
    return Examined(
        book,
        checked,
        tuple(map(safe_mended, (*mended, *gated.left_out, *_read_as_decided(tables)))),
        tuple(map(safe_problem, gated.asks)),
        tuple(total for table in used for total in table.totals),
        tuple(safe_problem(problem) for table in used for problem in table.problems),
        gated.unmapped,
        tuple(dict.fromkeys(_used(tables, corrected, checked))),
        tuple(ended for each in corrected for ended in each.ended),
    )


def _used(
    tables: Iterable[Matched], corrected: Iterable[Corrected], checked: Iterable[Checked]
) -> Iterator[Reading | Correction]:
    """Every decision that the file needed."""
    for table in tables:
        yield from (reading for _, reading in table.decided)
    for each in checked:
        yield from each.used
    for correction in corrected:
        yield from correction.used


def _read_as_decided(tables: Iterable[Matched]) -> Iterator[Mended]:
    """A notice for every heading that is read as somebody decided before."""
    for table in tables:
        for heading, reading in table.decided:
            if reading.by and reading.meaning:
                column = table.dataset.column(reading.meaning)
                yield Mended(
                    rule="match.remembered",
                    message=f"見出し『{heading.text}』を『{column.title}』として読みました（{reading.by.words}）",
                    sheet=table.laid.sheet,
                    column=heading.letter,
                    header=heading.text,
                    rows=table.laid.header_rows,
                )


def _not_read(book: Book, laid: list[Laid], visible: list[Laid], ours: list[Sheet]) -> list[Mended]:
    """Sheets without a table (such as our own list) and hidden ones beside visible ones: searched, not loaded."""
    tables = {table.sheet for table in laid}
    hidden = [table for table in laid if table not in visible]
    bare = [sheet for sheet in book.sheets if sheet.height and sheet.name not in tables]
    return [
        Mended(
            rule="layout.hidden_sheet", message="非表示のシートなので読み取っていません", sheet=t.sheet, count=t.height
        )
        for t in hidden
    ] + [
        Mended(
            rule="layout.sheet_left_out",
            message=returned_list.NOTICE if s in ours else "表のないシートなので読み取っていません",
            sheet=s.name,
            count=s.height,
        )
        for s in bare
    ]
