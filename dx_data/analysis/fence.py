"""Starting a child process that can be watched and ended, with nothing of ours in its hands: Linux and Windows."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from dx_data.errors import StartRefused

_KEPT_NAMES = frozenset({"SYSTEMROOT", "WINDIR"})  # without these Windows starts nothing


def started(script: Path, folder: Path, memory: int) -> subprocess.Popen[bytes]:
    """Our script in an interpreter of its own: no environment, no handles but two pipes, in an empty folder.

    On Windows it is put into a Job Object that holds it to so many bytes and ends with this process; on Linux it binds
    itself, and `memory_of` watches it. StartRefused where neither works: typed SQL runs nowhere unfenced.
    """
    environment = {name: value for name, value in os.environ.items() if name.upper() in _KEPT_NAMES}
    # Arrow's own allocator takes a gibibyte of addresses at once, which all count against the limit.
    environment["ARROW_DEFAULT_MEMORY_POOL"] = "system"
    command: Sequence[str] = [sys.executable, "-I", "-X", "utf8", str(script)]
    if sys.platform == "win32":
        from dx_data.analysis import job

        return job.started(command, environment, folder, memory)
    if sys.platform != "linux":
        raise StartRefused.because(
            "このコンピューターでは、入力されたSQLを囲って動かす仕組みが使えません",
            "Linux か Windows で使ってください",
        )
    return subprocess.Popen(  # noqa: S603  (our own interpreter and script)
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        cwd=folder,
        close_fds=True,
        start_new_session=True,  # a Ctrl+C on the terminal is ours to answer
        bufsize=0,
    )


def ended(process: subprocess.Popen[bytes]) -> None:
    """End a process at once, whatever it does."""
    if sys.platform == "win32":
        from dx_data.analysis import job

        job.ended(process)
    process.kill()


def memory_of(process: subprocess.Popen[bytes]) -> int:
    """Bytes that a process holds now; 0 where the system does not tell or it is gone (Windows holds it itself)."""
    if sys.platform == "win32":
        return 0
    try:
        resident = Path(f"/proc/{process.pid}/statm").read_bytes().split()[1]
    except (OSError, IndexError):
        return 0
    return int(resident) * os.sysconf("SC_PAGE_SIZE")
