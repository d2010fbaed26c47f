"""What a section was called on a day: followed through the master wherever one section took over alone."""

import datetime as dt

import pytest

from dx_data.catalog import populations
from dx_data.derive import tables
from tests.test_questions import visible

MASTER = """\
sequence,division,section,valid_from,valid_to,successors
1,部,一課,2020-04-01,2022-03-31,二課
2,部,二課,2022-04-01,2024-03-31,三課
3,部,三課,2024-04-01,,
4,部,大課,2020-04-01,2024-03-31,甲課、乙課
5,部,甲課,2024-04-01,,
6,部,乙課,2024-04-01,,
7,部,東課,2020-04-01,2024-03-31,合同課
8,部,西課,2020-04-01,2024-03-31,合同課
9,部,合同課,2024-04-01,,
10,旧部,同名課,2020-04-01,2024-03-31,
11,新部,同名課,2024-04-01,,
12,部,終課,2020-04-01,2024-03-31,
13,部,右課,2020-04-01,2022-03-31,左課
14,部,左課,2022-04-01,2024-03-31,右課
15,部,右課,2024-04-01,,
"""


def seen(master: str, section: str, day: str) -> str | None:
    with visible(["departments"], {"departments": master}) as connection:
        (population,) = (each for each in populations() if each.name == "section_names")
        connection.execute(tables.macro(population))
        rows = connection.execute(
            "SELECT seen FROM section_names() WHERE section = $section AND $day BETWEEN first_day AND last_day",
            {"section": section, "day": dt.date.fromisoformat(day)},
        ).fetchall()
    assert len(rows) <= 1, "a name is one section on a day"
    return rows[0][0] if rows else None


@pytest.mark.parametrize(
    ("section", "day", "name"),
    [
        ("一課", "2022-03-31", "一課"),
        ("一課", "2022-04-01", "二課"),
        ("一課", "2026-01-01", "三課"),
        ("三課", "2022-03-31", "一課"),
        ("三課", "2024-03-31", "二課"),
        ("大課", "2026-01-01", "大課"),  # into several: nobody can say which
        ("甲課", "2024-03-31", "大課"),
        ("甲課", "2024-04-01", "甲課"),
        ("東課", "2024-04-01", "合同課"),
        ("合同課", "2024-03-31", None),  # out of several: nobody can say which
        ("同名課", "2023-01-01", "同名課"),
        ("同名課", "2025-01-01", "同名課"),
        ("終課", "2025-01-01", "終課"),
        ("三課", "2019-01-01", None),  # before the master begins
        ("右課", "2023-01-01", "左課"),  # there and back
        ("左課", "2021-01-01", "右課"),
        ("左課", "2025-01-01", "右課"),
        ("知らない課", "2025-01-01", None),
    ],
)
def test_a_section_on_a_day(section: str, day: str, name: str | None) -> None:
    assert seen(MASTER, section, day) == name


def test_a_master_that_contradicts_itself_still_says_one_name() -> None:
    head, both = MASTER.splitlines()[0], ("1,部,甲課,2020-04-01,,乙課", "2,部,乙課,2020-04-01,,甲課")
    twice = "\n".join((head, *both, ""))
    assert [seen(twice, name, "2021-01-01") for name in ("甲課", "乙課")] == ["甲課", "乙課"]
