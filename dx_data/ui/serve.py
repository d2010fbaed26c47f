"""Builds the command that starts the screen server; refuses where that would be unsafe. Starts nothing itself."""

from __future__ import annotations

import os
import socket
import sys
from dataclasses import dataclass

from dx_data.errors import StartRefused
from dx_data.settings import ROOT

LOOPBACK = ("127.0.0.1", "localhost", "::1")
DEMO = "DX_SERVE_DEMO"
FIRST_PORT = 8501
_TRIES = 20


@dataclass(frozen=True)
class Command:
    """What to run: arguments, environment, and the address a person opens."""

    arguments: list[str]
    environment: dict[str, str]
    url: str


def command(port: int | None = None, address: str = "127.0.0.1", demo: bool = False) -> Command:
    """The server's command. StartRefused beyond this computer without login, or when the port is taken."""
    if address not in LOOPBACK:
        raise StartRefused.because(
            f"待ち受ける住所『{address}』はこのコンピューターの外から開けますが、ログインが設定されていません",
            "--address を省くか、127.0.0.1 にしてください（ログインには、まだ対応していません）",
            stage="serve",
            rule="serve.address",
        )
    bound = "127.0.0.1" if address == "localhost" else address
    chosen = port if port is not None else _free_port(bound)
    if not _is_free(bound, chosen):
        raise StartRefused.because(
            f"ポート {chosen} はほかのプログラムが使っています",
            f"--port に別の番号（例：{chosen + 1}）を指定してください",
            stage="serve",
            rule="serve.port",
        )
    # Streamlit's own variables could open what the settings close.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("STREAMLIT_")}
    host = f"[{bound}]" if ":" in bound else bound
    return Command(
        [
            sys.executable,
            "-m",
            "streamlit",
            "run",
            str(ROOT / "app.py"),
            "--server.address",
            bound,
            "--server.port",
            str(chosen),
        ],
        {**inherited, DEMO: "1" if demo else ""},
        f"http://{host}:{chosen}",
    )


def demo_wanted() -> bool:
    """Whether this server was started for the demo."""
    return os.environ.get(DEMO) == "1"


def _is_free(address: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        if sys.platform != "win32":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except (OSError, OverflowError):
            return False
    return True


def _free_port(address: str) -> int:
    return next((port for port in range(FIRST_PORT, FIRST_PORT + _TRIES) if _is_free(address, port)), FIRST_PORT)
