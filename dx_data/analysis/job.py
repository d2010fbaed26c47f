"""Windows: a child process in a Job Object, which bounds its memory and ends it with us. Written to the interface's
documentation; it has not yet run on a Windows machine, so whatever it cannot do, it refuses in words.
"""

from __future__ import annotations

import ctypes
import subprocess
import sys
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from dx_data.errors import StartRefused

_SUSPENDED: Final = 0x4
_NO_WINDOW: Final = 0x0800_0000
_BELOW_NORMAL: Final = 0x4000
_EXTENDED: Final = 9  # JobObjectExtendedLimitInformation
_ACTIVE, _DIE, _JOB_MEMORY, _ON_CLOSE = 0x8, 0x400, 0x200, 0x2000
_JOBS: weakref.WeakKeyDictionary[subprocess.Popen[bytes], int] = weakref.WeakKeyDictionary()
_PROCESSES = 2  # a venv's python.exe starts the real one


class _Basic(ctypes.Structure):
    """JOBOBJECT_BASIC_LIMIT_INFORMATION."""

    _fields_ = (
        ("PerProcessUserTimeLimit", ctypes.c_int64),
        ("PerJobUserTimeLimit", ctypes.c_int64),
        ("LimitFlags", ctypes.c_uint32),
        ("MinimumWorkingSetSize", ctypes.c_size_t),
        ("MaximumWorkingSetSize", ctypes.c_size_t),
        ("ActiveProcessLimit", ctypes.c_uint32),
        ("Affinity", ctypes.c_size_t),
        ("PriorityClass", ctypes.c_uint32),
        ("SchedulingClass", ctypes.c_uint32),
    )


class _Limits(ctypes.Structure):
    """JOBOBJECT_EXTENDED_LIMIT_INFORMATION."""

    _fields_ = (
        ("BasicLimitInformation", _Basic),
        ("IoInfo", ctypes.c_uint64 * 6),
        ("ProcessMemoryLimit", ctypes.c_size_t),
        ("JobMemoryLimit", ctypes.c_size_t),
        ("PeakProcessMemoryUsed", ctypes.c_size_t),
        ("PeakJobMemoryUsed", ctypes.c_size_t),
    )


def started(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, memory: int
) -> subprocess.Popen[bytes]:
    """The process, let go only once it is in its job. StartRefused where the system does not do it."""
    if sys.platform == "win32":
        kernel: Any = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.CreateJobObjectW.restype = ctypes.c_void_p
        handle = kernel.CreateJobObjectW(None, None)
        limits = _Limits()
        limits.BasicLimitInformation.LimitFlags = _ACTIVE | _DIE | _JOB_MEMORY | _ON_CLOSE
        limits.BasicLimitInformation.ActiveProcessLimit = _PROCESSES
        limits.JobMemoryLimit = memory
        job = ctypes.c_void_p(handle)
        if not handle or not kernel.SetInformationJobObject(
            job, _EXTENDED, ctypes.byref(limits), ctypes.sizeof(limits)
        ):
            raise _refused()
        process = subprocess.Popen(  # noqa: S603  (our own interpreter and script)
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd=folder,
            close_fds=True,
            creationflags=_SUSPENDED | _NO_WINDOW | _BELOW_NORMAL,
            bufsize=0,
        )
        begun: Any = process
        running = ctypes.c_void_p(int(begun._handle))
        if not kernel.AssignProcessToJobObject(job, running) or ctypes.WinDLL("ntdll").NtResumeProcess(running):
            process.kill()
            raise _refused()
        _JOBS[process] = handle
        weakref.finalize(process, kernel.CloseHandle, job)  # which ends whatever is left in it
        return process
    raise _refused()


def ended(process: subprocess.Popen[bytes]) -> None:
    """End all that runs in the process's job: the process itself may only have started the one that works."""
    if sys.platform == "win32" and process in _JOBS:
        ctypes.WinDLL("kernel32").TerminateJobObject(ctypes.c_void_p(_JOBS[process]), 1)


def _refused() -> StartRefused:
    return StartRefused.because(
        "このWindowsでは、入力されたSQLを囲って動かす仕組み（ジョブ オブジェクト）が使えません",
        "Windows 10 以降で、ほかのプログラムの管理下でなく、ふつうに始めてください",
    )
