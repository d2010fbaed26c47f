"""事故報告書 (特記仕様 9(1)): from a refused file or a fault that an inspection found. Never a value."""

from __future__ import annotations

from dataclasses import dataclass

from dx_data.custody.document import Document, Sheet, day, moment
from dx_data.custody.inspections import Inspection, State, inspections
from dx_data.custody.ledger import Act, Ledger, Line
from dx_data.custody.refusals import refusal
from dx_data.errors import NotFound

HEADS = ("情報の項目", "内容", "数量", "発生場所", "発生状況")
_REFUSED = "受け取らずに断り、中身は保存していません"
_FOUND = "点検で見つかり、まだ直っていません"


@dataclass(frozen=True)
class Accident:
    """What happened, by the ledger's line that tells it."""

    number: int
    at: str
    who: str
    subject: str
    rows: tuple[tuple[str, ...], ...]
    state: str
    anchor: str

    @property
    def title(self) -> str:
        """What the paper is called."""
        return f"事故報告書 台帳{self.number}行目"

    @property
    def sentence(self) -> str:
        """The accident as one line of a list."""
        return f"{self.number}行目 {moment(self.at)} {self.subject}（{len(self.rows):,} 種類）"

    @property
    def document(self) -> Document:
        """The report on paper; what a person has to add is left to be written in."""
        notes = [
            f"発生・発見した日時: {moment(self.at)}",
            f"対象: {self.subject}",
            f"発見した人: {self.who}",
            f"いまの状態: {self.state}",
            "影響の範囲・原因・再発の防止: （書き加えてください）",
            "この報告書には、情報の値を書いていません。",
            f"台帳の {self.number} 行目 {self.anchor}",
        ]
        return Document(self.title, (Sheet(self.title, HEADS, self.rows, notes),))


def accidents(ledger: Ledger) -> list[Accident]:
    """Everything that may have to be reported, newest first."""
    found = [_refused(line) for line in ledger.lines_of(Act.REFUSED)]
    looked = inspections(ledger)
    found += [_inspected(each, looked[-1]) for each in looked if each.state is State.FAULT]
    return sorted(found, key=lambda each: each.number, reverse=True)


def accident(number: int, ledger: Ledger) -> Accident:
    """The accident of a ledger line; NotFound if that line tells of none."""
    for each in accidents(ledger):
        if each.number == number:
            return each
    raise NotFound.because(
        f"台帳の {number} 行目に、断ったファイルや点検の異常の記録はありません", "`dx ledger` で番号を確かめてください"
    )


def _refused(line: Line) -> Accident:
    note = refusal(line.number, [line])
    rows = tuple((f.item, f.content, f"{f.count:,} 件", f.place, f"{f.stage}で見つかりました") for f in note.findings)
    return Accident(line.number, line.at, line.who, f"届いたファイル『{line.subject}』", rows, _REFUSED, line.seal)


def _inspected(found: Inspection, newest: Inspection) -> Accident:
    faults = [finding for finding in found.findings if finding.state is State.FAULT]
    rows = tuple(
        (
            "保存したデータ",
            "　".join(finding.said[:-1]),
            f"{len(finding.said) - 1:,} 件",
            finding.subject,
            "点検で見つかりました",
        )
        for finding in faults
    )
    mended = f"{day(newest.at)} の点検では「{newest.state.value}」です"
    state = _FOUND if newest.state is State.FAULT else mended
    return Accident(found.number, found.at, found.who, "台帳の点検", rows, state, found.anchor)
