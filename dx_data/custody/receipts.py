"""Receipts (預り証, 特記仕様 13(2)): what was taken in, from whom, when, how it can be recognised."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from dx_data.custody.document import Document, Sheet, day, moment
from dx_data.custody.ledger import Act, Line
from dx_data.errors import NotFound

PURPOSE = "葛飾区DX推進支援業務委託の指標の集計"


@dataclass(frozen=True)
class Receipt:
    """One accepted file. `anchor` is the ledger's seal, which proves the line later."""

    load: int
    at: str
    received_from: str
    file: str
    sha256: str
    size: int
    rows: int
    tables: tuple[str, ...]
    as_of: str
    return_by: str | None
    sheets: tuple[str, ...]
    items: tuple[str, ...]
    anchor: str

    @property
    def sentence(self) -> str:
        """The receipt as one line."""
        return (
            f"預り証 第{self.load}号:{self.at[:16].replace('T', ' ')} に {self.received_from} から『{self.file}』"
            f"（{self.size:,} バイト、{self.rows:,} 行、{'・'.join(self.tables)}、{self.as_of} 時点）を受け取りました。"
            f"{f'{self.return_by} までに廃棄か返却をします。' if self.return_by else ''}"
            f"SHA-256 {self.sha256}、記録 {self.anchor[:16]}"
        )

    @property
    def document(self) -> Document:
        """The receipt on paper. What it was for stands in the contract."""
        facts = (
            ("受け取った日時", moment(self.at)),
            ("受け取った人", self.received_from),
            ("帳票名又はファイル名", self.file),
            ("大きさ", f"{self.size:,} バイト"),
            ("SHA-256", self.sha256),
            ("情報の種類", "・".join(self.tables)),
            ("シート", "・".join(self.sheets) or "なし（CSV など）"),
            ("項目", "・".join(self.items) or "（前の版の取込のため、記録がありません）"),
            ("数量", f"{self.rows:,} 行"),
            ("いつ時点", day(self.as_of)),
            ("受け取り方", "電子データ（この製品への取込）"),
            ("使う目的", PURPOSE),
            ("返却・廃棄の期限", day(self.return_by) if self.return_by else "（記録がありません）"),
            ("台帳の記録", self.anchor),
        )
        title = f"預り証 第{self.load}号"
        return Document(title, (Sheet(title, ("事項", "内容"), facts, ["上のとおりお預かりしました。"]),))

    def as_json(self) -> dict[str, Any]:
        """The receipt as `dx receipt --json` shows it."""
        return asdict(self)


def receipt(load: int, lines: Iterable[Line]) -> Receipt:
    """The receipt of a load, from its outcome line; NotFound if there is none."""
    for line in lines:
        if line.act == Act.LOAD and line.detail.get("load") == load:
            facts = line.detail
            return Receipt(
                load=load,
                at=line.at,
                received_from=line.who,
                file=facts["file"],
                sha256=facts["sha256"],
                size=facts["size"],
                rows=facts["rows"],
                tables=tuple(dict.fromkeys(facts["tables"])),
                as_of=facts["as_of"],
                return_by=facts.get("return_by"),
                sheets=tuple(facts.get("sheets", ())),
                items=tuple(facts.get("items", ())),
                anchor=line.seal,
            )
    raise NotFound.because(f"取込番号 {load} の預り証はありません", "`dx loads` で番号を確かめてください")
