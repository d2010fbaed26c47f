"""Every rule the product applies to a file is listed once: its severity, its words, the Digital Agency's number."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dx_data.datasets import DATASETS
from dx_data.derive import checks
from dx_data.errors import Mended, Problem
from dx_data.rules import RULES, Severity, rule_named
from dx_data.spec import Column, Dataset, Delivery, Kind, PartOf, Together
from dx_data.text import Unreadable

ROOT = Path(__file__).resolve().parents[1]
FAMILIES = {name.split(".")[0] for name in RULES}
NAME = re.compile(rf"({'|'.join(sorted(FAMILIES))})\.[a-z_0-9]+")
ROOMS = ("door", "derive", "lake", "returned", "text.py", "intake", "custody/ledger.py")
FILE_NAMES = {"text.csv", "ledger.sqlite"}
METHOD = DATASETS["receipts"].column("method")


def sources() -> Iterator[ast.AST]:
    for room in ROOMS:
        place = ROOT / "dx_data" / room
        for path in [place] if place.suffix else sorted(place.rglob("*.py")):
            yield from ast.walk(ast.parse(path.read_text("utf-8")))


def written() -> set[str]:
    texts = {n.value for n in sources() if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    return {text for text in texts if NAME.fullmatch(text)} - FILE_NAMES


def given(kind: str) -> set[str]:
    """The rules that are written down where a `kind` is made."""
    calls = (n for n in sources() if isinstance(n, ast.Call) and ast.unparse(n.func) == kind)
    words = (k.value for call in calls for k in call.keywords if k.arg == "rule")
    return {word.value for word in words if isinstance(word, ast.Constant) and isinstance(word.value, str)}


def test_every_rule_in_the_source_is_listed_and_every_listed_rule_is_used() -> None:
    assert sorted(written()) == sorted(RULES)


def test_what_is_only_told_is_no_problem_and_what_keeps_a_file_out_is_no_notice() -> None:
    assert {rule for rule in given("Problem") if rule_named(rule).severity is Severity.TOLD} == set()
    assert {rule for rule in given("Mended") if rule_named(rule).severity is Severity.REFUSED} == set()
    assert given("Problem") >= {"match.unmapped_header", "plan.vanished"}


def test_numbers_are_the_agencys() -> None:
    """Level 1 has 15 rules, level 2 six, level 3 nine."""
    known = {f"L{level}-{n:02}" for level, last in ((1, 15), (2, 6), (3, 9)) for n in range(1, last + 1)}
    assert {rule.number for rule in RULES.values() if rule.number} <= known


def test_a_finding_says_its_severity_and_number() -> None:
    problem = Problem(stage="check", rule="choice.unknown", message="m", fix="f")
    notice = Mended(rule="layout.hidden_rows")
    other = Problem(stage="", rule="UndoRefused", message="m", fix="f")
    found = [(each.as_json()["severity"], each.as_json()["rule_number"]) for each in (problem, notice, other)]
    assert found == [("直して受け取る", "L2-04"), ("知らせる", "L1-13"), ("受け取れない", None)]


@pytest.mark.parametrize(
    ("cell", "choice"),
    [
        ("スイカ", "電子マネー(交通系)"),
        ("Suica（モバイル）", "電子マネー(交通系)"),
        ("ペイペイ", "コード決済"),
        ("ビザ", "クレジットカード"),
        ("クレジットカ一ド", "クレジットカード"),
        ("物々交換", None),
    ],
)
def test_a_brand_suggests_its_method_and_is_never_read_as_it(cell: str, choice: str | None) -> None:
    assert checks.suggestion(METHOD, cell) == choice
    with pytest.raises(Unreadable) as refused:
        checks.canonical(METHOD, cell)
    assert refused.value.rule == "choice.unknown"
    assert refused.value.fix.startswith(f"『{choice}』に読み替えますか。" if choice else "現金・")


def test_likely_spellings_are_no_spellings_of_another_choice() -> None:
    for dataset in DATASETS.values():
        for column in dataset.columns:
            read = {spelling for choice in column.choices for spelling in (choice.value, *choice.aliases)}
            likely = [spelling for choice in column.choices for spelling in choice.likely]
            assert read.isdisjoint(likely), column.name
            assert len(likely) == len(set(likely)), column.name


def test_what_rows_must_agree_on_names_columns() -> None:
    columns = (Column(name="a", title="甲"), Column(name="b", title="乙", kind=Kind.DATE))
    facts = {
        "name": "d",
        "title": "題",
        "family": "試",
        "grain": "1",
        "owner": "課",
        "source": "表",
        "rhythm": "毎週",
        "delivery": Delivery.APPEND,
        "columns": columns,
        "key": ("a",),
    }
    for wrong in (
        {"orders": (("b", "x"),)},
        {"parts": (PartOf(part="b", whole="x"),)},
        {"together": (Together(state="x", values=("済",), needs="b"),)},
        {"together": (Together(state="a", values=("済",), needs="x"),)},
        {"opening": "x"},
    ):
        with pytest.raises(ValueError, match="x is no column"):
            Dataset(**facts, **wrong)  # type: ignore[arg-type]
