"""What ten million receipts need on the disk, beside the same rows as one sorted, compressed Parquet file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from benchmarks.declared import DISK, Benchmark, Case, Figures, Goal, Place
from benchmarks.made.lakes import grown
from benchmarks.way import files_of
from dx_data.datasets import DATASETS
from dx_data.derive.tables import literal, quoted
from dx_data.lake import Lake

ROWS, SMALL = 10_000_000, 8_000
_BESIDE = ("catalog.sqlite", "ledger.sqlite")


def in_one_file(lake: Path, path: Path) -> float:
    """MiB of the lake's receipts with all their columns as one zstd Parquet file, sorted by the key."""
    order = ", ".join(map(quoted, DATASETS["receipts"].key))
    with closing(Lake(str(lake))) as opened, closing(opened.cursor()) as cursor:
        cursor.execute(
            f"COPY (SELECT * FROM lake.main.receipts ORDER BY {order}) TO {literal(str(path))}"
            " (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2)"
        )
    return path.stat().st_size / 2**20


def in_the_lake(lake: Path) -> Figures:
    """MiB of the receipts' files, with those of their rollups, and of catalogue and ledger, which serve all tables."""
    folders = {path.name: files_of(path) for path in (lake / "tables" / "main").iterdir()}
    rows = folders["receipts"][1]
    rollups = sum(size for name, (_, size) in folders.items() if name.startswith("receipts_"))
    beside = sum((lake / name).stat().st_size for name in _BESIDE) / 2**20
    return {"disk": rows + rollups + beside, "rows": rows, "rollups": rollups, "beside": beside}


@contextmanager
def _prepared(place: Place) -> Iterator[Sequence[Case]]:
    lake = grown(place.shared, SMALL if place.small else ROWS)
    one = in_one_file(lake, place.folder / "one.parquet")
    yield [Case("収納 1,000万行", {"file": lambda: {"disk": one}, "lake": lambda: in_the_lake(lake)})]


ON_DISK = Benchmark(
    name="disk",
    title="ディスクの大きさ: 収納 1,000万行",
    sides={"file": "キーの順に並べた1つの Parquet（zstd、第2版）", "lake": "台帳（表・日計・目録・管理台帳）"},
    base="file",
    prepared=_prepared,
    goals=(Goal("収納 1,000万行の台帳の大きさ ÷ 並べた1つの Parquet", "lake", 1.3, under="file", figure=DISK),),
    shown=(DISK,),
    parts_of="lake",
    parts={"rows": "収納の表", "rollups": "日計", "beside": "目録と管理台帳（ほかの表の分もふくむ）"},
    warm=False,
    runs=1,
)
