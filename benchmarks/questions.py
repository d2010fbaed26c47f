"""How long every question of every page takes with ten million receipts, beside the same with a hundred thousand.

`python -m benchmarks.questions` prints the ratio for each page (goal: at most 1.3) and each question. Both lakes are
asked in turn, in one process, no answer is remembered, and the medians of the processor's seconds are compared, so that
a busy machine slows both. `--lakes FOLDER` keeps the lakes there for the next time.
"""

from __future__ import annotations

import argparse
import ast
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from benchmarks.grown import grow
from dx_data import house
from dx_data.catalog import Catalog
from dx_data.house import House
from dx_data.settings import ROOT, Settings

FEW, MANY = 100_000, 10_000_000
RUNS = 8
GOAL = 1.3
_SHOWN_MS = 1.0  # a question that takes less has no ratio worth a line


def pages(known: set[str]) -> dict[str, list[str]]:
    """The questions that each page names."""
    found = {}
    for path in sorted((ROOT / "pages").glob("*.py")):
        words = [node.value for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Constant)]
        if asked := sorted(known.intersection(word for word in words if isinstance(word, str))):
            found[path.stem] = asked
    return found


def lake_of(folder: Path, rows: int) -> Path:
    """A lake with that many receipts, made if it is not there yet."""
    demo, lake = folder / "demo", folder / f"receipts-{rows}"
    if not demo.exists():
        given = {**os.environ, "DX_LAKE_DEMO": str(demo)}
        subprocess.run([sys.executable, "-m", "dx_data.cli", "demo"], check=True, env=given, stderr=subprocess.DEVNULL)
    if not lake.exists():
        print(f"{grow(demo, lake, rows):,} receipts", flush=True)
    return lake


def opened(lake: Path) -> House:
    """The lake with all its questions."""
    return house.open_house(demo=True, chosen=Settings(lake_demo=str(lake)))


def seconds(home: House, name: str) -> float:
    """What the processor needs to answer once, with nothing remembered."""
    home.catalog._answers.clear()
    began = time.process_time()
    home.ask(name)
    return time.process_time() - began


def main() -> None:
    """Ask and print, pages first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--few", type=int, default=FEW)
    parser.add_argument("--many", type=int, default=MANY)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--lakes", type=Path)
    parser.add_argument("--page", help="this page alone")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = wanted.lakes or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        lakes = [lake_of(folder, rows) for rows in (wanted.few, wanted.many)]
        asked = {page: names for page, names in pages(set(Catalog().questions)).items() if wanted.page in (None, page)}
        names = sorted({name for each in asked.values() for name in each})
        taken: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in names}
        with closing(opened(lakes[0])) as few, closing(opened(lakes[1])) as many:
            for run in range(wanted.runs + 1):
                for name in names:
                    for side, home in ((0, few), (1, many)) if run % 2 else ((1, many), (0, few)):
                        spent = seconds(home, name)
                        if run:  # the first warms up
                            taken[name][side].append(spent)
    middle = {name: (statistics.median(few), statistics.median(many)) for name, (few, many) in taken.items()}
    for page, each in asked.items():
        before, after = (sum(middle[name][side] for name in each) for side in (0, 1))
        print(f"{page}: ratio {after / before:.2f} (goal {GOAL}), {before * 1000:.0f} → {after * 1000:.0f} ms")
    for name, (before, after) in sorted(middle.items(), key=lambda each: each[1][0] - each[1][1]):
        if after * 1000 >= _SHOWN_MS:
            print(f"  {name}: {after / before:.2f}, {before * 1000:.0f} → {after * 1000:.0f} ms")


if __name__ == "__main__":
    main()
