"""管理台帳・複製台帳・貸与資料リスト (特記仕様 3(3)・7(2), 仕様書 10): folded from the ledger's lines, kept nowhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dx_data.custody.disposals import Disposal, disposals
from dx_data.custody.document import Document, Sheet, day, moment
from dx_data.custody.inspections import inspections
from dx_data.custody.ledger import Act, Ledger, Line

ENTRUSTED = "管理台帳"
COPIES = "複製台帳"
LENT = "貸与資料リスト"
_ENTRUSTED_HEADS = (
    "預り証",
    "受領した日時",
    "帳票名又はファイル名",
    "情報の種類",
    "数量（行）",
    "媒体",
    "作業従事者",
    "取扱い",
    "管理状況",
    "最後の点検",
)
_COPIES_HEADS = ("番号", "日時", "複製したもの", "種類", "形", "数量", "暗号化", "保管場所", "複製した人", "状態")
_LENT_HEADS = ("番号", "資料名", "内容", "数量", "貸与日", "受け取った人", "返却の期限", "返却・廃棄の日", "方法")
_MEDIUM = "電子データ（この製品の台帳）"


@dataclass(frozen=True)
class _Receipt:
    """What the lines tell of one accepted file."""

    line: Line
    undone: Line | None
    ended: Disposal | None

    @property
    def state(self) -> str:
        """Whether it is still kept."""
        if self.ended:
            return f"{day(self.ended.at)} に{self.ended.ending}（第{self.ended.number}号）"
        return f"保管中（期限 {self.return_by or '記録なし'}）"

    @property
    def return_by(self) -> str:
        """By when it is disposed of or given back; blank in lines of an earlier release."""
        written = self.line.detail.get("return_by")
        return day(written) if written else ""


def registers(ledger: Ledger, titles: Mapping[str, str]) -> Document:
    """All three, as one document; `titles` are what questions are called. No value, and nobody but the ledger names."""
    receipts = _receipts(ledger)
    newest = inspections(ledger)[-1:]
    checked = "".join(f"{day(each.at)} {each.state.value}" for each in newest) or "なし"
    return Document(
        "管理台帳・複製台帳・貸与資料リスト",
        (
            Sheet(ENTRUSTED, _ENTRUSTED_HEADS, [_entrusted(each, checked) for each in receipts]),
            Sheet(COPIES, _COPIES_HEADS, list(_copies(ledger, titles))),
            Sheet(LENT, _LENT_HEADS, [_lent(each) for each in receipts]),
        ),
    )


def _receipts(ledger: Ledger) -> list[_Receipt]:
    """Every accepted file, newest first. Undos are lines about a load, not receipts."""
    undone = {line.detail["undoes"]: line for line in ledger.lines_of(Act.UNDO)}
    ended = {number: each for each in disposals(ledger) for number in each.loads}
    lines = ledger.lines_of(Act.LOAD)
    return [_Receipt(line, undone.get(line.detail["load"]), ended.get(line.detail["load"])) for line in reversed(lines)]


def _entrusted(each: _Receipt, checked: str) -> tuple[str | int, ...]:
    detail = each.line.detail
    people = [line.who for line in (each.line, each.undone) if line] + ([each.ended.who] if each.ended else [])
    handled = "取込" + (f"、{day(each.undone.at)} に取消し" if each.undone else "")
    return (
        f"第{detail['load']}号",
        moment(each.line.at),
        detail["file"],
        "・".join(dict.fromkeys(detail["tables"])),  # a book names its table once for each sheet
        detail["rows"],
        _MEDIUM,
        "、".join(dict.fromkeys(people)),
        handled,
        each.state,
        checked if each.ended is None else "",
    )


def _lent(each: _Receipt) -> tuple[str | int, ...]:
    detail, ended = each.line.detail, each.ended
    return (
        f"第{detail['load']}号",
        detail["file"],
        "・".join(dict.fromkeys(detail["tables"])),
        f"1 ファイル（{detail['size']:,} バイト）",
        day(each.line.at),
        each.line.who,
        each.return_by,
        day(ended.at) if ended else "",
        ended.ending if ended else "",
    )


def _copies(ledger: Ledger, titles: Mapping[str, str]) -> Iterable[tuple[str | int, ...]]:
    gone = {item.name: each for each in disposals(ledger) for item in each.items if item.medium.startswith("控え")}
    for line in reversed(ledger.lines_of(Act.HAND_OVER)):
        detail = line.detail
        file = detail.get("file")
        ended = gone.get(file) if file else None
        yield (
            f"複製{detail['copy']:04}" if "copy" in detail else f"台帳{line.number}行目",
            moment(line.at),
            f"{line.subject}『{file}』" if file else titles.get(line.subject, line.subject),
            detail["kind"],
            detail.get("form", ""),
            _quantity(detail.get("rows"), detail.get("files")),
            detail.get("encrypted", "なし"),
            detail.get("place", "渡した人のもと"),
            line.who,
            f"{day(ended.at)} に廃棄（第{ended.number}号）" if ended else "",
        )


def _quantity(rows: int | None, files: int | None) -> str:
    if rows is not None:
        return f"{rows:,} 行"
    return f"{files:,} ファイル" if files is not None else ""
