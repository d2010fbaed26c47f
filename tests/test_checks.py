"""The set-based check and the pure reading of a cell agree: on accept or refuse, and on the value."""

# ruff: noqa: DTZ001, RUF001  (wall time and full width, as files have them)

import datetime as dt
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dx_data import text
from dx_data.derive import checks
from dx_data.spec import Choice, Column, Kind

CHOICES = (Choice(value="電子", aliases=("オンライン", "①")), Choice(value="窓口"), Choice(value="郵送・FAX"))
COLUMNS = {
    "text": Column(name="a", title="A", kind=Kind.TEXT),
    "number of a thing": Column(name="a_id", title="A", kind=Kind.TEXT),
    "integer": Column(name="a", title="A", kind=Kind.INTEGER, unit="件"),
    "number": Column(name="a", title="A", kind=Kind.NUMBER, unit="日"),
    "yen": Column(name="a", title="A", kind=Kind.YEN),
    "date": Column(name="a", title="A", kind=Kind.DATE),
    "month": Column(name="a", title="A", kind=Kind.DATE, month=True),
    "datetime": Column(name="a", title="A", kind=Kind.DATETIME),
    "choice": Column(name="a", title="A", kind=Kind.CHOICE, choices=CHOICES),
    "choices": Column(name="a", title="A", kind=Kind.CHOICES, choices=CHOICES),
}
REFUSED = "refused"
CONNECTION = duckdb.connect(":memory:")


def by_sql(column: Column, cell: str) -> Any:
    """What the strict SQL makes of a cell: its value, or None."""
    answer = CONNECTION.execute(f"SELECT {checks.strict(column, 'c')} FROM (SELECT ?::VARCHAR AS c)", [cell])
    return answer.fetchall()[0][0]


def by_set(column: Column, cell: str) -> Any:
    """What the door makes of a cell: strict SQL, and the canonical spelling of what that refuses."""
    value = by_sql(column, cell)
    if value is not None:
        return value
    try:
        written = checks.canonical(column, cell)
    except text.Unreadable:
        return REFUSED
    return written if column.kind is Kind.TEXT else by_sql(column, written)


def by_hand(column: Column, cell: str) -> Any:
    """What the pure functions make of the same cell."""
    try:
        written = checks.canonical(column, cell)
        match column.kind:
            case Kind.INTEGER:
                return text.parse_integer(cell)
            case Kind.YEN:
                return text.parse_yen(cell)
            case Kind.NUMBER:
                return text.parse_number(cell)
            case Kind.DATE:
                return text.parse_date(cell, month=column.month)
            case Kind.DATETIME:
                return text.parse_datetime(cell).replace(microsecond=0)
            case Kind.CHOICES:
                return [c.value for c in CHOICES if c.value in written.split("\n")]
            case _:
                return written
    except text.Unreadable:
        return REFUSED


digits = st.text("0123456789０１９ ,.-+△▲()（）%円件eE¥_", max_size=14)
days = st.text("0123456789/-.年月日令和平成元RHT: Z　", max_size=20)
near_days = st.builds(
    lambda y, s, m, d, tail: f"{y}{s}{m}{s}{d}{tail}",
    st.integers(1860, 2110),
    st.sampled_from("-/."),
    st.integers(0, 13).map(str) | st.integers(0, 13).map("{:02}".format),
    st.integers(0, 32).map(str) | st.integers(0, 32).map("{:02}".format),
    st.sampled_from(
        ["", " 9:30", " 09:30", "T23:59:59", " 24:00", " 09:60", " 0:00", "T00:00Z", "T20:10:30.000Z", " "]
    ),
)
words = st.sampled_from(
    ["電子", "窓口", "オンライン", "①", "郵送・FAX", "郵送 ・FAX", "来庁", "\n", ",", "、", " ", "　", ";"]
)
CELLS = {
    "text": st.text(max_size=8).filter(lambda s: "\x00" not in s),
    "number of a thing": st.text(max_size=8).filter(lambda s: "\x00" not in s)
    | st.text("Qq０0①-－‐ー─ 　", max_size=8),
    "integer": digits,
    "number": digits,
    "yen": digits,
    "date": days | near_days,
    "month": days | near_days,
    "datetime": days | near_days,
    "choice": st.lists(words, max_size=2).map("".join),
    "choices": st.lists(words, max_size=5).map("".join),
}


@pytest.mark.parametrize("kind", COLUMNS)
def test_the_set_and_the_pure_reading_agree(kind: str) -> None:
    column = COLUMNS[kind]

    @settings(max_examples=400, deadline=None, derandomize=True)
    @given(CELLS[kind].filter(lambda cell: cell.strip(checks.WHITE) != ""))
    @example("2025-02-30")
    @example("2025-04/01")
    @example("2025/4/1 24:00")
    @example("1868-01-01")
    @example("21001231")
    @example("2101-01-01")
    @example("-0")
    @example("00012")
    @example("#REF!")
    @example(checks.NO_CACHED_VALUE)
    @example("0.0000001")
    @example("1" * 16)
    def agree(cell: str) -> None:
        assert by_set(column, cell) == by_hand(column, cell), repr(cell)

    agree()


@pytest.mark.parametrize(
    ("kind", "cell", "value"),
    [
        ("text", "　P-0001 ", "P-0001"),
        ("text", "#1 窓口", "#1 窓口"),
        ("number of a thing", "Q-0493", "Q-0493"),
        ("number of a thing", "Ｑ－０４９３", "Q-0493"),
        ("number of a thing", "　Q ‐ 0493 ", "Q-0493"),
        ("number of a thing", "Q−0493", "Q-0493"),
        ("number of a thing", "Qー0493", "Q-0493"),
        ("number of a thing", "Q─0493", "Q-0493"),
        ("number of a thing", "q-0493", "q-0493"),  # some systems tell a from A
        ("number of a thing", "Q-049①", "Q-049①"),  # not Q-0491
        ("number of a thing", "第 3 号", "第 3 号"),
        ("text", "Ｑ－０４９３", "Ｑ－０４９３"),
        ("integer", "１２３", 123),
        ("integer", "1,234", 1234),
        ("integer", "△5", -5),
        ("yen", "¥1,000", 1000),
        ("number", "８８．８", Decimal("88.8")),
        ("date", "2025/4/1", dt.date(2025, 4, 1)),
        ("date", "令和7年4月1日", dt.date(2025, 4, 1)),
        ("month", "R7.4", dt.date(2025, 4, 1)),
        ("datetime", "2025/04/01 09:30", dt.datetime(2025, 4, 1, 9, 30)),
        ("datetime", "2025-03-31T16:30:00Z", dt.datetime(2025, 4, 1, 1, 30)),
        ("choice", "オンライン", "電子"),
        ("choices", "窓口\n電子", ["電子", "窓口"]),
        ("choices", "窓口、オンライン", ["電子", "窓口"]),
    ],
)
def test_a_spelling_has_its_value(kind: str, cell: str, value: object) -> None:
    assert by_set(COLUMNS[kind], cell) == value


@pytest.mark.parametrize(
    ("kind", "cell", "rule"),
    [
        ("text", "#REF!", "excel.error_value"),
        ("text", checks.NO_CACHED_VALUE, "excel.no_cached_value"),
        ("integer", "-", "number.dash"),
        ("integer", "#DIV/0!", "excel.error_value"),
        ("integer", "1" * 16, "number.unreadable"),
        ("number", "0.0000001", "number.unreadable"),
        ("date", "2025-02-30", "date.nonexistent"),
        ("date", "令和0年4月1日", "date.era"),
        ("date", "7.4.1", "date.ambiguous"),
        ("choice", "来庁", "choice.unknown"),
        ("choices", "電子\n来庁", "choice.unknown"),
        ("choices", "、", "choice.unknown"),
    ],
)
def test_a_value_without_a_meaning_is_refused(kind: str, cell: str, rule: str) -> None:
    with pytest.raises(text.Unreadable) as refused:
        checks.canonical(COLUMNS[kind], cell)
    assert refused.value.rule == rule


def test_an_unknown_choice_is_compared_with_the_known_ones() -> None:
    with pytest.raises(text.Unreadable) as refused:
        checks.canonical(COLUMNS["choice"], "窓口等")
    assert refused.value.fix == "『窓口』に読み替えますか。違うときは、電子・窓口・郵送・FAX のどれかにしてください"
