"""点検記録 (特記仕様 3(4)エ): what an inspection looked at and what it found, as the ledger keeps it. Never a value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from html import escape
from typing import Any

from dx_data.custody.ledger import Act, Ledger, Line
from dx_data.custody.refusals import STYLE


class State(StrEnum):
    """How a thing was found, from good to bad."""

    SOUND = "異常なし"
    CAUTION = "注意"
    FAULT = "異常"


@dataclass(frozen=True)
class Finding:
    """One thing looked at: what, how it was found, and what there is to say."""

    subject: str
    state: State
    said: tuple[str, ...]

    @classmethod
    def of(cls, subject: str, sound: str, *, faults: Iterable[str] = (), cautions: Iterable[str] = ()) -> Finding:
        """A finding whose state follows from what was found; `sound` is said in any case."""
        bad, odd = tuple(faults), tuple(cautions)
        return cls(subject, State.FAULT if bad else State.CAUTION if odd else State.SOUND, (*bad, *odd, sound))


@dataclass(frozen=True)
class Inspection:
    """One inspection. `anchor` is the seal of its line; number 0 where the ledger could not take one."""

    number: int
    at: str
    who: str
    findings: tuple[Finding, ...]
    anchor: str

    @classmethod
    def read(cls, line: Line) -> Inspection:
        """An inspection from its line."""
        found = (
            Finding(each["subject"], State(each["state"]), tuple(each["said"])) for each in line.detail["findings"]
        )
        return cls(line.number, line.at, line.who, tuple(found), line.seal)

    @property
    def sentence(self) -> str:
        """The record's head as one line."""
        return f"点検記録 第{self.number}号 {self.at[:16].replace('T', ' ')} {self.who} 結果: {self.state.value}"

    @property
    def state(self) -> State:
        """The worst of what was found."""
        return max((finding.state for finding in self.findings), key=list(State).index)

    @property
    def filename(self) -> str:
        """A name for the record as a file."""
        return f"点検記録_{self.at[:10]}_第{self.number}号.html"

    def as_json(self) -> dict[str, Any]:
        """The record as `dx inspect --json` shows it."""
        return {**asdict(self), "state": self.state.value}

    def html(self, mark: str) -> bytes:
        """The record as one printable page that needs nothing else."""
        rows = "".join(
            f"<tr><th>{escape(each.subject)}</th><td>{each.state.value}</td>"
            f"<td>{'<br>'.join(map(escape, each.said))}</td></tr>"
            for each in self.findings
        )
        where = f"台帳の {self.number} 行目 {self.anchor}" if self.number else "台帳には記録できませんでした"
        return (
            f'<!doctype html><html lang="ja"><head><meta charset="utf-8"><title>点検記録</title><style>{STYLE}</style>'
            f"</head><body><h1>点検記録 第{self.number}号</h1><p>{escape(mark)}資料</p>"
            f"<table><tbody><tr><th>点検した日時</th><td>{self.at[:16].replace('T', ' ')}</td></tr>"
            f"<tr><th>点検した人</th><td>{escape(self.who)}</td></tr><tr><th>結果</th><td>{self.state.value}</td></tr>"
            f"<tr><th>記録</th><td><code>{where}</code></td></tr></tbody></table>"
            "<table><thead><tr><th scope='col'>点検したもの</th><th scope='col'>結果</th>"
            "<th scope='col'>内容</th></tr></thead>"
            f"<tbody>{rows}</tbody></table></body></html>\n"
        ).encode()


def inspections(ledger: Ledger) -> list[Inspection]:
    """Every inspection there was, oldest first."""
    return [Inspection.read(line) for line in ledger.lines_of(Act.INSPECTED)]
