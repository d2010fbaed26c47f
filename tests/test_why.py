"""From a figure to its cells: the rows that are listed give the figure, and each says where it stands."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, nullcontext
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from dx_data import house, why
from dx_data.access import Person, Role
from dx_data.catalog import (
    CALENDAR,
    JOURNAL,
    Result,
    counted_by,
    declarations,
    journal_table,
    open_days,
    populations,
    run,
)
from dx_data.custody.exits import Exit, hand_over, view, why_lines
from dx_data.custody.ledger import Act
from dx_data.datasets import DATASETS
from dx_data.derive import tables
from dx_data.derive.lineage.lists import Part
from dx_data.errors import NotPermitted, WrongUsage
from dx_data.house import House
from dx_data.spec import Pii, Question
from dx_data.why import Proof, Why, figures
from tests.test_questions import CATALOG, TODAY, example, example_files, journal_rows, visible
from tests.thorough import ALL, times

pytestmark = pytest.mark.slow  # all of them together

SEED = 20261120
# What the small demo has nothing of; every question is traced in its examples too.
NOTHING = {
    *("consultations_attention", "consultations_followup", "deliverables_clock", "trainings_attention"),
    *("defect_notice", "stage_changes"),
}
EVERY = 10**9
PERSON = Person("試験", frozenset(Role))
QUESTIONS = list(CATALOG.questions.values())
# Asked for a longer time than their default, so that the small lake has something to count.
SINCE = {"since": dt.date(2025, 4, 1)}

Trace = Callable[[Result, dict[str, Any], str], Why]

each_question = pytest.mark.parametrize("name", [question.name for question in QUESTIONS])


@pytest.fixture(scope="module")
def filled(lakes: Path) -> Iterator[House]:
    """The demo lake made of the small demo files."""
    with closing(house.open_house(demo=True)) as opened:
        yield opened


@pytest.fixture(scope="module")
def trace(filled: House) -> Iterator[Trace]:
    """Traces figures as the house does, in one database of its own for all."""
    files = {load.load: load.file for load in filled.lake.loads()}
    with filled.lake.apart() as lake:

        def traced(result: Result, key: dict[str, Any], column: str) -> Why:
            return why.why(result, lake.at(result.snapshot), key, column, files, EVERY)

        yield traced


def asked(home: House, name: str) -> Result:
    question = home.catalog.named(name)
    wider = {k: v for k, v in SINCE.items() if k in question.params and question.params[k].default != "contract_start"}
    return home.ask(name, **wider)


def some_figures(result: Result, number: int) -> list[tuple[dict[str, Any], str]]:
    """Figures of an answer by chance: the key of the row, the column."""
    chance = random.Random(f"{SEED} {result.question.name}")
    every = [
        ({name: record[name] for name in result.question.key}, column.name)
        for record in result.records()
        for column in figures(result.question)
    ]
    return chance.sample(every, min(number, len(every)))


def written(home: House, table: str) -> list[dict[str, Any]]:
    """All rows of a raw table."""
    with closing(home.lake.at().cursor()) as cursor:
        at = home.lake.at()
        cursor.execute(f'SELECT * FROM {at.schema}."{table}" {at.version}')
        heads = [column[0] for column in cursor.description or ()]
        return [dict(zip(heads, row, strict=True)) for row in cursor.fetchall()]


def counted_again(home: House, found: Why) -> list[dict[str, Any]]:
    """The question's answer in a database that holds nothing but the listed rows, found again by what the list says."""
    question = found.result.question
    with closing(duckdb.connect(":memory:")) as fresh:
        fresh.execute("SET TimeZone = 'Asia/Tokyo'")
        fresh.execute("CREATE SCHEMA raw")
        for name in question.reads:
            if name == CALENDAR:
                fresh.register(CALENDAR, open_days())
                continue
            if name in JOURNAL:
                told = declarations() if name == "declared_datasets" else home.at(None).journal(name)
                fresh.register(name, journal_table(name, told))
                continue
            for statement in tables.create(DATASETS[name], "raw"):
                fresh.execute(statement)
        for each in found.lists:
            dataset = each.dataset
            table = tables.history_name(dataset) if each.history else dataset.name
            titles = {column.title: column.name for column in dataset.columns}
            titles |= {facts[1]: name for name, facts in tables.HISTORY_COLUMNS.items()}
            wanted = [
                {titles[title]: value for title, value in row.values.items()}
                | {"load_id": row.load}
                | ({} if each.history else {"source_sheet": row.sheet, "source_row": row.row})
                for row in each.rows
            ]
            assert len(wanted) == each.count
            names = list(wanted[0])
            marks = {repr([row[name] for name in names]) for row in wanted}
            rows = [row for row in written(home, table) if repr([row[name] for name in names]) in marks]
            assert len(rows) == each.count, "the list says of each row where it stands"
            fresh.register("batch", pa.Table.from_pylist(rows))
            fresh.execute(f'INSERT INTO raw."{table}" BY NAME SELECT * FROM batch')
        for name in question.reads:
            if name in DATASETS:
                for statement in tables.views(DATASETS[name], tables.fields(DATASETS[name]), "raw"):
                    fresh.execute(statement)
        for population in counted_by("".join(f"{p.name}(" for p in populations()), question.reads):
            fresh.execute(tables.macro(population))
        names = [column.name for column in question.columns]
        return [dict(zip(names, row, strict=True)) for row in run(question, found.result.params, fresh)]


def figure_of(answer: list[dict[str, Any]], key: dict[str, Any], column: str) -> Any:
    (row,) = [row for row in answer if all(row[name] == value for name, value in key.items())]
    return row[column]


# --- the property -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", random.Random(SEED).sample(sorted(CATALOG.questions), times(12, len(QUESTIONS))))
def test_counting_again_from_the_listed_rows_gives_the_figure(filled: House, trace: Trace, name: str) -> None:
    """For figures by chance (SEED), in a database of their own that holds nothing else; usually of some questions."""
    result = asked(filled, name)
    assert bool(result.rows) == (name not in NOTHING)
    for key, column in some_figures(result, 1):
        found = trace(result, key, column)
        assert found.proof is not Proof.WHOLE, f"{found.place}: no narrower list of rows gives the figure"
        assert figure_of(counted_again(filled, found), key, column) == found.value, found.place


class Example:
    """The rows of a question's hand-checkable example, as a snapshot that has no loads."""

    title, schema, version = "example:1", "raw", ""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, question: Question, given: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self.connection, self.question, self.given = connection, question, given

    def cursor(self) -> duckdb.DuckDBPyConnection:
        return self.connection.cursor()

    def columns(self) -> dict[str, frozenset[str]]:
        return {name: frozenset(tables.fields(DATASETS[name])) for name in self.question.reads if name in DATASETS}

    def near(self, names: object) -> AbstractContextManager[Mapping[str, str]]:
        return nullcontext({})

    def journal(self, name: str) -> list[dict[str, Any]]:
        return journal_rows(name, self.given.get(name, ""))

    def changed(self, names: object) -> int:
        return 1

    def as_of(self, names: object) -> None:
        return None

    updated = as_of


@each_question
def test_every_question_is_traced_in_its_examples(name: str) -> None:
    """A figure by chance (SEED) of its typical examples, counted again from rows that are never simply all of them.

    In a thorough run of every example.
    """
    question = CATALOG.named(name)
    traced = 0
    for path in (path for path in example_files(question) if ALL or path.stem.startswith("typical")):
        facts = example(path)
        with visible(question.reads, facts["given"]) as connection:
            snapshot = Example(connection, question, facts["given"])
            result = CATALOG.ask(name, snapshot, today=TODAY, **(facts["params"] or {}))
            for key, column in some_figures(result, 1):
                found = why.why(result, snapshot, key, column, {}, EVERY)
                assert found.proof is not Proof.WHOLE, f"{path.stem}: {found.place}"
                traced += 1
    assert traced >= 1


# --- whole values ---------------------------------------------------------------------------------------------------

FORMS = (
    "フォームID,フォーム名,フォーム区分,システム,所管課,公開状態\n"
    "F-1,保育所等利用申込,手続,LoGoフォーム,保育課,公開中\n"
    "F-2,粗大ごみ申込,手続,LoGoフォーム,清掃課,公開中\n"
    "F-9,区民アンケート,アンケート,LoGoフォーム,広報課,公開中\n"
)
APPLICATIONS = (
    "システム,申請番号,申請日時,フォームID,処理状況\n"
    "LoGoフォーム,B1,2026/04/10 09:00,F-1,完了\n"
    "LoGoフォーム,B2,2026/04/11 09:00,F-1,完了\n"
    "LoGoフォーム,B3,2026/04/12 09:00,F-2,処理中\n"
    "LoGoフォーム,B4,2026/04/12 09:00,F-9,完了\n"
)
RECEIPTS = (
    "収納日,窓口,手数料種別,決済手段,区分,件数,金額\n"
    "2026/04/01,戸籍住民課,証明,現金,売上,3,900\n"
    "2026/04/02,戸籍住民課,証明,現金,売上,2,600\n"
    "2026/04/02,戸籍住民課,証明,現金,取消,-1,-300\n"
    "2026/05/01,戸籍住民課,証明,現金,売上,9,2700\n"
)
INQUIRIES = (
    "受付番号,受付日時,問合せ元区分,対象,作業区分,対応状況\n"
    "Q-1,2026/04/01 10:00,庁内,電子申請,問合せ対応,完了\n"
    "Q-2,2026/04/02 10:00,区民,電子申請,フォーム管理台帳更新,完了\n"
    "Q-3,2026/04/03 10:00,庁内,AI-OCR,問合せ対応,完了\n"
)
PROCEDURES = (
    "手続ID,手続名,所管課,分野,優先区分,進捗段階,オンライン化状況,オンライン化日,有効区分\n"
    "P-1,保育申込,保育課,子育て・教育,区選定,{stage},{online},{day},有効\n"
    "P-2,障害手当,福祉課,福祉,,未着手,未,,有効\n"
    "P-3,廃止した届,保育課,子育て・教育,,オンライン化済,済(全部),2025/01/01,廃止・統合\n"
)


def laid_out(found: Why) -> list[tuple[Any, ...]]:
    """Each listed row as part, dataset, its first five values, file, physical row."""
    return [
        (
            each.part.value,
            each.title,
            "|".join([str(value) for value in row.values.values() if value is not None][:5]),
            row.file,
            row.row,
        )
        for each in found.lists
        for row in each.rows
    ]


def test_a_count_lists_what_it_counts_and_the_master_it_read(home: House, take: Any, write: Any) -> None:
    take(write("フォーム.csv", FORMS))
    take(write("申請.csv", APPLICATIONS))
    result = home.ask("applications_status", since=dt.date(2026, 4, 1), until=dt.date(2026, 4, 30))
    found = home.trace(result, {"status": "完了"}, "count")
    assert (found.value, found.proof, found.place) == (2, Proof.EXACT, "処理状況 完了 の 件数（件）")
    assert laid_out(found) == [
        ("counted", "電子申請", "LoGoフォーム|B1|2026-04-10 09:00:00|F-1|完了", "申請.csv", 2),
        ("counted", "電子申請", "LoGoフォーム|B2|2026-04-11 09:00:00|F-1|完了", "申請.csv", 3),
        ("read", "フォーム管理台帳", "F-1|手続", "フォーム.csv", 2),
    ]
    assert [each.loads for each in found.lists] == [((2, "申請.csv", 2),), ((1, "フォーム.csv", 1),)]


def test_a_sum_with_a_filter_lists_only_what_the_filter_takes(home: House, take: Any, write: Any) -> None:
    take(write("事績簿.csv", RECEIPTS))
    result = home.ask("receipts_month_totals", month=dt.date(2026, 4, 1))
    (row,) = result.records()
    key = {name: row[name] for name in result.question.key}
    sold, canceled, refunded = (home.trace(result, key, name) for name in ("sales_yen", "canceled_yen", "refunded_yen"))
    assert (sold.value, [line[4] for line in laid_out(sold)]) == (1500, [2, 3])
    assert (canceled.value, [line[4] for line in laid_out(canceled)]) == (-300, [4])
    # Nothing was refunded: the rows that were looked at in vain, none of them counted.
    assert (refunded.value, refunded.count(Part.COUNTED)) == (None, 0)
    assert {line[4] for line in laid_out(refunded)} == {2, 3, 4}


def test_a_rate_lists_what_stands_above_and_below_the_line(home: House, take: Any, write: Any) -> None:
    take(write("手続.csv", PROCEDURES.format(stage="オンライン化済", online="済(全部)", day="2026/04/01")))
    result = home.ask("online_by_field", as_of=dt.date(2026, 11, 1))
    child, welfare = {"field": "子育て・教育"}, {"field": "福祉"}
    online = home.trace(result, child, "online_all")
    assert (online.value, [line[4] for line in laid_out(online)]) == (1, [2])
    rate = home.trace(result, welfare, "online_rate")
    assert (float(rate.value), [(line[0], line[4]) for line in laid_out(rate)]) == (0.0, [("counted", 3)])


def test_a_figure_of_one_topic_lists_no_other(home: House, take: Any, write: Any) -> None:
    take(write("問合せ.csv", INQUIRIES))
    result = home.ask("inquiries_by_topic", since=dt.date(2026, 4, 1), until=dt.date(2026, 4, 30))
    topic = {"topic": "電子申請"}
    assert [line[4] for line in laid_out(home.trace(result, topic, "answering"))] == [2]
    assert [line[4] for line in laid_out(home.trace(result, topic, "work"))] == [3]
    assert [line[4] for line in laid_out(home.trace(result, topic, "inquiries"))] == [2, 3]


def test_an_observed_change_is_listed_as_what_it_is(home: House, take: Any, write: Any) -> None:
    take(write("手続1.csv", PROCEDURES.format(stage="試行", online="未", day="")), day=dt.date(2026, 10, 1))
    take(write("手続2.csv", PROCEDURES.format(stage="オンライン化済", online="済(全部)", day="2026/10/20")))
    result = home.ask("priority_procedures", as_of=dt.date(2026, 10, 15))
    found = home.trace(result, {"procedure_id": "P-1"}, "stage")
    assert found.value == "試行"
    assert [(each.part.value, each.title, each.history) for each in found.lists] == [
        ("counted", "手続台帳", False),
        ("counted", "手続台帳の変更の記録", True),
    ]
    (change,) = found.lists[1].rows
    assert (dict(change.values), change.file, change.load, change.row) == (
        {
            "手続ID": "P-1",
            "項目": "stage",
            "前の値": "試行",
            "後の値": "オンライン化済",
            "観測日": dt.date(2026, 11, 1),
        },
        "手続2.csv",
        2,
        None,
    )


def test_at_an_earlier_snapshot_the_rows_are_those_of_then(home: House, take: Any, write: Any) -> None:
    take(write("申請1.csv", APPLICATIONS))
    then = home.lake.at().title
    take(write("申請2.csv", APPLICATIONS.replace("B1,2026/04/10 09:00,F-1,完了", "B1,2026/04/10 09:00,F-1,却下")))
    asked_at = {"since": dt.date(2026, 4, 1), "until": dt.date(2026, 4, 30)}
    before = home.ask("applications_status", then, **asked_at)
    after = home.ask("applications_status", **asked_at)
    listed = {
        result.snapshot: [
            row.values["申請番号"] for row in home.trace(result, {"status": "完了"}, "count").lists[0].rows
        ]
        for result in (before, after)
    }
    assert listed == {then: ["B1", "B2", "B4"], after.snapshot: ["B2", "B4"]}


def test_what_helps_to_identify_is_never_shown(filled: House, trace: Trace) -> None:
    """Whatever a question looks at, and for whoever asks."""
    result = asked(filled, "consultations_headline")
    (row,) = result.records()
    found = trace(result, {name: row[name] for name in result.question.key}, "organisations")
    hidden = {c.title for d in DATASETS.values() for c in d.columns if c.pii is not Pii.NONE}
    assert found.count(Part.COUNTED) > 0
    assert [title for each in found.lists for row in each.rows for title in row.values if title in hidden] == []


# --- choosing, rights, the ledger -----------------------------------------------------------------------------------


def test_a_row_is_chosen_by_name_or_title_of_its_key(home: House, take: Any, write: Any) -> None:
    take(write("申請.csv", APPLICATIONS))
    result = home.ask("applications_status", since=dt.date(2026, 4, 1), until=dt.date(2026, 4, 30))
    for given in ({"status": "完了"}, {"処理状況": "完了"}):
        (figure,) = home.explain(result, given, "件数（件）").figures
        assert (figure.key, figure.column.name, figure.value) == ({"status": "完了"}, "count", 3)
    with pytest.raises(WrongUsage, match="その行（status=なし）は答えに 0 行あります"):
        home.explain(result, {"status": "なし"}, "count")
    with pytest.raises(WrongUsage, match="行を選ぶ項目『課』はありません"):
        home.explain(result, {"課": "x"}, "count")
    with pytest.raises(WrongUsage, match="列『x』はありません"):
        home.explain(result, {"status": "完了"}, "x")


def test_without_a_row_each_column_has_its_number_of_rows(home: House, take: Any, write: Any) -> None:
    take(write("申請.csv", APPLICATIONS))
    result = home.ask("applications_status", since=dt.date(2026, 4, 1), until=dt.date(2026, 4, 30))
    found = home.explain(result, {}, None)
    assert found.figures == ()
    counted = [("電子申請", Part.COUNTED, 4)]
    assert found.counts == {"count": counted, "total": counted, "share": counted}
    assert why_lines(found)[:2] == [("項目", "区分", "データ", "行数"), ("件数（件）", "数えた行", "電子申請", 4)]


def test_an_answer_of_one_row_needs_no_row(home: House, take: Any, write: Any) -> None:
    take(write("申請.csv", APPLICATIONS))
    result = home.ask("applications_outside_hours", since=dt.date(2026, 4, 1), until=dt.date(2026, 4, 30))
    found = home.explain(result, {}, None)
    assert {each.column.name: sum(map(each.count, Part)) for each in found.figures} == {
        "outside": 3,
        "received": 4,
        "outside_rate": 4,
    }


def test_rows_are_seen_only_with_the_right_and_leave_a_line(home: House, take: Any, write: Any, person: Person) -> None:
    take(write("申請.csv", APPLICATIONS))
    result = home.ask("applications_status", since=dt.date(2026, 4, 1), until=dt.date(2026, 4, 30))
    found = home.explain(result, {"status": "完了"}, "count")
    before = len(home.ledger.lines())
    for role, may in ((Role.VIEW, False), (Role.LOAD, True), (Role.PUBLISH, True), (Role.ADMIN, True)):
        somebody = Person(role.value, frozenset({role}))
        if may:
            view(found.figures[0], somebody, home.ledger)
            continue
        with pytest.raises(NotPermitted, match="「数値の元の行を見る」"):
            view(found.figures[0], somebody, home.ledger)
        with pytest.raises(NotPermitted, match="「数値の元の行を見る」"):
            hand_over(Exit.INTERNAL, found, somebody, home.ledger)
    lines = home.ledger.lines()[before:]
    assert [(line.who, line.act) for line in lines] == [(role, Act.VIEWED) for role in ("取込", "公表", "管理")]
    assert dict(lines[0].detail) == {
        "form": "screen",
        "figure": "count",
        "row": {"status": "完了"},
        "rows": 3,
        "snapshot": result.snapshot,
        "params": {"since": "2026-04-01", "until": "2026-04-30"},
    }
    assert home.verify_ledger() == []


def test_the_rows_as_json_and_csv(home: House, take: Any, write: Any, person: Person) -> None:
    take(write("申請.csv", APPLICATIONS))
    result = home.ask("applications_status", since=dt.date(2026, 4, 1), until=dt.date(2026, 4, 30))
    found = home.explain(result, {"status": "処理中"}, "count")
    told = json.loads(hand_over(Exit.INTERNAL, found, person, home.ledger, form="json").content)
    assert set(told) == {*json.loads(hand_over(Exit.INTERNAL, result, person, home.ledger, form="json").content), "why"}
    values = {
        "システム": "LoGoフォーム",
        "申請番号": "B3",
        "申請日時": "2026-04-12 09:00",
        "フォームID": "F-2",
        "処理状況": "処理中",
        **dict.fromkeys(("フォーム名", "手続名", "利用端末")),
    }
    assert told["why"].pop("version") == result.question.version.title
    assert told["why"] == {
        "figures": [
            {
                "row": {"status": "処理中"},
                "column": "count",
                "title": "件数（件）",
                "value": 1,
                "proof": "exact",
                "lists": [
                    {
                        "dataset": "applications",
                        "title": "電子申請",
                        "part": "counted",
                        "count": 1,
                        "loads": [{"load": 1, "receipt": 1, "file": "申請.csv", "rows": 1}],
                        "rows": [
                            {"values": values, "file": "申請.csv", "sheet": None, "row": 4, "load": 1, "receipt": 1}
                        ],
                    }
                ],
            }
        ],
        "counts": {},
    }
    lines = list(
        csv.reader(io.StringIO(hand_over(Exit.INTERNAL, found, person, home.ledger).content.decode("utf-8-sig")))
    )
    assert lines == [
        ["数値", "値", "区分", "データ", "ファイル", "シート", "行", "取込番号", "預り証", "内容"],
        [
            "処理状況 処理中 の 件数（件）",
            "1",
            "数えた行",
            "電子申請",
            "申請.csv",
            "",
            "4",
            "1",
            "第1号",
            "システム=LoGoフォーム、申請番号=B3、申請日時=2026-04-12 09:00、フォームID=F-2、フォーム名=、手続名=、"
            "処理状況=処理中、利用端末=",
        ],
    ]


def test_more_rows_than_asked_for_are_counted_and_not_shown(home: House, take: Any, write: Any) -> None:
    take(write("申請.csv", APPLICATIONS))
    result = home.ask("applications_status", since=dt.date(2026, 4, 1), until=dt.date(2026, 4, 30))
    (listed,) = home.trace(result, {"status": "完了"}, "count", 2).lists
    assert (listed.count, len(listed.rows), listed.loads) == (3, 2, ((1, "申請.csv", 3),))
