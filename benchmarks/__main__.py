"""`python -m benchmarks [NAME …]`: measure, keep the results, write the page. Each benchmark has a process of its own.

`--small` tries that everything runs, with little data and one round, and keeps nothing. `--shared FOLDER` keeps the
large lakes there for the next time.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import page, results
from benchmarks.runner import LEAST, run
from benchmarks.suite import ALL


def main() -> int:
    """Run what is named, or everything; 1 if one of them failed."""
    known = {benchmark.name: benchmark for benchmark in ALL}
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*known, []], metavar="NAME", help="、".join(known))
    parser.add_argument("--runs", type=int, help=f"rounds, at least {LEAST}")
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--shared", type=Path)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.runs is not None and wanted.runs < LEAST and not wanted.small:
        parser.error(f"--runs は {LEAST} 以上にしてください（試すだけなら --small）")
    if wanted.here:
        result = run(known[wanted.names[0]], wanted.shared, runs=wanted.runs, small=wanted.small)
        if wanted.small:
            print(page.text([known[result.name]], {result.name: result}))
        else:
            results.keep(result)
        return 0
    failed = []
    with tempfile.TemporaryDirectory() as temporary:
        shared = wanted.shared or Path(temporary)
        shared.mkdir(parents=True, exist_ok=True)
        for name in wanted.names or [name for name, each in known.items() if not each.by_name]:
            print(f"— {known[name].title}", flush=True)
            options = ["--shared", str(shared), *(["--runs", str(wanted.runs)] if wanted.runs else [])]
            command = [sys.executable, "-m", "benchmarks", name, "--here", *options]
            if subprocess.run([*command, *(["--small"] if wanted.small else [])], check=False).returncode:
                failed.append(name)
    if not wanted.small:
        page.write(ALL)
    for name in failed:
        print(f"「{known[name].title}」をはかれませんでした。上の表示を確かめてください（make bench NAMES={name}）。")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
