"""The same figures in plain Japanese: text alternative and summary."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dx_data.catalog import Result
from dx_data.charts import against_target, breaks
from dx_data.charts.reading import (
    Measure,
    Names,
    Parts,
    as_names,
    category_column,
    category_words,
    column_of,
    counts_behind,
    in_time,
    measure_of,
    moment_words,
    numbers,
    partial_of,
    reason,
    time_column,
    unfinished,
)
from dx_data.errors import DeclarationError
from dx_data.spec import Column, Kind
from dx_data.text import listed


def _opening(result: Result, form: str, of: str | None) -> str:
    subject = result.question.title
    if of:
        column_of(result, of)
        named = list(dict.fromkeys(str(row[of]) for row in result.records()))
        if len(named) > 1:
            raise DeclarationError.because(
                f"図の主題が1つに決まりません（{'・'.join(named[:3])}）", "指標を1つに絞ってから図にしてください"
            )
        subject = f"{named[0]}。{subject}" if named else subject
    return f"{subject}の{form}です。"


def _gaps(
    rows: Sequence[Mapping[str, Any]],
    y: str,
    words: Callable[[Mapping[str, Any]], str],
    symbol: str | None,
    kind: str,
    *,
    in_time: bool,
) -> str:
    """The places without a value by name, grouped by the reason that the data give; a long time without one at once."""
    reasons: dict[str, list[int]] = {}
    for at, (row, value) in enumerate(zip(rows, numbers(rows, y), strict=True)):
        if value is None:
            reasons.setdefault(reason(row, symbol) or "データなし", []).append(at)
    names = [words(row) for row in rows]
    return "".join(
        f"{why}の{kind}：{'、'.join(_spans(names, places) if in_time else [names[at] for at in places])}。"
        for why, places in reasons.items()
    )


def _spans(names: Sequence[str], places: Sequence[int]) -> list[str]:
    """The names at these places, three or more that follow each other as 「4月から9月まで」.

    >>> _spans(["4月", "5月", "6月", "7月", "8月"], [0, 1, 2, 4])
    ['4月から6月まで', '8月']
    """
    spans: list[list[int]] = []
    for at in places:
        if spans and spans[-1][-1] == at - 1:
            spans[-1].append(at)
        else:
            spans.append([at])
    return [
        word
        for span in spans
        for word in ([f"{names[span[0]]}から{names[span[-1]]}まで"] if len(span) > 2 else [names[at] for at in span])
    ]


def alt(
    result: Result,
    x: str,
    y: Names,
    *,
    compare: str | None = None,
    partial: str | None = None,
    planned: Names = (),
    target: str | None = None,
    highlight: str | None = None,
    median: str | None = None,
    parts: Parts | None = None,
    unit: str | None = None,
    symbol: str | None = None,
    of: str | None = None,
) -> str:
    """The figure in plain Japanese, for those who cannot see it and for the card's summary.

    Takes what `lines` and `bars` take; `of` is a column whose single value names the subject (an indicator).
    """
    if column_of(result, x).kind not in {Kind.DATE, Kind.DATETIME}:
        return summary(
            result, x, as_names(y)[0], highlight=highlight, median=median, parts=parts, unit=unit, symbol=symbol, of=of
        )
    moment = time_column(result, x)
    opening = _opening(result, "折れ線グラフ", of)
    names = as_names(y)
    rows = in_time(result, moment)
    if all(value is None for name in names for value in numbers(rows, name)):
        return f"{opening}表示できる値がありません。"
    first, last = moment_words(rows[0][x], moment), moment_words(rows[-1][x], moment)
    period = f"期間は{first}です。" if first == last else f"期間は{first}から{last}までです。"
    said = [
        _line_words(
            result,
            moment,
            rows,
            name,
            compare,
            partial_of(name, partial, planned),
            target,
            symbol,
            named=len(names) > 1,
        )
        for name in names
    ]
    return opening + period + "".join(said) + breaks.in_words(result, moment, rows, names)


def _line_words(
    result: Result,
    moment: Column,
    rows: Sequence[Mapping[str, Any]],
    y: str,
    compare: str | None,
    partial: str | None,
    target: str | None,
    symbol: str | None,
    *,
    named: bool,
) -> str:
    measure = measure_of(result, y)

    def when(row: Mapping[str, Any]) -> str:
        return moment_words(row[moment.name], moment)

    open_at = unfinished(result, rows, partial)
    finished = [row for at, row in enumerate(rows) if at not in open_at]
    running = [rows[at] for at in open_at]
    known = [(value, row) for value, row in zip(numbers(finished, y), finished, strict=True) if value is not None]
    told = [(value, row) for value, row in zip(numbers(running, y), running, strict=True) if value is not None]
    kind = "月" if moment.month else "日"
    if not known and not told:
        return (f"{measure.title}の値はありません。" if named else "") + _gaps(
            rows, y, when, symbol, kind, in_time=True
        )
    said = f"{measure.title}は、" if named else ""
    values = [value for value, _ in known]
    if known:
        last, at_last = known[-1]
        if len(known) == 1:
            said += f"{when(at_last)}は{measure(last)}です。"
        else:
            most, least = max(values), min(values)
            at_most, at_least = (listed([when(row) for value, row in known if value == end]) for end in (most, least))
            if most == least:
                said += f"{when(known[0][1])}から{when(at_last)}まで、どの{kind}も{measure(most)}です。"
            else:
                said += _course(result, column_of(result, y), measure, moment, known)
                said += f"最大は{at_most}の{measure(most)}、最小は{at_least}の{measure(least)}です。"
        if compare and not _apart(result, y, moment, at_last[moment.name]):
            before = numbers([at_last], compare)[0]
            said += (
                f"{when(at_last)}の{column_of(result, compare).title}のデータはありません。"
                if before is None
                else f"{when(at_last)}は、{column_of(result, compare).title}（{measure(before)}）に比べて"
                f"{measure.change(last - before)}です。"
            )
        if target and (goal := numbers([at_last], target)[0]) is not None:
            reached = "届いています" if last >= goal else "届いていません"
            said += f"{column_of(result, target).title}（{measure(goal)}）に{reached}。"
    for value, row in told:
        beyond = measure.unit != "%" and values and value > max(values)
        said += f"{when(row)}は途中で、{'すでに' if beyond else ''}{measure(value)}です。"
    return said + _gaps(rows, y, when, symbol, kind, in_time=True)


def _course(
    result: Result,
    column: Column,
    measure: Measure,
    moment: Column,
    known: Sequence[tuple[float | int, Mapping[str, Any]]],
) -> str:
    """From the first value to the last and by how much; without the difference where something else is counted."""
    (first, at_first), (last, at_last) = known[0], known[-1]
    since, until = at_first[moment.name], at_last[moment.name]
    began, ended = moment_words(since, moment), moment_words(until, moment)
    if result.broken(column, since, _last_day(until, moment)):
        return f"最初の{began}は{measure(first)}、最後の{ended}は{measure(last)}です。"
    return (
        f"{began}から{ended}にかけて、{measure(first)}から{measure(last)}になりました"
        f"（{measure.change(last - first)}）。"
    )


def _apart(result: Result, y: str, moment: Column, day: dt.date) -> bool:
    """Whether the year before was counted otherwise, so that nothing is said of the difference."""
    return bool(result.broken(column_of(result, y), day - dt.timedelta(days=366), _last_day(day, moment)))


def _last_day(day: dt.date, moment: Column) -> dt.date:
    """The last day that a place on the axis speaks of; a break within a month's last days is seen next month."""
    return day + dt.timedelta(days=27) if moment.month else day


def summary(
    result: Result,
    x: str,
    y: str,
    *,
    highlight: str | None = None,
    median: str | None = None,
    parts: Parts | None = None,
    unit: str | None = None,
    symbol: str | None = None,
    of: str | None = None,
) -> str:
    """A bar figure in words: the three largest, the smallest, the highlighted one's value and rank, what has none."""
    category = category_column(result, x)
    measure = measure_of(result, y, unit)
    opening = _opening(result, "棒グラフ", of)
    rows = result.records()

    def named(row: Mapping[str, Any]) -> str:
        return category_words(row[x], category)

    known = [(value, row) for value, row in zip(numbers(rows, y), rows, strict=True) if value is not None]
    if not known:
        return f"{opening}表示できる値がありません。"
    largest = sorted(known, key=lambda k: -k[0])[:3]
    said = f"{measure.title}の大きい順に、" if len(known) > 1 else ""
    said += "、".join(f"{named(row)} {measure(value)}" for value, row in largest)
    said += f"です（ここに示した{category.title}は{len(rows)}、値のあるもの{len(known)}）。"
    if len(known) > len(largest):
        least = min(value for value, _ in known)
        smallest = [named(row) for value, row in known if value == least]
        said += f"いちばん小さいのは{measure(least)}（{listed(smallest)}）です。"
    for value, row in known:
        if highlight is not None and named(row) == highlight:
            rank = 1 + sum(other > value for other, _ in known)
            tie = "（同じ値あり）" if sum(other == value for other, _ in known) > 1 else ""
            counts = counts_behind(result, row, parts)
            behind = f"（{counts}）" if counts else ""
            said += f"{highlight}は{measure(value)}{behind}で、{len(known)}のうち{rank}番目{tie}です。"
    if median and (reference := next((v for v in numbers(rows, median) if v is not None), None)) is not None:
        middle = measure_of(result, median, unit)
        said += f"{middle.title}は{middle(reference)}です。"
    return opening + said + _gaps(rows, y, named, symbol, category.title, in_time=False)


def against(
    result: Result,
    x: str,
    y: str,
    *,
    lower: str,
    upper: str,
    pace: str,
    unit: str,
    status: str,
    part: slice = slice(None),
) -> str:
    """Bullet bars in words: what is behind with its counts, how many stand how, what has no record."""
    every = against_target.read(result, x, y, lower=lower, upper=upper, pace=pace, unit=unit, status=status)
    drawn = every[part]
    opening = _opening(result, "横棒グラフ", None)
    if not drawn:
        return f"{opening}表示できる値がありません。"
    first, last = drawn[0].name, drawn[-1].name
    said = f"棒は、それぞれの目標を100%とした実績です。{first}から{last}までの{len(drawn)}のうち、"
    behind = [each for each in drawn if each.status == against_target.BEHIND]
    others = list(dict.fromkeys(each.status for each in drawn if each.status and each not in behind))
    counts = [f"{status}は{sum(each.status == status for each in drawn)}" for status in others]
    said += "、".join([f"{against_target.BEHIND}は{len(behind)}", *counts]) + "です。"
    if behind:
        said += "遅れているのは、" + "、".join(f"{each.name}（{each.told}）" for each in behind) + "です。"
    blank = [each.name for each in drawn if each.actual is None]
    return opening + said + (f"記録がないのは、{'、'.join(blank)}です。" if blank else "")
