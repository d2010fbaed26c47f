"""A load as the lake remembers it: what rides in a snapshot's commit message."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from dx_data import calendar


@dataclass(frozen=True)
class Origin:
    """Where a load comes from: the file as received, who brings it, as of when it speaks."""

    file: str
    sha256: str
    size: int
    author: str
    as_of: dt.date
    message: str = ""


@dataclass(frozen=True)
class Load:
    """One line of the lake's history. `undoes` is set on a load that takes another one back.

    `anchor` is the seal of the ledger's intent line, `line` its number: the history vouches for the ledger.
    """

    load: int
    at: dt.datetime
    as_of: dt.date
    author: str
    message: str
    snapshot: int
    file: str
    sha256: str
    tables: tuple[str, ...]
    added: int
    changed: int
    missing: int
    undoes: int | None = None
    anchor: str = ""
    line: int = 0

    def as_json(self, lake_id: str) -> dict[str, Any]:
        """The shape `dx loads --json` promises."""
        return {
            "load": self.load,
            "at": self.at.isoformat(timespec="seconds"),
            "as_of": self.as_of.isoformat(),
            "author": self.author,
            "message": self.message,
            "snapshot": f"{lake_id}:{self.snapshot}",
            "file": self.file,
            "added": self.added,
            "changed": self.changed,
            "missing": self.missing,
            "undoes": self.undoes,
        }


def written(
    number: int,
    origin: Origin,
    names: Sequence[str],
    counts: Mapping[str, int],
    *,
    seal: tuple[int, str],
    undoes: int | None = None,
) -> dict[str, Any]:
    return {
        "load": number,
        "at": calendar.now().isoformat(timespec="seconds"),
        "as_of": origin.as_of.isoformat(),
        "author": origin.author,
        "message": origin.message or f"{origin.file} を取り込み",
        "file": origin.file,
        "sha256": origin.sha256,
        "tables": list(names),
        "added": counts["added"],
        "changed": counts["changed"],
        "missing": counts["missing"],
        "undoes": undoes,
        "line": seal[0],
        "anchor": seal[1],
    }


def again(load: Load, counts: Mapping[str, int]) -> dict[str, Any]:
    """A load of another lake as it is written into this one: only what it changed is counted anew."""
    info = asdict(load) | {name: counts[name] for name in ("added", "changed", "missing")}
    del info["snapshot"]
    return {**info, "at": load.at.isoformat(timespec="seconds"), "as_of": load.as_of.isoformat()}


def read(snapshot: int, info: dict[str, Any]) -> Load:
    return Load(
        **{
            **info,
            "at": dt.datetime.fromisoformat(info["at"]),
            "as_of": dt.date.fromisoformat(info["as_of"]),
            "tables": tuple(info["tables"]),
        },
        snapshot=snapshot,
    )
