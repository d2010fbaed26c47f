"""What holds for any value, any declared dataset and any table, from the bytes to the typed rows."""

# ruff: noqa: DTZ001, RUF001  (wall time and full width, as files have them)

import csv
import datetime as dt
import importlib
import io
import sys
import tempfile
import unicodedata
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import duckdb
import openpyxl
import pyarrow as pa
import pydantic
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dx_data import text
from dx_data.calendar import is_open_day
from dx_data.datasets import DATASETS
from dx_data.derive import checks, staged, template
from dx_data.door import Staging, examine, read
from dx_data.door.read import rows
from dx_data.errors import FileRejected
from dx_data.settings import Settings
from dx_data.spec import Choice, Column, Dataset, Delivery, Kind

CALM = settings(deadline=None, derandomize=True)


def door(content: bytes, dataset: Dataset, name: str = "a.csv") -> tuple[list[dict[str, Any]], set[int]]:
    """The sound rows of a file, and the numbers of its faulty ones."""
    with tempfile.TemporaryDirectory() as folder, Staging() as staging:
        path = Path(folder, name)
        path.write_bytes(content)
        examined = examine(path, staging, Settings(), dataset=dataset)
        (table,) = examined.tables
        return table.typed().to_pylist(), {fault.row for fault in table.all_faults() if fault.row}


def as_csv(lines: list[list[str]], encoding: str = "utf-8") -> bytes:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(lines)
    return out.getvalue().encode(encoding)


# --- the check and pydantic ----------------------------------------------------------------------------------

CHOICES = (Choice(value="電子", aliases=("オンライン",)), Choice(value="窓口"), Choice(value="郵送・FAX"))
THINGS = Dataset(
    name="things",
    title="もの",
    family="試験",
    grain="1件",
    owner="試験課",
    source="試験",
    rhythm="随時",
    key=("number",),
    delivery=Delivery.APPEND,
    columns=(
        Column(name="number", title="受付番号", required=True),
        Column(name="words", title="件名"),
        Column(name="whole", title="処理数", kind=Kind.INTEGER, unit="件", minimum=-5),
        Column(name="decimal", title="処理日数", kind=Kind.NUMBER, unit="日"),
        Column(name="money", title="手数料額", kind=Kind.YEN, required=True),
        Column(name="day", title="受付日", kind=Kind.DATE),
        Column(name="month", title="集計対象月", kind=Kind.DATE, month=True),
        Column(name="moment", title="受付日時", kind=Kind.DATETIME),
        Column(name="way", title="申請方法", kind=Kind.CHOICE, choices=CHOICES),
        Column(name="ways", title="対応方法", kind=Kind.CHOICES, choices=CHOICES),
    ),
)


def in_unit(column: Column, parse: Callable[[str], Any]) -> Callable[[str], Any]:
    """The parser, but a counter behind the number must be the column's own."""

    def parsed(cell: str) -> Any:
        written = text.fold(cell)[-1:]
        if written in set("件人名回分日%") and written != column.unit:
            raise ValueError("another unit")
        return parse(cell)

    return parsed


def one_choice(cell: str) -> str:
    for choice in CHOICES:
        if text.fold_choice(cell) in {text.fold_choice(s) for s in (choice.value, *choice.aliases)}:
            return choice.value
    raise ValueError("no choice")


def several(cell: str) -> list[str]:
    parts = cell
    for separator in "\r,;、，；":
        parts = parts.replace(separator, "\n")
    chosen = [one_choice(part) for part in parts.split("\n") if part.strip()]
    if not chosen:
        raise ValueError("no choice")
    return [choice.value for choice in CHOICES if choice.value in chosen]


def no_error_value(cell: Any) -> Any:
    if isinstance(cell, str) and cell.strip(checks.WHITE) in {"#REF!", "#DIV/0!", "#N/A", checks.NO_CACHED_VALUE}:
        raise ValueError("an error value")
    return cell


def plain(column: Column) -> Any:
    """The pydantic type of a declared column, and its default."""
    bounds = pydantic.Field(ge=column.minimum) if column.minimum is not None else pydantic.Field()
    match column.kind:
        case Kind.TEXT:
            read_, kind = (lambda cell: cell.strip(checks.WHITE)), str
        case Kind.INTEGER:
            read_, kind = in_unit(column, text.parse_integer), Annotated[int, pydantic.Field(gt=-(10**15), lt=10**15)]
        case Kind.YEN:
            read_, kind = text.parse_yen, Annotated[int, pydantic.Field(gt=-(10**15), lt=10**15)]
        case Kind.NUMBER:
            read_ = in_unit(column, lambda cell: text.parse_number(cell).normalize())
            kind = Annotated[Decimal, pydantic.Field(max_digits=18, decimal_places=6, gt=-(10**12), lt=10**12)]
        case Kind.DATE:
            read_, kind = (lambda cell: text.parse_date(cell, month=column.month)), dt.date
        case Kind.DATETIME:
            read_, kind = (lambda cell: text.parse_datetime(cell).replace(microsecond=0)), dt.datetime
        case Kind.CHOICE:
            read_, kind = one_choice, str
        case Kind.CHOICES:
            read_, kind = several, list[str]
    reader = Annotated[kind, bounds, pydantic.BeforeValidator(read_), pydantic.BeforeValidator(no_error_value)]
    return (reader, ...) if column.required else (reader | None, None)


MODEL = pydantic.create_model("Thing", **{column.name: plain(column) for column in THINGS.columns})


def by_model(cells: list[str]) -> dict[str, Any] | None:
    """The row as pydantic reads it, None if it refuses."""
    filled = {c.name: cell for c, cell in zip(THINGS.columns, cells, strict=True) if cell.strip(checks.WHITE)}
    try:
        return MODEL.model_validate(filled).model_dump()
    except pydantic.ValidationError:
        return None


_JUNK = st.sampled_from(
    ["#REF!", "-", "なし", "1" * 16, "2.5E+03", "未定", checks.NO_CACHED_VALUE, "①", "　", "0", "7.4.1"]
)
_AROUND = ("", "△", "¥", "-", "("), ("", "件", "日", "円", ")", "%", ".0", ".25")
_NUMBERS = st.one_of(
    st.integers(-(10**6), 10**6).map(str),
    st.integers(-(10**6), 10**6).map("{:,}".format),
    st.tuples(st.sampled_from(_AROUND[0]), st.integers(0, 9999).map(str), st.sampled_from(_AROUND[1])).map("".join),
    st.text("0123456789０１９.,-△円件", max_size=9),
)
_DAYS = st.dates(dt.date(1870, 1, 1), dt.date(2099, 12, 31))
_DATES = st.one_of(
    _DAYS.map(str),
    _DAYS.map("{:%Y/%m/%d}".format),
    _DAYS.map(lambda d: f"{d.year}年{d.month}月{d.day}日"),
    _DAYS.map(text.era),
    _DAYS.map("{:%Y%m%d}".format),
    _DAYS.map("{:%Y-%m}".format),
    _DAYS.map("{:%Y-%m-01}".format),
    st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2050, 1, 1)).map("{:%Y/%m/%d %H:%M}".format),
    st.datetimes(dt.datetime(2001, 1, 1), dt.datetime(2050, 1, 1)).map("{:%Y-%m-%dT%H:%M:%SZ}".format),
    st.text("0123456789/-.年月日令和R: ", max_size=12),
)
_WAYS = st.lists(
    st.sampled_from(["電子", "窓口", "オンライン", "郵送・FAX", "郵送・ＦＡＸ", "来庁", "\n", "、", " "]), max_size=4
).map("".join)
_WORDS = st.text(st.sampled_from("窓口申請abAZ 　#+-1E申\t。"), max_size=8)
_CELLS = {
    Kind.TEXT: _WORDS,
    Kind.INTEGER: _NUMBERS,
    Kind.NUMBER: _NUMBERS,
    Kind.YEN: _NUMBERS,
    Kind.DATE: _DATES,
    Kind.DATETIME: _DATES,
    Kind.CHOICE: _WAYS,
    Kind.CHOICES: _WAYS,
}
# A fault in one cell hides what becomes of the others, so most cells are sound and one in a row is anything.
_SOUND = {
    Kind.TEXT: "窓口",
    Kind.INTEGER: "3",
    Kind.NUMBER: "2.5",
    Kind.YEN: "300",
    Kind.DATE: "2025-04-01",
    Kind.DATETIME: "2025-04-01 09:30",
    Kind.CHOICE: "電子",
    Kind.CHOICES: "窓口",
}


@st.composite
def things(draw: st.DrawFn) -> list[str]:
    strange = draw(st.sets(st.integers(0, len(THINGS.columns) - 2), max_size=2))
    return [
        draw(_CELLS[column.kind] | _JUNK) if n in strange else _SOUND[column.kind]
        for n, column in enumerate(THINGS.columns[1:])
    ]


@settings(CALM, max_examples=120)
@given(st.lists(things(), min_size=1, max_size=25))
def test_the_check_and_a_pydantic_model_of_the_declaration_agree(lines: list[list[str]]) -> None:
    cells = [[f"P-{n:04}", *line] for n, line in enumerate(lines)]
    found, faulty = door(as_csv([[column.title for column in THINGS.columns], *cells]), THINGS)
    expected = {row: by_model(line) for row, line in enumerate(cells, 2)}
    assert {row["source_row"]: {c.name: row[c.name] for c in THINGS.columns} for row in found} == {
        row: value for row, value in expected.items() if value is not None
    }
    assert faulty == {row for row, value in expected.items() if value is None}


# --- templates -----------------------------------------------------------------------------------------------


def value(column: Column, day: dt.date, place: str) -> st.SearchStrategy[Any]:
    """What a person may type into a column; all days of a row are one open day."""
    match column.kind:
        case Kind.TEXT:
            return st.text("かつしか窓口申請係課東西南北AB", min_size=1, max_size=8).map(lambda s: f"{place}{s}")
        case Kind.INTEGER | Kind.YEN:
            return st.integers(max(column.minimum or 1, 1), 10**6)
        case Kind.NUMBER:
            return st.decimals(max(column.minimum or 1, 1), 100, places=2).map(float)
        case Kind.DATE:
            return st.just(day.replace(day=1) if column.month else day)
        case Kind.DATETIME:
            return st.times().map(lambda t: dt.datetime.combine(day, t.replace(microsecond=0)))
        case Kind.CHOICE:
            return st.sampled_from([choice.value for choice in column.choices])
        case Kind.CHOICES:
            return st.sets(st.sampled_from([choice.value for choice in column.choices]), min_size=1)


@st.composite
def filled_in(draw: st.DrawFn, dataset: Dataset) -> list[dict[str, Any]]:
    """One to four rows; the place in front of every text keeps the keys apart, a blank stands where it may."""
    days = st.dates(dt.date(2025, 4, 1), dt.date(2026, 11, 20)).filter(is_open_day)
    found = []
    for n in range(draw(st.integers(1, 4))):
        day = draw(days)
        row = {column.name: draw(value(column, day, f"第{n + 1}")) for column in template.columns(dataset)}
        for earlier, later in dataset.orders:
            if isinstance(row[earlier], dt.datetime) and isinstance(row[later], dt.datetime):
                row[later] = max(row[earlier], row[later])
        for rule in dataset.parts:
            row[rule.whole] = max(row[rule.part], row[rule.whole])
        free = [c.name for c in dataset.stored if not c.required and c.name not in dataset.key and c.kind is Kind.TEXT]
        found.append(row | dict.fromkeys(draw(st.sets(st.sampled_from(free), max_size=2)) if free else (), None))
    return found


def typed_in(dataset: Dataset, lines: list[dict[str, Any]]) -> bytes:
    """The template with these rows."""
    book = openpyxl.load_workbook(io.BytesIO(template.workbook(dataset)))
    for number, line in enumerate(lines, 2):
        for position, cell in enumerate(line.values(), 1):
            written = "、".join(sorted(cell)) if isinstance(cell, set) else cell
            book[template.SHEET].cell(number, position, written)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def as_stored(column: Column, line: dict[str, Any]) -> Any:
    """What the lake keeps of a cell; a cancelled receipt is negative, as its column's description says."""
    cell = line[column.name]
    if column.name in {"transactions", "amount_yen"} and line.get("entry") in {"取消", "返金"}:
        return -cell
    if column.kind is Kind.CHOICES:
        return [choice.value for choice in column.choices if choice.value in cell]
    return Decimal(str(cell)) if column.kind is Kind.NUMBER else cell


@pytest.mark.parametrize("dataset", [d for d in DATASETS.values() if not d.child_of], ids=lambda d: d.name)
def test_what_is_typed_into_a_template_loads_as_it_is(dataset: Dataset) -> None:
    @settings(CALM, max_examples=3)
    @given(filled_in(dataset))
    def same(lines: list[dict[str, Any]]) -> None:
        found, faulty = door(typed_in(dataset, lines), dataset, "t.xlsx")
        assert faulty == set()
        assert [{c.name: row[c.name] for c in dataset.stored} for row in found] == [
            {c.name: as_stored(c, line) for c in dataset.stored} for line in lines
        ]

    same()


# --- encodings -----------------------------------------------------------------------------------------------


def survives(c: str) -> bool:
    """Whether a character means the same in CP932, and is no byte that stands for another encoding there."""
    try:
        written = c.encode("cp932")
    except UnicodeEncodeError:
        return False
    return written.decode("cp932") == c and not 0xE0 <= written[0] <= 0xFC


_ALL = st.characters(exclude_categories=("Cs", "Co"), exclude_characters="\0\x1b")
_JAPANESE = st.sampled_from([c for c in map(chr, range(0x20, 0x10000)) if survives(c)]) | st.sampled_from(
    ["\n", "\r", '"', ",", "\t", ";", " ", "　", "0", "'"]
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
def test_a_table_written_in_an_encoding_is_read_as_it_was(encoding: str) -> None:
    cell = st.text(_JAPANESE if encoding == "cp932" else _JAPANESE | _ALL, max_size=6)

    @settings(CALM, max_examples=60)
    @given(
        st.integers(1, 5).flatmap(lambda width: st.lists(st.lists(cell, min_size=width, max_size=width), max_size=8))
    )
    @example([["", ""], ["a\rb", "c\nd"], ["\r", ""]])
    @example([['"'], [""], ["x\r\ny"]])
    def same(lines: list[list[str]]) -> None:
        width = len(lines[0]) if lines else 3
        table = [[f"年月日と件数{n}" for n in range(width)], *lines]
        with tempfile.TemporaryDirectory() as folder, Staging() as staging:
            path = Path(folder, "a.csv")
            path.write_bytes(as_csv(table, encoding))
            book = read(path, staging, Settings())
            (sheet,) = book.sheets
            assert (book.encoding, sheet.ragged) == (encoding, ())
            found = {number: [cell or "" for cell in cells] for number, cells in rows(sheet, staging)}
        assert found == dict(enumerate(table, 1))

    same()


# --- long tables ---------------------------------------------------------------------------------------------

_FIGURES = st.sampled_from(["", "0", "5", "-5", "△5", "(5)", "1,200", "1.5", "a", "-", "９"])
_RECEIPTS = st.tuples(
    st.sampled_from(["2025-04-01", "4/1", "2025/4/2", ""]),
    st.sampled_from(["戸籍住民課", "合計", "※ 速報値", "全館", "(注)", " 資料: 試験課"]),
    st.sampled_from(["現金", "PayPay", ""]),
    st.sampled_from(["売上", "取消", "返金", "支払", "キャンセル", ""]),
    _FIGURES,
    _FIGURES,
)


@settings(CALM, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_RECEIPTS.map(list), min_size=1, max_size=12))
def test_a_long_table_is_read_as_a_short_one(monkeypatch: pytest.MonkeyPatch, lines: list[list[str]]) -> None:
    content = as_csv(
        [
            ["収納日", "窓口", "決済手段", "区分", "件数", "金額"],
            *lines,
            ["2025-04-01", "税務課", "現金", "売上", "1", "300"],
        ]
    )

    def outcome() -> Any:
        with tempfile.TemporaryDirectory() as folder, Staging() as staging:
            path = Path(folder, "収納.csv")
            path.write_bytes(content)
            try:
                examined = examine(path, staging, Settings(), dataset=DATASETS["receipts"], as_of=dt.date(2025, 5, 1))
            except FileRejected as fault:
                return fault.problems
            (table,) = examined.tables
            return examined.problems, examined.mended, table.all_faults(), table.typed().to_pylist()

    short = outcome()
    with monkeypatch.context() as long:
        for stage in ("read", "layout", "parts", "suspects"):
            long.setattr(importlib.import_module(f"dx_data.door.{stage}"), "SMALL", 0)
        assert outcome() == short


_CUTS = st.sampled_from(
    (
        *(b"a", b"1", b" ", b",", b",", b",", b'"', b'"', b'""', b',"', b'",', b'"\n', b"\n", b"\n", b"\r\n", b"\r"),
        *(
            word.encode(code)
            for word in ("あ", "ソ能表", "窓口", "ﾃｽﾄ", "繧縺", "\ue000")
            for code in ("utf-8", "cp932")
        ),
        *(b"\xfa\x40", b"\xee\xef", b"\x81", b"\x1b", b"\xff"),
    )
)


@settings(CALM, max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(_CUTS, max_size=25).map(b"".join),
    st.sampled_from(("utf-8", "utf-8-sig", "cp932")),
    st.sampled_from(("\n", "\r\n", "\r")),
)
@example(b"\xfa\x40,\xee\xef\n\xee\xef,\xfa\x40\n", "cp932", "\n")
@example(b"", "utf-8", "\r")
def test_a_long_csv_is_cut_as_a_short_one(
    monkeypatch: pytest.MonkeyPatch, body: bytes, encoding: str, end: str
) -> None:
    content = f"窓口,件数{end}税務課,1{end}".encode(encoding) + body

    def outcome() -> Any:
        with tempfile.TemporaryDirectory() as folder, Staging() as staging:
            path = Path(folder, "a.csv")
            path.write_bytes(content)
            try:
                book = read(path, staging, Settings())
            except FileRejected as fault:
                return fault.problems
            (sheet,) = book.sheets
            facts = (book.encoding, book.sha256, sheet.width, sheet.height, sheet.ragged)
            return facts, [(row, [cell or "" for cell in cells]) for row, cells in rows(sheet, staging)]

    short = outcome()
    with monkeypatch.context() as long:
        long.setattr(importlib.import_module("dx_data.door.read"), "SMALL", 0)
        assert outcome() == short


# --- the sieve -----------------------------------------------------------------------------------------------

_NUMBERS_OF_PEOPLE = ("090-1234-5678", "0312345678", "123456789018", "a@b.jp", "1234567", "令和2年3月4日", "〒124-8555")
_LABELS = (
    *("電話", "TEL:", "普通", "生年月日", "氏名：葛飾 太郎", "様", "さん", "山田 花子（ヤマダ ハナコ）", "個人番号"),
    *(
        "立石5丁目13番",
        "記号",
        "番号",
        "年金手帳",
        "在留カード AB12345678CD",
        "LINE ID:",
        "葛飾区立石5-13-1",
        "宛名番号",
    ),
)
_PIECES = st.one_of(
    st.sampled_from((*_NUMBERS_OF_PEOPLE, *_LABELS)),
    st.text(
        st.sampled_from("0123456789０１９〇一二九-－ー・.の ()（）+@＠%40生まれ様：: \u200b\u00ad\ufe0f"), max_size=14
    ),
    st.text(max_size=3),
)


def wide(piece: str) -> str:
    """The same in full-width letters and digits, as many a clerk types."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in piece)


def through_the_sieve(cells: list[str]) -> set[str]:
    with duckdb.connect(":memory:") as connection:
        connection.register("given", pa.table({"place": [0] * len(cells), "cell": cells, "n": [1] * len(cells)}))
        found = connection.execute(staged.may_be_personal("given")).fetchall()
    return {cell for _, cell, _ in found}


_CELL = st.lists(_PIECES | _PIECES.map(wide), min_size=1, max_size=4).map("".join).filter(lambda s: "\0" not in s)


@settings(CALM, max_examples=100)
@given(st.lists(_CELL, min_size=5, max_size=40))
def test_the_sieve_lets_everything_through_that_is_personal(cells: list[str]) -> None:
    assert {cell for cell in cells if text.personal_kinds(cell)} - through_the_sieve(cells) == set()


SAMPLES = (
    *(
        "090-1234-5678",
        "03(1234)5678",
        "電話 0312345678",
        "１２３４ ５６７８ ９０１８",
        "個人番号 123456789018",
        "TEL:7012345678",
    ),
    *(
        "taro@katsushika.jp",
        "taro(at)katsushika.jp",
        "taro（アット）katsushika.jp",
        "taro%40katsushika.jp",
        "普通 1234567",
    ),
    *(
        "被保険者証記号12番号34",
        "国保 123456",
        "免許証番号 123456789012",
        "年金手帳 1234-567890",
        "在留カード AB12345678CD",
    ),
    *("旅券 AB1234567", "パスポート AB1234567", "住民票コード 12345678901", "受給者番号 123456", "LINE ID: taro1234"),
    *(
        "生年月日 1980-01-02",
        "昭和55年1月2日生",
        "誕生日:1980/1/2",
        "1.1.1生",
        "氏名：葛飾 太郎",
        "フリガナ（カナ）＝カツシカタロウ",
    ),
    *(
        "児童名：葛飾 太郎",
        "葛飾 太郎（カツシカ タロウ）様",
        "葛飾 太郎さん",
        "立石5丁目13番1号",
        "1番地",
        "葛飾区立石5-13-1",
    ),
    *(
        "葛飾区立石\n一二三の四五六七の八九",
        "〒124-8555",
        "郵便番号1248555",
        "ゆうちょ 記号12345 番号1",
        "U" + "0123456789abcdef" * 2,
    ),
)


def disguised() -> Iterator[str]:
    """Every sample, with each of its characters as anything that folds to it, and with an unseen one inside."""
    looks: dict[str, list[str]] = {}
    unseen = []
    for c in map(chr, range(1, sys.maxunicode + 1)):
        category = unicodedata.category(c)
        if category in {"Cs", "Co", "Cn"}:
            continue
        folded = text.fold(f"1{c}1")[1:-1] if not c.isspace() else " "
        if text.personal_kinds(f"090-12{c}34-5678"):
            unseen.append(c)
        for each in {folded, folded[:1], folded[-1:]} - {"", c}:
            looks.setdefault(each, []).append(c)
    for sample in SAMPLES:
        yield sample
        for at, c in enumerate(sample):
            yield from (f"{sample[:at]}{look}{sample[at + 1 :]}" for look in looks.get(c, ()))
            yield from (f"{sample[:at]}{hidden}{sample[at:]}" for hidden in unseen)


def test_the_sieve_lets_every_disguise_through() -> None:
    personal = [cell for cell in disguised() if text.personal_kinds(cell)]
    assert len(personal) > 20_000
    assert set(personal) - through_the_sieve(personal) == set()


def test_the_sieve_holds_most_back() -> None:
    held = ["2025-04-01 09:30", "住民票の写し交付申請（3号）フォーム", "A2025-000123", "完了", "300", "LoGoフォーム"]
    assert through_the_sieve(held) == set()
