"""What a run measured, as `benchmarks/results/NAME.json` keeps it: every sample, machine, versions, day."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import os
import platform
import re
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, ConfigDict

FOLDER = Path(__file__).resolve().parent / "results"
_PACKAGES = ("duckdb", "streamlit", "pandas", "pyarrow", "pydantic", "pandera", "polars", "frictionless")
_DIGITS = 4

Sample = dict[str, float]
Samples = dict[str, dict[str, list[Sample]]]  # by case, then by side


class Machine(BaseModel):
    """The computer and what runs on it."""

    model_config = ConfigDict(frozen=True)

    processor: str
    cores: int
    memory_gib: int
    system: str
    python: str

    @classmethod
    def here(cls) -> Machine:
        """This one."""
        names = re.findall(r"model name\s*:\s*(.+)", _text("/proc/cpuinfo")) or [platform.processor() or "?"]
        memory = re.findall(r"MemTotal:\s*(\d+) kB", _text("/proc/meminfo")) or ["0"]
        return cls(
            processor=names[0].strip(),
            cores=os.cpu_count() or 0,
            memory_gib=round(int(memory[0]) / 2**20),
            system=platform.system(),
            python=platform.python_version(),
        )


class Result(BaseModel):
    """One benchmark's run. `load` is the machine's load (1 minute) before and after, None where it is not known."""

    model_config = ConfigDict(frozen=True)

    name: str
    on: dt.date
    machine: Machine
    versions: dict[str, str]
    load: tuple[float, float] | None
    samples: Samples

    @property
    def runs(self) -> int:
        """The least number of samples that a side has."""
        return min(len(samples) for sides in self.samples.values() for samples in sides.values())


def versions() -> dict[str, str]:
    """The packages that matter, as they are installed here."""
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def kept(folder: Path = FOLDER) -> dict[str, Result]:
    """Every result that lies there, by name."""
    return {path.stem: Result.model_validate_json(path.read_bytes()) for path in sorted(folder.glob("*.json"))}


def keep(result: Result, folder: Path = FOLDER) -> Path:
    """Write a result in place of the one before."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{result.name}.json"
    path.write_text(result.model_dump_json(indent=1) + "\n", encoding="utf-8", newline="\n")
    return path


def rounded(sample: Iterable[tuple[str, float]]) -> Sample:
    """Four digits tell enough."""
    return {key: float(f"{value:.{_DIGITS}g}") for key, value in sample}


def _text(path: str) -> str:
    try:
        return Path(path).read_text("utf-8")
    except OSError:
        return ""
