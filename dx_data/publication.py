"""A quarter's pack from a house: ask what may be published, hide, lay it out, write it down, record it."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dx_data.access import Person, Right, require
from dx_data.bundled import municipalities
from dx_data.calendar import Quarter, fiscal_year_start
from dx_data.catalog import Result
from dx_data.custody.exits import DraftPack, Exit, hand_over
from dx_data.disclosure.public import Released, publishable
from dx_data.errors import WrongUsage
from dx_data.house import House
from dx_data.pack import forms, manifest
from dx_data.pack.content import Pack, sections


@dataclass(frozen=True)
class Made:
    """A pack that was written: where, what it says, and where its 発行記録 lies."""

    folder: Path
    pack: Pack
    files: int
    record: Path


def draft(house: House, quarter: Quarter, snapshot: str | None = None, earlier: Sequence[Path] = ()) -> Pack:
    """The content of a quarter's pack at a snapshot, hidden so that no earlier pack, oldest first, gives it away.

    WrongUsage for a quarter that is not over; NotFound for a folder that is no pack.
    """
    if quarter.end > house.today():
        raise WrongUsage.because(f"{quarter.title}は、まだ終わっていません", "終わった四半期を指定してください")
    at = house.at(snapshot)
    released: list[Released] = []
    asked: list[dict[str, Any]] = []
    for told in (manifest.read(folder) for folder in earlier):
        then = house.at(told["snapshot"])
        again = tuple(_asked(house, then, each) for each in asked)
        answers = tuple(_asked(house, then, each) for each in told["tables"])
        hidden = tuple(frozenset((row, name) for row, name in each["hidden"]) for each in told["tables"])
        released.append(Released(answers, hidden, again))
        asked += told["tables"]
    open_now = [
        house.ask(question.name, at, today=quarter.end, **_since(question.params, quarter))
        for question in house.catalog.questions.values()
        if question.publish
    ]
    now = [_asked(house, at, each) for each in asked]
    threshold = house.settings.disclosure_threshold
    public = publishable(open_now, released, threshold, now)
    code = house.settings.municipality_code
    return Pack(
        quarter=quarter,
        municipality=next(each for each in municipalities() if each.code == code),
        snapshot=at.title,
        threshold=threshold,
        fictional=house.is_demo,
        sections=sections(public, quarter.end),
    )


def _since(params: Mapping[str, Any], quarter: Quarter) -> dict[str, Any]:
    """A pack speaks of the fiscal year up to the quarter's end; a question may reach further back by itself."""
    return {"since": fiscal_year_start(quarter.start)} if "since" in params else {}


def _asked(house: House, at: Any, table: Mapping[str, Any]) -> Result:
    """The answer to a question of an earlier pack, with the same conditions, at a moment."""
    given = {name: value for name, value in table["params"].items() if value is not None}
    return house.ask(table["question"], at, version=table["version"], **given)


def write(pack: Pack, folder: Path, house: House, person: Person, chosen: Iterable[str] = forms.FORMS) -> Made:
    """Write a pack into a folder that is new or empty, and its 発行記録 beside it, with a line in the ledger.

    WrongUsage where something is there already.
    """
    require(person, Right.HAND_OVER)
    record = folder.with_name(f"{folder.name}_発行記録.json")
    for place in (folder, record):
        if place.exists() and (place.is_file() or any(place.iterdir())):
            raise WrongUsage.because(f"『{place}』はすでにあります", "-o で別の名前を指定してください")
    files = manifest.sealed(pack, forms.files(pack, chosen))
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as apart:
        # Whole or not at all: the folder gets its name only when everything is in it.
        whole = Path(apart) / "pack"
        for name, content in files.items():
            (whole / name).parent.mkdir(parents=True, exist_ok=True)
            (whole / name).write_bytes(content)
        made = DraftPack(str(pack.quarter), pack.snapshot, manifest.digest(files[manifest.NAME]), len(files))
        handed = hand_over(Exit.PUBLIC, made, person, house.ledger)
        if folder.exists():
            folder.rmdir()
        whole.replace(folder)
    record.write_bytes(handed.content)
    return Made(folder, pack, len(files), record)


def late(pack: Pack) -> list[tuple[str, dt.date | None]]:
    """The tables whose data do not reach the quarter's end."""
    found = [(table.title, table.public.result.as_of) for table in pack.tables]
    return [(title, day) for title, day in found if day is None or day < pack.quarter.end]
