"""The catalogue of figures on the screen: what each means, where it is shown, which clause asks for it. All derived."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from itertools import groupby
from pathlib import Path

import streamlit as st

from dx_data.catalog import BESIDE, read_subjects
from dx_data.datasets import DATASETS
from dx_data.derive import questions_page
from dx_data.settings import ROOT
from dx_data.spec import Question
from dx_data.text import fold
from dx_data.ui import faults, filters
from dx_data.ui.session import Session

EVERY = "すべて"
ONE = "question"
_OPEN = 3  # so few that nobody should have to open them
_PAGES, _UI = ROOT / "pages", Path(__file__).parent


@dataclass(frozen=True)
class Entry:
    """One question as the list shows it; `pages` are the addresses and titles of the pages that show its answer."""

    question: Question
    area: str
    title: str
    facts: tuple[tuple[str, str], ...]
    pages: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        """Everything a word is looked for in, folded."""
        shown = (title for _, title in self.pages)
        return _folded(" ".join((self.title, self.question.question, *(" ".join(fact) for fact in self.facts), *shown)))


def show(here: Session) -> None:
    """The list: an area and a word narrow it; an address with a question's name shows that one."""
    everything = entries(here.house.catalog.questions.values())
    if asked := st.query_params.get(ONE):
        found = [each for each in everything if each.question.name == asked]
        if found:
            _listed(found, asked)
            st.html(f'<p class="dx-note"><a href="?">すべての定義を見る（{len(everything):,} 件）</a></p>')
            return
        st.info(f"「{faults.plain(asked)}」という名前の質問はありません。下から探してください。")
    left, right = st.columns(2)
    with left:
        area = filters.choice(here, "area", "分野", [EVERY, *dict.fromkeys(each.area for each in everything)])
    with right:
        word = st.text_input("ことばで探す（題名・定義・項目・条項）", key="word", bind="query-params") or ""
    _listed(matching(everything, area, word), word)


def matching(everything: Iterable[Entry], area: str, words: str) -> list[Entry]:
    """The entries of an area in which every one of the words stands, whatever its width."""
    wanted = _folded(words).split()
    return [each for each in everything if area in (EVERY, each.area) and all(word in each.text for word in wanted)]


def _folded(text: str) -> str:
    return fold(text).casefold()


def _listed(found: Sequence[Entry], looked_for: str) -> None:
    st.html(f'<p class="dx-note" role="status">{len(found):,} 件</p>')
    if not found:
        st.info(
            f"「{faults.plain(looked_for)}」のある定義はありません。短いことばにするか、分野を「{EVERY}」にしてください。"
        )
    opened = " open" if len(found) <= _OPEN else ""
    for area, members in groupby(found, key=lambda each: each.area):
        listed = list(members)
        with st.container(border=True, key=f"definitions_{listed[0].question.family}"):
            st.header(f"{area}（{len(listed):,} 件）", anchor=False)
            st.html("".join(_markup(each, opened) for each in listed))


def _markup(entry: Entry, opened: str) -> str:
    links = "、".join(f'<a href="{escape(page)}">{escape(title)}</a>' for page, title in entry.pages)
    facts = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(text)}</dd></div>" for name, text in entry.facts)
    where = links or "画面には出していません（「dx ask」で答えます）"
    return (
        f'<details class="dx-definition"{opened}><summary><h3>{escape(entry.title)}</h3>'
        f"<p>{escape(entry.question.question)}</p></summary>"
        f'<dl class="dx-note dx-facts"><div><dt>画面</dt><dd>{where}</dd></div>{facts}</dl></details>'
    )


def entries(questions: Iterable[Question]) -> list[Entry]:
    """The questions with all that is said about them, by area, in each as pages show them; last what no page shows."""
    titles = {**BESIDE, **{dataset.name: dataset.title for dataset in DATASETS.values()}}
    pages = shown_on()
    known, order = list(questions_page.FAMILIES), list(pages)
    found = [
        Entry(
            question,
            questions_page.FAMILIES.get(question.family, question.family),
            questions_page.title(question),
            tuple(_facts(question, titles)),
            pages.get(question.name, ()),
        )
        for question in questions
    ]
    return sorted(
        found,
        key=lambda each: (
            known.index(each.question.family),
            order.index(each.question.name) if each.pages else len(order),
            each.title,
        ),
    )


def _facts(question: Question, titles: dict[str, str]) -> Iterator[tuple[str, str]]:
    yield from questions_page.facts(question, titles)
    if len(question.versions) > 1:
        for version in question.versions:
            yield version.title, version.change
    yield "項目", "。".join(f"{c.label}:{c.description}" if c.description else c.label for c in question.columns)
    for noun, clause, _, columns in questions_page.subject_rows(read_subjects(), [question]):
        yield f"条項 {clause}", f"{noun} → {columns}"
    yield "コマンド", f"dx ask {question.name}"


@cache
def shown_on() -> dict[str, tuple[tuple[str, str], ...]]:
    """For each question the pages that show its answer: address and title, as the pages themselves say.

    A server asks before it lets anybody in: in Python 3.11 two threads that parse at once may both fail with a
    SystemError (CPython 106905), and Streamlit parses every page that it runs first.
    """
    found: dict[str, list[tuple[str, str]]] = {}
    for path in sorted(_PAGES.glob("*.py")):
        tree = _parsed(path)
        title = (ast.get_docstring(tree) or "").partition(":")[0]
        for name in dict.fromkeys([*_constants(tree), *(name for part in _parts(tree) for name in _texts(part))]):
            found.setdefault(name, []).append((path.stem, title))
    return {name: tuple(pages) for name, pages in found.items()}


def _parts(page: ast.Module) -> Iterator[str]:
    """The modules of this room that a page brings in by name: a part of the page may stand there."""
    for node in page.body:
        if isinstance(node, ast.ImportFrom) and node.module == "dx_data.ui":
            yield from (name.name for name in node.names)


@cache
def _texts(module: str) -> tuple[str, ...]:
    return tuple(_constants(_parsed(_UI / f"{module}.py")))


def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def _constants(tree: ast.Module) -> Iterator[str]:
    """Every text of the source in its order, but for what only looks up a declaration (`named("…")`)."""
    looked_up = {
        id(argument)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "named"
        for argument in node.args
    }
    texts = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    for node in sorted(texts, key=lambda node: (node.lineno, node.col_offset)):
        if id(node) not in looked_up:
            yield str(node.value)
