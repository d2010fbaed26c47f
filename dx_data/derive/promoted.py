"""A query that proved useful → the file of a question with its header, and an example with invented rows to review."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

import yaml

from dx_data.derive import tables
from dx_data.derive.tables import quoted
from dx_data.spec import Column, Dataset, Kind

_WIDTH = 1000  # no line of the header is folded
_REVIEW = "（レビューで直してください）"


def file(
    sql: str,
    *,
    title: str,
    purpose: str,
    columns: Sequence[Column],
    key: Sequence[str],
    reads: Sequence[Dataset],
) -> str:
    """The text of `queries/<family>/<name>.sql`. What only people can say is marked."""
    titles = "・".join(dataset.title for dataset in reads)
    header: dict[str, Any] = {
        "title": title,
        "question": purpose,
        "definition": {
            "numerator": f"{title}{_REVIEW}",
            "scope": f"{titles}のうち、SQL の条件に当てはまる行{_REVIEW}",
            "reference": f"尋ねた時点の台帳{_REVIEW}",
        },
        "columns": {column.name: _declared(column) for column in columns},
        "key": list(key),
        "reads": [dataset.name for dataset in reads],
    }
    written = yaml.safe_dump(header, allow_unicode=True, sort_keys=False, default_flow_style=None, width=_WIDTH)
    return "".join(f"-- {line}".rstrip() + "\n" for line in written.splitlines()) + f"\n{sql}\n"


def _declared(column: Column) -> dict[str, Any]:
    facts: dict[str, Any] = {"title": column.title}
    if column.kind is not Kind.TEXT:
        facts["kind"] = column.kind.value
    if column.unit and column.kind is not Kind.YEN:
        facts["unit"] = column.unit
    return facts | ({"month": True} if column.month else {})


def given(dataset: Dataset) -> str:
    """One invented row of a dataset as an example gives it: the declared examples of its columns, as CSV."""
    chosen = [column for column in tables.copied(dataset) if column.example]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([column.name for column in chosen])
    writer.writerow([str(column.example) for column in chosen])
    return text.getvalue()


def empty(dataset: Dataset, schema: str) -> list[str]:
    """Statements that make a dataset's raw table in a database of its own."""
    return tables.create(dataset, schema)


def insert(dataset: Dataset, schema: str) -> tuple[str, list[Any]]:
    """The statement that puts the invented row in, with its values."""
    chosen = [column for column in tables.copied(dataset) if column.example]
    marks = ", ".join(f"?::{tables.TYPES[column.kind]}" for column in chosen)
    names = ", ".join(quoted(column.name) for column in chosen)
    values = [str(c.example).split("・") if c.kind is Kind.CHOICES else str(c.example) for c in chosen]
    return f"INSERT INTO {schema}.{quoted(dataset.name)} ({names}) VALUES ({marks})", values


def example(reads: Iterable[Dataset], answer: str) -> str:
    """The text of `tests/queries/<family>/<name>/typical.yaml`; `answer` is the expected CSV."""
    facts = {
        "why": f"宣言の例からつくった1行ずつで、どう答えるかを示す{_REVIEW}",
        "given": {dataset.name: given(dataset) for dataset in reads},
        "params": {},
        "expect": answer,
    }
    return yaml.dump(facts, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=_WIDTH)


class _Dumper(yaml.SafeDumper):
    """Writes tables as they look."""


def _block(dumper: Any, text: str) -> Any:
    """Text of several lines as it stands."""
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _block)
