"""The demo's files, and the only place that invents data.

Everything here is fictional (架空データ): a ward that does not exist, in files of the shapes that real ones have.
They go through the door like any other; this room knows neither the door nor the lake. The same arguments
give the same bytes.
"""

from collections.abc import Iterator
from datetime import date

from dx_data.demo import (
    applications,
    benchmarks,
    consultations,
    contract,
    counts,
    desk,
    forms,
    procedures,
    receipts,
    support,
    targets,
    teaching,
    windows,
)
from dx_data.demo.shapes import DemoFile, csv_with_bom, day
from dx_data.demo.ward import REORGANISED, sections

__all__ = ["SEED", "SINCE", "UNTIL", "DemoFile", "files", "small"]

SINCE = date(2025, 4, 1)
UNTIL = date(2026, 11, 20)
SEED = 131229

_SMALL_SINCE = date(2026, 10, 1)
_SMALL_PROCEDURES = 36
_SMALL_VOLUME = 0.0025
_VOLUME = 1.05
_EVENT_EVERY = 17
_WIDE_YEAR, _WIDE_AT = 2025, date(2026, 4, 10)


def files(until: date = UNTIL, *, since: date = SINCE, seed: int = SEED) -> Iterator[DemoFile]:
    """All files of the demo, masters and ledgers first, each kind in the order of its days.

    What happens in a month does not depend on the period asked for; only how far it is known does.
    """
    if since > until:
        raise ValueError(f"since {since} lies after until {until}")
    yield from _files(until, since, seed, size=procedures.SIZE, volume=_VOLUME, spacing=_EVENT_EVERY)
    told = (*receipts.week_before(seed, since, until), *receipts.exports(seed, since, until))
    yield from sorted(told, key=lambda file: file.as_of)
    yield from benchmarks.exports(seed)


def small() -> Iterator[DemoFile]:
    """The handful that is committed under data/demo/: the same shapes with a few dozen rows each."""
    yield from _files(
        UNTIL, _SMALL_SINCE, SEED, size=_SMALL_PROCEDURES, volume=_SMALL_VOLUME, spacing=_EVENT_EVERY * 12
    )
    ward = procedures.procedures(SEED, _SMALL_PROCEDURES)
    yield counts.across(SEED, ward, _WIDE_YEAR, _SMALL_VOLUME, _WIDE_AT)
    yield from receipts.exports(SEED, _SMALL_SINCE, UNTIL, receipts.SMALL_WINDOWS)
    yield from benchmarks.exports(SEED, small=True)


def _files(until: date, since: date, seed: int, *, size: int, volume: float, spacing: int) -> Iterator[DemoFile]:
    yield _departments(until, since)
    yield targets.export(since)
    yield from windows.masters(since)
    ward = procedures.procedures(seed, size)
    for at in procedures.export_days(since, until):
        yield procedures.export(ward, at)
    online = forms.forms(seed, ward, spacing, volume)
    for at in forms.export_days(since, until):
        yield forms.export(online, at)
    yield from _records(seed, since, until, online)
    clock = applications.Clock(since.replace(day=1), until)
    batches = list(_batches(seed, online, clock, since, until))
    yield from applications.exports(online, clock, until, batches)
    yield from counts.exports(seed, ward, online, clock, until, batches, volume)


def _records(seed: int, since: date, until: date, online: tuple[forms.Form, ...]) -> Iterator[DemoFile]:
    """The apps in which the contract's other work is written down, each kind in the order of its days."""
    half_years = procedures.export_days(since, until)
    for at in procedures.export_days(since, until, months=(1, 4, 7, 10)):
        yield consultations.export(seed, since, at)
    for app in (teaching.trainings_export, support.tools_export, contract.meetings_export):
        for at in half_years[-2:]:
            yield app(seed, since, at)
    yield teaching.events_export(seed, since, until)
    yield contract.deliverables_export(seed, since, until)
    yield support.trials_export(since, until)
    yield from contract.evaluations_export(since, until)
    yield contract.information_export(since, until)
    yield desk.incidents_export(seed, since, until)
    for at in half_years[-2:]:
        yield desk.inquiries_export(seed, since, at, online)
    for at in half_years[-2:]:
        yield desk.ocr_export(seed, since, at)


def _batches(
    seed: int, online: tuple[forms.Form, ...], clock: applications.Clock, since: date, until: date
) -> Iterator[applications.Batch]:
    month, record = since.replace(day=1), 1
    while month <= until:
        batch = applications.batch(seed, online, clock, month, since, record)
        yield batch
        month, record = applications.next_month(month), record + len(batch.form)


def _departments(until: date, since: date) -> DemoFile:
    rows = [
        [each.sequence, each.division, each.name, day(each.since), day(each.until), "、".join(each.successors)]
        for each in sections(until)
    ]
    header = ["組織順", "所管部", "所管課", "有効開始日", "有効終了日", "後継課"]
    as_of = max(since, REORGANISED) if until >= REORGANISED else since
    return DemoFile("所管課マスター.csv", csv_with_bom([header, *rows]), as_of)
