"""Every question of every page as receipts and applications grow, and with what is kept by day beside without."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from unittest import mock

from benchmarks.declared import CPU, Benchmark, Case, Goal, Place
from benchmarks.made.lakes import grown
from dx_data import house
from dx_data.catalog import Catalog
from dx_data.derive import tables
from dx_data.house import House
from dx_data.settings import ROOT, Settings

SIZES = {"few": 100_000, "some": 1_000_000, "many": 10_000_000}
_SMALL = {"few": 2_000, "some": 4_000, "many": 8_000}
_TITLES = {"few": "10万行", "some": "100万行", "many": "1,000万行"}
HUNDRED_SIZES = {"few": 100_000, "most": 100_000_000}
_SMALL_HUNDRED = {"few": 2_000, "most": 8_000}
ROLLED = ("cashless", "deposits", "overview", "applications", "forms")  # the pages whose rows grow without bound


def pages(known: set[str]) -> dict[str, list[str]]:
    """The questions that each page names."""
    found = {}
    for path in sorted((ROOT / "pages").glob("*.py")):
        words = [node.value for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Constant)]
        if asked := sorted(known.intersection(word for word in words if isinstance(word, str))):
            found[path.stem] = asked
    return found


def opened(lake: Path) -> House:
    """The lake with all its questions."""
    return house.open_house(demo=True, chosen=Settings(lake_demo=str(lake)))


def ask(home: House, names: Sequence[str]) -> None:
    """Answer them with nothing remembered, all as of one moment, as a page does."""
    home.catalog._answers.clear()
    at = home.at(None)
    for name in names:
        home.ask(name, at)


def titles() -> dict[str, str]:
    """What the pages are called, as their navigation says it."""
    tree = ast.parse((ROOT / "dx_data" / "ui" / "main.py").read_text("utf-8"))
    found = {}
    for node in ast.walk(tree):
        match node:
            case ast.Tuple(elts=[ast.Constant(value=str(stem)), ast.Constant(value=str(title)), ast.Attribute()]):
                found[stem] = title
    return found


@contextmanager
def _prepared(sizes: Mapping[str, int], small: Mapping[str, int], place: Place) -> Iterator[Sequence[Case]]:
    lakes = {side: grown(place.shared, rows) for side, rows in (small if place.small else sizes).items()}
    named = titles()
    with ExitStack() as stack:
        homes = {side: stack.enter_context(closing(opened(lake))) for side, lake in lakes.items()}

        def act(side: str, names: Sequence[str]) -> Callable[[], None]:
            return lambda: ask(homes[side], names)

        yield [
            Case(named[page], {side: act(side, names) for side in homes})
            for page, names in pages(set(Catalog().questions)).items()
        ]


@contextmanager
def _prepared_rollups(place: Place) -> Iterator[Sequence[Case]]:
    rows = (_SMALL if place.small else SIZES)["many"]
    named = titles()
    with closing(opened(grown(place.shared, rows))) as home:

        def act(names: Sequence[str], *, kept: bool) -> Callable[[], None]:
            # A rollup under no name that the lake has is counted from the rows, by the same SQL.
            hidden = mock.patch.object(tables, "kept_name", return_value="")

            def asked() -> None:
                with nullcontext() if kept else hidden:
                    ask(home, names)

            return asked

        yield [
            Case(named[page], {"rows": act(names, kept=False), "rollups": act(names, kept=True)})
            for page, names in pages(set(Catalog().questions)).items()
            if page in ROLLED
        ]


GROWTH = Benchmark(
    name="questions",
    title="画面の質問: 10万行から1,000万行へ",
    sides=_TITLES,
    base="few",
    prepared=partial(_prepared, SIZES, _SMALL),
    goals=(Goal("1つの画面のすべての質問、収納と電子申請が 1,000万行ずつ ÷ 10万行ずつ", "many", 1.2, under="few"),),
    shown=(CPU,),
    case_title="画面",
)
ROLLUPS = Benchmark(
    name="questions_rollups",
    title="画面の質問: 日計のあるときと、ないとき（1,000万行）",
    sides={"rows": "日計なし", "rollups": "日計あり"},
    base="rows",
    prepared=_prepared_rollups,
    shown=(CPU,),
    case_title="画面",
)
HUNDRED = Benchmark(
    name="questions_hundred",
    title="画面の質問: 10万行から1億行へ",
    sides={"few": "10万行", "most": "1億行"},
    base="few",
    prepared=partial(_prepared, HUNDRED_SIZES, _SMALL_HUNDRED),
    goals=(Goal("1つの画面のすべての質問、収納と電子申請が 1億行ずつ ÷ 10万行ずつ", "most", 1.5, under="few"),),
    shown=(CPU,),
    case_title="画面",
    by_name=True,  # making the lake takes ten minutes, and more on a slower disk
)
