"""The datasets' own shapes: a sheet per month, months across, methods across, PayPay's transactions → long rows.

A folded table has the declared titles as its headings and keeps the physical row of every figure, so that matching,
the gate and the checks see it as any other table. What a sheet says about its month and year is said here, too.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from dx_data.datasets import DATASETS
from dx_data.derive import staged
from dx_data.derive.headers import spellings
from dx_data.door.echo import shown
from dx_data.door.laid import Heading, Laid
from dx_data.door.spelled import Table
from dx_data.door.staging import Staging
from dx_data.door.totals import fold, fold_header, number
from dx_data.errors import ROWS_SHOWN, FileRejected, Mended
from dx_data.spec import Column, Kind
from dx_data.text import Unreadable, fold_choice, parse_date

Cells = Sequence[str | None]
Row = tuple[int, list[str]]

_RECEIPTS = DATASETS["receipts"]
_COUNTS = DATASETS["application_counts"]
_MEASURE = re.compile(
    r"(?P<group>.*?)[_(（]*(?P<measure>取引件数|取扱件数|収納件数|件数|取引金額|収納金額|収納額|金額)[)）]?"
    r"(?P<unit>[(（]?(円|千円|件)[)）]?)?"
)
_THOUSANDS = re.compile(r"[(（]?(単位 ?[:：]? ?)?千円[)）]?")
_UNIT_LINE = re.compile(r"単位 ?[:：]? ?千円")
_LARGE_YEN = {"千円": 1_000, "万円": 10_000, "百万円": 1_000_000, "億円": 100_000_000}
_LARGE_UNIT = re.compile(r"[(\[]?(?:単位 ?:? ?)?(?P<unit>千円|百万円|万円|億円)[)\]]?$")
_FISCAL = re.compile(r"(?:令和|r)(?P<reiwa>[0-9]{1,2}|元)年?度|(?P<year>20[0-9]{2})年?度", re.IGNORECASE)
_YEAR_MONTH = re.compile(
    r"(?:(?:令和|r) ?(?P<reiwa>[0-9]{1,2}|元)|(?P<year>20[0-9]{2})) ?[年./-]"
    r" ?(?P<month>1[0-2]|0?[1-9])(?:月|(?![0-9]))",
    re.IGNORECASE,
)
_MONTH = re.compile("(?<![0-9])(?P<month>1[0-2]|0?[1-9])月分?")
_DAY = re.compile(
    r"(?:(?P<month>1[0-2]|0?[1-9])(?:月|/)) ?(?P<day>[0-9]{1,2})日?(?P<weekday> ?\([月火水木金土日].*\))?"
    r"|(?P<bare>[0-9]{1,2})日?(?P<weekday2> ?\([月火水木金土日].*\))?"
)
_DASH = frozenset(("-", "--", "―", "ー", "…", "...", "・"))
_BRANDS = (
    *("Visa", "Mastercard", "JCB", "AMEX", "Diners", "Discover", "銀聯", "Suica", "PASMO", "ICOCA", "iD", "QUICPay"),
    *("WAON", "nanaco", "楽天Edy", "PayPay", "d払い", "楽天ペイ", "au PAY", "メルペイ", "Smart Code", "ゆうちょPay"),
    *("Alipay", "Alipay+", "WeChat Pay", "JKOPAY", "J-Debit"),
)
_BRAND_OF = {fold_choice(brand): brand for brand in _BRANDS}
# A book whose 取消 column names no method: the word is stored only where the declaration has it.
_NO_METHOD = "区分なし"
_CHANNELS = frozenset(map(fold_header, ("区分", "受付方法", "申請方法", "経路", "チャネル", "受付区分", "受付経路")))
_ONLINE = frozenset(map(fold_header, ("オンライン", "電子", "電子申請", "ネット", "インターネット")))
_ALL = frozenset(map(fold_header, ("合計", "全体", "総数", "計", "総件数")))
_PAYPAY = ("決済番号", "取引ステータス", "取引日時", "取引金額")
_PAYPAY_ENTRIES = {
    "取引完了": "売上",
    "取引受付完了": "売上",
    "返金完了": "返金",
    "取引取消": "取消",
    "取引受付取消": "取消",
}
_PAYPAY_NO_RECEIPT = ("調整", "送金完了", "取引失敗", "返金失敗")


@dataclass(frozen=True)
class When:
    """What a sheet, its title and the file's name say about the time of its rows."""

    fiscal: int | None = None
    year: int | None = None
    month: int | None = None
    latest: dt.date | None = None

    def year_of(self, month: int) -> int | None:
        """The year that a month without one lies in."""
        if self.year is not None and self.month is not None:
            if month == self.month:
                return self.year
            first = self.year if self.month >= 4 else self.year - 1
            return first if month >= 4 else first + 1
        if self.fiscal is not None:
            return self.fiscal if month >= 4 else self.fiscal + 1
        if self.latest is not None:
            return self.latest.year if month <= self.latest.month else self.latest.year - 1
        return None


def when(sheet: str | None, above: Iterable[str], file: str, as_of: dt.date | None) -> When:
    """Read the time from the sheet's name first, then the lines over the header, then the file's name."""
    fiscal = year = month = None
    for text in (fold(sheet or ""), *map(fold, above), fold(re.sub(r"_\d{8}T\d{6}.*", "", file))):
        if year is None and (found := _YEAR_MONTH.search(text)):
            year, month = _western(found), month or int(found["month"])
        if month is None and text == fold(sheet or "") and (found := _MONTH.search(text)):
            month = int(found["month"])
        if fiscal is None and (found := _FISCAL.search(text)):
            fiscal = _western(found)
    if year is None and month is not None and fiscal is not None:
        year = fiscal if month >= 4 else fiscal + 1
    if year is not None and month is None:
        year = None
    if year is None and fiscal is None and month is not None and as_of is not None:
        year = as_of.year if month <= as_of.month else as_of.year - 1
    return When(fiscal, year, month, as_of)


def _western(found: re.Match[str]) -> int:
    if found["year"]:
        return int(found["year"])
    return 2018 + (1 if found["reiwa"] == "元" else int(found["reiwa"]))


# --- what a heading means ------------------------------------------------------------------------------------


def _meanings(column: Column) -> frozenset[str]:
    return frozenset(spellings(column))


def _positions(laid: Laid, column: Column) -> list[int]:
    known = _meanings(column)
    return [n for n, heading in enumerate(laid.headings) if fold_header(heading.text) in known]


_METHODS = {
    fold_choice(s): choice.value
    for choice in _RECEIPTS.column("method").choices
    for s in (choice.value, *choice.aliases)
}
_ENTRIES = {
    fold_choice(s): choice.value
    for choice in _RECEIPTS.column("entry").choices
    for s in (choice.value, *choice.aliases)
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


# --- folding -------------------------------------------------------------------------------------------------


def fold_tables(tables: Sequence[Laid], staging: Staging, file: str, as_of: dt.date | None) -> list[Laid]:
    """Every table in long form where it has one of the shapes above; others as they are."""
    return [_written(_fold(table, staging, file, as_of), staging) for table in tables]


def _fold(laid: Laid, staging: Staging, file: str, as_of: dt.date | None) -> Laid:
    if laid.dialect != "plain" or not laid.height:
        return laid
    titles = [fold_header(heading.text) for heading in laid.headings]
    if all(fold_header(word) in titles for word in _PAYPAY):
        return _paypay(laid, staging)
    time = when(laid.sheet, laid.above, file, as_of)
    laid = _in_yen(_with_dates(laid, staging, time), staging)
    marks = {n: m for n, heading in enumerate(laid.headings) if (m := measured(heading.text))}
    if len(marks) > 1 and any(m.group.method for m in marks.values()):
        return _receipts_wide(laid, staging, marks)
    if _positions(laid, _RECEIPTS.column("method")) and _positions(laid, _RECEIPTS.column("amount_yen")):
        return _receipts_long(laid, staging)
    months = {n: found for n, heading in enumerate(laid.headings) if (found := _month_heading(heading.text))}
    identity = [n for name in ("procedure", "procedure_id", "form_id") for n in _positions(laid, _COUNTS.column(name))]
    if identity and len(months) > 2:
        return _months_wide(laid, staging, months, time)
    counts = [n for name in ("online", "total") for n in _positions(laid, _COUNTS.column(name))]
    if identity and counts and time.year and time.month and not _positions(laid, _COUNTS.column("month")):
        return _with_month(laid, staging, dt.date(time.year, time.month, 1))
    return laid


def _rows(laid: Laid, staging: Staging) -> list[Row]:
    if laid.view in staging.held:
        return staging.held[laid.view]
    found = staging.kept.get(laid.view)
    if found is None:
        found = staging.sql(staged.laid_rows_numbered(laid.view, [h.column for h in laid.headings])).fetchall()
    return [(row, [cell or "" for cell in cells]) for row, *cells in found]


def _staged(
    laid: Laid, staging: Staging, columns: Sequence[tuple[str, str]], rows: Iterable[Row], mended: Iterable[Mended]
) -> Laid:
    """The table anew from rows of ours; `columns` are headings with their letters in the file (or none)."""
    view = staging.name("laid")
    held = staging.held[view] = list(rows)
    staging.held.pop(laid.view, None)
    headings = tuple(Heading(title, place, staged.raw_cell(n)) for n, (title, place) in enumerate(columns))
    return replace(
        laid,
        view=view,
        headings=headings,
        height=len(held),
        dialect="folded",
        ragged=(),
        mended=(*laid.mended, *mended),
    )


def _written(laid: Laid, staging: Staging) -> Laid:
    """The table, written if its rows are ours."""
    rows = staging.held.pop(laid.view, None)
    if rows is not None:
        cells = {h.column: [cells[n] or None for _, cells in rows] for n, h in enumerate(laid.headings)}
        with staging.lent(row=[row for row, _ in rows], **cells) as lent:
            staging.sql(staged.create_from(laid.view, lent))
    return laid


def _said(laid: Laid, rule: str, message: str, rows: Sequence[int], before: str = "", after: str = "") -> list[Mended]:
    if not rows:
        return []
    shown_rows = tuple(dict.fromkeys(rows))[:ROWS_SHOWN]
    return [
        Mended(
            rule=rule,
            message=message,
            sheet=laid.sheet,
            count=len(rows),
            rows=shown_rows,
            before=shown(before) or None,
            after=shown(after) or None,
        )
    ]


# --- dates ---------------------------------------------------------------------------------------------------

_DATES = frozenset(
    spelling
    for dataset in DATASETS.values()
    for column in dataset.columns
    if column.kind is Kind.DATE and not column.month
    for spelling in spellings(column)
)
_DAYS = frozenset(map(fold_header, ("日", "月日", "日付", "収納日", "取引日", "年月日")))


def _with_dates(laid: Laid, staging: Staging, time: When) -> Laid:
    """Days without a year get the sheet's; a bare 日 column becomes 収納日 where the sheet is a month's."""
    places = [n for n, h in enumerate(laid.headings) if fold_header(h.text) in _DATES | _DAYS]
    if not places:
        return laid
    renamed = {n: "収納日" for n in places if fold_header(laid.headings[n].text) in ("日", "月日")}
    done: list[int] = []
    example = ("", "")
    bare = {n: fold_header(laid.headings[n].text) in _DAYS for n in places}
    if not renamed and (long := staging.long.get(laid.view)):
        texts = ((n, text) for n in places for text in long.columns[laid.headings[n].column].texts.to_pylist())
        if not any(_completed(text, time, bare=bare[n]) for n, text in texts):
            return laid
    rows = _rows(laid, staging)
    known: dict[tuple[str, bool], str | None] = {}
    for row, cells in rows:
        for n in places:
            spelling = cells[n], bare[n]
            if spelling not in known:
                known[spelling] = _completed(cells[n], time, bare=bare[n])
            if completed := known[spelling]:
                example = example if done else (cells[n], completed)
                cells[n] = completed
                done.append(row)
    if not done and not renamed:
        return laid
    columns = [(renamed.get(n, h.text), h.letter) for n, h in enumerate(laid.headings)]
    message = "年のない日付に、シート名・表題・ファイル名の年月を補いました"
    new = _staged(laid, staging, columns, rows, _said(laid, "date.year_from_sheet", message, done, *example))
    return replace(new, dialect="plain")


def _completed(cell: str, time: When, *, bare: bool) -> str | None:
    text = fold(cell)
    found = _DAY.fullmatch(text) if text else None
    if not found or (found["bare"] and not (bare and time.month)):
        return None
    month = int(found["month"] or time.month or 0)
    year = time.year_of(month)
    if year is None:
        return None
    weekday = found["weekday"] or found["weekday2"] or ""
    written = f"{year}年{month}月{int(found['day'] or found['bare'])}日{weekday.strip()}"
    try:
        return parse_date(written).isoformat()
    except Unreadable:
        return written  # 4月31日, or another weekday: the check says so


# --- units ---------------------------------------------------------------------------------------------------

_AMOUNTS = frozenset(
    spelling
    for dataset in DATASETS.values()
    for column in dataset.columns
    if column.kind is Kind.YEN
    for spelling in (*spellings(column), fold_header(f"{column.title}(円)"))
)


def _in_yen(laid: Laid, staging: Staging) -> Laid:
    """Amounts in thousands or millions of yen, as a heading or a line over the table says, as whole yen."""
    over = next((found["unit"] for text in laid.above if (found := _LARGE_UNIT.search(fold(text)))), None)
    factors: dict[int, tuple[str, int]] = {}
    for n, heading in enumerate(laid.headings):
        found = _LARGE_UNIT.search(fold(heading.text))
        bare = fold(heading.text)[: found.start()].strip() if found else heading.text
        unit = found["unit"] if found else over
        if unit and fold_header(bare) in _AMOUNTS and (found or "円)" not in fold(heading.text)):
            factors[n] = bare, _LARGE_YEN[unit]
    if not factors:
        return laid
    rows = _rows(laid, staging)
    done: list[int] = []
    example = ("", "")
    for row, cells in rows:
        for n, (_, factor) in factors.items():
            if (value := number(cells[n])) is not None:
                example = example if done else (cells[n], _plain(value * factor))
                cells[n] = _plain(value * factor)
                done.append(row)
    columns = [(factors[n][0] if n in factors else h.text, h.letter) for n, h in enumerate(laid.headings)]
    message = "千円・百万円などの単位の金額を円に直しました"
    new = _staged(laid, staging, columns, rows, _said(laid, "number.thousand_yen", message, done, *example))
    return replace(new, dialect="plain")


# --- receipts ------------------------------------------------------------------------------------------------


def _receipts_wide(laid: Laid, staging: Staging, marks: Mapping[int, Measured]) -> Laid:
    groups: dict[Group, dict[bool, int]] = {}
    for n, mark in marks.items():
        if mark.amount in groups.setdefault(mark.group, {}):
            raise FileRejected.because(
                "同じ決済手段の列が2つあります",
                "どちらかの列を消すか、項目名を変えてください",
                stage="layout",
                rule="layout.group_twice",
                sheet=laid.sheet,
                column=laid.headings[n].letter,
                header=shown(laid.headings[n].text),
                rows=laid.header_rows,
            )
        groups[mark.group][mark.amount] = n
    kept = [n for n in range(len(laid.headings)) if n not in marks]
    counter = None if _positions(laid, _RECEIPTS.column("counter")) else _counter(laid.above)
    thousands = any(_UNIT_LINE.search(fold(text)) for text in laid.above)
    no_method = _NO_METHOD if _NO_METHOD in _METHODS.values() else ""
    out: list[Row] = []
    dashes: list[int] = []
    multiplied: list[int] = []
    signed: list[int] = []
    for row, cells in _rows(laid, staging):
        for group, places in groups.items():
            found = {amount: cells[n].strip() for amount, n in places.items()}
            if any(fold(cell) in _DASH for cell in found.values()):
                dashes.append(row)
                found = {amount: "" if fold(cell) in _DASH else cell for amount, cell in found.items()}
            if not any(found.values()):
                continue
            count, amount = found.get(False, ""), found.get(True, "")
            factor = marks[places[True]].factor if True in places else 1
            if (factor > 1 or thousands) and (value := number(amount)) is not None:
                amount = _plain(value * 1000)
                multiplied.append(row)
            entry, count, amount, turned = _signed(group.entry, count, amount)
            if turned:
                signed.append(row)
            if not group.method and not (number(count) or number(amount)):
                continue  # 取消 0件: nothing was cancelled, by whatever method
            long = [cells[n] for n in kept] + [group.method or no_method, group.brand, entry, count, amount]
            out.append((row, [*long, counter] if counter else long))
    columns = [(laid.headings[n].text, laid.headings[n].letter) for n in kept]
    columns += [(title, "") for title in ("決済手段", "ブランド", "区分", "件数", "金額")]
    columns += [("窓口", "")] if counter else []
    mended = _said(laid, "layout.folded", "横に並ぶ決済手段の列を、1行に1つの決済手段に直しました", [r for r, _ in out])
    mended += _said(laid, "number.thousand_yen", "千円単位の金額を円に直しました（1,000倍）", multiplied)
    mended += _said(laid, "layout.dash", "「―」などの記号だけの件数・金額は、取引なしとして読みました", dashes, "―", "")
    mended += _sign_said(laid, signed)
    return _staged(laid, staging, columns, out, mended)


def _plain(value: Decimal) -> str:
    return str(int(value)) if value == value.to_integral_value() else str(value)


def _signed(entry: str, count: str, amount: str) -> tuple[str, str, str, bool]:
    """Entry and figures with the sign of the entry: what is cancelled or refunded is negative, and a negative sale is
    a refund."""
    n, yen = number(count), number(amount)
    kind = _ENTRIES.get(entry) or _ENTRIES.get(fold_choice(entry), entry)
    if kind == "売上" and yen is not None and yen < 0:
        kind = "返金"
        return kind, (_plain(-abs(n)) if n is not None else count), _plain(yen), True
    if kind in ("取消", "返金") and ((n or 0) > 0 or (yen or 0) > 0):
        return (
            kind,
            _plain(-abs(n)) if n is not None else count,
            _plain(-abs(yen)) if yen is not None else amount,
            True,
        )
    return entry, count, amount, False


def _sign_said(laid: Laid, rows: Sequence[int]) -> list[Mended]:
    return _said(laid, "receipts.sign", "取消・返金の件数と金額を、負の数にそろえました", rows)


_COUNTER_LINE = re.compile(r"(?:窓口|施設|設置場所)名? ?: ?(?P<name>\S.*)")


def _counter(above: Sequence[str]) -> str | None:
    """The window a sheet is about, as a line over the header says it."""
    known = _meanings(_RECEIPTS.column("counter"))
    for n, text in enumerate(above):
        if found := _COUNTER_LINE.fullmatch(fold(text)):
            return found["name"].strip()
        if fold_header(text).rstrip(":") in known and n + 1 < len(above):
            return fold(above[n + 1])
    return None


def _receipts_long(laid: Laid, staging: Staging) -> Laid:
    """One row per entry already: only the signs are made alike, and a missing 区分 follows from them."""
    (amount_at, *_) = _positions(laid, _RECEIPTS.column("amount_yen"))
    counts = _positions(laid, _RECEIPTS.column("transactions"))
    entries = _positions(laid, _RECEIPTS.column("entry"))
    signed: list[int] = []
    if entries and counts and (long := staging.long.get(laid.view)):
        return _signed_by_spelling(laid, long, staging, entries[0], counts[0], amount_at)
    rows = _rows(laid, staging)
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
        else _said(
            laid,
            "receipts.entry",
            "区分の列がないので、正の金額を売上、負の金額を返金として読みました",
            [r for r, _ in rows],
        )
    )
    return _staged(laid, staging, columns, rows, [*by_sign, *_sign_said(laid, signed)])


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


def _paypay(laid: Laid, staging: Staging) -> Laid:
    """PayPay's transactions as what each window took on a day; nothing about 加盟店 or single payments is kept."""
    at = {fold_header(heading.text): n for n, heading in enumerate(laid.headings)}

    def place(*names: str) -> int | None:
        return next((at[fold_header(name)] for name in names if fold_header(name) in at), None)

    def cell(cells: list[str], position: int | None) -> str:
        return cells[position].strip() if position is not None else ""

    rows = _rows(laid, staging)
    id_, status, moment, money = (place(name) for name in _PAYPAY)
    store, terminal = place("店舗名"), place("端末番号/PosID", "端末番号", "PosID")
    complete = {cell(cells, id_) for _, cells in rows if cell(cells, status) == "取引完了"}
    sums: dict[tuple[str, str, str, str], list[tuple[int, Decimal]]] = {}
    out: list[Row] = []
    left_out: list[int] = []
    for row, cells in rows:
        state = cell(cells, status)
        if state in _PAYPAY_NO_RECEIPT or (state == "取引受付完了" and cell(cells, id_) in complete):
            left_out.append(row)
            continue
        entry = _PAYPAY_ENTRIES.get(state, state)
        day = re.split("[ T]", cell(cells, moment))[0]
        yen = number(cell(cells, money))
        window, machine = cell(cells, store), cell(cells, terminal)
        if yen is None or state not in _PAYPAY_ENTRIES:
            out.append((row, [day, window, machine, "コード決済", "PayPay", entry, "1", cell(cells, money)]))
            continue
        signed = yen if entry == "売上" else -abs(yen)
        sums.setdefault((day, window, machine, entry), []).append((row, signed))
    for (day, window, machine, entry), found in sums.items():
        count = len(found) if entry == "売上" else -len(found)
        total = _plain(sum((yen for _, yen in found), Decimal(0)))
        out.append((found[0][0], [day, window, machine, "コード決済", "PayPay", entry, str(count), total]))
    titles = ("収納日", "窓口", "端末ID", "決済手段", "ブランド", "区分", "件数", "金額")
    sources = {0: moment, 1: store, 2: terminal, 5: status, 7: money}
    columns = []
    for n, title in enumerate(titles):
        source = sources.get(n)
        columns.append((title, laid.headings[source].letter if source is not None else ""))
    mended = _said(
        laid, "layout.folded", "PayPayの取引を、日・窓口・区分ごとの件数と金額にまとめました", [r for r, _ in rows]
    )
    words = "収納ではない取引（調整・送金・失敗・完了済みの受付）なので数えていません"
    mended += _said(laid, "receipts.no_receipt", words, left_out)
    used = {n for n in (status, moment, money, store, terminal) if n is not None}
    rest = "・".join(shown(h.text) for n, h in enumerate(laid.headings) if n not in used and h.text)
    mended += _said(laid, "receipts.paypay_columns", f"保存しない列です: {rest}", [r for r, _ in rows])
    return _staged(laid, staging, columns, sorted(out, key=lambda r: r[0]), mended)


# --- monthly counts ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class MonthHeading:
    """A column of one month's figures: its month, its year if written, what it counts (blank: as the table says)."""

    month: int
    year: int | None
    counts: str


def _month_heading(title: str) -> MonthHeading | None:
    first, _, rest = fold(title).partition("_")
    counts = rest
    if rest and (_MONTH.fullmatch(rest) or _YEAR_MONTH.fullmatch(rest)):
        first, counts = rest, first
        if _FISCAL.fullmatch(counts) or re.fullmatch("(令和|r)?[0-9元]+年", counts, re.IGNORECASE):
            first, counts = f"{counts.replace('度', '')}{first}", ""
    if found := _YEAR_MONTH.fullmatch(first.removesuffix("分")):
        return MonthHeading(int(found["month"]), _western(found), counts)
    try:
        day = parse_date(first, month=True)
        return MonthHeading(day.month, day.year, counts)
    except Unreadable:
        pass
    if found := _MONTH.fullmatch(first):
        return MonthHeading(int(found["month"]), None, counts)
    return None


def _months_wide(laid: Laid, staging: Staging, months: Mapping[int, MonthHeading], time: When) -> Laid:
    online, total = (_COUNTS.column(name).title for name in ("online", "total"))
    kept = [n for n in range(len(laid.headings)) if n not in months]
    channel = next((n for n in kept if fold_header(laid.headings[n].text) in _CHANNELS), None)
    kept = [n for n in kept if n != channel]
    title = "".join(laid.above)
    plain = total if "総受付" in title or "全受付" in title else online
    figures: dict[tuple[str, ...], tuple[int, dict[str, list[str]]]] = {}
    yearless = next((m for m in months.values() if m.year is None), None)
    if yearless and (time.year_of(yearless.month) is None):
        raise FileRejected.because(
            "何年度の月か分かりません",
            "表題かファイル名に「令和7年度」のように書くか、基準日を指定してください",
            stage="layout",
            rule="layout.no_year",
            sheet=laid.sheet,
            rows=laid.header_rows,
        )
    folded: list[int] = []
    for row, cells in _rows(laid, staging):
        for n, month in months.items():
            cell = "" if fold(cells[n]) in _DASH else cells[n].strip()
            if not cell:
                continue
            year = month.year or time.year_of(month.month)
            what = _counted(month.counts, plain)
            spread = [what]
            if channel is not None:
                word = fold_header(cells[channel])
                spread = [online, "Σ"] if word in _ONLINE else [total] if word in _ALL else ["Σ"]
            key = (f"{year}-{month.month:02}-01", *(cells[k] for k in kept))
            _, parts = figures.setdefault(key, (row, {}))
            for part in spread:
                parts.setdefault(part, []).append(cell)
            folded.append(row)
    names = list(dict.fromkeys(part for _, parts in figures.values() for part in parts if part != "Σ"))
    names += [total] if channel is not None and total not in names else []
    out = []
    for key, (row, parts) in figures.items():
        if "Σ" in parts and total not in parts:
            parts[total] = [_added(parts["Σ"])]
        out.append((row, [*key, *(_added(parts.get(name, [])) for name in names)]))
    columns = [("年月", ""), *((laid.headings[n].text, laid.headings[n].letter) for n in kept)]
    columns += [(name, "") for name in names]
    message = "横に並ぶ月の列を、1行に1か月に直しました"
    return _staged(laid, staging, columns, out, _said(laid, "layout.folded", message, folded))


def _counted(words: str, plain: str) -> str:
    """The declared title of what a month's column counts."""
    known = fold_header(words)
    for column in _COUNTS.columns:
        if known and known in _meanings(column):
            return column.title
    if known in _ONLINE:
        return _COUNTS.column("online").title
    if known in _ALL:
        return _COUNTS.column("total").title
    return words or plain


def _added(cells: Sequence[str]) -> str:
    """The sum of some cells; a single one, or one that is no number, stays as written."""
    values = [number(cell) for cell in cells]
    if len(cells) < 2:
        return cells[0] if cells else ""
    unread = next((cell for cell, value in zip(cells, values, strict=True) if value is None), None)
    return unread if unread is not None else _plain(sum((v for v in values if v is not None), Decimal(0)))


def _with_month(laid: Laid, staging: Staging, month: dt.date) -> Laid:
    rows = [(row, [*cells, month.isoformat()]) for row, cells in _rows(laid, staging)]
    columns = [*((h.text, h.letter) for h in laid.headings), ("年月", "")]
    message = "年月の列がないので、シート名・表題・ファイル名の年月を補いました"
    said = _said(laid, "date.month_from_sheet", message, [r for r, _ in rows], "", f"{month:%Y-%m}")
    return _staged(laid, staging, columns, rows, said)
