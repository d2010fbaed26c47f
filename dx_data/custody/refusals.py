"""受領拒否票 (特記仕様 9): what was turned away, why, how much of it, where, when, by whom. Never a value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from dx_data.custody.ledger import Act, Line
from dx_data.errors import NotFound
from dx_data.rules import rule_named

_STAGES = {
    "read": "読み込み",
    "layout": "表の形の確認",
    "match": "項目の照合",
    "gate": "個人情報の確認",
    "check": "値の確認",
    "plan": "台帳との比較",
}
_HEADS = ("区分", "項目", "内容", "数量", "発生場所", "発生状況", "機械可読性ルール")
STYLE = (
    "body{font-family:'BIZ UDPGothic','Yu Gothic',Meiryo,sans-serif;margin:2em auto;max-width:60em;line-height:1.6}"
    "table{border-collapse:collapse;width:100%;margin:1em 0}"
    "th,td{border:1px solid #666;padding:.3em .6em;text-align:left;vertical-align:top}"
    "th{background:#eee}td.n{text-align:right;white-space:nowrap}code{word-break:break-all}"
)


@dataclass(frozen=True)
class Finding:
    """One kind of fault of a refused file: what it concerns, what it is, how many cells, where, at which stage."""

    severity: str
    item: str
    content: str
    count: int
    place: str
    stage: str
    rule_number: str

    @classmethod
    def read(cls, kind: Mapping[str, Any]) -> Finding:
        """A finding as the ledger keeps it; lines of the first release know neither item, stage nor rows."""
        rule = rule_named(kind["rule"])
        sheet, column, rows = kind.get("sheet"), kind.get("column"), kind.get("rows") or []
        place = [f"シート『{sheet}』"] * bool(sheet) + [f"{column}列"] * bool(column)
        place += [
            f"{'・'.join(f'{row:,}' for row in rows)}行目" + ("ほか" if kind["count"] > len(rows) else "")
        ] * bool(rows)
        return cls(
            rule.severity.value,
            kind.get("item") or "—",
            rule.words,
            kind["count"],
            "の".join(place) or "ファイル全体",
            _STAGES.get(kind.get("stage") or kind["rule"].split(".")[0], "受領時の確認"),
            rule.number or "—",
        )

    @property
    def cells(self) -> tuple[str, ...]:
        """The finding as a row under the note's heads."""
        counted = f"{self.count:,}件"
        return (self.severity, self.item, self.content, counted, self.place, self.stage, self.rule_number)


@dataclass(frozen=True)
class Refusal:
    """One file that was turned away. `anchor` is the ledger's seal, which proves the line later."""

    number: int
    at: str
    recorded_by: str
    file: str
    sha256: str
    findings: tuple[Finding, ...]
    anchor: str

    @property
    def sentence(self) -> str:
        """The note as one line."""
        return (
            f"受領拒否票 第{self.number}号:{self._when} に {self.recorded_by} が『{self.file}』の受領を断りました"
            f"（{len(self.findings):,} 種類の理由）。記録 {self.anchor[:16]}"
        )

    @property
    def filename(self) -> str:
        """A name for the note as a file."""
        return f"受領拒否票_第{self.number}号.html"

    @property
    def _when(self) -> str:
        return self.at[:16].replace("T", " ")

    def as_json(self) -> dict[str, Any]:
        """The note as `dx receipt --refused --json` shows it."""
        return {**self.__dict__, "findings": [finding.__dict__ for finding in self.findings]}

    def html(self, kind: str) -> bytes:
        """The note as one printable page that needs nothing else. `kind` says what sort of paper it is."""
        facts = {
            "断った日時": self._when,
            "記録した人": self.recorded_by,
            "ファイル": self.file,
            "SHA-256": self.sha256 or "（読み込む前に断りました）",
            "台帳の記録": f"{self.number}行目 {self.anchor}",
        }
        about = "".join(
            f"<tr><th>{name}</th><td><code>{escape(value)}</code></td></tr>" for name, value in facts.items()
        )
        heads = "".join(f'<th scope="col">{head}</th>' for head in _HEADS)
        rows = "".join(
            "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in finding.cells) + "</tr>"
            for finding in self.findings
        )
        return (
            f'<!doctype html><html lang="ja"><head><meta charset="utf-8"><title>受領拒否票 第{self.number}号</title>'
            f"<style>{STYLE}</style></head><body><h1>受領拒否票 第{self.number}号</h1><p>{escape(kind)}資料</p>"
            f"<p>次のファイルは受け取らず、中身を保存していません。この票には、ファイルの値を書いていません。</p>"
            f"<table><tbody>{about}</tbody></table><h2>断った理由（{len(self.findings):,} 種類）</h2>"
            f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
            "<p>直したファイルは、あらためて届けてください。</p></body></html>\n"
        ).encode()


def refusal(number: int, lines: Iterable[Line]) -> Refusal:
    """The note of a ledger line; NotFound if that line turned no file away."""
    for line in lines:
        if line.number == number and line.act == Act.REFUSED:
            findings = tuple(map(Finding.read, line.detail["problems"]))
            return Refusal(number, line.at, line.who, line.subject, line.detail["sha256"], findings, line.seal)
    raise NotFound.because(
        f"台帳の {number} 行目に、受領を断った記録はありません", "`dx ledger` で番号を確かめてください"
    )
