"""All benchmarks, in the order of the page."""

from __future__ import annotations

from benchmarks import (
    applications,
    books,
    browser,
    catalogue,
    disk,
    door,
    engines,
    morning,
    pack,
    pages,
    people,
    questions,
    start,
    weekly,
)
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
    questions.HUNDRED,
    engines.ENGINES,
    pages.PAGES,
    morning.MORNING,
    browser.BROWSER,
    people.PEOPLE,
    start.START,
    start.IMPORTS,
    pack.PACK,
    disk.ON_DISK,
    catalogue.CATALOGUE,
)
