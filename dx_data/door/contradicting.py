"""What a file says of itself beside its rows: another month or fiscal year, another municipality. Told, never a fault.

Either may be right: a report of May may hold April's figures.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dx_data.bundled import Municipality, municipalities
from dx_data.datasets import DATASETS
from dx_data.door.check import Checked
from dx_data.door.dating import FISCAL, MONTH, YEAR_MONTH, western
from dx_data.door.laid import Laid
from dx_data.door.totals import fold
from dx_data.errors import ROWS_SHOWN, Mended

_STAMP = re.compile(r"_\d{8}T\d{6}.*")
# A day, a span, or the day of writing: none is the month that the rows are of.
_OTHER_THAN_A_MONTH = re.compile(r"分? ?(?:[./-]? ?[0-9]|[~〜・-]|から|まで|末|現在|時点|作成|更新|発行|版|以)")
_OF_ALL = DATASETS["municipal_dx_benchmarks"]
_Months = npt.NDArray[np.int64]


@dataclass(frozen=True)
class _Statement:
    """A month or a fiscal year that a text states, and which months (since 1970-01) lie in it.

    `every`: each row should lie in it, else only any.
    """

    words: str
    holds: Callable[[_Months], npt.NDArray[np.bool_]]
    every: bool


def notices(tables: Sequence[tuple[Checked, Laid]], file: str, code: str) -> Iterator[Mended]:
    """Where the names of a file and its sheets and their titles contradict its rows or the municipality of the code."""
    for checked, laid in tables:
        yield from _periods(checked, laid, file)
    yield from _municipalities((laid for checked, laid in tables if checked.dataset != _OF_ALL), file, code)


def _periods(checked: Checked, laid: Laid, file: str) -> Iterator[Mended]:
    """The rows of a table that are of another month or fiscal year than its sheet, title or file says."""
    # What is no figure of a period is counted by the day it came.
    dataset = checked.dataset
    counted = dataset.period or next(iter(dataset.past), None)
    period = next((each for each in checked.read if each.column.name == counted), None)
    if period is None:
        return
    days = period.moments("D")
    dated = np.flatnonzero(~np.isnat(days))
    months = days[dated].astype("datetime64[M]").astype(np.int64)
    for place, text in _texts(laid, file):
        stated = _stated(place, text)
        if stated is None:
            continue
        others = dated[~stated.holds(months)]
        if len(others) and (len(others) == len(dated) or (stated.every and dataset.period)):
            heading = period.column.title
            yield Mended(
                rule="check.other_period",
                message=f"{place}は『{stated.words}』ですが、この項目はほかの年月です。"
                "どちらかの誤りでないか確かめてください",
                sheet=laid.sheet,
                header=heading,
                count=len(others),
                rows=tuple(checked.numbers[others[:ROWS_SHOWN]].tolist()),
                before=str(days[others[0]]),
                after=str(days[others[0]]),
            )


def _texts(laid: Laid, file: str) -> Iterator[tuple[str, str]]:
    if laid.sheet:
        yield "シート名", fold(laid.sheet)
    yield from (("表題", fold(text)) for text in laid.above)
    yield "ファイル名", fold(_STAMP.sub("", file).rpartition(".")[0] or file)


def _stated(place: str, text: str) -> _Statement | None:
    """The one month or fiscal year that a text states."""
    months, years = list(YEAR_MONTH.finditer(text)), list(FISCAL.finditer(text))
    if len(months) > 1 or len(years) > 1:
        return None
    if months:
        (found,) = months
        if _OTHER_THAN_A_MONTH.match(text, found.end()):
            return None
        month = (western(found) - 1970) * 12 + int(found["month"]) - 1
        return _Statement(found[0], lambda each: each == month, every=place == "シート名")
    if years:
        (found,) = years
        april = (western(found) - 1970) * 12 + 3
        return _Statement(found[0], lambda each: (each >= april) & (each < april + 12), every=True)
    if place == "シート名" and (bare := MONTH.fullmatch(text)):
        number = int(bare["month"])
        return _Statement(bare[0], lambda each: each % 12 == number - 1, every=True)
    return None


def _municipalities(tables: Iterable[Laid], file: str, code: str) -> Iterator[Mended]:
    """The texts that name another municipality of the same prefecture and not that of the code."""
    own = next((each for each in municipalities() if each.code == code), None)
    if own is None:
        return
    seen: set[tuple[str, str]] = set()
    for laid in tables:
        for place, text in _texts(laid, file):
            said = None if (place, text) in seen else _another(text, own)
            seen.add((place, text))
            if said:
                yield Mended(
                    rule="layout.other_municipality",
                    message=f"{place}に{said}とあります。{own.name}のデータでなければ、取り込まないでください",
                    sheet=None if place == "ファイル名" else laid.sheet,
                )


def _another(text: str, own: Municipality) -> str | None:
    """The name or code of another municipality, as a text that does not name our own has it."""
    if own.name in text or own.code in text:
        return None
    for other in municipalities():
        if other.prefecture == own.prefecture:
            if re.search(rf"(?<![一-龥々ァ-ヶ])(?:{other.prefecture})?{other.name}(?![民域画間])", text):
                return f"『{other.name}』"
            if re.search(rf"(?<![0-9A-Za-z]){other.code}(?![0-9A-Za-z])", text):
                return f"『{other.code}』（{other.name}）"
    return None
