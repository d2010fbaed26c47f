"""What the priority procedures' stages were at a day, from changes the lake observed; examples give no history."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from dx_data.catalog import run
from tests.test_questions import CATALOG, visible

DAY = dt.date


@pytest.fixture
def ledger() -> Iterator[duckdb.DuckDBPyConnection]:
    """P-1 went 未着手 → 解決方法検討 (5 October) → 試行 (5 November); P-2 came as 試行 and never changed."""
    reads = ("procedures", "procedure_log", "forms")
    with visible(reads, {}) as connection:
        connection.execute(
            "INSERT INTO raw.procedures (procedure_id, procedure, section, priority, stage, online_status) VALUES"
            " ('P-1', '学童利用申込', '児童課', ['子育て・教育'], '試行', '未'),"
            " ('P-2', '転居届', '戸籍住民課', ['年間1万件以上', '国59手続'], '試行', '未')"
        )
        connection.execute(
            "INSERT INTO raw.procedures_history (procedure_id, column_name, old, new, observed_on, load_id) VALUES"
            " ('P-1', 'stage', NULL, '未着手', '2026-09-07', 1), ('P-2', 'stage', NULL, '試行', '2026-09-07', 1),"
            " ('P-1', 'stage', '未着手', '解決方法検討', '2026-10-05', 2),"
            " ('P-1', 'online_status', NULL, '未', '2026-11-19', 3),"
            " ('P-1', 'stage', '解決方法検討', '試行', '2026-11-05', 3)"
        )
        yield connection


def asked(connection: duckdb.DuckDBPyConnection, name: str, day: dt.date) -> list[dict[str, Any]]:
    question = CATALOG.named(name)
    rows = run(question, CATALOG.params(question, {}, day), connection)
    return [dict(zip([column.name for column in question.columns], row, strict=True)) for row in rows]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (DAY(2026, 11, 20), ("試行", DAY(2026, 11, 5), "変化を観測した日", 15, 15)),
        (DAY(2026, 11, 5), ("試行", DAY(2026, 11, 5), "変化を観測した日", 0, 0)),
        (DAY(2026, 11, 4), ("解決方法検討", DAY(2026, 10, 5), "変化を観測した日", 30, 30)),
        (DAY(2026, 10, 4), ("未着手", DAY(2026, 9, 7), "初めて取り込んだ日（前から）", 27, None)),
        (DAY(2026, 9, 6), ("未着手", None, None, None, None)),
    ],
)
def test_a_stage_is_that_of_the_day(
    ledger: duckdb.DuckDBPyConnection, day: dt.date, expected: tuple[object, ...]
) -> None:
    (row,) = [row for row in asked(ledger, "priority_procedures", day) if row["procedure_id"] == "P-1"]
    assert tuple(row[name] for name in ("stage", "since_on", "since_basis", "days_in_stage", "idle_days")) == expected


def test_thirty_days_without_action_or_change_is_a_stall(ledger: duckdb.DuckDBPyConnection) -> None:
    # P-2 was first seen on 7 September, so nothing was seen of it for 74 days; P-1 moved 15 days ago.
    states = {row["procedure_id"]: row["state"] for row in asked(ledger, "priority_procedures", DAY(2026, 11, 20))}
    assert states == {"P-1": "進行中", "P-2": "停滞"}
    (board,) = [row for row in asked(ledger, "procedures_by_stage", DAY(2026, 11, 20)) if row["stage"] == "試行"]
    assert (board["count"], board["days_known"], board["stalled"], board["median_days"]) == (2, 2, 1, 44.5)
    found = asked(ledger, "procedures_attention", DAY(2026, 11, 20))
    assert [(row["kind"], row["subject"], row["days"]) for row in found] == [
        ("動きのない優先手続", "転居届（P-2）", 74)
    ]


def test_an_action_written_down_ends_a_stall(ledger: duckdb.DuckDBPyConnection) -> None:
    ledger.execute("INSERT INTO raw.procedure_log (procedure_id, line, acted_on) VALUES ('P-2', 1, '2026-10-22')")
    states = {row["procedure_id"]: row["state"] for row in asked(ledger, "priority_procedures", DAY(2026, 11, 20))}
    assert states["P-2"] == "進行中"
    assert asked(ledger, "procedures_attention", DAY(2026, 11, 20)) == []


def test_both_priorities_of_the_contract_are_counted_apart(ledger: duckdb.DuckDBPyConnection) -> None:
    rows = asked(ledger, "child_and_large", DAY(2026, 11, 20))
    assert {row["priority"]: (row["procedures"], row["not_online"]) for row in rows} == {
        "子育て・教育": (1, 1),
        "年間1万件以上": (1, 1),
    }


@pytest.mark.parametrize(("scope", "count"), [("優先(契約)", 2), ("国59手続", 1), ("国26手続", 0), ("全手続", 2)])
def test_the_chosen_procedures_are_the_denominator(ledger: duckdb.DuckDBPyConnection, scope: str, count: int) -> None:
    question = CATALOG.named("procedures_headline")
    ((*row,),) = run(question, CATALOG.params(question, {"scope": scope}, DAY(2026, 11, 20)), ledger)
    assert row[[column.name for column in question.columns].index("procedures")] == count
