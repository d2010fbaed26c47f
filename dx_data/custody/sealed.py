"""A sealed parcel: files in one AES-256 zip with a list of their digests, so that a lacking or changed one is noticed.

Any program that knows WinZip's AES (7-Zip and others) opens it with the password. Names inside are no secret.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

import pyzipper

from dx_data.errors import BackupRefused
from dx_data.lake import Stored

MANIFEST = "manifest.json"
_FORMAT = 1
_CHUNK = 1 << 20
# Whatever a damaged zip makes its readers say.
_DAMAGE = (
    pyzipper.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    KeyError,
    ValueError,
    NotImplementedError,
    RuntimeError,
    OverflowError,
)


def write(
    target: Path, parts: Iterable[tuple[str, bytes | Path | Stored]], password: str, about: Mapping[str, Any]
) -> None:
    """Write a parcel of named bytes or files, its list last, down to the disk. OSError when it cannot be written."""
    listed = {}
    with (
        target.open("wb") as stream,
        pyzipper.AESZipFile(
            stream, "w", compression=pyzipper.ZIP_DEFLATED, compresslevel=1, encryption=pyzipper.WZ_AES
        ) as parcel,
    ):
        parcel.setpassword(password.encode())
        for name, content in parts:
            digest, size = hashlib.sha256(), 0
            with parcel.open(name, "w", force_zip64=True) as entry:
                for chunk in _chunks(content):
                    entry.write(chunk)
                    digest.update(chunk)
                    size += len(chunk)
            listed[name] = {"sha256": digest.hexdigest(), "size": size}
        parcel.writestr(MANIFEST, json.dumps({**about, "format": _FORMAT, "files": listed}, ensure_ascii=False))
        parcel.close()
        stream.flush()
        os.fsync(stream.fileno())


def _chunks(content: bytes | Path | Stored) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    with content.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk


@dataclass(frozen=True)
class Parcel:
    """A parcel opened with its password. `about` is what was said of it, `files` name, digest and size of each."""

    path: Path
    about: Mapping[str, Any]
    files: Mapping[str, Mapping[str, Any]]
    _zip: Any

    def prove(self, into: Path | None = None) -> None:
        """Read every file against the list, and keep them below a folder if one is given.

        BackupRefused naming the first file that lacks or differs, or one that the list does not know.
        """
        beside = (set(self._zip.namelist()) - {MANIFEST}) ^ self.files.keys()
        if beside:
            name = min(beside)
            told = "がありません" if name in self.files else "は目録にありません"
            raise _refused(self.path, f"『{name}』{told}")
        for name, listed in self.files.items():
            digest = hashlib.sha256()
            with damage_named(self.path, name), self._zip.open(name) as entry, _kept(into, name) as kept:
                while chunk := entry.read(_CHUNK):
                    digest.update(chunk)
                    if kept:
                        kept.write(chunk)
            if digest.hexdigest() != listed["sha256"]:
                raise _refused(self.path, f"『{name}』が目録と違います")


@contextmanager
def opened(path: Path, password: str) -> Iterator[Parcel]:
    """A parcel and its list. BackupRefused for a wrong password, a damaged parcel or one of a newer release."""
    with damage_named(path):
        parcel = pyzipper.AESZipFile(path)
    with parcel:
        parcel.setpassword(password.encode())
        try:
            raw = parcel.read(MANIFEST)
        except RuntimeError as fault:
            if "password" in str(fault):
                raise BackupRefused.because(
                    f"控え『{path.name}』の合言葉が合いません",
                    "控えを取ったコンピューターの合言葉（DX_BACKUP_KEY のファイル）を確かめてください",
                ) from fault
            raise _refused(path, "目録を読めません") from fault
        except _DAMAGE as fault:
            raise _refused(path, "目録がないか、読めません") from fault
        with damage_named(path, MANIFEST):
            about = json.loads(raw)
        if about.pop("format") > _FORMAT:
            raise BackupRefused.because(
                f"控え『{path.name}』は新しい版で作られました", "プログラムを新しい版にしてください"
            )
        files = about.pop("files")
        for name in files:
            if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts or "\\" in name or ":" in name:
                raise _refused(path, f"『{name}』という名前は使えません")
        yield Parcel(path, about, files, parcel)


@contextmanager
def damage_named(path: Path, name: str = "") -> Iterator[None]:
    """Whatever a damaged zip makes its readers say becomes one sentence with the place."""
    try:
        yield
    except _DAMAGE as fault:
        raise _refused(path, f"『{name}』が壊れています" if name else "zip として読めません") from fault


@contextmanager
def _kept(into: Path | None, name: str) -> Iterator[IO[bytes] | None]:
    if into is None:
        yield None
        return
    target = into / name
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as stream:
        yield stream
        stream.flush()
        os.fsync(stream.fileno())


def _refused(path: Path, what: str) -> BackupRefused:
    return BackupRefused.because(
        f"控え『{path.name}』は使えません（{what}）", "ほかの控えを指定してください", rule="backup.damaged"
    )
