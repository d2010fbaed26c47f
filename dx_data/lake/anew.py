"""A lake made anew without some of its loads, beside it; one step puts it in its place, so there is no half of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any

from dx_data.derive.tables import quoted
from dx_data.lake import received
from dx_data.lake.files import Files
from dx_data.lake.lake import Lake
from dx_data.lake.place import SCHEMA
from dx_data.lake.stored import parquet


def rebuild(old: Lake, gone: Collection[int], kept: Mapping[int, Mapping[str, Any]]) -> Lake:
    """All loads but those that are `gone`, in their order, from what was kept of them, as another lake beside the old.

    To be done within the old lake's turn. UndoRefused when an undo cannot be done again without them; LakeDamaged
    when a kept file is not what was kept.
    """
    old.place.clear_aside()
    loads = sorted(old.loads(), key=lambda load: load.load)
    new = Lake.create(
        old.place.aside(),
        municipality=old.municipality,
        demo_until=old.demo_until,
        disposed_to=loads[-1].load if loads else 0,
    )
    try:
        for load in loads:
            if load.load not in gone:
                files = kept.get(load.load, {})
                new.again(load, [received.part(old.place.files, name, facts) for name, facts in files.items()])
    except BaseException:
        new.close()
        raise
    return new


def loose(lake: Lake) -> list[str]:
    """Parquet files that the catalogue does not name. To be asked within a turn: nobody is writing."""
    named = set(lake.files())
    return [name for name in parquet(lake.tables) if name not in named]


def texts(lake: Lake) -> Iterator[str]:
    """Every different value that any table holds, as text: what a search looks through."""
    at = lake.at()
    with closing(lake.cursor()) as cursor:
        for name, columns in at.columns().items():
            for column in sorted(columns):
                query = f"SELECT DISTINCT CAST({quoted(column)} AS VARCHAR) FROM {SCHEMA}.{quoted(name)}"
                yield from (value for (value,) in cursor.execute(query).fetchall() if value is not None)


def only_in(files: Files, gone: Sequence[str], staying: Sequence[str]) -> set[str]:
    """The free texts of kept files that go which stand in no kept file that stays."""
    there = {value for name in staying for value in received.texts(files, name, every=True)}
    return {value for name in gone for value in received.texts(files, name)} - there
