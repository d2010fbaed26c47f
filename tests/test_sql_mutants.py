"""The mutants of a SQL text, whole; and the run over one question notices what its examples notice."""

import pytest

from tests.mutate_sql import Outcome, equivalents, mutants_of, sample, texts, tried
from tests.sql_mutants import Names, mutants, printed
from tests.test_questions import CATALOG


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (
            "SELECT a FROM t WHERE a < 1",
            ["WHERE a < 1 → ", "a < 1 → a <= 1", "a < 1 → a < 2", "a < 1 → a < 0"],
        ),
        (
            "SELECT a FROM t WHERE a = b AND c",
            [
                "WHERE a = b AND c → ",
                "a = b AND c → ( a = b OR c )",
                "a = b AND c → a = b",
                "a = b AND c → c",
                "a = b AND c → a <> b AND c",
            ],
        ),
        (
            "SELECT a FROM t WHERE d BETWEEN $since AND DATE '2026-03-31'",
            [
                "WHERE d BETWEEN $since AND CAST('2026-03-31' AS DATE) → ",
                "d BETWEEN $since AND CAST('2026-03-31' AS DATE) → ( d > $since AND d <= CAST('2026-03-31' AS DATE) )",
                "d BETWEEN $since AND CAST('2026-03-31' AS DATE) → ( d >= $since AND d < CAST('2026-03-31' AS DATE) )",
                "d BETWEEN $since AND CAST('2026-03-31' AS DATE) →"
                " d BETWEEN ( CAST($since AS DATE) + -1 ) AND CAST('2026-03-31' AS DATE)",
                "d BETWEEN $since AND CAST('2026-03-31' AS DATE) → d BETWEEN $since AND CAST('2026-04-01' AS DATE)",
            ],
        ),
        (
            "SELECT a FROM t LEFT JOIN u ON u.b IS DISTINCT FROM t.b",
            [
                "LEFT JOIN u → JOIN u",
                "ON u.b IS DISTINCT FROM t.b → ON TRUE",
                "ON u.b IS DISTINCT FROM t.b → ON u.b <> t.b",
            ],
        ),
        (
            "SELECT count(DISTINCT a), sum(b) FILTER (WHERE c) FROM t",
            [
                "COUNT(DISTINCT a), → COUNT(a),",
                "SUM(b) FILTER(WHERE c) → SUM(b)",
                "SUM(b) FILTER(WHERE → MAX(b) FILTER(WHERE",
            ],
        ),
        ("SELECT count(*), b FROM t GROUP BY a", ["COUNT(*), → COUNT(b),"]),
        (
            "SELECT coalesce(a, 0) FROM t ORDER BY a DESC, b",
            [
                "COALESCE(a, 0) → a",
                "COALESCE(a, 0) → COALESCE(a, 1)",
                "a DESC, → ",
                "a DESC, b → a DESC",
                "a DESC, → a ASC,",
                "b → b DESC",
            ],
        ),
        (
            "SELECT CASE WHEN NOT a THEN 'x' ELSE 'y' END",
            [
                "CASE WHEN NOT a THEN 'x' ELSE 'y' END → 'y'",
                "CASE WHEN NOT a THEN 'x' ELSE 'y' END → CASE WHEN NOT a THEN 'x' END",
                "CASE WHEN NOT a THEN 'x' ELSE 'y' END → CASE WHEN a THEN 'x' ELSE 'y' END",
                "CASE WHEN NOT a THEN 'x' ELSE 'y' END → CASE WHEN NOT a THEN 'x×' ELSE 'y' END",
                "CASE WHEN NOT a THEN 'x' ELSE 'y' END → CASE WHEN NOT a THEN 'x' ELSE 'y×' END",
            ],
        ),
    ],
)
def test_each_place_of_a_text_is_changed(sql: str, expected: list[str]) -> None:
    assert [m.text.removeprefix("answer: ") for m in mutants(sql, Names(days=["since"]))] == expected


def test_the_place_is_the_with_it_stands_in_and_the_rest_stays() -> None:
    sql = "WITH a AS (SELECT x FROM t UNION ALL SELECT y FROM t) SELECT DISTINCT x FROM a"
    found = mutants(sql)
    assert [m.text for m in found] == [
        "a: UNION ALL SELECT y FROM t → ",
        "a: x FROM t UNION ALL SELECT → ",
        "a: UNION ALL → UNION",
        "answer: SELECT DISTINCT → SELECT",
    ]
    assert found[-1].sql == printed(sql).replace("SELECT DISTINCT", "SELECT")


def test_what_reads_the_same_is_numbered_and_columns_that_are_never_blank_stay() -> None:
    sql = "SELECT count(a) AS n FROM t WHERE b <> 1 UNION ALL SELECT count(a) AS n FROM u WHERE b <> 1"
    counts = [m.text for m in mutants(sql, Names(filled=["b"])) if m.kind in ("aggregate", "null")]
    assert counts == ["answer: COUNT(a) AS n → COUNT(*) AS n", "answer: COUNT(a) AS n → COUNT(*) AS n (2)"]


def test_a_sample_is_spread_over_the_kinds_and_the_same_for_a_seed() -> None:
    every = mutants_of(CATALOG.named("settlement"))
    kinds = sorted({mutant.kind for mutant in every})
    drawn = sample(every, len(kinds), seed=1)
    assert drawn == sample(every, len(kinds), seed=1) != sample(every, len(kinds), seed=2)
    assert sorted(mutant.kind for mutant in drawn) == kinds


def test_the_list_of_equivalent_mutants_names_texts_that_are_there() -> None:
    assert set(equivalents()) <= {text.name for text in texts()}


def test_the_run_tells_killed_equivalent_and_surviving_mutants_apart() -> None:
    question = CATALOG.named("technology_list")
    whole = tried(question, set())
    assert (whole.tried, len(whole.survived)) == (len(mutants_of(question)) - len(whole.stillborn), 0)
    listed = tried(question, {whole.killed[0].text, "answer: nothing → something"})
    assert listed.wrongly_equivalent == [
        "matches no mutant: answer: nothing → something",
        f"an example kills: {whole.killed[0].text}",
    ]


def test_a_question_without_examples_kills_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.mutate_sql.example_files", lambda question: [])
    outcome: Outcome = tried(CATALOG.named("technology_list"), set())
    assert (len(outcome.killed), len(outcome.survived)) == (0, len(mutants_of(outcome.text)))
