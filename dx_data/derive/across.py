"""Declaration → statements that compare rows with other rows, other tables and the calendar; SQL text only.

`rows` is a relation with the dataset's columns, `source_sheet` and `source_row`; `known` is one of rows known before.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from dx_data.derive.tables import quoted
from dx_data.errors import ROWS_SHOWN
from dx_data.spec import Column


def absent(column: Column, rows: str, target: str, known: Sequence[str], *, by_value: bool) -> str:
    """By sheet, or by sheet and value: how many rows name something that no relation of `known` has as `target`, the
    first, and one value."""
    name = quoted(column.name)
    return (
        f"SELECT source_sheet, count(*), list(source_row ORDER BY source_row)[:{ROWS_SHOWN}],"
        f" min_by({name}, source_row) FROM {rows}"
        f" WHERE {name} NOT IN ({values(target, known)}) GROUP BY source_sheet{f', {name}' if by_value else ''}"
        f" ORDER BY source_sheet, min(source_row)"
    )


def values(target: str, known: Sequence[str]) -> str:
    """Every value that some relations have in a column."""
    there = " UNION ALL ".join(f"SELECT {quoted(target)} AS value FROM {each}" for each in known)
    return f"SELECT DISTINCT value FROM ({there}) WHERE value IS NOT NULL"


def pairs(columns: tuple[str, str], known: Sequence[str]) -> str:
    """The distinct pairs of two columns that some relations have, where both are filled."""
    one, other = map(quoted, columns)
    there = " UNION ".join(f"SELECT {one} AS one, {other} AS other FROM {each}" for each in known)
    return f"SELECT one, other FROM ({there}) WHERE one IS NOT NULL AND other IS NOT NULL ORDER BY ALL"


def pairs_by_sheet(columns: tuple[str, str], rows: str) -> str:
    """By sheet and pair: how many rows have it, and the first."""
    one, other = map(quoted, columns)
    return (
        f"SELECT source_sheet, {one}, {other}, count(*), list(source_row ORDER BY source_row)[:{ROWS_SHOWN}]"
        f" FROM {rows} WHERE {one} IS NOT NULL AND {other} IS NOT NULL GROUP BY ALL"
        f" ORDER BY source_sheet, min(source_row)"
    )


def beside(day: Column, place: Column, same: str, rows: str, known: str) -> str:
    """By sheet: how many rows `i` are new on a day and at a place where others `c` stand that are in none of the rows,
    the first of them, and its place. `same` says that two rows are one.
    """
    at, when = quoted(place.name), quoted(day.name)
    return (
        f"SELECT source_sheet, count(*), list(source_row ORDER BY source_row)[:{ROWS_SHOWN}], min_by({at}, source_row)"
        f" FROM (SELECT * FROM {rows} i ANTI JOIN {known} c ON {same}) i"
        f" SEMI JOIN (SELECT * FROM {known} c ANTI JOIN {rows} i ON {same}) c"
        f" ON i.{when} = c.{when} AND i.{at} = c.{at}"
        f" GROUP BY source_sheet ORDER BY source_sheet"
    )


def later(day: Column, rows: str, as_of: dt.date) -> str:
    """By sheet: how many rows have a later day, the first of them, and its day."""
    name = f"{quoted(day.name)}::DATE"
    return (
        f"SELECT source_sheet, count(*), list(source_row ORDER BY source_row)[:{ROWS_SHOWN}],"
        f" min_by({name}, source_row) FROM {rows} WHERE {name} > DATE '{as_of}' GROUP BY source_sheet"
        f" ORDER BY source_sheet"
    )


def is_filled(relations: Sequence[str]) -> str:
    """Whether any of the relations has a row."""
    return "SELECT " + " OR ".join(f"EXISTS (SELECT 1 FROM {each})" for each in relations)


def days_by_place(day: Column, place: Column | None, rows: str) -> str:
    """Sheet, place, day, how many rows it has, the first of them."""
    return (
        f"SELECT source_sheet, {_place(place)} AS place, {quoted(day.name)}, count(*), min(source_row) FROM {rows}"
        f" WHERE {quoted(day.name)} IS NOT NULL GROUP BY ALL ORDER BY min(source_row)"
    )


def known_days(day: Column, place: Column | None, known: str) -> str:
    """The distinct places and days that are known."""
    return f"SELECT DISTINCT {_place(place)}, {quoted(day.name)} FROM {known} WHERE {quoted(day.name)} IS NOT NULL"


def openings(place: str, pattern: str, extra: str, known: str) -> str:
    """Each place with its opening patterns and the texts of its extra days."""
    return (
        f"SELECT {quoted(place)}, list(DISTINCT {quoted(pattern)}), list(DISTINCT {quoted(extra)}) FROM {known}"
        f" GROUP BY ALL"
    )


def _place(place: Column | None) -> str:
    return quoted(place.name) if place else "NULL::VARCHAR"
