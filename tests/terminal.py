"""`dx` as tests run it, with lakes of its own: in a process as a shell does, or in this one."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dx_data import cli
from dx_data.settings import settings

Dx = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def lakes_of_its_own(tmp_path: Path, placed: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    own = {f"DX_{name.upper()}": value for name, value in placed.items()}
    for name, value in {**own, "DX_LAKE_DEMO": str(tmp_path / "demo"), "LANG": "C"}.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture
def shell(lakes_of_its_own: None) -> Dx:
    """Runs `dx` as a person's shell does: a process of its own."""

    def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "dx_data.cli", *map(str, words)]
        return subprocess.run(command, capture_output=True, encoding="utf-8", stdin=subprocess.DEVNULL, check=False)

    return run


@pytest.fixture
def dx(lakes_of_its_own: None, monkeypatch: pytest.MonkeyPatch) -> Dx:
    """Runs what the process runs, `cli.main`, in this one: what is written and the exit code are the same."""

    def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
        given = ["dx", *map(str, words)]
        out, err = (io.TextIOWrapper(io.BytesIO(), "ascii") for _ in range(2))
        monkeypatch.setattr(sys, "argv", given)
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as ended:
            cli.main()
        written = []
        for stream in (out, err):
            stream.flush()
            content = stream.buffer.getvalue()  # type: ignore[attr-defined]
            written.append(content.decode("utf-8").replace("\r\n", "\n"))
        assert isinstance(ended.value.code, int)
        return subprocess.CompletedProcess(given, ended.value.code, *written)

    return run
