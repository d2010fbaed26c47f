"""Somebody who keeps every pack tries to work out what was hidden: random wards, eight releases each.

`python -m tests.attack --number 500 --seed 1`. The attacker is built apart from the product: it knows nothing of how
the product links its tables, only that every published count is a sum over the applications of a kind, section and
month, which are whole and not negative, and of each published count whether it has been corrected since.
"""

from __future__ import annotations

import argparse
import datetime as dt
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass

import highspy

from dx_data.disclosure.counts import Count, Numbers, Place, Release
from dx_data.disclosure.hiding import hide
from dx_data.disclosure.sums import Standing

THRESHOLD = 10
MONTHS = 24
Micro = tuple[str, str, int]  # kind, section, month
Data = dict[Micro, int]


def month(number: int) -> dt.date:
    """The first day of a month after April 2025."""
    years, rest = divmod(number + 3, 12)
    return dt.date(2025 + years, rest + 1, 1)


@dataclass
class Told:
    """A published count as the attacker has it: of which release, what it sums, its true sum, whether it is hidden."""

    release: int
    micros: tuple[Micro, ...]
    value: int
    hidden: bool


def ward(rnd: random.Random, releases: int) -> Iterator[tuple[Data, list[tuple[Place, tuple[Micro, ...]]]]]:
    """A small ward, release by release: its data, and its tables by month, kind, section, cumulative and quarterly."""
    kinds = [f"手続{n}" for n in range(rnd.randint(2, 4))]
    sections = [f"課{n}" for n in range(rnd.randint(1, 3))]
    mean = rnd.choice([1, 3, 8, 25])
    counts = {
        (kind, section, at): 0 if rnd.random() < 0.3 else int(rnd.expovariate(1 / mean))
        for kind in kinds
        for section in sections
        for at in range(MONTHS)
    }
    forms = [form for form in ("kind", "section", "both", "quarter", "month_kind") if rnd.random() < 0.6]
    for quarter in range(releases):
        last = 3 * quarter + 3
        first = last - 3 - 3 * (quarter % 4)
        if rnd.random() < 0.4:
            late = rnd.choice([key for key in counts if key[2] < last])
            counts[late] += rnd.randint(1, 4)
        tables: list[tuple[frozenset[tuple[str, str]], int, int]] = [(frozenset(), first, last)]
        tables += [(frozenset(), at, at + 1) for at in range(first, last)]
        for form in forms:
            start = last - 3 if form == "quarter" else first
            if form in {"kind", "quarter"}:
                tables += [(frozenset({("kind", kind)}), start, last) for kind in kinds]
            if form == "section":
                tables += [(frozenset({("section", section)}), start, last) for section in sections]
            if form == "both":
                tables += [
                    (frozenset({("kind", kind), ("section", section)}), start, last)
                    for kind in kinds
                    for section in sections
                ]
            if form == "month_kind":
                tables += [(frozenset({("kind", kind)}), at, at + 1) for kind in kinds for at in range(start, last)]
        release = []
        for where, start, end in dict.fromkeys(tables):
            wanted = dict(where)
            keys = [
                (kind, section, at)
                for kind, section, at in counts
                if start <= at < end and wanted.get("kind", kind) == kind and wanted.get("section", section) == section
            ]
            release.append((Place("件数", where, month(start), month(end)), tuple(keys)))
        yield dict(counts), release


def same_since(told: list[Told], data: list[Data]) -> tuple[dict[tuple[int, Micro], int], list[tuple[list[int], ...]]]:
    """The attacker's unknowns: each release's applications, the same number as in the release before where no count
    that holds them was corrected; and the counts with corrected parts that are themselves as they were."""
    sets = dict.fromkeys(each.micros for each in told)
    unknown: dict[tuple[int, Micro], int] = {}
    ties: list[tuple[list[int], ...]] = []
    for release, now in enumerate(data):
        before = data[release - 1] if release else {}
        changed = [micros for micros in sets if sum(now[m] for m in micros) != sum(before.get(m, -1) for m in micros)]
        open_again = {micro for micros in changed for micro in micros}
        for micro in now:
            known = unknown.get((release - 1, micro))
            unknown[release, micro] = len(unknown) if known is None or micro in open_again else known
        if release:
            for micros in sets:
                if micros not in changed and open_again.intersection(micros):
                    ties.append(tuple([unknown[at, micro] for micro in micros] for at in (release - 1, release)))
    numbers = {old: new for new, old in enumerate(sorted(set(unknown.values())))}
    renumbered = {key: numbers[value] for key, value in unknown.items()}
    return renumbered, [tuple([numbers[each] for each in side] for side in tie) for tie in ties]


def extreme(program: highspy.Highs, size: int, row: tuple[int, ...], sign: float) -> int:
    """The least or greatest whole value of a sum: of fractions first, which serves where it comes out whole."""
    for each in row:
        program.changeColCost(each, sign)
    for kind in (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger):
        program.changeColsIntegrality(size, list(range(size)), [kind] * size)
        program.run()
        assert program.getModelStatus() == highspy.HighsModelStatus.kOptimal
        found = program.getSolution().col_value
        if all(abs(value - round(value)) < 1e-6 for value in found):
            break
    for each in row:
        program.changeColCost(each, 0.0)
    return round(sum(found[each] for each in row))


def attacked(told: list[Told], data: list[Data]) -> tuple[list[str], list[str]]:
    """What of the hidden counts can be told too well: small ones, and such as only hide them."""
    unknown, ties = same_since(told, data)
    program = highspy.Highs()
    program.setOptionValue("output_flag", False)
    program.setOptionValue("threads", 1)
    most = 4.0 * max([THRESHOLD, *(count.value for count in told)]) + 40
    size = max(unknown.values()) + 1
    for _ in range(size):
        program.addVar(0.0, most)
    rows = {tuple(unknown[each.release, micro] for micro in each.micros): each for each in told}
    shown = {row for row, each in rows.items() if not each.hidden}
    shown |= {tuple(unknown[e.release, m] for m in e.micros) for e in told if not e.hidden}
    for row in shown:
        program.addRow(float(rows[row].value), float(rows[row].value), len(row), list(row), [1.0] * len(row))
    for then, now in ties:
        both: dict[int, float] = {}
        for side, sign in ((then, 1.0), (now, -1.0)):
            for each in side:
                both[each] = both.get(each, 0.0) + sign
        program.addRow(0.0, 0.0, len(both), list(both), list(both.values()))
    findings: tuple[list[str], list[str]] = ([], [])
    for row, count in rows.items():
        if row in shown:
            continue
        extremes = []
        for sign in (1.0, -1.0):
            extremes.append(extreme(program, size, row, sign))
        least, greatest = extremes
        is_small = 0 < count.value < THRESHOLD
        if (least > 1 or greatest < THRESHOLD - 1) if is_small else greatest - least < THRESHOLD:
            findings[not is_small].append(f"{count} is between {least} and {greatest}")
    return findings


@dataclass
class Outcome:
    """What an attack found of small counts and of their companions; the hidden, the small, and all counts."""

    findings: list[str]
    companions: list[str]
    hidden: int
    small: int
    counts: int


def attack(seed: int, releases: int = 8, *, protect: bool = True) -> Outcome:
    """Publish a random ward's releases one after another and attack after each; without `protect` only small counts
    are hidden."""
    told: list[Told] = []
    done: list[Release] = []
    data: list[Data] = []
    known: dict[Place, tuple[Micro, ...]] = {}
    outcome = Outcome([], [], 0, 0, 0)
    for release, (now, tables) in enumerate(ward(random.Random(seed), releases)):
        data.append(now)
        published = {place: sum(now[micro] for micro in micros) for place, micros in tables}
        # What earlier releases told, as it is now: the product asks its questions of then anew.
        again = [
            Count(place, sum(now[micro] for micro in micros), Standing.UNPUBLISHED)
            for place, micros in known.items()
            if place not in published
        ]
        known |= dict(tables)
        open_now = [Count(place, value) for place, value in published.items()]
        numbers = Numbers([*done, Release((*open_now, *again))], THRESHOLD)
        hidden = hide(numbers.sums) if protect else numbers.sums.must_hide()
        counts = []
        for place, micros in tables:
            value, is_hidden = published[place], numbers.at(place) in hidden
            counts.append(Count(place, value, Standing.HIDDEN if is_hidden else Standing.SHOWN))
            told.append(Told(release, micros, value, is_hidden))
            outcome.hidden += is_hidden
            outcome.small += 0 < value < THRESHOLD
            outcome.counts += 1
            assert is_hidden or not 0 < value < THRESHOLD, "a small count is shown"
        done.append(Release((*counts, *again)))
    # Whoever keeps every pack knows most after the last.
    outcome.findings, outcome.companions = attacked(told, data)
    return outcome


def main() -> None:
    """Attack many wards and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--number", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--releases", type=int, default=8)
    chosen = parser.parse_args()
    started = time.process_time()
    outcomes = {seed: attack(seed, chosen.releases) for seed in range(chosen.seed, chosen.seed + chosen.number)}
    for seed, outcome in outcomes.items():
        for finding in outcome.findings[:3]:
            print(f"SEED={seed} {finding}")
    hidden, small, counts = (
        sum(getattr(each, name) for each in outcomes.values()) for name in ("hidden", "small", "counts")
    )
    broken = sum(bool(each.findings) for each in outcomes.values())
    loosened = sum(bool(each.companions) for each in outcomes.values())
    print(
        f"{len(outcomes)} 区 × {chosen.releases} 回: {counts:,} 件のうち少ない件数 {small / counts:.1%}、"
        f"伏せたもの {hidden / counts:.1%}。破られた区 {broken}、"
        f"補完の数値だけが {THRESHOLD} 未満の幅になった区 {loosened}。{time.process_time() - started:.0f} CPU 秒"
    )
    raise SystemExit(bool(broken))


if __name__ == "__main__":
    main()
