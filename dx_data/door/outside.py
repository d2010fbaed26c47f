"""What a workbook holds outside its cells (`hidden_parts` collects it): judged as cells are, and never stored.

マイナンバー, or names together with contact data, turn the file away; anything else is told. Who wrote a book or a
comment is a staff name: it is not read, as kintone's 作成者 is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dx_data import personal
from dx_data.derive import staged
from dx_data.door.announced import listed
from dx_data.door.hidden_parts import SHARED_STRINGS, UNSEARCHED
from dx_data.door.read import Book
from dx_data.door.staging import Staging
from dx_data.door.suspects import are_my_numbers
from dx_data.errors import Mended, Problem
from dx_data.text import fold, personal_kinds

_TWELVE = re.compile("[0-9]{12}")
_STAFF = frozenset(("creator", "lastModifiedBy", "author", "Manager"))
# Where pictures, embedded files, macros and data models lie.
_UNSEARCHABLE = re.compile(r"xl/(?:embeddings|model|activeX|customData)/|.*\.bin$", re.IGNORECASE)
_HARMLESS = re.compile(r"xl/printerSettings/|xl/media/|docProps/thumbnail", re.IGNORECASE)
_LABELS = tuple(
    (re.compile(pattern, re.IGNORECASE), label)
    for pattern, label in (
        (r"xl/(?:.*/)?(?:threaded)?comments", "コメント（メモ）"),
        (r"xl/persons/", "コメントの記入者"),
        (r"xl/pivotCache/", "ピボットテーブルの控え"),
        (r"xl/externalLinks/", "ほかのブックの控え"),
        (r"xl/charts/", "グラフの控え"),
        (r"xl/(?:drawings|diagrams|ctrlProps)/|.*\.vml$", "図形・テキストボックス"),
        (r"docProps/|customXml/", "ブックのプロパティ"),
        (r"xl/workbook\.xml", "シート名・名前の定義"),
        (r"xl/worksheets/_rels/", "リンク"),
        (r"xl/(?:worksheets|chartsheets|dialogsheets|macrosheets)/", "ヘッダー・フッター・入力規則"),
        (r"xl/sharedStrings", "消した値の控え"),
        (r"xl/revisions/", "変更履歴の控え"),
        (r"xl/(?:queryTables/|connections)", "外部データの接続"),
    )
)
_ELSEWHERE = "表の外"


@dataclass(frozen=True)
class Outside:
    """What was found outside the cells: what turns the file away, and what is told."""

    refusals: tuple[Problem, ...] = ()
    told: tuple[Mended, ...] = ()


@dataclass(frozen=True)
class _Word:
    part: str
    place: str
    text: str

    @property
    def staff(self) -> bool:
        """Whether it says who wrote the book."""
        return self.place in _STAFF or self.part.startswith("xl/persons/")


def search(book: Book, staging: Staging) -> Outside:
    """Everything outside the cells of a workbook that looks personal."""
    if book.outside is None:
        return Outside()
    found = [_Word(*row) for row in staging.sql(staged.hidden_suspects(book.outside)).fetchall()]
    opaque = [w for w in found if w.text == UNSEARCHED and _UNSEARCHABLE.match(w.part) and not _HARMLESS.match(w.part)]
    words = _unused(book, [word for word in found if word.text != UNSEARCHED], staging)
    headed = _headed(book.outside, staging)
    refusals, told = [], []
    for part, texts in _grouped(words).items():
        label = _label(part)
        kinds = {kind: n for kind, n in _counted(texts).items() if n}
        if count := kinds.pop("マイナンバー", 0):
            refusals.append(_refusal("gate.my_number", f"{label}にマイナンバーらしい値があります", count))
        announced = {kind for kind in kinds if kind == "氏名"} | headed.get(part, set())
        if "氏名" in announced and (personal.CONTACTS & kinds.keys() or "連絡先" in announced):
            words_ = f"{label}に氏名と連絡先があり、だれのことか分かるファイルです"
            refusals.append(_refusal("gate.name_with_contact", words_, sum(kinds.values()) or 1))
            continue
        told += [
            Mended(rule="gate.outside", message=f"{label}に{kind}らしい値があります。読み取らず、保存しません", count=n)
            for kind, n in kinds.items()
        ]
    if opaque:
        words_ = "埋め込まれたファイルやマクロの中は確かめていません。読み取らず、保存しません"
        told.append(Mended(rule="gate.unsearched", message=words_, count=len(opaque)))
    return Outside(tuple(_merged(refusals)), tuple(told))


def _label(part: str) -> str:
    return next((label for pattern, label in _LABELS if pattern.match(part)), _ELSEWHERE)


def _refusal(rule: str, message: str, count: int) -> Problem:
    fix = (
        "Excelの「ドキュメント検査」で隠れた情報を消して保存し直してください。"
        "このファイルは受け取らず、何も保存していません"
    )
    return Problem(stage="gate", rule=rule, message=message, fix=fix, count=count)


def _merged(refusals: Iterable[Problem]) -> Iterable[Problem]:
    """One refusal for each place, though it has several parts."""
    counts: dict[tuple[str, str], int] = {}
    for each in refusals:
        counts[each.rule, each.message] = counts.get((each.rule, each.message), 0) + each.count
    return (_refusal(rule, message, count) for (rule, message), count in counts.items())


def _grouped(words: Iterable[_Word]) -> dict[str, list[_Word]]:
    groups: dict[str, list[_Word]] = {}
    for word in words:
        groups.setdefault(_joined(word.part), []).append(word)
    return groups


def _joined(part: str) -> str:
    """A pivot cache's records belong to its definition."""
    return re.sub("(Definition|Records)", "", part)


def _counted(words: Iterable[_Word]) -> dict[str, int]:
    """How many texts of each kind one part holds; numbers of twelve digits are judged place by place."""
    counts: dict[str, int] = {}
    hits: dict[str, dict[str, int]] = {}
    numbers: dict[str, dict[str, int]] = {}
    for word in words:
        if _TWELVE.search(re.sub("[- ]", "", fold(word.text))):
            numbers.setdefault(word.place, {})[word.text] = 1
        for kind in personal_kinds(word.text):
            if kind == "マイナンバー":
                hits.setdefault(word.place, {})[word.text] = 1
            elif not word.staff:
                counts[kind] = counts.get(kind, 0) + 1
    for place, cells in hits.items():
        if are_my_numbers(cells, numbers.get(place, {}), place):
            counts["マイナンバー"] = counts.get("マイナンバー", 0) + len(cells)
    return counts


def _unused(book: Book, words: list[_Word], staging: Staging) -> list[_Word]:
    """Without the shared strings that a cell uses: these are searched as cells."""
    shared = [word.text for word in words if word.part == SHARED_STRINGS]
    if not shared:
        return words
    used: set[str] = set()
    for sheet in book.sheets:
        if sheet.height:
            found = staging.sql(staged.occurs(sheet.table, sheet.width), [shared]).fetchall()
            used |= {cell for (cell,) in found}
    return [word for word in words if word.part != SHARED_STRINGS or word.text.strip() not in used]


def _headed(table: str, staging: Staging) -> Mapping[str, set[str]]:
    """What the columns of pivot and external caches announce: by the field's name, or by the text that heads them."""
    found: dict[str, set[str]] = {}
    for part, place, text, _ in staging.sql(staged.hidden_columns(table, "xl/pivotCache/%")).fetchall():
        if text != place and (kind := listed(place)):
            found.setdefault(_joined(part), set()).add(kind)
    for part, _, text, texts in staging.sql(staged.hidden_columns(table, "xl/externalLinks/%")).fetchall():
        if texts > 1 and (kind := listed(text)):
            found.setdefault(part, set()).add(kind)
    return found
