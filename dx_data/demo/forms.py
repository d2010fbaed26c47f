"""The invented forms: one for most procedures that are online, and the short-lived ones of events and surveys."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache

import numpy as np

from dx_data.calendar import fiscal_year, fiscal_year_title, open_day_on_or_before
from dx_data.demo.chance import between, stream
from dx_data.demo.procedures import PRIORITIES, Procedure
from dx_data.demo.shapes import STAFF, DemoFile, Record, day, kintone, kintone_name
from dx_data.demo.ward import section_on

NEW_FORM = "住民票の写し交付請求"
NEW_FORM_OPENS = date(2025, 10, 1)

_NO_SINGLE_APPLICATIONS = {"専用システム", "eLTAX"}
_LAST_EVENT = date(2028, 3, 31)

# name | section | applications in all (events, surveys) or a year (bookings, inside forms)
_EVENTS = """
親子リトミック教室|子育て応援課|140
離乳食講習会|健康づくり課|220
パパ・ママ学級|健康づくり課|320
親子自然観察会|公園課|90
夏休み図書館探検|図書館|160
環境学習バスツアー|環境課|120
フードドライブ受付|リサイクル清掃課|240
シニアスマートフォン体験会|DX推進課|180
防災まち歩き|危機管理課|110
消火器取扱い体験|危機管理課|80
区民スポーツ体験デー|文化スポーツ課|620
文化財めぐり|文化スポーツ課|150
子ども議会参加者募集|総務課|60
男女共同参画セミナー|企画課|130
認知症サポーター養成講座|高齢者支援課|190
介護予防体操教室|高齢者支援課|280
手話体験講座|障害福祉課|70
事業者向けインボイス説明会|産業経済課|210
創業セミナー|産業経済課|90
二十歳のつどい入場申込|地域振興課|1450
プレママ歯科教室|健康づくり課|100
花壇づくりボランティア募集|公園課|85
マンション管理セミナー|住環境整備課|75
就学相談説明会|学務課|260
"""
_SURVEYS = """
区政世論調査|広報課|1100
公共施設利用者アンケート|文化スポーツ課|640
子育て支援ニーズ調査|子育て応援課|980
図書館サービスアンケート|図書館|520
自転車利用実態アンケート|道路管理課|430
ごみ減量アンケート|リサイクル清掃課|380
講座受講後アンケート|DX推進課|240
"""
_BOOKINGS = """
マイナンバーカード受取予約|戸籍住民課|12000
転入窓口来庁予約|戸籍住民課|2300
国民健康保険窓口来庁予約|国保年金課|1900
住民税申告相談予約|税務課|1400
保育所入園相談予約|保育課|1700
乳幼児健康診査日程変更予約|健康づくり課|2100
建築相談予約|住環境整備課|420
"""
_INSIDE = """
会議室予約（庁内）|総務課|1500
パソコン貸出申込（庁内）|DX推進課|600
職員研修受講申込（庁内）|人事課|1200
広報紙掲載依頼（庁内）|広報課|700
"""
# Procedures' forms in all but the number: the ledger does not say which procedure they serve.
_UNNUMBERED = """
道路の不具合通報|道路管理課|900
公園の不具合通報|公園課|520
街路灯の故障連絡|道路管理課|430
区への意見・提案|広報課|1600
資料請求|企画課|160
"""


@dataclass(frozen=True)
class Form:
    """One online form with all that will happen to it; `yearly` is what it would receive in a year."""

    number: int
    name: str
    procedure: Procedure | None
    purpose: str
    system: str
    home: str
    made_on: date
    opened_on: date
    closed_on: date | None
    stopped_on: date | None
    revised_on: date
    identification: str
    fees: tuple[int, ...]
    author: str
    accounts: int
    yearly: float
    season: str
    pace: int

    @property
    def id(self) -> str:
        """The ledger's number."""
        return f"F-{self.number:04}"

    def open(self, at: date) -> bool:
        """Whether it takes applications on that day."""
        ended = [limit for limit in (self.closed_on, self.stopped_on) if limit]
        return self.opened_on <= at and all(at <= limit for limit in ended)

    def state(self, at: date) -> str:
        """The ledger's state of it on that day."""
        if at < self.opened_on:
            return "作成中"
        if self.closed_on and at > self.closed_on:
            return "終了"
        return "停止中" if self.stopped_on and at > self.stopped_on else "公開中"


@dataclass(frozen=True)
class _Plan:
    """What is known of a form before it gets its number."""

    name: str
    procedure: Procedure | None
    purpose: str
    home: str
    opened_on: date
    closed_on: date | None
    yearly: float
    season: str


@cache
def forms(seed: int, everything: tuple[Procedure, ...], spacing: int, volume: float) -> tuple[Form, ...]:
    """All forms in the order in which they are made.

    An event opens every `spacing` days, a survey every third time as long; `volume` scales what all of them receive.
    """
    plans = [*_of_procedures(seed, everything), *_standing(seed), *_short_lived(seed, spacing)]
    made = sorted(
        ((_made(seed, plan), plan) for plan in plans), key=lambda pair: (pair[0], pair[1].name, pair[1].opened_on)
    )
    return tuple(_form(seed, number, on, plan, volume) for number, (on, plan) in enumerate(made, 1))


def _of_procedures(seed: int, everything: Sequence[Procedure]) -> Iterator[_Plan]:
    for each in everything:
        chance = stream(seed, "has form", each.name)
        if each.online_on is None or each.systems[0] in _NO_SINGLE_APPLICATIONS:
            continue
        if each.name not in PRIORITIES and chance.random() < 0.04:
            continue
        yearly = each.yearly * each.share
        dormant = each.name not in PRIORITIES and chance.random() < 0.05
        opened = max(each.online_on, date(2019, 4, 1)) if dormant else each.online_on
        yield _Plan(
            f"{each.name}フォーム",
            each,
            "手続",
            each.offer.section,
            opened,
            None,
            0.0 if dormant else yearly,
            each.offer.season,
        )


def _standing(seed: int) -> Iterator[_Plan]:
    for purpose, lines in (("予約", _BOOKINGS), ("庁内", _INSIDE), ("手続", _UNNUMBERED)):
        for line in lines.strip().splitlines():
            name, section, yearly = line.split("|")
            opened = date(2022, 4, 1) + timedelta(days=between(stream(seed, "opens", name), 0, 900))
            season = "転居" if section == "戸籍住民課" else "税" if section == "税務課" else "通年"
            yield _Plan(name, None, purpose, section, opened, None, float(yearly), season)


def _short_lived(seed: int, spacing: int) -> Iterator[_Plan]:
    for purpose, lines, every in (("イベント・講座", _EVENTS, spacing), ("アンケート", _SURVEYS, spacing * 3)):
        choices = [line.split("|") for line in lines.strip().splitlines()]
        opens, turn = date(2024, 10, 7), 0
        while opens <= _LAST_EVENT:
            chance = stream(seed, purpose, turn)
            name, section, total = choices[turn % len(choices)]
            length = between(chance, 14, 45)
            suffix = "参加申込" if purpose == "イベント・講座" and not name.endswith(("募集", "受付", "申込")) else ""
            year = fiscal_year_title(fiscal_year(opens))
            yield _Plan(
                f"{year}{name}{suffix}（{opens.month}月）",
                None,
                purpose,
                section,
                opens,
                opens + timedelta(days=length),
                int(total) * 365 / length,
                "通年",
            )
            opens, turn = opens + timedelta(days=every), turn + 1


def _made(seed: int, plan: _Plan) -> date:
    before = between(stream(seed, "made", plan.name), 10, 50)
    return open_day_on_or_before(plan.opened_on - timedelta(days=before))


def _form(seed: int, number: int, made_on: date, plan: _Plan, volume: float) -> Form:
    chance = stream(seed, "form", plan.name)
    procedure = plan.procedure
    fee = bool(procedure and procedure.offer.fee)
    stops = procedure is not None and procedure.name not in PRIORITIES and chance.random() < 0.03
    new = made_on >= date(2025, 4, 1)
    authors = ["受注者作成", "共同", "所管課作成"] if new and plan.purpose == "手続" else ["所管課作成", "共同"]
    return Form(
        number=number,
        name=plan.name,
        procedure=procedure,
        purpose=plan.purpose,
        system=procedure.systems[0] if procedure else ("kintone" if plan.purpose == "庁内" else "LoGoフォーム"),
        home=plan.home,
        made_on=made_on,
        opened_on=plan.opened_on,
        closed_on=plan.closed_on,
        stopped_on=plan.opened_on + timedelta(days=between(chance, 300, 700)) if stops else None,
        revised_on=open_day_on_or_before(made_on + timedelta(days=between(chance, 0, 400))),
        identification=_identification(chance, procedure),
        fees=_fees(plan.name) if (fee and chance.random() < 0.7) or plan.name.startswith((NEW_FORM, "粗大")) else (),
        author=str(chance.choice(authors)),
        accounts=between(chance, 1, 6),
        yearly=plan.yearly * volume,
        season=plan.season,
        pace=between(chance, 1, 6) if procedure else 1,
    )


def _identification(chance: np.random.Generator, procedure: Procedure | None) -> str:
    if procedure is None:
        return str(chance.choice(["なし", "メール認証"]))
    if procedure.offer.applicant == "事業者":
        return str(chance.choice(["gBizID", "メール認証"]))
    if procedure.systems[0] == "ぴったりサービス" or procedure.name == NEW_FORM:
        return "公的個人認証"
    return str(chance.choice(["なし", "メール認証", "メール認証", "公的個人認証"]))


def _fees(name: str) -> tuple[int, ...]:
    if name.startswith("粗大"):
        return (400, 400, 800, 1200, 1600, 2000, 2800)
    return (300, 300, 600, 900) if "証明" in name or "写し" in name else (500, 1000, 3000)


# --- the ledger's exports -----------------------------------------------------------------------------------


def export_days(since: date, until: date) -> list[date]:
    """Days of the exports: in the seventh month, and the last day."""
    half = open_day_on_or_before(since + timedelta(days=188))
    return [half, until] if half < until - timedelta(days=30) else [until]


def export(everything: Sequence[Form], at: date) -> DemoFile:
    """The ledger of forms as kintone writes it that day: no table, so no start column."""
    header = [
        "レコード番号",
        "フォームID",
        "フォーム名",
        "手続ID",
        "フォーム区分",
        "システム",
        "所管課",
        "公開URL",
        "公開状態",
        "公開開始日",
        "公開終了日",
        "本人確認",
        "決済",
        "作成者区分",
        "作成日",
        "最終改修日",
        "管理アカウント数",
        "備考",
        "作成者",
        "作成者（表示名）",
        "更新者",
        "更新者（表示名）",
        "更新日時",
    ]
    records = []
    for each in everything:
        if each.made_on > at:
            continue
        state = each.state(at)
        revised = each.revised_on if each.revised_on <= at else each.made_on
        values = [
            str(each.number),
            each.id,
            each.name,
            each.procedure.id if each.procedure else "",
            each.purpose,
            each.system,
            section_on(each.home, each.procedure.number if each.procedure else each.number, at),
            f"https://shinsei.example.jp/{each.id}",
            state,
            day(None if state == "作成中" else each.opened_on),
            day(each.closed_on if state != "作成中" else None),
            each.identification,
            "有" if each.fees else "無",
            each.author,
            day(each.made_on),
            day(revised),
            str(each.accounts),
            "",
            *STAFF[each.number % 2],
            *STAFF[each.number // 2 % 2],
            f"{revised:%Y/%m/%d} 08:{each.number % 60:02}",
        ]
        records.append(Record(values))
    name = kintone_name("フォーム管理台帳", datetime.combine(at, time(9, 15)))
    return DemoFile(name, kintone(header, records), at)
