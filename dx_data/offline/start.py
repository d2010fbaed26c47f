"""Starts the product from the folder that `make bundle` wrote, with nothing but Python's own library.

`start.cmd` runs it. The first start checks every wheel against the folder's list and unpacks it, which needs no pip,
no network and no administrator; later ones only start. Words after it are a `dx` command: `start.cmd inspect`.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
import webbrowser
import zipfile
from pathlib import Path

LIST = "bundle.json"
PRODUCT, WHEELS, DATA = "product", "wheels", "data"
PACKAGES = "site-packages"  # by this name Streamlit knows that it is installed, and is no checkout of its developers
_MARK = "dx-unpacked.txt"
_FIRST_PORT = 8501
_SECONDS = 120
# Where the product keeps what it makes: beside the program, so that a newer folder can take it over.
_PLACES = {
    "DX_LAKE": "lake",
    "DX_LAKE_DEMO": "lake-demo",
    "DX_BACKUP_KEY": "backup-key.txt",
    "DX_LOGINS": "logins.sqlite",
}


class Refused(Exception):
    """Why it does not start, as a sentence with its remedy."""


def digest(file: Path) -> str:
    """A file's SHA-256."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def changed(folder: Path) -> list[str]:
    """The files of the folder's list that are gone or not what they were."""
    listed = json.loads((folder / LIST).read_text("utf-8"))["files"]
    return [name for name, told in listed.items() if not (folder / name).exists() or digest(folder / name) != told]


def unpacked(folder: Path) -> Path:
    """The Python to start the product with, its packages unpacked from the wheels once.

    Refused for another Python than the wheels are for, or for a changed file.
    """
    about = json.loads((folder / LIST).read_text("utf-8"))
    here = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if here != about["python"]:
        needed = f"Python {about['python']}"
        raise Refused(f"{needed} 用のフォルダーを {here} で動かしました → {needed} を入れてください")
    home = folder / "env"
    own = Path(sys.prefix).absolute() == (folder / "python").absolute()
    interpreter = Path(sys.executable) if own else _interpreter(home)
    packages = folder / PACKAGES
    mark, told = packages / _MARK, digest(folder / LIST)
    if mark.exists() and mark.read_text("utf-8") == f"{told} {folder.absolute()}" and interpreter.exists():
        return interpreter
    _say("はじめての準備をしています（1 分ほど）…")
    if wrong := changed(folder):
        raise Refused(f"『{wrong[0]}』がないか、変わっています → フォルダーをもう一度コピーしてください")
    aside = folder / f"{PACKAGES}.new"
    for old in (aside, packages):
        shutil.rmtree(old, ignore_errors=True)
    for wheel in sorted((folder / WHEELS).glob("*.whl")):
        _unpack(wheel, aside)
    if not own:
        import venv  # which the embeddable Python, where it is our own, does not have

        venv.EnvBuilder(clear=True, with_pip=False, symlinks=os.name != "nt").create(home)
        (_site(home) / "dx.pth").write_text(f"{packages.absolute()}\n{(folder / PRODUCT).absolute()}\n", "utf-8")
    aside.rename(packages)
    mark.write_text(f"{told} {folder.absolute()}", "utf-8")
    return interpreter


def _interpreter(home: Path) -> Path:
    return home / "Scripts" / "python.exe" if os.name == "nt" else home / "bin" / "python"


def _site(home: Path) -> Path:
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    return home / "Lib" / "site-packages" if os.name == "nt" else home / "lib" / version / "site-packages"


def _unpack(wheel: Path, into: Path) -> None:
    """A wheel as an installer lays it out: its purelib and platlib belong beside the rest, its scripts nowhere."""
    with zipfile.ZipFile(wheel) as parcel:
        for entry in parcel.infolist():
            head, _, rest = entry.filename.partition("/")
            name = entry.filename
            if head.endswith(".data"):
                kind, _, rest = rest.partition("/")
                if kind not in {"purelib", "platlib"}:
                    continue
                name = rest
            target = into / name
            if not target.resolve().is_relative_to(into.resolve()):
                raise Refused(f"『{wheel.name}』の中の場所が正しくありません → フォルダーをもう一度コピーしてください")
            if entry.is_dir():
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            with parcel.open(entry) as source, target.open("wb") as stream:
                shutil.copyfileobj(source, stream)


def environment(folder: Path) -> dict[str, str]:
    """The settings to start with: what the product makes lies beside it, unless this computer's say otherwise."""
    places = {name: str(folder.absolute() / DATA / place) for name, place in _PLACES.items()}
    return {**places, **os.environ, "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": ""}


def _free_port() -> int:
    for port in range(_FIRST_PORT, _FIRST_PORT + 20):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    return _FIRST_PORT


def _open_browser(url: str) -> None:
    """Show the page as soon as the server answers."""
    for _ in range(_SECONDS * 2):
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1):  # noqa: S310  (our own loopback)
                webbrowser.open(url)
                return
        except OSError:
            time.sleep(0.5)


def run(folder: Path, words: list[str]) -> int:
    """Start the screens and a browser, or run a `dx` command; its exit code."""
    python, settings = unpacked(folder), environment(folder)
    (folder / DATA).mkdir(exist_ok=True)

    def dx(*said: str) -> int:
        return subprocess.call([str(python), "-m", "dx_data.cli", *said], env=settings, cwd=folder / PRODUCT)  # noqa: S603

    if words:
        return dx(*words)
    if not any(Path(settings[name]).exists() for name in ("DX_LAKE", "DX_LAKE_DEMO")):
        _say("架空データの台帳をつくっています（1 分ほど）…")
        if code := dx("demo"):
            return code
    port = _free_port()
    threading.Thread(target=_open_browser, args=(f"http://127.0.0.1:{port}",), daemon=True).start()
    return dx("serve", "--port", str(port))


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    try:
        sys.exit(run(Path(__file__).absolute().parent, sys.argv[1:]))
    except Refused as fault:
        _say(str(fault))
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(0)
