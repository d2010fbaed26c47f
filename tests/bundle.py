"""Tries the closed network's folder: `python -m tests.bundle`. Needs a network to build, and cuts it to start.

Every wheel of the lock is resolved for Windows; then a folder for this platform is written, started where no network
is, and asked for an answer and for a page. Linux with `unshare` and `ip` only.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from dx_data.offline import build
from dx_data.offline.start import PACKAGES, WHEELS

_CUT = ["unshare", "-rnpf", "--kill-child", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
_OUTSIDE = "import socket; socket.create_connection(('192.0.2.1', 443), 3)"
_PAGE = """
import sys, time, urllib.request
for _ in range(240):
    try:
        answer = urllib.request.urlopen(sys.argv[1] + "/_stcore/health", timeout=2)
        page = urllib.request.urlopen(sys.argv[1] + "/", timeout=10).read().decode()
        print(answer.status, "<title>" in page)
        sys.exit(0)
    except OSError:
        time.sleep(0.5)
sys.exit(1)
"""
_BOTH = '"$1" "$2" & server=$!; "$1" -c "$3" http://127.0.0.1:8501; told=$?; kill $server; exit $told'
_FILE = "システム,申請番号,申請日時,処理状況\nLoGoフォーム,A1,2026/04/01 09:00,完了\n"


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        windows, here = Path(folder) / "windows", Path(folder) / "here"
        build.download(windows, "3.13", windows=True)
        wheels = sorted(path.name for path in windows.iterdir())
        wanted = build.pinned((build.ROOT / "requirements.lock").read_text("utf-8"), "3.13", windows=True)
        assert len(wheels) == len(wanted.splitlines()), "a wheel lacks"
        assert all(name.endswith(".whl") and ("win_amd64" in name or "-any" in name) for name in wheels), wheels
        print(f"win_amd64: {len(wheels)} wheels")
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        print(f"here: {build.write(here, version, windows=False)} files, {len(list((here / WHEELS).iterdir()))} wheels")
        python = str(Path(getattr(sys, "_base_executable", sys.executable)).resolve())
        ours = {name: value for name, value in os.environ.items() if not name.startswith(("DX_", "PYTHON", "VIRTUAL"))}
        ours["BROWSER"] = "true"

        def cut(*words: str, folder: Path = here) -> subprocess.CompletedProcess[str]:
            return subprocess.run([*_CUT, *words], env=ours, cwd=folder, capture_output=True, encoding="utf-8")

        assert "unreachable" in cut(python, "-c", _OUTSIDE).stderr, "the network is not cut"
        began = time.monotonic()
        questions = cut(python, "start.py", "questions", "--json")
        assert questions.returncode == 0, questions.stderr
        print(
            f"first start: {time.monotonic() - began:.0f} s, {len(json.loads(questions.stdout)['questions'])} questions"
        )
        (here / "a.csv").write_text(_FILE, "utf-8")
        loaded = cut(python, "start.py", "load", "--yes", "--as-of", "2026-04-30", str(here / "a.csv"))
        assert loaded.returncode == 0, loaded.stderr
        assert (here / "data" / "lake" / "catalog.sqlite").exists()
        page = cut("sh", "-c", _BOTH, "sh", python, "start.py", _PAGE)
        assert page.stdout.strip() == "200 True", page.stdout + page.stderr
        print("a page with the network cut: 200")
        # A changed wheel is named, and nothing starts.
        wheel = next((here / WHEELS).glob("click-*.whl"))
        wheel.write_bytes(wheel.read_bytes()[:-1] + b"x")
        (here / PACKAGES / "dx-unpacked.txt").unlink()
        refused = cut(python, "start.py", "questions")
        assert (refused.returncode, wheel.name in refused.stderr) == (2, True), refused.stderr
        print("a changed wheel is refused")
    return 0


if __name__ == "__main__":
    sys.exit(main())
