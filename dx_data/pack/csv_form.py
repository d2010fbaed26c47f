"""The pack as CSV: one table a file, a sign beside each quantity, the ward's code in front; a dictionary of it all."""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal

from dx_data.catalog import Value
from dx_data.errors import FormRefused
from dx_data.pack.content import Pack, cells, heads
from dx_data.text import FORMULA_STARTS

REGION = ("全国地方公共団体コード", "地方公共団体名")


def files(pack: Pack) -> dict[str, bytes]:
    """The files by name."""
    return {f"data/{name}.csv": codecs.BOM_UTF8 + text.encode() for name, text in _texts(pack).items()}


def cp932_files(pack: Pack) -> dict[str, bytes]:
    """The same for programs that read Shift-JIS alone. FormRefused where a character is not in it: none is replaced."""
    made = {}
    for name, text in _texts(pack).items():
        try:
            made[f"data_shift-jis/{name}.csv"] = text.encode("cp932")
        except UnicodeEncodeError:
            lacking = [each for each in dict.fromkeys(text) if not _in_cp932(each)]
            raise FormRefused.because(
                f"『{name}』の「{'」「'.join(lacking)}」は、Shift-JIS（CP932）にない文字です",
                "UTF-8 の CSV を使ってください",
            ) from None
    return made


def _in_cp932(character: str) -> bool:
    try:
        character.encode("cp932")
    except UnicodeEncodeError:
        return False
    return True


def _texts(pack: Pack) -> dict[str, str]:
    """What each file says, by its name without the ending."""
    region = (pack.municipality.code, pack.municipality.name)
    made = {
        f"{table.name}{pack.suffix}": _text(
            [
                [*REGION, *heads(table.columns)],
                *([*region, *cells(row, table.columns)] for row in table.public.rows),
            ]
        )
        for table in pack.tables
    }
    lists = {f"{sheet.name}{pack.suffix}": _text([sheet.heads, *sheet.lines]) for sheet in pack.sheets}
    return {**made, **lists, "dictionary": _dictionary(pack), "definitions": _definitions(pack)}


def _dictionary(pack: Pack) -> str:
    lines: list[Sequence[Value]] = [["ファイル", "項目名", "型", "単位", "説明"]]
    for table in pack.tables:
        for column in table.columns:
            lines.append(
                [f"{table.name}{pack.suffix}.csv", column.label, column.kind.words, column.unit, column.description]
            )
            if column.kind.counts:
                meant = "、".join(f"{sign}＝{text}" for sign, text in pack.legend if sign != "0")
                lines.append([f"{table.name}{pack.suffix}.csv", f"{column.title}_記号", "文字", None, meant])
    return _text(lines)


def _definitions(pack: Pack) -> str:
    lines: list[Sequence[Value]] = [
        ["ファイル", "題名", "分子", "分母", "対象", "除外", "基準", "定義の版", "公表の決定"]
    ]
    for table in pack.tables:
        question = table.public.result.question
        what = question.told
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
    return _text(lines)


def _text(lines: Iterable[Sequence[Value]]) -> str:
    target = io.StringIO()
    csv.writer(target, lineterminator="\r\n").writerows([_plain(value) for value in line] for line in lines)
    return target.getvalue()


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
