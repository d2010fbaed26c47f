"""Invented figures of all municipalities, in the transposed shape of the Digital Agency's two files."""

from collections.abc import Callable, Iterator
from datetime import date

import numpy as np

from dx_data.bundled import Municipality, municipalities
from dx_data.demo.chance import stream
from dx_data.demo.shapes import DemoFile, csv_with_bom

SURVEYED = date(2025, 4, 1)
WARD = "131229"

_CARRIED_OUT = {
    "自治体DXの推進体制等": (
        "CIOの任命",
        "CIO補佐官等の任命",
        "全体方針策定",
        "全庁的な体制構築",
        "外部人材活用",
        "職員育成の取組",
        "全職員対象研修の実施",
    ),
    "自治体業務のDX": ("AIの導入状況", "RPAの導入状況", "テレワークの導入状況"),
}
_SERVICE = "住民サービスのDX"
_CARD = "マイナンバーカードの保有状況"
_CARE = "子育て・介護26手続のオンライン化状況 "  # the real file has the blank at its end
_OFTEN = "よく使う32手続のオンライン化状況"
_TOTAL = f"{_OFTEN}_実施されている手続総数（分母）"
_ONLINE = f"{_OFTEN}_実施されている手続総数のうち「オンライン化済」と回答した手続数（分子）"
_RATES = {
    "よく使う32手続のオンライン申請利用状況": (
        "図書館の図書貸出予約等",
        "文化・スポーツ施設等の利用予約等",
        "研修・講習・各種イベント等の申込",
        "粗大ごみ収集の申込",
        "犬の登録申請、死亡届",
        "職員採用試験申込",
        "転出届",
    ),
    "子育て・介護の26手続のオンライン申請利用状況": (
        "児童手当等の受給資格及び児童手当の額についての認定請求",
        "保育施設等の利用申込",
        "妊娠の届出",
        "要介護・要支援認定の申請",
        "高額介護（予防）サービス費の支給申請",
    ),
}

Cell = Callable[[np.random.Generator, Municipality], str]


def exports(seed: int, *, small: bool = False) -> Iterator[DemoFile]:
    """The two files; the small ones have fewer indicators."""
    places = municipalities()
    names = [place.name for place in places]
    prefix = "架空_市区町村毎のDX進捗状況_"

    header = ["", "", *names, ""]
    compared = list(_compared(seed, places, small))
    yield DemoFile(f"{prefix}市区町村比較.csv", csv_with_bom([header, *compared]), SURVEYED)

    header = ["市区町村名", "", *names]
    rates = [
        [category, indicator, *_row(seed, indicator, places, _rate)]
        for category, indicators in _RATES.items()
        for indicator in indicators[: 2 if small else None]
    ]
    yield DemoFile(f"{prefix}行政手続のオンライン申請率.csv", csv_with_bom([header, *rates]), SURVEYED)


def _compared(seed: int, places: tuple[Municipality, ...], small: bool) -> Iterator[list[str]]:
    for category, indicators in _CARRIED_OUT.items():
        for indicator in indicators[: 1 if small else None]:
            yield [category, indicator, *_row(seed, indicator, places, _done), ""]
    yield [_SERVICE, _CARD, *_row(seed, _CARD, places, _card), ""]
    yield [_SERVICE, _CARE, *_row(seed, _CARE, places, _share), ""]
    counts = [_often(seed, place) for place in places]
    yield [_SERVICE, _OFTEN, *(f"{round(100 * done / total)}%" if total else "" for total, done in counts), ""]
    yield [_SERVICE, _TOTAL, *(str(total) if total else "" for total, _ in counts), ""]
    yield [_SERVICE, _ONLINE, *(str(done) if total else "" for total, done in counts), ""]


def _row(seed: int, indicator: str, places: tuple[Municipality, ...], cell: Cell) -> list[str]:
    chance = stream(seed, "benchmark", indicator)
    return [cell(chance, place) for place in places]


def _done(chance: np.random.Generator, place: Municipality) -> str:
    roll = chance.random()
    if roll < 0.01 and place.code != WARD:
        return "調査無し"
    return "実施" if roll < (0.85 if _is_ward(place) else 0.58) else "未実施"


def _card(chance: np.random.Generator, place: Municipality) -> str:
    return f"{int(chance.integers(66, 85))}%"


def _share(chance: np.random.Generator, place: Municipality) -> str:
    done = int(chance.integers(8 if _is_ward(place) else 0, 27))
    return "" if chance.random() < 0.02 and place.code != WARD else f"{round(100 * done / 26)}%"


def _rate(chance: np.random.Generator, place: Municipality) -> str:
    """Most do not state it, some state a true zero, the others use one decimal or none."""
    roll, tenths = chance.random(), int(chance.integers(1, 1000))
    if roll < (0.2 if _is_ward(place) else 0.62):
        return ""
    if roll > 0.9:
        return "0%"
    return f"{tenths // 10}%" if tenths % 10 == 0 else f"{tenths // 10}.{tenths % 10}%"


def _often(seed: int, place: Municipality) -> tuple[int, int]:
    """How many of the 32 procedures there are, and how many are online; 0 when nothing is stated."""
    if place.code == WARD:
        return 21, 14
    chance = stream(seed, "often", place.code)
    total = int(chance.integers(14, 28))
    done = int(chance.integers(total // 3 if _is_ward(place) else 0, total + 1))
    return (0, 0) if chance.random() < 0.015 and not _is_ward(place) else (total, done)


def _is_ward(place: Municipality) -> bool:
    return place.prefecture == "東京都" and place.name.endswith("区")
