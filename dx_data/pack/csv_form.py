"""The pack as CSV: one table a file, a sign beside each quantity, the ward's code in front; a dictionary of it all."""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal

from dx_data.catalog import Value
from dx_data.pack.content import Pack, cells, heads
from dx_data.text import FORMULA_STARTS

REGION = ("全国地方公共団体コード", "地方公共団体名")


def files(pack: Pack) -> dict[str, bytes]:
    """The files by name."""
    region = (pack.municipality.code, pack.municipality.name)
    made = {
        f"data/{table.name}{pack.suffix}.csv": _bytes(
            [
                [*REGION, *heads(table.columns)],
                *([*region, *cells(row, table.columns)] for row in table.public.rows),
            ]
        )
        for table in pack.tables
    }
    lists = {f"data/{sheet.name}{pack.suffix}.csv": _bytes([sheet.heads, *sheet.lines]) for sheet in pack.sheets}
    return {**made, **lists, "data/dictionary.csv": _dictionary(pack), "data/definitions.csv": _definitions(pack)}


def _dictionary(pack: Pack) -> bytes:
    lines: list[Sequence[Value]] = [["ファイル", "項目名", "型", "単位", "説明"]]
    for table in pack.tables:
        for column in table.columns:
            lines.append(
                [f"{table.name}{pack.suffix}.csv", column.label, column.kind.words, column.unit, column.description]
            )
            if column.kind.counts:
                meant = "、".join(f"{sign}＝{text}" for sign, text in pack.legend if sign != "0")
                lines.append([f"{table.name}{pack.suffix}.csv", f"{column.title}_記号", "文字", None, meant])
    return _bytes(lines)


def _definitions(pack: Pack) -> bytes:
    lines: list[Sequence[Value]] = [
        ["ファイル", "題名", "分子", "分母", "対象", "除外", "基準", "定義の版", "公表の決定"]
    ]
    for table in pack.tables:
        question = table.public.result.question
        what = question.definition
        decision = question.publish.decision if question.publish else None
        lines.append(
            [
                *(
                    f"{table.name}{pack.suffix}.csv",
                    table.title,
                    what.numerator,
                    what.denominator,
                    what.scope,
                    what.exclusions,
                ),
                *(what.reference, question.version.title, decision),
            ]
        )
    return _bytes(lines)


def _bytes(lines: Iterable[Sequence[Value]]) -> bytes:
    target = io.StringIO()
    csv.writer(target, lineterminator="\r\n").writerows([_plain(value) for value in line] for line in lines)
    return codecs.BOM_UTF8 + target.getvalue().encode()


def _plain(value: Value) -> str | int | float | None:
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, list):
        return "・".join(value)
    if isinstance(value, str) and len(value) > 1 and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value
