"""What is derived from declarations: templates that load, documents that agree, tables that comment themselves."""

from __future__ import annotations

import datetime as dt
import io
import re
from typing import Any

import openpyxl
import pytest

from dx_data import docs, intake
from dx_data.catalog import read_questions
from dx_data.datasets import DATASETS
from dx_data.derive import dictionary, tables, template
from dx_data.house import House
from dx_data.spec import Column, Dataset, Delivery, Kind

FILLABLE = [d for d in DATASETS.values() if not d.child_of]


def filled(dataset: Dataset) -> bytes:
    """The template with one row of the declared examples."""
    book = openpyxl.load_workbook(io.BytesIO(template.workbook(dataset)))
    for position, column in enumerate(template.columns(dataset), 1):
        value: Any = column.example
        if value is not None and column.kind.counts:
            value = float(value)
        if value is not None and column.kind is Kind.DATE and not column.month:
            value = dt.date.fromisoformat(value)
        book[template.SHEET].cell(2, position, value)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("dataset", FILLABLE, ids=lambda d: d.name)
def test_a_filled_in_template_loads_with_the_same_values(dataset: Dataset, home: House, take: Any, write: Any) -> None:
    done = take(write(f"{dataset.name}.xlsx", filled(dataset)))
    assert (done.status, [p.sentence for p in (*done.problems, *done.asks)]) == ("loaded", [])
    assert [(t.dataset, t.rows) for t in done.tables] == [(dataset.name, 1)]
    with home.lake.cursor() as cursor:
        cells = ", ".join(f'"{c.name}"::VARCHAR' for c in dataset.stored)
        (row,) = cursor.execute(f"SELECT {cells} FROM {home.lake.at().rows(dataset)}").fetchall()
    for column, value in zip(dataset.stored, row, strict=True):
        assert _plain(column, value) == column.example, column.title


def _plain(column: Column, value: str | None) -> str | None:
    if value is None:
        return None
    if column.kind is Kind.NUMBER:
        return value.rstrip("0").rstrip(".")
    if column.kind is Kind.CHOICES:
        return value.strip("[]")
    if column.kind is Kind.DATETIME:
        return value[:16]
    return value[:7] if column.month else value


@pytest.mark.parametrize("dataset", FILLABLE, ids=lambda d: d.name)
def test_an_empty_template_loads_nothing_and_says_so(dataset: Dataset, home: House, write: Any) -> None:
    found = intake.review(write("t.xlsx", template.workbook(dataset)), home, home.settings)
    assert (found.status, found.plan.counts if found.plan else None) != ("loaded", None)
    assert home.lake.loads() == []


def test_a_template_has_drop_downs_and_no_column_that_is_not_stored() -> None:
    book = openpyxl.load_workbook(io.BytesIO(template.workbook(DATASETS["applications"])))
    sheet = book[template.SHEET]
    assert [cell.value for cell in sheet[1]] == [c.title for c in DATASETS["applications"].stored]
    lists = {str(v.sqref).split(":")[0]: v.formula1 for v in sheet.data_validations.dataValidation}
    assert lists["G2"] == '"未処理,処理中,差戻し,完了,却下,取下げ"'


def test_two_builds_of_a_template_are_the_same_bytes() -> None:
    assert template.workbook(DATASETS["forms"]) == template.workbook(DATASETS["forms"])


def test_the_generated_documents_agree_with_the_declarations() -> None:
    assert docs.stale() == [], "`make docs` で作り直してください"


def test_the_definitions_tell_of_the_national_figures_too() -> None:
    national = read_questions(national=True)
    told = docs.PAGES["docs/questions.md"]().partition("\n## 全国の指標\n")[2].partition("\n## ")[0]
    assert re.findall(r"^\| 名前 \| `(\w+)` \|$", told, re.MULTILINE) == sorted(national)
    gathered = "、".join(f"`{name}`" for name in national["national_indicators"].gathers)
    assert f"| 出所 | 自治体ごとの答え（{gathered}） |" in told


def test_a_changed_declaration_makes_the_documents_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = DATASETS["forms"].model_copy(update={"grain": "別の意味"})
    monkeypatch.setitem(DATASETS, "forms", changed)
    assert docs.stale() == ["docs/dictionary.md"]


@pytest.mark.parametrize("dataset", DATASETS.values(), ids=lambda d: d.name)
def test_every_dataset_explains_every_column(dataset: Dataset) -> None:
    for column in dataset.columns:
        assert re.search("(です|ます|ません)", column.description), f"{dataset.name}.{column.name}"
        if column.pii.stored and column.required:
            assert column.example, f"{dataset.name}.{column.name} has no example"
        if column.kind in (Kind.CHOICE, Kind.CHOICES):
            assert column.choices
    assert [row["項目名"] for row in dictionary.rows(dataset)] == [c.title for c in dataset.columns]


def test_the_dictionary_says_what_a_row_must_agree_on() -> None:
    assert dictionary.facts(DATASETS["incidents"])["行の決まり"] == (
        "発生日時・解決日時は先の日でない。解決日時は発生日時より前でない。対応状況が解決なら解決日時を書く"
    )
    assert "行の決まり" not in dictionary.facts(DATASETS["explanations"])


def test_a_table_is_made_with_comments_and_without_what_is_not_stored() -> None:
    dataset = Dataset(
        name="things",
        title="もの",
        family="試験",
        grain="1つのもの",
        owner="課",
        source="表",
        rhythm="毎週",
        key=("thing_id",),
        delivery=Delivery.APPEND,
        columns=(
            Column(name="thing_id", title="番号", description="番号です"),
            Column(name="price", title="値段", kind=Kind.YEN, description="円です"),
            Column(name="who", title="担当", pii="個人情報", description="保存しません"),
        ),
    )
    assert tables.create(dataset, "s.main")[:2] == [
        'CREATE TABLE s.main."things" ("thing_id" VARCHAR, "price" BIGINT, "municipality_code" VARCHAR,'
        ' "load_id" BIGINT, "source_sheet" VARCHAR, "source_row" BIGINT, "vanished_on" DATE)',
        "COMMENT ON TABLE s.main.\"things\" IS 'もの: 1つのもの'",
    ]
    assert 'COMMENT ON COLUMN s.main."things"."price" IS \'値段（円）: 円です\'' in tables.create(dataset, "s.main")


def test_a_declaration_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(ValueError, match="a number needs a unit"):
        Column(name="n", title="数", kind=Kind.INTEGER)
    facts = {
        "name": "d",
        "title": "題",
        "family": "試",
        "grain": "1",
        "owner": "課",
        "source": "表",
        "rhythm": "毎週",
        "delivery": Delivery.PERIOD,
        "columns": (Column(name="a", title="甲"),),
    }
    with pytest.raises(ValueError, match="x is no column"):
        Dataset(key=("x",), **facts)
    with pytest.raises(ValueError, match="needs its period column"):
        Dataset(key=("a",), **facts)
