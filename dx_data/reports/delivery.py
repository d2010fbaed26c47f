"""The year's deliverables as they go onto discs: names that Windows takes, parts that fit, a list with digests."""

from __future__ import annotations

import csv
import io
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from dx_data.custody.exits import csv_bytes
from dx_data.errors import NotFound, WrongUsage
from dx_data.lake.stored import sha256
from dx_data.pack import manifest
from dx_data.text import FORMULA_STARTS

DISC = 4_400_000_000  # bytes of a DVD-R (4.7 GB) that files may fill; the rest is the file system's
LIST = "一覧.csv"
HEADS = ("番号", "巻", "ファイル", "もとの名前", "大きさ（バイト）", "SHA-256")
_UNFIT = re.compile(r'[\\:*?"<>|\x00-\x1f]')
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")
_LONGEST = 100  # characters of one name; with folders and drive Windows takes 260


@dataclass(frozen=True)
class Item:
    """One file: where it is, the name it gets, its size and digest, and on which disc it goes (from 1)."""

    source: Path
    name: str
    size: int
    digest: str
    disc: int

    @property
    def place(self) -> str:
        """Where it lies in the delivery."""
        return f"第{self.disc}巻/{self.name}"


def windows_name(name: str) -> str:
    """A path's parts as Windows takes them, in composed characters.

    >>> windows_name("議事録:4月?.docx"), windows_name("aux.txt"), windows_name("a./b .csv")
    ('議事録_4月_.docx', '_aux.txt', 'a/b .csv')
    """
    parts = []
    for part in PurePosixPath(unicodedata.normalize("NFC", name)).parts:
        fit = _UNFIT.sub("_", part).rstrip(". ") or "_"
        # A list that Excel opens must not begin a cell with what could be a formula either.
        fit = f"_{fit}" if _RESERVED.fullmatch(fit) or fit.startswith(FORMULA_STARTS) else fit
        stem, dot, ending = fit.rpartition(".")
        parts.append(f"{stem[: _LONGEST - len(ending) - 1]}.{ending}" if dot and stem else fit[:_LONGEST])
    return "/".join(parts)


def plan(places: Iterable[Path], room: int = DISC) -> list[Item]:
    """The files of these folders and files, in order, each on the first disc that still has room.

    A pack stays whole: its folder goes onto one disc, after `dx pack-check`. NotFound for a place that is not there;
    WrongUsage for a pack that was changed, for a file or pack larger than a disc, and where there is nothing.
    """
    groups: list[list[tuple[Path, str]]] = []
    for place in places:
        if not place.exists():
            raise NotFound.because(f"『{place}』がありません", "納めるファイルかフォルダーを指定してください")
        if place.is_file():
            groups.append([(place, place.name)])
            continue
        inside = sorted(path for path in place.rglob("*") if path.is_file())
        named = [(path, f"{place.name}/{path.relative_to(place).as_posix()}") for path in inside]
        if (place / manifest.NAME).exists():
            if problems := manifest.check(place):
                raise WrongUsage.because(
                    f"公表資料『{place}』が、作ったときのままではありません（{problems[0].message}）",
                    "もとの資料を指定してください",
                )
            groups.append(named)
        else:
            groups += [[each] for each in named]
    if not groups:
        raise WrongUsage.because("納めるファイルがありません", "ファイルかフォルダーを指定してください")
    return _on_discs(groups, room)


def _on_discs(groups: Sequence[Sequence[tuple[Path, str]]], room: int) -> list[Item]:
    left: list[int] = []
    items: list[Item] = []
    taken: set[str] = set()
    for group in groups:
        size = sum(path.stat().st_size for path, _ in group)
        if size > room:
            raise WrongUsage.because(
                f"『{group[0][0]}』などは {size:,} バイトあり、1枚に入りません", "分けるか、小さくしてください"
            )
        at = next((number for number, free in enumerate(left) if free >= size), len(left))
        if at == len(left):
            left.append(room)
        left[at] -= size
        for path, written in group:
            name = _free(windows_name(written), taken)
            items.append(Item(path, name, path.stat().st_size, sha256(path), at + 1))
    return items


def _free(name: str, taken: set[str]) -> str:
    """The name, numbered where another file has it already: Windows tells no capitals apart."""
    path, number, free = PurePosixPath(name), 1, name
    while free.casefold() in taken:
        number += 1
        free = str(path.with_name(f"{path.stem}_{number}{path.suffix}"))
    taken.add(free.casefold())
    return free


def listed(items: Sequence[Item]) -> bytes:
    """The list that lies on every disc and beside them."""
    rows = [(n, i.disc, i.place, i.source.name, i.size, i.digest) for n, i in enumerate(items, 1)]
    return csv_bytes([HEADS, *rows])


def digest(items: Sequence[Item]) -> str:
    """SHA-256 of the list, which covers every file."""
    return manifest.digest(listed(items))


def write(items: Sequence[Item], folder: Path) -> None:
    """Copy everything into a new folder, whole or not at all, with the list.

    WrongUsage where something is there already, or where a file changed while it was copied.
    """
    if folder.exists() and (folder.is_file() or any(folder.iterdir())):
        raise WrongUsage.because(f"『{folder}』はすでにあります", "-o で別の名前を指定してください")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as apart:
        whole = Path(apart) / "delivery"
        for item in items:
            target = whole / item.place
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(item.source, target)
            if sha256(target) != item.digest:
                raise WrongUsage.because(
                    f"『{item.source}』が、写している間に変わりました", "閉じてから、もう一度実行してください"
                )
        content = listed(items)
        for place in (whole, *sorted(path for path in whole.iterdir() if path.is_dir())):
            (place / LIST).write_bytes(content)
        if folder.exists():
            folder.rmdir()
        whole.replace(folder)


def check(folder: Path) -> list[str]:
    """What differs from the list, in sentences: changed, lacking and unlisted files. NotFound without a list."""
    if not (folder / LIST).is_file():
        raise NotFound.because(f"『{folder}』に一覧がありません", "`dx deliver` で作ったフォルダーを指定してください")
    rows = list(csv.DictReader(io.StringIO((folder / LIST).read_text("utf-8-sig"))))
    found, known = [], {LIST}
    for row in rows:
        path = folder / row["ファイル"]
        known |= {row["ファイル"], f"第{row['巻']}巻/{LIST}"}
        if not path.is_file():
            found.append(f"{row['ファイル']} がありません")
        elif sha256(path) != row["SHA-256"]:
            found.append(f"{row['ファイル']} が、納めたときのままではありません")
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    return found + [f"{name} は一覧にありません" for name in sorted(there - known)]
