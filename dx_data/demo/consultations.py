"""The invented consultations of care providers and neighbourhood bodies, with every time each was worked on."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np

from dx_data.calendar import is_open_day, open_day_on_or_before
from dx_data.datasets import DATASETS
from dx_data.demo.applications import next_month
from dx_data.demo.chance import Floats, between, stream, weighted
from dx_data.demo.desk import months
from dx_data.demo.shapes import STAFF, DemoFile, Record, app_export, day, tick_headers, ticks

# From April to March; after the exhibition in November more come. About half of them go on to 伴走支援, of which the
# contract expects 60 a year.
_MONTHLY = (10, 11, 11, 11, 8, 11, 11, 18, 12, 11, 11, 11)
_TARGETS = ("介護サービス事業者・施設", "自治町会", "NPO・地域活動団体", "その他関係団体")
_TARGET_WEIGHTS = np.array([52.0, 22.0, 20.0, 6.0])
_FIELDS = {
    "介護サービス事業者・施設": ("介護ロボット", "記録・請求ソフト", "事務効率化", "ネット環境整備", "セキュリティ"),
    "自治町会": ("会計・名簿", "SNS・HP", "オンライン会議", "ネット環境整備"),
    "NPO・地域活動団体": ("SNS・HP", "オンライン会議", "会計・名簿", "事務効率化"),
    "その他関係団体": ("事務効率化", "セキュリティ", "その他"),
}
_NAMES = {
    "介護サービス事業者・施設": ("ケアホーム", "デイサービス", "訪問介護ステーション", "居宅介護支援センター"),
    "自治町会": ("町会", "自治会"),
    "NPO・地域活動団体": ("子ども食堂", "見守りの会", "まちづくりの会"),
    "その他関係団体": ("商店会", "協議会"),
}
_WORDS = (
    "青空",
    "あさひ",
    "みどり",
    "ひまわり",
    "さくら",
    "若葉",
    "こだま",
    "ひばり",
    "かえで",
    "つばさ",
    "大空",
    "緑風",
)
_AREAS = ("東地区", "西地区", "南地区", "北地区", "中央地区")
_SUBSIDIES = {
    "介護サービス事業者・施設": ("介護ロボット導入費用助成", "記録ソフト導入費用助成"),
    "自治町会": ("町会デジタル化助成",),
    "NPO・地域活動団体": ("地域活動デジタル化助成",),
    "その他関係団体": (),
}
# How a case goes: the stages it reaches one after the other.
_PATHS = (
    ("事前相談", "完了"),
    ("事前相談", "助成金案内", "完了"),
    ("事前相談", "伴走支援", "経過確認", "完了"),
    ("事前相談", "助成金案内", "伴走支援", "経過確認", "完了"),
    ("事前相談", "辞退"),
)
_PATH_WEIGHTS = np.array([26.0, 17.0, 25.0, 26.0, 6.0])
_FOLLOW_UP_AFTER = 90
_FORGOTTEN_EVERY, _STALLED_EVERY = 7, 13


@dataclass(frozen=True)
class Case:
    """One case with all that will happen to it."""

    number: int
    received: date
    target: str
    body: int
    fields: tuple[str, ...]
    channel: str
    steps: tuple[tuple[date, str], ...]
    acts: tuple[tuple[date, str, int], ...]
    subsidy: str
    granted: tuple[tuple[date, str], ...]
    built: date | None
    followed_up: date | None
    stalled: bool
    points: int

    @property
    def id(self) -> str:
        """Its number in the app."""
        return f"C-{self.number:04}"

    @property
    def name(self) -> str:
        """The invented body that asked."""
        kinds = _NAMES[self.target]
        word = _WORDS[self.body % len(_WORDS)]
        kind = kinds[self.body // len(_WORDS) % len(kinds)]
        return f"（架空）{word}{kind}" if kind in {"町会", "自治会", "商店会", "協議会"} else f"（架空）{kind}{word}"


def cases(seed: int) -> Iterator[Case]:
    """Every case of the contract's term in the order in which it came."""
    number = 0
    for month in months():
        chance = stream(seed, "consultations", month)
        size = max(2, _MONTHLY[(month.month - 4) % 12] + between(chance, -1, 1) + (month == date(2026, 10, 1)))
        days = [month + timedelta(days=each) for each in range((next_month(month) - month).days)]
        days = [each for each in days if is_open_day(each)]
        for place in np.sort(chance.integers(len(days), size=size)).tolist():
            number += 1
            yield _case(stream(seed, "consultation", number), number, days[place])


def _pick(chance: np.random.Generator, weights: Floats) -> int:
    return int(weighted(chance, weights, 1)[0])


def _later(start: date, days: int) -> date:
    return max(start, open_day_on_or_before(start + timedelta(days=days)))


def _case(chance: np.random.Generator, number: int, received: date) -> Case:
    target = _TARGETS[_pick(chance, _TARGET_WEIGHTS)]
    path = _PATHS[_pick(chance, _PATH_WEIGHTS)]
    stalled = number % _STALLED_EVERY == 0 and len(path) > 2
    acts = [_later(received, between(chance, 0, 4))]
    for _ in range(between(chance, 1, 3) if len(path) > 2 else between(chance, 0, 2)):
        acts.append(_later(acts[-1], between(chance, 7, 30)))
    acts = acts[:1] if stalled else acts
    steps = [(received, path[0])]
    built = followed = None
    for stage in path[1:]:
        last = steps[-1][0]
        if stage == "経過確認":
            built = _later(last, between(chance, 30, 75))
            followed = _later(built, _FOLLOW_UP_AFTER + between(chance, -10, 15))
            steps.append((built, stage))
        elif stage == "完了" and followed:
            steps.append((followed, stage))
        else:
            steps.append((max(_later(last, between(chance, 10, 30)), acts[-1] if stage == "完了" else last), stage))
    if followed and number % _FORGOTTEN_EVERY == 0:
        followed, steps = None, steps[:-1]
    if stalled:
        steps, built, followed = steps[:1], None, None
    elif followed:
        acts.append(followed)
    subsidies = _SUBSIDIES[target]
    subsidy = str(chance.choice(subsidies)) if subsidies and "助成金案内" in path and not stalled else ""
    granted = _granted(chance, steps[1][0], "伴走支援" in path) if subsidy else ()
    means = ("来庁", "訪問", "訪問", "Web会議", "電話", "メール")
    fair = received.month == 11 and received.year == 2025 and received.day >= 12
    return Case(
        number=number,
        received=received,
        target=target,
        body=between(chance, 0, 47),
        fields=tuple(str(each) for each in chance.choice(_FIELDS[target], between(chance, 1, 2), replace=False)),
        channel="展示会" if fair and number % 2 else str(chance.choice(["来庁", "電話", "メール", "Web会議"])),
        steps=tuple(steps),
        acts=tuple((on, str(chance.choice(means)), between(chance, 2, 8) * 15) for on in sorted(acts)),
        subsidy=subsidy,
        granted=granted,
        built=built,
        followed_up=followed,
        stalled=stalled,
        points=between(chance, 3, 5),
    )


def _granted(chance: np.random.Generator, told: date, goes_on: bool) -> tuple[tuple[date, str], ...]:
    """How the subsidy goes: told of, asked for, granted; those whose case ends there mostly cannot have it."""
    if not goes_on and chance.random() < 0.6:
        return ((told, "対象外"),)
    asked = _later(told, between(chance, 20, 50))
    return (told, "予定"), (asked, "申請済"), (_later(asked, between(chance, 30, 70)), "交付")


def export(seed: int, since: date, at: date) -> DemoFile:
    """All cases so far as they stand that day, with their table 対応履歴."""
    fields = [choice.value for choice in DATASETS["consultations"].column("fields").choices]
    header = [
        *["相談番号", "受付日", "対象区分", "団体ID", "団体名", "地域", "支援段階", *tick_headers("相談分野", fields)],
        *["手段", "関連助成金", "助成金申請", "相談員", "相談員（表示名）", "対応状況", "次回予定日", "構築完了日"],
        *["経過確認日", "満足度", "成果"],
    ]
    records = [
        Record(_values(each, at, fields), _acts(each, at)) for each in cases(seed) if since <= each.received < at
    ]
    table = ["対応日", "対応手段", "対応時間(分)", "内容", "担当", "担当（表示名）"]
    return app_export("相談・伴走支援", datetime.combine(at, time(9, 10)), header, records, table)


def _acts(each: Case, at: date) -> list[list[str | None]]:
    return [
        [day(on), means, str(minutes), "状況を聞き、次の進め方を決めた", *STAFF[each.number % 2]]
        for on, means, minutes in each.acts
        if on < at
    ]


def _values(each: Case, at: date, fields: list[str]) -> list[str | None]:
    stage = [stage for on, stage in each.steps if on < at][-1]
    state = next((state for on, state in reversed(each.granted) if on < at), "")
    over = stage in {"完了", "辞退"}
    begun = each.acts[0][0] < at
    status = "完了" if over else "保留" if each.stalled and begun else "対応中" if begun else "受付"
    coming = [on for on, *_ in each.acts if on >= at]
    due = [on for on, stage in each.steps if on >= at and stage != "経過確認"]
    following = min(coming + due, default=None)
    if each.stalled or (each.built and not each.followed_up):
        following = (each.built or each.received) + timedelta(days=_FOLLOW_UP_AFTER)
    built = each.built if each.built and each.built < at else None
    followed = each.followed_up if each.followed_up and each.followed_up < at else None
    return [
        *[each.id, day(each.received), each.target, f"G-{_TARGETS.index(each.target) * 100 + each.body + 1:04}"],
        *[each.name, _AREAS[each.body % len(_AREAS)], stage, *ticks(each.fields, fields), each.channel],
        *[each.subsidy if state else "", state, *STAFF[each.number % 2], status, day(None if over else following)],
        *[day(built), day(followed), str(each.points) if stage == "完了" else "", ""],
    ]
