"""Takes away one arrow rule, ban, derived document or question example at a time and asks whether a named test notices.

`make mutate`. Works on a copy of the tree, so that nothing of ours changes. Prints a line per mutation; exit 1 if one
survived.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COPIED = ("dx_data", "pages", "queries", "tests", "docs", "app.py", "pyproject.toml", ".streamlit")
ARCHITECTURE = "tests/test_architecture.py"
BANS = re.compile(
    r"^def (?P<rule>\w+)\(tree: Tree\) -> list\[str\]:\n(?P<doc>    \"\"\".*?\"\"\"\n)", re.MULTILINE | re.DOTALL
)
ROOM = re.compile(r'^    "(?P<room>\w+)": (?P<rank>\d+),$', re.MULTILINE)


@dataclass(frozen=True)
class Mutation:
    """One thing taken away: name, file, the text it becomes (None: the file goes), the tests that should see it."""

    name: str
    file: str
    becomes: str | None
    tests: tuple[str, ...]


def mutations() -> Iterator[Mutation]:
    """Every mutation, from what is there now."""
    source = (ROOT / ARCHITECTURE).read_text(encoding="utf-8")
    for found in BANS.finditer(source):
        emptied = source.replace(found.group(0), f"{found.group(0)}    return []\n", 1)
        yield Mutation(f"ban {found['rule']}", ARCHITECTURE, emptied, (ARCHITECTURE,))
    for found in ROOM.finditer(source):
        raised = source.replace(found.group(0), f'    "{found["room"]}": 99,', 1)
        yield Mutation(f"arrow of {found['room']}", ARCHITECTURE, raised, (ARCHITECTURE,))
    for document in ("docs/dictionary.md", "docs/questions.md"):
        yield Mutation(f"document {document}", document, None, ("tests/test_derived.py",))
    for example in sorted((ROOT / "tests" / "queries").glob("*/*/*.yaml")):
        name = example.relative_to(ROOT).as_posix()
        yield Mutation(f"example {name}", name, None, ("tests/test_derived.py",))


def noticed(copy: Path, mutation: Mutation) -> str | None:
    """The name of the first test that fails on the mutated copy, or None."""
    path = copy / mutation.file
    before = path.read_bytes()
    try:
        if mutation.becomes is None:
            path.unlink()
        else:
            path.write_text(mutation.becomes, encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *_narrowed(mutation)]
        done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
        failed = re.search(r"^FAILED (\S+)", done.stdout, re.MULTILINE)
        return failed.group(1) if done.returncode == 1 and failed else None
    finally:
        path.write_bytes(before)


def _narrowed(mutation: Mutation) -> list[str]:
    if mutation.tests == ("tests/test_derived.py",):
        return ["tests/test_derived.py", "-k", "documents_agree"]
    return list(mutation.tests)


def main() -> int:
    """Try them all."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, copy / name)
        survived = []
        tried = 0
        for mutation in mutations():
            tried += 1
            test = noticed(copy, mutation)
            print(f"{'noticed ' if test else 'SURVIVED'}  {mutation.name}  {test or ''}", flush=True)
            if not test:
                survived.append(mutation.name)
    print(f"{tried - len(survived)} of {tried} noticed")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())
