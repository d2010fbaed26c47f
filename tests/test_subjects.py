"""Every noun of the contract's questions has a question, and every question a noun: the map is whole in both ways."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from dx_data import docs
from dx_data.catalog import read_question, read_questions, read_subjects
from dx_data.derive.questions_page import page, subject_rows
from dx_data.errors import DeclarationError
from dx_data.spec import Question, Subject

QUESTIONS = read_questions()
SUBJECTS = read_subjects()

QUESTION = """\
-- title: 申請件数（システム別、全期間）
-- question: いくつあるか。
-- serves: {serves}
-- definition: {numerator: 申請の件数, scope: すべて, reference: 申請日時}
-- columns:
--   system: {title: システム}
--   count:  {title: 件数, kind: integer, unit: 件}
-- key: [system]
-- reads: [applications]

SELECT system, count(*) AS count FROM applications GROUP BY system ORDER BY system
"""


def unmapped(subjects: Iterable[Subject], questions: Mapping[str, Question]) -> list[str]:
    """The nouns that no question answers."""
    served = {name for question in questions.values() for name in question.serves}
    return [subject.title for subject in subjects if subject.name not in served]


def undeclared(subjects: Iterable[Subject], questions: Mapping[str, Question]) -> list[str]:
    """The nouns that a question answers and nobody declares."""
    known = {subject.name for subject in subjects}
    return [
        f"{question.name}: {name}" for question in questions.values() for name in question.serves if name not in known
    ]


def serving_nothing(questions: Mapping[str, Question]) -> list[str]:
    """The questions that answer no noun."""
    return [question.name for question in questions.values() if not question.serves]


def made_up(folder: Path, serves: str) -> Question:
    path = folder / "tests" / "made_up.sql"
    path.parent.mkdir(exist_ok=True)
    path.write_text(QUESTION.replace("{serves}", serves, 1), "utf-8")
    return read_question(path)


def test_every_noun_of_the_contract_is_answered() -> None:
    assert unmapped(SUBJECTS, QUESTIONS) == []
    assert len(SUBJECTS) >= 60


def test_every_question_answers_declared_nouns() -> None:
    assert undeclared(SUBJECTS, QUESTIONS) == []
    assert serving_nothing(QUESTIONS) == []


def test_a_noun_without_a_question_a_question_without_a_noun_and_a_noun_nobody_declares_are_found(
    tmp_path: Path,
) -> None:
    declared = (Subject(name="kinds", area="電子申請", title="種類", clause="§7"),)
    idle, odd = made_up(tmp_path, "{}"), made_up(tmp_path, "{colours: count}")
    assert unmapped(declared, {"made_up": odd}) == ["種類"]
    assert undeclared(declared, {"made_up": odd}) == ["made_up: colours"]
    assert serving_nothing({"made_up": idle}) == ["made_up"]


def test_a_question_serves_with_columns_that_it_has(tmp_path: Path) -> None:
    assert made_up(tmp_path, "{kinds: count, systems: [system, count]}").serves == {
        "kinds": ("count",),
        "systems": ("system", "count"),
    }
    with pytest.raises(DeclarationError, match="serves names no column"):
        made_up(tmp_path, "{kinds: colour}")


def test_a_noun_stands_once_and_whole(tmp_path: Path) -> None:
    path = tmp_path / "subjects.yaml"
    path.write_text(
        "- {area: a, clause: §7, subjects: {one: いち}}\n- {area: b, clause: §9, subjects: {one: ひとつ}}\n", "utf-8"
    )
    with pytest.raises(DeclarationError, match="名詞『one』が2つあります"):
        read_subjects(path)
    path.write_text("- {area: a, subjects: {one: いち}}\n", "utf-8")
    with pytest.raises(DeclarationError, match=r"subjects\.yaml が読めません"):
        read_subjects(path)


def test_the_definitions_begin_with_the_map(tmp_path: Path) -> None:
    subject = Subject(name="kinds", area="電子申請", title="種類", clause="§7(1)")
    question = made_up(tmp_path, "{kinds: [system, count]}")
    assert subject_rows([subject], [question]) == [("種類", "§7(1)", "made_up", "システム、件数")]
    text = page([question], {"applications": "電子申請"}, {}, [subject])
    assert text.index("| 種類 | §7(1) | `made_up` | システム、件数 |") < text.index("| 名前 | `made_up` |")


def test_every_noun_stands_in_the_definitions() -> None:
    text = docs.PAGES["docs/questions.md"]()
    assert [subject.title for subject in SUBJECTS if f"| {subject.title} |" not in text] == []
