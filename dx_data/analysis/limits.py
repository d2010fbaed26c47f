"""What one query may take."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """Of one query: seconds of its own run, bytes of memory, rows and bytes of its answer, seconds of waiting before.

    An answer with more rows or bytes is cut and says so; anything else ends the query.
    """

    seconds: float = 10
    memory: int = 1024 * MIB
    rows: int = 100_000
    bytes: int = 64 * MIB
    waiting: float = 60
