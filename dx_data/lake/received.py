"""What is kept of a loaded file: its rows without what the gate left out, as CSV beside the tables, by load."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

from dx_data.derive.headers import spellings
from dx_data.derive.tables import PROVENANCE, TYPES, literal, quoted
from dx_data.errors import LakeDamaged
from dx_data.lake.files import Files
from dx_data.lake.plan import Part
from dx_data.lake.reference import declared
from dx_data.spec import Delivery, Kind
from dx_data.text import fold_header

KEPT = "kept/"  # among the lake's files, and in a backup
_NAME = re.compile(r"kept/(?P<load>\d{6,})_(?P<table>[a-z][a-z0-9_]*)\.csv")
_PLACES = ("source_sheet", "source_row")
# A field without quotes is NULL, a quoted one of no characters is a text of none: so nothing is lost on the way back.
_FORM = "HEADER, DELIMITER ',', QUOTE '\"', ESCAPE '\"', NULLSTR ''"


def keep(files: Files, load: int, parts: Sequence[Part]) -> dict[str, dict[str, Any]]:
    """Write the rows of a load where they last, one file a table.

    By name: the file's digest, how it was delivered and whether its keys were found unique, as `part` needs it.
    """
    files.below(KEPT).prepare()
    found = {}
    with closing(files.database()) as connection:
        # Rows of a CSV are written one after the other, and more threads wait for each other at twice the work.
        connection.execute("SET threads = 1")
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
                f"COPY (SELECT {', '.join((*places, *values))} FROM rows_in) TO {literal(files.place(name))} ({_FORM})"
            )
            connection.unregister("rows_in")
            files.flush(name)
            facts = {"sha256": files.sha256(name), "delivery": part.delivery.value, "unique": part.unique}
            found[name] = facts
    return found


def part(files: Files, name: str, facts: dict[str, Any]) -> Part:
    """A kept file as it came in, from its name and what `keep` said of it.

    LakeDamaged when the file is gone, changed, or has a heading that today's declaration does not know.
    """
    match = _NAME.fullmatch(name)
    dataset = declared(match["table"]) if match else None
    if dataset is None or not files.exists(name) or files.sha256(name) != facts["sha256"]:
        raise _damaged(name, "がないか、書き換わっています")
    with closing(files.database()) as connection:
        heads = _heads(files, name)
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
            f"SELECT {chosen} FROM read_csv({literal(files.place(name))}, auto_detect = false, header = true,"
            " delim = ',', quote = '\"', escape = '\"', nullstr = '', allow_quoted_nulls = false,"
            f" columns = {{{listed}}})"
        ).to_arrow_table()
    present = frozenset(meant[fold_header(head)][0] for head in heads) - set(_PLACES)
    return Part(dataset, rows, present, Delivery(facts["delivery"]), facts["unique"])


@contextmanager
def _lines(files: Files, name: str) -> Iterator[Iterator[list[str]]]:
    with files.open(name) as stream, io.TextIOWrapper(stream, "utf-8", newline="") as text:
        yield csv.reader(text)


def _heads(files: Files, name: str) -> list[str]:
    with _lines(files, name) as found:
        return next(found)


def texts(files: Files, name: str, *, every: bool = False) -> set[str]:
    """The values of a kept file's text columns that are no choices of ours, or `every` value. None where it is gone."""
    match = _NAME.fullmatch(name)
    if match is None or not files.exists(name):
        return set()
    free = {c.title for c in declared(match["table"]).stored if c.kind is Kind.TEXT}
    with _lines(files, name) as found:
        at = [n for n, head in enumerate(next(found)) if every or head in free]
        return {line[n] for line in found for n in at if line[n]}


def lines(files: Files, name: str) -> list[list[str]]:
    """A kept file as it reads, its heads first."""
    with _lines(files, name) as found:
        return list(found)


def items(files: Files, name: str) -> list[str]:
    """The items that a kept file holds; none where it is gone."""
    return _heads(files, name)[len(_PLACES) :] if files.exists(name) else []


def names(files: Files) -> list[str]:
    """The kept files that lie there."""
    return [f"{KEPT}{name}" for name in files.below(KEPT).names() if name.endswith(".csv")]


def load_of(name: str) -> int:
    """The number of the load that a kept file came by."""
    match = _NAME.fullmatch(name)
    if match is None:
        raise _damaged(name, "という名前の保管ファイルはありません")
    return int(match["load"])


def loose(files: Files, known: Collection[str]) -> list[str]:
    """Kept files of loads that were never done: a killed process left them."""
    return [name for name in names(files) if name not in known]


def remove(files: Files, gone: Iterable[str]) -> None:
    """Remove kept files, whether or not they still lie there."""
    for name in gone:
        files.remove(name)


def _damaged(name: str, told: str) -> LakeDamaged:
    return LakeDamaged.because(
        f"保管ファイル『{name}』{told}", "`dx inspect` で点検し、正しい控えから復元してください", rule="received"
    )
