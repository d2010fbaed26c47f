"""Asks whether the examples of every question notice each small wrong version of its SQL.

`make mutate-sql` (`SEED=1 NUMBER=25` for a sample of that many a question, spread over the kinds). The mutants of a
question run against its own examples, those of a population against the examples of every question that counts it. A
mutant is killed when one answer differs, fails or takes too long. What no example can tell from the original stands
with its reason in `equivalent_mutants.yaml`. Exit 1 if under 90 % of the others are killed, a question has under
10 mutants, or an entry of that list matches no mutant or one that an example kills.
"""

from __future__ import annotations

import argparse
import random
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from dx_data.catalog import counted_by, populations, run
from dx_data.datasets import DATASETS
from dx_data.derive import tables
from dx_data.errors import AnswerBroken
from dx_data.spec import Kind, Population, Question, read_yaml
from tests.sql_mutants import Mutant, Names, mutants, printed
from tests.test_questions import CATALOG, QUESTIONS, TODAY, cells, example, example_files, typed, visible

EQUIVALENT = Path(__file__).with_name("equivalent_mutants.yaml")
WANTED, FEWEST = 0.9, 10
SECONDS = 10
# What a mutant that is no SQL for these tables ends with; it says nothing about the examples.
_STILLBORN = (duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException, duckdb.SyntaxException)

Rows = list[tuple[Any, ...]]
Text = Question | Population


@dataclass(frozen=True)
class Bench:
    """One example with its rows laid out: asked as often as wanted."""

    question: Question
    path: Path
    connection: duckdb.DuckDBPyConnection
    params: dict[str, Any]
    expected: Rows

    def answer(self, question: Question) -> Rows:
        """The answer of a version of the question; InterruptException when it takes too long."""
        timer = threading.Timer(SECONDS, self.connection.interrupt)
        timer.start()
        try:
            return _typed(self.question, run(question, self.params, self.connection))
        finally:
            timer.cancel()

    def notices(self, mutant: Mutant, text: Text) -> bool:
        """Whether the example tells a mutant of the question, or of a population it counts, from the original."""
        version = self.question
        if isinstance(text, Question):
            version = text.model_copy(update={"sql": mutant.sql})
        try:
            return self.answer(version) != self.expected
        except _STILLBORN:
            raise
        except (duckdb.Error, AnswerBroken, AssertionError, ArithmeticError, ValueError):
            return True


def _typed(question: Question, rows: Iterable[tuple[Any, ...]]) -> Rows:
    return [tuple(typed(c, v) for c, v in zip(question.columns, row, strict=True)) for row in rows]


def _benches(question: Question, stack: ExitStack) -> Iterator[Bench]:
    for path in example_files(question):
        facts = example(path)
        connection = stack.enter_context(visible(question.reads, facts["given"]))
        expected = _typed(question, map(tuple, cells(facts["expect"])[1]))
        params = CATALOG.params(question, facts["params"] or {}, TODAY)
        yield Bench(question, path, connection, params, expected)


def texts() -> list[Text]:
    """Every SQL text there is: the questions, then the populations."""
    return [*QUESTIONS, *populations()]


def askers(text: Text) -> list[Question]:
    """The questions whose examples speak about a text."""
    if isinstance(text, Question):
        return [text]
    return [q for q in QUESTIONS if text in counted_by(q.sql, q.reads)]


def mutants_of(text: Text) -> list[Mutant]:
    """Every mutant of a text."""
    if isinstance(text, Question):
        days = [name for name, param in text.params.items() if param.kind is Kind.DATE]
    else:
        days = [name for name in text.params if name.endswith(("_on", "_day"))]
    columns = [column for name in text.reads if name in DATASETS for column in DATASETS[name].columns]
    filled = {c.name for c in columns if c.required} - {c.name for c in columns if not c.required}
    return mutants(text.sql, Names(days, filled))


def sample(every: list[Mutant], number: int, seed: int) -> list[Mutant]:
    """So many of them, one kind after the other, the same for the same seed."""
    draw = random.Random(seed)
    kinds: dict[str, list[Mutant]] = defaultdict(list)
    for mutant in draw.sample(every, len(every)):
        kinds[mutant.kind].append(mutant)
    order = draw.sample(sorted(kinds), len(kinds))
    drawn = [kinds[kind][turn] for turn in range(len(every)) for kind in order if turn < len(kinds[kind])]
    return drawn[:number]


@dataclass
class Outcome:
    """What became of the mutants of one text."""

    text: Text
    killed: list[Mutant] = field(default_factory=list)
    equivalent: list[Mutant] = field(default_factory=list)
    survived: list[Mutant] = field(default_factory=list)
    stillborn: list[Mutant] = field(default_factory=list)
    wrongly_equivalent: list[str] = field(default_factory=list)

    @property
    def tried(self) -> int:
        """How many mutants could run."""
        return len(self.killed) + len(self.equivalent) + len(self.survived)

    def line(self) -> str:
        """The figures on one line."""
        return (
            f"{self.text.name}: {self.tried} mutants, {len(self.killed)} killed,"
            f" {len(self.equivalent)} equivalent, {len(self.survived)} survived"
        )


def tried(text: Text, equivalent: set[str], number: int = 0, seed: int = 1) -> Outcome:
    """Run the mutants of one text (`number` of them; 0 is all) over the examples."""
    outcome = Outcome(text)
    every = mutants_of(text)
    known = {mutant.text for mutant in every}
    outcome.wrongly_equivalent += [f"matches no mutant: {entry}" for entry in sorted(equivalent - known)]
    with ExitStack() as stack:
        benches = [bench for question in askers(text) for bench in _benches(question, stack)]
        _show(benches, text, printed(text.sql))
        for bench in benches:
            assert bench.answer(_version(bench.question, text)) == bench.expected, f"{bench.path}: the print differs"
        for mutant in sample(every, number, seed) if number else every:
            try:
                _show(benches, text, mutant.sql)
                noticed = next((bench for bench in benches if bench.notices(mutant, text)), None)
            except _STILLBORN:
                outcome.stillborn.append(mutant)
                continue
            if noticed:
                benches.sort(key=lambda bench: bench is not noticed)  # what noticed one notices the next one soonest
                outcome.killed.append(mutant)
                if mutant.text in equivalent:
                    outcome.wrongly_equivalent.append(f"an example kills: {mutant.text}")
            else:
                (outcome.equivalent if mutant.text in equivalent else outcome.survived).append(mutant)
    return outcome


def _version(question: Question, text: Text) -> Question:
    return question.model_copy(update={"sql": printed(text.sql)}) if isinstance(text, Question) else question


def _show(benches: Iterable[Bench], text: Text, sql: str) -> None:
    """Let every example count a version of a population."""
    if isinstance(text, Population):
        statement = tables.macro(text.model_copy(update={"sql": sql}))
        for bench in benches:
            bench.connection.execute(statement.replace("CREATE TEMP", "CREATE OR REPLACE TEMP", 1))


def equivalents() -> dict[str, set[str]]:
    """The mutants of each text that no example can tell from the original."""
    found: dict[str, set[str]] = defaultdict(set)
    for entry in read_yaml(EQUIVALENT.read_text(encoding="utf-8")) or []:
        assert set(entry) == {"text", "reason", "mutants"}, f"keys are text, reason, mutants: {entry}"
        found[entry["text"]].update(entry["mutants"])
    return found


def family(text: Text) -> str:
    """The family of a question; the populations are one of their own."""
    return text.family if isinstance(text, Question) else "populations"


def summary(name: str, outcomes: list[Outcome]) -> str:
    """The figures of several texts on one line."""
    tried, killed, equivalent, survived = (
        sum(each)
        for each in zip(*((o.tried, len(o.killed), len(o.equivalent), len(o.survived)) for o in outcomes), strict=True)
    )
    return (
        f"{name}: {tried:,} mutants of {len(outcomes)} texts, {killed:,} killed, {equivalent:,} equivalent,"
        f" {survived:,} survived; {killed / max(1, killed + survived):.1%} of those that differ are killed"
    )


def main() -> int:
    """Run and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--number", type=int, default=0, help="mutants a text; 0 is all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("names", nargs="*", help="questions, families, populations; all without a name")
    wanted = parser.parse_args()
    listed = equivalents()
    faults = [f"{name} is no question and no population" for name in set(listed) - {text.name for text in texts()}]
    outcomes: list[Outcome] = []
    for text in texts():
        if wanted.names and not {text.name, family(text)}.intersection(wanted.names):
            continue
        outcome = tried(text, listed.get(text.name, set()), wanted.number, wanted.seed)
        outcomes.append(outcome)
        print(outcome.line(), flush=True)
        for mutant in outcome.survived:
            print(f"    {mutant.kind:11} {mutant.text}", flush=True)
        faults += [f"{text.name}: {fault}" for fault in outcome.wrongly_equivalent]
        if isinstance(text, Question) and outcome.tried < FEWEST:
            faults.append(f"{text.name}: {outcome.tried} mutants, {FEWEST} are wanted")
    for name in sorted({family(o.text) for o in outcomes}):
        print(summary(name, [o for o in outcomes if family(o.text) == name]))
    stillborn = sum(len(o.stillborn) for o in outcomes)
    print(f"{summary('all', outcomes)} ({stillborn:,} could not run; {time.process_time():.0f} s CPU)", flush=True)
    killed, survived = (sum(len(getattr(o, part)) for o in outcomes) for part in ("killed", "survived"))
    if killed < WANTED * (killed + survived):
        faults.append(f"under {WANTED:.0%} are killed")
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
