"""Plan → load → receipt → published figures: what was reviewed goes in, or out again, with its lines in the ledger."""

from __future__ import annotations

import datetime as dt
import re
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from dx_data import corrections
from dx_data.access import Person, Right, require
from dx_data.custody import remembered
from dx_data.custody.exits import csv_bytes
from dx_data.custody.ledger import Act
from dx_data.custody.receipts import receipt
from dx_data.custody.remembered import Decision
from dx_data.datasets import DATASETS
from dx_data.derive.headers import spellings
from dx_data.door.announced import listed
from dx_data.door.known import Addition, Correction
from dx_data.door.staging import private_folder
from dx_data.errors import LoadRefused, Lost, NotFound, Stopped, of_network
from dx_data.house import House, settle
from dx_data.intake.reviewed import Reviewed, Wish
from dx_data.intake.reviewing import review
from dx_data.lake import Load, Origin, Part, received
from dx_data.spec import Delivery
from dx_data.text import fold_header

_PLACES = 5


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
    parts = [each.part for each in reviewed.plan.parts]
    facts = {
        "file": reviewed.file,
        "sha256": reviewed.sha256,
        "size": reviewed.size,
        "rows": sum(table.ok_rows for table in reviewed.tables),
        "tables": [table.title for table in reviewed.tables],
        "sheets": list(dict.fromkeys(table.sheet for table in reviewed.tables if table.sheet)),
        "items": _items(parts),
        "as_of": day.isoformat(),
        "partial": reviewed.wish.partial,
        "return_by": house.settings.return_by.isoformat(),
        **_quality(reviewed),
    }
    with _recorded(house, person, (Act.LOAD_INTENT, Act.LOAD, Act.LOAD_FAILED), reviewed.file, facts) as record:
        done = house.lake.load(
            reviewed.plan,
            origin,
            accept_vanished=reviewed.wish.accept_vanished,
            before=lambda number: record.announce(number, parts, reviewed.decisions, reviewed.ended),
            after=record.finish,
        )
    corrections.notice(house, person.name)
    return replace(reviewed, as_of=day, load=done, receipt=receipt(done.load, reversed(house.ledger.lines())))


def _items(parts: Iterable[Part]) -> list[str]:
    """The declared items that the file holds, in the order of their declarations."""
    present = (c.title for part in parts for c in part.dataset.stored if c.name in part.present)
    return list(dict.fromkeys(present))


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
        done = house.lake.undo(number, person.name, before=record.announce, after=record.finish)
    corrections.notice(house, person.name)
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


def _item(header: str | None) -> str | None:
    """A heading as a record may repeat it: where nothing declares it, it could be somebody's data."""
    if header is None:
        return None
    declared = {spelling for d in DATASETS.values() for c in d.columns for spelling in spellings(c)}
    pieces = (header, *re.split(r"[_\[]", header))
    return next((piece for piece in pieces if fold_header(piece) in declared), listed(header))


def _quality(reviewed: Reviewed) -> dict[str, int]:
    """How a file came: faulty and mended cells, totals that it states, and those that do not agree."""
    compared = [total for total in reviewed.control_totals if total.agrees is not None]
    return {
        "faulty": sum(problem.count for problem in (*reviewed.problems, *reviewed.asks)),
        "mended": sum(mended.count for mended in reviewed.mended),
        "totals": len(compared),
        "differing": sum(not total.agrees for total in compared),
    }


class _recorded:  # noqa: N801  (reads as a clause)
    """Intent before, outcome after. An intent without an outcome (a kill) is settled at the next start."""

    def __init__(
        self, house: House, person: Person, acts: tuple[Act, Act, Act], subject: str, facts: dict[str, Any]
    ) -> None:
        self.house, self.person, self.acts, self.subject, self.facts = house, person, acts, subject, facts
        self.intent: int | None = None

    def __enter__(self) -> _recorded:
        if self.house.lake.is_unsettled:
            settle(self.house)
        return self

    def announce(
        self,
        number: int,
        parts: Sequence[Part] = (),
        decisions: Iterable[Decision] = (),
        ended: Iterable[Correction] = (),
    ) -> tuple[int, str]:
        """Keep the rows, write the intent, and what the load decides; called inside the turn with the load's number."""
        self.facts["load"] = number
        if parts:
            self.facts["kept"] = received.keep(self.house.lake.place.files, number, parts)
        line = self.house.ledger.append(self.person.name, self.acts[0], self.subject, **self.facts)
        self.intent = line.number
        if made := remembered.entries(decisions, ended, line.number):
            self.house.ledger.append_all(self.person.name, made)
        return line.number, line.seal

    def finish(self, done: Load) -> None:
        """Write the outcome of a committed load, with what proves later that nothing stored was changed."""
        self.house.ledger.append(
            self.person.name,
            self.acts[1],
            self.subject,
            **self.facts,
            intent=self.intent,
            snapshot=done.snapshot,
            **self.house.lake.proof(done.snapshot),
        )

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: object) -> None:
        if lost := fault if isinstance(fault, Lost) else fault and of_network(fault):
            self.house.lake.is_unsettled = True  # whether it was done can only be told once what is lost is back
            raise lost from fault
        if isinstance(fault, Stopped) and self.intent is not None:
            received.remove(self.house.lake.place.files, self.facts.get("kept", ()))
            rules = [problem.rule for problem in fault.problems]
            self.house.ledger.append(
                self.person.name, self.acts[2], self.subject, **self.facts, intent=self.intent, rules=rules
            )
