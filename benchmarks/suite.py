"""All benchmarks, in the order of the page."""

from __future__ import annotations

from benchmarks import applications, books, disk, door, pack, questions, start, weekly
from benchmarks.declared import Benchmark

ALL: tuple[Benchmark, ...] = (
    door.DOOR,
    door.MEMORY,
    applications.DOOR,
    applications.LONG,
    books.BOOK,
    weekly.WEEK,
    weekly.YEARS,
    questions.GROWTH,
    questions.ROLLUPS,
    start.START,
    start.IMPORTS,
    pack.PACK,
    disk.ON_DISK,
)
