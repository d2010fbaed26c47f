"""What many tests need: a lake of their own, files in the shapes offices send, and where the real files lie."""

from __future__ import annotations

import gc
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from filelock import FileLock
from playwright.sync_api import Browser, expect
from streamlit.components.v2 import manifest_scanner

from dx_data import access, demo, house, intake
from dx_data import settings as setting
from dx_data.house import House
from dx_data.settings import Settings
from tests import screens, screenshots
from tests.postgres import Postgres
from tests.s3 import S3
from tests.terminal import dx, lakes_of_its_own, shell  # noqa: F401  (fixtures)

# Several workers share few cores, and small tables are no quicker with more than one.
os.environ.setdefault("DX_THREADS", "1")

ROOT = Path(__file__).resolve().parents[1]
REAL = ROOT.parent / "shared" / "real"

CATALOGUES = ("sqlite", "postgres")
BUCKET = "bucket"  # a catalogue on PostgreSQL, and files in a bucket
EVERYWHERE = os.environ.get("DX_TEST_CATALOGUE", "")  # one of these for all tests: make test-postgres, test-bucket

Write = Callable[..., Path]

# What a browser shows is waited for as long as a busy machine with two cores may need.
expect.set_options(timeout=60_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests come first, so that no long file is begun when the others are done.

    Where all is to be tried on another catalogue, tests without a lake of their own are left out.
    """
    if EVERYWHERE:
        items[:] = [item for item in items if "placed" in getattr(item, "fixturenames", ())]
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_collection_finish() -> None:
    """What was collected lives to the end; Streamlit would look through all of it after every run of a page."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="session")
def components_found_once() -> None:
    """Streamlit reads what all installed packages say of themselves (0.3 s) whenever a page is run by itself."""
    manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)


@pytest.fixture
def person() -> access.Person:
    """Somebody at this computer."""
    return access.Person("試験 担当", frozenset(access.Role))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test marked `both` runs with its catalogue in SQLite and on PostgreSQL."""
    if metafunc.definition.get_closest_marker("both") and not EVERYWHERE:
        metafunc.parametrize("catalogue", CATALOGUES, indirect=True)


@pytest.fixture
def catalogue(request: pytest.FixtureRequest) -> str:
    """What the test's real lake keeps its catalogue in."""
    chosen: str = getattr(request, "param", EVERYWHERE or CATALOGUES[0])
    if chosen != CATALOGUES[0] and request.node.get_closest_marker("folder"):
        pytest.skip("フォルダーの台帳のファイルを見るテストです")
    return chosen


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server for all tests of this process."""
    if sys.platform == "win32":
        pytest.skip("PostgreSQL のサーバーを、ソケットなしでは動かしません")
    with Postgres() as server:
        yield server


@pytest.fixture(scope="session")
def s3() -> Iterator[S3]:
    """An S3-compatible server for all tests of this process."""
    with S3() as server:
        yield server


@pytest.fixture
def placed(
    tmp_path: Path, catalogue: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """Where the test's own lakes lie, as settings: in its folder; the real one's catalogue may be on a server."""
    found = {"lake": str(tmp_path / "lake"), "lake_demo": str(tmp_path / "lake-demo")}
    if catalogue == CATALOGUES[0]:
        return found
    server: Postgres = request.getfixturevalue("postgres")
    if catalogue != BUCKET:
        return {**found, "lake": server.fresh("dx"), "lake_data": found["lake"]}
    store: S3 = request.getfixturevalue("s3")
    for name, value in store.environment.items():
        monkeypatch.setenv(name, value)
    data = f"{store.fresh('dx-lake')}/ward"
    return {**found, "lake": server.fresh("dx"), "lake_data": data, "lake_here": str(tmp_path / "here")}


@pytest.fixture
def chosen(placed: dict[str, str]) -> Settings:
    """Settings whose lakes are the test's own."""
    return Settings(**placed)


@pytest.fixture
def home(chosen: Settings, person: access.Person) -> Iterator[House]:
    """An empty lake, open."""
    made = house.make_house(person, chosen=chosen)
    yield made
    made.close()


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a small file: `write("a.csv", "見出し,…\\n…", encoding="cp932")`."""

    def written(name: str, content: str | bytes, encoding: str = "utf-8-sig") -> Path:
        path = tmp_path / "files" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.replace("\n", "\r\n").encode(encoding))
        return path

    return written


@pytest.fixture
def take(home: House, person: access.Person) -> Callable[..., intake.Reviewed]:
    """Review and load a file as of a day; the outcome of the review when it is not loadable."""
    import datetime as dt

    def taken(path: Path, *, day: dt.date = dt.date(2026, 11, 1), **wish: object) -> intake.Reviewed:
        found = intake.review(path, home, home.settings, wish=intake.Wish(as_of=day, **wish))  # type: ignore[arg-type]
        return intake.load(found, home, person) if found.loadable else found

    return taken


@pytest.fixture
def real() -> Path:
    """The published files nobody here wrote; the test is skipped, with the reason, where they are absent."""
    if not REAL.is_dir():
        pytest.skip(f"公開ファイルのフォルダー {REAL} がありません")
    return REAL


@pytest.fixture(scope="session")
def small_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the demo lake made of the small demo files, and no real lake: made once, to be copied.

    Workers that run beside each other share it: the first one makes it.
    """
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "small"
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            begun = tmp_path_factory.mktemp("small")
            with pytest.MonkeyPatch.context() as patch:
                screens.point_to(patch, begun)
                screens.fill_demo(begun, demo.small())
            setting.settings.cache_clear()
            begun.rename(folder)
    return folder


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser of one module's tests: kept longer, its event loop would stop tests that run their own."""
    with screenshots.browser() as started:
        yield started


@pytest.fixture(scope="module")
def lakes(tmp_path_factory: pytest.TempPathFactory, small_demo: Path) -> Iterator[Path]:
    """A demo lake made of the small demo files, and no real lake, for the tests of one module."""
    folder = tmp_path_factory.mktemp("lakes")
    shutil.copytree(small_demo / "demo", folder / "demo")
    with pytest.MonkeyPatch.context() as patch:
        screens.point_to(patch, folder)
        yield folder
    setting.settings.cache_clear()
