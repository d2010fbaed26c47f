"""The one chain from bytes to figures: door → plan → load → receipt. Screens and command line both call it.

What people decide about a file on the way (`Wish`) is remembered by the load that needed it, and by nothing else.
"""

from __future__ import annotations

import datetime as dt
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa

from dx_data import door, returned
from dx_data.access import Person, Right, require
from dx_data.custody import remembered
from dx_data.custody.exits import FaultBook, FaultList, csv_bytes
from dx_data.custody.ledger import Act
from dx_data.custody.receipts import Receipt, receipt
from dx_data.custody.remembered import Decision
from dx_data.datasets import DATASETS
from dx_data.derive.headers import spellings
from dx_data.door.announced import listed
from dx_data.door.corrected import faulty_cells
from dx_data.door.echo import safe_mended
from dx_data.door.known import NOTHING, Addition, Correction, Reading
from dx_data.door.read import shown_name
from dx_data.door.returned_list import NOTICE
from dx_data.door.staging import private_folder
from dx_data.door.undecided import FaultyCell, Undecided, UnknownChoice, Unmapped
from dx_data.errors import Fault, FileRejected, LoadRefused, Mended, NotFound, Problem, Stopped
from dx_data.house import House
from dx_data.lake import Load, Origin, Part, Plan, Reference, doubled_problem, notices, vanished_problem
from dx_data.settings import Settings
from dx_data.spec import Dataset, Delivery
from dx_data.text import fold_header, looks_personal

Progress = Callable[[str], None]
_STAMP = re.compile(r"_(\d{4})(\d{2})(\d{2})T\d{6}")
_PLACES = 5
_DAY = re.compile(r"(?<!\d)(20\d{2})[-_.年]?(0[1-9]|1[0-2])[-_.月]?(0[1-9]|[12]\d|3[01])日?(?!\d)")


@dataclass(frozen=True)
class Wish:
    """What a person chose for a file; the defaults are what the declarations say.

    `confirmed` says what headings mean, `readings` what unknown choices mean, `corrections` puts cells right,
    `additions` are rows for masters, loaded before the file, that make unknown choices known ones.
    """

    dataset: Dataset | None = None
    delivery: Delivery | None = None
    as_of: dt.date | None = None
    confirmed: Mapping[str, str | None] | None = None
    partial: bool = False
    accept_vanished: bool = False
    accept_older: bool = False
    readings: tuple[Reading, ...] = ()
    corrections: tuple[Correction, ...] = ()
    additions: tuple[Addition, ...] = ()


@dataclass(frozen=True)
class TableFacts:
    """What the door found in one table of the file."""

    dataset: str
    title: str
    sheet: str | None
    header_row: int
    rows: int
    ok_rows: int


@dataclass(frozen=True)
class Reviewed:
    """A file after the door: what it is, what is wrong, what was mended, and what loading it would do.

    `faults` is every faulty cell. Holds the checked rows inside `plan`, so that what is loaded is exactly what was
    shown. `unmapped`, `unknown` and `faulty` are what a person may decide about; `decisions` are those that the load
    will remember, `ended` the corrections it will retire.
    """

    file: str
    sha256: str = ""
    size: int = 0
    encoding: str | None = None
    format: str | None = None
    tables: tuple[TableFacts, ...] = ()
    as_of: dt.date | None = None
    as_of_source: str | None = None
    problems: tuple[Problem, ...] = ()
    asks: tuple[Problem, ...] = ()
    mended: tuple[Mended, ...] = ()
    faults: tuple[Fault, ...] = ()
    control_totals: tuple[door.ControlTotal, ...] = ()
    plan: Plan | None = None
    wish: Wish = Wish()
    kept_as: str = ""
    load: Load | None = None
    receipt: Receipt | None = None
    unmapped: tuple[Unmapped, ...] = ()
    unknown: tuple[UnknownChoice, ...] = ()
    faulty: tuple[FaultyCell, ...] = ()
    decisions: tuple[Decision, ...] = ()
    ended: tuple[Correction, ...] = ()

    @property
    def status(self) -> str:
        """loaded, unchanged, refused, or asks: a person still has to decide (the plan itself, or a guess)."""
        if self.load:
            return "loaded"
        if self.plan is None or (self.problems and not self.wish.partial):
            return "refused"
        if self.asks:
            return "asks"
        return "asks" if self.plan.alters else "unchanged"

    @property
    def loadable(self) -> bool:
        """Whether a yes is all that is missing."""
        return self.status == "asks" and not self.asks

    @property
    def decided(self) -> bool:
        """Whether nothing is left to decide or refuse."""
        return self.status in ("loaded", "unchanged")

    @property
    def fault_list(self) -> FaultList:
        """Everything wrong with the file, one row per faulty cell, what concerns the whole file last."""
        whole = [Fault.of(p) for p in (*self.problems, *self.asks) if p.stage != "check"]
        return FaultList(self.file, tuple(fault.line for fault in (*self.faults, *whole)))

    @property
    def to_mend(self) -> tuple[Fault, ...]:
        """What the sender has to mend; nothing for a file that did not come as far as the check of its values."""
        if self.plan is None:
            return ()
        return (*self.faults, *(Fault.of(p) for p in self.problems if p.stage != "check"))

    def as_json(self, lake_id: str = "") -> dict[str, Any]:
        """One element of `files` in `dx check --json`."""
        first = self.tables[0] if self.tables else None
        return {
            "file": self.file,
            "sha256": self.sha256,
            "encoding": self.encoding,
            "format": self.format,
            "sheet": first.sheet if first else None,
            "dataset": first.dataset if first else None,
            "header_row": first.header_row if first else None,
            "rows": first.rows if first else 0,
            "ok_rows": first.ok_rows if first else 0,
            "as_of": self.as_of.isoformat() if self.as_of else None,
            "status": self.status,
            "load": self.load.load if self.load else None,
            "snapshot": f"{lake_id}:{self.load.snapshot}" if self.load else None,
            "problems": [problem.as_json() for problem in (*self.problems, *self.asks)],
            "mended": [mended.as_json() for mended in self.mended],
            "control_totals": [total.as_json() for total in self.control_totals],
            "plan": self.plan.counts if self.plan else {"added": 0, "changed": 0, "unchanged": 0, "missing": 0},
            "tables": [facts.__dict__ for facts in self.tables],
        }


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
    doubled = tuple(doubled_problem(p) for p in plan.parts if p.doubled)
    silent = wish.accept_vanished or plan.repeated is not None
    vanished = () if silent else tuple(vanished_problem(p) for p in plan.parts if p.vanishes_too_many)
    older = house.lake.older(plan, as_of) if house and as_of and not wish.accept_older else ()
    told = notices(parts, house.lake.at(plan.snapshot) if house else None)
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
        problems=found.problems + doubled + unfit,
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


def returned_book(path: Path, reviewed: Reviewed, settings: Settings) -> FaultBook:
    """The file that was reviewed as its sender gets it back, with everything to mend marked.

    FileRejected where there is nothing to mend, or what was sent cannot be marked.
    """
    faults = reviewed.to_mend
    if not faults:
        raise FileRejected.because(
            f"『{reviewed.file}』には、差戻しExcelにするセルの誤りがありません",
            "表示された誤りを確かめてください",
            stage="returned",
            rule="returned.nothing",
        )
    if reviewed.format == "xls":
        raise FileRejected.because(
            "古い形式のExcel（.xls）には、色やコメントを付けられません",
            "Excelで開き、「Excelブック（.xlsx）」で保存し直してから確かめてください",
            stage="returned",
            rule="returned.old_format",
        )
    if reviewed.format == "csv":
        return FaultBook(reviewed.file, returned.from_csv(path, faults, settings), len(faults))
    again = next((m.sheet for m in reviewed.mended if m.message == NOTICE), None)
    return FaultBook(reviewed.file, returned.from_book(path, faults, settings, again=again), len(faults))


def can_be_returned(reviewed: Reviewed) -> bool:
    """Whether there is something to mend, and in a file whose parts can be written into: no .xls, no huge CSV."""
    fits = {"csv": reviewed.size <= returned.MOST_BYTES, "xls": False}
    return bool(reviewed.to_mend) and fits.get(reviewed.format or "", True)


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


def load(reviewed: Reviewed, house: House, person: Person, *, as_of: dt.date | None = None) -> Reviewed:
    """Load what was reviewed, with an intent line before, an outcome line after, and a receipt.

    Raises NotPermitted, LoadRefused when something is undecided, LakeDamaged when the outcome was not as promised.
    """
    require(person, Right.LOAD)
    if reviewed.status == "unchanged":
        return reviewed
    if not reviewed.loadable or reviewed.plan is None:
        record_refusal(reviewed, house, person)
        raise LoadRefused((*reviewed.problems, *reviewed.asks))
    day = as_of or reviewed.as_of
    if day is None:
        raise LoadRefused.because(
            "いつ時点のデータか分かりません",
            "「いつ時点」を指定してください",
            stage="load",
            rule="load.as_of",
        )
    if not reviewed.wish.accept_older and (older := house.lake.older(reviewed.plan, day)):
        raise LoadRefused(older)
    message = f"{reviewed.file} を{reviewed.kept_as}として取り込み" if reviewed.kept_as else ""
    for addition in reviewed.wish.additions:
        _add(addition, house, person, day)
    origin = Origin(reviewed.file, reviewed.sha256, reviewed.size, person.name, day, message)
    facts = {
        "file": reviewed.file,
        "sha256": reviewed.sha256,
        "size": reviewed.size,
        "rows": sum(table.ok_rows for table in reviewed.tables),
        "tables": [table.title for table in reviewed.tables],
        "as_of": day.isoformat(),
        "partial": reviewed.wish.partial,
        **_quality(reviewed),
    }
    with _recorded(house, person, (Act.LOAD_INTENT, Act.LOAD, Act.LOAD_FAILED), reviewed.file, facts) as record:
        done = house.lake.load(
            reviewed.plan,
            origin,
            accept_vanished=reviewed.wish.accept_vanished,
            before=lambda number: record.announce(number, reviewed.decisions, reviewed.ended),
        )
        record.finish(done)
    return replace(reviewed, as_of=day, load=done, receipt=receipt(done.load, reversed(house.ledger.lines())))


def _add(addition: Addition, house: House, person: Person, day: dt.date) -> None:
    """Load one new row of a master by the same chain as any file; LoadRefused when the master does not take it."""
    master = DATASETS[addition.dataset]
    folder = private_folder()
    try:
        path = folder / "addition.csv"
        rows = ([master.column(name).title for name, _ in addition.cells], [cell for _, cell in addition.cells])
        path.write_bytes(csv_bytes(rows))
        wish = Wish(master, Delivery.APPEND, day, additions=(addition,))
        found = review(path, house, house.settings, name=f"{master.title}への追加.csv", wish=wish)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    load(replace(found, wish=replace(wish, additions=())), house, person)


def undo(number: int, house: House, person: Person) -> Load:
    """Take a load back; NotPermitted or UndoRefused if it may not or cannot."""
    require(person, Right.UNDO)
    facts = {"undoes": number}
    with _recorded(house, person, (Act.UNDO_INTENT, Act.UNDO, Act.UNDO_FAILED), str(number), facts) as record:
        done = house.lake.undo(number, person.name, before=record.announce)
        record.finish(done)
    return done


def forget(number: int, house: House, person: Person) -> Decision:
    """Forget a remembered decision, by its number. NotPermitted, or NotFound if none of that number stands."""
    require(person, Right.LOAD)
    for decision in remembered.decisions(house.ledger):
        if remembered.number_of(decision) == number:
            subject = remembered.title(decision.dataset, decision.column)
            house.ledger.append(person.name, Act.FORGOTTEN, subject, forgets=number)
            return decision
    raise NotFound.because(f"読み替えの記憶に {number} 番はありません", "`dx readings` で番号を確かめてください")


def record_refusal(reviewed: Reviewed, house: House, person: Person) -> int:
    """A line for a file that was turned away: kinds, places and counts, never values (特記仕様 9). Its number."""
    kinds = [
        {
            "rule": p.rule,
            "stage": p.stage,
            "sheet": p.sheet,
            "column": p.column,
            "item": _item(p.header),
            "count": p.count,
            "rows": p.rows[:_PLACES],
        }
        for p in (*reviewed.problems, *reviewed.asks)
    ]
    day = reviewed.as_of.isoformat() if reviewed.as_of else None
    facts = {"sha256": reviewed.sha256, "problems": kinds, "as_of": day, **_quality(reviewed)}
    return house.ledger.append(person.name, Act.REFUSED, reviewed.file, **facts).number


def _quality(reviewed: Reviewed) -> dict[str, int]:
    """How a file came: faulty and mended cells, totals that it states, and those that do not agree."""
    compared = [total for total in reviewed.control_totals if total.agrees is not None]
    return {
        "faulty": sum(problem.count for problem in (*reviewed.problems, *reviewed.asks)),
        "mended": sum(mended.count for mended in reviewed.mended),
        "totals": len(compared),
        "differing": sum(not total.agrees for total in compared),
    }


def _item(header: str | None) -> str | None:
    """A heading as a record may repeat it: where nothing declares it, it could be somebody's data."""
    if header is None:
        return None
    declared = any(fold_header(header) in spellings(c) for d in DATASETS.values() for c in d.columns)
    return header if declared else listed(header)


class _recorded:  # noqa: N801  (reads as a clause)
    """Intent before, outcome after. An intent without an outcome (a kill) is settled at the next start."""

    def __init__(
        self, house: House, person: Person, acts: tuple[Act, Act, Act], subject: str, facts: dict[str, Any]
    ) -> None:
        self.house, self.person, self.acts, self.subject, self.facts = house, person, acts, subject, facts
        self.intent: int | None = None

    def __enter__(self) -> _recorded:
        return self

    def announce(
        self, number: int, decisions: Iterable[Decision] = (), ended: Iterable[Correction] = ()
    ) -> tuple[int, str]:
        """Write the intent, and what the load decides; called inside the turn with the load's number."""
        self.facts["load"] = number
        line = self.house.ledger.append(self.person.name, self.acts[0], self.subject, **self.facts)
        self.intent = line.number
        if made := remembered.entries(decisions, ended, line.number):
            self.house.ledger.append_all(self.person.name, made)
        return line.number, line.seal

    def finish(self, done: Load) -> None:
        """Write the outcome of a committed load."""
        self.house.ledger.append(
            self.person.name,
            self.acts[1],
            self.subject,
            **self.facts,
            intent=self.intent,
            snapshot=done.snapshot,
        )

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: object) -> None:
        if isinstance(fault, Stopped) and self.intent is not None:
            rules = [problem.rule for problem in fault.problems]
            self.house.ledger.append(
                self.person.name, self.acts[2], self.subject, **self.facts, intent=self.intent, rules=rules
            )


def files_in(paths: list[Path]) -> Iterator[Path]:
    """The files meant by arguments: a folder stands for the files directly in it, in order of their names."""
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.iterdir() if p.is_file() and not p.name.startswith("."))
        else:
            yield path
