"""Bytes → door → plan: a file looked at as a whole, before anything is written."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import pyarrow as pa

from dx_data import calendar, door
from dx_data.custody import remembered
from dx_data.door.corrected import faulty_cells
from dx_data.door.echo import safe_mended, safe_problem
from dx_data.door.known import NOTHING
from dx_data.door.read import shown_name
from dx_data.door.undecided import Undecided
from dx_data.errors import FileRejected, Problem
from dx_data.house import House
from dx_data.intake.reviewed import Reviewed, TableFacts, Wish
from dx_data.lake import Part, Plan, Reference, doubled_problem, notices, twin_problem, vanished_problem
from dx_data.settings import Settings
from dx_data.spec import Dataset, Delivery
from dx_data.text import looks_personal

Progress = Callable[[str], None]
_STAMP = re.compile(r"_(\d{4})(\d{2})(\d{2})T\d{6}")
_DAY = re.compile(r"(?<!\d)(20\d{2})[-_.年]?(0[1-9]|1[0-2])[-_.月]?(0[1-9]|[12]\d|3[01])日?(?!\d)")


def review(
    path: Path,
    house: House | None,
    settings: Settings,
    *,
    name: str | None = None,
    wish: Wish = Wish(),
    progress: Progress = lambda _: None,
) -> Reviewed:
    """The whole door and the plan for one file; writes nothing. Without a house the plan is against an empty lake."""
    file = name or path.name
    wish, unfit = _fit(wish)
    # A demo may end on a later day than this.
    days = (calendar.today(), house.today() if house else None, wish.as_of)
    until = max(day for day in days if day)
    known = (house.remembered() if house else NOTHING).and_now(wish.readings, wish.corrections, wish.additions)
    try:
        with door.Staging() as staging:
            found = door.examine(
                path,
                staging,
                settings,
                name=file,
                dataset=wish.dataset,
                confirmed=wish.confirmed,
                known=known,
                as_of=wish.as_of,
                until=until,
                progress=progress,
            )
            book = found.book
            as_of, source = _as_of(wish, book)
    except FileRejected as fault:
        unmapped = fault.unmapped if isinstance(fault, Undecided) else ()
        return Reviewed(file=shown_name(file), problems=fault.problems + unfit, wish=wish, unmapped=unmapped)
    faults = tuple(chain.from_iterable(table.all_faults() for table in found.tables))
    faulty = tuple(cell for table in found.tables for cell in faulty_cells(table))
    parts = _parts(found.tables, wish)
    progress("台帳との比較")
    # The same bytes read by new decisions are another delivery: then the rows decide whether anything changes.
    plan = _plan(house, parts, None if found.used or wish.additions else book.sha256)
    twice = tuple(doubled_problem(p) for p in plan.parts if p.doubled)
    twice += tuple(safe_problem(twin_problem(p.part.dataset, p.twin)) for p in plan.parts if p.twin)
    silent = wish.accept_vanished or plan.repeated is not None
    vanished = () if silent else tuple(vanished_problem(p) for p in plan.parts if p.vanishes_too_many)
    older = house.lake.older(plan, as_of) if house and as_of and not wish.accept_older else ()
    told = notices(parts, house.lake.at(plan.snapshot) if house else None, as_of)
    return Reviewed(
        file=book.file,
        sha256=book.sha256,
        size=book.size,
        encoding=book.encoding,
        format=book.format,
        tables=tuple(
            TableFacts(t.dataset.name, t.dataset.title, t.sheet, t.header_row, t.rows, t.sound) for t in found.tables
        ),
        as_of=as_of,
        as_of_source=source,
        problems=found.problems + twice + unfit,
        asks=found.asks + vanished + older,
        mended=found.mended + tuple(map(safe_mended, told)),
        faults=faults,
        control_totals=found.control_totals,
        plan=plan,
        wish=wish,
        unmapped=found.unmapped,
        unknown=tuple(choice for table in found.tables for choice in table.unknown),
        faulty=faulty,
        decisions=tuple(decision for decision in found.used if decision.by is None),
        ended=found.ended,
    )


def _fit(wish: Wish) -> tuple[Wish, tuple[Problem, ...]]:
    """The wish without corrections that look personal, which are refused before anything keeps them."""
    kinds = {each: looks_personal(each.after) or looks_personal(each.why) for each in wish.corrections}
    problems = tuple(
        Problem(
            stage="gate",
            rule="gate.correction",
            message=f"手直しの値か理由に{kind}らしいものがあります。この手直しは使わず、保存しません",
            fix="個人が分かるものを除いて、入れ直してください",
            header=remembered.title(each.dataset, each.column),
        )
        for each, kind in kinds.items()
        if kind
    )
    return replace(wish, corrections=tuple(each for each, kind in kinds.items() if not kind)), problems


@dataclass(frozen=True)
class About:
    """What a person says of a table that is kept as 参考データ, and which table of the file it is."""

    name: str
    source: str
    terms: str
    as_of: dt.date
    sheet: str | None = None
    number: int | None = None


def review_reference(
    path: Path, house: House, about: About, *, name: str | None = None, accept_older: bool = False
) -> Reviewed:
    """One table of a file through reading, layout and gate, and what keeping it would change; writes nothing."""
    file = name or path.name
    wish = Wish(as_of=about.as_of, accept_older=accept_older)
    try:
        found = door.keep(path, house.settings, name=file, sheet=about.sheet, number=about.number)
    except FileRejected as fault:
        return Reviewed(file=shown_name(file), problems=fault.problems, wish=wish)
    left_out = f"除いた列:{'、'.join(found.left_out)}" if found.left_out else "すべての列を確かめて保存"
    reference = Reference(
        name=about.name,
        source=about.source,
        terms=about.terms,
        as_of=about.as_of,
        file=found.book.file,
        sheet=found.sheet,
        headings=found.headings,
        kinds=tuple(kind.value for kind in found.kinds),
        row_count=len(found.rows),
        gate=left_out,
    )
    plan = house.lake.plan(reference.parts(found.numbers, found.rows))
    title = f"参考データ『{about.name}』"
    count = len(found.rows)
    return Reviewed(
        file=found.book.file,
        sha256=found.book.sha256,
        size=found.book.size,
        encoding=found.book.encoding,
        format=found.book.format,
        tables=(TableFacts(plan.parts[-1].part.dataset.name, title, found.sheet, found.header_row, count, count),),
        as_of=about.as_of,
        as_of_source="指定",
        asks=() if accept_older else house.lake.older(plan, about.as_of),
        mended=found.mended,
        plan=plan,
        wish=wish,
        kept_as=title,
    )


def _parts(tables: Iterable[door.Checked], wish: Wish) -> list[Part]:
    """One part per dataset: sheets of one dataset are one delivery, else the second would replace the first."""
    by_dataset: dict[Dataset, list[door.Checked]] = {}
    for table in tables:
        by_dataset.setdefault(table.dataset, []).append(table)
    return [
        Part(
            dataset,
            pa.concat_tables([table.typed() for table in found]),
            frozenset.intersection(*(frozenset(c.name for c in table.columns) for table in found)),
            # A row left out for its faults says nothing about its key, so nothing may vanish or be replaced away.
            Delivery.APPEND if any(t.sound < t.rows for t in found) else wish.delivery or dataset.delivery,
            unique=len(found) == 1,
        )
        for dataset, found in by_dataset.items()
    ]


def _plan(house: House | None, parts: list[Part], sha256: str | None) -> Plan:
    if house:
        return house.lake.plan(parts, sha256)
    return Plan.for_empty_lake(parts)


def _as_of(wish: Wish, book: door.Book) -> tuple[dt.date | None, str | None]:
    """As of when the file speaks, and who says so: the person, the file's name, a sheet's name; never a guess."""
    if wish.as_of:
        return wish.as_of, "指定"
    if found := as_of_in(book.file):
        return found, "ファイル名"
    for sheet in book.sheets:
        if sheet.name and (found := as_of_in(sheet.name)):
            return found, "シート名"
    return None, None


def as_of_in(name: str) -> dt.date | None:
    """The as-of date a name tells: kintone's time stamp first, else one plain date."""
    for pattern in (_STAMP, _DAY):
        if found := pattern.search(name):
            try:
                return dt.date(*map(int, found.groups()))
            except ValueError:
                continue
    return None


def files_in(paths: list[Path]) -> Iterator[Path]:
    """The files meant by arguments: a folder stands for the files directly in it, in order of their names."""
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.iterdir() if p.is_file() and not p.name.startswith("."))
        else:
            yield path
