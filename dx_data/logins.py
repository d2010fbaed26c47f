"""Who is signed in: one record per login, where all servers of a lake see it, so that ending it ends it everywhere.

The browser holds nothing but a random token; the record holds its digest. So there is nothing to forge, and a stolen
record opens nothing. Roles are not kept: they follow from what the provider said and from today's settings. Who is on
the way to the provider is noted, too: the answer may come back to another server.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dx_data.lake as lakes
from dx_data.access import Person, Right, Role, given, require
from dx_data.calendar import TOKYO
from dx_data.custody.ledger import Act, Ledger
from dx_data.errors import NotFound
from dx_data.lake import Place, Records
from dx_data.settings import LONGEST_LOGIN, Login, Settings

MINUTES_TO_LOG_IN = 10
_WAITING = 1000  # people between our page and the provider's, at most
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


@dataclass(frozen=True)
class SetOut:
    """Somebody on the way to the provider: what Authlib noted for the way back, and where they wanted to go."""

    noted: dict[str, Any]
    to: str


class Logins:
    """The records of one lake's servers, their scripts and the command line.

    A login holds at the address it was made at. So a product that serves another municipality from the same folder or
    database neither takes it for one of its own nor shows who it is. Nor does either push out who is on the way to the
    other.
    """

    def __init__(self, records: Records, login: Login, now: Callable[[], float] | None = None) -> None:
        """`now` in seconds since 1970; by default the records' own clock."""
        self._records, self._login, self._now = records, login, now or records.now

    def begin(self, identity: Identity) -> str:
        """Record a new login; the token for the browser, which is kept nowhere else."""
        token, now = secrets.token_urlsafe(32), self._now()
        listed = json.dumps([identity.names, identity.values], ensure_ascii=False)
        # A past login is not kept: the ledger says that there was one. Nor is one of an address that is no more.
        self._records.run(
            "DELETE FROM dx_logins WHERE begun < ? OR (url = ? AND begun < ?)",
            now - LONGEST_LOGIN * 3600,
            self._login.url,
            now - self._login.hours * 3600,
        )
        self._records.run(
            "INSERT INTO dx_logins (key, subject, name, listed, begun, seen, url) VALUES (?, ?, ?, ?, ?, ?, ?)",
            key_of(token),
            identity.subject,
            identity.name,
            listed,
            now,
            now,
            self._login.url,
        )
        return token

    def find(self, key: str | None) -> Record | None:
        """The login of that key, unless it has ended: by logout, by age, by nobody using it, by a clock set back."""
        if key is None:
            return None
        found = self._records.run(
            "SELECT number, key, subject, name, listed, begun, seen FROM dx_logins WHERE url = ? AND key = ?",
            self._login.url,
            key,
        )
        return next(self._lasting(found.rows), None)

    def lasting(self) -> list[Record]:
        """Every login that has not ended, oldest first."""
        found = self._records.run(
            "SELECT number, key, subject, name, listed, begun, seen FROM dx_logins WHERE url = ? ORDER BY number",
            self._login.url,
        )
        return list(self._lasting(found.rows))

    def _lasting(self, rows: list[tuple[Any, ...]]) -> Iterator[Record]:
        now = self._now() if rows else 0
        for number, key, subject, name, listed, begun, seen in rows:
            record = Record(number, key, Identity(subject, name, *map(tuple, json.loads(listed))), begun, seen)
            if self._lasts(record, now):
                yield record

    def _lasts(self, record: Record, now: float) -> bool:
        return (
            record.begun <= now < record.begun + self._login.hours * 3600
            and now < record.seen + self._login.idle_minutes * 60
        )

    def used(self, record: Record) -> None:
        """Somebody has just used this login."""
        now = self._now()
        if now - record.seen >= _SEEN_EVERY:
            self._records.run("UPDATE dx_logins SET seen = ? WHERE key = ?", now, record.key)

    def end(self, key: str) -> None:
        """This login ends, wherever its token is."""
        self._records.run("DELETE FROM dx_logins WHERE key = ?", key)

    def end_all(self, subject: str) -> int:
        """Every login of a person ends; how many there were."""
        ours = "DELETE FROM dx_logins WHERE url = ? AND subject = ?"
        return self._records.run(ours, self._login.url, subject).touched

    def set_out(self, noted: Mapping[str, Any], to: str) -> str:
        """Somebody goes to the provider; the ticket for the browser, which is kept nowhere else."""
        ticket, now = secrets.token_urlsafe(32), self._now()
        self._records.run(
            "DELETE FROM dx_begun WHERE until <= ? OR (url = ? AND key NOT IN"
            " (SELECT key FROM dx_begun WHERE url = ? ORDER BY until DESC LIMIT ?))",
            now,
            self._login.url,
            self._login.url,
            _WAITING - 1,
        )
        self._records.run(
            "INSERT INTO dx_begun (key, until, noted, target, url) VALUES (?, ?, ?, ?, ?)",
            key_of(ticket),
            now + MINUTES_TO_LOG_IN * 60,
            json.dumps(noted),
            to,
            self._login.url,
        )
        return ticket

    def came_back(self, ticket: str) -> SetOut | None:
        """Who has this ticket, once: it is not known any more afterwards. None after ten minutes, too."""
        found = self._records.run(
            "DELETE FROM dx_begun WHERE url = ? AND key = ? RETURNING until, noted, target",
            self._login.url,
            key_of(ticket),
        ).rows
        for until, noted, to in found:
            if self._now() < until:
                return SetOut(json.loads(noted), to)
        return None


def kept(chosen: Settings, login: Login) -> Logins:
    """The logins of the settings' lake. StartRefused for a lake's address that cannot be used."""
    return Logins(lakes.records(chosen.lake, Path(chosen.logins)), login)


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
