"""The one way out: every table or figure that leaves the product passes `hand_over` and leaves a line in the ledger."""

from __future__ import annotations

import codecs
import csv
import io
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dx_data.access import Person, Right, require
from dx_data.catalog import Result, json_value
from dx_data.custody.ledger import Act, Ledger

# What a spreadsheet would take for a formula when a cell begins with it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Exit(StrEnum):
    """The kinds of leaving (design.md, Exits) that exist so far."""

    INTERNAL = "内部"


@dataclass(frozen=True)
class HandedOver:
    """What may now be saved: a file name, its bytes, its media type."""

    name: str
    content: bytes
    media: str


def hand_over(
    kind: Exit, result: Result, person: Person, ledger: Ledger, *, form: str = "csv", titles: bool = True
) -> HandedOver:
    """An answer as a file of its kind, recorded. `form` is csv or json; NotPermitted without the right."""
    require(person, Right.HAND_OVER)
    name = f"{result.question.name}_{result.snapshot.replace(':', '-')}.{form}"
    content = {"csv": _csv, "json": _json}[form](kind, result, titles)
    ledger.append(
        person.name,
        Act.HAND_OVER,
        result.question.name,
        kind=kind.value,
        form=form,
        rows=len(result.rows),
        snapshot=result.snapshot,
        params={name: str(value) for name, value in result.params.items()},
    )
    return HandedOver(name, content, {"csv": "text/csv", "json": "application/json"}[form])


def inert(value: Any) -> Any:
    """A text cell that no spreadsheet runs: formula starters get a leading apostrophe."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value


def _cell(value: Any) -> Any:
    value = json_value(value)
    if isinstance(value, list):
        return inert("・".join(value))
    return "" if value is None else inert(value)


def _csv(kind: Exit, result: Result, titles: bool) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([column.label if titles else column.name for column in result.columns])
    writer.writerows([_cell(value) for value in row] for row in result.rows)
    if titles:
        writer.writerow([])
        writer.writerow([f"※ {kind.value}資料 {result.question.title} {result.snapshot} 出典:{result.source}"])
        writer.writerow([f"※ {result.question.definition.sentence}"])
    # Excel needs the mark to read UTF-8; programs, which ask for column names, are better off without it.
    return (codecs.BOM_UTF8 if titles else b"") + text.getvalue().encode()


def answer_json(result: Result) -> dict[str, Any]:
    """An answer in the shape `dx ask --json` promises."""
    return {
        "question": result.question.name,
        "title": result.question.title,
        "definition": result.question.definition.model_dump(),
        "snapshot": result.snapshot,
        "as_of": result.as_of.isoformat() if result.as_of else None,
        "updated": result.updated.isoformat() if result.updated else None,
        "params": {name: json_value(value) for name, value in result.params.items()},
        "columns": [column.model_dump(mode="json", exclude_defaults=True) for column in result.columns],
        "rows": [{name: json_value(value) for name, value in record.items()} for record in result.records()],
        "notes": list(result.notes),
    }


def _json(_: Exit, result: Result, __: bool) -> bytes:
    return json.dumps(answer_json(result), ensure_ascii=False).encode()
