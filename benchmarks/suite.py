"""All benchmarks, in the order of the page."""

from __future__ import annotations

from benchmarks import disk, door, questions
from benchmarks.declared import Benchmark

ALL: tuple[Benchmark, ...] = (door.DOOR, door.MEMORY, questions.GROWTH, questions.ROLLUPS, disk.ON_DISK)
