"""The invented procedures: how many cases each has and when it comes online, and the ledger's exports."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache

import numpy as np

from dx_data.calendar import open_day_on_or_before
from dx_data.datasets import DATASETS
from dx_data.demo.chance import between, skewed, stream
from dx_data.demo.shapes import STAFF, DemoFile, Record, day, kintone, kintone_name, tick_headers, ticks
from dx_data.demo.ward import DIVISION_OF, REORGANISED, Offer, offers, section_on
from dx_data.spec import Dataset

# One more than the ledger holds at any time: one leaves it and one is added when the ward is reorganised.
SIZE = 601
CASES_SETTLED = date(2026, 6, 1)
LEAVES = "後援名義利用申込"
COMES = "区長と語る会参加申込"

STALLED = "就学援助費受給申請"
STALLED_SINCE = date(2025, 9, 10)
STALLED_NEXT = date(2025, 10, 8)

_STAGES = (
    "現状把握・課題解析",
    "解決方法検討",
    "所管課へ提案・説明",
    "BPR案提示",
    "フォーム案作成",
    "試行",
    "オンライン化済",
)
_FIRST_LATE_STAGE = 3
_DROPPED = "見送り"

# name | tags | yearly cases | share online | system | planned | online. 35 of them: the priority ones of R7.
_PRIORITIES = """
図書館資料の予約|万|290000|88|専用システム|2012-04-02|2012-04-02
文化・スポーツ施設利用申込|万|120000|92|専用システム|2014-10-01|2014-10-01
粗大ごみ収集申込|万 選 59|115000|60|LoGoフォーム|2019-04-01|2019-04-01
住民票の写し交付請求|万|165000|8|LoGoフォーム|2025-09-30|2025-10-01
印鑑登録証明書交付請求|万|88000|0||2026-03-31|
戸籍証明書交付請求|万|62000|14|東京共同電子申請|2024-03-01|2024-03-01
住民税課税（非課税）・納税証明書交付請求|万|48000|22|東京共同電子申請|2023-06-01|2023-06-01
転入届|万 59|23000|22|ぴったりサービス|2023-02-06|2023-02-06
転出届|万 59|21500|34|ぴったりサービス|2023-02-06|2023-02-06
転居届|万|15500|15|ぴったりサービス|2025-12-26|2026-01-13
国民健康保険資格取得届|万|17500|25|東京共同電子申請|2026-03-31|2026-12-14
国民健康保険資格喪失届|万|14000|45|東京共同電子申請|2024-10-01|2024-10-01
保育所等利用申込|育 26|4800|58|ぴったりサービス|2025-09-30|2025-09-16
保育所等利用変更届|育|2600|50|ぴったりサービス|2025-09-30|2025-09-16
保育所等現況届|育 26|6200|72|LoGoフォーム|2025-06-30|2025-06-02
教育・保育給付認定申請|育 26|5100|48|ぴったりサービス|2025-09-30|2025-10-01
延長保育利用申込|育|3200|64|LoGoフォーム|2026-01-30|2026-02-02
病児保育利用登録申請|育|1100|81|LoGoフォーム|2025-12-26|2025-12-15
学童保育クラブ利用申込|育|5200|57|LoGoフォーム|2025-10-31|2025-11-04
就学援助費受給申請|育|4600|0|LoGoフォーム|2026-01-30|
指定校変更申立|育|900|35|LoGoフォーム|2026-02-27|2026-03-16
就学時健康診断日程変更届|育|700|77|LoGoフォーム|2025-08-29|2025-08-18
私立幼稚園等保護者補助金支給申請|育|3900|60|LoGoフォーム|2026-03-31|2026-03-25
児童手当認定申請|育 26 59|3900|28|ぴったりサービス|2023-02-06|2023-02-06
児童手当変更届|育 26 59|2700|24|ぴったりサービス|2023-02-06|2023-02-06
児童手当現況届|育 26|2400|31|ぴったりサービス|2025-05-30|2025-05-26
児童扶養手当現況届|育 26|3400|0||2026-02-27|
子ども医療証認定申請|育|4300|52|LoGoフォーム|2025-07-31|2025-07-22
子ども医療証変更届|育|3600|49|LoGoフォーム|2025-07-31|2025-07-22
ひとり親家庭等医療費認定申請|育|1300|30|LoGoフォーム|2026-03-31|2026-06-08
子ども一時預かり利用申込|育|2800|66|LoGoフォーム|2025-11-28|2025-12-01
成人健康診査利用申込|選|8600|45|LoGoフォーム|2025-05-30|2025-05-12
犬登録申請|選 59|1800|38|LoGoフォーム|2025-08-29|2025-09-01
自転車駐車場定期利用申込|選|5200|58|LoGoフォーム|2026-03-31|2026-02-16
公文書開示請求|選|620|40|東京共同電子申請|2025-12-26|2026-01-05
""".strip().splitlines()
PRIORITIES = {line.partition("|")[0]: line.split("|")[1:] for line in _PRIORITIES}
_TAGS = {"育": "子育て・教育", "万": "年間1万件以上", "選": "区選定", "59": "国59手続", "26": "国26手続"}
_GIVEN_UP = {
    "印鑑登録証明書交付請求": (date(2025, 11, 14), ("法令", "本人確認")),
    "児童扶養手当現況届": (date(2026, 1, 16), ("対面審査",)),
}
_ELTAX = (
    "給与支払報告書の提出",
    "特別徴収切替届出",
    "特別徴収義務者所在地変更届",
    "退職所得の特別徴収納入申告",
)

_ACTIONS = {
    "現状把握・課題解析": "所管課へのヒアリングを行い、受付から決定までの流れを確認した。",
    "解決方法検討": "添付書類の省略と、\n本人確認の方法を比べた。",
    "所管課へ提案・説明": "オンライン化の案を説明し、「試行から始める」ことで合意を図った。",
    "BPR案提示": "業務フローの見直し案を示した。",
    "フォーム案作成": 'フォームの案を作り、入力項目を減らした(案の名前は"第1版")。',
    "試行": "職員による入力試験を行った。",
    "オンライン化済": "公開した。広報紙とホームページで案内する。",
    "見送り": "今年度のオンライン化を見送ることにした。",
}
_ISSUES = ("", "", "原本の確認が必要", "手数料の納め方", "システムへの二重入力,紙の台帳も残る", "繁忙期と重なる")
_BLOCKERS = ("本人確認", "原本添付", "手数料", "対面審査", "法令", "システム", "体制", "その他")


@dataclass(frozen=True)
class Step:
    """One entry of a procedure's progress: the stage reached on that day."""

    on: date
    stage: str
    issue: str
    next_on: date | None


@dataclass(frozen=True)
class Procedure:
    """One procedure of the invented ward with all that will happen to it."""

    number: int
    offer: Offer
    yearly: int
    drift: float
    share: float
    tags: tuple[str, ...]
    discretion: str
    systems: tuple[str, ...]
    partial: bool
    planned_on: date | None
    online_on: date | None
    steps: tuple[Step, ...]
    blockers: tuple[str, ...]
    saved: str
    abolished_on: date | None

    @property
    def id(self) -> str:
        """The ledger's number."""
        return f"P-{self.number:04}"

    @property
    def name(self) -> str:
        """The ledger's name."""
        return self.offer.name

    def online(self, at: date) -> bool:
        """Whether it can be done online on that day."""
        return self.online_on is not None and self.online_on <= at

    def listed(self, at: date) -> bool:
        """Whether the ledger holds it on that day."""
        if self.name == LEAVES:
            return at < REORGANISED
        return self.name != COMES or at >= REORGANISED

    def section(self, at: date) -> str:
        """The section in charge on that day."""
        return section_on(self.offer.section, self.number, at)

    def stage(self, at: date) -> str:
        """How far the work is on that day."""
        if self.online(at):
            return "オンライン化済"
        past = [step.stage for step in self.steps if step.on <= at]
        if past:
            return past[-1]
        return _DROPPED if self.discretion in {"対面必須", "対象外"} else "未着手"

    def online_status(self, at: date) -> str:
        """The ledger's answer to whether it is online."""
        if self.discretion == "対象外":
            return "対象外"
        if not self.online(at):
            return "未"
        return "済(一部)" if self.partial else "済(全部)"

    def cases(self, at: date) -> int:
        """Cases a year as the ledger knows them that day: settled figures come in June."""
        return round(self.yearly * self.drift) if at >= CASES_SETTLED else self.yearly


@cache
def procedures(seed: int, size: int) -> tuple[Procedure, ...]:
    """The ward's procedures with their fate, the same whatever period is asked for."""
    return tuple(
        _procedure(stream(seed, "procedure", offer.name), number, offer)
        for number, offer in enumerate(offers(size, PRIORITIES), 1)
    )


def _procedure(chance: np.random.Generator, number: int, offer: Offer) -> Procedure:
    median = 120 if offer.applicant == "個人" else 45
    yearly = max(3, min(9_000, int(skewed(chance, 1, median, 1.6)[0])))
    share = between(chance, 22, 62) / 100
    discretion, online_on = _fate(chance, offer)
    system = _system(chance, offer)
    planned_on = _shifted(online_on, between(chance, -35, 20)) if online_on else None
    tags: tuple[str, ...] = ()
    if offer.name in PRIORITIES:
        named, cases, percent, wanted, planned, came = PRIORITIES[offer.name]
        tags = tuple(_TAGS[tag] for tag in named.split())
        yearly, share, system = int(cases), int(percent) / 100, wanted or system
        planned_on = date.fromisoformat(planned)
        online_on = date.fromisoformat(came) if came else None
        discretion = "国・都の対応待ち" if offer.name == "印鑑登録証明書交付請求" else "区で可能"
    steps = _steps(chance, offer.name, discretion, online_on)
    blockers = tuple(str(name) for name in chance.choice(_BLOCKERS, between(chance, 1, 2), replace=False))
    if offer.name == STALLED:
        blockers = ("システム", "体制")
    blockers = _GIVEN_UP.get(offer.name, (None, blockers))[1]
    return Procedure(
        number=number,
        offer=offer,
        yearly=yearly,
        drift=between(chance, 96, 105) / 100,
        share=share,
        tags=tags,
        discretion=discretion,
        systems=(system, "LoGoフォーム") if system == "kintone" else (system,),
        partial=offer.name in {"転入届", "転居届"} or (not tags and chance.random() < 0.2),
        planned_on=planned_on,
        online_on=online_on,
        steps=steps,
        blockers=blockers if online_on is None or online_on > date(2025, 4, 1) else (),
        saved=str(chance.choice(["3", "5", "7.5", "8", "10", "12.5", "15", "20"])),
        abolished_on=date(2026, 3, 31) if not tags and online_on is None and chance.random() < 0.03 else None,
    )


def _fate(chance: np.random.Generator, offer: Offer) -> tuple[str, date | None]:
    """Whether the ward may put it online, and when it does: a third before the contract, a fifth during it."""
    roll = chance.random()
    if offer.name in _ELTAX:
        return "区で可能", date(2010, 1, 18)
    if roll < 0.32:
        return "区で可能", _shifted(date(2016, 4, 1), between(chance, 0, 3_250))
    if roll < 0.515:
        return "区で可能", _shifted(date(2025, 4, 21), between(chance, 0, 570))
    if roll < 0.61:
        return "区で可能", _shifted(date(2026, 12, 1), between(chance, 0, 480))
    if roll < 0.75:
        return ("対面必須" if roll < 0.71 else "対象外"), None
    return ("国・都の対応待ち" if roll < 0.87 else "区で可能"), None


def _shifted(start: date, days: int) -> date:
    return open_day_on_or_before(start + timedelta(days=days))


def _system(chance: np.random.Generator, offer: Offer) -> str:
    if offer.name in _ELTAX:
        return "eLTAX"
    roll = chance.random()
    if offer.basis == "国法令" and offer.field in {"子育て・教育", "介護"} and roll < 0.6:
        return "ぴったりサービス"
    for system, limit in (("LoGoフォーム", 0.60), ("東京共同電子申請", 0.87), ("kintone", 0.94)):
        if roll < limit:
            return system
    return "専用システム"


def _steps(chance: np.random.Generator, name: str, discretion: str, online_on: date | None) -> tuple[Step, ...]:
    if online_on is not None and online_on < date(2025, 4, 1):
        return ()
    if name == STALLED:
        days = [date(2025, 6, 10), date(2025, 7, 15), STALLED_SINCE]
        nexts = [*days[1:], STALLED_NEXT]
        return tuple(
            Step(on, stage, "保護者の所得確認の方法", then)
            for on, stage, then in zip(days, _STAGES, nexts, strict=False)
        )
    stages: tuple[str, ...]
    if name in _GIVEN_UP:
        last = _GIVEN_UP[name][0]
        days = [_shifted(last, -150), _shifted(last, -80), last]
        stages = ("現状把握・課題解析", "解決方法検討", _DROPPED)
    elif online_on is None:
        if discretion != "区で可能" or chance.random() < 0.7:
            return ()
        days, stages = [_shifted(date(2025, 5, 1), between(chance, 0, 500))], _STAGES[:1]
    else:
        days, stages = [online_on], _STAGES
        while len(days) < len(_STAGES):
            days.insert(0, _shifted(days[0], -between(chance, 12, 45)))
    return tuple(
        Step(on, stage, str(chance.choice(_ISSUES)), _shifted(following, between(chance, -3, 3)) if following else None)
        for on, stage, following in zip(days, stages, [*days[1:], None], strict=True)
    )


# --- the ledger's exports -----------------------------------------------------------------------------------


def export_days(since: date, until: date, months: Sequence[int] = (4, 10)) -> list[date]:
    """Days of the exports: early in every April and October (or those months), and the last day."""
    days = []
    for month in range(since.year * 12, until.year * 12 + 12):
        if month % 12 + 1 in months:
            fifth = date(month // 12, month % 12 + 1, 5)
            days.append(fifth + timedelta(days=-fifth.weekday() % 7))
    return [each for each in days if since <= each < until - timedelta(days=60)] + [until]


def _choices(dataset: Dataset, column: str) -> list[str]:
    return [choice.value for choice in dataset.column(column).choices]


def export(everything: Sequence[Procedure], at: date) -> DemoFile:
    """The ledger as kintone writes it that day, with its table 進捗履歴."""
    declared = DATASETS["procedures"]
    priorities, systems, blockers = (_choices(declared, name) for name in ("priority", "systems", "blockers"))
    header = [
        *[
            "レコード番号",
            "手続ID",
            "手続名",
            "所管部",
            "所管課",
            "所管係",
            "分野",
            "手続類型",
            "対象者",
            "根拠区分",
            "年間件数",
            "件数年度",
        ],
        *tick_headers("優先区分", priorities),
        *["オンライン化可否", "進捗段階", "オンライン化状況"],
        *tick_headers("オンライン化手段", systems),
        *["予定日", "オンライン化日"],
        *tick_headers("阻害要因", blockers),
        *["手数料", "オンライン決済", "BPR実施", "削減時間(分/件)", "有効区分", "廃止日", "備考"],
        *["作成者", "作成者（表示名）", "更新者", "更新者（表示名）", "作成日時", "更新日時"],
    ]
    table = ["対応日", "対応内容", "課題", "次回予定", "担当", "担当（表示名）"]
    records = []
    for each in everything:
        if not each.listed(at):
            continue
        online = each.online(at)
        section = each.section(at)
        abolished = each.abolished_on if each.abolished_on and each.abolished_on <= at else None
        creator, editor = STAFF[each.number % 2], STAFF[each.number // 2 % 2]
        values = [
            str(each.number),
            each.id,
            each.name,
            DIVISION_OF[section],
            section,
            ("管理係", "給付係", "推進係", "相談係")[each.number % 4],
            each.offer.field,
            each.offer.category,
            each.offer.applicant,
            each.offer.basis,
            str(each.cases(at)),
            "令和7年度" if at >= CASES_SETTLED else "令和6年度",
            *ticks(each.tags, priorities),
            each.discretion,
            each.stage(at),
            each.online_status(at),
            *ticks(each.systems if online else (), systems),
            day(each.planned_on),
            day(each.online_on if online else None),
            *ticks(() if online else each.blockers, blockers),
            "有" if each.offer.fee else "無",
            ("可" if online and each.number % 3 else "不可") if each.offer.fee else "対象外",
            _bpr(each, at),
            each.saved if _bpr(each, at) == "完了" else "",
            "廃止・統合" if abolished else "有効",
            day(abolished),
            "",
            *creator,
            *editor,
            "2025/03/17 10:00",
            f"{_changed(each, at):%Y/%m/%d %H:%M}",
        ]
        rows = [
            [day(step.on), _ACTIONS[step.stage], step.issue, day(step.next_on), *STAFF[number % 2]]
            for number, step in enumerate(each.steps)
            if step.on <= at
        ]
        records.append(Record(values, rows))
    name = kintone_name("手続台帳", datetime.combine(at, time(9, 5)))
    return DemoFile(name, kintone(header, records, table), at)


def _bpr(each: Procedure, at: date) -> str:
    if each.online(at):
        return "完了" if each.steps or each.number % 3 == 0 else "未"
    return "実施中" if each.stage(at) in _STAGES[_FIRST_LATE_STAGE:] else "未"


def _changed(each: Procedure, at: date) -> datetime:
    moved = REORGANISED if each.section(REORGANISED) != each.offer.section else None
    moments = [date(2025, 3, 28), CASES_SETTLED, *(step.on for step in each.steps)]
    moments += [moment for moment in (each.online_on, each.abolished_on, moved) if moment]
    last = max(moment for moment in moments if moment <= at)
    # Not after the export itself: whatever happened that day was written down first thing in the morning.
    return datetime.combine(last, time(8, 30 + each.number % 30))
