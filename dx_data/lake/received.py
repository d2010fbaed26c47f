"""What is kept of a loaded file: its rows without what the gate left out, as CSV beside the catalogue, by load."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Collection, Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb

from dx_data.derive.headers import spellings
from dx_data.derive.tables import PROVENANCE, TYPES, literal, quoted
from dx_data.errors import LakeDamaged
from dx_data.lake.plan import Part
from dx_data.lake.reference import declared
from dx_data.lake.stored import sha256
from dx_data.settings import parallel
from dx_data.spec import Delivery, Kind
from dx_data.text import fold_header

KEPT = "kept/"  # below the lake's folder, and in a backup
_NAME = re.compile(r"kept/(?P<load>\d{6,})_(?P<table>[a-z][a-z0-9_]*)\.csv")
_PLACES = ("source_sheet", "source_row")
# A field without quotes is NULL, a quoted one of no characters is a text of none: so nothing is lost on the way back.
_FORM = "HEADER, DELIMITER ',', QUOTE '\"', ESCAPE '\"', NULLSTR ''"


def keep(folder: Path, load: int, parts: Sequence[Part]) -> dict[str, dict[str, Any]]:
    """Write the rows of a load down to the disk, one file a table.

    By name: the file's digest, how it was delivered and whether its keys were found unique, as `part` needs it.
    """
    (folder / KEPT).mkdir(exist_ok=True)
    found = {}
    # One thread: rows of a CSV are written one after the other, and more threads wait for each other at twice the work.
    with closing(duckdb.connect(":memory:", config={"threads": 1})) as connection:
        for part in parts:
            name = f"{KEPT}{load:06}_{part.dataset.name}.csv"
            connection.register("rows_in", part.rows)
            places = [f"{quoted(each)} AS {quoted(PROVENANCE[each][1])}" for each in _PLACES]
            columns = [c for c in part.dataset.stored if c.name in part.present]
            values = [
                f"{'to_json(' if c.kind is Kind.CHOICES else '('}{quoted(c.name)}) AS {quoted(c.title)}"
                for c in columns
            ]
            connection.execute(
                f"COPY (SELECT {', '.join((*places, *values))} FROM rows_in) TO {literal(str(folder / name))} ({_FORM})"
            )
            connection.unregister("rows_in")
            _flush(folder / name)
            facts = {"sha256": sha256(folder / name), "delivery": part.delivery.value, "unique": part.unique}
            found[name] = facts
    return found


def _flush(file: Path) -> None:
    descriptor = os.open(file, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def part(folder: Path, name: str, facts: dict[str, Any]) -> Part:
    """A kept file as it came in, from its name and what `keep` said of it.

    LakeDamaged when the file is gone, changed, or has a heading that today's declaration does not know.
    """
    match = _NAME.fullmatch(name)
    dataset = declared(match["table"]) if match else None
    if dataset is None or not (folder / name).exists() or sha256(folder / name) != facts["sha256"]:
        raise _damaged(name, "がないか、書き換わっています")
    with closing(duckdb.connect(":memory:", config={**parallel()})) as connection:
        heads = _heads(folder / name)
        meant = {fold_header(PROVENANCE[each][1]): (each, PROVENANCE[each][0]) for each in _PLACES}
        meant |= {text: (c.name, TYPES[c.kind]) for c in dataset.stored for text in spellings(c)}
        if unknown := [head for head in heads if fold_header(head) not in meant]:
            raise _damaged(name, f"の項目『{unknown[0]}』は、いまの宣言にありません")
        listed = ", ".join(f"{literal(f'c{n}')}: 'VARCHAR'" for n in range(len(heads)))
        values = []
        for n, head in enumerate(heads):
            column, kind = meant[fold_header(head)]
            value = f"from_json(c{n}, '[\"VARCHAR\"]')" if kind.endswith("[]") else f"CAST(c{n} AS {kind})"
            values.append((column, f"{value} AS {quoted(column)}"))
        values += [
            (c.name, f"NULL::{TYPES[c.kind]} AS {quoted(c.name)}")
            for c in dataset.stored
            if c.name not in {column for column, _ in values}
        ]
        chosen = ", ".join(value for _, value in values)
        rows = connection.execute(
            f"SELECT {chosen} FROM read_csv({literal(str(folder / name))}, auto_detect = false, header = true,"
            " delim = ',', quote = '\"', escape = '\"', nullstr = '', allow_quoted_nulls = false,"
            f" columns = {{{listed}}})"
        ).to_arrow_table()
    present = frozenset(meant[fold_header(head)][0] for head in heads) - set(_PLACES)
    return Part(dataset, rows, present, Delivery(facts["delivery"]), facts["unique"])


def _heads(file: Path) -> list[str]:
    with file.open(encoding="utf-8", newline="") as stream:
        return next(csv.reader(stream))


def texts(folder: Path, name: str, *, every: bool = False) -> set[str]:
    """The values of a kept file's text columns that are no choices of ours, or `every` value. None where it is gone."""
    match, file = _NAME.fullmatch(name), folder / name
    if match is None or not file.exists():
        return set()
    free = {c.title for c in declared(match["table"]).stored if c.kind is Kind.TEXT}
    with file.open(encoding="utf-8", newline="") as stream:
        lines = csv.reader(stream)
        at = [n for n, head in enumerate(next(lines)) if every or head in free]
        return {line[n] for line in lines for n in at if line[n]}


def lines(folder: Path, name: str) -> list[list[str]]:
    """A kept file as it reads, its heads first."""
    with (folder / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def items(folder: Path, name: str) -> list[str]:
    """The items that a kept file holds; none where it is gone."""
    file = folder / name
    return _heads(file)[len(_PLACES) :] if file.exists() else []


def names(folder: Path) -> list[str]:
    """The kept files that lie there."""
    return sorted(f"{KEPT}{path.name}" for path in (folder / KEPT).glob("*.csv"))


def load_of(name: str) -> int:
    """The number of the load that a kept file came by."""
    match = _NAME.fullmatch(name)
    if match is None:
        raise _damaged(name, "という名前の保管ファイルはありません")
    return int(match["load"])


def loose(folder: Path, known: Collection[str]) -> list[str]:
    """Kept files of loads that were never done: a killed process left them."""
    return [name for name in names(folder) if name not in known]


def remove(folder: Path, gone: Iterable[str]) -> None:
    """Remove kept files, whether or not they still lie there."""
    for name in gone:
        (folder / name).unlink(missing_ok=True)


def _damaged(name: str, told: str) -> LakeDamaged:
    return LakeDamaged.because(
        f"保管ファイル『{name}』{told}", "`dx inspect` で点検し、正しい控えから復元してください", rule="received"
    )
