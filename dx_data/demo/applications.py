"""The invented applications: a month at a time, and the exports, each with what changed since the one before."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from math import fsum

import numpy as np
import numpy.typing as npt

from dx_data.calendar import holiday_name, is_open_day, open_day_after
from dx_data.demo.chance import Floats, Ints, lognormal, stream, weighted, whole
from dx_data.demo.forms import Form
from dx_data.demo.shapes import DemoFile, kintone_name

OUTAGE_SYSTEM = "LoGoフォーム"
OUTAGE_DAY = date(2026, 6, 10)
BACKLOG_FORM = "保育所等利用申込フォーム"
BACKLOG_FROM = date(2026, 10, 1)

_GROWTH_SINCE = date(2025, 4, 1)
_YEARLY_GROWTH = 0.04
_RAMP_DAYS = 120
_DAY = 24 * 60
_OPENS, _CLOSES = 8 * 60 + 30, 17 * 60 + 15
_NEVER = 10**9

# From April to March; what a month has when an average month has 1.
SEASONS = {
    name: tuple(12 * float(month) / fsum(map(float, months.split())) for month in months.split())
    for name, months in {
        "通年": "1 1 1 1 1 1 1 1 1 1 1 1",
        "転居": "1.7 1.0 0.8 0.85 0.8 0.85 0.85 0.75 0.75 0.8 0.95 1.9",
        "税": "1.0 1.1 2.2 0.9 0.7 0.7 0.7 0.7 0.7 1.0 1.5 1.2",
        "保育": "0.5 0.5 0.6 0.6 0.7 1.0 2.9 2.8 1.0 0.6 0.5 0.4",
        "就学": "0.8 0.6 0.5 0.5 0.6 1.2 1.6 1.7 1.0 1.3 1.3 1.0",
        "年末": "1.1 0.95 0.95 0.95 0.95 0.95 0.95 1.0 1.5 0.8 0.8 1.25",
        "年度初": "1.6 1.4 1.2 1.0 0.9 0.9 0.9 0.9 0.8 0.8 0.8 0.9",
        "春": "1.8 1.6 1.3 0.9 0.8 0.8 0.8 0.8 0.7 0.7 0.8 1.0",
        "秋": "0.7 0.7 0.8 0.9 1.0 1.6 1.7 1.4 0.9 0.7 0.8 0.8",
    }.items()
}
_OPEN_HOURS = np.array(
    [6, 3, 2, 1, 1, 3, 9, 16, 30, 55, 62, 58, 60, 56, 52, 50, 46, 44, 43, 46, 52, 56, 46, 24], dtype=np.float64
)
_CLOSED_HOURS = np.array(
    [9, 5, 3, 2, 2, 3, 8, 16, 30, 44, 52, 54, 50, 52, 54, 54, 52, 48, 46, 48, 58, 64, 54, 28], dtype=np.float64
)
_OUTCOMES = ("完了", "取下げ", "却下")
_OUTCOME_WEIGHTS = np.array([96.2, 2.7, 1.1])
_STATUSES = ("未処理", "処理中", "差戻し", *_OUTCOMES)
_NOTES = ("", "書類確認済み", "電話で内容を確認", "添付の差替えあり", "他課へ照会中,回答待ち")
_NOTE_WEIGHTS = np.array([95.0, 2.0, 1.2, 1.0, 0.8])
_NUMBERED = {"LoGoフォーム": "L", "東京共同電子申請": "T", "ぴったりサービス": "M", "kintone": "K"}

HEADER = [
    "レコード番号",
    "システム",
    "申請番号",
    "申請日時",
    "フォームID",
    "フォーム名",
    "手続名",
    "処理状況",
    "受付日時",
    "完了日時",
    "利用端末",
    "決済額",
    "備考",
    "作成者",
    "作成者（表示名）",
    "更新日時",
]


def season(name: str, month: date) -> float:
    """What that month has when an average month has 1."""
    return SEASONS[name][(month.month - 4) % 12]


def growth(day: date) -> float:
    """How much more an unchanged form receives than at the contract's start."""
    return 1 + _YEARLY_GROWTH * (day - _GROWTH_SINCE).days / 365


def next_month(month: date) -> date:
    """The first of the month after."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)


class Clock:
    """Minutes since a first day, and the ward's open days among them."""

    def __init__(self, first: date, last: date) -> None:
        """From the first day to well after the last, so that work can be finished."""
        self.first = first
        days = [first + timedelta(days=number) for number in range((last - first).days + 500)]
        is_open = np.array([is_open_day(day) for day in days])
        self.is_open = is_open
        self.open_days: Ints = np.flatnonzero(is_open).astype(np.int64)
        # Index of the first open day on or after each day.
        self.upcoming: Ints = np.searchsorted(self.open_days, np.arange(len(days))).astype(np.int64)
        self.texts = np.array([f"{day:%Y/%m/%d}".encode() for day in days], dtype=object)
        self.times = np.array([f" {m // 60:02}:{m % 60:02}".encode() for m in range(_DAY)], dtype=object)

    def day(self, day: date) -> int:
        """Number of that day."""
        return (day - self.first).days

    def minute(self, moment: datetime) -> int:
        """Number of that minute."""
        return self.day(moment.date()) * _DAY + moment.hour * 60 + moment.minute

    def written(self, minutes: Ints) -> npt.NDArray[np.object_]:
        """The minutes as kintone writes them."""
        text: npt.NDArray[np.object_] = self.texts[minutes // _DAY] + self.times[minutes % _DAY]
        return text


@dataclass(frozen=True)
class Batch:
    """All applications of one month, in the order in which they came, with all that will happen to them.

    Every time is a minute of the clock, `_NEVER` where it does not come.
    """

    month: date
    first_record: int
    applied: Ints
    form: Ints
    received: Ints
    returned: Ints
    finished: Ints
    outcome: Ints
    late: npt.NDArray[np.bool_]
    phone: npt.NDArray[np.bool_]
    paid: Ints
    note: Ints

    @cached_property
    def moments(self) -> npt.NDArray[np.int64]:
        """The minutes at which a record changes, one column for each kind of change."""
        return np.stack([self.applied, self.received, self.returned, self.finished], axis=1)

    def changed(self, before: int) -> Ints:
        """Minute of the last change up to that minute (the application itself at the least)."""
        last: Ints = np.where(self.moments <= before, self.moments, 0).max(axis=1)
        return last

    def status(self, at: int) -> Ints:
        """Index into the statuses at that minute."""
        status = np.where(self.received <= at, 1, 0)
        status = np.where(self.returned <= at, 2, status)
        return np.where(self.finished <= at, 3 + self.outcome, status).astype(np.int64)


def batch(seed: int, everything: Sequence[Form], clock: Clock, month: date, start: date, record: int) -> Batch:
    """The month's applications from `start` on; the same whichever other months are asked for."""
    chance = stream(seed, "applications", month)
    days = [month + timedelta(days=number) for number in range((next_month(month) - month).days)]
    counts = whole(chance, _expected(chance, everything, days))
    counts[:, [day < start for day in days]] = 0
    form, day = (np.repeat(index.ravel(), counts.ravel()) for index in np.indices(counts.shape))
    size = len(form)
    open_day = clock.is_open[clock.day(month) + day]
    hour = np.where(open_day, weighted(chance, _OPEN_HOURS, size), weighted(chance, _CLOSED_HOURS, size))
    applied = (clock.day(month) + day) * _DAY + hour * 60 + chance.integers(60, size=size)
    order = np.argsort(applied, kind="stable")
    applied, form = applied[order].astype(np.int64), form[order].astype(np.int64)

    received = _received(chance, clock, applied)
    backlog = np.array([each.name == BACKLOG_FORM for each in everything])[form]
    slow = backlog & (applied >= clock.day(BACKLOG_FROM) * _DAY)
    pace = np.array([each.pace for each in everything])[form] * np.where(slow, 8, 1)
    finished = _finished(chance, clock, received, pace)
    returned = np.where(chance.random(size) < 0.05, received + (finished - received) // 2, _NEVER)
    forgotten = chance.random(size) < np.where(returned < _NEVER, 0.12, 0.002)
    fees = [np.array(each.fees or (-1,)) for each in everything]
    table = np.array([[fee[number % len(fee)] for number in range(84)] for fee in fees])
    business = np.array([bool(each.procedure and each.procedure.offer.applicant == "事業者") for each in everything])
    return Batch(
        month=month,
        first_record=record,
        applied=applied,
        form=form,
        received=received,
        returned=returned,
        finished=np.where(forgotten, _NEVER, finished),
        outcome=weighted(chance, _OUTCOME_WEIGHTS, size),
        late=chance.random(size) < 0.0008,
        phone=chance.random(size) < np.where(business[form], 0.14, 0.64),
        paid=table[form, chance.integers(84, size=size)],
        note=weighted(chance, _NOTE_WEIGHTS, size),
    )


def _expected(chance: np.random.Generator, everything: Sequence[Form], days: Sequence[date]) -> Floats:
    """Applications expected of each form on each day."""
    weekday = np.array([_weekday(day) for day in days])
    yearly = np.array([each.yearly * season(each.season, days[0]) / 365 for each in everything])
    expected = yearly[:, None] * weekday[None, :] * growth(days[0])
    for number, each in enumerate(everything):
        for place, day in enumerate(days):
            if not each.open(day) or (day == OUTAGE_DAY and each.system == OUTAGE_SYSTEM):
                expected[number, place] = 0
            elif each.procedure and each.opened_on > _GROWTH_SINCE:
                expected[number, place] *= min(1.0, 0.55 + 0.45 * (day - each.opened_on).days / _RAMP_DAYS)
    noise = 0.8 + 0.4 * chance.random((1, len(days))) * (0.75 + 0.5 * chance.random(expected.shape))
    result: Floats = expected * noise
    return result


def _weekday(day: date) -> float:
    if not is_open_day(day):
        return 0.72 if day.weekday() == 5 and holiday_name(day) is None else 0.6
    return (1.24, 1.16, 1.12, 1.1, 1.14)[day.weekday()]


def _received(chance: np.random.Generator, clock: Clock, applied: Ints) -> Ints:
    """Within hours where the desk is open, else on the morning of the next open day."""
    day, minute = applied // _DAY, applied % _DAY
    wait = chance.integers(8, 200, size=len(applied))
    at_once = clock.is_open[day] & (minute < 16 * 60)
    today = day * _DAY + np.minimum(np.maximum(minute, _OPENS) + wait, _CLOSES)
    after = clock.open_days[clock.upcoming[day + 1]] * _DAY + _OPENS + wait
    result: Ints = np.where(at_once, today, after).astype(np.int64)
    return result


def _finished(chance: np.random.Generator, clock: Clock, received: Ints, pace: Ints) -> Ints:
    """After some open days, most soon and a few very late."""
    table = lognormal(100, 1.0)
    wait = table[chance.integers(len(table), size=len(received))] * pace // 100
    place = clock.upcoming[received // _DAY] + wait
    within = place < len(clock.open_days)
    day = clock.open_days[np.minimum(place, len(clock.open_days) - 1)]
    later = day * _DAY + 9 * 60 + chance.integers(8 * 60, size=len(received))
    same_day = received + chance.integers(15, 150, size=len(received))
    result: Ints = np.where(within, np.where(wait == 0, same_day, later), _NEVER).astype(np.int64)
    return result


# --- the exports --------------------------------------------------------------------------------------------


def export_moment(month: date, until: date) -> datetime:
    """When a month is exported: on the third open day after it, or at the end of the last day."""
    day = next_month(month) - timedelta(days=1)
    for _ in range(3):
        day = open_day_after(day)
    return datetime.combine(day, time(9, 5)) if day < until else datetime.combine(until, time(17, 30))


def exports(everything: Sequence[Form], clock: Clock, until: date, batches: Sequence[Batch]) -> Iterator[DemoFile]:
    """One file for each month: the month's records, and those of earlier months that changed since the last file."""
    write = _writer(everything, clock)
    before = -1
    for place, current in enumerate(batches):
        moment = export_moment(current.month, until)
        # The last month but one may be exported on the same day as the last: a little earlier then.
        moment -= timedelta(hours=8) if current.month < until.replace(day=1) and moment.hour > 12 else timedelta()
        at, last = clock.minute(moment), current is batches[-1]
        lines = [",".join(f'"{title}"' for title in HEADER).encode("cp932")]
        for older in batches[:place]:
            overdue = older.late & (older is batches[place - 1])
            lines += write(older, at, (older.changed(at) > before) | overdue)
        lines += write(current, at, (current.applied <= at) & (last | ~current.late))
        lines.append(b"")
        yield DemoFile(kintone_name("電子申請実績", moment), b"\r\n".join(lines), moment.date())
        before = at


def _writer(everything: Sequence[Form], clock: Clock) -> Callable[[Batch, int, npt.NDArray[np.bool_]], list[bytes]]:
    """Writes the chosen records of a month as they stood at a minute."""
    systems = [each.system for each in everything]
    letters = [_NUMBERED[system] for system in systems]
    about = [
        f'{each.id}","{each.name}","{each.procedure.name if each.procedure else ""}'.encode("cp932")
        for each in everything
    ]
    codes = [system.encode("cp932") for system in systems]
    statuses = [status.encode("cp932") for status in _STATUSES]
    tails = [
        f'{note}","k-user{number}","架空 {name}'.encode("cp932")
        for note in _NOTES
        for number, name in ((1, "太郎"), (2, "花子"))
    ]

    def write(each: Batch, at: int, wanted: npt.NDArray[np.bool_]) -> list[bytes]:
        rows = np.flatnonzero(wanted)
        form = each.form[rows]
        status = each.status(at)[rows]
        finish = np.where((status == 3) | (status == 5), each.finished[rows], -1)
        received = np.where(status > 0, each.received[rows], -1)
        written = clock.written
        columns = zip(
            (rows + each.first_record).tolist(),
            form.tolist(),
            written(each.applied[rows]),
            status.tolist(),
            [text if shown else b"" for text, shown in zip(written(received), received >= 0, strict=True)],
            [text if shown else b"" for text, shown in zip(written(finish), finish >= 0, strict=True)],
            each.phone[rows].tolist(),
            each.paid[rows].tolist(),
            (each.note[rows] * 2 + rows % 2).tolist(),
            written(each.changed(at)[rows]),
            rows.tolist(),
            strict=True,
        )
        month = f"{each.month:%Y%m}"
        return [
            b'"%d","%s","%s%s-%05d","%s","%s","%s","%s","%s","%s","%s","%s","%s"'
            % (
                record,
                codes[form],
                letters[form].encode(),
                month.encode(),
                row + 1,
                applied,
                about[form],
                statuses[status],
                received,
                finished,
                "スマホ".encode("cp932") if phone else b"PC",
                b"%d" % paid if paid >= 0 else b"",
                tails[tail],
                changed,
            )
            for record, form, applied, status, received, finished, phone, paid, tail, changed, row in columns
        ]

    return write
