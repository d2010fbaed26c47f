"""Pages run without a browser, on a small demo lake of their own (the fixture `lakes`)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from streamlit.runtime.state.common import user_key_from_element_id
from streamlit.testing.v1 import AppTest

from dx_data import demo, house, intake
from dx_data import settings as setting
from dx_data.access import Person, Role
from dx_data.settings import ROOT
from dx_data.ui import asgi

NATION = "nation"  # only in the program of a prefecture or the nation, where there is no other
STEMS = sorted(path.stem for path in (ROOT / "pages").glob("*.py") if path.stem != NATION)
ENGLISH = re.compile(r"[A-Za-z]{3,}[ ]+[a-z]{2,}")  # two words: a sentence that nobody translated
PERSON = Person("試験", frozenset(Role))


def point_to(patch: pytest.MonkeyPatch, folder: Path, *, demo_flag: str = "") -> None:
    patch.setenv("DX_LAKE", str(folder / "real"))
    patch.setenv("DX_LAKE_DEMO", str(folder / "demo"))
    patch.setenv("DX_SERVE_DEMO", demo_flag)
    setting.settings.cache_clear()


def fill_demo(folder: Path, files: Iterable[demo.DemoFile]) -> None:
    """Make the demo lake that the settings name, of these files, which are left in the folder."""
    with closing(house.make_house(PERSON, demo_until=demo.UNTIL)) as made:
        for file in files:
            take(file, made, folder)


def take(file: demo.DemoFile, opened: house.House, folder: Path) -> None:
    """Load a demo file, which is left in the folder."""
    path = folder / file.name
    path.write_bytes(file.content)
    wish = intake.Wish(as_of=file.as_of, accept_vanished=True)
    intake.load(intake.review(path, opened, opened.settings, wish=wish), opened, PERSON)


def _nothing_open() -> AppTest:
    return AppTest.from_file(str(asgi.SCRIPT), default_timeout=60)


def start() -> AppTest:
    return _nothing_open().run()


def page(stem: str) -> AppTest:
    """A page that is opened by its address."""
    return _nothing_open().switch_page(f"../../pages/{stem}.py").run()


def unfolded(at: AppTest) -> AppTest:
    """The page with everything open that draws its content only when somebody opens it, also inside of each other."""
    done: set[str] = set()
    while closed := {key for each in everything(at.main) if (key := _opens_by(each))} - done:
        for key in closed:
            at.session_state[key] = True
        done |= closed
        at.run()
    return at


def everything(block: Any) -> Iterator[Any]:
    """All that stands in a block, and in the blocks within."""
    for child in block.children.values():
        yield child
        if hasattr(child, "children"):
            yield from everything(child)


def _opens_by(block: Any) -> str | None:
    """The key of a block's state, where the server knows whether it is open."""
    known = getattr(block.proto, "id", "") if block.type in {"expander", "popover"} else ""
    return user_key_from_element_id(known) if known else None


def markup(at: AppTest) -> str:
    return "\n".join(element.proto.body for element in at.get("html"))
