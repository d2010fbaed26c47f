"""The ledger (管理台帳, 特記仕様 3(3)): append-only lines, each sealed with the hash of the one before.

One table in a SQLite file beside the catalogue, outside DuckLake, so that a line makes no snapshot and one chain serves
all processes. The "who" of a line is the only personal information the product keeps. What a line says about values
from somebody's file stands apart from the chain, sealed by a salted digest: so it can be disposed of one day.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from dx_data import calendar
from dx_data.errors import Problem

_GENESIS = "0" * 64
_TABLE = (
    "CREATE TABLE IF NOT EXISTS dx_ledger (number INTEGER PRIMARY KEY, at TEXT NOT NULL, who TEXT NOT NULL,"
    " act TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL, previous TEXT NOT NULL, seal TEXT NOT NULL)",
    "CREATE TRIGGER IF NOT EXISTS dx_ledger_no_update BEFORE UPDATE ON dx_ledger"
    " BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END",
    "CREATE TRIGGER IF NOT EXISTS dx_ledger_no_delete BEFORE DELETE ON dx_ledger"
    " BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END",
    "CREATE INDEX IF NOT EXISTS dx_ledger_acts ON dx_ledger (act)",
    "CREATE TABLE IF NOT EXISTS dx_ledger_apart (number INTEGER PRIMARY KEY, content TEXT NOT NULL)",
    "CREATE TRIGGER IF NOT EXISTS dx_ledger_apart_no_update BEFORE UPDATE ON dx_ledger_apart"
    " BEGIN SELECT RAISE(ABORT, 'what a line says is not rewritten'); END",
)


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
    """The chain kept in one file."""

    def __init__(self, file: Path) -> None:
        """Open the ledger, making its table in a new lake."""
        self._path = file
        with self._open() as connection:
            for statement in _TABLE:
                connection.execute(statement)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=30, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            yield connection

    def append(self, who: str, act: Act, subject: str, **detail: Any) -> Line:
        """Seal one line under the write lock and return it."""
        (line,) = self.append_all(who, [Entry(act, subject, detail)])
        return line

    def append_all(self, who: str, entries: Iterable[Entry]) -> list[Line]:
        """Seal several lines, all or none."""
        at = calendar.now().isoformat(timespec="milliseconds")
        with self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            last = connection.execute("SELECT number, seal FROM dx_ledger ORDER BY number DESC LIMIT 1").fetchone()
            number, previous = last or (0, _GENESIS)
            lines = []
            for entry in entries:
                number += 1
                detail = dict(entry.detail)
                if entry.apart:
                    # Salted, since a value of few possible ones could be found again from its digest.
                    content = json.dumps({**entry.apart, "salt": secrets.token_hex(16)}, ensure_ascii=False)
                    detail["apart"] = _digest(content)
                    connection.execute("INSERT INTO dx_ledger_apart VALUES (?, ?)", (number, content))
                written = json.dumps(detail, ensure_ascii=False, sort_keys=True, default=str)
                seal = _seal(number, at, who, entry.act.value, entry.subject, written, previous)
                row = (number, at, who, entry.act.value, entry.subject, written, previous, seal)
                connection.execute("INSERT INTO dx_ledger VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
                lines.append(Line(number, at, who, entry.act.value, entry.subject, detail, previous, seal, entry.apart))
                previous = seal
            connection.execute("COMMIT")
        self._note()
        return lines

    def forget_apart(self, numbers: Iterable[int]) -> None:
        """Remove what stands beside these lines, to the last byte in the file. The chain stays as it is."""
        with self._open() as connection:
            connection.execute("PRAGMA secure_delete = ON")
            connection.executemany("DELETE FROM dx_ledger_apart WHERE number = ?", [(number,) for number in numbers])
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        self._note()

    @property
    def _noted(self) -> Path:
        return self._path.with_suffix(".sha256")

    def _whole(self) -> str:
        """The last line's number and the digest of all pages, spare room included, as one line of text."""
        with self._open() as connection:
            connection.execute("BEGIN")
            (number,) = connection.execute("SELECT coalesce(max(number), 0) FROM dx_ledger").fetchone()
            found = connection.serialize()
            connection.execute("COMMIT")
        return f"{number} {hashlib.sha256(found).hexdigest()}"

    def _note(self) -> None:
        """Note the whole file beside it. Lines seal one another; this also covers bytes that belong to no line."""
        aside = self._noted.with_name(f"{self._noted.name}.{secrets.token_hex(4)}")
        try:
            aside.write_text(self._whole(), "ascii")
            aside.replace(self._noted)
        except OSError:  # the line stands; an old note says nothing of it, and is not taken for one that does
            with suppress(OSError):
                aside.unlink(missing_ok=True)

    def whole(self) -> bool | None:
        """Whether the file is, to the byte, as the last line left it; None where that was not noted.

        A process that is killed after a line, or two that write at once, may leave the note of an earlier line; that of
        a later one says that the tail was cut.
        """
        try:
            noted = self._noted.read_text("ascii")
        except (FileNotFoundError, UnicodeDecodeError):
            return None
        found = self._whole()
        (before, _, _), (now, _, _) = noted.partition(" "), found.partition(" ")
        return None if before.isdecimal() and int(before) < int(now) else noted == found

    def lines(self) -> list[Line]:
        """All lines, oldest first, without what stands apart."""
        with self._open() as connection:
            rows = connection.execute("SELECT * FROM dx_ledger ORDER BY number").fetchall()
        return [
            Line(number, at, who, act, subject, json.loads(detail), previous, seal)
            for number, at, who, act, subject, detail, previous, seal in rows
        ]

    def lines_of(self, *acts: Act) -> list[Line]:
        """The lines of these acts with what stands apart of them, oldest first."""
        with self._open() as connection:
            rows = connection.execute(
                "SELECT l.*, coalesce(a.content, '{}') FROM dx_ledger l LEFT JOIN dx_ledger_apart a USING (number)"
                " WHERE l.act IN (SELECT value FROM json_each(?)) ORDER BY number",
                (json.dumps([act.value for act in acts]),),
            ).fetchall()
        return [
            Line(number, at, who, act, subject, json.loads(detail), previous, seal, json.loads(apart))
            for number, at, who, act, subject, detail, previous, seal, apart in rows
        ]

    def altered(self) -> list[Problem]:
        """A fault if the file was changed since its last line, though every line that is left holds."""
        told = f"管理台帳のファイル『{self._path.name}』が、最後の記録のあとで書き換わっているか、末尾が切られています"
        return [_broken(0, told)] if self.whole() is False else []

    def last(self) -> Line | None:
        """The newest line, without what stands apart of it."""
        with self._open() as connection:
            row = connection.execute("SELECT * FROM dx_ledger ORDER BY number DESC LIMIT 1").fetchone()
        if row is None:
            return None
        number, at, who, act, subject, detail, previous, seal = row
        return Line(number, at, who, act, subject, json.loads(detail), previous, seal)

    def pages(self) -> bytes:
        """The whole file as a copy of it would be, at one moment."""
        with self._open() as connection:
            return connection.serialize()

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
        except (sqlite3.DatabaseError, UnicodeDecodeError) as fault:
            return [_broken(0, f"管理台帳のファイル『{self._path.name}』を読めません（{type(fault).__name__}）")]

    def _verified(self, anchors: Mapping[int, str]) -> list[Problem]:
        with self._open() as connection:
            if (torn := connection.execute("PRAGMA integrity_check").fetchall()) != [("ok",)]:
                return [_broken(0, f"管理台帳のファイル『{self._path.name}』が壊れています（{len(torn):,} か所）")]
            rows = connection.execute("SELECT * FROM dx_ledger ORDER BY number").fetchall()
            apart = connection.execute("SELECT number, content FROM dx_ledger_apart ORDER BY number").fetchall()
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
