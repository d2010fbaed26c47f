"""Builds the command that starts the screen server; refuses where that would be unsafe. Starts nothing itself."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dx_data.access import check_roles
from dx_data.errors import StartRefused
from dx_data.settings import LOOPBACK, ROOT, Login, login_secret, settings

DEMO = "DX_SERVE_DEMO"
LOGIN_HEADER = "X-Dx-Login"  # set by the guard (ui/login.py), which drops whatever a browser sends under this name
LEAVES_WITHIN = 75  # seconds; service managers kill after 90 what they asked to end
FIRST_PORT = 8501
_TRIES = 20
_FOLDERS = ("DX_LAKE", "DX_LAKE_DATA", "DX_LAKE_DEMO")
_START_SECONDS = 60
_ENDS_SECONDS = 10  # from its leaving to its end


@dataclass(frozen=True)
class Command:
    """What to run: arguments, environment, the address where it listens, and the one that a person opens."""

    arguments: list[str]
    environment: dict[str, str]
    url: str
    opened: str


def command(port: int | None = None, address: str = "127.0.0.1", demo: bool = False) -> Command:
    """The server's command. StartRefused where it would be unsafe, or when the port is taken."""
    login = settings().login
    _safe(address, login)
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
    # The server runs in the project's folder, so a lake that is named from here must be named from anywhere.
    inherited |= {
        n: str(Path(inherited[n]).absolute()) for n in _FOLDERS if n in inherited and ":" not in inherited[n][2:]
    }
    host = f"[{bound}]" if ":" in bound else bound
    scheme = "https" if login and login.certificate else "http"
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
            *(_with_login(login) if login else []),
        ],
        {**inherited, DEMO: "1" if demo else ""},
        url := f"{scheme}://{host}:{chosen}",
        login.url if login else url,
    )


def _safe(address: str, login: Login | None) -> None:
    """StartRefused beyond this computer without login, or with one that goes over the network unencrypted."""
    if login:
        check_roles(login)
        login_secret(settings())
        import dx_data.lake as lakes  # only here, for whoever starts the screens waits for what is imported

        lakes.at(settings().lake, settings().lake_data)  # where the logins are kept, too
    if address in LOOPBACK:
        return
    if login is None:
        raise StartRefused.because(
            f"待ち受ける住所『{address}』はこのコンピューターの外から開けますが、ログインが設定されていません",
            "--address を省くか、127.0.0.1 にしてください。庁内で使うときは、README の"
            "「利用者を登録して、庁内で使う」のとおりにログインを設定してください",
            stage="serve",
            rule="serve.address",
        )
    if not (login.certificate and login.is_https):
        raise StartRefused.because(
            f"待ち受ける住所『{address}』はこのコンピューターの外から開けますが、通信を暗号にする証明書が設定されていません",
            "dx.toml の [login] に、https の url と certificate と certificate_key を書くか、"
            "--address を省いて、このコンピューターの https の中継（IIS など）を通してください",
            stage="serve",
            rule="serve.certificate",
        )


def _with_login(login: Login) -> list[str]:
    """Streamlit's own checks, told of the address that people use, and of whose each of its sessions is."""
    options = {
        "server.allowedHosts": login.name,
        # Named, since Streamlit would otherwise ask a service outside for its own address when it listens to all.
        "browser.serverAddress": login.name,
        # A reconnecting page gets its old session back only under the same login.
        "server.trustedUserHeaders": json.dumps({LOGIN_HEADER: "login"}),
    }
    if login.certificate and login.certificate_key:
        options |= {"server.sslCertFile": str(login.certificate), "server.sslKeyFile": str(login.certificate_key)}
    return [part for name, value in options.items() for part in (f"--{name}", value)]


def serve(port: int | None, address: str, *, demo: bool, say: Callable[[str], None]) -> int:
    """Start the server, say where it is, wait until it ends; its exit code, 0 where it was asked to end.

    Asked by SIGTERM it leaves as ui/leaving.py says; asked by Ctrl+C it ends at once.
    """
    started = command(port, address, demo)
    say("画面を始めています（数秒かかります）…")
    # The server's own greeting is English; its faults stay visible on stderr.
    process = subprocess.Popen(  # noqa: S603
        started.arguments, env=started.environment, cwd=ROOT, stdout=subprocess.DEVNULL
    )
    try:
        with _passed_on(process) as asked:
            if _answers(started.url, process):
                say(f"ブラウザーで {started.opened} を開いてください（終えるときは Ctrl+C を押します）。")
                if not settings().login:
                    say("ログインを設定していないので、このコンピューターからだけ開けます。")
            ended = process.wait()
        return 0 if asked.is_set() else ended
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        say("画面を終えました。")
        return 0


@contextmanager
def _passed_on(process: subprocess.Popen[bytes]) -> Iterator[threading.Event]:
    """What asks us to end asks the server; it is killed if it does not. Set when somebody asked."""
    asked = threading.Event()
    last = threading.Timer(LEAVES_WITHIN + _ENDS_SECONDS, process.kill)
    last.daemon = True

    def ask(_number: int, _frame: object) -> None:
        process.terminate()
        if not asked.is_set():
            asked.set()
            last.start()

    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    before = signal.signal(signal.SIGTERM, ask)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGTERM, before)
        last.cancel()


def _answers(url: str, process: subprocess.Popen[bytes]) -> bool:
    """Wait until the server answers; False if it ended instead or takes more than a minute."""
    # Our own loopback address, whose certificate names another host.
    unnamed = ssl._create_unverified_context() if url.startswith("https:") else None  # noqa: S323
    url = url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")
    for _ in range(_START_SECONDS * 4):
        if process.poll() is not None:
            return False
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1, context=unnamed):  # noqa: S310
                return True
        except OSError:
            time.sleep(0.25)
    return True


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
