"""The house rules of design.md, read from the source with `ast`: who may import whom, what may stand where.

Each rule is a function from a source tree (path -> text) to findings. It is tested twice: on our own tree it
finds nothing, and on a small tree that breaks it, it finds exactly that. So a rule that is removed or
weakened fails by name.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
Tree = Mapping[str, str]

# The rooms and their rank. A room may import only rooms of a lower rank; rooms of one rank do not know each
# other. A new module or package of dx_data gets its line here.
ROOMS = {
    "rules": -1,
    "errors": 0,
    "offline": 0,
    "personal": 0,
    "text": 1,
    "bundled": 2,
    "calendar": 3,
    "settings": 3,
    "terminal": 3,
    "spec": 4,
    "datasets": 5,
    "derive": 5,
    "door": 6,
    "lake": 6,
    "catalog": 6,
    "breaks": 7,
    "differences": 7,
    "why": 7,
    "charts": 7,
    "access": 7,
    "disclosure": 7,
    "custody": 8,
    "pack": 8,
    "demo": 8,
    "returned": 8,
    "house": 9,
    "logins": 9,
    "analysis": 10,
    "promotion": 11,
    "appendices": 10,
    "corrections": 10,
    "disposal": 10,
    "nation": 10,
    "notebook": 11,
    "inspection": 11,
    "intake": 11,
    "publication": 11,
    "reports": 11,
    "serving": 11,
    "notebooks": 12,
    "analysis_commands": 12,
    "loading_commands": 12,
    "login_commands": 12,
    "question_commands": 12,
    "serving_commands": 12,
    "publishing_commands": 12,
    "custody_commands": 12,
    "report_commands": 12,
    "ui": 13,
    "cli": 13,
    "__main__": 14,
    "docs": 14,
    "pages": 15,
    "app": 16,
}
NEVER_IMPORTED = {"tests", "benchmarks"}
OPENED_BY_THE_PACKAGE = {"lake", "notebook"}  # by `dx_data.lake()`, when it is called: `import dx_data` imports no room

SCREEN = {"ui", "pages", "app"}  # may import streamlit
SQL_BUILDERS = {"derive", "lake"}  # may put SQL text together
NOT_ON_A_PAGE = {"duckdb", "pandas", "plotly"}
PAGE_LINES = 60
EMPTY_NAMES = {"utils", "helpers", "common", "services"}

SQL = re.compile(
    r"""\bSELECT\s+[\dA-Za-z_*"'({§] | \bSELECT\b.*\bFROM\b
      | \b(?:FROM|WHERE|ATTACH|DETACH|COPY|PRAGMA)\s+[A-Za-z_*"'({§]
      | (?i:\bselect\s.*\sfrom\s | \binsert\s+(?:or\s+\w+\s+)?into\b | \bdelete\s+from\b | \bmerge\s+into\b
      | \bupdate\s+\S+\s+set\b | \b(?:create|drop|alter)\s+(?:or\s+replace\s+)?
        (?:temp|temporary|table|view|schema|macro|index|unique|type|sequence|secret|trigger)\b)""",
    re.VERBOSE | re.DOTALL,
)


# --- reading a tree -------------------------------------------------------------------------------


def our_tree() -> Tree:
    """app.py, the pages and the whole package, as they lie in the work tree."""
    files = [ROOT / "app.py", *(ROOT / "pages").rglob("*.py"), *(ROOT / "dx_data").rglob("*.py")]
    return {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in files if path.is_file()}


def room_of(path: str) -> str:
    """
    >>> [room_of(path) for path in ("app.py", "pages/a.py", "dx_data/lake.py", "dx_data/ui/main.py")]
    ['app', 'pages', 'lake', 'ui']
    >>> room_of("dx_data/__init__.py")
    'dx_data'
    """
    parts = path.removesuffix(".py").split("/")
    if parts[0] != "dx_data":
        return parts[0]
    return "dx_data" if parts[1] == "__init__" else parts[1]


def imported_modules(path: str, source: str) -> Iterator[tuple[int, str]]:
    """Line and absolute name of all that a module imports, wherever in the module it does so."""
    package = path.split("/")[:-1]
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, name.name) for name in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                above = package[: len(package) - level + 1] if level else []
                base = ".".join([*above, *([module] if module else [])])
                yield from ((node.lineno, f"{base}.{name.name}") for name in names)
            case ast.Call(
                func=ast.Name(id=called) | ast.Attribute(attr=called),
                args=[ast.Constant(value=str(name)), *_],
            ) if called in {"import_module", "__import__"}:
                yield node.lineno, name


def imported_late(source: str) -> frozenset[int]:
    """The lines of imports that only a call, or a type checker, comes to."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        checked = isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        if checked or isinstance(node, ast.FunctionDef):
            found |= {
                each.lineno for each in ast.walk(node) if isinstance(each, ast.Import | ast.ImportFrom | ast.Call)
            }
    return frozenset(found)


def room_imported(module: str) -> str:
    """
    >>> [room_imported(module) for module in ("dx_data.lake.plan", "dx_data", "dx_data.__version__", "csv")]
    ['lake', 'dx_data', 'dx_data', 'csv']
    """
    top, _, rest = module.partition(".")
    if top != "dx_data":
        return top
    inner = rest.partition(".")[0]
    return inner if inner in ROOMS else "dx_data"


def docstrings(module: ast.Module) -> set[int]:
    """Identities of the constants that are docstrings: prose may speak of SELECT."""
    found = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            match node.body:
                case [ast.Expr(value=ast.Constant(value=str()) as text), *_]:
                    found.add(id(text))
    return found


def literal(node: ast.AST) -> str:
    """All text that stands in an expression, with § for each part that is put in."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            return "".join(literal(value) for value in values)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return literal(left) + literal(right)
        case ast.List(elts=parts) | ast.Tuple(elts=parts):
            return " ".join(literal(part) for part in parts)
        case _:
            return "§"


# --- the rules ------------------------------------------------------------------------------------


def every_room_is_known(tree: Tree) -> list[str]:
    """A module without a rank would be outside every other rule."""
    unknown = {room_of(path): path for path in sorted(tree, reverse=True)}
    return [
        f"{path}: no rank for 「{room}」 → give it one in ROOMS of tests/test_architecture.py"
        for room, path in sorted(unknown.items())
        if room not in ROOMS and room != "dx_data"
    ]


def imports_go_one_way(tree: Tree) -> list[str]:
    """A room imports only rooms of a lower rank; dx_data/__init__.py none but what it opens when it is called."""
    findings = []
    for path, source in tree.items():
        room = room_of(path)
        rank = ROOMS.get(room, -1)
        late = imported_late(source) if room == "dx_data" else frozenset()
        for line, module in imported_modules(path, source):
            if line in late and room_imported(module) in OPENED_BY_THE_PACKAGE:
                continue
            other = room_imported(module)
            ours = module.split(".")[0] in {"dx_data", "pages", "app", *NEVER_IMPORTED}
            if not ours or other in {room, "dx_data"}:
                continue
            if other in NEVER_IMPORTED or ROOMS[other] >= rank:
                findings.append(f"{path}:{line}: {room} may not import {other}")
    return findings


def streamlit_stays_on_the_screen(tree: Tree) -> list[str]:
    """Only dx_data/ui, pages/ and app.py know streamlit."""
    return [
        f"{path}:{line}: streamlit outside dx_data/ui, pages and app.py"
        for path, source in tree.items()
        if room_of(path) not in SCREEN
        for line, module in imported_modules(path, source)
        if module.split(".")[0] == "streamlit"
    ]


def pages_do_not_calculate(tree: Tree) -> list[str]:
    """A page has neither a database, nor frames, nor figures of its own."""
    return [
        f"{path}:{line}: {module.split('.')[0]} on a page"
        for path, source in tree.items()
        if room_of(path) == "pages"
        for line, module in imported_modules(path, source)
        if module.split(".")[0] in NOT_ON_A_PAGE
    ]


def pages_hold_no_sql(tree: Tree) -> list[str]:
    """A question lives in queries/, never on a page."""
    findings = []
    for path, source in tree.items():
        if room_of(path) == "pages":
            module = ast.parse(source)
            prose = docstrings(module)
            findings += [
                f"{path}:{node.lineno}: SQL text on a page"
                for node in ast.walk(module)
                if isinstance(node, ast.Constant) and isinstance(node.value, str)
                if id(node) not in prose and SQL.search(node.value)
            ]
    return findings


def pages_are_short(tree: Tree) -> list[str]:
    """A page that is longer has begun to be the program."""
    return [
        f"{path}: {len(source.splitlines())} lines, a page has {PAGE_LINES} at most"
        for path, source in tree.items()
        if room_of(path) == "pages" and len(source.splitlines()) > PAGE_LINES
    ]


def sql_is_built_in_two_rooms(tree: Tree) -> list[str]:
    """Outside derive and lake SQL is a constant with $params, whatever way a string is put together."""
    findings = []
    for path, source in tree.items():
        if room_of(path) in SQL_BUILDERS:
            continue
        inner: set[int] = set()  # operands of an expression already looked at
        for node in ast.walk(ast.parse(source)):
            match node:
                case ast.JoinedStr(values=values) if any(isinstance(value, ast.FormattedValue) for value in values):
                    built, how = literal(node), "an f-string"
                case ast.BinOp(op=ast.Add(), left=left, right=right):
                    built, how = literal(node), "+"
                    inner |= {id(left), id(right)}
                case ast.BinOp(op=ast.Mod(), left=left):
                    built, how = literal(left), "%"
                case ast.Call(func=ast.Attribute(value=text, attr="format" | "format_map" | "replace" as how)):
                    built = literal(text)
                case ast.Call(func=ast.Attribute(value=ast.Constant(value=str()), attr="join"), args=[parts]):
                    built, how = literal(parts), "join"
                case _:
                    continue
            if id(node) not in inner and SQL.search(built):
                findings.append(f"{path}:{node.lineno}: SQL built with {how} outside dx_data/derive and dx_data/lake")
    return findings


def names_say_something(tree: Tree) -> list[str]:
    """No drawer for odds and ends, no Manager."""
    findings = []
    for path, source in tree.items():
        findings += [
            f"{path}: 「{part}」 says nothing about what is in it"
            for part in path.removesuffix(".py").split("/")
            if part in EMPTY_NAMES
        ]
        findings += [
            f"{path}:{node.lineno}: class {node.name} does not say what it does"
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.ClassDef) and node.name.endswith("Manager")
        ]
    return findings


def every_module_says_its_purpose(tree: Tree) -> list[str]:
    """The first line of a module is a sentence."""
    return [f"{path}: no docstring" for path, source in tree.items() if not ast.get_docstring(ast.parse(source))]


# --- our own tree keeps them ----------------------------------------------------------------------

Rule = Callable[[Tree], list[str]]


@pytest.mark.parametrize(
    "rule",
    [
        every_room_is_known,
        imports_go_one_way,
        streamlit_stays_on_the_screen,
        pages_do_not_calculate,
        pages_hold_no_sql,
        pages_are_short,
        sql_is_built_in_two_rooms,
        names_say_something,
        every_module_says_its_purpose,
    ],
    ids=lambda rule: rule.__name__,
)
def test_our_tree_keeps_the_rule(rule: Rule) -> None:
    assert rule(our_tree()) == []


def test_the_tree_that_is_read_is_ours() -> None:
    """A rule that looks at an empty folder is always kept."""
    assert "dx_data/__init__.py" in our_tree()


# --- each rule notices what it is there for -------------------------------------------------------


def test_a_module_without_a_rank_is_found() -> None:
    tree = dict.fromkeys(("dx_data/__init__.py", "dx_data/cellar.py", "dx_data/loft/door.py", "dx_data/loft/a.py"), "")
    assert every_room_is_known(tree) == [
        "dx_data/cellar.py: no rank for 「cellar」 → give it one in ROOMS of tests/test_architecture.py",
        "dx_data/loft/a.py: no rank for 「loft」 → give it one in ROOMS of tests/test_architecture.py",
    ]


# design.md's arrows, once more and by hand, since ROOMS is what they are compared with: from each room to
# those just below it, and the walls between rooms side by side.
ARROWS = [
    *("text>errors", "bundled>text", "calendar>bundled", "settings>errors", "spec>calendar", "spec>settings"),
    *("datasets>spec", "derive>spec", "door>datasets", "door>derive", "lake>datasets", "lake>derive"),
    *("catalog>datasets", "catalog>derive", "charts>door", "charts>lake", "charts>catalog", "access>door"),
    *("access>lake", "access>catalog", "disclosure>door", "disclosure>lake", "disclosure>catalog"),
    *(
        "custody>charts",
        "custody>access",
        "custody>disclosure",
        "pack>charts",
        "pack>access",
        "pack>disclosure",
    ),
    *(
        *("breaks>catalog", "breaks>lake", "differences>catalog", "differences>lake"),
        *("custody>breaks", "custody>differences"),
        "demo>charts",
        "demo>access",
        "returned>door",
        "house>returned",
        "house>custody",
        "house>pack",
        "house>demo",
        "appendices>pack",
        "publication>appendices",
        "corrections>house",
        "intake>corrections",
        "inspection>corrections",
        "publication>corrections",
        "serving>house",
        "publication>house",
        "publication>pack",
        "publishing_commands>publication",
        "cli>publishing_commands",
        "ui>intake",
        "ui>serving",
        "cli>intake",
        "cli>serving",
    ),
    *("docs>cli", "docs>ui", "__main__>cli", "pages>docs", "pages>__main__", "app>pages"),
]
WALLS = [
    *("door|lake", "door|catalog", "lake|catalog", "datasets|derive", "charts|access", "access|disclosure"),
    *(
        *("charts|breaks", "charts|differences", "breaks|differences"),
        "charts|disclosure",
        "custody|pack",
        "custody|demo",
        "custody|returned",
        "pack|demo",
        "intake|serving",
        "intake|publication",
        "ui|cli",
        "calendar|settings",
    ),
]


def imports_across(importer: str, imported: str) -> list[str]:
    path = {"app": "app.py", "pages": "pages/one.py"}.get(importer, f"dx_data/{importer}.py")
    return imports_go_one_way(
        {path: f"from {imported if imported in {'app', 'pages'} else 'dx_data'} import {imported}"}
    )


@pytest.mark.parametrize("arrow", ARROWS)
def test_an_arrow_goes_one_way(arrow: str) -> None:
    upper, lower = arrow.split(">")
    path = {"app": "app.py", "pages": "pages/one.py"}.get(lower, f"dx_data/{lower}.py")
    assert imports_across(upper, lower) == []
    assert imports_across(lower, upper) == [f"{path}:1: {lower} may not import {upper}"]


@pytest.mark.parametrize("wall", WALLS)
def test_rooms_of_one_rank_do_not_know_each_other(wall: str) -> None:
    left, right = wall.split("|")
    assert imports_across(left, right) == [f"dx_data/{left}.py:1: {left} may not import {right}"]
    assert imports_across(right, left) == [f"dx_data/{right}.py:1: {right} may not import {left}"]


@pytest.mark.parametrize(
    "source",
    [
        "import dx_data.ui.cards",
        "from dx_data import ui",
        "from dx_data.ui import cards",
        "from dx_data.ui.cards import card",
        "from .. import ui",
        "from ..ui import cards",
        "def late():\n    from dx_data.ui import cards",
        "if False:\n    import dx_data.ui",
        "import importlib\nimportlib.import_module('dx_data.ui')",
        "from dx_data.errors import FileRejected\nimport dx_data.ui",
    ],
)
def test_an_import_is_seen_however_it_is_written(source: str) -> None:
    line = len(source.splitlines())
    assert imports_go_one_way({"dx_data/door/read.py": source}) == [
        f"dx_data/door/read.py:{line}: door may not import ui"
    ]


def test_inside_a_room_imports_are_free() -> None:
    assert imports_go_one_way({"dx_data/door/read.py": "from dx_data.door import layout\nfrom . import gate"}) == []


def test_the_package_itself_imports_no_room() -> None:
    assert imports_go_one_way({"dx_data/__init__.py": "from dx_data import errors"}) == [
        "dx_data/__init__.py:1: dx_data may not import errors"
    ]


def test_the_package_opens_a_notebook_only_when_it_is_called() -> None:
    late = "def lake():\n    from dx_data import notebook\n"
    checked = "if TYPE_CHECKING:\n    from dx_data.notebook import NotebookLake\n"
    assert imports_go_one_way({"dx_data/__init__.py": late + checked}) == []
    assert imports_go_one_way({"dx_data/__init__.py": "from dx_data import notebook"}) == [
        "dx_data/__init__.py:1: dx_data may not import notebook"
    ]
    assert imports_go_one_way({"dx_data/__init__.py": "def lake():\n    from dx_data import house"}) == [
        "dx_data/__init__.py:2: dx_data may not import house"
    ]
    assert imports_go_one_way({"dx_data/lake/lake.py": late}) == [
        "dx_data/lake/lake.py:2: lake may not import notebook"
    ]


@pytest.mark.parametrize("modules", ["dx_data", "dx_data.cli, dx_data.serving_commands"])
def test_what_somebody_waits_for_imports_nothing_heavy(modules: str) -> None:
    """The package alone; `dx serve` until the server's own process begins."""
    heavy = {"duckdb", "pandas", "pyarrow", "plotly", "streamlit"}
    asked = f"import sys, {modules}; print(sorted(n for n in sys.modules if n.split('.')[0] in {heavy}))"
    told = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, check=True).stdout
    assert told == b"[]\n"


def test_the_product_does_not_import_its_tests() -> None:
    assert imports_go_one_way({"app.py": "import tests.mutate", "dx_data/cli.py": "from benchmarks import door"}) == [
        "app.py:1: app may not import tests",
        "dx_data/cli.py:1: cli may not import benchmarks",
    ]


def test_streamlit_in_another_room_is_found() -> None:
    source = "import streamlit as st\nfrom streamlit.web import cli"
    assert streamlit_stays_on_the_screen({"dx_data/charts.py": source}) == [
        "dx_data/charts.py:1: streamlit outside dx_data/ui, pages and app.py",
        "dx_data/charts.py:2: streamlit outside dx_data/ui, pages and app.py",
    ]
    assert streamlit_stays_on_the_screen({"dx_data/ui/main.py": source, "pages/a.py": source, "app.py": source}) == []


@pytest.mark.parametrize("library", ["duckdb", "pandas", "plotly"])
def test_a_page_that_calculates_is_found(library: str) -> None:
    source = f"from {library}.express import bar"
    assert pages_do_not_calculate({"pages/a.py": source}) == [f"pages/a.py:1: {library} on a page"]
    assert pages_do_not_calculate({"dx_data/charts.py": source}) == []


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 件数 FROM 電子申請",
        "SELECT count(*)",
        "select total from applications",
        "WITH a AS (SELECT 1)",
        "WHERE month = $month",
        "ATTACH 'x.db'",
        "COPY applications TO 'x'",
        "INSERT INTO applications VALUES (1)",
        "update applications set total = 0",
        "DELETE FROM applications",
        "CREATE OR REPLACE VIEW a",
        "drop table applications",
    ],
)
def test_sql_on_a_page_is_found(text: str) -> None:
    assert pages_hold_no_sql({"pages/a.py": f'"""SELECT a FROM b is only talked about."""\nx = {text!r}'}) == [
        "pages/a.py:2: SQL text on a page"
    ]
    assert pages_hold_no_sql({"pages/a.py": f'x = f"{{y}} {text}"'}) == ["pages/a.py:1: SQL text on a page"]


@pytest.mark.parametrize(
    "text",
    ["SELECT 文は使えません", "申請の件数を選んでください", "Select a ward", "updated_at", "/applications"],
)
def test_words_are_not_taken_for_sql(text: str) -> None:
    assert pages_hold_no_sql({"pages/a.py": f"x = {text!r}"}) == []


def test_a_long_page_is_found() -> None:
    assert pages_are_short(
        {"pages/a.py": "x = 1\n" * 61, "pages/b.py": "x = 1\n" * 60, "dx_data/cli.py": "x = 1\n" * 99}
    ) == ["pages/a.py: 61 lines, a page has 60 at most"]


@pytest.mark.parametrize(
    ("expression", "how"),
    [
        ("f'SELECT * FROM {table}'", "an f-string"),
        ("f'{verb} FROM {table}'", "an f-string"),
        ("f'ATTACH {path!r}'", "an f-string"),
        ("'SELECT * ' + 'FROM ' + table", "+"),
        ("'DELETE FROM %s' % table", "%"),
        ("'CREATE TABLE {}'.format(table)", "format"),
        ("'INSERT INTO :t'.replace(':t', table)", "replace"),
        ("' '.join(['UPDATE', table, 'SET a = 1'])", "join"),
    ],
)
def test_sql_built_from_strings_is_found(expression: str, how: str) -> None:
    source = f"x = {expression}"
    assert sql_is_built_in_two_rooms({"dx_data/catalog.py": source}) == [
        f"dx_data/catalog.py:1: SQL built with {how} outside dx_data/derive and dx_data/lake"
    ]
    assert (
        sql_is_built_in_two_rooms(
            {"dx_data/lake.py": source, "dx_data/lake/plan.py": source, "dx_data/derive/ddl.py": source}
        )
        == []
    )


def test_sql_with_params_is_not_built() -> None:
    assert (
        sql_is_built_in_two_rooms({"dx_data/custody/ledger.py": "run('SELECT * FROM ledger WHERE line = ?', [1])"})
        == []
    )


@pytest.mark.parametrize("name", ["utils", "helpers", "common", "services"])
def test_a_drawer_for_odds_and_ends_is_found(name: str) -> None:
    assert names_say_something({f"dx_data/door/{name}.py": "", f"pages/{name}/a.py": ""}) == [
        f"dx_data/door/{name}.py: 「{name}」 says nothing about what is in it",
        f"pages/{name}/a.py: 「{name}」 says nothing about what is in it",
    ]


def test_a_manager_is_found() -> None:
    assert names_say_something({"dx_data/lake.py": "class LoadManager: ..."}) == [
        "dx_data/lake.py:1: class LoadManager does not say what it does"
    ]


def test_a_module_without_a_docstring_is_found() -> None:
    assert every_module_says_its_purpose({"dx_data/lake.py": "x = 1", "app.py": '"""Starts."""'}) == [
        "dx_data/lake.py: no docstring"
    ]


# --- what is packed and what is committed ---------------------------------------------------------


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def test_every_package_is_named_in_pyproject() -> None:
    """The packages are an explicit list, so a new folder is one more line in it."""
    there = {
        path.parent.relative_to(ROOT).as_posix().replace("/", ".") for path in (ROOT / "dx_data").rglob("__init__.py")
    }
    assert sorted(there - set(project()["tool"]["setuptools"]["packages"])) == []


@pytest.mark.parametrize(
    ("lock", "extras"),
    [
        ("requirements.lock", ["build"]),
        ("requirements-dev.lock", ["build", "dev"]),
        ("requirements-bench.lock", ["build", "dev", "bench"]),
    ],
)
def test_the_lock_has_what_pyproject_asks_for(lock: str, extras: list[str]) -> None:
    """Else: make lock. What is pinned is in the range that is asked for, and has its hashes."""
    pins = re.findall(r"^([\w.-]+)==(\S+)[^\n]* \\\n    --hash=sha256:", (ROOT / lock).read_text("utf-8"), re.MULTILINE)
    pinned = {canonicalize_name(name): version for name, version in pins}
    metadata = project()["project"]
    wanted = [
        *metadata["dependencies"],
        *(line for extra in extras for line in metadata["optional-dependencies"][extra]),
    ]
    missing = [
        f"{lock}: {line} → make lock"
        for line in wanted
        for requirement in [Requirement(line)]
        if not requirement.specifier.contains(pinned.get(canonicalize_name(requirement.name), "0"))
    ]
    assert missing == []
    assert len(pins) == len(re.findall(r"^[\w.-]+[^\n]*\\$", (ROOT / lock).read_text("utf-8"), re.MULTILINE))


def test_all_locks_pin_the_same_versions() -> None:
    """People run what was tested, and what was measured."""
    run, dev, bench = (
        set(re.findall(r"^[\w.-]+==[^\s;\\]+", (ROOT / lock).read_text("utf-8"), re.MULTILINE))
        for lock in ("requirements.lock", "requirements-dev.lock", "requirements-bench.lock")
    )
    assert (sorted(run - dev), sorted(dev - bench)) == ([], [])


# Put together here, so that this file does not name what it looks for.
INDEX_NAMES = tuple(
    "".join(parts)
    for parts in (
        ("index", "-url"),
        ("index", "_url"),
        ("/sim", "ple"),
        ("pypi", ".org"),
        ("python", "hosted"),
        ("deb", ".debian.org"),
        ("registry", ".npmjs"),
    )
)


def index_names_in(files: Mapping[str, bytes]) -> list[str]:
    """Where packages come from is the machine's own setting (pip's), never the project's."""
    return [
        f"{path}: names {name}"
        for path, content in files.items()
        for name in INDEX_NAMES
        if name.encode() in content.lower()
    ]


def test_nothing_names_a_package_index() -> None:
    git = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(git, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    files = {name: (ROOT / name).read_bytes() for name in listed if name and (ROOT / name).is_file()}
    assert "pyproject.toml" in files
    assert index_names_in(files) == []


@pytest.mark.parametrize("name", INDEX_NAMES)
def test_the_name_of_a_package_index_is_found(name: str) -> None:
    assert index_names_in({"Makefile": f"pip install --{name.upper()} x".encode()}) == [f"Makefile: names {name}"]
