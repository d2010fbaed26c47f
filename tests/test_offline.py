"""The closed network's folder: what its starter unpacks, refuses and sets. `make bundle-check` starts a whole one."""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path

import pytest

from dx_data.offline import build, start
from dx_data.offline.start import DATA, LIST, PACKAGES, PRODUCT, WHEELS, Refused
from dx_data.settings import ROOT

VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"


def wheel(folder: Path, name: str, files: dict[str, str]) -> Path:
    path = folder / WHEELS / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as parcel:
        for entry, text in files.items():
            parcel.writestr(entry, text)
    return path


def listed(folder: Path, python: str = VERSION) -> None:
    files = {path.relative_to(folder).as_posix(): start.digest(path) for path in folder.rglob("*.whl")}
    (folder / LIST).write_text(json.dumps({"python": python, "files": files}), "utf-8")


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A folder with a product of one module and two wheels, one of which has parts for other places."""
    folder = tmp_path / "dx"
    (folder / PRODUCT / "dx_data").mkdir(parents=True)
    (folder / PRODUCT / "dx_data" / "cli.py").write_text(
        "import a, b, os, sys\nprint(a.x, b.x, sys.argv[1:], os.environ['DX_LAKE'])\n", "utf-8"
    )
    wheel(folder, "a-1-py3-none-any.whl", {"a.py": "x = 1", "a-1.dist-info/METADATA": ""})
    other = {"b-1.data/purelib/b.py": "x = 2", "b-1.data/scripts/b": "no", "b-1.data/data/share/b": "no"}
    wheel(folder, "b-1-py3-none-any.whl", other)
    listed(folder)
    return folder


def test_the_first_start_unpacks_and_later_ones_only_start(
    bundle: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DX_LAKE", "PYTHONPATH"):
        monkeypatch.delenv(name, raising=False)
    assert start.run(bundle, ["inspect", "--json"]) == 0
    out, err = capfd.readouterr()
    assert out == f"1 2 ['inspect', '--json'] {bundle / DATA / 'lake'}\n"
    assert "はじめての準備" in err
    files = sorted(path.relative_to(bundle / PACKAGES).as_posix() for path in (bundle / PACKAGES).rglob("*.*"))
    assert [name for name in files if "pycache" not in name] == ["a-1.dist-info", "a.py", "b.py", "dx-unpacked.txt"]
    monkeypatch.setenv("DX_LAKE", "elsewhere")
    assert start.run(bundle, []) == 0
    out, err = capfd.readouterr()
    assert (out.splitlines()[-1][:10], err) == ("1 2 ['serv", "架空データの台帳をつくっています（1 分ほど）…\n")
    # A newer list, as with a newer folder, is unpacked anew.
    wheel(bundle, "a-1-py3-none-any.whl", {"a.py": "x = 3"})
    listed(bundle)
    start.run(bundle, ["ask"])
    assert capfd.readouterr().out.startswith("3 2 ['ask'] elsewhere")


def test_a_changed_or_lacking_wheel_starts_nothing(bundle: Path) -> None:
    file = bundle / WHEELS / "a-1-py3-none-any.whl"
    file.write_bytes(file.read_bytes() + b"x")
    with pytest.raises(Refused, match=file.name):
        start.run(bundle, ["ask"])
    file.unlink()
    with pytest.raises(Refused, match=file.name):
        start.run(bundle, ["ask"])
    assert not (bundle / PACKAGES).exists()


def test_another_python_is_refused_and_so_is_a_wheel_that_leaves_its_place(bundle: Path) -> None:
    listed(bundle, "3.9")
    with pytest.raises(Refused, match=r"Python 3\.9 を入れてください"):
        start.run(bundle, ["ask"])
    wheel(bundle, "c-1-py3-none-any.whl", {"../c.py": "x = 1"})
    listed(bundle)
    with pytest.raises(Refused, match=r"c-1-py3-none-any\.whl"):
        start.run(bundle, ["ask"])
    assert not (bundle / "c.py").exists()


def test_the_starter_of_windows_is_plain_and_names_its_python() -> None:
    command = build.starter("3.13")
    assert command.isascii()
    assert command.count(b"\r\n") == command.count(b"\n") > 10
    assert b"\r\npy -3.13 start.py %*\r\n" in command
    assert (ROOT / "dx_data" / "offline" / "python-missing.txt").exists()
    assert b"type product\\dx_data\\offline\\python-missing.txt" in command


def test_a_windows_python_that_is_given_finds_what_lies_beside_it(tmp_path: Path) -> None:
    embeddable, full = tmp_path / "embeddable", tmp_path / "full"
    for each in (embeddable, full):
        each.mkdir()
        (each / "python.exe").write_bytes(b"")
    (embeddable / "python313._pth").write_text("python313.zip\n.\n", "utf-8")
    for each in (embeddable, full):
        build._with_python(each, tmp_path / f"{each.name}-bundle")
    paths = (tmp_path / "embeddable-bundle" / "python" / "python313._pth").read_text("utf-8")
    assert paths.splitlines() == ["python313.zip", ".", r"..\site-packages", r"..\product", "import site"]
    pth = tmp_path / "full-bundle" / "python" / "Lib" / "site-packages" / "dx.pth"
    assert pth.read_text("utf-8").splitlines() == [r"..\..\..\site-packages", r"..\..\..\product"]
    assert (tmp_path / "embeddable" / "python313._pth").read_text("utf-8") == "python313.zip\n.\n"


def test_what_is_shipped_is_there_and_every_wheel_has_a_hash() -> None:
    assert [name for name in build._SHIPPED if not (ROOT / name).exists()] == []
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    lines = {windows: build.pinned(lock, "3.13", windows=windows).splitlines() for windows in (True, False)}
    assert all("--hash=sha256:" in line for each in lines.values() for line in each)
    names = [line.split("==")[0] for line in lines[True]]
    assert len(names) == len(set(names))
    assert {"streamlit", "duckdb", "numpy", "tzdata"} <= set(names)
