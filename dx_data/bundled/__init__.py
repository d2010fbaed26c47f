"""The lists the product brings along; the only place that reads them (sources in SOURCES.md)."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from types import MappingProxyType


@dataclass(frozen=True)
class Municipality:
    """One municipality: six-digit code with its check digit, names as the ministry writes them."""

    code: str
    prefecture: str
    name: str


@cache
def municipalities() -> tuple[Municipality, ...]:
    """The 1,741 municipalities as of 2024-01-01 in the ministry's order, without the six of 北方領土."""
    return tuple(Municipality(*row) for row in _rows("municipality_codes.csv"))


@cache
def holidays() -> Mapping[date, str]:
    """National holidays 1955 to 2027 and their names, as the Cabinet Office lists them; read-only."""
    return MappingProxyType({date.fromisoformat(day): name for day, name in _rows("holidays.csv")})


def _rows(name: str) -> list[list[str]]:
    text = files(__name__).joinpath(name).read_text(encoding="utf-8")
    return list(csv.reader(text.splitlines()))[1:]
