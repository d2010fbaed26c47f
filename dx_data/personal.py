"""What personal data look like in a text (domain.md 6.1, 6.2): patterns, check digits, labels. Knows no table.

Every function takes folded text (`text.fold`); `text.personal_kinds` is the way in. A name or an address has no shape
of its own, so these count only beside a label, with furigana, or with a lot number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

# The gravest first: what a message names when several occur.
KINDS = (
    "マイナンバー",
    "電話番号",
    "メールアドレス",
    "口座番号",
    "被保険者番号",
    "免許証番号",
    "基礎年金番号",
    "在留カード番号",
    "旅券番号",
    "宛名番号",
    "LINE ID",
    "生年月日",
    "氏名",
    "住所",
    "郵便番号",
)
# The kinds by which a person can be reached, so that a name beside one of them says who it is.
CONTACTS = frozenset(("電話番号", "メールアドレス", "LINE ID", "住所", "郵便番号"))
# A public place has these as well.
PLACES = frozenset(("住所", "郵便番号"))

_GAP = "(?: ?-? ?)"
_TWELVE_DIGITS = re.compile(rf"(?<![0-9])(?<![0-9]\.)(?=([0-9]{{4}}{_GAP}[0-9]{{4}}{_GAP}[0-9]{{4}})(?![0-9]|\.[0-9]))")
_TWELVE_ANYHOW = re.compile(r"(?<![0-9])[0-9](?:[- ]?[0-9]){11}(?![0-9])")
_LABELLED = re.compile("個人番号|マイナンバー")
_YEARS = re.compile(r"(?:(?:19|20)[0-9]{2}[- ]*){3}")
_BETWEEN_DIGITS = re.compile(r"(?<=[0-9])[.・·_](?=[0-9]{4}(?![0-9]))")
_KANJI_DIGITS = re.compile(r"[〇零一二三四五六七八九](?:[-() の.・]{0,2}[〇零一二三四五六七八九]){8,}")
_KANJI = {**{ord(kanji): str(n) for n, kanji in enumerate("〇一二三四五六七八九")}, ord("零"): "0", ord("の"): "-"}
_SPACED = re.compile(r"(?<![0-9])[0-9](?:(?: -)? [0-9](?![0-9])){9,}")

_PHONE = re.compile(
    r"(?<![0-9])(?<![0-9]-)(?:"
    r"\(?0[5-9]0\)?[-() ]{0,3}[0-9]{4}[-() ]{0,3}[0-9]{4}"
    r"|\(?0[1-9][0-9]{0,3} ?[-() ]+[0-9]{1,4} ?[-() ]+[0-9]{4}"
    r"|(?:\+|010[- ]?|00)81[- ]?(?:\(0\)[- ]?)?[1-9](?:[- ]?[0-9]){8,9}"
    r")(?![0-9]|-[0-9])"
)
_ABROAD = re.compile(r"(?:\+|010[- ]?|00)81[- ]?(?:\(0\))?")
# Without a separator a number is a telephone's only by its label; of a mobile's, Excel may have eaten the zero.
_LABELLED_PHONE = re.compile(
    r"(?:tel|fax|電話|携帯|連絡先|☎)(?:番号)?[ .:=は()]{0,4}(0[0-9]{9,10}|[789]0[0-9]{8})(?![0-9])", re.IGNORECASE
)
_SERVICE_NUMBERS = ("0120", "0800", "0570")
_AT = r"(?: ?@ ?|%40| ?[(\[](?:at|アット|アットマーク|@)[)\]] ?)"
_MAIL = re.compile(rf"(?<![\w.%+-])[\w.%+-]+?{_AT}((?:[a-z0-9-]+\.)+[a-z]{{2,}})(?![\w-])", re.ASCII | re.IGNORECASE)
_MAY_BE_MAIL = re.compile(r"@|%40|[(\[](?:at|アット)", re.IGNORECASE)
# RFC 2606 names, their Japanese counterparts, and local governments' own addresses.
_IMPERSONAL_DOMAIN = re.compile(
    r"(?:.*\.)?(?:example(?:\.(?:com|net|org|jp|[a-z]{2}\.jp))?|test|invalid|localhost)|.*\.lg\.jp"
)
_MY_NUMBER_WEIGHTS = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)

# What may stand between a label and what it labels.
_IS = r"(?:番号)?[ :;=は()\[\]【】「」『』、,.-]{0,5}"
_NO_AMOUNT = r"(?![0-9]| ?(?:円|千円|人|件|名|回|枚))"
_ACCOUNT = "(?:口座|普通預金|普通|当座|貯蓄)"
_INSURANCE = "(?:被保険者|保険者|保険証|健康保険|国民健康保険|国保|介護保険)(?:証|記号|の|・)*"
_RESIDENT = "(?:宛名番号|住民票コード|世帯番号|受給者(?:証|証番号|番号))"
_DATE = (
    r"(?:(?:西暦|明治|大正|昭和|平成|令和|[MTSHRmtshr])? ?[0-9元]{1,4} ?[-/.年] ?[0-9]{1,2} ?[-/.月] ?[0-9]{1,2}"
    r"|[12][0-9]{7})"
)
_NAMED = r"(?:氏 ?名|フリガナ|ふりがな)(?: ?\((?:カナ|かな|漢字|フリガナ|ふりがな)\))?"
_ROLE = "(?:お?名前|申請者|申込者|申込人|申出人|届出人|代理人|世帯主|保護者|児童|利用者|相談者|受給者)名?"
_NOBODY = "(?!本人|代理|法人|個人|家族|同上|同左|なし|無し|不明|必須|任意|空欄|漢字|入力|記入|記載|確認|変更|未記入)"
_SURNAME, _GIVEN = "[一-龠々]{1,4}", "[一-龠々ぁ-んァ-ヶー]{1,5}"
_KANA = "[ァ-ヶー]{1,6} [ァ-ヶー]{1,6}|[ぁ-んー]{1,6} [ぁ-んー]{1,6}"
_END = "(?![一-龠々ぁ-んァ-ヶー])"
# 同様, 多様, 仕様 and 立会人さん are no persons' names.
_NO_OFFICE = "(?<![者屋店社所課係長員客皆民位人同多模仕異一])"
# A ward's name goes on with an office's (区役所, 区民), while 立石 is a place in Katsushika.
_MUNICIPALITY = "[一-龠々ぁ-んァ-ヶ]{1,6}[市区町村](?!役所|役場|民|立(?!石)|分|別|内|外|長|政)"
_LOT = "[0-9]{1,3}-[0-9]{1,4}-[0-9]{1,4}"
# In the name of an area: 五丁目 and 5丁目 are areas themselves.
_LOT_OF_AREA = re.compile(
    "[0-9〇一二三四五六七八九十] ?(?:-|の) ?[0-9〇一二三四五六七八九十]|[0-9〇一二三四五六七八九十] ?(?:番(?!町)|号)"
)

# Kind, words of which one must occur (cheaper to look for), pattern.
_SHAPES: tuple[tuple[str, str, str], ...] = (
    ("口座番号", "口座 普通 当座 貯蓄", rf"{_ACCOUNT}{_IS}[0-9]{{7}}{_NO_AMOUNT}"),
    (
        "口座番号",
        "記号",
        rf"(?:ゆうちょ|通帳|口座)[^0-9]{{0,8}}記号{_IS}[0-9]{{5}}[^0-9]{{0,3}}[0-9]?[^0-9]{{0,6}}番号",
    ),
    ("被保険者番号", "保険 国保", rf"{_INSURANCE}{_IS}[0-9]{{6,12}}{_NO_AMOUNT}"),
    ("被保険者番号", "記号", rf"(?:保険|国保)[^0-9]{{0,12}}記号{_IS}[0-9-]{{1,8}}[^0-9]{{0,6}}番号{_IS}[0-9]"),
    ("免許証番号", "免許", rf"免許証?の?{_IS}第? ?[0-9]{{12}}(?![0-9])"),
    ("基礎年金番号", "年金", rf"年金(?:手帳|証書)?の?{_IS}[0-9]{{4}}[- ]?[0-9]{{6}}{_NO_AMOUNT}"),
    ("在留カード番号", "在留", rf"在留(?:カード)?の?{_IS}[A-Z]{{2}}[0-9]{{8}}[A-Z]{{2}}"),
    ("旅券番号", "旅券 パスポート", rf"(?:旅券|パスポート)の?{_IS}[A-Z]{{2}} ?[0-9]{{7}}(?![0-9])"),
    ("宛名番号", "宛名番号 住民票コード 世帯番号 受給者", rf"{_RESIDENT}{_IS}[0-9]{{6,15}}{_NO_AMOUNT}"),
    ("LINE ID", "LINE line Line", rf"LINE ?の?(?:ユーザー|アカウント)? ?ID{_IS}@?[A-Z0-9._-]{{4,}}"),
    ("LINE ID", "U u", r"(?<![0-9A-Z])U[0-9a-f]{32}(?![0-9A-Z])"),
    ("生年月日", "生年月日 誕生日 生まれ", rf"(?:生年月日|誕生日|生まれ){_IS}{_DATE}"),
    ("生年月日", "生", rf"{_DATE} ?日? ?(?:生まれ|生(?![一-龠]))"),
    ("氏名", ": =", rf"{_NAMED} ?[:=] ?{_NOBODY}{_SURNAME} ?{_GIVEN}{_END}"),
    ("氏名", ": =", rf"{_NAMED} ?[:=] ?(?:{_KANA}|[ァ-ヶー]{{4,14}}){_END}"),
    ("氏名", ": =", rf"{_ROLE} ?[:=] ?{_NOBODY}{_SURNAME} {_GIVEN}{_END}"),
    ("氏名", "(", rf"{_SURNAME} {_GIVEN} ?\((?:{_KANA})\)"),
    (
        "氏名",
        "様 さん",
        rf"[一-龠々]{{1,3}} (?![おご]|皆|みな|たくさん){_GIVEN}{_NO_OFFICE} ?(?:様|さん)(?![一-龠々ァ-ヶー])",
    ),
    ("住所", "丁目", r"(?:[0-9]+|[一二三四五六七八九十]+)丁目 ?[0-9]{1,4} ?(?:番|-|の)"),
    ("住所", "番地", r"[0-9]番地"),
    ("住所", "市 区 町 村", rf"{_MUNICIPALITY}[一-龠々ぁ-んァ-ヶー]{{1,8}} ?{_LOT}"),
    ("郵便番号", "〒 郵便番号", rf"(?:〒|郵便番号){_IS}[0-9]{{3}}-?[0-9]{{4}}(?![0-9])"),
)
# The longest hint is found first, and stands for the shorter ones in it.
_BY_HINT = {
    hint: [(kind, pattern) for kind, hints, pattern in _SHAPES if any(each in hint for each in hints.split())]
    for _, found, _ in _SHAPES
    for hint in found.split()
}
_HINTS = re.compile("|".join(map(re.escape, sorted(_BY_HINT, key=len, reverse=True))))
_HINTS_IN_ASCII = re.compile("LINE|line|Line|U|u")
_DIGIT = re.compile("[0-9]")
_FEWEST_DIGITS = 10  # of a telephone number


@cache
def _shape(pattern: str) -> re.Pattern[str]:
    """A pattern ready for use: to make them all takes longer than most commands need them for."""
    return re.compile(pattern, re.IGNORECASE)


def kinds(folded: str) -> frozenset[str]:
    """Every kind of `KINDS` that occurs in a folded text."""
    found: set[str] = set()
    text = _plain_digits(folded)
    if len(_DIGIT.findall(text)) >= _FEWEST_DIGITS:
        if any(map(_is_likely_my_number, _twelves(text))):
            found.add("マイナンバー")
        if _holds_phone(text):
            found.add("電話番号")
    if _MAY_BE_MAIL.search(text) and any(
        not _IMPERSONAL_DOMAIN.fullmatch(run[1].lower()) for run in _MAIL.finditer(text)
    ):
        found.add("メールアドレス")
    for hint in set((_HINTS_IN_ASCII if text.isascii() else _HINTS).findall(text)):
        found.update(kind for kind, pattern in _BY_HINT[hint] if kind not in found and _shape(pattern).search(text))
    return frozenset(found)


def holds_lot(folded: str) -> bool:
    """Whether the name of an area goes on with a lot number, which makes it an address.

    >>> [holds_lot(text) for text in ("立石", "立石五丁目", "立石5丁目", "立石5-13-1", "立石五丁目13番1号")]
    [False, False, False, True, True]
    """
    return _LOT_OF_AREA.search(folded) is not None


def is_bare(folded: str) -> bool:
    """Whether it is digits and nothing else: a telephone's number then, or a number of ours."""
    return folded.isascii() and folded.isdigit()


def is_my_number(digits: str) -> bool:
    """Whether twelve digits, not all the same, end as a 個人番号 does (平成26年総務省令85号5条).

    A random number passes in about one case of ten, so context must decide.
    """
    if not re.fullmatch("[0-9]{12}", digits) or len(set(digits)) == 1:
        return False
    remainder = sum(int(d) * w for d, w in zip(digits, _MY_NUMBER_WEIGHTS, strict=False)) % 11
    return int(digits[11]) == (0 if remainder <= 1 else 11 - remainder)


def _plain_digits(text: str) -> str:
    """With digits in kanji as digits, and without dots or spaces between digits that hide a number."""
    if not text.isascii():
        text = _KANJI_DIGITS.sub(lambda run: run[0].translate(_KANJI), text)
    if len(text) > 18:
        text = _SPACED.sub(lambda run: re.sub("[- ]", "", run[0]), text)
    return _BETWEEN_DIGITS.sub("-", text)


def _twelves(text: str) -> Iterator[str]:
    for run in _TWELVE_DIGITS.finditer(text):
        if not _YEARS.fullmatch(run[1]):
            yield run[1]
    if _LABELLED.search(text):
        for run in _TWELVE_ANYHOW.finditer(text):
            yield run[0]


def _is_likely_my_number(written: str) -> bool:
    digits = re.sub("[- ]", "", written)
    # A counter padded to twelve digits is no 個人番号.
    return not digits.startswith("00000") and is_my_number(digits)


def _holds_phone(text: str) -> bool:
    if any(_is_private_phone(run[0]) for run in _PHONE.finditer(text)):
        return True
    return any(not run[1].startswith(_SERVICE_NUMBERS) for run in _LABELLED_PHONE.finditer(text))


def _is_private_phone(written: str) -> bool:
    digits = re.sub("[^0-9]", "", _ABROAD.sub("0", written, count=1) if _ABROAD.match(written) else written)
    if digits.startswith(_SERVICE_NUMBERS):
        return False
    is_mobile = re.match("0[5-9]0", digits) is not None
    return len(digits) == (11 if is_mobile else 10)
