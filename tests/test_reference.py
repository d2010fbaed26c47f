"""参考データ: any table under a name with its source and terms; past the gate, in one load, taken back, never twice."""

from __future__ import annotations

import datetime as dt
import json
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from dx_data import intake
from dx_data.access import Person
from dx_data.analysis import Workbench
from dx_data.custody.ledger import Act
from dx_data.datasets import DATASETS
from dx_data.derive import reference
from dx_data.errors import UndoRefused
from dx_data.house import House
from dx_data.intake import About, Reviewed
from dx_data.lake import kept
from dx_data.lake.reference import Reference
from tests.terminal import Dx

DAY = dt.date(2026, 4, 1)
ABOUT = About("人口", "統計局", "CC BY 4.0", DAY)
TABLE = '地域,人口,人口,調査日,\n青戸,"1,234",△5,令和7年4月1日,x\n亀有,－,0012,2025/4/2,\n'


def keep(home: House, person: Person, path: Path, about: About = ABOUT, **more: Any) -> Reviewed:
    found = intake.review_reference(path, home, about, **more)
    return intake.load(found, home, person) if found.loadable else found


def stored(home: House, name: str = "人口") -> list[tuple[Any, ...]]:
    with home.lake.cursor() as cursor:
        return cursor.execute(
            f"SELECT line, cells, source_row FROM {home.lake.at().rows(reference.ROWS)} WHERE name = ? ORDER BY line",
            [name],
        ).fetchall()


def test_a_table_is_kept_as_text_in_normal_form_with_all_that_is_said_of_it(
    home: House, write: Any, person: Person
) -> None:
    done = keep(home, person, write("表.csv", '地域,人口,調査日\n青戸,"1,234",令和7年4月1日\n亀有,,2025/4/2\n'))
    assert (done.status, done.plan.counts["added"] if done.plan else None) == ("loaded", 3)
    assert stored(home) == [(1, ["青戸", "1234", "2025-04-01"], 2), (2, ["亀有", None, "2025-04-02"], 3)]
    assert list(kept(home.lake.at())) == [
        Reference(
            name="人口",
            source="統計局",
            terms="CC BY 4.0",
            as_of=DAY,
            file="表.csv",
            sheet=None,
            headings=("地域", "人口", "調査日"),
            kinds=("text", "integer", "date"),
            row_count=2,
            gate="すべての列を確かめて保存",
            load=1,
        )
    ]
    (load,) = home.lake.loads()
    assert (load.message, load.as_of) == ("表.csv を参考データ『人口』として取り込み", DAY)
    assert [line.act for line in home.ledger.lines()] == [Act.MADE, Act.LOAD_INTENT, Act.LOAD]
    assert done.receipt
    assert done.receipt.tables == ("参考データ『人口』",)


def test_headings_are_distinct_also_by_case_and_where_they_are_blank(home: House, write: Any, person: Person) -> None:
    keep(home, person, write("a.csv", "kind,Kind,,kind_2\na,b,c,d\na,b,c,e\n"))
    (found,) = kept(home.lake.at())
    assert (found.headings, stored(home)[0][1]) == (("kind", "Kind_2", "C列", "kind_2_2"), ["a", "b", "c", "d"])


def test_the_same_bytes_change_nothing_and_other_facts_do(home: House, write: Any, person: Person) -> None:
    path = write("a.csv", TABLE)
    assert [keep(home, person, path).status for _ in range(2)] == ["loaded", "unchanged"]
    assert keep(home, person, path, replace(ABOUT, name="別名")).status == "loaded"
    assert keep(home, person, path, replace(ABOUT, terms="区内限り")).status == "loaded"
    assert [(r.name, r.terms, r.load) for r in kept(home.lake.at())] == [
        ("人口", "区内限り", 3),
        ("別名", "CC BY 4.0", 2),
    ]


def test_a_newer_table_replaces_its_own_rows_and_an_undo_brings_them_back(
    home: House, write: Any, person: Person
) -> None:
    keep(home, person, write("a.csv", "地域,人口\n青戸,1\n亀有,2\n新小岩,3\n"))
    keep(home, person, write("b.csv", "地域,人口\n水元,9\n"), replace(ABOUT, name="別"))
    before = stored(home)
    keep(home, person, write("a.csv", "地域,人口\n青戸,1\n亀有,5\n"), replace(ABOUT, as_of=dt.date(2026, 5, 1)))
    assert [cells for _, cells, _ in stored(home)] == [["青戸", "1"], ["亀有", "5"]]
    assert [cells for _, cells, _ in stored(home, "別")] == [["水元", "9"]]
    with pytest.raises(UndoRefused, match="取込番号 3"):
        intake.undo(1, home, person)
    intake.undo(3, home, person)
    assert (stored(home), [r.as_of for r in kept(home.lake.at())]) == (before, [DAY, DAY])
    intake.undo(1, home, person)
    assert (stored(home), [r.name for r in kept(home.lake.at())]) == ([], ["別"])


def test_an_older_table_asks_before_it_replaces_a_newer_one(home: House, write: Any, person: Person) -> None:
    keep(home, person, write("a.csv", "地域,人口\n青戸,1\n"))
    path, older = write("b.csv", "地域,人口\n青戸,2\n"), replace(ABOUT, as_of=dt.date(2026, 3, 1))
    found = keep(home, person, path, older)
    assert (found.status, {p.rule for p in found.asks}) == ("asks", {"plan.older"})
    assert keep(home, person, path, older, accept_older=True).status == "loaded"


@pytest.mark.parametrize(
    ("content", "rules", "headings", "gate"),
    [
        ("施設名,電話番号,定員\nA園,03-3695-1111,20\n", [], ("施設名", "定員"), "除いた列:電話番号"),
        ("氏名,電話番号,点\n甲野花子,090-1234-5678,1\n", ["gate.name_with_contact"], None, None),
        ("番号,個人番号\n1,123456789018\n", ["gate.my_number"], None, None),
        ("地域,備考\n青戸,連絡は090-1234-5678まで\n", ["gate.contact"], None, None),
    ],
    ids=["left out", "name with contact", "my number", "in a cell"],
)
def test_the_gate_stands_before_every_table(
    home: House,
    write: Any,
    person: Person,
    content: str,
    rules: list[str],
    headings: tuple[str, ...] | None,
    gate: str | None,
) -> None:
    found = keep(home, person, write("a.csv", content))
    assert [p.rule for p in found.problems] == rules
    assert [(r.headings, r.gate) for r in kept(home.lake.at())] == ([(headings, gate)] if headings else [])
    assert len(home.lake.loads()) == (1 if headings else 0)
    assert all("3695" not in str(cells) for _, cells, _ in stored(home))


def test_one_of_several_tables_must_be_named(home: House, tmp_path: Path, person: Person) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for name in ("4月", "5月"):
            sheet = book.add_worksheet(name)
            for row, cells in enumerate([["地域", "人口"], ["青戸", name], ["亀有", name]]):
                sheet.write_row(row, 0, cells)
    asked = keep(home, person, path)
    assert [(p.rule, p.fix) for p in asked.problems] == [
        ("reference.which_table", "シート（『4月』、『5月』）か、何番目の表かを指定してください")
    ]
    assert keep(home, person, path, replace(ABOUT, sheet="6月")).status == "refused"
    keep(home, person, path, replace(ABOUT, sheet="5月"))
    assert [cells for _, cells, _ in stored(home)] == [["青戸", "5月"], ["亀有", "5月"]]


def test_no_file_is_matched_with_it_and_no_copy_holds_it(
    home: House, write: Any, person: Person, tmp_path: Path
) -> None:
    import duckdb

    keep(home, person, write("a.csv", TABLE))
    assert not reference.KEPT.keys() & DATASETS.keys()
    home.lake.copy(tmp_path / "c.duckdb")
    with duckdb.connect(str(tmp_path / "c.duckdb")) as copy:
        assert not reference.KEPT.keys() & {
            name for (name,) in copy.execute("SELECT table_name FROM duckdb_tables()").fetchall()
        }


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.lists(st.lists(st.sampled_from("青亀水柴立"), min_size=2, max_size=2), min_size=1, max_size=6))
def test_any_rows_are_kept_in_their_order(rows: list[list[str]]) -> None:
    part = Reference("n", "s", "t", DAY, "f", None, ("a", "b"), ("text", "text"), len(rows), "g").parts(
        range(2, len(rows) + 2), rows
    )[1]
    assert part.rows["cells"].to_pylist() == rows
    assert part.rows["line"].to_pylist() == list(range(1, len(rows) + 1))


def test_the_command_line_keeps_lists_and_takes_back(dx: Dx, write: Any) -> None:
    path = write("a.csv", "地域,人口\n青戸,1\n")
    words = ("--name", "人口", "--source", "統計局", "--terms", "CC BY", "--as-of", "2026-04-01")
    missing = dx("load", "--reference", path, "--name", "人口")
    assert (missing.returncode, "--source・--terms・--as-of がありません" in missing.stderr) == (2, True)
    assert dx("load", path, "--name", "人口").returncode == 2
    assert dx("load").returncode == 2
    kept_ = dx("load", "--reference", path, *words, "--json")
    (found,) = json.loads(kept_.stdout)["files"]
    assert (kept_.returncode, found["status"], found["rows"], found["load"]) == (0, "loaded", 1, 1)
    other = write("a.csv", "地域,人口\n青戸,2\n")
    assert dx("load", "--reference", other, *words).returncode == 1
    assert dx("load", "--reference", other, *words, "--yes").returncode == 0
    assert dx("undo", "2").returncode == 0
    messages = [each["message"] for each in json.loads(dx("loads", "--json").stdout)["loads"]]
    assert messages == ["取込番号 2 の取消", *["a.csv を参考データ『人口』として取り込み"] * 2]


def test_a_kept_table_lies_in_the_copy_with_each_cell_as_what_its_column_is(
    home: House, write: Any, person: Person
) -> None:
    """For typed SQL: under 「参考_」 and its name; a name that SQL takes for the same gets a number."""
    table = "所管課,職員数,割合,基準日\n保育課,42,12.5,令和7年4月1日\n税務課,,,\n"
    keep(home, person, write("a.csv", table), replace(ABOUT, name='課 "別"'))
    keep(home, person, write("b.csv", "kind\nx\n"), replace(ABOUT, name="Kinds"))
    keep(home, person, write("c.csv", "kind\ny\n"), replace(ABOUT, name="KINDS"))
    with closing(Workbench(home, children=1)) as bench:
        listed = {each.title: each for each in bench.tables() if each.title.startswith(reference.BESIDE)}
        answered = bench.ask('SELECT * FROM "参考_課 ""別"""', who=person)
        same = [
            bench.ask(f'SELECT * FROM "{name}"', who=person).rows for name in sorted(listed) if "inds" in name.lower()
        ]
    assert answered.rows == [("保育課", 42, Decimal("12.5"), DAY.replace(year=2025)), ("税務課", None, None, None)]
    assert [(column.title, column.kind) for column in listed['参考_課 "別"'].columns] == [
        *(("所管課", "文字"), ("職員数", "整数"), ("割合", "数値"), ("基準日", "日付"))
    ]
    assert (len(listed), sorted(rows[0][0] for rows in same)) == (3, ["x", "y"])
