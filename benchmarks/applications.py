"""Applications through the door: 200,000 beside DuckDB's untyped read, and the memory of an export with long cells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from benchmarks.alone import alone
from benchmarks.declared import PEAK, Benchmark, Case, Goal, Place
from benchmarks.made.applications import applications, write_export
from dx_data.door import Staging, examine
from dx_data.settings import Settings

ROWS, SMALL = 200_000, 2_000
MEGABYTES, FEW_MEGABYTES = 100, 1


def untyped_read(path: Path) -> None:
    """DuckDB reads the text into a table, every cell as text."""
    with duckdb.connect(":memory:") as connection:
        connection.execute(
            "CREATE TABLE t AS SELECT * FROM read_csv(?, all_varchar = true, header = true)", [str(path)]
        )


def whole_door(path: Path, rows: int) -> None:
    """Everything that the door checks; the file is clean."""
    with Staging() as staging:
        examined = examine(path, staging, Settings(max_upload_mb=1000))
        assert [(table.rows, table.sound) for table in examined.tables] == [(rows, rows)]


@contextmanager
def _prepared(place: Place) -> Iterator[Sequence[Case]]:
    rows = SMALL if place.small else ROWS
    text = applications(rows)
    utf8, cp932 = place.folder / "utf8.csv", place.folder / "applications.csv"
    utf8.write_bytes(text.encode())
    cp932.write_bytes(text.encode("cp932"))
    yield [
        Case(f"電子申請 {rows:,} 行", {"duckdb": lambda: untyped_read(utf8), "ours": lambda: whole_door(cp932, rows)})
    ]


@contextmanager
def _prepared_long(place: Place) -> Iterator[Sequence[Case]]:
    path = place.folder / "applications.csv"
    rows = write_export(path, FEW_MEGABYTES if place.small else MEGABYTES)
    yield [Case("長い書き出し", {"ours": lambda: alone(whole_door, path, rows)})]


DOOR = Benchmark(
    name="applications",
    title="電子申請 20万行の確認",
    sides={"duckdb": "DuckDB が同じ文字を型なしで読む（UTF-8）", "ours": "入口のすべての確認（CP932）"},
    base="duckdb",
    prepared=_prepared,
    goals=(Goal("電子申請 20万行（CP932）の確認 ÷ DuckDB が型なしで読む", "ours", 4.0, under="duckdb"),),
)
LONG = Benchmark(
    name="long_export",
    title="kintone の書き出し 100 MB（セルの中に100行の文章）",
    sides={"ours": "入口のすべての確認"},
    prepared=_prepared_long,
    goals=(Goal("書き出し 100 MB の確認の最大メモリー", "ours", 1024, figure=PEAK),),
    shown=(PEAK,),
    warm=False,
)
