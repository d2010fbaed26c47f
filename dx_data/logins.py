"""Who is signed in: one record per login, kept on the server, so that ending it ends it everywhere and at once.

The browser holds nothing but a random token; the record holds its digest. So there is nothing to forge, and a stolen
record opens nothing. Roles are not kept: they follow from what the provider said and from today's settings.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dx_data.access import Person, Right, Role, given, require
from dx_data.calendar import TOKYO
from dx_data.custody.ledger import Act, Ledger
from dx_data.errors import NotFound
from dx_data.lake import Place
from dx_data.settings import Login

_TABLE = (
    "CREATE TABLE IF NOT EXISTS dx_logins (number INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE,"
    " subject TEXT NOT NULL, name TEXT NOT NULL, listed TEXT NOT NULL, begun REAL NOT NULL, seen REAL NOT NULL,"
    " url TEXT NOT NULL DEFAULT '')"
)
_WITHOUT_URL = "SELECT NOT EXISTS (SELECT 1 FROM pragma_table_info('dx_logins') WHERE name = 'url')"
_URL = "ALTER TABLE dx_logins ADD COLUMN url TEXT NOT NULL DEFAULT ''"
_SEEN_EVERY = 30  # seconds; a click within them is not written down again
_LONGEST_NAME = 100


@dataclass(frozen=True)
class Identity:
    """What the provider said of a person: its unchanging number, a name to show, names and values that find roles."""

    subject: str
    name: str
    names: tuple[str, ...] = ()
    values: tuple[str, ...] = ()

    @classmethod
    def of(cls, claims: Mapping[str, Any], claim: str) -> Identity:
        """From the claims of an ID token. An address that the provider calls unproven finds no role.

        >>> Identity.of({"sub": "1", "name": "区 太郎", "email": "t@example.jp", "roles": "dx-view"}, "roles")
        Identity(subject='1', name='区 太郎（t@example.jp）', names=('1', 't@example.jp'), values=('dx-view',))
        >>> Identity.of({"sub": "1", "email": "t@example.jp", "email_verified": False}, "roles").names
        ('1',)
        """
        email = _text(claims.get("email"))
        shown = email or _text(claims.get("preferred_username")) or _text(claims["sub"])
        name = _text(claims.get("name"))
        sent = claims.get(claim, ())
        return cls(
            subject=str(claims["sub"]),
            name=f"{name}（{shown}）" if name and name != shown else shown,
            names=tuple(
                str(each)
                for each in (
                    claims["sub"],
                    claims.get("oid"),
                    None if claims.get("email_verified") is False else claims.get("email"),
                )
                if each
            ),
            values=(sent,) if isinstance(sent, str) else tuple(str(each) for each in sent or ()),
        )


def _text(value: object) -> str:
    """A claim as one short line: it stands in the ledger and on the screen."""
    return "".join(each for each in str(value or "") if each.isprintable()).strip()[:_LONGEST_NAME]


@dataclass(frozen=True)
class Record:
    """One login that has not ended."""

    number: int
    key: str
    identity: Identity
    begun: float
    seen: float

    def person(self, login: Login) -> Person:
        """Who it is, with the roles that today's settings give."""
        return Person(self.identity.name, given(login, self.identity.values, self.identity.names), proven=True)

    def as_json(self, login: Login) -> dict[str, Any]:
        """The login as `dx logins --json` shows it."""
        begun, seen = (dt.datetime.fromtimestamp(each, TOKYO) for each in (self.begun, self.seen))
        return {
            "login": self.number,
            "who": self.identity.name,
            "roles": [role.value for role in Role if role in self.person(login).roles],
            "begun": begun.isoformat(timespec="seconds"),
            "seen": seen.isoformat(timespec="seconds"),
        }


def key_of(token: str) -> str:
    """What a record is found by: the digest of the browser's token."""
    return hashlib.sha256(token.encode()).hexdigest()


class Logins:
    """The records in one file, shared by the server, its scripts and the command line.

    A login holds at the address it was made at. So a product that serves another municipality from the same folder
    neither takes it for one of its own nor shows who it is.
    """

    def __init__(self, file: Path, login: Login, now: Callable[[], float] = time.time) -> None:
        """Open the records, making the file if there is none."""
        self._file, self._login, self._now = file, login, now
        file.parent.mkdir(parents=True, exist_ok=True)
        with self._open() as connection:
            connection.execute(_TABLE)
            if connection.execute(_WITHOUT_URL).fetchone() == (1,):  # whoever is signed in at this moment does so again
                connection.execute(_URL)
        file.chmod(0o600)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._file, timeout=5, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            yield connection

    def begin(self, identity: Identity) -> str:
        """Record a new login; the token for the browser, which is kept nowhere else."""
        token, now = secrets.token_urlsafe(32), self._now()
        listed = json.dumps([identity.names, identity.values], ensure_ascii=False)
        with self._open() as connection:
            # A past login is not kept: the ledger says that there was one.
            connection.execute("DELETE FROM dx_logins WHERE begun < ?", (now - self._login.hours * 3600,))
            connection.execute(
                "INSERT INTO dx_logins (key, subject, name, listed, begun, seen, url) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (key_of(token), identity.subject, identity.name, listed, now, now, self._login.url),
            )
        return token

    def find(self, key: str | None) -> Record | None:
        """The login of that key, unless it has ended: by logout, by age, by nobody using it, by a clock set back."""
        return next((record for record in self.lasting() if record.key == key), None)

    def lasting(self) -> list[Record]:
        """Every login that has not ended, oldest first."""
        with self._open() as connection:
            rows = connection.execute(
                "SELECT number, key, subject, name, listed, begun, seen FROM dx_logins WHERE url = ? ORDER BY number",
                (self._login.url,),
            ).fetchall()
        records = (
            Record(number, key, Identity(subject, name, *map(tuple, json.loads(listed))), begun, seen)
            for number, key, subject, name, listed, begun, seen in rows
        )
        return [record for record in records if self._lasts(record)]

    def _lasts(self, record: Record) -> bool:
        now = self._now()
        return (
            record.begun <= now < record.begun + self._login.hours * 3600
            and now < record.seen + self._login.idle_minutes * 60
        )

    def used(self, record: Record) -> None:
        """Somebody has just used this login."""
        now = self._now()
        if now - record.seen >= _SEEN_EVERY:
            with self._open() as connection:
                connection.execute("UPDATE dx_logins SET seen = ? WHERE key = ?", (now, record.key))

    def end(self, key: str) -> None:
        """This login ends, wherever its token is."""
        with self._open() as connection:
            connection.execute("DELETE FROM dx_logins WHERE key = ?", (key,))

    def end_all(self, subject: str) -> int:
        """Every login of a person ends; how many there were."""
        with self._open() as connection:
            ours = (subject, self._login.url)
            return connection.execute("DELETE FROM dx_logins WHERE subject = ? AND url = ?", ours).rowcount


def end_of(number: int, kept: Logins, book: Ledger | None, person: Person) -> tuple[Identity, int]:
    """End every login of the person who has this one, with a line in the ledger; who it was, and how many they were.

    NotPermitted without the right; NotFound if there is no login of that number.
    """
    require(person, Right.END_LOGINS)
    found = next((record for record in kept.lasting() if record.number == number), None)
    if found is None:
        raise NotFound.because(f"ログイン {number} 番はありません", "dx logins で番号を確かめてください")
    who = found.identity
    ended = kept.end_all(who.subject)
    if book:
        book.append(person.name, Act.LOGIN_ENDED, who.subject, name=who.name, logins=ended)
    return who, ended


def ledger(there: Place) -> Ledger | None:
    """The ledger of the lake at a place; None as long as there is no lake."""
    return Ledger(there.book()) if there.exists() else None
