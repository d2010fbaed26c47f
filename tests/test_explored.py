"""What a person chooses becomes one SELECT; whatever is chosen, it answers as pandas does on the same rows."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import duckdb
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from dx_data.derive import explored
from dx_data.derive.explored import By, Figure, Filter, Grain, Key, Measure, Side, Wish
from dx_data.spec import Column, Kind

SECTION = Column(name="section", title="所管課", kind=Kind.TEXT)
STATE = Column(name="state", title="状況", kind=Kind.CHOICE, choices=("完了", "処理中", "取下げ"))
PRIORITY = Column(name="priority", title="優先区分", kind=Kind.CHOICES)
DAY = Column(name="day", title="受付日", kind=Kind.DATE)
MOMENT = Column(name="moment", title="申請日時", kind=Kind.DATETIME)
COUNT = Column(name="n", title="件数の列", kind=Kind.INTEGER, unit="件")
RATE = Column(name="rate", title="率", kind=Kind.NUMBER, unit="%")
COLUMNS = (SECTION, STATE, PRIORITY, DAY, MOMENT, COUNT, RATE)
TYPES = ("VARCHAR", "VARCHAR", "VARCHAR[]", "DATE", "TIMESTAMP", "BIGINT", "DECIMAL(18, 6)")
TABLE = '申請 "控え"'

blank = st.none()
ROWS = st.lists(
    st.tuples(
        blank | st.sampled_from(["保育課", "税務課", "戸籍'課"]),
        blank | st.sampled_from(["完了", "処理中", "取下げ"]),
        blank | st.lists(st.sampled_from(["甲", "乙"]), unique=True),
        blank | st.dates(dt.date(2024, 12, 1), dt.date(2026, 5, 31)),
        blank | st.datetimes(*(dt.datetime.fromisoformat(day) for day in ("2025-03-30", "2026-04-03"))),
        blank | st.integers(-5, 50),
        blank | st.integers(0, 40).map(lambda n: Decimal(n) / 4),
    ),
    max_size=25,
)


def filled(rows: list[tuple[Any, ...]]) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    fields = ", ".join(f'"{c.title}" {kind}' for c, kind in zip(COLUMNS, TYPES, strict=True))
    connection.execute(f"""CREATE TABLE "{TABLE.replace('"', '""')}" ({fields})""")
    if rows:
        marks = ", ".join("?" * len(COLUMNS))
        connection.executemany(f"""INSERT INTO "{TABLE.replace('"', '""')}" VALUES ({marks})""", rows)
    return connection


# --- the same in Python, without SQL ----------------------------------------------------------------


def fiscal(day: dt.date) -> tuple[int, int]:
    return (day.year, (day.month - 4) // 3 + 1) if day.month > 3 else (day.year - 1, 4)


def heading(by: By, value: Any) -> Any:
    if value is None or by.grain is None:
        return value
    day = value.date() if isinstance(value, dt.datetime) else value
    year, quarter = fiscal(day)
    return {
        Grain.YEAR: f"{year}年度",
        Grain.QUARTER: f"{year}年度第{quarter}四半期",
        Grain.MONTH: day.replace(day=1),
        Grain.WEEK: day - dt.timedelta(days=day.weekday()),
        Grain.WEEKDAY: f"{'月火水木金土日'[day.weekday()]}曜日",
        Grain.DAY: day,
    }[by.grain]


def measured(figure: Figure, values: list[Any]) -> Any:
    if figure.column is None:
        return len(values)
    there = pd.Series([each for each in values if each is not None], dtype=object)
    if figure.measure is Measure.KINDS:
        return there.nunique()
    if there.empty:
        return None
    match figure.measure:
        case Measure.SUM:
            return there.sum()
        case Measure.MEAN:
            return round(float(there.astype(float).mean()), 2)
        case Measure.LEAST:
            return there.min()
        case Measure.MOST:
            return there.max()
    return float(there.astype(float).median())


def meets(each: Filter, value: Any) -> bool:
    if value is None:
        return not (each.chosen or each.contains or each.since or each.until or each.least is not None)
    if each.chosen:
        return bool({*value} & {*each.chosen}) if isinstance(value, list) else value in each.chosen
    if each.contains:
        return each.contains in value
    if each.since and each.until:
        return each.since <= (value.date() if isinstance(value, dt.datetime) else value) <= each.until
    return each.least is None or value >= each.least


def expected(wish: Wish, rows: list[tuple[Any, ...]]) -> dict[tuple[Any, ...], list[Any]]:
    frame = [dict(zip([c.title for c in COLUMNS], row, strict=True)) for row in rows]
    frame = [row for row in frame if all(meets(each, row[each.column.title]) for each in wish.filters)]
    for by in (*wish.rows, wish.abreast):
        if by and by.column.kind is Kind.CHOICES:
            name = by.column.title
            frame = [{**row, name: value} for row in frame for value in (row[name] or [None])]
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {} if wish.rows else {(): []}
    for row in frame:
        groups.setdefault(tuple(heading(by, row[by.column.title]) for by in wish.rows), []).append(row)
    found = {}
    for key, members in groups.items():
        cells = []
        for figure in wish.figures:
            parts = [members]
            if wish.abreast:
                by = wish.abreast
                told = [(heading(by, row[by.column.title]), row) for row in members]
                parts = [[row for value, row in told if value == each] for each in wish.across]
                if wish.rest:
                    parts.append([row for value, row in told if value not in wish.across])
            name = figure.column.title if figure.column else ""
            cells += [measured(figure, [row.get(name, 1) for row in part]) for part in parts]
        found[key] = cells
    return found


BYS = st.one_of(
    st.sampled_from([By(SECTION), By(STATE), By(PRIORITY)]),
    st.builds(By, st.sampled_from([DAY, MOMENT]), st.sampled_from(list(Grain))),
)
FIGURES = st.one_of(
    st.just(Figure(Measure.COUNT)),
    st.builds(
        Figure,
        st.sampled_from([Measure.SUM, Measure.MEAN, Measure.LEAST, Measure.MOST, Measure.MEDIAN, Measure.KINDS]),
        st.sampled_from([COUNT, RATE]),
    ),
    st.builds(Figure, st.just(Measure.KINDS), st.sampled_from([SECTION, STATE, DAY])),
)
FILTERS = st.one_of(
    st.builds(Filter, st.just(STATE), st.just(("完了", "処理中"))),
    st.builds(Filter, st.just(PRIORITY), st.just(("甲",))),
    st.builds(Filter, st.just(SECTION), contains=st.sampled_from(["課", "戸籍'"])),
    st.builds(
        Filter, st.sampled_from([DAY, MOMENT]), since=st.just(dt.date(2025, 4, 1)), until=st.just(dt.date(2026, 3, 31))
    ),
    st.builds(Filter, st.sampled_from([COUNT, RATE]), least=st.sampled_from([Decimal(0), Decimal("2.5")])),
)


@settings(max_examples=60, deadline=None, phases=(Phase.explicit, Phase.generate), report_multiple_bugs=False)
@given(
    ROWS,
    st.lists(BYS, max_size=2, unique_by=lambda by: by.column.title),
    st.lists(FIGURES, min_size=1, max_size=2, unique_by=lambda figure: figure.title),
    st.lists(FILTERS, max_size=2),
    st.none() | BYS,
)
def test_whatever_is_chosen_is_answered_as_pandas_does(
    rows: list[tuple[Any, ...]],
    heads: list[By],
    figures: list[Figure],
    filters: list[Filter],
    abreast: By | None,
) -> None:
    if abreast and abreast.column in [by.column for by in heads]:
        abreast = None
    wish = Wish(TABLE, tuple(heads), tuple(figures), tuple(filters), abreast)
    with filled(rows) as connection:
        if abreast:
            values = [row[0] for row in connection.execute(explored.frequent(wish)).fetchall()]
            across = tuple(values[:1])
            assert explored.abreast(values) == (tuple(values[:12]), len(values) > 12)
            if not across:
                return
            wish = Wish(TABLE, wish.rows, wish.figures, wish.filters, abreast, across, rest=len(values) > 1)
            by = abreast
            wanted = expected(Wish(TABLE, (by,), (Figure(Measure.COUNT),), tuple(filters)), rows)
            assert {str(key[0]) for key in wanted} == {str(value) for value in values}
            across = tuple(next(key[0] for key in wanted if str(key[0]) == str(value)) for value in across)
            ours = Wish(TABLE, wish.rows, wish.figures, wish.filters, abreast, across, wish.rest)
        else:
            ours = wish
        found = connection.execute(explored.select(wish)).fetchall()
    many = len(heads)
    answer = {row[:many]: list(row[many:]) for row in found}
    assert len(answer) == len(found)
    wanted = expected(ours, rows)
    assert answer.keys() == wanted.keys()
    for key, cells in wanted.items():
        shown = [float(cell) if isinstance(cell, Decimal) else cell for cell in answer[key]]
        assert shown == [float(cell) if isinstance(cell, Decimal) else cell for cell in cells], key


def test_a_built_select_reads_like_one_written_by_hand() -> None:
    wish = Wish(
        "電子申請",
        (By(MOMENT, Grain.MONTH),),
        (Figure(Measure.COUNT), Figure(Measure.KINDS, SECTION)),
        (Filter(STATE, ("完了",)), Filter(MOMENT, since=dt.date(2026, 4, 1), until=dt.date(2027, 3, 31))),
    )
    assert explored.select(wish) == (
        "SELECT\n"
        '    date_trunc(\'month\', "申請日時")::DATE AS "申請日時（月）",\n'
        '    count(*) AS "件数",\n'
        '    count(DISTINCT "所管課") AS "所管課の種類の数"\n'
        'FROM "電子申請"\n'
        "WHERE \"状況\" IN ('完了')\n"
        "  AND \"申請日時\" >= DATE '2026-04-01'\n"
        "  AND \"申請日時\" < DATE '2027-04-01'\n"
        "GROUP BY 1\n"
        "ORDER BY 1 NULLS LAST"
    )


def test_time_stands_in_its_order_and_all_else_by_size() -> None:
    days = [dt.date(2026, 4, day) for day in (5, 6, 6, 7, 7, 7)]  # Sunday, Monday, Tuesday
    rows = [(f"{day.day}課", None, None, day, None, None, None) for day in days]
    with filled(rows) as connection:
        weekdays = connection.execute(explored.select(Wish(TABLE, (By(DAY, Grain.WEEKDAY),)))).fetchall()
        sections = connection.execute(explored.select(Wish(TABLE, (By(SECTION),)))).fetchall()
    assert weekdays == [("月曜日", 2), ("火曜日", 3), ("日曜日", 1)]
    assert sections == [("7課", 3), ("6課", 2), ("5課", 1)]


def test_rows_can_be_listed_as_they_are() -> None:
    rows = [("保育課", "完了", None, dt.date(2026, 4, 1), None, 3, None)]
    with filled(rows) as connection:
        listed = Wish(TABLE, figures=(), listed=(DAY, COUNT), filters=(Filter(COUNT, most=Decimal(3)),))
        assert connection.execute(explored.select(listed)).fetchall() == [(dt.date(2026, 4, 1), 3)]
        assert connection.execute(explored.sample(TABLE)).fetchall() == rows


def test_a_profile_says_of_each_column_how_full_from_what_to_what_and_what_is_common() -> None:
    rows = [
        ("保育課", "完了", ["甲", "乙"], dt.date(2026, 4, 1), None, 3, Decimal("0.5")),
        ("保育課", None, ["甲"], dt.date(2026, 5, 1), None, None, Decimal("1.5")),
        ("税務課", "完了", [], None, None, 7, None),
    ]
    with filled(rows) as connection:
        found = connection.execute(explored.profile(TABLE, COLUMNS))
        assert [each[0] for each in found.description or ()] == list(explored.PROFILE)
        told = {row[0]: row[1:] for row in found.fetchall()}
    assert told == {
        "所管課": (3, 3, 2, None, None, "保育課（2）"),
        "状況": (3, 2, 1, None, None, "完了（2）"),
        "優先区分": (3, 2, 2, None, None, "甲（2）"),
        "受付日": (3, 2, 2, "2026-04-01", "2026-05-01", None),
        "申請日時": (3, 0, 0, None, None, None),
        "件数の列": (3, 2, 2, "3", "7", None),
        "率": (3, 2, 2, "0.500000", "1.500000", None),
    }


@pytest.mark.parametrize(
    ("key", "left", "right", "found"),
    [
        (Key.SECTION, "課", " 課 ", [("課", 2, 10)]),
        (Key.MUNICIPALITY, "131229", "13122", [("13122", 2, 10)]),
        (Key.MONTH, "2026-04-03", "2026-04-01", [(dt.date(2026, 4, 1), 2, 10)]),
    ],
)
def test_two_tables_lie_beside_each_other_and_no_row_counts_twice(
    key: Key, left: str, right: str, found: list[tuple[Any, ...]]
) -> None:
    column = Column(name="key", title="かぎ", kind=Kind.TEXT)
    people = Column(name="people", title="人数", kind=Kind.INTEGER, unit="人")
    with duckdb.connect() as connection:
        connection.execute('CREATE TABLE "甲" AS SELECT ? AS "かぎ", 1 AS "人数" FROM range(2)', [left])
        connection.execute('CREATE TABLE "乙" AS SELECT ? AS "かぎ", 5 AS "人数" FROM range(2)', [right])
        sql = explored.beside(
            key, Side("甲", column, Figure(Measure.COUNT)), Side("乙", column, Figure(Measure.SUM, people))
        )
        assert connection.execute(sql).fetchall() == found


def test_what_stands_on_one_side_alone_is_kept_with_a_blank() -> None:
    column = Column(name="key", title="所管課", kind=Kind.TEXT)
    with duckdb.connect() as connection:
        connection.execute("""CREATE TABLE "甲" AS SELECT unnest(['a', 'b', NULL]) AS "所管課" """)
        connection.execute("""CREATE TABLE "乙" AS SELECT unnest(['b', 'c']) AS "所管課" """)
        sides = [Side(name, column, Figure(Measure.COUNT)) for name in ("甲", "乙")]
        answer = connection.execute(explored.beside(Key.SECTION, *sides)).fetchall()
    assert answer == [("a", 1, None), ("b", 1, 1), ("c", None, 1), (None, 1, None)]


def test_which_columns_may_join_is_found_by_title_and_kind() -> None:
    month = Column(name="month", title="年月", kind=Kind.DATE, month=True)
    code = Column(name="code", title="全国地方公共団体コード", kind=Kind.TEXT)
    assert explored.keys((DAY, month, SECTION, code, COUNT)) == {
        Key.MUNICIPALITY: (code,),
        Key.MONTH: (month, DAY),
        Key.SECTION: (SECTION,),
    }
