"""A person's choices → the SELECT that answers them, on a copy whose views and columns bear Japanese titles.

Whatever is built here is one SELECT a beginner can read: it is shown, taken over into the editor and learnt from.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from dx_data.derive.tables import literal, quoted
from dx_data.spec import Column, Kind

COUNT, COUNT_UNIT, KINDS_UNIT = "件数", "件", "種類"
BLANK, OTHER = "（空欄）", "その他"
MOST_COLUMNS = 12  # values of a column that stand abreast; what is rarer stands together as その他
_TIME = {Kind.DATE, Kind.DATETIME}


class Grain(StrEnum):
    """How dates are put together."""

    YEAR = "年度"
    QUARTER = "四半期"
    MONTH = "月"
    WEEK = "週"
    WEEKDAY = "曜日"
    DAY = "日"


class Measure(StrEnum):
    """What is counted of the rows that belong together."""

    COUNT = COUNT
    SUM = "合計"
    MEAN = "平均"
    LEAST = "最小"
    MOST = "最大"
    MEDIAN = "中央値"
    KINDS = "種類の数"

    @property
    def of_numbers(self) -> bool:
        """Whether only quantities have it."""
        return self in {Measure.SUM, Measure.MEAN, Measure.MEDIAN}


class Key(StrEnum):
    """What two tables are joined by."""

    SECTION = "所管課"
    MUNICIPALITY = "団体コード"
    MONTH = "年月"


@dataclass(frozen=True)
class By:
    """One heading under which rows are put together; dates need their grain."""

    column: Column
    grain: Grain | None = None

    @property
    def title(self) -> str:
        """What the heading is called in the answer."""
        return f"{self.column.title}（{self.grain}）" if self.grain else self.column.title


@dataclass(frozen=True)
class Figure:
    """One measure; all but 件数 are of a column."""

    measure: Measure
    column: Column | None = None

    @property
    def title(self) -> str:
        """What the figure is called in the answer."""
        return f"{self.column.title}の{self.measure}" if self.column else self.measure.value

    @property
    def unit(self) -> str:
        """What it is counted in; blank for a day."""
        if self.column is None:
            return COUNT_UNIT
        return KINDS_UNIT if self.measure is Measure.KINDS else self.column.unit or ""


@dataclass(frozen=True)
class Filter:
    """What rows must meet in one column; what is not said does not narrow. `since` to `until` are whole days."""

    column: Column
    chosen: tuple[str, ...] = ()
    contains: str = ""
    since: dt.date | None = None
    until: dt.date | None = None
    least: Decimal | None = None
    most: Decimal | None = None


@dataclass(frozen=True)
class Wish:
    """A table or chart as somebody chose it: rows and columns of headings, figures in the cells, filters before all.

    Without figures it lists `listed` columns row by row. `across` are the values that stand abreast, the commonest
    first, and `rest` says that there are more.
    """

    table: str
    rows: tuple[By, ...] = ()
    figures: tuple[Figure, ...] = (Figure(Measure.COUNT),)
    filters: tuple[Filter, ...] = ()
    abreast: By | None = None
    across: tuple[str | None, ...] = ()
    rest: bool = False
    listed: tuple[Column, ...] = ()


def select(wish: Wish) -> str:
    """The SELECT of a wish, in lines."""
    if not wish.figures:
        names = ",\n    ".join(quoted(column.title) for column in wish.listed) or "*"
        return f"SELECT\n    {names}\nFROM {quoted(wish.table)}{_where(wish.filters)}"
    singled = [by.column for by in (*wish.rows, wish.abreast) if by and by.column.kind is Kind.CHOICES]
    heads = [f"{_grouped(by)} AS {quoted(by.title)}" for by in wish.rows]
    figures = [f"{cell} AS {quoted(title)}" for title, cell in _figures(wish)]
    shown = ",\n    ".join([*heads, *figures])
    found = f"SELECT\n    {shown}\nFROM {_source(wish, singled)}"
    if not wish.rows:
        return found
    places = ", ".join(str(at) for at in range(1, len(heads) + 1))
    return f"{found}\nGROUP BY {places}\nORDER BY {_order(wish)}"


def frequent(wish: Wish) -> str:
    """A SELECT of the values that may stand abreast, the commonest first: value and number of rows."""
    assert wish.abreast is not None  # noqa: S101  (asked only where something stands abreast)
    by = wish.abreast
    singled = [by.column] if by.column.kind is Kind.CHOICES else []
    order = "1 NULLS LAST" if by.grain else "2 DESC, 1 NULLS LAST"
    return (
        f"SELECT {_text(by)} AS {quoted(by.title)}, count(*) AS {quoted(COUNT)}"
        f"\nFROM {_source(wish, singled)}\nGROUP BY 1\nORDER BY {order}"
    )


def abreast(values: Sequence[str | None]) -> tuple[tuple[str | None, ...], bool]:
    """Of all values found those that get a column of their own, and whether others are left."""
    return tuple(values[:MOST_COLUMNS]), len(values) > MOST_COLUMNS


def _source(wish: Wish, singled: Sequence[Column]) -> str:
    """The rows that meet the filters; of a column with several choices each choice is a row of its own."""
    rows = f"{quoted(wish.table)}{_where(wish.filters)}"
    if not singled:
        return rows
    each = ", ".join(
        f"unnest(CASE WHEN len({name}) > 0 THEN {name} ELSE [NULL] END) AS {name}"
        for name in (quoted(column.title) for column in singled)
    )
    names = ", ".join(quoted(column.title) for column in singled)
    return f"(\n    SELECT * EXCLUDE ({names}), {each}\n    FROM {rows.replace(chr(10), chr(10) + '    ')}\n)"


def _grouped(by: By) -> str:
    name = quoted(by.column.title)
    match by.grain:
        case Grain.YEAR:
            return f"year({name} - INTERVAL 3 MONTH) || '年度'"
        case Grain.QUARTER:
            return f"year({name} - INTERVAL 3 MONTH) || '年度第' || quarter({name} - INTERVAL 3 MONTH) || '四半期'"
        case Grain.MONTH:
            return f"date_trunc('month', {name})::DATE"
        case Grain.WEEK:
            return f"date_trunc('week', {name})::DATE"
        case Grain.WEEKDAY:
            return f"substr('月火水木金土日', isodow({name})::INTEGER, 1) || '曜日'"
        case Grain.DAY:
            return f"{name}::DATE"
    return name


def _text(by: By) -> str:
    return _grouped(by) if by.column.kind not in _TIME and not by.column.kind.counts else f"({_grouped(by)})::VARCHAR"


def _figures(wish: Wish) -> list[tuple[str, str]]:
    """Titles and expressions of the cells, all columns of one figure side by side."""
    if wish.abreast is None:
        return [(figure.title, _cell(figure)) for figure in wish.figures]
    value = _text(wish.abreast)
    groups = [(each or BLANK, f"{value} = {literal(each)}" if each else f"{value} IS NULL") for each in wish.across]
    if wish.rest:
        named = ", ".join(literal(each) for each in wish.across if each)
        others = f"{value} NOT IN ({named})" if named else f"{value} IS NOT NULL"
        groups.append((OTHER, others if None in wish.across else f"{others} OR {value} IS NULL"))
    several = len(wish.figures) > 1
    return [
        (f"{title}（{figure.title}）" if several else title, _cell(figure, condition))
        for figure in wish.figures
        for title, condition in groups
    ]


def _cell(figure: Figure, condition: str = "") -> str:
    narrowed = f" FILTER ({condition})" if condition else ""
    if figure.column is None:
        return f"count(*){narrowed}"
    name = quoted(figure.column.title)
    match figure.measure:
        case Measure.SUM:
            return f"sum({name}){narrowed}{'' if figure.column.kind is Kind.NUMBER else '::BIGINT'}"
        case Measure.MEAN:
            return f"round(avg({name}){narrowed}, 2)"
        case Measure.LEAST:
            return f"min({name}){narrowed}"
        case Measure.MOST:
            return f"max({name}){narrowed}"
        case Measure.MEDIAN:
            return f"median({name}){narrowed}"
        case Measure.KINDS:
            return f"count(DISTINCT {name}){narrowed}"
    return f"count({name}){narrowed}"


def _order(wish: Wish) -> str:
    """Time in its order, all else by size, and by name where that is the same."""
    places = []
    for at, by in enumerate(wish.rows, 1):
        if by.grain is Grain.WEEKDAY:
            places.append(f"min(isodow({quoted(by.column.title)}))")
        elif by.grain:
            places.append(f"{at} NULLS LAST")
    if len(places) < len(wish.rows):
        if wish.abreast is None:
            places.append(f"{len(wish.rows) + 1} DESC NULLS LAST")
        else:
            places.append("count(*) DESC")
        places += [f"{at} NULLS LAST" for at, by in enumerate(wish.rows, 1) if not by.grain]
    return ", ".join(places)


def _where(filters: Sequence[Filter]) -> str:
    conditions = [condition for each in filters for condition in _conditions(each)]
    return "\nWHERE " + "\n  AND ".join(conditions) if conditions else ""


def _conditions(each: Filter) -> list[str]:
    name = quoted(each.column.title)
    found = []
    if each.chosen:
        listed = ", ".join(map(literal, each.chosen))
        several = each.column.kind is Kind.CHOICES
        found.append(f"list_has_any({name}, [{listed}])" if several else f"{name} IN ({listed})")
    if each.contains:
        found.append(f"contains({name}, {literal(each.contains)})")
    if each.since:
        found.append(f"{name} >= DATE {literal(each.since.isoformat())}")
    if each.until:
        found.append(f"{name} < DATE {literal((each.until + dt.timedelta(days=1)).isoformat())}")
    if each.least is not None:
        found.append(f"{name} >= {each.least:f}")
    if each.most is not None:
        found.append(f"{name} <= {each.most:f}")
    return found


# --- what an answer means ---------------------------------------------------------------------------

UNKNOWN = "値"  # the unit of a quantity that nobody declared
_KINDS = (
    (re.compile(r".*\[\]"), Kind.CHOICES),
    (re.compile(r"(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?)"), Kind.INTEGER),
    (re.compile(r"DECIMAL.*|DOUBLE|FLOAT"), Kind.NUMBER),
    (re.compile(r"DATE"), Kind.DATE),
    (re.compile(r"TIMESTAMP.*"), Kind.DATETIME),
)
_OF = re.compile(
    rf"(?P<of>.+)の(?P<measure>{'|'.join(each for each in Measure if each is not Measure.COUNT)})(（.*）)?"
)
_BRACKETED = re.compile(r".+（([^（）]+)）")
_COUNTED = re.compile(rf"(.*の)?{COUNT}(（.*）)?")


def meaning(number: int, title: str, kind: str, known: Mapping[str, Column], unknown: str = UNKNOWN) -> Column:
    """A column of an answer from its name and DuckDB's type; `known` are declared columns by their titles.

    `unknown` is the unit of a quantity that its name says nothing of; in brackets at its end stands the figure.

    >>> unit = meaning(1, "入金額の合計", "BIGINT", {"入金額": Column(name="a", title="入金額", kind=Kind.YEN)})
    >>> unit.label, meaning(2, "count_star()", "BIGINT", {}).label, meaning(3, "日（月）", "DATE", {}).month
    ('入金額の合計（円）', 'count_star()（値）', True)
    """
    found = next((known_kind for pattern, known_kind in _KINDS if pattern.fullmatch(kind)), Kind.TEXT)
    inner = _BRACKETED.fullmatch(title)
    figure = inner[1] if inner and title not in known and not _OF.fullmatch(title) else title
    part = _OF.fullmatch(figure)
    about = known.get(title) or (known.get(part["of"]) if part and not _of_kinds(part) else None)
    if about and about.kind is Kind.YEN and found is Kind.INTEGER:
        found = Kind.YEN
    unit, kinds = None, bool(part and _of_kinds(part))
    if found.counts:
        counted = COUNT_UNIT if _COUNTED.fullmatch(figure) else KINDS_UNIT if kinds else unknown
        unit = (about.unit if about else None) or counted
    month = found is Kind.DATE and (title.endswith(f"（{Grain.MONTH}）") or title == Key.MONTH)
    return Column(
        name=f"c{number}",
        title=title or f"列{number}",
        kind=found,
        unit=unit,
        month=month or bool(about and about.month and found is Kind.DATE),
        description=about.description if about and about.title == title else "",
    )


def _of_kinds(part: re.Match[str]) -> bool:
    return part["measure"] == Measure.KINDS.value


_QUARTER = re.compile(r"(?P<year>\d{4})年度(第(?P<quarter>[1-4])四半期)?")


def begins(period: str | None) -> dt.date | None:
    """The first day of a year or quarter as an answer names it; None for anything else.

    >>> begins("2025年度"), begins("2025年度第4四半期"), begins("2025年")
    (datetime.date(2025, 4, 1), datetime.date(2026, 1, 1), None)
    """
    found = _QUARTER.fullmatch(period or "")
    if not found:
        return None
    months = 3 + 3 * (int(found["quarter"] or 1) - 1)
    return dt.date(int(found["year"]) + months // 12, months % 12 + 1, 1)


# --- looking at a table ---------------------------------------------------------------------------


def sample(table: str, rows: int = 10) -> str:
    """A SELECT of a table's first rows."""
    return f"SELECT * FROM {quoted(table)} LIMIT {rows}"


PROFILE = ("項目", "行数", "記入", "種類", "最小", "最大", "多い値")


def profile(table: str, columns: Sequence[Column], top: int = 3) -> str:
    """A SELECT with a row for each column under PROFILE: how full, how many values, from what to what, the commonest.

    From what to what is said of quantities and dates alone; the commonest values where one stands in several rows.
    """
    return "\nUNION ALL\n".join(_profiled(table, column, top) for column in columns)


def _profiled(table: str, column: Column, top: int) -> str:
    name, source = quoted(column.title), quoted(table)
    ranged = column.kind in _TIME or column.kind.counts
    least, most = (f"min({name})::VARCHAR", f"max({name})::VARCHAR") if ranged else ("NULL", "NULL")
    values = f"SELECT {name} AS v FROM {source}"
    if column.kind is Kind.CHOICES:
        values = f"SELECT unnest({name}) AS v FROM {source}"
    distinct = f"(SELECT count(DISTINCT v) FROM ({values}))"
    counted = f"SELECT v, count(*) AS n FROM ({values}) WHERE v IS NOT NULL GROUP BY v HAVING count(*) > 1"
    commonest = (
        "(SELECT string_agg(v::VARCHAR || '（' || n || '）', '、' ORDER BY n DESC, v)"
        f" FROM ({counted} ORDER BY n DESC, v LIMIT {top}))"
    )
    filled = f"count(*) FILTER (len({name}) > 0)" if column.kind is Kind.CHOICES else f"count({name})"
    return (
        f"SELECT {literal(column.title)} AS 項目, count(*) AS 行数, {filled} AS 記入, {distinct} AS 種類,"
        f" {least} AS 最小, {most} AS 最大, {commonest} AS 多い値 FROM {source}"
    )


# --- two tables side by side ----------------------------------------------------------------------


@dataclass(frozen=True)
class Side:
    """One of two tables: which column holds the key, which figure is laid beside the other's."""

    table: str
    key: Column
    figure: Figure
    filters: tuple[Filter, ...] = ()


def beside(key: Key, left: Side, right: Side) -> str:
    """A SELECT with one row for each key of either table: each side counted first, so that no row counts twice."""
    names = (f"{left.table}の{left.figure.title}", f"{right.table}の{right.figure.title}")
    if names[0] == names[1]:
        names = (f"{names[0]}（左）", f"{names[1]}（右）")
    sides = ",\n\n".join(
        f"{name} AS (\n    SELECT {_key(key, side.key)} AS {key}, {_cell(side.figure)} AS 値\n"
        f"    FROM {quoted(side.table)}{_where(side.filters)}\n    GROUP BY 1\n)"
        for name, side in (("左", left), ("右", right))
    )
    return (
        f"WITH {sides}\n\n"
        f"SELECT\n    coalesce(左.{key}, 右.{key}) AS {key},\n"
        f"    左.値 AS {quoted(names[0])},\n    右.値 AS {quoted(names[1])}\n"
        f"FROM 左\nFULL JOIN 右 ON 左.{key} = 右.{key}\nORDER BY 1 NULLS LAST"
    )


_CODE = 5  # digits of a municipality's code without its check digit, which some tables leave out


def _key(key: Key, column: Column) -> str:
    name = quoted(column.title)
    if key is Key.MONTH:
        moment = name if column.kind in _TIME else f"try_cast({name} AS DATE)"
        return f"date_trunc('month', {moment})::DATE"
    if key is Key.MUNICIPALITY:
        return f"left({name}::VARCHAR, {_CODE})"
    return f"trim({name})"


def keys(columns: Sequence[Column]) -> dict[Key, tuple[Column, ...]]:
    """Which columns of a table may be which key, the likeliest first."""
    months = [column for column in columns if column.kind in _TIME or column.title in {"年月", "月"}]
    sections = [column for column in columns if column.title.endswith(("課", "所管", "部署"))]
    codes = [column for column in columns if "団体コード" in column.title or "自治体コード" in column.title]
    found = {Key.SECTION: sections, Key.MUNICIPALITY: codes, Key.MONTH: sorted(months, key=lambda c: not c.month)}
    return {key: tuple(candidates) for key, candidates in found.items() if candidates}


def among(table: str, column: str, values: Sequence[str]) -> str:
    """A SELECT of those values that a column has."""
    listed = ", ".join(map(literal, values))
    return f"SELECT DISTINCT {quoted(column)} FROM {quoted(table)} WHERE {quoted(column)} IN ({listed}) ORDER BY 1"
