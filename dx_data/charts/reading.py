"""What a figure needs of a result: its columns checked, values with units, months without a gap. Draws nothing."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from dx_data.catalog import Result
from dx_data.errors import DeclarationError
from dx_data.spec import Column, Kind
from dx_data.text import japanese_date

Names = str | Sequence[str]
Parts = tuple[str, str]

_BY_ROW = "各指標の単位"  # a declared unit that stands in the row's own column `unit`
UNFINISHED = "途中"
_SYMBOL_WORDS = {"X": "秘匿", "x": "秘匿", "…": "不詳", "-": "該当なし"}
TITLE = re.compile(r"(?P<subject>.+)（(?P<kind>.+)、(?P<period>[^、]+)）")


def column_of(result: Result, name: str) -> Column:
    """The declared column; DeclarationError if the answer has none of that name."""
    try:
        return result.question.column(name)
    except KeyError:
        raise DeclarationError.because(
            f"質問『{result.question.name}』に列『{name}』はありません",
            "・".join(column.name for column in result.columns) + " から選んでください",
        ) from None


def quantity(result: Result, name: str) -> Column:
    """A column that counts or measures; DeclarationError otherwise."""
    column = column_of(result, name)
    if not column.kind.counts:
        raise DeclarationError.because(
            f"列『{name}』（{column.title}）は{column.kind.words}なので、図の値になりません",
            "整数・数値・金額の列を選んでください",
        )
    return column


def time_column(result: Result, name: str) -> Column:
    """A column for a line's axis; DeclarationError if it is no date (guidebook 9)."""
    column = column_of(result, name)
    if column.kind not in {Kind.DATE, Kind.DATETIME}:
        raise DeclarationError.because(
            f"折れ線の横軸は時間だけです。列『{name}』（{column.title}）は{column.kind.words}です",
            "日付の列を選ぶか、棒グラフ（bars）にしてください",
        )
    return column


def category_column(result: Result, name: str) -> Column:
    """A column for bars; DeclarationError if it is a date (guidebook 10)."""
    column = column_of(result, name)
    if column.kind in {Kind.DATE, Kind.DATETIME}:
        raise DeclarationError.because(
            f"時間の変化は棒でくらべません。列『{name}』（{column.title}）は{column.kind.words}です",
            "折れ線（lines）にしてください",
        )
    return column


def numbers(rows: Sequence[Mapping[str, Any]], name: str) -> list[float | int | None]:
    """The column's values as JSON numbers. Blank stays None and never becomes 0."""
    found: list[float | int | None] = []
    for row in rows:
        value = row[name]
        if value is None or (isinstance(value, float) and not math.isfinite(value)):
            found.append(None)
        elif isinstance(value, Decimal):
            found.append(int(value) if value == value.to_integral_value() else float(value))
        else:
            found.append(value)
    return found


@dataclass(frozen=True)
class Measure:
    """A quantity's name and how its values are written."""

    title: str
    unit: str
    whole: bool

    def __call__(self, value: float | int | None) -> str:
        """With its unit: 「1,234件」, 「66.7%」."""
        return "データなし" if value is None else f"{self.bare(value)}{self.unit}"

    def bare(self, value: float | int) -> str:
        """Without its unit; a percentage has one decimal where it is not `whole`, other values at most one."""
        if not (self.whole or (self.unit != "%" and value == int(value))):
            return f"{value:,.1f}"
        return f"{value:,.0f}"

    def change(self, value: float | int) -> str:
        """A difference with sign and word: ＋12件 増. Two percentages differ by points."""
        sign, word = ("＋", "増") if value > 0 else ("－", "減") if value < 0 else ("±", "増減なし")
        unit = "ポイント" if self.unit == "%" else self.unit
        return f"{sign}{self.bare(abs(value))}{unit} {word}"


def measure_of(result: Result, name: str, unit: str | None = None) -> Measure:
    """How the column's values are written; `unit` names the column that holds each row's own unit.

    Such values are shown as others published them: with no decimals where none of them has any.
    """
    column = quantity(result, name)
    declared = column.unit or ""
    if unit is None and declared == _BY_ROW and any(other.name == "unit" for other in result.columns):
        unit = "unit"
    if unit is not None:
        column_of(result, unit)
        units = list(dict.fromkeys(str(row[unit]) for row in result.records() if row[unit]))
        if len(units) > 1:
            raise DeclarationError.because(
                f"単位の違う値（{'・'.join(units)}）が1つの図にあります", "指標を1つに絞ってから図にしてください"
            )
        declared = units[0] if units else ""
    whole = column.kind is not Kind.NUMBER
    if unit is not None:
        whole = all(value is None or value == int(value) for value in numbers(result.records(), name))
    return Measure(column.title, declared, whole)


def measures_of(result: Result, names: Sequence[str], unit: str | None = None) -> list[Measure]:
    """The same for columns that share an axis; DeclarationError if their units differ."""
    found = [measure_of(result, name, unit) for name in names]
    if len({measure.unit for measure in found}) > 1:
        raise DeclarationError.because(
            "単位の違う列が1つの軸にあります:" + "・".join(f"{m.title}（{m.unit}）" for m in found),
            "単位が同じ列だけにするか、図を分けてください",
        )
    return found


def as_names(y: Names) -> tuple[str, ...]:
    """One name or several, as several."""
    return (y,) if isinstance(y, str) else tuple(y)


def may_be_unfinished(column: Column) -> bool:
    """Whether the column can say that a row's period is not over yet."""
    return any(choice.value == UNFINISHED for choice in column.choices)


def partial_of(name: str, partial: str | None, planned: Names) -> str | None:
    """The column `partial` for a quantity that grows as its period passes; none for one that was `planned` before."""
    return None if name in as_names(planned) else partial


def unfinished(result: Result, rows: Sequence[Mapping[str, Any]], partial: str | None) -> list[int]:
    """Where in the rows a period is not over yet, by the word in the column `partial`; nowhere without one.

    Raises DeclarationError if that column cannot say so: its open month would be drawn and told like a whole one.
    """
    if partial is None:
        return []
    if not may_be_unfinished(column_of(result, partial)):
        raise DeclarationError.because(
            f"質問『{result.question.name}』の列『{partial}』は「{UNFINISHED}」を選択肢に持ちません",
            f"choices に「{UNFINISHED}」を書くか、partial を外してください",
        )
    return [at for at, row in enumerate(rows) if row[partial] == UNFINISHED]


def _next_month(day: dt.date) -> dt.date:
    return (day.replace(day=1) + dt.timedelta(days=32)).replace(day=1)


def in_time(result: Result, x: Column) -> list[dict[str, Any]]:
    """The rows in time order; a month without a row becomes a row of blanks, so that the line breaks there."""
    rows: dict[Any, dict[str, Any]] = {}
    for row in result.records():
        if row[x.name] in rows:
            raise DeclarationError.because(
                f"{x.title}が同じ行が2つあります（1行の意味:{result.question.grain}）",
                "1つの系列に絞るか、系列ごとの列にしてください",
            )
        if row[x.name] is not None:
            rows[row[x.name]] = row
    if x.month and rows:
        month, last = min(rows), max(rows)
        while month < last:
            rows.setdefault(month, {column.name: None for column in result.columns} | {x.name: month})
            month = _next_month(month)
    return [rows[moment] for moment in sorted(rows)]


def moment_words(value: dt.date, column: Column) -> str:
    """A point in time as its column means it: 「2026年4月」, 「2026年4月1日(水)」, with the minute for a moment."""
    if column.month:
        return f"{value.year}年{value.month}月"
    day = japanese_date(value.date() if isinstance(value, dt.datetime) else value)
    return f"{day} {value.hour}:{value.minute:02}" if isinstance(value, dt.datetime) else day


def reason(row: Mapping[str, Any], symbol: str | None) -> str:
    """Why a value is missing, in a word."""
    written = str(row[symbol] or "").strip() if symbol else ""
    return _SYMBOL_WORDS.get(written, written)


def counts_behind(result: Result, row: Mapping[str, Any], parts: Parts | None) -> str:
    """The two counts behind a rate: 「オンライン件数 2件／申請件数 3件」; nothing where one is missing."""
    if parts is None or any(row[name] is None for name in parts):
        return ""
    return "／".join(f"{measure_of(result, name).title} {measure_of(result, name)(row[name])}" for name in parts)


def category_words(value: Any, column: Column) -> str:
    """A category as it is written beside its bar."""
    if value is None or value == "":
        return "（空欄）"
    return f"{value}{column.unit}" if column.kind.counts else str(value)
