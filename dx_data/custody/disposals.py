"""廃棄・返却 (特記仕様 8): what descends from a receipt, bringing a begun disposal to its end, the 廃棄報告書."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from dx_data import calendar
from dx_data.custody import published
from dx_data.custody.document import Document, Sheet, day
from dx_data.custody.ledger import Act, Ledger, Line
from dx_data.custody.published import Edition
from dx_data.errors import NotFound
from dx_data.lake import Lake, anew, copies, erase

ERASED = "上書きして削除"
_ANEW = "台帳を残りのファイルから作り直し、元のファイルを{}"
METHOD = _ANEW.format(ERASED)
_BY_HAND = "見つからないため、人の手で廃棄"
KEEP = "公表した値とハッシュを残し、計算し直しません"
_OVERWRITTEN = (
    "ファイルの中身を上書きして消しました。ディスクそのものを読めなくする処置（専用のソフトや破壊）は含みません。"
)
HEADS = ("帳票名又はファイル名", "項目", "媒体名", "数量", "廃棄方法", "処理日", "担当者名")


class Ending(StrEnum):
    """How what was entrusted ends."""

    DISPOSED = "廃棄"
    RETURNED = "返却"


@dataclass(frozen=True)
class Item:
    """One thing that goes: what, which items of data, on which medium, how much, and how."""

    name: str
    items: str
    medium: str
    quantity: str
    method: str


@dataclass(frozen=True)
class Disposal:
    """One disposal as the ledger keeps it. `former` is the lake's id before, `searched` what the search looked at.

    `published` are the packs whose figures had been counted in that lake, and are 元データ廃棄済 since.
    """

    number: int
    at: str
    who: str
    ending: str
    reason: str
    items: tuple[Item, ...]
    by_hand: tuple[str, ...]
    searched: str
    former: str
    loads: tuple[int, ...]
    anchor: str
    published: tuple[str, ...]

    @classmethod
    def read(cls, line: Line, out: Iterable[Edition] = ()) -> Disposal:
        """A disposal from its line, given all published packs."""
        detail = line.detail
        return cls(
            line.number,
            line.at,
            line.who,
            detail["ending"],
            detail["reason"],
            tuple(Item(**each) for each in detail["items"]),
            tuple(detail["by_hand"]),
            detail["searched"],
            detail["before"],
            tuple(detail["loads"]),
            line.seal,
            tuple(frozen(out, detail["before"])),
        )

    @property
    def title(self) -> str:
        """What the paper is called."""
        return f"{self.ending}報告書 第{self.number}号"

    @property
    def sentence(self) -> str:
        """The disposal as one line."""
        done = f"{day(self.at)} に {self.who} が {len(self.loads):,} 件の取込を{self.ending}しました。"
        return f"{self.title}:{done}{self.searched}"

    def as_json(self) -> dict[str, Any]:
        """The disposal as `dx dispose --json` shows it."""
        return {**asdict(self), "title": self.title}

    @property
    def rows(self) -> list[tuple[str, ...]]:
        """The report's table, under `HEADS`."""
        return [(i.name, i.items, i.medium, i.quantity, i.method, day(self.at), self.who) for i in self.items]

    @property
    def notes(self) -> list[str]:
        """What stands below the table."""
        return [
            f"{self.ending}の理由: {self.reason}",
            self.searched,
            "この廃棄より前の時点の数値は、もう計算できません。公表した数値は、公表した資料のまま残ります。",
            *([f"{published.DISPOSED}（{KEEP}）: {'、'.join(self.published)}"] if self.published else []),
            *([_OVERWRITTEN] if any(each.method == METHOD for each in self.items) else []),
            *self.by_hand,
            f"台帳の {self.number} 行目 {self.anchor}",
        ]

    @property
    def document(self) -> Document:
        """The report on paper."""
        return Document(self.title, (Sheet(self.title, HEADS, self.rows, self.notes),))


def disposals(ledger: Ledger) -> list[Disposal]:
    """Every disposal there was, oldest first."""
    out = published.editions(ledger)
    return [Disposal.read(line, out) for line in ledger.lines_of(Act.DISPOSED)]


def frozen(out: Iterable[Edition], lake: str) -> list[str]:
    """Of the published packs those that were counted in a lake, each with its number of figures."""
    return [f"{edition.title}の {edition.shown:,} の数値" for edition in out if edition.lake == lake]


def disposal(number: int, ledger: Ledger) -> Disposal:
    """The disposal of a ledger line; NotFound if that line is none."""
    for each in disposals(ledger):
        if each.number == number:
            return each
    raise NotFound.because(f"台帳の {number} 行目に、廃棄の記録はありません", "`dx ledger` で番号を確かめてください")


def method(lake: Lake) -> str:
    """How what a lake stored goes in a disposal."""
    return _ANEW.format(lake.tables.erasing)


def overdue(ledger: Ledger) -> frozenset[int]:
    """The loads whose receipt says that they should have been disposed of or given back before today, and were not."""
    today = calendar.today().isoformat()
    due = {line.detail["load"] for line in ledger.lines_of(Act.LOAD) if line.detail.get("return_by", today) < today}
    return frozenset(due - {number for each in disposals(ledger) for number in each.loads})


def finish(lake: Lake, ledger: Ledger, intent: Line) -> Line:
    """Bring a begun disposal to its end, within a turn: all that goes is gone, or nothing was done.

    It was done when another lake than before lies there. Doing it twice does no harm.
    """
    facts = {**intent.detail, "intent": intent.number}
    lake.place.clear_aside()
    for name in anew.loose(lake):
        lake.tables.erase(name)
    for path in copies.files(lake.folder):
        erase(path)
    if lake.id == intent.detail["before"]:
        return ledger.append(intent.who, Act.DISPOSAL_FAILED, intent.subject, **facts)
    for name in intent.detail["gone"]:
        lake.place.files.erase(name)
    items = [*intent.detail["items"], *map(_backup_gone, intent.detail["backups"])]
    ledger.forget_apart(intent.detail["apart"])
    proof = {"snapshot": lake.newest(), **lake.proof()}
    return ledger.append(intent.who, Act.DISPOSED, intent.subject, **{**facts, "items": items, **proof})


def _backup_gone(backup: dict[str, Any]) -> dict[str, str]:
    try:
        erase(Path(backup["place"]) / backup["file"])
        method = ERASED if backup["there"] else _BY_HAND
    except OSError as fault:
        method = f"消せないため、人の手で廃棄（{type(fault).__name__}）"
    return asdict(Item(backup["file"], "台帳のすべて", f"控え（{backup['place']}）", "1 ファイル", method))
