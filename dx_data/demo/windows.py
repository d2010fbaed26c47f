"""The invented ward's windows: what each sells, which ways of paying it takes since when; and the small masters."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from dx_data.calendar import is_open_day
from dx_data.demo.shapes import DemoFile, csv_with_bom, day, sheet

CASH = "現金"
METHODS = (CASH, "クレジットカード", "電子マネー(交通系)", "電子マネー(その他)", "コード決済")
SHARES = (0, 36, 26, 12, 26)
"""What each way of paying has of the cashless payments, where all are taken."""

START = date(2025, 4, 1)
OTHER_MONEY_SINCE = date(2025, 10, 1)
NEW_WINDOW = "区民事務所B"
NEW_WINDOW_OPENS = date(2026, 7, 1)
LATE_CODE_WINDOW = "生活衛生課"
LATE_CODE_SINCE = date(2026, 4, 1)
EXTRA_OPEN = {"戸籍住民課": (date(2026, 3, 29), date(2026, 4, 5))}
FAIR = "区民まつり会場"
FAIR_DAYS = (date(2026, 10, 17), date(2026, 10, 18))

_FEES = ("住民票", "戸籍", "印鑑証明", "税証明", "施設使用料", "その他")
# window | letter of its terminal | payments a day for each of the fees above, - where it does not sell it
_WINDOWS = """
戸籍住民課|H|58|18|22|8|-|7
税務課|Z|-|-|-|26|-|3
生活衛生課|S|-|-|-|-|-|6
区民ホール|L|-|-|-|-|13|2
区民事務所A|A|14|4|7|3|6|2
区民事務所B|B|12|3|6|3|5|2
区民事務所C|C|11|3|6|2|4|1.5
区民事務所D|D|9|2.5|5|2|5|1.5
区民事務所E|E|8|2|4|1.5|3|1
区民事務所F|F|7|2|3.5|1.5|4|1
""".strip().splitlines()
_CASH_ONLY = {("税務課", "その他")}
_SEASONS = {"税証明": "税", "施設使用料": "通年", "その他": "年度初"}
_PRICES = {
    "住民票": (300,),
    "戸籍": (450, 450, 750),
    "印鑑証明": (300,),
    "税証明": (300, 300, 400),
    "施設使用料": (300, 600, 600, 1200, 2400),
    "その他": (300, 350, 550, 1600),
}


@dataclass(frozen=True)
class Line:
    """One fee at one window."""

    window: str
    letter: str
    fee: str
    daily: float
    season: str
    prices: tuple[int, ...]

    def open(self, at: date) -> bool:
        """Whether the window is open on that day."""
        if self.window == NEW_WINDOW and at < NEW_WINDOW_OPENS:
            return False
        return is_open_day(at) or at in EXTRA_OPEN.get(self.window, ())

    def takes(self, method: str, at: date) -> bool:
        """Whether it can be paid so on that day."""
        if method == CASH:
            return True
        since = _since(self.window, method)
        return (self.window, self.fee) not in _CASH_ONLY and since is not None and since <= at

    @property
    def terminal(self) -> str:
        """The number of the window's terminal."""
        return f"T-{self.letter}01"


def lines(windows: tuple[str, ...] = ()) -> tuple[Line, ...]:
    """Every fee at every window (or at those windows), in the order of the book."""
    found = []
    for written in _WINDOWS:
        window, letter, *amounts = written.split("|")
        found += [
            Line(window, letter, fee, float(daily), _SEASONS.get(fee, "転居"), _PRICES[fee])
            for fee, daily in zip(_FEES, amounts, strict=True)
            if daily != "-" and (not windows or window in windows)
        ]
    return tuple(found)


def _since(window: str, method: str) -> date | None:
    first = NEW_WINDOW_OPENS if window == NEW_WINDOW else START
    if method == "電子マネー(その他)":
        return None if window == LATE_CODE_WINDOW else max(first, OTHER_MONEY_SINCE)
    if window == LATE_CODE_WINDOW:
        return {"コード決済": LATE_CODE_SINCE, "クレジットカード": first}.get(method)
    return first


# --- the masters --------------------------------------------------------------------------------------------


def masters(at: date) -> Iterator[DemoFile]:
    """決済手段, 窓口 and システム, all known in advance, so that they are the same whenever one asks."""
    rows = [line.split("|") for line in _PAYMENT_METHODS]
    header = ["決済手段", "大区分", "対象公金", "受入開始日", "受入終了日", "備考"]
    yield DemoFile("決済手段マスター.csv", csv_with_bom([header, *rows]), at)
    header = ["窓口", "手数料種別", "決済手段", "受入開始日", "受入終了日", "開庁パターン", "休日開庁日", "備考"]
    yield DemoFile("窓口マスター.xlsx", sheet("窓口マスター", header, _counters()), at)
    rows = [line.split("|") for line in _SYSTEMS]
    header = ["システム", "種別", "利用開始日", "利用終了日", "備考"]
    yield DemoFile("システムマスター.csv", csv_with_bom([header, *rows]), at)


def _counters() -> Iterator[list[object]]:
    for window in dict.fromkeys(line.window for line in lines()):
        fees = [line.fee for line in lines((window,)) if (window, line.fee) in _CASH_ONLY]
        sold: list[str | None] = [None]
        if fees:  # what is paid in cash only is told apart by naming what is not
            sold = [line.fee for line in lines((window,)) if line.fee not in fees]
        extra = "、".join(each.isoformat() for each in EXTRA_OPEN.get(window, ()))
        for fee in sold:
            for method in METHODS[1:]:
                since = _since(window, method)
                if since:
                    yield [window, fee, method, since, None, "平日", extra or None, None]
    extra = "、".join(each.isoformat() for each in FAIR_DAYS)
    yield [FAIR, None, "コード決済", *FAIR_DAYS, "その他", extra, "催しの2日間だけ"]


_PAYMENT_METHODS = f"""
現金|現金|すべて|2025/04/01||
クレジットカード|窓口キャッシュレス|すべて|2025/04/01||
電子マネー(交通系)|窓口キャッシュレス|すべて|2025/04/01||
電子マネー(その他)|窓口キャッシュレス|すべて|{day(OTHER_MONEY_SINCE)}||
コード決済|窓口キャッシュレス|すべて|2025/04/01||
オンライン決済|オンライン|すべて|2025/04/01||
eL-QR|納付書・eL-QR|税|2023/04/01||
eL-QR|納付書・eL-QR|税以外|2026/09/01||税以外の公金に広がりました
""".strip().splitlines()
_SYSTEMS = """
東京共同電子申請|電子申請|2020/04/01||
LoGoフォーム|電子申請|2022/04/01||
ぴったりサービス|電子申請|2019/04/01||
kintone|ノーコード|2021/04/01||
AI-OCRサービス|AI-OCR|2023/10/01||
業務自動化ツール|RPA|2023/10/01||
集計・可視化ツール|データ利活用|2024/04/01||
窓口決済端末|決済|2024/10/01||
図書館システム|専用システム|2012/04/01||
施設予約システム|専用システム|2014/10/01||
eLTAX|専用システム|2010/01/18||
旧アンケートシステム|その他|2018/04/01|2025/09/30|LoGoフォームに移しました
""".strip().splitlines()
