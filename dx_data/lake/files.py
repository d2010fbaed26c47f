"""What holds a lake's files: a folder, or a bucket (`bucket.py`). DuckDB writes and reads tables there by itself.

A file has a name below its holder, with `/` between the parts, wherever that is.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import duckdb

from dx_data.errors import StartRefused
from dx_data.settings import parallel

BUCKET = "s3://"


class Files(ABC):
    """One holder of files. `title` names it in messages, `address` is what DuckDB calls it.

    `extensions` are those that DuckDB reaches it with, `erasing` is how a file goes there that is disposed of.
    """

    title: str
    address: str
    extensions: tuple[str, ...] = ()
    erasing: str

    @abstractmethod
    def reach(self) -> None:
        """StartRefused or BucketLost where it cannot be reached."""

    @abstractmethod
    def prepare(self) -> None:
        """Make room for files."""

    @abstractmethod
    def below(self, name: str) -> Files:
        """What holds the files whose names begin like this."""

    @abstractmethod
    def names(self) -> list[str]:
        """The names of all files that lie there, in order."""

    @abstractmethod
    def open(self, name: str) -> IO[bytes]:
        """A file's bytes; FileNotFoundError where there is none."""

    @abstractmethod
    def exists(self, name: str) -> bool:
        """Whether there is a file of that name."""

    @abstractmethod
    def flush(self, name: str) -> None:
        """Make a file last that DuckDB has just written."""

    @abstractmethod
    def remove(self, name: str) -> None:
        """Remove a file, whether or not it still lies there."""

    @abstractmethod
    def erase(self, name: str) -> None:
        """Remove a file that is disposed of, as `erasing` says; nothing where there is none."""

    @abstractmethod
    def take_in(self, folder: Path) -> None:
        """The files of a folder become these, which are none yet; FileExistsError where others came first."""

    @abstractmethod
    def clear(self) -> None:
        """Remove all files."""

    @property
    @abstractmethod
    def is_blank(self) -> bool:
        """Whether no file lies there."""

    def grant(self, database: duckdb.DuckDBPyConnection) -> None:
        """Let a database with these extensions reach the files; it reaches a folder's anyway."""
        _ = database

    def database(self) -> duckdb.DuckDBPyConnection:
        """A database of its own that reads and writes these files."""
        return duckdb.connect(":memory:", config={**parallel()})

    def remains(self) -> tuple[str, ...]:
        """Where traces of a disposed file may stay that only people can reach, as sentences."""
        return ()

    def place(self, name: str) -> str:
        """A file as DuckDB calls it."""
        return f"{self.address.rstrip('/')}/{name}"

    def sha256(self, name: str) -> str:
        """A file's digest, in hexadecimal; FileNotFoundError where there is none."""
        with self.open(name) as stream:
            return digest_of_stream(stream)


@dataclass(frozen=True)
class Stored:
    """One file, wherever it lies."""

    files: Files
    name: str

    def open(self, mode: str = "rb") -> IO[bytes]:
        """Its bytes; FileNotFoundError where it is gone."""
        return self.files.open(self.name)

    def exists(self) -> bool:
        """Whether it lies there."""
        return self.files.exists(self.name)


class FolderFiles(Files):
    """The files below a folder that this computer sees."""

    erasing = "上書きして削除"

    def __init__(self, folder: Path) -> None:
        """Nothing is made before `prepare`."""
        self.folder = folder
        self.title, self.address = str(folder.absolute()), str(folder)

    def reach(self) -> None:
        """StartRefused where the folder is not there."""
        if not self.folder.is_dir():
            raise StartRefused.because(
                f"表データの場所『{self.folder}』がありません",
                "DX_LAKE_DATA と、そのフォルダーにつながっていることを確かめてください",
            )

    def prepare(self) -> None:
        """Make the folder."""
        self.folder.mkdir(parents=True, exist_ok=True)

    def below(self, name: str) -> FolderFiles:
        """A folder in it."""
        return FolderFiles(self.folder / name)

    def names(self) -> list[str]:
        """All files below."""
        return sorted(path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if path.is_file())

    def open(self, name: str) -> IO[bytes]:
        """The file of that name."""
        return (self.folder / name).open("rb")

    def exists(self, name: str) -> bool:
        """Whether there is a file of that name."""
        return (self.folder / name).exists()

    def flush(self, name: str) -> None:
        """Bring it down to the disk."""
        descriptor = os.open(self.folder / name, os.O_RDWR)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def remove(self, name: str) -> None:
        """Remove it."""
        (self.folder / name).unlink(missing_ok=True)

    def erase(self, name: str) -> None:
        """Write over it and remove it."""
        erase(self.folder / name)

    def take_in(self, folder: Path) -> None:
        """One rename, where both lie on the same disk."""
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        moved(folder, self.folder)

    def clear(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def is_blank(self) -> bool:
        """Whether nothing is there, or an empty folder."""
        return not self.folder.exists() or (self.folder.is_dir() and not any(self.folder.iterdir()))


def files_at(address: str) -> Files:
    """What holds the files at an address: a folder, or a bucket where it begins with `s3://`."""
    if address.lower().startswith(BUCKET):
        from dx_data.lake.bucket import Bucket  # nobody without a bucket needs its client

        return Bucket(address)
    return FolderFiles(Path(address))


def digest_of_stream(stream: IO[bytes]) -> str:
    """The digest of what a stream still holds, in hexadecimal."""
    digest = hashlib.sha256()
    while chunk := stream.read(1 << 20):
        digest.update(chunk)
    return digest.hexdigest()


def moved(source: Path, target: Path) -> None:
    """Give a folder its place, which is empty or not there; FileExistsError where another one came first."""
    try:
        if target.exists():
            target.rmdir()
        source.rename(target)
    except OSError as fault:
        if target.exists():
            raise FileExistsError(str(target)) from fault
        raise


def erase(file: Path) -> None:
    """Write over a file and remove it; nothing where it is not there. OSError when it cannot be."""
    if not file.exists():
        return
    with file.open("r+b") as stream:
        left = file.stat().st_size
        while left > 0:
            left -= stream.write(b"\0" * min(left, 1 << 20))
        stream.flush()
        os.fsync(stream.fileno())
    file.unlink()
