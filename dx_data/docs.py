"""Writes the generated documents: `python -m dx_data.docs`; with --check it only says which are out of date."""

from __future__ import annotations

import sys
from collections.abc import Callable

from dx_data.catalog import BESIDE, read_questions, read_subjects
from dx_data.datasets import DATASETS
from dx_data.derive import dictionary, questions_page
from dx_data.settings import ROOT
from dx_data.spec import read_yaml

PAGES: dict[str, Callable[[], str]] = {
    "docs/dictionary.md": lambda: dictionary.page(DATASETS.values()),
    "docs/questions.md": lambda: questions_page.page(
        (*read_questions().values(), *read_questions(national=True).values()),
        {**BESIDE, **{d.name: d.title for d in DATASETS.values()}},
        examples(),
        read_subjects(),
    ),
}


def examples() -> dict[str, dict[str, str]]:
    """The hand-checkable cases of every question: file stem and why it is there."""
    found: dict[str, dict[str, str]] = {}
    for path in sorted((ROOT / "tests" / "queries").glob("*/*/*.yaml")):
        why = read_yaml(path.read_text(encoding="utf-8"))["why"]
        found.setdefault(path.parent.name, {})[path.stem] = why.strip()
    return found


def stale() -> list[str]:
    """The documents whose text is not what the declarations say."""
    return [
        name
        for name, page in PAGES.items()
        if not (ROOT / name).exists() or (ROOT / name).read_text(encoding="utf-8") != page()
    ]


def write() -> list[str]:
    """Write what is stale and return its names."""
    names = stale()
    for name in names:
        path = ROOT / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(PAGES[name](), encoding="utf-8", newline="\n")
    return names


if __name__ == "__main__":
    if "--check" in sys.argv:
        out = stale()
        sys.stderr.write("".join(f"{name} が宣言と違います → `make docs` で作り直してください\n" for name in out))
        sys.exit(1 if out else 0)
    sys.stderr.write("".join(f"{name} を書きました\n" for name in write()))
