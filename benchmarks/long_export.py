"""How much memory the whole door takes with a kintone export of 100 MB whose cells run over many lines.

`python -m benchmarks.long_export` prints the peak memory of a process that does nothing else (goal: under 1 GiB)
and the seconds it takes.
"""

from __future__ import annotations

import argparse
import csv
import io
import multiprocessing
import random
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.door import applications
from dx_data.door import Staging, examine
from dx_data.settings import Settings

MEGABYTES = 100
GOAL_MIB = 1024
_REMARKS = "備考"
_LINES = (
    "入力の途中で画面が閉じたとのこと。もう一度はじめから入力していただいた。",
    "添付の画像が大きすぎたため、撮り直しをお願いした。",
    "所管課に確認中。回答は来週の見込み。",
    "手数料の支払いは窓口で行うことになった。",
    "本人から取下げの連絡があり、処理を終えた。",
)


def write_export(path: Path, megabytes: int, seed: int = 7) -> int:
    """Applications with remarks of a hundred lines each; answers how many."""
    draw = random.Random(seed)
    reader = csv.reader(io.StringIO(applications(max(1, megabytes * 200)), newline=""))
    count = 0
    with path.open("w", encoding="cp932", newline="") as out:
        writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        writer.writerow([*next(reader), _REMARKS])
        for record in reader:
            writer.writerow([*record, "\n".join(draw.choices(_LINES, k=100))])
            count += 1
            if count % 100 == 0 and out.tell() >= megabytes * 1_000_000:
                break
    return count


def _alone(pipe: Any, path: Path, rows: int) -> None:
    began = time.perf_counter()
    with Staging() as staging:
        examined = examine(path, staging, Settings(max_upload_mb=1000))
        assert [(table.rows, table.sound) for table in examined.tables] == [(rows, rows)], "the file is clean"
    pipe.send((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10, time.perf_counter() - began))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=MEGABYTES)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "applications.csv")
        rows = write_export(path, wanted.megabytes)
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        child = context.Process(target=_alone, args=(theirs, path, rows))
        child.start()
        theirs.close()
        peak, seconds = ours.recv()
        child.join()
        print(f"peak memory {peak:,} MiB (goal {GOAL_MIB}), {seconds:.1f} s")
        print(f"  {rows:,} rows, {path.stat().st_size / 1e6:.1f} MB, a hundred lines of text in each")


if __name__ == "__main__":
    main()
