"""What a written value means: the only module that folds spellings and reads numbers and dates from text.

Messages never repeat the value, so that nothing personal is echoed by a fault.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache

from dx_data import personal
from dx_data.personal import is_my_number as is_my_number

# What a spreadsheet would take for a formula when a text begins with it.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")

FIRST_YEAR = 1868
LAST_YEAR = 2100

_NAMED = 3  # who share a value are named in a sentence up to here


class Unreadable(ValueError):
    """A text without a certain meaning: `message` says what is wrong, `fix` the remedy, `rule` is its id."""

    def __init__(self, message: str, fix: str, rule: str) -> None:
        """Keep the three parts, also across processes."""
        super().__init__(message, fix, rule)
        self.message = message
        self.fix = fix
        self.rule = rule

    def __str__(self) -> str:
        """Fault and remedy on one line."""
        return f"{self.message} → {self.fix}"


# --- folding -----------------------------------------------------------------------------------------------

# NFKC leaves these alone (domain.md 6.4), though staff type any of them for a minus or a hyphen.
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"))
_INVISIBLE = re.compile("[\u200b\u200e\u200f\u2060\ufeff]")
# After a kana it lengthens the vowel even before a digit: サーバー2台 stays as it is.
_LONG_AS_DASH = re.compile("(?<![\u3041-\u30ff])ー(?=[0-9])|(?<=[0-9])ー")
# Lines of a table's frame, which staff type for a hyphen within a number.
_DRAWN_DASHES = str.maketrans(dict.fromkeys("\u2500\u2501", "-"))
_AROUND_DASH = re.compile(" ?- ?")
_SPACES = re.compile(r"\s+")
_UNIT_WORD = re.compile(r"\(単位:?(?=[^()]+\)$)")
_VARIANT_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_PRIVATE_USE = re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff]")


def fold(s: str) -> str:
    """One spelling of a text: NFKC, dash look-alikes to '-', white space to single spaces, nothing invisible.

    ー becomes '-' only next to a digit and not after a kana. 〜 (U+301C) stays (domain.md 6.4).
    """
    if s.isascii():
        return " ".join(s.split())
    s = unicodedata.normalize("NFKC", _INVISIBLE.sub("", s)).translate(_DASHES)
    return " ".join(_LONG_AS_DASH.sub("-", s).split())


def fold_header(s: str) -> str:
    """For comparing headers: folded, without any white space or variant selector, casefolded.

    NFKC makes brackets half-width and kana full-width. 金額(単位:円) is 金額(円).
    """
    close = _SPACES.sub("", _VARIANT_SELECTORS.sub("", s))
    folded = _SPACES.sub("", fold(close)).casefold()  # NFKC makes new spaces, as of a free-standing ゛
    return _UNIT_WORD.sub("(", folded) if "(単位" in folded else folded


def fold_choice(s: str) -> str:
    """For comparing a value with the declared choices: as headers are compared."""
    return fold_header(s)


def fold_identifier(s: str) -> str:
    """One spelling of a number that names a thing: folded, no white space around hyphens; letters keep their case.

    Where NFKC would make up a digit it stays as it is: Q-1① is not Q-11.
    """
    if not s.isascii() and any(map(_hides_digit, s)):
        return s.strip()
    return _AROUND_DASH.sub("-", fold(s.translate(_DRAWN_DASHES)))


def has_private_use(s: str) -> bool:
    """Whether it holds 外字 (U+E000-F8FF, planes 15 and 16), which other computers show as blanks."""
    return _PRIVATE_USE.search(s) is not None


# --- numbers -----------------------------------------------------------------------------------------------

_DASH_MARKS = ("-", "--", "---", "ー", "ーー", "─", ".", "..", "...", "・", "・・・", "/")
_OTHER_MARKS = ("*", "**", "***", "x", "×", "#", "※", "n/a", "na", "#n/a", "なし", "無し", "該当なし", "該当無し")
_NO_VALUE = frozenset(_DASH_MARKS + _OTHER_MARKS)
_MAGNITUDE = r"(?P<whole>[0-9]+|[1-9][0-9]{0,2}(?:,[0-9]{3})+)(?:\.(?P<part>[0-9]+))?"
# CP932 shows its backslash as a yen sign, so \1,000 is what a Japanese Excel writes for ¥1,000.
_YEN_SIGN = re.compile(r"(?<![0-9])[¥\\] ?(?=[-+△▲]? ?[0-9])")
_SCIENTIFIC = re.compile(r"[-+]?[0-9]+(?:\.[0-9]+)?[eE][-+]?[0-9]+")
_LARGEST = 2**63 - 1  # what the lake's BIGINT holds
_MOST_DIGITS = 30


def _number_pattern(unit: str) -> re.Pattern[str]:
    return re.compile(rf"(?P<open>\( ?)?(?P<sign>[-+△▲] ?)?{_MAGNITUDE}(?: ?{unit})?(?P<close> ?\))?")


_INTEGER = _number_pattern("(?:件|人|名|回|分|日|時間)")
_NUMBER = _number_pattern("%")
_YEN = _number_pattern("円")


def parse_integer(s: str) -> int:
    """A whole number without its counter: '1,234件' -> 1234, '△5' and '(5)' -> -5, '3.0' -> 3.

    Raises Unreadable: number.dash, number.fraction, number.unreadable (domain.md 8).
    """
    return _whole(s, s, _INTEGER)


def parse_yen(s: str) -> int:
    """Whole yen: '¥1,000', '1,000円', '▲1,000' -> 1000, 1000, -1000; raises as `parse_integer` does."""
    if s.isascii() and s.isdigit():
        return _whole(s, s, _YEN)
    return _whole(s, _YEN_SIGN.sub("", fold(s), count=1), _YEN)


def parse_number(s: str) -> Decimal:
    """A decimal number as written; a percentage keeps its scale: '88.8%' -> 88.8.

    Raises Unreadable: number.dash, number.unreadable.
    """
    negative, whole, part = _magnitude(s, s, _NUMBER)
    value = Decimal(f"{whole}.{part}" if part else whole)
    return -value if negative and value else value


def _whole(raw: str, s: str, pattern: re.Pattern[str]) -> int:
    if len(s) <= 18 and s.isascii() and s.isdigit():
        return int(s)
    negative, whole, part = _magnitude(raw, s, pattern)
    if part.strip("0"):
        raise Unreadable(
            "整数の列に小数があります",
            "整数に直すか、小数のまま扱う列かどうかを確かめてください",
            "number.fraction",
        )
    value = -int(whole) if negative else int(whole)
    if abs(value) > _LARGEST:
        raise _too_long()
    return value


def _magnitude(raw: str, s: str, pattern: re.Pattern[str]) -> tuple[bool, str, str]:
    """Whether it is negative, then the digits before and after the point."""
    text = _without_hidden_digits(raw, s)
    found = pattern.fullmatch(text)
    if found is None:
        raise _not_a_number(text)
    bracketed = found["open"] is not None
    if bracketed != (found["close"] is not None) or (bracketed and found["sign"]):
        raise _not_a_number(text)
    whole, part = found["whole"].replace(",", ""), found["part"] or ""
    if len(whole) + len(part) > _MOST_DIGITS:
        raise _too_long()
    negative = bracketed or (found["sign"] or "+")[0] in "-△▲"
    return negative, whole, part


def _without_hidden_digits(raw: str, s: str) -> str:
    # NFKC turns 12² into 122 and 5① (a footnote mark) into 51: such a text has no certain value.
    if not raw.isascii() and any(_hides_digit(c) for c in raw):
        return ""
    return fold(s)


@cache
def _hides_digit(c: str) -> bool:
    if "0" <= c <= "9" or "\uff10" <= c <= "\uff19":
        return False
    return any("0" <= d <= "9" for d in unicodedata.normalize("NFKC", c))


def _not_a_number(text: str) -> Unreadable:
    if text.casefold() in _NO_VALUE:
        return Unreadable("数ではなく「値なし」を表す記号です", "0なら 0、未入力なら空欄にしてください", "number.dash")
    if _SCIENTIFIC.fullmatch(text):
        message, fix = "指数の書き方の数です", "元の値を確かめて、すべての桁を書いてください"
    elif "," in text:
        message, fix = "数として読めません", "桁区切りのコンマは3桁ごとに置くか、外してください"
    else:
        message, fix = "数として読めません", "単位・注記・記号を外して、数字だけにしてください"
    return Unreadable(message, fix, "number.unreadable")


def _too_long() -> Unreadable:
    return Unreadable("数の桁が多すぎます", "番号なら文字の列に入れ、数なら値を確かめてください", "number.unreadable")


# --- dates: eras -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Era:
    name: str
    letter: str
    first: date
    last: date

    def year(self, number: int) -> int:
        return self.first.year + number - 1


# 元号法 and the ordinances before it. The day of a change belongs to the new era. Months and days of 明治1-5
# are read in today's calendar, not in the lunar one then in force.
_ERAS = (
    _Era("明治", "M", date(1868, 1, 25), date(1912, 7, 29)),
    _Era("大正", "T", date(1912, 7, 30), date(1926, 12, 24)),
    _Era("昭和", "S", date(1926, 12, 25), date(1989, 1, 7)),
    _Era("平成", "H", date(1989, 1, 8), date(2019, 4, 30)),
    _Era("令和", "R", date(2019, 5, 1), date(MAXYEAR, 12, 31)),
)
_ERA_BY_SPELLING = {spelling: era for era in _ERAS for spelling in (era.name, era.name[0], era.letter)}
_WEEKDAYS = "月火水木金土日"


def era_year(d: date) -> str:
    """'令和8年', '令和元年'; raises ValueError before 1868-01-25."""
    for it in reversed(_ERAS):
        if it.first <= d:
            number = d.year - it.first.year + 1
            return f"{it.name}{'元' if number == 1 else number}年"
    raise ValueError("明治より前の日付は和暦で書けません。1868年1月25日以後の日付にしてください")


def era(d: date) -> str:
    """'令和8年4月1日'; raises ValueError before 1868-01-25."""
    return f"{era_year(d)}{d.month}月{d.day}日"


def japanese_date(d: date) -> str:
    """'2026年4月1日(水)'."""
    return f"{d.year}年{d.month}月{d.day}日({_WEEKDAYS[d.weekday()]})"


_UNFIT = re.compile(r'[\\/:*?"<>|\s]+')
_DATE_IN_TEXT = re.compile(r"(?<![0-9A-Za-z_-])[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9A-Za-z_-])")


def listed(names: Sequence[str]) -> str:
    """All who share a value, or the first of many: none of them alone is the greatest.

    >>> listed(["4月", "6月"]), listed(["4月", "5月", "6月", "7月"])
    ('4月と6月', '4月など4つ')
    """
    return "と".join(names) if len(names) <= _NAMED else f"{names[0]}など{len(names)}つ"


def japanese_dates(text: str) -> str:
    """A sentence with the days in it written the Japanese way; what is no day, or part of a number, stays.

    >>> japanese_dates("定例会（2026-04-01）、2026-02-30、A-2026-04-01")
    '定例会（2026年4月1日(水)）、2026-02-30、A-2026-04-01'
    """

    def written(found: re.Match[str]) -> str:
        try:
            return japanese_date(date.fromisoformat(found[0]))
        except ValueError:
            return found[0]

    return _DATE_IN_TEXT.sub(written, text)


# --- dates: reading ----------------------------------------------------------------------------------------

_PLAIN_DATE = re.compile(r"([0-9]{4})([-/])([0-9]{1,2})\2([0-9]{1,2})")
_YEAR = (
    r"(?:(?:西暦 ?)?(?P<year>[0-9]{4})"
    r"|(?P<era>明治|大正|昭和|平成|令和|[明大昭平令MTSHRmtshr]) ?(?P<era_year>[0-9]{1,2}|元))"
)
_WEEKDAY = rf" ?(?:\((?P<weekday1>[{_WEEKDAYS}])(?:曜日?)?(?:・?[祝休])?\)|(?P<weekday2>[{_WEEKDAYS}])曜日)"
_FULL_DATE = re.compile(
    rf"{_YEAR}(?: ?年 ?(?P<month1>[0-9]{{1,2}}) ?月 ?(?P<day1>[0-9]{{1,2}}) ?日"
    rf"| ?(?P<mark>[-/.]) ?(?P<month2>[0-9]{{1,2}}) ?(?P=mark) ?(?P<day2>[0-9]{{1,2}}))(?:{_WEEKDAY})?"
)
_COMPACT_DATE = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_SERIAL = re.compile(r"([0-9]{5})(?:\.0+)?")
_MONTH = re.compile(rf"{_YEAR}(?: ?年 ?(?P<month1>[0-9]{{1,2}}) ?月分?| ?(?P<mark>[-/.]) ?(?P<month2>[0-9]{{1,2}}))")
_COMPACT_MONTH = re.compile(r"([0-9]{4})([0-9]{2})")
# A spreadsheet shows 2025.10 as 2025.1.
_LOST_ZERO = re.compile(r"[0-9]{4}\.1")
_TIMED = re.compile(
    r"(?P<day>.*[0-9日)])(?:T| |(?<=[日)]))(?P<hour>[0-9]{1,2})"
    r"(?::(?P<minute1>[0-9]{2})(?::(?P<second1>[0-9]{2})(?:\.(?P<fraction>[0-9]+))?)?"
    r"|時(?:(?P<minute2>[0-9]{1,2})分(?:(?P<second2>[0-9]{1,2})秒)?)?)"
    r" ?(?P<zone>Z|(?P<sign>[-+])(?P<zone_hour>[0-9]{2}):?(?P<zone_minute>[0-9]{2}))?"
)
_COMPACT_TIME = re.compile(r"([0-9]{8})([0-9]{2})([0-9]{2})([0-9]{2})")
_NO_YEAR = re.compile(rf"[0-9]{{1,2}}(?:[-/.][0-9]{{1,2}}|月(?:[0-9]{{1,2}}日(?:{_WEEKDAY})?|分)?)")
_SHORT_YEAR = re.compile(r"[0-9]{1,2}([-/.])[0-9]{1,2}\1[0-9]{1,4}|[0-9]{1,2}年.*|[0-9]{6,7}")
_SHORT_YEAR_TIMED = re.compile(r"[0-9]{1,2}([-/.])[0-9]{1,2}\1[0-9]{4}[ T][0-9]{1,2}:.*")
_UNDECIDED = _NO_VALUE | frozenset(
    ("未定", "随時", "調整中", "検討中", "未確定", "不明", "通年", "毎月", "毎年", "適宜", "tbd")
)
_SERIAL_ZERO = date(1899, 12, 30)
_FIRST_SERIAL, _LAST_SERIAL = 20000, 80000
_JST = timedelta(hours=9)

_WRITE_DATE = "2025-04-01 か 令和7年4月1日 のように書いてください"
_WRITE_MOMENT = "2025-04-01 09:30 か 令和7年4月1日 9時30分 のように書いてください"
_WRITE_DAY = "2026-05-31 のように日まで書いてください。日の決まっていない予定なら、その月の最後の日を書いてください"
_WRITE_MONTH = "2025-04 か 令和7年4月 のように書いてください"


def parse_date(s: str, *, month: bool = False) -> date:
    """A day in any spelling of domain.md 7, or with `month=True` a month as its first day.

    Also an Excel serial (1900 system, 20000 to 80000), and a day with the time 00:00. Raises Unreadable:
    date.nonexistent, date.ambiguous (no year, two-digit year, unknown order), date.era (outside the era),
    date.weekday, date.time, date.month, date.range (not 1868 to 2100), date.undecided, date.unreadable.
    """
    found = _PLAIN_DATE.fullmatch(s)
    text = "" if found else _without_hidden_digits(s, s)
    if month:
        first = _month(text)
        if first is not None:
            return first
    value = _real_date(int(found[1]), int(found[3]), int(found[4])) if found else _full_date(text)
    if value is None:
        value = _midnight(text, month=month)
    if month and value.day != 1:
        raise Unreadable("月の列に、1日ではない日付があります", _WRITE_MONTH, "date.month")
    return value


def parse_datetime(s: str) -> datetime:
    """A moment as Asia/Tokyo wall time, naive; 'Z' and offsets are converted, a day alone is its 00:00.

    Raises Unreadable as `parse_date` does. Digits beyond the microsecond are cut.
    """
    text = _without_hidden_digits(s, s)
    moment = _moment(text)
    if moment is not None:
        return moment
    value = _full_date(text)
    if value is None:
        raise _not_a_date(text, _WRITE_MOMENT)
    return datetime.combine(value, time())


def _midnight(text: str, *, month: bool) -> date:
    moment = _moment(text)
    if moment is None:
        raise _not_a_date(text, _WRITE_MONTH if month else _WRITE_DATE)
    if moment.time() != time():
        raise Unreadable("日付の列に時刻があります", "時刻を除いて日付だけにしてください", "date.time")
    return moment.date()


def _real_date(year: int, month: int, day: int) -> date:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Unreadable(f"年が{FIRST_YEAR}年から{LAST_YEAR}年までの外です", "年を確かめて直してください", "date.range")
    try:
        return date(year, month, day)
    except ValueError:
        raise Unreadable("暦にない日付です", "月と日を確かめて直してください", "date.nonexistent") from None


def _full_date(text: str) -> date | None:
    found = _FULL_DATE.fullmatch(text)
    if found:
        value, era_ = _dated(found, int(found["day1"] or found["day2"]))
        if era_ is not None and not era_.first <= value <= era_.last:
            raise _outside_era()
        weekday = found["weekday1"] or found["weekday2"]
        if weekday and weekday != _WEEKDAYS[value.weekday()]:
            raise Unreadable("日付と曜日が合いません", "日付か曜日を直してください", "date.weekday")
        return value
    found = _COMPACT_DATE.fullmatch(text)
    if found:
        return _real_date(int(found[1]), int(found[2]), int(found[3]))
    found = _SERIAL.fullmatch(text)
    if found and _FIRST_SERIAL <= int(found[1]) <= _LAST_SERIAL:
        value = _SERIAL_ZERO + timedelta(days=int(found[1]))
        return _real_date(value.year, value.month, value.day)
    return None


def _month(text: str) -> date | None:
    found = _COMPACT_MONTH.fullmatch(text)
    if found and FIRST_YEAR <= int(found[1]) <= LAST_YEAR:
        return _real_date(int(found[1]), int(found[2]), 1)
    found = _MONTH.fullmatch(text)
    if found is None:
        return None
    if _LOST_ZERO.fullmatch(text):
        raise Unreadable("1月か10月か分かりません", _WRITE_MONTH, "date.ambiguous")
    first, era_ = _dated(found, 1)
    # 平成元年1月 and 昭和64年1月 are the same month: one day of it inside the era is enough.
    if era_ is not None and not era_.first.replace(day=1) <= first <= era_.last:
        raise _outside_era()
    return first


def _dated(found: re.Match[str], day: int) -> tuple[date, _Era | None]:
    month = int(found["month1"] or found["month2"])
    if found["year"]:
        return _real_date(int(found["year"]), month, day), None
    spelling = found["era"]
    era_ = _ERA_BY_SPELLING[spelling.upper()]
    number = 1 if found["era_year"] == "元" else int(found["era_year"])
    if number == 0:
        raise _outside_era()
    return _real_date(era_.year(number), month, day), era_


def _moment(text: str) -> datetime | None:
    found = _COMPACT_TIME.fullmatch(text)
    if found:
        return _clock(_full_date(found[1]), int(found[2]), int(found[3]), int(found[4]), 0)
    found = _TIMED.fullmatch(text)
    if found is None:
        return None
    minute, second = found["minute1"] or found["minute2"] or 0, found["second1"] or found["second2"] or 0
    fraction = int((found["fraction"] or "")[:6].ljust(6, "0"))
    moment = _clock(_full_date(found["day"]), int(found["hour"]), int(minute), int(second), fraction)
    if moment is None or found["zone"] is None:
        return moment
    offset = timedelta(hours=int(found["zone_hour"] or 0), minutes=int(found["zone_minute"] or 0))
    return moment + (offset if found["sign"] == "-" else -offset) + _JST


def _clock(day: date | None, hour: int, minute: int, second: int, microsecond: int) -> datetime | None:
    if day is None:
        return None
    try:
        return datetime.combine(day, time(hour, minute, second, microsecond))
    except ValueError:
        raise Unreadable(
            "時計にない時刻です", "00:00 から 23:59 までの時刻に直してください", "date.nonexistent"
        ) from None


def _outside_era() -> Unreadable:
    return Unreadable("元号の期間にない年月日です", "元号と年を確かめるか、西暦で書いてください", "date.era")


def _not_a_date(text: str, write: str) -> Unreadable:
    """What is wrong with a text that is no day, moment or month, where it should be written in that way."""
    month = write == _WRITE_MONTH
    if text.casefold() in _UNDECIDED:
        return Unreadable(
            "日付ではありません",
            "日付が決まっていないなら空欄にし、事情は備考に書いてください",
            "date.undecided",
        )
    if _NO_YEAR.fullmatch(text):
        return Unreadable("年が書かれていません", f"年を付けて、{write}", "date.ambiguous")
    if _SHORT_YEAR.fullmatch(text) or _SHORT_YEAR_TIMED.fullmatch(text):
        return Unreadable("年・月・日を一通りに決められません", write, "date.ambiguous")
    if not month and _MONTH.fullmatch(text):
        return Unreadable("日が書かれていません", _WRITE_DAY if write == _WRITE_DATE else write, "date.unreadable")
    what = {_WRITE_MONTH: "年月", _WRITE_MOMENT: "日時"}.get(write, "日付")
    return Unreadable(f"{what}として読めません", write, "date.unreadable")


# --- personal data -----------------------------------------------------------------------------------------

# Format characters, controls and marks of no width, which split a number for a program but not for a reader.
_NO_WIDTH = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u034f\u115f\u1160\u2800\u3164\uffa0\ufe00-\ufe0f]")
_MUNICIPALITY_WEIGHTS = (6, 5, 4, 3, 2)
_PREFECTURES = 47


def is_municipality_code(code: str) -> bool:
    """Whether six ASCII digits begin with a prefecture (01 to 47) and end with the right check digit."""
    if not re.fullmatch("[0-9]{6}", code) or not 1 <= int(code[:2]) <= _PREFECTURES:
        return False
    total = sum(int(d) * w for d, w in zip(code, _MUNICIPALITY_WEIGHTS, strict=False))
    return int(code[5]) == (11 - total % 11) % 10


def personal_kinds(value: str) -> frozenset[str]:
    """Every kind of personal data that occurs in the text (`personal.KINDS`)."""
    return personal.kinds(fold(_unseen(value)))


def saved_as(parts: Iterable[str], form: str) -> str:
    """A file's name that says these parts, without blanks and characters that Windows refuses.

    >>> saved_as(["件数/月", "2026-04-01時点"], "csv")
    '件数_月_2026-04-01時点.csv'
    """
    return _UNFIT.sub("_", "_".join(parts)) + f".{form}"


def looks_personal(value: str) -> str | None:
    """The gravest kind of personal data that occurs in the text, or None."""
    found = personal_kinds(value)
    return next((kind for kind in personal.KINDS if kind in found), None)


def _unseen(value: str) -> str:
    """Without what no reader sees."""
    value = _NO_WIDTH.sub("", value)
    return value if value.isascii() else "".join(c for c in value if unicodedata.category(c) != "Cf")


def mask(value: str, *, always: bool = False) -> str:
    """The text for echoing: with personal data in it (or `always`) only its first and last character show."""
    if not always and looks_personal(value) is None:
        return value
    if len(value) <= 2:
        return "●" * len(value)
    return f"{value[0]}{'●' * (len(value) - 2)}{value[-1]}"
