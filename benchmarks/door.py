"""A million receipts from bytes to the lake, beside DuckDB's typed read and beside other ways to check them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks import peers
from benchmarks.alone import alone
from benchmarks.declared import PEAK, Benchmark, Case, Figures, Goal, Place
from benchmarks.made.receipts import receipts, with_faults, written
from benchmarks.way import PARTS, bytes_to_lake

ROWS, SMALL = 1_000_000, 2_000
_TENTH, _FIFTIETH = 10, 50  # of the rows, for peers that would take minutes


def scaled(check: Callable[[], object], times: float) -> Figures:
    """The seconds of a check of a part of the rows, for all of them."""
    clock, cpu = time.perf_counter(), time.process_time()
    check()
    return {"cpu": (time.process_time() - cpu) * times, "clock": (time.perf_counter() - clock) * times}


@contextmanager
def _prepared(place: Place) -> Iterator[Sequence[Case]]:
    rows = SMALL if place.small else ROWS
    few = rows // _FIFTIETH
    clean = written(place.folder / "clean.csv", receipts(rows), "utf-8")
    faulty = written(place.folder / "receipts.csv", with_faults(receipts(rows)), "cp932")
    part = written(place.folder / "part.csv", with_faults(receipts(few)), "cp932")

    def counted(check: Callable[[Path], int]) -> Callable[[], None]:
        def act() -> None:
            assert check(faulty), "it finds the faulty cells"

        return act

    yield [
        Case(
            f"収納 {rows:,} 行",
            {
                "duckdb": lambda: peers.typed_read(clean),
                "ours": lambda: bytes_to_lake(faulty, place.folder, rows),
                "pandas": counted(peers.with_pandas),
                "pandera_polars": counted(peers.with_pandera_polars),
                "pandera_pandas": counted(peers.with_pandera_pandas),
                "pydantic": lambda: scaled(lambda: peers.with_pydantic(faulty, rows // _TENTH), _TENTH),
                "frictionless": lambda: scaled(lambda: peers.with_frictionless(part), _FIFTIETH),
            },
        )
    ]


@contextmanager
def _prepared_memory(place: Place) -> Iterator[Sequence[Case]]:
    rows = SMALL if place.small else ROWS
    faulty = written(place.folder / "receipts.csv", with_faults(receipts(rows)), "cp932")
    yield [Case(f"収納 {rows:,} 行", {"ours": lambda: alone(bytes_to_lake, faulty, place.folder, rows)})]


DOOR = Benchmark(
    name="door",
    title="収納 100万行を、入口から台帳まで",
    sides={
        "duckdb": "DuckDB が誤りのない UTF-8 を型つきで読む",
        "ours": "入口のすべての確認と取込（CP932、誤り 1 %）",
        "pandas": "pandas で確かめる",
        "pandera_polars": "pandera（Polars）で確かめる",
        "pandera_pandas": "pandera（pandas）で確かめる",
        "pydantic": "pydantic で1行ずつ確かめる（10分の1の行から換算）",
        "frictionless": "Frictionless で確かめる（50分の1の行から換算）",
    },
    base="duckdb",
    prepared=_prepared,
    goals=(
        Goal("収納 100万行（CP932、誤り 1 %）の確認から取込まで ÷ DuckDB が型つきで読む", "ours", 2.5, under="duckdb"),
        Goal("同じ行の確認から取込まで ÷ pydantic で1行ずつ確かめる", "ours", 0.25, under="pydantic"),
    ),
    parts_of="ours",
    parts=PARTS,
)

MEMORY = Benchmark(
    name="door_memory",
    title="収納 100万行の最大メモリー",
    sides={"ours": "入口のすべての確認と取込"},
    prepared=_prepared_memory,
    goals=(Goal("収納 100万行の確認から取込までの最大メモリー", "ours", 1024, figure=PEAK),),
    shown=(PEAK,),
    warm=False,
)
