"""Writes the folder for a closed network: `python -m dx_data.offline.build FOLDER`. The only step that needs a network.

Every wheel of the lock, downloaded with its hash, the product, fonts and a Windows Python where they are given, the
starter, and a list with the digest of every file.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from packaging.markers import Marker, default_environment

from dx_data.offline.start import LIST, PACKAGES, PRODUCT, WHEELS, digest

ROOT = Path(__file__).resolve().parents[2]
_SHIPPED = (
    *("app.py", "pages", "dx_data", "queries", ".streamlit", "docs", "data/demo"),
    *("README.md", "CHANGELOG.md", "LICENSE", "pyproject.toml", "requirements.lock"),
)
_PINNED = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^ ;\\]+) *(;(?P<marker>[^\\]*))?")
_WINDOWS = {
    "os_name": "nt",
    "sys_platform": "win32",
    "platform_system": "Windows",
    "platform_machine": "AMD64",
    "platform_python_implementation": "CPython",
    "implementation_name": "cpython",
}


def pinned(lock: str, python: str, *, windows: bool) -> str:
    """The lock's lines for one platform and Python, with their hashes and without their conditions.

    >>> lock = "a==1 ; sys_platform == 'win32' \\\\\\n    --hash=sha256:aa\\nb==2 \\\\\\n    --hash=sha256:bb\\n"
    >>> print(pinned(lock, "3.13", windows=False))
    b==2 --hash=sha256:bb
    >>> pinned(lock, "3.13", windows=True).splitlines()
    ['a==1 --hash=sha256:aa', 'b==2 --hash=sha256:bb']
    """
    told = {name: str(value) for name, value in default_environment().items()}
    told |= {"python_version": python, "python_full_version": f"{python}.0", **(_WINDOWS if windows else {})}
    whole = re.sub(r"\\\n\s*", "", lock)
    found = []
    for line in whole.splitlines():
        match = _PINNED.match(line)
        if match and (not match["marker"] or Marker(match["marker"].split("--hash")[0].strip()).evaluate(told)):
            hashes = " ".join(re.findall(r"--hash=\S+", line))
            found.append(f"{match['name']}=={match['version']} {hashes}")
    return "\n".join(found)


def download(into: Path, python: str, *, windows: bool) -> None:
    """Every wheel of the lock; CalledProcessError where one is not to be had as a wheel, or has another hash."""
    into.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder) / "requirements.txt"
        wanted.write_text(pinned((ROOT / "requirements.lock").read_text("utf-8"), python, windows=windows), "utf-8")
        target = [*("--platform", "win_amd64"), *("--implementation", "cp"), *("--python-version", python)]
        options = ["--only-binary=:all:", "--require-hashes", "--no-deps", "--quiet", "--disable-pip-version-check"]
        command = [sys.executable, "-m", "pip", "download", *options, *(target if windows else ())]
        subprocess.run([*command, "--dest", str(into), "--requirement", str(wanted)], check=True)  # noqa: S603


def write(
    folder: Path, python: str, *, windows: bool = True, own: Path | None = None, fonts: Path | None = None
) -> int:
    """Write the bundle into a new folder; how many files its list has. FileExistsError where something is there."""
    folder.mkdir(parents=True)
    download(folder / WHEELS, python, windows=windows)
    for name in _SHIPPED:
        source, target = ROOT / name, folder / PRODUCT / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "screens"))
        else:
            shutil.copyfile(source, target)
    if fonts:
        shutil.copytree(fonts, folder / "fonts")
    if own:
        _with_python(own, folder)
    shutil.copyfile(Path(__file__).with_name("start.py"), folder / "start.py")
    (folder / "start.cmd").write_bytes(starter(python))
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    listed = {path.relative_to(folder).as_posix(): digest(path) for path in files}
    about = {"python": python, "platform": "win_amd64" if windows else sys.platform, "files": listed}
    (folder / LIST).write_text(json.dumps(about, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return len(listed)


def starter(python: str) -> bytes:
    """What is double-clicked: for one version of Python, with the line ends that cmd needs."""
    text = (Path(__file__).with_name("start.cmd")).read_text("ascii").replace("@PYTHON@", python)
    return "\r\n".join([*text.splitlines(), ""]).encode("ascii")


def _with_python(own: Path, folder: Path) -> None:
    """A copy of a Windows Python that finds the packages and the product beside it, also where it runs isolated."""
    shutil.copytree(own, folder / "python", ignore=shutil.ignore_patterns("__pycache__"))
    paths = f"..\\{PACKAGES}\n..\\{PRODUCT}\nimport site\n"
    for listed in (folder / "python").glob("python*._pth"):  # the embeddable one takes its path from this file alone
        listed.write_text(listed.read_text("utf-8").rstrip() + "\n" + paths, "utf-8")
        return
    site = folder / "python" / "Lib" / "site-packages"
    site.mkdir(parents=True, exist_ok=True)
    (site / "dx.pth").write_text(f"..\\..\\..\\{PACKAGES}\n..\\..\\..\\{PRODUCT}\n", "utf-8")


def main(words: list[str]) -> int:
    """Read what is wanted from the command line and write it."""
    asked = argparse.ArgumentParser()
    asked.add_argument("folder", type=Path)
    asked.add_argument("--python-version", default="3.13")
    asked.add_argument("--python", type=Path, default=None)
    asked.add_argument("--fonts", type=Path, default=None)
    asked.add_argument("--here", action="store_true", help="for this platform and this Python, to try it out")
    given = asked.parse_args(words)
    version = f"{sys.version_info[0]}.{sys.version_info[1]}" if given.here else given.python_version
    files = write(given.folder, version, windows=not given.here, own=given.python, fonts=given.fonts)
    sys.stderr.write(f"書きました: {given.folder}（{files:,} ファイル、一覧は {LIST}）\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
