"""The copy that typed SQL reads: one plain `.duckdb` of the newest snapshot, whole or not there, in a private folder.

It is made where it lacks, by one process at a time, and older ones go. Its name holds the snapshot and a digest of all
that was chosen, so that a release which leaves out another column never reads the copy of the one before.
"""

from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock

import duckdb
import pyarrow as pa

from dx_data.datasets import DATASETS
from dx_data.derive import tables
from dx_data.derive.tables import quoted
from dx_data.errors import LoadRefused, of_disk
from dx_data.lake.lake import Lake
from dx_data.lake.place import Taken

FOLDER = "copies"  # in the lake's folder; in no backup, since it can be made again
LEAVING = "leaving"  # there, too: what is being made for an exit
LIST = "項目の一覧.csv"
_WAIT = 600


@dataclass(frozen=True)
class Copied:
    """One copy: its file and the snapshot it shows, as `lake-id:number`."""

    file: Path
    snapshot: str

    def table(self, name: str) -> pa.Table:
        """A table or a Japanese view of it, whole."""
        with closing(duckdb.connect(str(self.file), read_only=True)) as connection:
            return connection.execute(f"SELECT * FROM {quoted(name)}").to_arrow_table()

    def counts(self) -> dict[str, int]:
        """How many rows its tables have, by name."""
        with closing(duckdb.connect(str(self.file), read_only=True)) as connection:
            rows = connection.execute("SELECT table_name, estimated_size FROM duckdb_tables()").fetchall()
        return dict(rows)


class Copies:
    """The newest snapshot's copy, for all threads of a process."""

    def __init__(self, lake: Lake) -> None:
        """Make nothing yet."""
        self._lake = lake
        self.folder = lake.folder / FOLDER
        self._making = Lock()
        self._of = lru_cache(maxsize=4)(self._named)

    def there(self) -> Copied | None:
        """The newest snapshot's copy, if it is made."""
        found = self._of(self._lake.newest())
        return found if found.file.exists() else None

    def latest(self) -> Copied | None:
        """The copy of the latest snapshot that has one, just as this release would make it."""
        numbers = (path.name.partition("-")[0] for path in self.folder.glob("*-*.duckdb"))
        for number in sorted((int(each) for each in numbers if each.isdecimal()), reverse=True):
            found = self._of(number)
            if found.file.exists():
                return found
        return None

    def newest(self) -> Copied:
        """The newest snapshot's copy, made now where it lacks; LoadRefused when another process makes one too long."""
        found = self.there()
        if found:
            return found
        with self._making, self._alone():
            number = self._lake.newest()  # what was newest before the wait may not be so any more
            found = self._of(number)
            if not found.file.exists():
                self._make(found, number)
            self._sweep(found)
        return found

    def _named(self, number: int) -> Copied:
        at = self._lake.at(number)
        chosen = "\n".join(self._lake.copied(at))
        digest = hashlib.sha256(f"{self._lake.mark}\n{chosen}".encode()).hexdigest()[:12]
        return Copied(self.folder / f"{at.number}-{digest}.duckdb", at.title)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        self.folder.mkdir(mode=0o700, exist_ok=True)
        try:
            with self._lake.place.lock(FOLDER, _WAIT):
                yield
        except Taken as fault:
            raise LoadRefused.because(
                "ほかのプログラムが、分析用の写しを10分以上作っています",
                "同じ台帳を開いているプログラムを確かめ、しばらくしてからやり直してください",
            ) from fault

    def _make(self, found: Copied, number: int) -> None:
        aside = found.file.with_suffix(".part")
        _remove(aside)
        try:
            with self._lake.apart() as lake:
                lake.copy(aside, number)
            with aside.open("rb+") as stream:
                os.fsync(stream.fileno())
            aside.replace(found.file)
        except (OSError, duckdb.Error) as fault:
            if refused := of_disk(fault):
                raise refused from fault
            raise
        finally:
            _remove(aside)

    def _sweep(self, newest: Copied) -> None:
        """What is older, or was begun by a killed process, goes; Windows keeps what somebody reads until the next."""
        for old in self.folder.iterdir():
            if old.name != newest.file.name:
                with suppress(PermissionError):
                    old.unlink(missing_ok=True)


def _remove(aside: Path) -> None:
    for path in (aside, aside.with_name(f"{aside.name}.wal")):
        path.unlink(missing_ok=True)


def unload(file: Path, into: Path, form: str) -> list[Path]:
    """A copy's tables with Japanese heads as parquet or csv files, one each by its title, and the list of columns."""
    into.mkdir()
    with closing(duckdb.connect(str(file), read_only=True)) as connection:
        for dataset in DATASETS.values():
            target = into / f"{dataset.title}.{form}"
            connection.execute(tables.unloaded(dataset, str(target), form))
    lines = [("表", "表の名前", "項目", "項目の名前", "種類", "単位", "意味"), *_listed()]
    with (into / LIST).open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream).writerows(lines)
    return sorted(into.iterdir())


def _listed() -> Iterator[tuple[str, ...]]:
    for dataset in DATASETS.values():
        for c in tables.copied(dataset):
            yield dataset.title, dataset.name, c.title, c.name, c.kind.words, c.unit or "", c.description


def files(folder: Path) -> list[Path]:
    """All copies that lie in a lake's folder: what is disposed of may stand in them."""
    found = (path for name in (FOLDER, LEAVING) for path in (folder / name).rglob("*"))
    return sorted(path for path in found if path.is_file())
