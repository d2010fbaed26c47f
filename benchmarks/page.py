"""Writes docs/benchmarks.md from the declarations and all results: goals first, then each benchmark's figures.

`python -m benchmarks.page` writes it anew from what lies in `benchmarks/results/`, without measuring.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.declared import Benchmark, Figure, Goal
from benchmarks.results import Result, Sample, kept
from dx_data.settings import ROOT

PATH = ROOT / "docs" / "benchmarks.md"
PROSE = Path(__file__).resolve().parent / "prose"
HEAD = "_head"
_WIDE = 8  # cells of a row that holds all sides of a case
_NOT_YET = "まだはかっていません"


@dataclass(frozen=True)
class Outcome:
    """A goal held against one case: the middle, the spread, whether it is reached."""

    goal: Goal
    case: str
    middle: float
    least: float
    most: float

    @property
    def reached(self) -> bool:
        """At most what was asked for."""
        return self.middle <= self.goal.at_most

    @property
    def excess(self) -> float:
        """How many times the goal it is."""
        return self.middle / self.goal.at_most if self.goal.at_most else self.middle


def outcomes(benchmark: Benchmark, result: Result) -> list[Outcome]:
    """Every goal in every case that it is meant for."""
    return [
        _outcome(goal, case, sides)
        for goal in benchmark.goals
        for case, sides in result.samples.items()
        if goal.covers(case) and goal.side in sides
    ]


def _outcome(goal: Goal, case: str, sides: Mapping[str, Sequence[Sample]]) -> Outcome:
    over = _values(sides[goal.side], goal.figure)
    if goal.under is None:
        return Outcome(goal, case, statistics.median(over), min(over), max(over))
    return Outcome(goal, case, *ratio(over, _values(sides[goal.under], goal.under_figure or goal.figure)))


def ratio(over: Sequence[float], under: Sequence[float]) -> tuple[float, float, float]:
    """Ratio of the medians, and the least and the greatest ratio of a round (of the extremes, where rounds differ)."""
    middle = statistics.median(over) / statistics.median(under)
    if len(over) != len(under):
        return middle, min(over) / max(under), max(over) / min(under)
    each = [a / b for a, b in zip(over, under, strict=True)]
    return middle, min(each), max(each)


def text(benchmarks: Sequence[Benchmark], results: Mapping[str, Result]) -> str:
    """The whole page."""
    held = [(each, results.get(each.name)) for each in benchmarks]
    lines = [prose(HEAD), "", "## 目標", "", "| はかったもの | 結果 | 目標 | |", "|---|---|---|---|"]
    for benchmark, result in held:
        for goal in benchmark.goals:
            lines.append(_goal_row(benchmark, goal, result))
    for benchmark, result in held:
        lines += ["", f"## {benchmark.title}", ""]
        lines += _section(benchmark, result) if result else [_NOT_YET + "。"]
        lines += ["", prose(benchmark.name)]
    return "\n".join(lines) + "\n"


def prose(name: str) -> str:
    """What is to be said about a benchmark beside its figures."""
    return (PROSE / f"{name}.md").read_text("utf-8").strip()


def _goal_row(benchmark: Benchmark, goal: Goal, result: Result | None) -> str:
    limit = f"{goal.at_most:,g} {_unit(goal)}{'以下' if goal.at_most else ''}"
    found = [each for each in outcomes(benchmark, result) if each.goal is goal] if result else []
    if not found:
        return f"| {goal.title} | {_NOT_YET} | {limit} | |"
    worst = max(found, key=lambda each: each.excess)
    where = f"「{worst.case}」で " if len(found) > 1 else ""
    spread = "" if worst.least == worst.most else f"（{_number(worst.least)}～{_number(worst.most)}）"
    missed = sum(not each.reached for each in found)
    judged = "達成" if not missed else f"**未達**（{len(found)} のうち {missed}）" if len(found) > 1 else "**未達**"
    of = f"最大は{where}" if len(found) > 1 else ""
    return f"| {goal.title} | {of}{_number(worst.middle)} {_unit(goal)}{spread} | {limit} | {judged} |"


def _unit(goal: Goal) -> str:
    return "倍" if goal.under else goal.figure.unit


def _section(benchmark: Benchmark, result: Result) -> Iterable[str]:
    if len(result.samples) > 1 and len(benchmark.shown) * len(benchmark.sides) <= _WIDE:
        yield from _by_case(benchmark, result)
    else:
        for number, (case, sides) in enumerate(result.samples.items()):
            yield from [""] if number else []
            yield from _by_side(benchmark, case if len(result.samples) > 1 else "", sides)
    if benchmark.parts:
        yield from _shares(benchmark, result)
    yield ""
    yield _measured_how(result)


def _by_side(benchmark: Benchmark, case: str, sides: Mapping[str, Sequence[Sample]]) -> Iterable[str]:
    divided = benchmark.base is not None
    main = benchmark.shown[0]
    heads = [case, *([f"{main.title}の比（÷ {benchmark.sides[str(benchmark.base)]}）"] if divided else [])]
    yield from _table(
        [*heads, *(figure.title for figure in benchmark.shown)],
        (
            [
                benchmark.sides[side],
                *([_times(samples, sides[str(benchmark.base)], main)] if divided else []),
                *(_spread(samples, figure) for figure in benchmark.shown),
            ]
            for side, samples in sides.items()
        ),
    )


def _by_case(benchmark: Benchmark, result: Result) -> Iterable[str]:
    others = [side for side in benchmark.sides if side != benchmark.base] if benchmark.base else []
    main = benchmark.shown[0]
    heads = [benchmark.case_title]
    heads += [f"{benchmark.sides[side]} ÷ {benchmark.sides[str(benchmark.base)]}" for side in others]
    heads += [
        f"{title}の{figure.title}" if len(benchmark.sides) > 1 else figure.title
        for title in benchmark.sides.values()
        for figure in benchmark.shown
    ]
    rows = []
    for case, sides in result.samples.items():
        base = sides.get(benchmark.base or "")
        row = [case, *(_times(sides[side], base, main) if base and side in sides else "—" for side in others)]
        row += [_spread(sides.get(side, ()), figure) for side in benchmark.sides for figure in benchmark.shown]
        rows.append(row)
    yield from _table(heads, rows)


def _shares(benchmark: Benchmark, result: Result) -> Iterable[str]:
    ((_, sides),) = result.samples.items()
    main, parts, samples = benchmark.shown[0], benchmark.parts or {}, sides[benchmark.parts_of]
    whole = statistics.median(_values(samples, main))
    known = {title: _middle(samples, key) for key, title in parts.items()}
    rest = whole - sum(known.values())
    if rest > whole / 100:
        known["そのほか"] = rest
    rows = [[title, _amount(value, main), f"{value / whole:.0%}"] for title, value in known.items()]
    yield ""
    yield from _table([f"{benchmark.sides[benchmark.parts_of]}の内訳", main.title, "割合"], rows)


def _measured_how(result: Result) -> str:
    day, machine = result.on, result.machine
    versions = "、".join(f"{name} {version}" for name, version in result.versions.items())
    return (
        f"{day.year}年{day.month}月{day.day}日、{result.runs} 回。{machine.processor}（{machine.cores} コア、"
        f"メモリー {machine.memory_gib} GiB）、{machine.system}、Python {machine.python}、{versions}。"
        + (f"負荷 {result.load[0]:g} → {result.load[1]:g}。" if result.load else "負荷は控えていません。")
    )


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterable[str]:
    yield "| " + " | ".join(heads) + " |"
    yield "|" + "---|" * len(heads)
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def _values(samples: Sequence[Sample], figure: Figure) -> list[float]:
    return [sample[figure.key] for sample in samples if figure.key in sample]


def _middle(samples: Sequence[Sample], key: str) -> float:
    return statistics.median(sample.get(key, 0.0) for sample in samples)


def _times(samples: Sequence[Sample], base: Sequence[Sample], figure: Figure) -> str:
    if samples is base:
        return "1"
    middle, least, most = ratio(_values(samples, figure), _values(base, figure))
    return f"{_number(middle)} 倍" + ("" if least == most else f"（{_number(least)}～{_number(most)}）")


def _spread(samples: Sequence[Sample], figure: Figure) -> str:
    values = _values(samples, figure)
    if not values:
        return "—"
    middle, least, most = statistics.median(values), min(values), max(values)
    if least == most:
        return _amount(middle, figure)
    scale, unit = _scale(middle, figure)
    return f"{_number(middle * scale)} {unit}（{_number(least * scale)}～{_number(most * scale)}）"


def _amount(value: float, figure: Figure) -> str:
    scale, unit = _scale(value, figure)
    return f"{_number(value * scale)} {unit}"


def _scale(value: float, figure: Figure) -> tuple[float, str]:
    return (1000.0, "ミリ秒") if figure.unit == "秒" and value < 1 else (1.0, figure.unit)


def _number(value: float) -> str:
    """Three digits, as far as they lie behind the point.

    >>> [_number(n) for n in (2.0449, 0.97, 12.94, 623.6, 1322.0, 0.0, 3)]
    ['2.04', '0.97', '12.9', '624', '1,322', '0', '3']
    """
    if value == int(value):
        return f"{int(value):,}"
    digits = 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0
    return f"{value:,.{digits}f}"


def write(benchmarks: Sequence[Benchmark], told: Callable[[str], None] = print) -> None:
    """Write the page, if it says anything else now."""
    now = text(benchmarks, kept())
    if not PATH.exists() or PATH.read_text("utf-8") != now:
        PATH.write_text(now, encoding="utf-8", newline="\n")
        told(f"{PATH.relative_to(ROOT)} を書きました")


if __name__ == "__main__":
    from benchmarks.suite import ALL

    write(ALL)
    sys.exit(0)
