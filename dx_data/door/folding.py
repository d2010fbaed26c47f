"""The datasets' own shapes: a sheet per month, months across, methods across, PayPay's transactions → long rows.

A folded table has the declared titles as its headings and keeps the physical row of every figure, so that matching,
the gate and the checks see it as any other table.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import replace

from dx_data.datasets import DATASETS
from dx_data.derive.headers import spellings
from dx_data.door.anew import in_digits, made_anew, positions_of, rows_of, told, write_down
from dx_data.door.count_shapes import COUNTS, month_heading, months_wide, with_month
from dx_data.door.dating import when, with_dates
from dx_data.door.laid import Laid
from dx_data.door.receipt_shapes import PAYPAY, RECEIPTS, measured, paypay, receipts_long, receipts_wide
from dx_data.door.staging import Staging
from dx_data.door.totals import fold, fold_header, number
from dx_data.spec import Kind

_LARGE_YEN = {"千円": 1_000, "万円": 10_000, "百万円": 1_000_000, "億円": 100_000_000}
_LARGE_UNIT = re.compile(r"[(\[]?(?:単位 ?:? ?)?(?P<unit>千円|百万円|万円|億円)[)\]]?$")


def fold_tables(tables: Sequence[Laid], staging: Staging, file: str, as_of: dt.date | None) -> list[Laid]:
    """Every table in long form where it has one of the shapes above; others as they are."""
    return [write_down(_fold(table, staging, file, as_of), staging) for table in tables]


def _fold(laid: Laid, staging: Staging, file: str, as_of: dt.date | None) -> Laid:
    if laid.dialect != "plain" or not laid.height:
        return laid
    titles = [fold_header(heading.text) for heading in laid.headings]
    if all(fold_header(word) in titles for word in PAYPAY):
        return paypay(laid, staging)
    time = when(laid.sheet, laid.above, file, as_of)
    laid = _in_yen(with_dates(laid, staging, time), staging)
    marks = {n: m for n, heading in enumerate(laid.headings) if (m := measured(heading.text))}
    if len(marks) > 1 and any(m.group.method for m in marks.values()):
        return receipts_wide(laid, staging, marks)
    if positions_of(laid, RECEIPTS.column("method")) and positions_of(laid, RECEIPTS.column("amount_yen")):
        return receipts_long(laid, staging)
    months = {n: found for n, heading in enumerate(laid.headings) if (found := month_heading(heading.text))}
    identity = [n for name in ("procedure", "procedure_id", "form_id") for n in positions_of(laid, COUNTS.column(name))]
    if identity and len(months) > 2:
        return months_wide(laid, staging, months, time)
    counts = [n for name in ("online", "total") for n in positions_of(laid, COUNTS.column(name))]
    if identity and counts and time.year and time.month and not positions_of(laid, COUNTS.column("month")):
        return with_month(laid, staging, dt.date(time.year, time.month, 1))
    return laid


_COUNTED = frozenset(
    spelling
    for dataset in DATASETS.values()
    for column in dataset.columns
    if column.kind.counts
    for spelling in spellings(column)
)


def holds_figures(title: str) -> bool:
    """Whether the cells under a heading are counts or amounts, in long form or across."""
    return fold_header(title) in _COUNTED or measured(title) is not None or month_heading(title) is not None


_AMOUNTS = frozenset(
    spelling
    for dataset in DATASETS.values()
    for column in dataset.columns
    if column.kind is Kind.YEN
    for spelling in (*spellings(column), fold_header(f"{column.title}(円)"))
)


def _in_yen(laid: Laid, staging: Staging) -> Laid:
    """Amounts in thousands or millions of yen, as a heading or a line over the table says, as whole yen."""
    over = next((found["unit"] for text in laid.above if (found := _LARGE_UNIT.search(fold(text)))), None)
    factors: dict[int, tuple[str, int]] = {}
    for n, heading in enumerate(laid.headings):
        found = _LARGE_UNIT.search(fold(heading.text))
        bare = fold(heading.text)[: found.start()].strip() if found else heading.text
        unit = found["unit"] if found else over
        if unit and fold_header(bare) in _AMOUNTS and (found or "円)" not in fold(heading.text)):
            factors[n] = bare, _LARGE_YEN[unit]
    if not factors:
        return laid
    rows = rows_of(laid, staging)
    done: list[int] = []
    example = ("", "")
    for row, cells in rows:
        for n, (_, factor) in factors.items():
            if (value := number(cells[n])) is not None:
                example = example if done else (cells[n], in_digits(value * factor))
                cells[n] = in_digits(value * factor)
                done.append(row)
    columns = [(factors[n][0] if n in factors else h.text, h.letter) for n, h in enumerate(laid.headings)]
    message = "千円・百万円などの単位の金額を円に直しました"
    new = made_anew(laid, staging, columns, rows, told(laid, "number.thousand_yen", message, done, *example))
    return replace(new, dialect="plain")
