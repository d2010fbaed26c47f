"""A copy for other programs, an exit of the kind 要保護: DuckDB, Parquet or CSV without personal columns, sealed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dx_data import calendar
from dx_data.access import Person, Right, require
from dx_data.custody import sealed
from dx_data.custody.backups import next_copy
from dx_data.custody.exits import Exit
from dx_data.custody.ledger import Act, Ledger
from dx_data.errors import WrongUsage
from dx_data.lake import Lake, copies, sha256

SUBJECT = "分析用の写し"
_WAIT = 600
_README = "お読みください.txt"
_WAIT = 600


@dataclass(frozen=True)
class Exported:
    """One copy that left: where it is, its number, its digest, what it shows."""

    file: str
    form: str
    copy: int
    sha256: str
    size: int
    files: int
    snapshot: str

    def as_json(self) -> dict[str, Any]:
        """The copy as `dx export --json` shows it."""
        return asdict(self)

    @property
    def sentence(self) -> str:
        """The copy as one line."""
        return (
            f"写しを作りました: {self.file}（{self.form}、複製番号 {self.copy}、{self.size:,} バイト、"
            f"{self.files} ファイル、時点 {self.snapshot}、暗号化あり）。SHA-256 {self.sha256}"
        )


def export(
    lake: Lake,
    ledger: Ledger,
    form: str,
    output: Path,
    person: Person,
    password: str,
    snapshot: str | int | None = None,
) -> Exported:
    """Write a snapshot's copy as one sealed file, to a new file or into a folder, and record it with its number.

    `form` is duckdb, parquet or csv. NotPermitted without the right; WrongUsage where the file cannot be made there.
    """
    require(person, Right.EXPORT)
    with lake.place.lock("backup", _WAIT), _private(lake.folder) as folder:
        copy = next_copy(ledger)
        target = _target(output, f"dx写し_{lake.id}_{form}_{calendar.now():%Y%m%d-%H%M%S}_複製{copy:04}.zip")
        made = folder / "dx.duckdb"
        with lake.apart() as own:
            at = own.copy(made, snapshot)
        parts = [made] if form == "duckdb" else copies.unload(made, folder / form, form)
        about = {"lake": lake.id, "demo": lake.demo_until is not None, "snapshot": at.number, "copy": copy}
        aside = target.with_name(f".{target.name}.part")
        try:
            readme = _readme(at.title, copy, form, lake.demo_until is not None)
            sealed.write(aside, [(_README, readme), *((part.name, part) for part in parts)], password, about)
            line = ledger.append(
                person.name,
                Act.HAND_OVER,
                SUBJECT,
                kind=Exit.PROTECTED.value,
                form=form,
                encrypted="AES-256",
                copy=copy,
                file=target.name,
                place=str(target.parent.absolute()),
                sha256=sha256(aside),
                size=aside.stat().st_size,
                snapshot=at.title,
                files=len(parts),
            )
            aside.rename(target)
        finally:
            aside.unlink(missing_ok=True)
    told = {name: line.detail[name] for name in ("form", "copy", "sha256", "size", "files", "snapshot")}
    return Exported(file=str(target), **told)


def _target(output: Path, name: str) -> Path:
    target = output / name if output.is_dir() else output
    if target.suffix != ".zip" or target.exists() or not target.parent.is_dir():
        raise WrongUsage.because(
            f"『{output}』には書けません", "-o で、あるフォルダーか、まだない .zip のファイルを指定してください"
        )
    return target


@contextmanager
def _private(lake: Path) -> Iterator[Path]:
    """A folder in the lake's own that is gone afterwards; what a killed process left in it goes first."""
    folder = lake / copies.LEAVING
    shutil.rmtree(folder, ignore_errors=True)
    lake.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _readme(snapshot: str, copy: int, form: str, demo: bool) -> bytes:
    lines = [
        f"{SUBJECT}（{form}）複製番号 {copy}、台帳の時点 {snapshot}" + "、架空データ" * demo,
        "要保護: 個人情報と、個人に結び付く列（準識別子）は入っていませんが、1件ずつの行です。公表しないでください。",
        "使い終わったら消し、消したことを管理者に知らせてください。",
        "開き方は README の「分析」にあります。列の意味は、項目の一覧.csv（duckdb では列の注釈）にあります。",
    ]
    return ("\ufeff" + "\r\n".join(lines) + "\r\n").encode()
