"""事績簿 in the shapes they come in (methods across, one row per entry, PayPay's transactions) → one row per entry."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from dx_data.datasets import DATASETS
from dx_data.derive.checks import UNDONE
from dx_data.door.anew import DASH, Row, in_digits, made_anew, meanings, positions_of, refused, rows_of, told
from dx_data.door.echo import shown
from dx_data.door.laid import Laid
from dx_data.door.spelled import Table
from dx_data.door.staging import Staging
from dx_data.door.totals import fold, fold_header, number
from dx_data.errors import FileRejected, Mended
from dx_data.text import fold_choice

RECEIPTS = DATASETS["receipts"]
_MEASURE = re.compile(
    r"(?P<group>.*?)[_(（]*(?P<measure>取引件数|取扱件数|収納件数|件数|取引金額|収納金額|収納額|金額)[)）]?"
    r"(?P<unit>[(（]?(単位 ?[:：]? ?)?(円|千円|件)[)）]?)?"
)
_THOUSANDS = re.compile(r"[(（]?(単位 ?[:：]? ?)?千円[)）]?")
_UNIT_LINE = re.compile(r"単位 ?[:：]? ?千円")
_BRANDS = (
    *("Visa", "Mastercard", "JCB", "AMEX", "Diners", "Discover", "銀聯", "Suica", "PASMO", "ICOCA", "iD", "QUICPay"),
    *("WAON", "nanaco", "楽天Edy", "PayPay", "d払い", "楽天ペイ", "au PAY", "メルペイ", "Smart Code", "ゆうちょPay"),
    *("Alipay", "Alipay+", "WeChat Pay", "JKOPAY", "J-Debit"),
)
_BRAND_OF = {fold_choice(brand): brand for brand in _BRANDS}
# A book whose 取消 column names no method: the word is stored only where the declaration has it.
_NO_METHOD = "区分なし"
PAYPAY = ("決済番号", "取引ステータス", "取引日時", "取引金額")
_PAYPAY_ENTRIES = {
    "取引完了": "売上",
    "取引受付完了": "売上",
    "返金完了": "返金",
    "取引取消": "取消",
    "取引受付取消": "取消",
}
_PAYPAY_NO_RECEIPT = ("調整", "送金完了")
_METHODS = {
    fold_choice(s): choice.value
    for choice in RECEIPTS.column("method").choices
    for s in (choice.value, *choice.aliases)
}
_ENTRIES = {
    fold_choice(s): choice.value for choice in RECEIPTS.column("entry").choices for s in (choice.value, *choice.aliases)
}


@dataclass(frozen=True)
class Group:
    """What the figures of one group of columns are: by what method and brand, and sold, cancelled or refunded."""

    method: str
    brand: str
    entry: str


@dataclass(frozen=True)
class Measured:
    """One column of figures: its group, whether it holds amounts, and what one unit of it is worth."""

    group: Group
    amount: bool
    factor: int


def measured(title: str) -> Measured | None:
    """What a heading such as `クレジット_件数` or `取消_コード決済_金額（千円）` means, None for any other."""
    found = _MEASURE.fullmatch(title.strip())
    if not found or not found["group"]:
        return None
    method = brand = ""
    entry = "売上"
    seen = False
    for part in filter(None, re.split(r"_", found["group"])):
        word = fold_choice(_THOUSANDS.sub("", part))
        if word in _ENTRIES:
            entry, seen = _ENTRIES[word], True
        elif word in _METHODS:
            method = _METHODS[word] if not method or word not in _BRAND_OF else method
            brand, seen = _BRAND_OF.get(word, brand), True
        else:
            return None
    if not seen or (not method and entry == "売上"):
        return None
    factor = 1000 if _THOUSANDS.search(title) and "千円" in title else 1
    return Measured(Group(method, brand, entry), "額" in found["measure"], factor)


def receipts_wide(laid: Laid, staging: Staging, marks: Mapping[int, Measured]) -> Laid:
    """A row for each method that stands across; FileRejected if one stands twice."""
    groups: dict[Group, dict[bool, int]] = {}
    for n, mark in marks.items():
        if mark.amount in groups.setdefault(mark.group, {}):
            message, fix = "同じ決済手段の列が2つあります", "どちらかの列を消すか、項目名を変えてください"
            raise refused(laid, n, message, fix, "layout.group_twice")
        groups[mark.group][mark.amount] = n
    kept = [n for n in range(len(laid.headings)) if n not in marks]
    counter = None if positions_of(laid, RECEIPTS.column("counter")) else _counter(laid.above)
    thousands = any(_UNIT_LINE.search(fold(text)) for text in laid.above)
    no_method = _NO_METHOD if _NO_METHOD in _METHODS.values() else ""
    stand = {group: _letters(laid, places) for group, places in groups.items()}
    out: list[Row] = []
    dashes: list[int] = []
    multiplied: list[int] = []
    signed: list[int] = []
    for row, cells in rows_of(laid, staging):
        for group, places in groups.items():
            found = {amount: cells[n].strip() for amount, n in places.items()}
            if any(fold(cell) in DASH for cell in found.values()):
                dashes.append(row)
                found = {amount: "" if fold(cell) in DASH else cell for amount, cell in found.items()}
            if not any(found.values()):
                continue
            count, amount = found.get(False, ""), found.get(True, "")
            factor = marks[places[True]].factor if True in places else 1
            if (factor > 1 or thousands) and (value := number(amount)) is not None:
                amount = in_digits(value * 1000)
                multiplied.append(row)
            entry, count, amount, turned = _signed(group.entry, count, amount)
            if turned:
                signed.append(row)
            if not group.method and not (number(count) or number(amount)):
                continue  # 取消 0件: nothing was cancelled, by whatever method
            long = [cells[n] for n in kept] + [group.method or no_method, group.brand, entry, count, amount]
            out.append((row, [*long, *([counter] if counter else []), *stand[group]]))
    columns = [(laid.headings[n].text, laid.headings[n].letter) for n in kept]
    columns += [(title, "") for title in ("決済手段", "ブランド", "区分", "件数", "金額")]
    columns += [("窓口", "")] if counter else []
    at = {title: len(columns) + n for n, titles in enumerate(_STAND) for title in titles}
    mended = told(laid, "layout.folded", "横に並ぶ決済手段の列を、1行に1つの決済手段に直しました", [r for r, _ in out])
    mended += told(laid, "number.thousand_yen", "千円単位の金額を円に直しました（1,000倍）", multiplied)
    mended += told(laid, "layout.dash", "「―」などの記号だけの件数・金額は、取引なしとして読みました", dashes, "―", "")
    mended += _sign_said(laid, signed)
    return made_anew(laid, staging, columns, out, mended, at)


# What the letters of a group's first column, of its counts and of its amounts are the places of.
_STAND = (("決済手段", "ブランド", "区分"), ("件数",), ("金額",))


def _letters(laid: Laid, places: Mapping[bool, int]) -> list[str]:
    """The letters of a group's columns as `_STAND` names them; for counts or amounts without a column, the other's."""
    first = min(places.values())
    return [laid.headings[n].letter for n in (first, places.get(False, first), places.get(True, first))]


def _signed(entry: str, count: str, amount: str) -> tuple[str, str, str, bool]:
    """Entry and figures with the sign of the entry: what is cancelled or refunded is negative, and a negative sale is
    a refund."""
    n, yen = number(count), number(amount)
    kind = _ENTRIES.get(entry) or _ENTRIES.get(fold_choice(entry), entry)
    if kind == "売上" and yen is not None and yen < 0:
        kind = "返金"
        return kind, (in_digits(-abs(n)) if n is not None else count), in_digits(yen), True
    if kind in ("取消", "返金") and ((n or 0) > 0 or (yen or 0) > 0):
        return (
            kind,
            in_digits(-abs(n)) if n is not None else count,
            in_digits(-abs(yen)) if yen is not None else amount,
            True,
        )
    return entry, count, amount, False


def _sign_said(laid: Laid, rows: Sequence[int]) -> list[Mended]:
    return told(laid, "receipts.sign", "取消・返金の件数と金額を、負の数にそろえました", rows)


_COUNTER_LINE = re.compile(r"(?:窓口|施設|設置場所)名? ?: ?(?P<name>\S.*)")


def _counter(above: Sequence[str]) -> str | None:
    """The window a sheet is about, as a line over the header says it."""
    known = meanings(RECEIPTS.column("counter"))
    for n, text in enumerate(above):
        if found := _COUNTER_LINE.fullmatch(fold(text)):
            return found["name"].strip()
        if fold_header(text).rstrip(":") in known and n + 1 < len(above):
            return fold(above[n + 1])
    return None


def receipts_long(laid: Laid, staging: Staging) -> Laid:
    """One row per entry already: only the signs are made alike, and a missing 区分 follows from them."""
    (amount_at, *_) = positions_of(laid, RECEIPTS.column("amount_yen"))
    counts = positions_of(laid, RECEIPTS.column("transactions"))
    entries = positions_of(laid, RECEIPTS.column("entry"))
    signed: list[int] = []
    if entries and counts and (long := staging.long.get(laid.view)):
        return _signed_by_spelling(laid, long, staging, entries[0], counts[0], amount_at)
    rows = rows_of(laid, staging)
    for row, cells in rows:
        entry = cells[entries[0]] if entries else "売上"
        count = cells[counts[0]] if counts else ""
        kind, count, cells[amount_at], turned = _signed(entry, count, cells[amount_at])
        if counts:
            cells[counts[0]] = count
        if entries:
            cells[entries[0]] = kind
        else:
            cells.append(kind)
        if turned:
            signed.append(row)
    if not signed and entries:
        return laid
    columns = [(h.text, h.letter) for h in laid.headings] + ([] if entries else [("区分", "")])
    by_sign = (
        []
        if entries
        else told(
            laid,
            "receipts.entry",
            "区分の列がないので、正の金額を売上、負の金額を返金として読みました",
            [r for r, _ in rows],
        )
    )
    return made_anew(laid, staging, columns, rows, [*by_sign, *_sign_said(laid, signed)])


def _signed_by_spelling(laid: Laid, long: Table, staging: Staging, *positions: int) -> Laid:
    """The same for a long table with entry, count and amount at these positions: only doubtful figures are read."""
    names = [laid.headings[n].column for n in positions]
    figures = entry, count, amount = [long.columns[name] for name in names]
    # What begins with a digit is not negative, what begins with a minus is not positive.
    sold = amount.whether(lambda cell: not cell or "0" <= cell <= "9~")
    taken_back = amount.whether(_is_negative) & count.whether(_is_negative)
    settled = np.where(entry.whether("売上".__eq__), sold, entry.whether(("取消", "返金").__contains__) & taken_back)
    doubtful = np.flatnonzero(~settled)
    alike = np.stack([column.numbers[doubtful] for column in figures])
    _, first, which = np.unique(alike, axis=1, return_index=True, return_inverse=True)
    spelled = zip(*(column.at(doubtful[first]).listed() for column in figures), strict=True)
    read = [_signed(*(cell or "" for cell in cells)) for cells in spelled]
    is_turned = np.array([turned for *_, turned in read], np.bool_)[which]
    places = doubtful[is_turned]
    if not len(places):
        return laid
    new = zip(*(cells for *cells, _ in read), strict=True)
    columns = {
        name: long.columns[name].with_texts(places, [cells[n] or None for n in which[is_turned].tolist()])
        for name, cells in zip(names, new, strict=True)
    }
    view = staging.name("laid")
    staging.take_in(view, Table(long.rows, {**long.columns, **columns}))
    mended = (*laid.mended, *_sign_said(laid, long.rows[places].tolist()))
    return replace(laid, view=view, dialect="folded", ragged=(), mended=mended)


def _is_negative(cell: str) -> bool:
    return not cell or cell.startswith("-")


def paypay(laid: Laid, staging: Staging) -> Laid:
    """PayPay's transactions as what each window took on a day; nothing about 加盟店 or single payments is kept."""
    at = {fold_header(heading.text): n for n, heading in enumerate(laid.headings)}

    def place(*names: str) -> int | None:
        return next((at[fold_header(name)] for name in names if fold_header(name) in at), None)

    def cell(cells: list[str], position: int | None) -> str:
        return cells[position].strip() if position is not None else ""

    rows = rows_of(laid, staging)
    id_, status, moment, money = (place(name) for name in PAYPAY)
    store, terminal = place("店舗名"), place("端末番号/PosID", "端末番号", "PosID")
    complete = {cell(cells, id_) for _, cells in rows if cell(cells, status) == "取引完了"}
    sums: dict[tuple[str, str, str, str], list[tuple[int, Decimal]]] = {}
    out: list[Row] = []
    left_out: list[int] = []
    again: list[int] = []
    seen: dict[tuple[str, ...], tuple[int, tuple[object, ...]]] = {}
    for row, cells in rows:
        state = cell(cells, status)
        if (
            state in _PAYPAY_NO_RECEIPT
            or UNDONE.search(state)
            or (state == "取引受付完了" and cell(cells, id_) in complete)
        ):
            left_out.append(row)
            continue
        written, when = cell(cells, money), cell(cells, moment)
        window, machine, yen = cell(cells, store), cell(cells, terminal), number(written)
        facts = when, yen or written, window, machine
        # One payment may be refunded in parts, at several moments.
        one = cell(cells, id_), state, when if _PAYPAY_ENTRIES.get(state) == "返金" else ""
        first, known = seen.setdefault(one, (row, facts)) if one[0] else (row, facts)
        if first != row:
            if known != facts:
                raise _two_of_one_number(laid, id_, (first, row))
            again.append(row)
            continue
        entry = _PAYPAY_ENTRIES.get(state, state)
        day = re.split("[ T]", when)[0]
        if yen is None or state not in _PAYPAY_ENTRIES:
            out.append((row, [day, window, machine, "コード決済", "PayPay", entry, "1", written]))
            continue
        signed = yen if entry == "売上" else -abs(yen)
        sums.setdefault((day, window, machine, entry), []).append((row, signed))
    for (day, window, machine, entry), found in sums.items():
        count = len(found) if entry == "売上" else -len(found)
        total = in_digits(sum((yen for _, yen in found), Decimal(0)))
        out.append((found[0][0], [day, window, machine, "コード決済", "PayPay", entry, str(count), total]))
    titles = ("収納日", "窓口", "端末ID", "決済手段", "ブランド", "区分", "件数", "金額")
    sources = {0: moment, 1: store, 2: terminal, 5: status, 7: money}
    columns = []
    for n, title in enumerate(titles):
        source = sources.get(n)
        columns.append((title, laid.headings[source].letter if source is not None else ""))
    mended = told(
        laid, "layout.folded", "PayPayの取引を、日・窓口・区分ごとの件数と金額にまとめました", [r for r, _ in rows]
    )
    words = "収納ではない取引（調整・送金・失敗・エラー・承認待ち・完了済みの受付）なので数えていません"
    mended += told(laid, "receipts.no_receipt", words, left_out)
    mended += told(laid, "receipts.again", "前の行と同じ取引（同じ決済番号）なので、1度だけ数えました", again)
    words = (
        "取引完了の行がまだない「取引受付完了」を、受付の日の売上に数えました。取引完了が別のファイルで届くと2度数えるので、"
        "完了したら、受付の日から完了の日までを1つのファイルで取り込み直してください"
    )
    aside = {*left_out, *again}
    pending = [row for row, cells in rows if cell(cells, status) == "取引受付完了" and row not in aside]
    mended += told(laid, "receipts.pending", words, pending)
    used = {n for n in (status, moment, money, store, terminal) if n is not None}
    rest = "・".join(shown(h.text) for n, h in enumerate(laid.headings) if n not in used and h.text)
    mended += told(laid, "receipts.paypay_columns", f"保存しない列です: {rest}", [r for r, _ in rows])
    return made_anew(laid, staging, columns, sorted(out, key=lambda r: r[0]), mended)


def _two_of_one_number(laid: Laid, position: int | None, rows: tuple[int, int]) -> FileRejected:
    message = "決済番号と取引ステータスが同じで、日時・金額・店舗・端末のどれかが違う取引があります"
    fix = "取引明細を2つつなげていないか確かめ、正しいほうの行だけを残してください"
    return refused(laid, position or 0, message, fix, "receipts.number_twice", rows)
