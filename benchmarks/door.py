"""How long the whole door takes with 200,000 applications, beside DuckDB's own untyped read of the same text.

`python -m benchmarks.door` prints the ratio (goal: at most 4.0) and each stage's share. Both sides run in turn, in one
process, and their medians are compared, so that a busy machine slows both.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import io
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import duckdb

from dx_data.door import Staging, examine
from dx_data.settings import Settings

Clock = Callable[[], float]
ROWS = 200_000
GOAL = 4.0
HEADER = (
    *(
        "レコード番号",
        "作成者",
        "作成者（表示名）",
        "更新日時",
        "システム",
        "申請番号",
        "申請日時",
        "フォームID",
        "フォーム名",
    ),
    *("手続名", "処理状況", "受付日時", "完了日時", "利用端末", "決済額"),
)
_SYSTEMS = ("東京共同電子申請", "LoGoフォーム", "ぴったりサービス")
_STATES = ("完了", "完了", "完了", "処理中", "未処理", "差戻し", "取下げ")
_WORDS = ("保育所等利用申込", "粗大ごみ収集申込", "住民票の写し交付申請", "犬の登録届", "健康診査予約", "がん検診申込")


def applications(rows: int, seed: int = 7) -> str:
    """A kintone GUI export of single applications; the same seed gives the same text."""
    draw = random.Random(seed)
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(HEADER)
    start = dt.datetime(2025, 4, 1)  # noqa: DTZ001  (wall time, as kintone writes it)
    for number in range(1, rows + 1):
        form = draw.randrange(600)
        procedure = f"{_WORDS[form % len(_WORDS)]}（{form // len(_WORDS) + 1}号）"
        applied = start + dt.timedelta(minutes=number * 2 + draw.randrange(120))
        received = applied + dt.timedelta(minutes=draw.randrange(1, 2000))
        state = draw.choice(_STATES)
        finished = received + dt.timedelta(minutes=draw.randrange(10, 9000)) if state == "完了" else None
        user = draw.randrange(40)
        writer.writerow(
            [
                number,
                f"k-user{user}",
                f"架空 職員{user}",
                f"{received:%Y/%m/%d %H:%M}",
                draw.choice(_SYSTEMS),
                f"A2025-{number:06d}",
                f"{applied:%Y/%m/%d %H:%M}",
                f"F-{form:04d}",
                f"{procedure}フォーム",
                procedure,
                state,
                f"{received:%Y/%m/%d %H:%M}",
                f"{finished:%Y/%m/%d %H:%M}" if finished else "",
                draw.choice(("PC", "スマホ", "")),
                draw.choice(("300", "0", "", "")),
            ]
        )
    return out.getvalue()


def untyped_read(path: Path, clock: Clock) -> float:
    """Seconds that DuckDB takes to read the text into a table, every cell as text."""
    with duckdb.connect(":memory:") as connection:
        began = clock()
        connection.execute(
            "CREATE TABLE t AS SELECT * FROM read_csv(?, all_varchar = true, header = true)", [str(path)]
        )
        return clock() - began


def whole_door(path: Path, settings: Settings, rows: int, clock: Clock) -> tuple[float, dict[str, float]]:
    """Seconds that the whole door takes, and how they divide among its stages."""
    marks: list[tuple[str, float]] = []
    with Staging() as staging:
        began = clock()
        examined = examine(path, staging, settings, progress=lambda stage: marks.append((stage, clock())))
        ended = clock()
        assert [(t.rows, t.sound) for t in examined.tables] == [(rows, rows)], "the file is clean"
    marks.append(("", ended))
    return ended - began, {stage: then - at for (stage, at), (_, then) in pairwise(marks)}


def main() -> None:
    """Measure both in turn and print the ratio of the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--cpu", action="store_true", help="seconds of the processor: they stand on a busy machine")
    wanted = parser.parse_args()
    clock: Clock = time.process_time if wanted.cpu else time.perf_counter
    settings = Settings()
    with tempfile.TemporaryDirectory() as folder:
        text = applications(wanted.rows)
        utf8, cp932 = Path(folder, "utf8.csv"), Path(folder, "applications.csv")
        utf8.write_bytes(text.encode())
        cp932.write_bytes(text.encode("cp932"))
        print(f"{wanted.rows:,} rows × {len(HEADER)} columns, {cp932.stat().st_size / 1e6:.1f} MB in CP932")
        untyped_read(utf8, clock), whole_door(cp932, settings, wanted.rows, clock)  # warm
        reads: list[float] = []
        doors: list[float] = []
        shares: dict[str, list[float]] = {}
        for _ in range(wanted.runs):
            reads.append(untyped_read(utf8, clock))
            seconds, stages = whole_door(cp932, settings, wanted.rows, clock)
            doors.append(seconds)
            for stage, part in stages.items():
                shares.setdefault(stage, []).append(part)
    read, door = statistics.median(reads), statistics.median(doors)
    print(f"untyped read {read:.3f} s, whole door {door:.3f} s, ratio {door / read:.2f} (goal {GOAL})")
    for stage, parts in shares.items():
        print(f"  {stage}: {statistics.median(parts):.3f} s")


if __name__ == "__main__":
    main()
