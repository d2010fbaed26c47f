"""Which cases reached 伴走支援 or were told of a subsidy, from changes the lake observed: examples give no history."""

import datetime as dt
from collections.abc import Iterator

import duckdb
import pytest

from dx_data.catalog import run
from tests.test_questions import CATALOG, visible

READS = ("consultations", "consultation_log", "events", "contract_targets")


@pytest.fixture
def ledger() -> Iterator[duckdb.DuckDBPyConnection]:
    """Four cases of a field whose name has a dot; three of them ended, without a day on which anything was built."""
    with visible(READS, {}) as connection:
        connection.execute(
            "INSERT INTO raw.consultations (consultation_id, received_on, target, stage, fields, channel, status)"
            " SELECT 'C-' || i, DATE '2026-05-01', '自治町会', ['完了', '辞退', '完了', '事前相談'][i], ['SNS・HP'],"
            " '来庁', '対応中' FROM range(1, 5) AS t(i)"
        )
        connection.execute(
            "INSERT INTO raw.consultations_history"
            " (consultation_id, column_name, old, new, observed_on, load_id) VALUES"
            " ('C-1', 'stage', '事前相談', '伴走支援', '2026-06-01', 1),"
            " ('C-1', 'stage', '伴走支援', '完了', '2026-07-01', 2),"
            " ('C-2', 'stage', '伴走支援', '辞退', '2026-07-01', 2),"
            " ('C-3', 'stage', '助成金案内', '完了', '2026-07-01', 2),"
            " ('C-3', 'status', '伴走支援', '助成金案内', '2026-07-01', 2),"
            " ('C-4', 'stage', '伴走支援', '事前相談', '2026-07-01', 2)"
        )
        yield connection


@pytest.mark.parametrize(
    "name", ["consultations_headline", "consultations_by_month", "consultations_by_target", "consultations_by_field"]
)
def test_an_ended_case_counts_when_it_was_seen_in_support(ledger: duckdb.DuckDBPyConnection, name: str) -> None:
    question = CATALOG.named(name)
    names = [column.name for column in question.columns]
    rows = run(question, CATALOG.params(question, {}, dt.date(2026, 5, 31)), ledger)
    found = [(row[names.index("cases")], row[names.index("support_cases")]) for row in rows]
    assert (4, 2) in found
    assert sum(cases for cases, _ in found if isinstance(cases, int)) == 4


def test_a_subsidy_told_of_before_the_end_counts(ledger: duckdb.DuckDBPyConnection) -> None:
    question = CATALOG.named("subsidies")
    rows = run(question, CATALOG.params(question, {}, dt.date(2026, 5, 31)), ledger)
    assert [row[:2] for row in rows] == [("（助成金名なし）", 1)]
