"""Backups: the whole lake as one sealed parcel, an exit of the kind 要保護; and a lake made of one again."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import sqlite3
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb

import dx_data.lake as lakes
from dx_data import calendar
from dx_data.access import Person, Right, require
from dx_data.custody import password as passwords
from dx_data.custody import sealed
from dx_data.custody.exits import Exit
from dx_data.custody.ledger import Act, Ledger, Line
from dx_data.custody.proof import Proof
from dx_data.errors import BackupRefused, LakeDamaged, NotFound
from dx_data.lake import CATALOGUE, LEDGER, TABLES, Catalogue, Lake, Place, Stored, digests_of_catalogue, sha256

SUBJECT = "控え"
_NAME = re.compile(r"dx控え_(?P<lake>[0-9a-f]+)_(?P<stamp>\d{8}-\d{6})_複製(?P<copy>\d+)\.zip")
_WAIT = 600
_OLD = 24 * 3600


@dataclass(frozen=True)
class Backup:
    """One backup, as the ledger records it. `place` is its folder."""

    copy: int
    file: str
    place: str
    sha256: str
    size: int
    snapshot: int
    files: int
    at: str
    who: str

    @classmethod
    def read(cls, line: Line) -> Backup:
        """A backup from its line."""
        facts = {name: line.detail[name] for name in ("copy", "file", "place", "sha256", "size", "snapshot", "files")}
        return cls(**facts, at=line.at, who=line.who)

    @property
    def path(self) -> Path:
        """Where it was put."""
        return Path(self.place) / self.file

    def as_json(self) -> dict[str, Any]:
        """The backup as `dx backup --json` shows it."""
        return {"backup": str(self.path), **asdict(self)}

    @property
    def sentence(self) -> str:
        """The backup as one line."""
        return (
            f"控えを取りました: {self.path}（複製番号 {self.copy}、{self.size:,} バイト、"
            f"表データ {self.files:,} ファイル、時点 {self.snapshot}、暗号化あり）。SHA-256 {self.sha256}"
        )


def known(ledger: Ledger) -> list[Backup]:
    """Every backup that the ledger knows, oldest first."""
    return [Backup.read(line) for line in ledger.lines_of(Act.HAND_OVER) if line.subject == SUBJECT]


def next_copy(ledger: Ledger) -> int:
    """The number of the next copy that leaves sealed: backups and copies for analysis are numbered as one."""
    return 1 + max((line.detail.get("copy", 0) for line in ledger.lines_of(Act.HAND_OVER)), default=0)


def password_made(file: Path, place: Place, ledger: Ledger) -> bool:
    """Make the password of this lake's sealed copies if the file is not there; whether it was made now.

    NotFound where another server of the lake has made one: two passwords of one lake would be one too many.
    """
    if place.is_shared and not file.exists() and next_copy(ledger) > 1:
        raise NotFound.because(
            f"控えの合言葉が『{file}』にありません。この台帳の控えや写しは、ほかのサーバーの合言葉で作られています",
            "そのサーバーの合言葉のファイル（DX_BACKUP_KEY）を、ここに写してください。"
            "失くしたときは、新しい合言葉をこのファイルに書いてください",
        )
    return passwords.made(file)


def back_up(place: Place, into: Path, person: Person, password: str) -> Backup:
    """Write the whole lake as one sealed file into a folder, while people read and files load.

    The catalogue and the ledger are taken within one turn, when no load is half done; the Parquet files never change
    once they are written. The file gets its name last, after it was read back and recorded.
    The catalogue of a server is in it as a SQLite file, so that a backup becomes a lake anywhere.
    Raises NotFound without a lake, LakeDamaged when what is stored is not what was recorded.
    """
    require(person, Right.BACK_UP)
    if not place.exists():
        raise NotFound.because(f"台帳が『{place.title}』にありません", "DX_LAKE を確かめてください")
    folder = place.folder
    if folder.resolve() in (into.resolve(), *into.resolve().parents):
        raise BackupRefused.because(
            "控えの場所が台帳のフォルダーの中です", "ほかのディスクか、別のフォルダーを指定してください"
        )
    into.mkdir(parents=True, exist_ok=True)
    with place.lock("backup", _WAIT):
        ledger = Ledger(place.book())
        with place.turn():
            copied, chain, proof = place.copied(), ledger.pages(), Proof.of(ledger)
        said = _read(copied.pages)
        copy = next_copy(ledger)
        name = f"dx控え_{said.facts['id']}_{calendar.now():%Y%m%d-%H%M%S}_複製{copy:04}.zip"
        about = {
            "lake": said.facts["id"],
            "demo": "demo_until" in said.facts,
            "snapshot": said.newest,
            "made_at": calendar.now().isoformat(timespec="seconds"),
        }
        parts: list[tuple[str, bytes | Stored]] = [(CATALOGUE, copied.pages), (LEDGER, chain)]
        parts += ((f"{TABLES}{name}", Stored(place.tables, name)) for name in said.files)
        parts += ((name, Stored(place.files, name)) for name in proof.kept)
        aside = into / f".{name}.part"
        _sweep(into)
        try:
            _write(aside, parts, password, about, proof, copied.digest)
            line = ledger.append(
                person.name,
                Act.HAND_OVER,
                SUBJECT,
                kind=Exit.PROTECTED.value,
                form="zip",
                encrypted="AES-256",
                copy=copy,
                file=name,
                place=str(into.absolute()),
                sha256=sha256(aside),
                size=aside.stat().st_size,
                snapshot=said.newest,
                files=len(said.files),
            )
            aside.rename(into / name)
            _flush(into)
        finally:
            aside.unlink(missing_ok=True)
    return Backup.read(line)


def _read(catalogue: bytes) -> Catalogue:
    try:
        return Catalogue.read(catalogue)
    except sqlite3.Error as fault:
        raise LakeDamaged.because(
            f"台帳の目録『{CATALOGUE}』を読めません", "`dx inspect` で点検し、正しい控えから復元してください"
        ) from fault


def _write(
    aside: Path,
    parts: Sequence[tuple[str, bytes | Stored]],
    password: str,
    about: Mapping[str, Any],
    proof: Proof,
    catalogue: str,
) -> None:
    """Write the parcel, read it back, and compare it with what was noted when the lake was written."""
    try:
        sealed.write(aside, parts, password, about)
    except FileNotFoundError as fault:
        gone = next(name for name, content in parts if isinstance(content, Stored) and not content.exists())
        raise LakeDamaged(tuple(proof.differing({gone: None}))) from fault
    with sealed.opened(aside, password) as parcel:
        parcel.prove()
        found = {name: listed["sha256"] for name, listed in parcel.files.items()} | {CATALOGUE: catalogue}
        if changed := tuple(proof.differing(found)):
            raise LakeDamaged(changed)


def _sweep(into: Path) -> None:
    """Remove what killed backups left; only one is made at a time of each lake, so a day is long enough."""
    for left in into.glob(".dx控え_*.part"):
        if time.time() - left.stat().st_mtime > _OLD:
            left.unlink(missing_ok=True)


def _flush(folder: Path) -> None:
    """Make a new name last through a power cut, where the system lets a folder be flushed."""
    if os.name != "nt":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def chosen(source: Path) -> Path:
    """The backup that is meant: the file itself, or the newest of a folder that holds those of one lake.

    Raises NotFound, or BackupRefused when there are backups of several lakes.
    """
    if source.is_file():
        return source
    found = [(match, path) for path in source.glob("*.zip") if (match := _NAME.fullmatch(path.name))]
    if not found:
        raise NotFound.because(f"『{source}』に控えがありません", "控えのファイルか、そのフォルダーを指定してください")
    if len({match["lake"] for match, _ in found}) > 1:
        raise BackupRefused.because(
            f"『{source}』に、いくつもの台帳の控えがあります", "控えのファイルを1つ指定してください"
        )
    return max(found, key=lambda each: (int(each[0]["copy"]), each[0]["stamp"]))[1]


def restore(source: Path, place: Place, person: Person, password: str) -> Mapping[str, Any]:
    """Make a lake of a backup where there is none, and say what the backup said of itself.

    All is unpacked and proven beside the place first; the lake appears there as a whole, last.
    Raises BackupRefused for a place that is not empty, or a backup that lacks or changed anything.
    """
    require(person, Right.CREATE_LAKE)
    if not place.is_empty:
        raise _not_empty(place)
    file = chosen(source)
    aside = place.beside(f"restoring-{secrets.token_hex(4)}")
    try:
        about = unpack(file, aside, password)
        if place.municipality and lakes.at(str(aside)).owner() not in (None, place.municipality):
            raise BackupRefused.because(
                f"控え『{file.name}』は、ほかの自治体のものです",
                "DX_MUNICIPALITY_CODE と控えを確かめてください",
            )
        ledger = Ledger(aside / LEDGER)
        facts = {"file": file.name, "sha256": sha256(file), "snapshot": about["snapshot"]}
        ledger.append(person.name, Act.RESTORED, SUBJECT, **facts, **_noted_anew(aside, Proof.of(ledger), place))
        place.fill(aside)
    except FileExistsError as fault:
        raise _not_empty(place) from fault
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return about


def _noted_anew(restored: Path, proof: Proof, place: Place) -> dict[str, str]:
    """The catalogue's digest where its new place takes another one of it, if it is what was noted at its old place."""
    digests = digests_of_catalogue(restored / CATALOGUE)
    found = digests[place.proves]
    return {"catalogue": found} if proof.catalogue in digests.values() and proof.catalogue != found else {}


def _not_empty(place: Place) -> BackupRefused:
    return BackupRefused.because(
        f"復元する場所『{place.title}』は空ではありません",
        "空の場所を DX_LAKE（と DX_LAKE_DATA）に指定するか、今の台帳を別の場所に移してから復元してください",
    )


def unpack(file: Path, into: Path, password: str) -> Mapping[str, Any]:
    """Unpack a backup into a new folder, prove that it is a whole lake, and say what it says of itself.

    The original is out of its reach. BackupRefused when anything lacks or differs.
    """
    with sealed.opened(file, password) as parcel:
        parcel.prove(into)
        about, names = parcel.about, set(parcel.files)
    (into / TABLES).mkdir(exist_ok=True)
    try:
        said = Catalogue.read((into / CATALOGUE).read_bytes())
        needed = {CATALOGUE, LEDGER, *(f"{TABLES}{path}" for path in said.files)}
        if LEDGER in names:
            needed |= set(Proof.of(Ledger(into / LEDGER)).kept)
        if lacking := sorted(needed - names):
            raise BackupRefused.because(
                f"控え『{file.name}』は使えません（『{lacking[0]}』がありません）", "ほかの控えを指定してください"
            )
        here = lakes.at(str(into))
        with closing(Lake(here, municipality=here.owner() or "", confined=True)) as lake:
            broken = Ledger(into / LEDGER).verify(lake.anchors())
    except (sqlite3.Error, duckdb.Error, FileNotFoundError) as fault:
        raise BackupRefused.because(
            f"控え『{file.name}』は使えません（台帳として開けません）", "ほかの控えを指定してください"
        ) from fault
    if broken:
        raise BackupRefused(tuple(broken))
    return about
