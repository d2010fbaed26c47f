"""What the heading of a column announces: personal information by its usual words (domain.md 6.2)."""

from __future__ import annotations

import re
from functools import lru_cache

from dx_data.text import fold_header

# A heading that ends in one of the long words, or is one of the short ones, announces what the column holds.
_MY_NUMBER = ("個人番号", "マイナンバー", "mynumber")
_NAMES = (
    *("氏名", "お名前", "申請者名", "申込者名", "届出人名", "代理人名", "世帯主", "世帯主名", "保護者名", "児童名"),
    *("フリガナ", "ふりがな", "氏名カナ", "氏名漢字", "カナ氏名", "漢字氏名", "申請者カナ", "口座名義", "口座名義人"),
)
_CONTACTS = (
    *("電話番号", "携帯番号", "携帯電話", "電話", "メールアドレス", "郵便番号", "住所", "現住所", "e-mail", "email"),
    *("FAX番号", "LINE ID", "LINE_ID", "LINEユーザーID", "LINE表示名", "連絡先", "緊急連絡先"),
)
_OTHERS = (
    *("続柄", "生年月日", "誕生日", "年齢", "性別", "町丁目", "本籍", "本籍地", "国籍", "アパート名", "部屋番号"),
    *("口座番号", "被保険者番号", "保険者番号", "保険証番号", "記号番号", "宛名番号", "住民票コード", "世帯番号"),
    *("受給者番号", "受給者証番号", "基礎年金番号", "年金番号", "運転免許証番号", "免許証番号", "在留カード番号"),
    *("旅券番号", "パスポート番号", "障害者手帳番号", "手帳番号"),
)
_SHORT = {
    **dict.fromkeys(("名前", "姓", "名", "セイ", "メイ", "カナ", "申請者", "申込者", "届出人"), "氏名"),
    **dict.fromkeys(("tel", "fax", "携帯", "メール", "番地", "mail"), "連絡先"),
    **dict.fromkeys(("口座", "保険証", "免許証"), "本人の情報"),
}
_ENDINGS = tuple(
    (kind, tuple(map(fold_header, words)))
    for kind, words in (("マイナンバー", _MY_NUMBER), ("氏名", _NAMES), ("連絡先", _CONTACTS), ("本人の情報", _OTHERS))
)
# 「氏名（カナ）」「住所1」「電話番号(日中)」: what follows only says which one.
_WHICH = re.compile(r"(?:\([^()]*\)|\[[^\[\]]*\]|[0-9_-]|①|②|③)+$")
# How to reach an office is nobody's secret; who represents it is somebody's name.
_OFFICE = re.compile("施設|店舗|事業所|事業者|法人|団体|会社|企業|組織|所管課|担当課|窓口|会場|問合せ|問い合わせ")
_READINGS = ("フリガナ", "ふりがな")
_SOMEBODY = re.compile("代表|担当者|責任者|申請|世帯|保護|本人")


@lru_cache(maxsize=4096)
def listed(heading: str) -> str | None:
    """The kind of personal information a heading announces, or None: マイナンバー, 氏名, 連絡先, 本人の情報."""
    whole = fold_header(heading)
    for folded in dict.fromkeys((whole, _WHICH.sub("", whole))):
        if folded in _SHORT:
            return _SHORT[folded]
        for kind, words in _ENDINGS:
            if folded.endswith(words):
                word = next(each for each in words if folded.endswith(each))
                of_office = kind == "連絡先" or word in _READINGS
                return None if of_office and _is_office(folded.removesuffix(word)) else kind
    return None


def _is_office(before: str) -> bool:
    return _OFFICE.search(before) is not None and _SOMEBODY.search(before) is None
