"""One lake opened with its questions and its ledger: what the screens, the command line and notebooks hold."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import dx_data.lake as lakes
from dx_data import breaks, calendar, differences, door
from dx_data.access import Person, Right, require
from dx_data.bundled import Municipality, municipalities
from dx_data.catalog import Catalog, Result, Value, laid_near, lay_near
from dx_data.custody import arrivals, disposals, remembered
from dx_data.custody.ledger import Act, Ledger
from dx_data.custody.proof import Proof
from dx_data.datasets import DATASETS
from dx_data.door.known import Known, begins, masters
from dx_data.errors import Problem
from dx_data.lake import Lake, Load, Moment, Place, received
from dx_data.settings import Settings, settings
from dx_data.why import ROWS_SHOWN, Explained, Why, chosen, counts, found_row, why

FICTIONAL = "架空データ"


@dataclass(frozen=True)
class Earlier:
    """The lake as it was before, which an answer is compared with, and the day on which it was known so."""

    at: Moment
    day: dt.date


@dataclass(frozen=True)
class House:
    """Everything that belongs to one open lake."""

    settings: Settings
    lake: Lake
    catalog: Catalog
    ledger: Ledger

    @property
    def is_demo(self) -> bool:
        """Whether all of it is invented."""
        return self.lake.demo_until is not None

    @property
    def backup_key(self) -> Path:
        """The file of the password that seals what leaves this lake."""
        return self.lake.place.own(self.settings.backup_key)

    @property
    def titles(self) -> dict[str, str]:
        """What the questions are called."""
        return {question.name: question.title for question in self.catalog.questions.values()}

    @property
    def municipality(self) -> Municipality:
        """Whose lake it is, by the settings' code."""
        code, wider = self.settings.municipality_code, self.settings.nation
        return next((each for each in municipalities() if each.code == code), Municipality(code, wider, wider))

    def today(self, at: Moment | None = None) -> dt.date:
        """The reference date: today in Tokyo; in a demo its last day, or a later one that somebody loaded.

        With a moment the lake is not looked at again.
        """
        if not self.lake.demo_until:
            return calendar.today()
        return max([self.lake.demo_until, *(load.as_of for load in (at.history() if at else self.lake.loads()))])

    def known_on(self, load: Load) -> dt.date:
        """The day on which a load became known; a demo is loaded at once, so there its files' own days count."""
        return load.as_of if self.is_demo else load.at.date()

    def snapshot_on(self, day: dt.date, loads: Sequence[Load] | None = None) -> int:
        """Number of the newest snapshot up to the end of a day; 0 where nothing was loaded yet.

        `loads` are those of the lake, newest first, where somebody has them at hand.
        """
        number = 0
        for load in reversed(self.lake.loads() if loads is None else loads):
            if self.known_on(load) > day:
                break
            number = load.snapshot
        return number

    def ask(
        self,
        name: str,
        snapshot: str | int | Moment | None = None,
        *,
        today: dt.date | None = None,
        version: int | None = None,
        across_break: bool = False,
        **params: Any,
    ) -> Result:
        """The answer to a question; the reference date defaults to `today()`. In a demo it says so.

        Comparisons across a change of what is counted are left out, unless `across_break`.
        """
        at = self.at(snapshot)
        today = today or self.today(at)
        result = self.catalog.ask(name, at, today=today, version=version, **params)
        found = breaks.of(result.question, lambda other: self.catalog.ask(other, at, today=today))
        result = replace(result, breaks=found)
        return self._marked(result if across_break else breaks.without_differences(result))

    def compare(
        self,
        name: str,
        since: str | dt.date | Earlier,
        snapshot: str | int | Moment | None = None,
        /,
        *,
        today: dt.date | None = None,
        version: int | None = None,
        across_break: bool = False,
        parts: bool = True,
        **params: Any,
    ) -> Result:
        """What of an answer changed since an earlier snapshot, or since the newest one up to a day.

        Without `parts` what arrived and what was corrected is not told apart. AcrossBreak when the definition changed
        in between, unless `across_break`.
        """
        now = self.at(snapshot)
        today, loads = today or self.today(now), now.history()
        before = self.earlier(since, now)
        if not across_break:
            breaks.refuse(self.catalog.named(name, version), before.day, self._day(now.number, loads))
        found = differences.compare(
            self.catalog, name, before.at, now, day=before.day, today=today, version=version, parts=parts, **params
        )
        return self._marked(found)

    def compared_with(self, name: str, before: Earlier, now: Moment) -> str:
        """What `compare` takes its differences from, in words."""
        base = differences.base_day(self.catalog.named(name), before.at, now, before.day)
        return differences.since_words(base, before.day, self.today(now))

    def earlier(self, since: str | dt.date | Earlier, now: Moment) -> Earlier:
        """An earlier snapshot, or the newest one up to a day, as it is seen from a moment; what is one is itself."""
        if isinstance(since, Earlier):
            return since
        loads = now.history()
        if isinstance(since, dt.date):
            return Earlier(now.earlier(self.snapshot_on(since, loads)), since)
        at = self.at(since)
        return Earlier(at, self._day(at.number, loads))

    def bring_near(self, at: Moment) -> Iterator[str]:
        """Lay in memory what questions read as it stands at a moment, where somebody keeps such tables.

        One thing after the other, each after its name was told: whoever asks for no more stops there.
        """
        for name in DATASETS:
            yield name
            at.bring_near(name)
        for name in laid_near():
            yield name
            lay_near(name, at)

    def at(self, snapshot: str | int | Moment | None, lake: Lake | None = None) -> Moment:
        """The lake (another opening of it) at a snapshot, with the journal of what arrived; a moment is itself."""
        if isinstance(snapshot, Moment):
            return snapshot
        return replace((lake or self.lake).at(snapshot), arrivals=lambda: arrivals.remembered(self.ledger))

    def _day(self, snapshot: int, loads: Sequence[Load]) -> dt.date:
        """The day on which a snapshot became known; that of the first load for the empty lake."""
        days = [self.known_on(load) for load in loads if load.snapshot <= snapshot]
        return days[0] if days else min((self.known_on(load) for load in loads), default=self.today())

    def _marked(self, result: Result) -> Result:
        return replace(result, notes=(FICTIONAL, *result.notes)) if self.is_demo else result

    def trace(self, result: Result, key: Mapping[str, Value], column: str, limit: int = ROWS_SHOWN) -> Why:
        """The rows that one figure of an answer of this house was counted from, at the answer's snapshot.

        AnswerBroken if they cannot be found.
        """
        return self._traced(result, key, [column], limit)[0]

    def _traced(self, result: Result, key: Mapping[str, Value], columns: Sequence[str], limit: int) -> list[Why]:
        files = {load.load: load.file for load in self.lake.loads()}
        with self.lake.apart() as lake:
            at = self.at(result.snapshot, lake)
            return [why(result, at, key, column, files, limit) for column in columns]

    def explain(
        self, result: Result, given: Mapping[str, str], column: str | None, limit: int = ROWS_SHOWN
    ) -> Explained:
        """The rows of one figure, or of all figures of one row; where no row is meant, how many rows each column has.

        `given` chooses the row by its key; an answer of one row needs none. WrongUsage for an unknown row or column.
        """
        columns = chosen(result.question, column)
        if given or len(result.rows) == 1:
            key = found_row(result, given)
            return Explained(result, tuple(self._traced(result, key, columns, limit)), {})
        with self.lake.apart() as lake:
            return Explained(result, (), counts(result, self.at(result.snapshot, lake), columns))

    def verify_ledger(self) -> list[Problem]:
        """Everything wrong with the ledger, checked against the seals that the loads carry and the note of its file."""
        return self.ledger.verify(self.lake.anchors()) or self.ledger.altered()

    def clock_is_back(self) -> Problem | None:
        """A fault if this computer's clock stands before the ledger's last line. Work goes on: order is by number."""
        last = self.ledger.last()
        if last is None or calendar.now() >= dt.datetime.fromisoformat(last.at):
            return None
        return Problem(
            stage="house",
            rule="house.clock",
            message=f"このコンピューターの時計が、台帳の最後の記録（{last.at[:16].replace('T', ' ')}）より前です",
            fix="時計を合わせてください（取込はできますが、記録の時刻が前後します）",
        )

    def remembered(self) -> Known:
        """What people decided at earlier loads about headings, spellings and cells, and what masters add to choices."""
        additions = {}
        for place in masters():
            name, _, column = place.partition(".")
            additions[place] = self.lake.dated(DATASETS[name], column, begins(DATASETS[name]).name)
        return replace(remembered.known(self.ledger), additions=additions)

    def close(self) -> None:
        """Let go of the lake's files."""
        self.lake.close()


def address(demo: bool, chosen: Settings | None = None) -> str:
    """Where the real or the demo lake lies."""
    chosen = chosen or settings()
    return chosen.lake_demo if demo else chosen.lake


def data_address(demo: bool, chosen: Settings | None = None) -> str | None:
    """Where the Parquet files of the real or the demo lake lie; None for the lake's own folder."""
    return None if demo else (chosen or settings()).lake_data


def open_house(*, demo: bool = False, chosen: Settings | None = None) -> House:
    """Open an existing lake, sweep what killed processes left, settle open intents. NotFound if there is no lake."""
    chosen = chosen or settings()
    lake = Lake(place_of(demo, chosen), municipality=chosen.municipality_code)
    return _opened(lake, chosen)


def place_of(demo: bool, chosen: Settings | None = None) -> Place:
    """The place of the municipality's real lake, or of the demo's; StartRefused where none may lie."""
    chosen = chosen or settings()
    whose = None if demo else chosen.municipality_code  # a demo is nobody's
    return lakes.at(address(demo, chosen), data_address(demo, chosen), whose, here=Path(chosen.lake_here))


def _opened(lake: Lake, chosen: Settings) -> House:
    door.sweep()
    house = House(chosen, lake, Catalog(), Ledger(lake.place.book()))
    settle(house)
    return house


def make_house(person: Person, *, demo_until: dt.date | None = None, chosen: Settings | None = None) -> House:
    """Make the lake if there is none yet, and open it."""
    require(person, Right.CREATE_LAKE)
    chosen = chosen or settings()
    demo = demo_until is not None
    here = place_of(demo, chosen)
    if here.exists():
        return open_house(demo=demo, chosen=chosen)
    lake = Lake.create(here, municipality=chosen.municipality_code, demo_until=demo_until)
    Ledger(lake.place.book()).append(person.name, Act.MADE, lake.id, demo=demo)
    return _opened(lake, chosen)


def settle(house: House) -> None:
    """Give every open intent its outcome, from what the snapshots say (a killed process wrote one or the other).

    Also after the catalogue's server went away in the middle of a load. What was kept of a file whose load was never
    done goes.
    """
    files = house.lake.place.files
    if not house.ledger.open_intents() and not received.loose(files, Proof.of(house.ledger).kept):
        house.lake.is_unsettled = False
        return
    with house.lake.turn():  # nobody is loading now, so what is open was left by a killed process
        done = {load.anchor: load for load in house.lake.loads()}
        for intent in house.ledger.open_intents():
            if intent.act == Act.DISPOSE_INTENT:
                disposals.finish(house.lake, house.ledger, intent)
                continue
            load = done.get(intent.seal)
            kinds = {Act.LOAD_INTENT.value: (Act.LOAD, Act.LOAD_FAILED)}
            success, failure = kinds.get(intent.act, (Act.UNDO, Act.UNDO_FAILED))
            facts = {**intent.detail, "intent": intent.number, "settled": "起動時に確定"}
            if load:
                house.ledger.append(intent.who, success, intent.subject, **facts, **_proof(house, load))
            else:
                house.ledger.append(intent.who, failure, intent.subject, **facts)
        received.remove(files, received.loose(files, Proof.of(house.ledger).kept))
    house.lake.is_unsettled = False


def _proof(house: House, load: Load) -> dict[str, Any]:
    return {"snapshot": load.snapshot, **house.lake.proof(load.snapshot)}
