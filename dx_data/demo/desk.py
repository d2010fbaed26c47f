"""The invented work of the desk: cashless trouble, inquiries, and forms wanted for AI-OCR."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

import numpy as np

from dx_data.calendar import add_open_days, is_open_day
from dx_data.demo.applications import next_month
from dx_data.demo.chance import between, stream
from dx_data.demo.forms import Form
from dx_data.demo.receipts import OUTAGE_DAY
from dx_data.demo.shapes import DemoFile, Record, app_export, day, moment
from dx_data.demo.ward import sections
from dx_data.demo.windows import METHODS, NEW_WINDOW, NEW_WINDOW_OPENS, lines

FIRST, LAST = date(2025, 4, 1), date(2028, 3, 1)
BUSY_MONTH, BUSY_INCIDENTS = date(2026, 2, 1), 5
WATCHED_EVERY = 16
OPEN_INCIDENT, OPEN_WINDOW = datetime(2026, 11, 13, 10, 20), NEW_WINDOW  # noqa: DTZ001 kintone's own time
CROWDED_MONTH, CROWDED_INQUIRIES = date(2026, 6, 1), 31
FORGOTTEN_EVERY = 120
OVERDUE_OCR_SINCE, OVERDUE_OCR_WANTED = date(2026, 9, 24), date(2026, 10, 30)

# kind | what happened | what was done | minutes it was out
_TROUBLE = """
通信障害|端末が決済センターにつながらない|カスタマーセンター問合せ|40
端末不具合|端末の画面が固まる|マニュアル回答|15
レシート・備品|レシートの紙が出ない|マニュアル回答|0
操作方法|取消の手順が分からない|マニュアル回答|0
決済事業者障害|コード決済だけ使えない|代替(現金)対応|95
取消・返金対応|金額を誤って取り消した|カスタマーセンター問合せ|0
二重決済|同じ支払いが2回記録された|カスタマーセンター問合せ|0
金額誤り|種別を誤って入力した|現地対応|0
その他|端末の置き場所を変えたい|現地対応|0
""".strip().splitlines()
_ASKED = """
問合せ対応|フォームの公開の手順
問合せ対応|差戻しの方法
問合せ対応|決済を付けたい
問合せ対応|入力項目を変えたい
フォーム管理台帳更新|公開期間の変更
件数集計|月の件数の集計
アカウント管理|異動に伴うアカウントの追加
現地支援|受付画面を一緒に確認
""".strip().splitlines()
_OTHER_TOPICS = ("キャッシュレス", "AI-OCR", "RPA", "ノーコード", "データ利活用", "その他")
_DOCUMENTS = (
    "口座振替依頼書",
    "給与支払報告書",
    "就労証明書",
    "予防接種予診票",
    "健診受診票",
    "補助金実績報告書",
    "施設利用申込書",
    "現況届",
    "アンケート回答用紙",
    "住宅改修理由書",
)


def months() -> Iterator[date]:
    """Every month of the contract."""
    month = FIRST
    while month <= LAST:
        yield month
        month = next_month(month)


def moments(chance: np.random.Generator, month: date, size: int) -> list[datetime]:
    """So many moments of the month within office hours, in their order."""
    days = [month + timedelta(days=number) for number in range((next_month(month) - month).days)]
    days = [each for each in days if is_open_day(each)]
    minutes = np.sort(chance.integers(len(days) * 480, size=size)).tolist()
    return [datetime.combine(days[at // 480], time(9)) + timedelta(minutes=at % 480) for at in minutes]


def place(chance: np.random.Generator, at: date) -> str:
    """One of the ward's sections of that day."""
    known = [each.name for each in sections(at) if each.until is None or each.until >= at]
    return str(chance.choice(known))


# --- cashless trouble ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Incident:
    """One trouble with a terminal; `solved` is when it was over, None where it is only watched."""

    number: int
    at: datetime
    window: str
    letter: str
    method: str
    kind: str
    words: str
    response: str
    count: int
    amount: int
    solved: datetime | None
    minutes: int

    @property
    def id(self) -> str:
        """Its number in the app."""
        return f"I-{self.number:04}"


def incidents(seed: int) -> list[Incident]:
    """Two or three a month, five in one; the day on which nothing worked is one of those five."""
    found: list[Incident] = []
    for month in months():
        chance = stream(seed, "incidents", month)
        size = BUSY_INCIDENTS - 1 if month == BUSY_MONTH else between(chance, 2, 3)
        made = [_incident(chance, at) for at in moments(chance, month, size)]
        if month == BUSY_MONTH:
            made.append(_outage())
        if month == OPEN_INCIDENT.date().replace(day=1):
            made[0] = _still_open()
        for each in sorted(made, key=lambda each: each.at):
            number = len(found) + 1
            found.append(replace(each, number=number, solved=each.solved if number % WATCHED_EVERY else None))
    return found


def _incident(chance: np.random.Generator, at: datetime) -> Incident:
    windows = {line.window: line.letter for line in lines()}
    if at.date() < NEW_WINDOW_OPENS:
        del windows[NEW_WINDOW]
    window = str(chance.choice(list(windows)))
    kind, words, response, minutes = _TROUBLE[between(chance, 0, len(_TROUBLE) - 1)].split("|")
    method = "コード決済" if kind == "決済事業者障害" else METHODS[between(chance, 1, len(METHODS) - 1)]
    count = between(chance, 1, 6) if int(minutes) or kind in {"二重決済", "金額誤り", "取消・返金対応"} else 0
    wait = 24 * 60 * between(chance, 1, 5) if response == "現地対応" else int(minutes) + between(chance, 5, 60)
    solved = at + timedelta(minutes=wait)
    return Incident(
        0, at, window, windows[window], method, kind, words, response, count, 300 * count, solved, int(minutes)
    )


def _outage() -> Incident:
    at = datetime.combine(OUTAGE_DAY, time(8, 40))
    words = "全窓口でキャッシュレス決済が使えない"
    solved = at + timedelta(minutes=515)
    return Incident(0, at, "戸籍住民課", "H", "", "通信障害", words, "代替(現金)対応", 118, 63_500, solved, 515)


def _still_open() -> Incident:
    at, solved = OPEN_INCIDENT, OPEN_INCIDENT + timedelta(days=12)
    return Incident(0, at, OPEN_WINDOW, "B", "", "端末不具合", "端末の電源が切れる", "現地対応", 4, 1_200, solved, 30)


def incidents_export(seed: int, since: date, at: date) -> DemoFile:
    """Everything that happened so far, as it stands that day."""
    header = [
        *["管理番号", "発生日時", "窓口", "端末ID", "決済手段", "事象区分", "事象内容", "影響件数", "影響金額"],
        *["対応区分", "問合せ先", "問合せ番号", "対応状況", "解決日時", "停止時間(分)", "原因", "再発防止", "担当"],
    ]
    end = datetime.combine(at, time(8))
    records = []
    for each in incidents(seed):
        if not since <= each.at.date() or each.at > end:
            continue
        over = each.solved is not None and each.solved <= end
        centre = each.response == "カスタマーセンター問合せ"
        status = "解決" if over else "対応中" if each.solved else "経過観察"
        values = [
            *[each.id, moment(each.at), each.window, f"T-{each.letter}01", each.method, each.kind, each.words],
            *[str(each.count), str(each.amount), each.response, "決済事業者カスタマーセンター" if centre else ""],
            *[f"CC-{10_000 + each.number}" if centre else "", status, moment(each.solved if over else None)],
            *[str(each.minutes) if over else "", "", "", "架空 太郎"],
        ]
        records.append(Record(values))
    return app_export("キャッシュレス不具合", datetime.combine(at, time(9, 20)), header, records)


# --- inquiries ----------------------------------------------------------------------------------------------


def inquiries_export(seed: int, since: date, at: date, forms: Sequence[Form]) -> DemoFile:
    """All inquiries so far, as they stand that day."""
    header = [
        *[
            "受付番号",
            "受付日時",
            "問合せ元区分",
            "所属課",
            "手段",
            "対象",
            "作業区分",
            "システム",
            "手続ID",
            "フォームID",
        ],
        *["問合せ内容", "回答内容", "対応状況", "一次解決", "回答日時", "完了日時", "対応時間(分)", "FAQ化", "担当"],
    ]
    end = datetime.combine(at, time(8))
    records, number = [], 0
    for month in months():
        chance = stream(seed, "inquiries", month)
        online = CROWDED_INQUIRIES if month == CROWDED_MONTH else between(chance, 17, 23)
        others = between(chance, 5, 9)
        about = ["電子申請"] * online + [str(each) for each in chance.choice(_OTHER_TOPICS, others)]
        chance.shuffle(about)
        for topic, came in zip(about, moments(chance, month, len(about)), strict=True):
            number += 1
            values = _inquiry(stream(seed, "inquiry", number), number, topic, came, end, forms)
            if since <= came.date() and came <= end:
                records.append(Record(values))
    return app_export("ヘルプデスク問合せ", datetime.combine(at, time(9, 25)), header, records)


def _inquiry(
    chance: np.random.Generator, number: int, topic: str, came: datetime, end: datetime, forms: Sequence[Form]
) -> list[str]:
    online = topic == "電子申請"
    kind, words = _ASKED[between(chance, 0, len(_ASKED) - 1)].split("|") if online else ("問合せ対応", "使い方")
    form = forms[between(chance, 0, len(forms) - 1)] if online and kind == "問合せ対応" else None
    if form and not form.open(came.date()):
        form = None
    asker = "庁内" if kind != "問合せ対応" else ("庁内", "区民", "事業者")[_pick(chance)]
    channel = (
        "現地" if kind == "現地支援" else str(chance.choice(["電話", "電話", "メール", "Teams・チャット", "来訪"]))
    )
    minutes = between(chance, 1, 12) * 5
    at_once = chance.random() < 0.62
    answered = came + timedelta(minutes=minutes if at_once else 24 * 60 * between(chance, 1, 9))
    finished = answered + timedelta(minutes=30 if at_once else 24 * 60 * between(chance, 1, 9))
    finished += timedelta(days=400 if number % FORGOTTEN_EVERY == 0 else 0)
    escalated = not at_once and chance.random() < 0.2
    answers = answered <= end
    status = "完了" if finished <= end else "回答済" if answers else "エスカレーション" if escalated else "対応中"
    return [
        *[f"Q-{number:04}", moment(came), asker, place(chance, came.date()) if asker == "庁内" else "", channel, topic],
        *[kind, form.system if form else "", form.procedure.id if form and form.procedure else ""],
        *[form.id if form else "", words, "手順を案内した" if answers else "", status],
        *[("有" if at_once else "無") if answers else "", moment(answered if answers else None)],
        *[moment(finished if finished <= end else None), str(minutes) if answers else ""],
        *[("済" if number % 9 == 0 else "未" if number % 4 == 0 else "不要"), "架空 花子"],
    ]


def _pick(chance: np.random.Generator) -> int:
    return (0, 0, 0, 0, 0, 0, 0, 1, 1, 2)[between(chance, 0, 9)]


# --- AI-OCR -------------------------------------------------------------------------------------------------


def ocr_export(seed: int, since: date, at: date) -> DemoFile:
    """All requests so far, as they stand that day; one is overdue for good."""
    header = [
        *["依頼番号", "依頼日", "依頼課", "帳票名", "依頼区分", "帳票種別", "項目数", "年間想定枚数", "希望納期"],
        *["対応状況", "着手日", "納品日", "読取枚数", "読取精度(%)", "削減見込時間(h/年)", "担当", "備考"],
    ]
    records, number, overdue = [], 0, 0
    for month in months():
        chance = stream(seed, "ocr", month)
        for came in moments(chance, month, between(chance, 4, 6)):
            number += 1
            if not overdue and came.date() >= OVERDUE_OCR_SINCE:
                overdue = number
            values = _request(stream(seed, "ocr", number), number, came.date(), at, number == overdue)
            if since <= came.date() < at:
                records.append(Record(values))
    return app_export("AI-OCR依頼", datetime.combine(at, time(9, 30)), header, records)


def _request(chance: np.random.Generator, number: int, came: date, at: date, overdue: bool) -> list[str]:
    section = place(chance, came)
    started = add_open_days(came, between(chance, 1, 6))
    tested = add_open_days(started, between(chance, 4, 12))
    delivered = add_open_days(tested, between(chance, 2, 8))
    wanted = OVERDUE_OCR_WANTED if overdue else add_open_days(came, between(chance, 15, 35))
    fate = "" if overdue else "取下げ" if chance.random() < 0.04 else "差戻し" if chance.random() < 0.04 else ""
    steps = [(delivered, "納品"), (tested, "テスト中"), (started, "設計中")][1 if overdue else 0 :]
    status = next((state for on, state in steps if on <= at), "受付")
    if fate and started <= at:
        status = fate
    done = status == "納品"
    sheets = between(chance, 3, 60) * 100
    kinds = ("新規帳票作成", "新規帳票作成", "既存帳票修正", "読取設定", "その他")
    return [
        *[f"O-{number:04}", day(came), section, str(chance.choice(_DOCUMENTS)), kinds[between(chance, 0, 4)]],
        *["非定型" if chance.random() < 0.3 else "定型", str(between(chance, 5, 40)), str(sheets), day(wanted)],
        *[status, day(started if started <= at else None), day(delivered if done else None)],
        *[str(sheets // 20) if done else "", f"{between(chance, 940, 997) / 10}" if done else ""],
        *[str(sheets // 60) if done else "", "架空 太郎", ""],
    ]
