"""The ledger (管理台帳, 特記仕様 3(3)): append-only lines, each sealed with the hash of the one before.

One table beside the catalogue, outside DuckLake, so that a line makes no snapshot and one chain serves all processes
and servers. The "who" of a line is the only personal information the product keeps. What a line says about values
from somebody's file stands apart from the chain, sealed by a salted digest: so it can be disposed of one day.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from dx_data import calendar
from dx_data.errors import Problem
from dx_data.lake.book import Book, FileBook, Row, Torn

_GENESIS = "0" * 64


class Act(StrEnum):
    """What a line records."""

    MADE = "台帳作成"
    LOAD_INTENT = "取込開始"
    LOAD = "取込"
    LOAD_FAILED = "取込失敗"
    REFUSED = "受領拒否"
    UNDO_INTENT = "取消開始"
    UNDO = "取消"
    UNDO_FAILED = "取消失敗"
    HAND_OVER = "持出し"
    APPROVED = "公表の承認"
    PUBLISHED = "発行"
    EXCEPTED = "秘匿の例外"
    RECHECKED = "公表した数値の確認"
    NOTICED = "訂正候補"
    SETTLED = "訂正候補の解消"
    RULED = "訂正の決定"
    VIEWED = "行の閲覧"
    DECIDED = "読み替えの決定"
    CORRECTED = "手直し"
    RETIRED = "手直しの終了"
    FORGOTTEN = "記憶の取消し"
    ANALYSIS_BEGUN = "分析の開始"
    ANALYSIS_ASKED = "分析の問い合わせ"
    ANALYSIS_TAKEN = "分析の出力"
    ANALYSIS_NOTED = "分析のメモ"
    ANALYSIS_ENDED = "分析の終了"
    QUESTION_KEPT = "問いの保存"
    RESTORED = "復元"
    INSPECTED = "点検"
    DISPOSE_INTENT = "廃棄開始"
    DISPOSED = "廃棄"
    DISPOSAL_FAILED = "廃棄失敗"
    LOGGED_IN = "ログイン"
    LOGIN_REFUSED = "ログイン拒否"
    LOGGED_OUT = "ログアウト"
    LOGIN_ENDED = "ログインの終了"


OUTCOMES = {
    Act.LOAD_INTENT: frozenset({Act.LOAD, Act.LOAD_FAILED}),
    Act.UNDO_INTENT: frozenset({Act.UNDO, Act.UNDO_FAILED}),
    Act.DISPOSE_INTENT: frozenset({Act.DISPOSED, Act.DISPOSAL_FAILED}),
}


@dataclass(frozen=True)
class Line:
    """One sealed line. `detail` holds facts and counts, never a value of anybody's data; `apart` may hold some."""

    number: int
    at: str
    who: str
    act: str
    subject: str
    detail: Mapping[str, Any]
    previous: str
    seal: str
    apart: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The line as `dx ledger --json` shows it."""
        return {
            "line": self.number,
            "at": self.at,
            "who": self.who,
            "act": self.act,
            "subject": self.subject,
            "detail": dict(self.detail),
            "hash": self.seal,
        }


def _seal(number: int, at: str, who: str, act: str, subject: str, detail: str, previous: str) -> str:
    written = json.dumps([number, at, who, act, subject, detail, previous], ensure_ascii=False)
    return hashlib.sha256(written.encode()).hexdigest()


def _digest(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


@dataclass(frozen=True)
class Entry:
    """What a line is to say. `apart` are values from somebody's file, kept beside the chain."""

    act: Act
    subject: str
    detail: Mapping[str, Any]
    apart: Mapping[str, Any] = field(default_factory=dict)


class Ledger:
    """The chain kept in one book."""

    def __init__(self, book: Book | Path) -> None:
        """Open the ledger kept in a book, or in a file that holds one."""
        self._book = FileBook(book) if isinstance(book, Path) else book

    def append(self, who: str, act: Act, subject: str, **detail: Any) -> Line:
        """Seal one line under the write lock and return it."""
        (line,) = self.append_all(who, [Entry(act, subject, detail)])
        return line

    def append_all(self, who: str, entries: Iterable[Entry]) -> list[Line]:
        """Seal several lines, all or none."""
        wanted = list(entries)
        lines: list[Line] = []

        def seal(last: Row | None) -> Sequence[tuple[Row, str | None]]:
            number, previous = (last[0], last[-1]) if last else (0, _GENESIS)
            sealed: list[tuple[Row, str | None]] = []
            at = calendar.now().isoformat(timespec="milliseconds")
            for entry in wanted:
                number += 1
                detail, content = dict(entry.detail), None
                if entry.apart:
                    # Salted, since a value of few possible ones could be found again from its digest.
                    content = json.dumps({**entry.apart, "salt": secrets.token_hex(16)}, ensure_ascii=False)
                    detail["apart"] = _digest(content)
                written = json.dumps(detail, ensure_ascii=False, sort_keys=True, default=str)
                found = _seal(number, at, who, entry.act.value, entry.subject, written, previous)
                row = (number, at, who, entry.act.value, entry.subject, written, previous, found)
                sealed.append((row, content))
                lines.append(_line(row, entry.apart, detail))
                previous = found
            return sealed

        self._book.append(seal)
        return lines

    def forget_apart(self, numbers: Iterable[int]) -> None:
        """Remove what stands beside these lines, to the last byte. The chain stays as it is."""
        self._book.forget_apart(numbers)

    def whole(self) -> bool | None:
        """Whether the book is as the last line left it; None where nothing but the lines can tell."""
        return self._book.whole()

    def lines(self) -> list[Line]:
        """All lines, oldest first, without what stands apart."""
        return [_line(row) for row in self._book.rows()]

    def lines_of(self, *acts: Act) -> list[Line]:
        """The lines of these acts with what stands apart of them, oldest first."""
        found = self._book.rows_of([act.value for act in acts])
        return [_line(row, json.loads(apart)) for row, apart in found]

    def altered(self) -> list[Problem]:
        """A fault if the file was changed since its last line, though every line that is left holds."""
        told = f"管理台帳の{self._book.title}が、最後の記録のあとで書き換わっているか、末尾が切られています"
        return [_broken(0, told)] if self.whole() is False else []

    def last(self) -> Line | None:
        """The newest line, without what stands apart of it."""
        row = self._book.last()
        return _line(row) if row else None

    def pages(self) -> bytes:
        """The whole ledger at one moment, as the bytes of a SQLite file."""
        return self._book.pages()

    def open_intents(self) -> list[Line]:
        """Intents that no later line settles, oldest first."""
        waiting: dict[int, Line] = {}
        for line in self.lines():
            if line.act in OUTCOMES:
                waiting[line.number] = line
            elif "intent" in line.detail:
                waiting.pop(line.detail["intent"], None)
        return list(waiting.values())

    def verify(self, anchors: Mapping[int, str] | None = None) -> list[Problem]:
        """Every edit, deletion, reordering or cut found; `anchors` are seals noted elsewhere by line number."""
        try:
            return self._verified(anchors or {})
        except Torn as fault:
            return [_broken(0, str(fault))]

    def _verified(self, anchors: Mapping[int, str]) -> list[Problem]:
        rows, apart = self._book.proven()
        found: list[Problem] = []
        previous, expected = _GENESIS, 1
        seals, digests = {}, {}
        for number, at, who, act, subject, detail, before, seal in rows:
            if number != expected:
                found.append(_broken(expected, f"{expected}行目から{number - 1}行目がありません"))
            elif before != previous:
                found.append(_broken(number, f"{number}行目が前の行とつながりません"))
            if seal != _seal(number, at, who, act, subject, detail, before):
                found.append(_broken(number, f"{number}行目の内容が書き換えられています"))
            previous, expected, seals[number] = seal, number + 1, seal
            digests[number] = _apart_of(detail)
        found += [
            _broken(number, f"{number}行目に添えた値が書き換えられています")
            for number, content in apart
            if digests.get(number) != _digest(content)
        ]
        for number, seal in sorted(anchors.items()):
            if seals.get(number) != seal:
                found.append(_broken(number, f"{number}行目が、台帳の外に控えた記録と合いません"))
        return found


def _line(row: Row, apart: Mapping[str, Any] | None = None, detail: Mapping[str, Any] | None = None) -> Line:
    number, at, who, act, subject, written, previous, seal = row
    return Line(number, at, who, act, subject, detail or json.loads(written), previous, seal, apart or {})


def _apart_of(detail: str) -> str | None:
    try:
        found: str | None = json.loads(detail).get("apart")
    except (ValueError, AttributeError):  # a changed line, whose seal tells it
        return None
    return found


def _broken(number: int, message: str) -> Problem:
    return Problem(
        stage="ledger",
        rule="ledger.broken",
        message=message,
        fix="バックアップの台帳と照合し、管理責任者に知らせてください",
        rows=(number,) if number else (),
    )
