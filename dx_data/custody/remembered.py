"""What the house remembers of people's decisions: the ledger's lines, folded. Nothing is kept beside them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from dx_data.custody.ledger import Act, Entry, Ledger, Line
from dx_data.datasets import DATASETS
from dx_data.door.known import Correction, Decided, Known, Reading

Decision = Reading | Correction


def known(ledger: Ledger) -> Known:
    """Every decision that still stands, as the door takes them.

    Those made at a load that failed never stood; those whose values were disposed of or whose dataset or column is no
    longer declared are left aside.
    """
    lines = ledger.lines_of(Act.DECIDED, Act.CORRECTED, Act.FORGOTTEN, Act.RETIRED, Act.LOAD_FAILED)
    failed = {line.detail.get("intent") for line in lines if line.act == Act.LOAD_FAILED} - {None}
    standing: dict[int, Decision] = {}
    for line in lines:
        if line.detail.get("at_load") in failed:
            continue
        if line.act in (Act.FORGOTTEN, Act.RETIRED):
            standing.pop(line.detail["forgets"], None)
        elif line.apart and (found := _read(line)):
            standing[line.number] = found
    return Known.of(
        (each for each in standing.values() if isinstance(each, Reading)),
        (each for each in standing.values() if isinstance(each, Correction)),
    )


def decisions(ledger: Ledger) -> list[Decision]:
    """The same as a list, the oldest first."""
    found = known(ledger)
    current: tuple[Decision, ...] = (*found.readings, *(each for row in found.corrections.values() for each in row))
    return sorted(current, key=number_of)


def number_of(decision: Decision) -> int:
    """The number by which a recorded decision is listed and forgotten."""
    return decision.by.number if decision.by else 0


def _read(line: Line) -> Decision | None:
    detail, apart = line.detail, line.apart
    dataset = DATASETS.get(detail["dataset"])
    names = {column.name for column in dataset.columns} if dataset else set()
    by = Decided(line.number, line.who, dt.datetime.fromisoformat(line.at).date())
    if line.act == Act.CORRECTED:
        if not dataset or detail["column"] not in names:
            return None
        cell = (apart["before"], apart["after"], apart["why"])
        return Correction(detail["dataset"], tuple(apart["key"]), detail["column"], *cell, by)
    if not dataset or not {detail["column"], None if detail["column"] else detail["meaning"]} <= names | {None}:
        return None
    return Reading(detail["dataset"], detail["column"], apart["spelling"], detail["meaning"], by)


def entries(made: Iterable[Decision], ended: Iterable[Correction], intent: int) -> list[Entry]:
    """The lines of what a load decides and what it ends; they stand only if the load of that intent does."""
    lines = []
    for each in made:
        column = each.column or (each.meaning if isinstance(each, Reading) else None)
        facts = {"dataset": each.dataset, "column": each.column, "at_load": intent}
        if isinstance(each, Reading):
            facts["meaning"] = each.meaning
            lines.append(Entry(Act.DECIDED, title(each.dataset, column), facts, {"spelling": each.spelling}))
        else:
            values = {"key": each.key, "before": each.before, "after": each.after, "why": each.why}
            lines.append(Entry(Act.CORRECTED, title(each.dataset, column), facts, values))
    for each in ended:
        facts = {"forgets": number_of(each), "at_load": intent}
        lines.append(Entry(Act.RETIRED, title(each.dataset, each.column), facts))
    return lines


def kind(decision: Decision) -> str:
    """What was decided about: 見出し, 選択肢 or 手直し."""
    if isinstance(decision, Correction):
        return "手直し"
    return "選択肢" if decision.column else "見出し"


def sentence(decision: Decision) -> str:
    """The decision in words."""
    place = title(decision.dataset, decision.column)
    if isinstance(decision, Correction):
        row = "・".join(each or "（空欄）" for each in decision.key)
        change = f"「{decision.before or '（空欄）'}」→「{decision.after or '（空欄）'}」"
        return f"{place}（{row}）{change} 理由：{decision.why}"
    if decision.column:
        return f"{place}『{decision.spelling}』→『{decision.meaning}』"
    if decision.meaning is None:
        return f"{place}：見出し『{decision.spelling}』→ 取り込まない"
    column = DATASETS[decision.dataset].column(decision.meaning)
    return f"{place}：見出し『{decision.spelling}』→『{column.title}』"


def as_json(decision: Decision) -> dict[str, Any]:
    """The decision as `dx readings --json` shows it."""
    facts = {**asdict(decision), "kind": kind(decision)}
    by = facts.pop("by") or {}
    return {**facts, "number": by.get("number"), "who": by.get("who"), "on": str(by.get("on"))}


def title(dataset: str, column: str | None) -> str:
    """Dataset and column in words."""
    declared = DATASETS[dataset]
    return f"{declared.title}：{declared.column(column).title}" if column else declared.title
